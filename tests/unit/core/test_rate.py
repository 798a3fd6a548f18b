"""The rate gate: never more than the limit in any window, first come first served, and shut by a 429."""

from __future__ import annotations

import random
from itertools import pairwise
from weakref import WeakSet

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk import forks
from optimove_sdk.config import RateLimit
from optimove_sdk.core.flow import Flow, now
from optimove_sdk.core.policies.deadline import Deadline
from optimove_sdk.core.policies.rate import RateGate, admit
from optimove_sdk.errors import DeadlineExceeded
from support.flows import Race, VirtualClock, answers

FOREVER = Deadline(None)


class Door:
    """Notes who passed the gate, and when."""

    def __init__(self, gate: RateGate) -> None:
        self.gate = gate
        self.passed: list[tuple[float, int]] = []

    def pass_through(self, name: int, deadline: Deadline = FOREVER) -> Flow[None]:
        yield from admit(self.gate, deadline)
        self.passed.append(((yield from now()).monotonic, name))

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.passed]

    @property
    def names(self) -> list[int]:
        return [name for _, name in self.passed]


def assert_within(limit: RateLimit, times: list[float]) -> None:
    for first, next_window in zip(times, times[limit.requests :], strict=False):
        assert next_window - first > limit.seconds, f"{limit.requests + 1} in {next_window - first} s"


limits = st.builds(RateLimit, st.integers(1, 5), st.floats(0.5, 20))
arrivals = st.lists(st.floats(0, 40), min_size=1, max_size=30)
seeds = st.integers(0, 2**32)


@settings(max_examples=80, deadline=None)
@given(limits, arrivals, seeds)
def test_no_window_ever_sees_more_than_the_limit_and_nobody_overtakes(
    limit: RateLimit, delays: list[float], seed: int
) -> None:
    clock, door = VirtualClock(), Door(RateGate(limit))
    race = Race(answers(), clock, random.Random(seed))
    begin = sorted(clock.monotonic + delay for delay in delays)
    for name, at in enumerate(begin):
        race.start(door.pass_through(name), at)
    race.run()
    assert len(door.times) == len(delays)
    assert_within(limit, sorted(door.times))
    admitted = {name: at for at, name in door.passed}
    for earlier, later in pairwise(range(len(begin))):
        if begin[earlier] < begin[later]:
            assert admitted[earlier] <= admitted[later]


@settings(max_examples=80, deadline=None)
@given(
    limits, arrivals, seeds, st.lists(st.tuples(st.floats(0, 60), st.floats(0, 30)), max_size=4), st.data()
)
def test_the_limit_holds_through_429s_cancellations_and_deadlines(
    limit: RateLimit, delays: list[float], seed: int, closings: list[tuple[float, float]], data: st.DataObject
) -> None:
    clock, chance = VirtualClock(), random.Random(seed)
    gate = RateGate(limit)
    door = Door(gate)
    shut: list[tuple[float, float]] = []

    def close_for(seconds: float) -> Flow[None]:
        moment = yield from now()
        gate.close(moment.monotonic, seconds)
        shut.append((moment.monotonic, moment.monotonic + seconds))

    race = Race(answers(), clock, chance)
    runners = []
    for name, delay in enumerate(delays):
        start = clock.monotonic + delay
        deadline = Deadline(data.draw(st.none() | st.just(start + 15)))
        runners.append(race.start(door.pass_through(name, deadline), start))
    for at, seconds in closings:
        race.start(close_for(seconds), clock.monotonic + at)
    for victim in data.draw(st.lists(st.integers(0, len(delays) - 1), max_size=5)):
        for _ in range(data.draw(st.integers(0, 8))):
            if any(not runner.done for runner in race.runners):
                race.step()
        race.cancel(runners[victim])
    race.run()
    assert_within(limit, sorted(door.times))
    for begin, end in shut:
        assert not [at for at in door.times if begin < at < end - 1e-6], "somebody passed a closed gate"
    for runner in runners:
        assert runner.error is None or isinstance(runner.error, DeadlineExceeded | GeneratorExit)


