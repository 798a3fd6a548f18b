"""Publishing in virtual time: what becomes of events when all goes well, and when it does not."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from optimove_sdk import ConfigurationError, InvalidInput
from optimove_sdk.config import Timeouts
from optimove_sdk.core.flow import Await, Offload
from optimove_sdk.errors import (
    BadRequest,
    ConnectionFailed,
    DeadlineExceeded,
    DecodeError,
    EventRejected,
    NotFound,
    OptimoveError,
    Outcome,
    PermissionDenied,
    RateLimited,
    ResponseLost,
    ServerError,
)
from optimove_sdk.events.desk import Policy
from optimove_sdk.events.outbox import MemoryOutbox
from optimove_sdk.events.verdict import Verdict, asked_to_wait, judge
from optimove_sdk.http.base import Response
from support.publishing import REFUSED, TAKEN, Said, Scene, in_order, said

SEEDS = range(12)
UNREACHABLE = ConnectionFailed("refused")
LOST = ResponseLost("reset")


def fails(times: int, result: Response | BaseException, lane: str | None = None) -> Callable[..., Any]:
    """Answer the first so many tries of an event (of a lane) with a failure."""
    return lambda event, tried: result if tried <= times and event[0] == (lane or event[0]) else TAKEN


def status(code: int, body: bytes = b"{}", **headers: str) -> Response:
    return Response(code, {name.replace("_", "-"): value for name, value in headers.items()}, body)


class Broken:
    """An outbox that fails so many times at one of its methods."""

    def __init__(self, method: str, times: int, error: Exception | None = None) -> None:
        self.inner = MemoryOutbox()
        self.method, self.times = method, times
        self.error = error or sqlite3.OperationalError("database is locked")

    def __getattr__(self, name: str) -> Any:
        if name == self.method and self.times > 0:
            self.times -= 1
            return self._fail
        return getattr(self.inner, name)

    def _fail(self, *_: Any) -> Any:
        raise self.error


# Delivery


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("outbox", [False, True])
def test_all_arrive_once_each_customers_in_order_and_side_by_side(seed: int, outbox: bool) -> None:
    scene = Scene({"outbox": MemoryOutbox() if outbox else None, "concurrency": 4}, seed=seed)
    events = [(f"c{number % 7}", number) for number in range(60)]
    assert all(scene.put(*events))
    assert scene.flush().pending == 0
    assert sorted(scene.arrived) == sorted(events)
    assert in_order(scene.arrived)
    assert scene.close() == scene.desk._board.report(0)
    stats = scene.stats()
    assert (stats.queued, stats.in_flight, stats.sent, stats.rejected, stats.oldest_age) == (0, 0, 60, 0, 0)


def test_different_customers_are_served_at_once() -> None:
    scene = Scene({"concurrency": 4}, latencies=(1.0,))
    scene.put(("a", 1), ("b", 1), ("c", 1), ("d", 1), ("a", 2))
    started = scene.clock.monotonic
    scene.flush()
    assert scene.clock.monotonic - started == pytest.approx(2.0)


def test_several_events_go_in_one_request_where_the_wire_takes_several() -> None:
    scene = Scene({"concurrency": 1}, per_request=3, latencies=(1.0,))
    scene.put(("z", 0), *said("a", 1, 2, 3, 4))
    scene.flush()
    assert scene.arrived == said("z", 0) + said("a", 1, 2, 3, 4)
    assert scene.clock.monotonic <= 1003
    scene.close()


# Failures


@pytest.mark.parametrize(
    ("error", "if_harmless", "otherwise"),
    [
        (BadRequest(400, "no"), Verdict.REJECT, Verdict.REJECT),
        (PermissionDenied(403, "no"), Verdict.REJECT, Verdict.REJECT),
        (NotFound(404, "no"), Verdict.REJECT, Verdict.REJECT),
        (EventRejected("no", status=200), Verdict.REJECT, Verdict.REJECT),
        (EventRejected("no", status=500), Verdict.REJECT, Verdict.REJECT),
        (InvalidInput("no"), Verdict.REJECT, Verdict.REJECT),
        (RateLimited(429, "slow"), Verdict.WAIT, Verdict.WAIT),
        (EventRejected("slow", status=429), Verdict.WAIT, Verdict.WAIT),
        (ServerError(503, "oops"), Verdict.WAIT, Verdict.REJECT),
        (DecodeError("a web page"), Verdict.WAIT, Verdict.REJECT),
        (OptimoveError("who knows"), Verdict.WAIT, Verdict.REJECT),
        (ResponseLost("reset"), Verdict.WAIT, Verdict.REJECT),
        (ResponseLost("half", outcome=Outcome.PARTIAL), Verdict.WAIT, Verdict.REJECT),
        (DeadlineExceeded("late", outcome=Outcome.SENT), Verdict.WAIT, Verdict.REJECT),
        (DeadlineExceeded("late", outcome=Outcome.UNSENT), Verdict.OUTAGE, Verdict.OUTAGE),
        (ConnectionFailed("refused"), Verdict.OUTAGE, Verdict.OUTAGE),
    ],
    ids=repr,
)
def test_what_a_failure_means(error: OptimoveError, if_harmless: Verdict, otherwise: Verdict) -> None:
    assert judge(error, at_least_once=True) is if_harmless
    assert judge(error, at_least_once=False) is otherwise
    assert asked_to_wait(error) is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "result", [status(400), status(404), REFUSED, status(503), LOST, status(200, b"<html>")], ids=repr
)
def test_what_must_not_be_repeated_is_sent_once_and_reported(seed: int, result: Any) -> None:
    scene = Scene(answer=fails(9, result, "bad"), seed=seed)
    scene.put(("bad", 1), ("good", 1), ("bad", 2))
    report = scene.flush()
    assert (report.sent, report.rejected, report.pending) == (1, 2, 0)
    assert sorted(scene.arrived) == [("bad", 1), ("bad", 2), ("good", 1)]
    assert [one.payload["number"] for one in scene.rejected] == [1, 2]
    assert {one.dead_letter for one in scene.rejected} == {None}
    scene.close()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("result", [status(500), status(503), LOST, status(200, b"<html>")], ids=repr)
def test_what_may_be_doubled_is_repeated_until_it_is_taken(seed: int, result: Any) -> None:
    scene = Scene({"at_least_once": True}, fails(3, result), seed=seed)
    scene.put(*said("a", 1, 2), *said("b", 1))
    assert scene.flush().sent == 3
    assert sorted(scene.arrived) == sorted(4 * (said("a", 1, 2) + said("b", 1)))
    assert in_order(scene.arrived)
    assert scene.stats().retried == 9
    scene.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_too_many_holds_back_that_customer_and_nobody_else(seed: int) -> None:
    busy = status(429, b'{"status":"error","message":"per customer"}', retry_after="60")
    scene = Scene(answer=lambda event, times: busy if (event, times) == (("a", 1), 1) else TAKEN, seed=seed)
    scene.put(*said("a", 1, 2), *said("b", 1, 2))
    assert scene.flush(timeout=30).pending == 2
    assert sorted(scene.arrived) == said("a", 1) + said("b", 1, 2)
    assert scene.flush().sent == 2
    assert scene.arrived[3:] == said("a", 1, 2)
    assert scene.clock.monotonic >= 1060
    assert scene.rejected == []
    scene.close()


def test_whoever_is_held_back_is_looked_after_though_all_who_knew_are_busy() -> None:
    # One worker sees the failure, and is then busy for long; another must remember when "a" may go on.
    scene = Scene({"concurrency": 2}, fails(1, status(429), "a"), latencies=(1.0,))
    scene.clock.draws = lambda: 0.9
    scene.put(("a", 1))
    scene.run_until(lambda: scene.stats().retried == 1)
    scene.race.latencies = (100.0,)
    scene.put(("b", 1))
    scene.run_until(lambda: ("b", 1) in scene.arrived)
    scene.run_until(lambda: scene.arrived.count(("a", 1)) == 2)
    assert scene.clock.monotonic < 1010
    scene.close()


def test_a_server_that_cannot_be_reached_is_asked_by_one_and_ever_more_rarely(caplog) -> None:
    reachable = False
    scene = Scene(
        {"concurrency": 4}, lambda event, times: TAKEN if reachable else UNREACHABLE, latencies=(0.0,)
    )
    scene.clock.draws = lambda: 0.9
    with caplog.at_level(logging.INFO, "optimove_sdk"):
        scene.put(*[(f"c{number}", 1) for number in range(200)])
        assert scene.flush(timeout=120).pending == 200
        assert len(scene.arrived) < 4 * 40
        assert [record.message for record in caplog.records] == ["events cannot be sent: ConnectionFailed"]
        reachable = True
        assert scene.flush(timeout=10).pending == 0
    assert caplog.records[-1].message == "events can be sent again"
    assert caplog.records[-1].outages > 10  # type: ignore[attr-defined]
    assert (scene.rejected, scene.stats().sent) == ([], 200)
    scene.close()


@pytest.mark.parametrize("result", [UNREACHABLE, status(429)], ids=repr)
def test_after_a_time_it_is_given_up(result: Any) -> None:
    scene = Scene({"give_up_after": 100.0}, lambda event, times: result)
    scene.put(("a", 1))
    report = scene.flush()
    assert (report.rejected, report.pending) == (1, 0)
    assert 1100 < scene.clock.monotonic < 1300
    scene.close()


def test_a_mistake_in_a_transport_costs_one_event_and_not_a_worker() -> None:
    scene = Scene({"concurrency": 1}, fails(1, ValueError("about c:ann"), "a"))
    scene.put(("a", 1), ("b", 1))
    assert scene.flush().sent == 1
    [rejection] = scene.rejected
    assert str(rejection.error) == "the event could not be sent: ValueError"
    assert isinstance(rejection.error.__cause__, ValueError)
    scene.close()


def test_an_event_without_a_payload_costs_that_event_and_not_a_worker() -> None:
    scene = Scene({"concurrency": 1})
    scene.put(("a",), ("b", 1))  # type: ignore[arg-type]
    assert (scene.flush().sent, [one.payload for one in scene.rejected]) == (1, [{}])
    scene.close()


def test_a_mistake_of_ours_is_logged_and_the_worker_goes_on(caplog, monkeypatch) -> None:
    scene = Scene({"concurrency": 1})
    monkeypatch.setattr(scene.desk._delivery, "_reached", lambda: 1 / 0)
    scene.put(("a", 1))
    scene.run_until(lambda: bool(caplog.records))
    assert caplog.records[0].message == "a worker of a publisher failed: ZeroDivisionError"
    monkeypatch.undo()
    assert scene.flush().sent == 1
    scene.close()


# When it is full


def test_put_waits_until_there_is_room_and_those_who_came_first_go_first() -> None:
    scene = Scene({"capacity": 2, "concurrency": 1}, latencies=(1.0,))
    events = [("a", number) for number in range(9)]
    putters = [scene.race.start(scene.desk.put(event)) for event in events]
    most = 0

    def all_put() -> bool:
        nonlocal most
        most = max(most, scene.stats().queued)
        return all(putter.done for putter in putters)

    scene.run_until(all_put)
    scene.flush()
    assert most == 2
    assert sorted(scene.arrived) == events
    scene.close()


@pytest.mark.parametrize("seed", range(60))
def test_nobody_who_waits_for_room_is_forgotten(seed: int) -> None:
    scene = Scene({"capacity": 1, "concurrency": 2, "at_least_once": True}, fails(1, LOST, "c1"), seed=seed)
    putters = [scene.race.start(scene.desk.put((f"c{number % 5}", number))) for number in range(30)]
    scene.run_until(lambda: all(putter.done for putter in putters))
    assert scene.flush().pending == 0
    assert len(set(scene.arrived)) == 30
    scene.close()


def test_one_producer_that_waits_for_room_keeps_its_order() -> None:
    scene = Scene({"capacity": 1, "concurrency": 3}, latencies=(0.0, 1.0))
    scene.put(*[("ab"[number % 2], number) for number in range(20)])
    scene.flush()
    assert in_order(scene.arrived)
    scene.close()


def test_who_gives_up_waiting_for_room_is_gone() -> None:
    scene = Scene({"capacity": 1, "concurrency": 1}, latencies=(5.0,))
    scene.put(("a", 1), ("a", 2))
    waiting = scene.race.start(scene.desk.put(("a", 3)))
    scene.run_until(lambda: waiting.awaits is not None)
    scene.race.cancel(waiting)
    scene.put(("a", 4))
    scene.flush()
    assert scene.arrived == said("a", 1, 2, 4)
    scene.close()


def test_the_newest_is_dropped_and_reported() -> None:
    scene = Scene({"capacity": 1, "concurrency": 1, "when_full": "drop_newest"}, latencies=(5.0,))
    scene.put(("a", 1))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    assert scene.put(("a", 2), ("a", 3)) == [True, False]
    assert (scene.lost, scene.stats().dropped) == ([1], 1)
    scene.flush()
    assert scene.arrived == said("a", 1, 2)
    scene.close()


@pytest.mark.parametrize("seed", range(40))
def test_what_spills_over_does_not_get_out_of_order(seed: int) -> None:
    outbox = MemoryOutbox()
    scene = Scene({"capacity": 3, "concurrency": 2, "when_full": "spill", "outbox": outbox}, seed=seed)
    most = 0
    for number in range(40):
        scene.put(("abc"[number % 3], number))
        most = max(most, outbox.size())
        if number % 10 == 9:
            scene.run_until(lambda: scene.desk._board.is_empty() or scene.race.chance.random() < 0.01)
    assert scene.flush().sent == 40
    assert in_order(scene.arrived)
    assert len(scene.arrived) == 40
    assert most > 0
    scene.close()


def test_nothing_spills_while_there_is_room_once_the_outbox_was_found_empty() -> None:
    outbox = MemoryOutbox()
    scene = Scene({"when_full": "spill", "outbox": outbox})
    scene.run_until(lambda: not scene.desk._valve.is_open)
    scene.put(*said("a", 1, 2, 3))
    assert outbox.size() == 0
    scene.flush()
    scene.close()


def test_what_an_earlier_process_left_goes_before_what_comes_even_while_its_lease_runs() -> None:
    outbox = MemoryOutbox()
    outbox.put("a", json.dumps({"customer": "a", "number": 1}))
    scene = Scene({"when_full": "spill", "outbox": outbox})
    outbox.lease("one that was killed", 9, scene.clock.wall, 30)
    scene.put(("a", 2))
    assert scene.flush().pending == 0  # the other one is somebody else's
    scene.run_until(lambda: len(scene.arrived) == 2)
    assert scene.arrived == said("a", 1, 2)
    scene.close()


# Flush


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["memory", "outbox", "spill"])
def test_a_flush_never_ends_while_something_is_in_flight(seed: int, kind: str) -> None:
    policy: dict[str, Any] = {"capacity": 3, "concurrency": 3, "at_least_once": True}
    policy |= {"outbox": None if kind == "memory" else MemoryOutbox()}
    policy |= {"when_full": "spill" if kind == "spill" else "block"}
    scene = Scene(policy, fails(1, LOST, "b"), seed=seed)
    for number in range(12):
        scene.put(("abcd"[number % 4], number))
        if number % 5 == 4:
            report = scene.flush()
            assert (report.pending, scene.stats().in_flight, scene.stats().queued) == (0, 0, 0)
            assert scene.stats().sent == number + 1
    scene.close()


def test_a_flush_that_takes_too_long_says_what_is_left() -> None:
    for outbox in (None, MemoryOutbox()):
        scene = Scene({"concurrency": 2, "outbox": outbox}, latencies=(10.0,))
        scene.put(*said("a", 1, 2, 3), ("b", 1))
        before = scene.clock.monotonic
        report = scene.flush(timeout=15)
        assert (report.sent, report.rejected, report.pending) == (2, 0, 2)
        assert scene.clock.monotonic - before == pytest.approx(15, abs=0.6)
        assert scene.flush().sent == 2
        assert scene.flush(timeout=0).sent == 0
        scene.close()


def test_a_cancelled_flush_leaves_nothing_behind() -> None:
    scene = Scene(latencies=(10.0,))
    scene.put(("a", 1))
    flushing = scene.race.start(scene.desk.flush(None))
    scene.run_until(lambda: flushing.awaits is not None)
    scene.race.cancel(flushing)
    assert scene.desk._board._watchers == []
    scene.close()


# The outbox


def test_what_is_rejected_is_a_dead_letter_that_does_not_say_whose_it_is() -> None:
    outbox = MemoryOutbox()
    refused = status(400, b'{"status":"error","message":"customer c:ann-1 is unknown"}')
    scene = Scene({"outbox": outbox}, fails(1, refused, "c:ann-1"))
    scene.put(("c:ann-1", 1), ("b", 2))
    assert scene.flush().rejected == 1
    [letter] = outbox.dead_letters()
    assert letter.reason.startswith("EventRejected: customer *** is unknown")
    assert letter.at == pytest.approx(scene.clock.wall, abs=5)
    assert scene.rejected[0].dead_letter == letter.id
    outbox.replay()
    scene.flush()
    assert scene.arrived.count(("c:ann-1", 1)) == 2
    assert outbox.size() == 0
    scene.close()


def test_no_log_line_says_whose_event_it_was(caplog) -> None:
    with caplog.at_level(logging.INFO, "optimove_sdk"):
        for result in (UNREACHABLE, status(429), status(500), LOST, ValueError("c:ann-1"), REFUSED):
            scene = Scene({"at_least_once": True, "outbox": MemoryOutbox()}, fails(1, result))
            scene.put(("c:ann-1", 1))
            scene.flush()
            scene.close()
    assert caplog.records
    assert not any("c:ann" in f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_a_body_in_the_outbox_that_cannot_be_read_is_a_dead_letter() -> None:
    outbox = MemoryOutbox()
    outbox.put("a", "{half")
    scene = Scene({"outbox": outbox, "give_up_after": 5.0})
    scene.flush()
    assert [letter.reason for letter in outbox.dead_letters()] == [
        "OptimoveError: the event could not be sent: JSONDecodeError"
    ]
    scene.close()


@pytest.mark.parametrize("method", ["lease", "extend", "acknowledge", "pending"])
def test_an_outbox_that_fails_for_a_while_delays_but_loses_and_doubles_nothing(method: str, caplog) -> None:
    outbox = Broken(method, 3)
    scene = Scene({"outbox": outbox})
    scene.put(*said("a", 1, 2), ("b", 1))
    if method == "pending":
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError):
                scene.flush(timeout=0)
    assert scene.flush().sent == 3
    assert sorted(scene.arrived) == [("a", 1), ("a", 2), ("b", 1)]
    assert in_order(scene.arrived)
    if method != "pending":
        assert caplog.records[0].message == "the outbox failed: OperationalError: database is locked"
    scene.close()


def test_a_dead_letter_is_kept_as_soon_as_the_outbox_works_again() -> None:
    outbox = Broken("bury", 2)
    scene = Scene({"outbox": outbox}, lambda event, times: REFUSED)
    scene.put(("a", 1))
    assert scene.flush().rejected == 1
    assert len(outbox.inner.dead_letters()) == 1
    scene.close()


def test_put_raises_what_the_outbox_raises_and_goes_on_afterwards() -> None:
    for policy in ({}, {"when_full": "spill"}):
        outbox = Broken("put", 1)
        scene = Scene({"outbox": outbox, **policy})
        with pytest.raises(sqlite3.OperationalError):
            scene.put(("a", 1))
        scene.put(("a", 2))
        scene.flush()
        assert scene.arrived == said("a", 2)
        scene.close()


def test_leases_are_kept_while_events_wait() -> None:
    outbox = MemoryOutbox()
    scene = Scene({"outbox": outbox, "concurrency": 1}, fails(1, status(429, retry_after="200"), "a"))
    scene.put(("a", 1), ("a", 2))
    scene.run_until(lambda: scene.stats().retried == 1)
    while scene.clock.monotonic < 1150:
        scene.run_until(lambda then=scene.clock.monotonic: scene.clock.monotonic > then + 1)
        assert outbox.lease("somebody else", 9, scene.clock.wall, 30) == []
    assert scene.flush().sent == 2
    scene.close()


@pytest.mark.parametrize("seed", range(30))
def test_a_process_that_slept_through_its_leases_does_not_send_what_another_has(seed: int) -> None:
    outbox = MemoryOutbox()
    scene = Scene({"outbox": outbox, "concurrency": 1}, seed=seed, latencies=(0.5,))
    scene.put(*said("a", *range(10)))
    scene.run_until(lambda: len(scene.arrived) == 2 and scene.stats().sent == 1)
    scene.clock.advance(100.0)  # as a stopped process, or one on a laptop that was closed
    theirs = outbox.lease("another", 9, scene.clock.wall, 30)
    assert len(theirs) == 9
    scene.run_until(lambda: scene.clock.monotonic > 1110)
    assert scene.arrived == said("a", 0, 1)
    outbox.acknowledge([row.id for row in theirs])
    assert scene.flush().pending == 0
    assert scene.arrived == said("a", 0, 1)
    scene.close()


def test_a_process_that_slept_through_its_leases_takes_up_again_what_nobody_took() -> None:
    outbox = MemoryOutbox()
    scene = Scene({"outbox": outbox, "concurrency": 1}, latencies=(0.5,))
    scene.put(*said("a", *range(10)), *said("b", *range(3)))
    scene.run_until(lambda: scene.stats().sent == 3)
    scene.clock.advance(100.0)
    assert scene.flush().pending == 0
    assert len(scene.arrived) == 13
    assert in_order(scene.arrived)
    scene.close()


def test_a_customer_who_must_wait_does_not_fill_the_memory() -> None:
    outbox = MemoryOutbox()
    for number in range(300):
        outbox.put("a", json.dumps({"customer": "a", "number": number}))
    outbox.put("b", json.dumps({"customer": "b", "number": 1}))
    policy = {"outbox": outbox, "capacity": 400}
    scene = Scene(policy, fails(1, status(429, retry_after="50"), "a"), latencies=(0.01,))
    scene.run_until(lambda: ("b", 1) in scene.arrived)
    assert scene.clock.monotonic < 1005
    scene.close(timeout=0)


# Close


def test_closing_delivers_everything_and_then_takes_nothing() -> None:
    for policy in ({}, {"outbox": MemoryOutbox()}, {"outbox": MemoryOutbox(), "when_full": "spill"}):
        scene = Scene(policy)
        scene.put(*said("a", 1, 2))
        assert (scene.close().sent, scene.desk.stopped) == (2, True)
        with pytest.raises(ConfigurationError, match="closed"):
            scene.put(("a", 3))
        assert scene.close().pending == 0
        assert scene.flush().pending == 0
        assert (scene.arrived, scene.lost) == (said("a", 1, 2), [])


def test_closing_sends_away_who_waits_for_room() -> None:
    scene = Scene({"capacity": 1, "concurrency": 1}, latencies=(5.0,))
    scene.put(("a", 1), ("a", 2))
    waiting = scene.race.start(scene.desk.put(("a", 3)))
    scene.run_until(lambda: waiting.awaits is not None)
    assert scene.close().sent == 2
    with pytest.raises(ConfigurationError, match="closed while an event waited"):
        waiting.result()
    assert scene.arrived == said("a", 1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_event_is_either_refused_or_delivered_when_put_and_close_race(seed: int) -> None:
    scene = Scene({"concurrency": 2}, seed=seed)
    scene.put(("a", 0))
    putters = [scene.race.start(scene.desk.put(("a", number))) for number in range(1, 10)]
    scene.close()
    scene.run_until(lambda: all(putter.done for putter in putters))
    accepted = sum(putter.error is None for putter in putters)
    assert len(scene.arrived) == 1 + accepted


def test_what_cannot_be_delivered_in_time_is_reported_as_lost(caplog) -> None:
    scene = Scene({"concurrency": 2}, lambda event, times: LOST, latencies=(100.0,))
    scene.put(*said("a", 1, 2, 3), *said("b", 1))
    assert scene.close(timeout=5).pending == 4
    assert scene.lost == [4]
    [record] = [record for record in caplog.records if hasattr(record, "lost")]
    assert (record.lost, record.lost_in_flight) == (4, 2)  # type: ignore[attr-defined]
    assert record.getMessage() == "4 events were not delivered and are lost"
    assert (scene.stats().queued, scene.stats().in_flight) == (0, 0)


@pytest.mark.parametrize("result", [LOST, UNREACHABLE], ids=repr)
def test_what_comes_back_after_the_end_is_not_sent_again_and_left_to_others(result: Any) -> None:
    outbox = MemoryOutbox()
    policy = {"outbox": outbox, "concurrency": 1, "at_least_once": True}
    scene = Scene(policy, lambda event, times: result, latencies=(100.0,))
    scene.put(*said("a", 1, 2))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    assert scene.close(timeout=5).pending == 2
    assert (scene.lost, scene.arrived) == ([], said("a", 1))
    assert len(outbox.lease("another", 9, scene.clock.wall, 30)) == 2


def test_what_is_in_flight_at_the_end_stays_ours_until_it_is_known_what_became_of_it() -> None:
    outbox = MemoryOutbox()
    scene = Scene({"outbox": outbox, "concurrency": 1}, latencies=(20.0,))
    scene.put(*said("a", 1, 2))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    scene.run(scene.desk.close(1))
    assert outbox.lease("another", 9, scene.clock.wall, 30) == []
    scene.close()
    assert [json.loads(row.body)["number"] for row in outbox.lease("another", 9, scene.clock.wall, 30)] == [2]


@pytest.mark.parametrize("method", ["release", "acknowledge"])
def test_an_outbox_that_fails_at_the_end_does_not_keep_anybody(method: str, caplog) -> None:
    scene = Scene({"outbox": Broken(method, 99), "concurrency": 1}, latencies=(3.0,))
    scene.put(*said("a", 1, 2))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    scene.close(timeout=1)
    assert "the outbox failed" in caplog.text


def test_a_worker_that_comes_too_late_ends_too() -> None:
    scene = Scene({"concurrency": 1})
    scene.desk.abandon()
    found = scene.desk._board.take(0.0, 1)
    assert isinstance(found, Await)
    assert found.future.done()


def test_an_interrupted_close_is_an_end_all_the_same() -> None:
    scene = Scene({"concurrency": 1}, latencies=(10.0,))
    scene.put(*said("a", 1, 2))
    closing = scene.race.start(scene.desk.close(None))
    scene.run_until(lambda: closing.awaits is not None)
    scene.race.cancel(closing)
    assert scene.desk.stopped
    assert scene.lost == [2]
    scene.desk.abandon()
    assert scene.lost == [2]


def test_events_leased_while_the_end_comes_are_given_back() -> None:
    outbox = MemoryOutbox()
    outbox.put("a", json.dumps({"customer": "a", "number": 1}))
    scene = Scene({"outbox": outbox})
    lease = outbox.lease

    def lease_too_late(*arguments: Any) -> Any:
        rows = lease(*arguments)
        scene.desk.abandon()
        return rows

    outbox.lease = lease_too_late  # type: ignore[method-assign]
    scene.run_until(lambda: all(worker.done for worker in scene.workers))
    assert len(lease("another", 9, scene.clock.wall, 30)) == 1


def test_a_worker_that_is_cancelled_gives_back_what_it_had() -> None:
    scene = Scene({"concurrency": 2}, latencies=(10.0,))
    scene.put(("a", 1))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    busy = next(worker for worker in scene.workers if worker.awaits is None)
    scene.race.cancel(busy)
    assert (scene.stats().queued, scene.stats().in_flight) == (1, 0)
    assert scene.flush().sent == 1
    scene.race.cancel(busy)
    scene.desk.abandon()


# Callbacks


@pytest.mark.parametrize("error", [ValueError("c:ann-1"), SystemExit(3)], ids=repr)
def test_a_callback_that_raises_breaks_nothing(error: BaseException, caplog) -> None:
    def fail(_: object) -> None:
        raise error

    policy = {"on_rejected": fail, "on_lost": fail, "capacity": 1, "concurrency": 1}
    scene = Scene({**policy, "when_full": "drop_newest"}, fails(1, REFUSED, "c:ann-1"), latencies=(5.0,))
    scene.put(("c:ann-1", 1))
    scene.run_until(lambda: scene.stats().in_flight == 1)
    assert scene.put(("b", 1), ("b", 2)) == [True, False]
    assert scene.flush().sent == 1
    scene.put(("b", 3))
    scene.close(timeout=0)
    assert caplog.text.count("a callback of a publisher failed") == 3
    assert "ann" not in caplog.text


def test_who_presses_control_c_in_a_callback_is_heard() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    scene = Scene({"on_lost": interrupt, "capacity": 1, "concurrency": 1, "when_full": "drop_newest"})
    scene.put(("a", 1))
    flow = scene.desk.put(("a", 2))
    next(flow)
    with pytest.raises(KeyboardInterrupt):
        flow.send(scene.clock.moment())


# What is chosen


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("concurrency", 0),
        ("concurrency", 1.5),
        ("capacity", -1),
        ("give_up_after", float("inf")),
        ("exit_budget", -0.1),
        ("when_full", "explode"),
        ("when_full", "spill"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(option: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=option):
        Policy(**{option: value})


def test_an_event_that_does_not_pass_the_check_is_refused_when_it_is_put() -> None:
    def check(event: Said) -> None:
        raise InvalidInput("too old")

    scene = Scene()
    object.__setattr__(scene.desk.wire, "check", check)
    with pytest.raises(InvalidInput, match="too old"):
        scene.put(("a", 1))


def test_starting_over_forgets_everything() -> None:
    scene = Scene()
    scene.put(("a", 1))
    owner = scene.desk._owner
    scene.desk.start_over()
    assert scene.stats().queued == 0
    assert scene.desk._owner != owner


def test_the_disk_is_left_to_others_to_wait_for() -> None:
    scene = Scene({"outbox": MemoryOutbox()})
    assert isinstance(next(scene.desk.put(("a", 1))), Offload)
    assert scene.desk.session.retry.attempts == 1
    assert scene.desk.session.timeouts == Timeouts()
