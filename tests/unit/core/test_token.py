"""One Login for everybody: the token policy, alone and in races, in virtual time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.config import Secret
from optimove_sdk.core.flow import Await, Flow, Now, Send, Sleep, Spawn
from optimove_sdk.core.policies.deadline import Deadline
from optimove_sdk.core.policies.rate import admit
from optimove_sdk.core.policies.token import LIFETIME, Token
from optimove_sdk.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DeadlineExceeded,
    DecodeError,
    InvalidInput,
    NotFound,
    Outcome,
    RateLimited,
    ResponseLost,
    ServerError,
)
from optimove_sdk.http.base import Request, Response
from optimove_sdk.token_store import MemoryTokenStore
from support.flows import Race, VirtualClock, answers, simulate
from support.login import CALL, EXPIRED, LOGIN, SessionServer, authorised, plain_step, token_auth

OK = Response(200, {}, b"[]")
seeds = st.integers(0, 2**32)
races = settings(max_examples=60, deadline=None)


def token(value: str = "old", issued: float = 0.0, used: float = 0.0) -> Token:
    return Token(Secret(value), issued, used)


class Answers:
    """Answers of a server by hand: what Login says, then what calls say."""

    def __init__(self, *login: Response | BaseException, call: Response = OK) -> None:
        self.login = list(login)
        self.seen: list[str] = []
        self.call = call

    def __call__(self, request: Request) -> Response | BaseException:
        self.seen.append(request.url.rpartition("/")[2])
        return self.login.pop(0) if request.url == LOGIN.url else self.call

    @property
    def logins(self) -> int:
        return self.seen.count("login")


# One Login


@races
@given(seeds, st.integers(1, 12))
def test_any_number_of_flows_make_one_login(seed: int, flows: int) -> None:
    clock, chance = VirtualClock(), random.Random(seed)
    server, auth = SessionServer(clock), token_auth()
    race = Race(server, clock, chance)
    runners = race.start_all(authorised(auth) for _ in range(flows))
    race.run()
    assert [runner.result().status for runner in runners] == [200] * flows
    assert len(server.logins) == 1
    assert server.calls == ["token-1"] * flows


@races
@given(seeds, st.integers(2, 10), st.lists(st.integers(0, 60), max_size=3))
def test_expiry_in_the_middle_of_a_race_costs_one_login_each_and_one_replay_each(
    seed: int, flows: int, expiries: list[int]
) -> None:
    """However often the server drops the token, no Login is refused as one too many, and no call is lost."""
    clock, chance = VirtualClock(), random.Random(seed)
    server, auth = SessionServer(clock), token_auth()
    simulate(authorised(auth), server, clock)
    race = Race(server, clock, chance)
    server.expire()
    runners = race.start_all(authorised(auth) for _ in range(flows))
    for steps in expiries[:1]:
        for _ in range(steps):
            if all(runner.done for runner in runners):
                break
            race.step()
    race.run()
    assert all(runner.result().status == 200 for runner in runners)
    assert len(server.logins) == 2
    assert server.refused == []
    assert len(server.calls) <= 1 + 2 * flows


@races
@given(seeds, st.integers(2, 8), st.integers(1, 80))
def test_a_token_dropped_under_way_is_renewed_once(seed: int, flows: int, when: int) -> None:
    clock, chance = VirtualClock(), random.Random(seed)
    server, auth = SessionServer(clock), token_auth()
    race = Race(server, clock, chance)

    def three_calls() -> Flow[list[int]]:
        statuses = []
        for _ in range(3):
            response = yield from authorised(auth)
            statuses.append(response.status)
        return statuses

    runners = race.start_all(three_calls() for _ in range(flows))
    for _ in range(when):
        if all(runner.done for runner in runners):
            break
        race.step()
    server.expire()
    race.run()
    assert [runner.result() for runner in runners] == [[200] * 3] * flows
    # A Login may be under way just when the token is dropped: then its token is the one that is renewed.
    assert len(server.logins) <= 2
    assert server.refused == []


@races
@given(seeds, st.integers(2, 8), st.data())
def test_cancelled_leaders_are_succeeded_and_no_two_logins_fall_into_a_second(
    seed: int, flows: int, data: st.DataObject
) -> None:
    clock, chance = VirtualClock(), random.Random(seed)
    server, auth = SessionServer(clock, strict=False), token_auth()
    race = Race(server, clock, chance)
    runners = race.start_all(authorised(auth) for _ in range(flows))
    for victim in data.draw(st.lists(st.integers(0, flows - 2), max_size=flows)):
        for _ in range(data.draw(st.integers(0, 6))):
            if all(runner.done for runner in runners):
                break
            race.step()
        race.cancel(runners[victim])
    race.run()
    assert runners[-1].result().status == 200
    assert all(later - earlier >= 1.0 - 1e-6 for earlier, later in pairwise(server.logins))
    assert len(server.logins) <= flows


def test_a_late_expired_about_an_old_token_does_not_drop_its_successor() -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    simulate(authorised(auth), server, clock)
    slow = authorised(auth)
    assert isinstance(next(slow), Now)
    assert isinstance(slow.send(clock.moment()), Send)
    server.expire()
    clock.advance(2)
    assert simulate(authorised(auth), server, clock).status == 200
    assert isinstance(slow.send(EXPIRED), Now)  # only now it hears of the old one
    replay = slow.send(clock.moment())
    assert isinstance(replay, Send)
    assert replay.request.raw_headers()["Authorization-Token"] == "token-2"
    assert len(server.logins) == 2


def test_a_call_is_replayed_exactly_once() -> None:
    clock = VirtualClock()
    server = Answers(Response(200, {}, b'"a"'), Response(200, {}, b'"b"'), call=EXPIRED)
    assert simulate(authorised(token_auth()), server, clock) == EXPIRED
    assert server.seen == ["login", "call", "login", "call"]


def test_a_403_that_is_no_expiry_is_not_replayed() -> None:
    server = Answers(Response(200, {}, b'"a"'), call=Response(403, {}, b"Forbidden"))
    assert simulate(authorised(token_auth()), server, VirtualClock()).status == 403
    assert server.seen == ["login", "call"]


def test_a_leader_out_of_time_lets_the_next_one_lead() -> None:
    clock = VirtualClock()
    auth = token_auth()
    server = SessionServer(clock)
    hasty = authorised(auth, Deadline(clock.monotonic + 1))
    race = Race(server, clock, random.Random(1), latencies=(0.0,))
    race.responder = answers(DeadlineExceeded("read"))
    first = race.start(hasty)
    race.step()  # it leads
    patient = race.start(authorised(auth))
    for _ in range(3):
        race.step()
    race.responder = server
    race.run()
    with pytest.raises(DeadlineExceeded, match="Login"):
        first.result()
    assert patient.result().status == 200
    assert len(server.logins) == 1


def test_a_waiter_stops_at_its_own_deadline() -> None:
    clock = VirtualClock()
    auth = token_auth()
    leader = authorised(auth)
    next(leader)
    leader.send(clock.moment())  # leads, and never comes back
    with pytest.raises(DeadlineExceeded):
        simulate(authorised(auth, Deadline(clock.monotonic + 5)), SessionServer(clock), clock)
    assert clock.monotonic == pytest.approx(1005)


def test_a_flight_of_the_parent_is_nobodys_after_a_fork() -> None:
    clock = VirtualClock()
    auth = token_auth()
    leader = authorised(auth)
    next(leader)
    leader.send(clock.moment())
    auth.start_over()
    assert simulate(authorised(auth), SessionServer(clock), clock).status == 200


# Refused, limited, lost


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@given(seed=seeds, flows=st.integers(1, 8))
@settings(max_examples=15, deadline=None)
def test_refused_credentials_fail_everywhere_with_one_login(status: int, seed: int, flows: int) -> None:
    clock = VirtualClock()
    server = Answers(*[Response(status, {}, b'"wrong password hunter2"')] * 9)
    auth = token_auth()
    race = Race(server, clock, random.Random(seed))
    runners = race.start_all(authorised(auth) for _ in range(flows))
    race.run()
    for runner in runners:
        with pytest.raises(AuthenticationFailed, match="Login was refused") as caught:
            runner.result()
        assert "hunter2" not in str(caught.value)
        assert "hunter2" in caught.value.message
    assert server.logins == 1
    assert len({id(runner.error) for runner in runners}) == flows, "each its own error object"


def test_a_refusal_is_remembered_for_a_while_counted_from_the_answer() -> None:
    clock = VirtualClock()
    server = Answers(*[Response(401, {}, b"no")] * 9)
    auth = token_auth()
    race = Race(server, clock, random.Random(0), latencies=(50.0,))
    race.start(authorised(auth))
    race.run()
    for pause, logins in ((0, 1), (29, 1), (2, 2)):
        clock.advance(pause)
        with pytest.raises(AuthenticationFailed):
            simulate(authorised(auth), server, clock)
        assert server.logins == logins


def test_a_refusal_is_forgotten_when_the_clock_is_set_back_and_after_a_success() -> None:
    clock = VirtualClock()
    server = Answers(Response(401, {}, b"no"), Response(200, {}, b'"t"'))
    auth = token_auth()
    with pytest.raises(AuthenticationFailed):
        simulate(authorised(auth), server, clock)
    clock.wall -= 3600
    assert simulate(authorised(auth), server, clock) == OK
    assert auth._refusal is None


def test_500_at_login_is_not_retried_but_503_is() -> None:
    server = Answers(Response(503), Response(500))
    with pytest.raises(AuthenticationFailed) as caught:
        simulate(authorised(token_auth()), server, VirtualClock())
    assert caught.value.status == 500
    assert server.logins == 2


def test_503_at_login_is_given_up_as_what_it_is() -> None:
    server = Answers(*[Response(503)] * 3)
    with pytest.raises(ServerError):
        simulate(authorised(token_auth()), server, VirtualClock())
    assert server.logins == 3


def test_retried_logins_are_a_second_apart_even_if_each_had_to_wait_for_the_rate_limit() -> None:
    clock = VirtualClock(draws=lambda: 0.0)
    sent: list[float] = []
    auth = token_auth()

    def server(request: Request) -> Response:
        if request.url == LOGIN.url:
            sent.append(clock.monotonic)
            return Response(503) if len(sent) < 3 else Response(200, {}, b'"t"')
        return OK

    def limited(request: Request) -> Flow[Response]:
        yield Sleep(5.0)
        return (yield from plain_step(request))

    simulate(auth(limited, CALL, Deadline(None)), server, clock)
    assert all(later - earlier >= 6.0 for earlier, later in pairwise(sent))


def test_a_login_cut_off_keeps_the_next_one_waiting_a_second() -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    leader = authorised(auth)
    next(leader)
    spawned = leader.send(clock.moment())
    assert isinstance(spawned, Spawn)
    effect = next(spawned.flow)
    while isinstance(effect, Now):
        effect = spawned.flow.send(clock.moment())
    assert isinstance(effect, Send)
    spawned.flow.close()  # its event loop has ended
    race = Race(server, clock, random.Random(0), latencies=(0.0,))
    second = race.start(authorised(auth))
    race.run()
    assert second.result().status == 200
    assert [runner.sleeps for runner in race.runners] == [[], [1.0]]


def test_429_at_login_closes_the_gate_for_everybody() -> None:
    clock = VirtualClock()
    auth = token_auth(attempts=1)
    server = Answers(Response(429, {"retry-after": "7"}))
    with pytest.raises(RateLimited):
        simulate(authorised(auth), server, clock)
    started = clock.monotonic
    simulate(admit(auth._login._gate, Deadline(None)), server, clock)
    assert clock.monotonic - started >= 7


def test_429_at_login_keeps_using_an_old_token() -> None:
    clock = VirtualClock()
    store = MemoryTokenStore()
    store.save("joe@x", token("old", 0, clock.wall - LIFETIME - 1))  # this clock is wrong, the server knows
    server = Answers(*[Response(429)] * 3)
    assert simulate(authorised(token_auth(store)), server, clock) == OK
    assert server.seen == ["login", "login", "login", "call"]
    assert store.load("joe@x").used == clock.wall


def test_429_at_login_is_an_error_if_the_old_token_is_the_expired_one() -> None:
    clock = VirtualClock()
    store = MemoryTokenStore()
    store.save("joe@x", token("old", 0, clock.wall))
    server = Answers(*[Response(429)] * 3, call=EXPIRED)
    with pytest.raises(RateLimited):
        simulate(authorised(token_auth(store)), server, clock)


def test_a_lost_login_says_that_nothing_of_the_call_was_sent() -> None:
    server = Answers(ResponseLost("reset", outcome=Outcome.PARTIAL))
    with pytest.raises(ConnectionFailed, match="Login: reset") as caught:
        simulate(authorised(token_auth()), server, VirtualClock())
    assert caught.value.outcome is Outcome.UNSENT
    assert server.logins == 1, "the call as a whole is what is retried"


def test_a_login_past_the_deadline_says_that_nothing_of_the_call_was_sent() -> None:
    server = Answers(DeadlineExceeded("read", outcome=Outcome.SENT))
    with pytest.raises(DeadlineExceeded) as caught:
        simulate(authorised(token_auth()), server, VirtualClock())
    assert caught.value.outcome is Outcome.UNSENT


def test_a_second_login_waits_no_longer_than_the_deadline_allows() -> None:
    clock = VirtualClock()
    server = Answers(Response(503), Response(503), Response(503))
    with pytest.raises(ServerError):  # what was answered says more than "no time"
        simulate(authorised(token_auth(), Deadline(clock.monotonic + 0.1)), server, clock)


def test_login_errors_of_every_kind_reach_the_waiters() -> None:
    clock = VirtualClock()
    auth = token_auth()
    race = Race(Answers(Response(404)), clock, random.Random(3))
    runners = race.start_all(authorised(auth) for _ in range(4))
    race.run()
    assert {type(runner.error) for runner in runners} == {NotFound}


def test_a_login_request_that_cannot_be_made_fails_but_blocks_nobody() -> None:
    auth = token_auth()
    auth._login._make_request = lambda: (_ for _ in ()).throw(InvalidInput("password"))
    for _ in range(2):
        with pytest.raises(InvalidInput):
            simulate(authorised(auth), answers(), VirtualClock())


# What Login answers


@pytest.mark.parametrize("body", [b'"abc"', b"abc", b" abc\r\n", b'"\\"abc\\""', b"\xef\xbb\xbfabc"])
def test_a_token_is_read_in_every_form(body: bytes) -> None:
    seen = []

    def server(request: Request) -> Response:
        seen.append(request.raw_headers().get("Authorization-Token"))
        return Response(200, {}, body) if request.url == LOGIN.url else OK

    simulate(authorised(token_auth()), server, VirtualClock())
    assert seen == [None, "abc"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "text/plain"),
        (b"null", "application/json"),
        (b'""', "application/json"),
        (b'{"Error":"x"}', "application/json"),
        (b"<html></html>", "text/html"),
        (b"two words", "text/plain"),
        (b'"t\\nX-Evil: 1"', "application/json"),
        ("tokén".encode(), "text/plain"),
    ],
)
def test_what_is_no_token_is_never_put_into_a_header_nor_shown(body: bytes, kind: str) -> None:
    server = Answers(Response(200, {"content-type": kind}, body))
    with pytest.raises(DecodeError, match="not a token") as caught:
        simulate(authorised(token_auth()), server, VirtualClock())
    assert caught.value.body == b""
    assert server.seen == ["login"]


# Clocks


def test_a_token_lives_twenty_minutes_from_its_last_use() -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    for _ in range(5):
        simulate(authorised(auth), server, clock)
        clock.advance(LIFETIME - 1)
    assert len(server.logins) == 1
    clock.advance(1)
    simulate(authorised(auth), server, clock)
    assert len(server.logins) == 2
    assert server.calls == ["token-1"] * 5 + ["token-2"], "an old token is not even tried"


@races
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 2000)), min_size=1, max_size=8))
def test_a_wall_clock_that_jumps_loses_no_call(jumps: list[tuple[float, float]]) -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    for jump, rest in jumps:
        clock.wall += jump
        clock.advance(rest)
        assert simulate(authorised(auth), server, clock).status == 200
    assert all(later - earlier >= 1 - 1e-6 for earlier, later in pairwise(server.logins))


# The store


def test_another_process_s_token_is_taken_over() -> None:
    clock = VirtualClock()
    server, store = SessionServer(clock), MemoryTokenStore()
    simulate(authorised(token_auth(store)), server, clock)
    simulate(authorised(token_auth(store)), server, clock)
    assert len(server.logins) == 1


@races
@given(seeds, st.integers(2, 4), st.integers(1, 4))
def test_processes_that_share_a_store_make_one_login(seed: int, processes: int, flows: int) -> None:
    clock, chance = VirtualClock(), random.Random(seed)
    server, store = SessionServer(clock), MemoryTokenStore()
    auths = [token_auth(store) for _ in range(processes)]
    race = Race(server, clock, chance)
    runners = race.start_all(authorised(auth) for auth in auths for _ in range(flows))
    race.run()
    assert all(runner.result().status == 200 for runner in runners)
    assert len(server.logins) == 1
    server.expire()
    runners = race.start_all(authorised(auth) for auth in auths for _ in range(flows))
    race.run()
    assert all(runner.result().status == 200 for runner in runners)
    assert len(server.logins) == 2


def test_a_locked_store_is_polled_until_it_is_free_or_time_is_up() -> None:
    clock = VirtualClock()
    server, store, auth = SessionServer(clock), MemoryTokenStore(), token_auth()
    auth = token_auth(store)
    store.try_lock("joe@x")
    with pytest.raises(DeadlineExceeded, match="another process"):
        simulate(authorised(auth, Deadline(clock.monotonic + 1)), server, clock)
    race = Race(server, clock, random.Random(0))
    runner = race.start(authorised(auth))
    for _ in range(5):
        race.step()
    store.save("joe@x", token("theirs", clock.wall, clock.wall))
    server.valid, server.used = "theirs", clock.monotonic
    store.unlock("joe@x")
    race.run()
    assert runner.result().status == 200
    assert server.logins == []


def test_a_login_follows_another_process_s_by_a_second() -> None:
    clock = VirtualClock()
    store = MemoryTokenStore()
    store.save("joe@x", token("theirs", issued=clock.wall, used=clock.wall))
    server, auth = SessionServer(clock), token_auth(store)  # the server knows nothing of their token
    race = Race(server, clock, random.Random(0), latencies=(0.0,))
    runner = race.start(authorised(auth))
    race.run()
    assert runner.result().status == 200
    assert [runner.sleeps for runner in race.runners] == [[], [], [1.0]]


class CountingStore(MemoryTokenStore):
    saves = 0

    def save(self, key: str, token: Token) -> None:
        self.saves += 1
        super().save(key, token)


def test_use_is_saved_once_a_minute_at_most() -> None:
    clock = VirtualClock()
    server, store = SessionServer(clock), CountingStore()
    auth = token_auth(store)
    for _ in range(30):
        simulate(authorised(auth), server, clock)
        clock.advance(10)
    assert store.saves == 1 + 4
    assert store.load("joe@x").used > clock.wall - 70


def test_use_is_saved_neither_over_a_newer_token_nor_while_somebody_logs_in() -> None:
    clock = VirtualClock()
    server, store = SessionServer(clock), CountingStore()
    auth = token_auth(store)
    simulate(authorised(auth), server, clock)
    newer = token("newer", clock.wall, clock.wall)
    store.save("joe@x", newer)
    clock.advance(100)
    simulate(authorised(auth), server, clock)
    assert store.load("joe@x") == newer
    store.save("joe@x", auth._token)
    saves = store.saves
    store.try_lock("joe@x")
    clock.advance(100)
    simulate(authorised(auth), server, clock)
    assert store.saves == saves


def test_a_touch_about_a_token_that_was_replaced_meanwhile_changes_nothing() -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    simulate(authorised(auth), server, clock)
    slow = authorised(auth)
    next(slow)
    slow.send(clock.moment())
    server.expire()
    clock.advance(5)
    simulate(authorised(auth), server, clock)
    current = auth._token
    clock.advance(5)
    assert isinstance(slow.send(OK), Now)
    with pytest.raises(StopIteration):
        slow.send(clock.moment())
    assert auth._token == current


class BrokenStore(MemoryTokenStore):
    def save(self, key: str, token: Token) -> None:
        raise OSError("disk full")


def test_a_store_that_cannot_save_costs_neither_the_login_nor_an_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = VirtualClock()
    server, store = SessionServer(clock), BrokenStore()
    auth = token_auth(store)
    for _ in range(3):
        assert simulate(authorised(auth), server, clock).status == 200
        clock.advance(100)
    assert len(server.logins) == 1
    assert "did not save the token: OSError" in caplog.text
    assert store.try_lock("joe@x"), "the lock was given back"


def test_a_store_that_breaks_does_not_cost_the_answer_that_has_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = VirtualClock()
    server, store = SessionServer(clock), MemoryTokenStore()
    auth = token_auth(store)
    simulate(authorised(auth), server, clock)
    clock.advance(100)
    store.try_lock = lambda key: 1 // 0  # type: ignore[method-assign]
    assert simulate(authorised(auth), server, clock).status == 200
    assert "the token store failed: ZeroDivisionError" in caplog.text


def test_the_store_is_unlocked_when_a_login_is_cut_off() -> None:
    clock = VirtualClock()
    store = MemoryTokenStore()
    flow = authorised(token_auth(store))
    effect = next(flow)
    while isinstance(effect, Now):
        effect = flow.send(clock.moment())
    flow.close()
    assert store.try_lock("joe@x")


def test_everybody_waits_for_the_flight_itself_and_no_longer_than_allowed() -> None:
    clock = VirtualClock()
    auth = token_auth()
    leader, waiter = authorised(auth), authorised(auth, Deadline(clock.monotonic + 9))
    for flow in (leader, waiter):
        next(flow)
    spawned = leader.send(clock.moment())
    assert isinstance(spawned, Spawn)
    assert isinstance(waiter.send(clock.moment()), Now)
    effect = waiter.send(clock.moment())
    assert isinstance(effect, Await)
    assert effect.seconds == 9
    assert effect.future is spawned.future
    next(spawned.flow)
    spawned.flow.close()
    assert effect.future.result(0) is None


def test_a_cancelled_leader_does_not_stop_the_login_it_began() -> None:
    clock = VirtualClock()
    server, auth = SessionServer(clock), token_auth()
    race = Race(server, clock, random.Random(0), latencies=(0.4,))
    leader = race.start(authorised(auth))
    while not server.logins:
        race.step()
    race.cancel(leader)
    race.run()
    assert simulate(authorised(auth), server, clock).status == 200
    assert len(server.logins) == 1
    assert server.refused == []


def test_a_token_is_usable_by_name_and_age() -> None:
    mine = token("a", 0, 100)
    assert mine.usable(100 + LIFETIME - 1, None)
    assert not mine.usable(100 + LIFETIME, None)
    assert mine.usable(50, token("b"))
    assert not mine.usable(100, token("a"))
