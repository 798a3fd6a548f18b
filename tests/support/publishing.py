"""A publisher's desk in virtual time: a server that keeps what arrives, and events that are two words."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from optimove_sdk.config import RetryPolicy, Timeouts
from optimove_sdk.core.call import Call
from optimove_sdk.core.exchange import HeaderAuth, Host, Session
from optimove_sdk.core.flow import Flow
from optimove_sdk.core.policies.rate import OpenGate
from optimove_sdk.events.desk import Desk, Policy, Rejection, Wire
from optimove_sdk.events.resource import ReceiptReader
from optimove_sdk.http.base import Request, Response
from support.flows import Race, Runner, VirtualClock

TAKEN = Response(200, {}, b'{"status":"success"}')
REFUSED = Response(200, {}, b'{"status":"error","message":"no such event"}')

Said = tuple[str, int]
"""An event: whose, and its number in the order in which they were put."""


def said(lane: str, *numbers: int) -> list[Said]:
    return [(lane, number) for number in numbers]


def wire(per_request: int = 1) -> Wire[Said]:
    return Wire(
        lane=lambda event: event[0],
        payload=lambda event: {"customer": event[0], "number": event[1]},
        call=lambda payloads: Call(
            "POST", "", json=list(payloads), read=ReceiptReader(), safe=False, host="events"
        ),
        per_request=per_request,
    )


def session() -> Session:
    host = Host("https://events.optimove.test/reportServer", HeaderAuth({}), OpenGate())
    return Session({"events": host}, RetryPolicy(), Timeouts(), {})


def in_order(arrived: Sequence[Said]) -> bool:
    """Say whether no lane's events overtook each other, each counted when it came first."""
    firsts = list(dict.fromkeys(arrived))
    lanes = {lane for lane, _ in firsts}
    return all(_ascends([number for name, number in firsts if name == lane]) for lane in lanes)


def _ascends(numbers: list[int]) -> bool:
    return numbers == sorted(numbers)


@attrs.define
class Scene:
    """A desk whose workers run; ``answer`` decides on each event by itself and by how often it came."""

    policy: dict[str, Any] = attrs.Factory(dict)
    answer: Callable[[Said, int], Response | BaseException] = lambda event, times: TAKEN
    seed: int = 0
    per_request: int = 1
    latencies: tuple[float, ...] = (0.0, 0.05, 0.4)
    arrived: list[Said] = attrs.Factory(list)
    at: list[float] = attrs.Factory(list)
    rejected: list[Rejection] = attrs.Factory(list)
    lost: list[int] = attrs.Factory(list)
    clock: VirtualClock = attrs.Factory(VirtualClock)
    race: Race = attrs.field(init=False)
    desk: Desk[Said] = attrs.field(init=False)
    workers: list[Runner] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.clock.draws = chance.random
        self.race = Race(self._serve, self.clock, chance, latencies=self.latencies)
        options = {"on_rejected": self.rejected.append, "on_lost": self.lost.append, **self.policy}
        self.desk = Desk(session(), wire(self.per_request), Policy(**options))
        self.workers = self.race.start_all(flow() for flow in self.desk.flows())

    def _serve(self, request: Request) -> Response | BaseException:
        result: Response | BaseException = TAKEN
        for one in json.loads(request.content or b""):
            event = (one["customer"], one["number"])
            self.arrived.append(event)
            self.at.append(self.clock.monotonic)
            result = self.answer(event, self.arrived.count(event))
        return result

    def run(self, flow: Flow[Any]) -> Any:
        """Perform a flow while the workers run."""
        runner = self.race.start(flow)
        self.run_until(lambda: runner.done)
        return runner.result()

    def run_until(self, done: Callable[[], bool], steps: int = 50_000) -> None:
        while not done():
            assert steps > 0, "it never came to that"
            steps -= 1
            self.race.step()

    def put(self, *events: Said) -> list[bool]:
        return [self.run(self.desk.put(event)) for event in events]

    def flush(self, timeout: float | None = None) -> Any:
        return self.run(self.desk.flush(timeout))

    def close(self, timeout: float | None = None) -> Any:
        """Close, and see that every worker ends."""
        report = self.run(self.desk.close(timeout))
        self.run_until(lambda: all(worker.done for worker in self.workers))
        for worker in self.workers:
            worker.result()
        return report

    def stats(self) -> Any:
        return self.desk.stats(self.clock.monotonic)