def admitted(gate: RateGate, clock: VirtualClock, count: int) -> list[float]:
    door = Door(gate)
    race = Race(answers(), clock, random.Random(0))
    race.start_all(door.pass_through(name) for name in range(count))
    race.run()
    return door.times


def test_a_burst_up_to_the_limit_passes_at_once_and_the_rest_after_the_window() -> None:
    times = admitted(RateGate(RateLimit(3, 10)), VirtualClock(monotonic=0.0), 7)
    assert times == pytest.approx([0, 0, 0, 10.1, 10.1, 10.1, 20.2])


def test_no_limit_never_waits() -> None:
    assert set(admitted(RateGate(None), VirtualClock(), 500)) == {1000.0}


def test_no_limit_still_waits_after_a_429() -> None:
    gate = RateGate(None)
    gate.close(1000.0, 4)
    assert set(admitted(gate, VirtualClock(), 3)) == {1004.0}


def test_a_shorter_429_does_not_shorten_a_longer_one() -> None:
    gate = RateGate(None)
    gate.close(1000.0, 9)
    gate.close(1000.0, 1)
    assert admitted(gate, VirtualClock(), 1) == [1009.0]


def test_a_place_held_when_the_gate_is_closed_is_void() -> None:
    clock, gate = VirtualClock(), RateGate(RateLimit(1, 10))
    gate.reserve(clock.monotonic)
    door = Door(gate)
    race = Race(answers(), clock, random.Random(0))
    race.start(door.pass_through(0))
    race.step()
    gate.close(clock.monotonic, 30)
    race.run()
    assert door.times == [1030.0]


def test_what_passed_before_a_429_counts_after_it() -> None:
    clock, gate = VirtualClock(), RateGate(RateLimit(2, 100))
    admitted(gate, clock, 2)
    gate.close(clock.monotonic, 5)
    assert admitted(gate, clock, 1) == pytest.approx([1100.1])


def test_a_cancelled_caller_gives_its_place_back() -> None:
    clock, gate = VirtualClock(), RateGate(RateLimit(1, 10))
    gate.reserve(clock.monotonic)
    flow = admit(gate, FOREVER)
    next(flow)
    flow.send(clock.moment())
    flow.send(clock.moment())  # it sleeps now
    flow.close()
    assert admitted(gate, clock, 1) == pytest.approx([1010.1])


def test_a_caller_without_time_is_refused_at_once_and_gives_its_place_back() -> None:
    clock, gate = VirtualClock(), RateGate(RateLimit(1, 10))
    gate.reserve(clock.monotonic)
    race = Race(answers(), clock, random.Random(0))
    runner = race.start(Door(gate).pass_through(0, Deadline(1005.0)))
    race.run()
    with pytest.raises(DeadlineExceeded, match=r"no time to wait 10\.1 s for the rate limit"):
        runner.result()
    assert clock.monotonic == pytest.approx(1000)
    assert admitted(gate, clock, 1) == pytest.approx([1010.1])


def test_a_newcomer_does_not_overtake_who_waits_when_others_give_their_places_back() -> None:
    gate = RateGate(RateLimit(2, 10))
    _, _, early, other, late = (gate.reserve(0.0) for _ in range(5))
    gate.release(early)
    gate.release(other)
    assert gate.reserve(0.0).at >= late.at


def test_giving_back_a_place_from_before_a_429_takes_nobody_else_s() -> None:
    gate = RateGate(RateLimit(1, 10))
    gate.reserve(0.0)
    place = gate.reserve(0.0)
    gate.close(0.0, 0.0)
    successor = gate.reserve(0.0)
    assert successor.at == place.at
    gate.release(place)
    assert gate.reserve(0.0).at == pytest.approx(successor.at + 10.1)


def test_a_gate_remembers_no_more_than_its_window() -> None:
    gate = RateGate(RateLimit(2, 1))
    for second in range(0, 1000, 2):
        gate.reserve(float(second))
    assert len(gate._places) <= 2


def test_a_forked_child_is_not_stuck_on_a_lock_that_its_parent_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_FORKABLE", WeakSet())
    gate = RateGate(None)
    gate._lock.acquire()  # as by a thread that is not in the child
    forks._in_child()
    assert gate._lock.acquire(timeout=1)
