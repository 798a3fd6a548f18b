"""One function of Optimove is one function here, found by its path in either style and in any case.

A function takes the `World` and what is `Asked`, and returns the JSON to answer, or None for an empty body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs

from ..errors import DecodeError
from ..http.base import Request
from ..wire import codec
from ..wire.names import fold
from .answers import bad_request
from .doors import Door

if TYPE_CHECKING:
    from .world import World

T = TypeVar("T")


@attrs.frozen
class Asked:
    """A request, understood: parameters and headers by their name in lower case, the JSON, the raw body.

    ``subject`` is the part of the path that names something, where there is one.
    """

    params: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any
    content: bytes
    subject: str = ""

    def text(self, name: str) -> str:
        """Return a parameter, or refuse."""
        value = self.params.get(name.lower())
        if not value:
            raise bad_request(f"{name} is missing")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a parameter as a whole number, or refuse."""
        if default is not None and name.lower() not in self.params:
            return default
        value = self.text(name)
        if not (value.isascii() and value.isdigit()):
            raise bad_request(f"{name} must be an integer")
        return int(value)

    def day(self, name: str, default: date | None = None) -> date:
        """Return a parameter as a date, or refuse."""
        if default is not None and name.lower() not in self.params:
            return default
        try:
            return date.fromisoformat(self.text(name)[:10])
        except ValueError:
            raise bad_request(f"{name} must be a date") from None

    def says(self, name: str) -> bool:
        """Say whether a parameter is true; left out it is not."""
        return self.params.get(name.lower(), "").lower() == "true"

    def names(self, name: str) -> tuple[str, ...]:
        """Return a parameter as names with semicolons between."""
        return tuple(filter(None, self.params.get(name.lower(), "").split(";")))

    def fields(self) -> dict[str, Any]:
        """Return the JSON object with its keys folded, or refuse."""
        return folded(self.json)

    def field(self, name: str, kind: type[T]) -> T:
        """Return a field of the JSON object, or refuse."""
        value = self.fields().get(fold(name))
        if value is None or value == "":
            raise bad_request(f"{name} is mandatory")
        return read(value, kind)

    def rows(self, row: type[T], at_most: int) -> list[T]:
        """Return the JSON array as models, or refuse."""
        return read(checked_list(self.json, "the body", at_most), list[row])  # type: ignore[valid-type]


def folded(value: Any) -> dict[str, Any]:
    """Return a JSON object with its keys folded, or refuse."""
    if not isinstance(value, Mapping):
        raise bad_request("an object is expected")
    return {fold(key): item for key, item in value.items()}


def checked_list(value: Any, what: str, at_most: int | None = None) -> list[Any]:
    """Return a JSON array that is not too long, or refuse."""
    if not isinstance(value, list):
        raise bad_request(f"{what} must be an array")
    if at_most is not None and len(value) > at_most:
        raise bad_request(f"{what} may have up to {at_most} entries")
    return value


def read(value: Any, kind: type[T]) -> T:
    """Return JSON as a type, or refuse."""
    try:
        return codec.decode(value, kind)
    except DecodeError as error:
        raise bad_request(f"{error}") from None


Function: TypeAlias = "Callable[[World, Asked], Any]"
F = TypeVar("F", bound="Function")


@attrs.frozen
class Operation:
    """A function of Optimove, and the door that leads to it."""

    name: str
    perform: Function
    door: Door = Door.GENERAL


REGISTRY: dict[str, dict[str, Operation]] = {}
"""Every function the fake has, by its path in lower case and its verb; ``*`` stands for any segment."""


def operation(
    verb: str, path: str, *, name: str | None = None, door: Door = Door.GENERAL
) -> Callable[[F], F]:
    """Register a function under its path; its name is the last part of that, unless given."""

    def register(function: F) -> F:
        verbs = REGISTRY.setdefault(path.lower(), {})
        verbs[verb] = Operation(name or path.rpartition("/")[2], function, door)
        return function

    return register


def names() -> Iterator[str]:
    """Yield the name of every function."""
    return (function.name for verbs in REGISTRY.values() for function in verbs.values())


@attrs.frozen
class Route:
    """Where a request leads: an operation, if there is one, and what the path names.

    ``known`` says that the path is one, though perhaps for another verb.
    """

    path: str
    operation: Operation | None = None
    known: bool = False
    subject: str = ""

    @property
    def name(self) -> str:
        """The operation's name, or the last part of the path."""
        return self.path.rpartition("/")[2] if self.operation is None else self.operation.name

    @property
    def door(self) -> Door:
        """How it is entered; where there is nothing, as everywhere."""
        return Door.GENERAL if self.operation is None else self.operation.door


def find(verb: str, url: str) -> Route:
    """Return where a request leads, in either style: ``/current/<group>/<Function>`` or without ``current``.

    The host does not count: functions of Optimove's other hosts have paths of their own.
    """
    path = urlsplit(url).path
    parts = [part for part in path.split("/") if part]
    if parts and parts[0].lower() == "current":
        del parts[0]
    verbs, subject = REGISTRY.get("/".join(parts).lower()), ""
    if verbs is None and len(parts) == 3:
        group, subject, last = parts
        verbs = REGISTRY.get(f"{group}/*/{last}".lower())
    return Route(path, (verbs or {}).get(verb), verbs is not None, unquote(subject))


def understand(request: Request, route: Route) -> Asked:
    """Return what a request asks, or refuse one that cannot be read."""
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    headers = {name.lower(): value for name, value in request.raw_headers().items()}
    content = request.content or b""
    if content and "json" not in headers.get("content-type", ""):
        raise bad_request("Content-Type must be application/json")
    params = {name.lower(): value for name, value in query}
    return Asked(params, headers, _json(content), content, route.subject)


def _json(content: bytes) -> Any:
    try:
        return codec.parse_json(content) if content else None
    except DecodeError:
        raise bad_request("the body is not JSON") from None
