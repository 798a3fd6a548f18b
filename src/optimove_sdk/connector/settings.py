"""How a connector is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import attrs

from ..client import AsyncOptimove
from ..config import OPTIMOVE_RATE_LIMIT, RateLimit, Secret
from ..errors import ConfigurationError


def _positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if value <= 0:
        raise ConfigurationError(f"{attribute.name} must be positive")


def _name(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    # Names go into ids, keys and paths, where they must not be mistaken for something else.
    if not value or not all(letter.isalnum() or letter in "-_." for letter in value):
        raise ConfigurationError(f"{attribute.name} must be letters, digits, '-', '_' and '.'")


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _numbers(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


@attrs.frozen
class Tenant:
    """One Optimove instance: how to make its client, and the secret path its notifications come on.

    The client is made by a function because it belongs to the event loop of the worker.
    """

    client: Callable[[], AsyncOptimove]
    secret: str | Secret = attrs.field(repr=False)
    name: str = attrs.field(default="default", validator=_name)
    attributes: tuple[str, ...] = attrs.field(default=(), converter=_names)
    """Customer attributes that every recipient should come with, by RealFieldName."""
    channels: tuple[int, ...] = attrs.field(default=(), converter=_numbers)
    """The channels to listen to; none means all, where Optimove registers without a channel."""


@attrs.frozen(kw_only=True)
class ConnectorSettings:
    """Everything that has a default.

    Args:
        database_url: where state is kept: ``sqlite:///connector.sqlite``, or ``postgresql://…`` when several
            workers share the load.
        worker: the name of this worker. It must be the same after a restart, and no two may share it.
        application_version: what code runs the flows. A worker finishes only runs of its own version.
        page_size: customers fetched at once; what a worker holds in memory for each page under way.
        batch_size: recipients in one batch at most; grants too.
        pages_at_once: pages that one worker has under way.
        rate_limit: how many pages may be fetched for each tenant by all workers; None is no limit.
        time_zone: of Optimove's times, which come without one. Ask Optimove which it is.
        hold_until_scheduled: keep batches until their time; False passes them on at once with ``send_at``.
        clearance_margin: how long before ``clearance_required_by`` granting stops and reporting begins.
        clearance_warning: when less time than this is left while customers wait, that is a warning.
        metrics_delay: how long after the last delivery the vendor is asked for metrics.
        report_sent: report how many were sent, if the vendor is no `MetricsSource`.
        give_up_after: for how long a call that raises is made again, before what it was for counts as failed.
        grant_wait: how long a batch waits for promotions that another channel's batch is just granting. If
            they fail there, they are granted here; after this time they count as granted.
        retry_interval: seconds before the second attempt; each further wait is twice as long, up to a minute.
        heartbeat: seconds between signs of life of a worker.
        dead_after: seconds without one after which the others take its work over.
        poll: seconds between looks at the queues. Each page waits for one, so it bounds the throughput.
        keep_for: how long flows that ended are remembered; a repeat that comes later starts a new one. What
            was revoked is forgotten then, too.
        keep_grants_for: how long a promotion that was never taken back is remembered: longer than any action.
        now: what time it is.
    """

    database_url: str = "sqlite:///connector.sqlite"
    worker: str = attrs.field(default="worker-1", validator=_name)
    application_version: str = "1"
    page_size: int = attrs.field(default=10_000, validator=_positive)
    batch_size: int = attrs.field(default=1_000, validator=_positive)
    pages_at_once: int = attrs.field(default=2, validator=_positive)
    rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT
    time_zone: tzinfo = UTC
    hold_until_scheduled: bool = True
    clearance_margin: timedelta = timedelta(minutes=2)
    clearance_warning: timedelta = timedelta(minutes=15)
    metrics_delay: timedelta = timedelta(0)
    report_sent: bool = True
    give_up_after: timedelta = timedelta(hours=6)
    grant_wait: timedelta = timedelta(minutes=1)
    retry_interval: float = attrs.field(default=1.0, validator=_positive)
    heartbeat: float = attrs.field(default=5.0, validator=_positive)
    dead_after: float = attrs.field(default=30.0, validator=_positive)
    poll: float = attrs.field(default=0.1, validator=_positive)
    keep_for: timedelta = timedelta(days=30)
    keep_grants_for: timedelta = timedelta(days=400)
    now: Callable[[], datetime] = attrs.field(default=lambda: datetime.now(UTC), repr=False)

    @property
    def is_shared(self) -> bool:
        """Whether several workers may use the database."""
        return not self.database_url.startswith("sqlite")

    def local(self, when: datetime | None) -> datetime | None:
        """Give one of Optimove's times its zone."""
        return when if when is None or when.tzinfo else when.replace(tzinfo=self.time_zone)
