"""What a user may choose for a publisher."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

from .desk import Policy, Rejection, WhenFull
from .outbox.base import Outbox


class PublisherOptions(TypedDict, total=False):
    """The options of a publisher; all have a default.

    - ``concurrency``: requests at once (8).
    - ``capacity``: events in memory at most (10,000).
    - ``when_full``: then ``put()`` waits (``"block"``, the default), drops the event and says so
      (``"drop_newest"``), or moves it to the outbox (``"spill"``; with any other choice an outbox takes every
      event first).
    - ``at_least_once``: whether to send again what may have arrived, which is right where a doubled event
      does no harm. By default only with an outbox.
    - ``give_up_after``: seconds after which an event that cannot be delivered is rejected (a day).
    - ``on_rejected``: called with each `Rejection`.
    - ``on_lost``: called with a number of events that were dropped, or left in memory at the end.
    - ``exit_budget``: seconds to deliver what is left when the interpreter exits (5).
    """

    concurrency: int
    capacity: int
    when_full: WhenFull
    at_least_once: bool
    give_up_after: float
    on_rejected: Callable[[Rejection], object] | None
    on_lost: Callable[[int], object] | None
    exit_budget: float


def policy_of(outbox: Outbox | None, **options: Unpack[PublisherOptions]) -> Policy:
    """Return the policy that these options mean."""
    options.setdefault("at_least_once", outbox is not None)
    return Policy(outbox=outbox, **options)
