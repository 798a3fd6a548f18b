"""The application around the flows: tenants, registration, approval, health, status, command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import pytest

from optimove_sdk import ChannelTemplate
from optimove_sdk.config import RateLimit
from optimove_sdk.connector import ConnectorApp, ConnectorSettings, Tenant
from optimove_sdk.connector.__main__ import main
from optimove_sdk.core.flow import SystemClock
from optimove_sdk.errors import ConfigurationError
from optimove_sdk.notifications.approval import ApprovalQuestion
from optimove_sdk.testing.fake import FakeOptimove
from unit.connector.conftest import SECRET, Bank, Deliverer, Running, client_of, running


class Gatekeeper(Deliverer):
    async def approve(self, question: ApprovalQuestion) -> bool:
        return question.user.user_id == "C0000001"

    async def templates(self) -> Mapping[int, Sequence[ChannelTemplate]]:
        return {504: [ChannelTemplate(1, "Hello")], 505: [ChannelTemplate(2, "Hi")]}


async def test_listeners_and_templates_are_registered(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    async with running(fake, settings, Gatekeeper(), Bank(), channels=(504, 505)) as connector:
        done = await connector.app.prepare("https://connector.example/")
        assert done["default"].changed
        vendor_url = f"https://connector.example/listen/default/{SECRET}"
        found = {(one.event_type_id, one.channel_id, one.url) for one in fake.listeners}
        assert {(11, 504), (11, 505), (13, 504), (13, 505), (4, None), (5, None)} == {
            one[:2] for one in found
        }
        assert {one[2] for one in found} == {vendor_url}
        assert fake.templates[505][2].template_name == "Hi"


async def test_the_approver_is_asked(fake: FakeOptimove, settings: ConnectorSettings) -> None:
    async with running(fake, settings, Gatekeeper()) as connector:
        for customer, allowed in (("C0000001", True), ("C0000002", False)):
            question = {"user": {"user_id": customer, "is_visitor": False}, "campaign": {"id": 1}}
            answer = await connector.post(f"/listen/default/{SECRET}/approval", question)
            assert answer.json() == {"user_id": customer, "allowed": allowed}


async def test_health_and_status(fake: FakeOptimove, settings: ConnectorSettings) -> None:
    campaign = fake.add_campaign(customers=5).campaign_id
    async with running(fake, settings, Deliverer()) as connector:
        assert (await connector.get("/health")).text == "ok"
        await connector.executed(campaign, 504)
        await connector.flow("campaign")
        status = await connector.status()
        page = (await connector.get("/status.html")).text
        assert (await connector.get("/listen/default/not-the-secret-at-all")).status_code == 404
    assert (status["running"], status["done"], status["failed"]) == (0, 1, 0)
    assert [one["name"] for one in status["workers"]] == ["worker-1"]
    assert "<td>default:13:1:504<td>campaign<td>1<td>504<td>done<td>5<td>5<td>5" in page


async def test_tenants_are_kept_apart(fake: FakeOptimove, settings: ConnectorSettings) -> None:
    other = FakeOptimove(clock=SystemClock(), rate_limit=None)
    campaigns = [one.add_campaign(customers=count).campaign_id for one, count in ((fake, 10), (other, 20))]
    assert campaigns == [1, 1]
    vendor = Deliverer()
    tenants = [
        Tenant(client=lambda one=one: client_of(one), secret=SECRET, name=name)  # type: ignore[misc]
        for name, one in (("uk", fake), ("se", other))
    ]
    app = ConnectorApp(vendor, *tenants, settings=settings)
    await app.runtime.start()
    connector = Running(app, fake)
    try:
        for name in ("uk", "se"):
            await connector.executed(1, 504, tenant=name)
        flows = [await connector.flow("campaign") for _ in range(2)]
        while len({one["tenant"] for one in flows}) < 2:
            flows = [one for one in (await connector.status())["flows"] if one["state"] == "done"]
    finally:
        await connector.close()
        await app.runtime.stop()
    assert {one["tenant"]: one["delivered"] for one in flows} == {"uk": 10, "se": 20}
    assert {batch.key.split("-")[0] for batch in vendor.batches} == {"uk", "se"}


async def test_the_database_names_no_customer_of_a_campaign(
    fake: FakeOptimove, settings: ConnectorSettings, tmp_path: Path
) -> None:
    campaign = fake.add_campaign(customers=40, channels=[504, 505], promo_codes=["A"]).campaign_id
    async with running(fake, settings, Deliverer(), Bank(), attributes=["Email"]) as connector:
        for channel in (504, 505):
            await connector.executed(campaign, channel)
            await connector.flow("campaign", channel)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("connector.sqlite*"))
    assert b"default:13:1:504" in stored
    assert b"C00000" not in stored
    assert b"example.test" not in stored


async def test_pages_are_fetched_no_faster_than_the_limit(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=40).campaign_id
    slow = attrs.evolve(settings, page_size=5, rate_limit=RateLimit(4, 0.8))
    async with running(fake, slow, Deliverer()) as connector:
        await connector.executed(campaign, 504)
        await connector.flow("campaign")
    fetches = [one.at for one in fake.requests if one.operation == "GetCustomerExecutionDetailsByCampaign"]
    assert len(fetches) == 9
    assert fetches[-1] - fetches[0] >= 0.8  # the first may come late: by then some of its window has passed


def test_a_vendor_must_have_whole_parts() -> None:
    class Half:
        async def deliver(self, batch: object) -> None: ...

    tenant = Tenant(client=lambda: client_of(FakeOptimove()), secret=SECRET)
    with pytest.raises(ConfigurationError, match=r"Half has deliver\(\) and lacks cancel\(\)"):
        ConnectorApp(Half(), tenant)
    with pytest.raises(ConfigurationError, match="none of the methods"):
        ConnectorApp(object(), tenant)
    with pytest.raises(ConfigurationError, match="each with a name of its own"):
        ConnectorApp(Deliverer(), tenant, attrs.evolve(tenant))
    with pytest.raises(ConfigurationError, match="each with a name of its own"):
        ConnectorApp(Deliverer())
    with pytest.raises(ConfigurationError, match="name must be"):
        attrs.evolve(tenant, name="a/b")
    with pytest.raises(ConfigurationError, match="page_size must be positive"):
        ConnectorSettings(page_size=0)


def test_the_command_line_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("OPTIMOVE_CONNECTOR_DATABASE_URL", raising=False)
    (tmp_path / "a_vendor_module.py").write_text("connector = 1\n")
    assert main(["run", "no_such_module_at_all:connector"]) == 2
    assert main(["run", "a_vendor_module:connector"]) == 2
    assert main(["register", "a_vendor_module:other", "https://x.example"]) == 2
    assert main(["recover", "worker-1"]) == 2
    said = capsys.readouterr().err
    assert "is not a ConnectorApp" in said
    assert "give --database" in said
