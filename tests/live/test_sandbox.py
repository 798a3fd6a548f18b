"""The sandbox over real sockets: both clients, every fault, notifications that really arrive."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs
import pytest

from optimove_sdk import (
    ApprovalQuestion,
    AsyncOptimove,
    DeadlineExceeded,
    Event,
    Listener,
    NotFound,
    Optimove,
    Outcome,
    Promotion,
    RateLimited,
    RealtimeTriggered,
    Request,
    ResponseLost,
    ServerError,
    parse_attribute_callback,
    parse_notification,
)
from optimove_sdk.errors import ConfigurationError
from optimove_sdk.http.httpx import HttpxTransport
from optimove_sdk.sandbox import create_app, new_fake, serve
from optimove_sdk.sandbox.__main__ import main as sandbox_main
from optimove_sdk.testing import FakeOptimove, faults


class Inbox:
    """A listener that keeps what it gets."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[bytes] = []
        self._status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": self._status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        ends = time.monotonic() + 10
        while len(self.bodies) < count and time.monotonic() < ends:
            time.sleep(0.01)
        assert len(self.bodies) == count
        return [json.loads(body) for body in self.bodies]


@attrs.frozen
class Sandbox:
    fake: FakeOptimove
    url: str

    def client(self, **options: Any) -> Optimove:
        return Optimove(**{**self._settings(), **options})

    def async_client(self, **options: Any) -> AsyncOptimove:
        return AsyncOptimove(**{**self._settings(), **options})

    def _settings(self) -> dict[str, Any]:
        return {"base_url": self.url, "api_key": "sandbox-key", "events_url": self.url, "tenant_id": 999}

    def control(self, method: str, path: str, value: Any = None) -> tuple[int, Any]:
        transport = HttpxTransport(proxy="")
        content = None if value is None else json.dumps(value).encode()
        try:
            response = transport.handle_request(Request(method, f"{self.url}/sandbox/{path}", {}, content))
        finally:
            transport.close()
        return response.status, json.loads(response.body)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    fake = new_fake(customers=2_500, page_cap=1_000)
    with serve(create_app(fake)) as url:
        yield Sandbox(fake, url)


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    listener = Inbox()
    with serve(listener) as url:
        yield listener, f"{url}/here"


def test_campaign_1_is_there_and_read_page_by_page(sandbox) -> None:
    with sandbox.client(prefetch=0) as client:
        rows = client.customers.execution_details(1, 504, attributes=["Email"]).to_list()
    assert [row.customer_id for row in rows] == list(sandbox.fake.campaigns[1].customer_ids())
    assert sandbox.fake.count("GetCustomerExecutionDetailsByCampaign") == 4


async def test_the_asyncio_client_is_served_as_well(sandbox) -> None:
    async with sandbox.async_client() as client:
        rows, names, empty = await asyncio.gather(
            client.customers.execution_details(1, 504).to_list(),
            client.campaigns.channels(),
            client.promotions.list(),
        )
    assert (len(rows), len(names), empty) == (2_500, 6, [])


def test_a_username_works_and_its_expiry_is_survived(sandbox) -> None:
    with sandbox.client(api_key=None, username="sandbox-user", password="sandbox-password") as client:
        client.promotions.list()
        sandbox.fake.faults.add(faults.token_expired(), on="GetPromotions")
        client.promotions.list()
    assert sandbox.fake.logins.count == 2


def test_paths_arrive_as_they_were_sent(sandbox) -> None:
    with sandbox.client() as client:
        client.attributes.update({"a/b c": {"Alias": "Gold"}}).raise_for_failed()
        values = {one.real_field_name: one.value for one in client.attributes.get("a/b c")}
    assert values["Alias"] == "Gold"


@pytest.mark.parametrize("token", [None, "sandbox-events-token"])
def test_events_are_taken_signed_or_not(sandbox, token) -> None:
    with sandbox.client(events_token=token) as client:
        assert client.events.report(
            Event(event="signup", customer="C1", context={"n": 1.0, "s": "ü"})
        ).message
    assert sandbox.fake.events[0]["context"] == {"n": 1, "s": "ü"}


