"""One notification, one handler: the one that says most about it."""

from __future__ import annotations

from typing import Any

import pytest

from optimove_sdk import (
    ChannelExecuted,
    ClearanceRequested,
    ConfigurationError,
    Notification,
    RealtimeTriggered,
    UnknownNotification,
)
from optimove_sdk.notifications.router import Route, Router


def named(name: str, **where: Any) -> Route:
    def handler(_: Any) -> None: ...

    handler.__name__ = name
    return Route(handler, where=where)


def found(router: Router, notification: Any) -> str | None:
    route = router.find(notification)
    return None if route is None else route.handler.__name__


def test_the_handler_with_the_most_conditions_gets_it_and_then_the_first() -> None:
    router = Router()
    router.add(Notification, named("any"))
    router.add(ChannelExecuted, named("type"))
    router.add(ChannelExecuted, named("channel", channel_id=504))
    router.add(ChannelExecuted, named("campaign", campaign_id=38))
    router.add(ChannelExecuted, named("both", campaign_id=38, channel_id=505))
    assert found(router, ChannelExecuted(38, 505)) == "both"
    assert found(router, ChannelExecuted(38, 504)) == "channel"
    assert found(router, ChannelExecuted(38, 1)) == "campaign"
    assert found(router, ChannelExecuted(1, 1)) == "type"
    assert found(router, RealtimeTriggered("C")) == "any"


def test_what_nobody_wants_goes_to_the_fallback() -> None:
    router = Router()
    router.add(UnknownNotification, named("new", event_type_id=99))
    assert found(router, UnknownNotification(98, {})) is None
    router.fallback = named("fallback")
    assert found(router, UnknownNotification(98, {})) == "fallback"
    assert found(router, UnknownNotification(99, {})) == "new"
    assert found(router, ChannelExecuted(1, 1)) == "fallback"


@pytest.mark.parametrize("kind", [int, 13, None])
def test_only_notifications_have_handlers(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes a class of notifications"):
        Router().add(kind, named("x"))


def test_a_condition_must_be_about_a_field() -> None:
    with pytest.raises(ConfigurationError, match="ClearanceRequested has no field channel_id"):
        Router().add(ClearanceRequested, named("x", channel_id=1))


def test_two_handlers_for_the_same_are_refused() -> None:
    router = Router()
    router.add(ChannelExecuted, named("x", channel_id=1))
    with pytest.raises(ConfigurationError, match="already"):
        router.add(ChannelExecuted, named("y", channel_id=1))
