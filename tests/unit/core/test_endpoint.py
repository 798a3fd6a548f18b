"""One method, three faces."""

from __future__ import annotations

import inspect
from unittest.mock import create_autospec

import pytest

from optimove_sdk.core.batch import Batch, BatchResult, batch_of
from optimove_sdk.core.call import Call, Page
from optimove_sdk.core.endpoint import Face, Resource, batched, endpoint, paged
from optimove_sdk.core.pager import AsyncPager, Pager
from optimove_sdk.core.pages import pages_of
from optimove_sdk.errors import InvalidInput
from optimove_sdk.http.base import Response
from optimove_sdk.wire import inputs
from support.flows import always, answers
from support.sessions import Wire, asynchronous, plan, sync

ONE = Response(200, {}, b"1")


class Things(Resource[Face]):
    """Things."""

    @endpoint
    def get(self, thing_id: int, *, deep: bool = False) -> Call[int]:
        """Get a thing."""
        return Call("GET", "things/Get", params=inputs.ids(thing_id=thing_id), into=int)

    @paged
    def list(self, page_size: int = 2) -> Call[Page[dict]]:
        """List things."""
        return pages_of(dict, "things/List", page_size=page_size)

    @batched
    def add(self, things: list[int]) -> Batch[int]:
        """Add things."""
        return batch_of(things, 2, lambda part: Call("POST", "things/Add", json=part))


PAGES = (Response(200, {}, b'[{"a":1},{"a":2}]'), Response(200, {}, b"[]"))
ROWS = [{"a": 1}, {"a": 2}]


def test_the_blocking_face_performs() -> None:
    things = Things(sync(Wire(answers(ONE, *PAGES, Response(200)))))
    assert things.get(5) == 1
    pager = things.list()
    assert isinstance(pager, Pager)
    assert list(pager) == ROWS
    assert isinstance(things.add([1]), BatchResult)


async def test_the_asyncio_face_performs_when_awaited() -> None:
    things = Things(asynchronous(Wire(answers(ONE, *PAGES, Response(200)))))
    assert await things.get(5) == 1
    pager = things.list()
    assert isinstance(pager, AsyncPager)
    assert await pager.to_list() == ROWS
    assert isinstance(await things.add([1]), BatchResult)


def test_the_plan_face_only_says_what_would_be_done() -> None:
    things = Things(plan())
    assert things.get(5).params == {"ThingID": "5"}
    assert things.list().params == {"$top": "2", "$skip": "0"}
    assert [call.json for call in things.add([1, 2, 3])] == [[1, 2], [3]]


def test_nothing_is_sent_before_input_is_checked() -> None:
    wire = Wire(always(ONE))
    with pytest.raises(InvalidInput):
        Things(sync(wire)).get(-1)
    with pytest.raises(InvalidInput):
        Things(asynchronous(wire)).get(-1)  # before it is awaited
    assert wire.sent == []


@pytest.mark.parametrize("face", [sync, asynchronous, lambda _: plan()])
def test_a_bound_method_has_signature_name_and_docstring(face: object) -> None:
    method = Things(face(Wire(always(ONE)))).get
    assert list(inspect.signature(method).parameters) == ["thing_id", "deep"]
    assert inspect.signature(method).parameters["deep"].kind is inspect.Parameter.KEYWORD_ONLY
    assert (method.__name__, method.__doc__) == ("get", "Get a thing.")


def test_class_access_returns_the_function_itself() -> None:
    for name in ("get", "list", "add"):
        assert inspect.isfunction(getattr(Things, name))
        assert next(iter(inspect.signature(getattr(Things, name)).parameters)) == "self"
    assert Things.get(Things(plan()), 5).params == {"ThingID": "5"}


def test_each_instance_binds_its_own_method_once() -> None:
    one, other = Things(plan()), Things(plan())
    assert one.get is one.get
    assert one.get is not other.get
    assert one.list is not one.get


def test_autospec_of_an_instance_refuses_a_wrong_call() -> None:
    mock = create_autospec(Things(sync(Wire(always(ONE)))), instance=True)
    mock.get(5, deep=True)
    with pytest.raises(TypeError):
        mock.get(5, shallow=True)
    with pytest.raises(TypeError):
        mock.get()


def test_a_resource_shows_its_face() -> None:
    assert repr(Things(plan())) == "<Things plan>"
    assert repr(Things(sync(Wire(always(ONE))))) == "<Things sync>"
