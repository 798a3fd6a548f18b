"""The queue under any sequence of operations, against a plain list for each lane."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from optimove_sdk.events.queue import Entry, EventQueue

LANES = st.sampled_from("abcd")
SECONDS = st.floats(0, 10, allow_nan=False)


class Queue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.queue = EventQueue()
        self.now = 0.0
        self.waiting: dict[str, list[int]] = defaultdict(list)
        self.flights: list[list[Entry]] = []
        self.held: dict[str, float] = {}
        self.paused = 0.0
        self.count = 0

    @rule(lane=LANES)
    def put(self, lane: str) -> None:
        idle = not self.waiting[lane] and lane not in self.busy()
        assert self.queue.put(Entry(lane, self.count, self.now)) == idle
        self.waiting[lane].append(self.count)
        self.count += 1

    @rule(limit=st.integers(1, 4))
    def take(self, limit: int) -> None:
        busy = self.busy()
        taken = self.queue.take(self.now, limit)
        assert len(taken) <= limit
        if self.now < self.paused:
            assert not taken
        for entry in taken:
            assert entry.lane not in busy, "two flights of one lane"
            assert self.held.get(entry.lane, 0.0) <= self.now, "a lane that is held back"
            assert self.waiting[entry.lane].pop(0) == entry.item, "one overtook another"
        if not taken and self.now >= self.paused:
            assert not self.able(busy), "a lane was forgotten"
        if taken:
            self.flights.append(taken)

    @rule(which=st.integers(0, 9))
    def settle(self, which: int) -> None:
        if self.flights:
            self.queue.settle(self.flights.pop(which % len(self.flights)))

    @rule(which=st.integers(0, 9), seconds=SECONDS)
    def put_back(self, which: int, seconds: float) -> None:
        if self.flights:
            flight = self.flights.pop(which % len(self.flights))
            self.queue.put_back(flight, self.now + seconds)
            for entry in reversed(flight):
                self.waiting[entry.lane].insert(0, entry.item)
                self.held[entry.lane] = self.now + seconds

    @rule(seconds=SECONDS)
    def pause(self, seconds: float) -> None:
        self.queue.pause(self.now + seconds)
        self.paused = max(self.paused, self.now + seconds)

    @rule()
    def resume(self) -> None:
        self.queue.resume()
        self.paused = 0.0

    @rule(seconds=SECONDS)
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def wait_for_the_next_moment(self) -> None:
        at = self.queue.next_moment(self.now)
        assert (at is None) == (not self.queue.queued or all(l in self.busy() for l in self.lanes_waiting()))  # noqa: E741
        if at is not None:
            assert at >= self.now
            self.now = at
            self.take(1)
            assert self.flights

    @rule()
    def drain(self) -> None:
        drained: dict[str, list[int]] = defaultdict(list)
        for entry in self.queue.drain():
            drained[entry.lane].append(entry.item)
        assert drained == {lane: items for lane, items in self.waiting.items() if items}
        self.waiting.clear()
        self.held.clear()

    @invariant()
    def the_numbers_are_right(self) -> None:
        assert self.queue.queued == sum(map(len, self.waiting.values()))
        assert self.queue.in_flight == sum(map(len, self.flights))

    def busy(self) -> set[str]:
        return {entry.lane for flight in self.flights for entry in flight}

    def lanes_waiting(self) -> list[str]:
        return [lane for lane, items in self.waiting.items() if items]

    def able(self, busy: set[str]) -> list[str]:
        return [
            lane for lane in self.lanes_waiting() if lane not in busy and self.held.get(lane, 0.0) <= self.now
        ]


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