@pytest.mark.parametrize(
    "fault",
    [faults.html_502(), faults.cut(3), faults.cut(10**9), faults.slow(0.1)],
    ids=lambda fault: fault.name,
)
def test_a_client_gets_over_a_fault_of_the_network(sandbox, fault) -> None:
    sandbox.fake.promotions["A"] = "a"
    sandbox.fake.faults.add(fault, on="GetPromotions")
    with sandbox.client() as client:
        assert client.promotions.list() == [Promotion("A", "a")]


def test_a_web_page_is_a_server_error(sandbox) -> None:
    sandbox.fake.faults.add(faults.html_502())
    with sandbox.client() as client, pytest.raises(ServerError, match="HTML"):
        client.with_options(retry=1).promotions.list()


@pytest.mark.parametrize("operation", ["GetPromotions", "AddPromotions"])
def test_a_connection_is_really_broken_in_the_middle(sandbox, operation, caplog) -> None:
    sandbox.fake.faults.add(faults.cut(1), on=operation)
    with sandbox.client() as client:
        plan = client.plan.promotions
        call = plan.list() if operation == "GetPromotions" else next(iter(plan.add([Promotion("A", "a")])))
        with pytest.raises(ResponseLost) as caught:
            client.with_options(retry=1).send(call)
    assert caught.value.outcome is Outcome.PARTIAL
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_slow_answer_is_given_up(sandbox) -> None:
    sandbox.fake.faults.add(faults.slow(5), times=2)
    with sandbox.client() as client:
        with pytest.raises(ResponseLost):
            client.with_options(retry=1, timeout=0.1).promotions.list()
        with pytest.raises(DeadlineExceeded):
            client.with_options(deadline=0.1).promotions.list()


def test_a_429_carries_what_the_server_asks(sandbox) -> None:
    sandbox.control("POST", "faults", {"fault": "rate_limited", "retry_after": 7})
    with sandbox.client() as client, pytest.raises(RateLimited) as caught:
        client.with_options(retry=1).promotions.list()
    assert caught.value.retry_after == 7


def test_the_rate_limit_is_real(sandbox) -> None:
    with sandbox.client(rate_limit=None) as client:
        for _ in range(50):
            client.promotions.list()
        with pytest.raises(RateLimited):
            client.with_options(retry=1).promotions.list()


def test_running_a_campaign_notifies_the_listener(sandbox, inbox) -> None:
    listener, url = inbox
    with sandbox.client() as client:
        client.listeners.register(13, url, channel_id=505)
    status, made = sandbox.control("POST", "campaigns", {"customers": 7, "channels": [504, 505]})
    assert (status, made) == (201, {"campaign_id": 2, "notifications": 1})
    (payload,) = listener.wait_for(1)
    notification = parse_notification(listener.bodies[0])
    assert (payload["EventTypeID"], notification.campaign_id, notification.channel_id) == (13, 2, 505)
    with sandbox.client() as client:
        assert len(client.customers.execution_details(2, 505).to_list()) == 7


def test_a_notification_can_come_twice(sandbox, inbox) -> None:
    listener, url = inbox
    with sandbox.client() as client:
        client.listeners.register(13, url)
    sandbox.control("POST", "faults", {"fault": "duplicate_notification", "copies": 3})
    sandbox.control("POST", "campaigns/1/run")
    assert len(listener.wait_for(3)) == 3
    assert len(set(listener.bodies)) == 1


def test_a_campaign_can_be_held_released_and_cancelled(sandbox, inbox) -> None:
    listener, url = inbox
    with sandbox.client() as client:
        for kind in (4, 5, 13):
            client.listeners.register(kind, url)
    assert sandbox.control("POST", "campaigns", {"conditional": True})[0] == 201
    assert sandbox.control("POST", "campaigns/2/release")[0] == 200
    assert sandbox.control("POST", "campaigns/2/release")[0] == 400
    assert sandbox.control("POST", "campaigns/2/cancel")[0] == 200
    assert sorted(payload["EventTypeID"] for payload in listener.wait_for(3)) == [4, 5, 13]


def test_the_time_of_a_campaign_can_be_chosen(sandbox) -> None:
    sandbox.control("POST", "campaigns", {"customers": 1, "scheduled_time": "2026-01-31 05:04:54"})
    with sandbox.client() as client:
        (row,) = client.customers.execution_details(2, 504)
    assert row.scheduled_time == datetime.fromisoformat("2026-01-31 05:04:54")


