"""Registering a listener: every type and channel with a handler, once, with all three faces of a client."""

from __future__ import annotations

from typing import Any

import pytest

from optimove_sdk import (
    APIError,
    ChannelExecuted,
    ClearanceRequested,
    EngagementReady,
    Notification,
    RealtimeTriggered,
    ServerError,
    UnknownNotification,
)
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.notifications.registration import Registration, Topic
from optimove_sdk.testing import FakeOptimove

SECRET = "0123456789abcdef"
BASE = "https://h.example/hooks"
URL = f"{BASE}/{SECRET}"


@pytest.fixture
def listener() -> Listener:
    listener = Listener(SECRET)
    for kind, where in (
        (ChannelExecuted, {"channel_id": 505}),
        (ChannelExecuted, {"channel_id": 504, "campaign_id": 1}),
        (ChannelExecuted, {"channel_id": 504}),
        (RealtimeTriggered, {}),
        (ClearanceRequested, {}),
        (EngagementReady, {}),
        (UnknownNotification, {"event_type_id": 15}),
        (UnknownNotification, {}),
        (Notification, {}),
    ):
        listener.on(kind, **where)(print)
    return listener


WANTED = (Topic(5), Topic(11), Topic(13, 504), Topic(13, 505), Topic(15))
SKIPPED = (Topic(14),)


def registered(fake: FakeOptimove) -> list[tuple[int, int | None, str]]:
    return sorted(
        ((one.event_type_id, one.channel_id, one.url) for one in fake.listeners), key=lambda one: str(one)
    )


def test_everything_with_a_handler_is_registered_once(listener: Listener) -> None:
    fake = FakeOptimove()
    with fake.client() as client:
        first = listener.register(client, BASE)
        second = listener.register(client, BASE)
    assert first == Registration(registered=WANTED, skipped=SKIPPED)
    assert second == Registration(kept=WANTED, skipped=SKIPPED)
    assert (first.changed, second.changed) == (True, False)
    assert registered(fake) == sorted(
        ((one.event_type_id, one.channel_id, URL) for one in WANTED), key=lambda one: str(one)
    )
    assert str(first) == (
        "registered: type 5, type 11, type 13 on channel 504, type 13 on channel 505, type 15; "
        "skipped: type 14"
    )


async def test_asynchronously_it_is_the_same_and_other_urls_are_replaced(listener: Listener) -> None:
    fake = FakeOptimove()
    async with fake.async_client() as client:
        await client.listeners.register(13, "https://old.example", channel_id=504)
        await client.listeners.register(5, URL)
        result = await listener.register(client, BASE)
    assert result == Registration(
        registered=(Topic(11), Topic(13, 505), Topic(15)),
        replaced=(Topic(13, 504),),
        kept=(Topic(5),),
        skipped=SKIPPED,
    )
    assert len(fake.listeners) == 5


def test_planned_nothing_is_sent(listener: Listener) -> None:
    fake = FakeOptimove()
    with fake.client() as client:
        calls = listener.register(client.plan, BASE)
        assert fake.listeners == []
        for call in calls:
            client.send(call)
    assert [call.json.get("ChannelID") for call in calls] == [None, None, 504, 505, None]
    assert len(fake.listeners) == 5


class Fails:
    """Listeners whose list, and perhaps whose registration, cannot be had."""

    def __init__(self, rows: Any, *, refuses: bool = False) -> None:
        self.listeners = self
        self.sent: list[tuple[Any, ...]] = []
        self._rows = rows
        self._refuses = refuses

    def list(self) -> Any:
        if isinstance(self._rows, Exception):
            raise self._rows
        return self._rows

    def register(self, kind: int, url: str, *, channel_id: int | None = None) -> None:
        if self._refuses:
            raise APIError(400, "no")
        self.sent.append((kind, channel_id))


class FailsLater(Fails):
    """The same, when awaited."""

    async def list(self) -> Any:  # type: ignore[override]
        return super().list()

    async def register(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        super().register(*args, **kwargs)


async def test_without_a_list_everything_is_registered_and_that_is_said(listener: Listener) -> None:
    error = ServerError(500, "broken")
    blocking, later = Fails(error), FailsLater(error)
    results = [listener.register(blocking, BASE), await listener.register(later, BASE)]  # type: ignore[call-overload]
    for result in results:
        assert (result.registered, result.unlisted) == (WANTED, error)
        assert str(result).endswith("what was registered before is not known (ServerError)")
    assert len(blocking.sent) == len(later.sent) == 5


async def test_a_registration_that_is_refused_is_an_error(listener: Listener) -> None:
    with pytest.raises(APIError):
        listener.register(Fails([], refuses=True), BASE)  # type: ignore[call-overload]
    with pytest.raises(APIError):
        await listener.register(FailsLater([], refuses=True), BASE)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "row",
    [
        {"event_type_id": "13", "listener_url": URL, "channel_id": "504"},
        {"EventTypeId": 13, "listenerUrl": "https%3A%2F%2Fh.example%2Fhooks%2F" + SECRET, "ChannelID": 504},
    ],
)
def test_rows_are_read_leniently(row: Any) -> None:
    listener = Listener(SECRET)
    listener.on(ChannelExecuted, channel_id=504)(print)
    client = Fails([{}, {"event_type_id": "x"}, row])
    assert listener.register(client, BASE) == Registration(kept=(Topic(13, 504),))  # type: ignore[call-overload]


def test_the_type_can_be_put_into_the_url() -> None:
    fake, listener = FakeOptimove(), Listener(SECRET)
    assert str(listener.register(fake.client(), BASE)) == "nothing to register: no type has a handler"
    listener.on(RealtimeTriggered, channel_id=504)(print)
    listener.register(fake.client(), f"{BASE}?brand=1", type_in_url=True)
    assert registered(fake) == [(11, 504, f"{URL}?brand=1&EventTypeID=11")]
