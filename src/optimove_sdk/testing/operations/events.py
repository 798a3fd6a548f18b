"""OptiEvent's endpoint, and the one for metrics of external vendors.

OptiEvent v1 takes events as they come; v2 and metrics must have the tenant's signature. A refusal is
``{"status": "error"}``; its HTTP status is not published, and is 200 here. That metrics are answered in the
same words, and an array is taken whole or not at all, is the fake's choice.

Source: https://developer.optimove.com/docs/external-vendors-campaign-engagement-metrics
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any, Final, TypeAlias

from ...config import Secret
from ...events.signing import signature
from ...wire.fields import to_datetime
from ..doors import Door
from ..routing import Asked, operation
from ..world import World

Payload: TypeAlias = Mapping[str, Any]
Rules: TypeAlias = Sequence[tuple[str, Callable[[World, Payload], bool]]]

_PREFIX: Final = "Failed to validate the event with the following error - "
_MAX_AGE: Final = timedelta(days=7)


@operation("POST", "reportServer", name="ReportEvent", door=Door.OPEN)
def report(world: World, asked: Asked) -> dict[str, str]:
    """Keep an event."""
    return _keep(world, [asked.json], _EVENT, world.events)


@operation("POST", "v2/reportServer", name="ReportEvent", door=Door.OPEN)
def report_signed(world: World, asked: Asked) -> dict[str, str]:
    """Keep an event whose signature is right."""
    return report(world, asked) if _is_signed(world, asked) else _refusal("signature")


@operation("POST", "api/saveEvent", name="SaveEvent", door=Door.OPEN)
def save(world: World, asked: Asked) -> dict[str, str]:
    """Keep a metric, or an array of them."""
    if not _is_signed(world, asked):
        return _refusal("signature")
    metrics = asked.json if isinstance(asked.json, list) and asked.json else [asked.json]
    return _keep(world, metrics, _METRIC, world.engagement_metrics)


def _keep(world: World, given: Sequence[Any], rules: Rules, kept: list[dict[str, Any]]) -> dict[str, str]:
    """Keep all that is given, or say what is wrong with the first that is."""
    payloads = [one if isinstance(one, Mapping) else {} for one in given]
    wrong = [what for payload in payloads for what, holds in rules if not holds(world, payload)]
    if wrong:
        return _refusal(wrong[0])
    kept += map(dict, payloads)
    return {"status": "success", "message": f"{world.chance.randrange(10**15, 10**16)}"}


def _refusal(what: str) -> dict[str, str]:
    return {"status": "error", "message": f"{_PREFIX}{what} is missing or invalid"}


def _is_signed(world: World, asked: Asked) -> bool:
    if world.events_token is None:
        return True
    version = asked.headers.get("x-optimove-signature-version")
    given = asked.headers.get("x-optimove-signature-content", "")
    right = signature(asked.content, Secret(world.events_token))
    return version == "1" and hmac.compare_digest(given.encode(), right.encode())


def _text(name: str) -> Callable[[World, Payload], bool]:
    return lambda _, payload: isinstance(payload.get(name), str) and bool(payload[name])


def _who(_: World, payload: Payload) -> bool:
    """Say whether there is exactly one of customer and visitor."""
    given = [payload[name] for name in ("customer", "visitor") if payload.get(name) is not None]
    return len(given) == 1 and isinstance(given[0], str) and bool(given[0])


def _recent(world: World, payload: Payload) -> bool:
    try:
        moment = to_datetime(payload.get("timestamp"))
    except (TypeError, ValueError):
        return False
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return world.now() - aware <= _MAX_AGE


_EVENT: Final[Rules] = (
    ("tenantId", lambda world, payload: payload.get("tenant") == world.tenant_id),
    ("event", _text("event")),
    ("customer", _who),
    ("timestamp", _text("timestamp")),
)
_METRIC: Final[Rules] = (
    ("event", _text("event")),
    ("category", lambda _, payload: payload.get("category") == "metric"),
    ("customer", _who),
    ("timestamp", _recent),
)
