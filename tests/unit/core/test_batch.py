"""Long lists: cut by the limit, in order, and every item's fate told."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.core.batch import Batch, BatchResult, ItemStatus, batch_of, run_batch
from optimove_sdk.core.call import Call
from optimove_sdk.errors import BatchFailed, ConnectionFailed, OptimoveError, Outcome, ServerError
from optimove_sdk.http.base import Request, Response
from support.sessions import Wire, sync


def batch(items: list[int], limit: int = 2, *, stop_on_error: bool = False) -> Batch[int]:
    return batch_of(items, limit, lambda part: Call("POST", "a/Add", json=part), stop_on_error=stop_on_error)


def run(wire: Wire, todo: Batch[int]) -> BatchResult[int]:
    face = sync(wire)
    return face.run(run_batch(todo, face.session))


def failing_on(*bad: int) -> Wire:
    def respond(request: Request) -> Response:
        return Response(500 if set(bad) & set(json.loads(request.content or b"")) else 200)

    return Wire(respond)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(), max_size=40), st.integers(1, 12))
def test_items_are_cut_by_the_limit_and_keep_their_order(items: list[int], limit: int) -> None:
    todo = batch(items, limit)
    assert [item for chunk in todo.chunks for item in chunk.items] == items
    assert all(1 <= len(chunk.items) <= limit for chunk in todo.chunks)
    assert len(todo) == -(-len(items) // limit)
    assert [call.json for call in todo] == [chunk.items for chunk in todo.chunks]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 30), st.integers(1, 7), st.sets(st.integers(0, 29)), st.booleans())
def test_every_item_has_the_outcome_of_its_chunk(count: int, limit: int, bad: set[int], stop: bool) -> None:
    wire = failing_on(*bad)
    result = run(wire, batch(list(range(count)), limit, stop_on_error=stop))
    assert [(outcome.index, outcome.item) for outcome in result] == [(n, n) for n in range(count)]
    chunks = [set(range(start, min(start + limit, count))) for start in range(0, count, limit)]
    expected, stopped = [], False
    for chunk in chunks:
        failed = bool(chunk & bad)
        status = ItemStatus.SKIPPED if stopped else ItemStatus.FAILED if failed else ItemStatus.OK
        expected += [status] * len(chunk)
        stopped = stopped or (stop and failed)
    assert [outcome.status for outcome in result] == expected
    assert len(result.ok) + len(result.failed) == len(result) == count
    assert all((o.error is not None) == (o.status is ItemStatus.FAILED) for o in result)
    assert len(wire.sent) == len(
        {n // limit for n, status in enumerate(expected) if status is not ItemStatus.SKIPPED}
    )


def test_nothing_to_do_sends_nothing_and_is_no_failure() -> None:
    wire = failing_on()
    result = run(wire, batch([]))
    result.raise_for_failed()
    assert len(result) == len(wire.sent) == 0


def test_all_ok_raises_nothing() -> None:
    run(failing_on(), batch([1, 2, 3])).raise_for_failed()


def test_an_outcome_says_whether_it_may_have_taken_effect() -> None:
    result = run(Wire(lambda _: ConnectionFailed("refused")), batch([1]))
    assert result.failed[0].error.outcome is Outcome.UNSENT
    assert run(failing_on(1), batch([1])).failed[0].error.outcome is Outcome.SENT


def test_raise_for_failed_names_the_first_failure_and_survives_pickle_and_copies() -> None:
    result = run(failing_on(3), batch([1, 2, 3, 4, 5]))
    with pytest.raises(BatchFailed) as caught:
        result.raise_for_failed()
    error = caught.value
    assert str(error) == "2 of 5 items failed, first item 2: 500: Internal Server Error [Add]"
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert str(twin) == str(error)
        assert [outcome.status for outcome in twin.result] == [outcome.status for outcome in result]
        assert isinstance(twin.result.failed[0].error, ServerError)
        assert twin.result.failed[0].error.call == error.result.failed[0].error.call


def test_items_that_a_successful_call_names_as_refused_failed_alone() -> None:
    def refused(value: list[int]) -> dict[int, OptimoveError]:
        return {item: OptimoveError(f"no {item}") for item in value}

    todo = batch_of(
        [1, 2, 3],
        2,
        lambda part: Call("POST", "a/Add", json=part, into=list),
        refused=refused,
        stop_on_error=True,
    )
    result = run(Wire(lambda _: Response(200, {}, b"[2]")), todo)
    assert [outcome.status for outcome in result] == [ItemStatus.OK, ItemStatus.FAILED, ItemStatus.SKIPPED]
    assert str(result.failed[0].error) == "no 2"
    assert result.ok[0].value == [2]


def test_an_error_that_is_not_ours_is_not_an_item_s_fate() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Wire(lambda _: ZeroDivisionError()), batch([1]))


def test_a_chunk_that_cannot_be_sent_fails_alone() -> None:
    todo = batch_of([{1}, [2]], 1, lambda part: Call("POST", "a/Add", json=part[0]))
    result = run(Wire(lambda _: Response(200)), todo)
    assert [outcome.status for outcome in result] == [ItemStatus.FAILED, ItemStatus.OK]
    assert isinstance(result.failed[0].error, OptimoveError)


def test_a_chunk_shows_how_many_items_it_has_and_not_which() -> None:
    assert "<2 items>" in repr(batch([71, 72]).chunks[0])
    assert "71" not in repr(batch([71, 72]).chunks[0])
