"""The ledger, the register of workers, pages, and patience; without DBOS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from optimove_sdk.connector import Campaign, ConnectorSettings, GrantOutcome, Tenant
from optimove_sdk.connector.kit import GaveUp, Kit, Vendor
from optimove_sdk.connector.ledger import Ledger, grant_for
from optimove_sdk.connector.pages import AUDIENCE, AudienceChanged, Customers, PageRef
from optimove_sdk.connector.store import Store
from optimove_sdk.connector.tables import GRANTS
from optimove_sdk.connector.workers import Declared, Register
from optimove_sdk.errors import BadRequest, ServerError
from optimove_sdk.testing.fake import FakeOptimove
from unit.connector.conftest import SECRET, Deliverer, client_of

EMAIL, SMS = Campaign("default", 1, 504), Campaign("default", 1, 505)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path}/store.sqlite")
    made.set_up()
    made.set_up()
    yield made
    made.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, lambda: datetime.now(UTC))


def test_whoever_claims_first_grants(ledger: Ledger) -> None:
    grants = [grant_for(EMAIL, f"C{number}", "A") for number in range(1_200)]
    again = [grant_for(SMS, f"C{number}", "A") for number in range(600, 1_800)]
    first = ledger.claim("one", grants, {})
    second = ledger.claim("two", again, {})
    assert (len(first.ours), first.settled, first.pending) == (1_200, 0, ())
    assert (len(second.ours), second.settled, len(second.pending)) == (600, 0, 600)
    assert ledger.settle("one", grants, [GrantOutcome.of(one) for one in grants[1:]]) == {grants[0].key}
    repeated = ledger.claim("one", grants, {})
    assert ([one.key for one in repeated.ours], repeated.settled) == ([grants[0].key], 1_199)
    assert [one.key for one in ledger.claim("two", again, {}).pending] == []


def test_what_failed_can_be_granted_on_another_channel(ledger: Ledger) -> None:
    grant = grant_for(EMAIL, "C1", "A")
    ledger.claim("one", [grant], {})
    ledger.settle("one", [grant], [GrantOutcome.of(grant, "no")])
    other = grant_for(SMS, "C1", "A")
    assert ledger.claim("two", [other], {}).ours == (other,)
    assert ledger.claim("one", [grant], {}).pending == (grant,)


def test_what_is_old_is_forgotten_and_what_is_granted_much_later(store: Store) -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    ledger = Ledger(store, lambda: now)
    kept, refused = grant_for(EMAIL, "C1", "A"), grant_for(EMAIL, "C2", "A")
    ledger.claim("one", [kept, refused], {})
    ledger.settle("one", [kept, refused], [GrantOutcome.of(kept)])
    now += timedelta(days=31)
    ledger.forget(timedelta(days=30), timedelta(days=400))
    assert _known(store) == {kept.key}
    now += timedelta(days=400)
    ledger.forget(timedelta(days=30), timedelta(days=400))
    assert _known(store) == set()


def _known(store: Store) -> set[str]:
    with store.begin() as connection:
        return set(connection.execute(sa.select(GRANTS.c.id)).scalars())


def test_flows_that_ended_are_forgotten_and_those_that_run_are_not(store: Store) -> None:
    for flow in ("ended", "running"):
        store.open_flow(flow, kind="campaign", tenant="default")
        store.count(flow, "page", {"audience": 3})
    store.close_flow("ended", None)
    store.mark("canceled:default:1:*")
    store.forget(time.time() - 60)
    assert set(store.totals()) == {"ended", "running"}
    store.forget(time.time() + 60)
    assert [one["id"] for one in store.flows()] == ["running"]
    assert set(store.totals()) == {"running"}
    assert not store.is_marked("canceled:default:1:*")


def test_what_fails_elsewhere_while_it_is_claimed_does_not_count_as_granted(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant, other = grant_for(EMAIL, "C1", "A"), grant_for(SMS, "C1", "A")
    ledger.claim("one", [grant], {})
    write = ledger._write

    def write_and_be_late(rows: list[dict[str, Any]]) -> None:
        write(rows)
        ledger.settle("one", [grant], [GrantOutcome.of(grant, "no")])

    monkeypatch.setattr(ledger, "_write", write_and_be_late)
    late = ledger.claim("two", [other], {})
    assert (late.ours, late.pending) == ((), (other,))
    monkeypatch.undo()
    assert ledger.claim("two", [other], {}).ours == (other,)


def test_only_what_was_granted_in_time_counts(store: Store) -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    ledger = Ledger(store, lambda: now)
    grant = grant_for(EMAIL, "C1", "A")
    ledger.claim("one", [grant], {})
    ledger.settle("one", [grant], [GrantOutcome.of(grant)])
    assert ledger.granted([grant.key], now.timestamp()) == {grant.key}
    assert ledger.granted([grant.key], now.timestamp() - 1) == set()


def test_only_the_action_that_ended_is_taken_back(store: Store) -> None:
    now = datetime(2026, 1, 1, 9, tzinfo=UTC)
    ledger = Ledger(store, lambda: now)
    found = []
    for campaign in (1, 2):
        grant = grant_for(Campaign("default", campaign, 504), "C1", "A")
        ledger.claim("owner", [grant], {"C1": 7})
        ledger.settle("owner", [grant], [GrantOutcome.of(grant)])
        found.append(grant)
        now += timedelta(days=5)
    assert ledger.of_action("default", {"C1": date(2026, 1, 1)}, 7) == [found[0]]
    assert ledger.of_action("default", {"C1": date(2026, 1, 1)}, 8) == []
    assert ledger.of_action("default", {"C1": None}, 7) == found
    assert ledger.of_action("other", {"C1": None}, 7) == []
    ledger.revoked(found[:1])
    assert ledger.of_campaign(EMAIL, ["C1"]) == []
    assert ledger.claim("owner", found[:1], {}).ours == ()


def test_counts_replace_each_other(store: Store) -> None:
    assert store.open_flow("f", kind="campaign", tenant="default")
    assert not store.open_flow("f", kind="campaign", tenant="default")
    for _ in range(2):
        store.count("f", "page", {"audience": 10})
        store.count("f", "batch", {"delivered": 4, "template": 7})
    assert (store.totals()["f"]["audience"], store.delivered("f")) == (10, {7: 4})
    assert store.flows()[0]["repeats"] == 1
    assert [store.mark("m"), store.mark("m"), store.is_marked("n", "m")] == [True, False, True]


def test_a_silent_worker_is_claimed_by_one_and_must_stop(store: Store) -> None:
    dead, one, two = (Register(store, name, 0.3) for name in ("dead", "one", "two"))
    for worker in (dead, one, two):
        worker.enter()
    dead.beat()
    assert one.claim_dead() == []
    time.sleep(0.35)
    one.beat()
    two.beat()
    assert [one.claim_dead(), two.claim_dead()] == [["dead"], []]
    with pytest.raises(Declared):
        dead.beat()
    one.bury("dead")
    assert [row["name"] for row in two.all()] == ["one", "two"]
    dead.enter()
    dead.beat()
    dead.leave()
    assert two.claim_dead() == ["dead"]


def test_a_worker_whose_name_was_taken_must_stop(store: Store) -> None:
    first, second = (Register(store, "same", 30) for _ in range(2))
    first.enter()
    second.enter()
    second.beat()
    with pytest.raises(Declared):
        first.beat()


async def test_a_page_that_changed_is_not_delivered(settings: ConnectorSettings) -> None:
    fake = FakeOptimove()
    campaign = fake.add_campaign(customers=30)
    ref = PageRef("flow", AUDIENCE, "default", campaign.campaign_id, 504, 40, 15)
    found = await Customers(ref, client_of(fake), (), settings).look()
    assert (found["received"], [size for size, _ in found["batches"]]) == (30, [15, 15])
    await Customers(ref, client_of(fake), (), settings).parts(found["digest"])
    campaign.members = range(1, 31)
    with pytest.raises(AudienceChanged):
        await Customers(ref, client_of(fake), (), settings).parts(found["digest"])
    digest = (await Customers(ref, client_of(fake), (), settings).look())["digest"]
    again = Customers(attrs.evolve(ref, previous=digest), client_of(fake), (), settings)
    with pytest.raises(AudienceChanged, match="same page twice"):
        await again.look()


async def test_patience(settings: ConnectorSettings) -> None:
    tenant = Tenant(client=lambda: client_of(FakeOptimove()), secret=SECRET)
    kit = Kit(Vendor.of(Deliverer()), [tenant], settings)
    calls = 0

    async def fails(error: Exception) -> None:
        nonlocal calls
        calls += 1
        raise error

    with pytest.raises(GaveUp, match="BadRequest"):
        await kit.again(lambda: fails(BadRequest(400, "no")))
    assert calls == 1
    with pytest.raises(GaveUp, match="ServerError"):
        await kit.again(lambda: fails(ServerError(503, "later")))
    assert calls > 3
    with pytest.raises(GaveUp, match=r"^ValueError at test_parts\.py:\d+$"):
        await kit.again(lambda: fails(ValueError("a secret")), until=datetime.now(UTC))
    await kit.close()
