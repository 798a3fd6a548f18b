"""One method, three faces: blocking, asyncio, and planned.

A resource's method returns what to do, as a value: a `Call`, the call of a first `Page`, or a `Batch`. The
decorator performs it in the way of the resource's face. So every operation is written once, and its
parameters and result are exact for type checkers on all three.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, overload

import attrs

from ..http.base import AsyncTransport, Transport
from .batch import Batch, BatchResult, run_batch
from .call import Call, Page
from .exchange import Session
from .flow import Clock, Flow, adrive, drive
from .pager import AsyncPager, Pager

T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S", bound="Resource[Any]")


@attrs.frozen
class Sync:
    """The blocking face."""

    session: Session
    transport: Transport
    clock: Clock

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow now."""
        return drive(flow, self.transport, self.clock)

    def pager(self, first: Call[Page[T]]) -> Pager[T]:
        """Return the rows that begin with this page."""
        return Pager(first, self.session, self.transport, self.clock)


@attrs.frozen
class Async:
    """The asyncio face."""

    session: Session
    transport: AsyncTransport
    clock: Clock

    def run(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        """Perform a flow when awaited."""
        return adrive(flow, self.transport, self.clock)

    def pager(self, first: Call[Page[T]]) -> AsyncPager[T]:
        """Return the rows that begin with this page."""
        return AsyncPager(first, self.session, self.transport, self.clock)


@attrs.frozen
class Plan:
    """The face that only says what would be done."""

    session: Session


Face = TypeVar("Face", Sync, Async, Plan)
AnyFace: TypeAlias = Sync | Async | Plan


class Resource(Generic[Face]):
    """Base of every group of operations."""

    def __init__(self, face: Face) -> None:
        self._face: Face = face

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {type(self._face).__name__.lower()}>"


class Described:
    """What the decorators share: a method, bound to a face once for each instance."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def bind(self, obj: Any, perform: Callable[[AnyFace, Any], Any]) -> Any:
        """Return the method as the face of this instance performs it."""
        fn, face = self._fn, obj._face

        @functools.wraps(fn)
        def bound(*args: Any, **kwargs: Any) -> Any:
            return perform(face, fn(obj, *args, **kwargs))

        signature = inspect.signature(fn)
        # Functions may have a __signature__, which inspect honours; their stubs do not know of it.
        bound.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
        # The instance's own attribute hides this descriptor: the next access costs nothing.
        obj.__dict__[self._name] = bound
        return bound


class endpoint(Described, Generic[S, P, T]):  # noqa: N801 - a decorator
    """Decorate a method that returns a `Call`: the value, its coroutine, or the call itself."""

    def __init__(self, fn: Callable[Concatenate[S, P], Call[T]]) -> None:
        super().__init__(fn)

    @overload
    def __get__(self, obj: None, owner: type) -> Callable[Concatenate[S, P], Call[T]]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, obj: Resource[Plan], owner: type) -> Callable[P, Call[T]]: ...
    def __get__(self, obj: Any, owner: type) -> Any:
        return self._fn if obj is None else self.bind(obj, _perform_call)


class paged(Described, Generic[S, P, T]):  # noqa: N801 - a decorator
    """Decorate a method that returns the `Call` of a first `Page`: a `Pager`, `AsyncPager` or that call."""

    def __init__(self, fn: Callable[Concatenate[S, P], Call[Page[T]]]) -> None:
        super().__init__(fn)

    @overload
    def __get__(self, obj: None, owner: type) -> Callable[Concatenate[S, P], Call[Page[T]]]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, Pager[T]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, AsyncPager[T]]: ...
    @overload
    def __get__(self, obj: Resource[Plan], owner: type) -> Callable[P, Call[Page[T]]]: ...
    def __get__(self, obj: Any, owner: type) -> Any:
        return self._fn if obj is None else self.bind(obj, _perform_pages)


class batched(Described, Generic[S, P, T]):  # noqa: N801 - a decorator
    """Decorate a method that returns a `Batch`: a `BatchResult`, its coroutine, or the batch itself."""

    def __init__(self, fn: Callable[Concatenate[S, P], Batch[T]]) -> None:
        super().__init__(fn)

    @overload
    def __get__(self, obj: None, owner: type) -> Callable[Concatenate[S, P], Batch[T]]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, BatchResult[T]]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type
    ) -> Callable[P, Coroutine[Any, Any, BatchResult[T]]]: ...
    @overload
    def __get__(self, obj: Resource[Plan], owner: type) -> Callable[P, Batch[T]]: ...
    def __get__(self, obj: Any, owner: type) -> Any:
        return self._fn if obj is None else self.bind(obj, _perform_batch)


def _perform_call(face: AnyFace, call: Call[Any]) -> Any:
    return call if isinstance(face, Plan) else face.run(face.session.value(call))


def _perform_pages(face: AnyFace, first: Call[Page[Any]]) -> Any:
    return first if isinstance(face, Plan) else face.pager(first)


def _perform_batch(face: AnyFace, batch: Batch[Any]) -> Any:
    return batch if isinstance(face, Plan) else face.run(run_batch(batch, face.session))
