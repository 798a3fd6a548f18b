"""Kills processes that publish, at random moments, and counts what arrived.

Two processes share one SQLite outbox and publish from eight threads each; each round one or both of them
are killed with SIGKILL and replaced. Afterwards what is left is delivered, and the sandbox's own record is
compared with what the processes noted down when ``put()`` had returned:

    python tests/live/soak_events.py ROUNDS [SEED]
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs

from optimove_sdk import Event, Optimove
from optimove_sdk.events import feeder
from optimove_sdk.events.outbox import SQLiteOutbox
from optimove_sdk.sandbox import create_app, new_fake, serve
from optimove_sdk.testing import FakeOptimove

SLOTS = 2
THREADS = 8
CONCURRENCY = 8
CUSTOMERS_OF_A_THREAD = 3

Said = tuple[str, int]
"""Whose event, and its number: they go up for each customer."""


@attrs.frozen
class Kill:
    """How much had arrived just before a process was killed, and when what it had sent must have arrived."""

    before: int
    after: int


@attrs.frozen
class Verdict:
    """What the sandbox's record says. All but the first three should be 0."""

    rounds: int
    kills: int
    put: int
    lost: int
    duplicates: int
    unexplained: int
    """Duplicates with no kill between the first and the second arrival."""
    out_of_order: int
    doubled_at_most: int
    """How many events can have been in flight at the kills."""
    seconds: float

    @property
    def is_good(self) -> bool:
        excess = max(0, self.duplicates - self.doubled_at_most)
        return self.put > 0 and self.lost + self.unexplained + self.out_of_order + excess == 0


# A process that publishes


def client_of(url: str) -> Optimove:
    return Optimove(base_url=url, api_key="sandbox-key", events_url=url, tenant_id=999, proxy="")


def publish(url: str, outbox: str, log: str, slot: str, start: str, lease: str) -> None:
    """Publish until the end comes."""
    feeder.LEASE = float(lease)  # type: ignore[misc]
    publisher = client_of(url).events.publisher(SQLiteOutbox(outbox), concurrency=CONCURRENCY)
    with open(log, "a", buffering=1) as notes:
        threads = [
            threading.Thread(target=put_many, args=(publisher, notes, f"{slot}.{number}", int(start)))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def put_many(publisher, notes, thread: str, number: int) -> None:  # type: ignore[no-untyped-def]
    while True:
        customer = f"c{thread}.{random.randrange(CUSTOMERS_OF_A_THREAD)}"
        number += 1
        publisher.put(Event(event="deposit", customer=customer, context={"number": number}))
        notes.write(f"{customer} {number}\n")
        time.sleep(random.uniform(0, 0.06))


# The one who kills


@attrs.define
class Soak:
    folder: Path
    url: str
    fake: FakeOptimove
    chance: random.Random
    lease: float
    kills: list[Kill] = attrs.Factory(list)
    started: int = 0

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.db"

    def start(self, slot: int) -> subprocess.Popen[bytes]:
        self.started += 1
        log = self.folder / f"{self.started}.log"
        arguments = (self.url, self.outbox, log, slot, self.started * 1_000_000, self.lease)
        process = subprocess.Popen([sys.executable, __file__, "publish", *map(str, arguments)])
        ends = time.monotonic() + 30
        while not (log.exists() and log.stat().st_size):
            assert time.monotonic() < ends, "a process does not publish"
            assert process.poll() is None, "a process does not live"
            time.sleep(0.01)
        return process

    def kill(self, processes: list[subprocess.Popen[bytes]]) -> None:
        before = len(self.fake.events)
        for process in processes:
            process.send_signal(signal.SIGKILL)
        for process in processes:
            assert process.wait(10) == -signal.SIGKILL
        time.sleep(0.05)  # for what is in the sockets
        self.kills += [Kill(before, len(self.fake.events))] * len(processes)

    def run(self, rounds: int) -> None:
        processes = [self.start(slot) for slot in range(SLOTS)]
        try:
            for number in range(rounds):
                time.sleep(self.chance.uniform(0, 0.7))
                both = number % 4 == 3
                victims = range(SLOTS) if both else [self.chance.randrange(SLOTS)]
                self.kill([processes[slot] for slot in victims])
                for slot in victims:
                    processes[slot] = self.start(slot)
            self.kill(processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()

    def deliver_the_rest(self) -> None:
        outbox = SQLiteOutbox(self.outbox)
        with client_of(self.url) as client, client.events.publisher(outbox) as publisher:
            ends = time.monotonic() + 120
            while outbox.size():
                assert time.monotonic() < ends, f"{outbox.size()} events are never delivered"
                publisher.flush(5)
                time.sleep(0.1)
        assert outbox.dead_letters() == []
        outbox.close()

    def noted(self) -> Iterator[Said]:
        for log in self.folder.glob("*.log"):
            for line in log.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    customer, number = line.split()
                    yield customer, int(number)

    def verdict(self, rounds: int, seconds: float) -> Verdict:
        arrived = [(event["customer"], event["context"]["number"]) for event in self.fake.events]
        put = set(self.noted())
        firsts: dict[Said, int] = {}
        again, unexplained = [], 0
        for index, said in enumerate(arrived):
            first = firsts.setdefault(said, index)
            if first != index:
                again.append(index)
                unexplained += not any(first < kill.after and index >= kill.before for kill in self.kills)
        last: Counter[str] = Counter()
        out_of_order = 0
        for customer, number in firsts:
            out_of_order += number < last[customer]
            last[customer] = max(last[customer], number)
        return Verdict(
            rounds=rounds,
            kills=len(self.kills),
            put=len(put),
            lost=len(put - set(arrived)),
            duplicates=len(again),
            unexplained=unexplained,
            out_of_order=out_of_order,
            doubled_at_most=CONCURRENCY * len(self.kills),
            seconds=round(seconds, 1),
        )


def main(rounds: int, seed: int | None = None, lease: float = 3.0) -> Verdict:
    """Kill so many times, and say what came of it."""
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}", file=sys.stderr)
    fake = new_fake()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serve(create_app(fake)) as url:
        soak = Soak(Path(folder), url, fake, random.Random(seed), lease)
        soak.run(rounds)
        soak.deliver_the_rest()
        return soak.verdict(rounds, time.monotonic() - started)


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish(*sys.argv[2:])
    else:
        verdict = main(*map(int, sys.argv[1:3]))
        print(json.dumps({**attrs.asdict(verdict), "good": verdict.is_good}, indent=2))
        sys.exit(not verdict.is_good)