def test_a_customer_who_meets_a_trigger_is_notified_of(sandbox, inbox) -> None:
    listener, url = inbox
    with sandbox.client() as client:
        client.listeners.register(11, url, channel_id=505)
    given = {"customer_id": "C7", "campaign_id": "AB-1", "template_id": 3, "promo_codes": ["A"]}
    assert sandbox.control("POST", "triggers", given) == (201, {"allowed": True, "notifications": 0})
    assert sandbox.control("POST", "triggers", {**given, "channel_id": 505})[1]["notifications"] == 1
    listener.wait_for(1)
    notification = parse_notification(listener.bodies[0])
    expected = RealtimeTriggered("C7", "AB-1", 505, 3, ("A",))
    assert attrs.evolve(notification, time_stamp=None) == expected


def test_the_approval_gateway_is_asked_before_a_realtime_campaign(sandbox) -> None:
    questions, triggered = [], []
    listener = Listener("a-secret-of-sixteen-letters")
    listener.on(RealtimeTriggered)(lambda notification: triggered.append(notification.customer_id))

    @listener.approve
    def decide(question: ApprovalQuestion) -> bool:
        questions.append((question.user_id, question.campaign.id, question.promo_codes))
        return question.user_id == "C1"

    with serve(listener.asgi) as url, sandbox.client() as client:
        client.listeners.register(11, listener.notifications_url(url))
        client.listeners.set_approval_gateway({"url": listener.approval_url(url)})
        answers = [
            sandbox.control("POST", "triggers", {"customer_id": one, "campaign_id": 9, "promo_codes": ["A"]})[
                1
            ]
            for one in ("C2", "C1")
        ]
        ends = time.monotonic() + 10
        while not triggered and time.monotonic() < ends:
            time.sleep(0.01)
    assert answers == [{"allowed": False, "notifications": 0}, {"allowed": True, "notifications": 1}]
    assert (questions, triggered) == ([("C2", 9, ("A",)), ("C1", 9, ("A",))], ["C1"])


def test_an_approval_gateway_that_fails_means_no(sandbox, inbox, caplog) -> None:
    _, url = inbox  # it answers, but not what was asked
    for gateway in ("http://127.0.0.1:9/", url):
        with sandbox.client() as client:
            client.listeners.set_approval_gateway({"url": gateway})
        answer = sandbox.control("POST", "triggers", {"customer_id": "C1", "campaign_id": 9})
        assert answer == (201, {"allowed": False, "notifications": 0})
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "the approval gateway gave no answer"
    ] * 2


def test_callbacks_are_sent_too(sandbox, inbox) -> None:
    listener, url = inbox
    with sandbox.client() as client:
        client.attributes.update({"C1": {"Age": 30}}, callback_url=url)
        (payload,) = listener.wait_for(1)
        assert payload["isSuccess"] is True
        client.attributes.update({"C1": {"Nonsense": 30}}, callback_url=url)
    failed = parse_attribute_callback(listener.wait_for(2)[1])
    assert failed.errors[0].real_field_name == "Nonsense"


def test_what_has_a_host_of_its_own_is_served_too(sandbox) -> None:
    own = {"events_token": sandbox.fake.events_token, "metrics_url": sandbox.url}
    with sandbox.client(**own, preferences_url=sandbox.url) as client:
        (topic, *_) = client.preferences.get("C1", "group").topics
        client.preferences.set("C1", "group", {topic.topic_id: [15]})
        assert client.preferences.get("C1", "group").topics[0].channel_subscription == (15,)
        client.engagement_metrics.report([Event(event="delivered", customer="C1")])
        client.mail.send_finalized(1, "a@b.test", "Hello", "<p>Hello</p>", ["c@d.test"])
        client.customer_lists.create("VIPs", ["C0000001"])
        client.listeners.set_approval_gateway({"url": "https://me.test"})
    _, state = sandbox.control("GET", "state")
    assert [state[name] for name in ("engagement_metrics", "mails", "customer_lists")] == [1, 1, 1]


