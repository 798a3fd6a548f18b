"""Flows in virtual time: one alone, or many interleaved step by step in an order that is chosen by chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from optimove_sdk.core.flow import Await, Draw, Flow, Moment, Now, Offload, Send, Sleep, Spawn
from optimove_sdk.http.base import Request, Response

Responder = Callable[[Request], Response | BaseException]


@attrs.define
class VirtualClock:
    """Time that passes only when a flow waits. ``wall`` can be set, ``monotonic`` cannot."""

    monotonic: float = 1000.0
    wall: float = 1_700_000_000.0
    draws: Callable[[], float] = lambda: 0.5

    def moment(self) -> Moment:
        return Moment(self.monotonic, self.wall)

    def draw(self) -> float:
        return self.draws()

    def advance(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        self.advance(seconds)


def answers(*results: Response | BaseException) -> Responder:
    """Answer with one result after another; asking for more is a failure."""
    queue = list(results)
    return lambda _: queue.pop(0)


def always(response: Response | BaseException) -> Responder:
    return lambda _: response


def simulate(flow: Flow[Any], responder: Responder, clock: VirtualClock) -> Any:
    """Perform one flow alone, in no time."""
    race = Race(responder, clock, random.Random(0), latencies=(0.0,))
    runner = race.start(flow)
    race.run()
    return runner.result()


@attrs.define(eq=False)
class Runner:
    """One flow on its way. ``sleeps`` are the seconds it asked to sleep."""

    flow: Flow[Any]
    ready_at: float | None = None
    """When it goes on; None while it waits for a future without a limit."""
    awaits: Any = None
    outcome: Any = None
    pending: Any = None
    done: bool = False
    error: BaseException | None = None
    value: Any = None
    sleeps: list[float] = attrs.Factory(list)

    def result(self) -> Any:
        assert self.done, "the flow never ended"
        if self.error is not None:
            raise self.error
        return self.value


def _attempt(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return error


class Race:
    """Interleaves flows: whose step is next, and how long each answer takes, is up to chance."""

    def __init__(
        self,
        responder: Responder,
        clock: VirtualClock,
        chance: random.Random,
        *,
        latencies: tuple[float, ...] = (0.0, 0.05, 0.4, 3.0),
    ) -> None:
        self.clock, self.chance, self.responder, self.latencies = clock, chance, responder, latencies
        self.runners: list[Runner] = []

    def start(self, flow: Flow[Any], at: float | None = None) -> Runner:
        runner = Runner(flow, self.clock.monotonic if at is None else at)
        self.runners.append(runner)
        return runner

    def start_all(self, flows: Iterable[Flow[Any]]) -> list[Runner]:
        return [self.start(flow) for flow in flows]

    def run(self, steps: int = 20_000) -> None:
        """Go on until every flow has ended."""
        while any(not runner.done for runner in self.runners):
            assert steps > 0, "the flows do not come to an end"
            steps -= 1
            self.step()

    def step(self) -> None:
        """Let one flow that can go on do one step; if none can, let time pass until one can."""
        alive = [runner for runner in self.runners if not runner.done]
        able = [runner for runner in alive if self._can_go_on(runner)]
        while not able:
            times = [runner.ready_at for runner in alive if runner.ready_at is not None]
            assert times, "deadlock: every flow waits for another"
            self.clock.advance(max(min(times) - self.clock.monotonic, 1e-9))
            able = [runner for runner in alive if self._can_go_on(runner)]
        self._go_on(self.chance.choice(able))

    def cancel(self, runner: Runner) -> None:
        """Do what a driver does when its task is cancelled."""
        if not runner.done:
            runner.flow.close()
            runner.done, runner.error = True, GeneratorExit()

    def _can_go_on(self, runner: Runner) -> bool:
        if runner.awaits is not None and runner.awaits.done():
            return True
        return runner.ready_at is not None and runner.ready_at <= self.clock.monotonic

    def _go_on(self, runner: Runner) -> None:
        result, runner.pending, runner.awaits = runner.pending, None, None
        try:
            if isinstance(result, BaseException):
                effect = runner.flow.throw(result)
            else:
                effect = runner.flow.send(result)
            while isinstance(effect, Now | Draw | Spawn):  # take no time and let nobody in between
                effect = runner.flow.send(self._at_once(effect))
        except StopIteration as stop:
            runner.done, runner.value = True, stop.value
        except Exception as error:
            runner.done, runner.error = True, error
        else:
            self._begin(runner, effect)

    def _at_once(self, effect: Now | Draw | Spawn) -> Any:
        match effect:
            case Now():
                return self.clock.moment()
            case Draw():
                return self.clock.draw()
            case Spawn(flow):
                self.start(flow)
                return None

    def _begin(self, runner: Runner, effect: Send | Sleep | Await | Offload) -> None:
        now = self.clock.monotonic
        match effect:
            case Send(request):
                runner.pending = self.responder(request)
                runner.ready_at = now + self.chance.choice(self.latencies)
            case Sleep(seconds):
                runner.sleeps.append(seconds)
                runner.ready_at = now + seconds
            case Await(future, seconds):
                runner.awaits = future
                runner.ready_at = None if seconds is None else now + seconds
            case Offload(function):  # done at once; when its caller learns that is up to chance
                runner.pending = _attempt(function)
                runner.ready_at = now
