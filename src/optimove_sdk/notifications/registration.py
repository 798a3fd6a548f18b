"""Has Optimove notify a listener of all that it handles. Written once, for all three faces of a client.

How Optimove lists what is registered is not published (and its sandbox cannot), so rows are read leniently,
and without a list everything is registered: to register the same twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

import attrs

from ..core.call import Call
from ..errors import OptimoveError
from ..wire.fields import is_nothing, to_int
from ..wire.names import fold
from .models import ClearanceRequested, EngagementReady
from .router import Route

_CLEARANCE: Final = ClearanceRequested.event_type_id
_IN_THE_UI: Final = EngagementReady.event_type_id


@attrs.frozen
class Topic:
    """A type of event, on one channel or on all."""

    event_type_id: int
    channel_id: int | None = None

    def __str__(self) -> str:
        where = "" if self.channel_id is None else f" on channel {self.channel_id}"
        return f"type {self.event_type_id}{where}"


@attrs.frozen
class Registration:
    """What was changed at Optimove.

    ``replaced`` went to another URL before. ``skipped`` cannot be registered by the API. ``unlisted`` is the
    error that kept the listener from knowing what was registered; then everything is ``registered`` anew.
    """

    registered: tuple[Topic, ...] = ()
    replaced: tuple[Topic, ...] = ()
    kept: tuple[Topic, ...] = ()
    skipped: tuple[Topic, ...] = ()
    unlisted: OptimoveError | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was sent."""
        return bool(self.registered or self.replaced)

    def __str__(self) -> str:
        parts = [
            f"{name}: {', '.join(map(str, topics))}"
            for name in ("registered", "replaced", "kept", "skipped")
            if (topics := getattr(self, name))
        ]
        if self.unlisted is not None:
            parts.append(f"what was registered before is not known ({type(self.unlisted).__name__})")
        return "; ".join(parts) or "nothing to register: no type has a handler"


Step: TypeAlias = Generator[Callable[[Any], Any], Any, Registration]
"""Yields what to call on ``client.listeners``, and receives what it returns."""


def topics_of(routes: Iterable[tuple[type, Route]]) -> list[Topic]:
    """Return what the handlers are for, each once."""
    topics = set()
    for kind, route in routes:
        number = getattr(kind, "event_type_id", None)
        number = number if isinstance(number, int) else route.where.get("event_type_id")
        if number is not None:
            channel = None if number == _CLEARANCE else route.where.get("channel_id")
            topics.add(Topic(int(number), channel if channel is None else int(channel)))
    return sorted(topics, key=lambda topic: (topic.event_type_id, topic.channel_id or 0))


def registering(topics: Iterable[Topic], url_of: Callable[[Topic], str]) -> Step:
    """Register what is not registered yet."""
    known, unlisted = yield from _known()
    done: dict[str, list[Topic]] = {"registered": [], "replaced": [], "kept": [], "skipped": []}
    for topic in topics:
        url = url_of(topic)
        urls = known.get(topic, set())
        if topic.event_type_id == _IN_THE_UI:
            done["skipped"].append(topic)
        elif url in urls:
            done["kept"].append(topic)
        else:
            yield _register(topic, url)
            done["replaced" if urls else "registered"].append(topic)
    return Registration(**{name: tuple(of) for name, of in done.items()}, unlisted=unlisted)


def _register(topic: Topic, url: str) -> Callable[[Any], Any]:
    return lambda listeners: listeners.register(topic.event_type_id, url, channel_id=topic.channel_id)


def _known() -> Generator[Callable[[Any], Any], Any, tuple[dict[Topic, set[str]], OptimoveError | None]]:
    known: dict[Topic, set[str]] = {}
    try:
        rows = yield lambda listeners: listeners.list()
    except OptimoveError as error:
        return known, error
    for row in rows:
        topic, url = _read(row)
        if topic is not None:
            known.setdefault(topic, set()).add(url)
    return known, None


def _read(row: Mapping[str, Any]) -> tuple[Topic | None, str]:
    plain = {fold(name): value for name, value in row.items()}
    kind, channel, url = (plain.get(name) for name in ("eventtypeid", "channelid", "listenerurl"))
    try:
        topic = Topic(to_int(kind), None if is_nothing(channel) or channel == "" else to_int(channel))
    except (TypeError, ValueError):
        return None, ""
    plain_url = str(url)
    return topic, plain_url if "://" in plain_url else unquote(plain_url)


def perform_registration(steps: Step, listeners: Any) -> Any:
    """Perform the steps as the client's face does: now, when awaited, or as the list of planned calls."""
    listing = next(steps)
    try:
        first = listing(listeners)
    except OptimoveError as error:
        return _blocking(steps, listeners, steps.throw, error)
    if isinstance(first, Call):
        return _planned(steps, listeners)
    if hasattr(first, "__await__"):
        return _asynchronous(steps, listeners, first)
    return _blocking(steps, listeners, steps.send, first)


def _blocking(steps: Step, listeners: Any, resume: Callable[[Any], Any], value: Any) -> Registration:
    try:
        step = resume(value)
        while True:
            step = steps.send(step(listeners))
    except StopIteration as stop:
        result: Registration = stop.value
        return result


async def _asynchronous(steps: Step, listeners: Any, first: Any) -> Registration:
    try:
        try:
            step = steps.send(await first)
        except OptimoveError as error:
            step = steps.throw(error)
        while True:
            step = steps.send(await step(listeners))
    except StopIteration as stop:
        result: Registration = stop.value
        return result


def _planned(steps: Step, listeners: Any) -> list[Call[None]]:
    """Collect the calls. What is registered cannot be known without asking: these are all there could be."""
    calls: list[Call[None]] = []
    try:
        step = steps.send([])
        while True:
            calls.append(step(listeners))
            step = steps.send(None)
    except StopIteration:
        return calls
