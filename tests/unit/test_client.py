"""The clients: options, copies, replies, headers, life cycle."""

from __future__ import annotations

import asyncio
import logging

import attrs
import pytest

from optimove_sdk import (
    AppInfo,
    AsyncOptimove,
    ConfigurationError,
    Event,
    InvalidInput,
    NotFound,
    Optimove,
    RateLimit,
    Request,
    Response,
    RetryPolicy,
    ServerError,
    Timeouts,
)
from support.recording import SETTINGS, Recording, answer, async_client_for, client_for

PROMOTIONS = answer([{"PromoCode": "A", "PromotionName": "a"}])
BAD_GATEWAY = answer(b"<html>Bad Gateway</html>", 502, content_type="text/html")
FAST = RetryPolicy(base=0.001)


def test_the_user_agent_names_sdk_python_and_partner() -> None:
    client, sent = client_for(PROMOTIONS, app_info=AppInfo("netmera", "3.1", "https://netmera.example"))
    client.promotions.list()
    assert sent.header("User-Agent").startswith("optimove-sdk/")
    assert " Python/3." in sent.header("User-Agent")
    assert sent.header("User-Agent").endswith(" netmera/3.1 (https://netmera.example)")


def test_a_copy_with_options_shares_the_transport_and_the_rate_gate() -> None:
    client, sent = client_for(PROMOTIONS)
    patient = client.with_options(timeout=7, deadline=9, retry=1)
    patient.promotions.list()
    assert sent.requests[0].timeouts.read == 7
    assert sent.requests[0].timeouts.deadline == pytest.approx(9, abs=1)
    assert patient._session.hosts is client._session.hosts
    client.promotions.list()
    assert sent.requests[1].timeouts.read == Timeouts().read


def test_options_that_are_not_given_stay_as_they_are() -> None:
    client, _ = client_for(timeouts=Timeouts(read=3, deadline=11), retry=RetryPolicy(attempts=7))
    again = client.with_options(deadline=5).with_options(retry=RetryPolicy(attempts=2, base=0.1))
    assert again._session.timeouts == Timeouts(read=3, deadline=5)
    assert again._session.retry.base == 0.1
    assert client.with_options(timeout=2)._session.timeouts.deadline == 11
    assert client.with_options(timeout=Timeouts(deadline=None))._session.timeouts.deadline is None
    assert client.with_options(retry=2)._session.retry == RetryPolicy(attempts=2)


def test_prefetch_is_an_option_of_a_client_of_its_copies_and_of_a_pager() -> None:
    client, _ = client_for(prefetch=5)
    assert client._session.prefetch == 5
    assert client.with_options(retry=1)._session.prefetch == 5
    assert client.with_options(prefetch=0)._session.prefetch == 0
    rows = client.customers.execution_details(1, 2)
    assert rows.with_options(prefetch=2)._session.prefetch == 2
    assert rows._session.prefetch == 5
    with pytest.raises(InvalidInput, match="prefetch"):
        client.with_options(prefetch=-1)


def test_retry_1_is_no_retry() -> None:
    client, sent = client_for(BAD_GATEWAY, PROMOTIONS)
    with pytest.raises(ServerError, match="HTML page"):
        client.with_options(retry=1).promotions.list()
    assert len(sent.requests) == 1


def test_a_reply_tells_all_that_happened() -> None:
    client, _ = client_for(BAD_GATEWAY, PROMOTIONS, retry=FAST)
    reply = client.reply(client.plan.promotions.list())
    assert reply.value[0].promo_code == "A"
    assert reply.status == 200
    assert reply.body == PROMOTIONS.body
    assert [attempt.status for attempt in reply.attempts] == [502, 200]
    assert [attempt.operation for attempt in reply.attempts] == ["GetPromotions"] * 2
    assert reply.elapsed >= reply.attempts[1].at > 0


async def test_the_async_client_sends_and_replies_as_the_blocking_one() -> None:
    client, _ = async_client_for(BAD_GATEWAY, PROMOTIONS, retry=FAST)
    reply = await client.reply(client.plan.promotions.list())
    assert [attempt.status for attempt in reply.attempts] == [502, 200]
    assert await client.send(client.plan.promotions.list()) == reply.value


def test_paging_goes_on_from_a_page_that_was_kept() -> None:
    rows = [{"CustomerID": str(i)} for i in range(3)]
    client, sent = client_for(answer(rows), answer(rows[:1]), answer([]))
    first = next(client.customers.canceled(5, page_size=3).pages())
    assert first.next is not None
    assert [row.customer_id for row in client.pager(first.next)] == ["0"]
    assert sent.query["$skip"] == "4"


