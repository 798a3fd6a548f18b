"""A worker is killed, again and again: nobody is lost, and nobody is reached twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.connector_stage import check_everybody_was_reached_once, free_port, stage, until


def test_one_worker_on_sqlite_is_killed_and_started_again(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/connector.sqlite"
    with stage(tmp_path, database, TEST_PAGE="300", TEST_BATCH="60", TEST_PAUSE="0.02") as made:
        worker = made.worker("worker-1", free_port())
        worker.start()
        worker.wait_until_up()
        held = made.fake.add_campaign(customers=600, promo_codes=["H"], conditional=True)
        campaign = made.fake.add_campaign(
            customers=1_000, channels=[504, 505], template_ids=[1, 2], promo_codes=["A"]
        )
        due = datetime.now(UTC) + timedelta(minutes=10)
        assert [made.executed(worker, campaign.campaign_id, one) for one in (504, 505)] == [200, 200]
        clearance = f"{due:%Y-%m-%d %H:%M:%S}"
        made.notify(worker, EventTypeID=5, CampaignID=held.campaign_id, ClearanceRequiredBy=clearance)
        for share in (0.2, 0.5, 0.8):
            until(lambda share=share: made.receiver.sent > share * 2_000, 20)  # type: ignore[misc]
            worker.kill()
            worker.start()
            worker.wait_until_up()
            made.executed(worker, campaign.campaign_id, 504)
        until(lambda: made.done(worker, 3), 30, worker.status)
        suppressed = worker.status()["duplicates_suppressed"]
        assert worker.stop() in (0, -15)

    receiver = made.receiver
    statuses = made.fake.promotion_statuses[held.campaign_id]
    assert statuses == dict.fromkeys(held.customer_ids(), True)
    of_held = [key for key, what in receiver.granted.items() if what[2] == "H"]
    assert len(of_held) == len(set(held.customer_ids()))
    for key in of_held:
        del receiver.granted[key]
    check_everybody_was_reached_once(made, campaign)
    # In flight at a kill is at most one batch of each of the two pages under way.
    assert sum(count - 1 for count in receiver.repeated().values()) <= 3 * 2
    assert suppressed >= 3
    assert sum(metric.metric_value for metric in made.fake.metrics) == 2_000


def test_a_worker_that_is_asked_to_stop_leaves_its_flows_to_the_next_start(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/connector.sqlite"
    with stage(tmp_path, database, TEST_PAGE="200", TEST_BATCH="50", TEST_PAUSE="0.03") as made:
        worker = made.worker("worker-1", free_port())
        worker.start()
        worker.wait_until_up()
        campaign = made.fake.add_campaign(customers=800, channels=[504], promo_codes=["A"])
        made.executed(worker, campaign.campaign_id, 504)
        until(lambda: made.receiver.sent > 100, 20)
        asked = time.monotonic()
        assert worker.stop() in (0, -15)
        assert time.monotonic() - asked < 8
        assert made.receiver.sent < 800
        worker.start()
        worker.wait_until_up()
        until(lambda: made.done(worker, 1), 30, worker.status)
    check_everybody_was_reached_once(made, campaign)
