"""The same samples through every framework, over real sockets: the same answers, the same handled."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from optimove_sdk.notifications.approval import ApprovalQuestion
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.notifications.models import (
    AnyNotification,
    CampaignProcessed,
    ChannelExecuted,
    Notification,
    RealtimeTriggered,
)
from optimove_sdk.notifications.reports import Report
from optimove_sdk.notifications.seen import Seen
from optimove_sdk.testing import as_sent, sample, samples
from support.listener_apps import APPS, MOUNT, SECRET, WITH_OWN_PAGES, served

URL = f"{MOUNT}/{SECRET}"
SAMPLES = list(samples())


class Forgetful:
    """Takes everything for new."""

    blocking = False

    def begin(self, key: str) -> Seen:
        return Seen.NEW

    def done(self, key: str) -> None: ...

    def failed(self, key: str) -> None: ...


def test_there_are_samples_of_every_shape() -> None:
    assert len(SAMPLES) == 96
    assert len({body for _, body in SAMPLES}) > 60


@pytest.mark.parametrize("name", APPS)
def test_every_sample_is_handled_as_what_it_is(name: str) -> None:
    handled: list[Any] = []
    listener = Listener(SECRET, seen=Forgetful())
    listener.on(Notification)(handled.append)
    with served(name, listener) as send:
        answers = [send(URL, body, content_type="text/plain") for _, body in SAMPLES]
    assert answers == [(200, b"")] * len(SAMPLES)
    assert handled == [message for message, _ in SAMPLES]


@pytest.mark.parametrize("name", APPS)
def test_a_repeat_in_any_shape_is_answered_and_not_handled_again(name: str) -> None:
    handled: list[str] = []
    listener = Listener(SECRET)

    @listener.on(Notification)
    async def note(notification: Notification) -> None:
        handled.append(notification.key)

    with served(name, listener) as send:
        answers = [send(URL, body) for _, body in (*SAMPLES, *SAMPLES)]
    assert answers == [(200, b"")] * len(SAMPLES) * 2
    assert handled == list(dict.fromkeys(message.key for message, _ in SAMPLES))


@pytest.mark.parametrize("name", APPS)
def test_everything_that_is_not_a_good_notification_is_answered_alike(name: str) -> None:
    reports: list[Report] = []
    listener = Listener(SECRET, on_error=reports.append, max_body=1000)

    @listener.on(ChannelExecuted, channel_id=1)
    def fail(_: ChannelExecuted) -> None:
        raise RuntimeError("private")

    @listener.on(ChannelExecuted, channel_id=2, retry=True)
    async def fail_again(_: ChannelExecuted) -> None:
        raise RuntimeError("private")

    @listener.approve
    def decide(question: ApprovalQuestion) -> bool:
        return question.user_id == "C1"

    on_1, on_2 = (
        json.dumps(as_sent(sample(ChannelExecuted, channel_id=channel))).encode() for channel in (1, 2)
    )
    question = json.dumps(as_sent(sample(ApprovalQuestion))).encode()
    with served(name, listener) as send:
        assert send(URL, b"not JSON") == (400, b"")
        assert send(URL, b"") == (400, b"")
        assert send(URL, on_1) == (200, b"")
        assert send(URL, on_2) == (500, b"")
        assert send(URL, b'{"EventTypeID": 99}') == (200, b"")
        assert send(f"{URL}?eventtypeid=1", b'{"CampaignID": "x"}') == (400, b"")
        assert send(URL, b"[" * 1001) == (413, b"")
        assert send(URL, on_1, content_encoding="gzip") == (415, b"")
        assert send(URL, method="GET") == (405, b"")
        assert send(URL, on_1, method="PUT") == (200, b"")
        assert send(f"{MOUNT}/wrong", on_1) == (404, b"")
        assert send(f"{MOUNT}/wrong/attributes", on_1) == (404, b"")
        assert send(f"{MOUNT}/health", method="GET") == (200, b"ok")
        assert send(f"{MOUNT}/health", method="HEAD") == (200, b"")
        assert send(f"{URL}/attributes", b'{"isSuccess": true}') == (200, b"")
        assert send(f"{URL}/attributes/", b"{}") == (400, b"")
        assert json.loads(send(f"{URL}/approval", question)[1]) == {"user_id": "C1", "allowed": True}
        assert send(f"{URL}/approval", b"{}") == (400, b"")
    assert len(reports) == 8


@pytest.mark.parametrize("name", APPS)
def test_in_the_background_the_answer_comes_first_and_the_work_is_finished(name: str) -> None:
    may_end, handled = threading.Event(), []
    listener = Listener(SECRET)

    @listener.on(RealtimeTriggered, background=True)
    def slow(notification: RealtimeTriggered) -> None:
        may_end.wait(5)
        handled.append(notification)

    body = json.dumps(as_sent(sample(RealtimeTriggered))).encode()
    with served(name, listener) as send:
        assert send(URL, body) == (200, b"")
        assert send(URL, body) == (200, b"")
        assert handled == []
        may_end.set()
        deadline = time.monotonic() + 5
        while not handled and time.monotonic() < deadline:
            time.sleep(0.005)
    assert len(handled) == 1


@pytest.mark.parametrize("name", APPS)
def test_the_type_may_be_in_the_url(name: str) -> None:
    handled: list[AnyNotification] = []
    listener = Listener(SECRET)
    listener.fallback(handled.append)
    with served(name, listener) as send:
        assert send(f"{URL}?brand=1&EventTypeId=1", b'{"campaignId": "38"}') == (200, b"")
    assert handled == [CampaignProcessed(38)]


@pytest.mark.parametrize("name", WITH_OWN_PAGES)
def test_the_framework_keeps_all_other_paths(name: str) -> None:
    with served(name, Listener(SECRET)) as send:
        assert send("/own", method="GET") == (200, b'"own"')
        assert send(f"{MOUNT}x/{SECRET}", b"{}")[0] in (403, 404)
