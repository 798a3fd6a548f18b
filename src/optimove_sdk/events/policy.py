"""What a publisher is told: how its events travel, and what its user chose for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from ..core.call import Call
from ..errors import ConfigurationError
from .outbox.base import Outbox
from .reports import Payload, Rejection

E = TypeVar("E")
WhenFull: TypeAlias = Literal["block", "drop_newest", "spill"]

_WAYS: Final = ("block", "drop_newest", "spill")


@attrs.frozen(kw_only=True)
class Wire(Generic[E]):
    """How events of this kind are sent: whose lane, what is sent, by which call, how many at once.

    ``check`` raises for an event that cannot be sent, when it is put.
    """

    lane: Callable[[E], str]
    payload: Callable[[E], Payload]
    call: Callable[[Sequence[Payload]], Call[Any]]
    per_request: int = 1
    check: Callable[[E], None] = lambda event: None


@attrs.frozen(kw_only=True)
class Policy:
    """What a user chose for a publisher."""

    outbox: Outbox | None = None
    concurrency: int = 8
    capacity: int = 10_000
    when_full: WhenFull = "block"
    at_least_once: bool = False
    give_up_after: float = 86_400.0
    on_rejected: Callable[[Rejection], object] | None = None
    on_lost: Callable[[int], object] | None = None
    exit_budget: float = 5.0

    def __attrs_post_init__(self) -> None:
        for name in ("concurrency", "capacity"):
            self._check(name, isinstance(getattr(self, name), int), least=1)
        for name in ("give_up_after", "exit_budget"):
            self._check(name, math.isfinite(getattr(self, name)), least=0)
        if self.when_full not in _WAYS:
            raise ConfigurationError(f"when_full must be one of {', '.join(_WAYS)}, not {self.when_full!r}")
        if self.when_full == "spill" and self.outbox is None:
            raise ConfigurationError("when_full='spill' needs an outbox to spill to")

    def _check(self, name: str, fits: bool, *, least: int) -> None:
        value = getattr(self, name)
        if not fits or value < least:
            raise ConfigurationError(f"{name} must be at least {least}, not {value!r}")
