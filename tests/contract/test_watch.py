"""The deadline is for the whole exchange, not anew for each of its steps."""

from __future__ import annotations

import pytest

from optimove_sdk import ConnectionFailed, DeadlineExceeded, Outcome, Request, ResponseLost, Timeouts
from optimove_sdk.http import watch as module
from optimove_sdk.http.watch import Watch


class Time:
    """Stands in for the module time."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(module, "time", time)
    return time


def watch(deadline: float | None = 10) -> Watch:
    times = Timeouts(connect=5, read=60, write=30, pool=20, deadline=deadline)
    return Watch(Request("GET", "http://127.0.0.1/", timeouts=times))


def test_no_step_outlasts_the_deadline(time: Time) -> None:
    limits = watch()
    assert dict(limits) == {"connect": 5, "read": 10, "write": 10, "pool": 10}
    time.now += 7
    assert dict(limits) == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    time.now += 7
    assert all(0 < seconds < 0.01 for seconds in limits.values())


def test_without_a_deadline_each_step_has_its_own_time(time: Time) -> None:
    limits = watch(deadline=None)
    time.now += 1_000_000
    assert dict(limits) == {"connect": 5, "read": 60, "write": 30, "pool": 20}
    assert limits.get("unknown") is None


def test_a_failure_after_the_deadline_is_the_deadlines(time: Time) -> None:
    late = watch()
    assert isinstance(late.failure("x", unsent=True), ConnectionFailed)
    assert isinstance(late.failure("x", unsent=False), ResponseLost)
    time.now += 10
    unsent, sent = (late.failure("x", unsent=unsent) for unsent in (True, False))
    assert isinstance(unsent, DeadlineExceeded)
    assert isinstance(sent, DeadlineExceeded)
    assert (unsent.outcome, sent.outcome) == (Outcome.UNSENT, Outcome.SENT)
