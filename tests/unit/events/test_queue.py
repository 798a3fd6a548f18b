"""The queue by itself: lanes, holds, pauses."""

from __future__ import annotations

from optimove_sdk.events.queue import Entry, EventQueue


def queue_of(*lanes: str) -> EventQueue:
    queue = EventQueue()
    for number, lane in enumerate(lanes):
        queue.put(Entry(lane, number, float(number)))
    return queue


def items(entries: list[Entry]) -> list[int]:
    return [entry.item for entry in entries]


def test_a_lane_has_one_event_in_flight_and_others_go_on_beside_it() -> None:
    queue = queue_of("a", "a", "b")
    first, other = queue.take(0), queue.take(0)
    assert (items(first), items(other), queue.take(0)) == ([0], [2], [])
    assert (queue.queued, queue.in_flight) == (1, 2)
    queue.settle(first)
    assert items(queue.take(0)) == [1]


def test_a_request_takes_several_events_of_several_lanes() -> None:
    queue = queue_of("a", "b", "a", "b", "c")
    assert items(queue.take(0, limit=4)) == [0, 2, 1, 3]
    assert items(queue.take(0, limit=4)) == [4]


def test_a_request_that_is_full_leaves_the_rest_of_the_lane_behind_it() -> None:
    queue = queue_of("a", "a", "a")
    taken = queue.take(0, limit=2)
    assert (items(taken), queue.take(0)) == ([0, 1], [])
    queue.settle(taken)
    assert items(queue.take(0)) == [2]


def test_only_a_lane_that_was_empty_becomes_ready() -> None:
    queue = EventQueue()
    assert [queue.put(Entry("a", 0, 0.0)), queue.put(Entry("a", 1, 0.0))] == [True, False]


def test_what_comes_back_is_first_again_when_its_time_has_come() -> None:
    queue = queue_of("a", "a", "a", "b")
    queue.put_back(queue.take(0, limit=2), until=5.0)
    assert items(queue.take(1)) == [3]
    assert queue.next_moment(1) == 5.0
    assert queue.take(4.9) == []
    assert items(queue.take(5.0, limit=9)) == [0, 1, 2]


def test_a_pause_holds_everybody_and_does_not_get_shorter() -> None:
    queue = queue_of("a")
    queue.pause(3.0)
    queue.pause(2.0)
    assert queue.is_paused(2.9)
    assert (queue.take(2.9), queue.next_moment(1.0)) == ([], 3.0)
    assert items(queue.take(3.0)) == [0]


def test_a_pause_can_be_taken_back() -> None:
    queue = queue_of("a")
    queue.pause(3.0)
    queue.resume()
    assert items(queue.take(0)) == [0]


def test_the_next_moment_is_now_if_something_is_ready_and_never_if_nothing_waits() -> None:
    assert queue_of("a").next_moment(7.0) == 7.0
    assert EventQueue().next_moment(7.0) is None
    queue = queue_of("a", "a")
    queue.take(0)
    assert queue.next_moment(7.0) is None


def test_the_next_moment_of_a_held_lane_is_not_before_the_end_of_a_pause() -> None:
    queue = queue_of("a")
    queue.put_back(queue.take(0), until=1.0)
    queue.pause(4.0)
    assert queue.next_moment(0.0) == 4.0


def test_the_oldest_is_the_one_put_first_of_those_that_wait() -> None:
    queue = queue_of("a", "b")
    assert queue.oldest() == 0.0
    queue.take(0)
    assert queue.oldest() == 1.0
    queue.take(0)
    assert queue.oldest() is None


def test_draining_leaves_what_is_in_flight_to_be_settled_or_to_come_back() -> None:
    queue = queue_of("a", "a", "b", "c")
    flying, held = queue.take(0), queue.take(0)
    queue.put_back(held, until=9.0)
    assert sorted(items(queue.drain())) == [1, 2, 3]
    assert (queue.queued, queue.in_flight, queue.next_moment(0)) == (0, 1, None)
    queue.put_back(flying, until=2.0)
    assert items(queue.take(2.0)) == [0]