async def test_async_paging_goes_on_from_a_planned_first_page() -> None:
    client, _ = async_client_for(answer([{"CustomerID": "1"}]), answer([]))
    pager = client.pager(client.plan.customers.canceled(5))
    assert [row.customer_id async for row in pager] == ["1"]


class Closing(Recording):
    closed = 0

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_client_closes_its_transport_and_a_copy_does_not() -> None:
    transport = Closing()
    with Optimove(**SETTINGS, transport=transport) as client:
        client.with_options(retry=1).close()
        assert transport.closed == 0
    assert transport.closed == 1
    async with AsyncOptimove(**SETTINGS, transport=transport) as asynchronous:
        await asynchronous.with_options(retry=1).close()
        assert transport.closed == 1
    assert transport.closed == 2


def test_settings_come_from_the_environment_where_they_are_not_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPTIMOVE_BASE_URL", "https://api4.optimove.test/")
    monkeypatch.setenv("OPTIMOVE_API_KEY", "from-environment")
    transport = Recording([PROMOTIONS])
    Optimove(transport=transport).promotions.list()
    assert transport.requests[0].url == "https://api4.optimove.test/current/integrations/GetPromotions"
    assert transport.header("X-API-KEY") == "from-environment"


def test_a_client_without_credentials_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPTIMOVE_API_KEY", "OPTIMOVE_USERNAME", "OPTIMOVE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="no credentials"):
        Optimove(base_url="https://api5.optimove.test")


def test_an_unknown_setting_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="api_kee"):
        Optimove(base_url="https://api5.optimove.test", api_kee="x")  # type: ignore[call-arg]


def test_nothing_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, sent = client_for(answer(b"bad key s3cret-key", 401), api_key="s3cret-key")
    with pytest.raises(Exception, match="401") as caught:
        client.promotions.list()
    shown = [repr(client), repr(client.config), repr(sent.requests), caplog.text, str(caught.value)]
    assert not any("s3cret-key" in text for text in shown)


def test_the_log_names_the_operation_and_no_customer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "optimove_sdk")
    client, _ = client_for(answer(b"no customer C12345", 404, content_type="text/plain"))
    call = attrs.evolve(client.plan.campaigns.get(1), params={"CustomerID": "C12345"})
    with pytest.raises(NotFound) as caught:
        client.send(call)
    assert "GetCampaignDetails: 404" in caplog.text
    assert "C12345" not in caplog.text + str(caught.value)
    assert caught.value.message == "no customer C12345"


def test_rate_limit_none_never_waits() -> None:
    client, sent = client_for(PROMOTIONS, rate_limit=None)
    for _ in range(200):
        client.promotions.list()
    assert len(sent.requests) == 200


def test_the_rate_limit_is_respected_within_the_deadline() -> None:
    client, sent = client_for(PROMOTIONS, rate_limit=RateLimit(2, 60), timeouts=Timeouts(deadline=1))
    client.promotions.list()
    client.promotions.list()
    with pytest.raises(Exception, match=r"no time to wait .* for the rate limit"):
        client.promotions.list()
    assert len(sent.requests) == 2


class SlowLogin(Recording):
    """Takes a while to log in, and knows one token."""

    async def handle_async_request(self, request: Request) -> Response:
        response = self.handle_request(request)
        if request.url.endswith("login"):
            await asyncio.sleep(0.05)
        return response


async def test_a_call_cancelled_while_it_logs_in_does_not_lose_the_token() -> None:
    transport = SlowLogin([answer("token"), PROMOTIONS])
    settings = {**SETTINGS, "api_key": None, "username": "u", "password": "p"}
    client = AsyncOptimove(**settings, transport=transport)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.promotions.list(), 0.01)
    assert len(await client.promotions.list()) == 1
    assert [request.url.rpartition("/")[2] for request in transport.requests] == ["login", "GetPromotions"]


def test_a_key_can_be_changed_while_the_program_runs() -> None:
    keys = {"api": "first", "events": "one"}
    client, sent = client_for(
        PROMOTIONS, api_key=lambda: keys["api"], events_token=lambda: keys["events"], rate_limit=None
    )
    client.promotions.list()
    assert sent.header("X-API-KEY") == "first"
    call = client.plan.events.report(Event(event="deposit", customer="C1"))
    client.send(attrs.evolve(call, read=lambda _: None))
    before = sent.header("X-Optimove-Signature-Content")
    keys.update(api="second", events="two")
    client.send(attrs.evolve(call, read=lambda _: None))
    assert sent.header("X-Optimove-Signature-Content") != before
    client.promotions.list()
    assert sent.header("X-API-KEY") == "second"