def test_a_listener_that_is_not_there_or_refuses_is_logged_and_left(sandbox, caplog) -> None:
    refusing = Inbox(status=500)
    with serve(refusing) as url, sandbox.client() as client:
        client.listeners.register(1, "http://127.0.0.1:9/")
        client.listeners.register(13, url)
        sandbox.control("POST", "campaigns/1/run")
        refusing.wait_for(1)
        ends = time.monotonic() + 5
        while len(caplog.records) < 2 and time.monotonic() < ends:
            time.sleep(0.01)
    told = sorted(record.getMessage() for record in caplog.records if record.name == "optimove_sdk.sandbox")
    assert ["answered a notification with 500" in told[0], "could not be notified" in told[1]] == [True, True]


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("campaigns", {"customer": 1}, 400),
        ("campaigns", {"customers": "many"}, 400),
        ("campaigns", {"channels": []}, 400),
        ("campaigns/99/run", None, 404),
        ("campaigns/1/frobnicate", None, 404),
        ("triggers", {"customer_id": "C1"}, 400),
        ("triggers", {"customer_id": "C1", "campaign_id": 1, "promo_codes": 5}, 400),
        ("faults", {"fault": "earthquake"}, 400),
        ("faults", {"fault": "slow"}, 400),
        ("faults", {"fault": "empty", "on": "Nothing"}, 400),
        ("faults", None, 400),
        ("faults", [], 400),
    ],
)
def test_what_the_control_routes_do_not_understand_is_told(sandbox, path, value, status) -> None:
    answered, said = sandbox.control("POST", path, value)
    assert answered == status
    assert said["error"]


def test_faults_can_be_forgotten_and_the_state_asked(sandbox) -> None:
    sandbox.control("POST", "faults", {"fault": "html_502", "times": 9})
    assert sandbox.control("DELETE", "faults") == (200, {})
    with sandbox.client() as client:
        client.with_options(retry=1).promotions.list()
        with pytest.raises(NotFound):
            client.campaigns.get(99)
    _, state = sandbox.control("GET", "state")
    assert state["requests"] == {"GetPromotions": 1, "GetCampaignDetails": 1}
    assert state["statuses"] == {"200": 1, "404": 1}


def test_a_server_leaves_neither_thread_nor_port() -> None:
    before = threading.active_count()
    with serve(create_app(new_fake())) as url:
        port = int(url.rpartition(":")[2])
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_server_stops_soon_though_an_answer_is_slow() -> None:
    fake = new_fake()
    fake.faults.add(faults.slow(30))
    started = time.monotonic()
    with serve(create_app(fake)) as url:
        client = Optimove(base_url=url, api_key="sandbox-key").with_options(timeout=0.1, retry=1)
        with pytest.raises(ResponseLost):
            client.promotions.list()
    assert time.monotonic() - started < 5


def test_a_server_that_cannot_start_says_so() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError, match="did not start"), serve(broken):
        pass


def test_the_module_runs_and_ends_with_ctrl_c() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "optimove_sdk.sandbox", "--port", str(port), "--customers", "12"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert re.search(rf"http://127\.0\.0\.1:{port}", process.stdout.readline())
        _wait_for_port(port)
        with Optimove(base_url=f"http://127.0.0.1:{port}", api_key="sandbox-key") as client:
            assert len(client.customers.execution_details(1, 504).to_list()) == 12
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said) == (0, "")


def test_the_module_says_how_to_get_in(monkeypatch, capsys) -> None:
    def interrupted(server: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("uvicorn.Server.run", interrupted)
    assert sandbox_main(["--port", "1234", "--customers", "2000"]) == 0
    said = capsys.readouterr().out
    for part in ("http://127.0.0.1:1234", "sandbox-key", "sandbox-user", "sandbox-events-token", "2,000"):
        assert part in said


def test_a_port_that_is_taken_is_an_error() -> None:
    with serve(create_app(new_fake())) as url:
        same = serve(create_app(new_fake()), port=int(url.rpartition(":")[2]))
        with pytest.raises(OSError, match="in use"):
            same.__enter__()


def _wait_for_port(port: int) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the sandbox does not listen")


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_the_error_says_what_to_install(missing) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['sandbox']; import runpy; "
    code += "runpy.run_module('optimove_sdk.sandbox', run_name='__main__')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, "pip install 'optimove-sdk[sandbox]'" in found.stderr) == (2, True)


def test_the_error_is_a_configuration_error(monkeypatch) -> None:
    import optimove_sdk.sandbox

    for name in [name for name in sys.modules if name.startswith(("starlette", "optimove_sdk.sandbox."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    monkeypatch.delattr(optimove_sdk.sandbox, "app")
    with pytest.raises(ConfigurationError, match="pip install"):
        _ = optimove_sdk.sandbox.create_app
    with pytest.raises(AttributeError):
        _ = optimove_sdk.sandbox.nothing
