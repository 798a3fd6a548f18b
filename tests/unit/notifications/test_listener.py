"""What becomes of a notification: handled once, again if that failed, and nothing is told to the sender."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import (
    AttributesUpdated,
    ChannelExecuted,
    ConfigurationError,
    RealtimeTriggered,
    UnknownNotification,
)
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.notifications.reports import Problem, Report
from optimove_sdk.notifications.seen import Seen
from optimove_sdk.notifications.seen_sqlite import SQLiteSeenStore
from optimove_sdk.testing import NotificationPoster, sample

SECRET = "0123456789abcdef"
EXECUTED = ChannelExecuted(38, 504)


@pytest.fixture
def reports() -> list[Report]:
    return []


@pytest.fixture(params=["asgi", "wsgi"])
def view(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Bench:
    """A listener, and what posts to it."""

    def __init__(self, view: str, reports: list[Report], **options: Any) -> None:
        self.listener = Listener(SECRET, on_error=reports.append, **options)
        self.poster = NotificationPoster(getattr(self.listener, view), f"/hooks/{SECRET}")
        self.post = self.poster.post
        self.handled: list[Any] = []

    def close(self) -> None:
        self.poster.close()
        self.listener.close(5)


@pytest.fixture
def bench(view: str, reports: list[Report]) -> Iterator[Bench]:
    bench = Bench(view, reports)
    yield bench
    bench.close()


def test_a_plain_and_an_asynchronous_handler_are_the_same(bench: Bench) -> None:
    @bench.listener.on(ChannelExecuted, channel_id=504)
    def plain(notification: ChannelExecuted) -> None:
        bench.handled.append(("plain", notification))

    @bench.listener.on(ChannelExecuted)
    async def asynchronous(notification: ChannelExecuted) -> None:
        await asyncio.sleep(0)
        bench.handled.append(("async", notification))

    @bench.listener.on(RealtimeTriggered)
    class Odd:
        """A handler may be anything that can be called; what it returns may have to be waited for."""

        def __init__(self, notification: RealtimeTriggered) -> None:
            self.notification = notification

        def __await__(self) -> Any:
            bench.handled.append(("odd", self.notification))
            return asyncio.sleep(0).__await__()

    triggered = sample(RealtimeTriggered)
    for message in (EXECUTED, ChannelExecuted(38, 1), triggered):
        assert bench.post(message).status == 200
    assert bench.handled == [("plain", EXECUTED), ("async", ChannelExecuted(38, 1)), ("odd", triggered)]


def test_an_object_with_an_asynchronous_call_is_a_handler(bench: Bench) -> None:
    class Handler:
        async def __call__(self, notification: ChannelExecuted) -> None:
            bench.handled.append(notification)

    bench.listener.on(ChannelExecuted)(Handler())
    assert bench.post(EXECUTED).status == 200
    assert bench.handled == [EXECUTED]


def test_what_nobody_wants_is_answered_and_forgotten(bench: Bench) -> None:
    unknown = UnknownNotification(99, {"CampaignID": 1})
    assert bench.post(unknown).status == 200
    bench.listener.fallback(bench.handled.append)
    assert bench.post(unknown).status == bench.post(unknown).status == 200
    assert [notification.event_type_id for notification in bench.handled] == [99]
    assert repr(bench.listener) == "<Listener with 0 handlers>"


@pytest.mark.parametrize(("retry", "status"), [(False, 200), (True, 500)])
def test_one_whose_handling_failed_is_handled_again(
    bench: Bench, reports: list[Report], retry: bool, status: int
) -> None:
    outcomes = iter([RuntimeError("C1 is private"), None])

    @bench.listener.on(RealtimeTriggered, retry=retry)
    async def handle(notification: RealtimeTriggered) -> None:
        bench.handled.append(notification)
        if (error := next(outcomes)) is not None:
            raise error

    message = sample(RealtimeTriggered)
    answers = [bench.post(message) for _ in range(3)]
    assert [answer.status for answer in answers] == [status, 200, 200]
    assert len(bench.handled) == 2
    assert [report.problem for report in reports] == [Problem.HANDLER_FAILED]
    assert isinstance(reports[0].error, RuntimeError)
    assert reports[0].about == message


def test_neither_answer_nor_log_says_what_went_wrong_with_whom(
    bench: Bench, reports: list[Report], caplog: pytest.LogCaptureFixture
) -> None:
    @bench.listener.on(RealtimeTriggered, retry=True)
    def handle(notification: RealtimeTriggered) -> None:
        raise RuntimeError(f"{notification.customer_id} is private")

    with caplog.at_level(logging.DEBUG, "optimove_sdk"):
        answer = bench.post(sample(RealtimeTriggered, customer_id="C4711"))
        bench.post(b'{"EventTypeID": 11, "CustomerID": {"C4711": 1}}')
    assert answer.content == b""
    assert "handler failed, RealtimeTriggered, RuntimeError" in caplog.text
    assert "C4711" not in caplog.text + repr(reports)
    assert reports[1].body == b'{"EventTypeID": 11, "CustomerID": {"C4711": 1}}'


def test_a_report_that_fails_does_not_matter(view: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Report) -> None:
        raise OSError

    listener = Listener(SECRET, on_error=fail)
    with NotificationPoster(getattr(listener, view), SECRET) as poster:
        assert poster.post(b"?").status == 400
    assert "on_error itself failed, OSError" in caplog.text
    listener.close()


@pytest.mark.parametrize(("retry", "status"), [(False, 200), (True, 503)])
def test_while_it_is_being_handled_a_repeat_is_not(bench: Bench, retry: bool, status: int) -> None:
    began, may_end = threading.Event(), threading.Event()

    @bench.listener.on(ChannelExecuted, retry=retry)
    def handle(notification: ChannelExecuted) -> None:
        began.set()
        may_end.wait(5)
        bench.handled.append(notification)

    first = threading.Thread(target=bench.post, args=(EXECUTED,))
    first.start()
    assert began.wait(5)
    assert bench.post(EXECUTED).status == status
    may_end.set()
    first.join(5)
    assert bench.post(EXECUTED).status == 200
    assert bench.handled == [EXECUTED]


def test_above_the_limit_background_work_holds_up_the_answer(view: str, reports: list[Report]) -> None:
    bench = Bench(view, reports, background_limit=1)
    may_end = threading.Event()

    @bench.listener.on(ChannelExecuted, background=True)
    async def handle(notification: ChannelExecuted) -> None:
        if notification.campaign_id == 1:
            await asyncio.to_thread(may_end.wait, 5)
        bench.handled.append(notification.campaign_id)

    bench.post(ChannelExecuted(1, 1))
    assert bench.handled == []
    bench.post(ChannelExecuted(2, 1))
    assert bench.handled == [2]
    may_end.set()
    if view == "wsgi":
        bench.listener.close(5)
        assert bench.handled == [2, 1]
    bench.close()


def test_seen_in_a_file_it_is_not_handled_by_another_process(
    view: str, reports: list[Report], tmp_path: Path
) -> None:
    for expected in ([EXECUTED], []):
        store = SQLiteSeenStore(tmp_path / "seen.db")
        bench = Bench(view, reports, seen=store)
        bench.listener.on(ChannelExecuted)(bench.handled.append)
        assert bench.post(EXECUTED).status == 200
        assert bench.handled == expected
        bench.close()
        store.close()
    assert reports == []


class Broken:
    """A store that fails where it is told to."""

    def __init__(self, where: str) -> None:
        self._where = where

    def begin(self, key: str) -> Seen:
        self._fail("begin")
        return Seen.NEW

    def done(self, key: str) -> None:
        self._fail("done")

    def failed(self, key: str) -> None:
        self._fail("failed")

    def _fail(self, where: str) -> None:
        if where == self._where:
            raise OSError("disk full")


@pytest.mark.parametrize(
    ("where", "status", "handled"), [("begin", 503, 0), ("done", 200, 1), ("failed", 500, 1)]
)
def test_a_store_that_fails_is_reported_and_nothing_is_handled_blindly(
    view: str, reports: list[Report], where: str, status: int, handled: int
) -> None:
    bench = Bench(view, reports, seen=Broken(where))

    @bench.listener.on(ChannelExecuted, retry=True)
    def handle(notification: ChannelExecuted) -> None:
        bench.handled.append(notification)
        if where == "failed":
            raise RuntimeError

    assert bench.post(EXECUTED).status == status
    assert len(bench.handled) == handled
    assert reports[-1].problem is Problem.SEEN_STORE_FAILED
    bench.close()


def test_attribute_callbacks_have_a_room_and_a_handler(bench: Bench, reports: list[Report]) -> None:
    message = sample(AttributesUpdated)
    assert bench.post(message, room="attributes").status == 200
    bench.listener.on_attributes(retry=True)(bench.handled.append)
    assert bench.post(message, room="attributes").status == 200
    assert bench.post(message, room="attributes").status == 200
    assert bench.handled == [message, message]
    assert bench.post({}, room="attributes").status == 400

    @bench.listener.on_attributes
    def fail(_: Any) -> None:
        raise RuntimeError

    assert bench.post(message, room="attributes").status == 200
    assert [report.problem for report in reports] == [Problem.UNREADABLE, Problem.HANDLER_FAILED]


@pytest.mark.parametrize("query", ["eventtypeid=many", "EventTypeID=" + "9" * 5000, "x=1", "&&&=%"])
def test_a_type_in_the_url_that_is_none_does_not_matter(view: str, reports: list[Report], query: str) -> None:
    bench = Bench(view, reports)
    bench.listener.fallback(background=False)(bench.handled.append)
    poster = NotificationPoster(getattr(bench.listener, view), f"/{SECRET}?{query}")
    assert poster.post({}).status == 200
    assert bench.handled == [UnknownNotification(None, {})]
    poster.close()
    bench.close()


def test_impossible_handlers_are_refused() -> None:
    listener = Listener(SECRET)
    with pytest.raises(ConfigurationError, match="exclude each other"):
        listener.on(ChannelExecuted, background=True, retry=True)(print)
    with pytest.raises(ConfigurationError, match="function of one argument"):
        listener.on(ChannelExecuted)(None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="positive"):
        listener.approve(budget=0)(print)


def test_the_urls_are_told() -> None:
    listener = Listener(SECRET)
    base = "https://h.example/hooks"
    assert listener.notifications_url(base) == f"{base}/{SECRET}"
    assert listener.attributes_url(base) == f"{base}/{SECRET}/attributes"
    assert listener.approval_url(base) == f"{base}/{SECRET}/approval"


def test_a_listener_can_be_closed_before_it_was_used_and_used_again(bench: Bench) -> None:
    bench.listener.close()

    @bench.listener.on(ChannelExecuted)
    async def handle(notification: ChannelExecuted) -> None:
        bench.handled.append(notification)

    assert bench.post(EXECUTED).status == 200
    bench.listener.close()
    assert bench.post(ChannelExecuted(1, 1)).status == 200
