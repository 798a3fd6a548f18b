"""The exception tree: drawn as it is, and every error whole after a pickle or a copy."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from optimove_sdk import errors
from optimove_sdk.core.batch import BatchResult, ItemOutcome, ItemStatus
from optimove_sdk.core.call import Call
from optimove_sdk.errors import Attempt, OptimoveError, Outcome

CALL = Call("GET", "customers/Get", params={"CustomerID": "C-77"}, json={"mail": "ann@x.com"})
ATTEMPTS = (
    Attempt("Get", 0.0, 0.1, Outcome.UNSENT, failure="refused"),
    Attempt("Get", 1.0, 0.1, Outcome.SENT, status=503, retry_after=3.0),
)
FAILED = BatchResult(
    (ItemOutcome(0, "a", ItemStatus.OK), ItemOutcome(1, "b", ItemStatus.FAILED, OptimoveError("x")))
)
ALL: dict[str, OptimoveError] = {
    "OptimoveError": OptimoveError("x"),
    "InvalidInput": errors.InvalidInput("x"),
    "ConfigurationError": errors.ConfigurationError("x"),
    "TransportError": errors.TransportError("x"),
    "ConnectionFailed": errors.ConnectionFailed("x"),
    "ResponseLost": errors.ResponseLost("x", outcome=Outcome.PARTIAL),
    "DeadlineExceeded": errors.DeadlineExceeded("x", outcome=Outcome.SENT),
    "DecodeError": errors.DecodeError("x", path="$[1].A", body=b"raw"),
    "EventRejected": errors.EventRejected("private", status=200, shown="shown"),
    "NotificationError": errors.NotificationError("x"),
    "BatchFailed": errors.BatchFailed(FAILED),
    **{
        kind.__name__: kind(418, "private", shown="shown", body=b"raw")
        for kind in (errors.APIError, *errors.APIError.__subclasses__())
    },
}


def tree() -> list[type[OptimoveError]]:
    def below(kind: type[OptimoveError]) -> list[type[OptimoveError]]:
        return [kind, *(sub for child in kind.__subclasses__() for sub in below(child))]

    return [kind for kind in below(OptimoveError) if kind.__module__ == errors.__name__]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    parents: list[tuple[int, str]] = []
    drawn = {}
    for line in inspect.getdoc(errors).splitlines():
        found = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)\b", line)
        if not found:
            continue
        depth, name = len(found[1]), found[2]
        parents = [parent for parent in parents if parent[0] < depth]
        drawn[name] = parents[-1][1] if parents else "Exception"
        parents.append((depth, name))
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in tree()}
    assert set(drawn) == set(ALL)


def test_invalid_input_is_a_value_error_too() -> None:
    assert issubclass(errors.InvalidInput, ValueError)


def pickled(error: Any) -> Any:
    return pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize("twin_of", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("name", ALL)
def test_an_error_survives_whole(name: str, twin_of: Callable[[Any], Any]) -> None:
    error = copy.copy(ALL[name])
    error.call, error.attempts = CALL, ATTEMPTS
    error.add_note("a note")
    twin = twin_of(error)
    assert type(twin) is type(error)
    assert twin is not error
    assert (str(twin), twin.args) == (str(error), error.args)
    assert (twin.call, twin.attempts, twin.__notes__) == (CALL, ATTEMPTS, ["a note"])
    for field in ("outcome", "status", "message", "body", "path", "retry_after"):
        assert getattr(twin, field, None) == getattr(error, field, None)


def test_errors_that_were_never_sent_have_neither_call_nor_attempts() -> None:
    assert (OptimoveError("x").call, OptimoveError("x").attempts) == (None, ())
    assert errors.APIError(500, "x").retry_after is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.TransportError("x"), Outcome.UNSENT),
        (errors.ConnectionFailed("x"), Outcome.UNSENT),
        (errors.ResponseLost("x"), Outcome.SENT),
        (errors.ResponseLost("x", outcome=Outcome.PARTIAL), Outcome.PARTIAL),
        (errors.DeadlineExceeded("x"), Outcome.UNSENT),
        (errors.DeadlineExceeded("x", outcome=Outcome.SENT), Outcome.SENT),
        (errors.ServerError(500, "x"), Outcome.SENT),
    ],
)
def test_an_error_says_how_far_the_request_got(error: Any, outcome: Outcome) -> None:
    assert error.outcome is outcome


@pytest.mark.parametrize("name", ALL)
def test_str_tells_the_operation_but_nothing_that_was_sent(name: str) -> None:
    error = copy.copy(ALL[name])
    error.call, error.attempts = CALL, ATTEMPTS
    shown = str(error) + repr(error)
    assert not any(private in shown for private in ("C-77", "ann@x.com", "raw", "private"))


def test_str_tells_what_happened_how_often() -> None:
    error = errors.ServerError(503, "private", shown="shown")
    assert str(error) == "503: shown"
    error.call = CALL
    assert str(error) == "503: shown [Get]"
    error.attempts = ATTEMPTS
    assert str(error) == "503: shown [Get] after 2 requests"
    assert error.retry_after == 3.0
    error.call = Call("POST", "", host="events")  # an operation without a name of its own
    assert str(error) == "503: shown after 2 requests"
    decode = errors.DecodeError("bad", path="$[1].A")
    decode.call = CALL
    assert str(decode) == "bad at $[1].A [Get]"
    assert str(errors.EventRejected("said", status=200)) == "said"


def test_a_failed_batch_names_its_first_failure() -> None:
    assert str(errors.BatchFailed(FAILED)) == "1 of 2 items failed, first item 1: x"
