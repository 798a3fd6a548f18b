"""Retries: when, how often, after how long, and never past the deadline."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.config import RetryPolicy
from optimove_sdk.core.flow import Flow
from optimove_sdk.core.policies.deadline import Deadline, pause, time_left
from optimove_sdk.core.policies.rate import RateGate, admit
from optimove_sdk.core.policies.retry import retry_after, retrying, worth_retrying
from optimove_sdk.errors import ConnectionFailed, DeadlineExceeded, Outcome, ResponseLost, TransportError
from optimove_sdk.http.base import Request, Response
from support.flows import Race, Responder, Runner, VirtualClock, answers, simulate
from support.login import CALL, plain_step

OK = Response(200)
LOST = ResponseLost("reset")
UNSENT = ConnectionFailed("refused")


def attempt(
    responder: Responder,
    clock: VirtualClock,
    *,
    safe: bool = True,
    policy: RetryPolicy | None = None,
    deadline: float | None = None,
    gate: RateGate | None = None,
) -> Runner:
    flow = retrying(
        plain_step,
        CALL,
        worth=lambda result: worth_retrying(result, safe=safe),
        policy=policy or RetryPolicy(),
        deadline=Deadline(None if deadline is None else clock.monotonic + deadline),
        gate=gate or RateGate(None),
    )
    race = Race(responder, clock, random.Random(0), latencies=(0.0,))
    runner = race.start(flow)
    race.run()
    return runner


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_answer_to_a_safe_call_is_tried_again(status: int) -> None:
    assert attempt(answers(Response(status), OK), VirtualClock()).result() == OK


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_answer_to_an_unsafe_call_is_final(status: int) -> None:
    assert attempt(answers(Response(status)), VirtualClock(), safe=False).result().status == status


@pytest.mark.parametrize("status", [200, 204, 206, 301, 400, 401, 403, 404, 409, 501])
def test_other_answers_are_final(status: int) -> None:
    assert attempt(answers(Response(status)), VirtualClock()).result().status == status


@pytest.mark.parametrize("safe", [True, False])
def test_what_was_not_sent_is_always_tried_again(safe: bool) -> None:
    assert attempt(answers(UNSENT, OK), VirtualClock(), safe=safe).result() == OK


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.PARTIAL])
def test_what_may_have_arrived_is_tried_again_only_if_safe(outcome: Outcome) -> None:
    lost = ResponseLost("reset", outcome=outcome)
    assert attempt(answers(lost, OK), VirtualClock()).result() == OK
    with pytest.raises(ResponseLost):
        attempt(answers(lost), VirtualClock(), safe=False).result()


def test_a_deadline_that_has_passed_is_not_tried_again() -> None:
    with pytest.raises(DeadlineExceeded):
        attempt(answers(DeadlineExceeded("read")), VirtualClock()).result()


def test_the_last_failure_is_what_is_raised_after_so_many_attempts() -> None:
    last = ConnectionFailed("third")
    runner = attempt(answers(UNSENT, UNSENT, last), VirtualClock(), policy=RetryPolicy(attempts=3))
    assert runner.error is last
    assert len(runner.sleeps) == 2


def test_an_error_that_is_no_transport_error_goes_straight_through() -> None:
    with pytest.raises(ZeroDivisionError):
        attempt(answers(ZeroDivisionError()), VirtualClock()).result()


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 7),
    st.floats(0.01, 5),
    st.floats(0.01, 20),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=8, max_size=8),
)
def test_pauses_are_full_jitter_under_a_doubling_ceiling(
    attempts: int, base: float, cap: float, draws: list[float]
) -> None:
    clock = VirtualClock(draws=iter(draws).__next__)
    runner = attempt(answers(*[LOST] * attempts), clock, policy=RetryPolicy(attempts, base, cap))
    assert runner.error is LOST
    expected = [draw * min(cap, base * 2**n) for n, draw in enumerate(draws[: attempts - 1])]
    assert runner.sleeps == pytest.approx(expected)


def test_the_ceiling_survives_any_number_of_failures() -> None:
    assert RetryPolicy().pause(10**6, 1.0) == 10.0


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 50), st.floats(0, 1, exclude_max=True))
def test_retry_after_is_a_floor(seconds: float, draw: float) -> None:
    clock = VirtualClock(draws=lambda: draw)
    runner = attempt(answers(Response(503, {"retry-after": str(seconds)}), OK), clock)
    assert runner.result() == OK
    assert seconds <= runner.sleeps[0] <= seconds + 0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 20), min_size=4, max_size=4), st.floats(0.1, 60))
def test_no_try_and_no_pause_ends_after_the_deadline(floors: list[float], allowed: float) -> None:
    clock = VirtualClock()
    begin = clock.monotonic
    responses = [Response(503, {"retry-after": str(floor)}) for floor in floors]
    assert attempt(answers(*responses), clock, deadline=allowed).result().status == 503
    assert clock.monotonic < begin + allowed


def test_a_429_delays_everybody_and_not_only_who_got_it() -> None:
    clock, gate = VirtualClock(draws=lambda: 0.0), RateGate(None)
    attempt(answers(Response(429, {"retry-after": "8"})), clock, safe=False, gate=gate)
    assert clock.monotonic == 1000.0
    simulate(admit(gate, Deadline(None)), answers(), clock)
    assert clock.monotonic == 1008.0


@pytest.mark.parametrize("status", [500, 503])
def test_other_failures_delay_nobody_else(status: int) -> None:
    clock, gate = VirtualClock(), RateGate(None)
    attempt(answers(Response(status, {"retry-after": "8"})), clock, safe=False, gate=gate)
    simulate(admit(gate, Deadline(None)), answers(), clock)
    assert clock.monotonic == 1000.0


# What the server asks for

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def asked(value: str, **headers: str) -> float | None:
    return retry_after(Response(503, {"retry-after": value, **headers}), NOON.timestamp())


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOON.timestamp() + seconds, UTC), usegmt=True)


def test_nothing_asked_is_none() -> None:
    assert retry_after(Response(503), 0.0) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), (" 7 ", 7), ("0", 0), ("1.5", 1.5), ("-3", 0), ("1e400", 86_400)]
)
def test_retry_after_in_seconds(value: str, seconds: float) -> None:
    assert asked(value) == seconds


def test_retry_after_as_a_date_is_relative_to_the_server_s_own_clock() -> None:
    assert asked(http_date(3630), date=http_date(3600)) == 30


def test_retry_after_as_a_date_is_relative_to_the_wall_clock_without_a_date_header() -> None:
    assert asked(http_date(45)) == 45
    assert asked(http_date(45), date="yesterday") == 45


def test_retry_after_in_the_past_is_at_once() -> None:
    assert asked(http_date(-45)) == 0


def test_the_two_old_date_formats_are_utc_whatever_this_machine_s_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert asked("Fri May  1 12:00:30 2026") == 30
        assert asked("Friday, 01-May-26 12:00:30 GMT") == 30
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("value", ["", "soon", "nan", "²", "Fri, 99 May 2026 12:00:00 GMT", ",,,"])
def test_nonsense_is_as_if_nothing_were_asked(value: str) -> None:
    assert asked(value) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_ever_raises_or_asks_for_the_impossible(value: str, date: str) -> None:
    seconds = asked(value, date=date)
    assert seconds is None or (0 <= seconds <= 86_400 and math.isfinite(seconds))


# The deadline itself


def test_no_deadline_allows_everything() -> None:
    deadline = Deadline.after(VirtualClock().moment(), None)
    assert deadline.allows(1e12, VirtualClock().moment())
    assert simulate(time_left(deadline), answers(), VirtualClock()) is None


def test_time_left_shrinks_and_raises_when_it_is_gone() -> None:
    clock = VirtualClock()
    deadline = Deadline.after(clock.moment(), 10)
    clock.advance(4)
    assert simulate(time_left(deadline), answers(), clock) == 6
    clock.advance(6)
    with pytest.raises(DeadlineExceeded) as caught:
        simulate(time_left(deadline), answers(), clock)
    assert caught.value.outcome is Outcome.UNSENT


def test_a_pause_that_cannot_end_in_time_is_refused_before_it_begins() -> None:
    clock = VirtualClock()
    with pytest.raises(DeadlineExceeded, match=r"no time to wait 10\.0 s for tea"):
        simulate(pause(10, Deadline.after(clock.moment(), 10), "tea"), answers(), clock)
    assert clock.monotonic == 1000.0


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_a_pause_of_nothing_does_not_sleep(seconds: float) -> None:
    clock = VirtualClock()
    race = Race(answers(), clock, random.Random(0))
    runner = race.start(pause(seconds, Deadline.after(clock.moment(), 1), "x"))
    race.run()
    assert runner.sleeps == []


def test_a_deadline_that_has_passed_refuses_even_a_pause_of_nothing() -> None:
    clock = VirtualClock()
    with pytest.raises(DeadlineExceeded, match=r"wait 0\.0 s"):
        simulate(pause(-5.0, Deadline(clock.monotonic - 1), "x"), answers(), clock)


def test_every_try_is_made_with_the_same_request() -> None:
    seen: list[Request] = []

    def step(request: Request) -> Flow[Response]:
        seen.append(request)
        return plain_step(request)

    flow = retrying(
        step, CALL, worth=lambda _: True, policy=RetryPolicy(3), deadline=Deadline(None), gate=RateGate(None)
    )
    simulate(flow, answers(Response(500), TransportError("x"), OK), VirtualClock())
    assert all(one is other for one, other in pairwise(seen))
    assert len(seen) == 3
