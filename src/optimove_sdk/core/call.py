"""One operation as a value: what to send, how to read the answer, and whether it may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar, overload

import attrs

from ..errors import Attempt
from ..http.base import Response
from ..wire import inputs, redact
from ..wire.codec import encode_json
from .answer import into_reader

ListOf = list
"""The builtin, for resources in whose body the name ``list`` is a method."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Turns an answer into a value, or raises what the answer means."""

    def __call__(self, response: Response, /) -> T_co:
        """Read the answer."""
        ...


@attrs.frozen(init=False)
class Call(Generic[T]):
    """An Optimove operation, not yet performed.

    ``path`` is ``group/Function``; one that begins with ``/`` is used as it is. ``into`` is the type to read
    the answer as: ``dict``, ``list[dict[str, Any]]``, a model, or None for an operation that answers
    nothing. ``safe`` says that repeating the operation changes nothing, so that it may be sent again when
    its answer was lost; only GET is safe unless you say otherwise. ``host`` names the server: ``"api"``,
    ``"events"`` or ``"metrics"``.

    >>> client.send(Call("GET", "customers/SomethingNew", params={"Date": "2026-01-31"}, into=dict))
    """

    method: str
    path: str
    params: Mapping[str, str]
    json: Any
    read: Reader[T]
    safe: bool
    host: str

    @overload
    def __init__(
        self: Call[None],
        method: str,
        path: str,
        *,
        params: Mapping[str, inputs.Param] = ...,
        json: Any = ...,
        into: None = ...,
        safe: bool | None = ...,
        host: str = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, inputs.Param] = ...,
        json: Any = ...,
        into: type[T],
        safe: bool | None = ...,
        host: str = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, inputs.Param] = ...,
        json: Any = ...,
        read: Reader[T],
        safe: bool | None = ...,
        host: str = ...,
    ) -> None: ...
    def __init__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, inputs.Param] | None = None,
        json: Any = None,
        into: Any = None,
        read: Any = None,
        safe: bool | None = None,
        host: str = "api",
    ) -> None:
        self.__attrs_init__(
            method,
            path,
            inputs.encode_params(params or {}),
            json,
            read or into_reader(into),
            method == "GET" if safe is None else safe,
            host,
        )

    @property
    def name(self) -> str:
        """Optimove's name of the function: the last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def query(self) -> str:
        """The query string as it is sent."""
        return inputs.query(self.params)

    @property
    def content(self) -> bytes | None:
        """The body as it is sent, or None."""
        return None if self.json is None else encode_json(self.json)

    def __repr__(self) -> str:
        params = "".join(f" {name}={value}" for name, value in redact.shown(self.params).items())
        return f"<Call {self.method} {self.name}{params}{' with a body' if self.json is not None else ''}>"


@attrs.frozen
class Page(Generic[T]):
    """One page of rows, and the call that fetches the next; ``next`` is None after the last."""

    items: list[T]
    next: Call[Page[T]] | None = None


@attrs.frozen
class Reply(Generic[T]):
    """A value with everything that came with it.

    ``attempts`` lists every request that was made for it; ``elapsed`` is the seconds all of it took.
    """

    value: T
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    attempts: tuple[Attempt, ...]
    elapsed: float
