"""Direct delivery: everybody at most once, whatever happens."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from optimove_sdk import ChannelTemplate, ConfigurationError, ConnectionFailed, DecodeError, Request, Response
from optimove_sdk.connector.base import (
    Campaign,
    Delivery,
    DeliveryBatch,
    DeliveryOutcome,
    PartlyDelivered,
    Recipient,
    TemplateSource,
)
from optimove_sdk.testing.vendors import FakeNetmera, answered, lost, unreachable
from optimove_sdk.vendors.netmera import (
    KeyRefused,
    MemorySendLog,
    NetmeraAPI,
    NetmeraDelivery,
    NetmeraError,
    NetmeraTemplate,
    Past,
    SendLog,
    SQLiteSendLog,
)

CAMPAIGN = Campaign("default", 38, 459)
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def batch_of(*customers: str, **more: Any) -> DeliveryBatch:
    recipients = tuple(Recipient(customer) for customer in customers)
    return DeliveryBatch("batch-1", CAMPAIGN, 7, recipients, **more)


def delivery_of(netmera: FakeNetmera, api: NetmeraAPI, **options: Any) -> NetmeraDelivery:
    key = netmera.define("Hello!", "Hello @{Name}, take @{Code}")
    return NetmeraDelivery(api, [NetmeraTemplate(7, "Welcome", key)], now=lambda: NOW, **options)


def shown(netmera: FakeNetmera) -> list[str]:
    return [one.external_id for one in netmera.shown]


@pytest.fixture
def delivery(netmera: FakeNetmera, netmera_api: NetmeraAPI) -> NetmeraDelivery:
    return delivery_of(netmera, netmera_api, concurrency=1)


def test_it_is_a_vendor(delivery: NetmeraDelivery) -> None:
    assert isinstance(delivery, Delivery)
    assert isinstance(delivery, TemplateSource)


async def test_each_customer_gets_a_message_with_netmeras_names(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    names = {"FIRST_NAME": "Name", "Age": "Years"}
    delivery = delivery_of(netmera, netmera_api, attributes=names, promo_codes="Code")
    assert delivery.attribute_names == ("FIRST_NAME", "Age")
    recipients = (
        Recipient("C1", {"FIRST_NAME": "Ann", "Age": None, "Other": "x"}, ("A", "B")),
        Recipient("C2", {"FIRST_NAME": "Bob"}),
    )
    batch = attrs.evolve(batch_of(), recipients=recipients)
    assert await delivery.deliver(batch) == [DeliveryOutcome("C1"), DeliveryOutcome("C2")]
    assert {one.external_id: (one.text, one.params) for one in netmera.shown} == {
        "C1": ("Hello Ann, take A,B", {"Name": "Ann", "Code": "A,B"}),
        "C2": ("Hello!", {"Name": "Bob"}),
    }


async def test_templates_are_published_on_their_channels(netmera_api: NetmeraAPI) -> None:
    every = [NetmeraTemplate(7, "Welcome", 1000), NetmeraTemplate(8, "Back", "1001", (481,))]
    welcome, back = ChannelTemplate(7, "Welcome"), ChannelTemplate(8, "Back")
    published = await NetmeraDelivery(netmera_api, every).templates()
    assert published == {459: [welcome], 481: [welcome, back]}


async def test_a_refused_customer_does_not_stop_the_others(
    netmera: FakeNetmera, delivery: NetmeraDelivery
) -> None:
    netmera.happens(answered(400, {"code": 2101, "error": "C1 is too big"}))
    outcomes = await delivery.deliver(batch_of("C1", "C2"))
    assert [one.error for one in outcomes] == ["the message is too big (code 2101, status 400)", None]
    assert shown(netmera) == ["C2"]


@pytest.mark.parametrize("mishap", [lost(), answered(500, {"code": 2001}), answered(502, b"<html>")])
async def test_what_may_have_been_sent_is_unknown_and_never_sent_again(
    netmera: FakeNetmera, delivery: NetmeraDelivery, mishap: Any
) -> None:
    netmera.happens(mishap)
    first = await delivery.deliver(batch_of("C1", "C2"))
    assert str(first[0].error).startswith("unknown: ")
    assert first[1].ok
    asked = len(netmera.asked)
    assert await delivery.deliver(batch_of("C1", "C2")) == first
    assert len(netmera.asked) == asked


@pytest.mark.parametrize(
    ("mishaps", "error"),
    [
        ([unreachable(), unreachable()], ConnectionFailed),
        ([answered(403, {"code": 2010})], KeyRefused),
        ([answered(429)], NetmeraError),
    ],
)
async def test_what_was_surely_not_sent_is_raised_and_later_the_rest_is_sent(
    netmera: FakeNetmera, delivery: NetmeraDelivery, mishaps: list[Any], error: type[Exception]
) -> None:
    await delivery.deliver(batch_of("C1"))
    netmera.happens(*mishaps)
    with pytest.raises(PartlyDelivered) as caught:
        await delivery.deliver(batch_of("C1", "C2", "C3"))
    assert isinstance(caught.value.__cause__, error)
    assert caught.value.outcomes == batch_of("C1").all_sent()
    assert shown(netmera) == ["C1"]  # C3 was not even tried
    assert await delivery.deliver(batch_of("C1", "C2", "C3")) == batch_of("C1", "C2", "C3").all_sent()
    assert shown(netmera) == ["C1", "C2", "C3"]


async def test_when_nobody_can_be_sent_anything_the_failure_itself_is_raised(
    netmera: FakeNetmera, delivery: NetmeraDelivery
) -> None:
    netmera.happens(answered(403, {"code": 2010}))
    with pytest.raises(KeyRefused):
        await delivery.deliver(batch_of("C1"))


async def test_another_batch_is_another_message(netmera: FakeNetmera, delivery: NetmeraDelivery) -> None:
    await delivery.deliver(batch_of("C1"))
    await delivery.deliver(attrs.evolve(batch_of("C1"), key="batch-2"))
    assert shown(netmera) == ["C1", "C1"]


async def test_a_customer_who_comes_twice_gets_one_message_with_all_codes(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    delivery = delivery_of(netmera, netmera_api, promo_codes="Code")
    twice = (Recipient("C1", {}, ("A",)), Recipient("C1", {}, ("B", "A")))
    outcomes = await delivery.deliver(attrs.evolve(batch_of(), recipients=twice))
    assert outcomes == [DeliveryOutcome("C1"), DeliveryOutcome("C1")]
    assert [one.params for one in netmera.shown] == [{"Code": "A,B"}]


@pytest.mark.parametrize("template", [None, 8])
async def test_a_template_that_is_no_message_fails_for_good(
    netmera: FakeNetmera, delivery: NetmeraDelivery, template: int | None
) -> None:
    (outcome,) = await delivery.deliver(attrs.evolve(batch_of("C1"), template_id=template))
    assert outcome.error == f"there is no message in Netmera for template {template}"
    assert netmera.asked == []


async def test_nothing_is_sent_before_its_time(netmera: FakeNetmera, delivery: NetmeraDelivery) -> None:
    (outcome,) = await delivery.deliver(batch_of("C1", send_at=NOW + timedelta(hours=1)))
    assert "held until its time" in str(outcome.error)
    assert await delivery.deliver(batch_of("C1", send_at=NOW)) == [DeliveryOutcome("C1")]


async def test_an_empty_batch_sends_nothing(delivery: NetmeraDelivery) -> None:
    assert await delivery.deliver(batch_of()) == []


async def test_no_more_requests_at_once_than_allowed(netmera: FakeNetmera, netmera_api: NetmeraAPI) -> None:
    delivery = delivery_of(netmera, netmera_api, concurrency=3)
    batches = [
        attrs.evolve(batch_of(*(f"C{n}" for n in range(20))), key=f"batch-{number}") for number in range(3)
    ]
    await asyncio.gather(*map(delivery.deliver, batches))
    assert netmera.at_once == 3
    assert len(netmera.shown) == 60


def test_event_loops_may_come_and_go(netmera: FakeNetmera, netmera_api: NetmeraAPI) -> None:
    delivery = delivery_of(netmera, netmera_api, concurrency=2)
    customers = [f"C{n}" for n in range(10)]
    for number in range(2):
        batch = attrs.evolve(batch_of(*customers), key=f"batch-{number}")
        assert asyncio.run(delivery.deliver(batch)) == batch.all_sent()


class Gate(FakeNetmera):
    """Answers when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()

    async def handle_async_request(self, request: Request) -> Response:
        self.arrived.set()
        await self.open.wait()
        return await super().handle_async_request(request)


@pytest.mark.parametrize(
    ("cancelled", "sent"),
    [
        (CAMPAIGN, ["C1"]),
        (Campaign("default", "38"), ["C1"]),
        (Campaign("default", 38, 481), ["C1", "C2"]),
        (Campaign("other", 38), ["C1", "C2"]),
    ],
)
async def test_cancelling_stops_what_is_under_way(cancelled: Campaign, sent: list[str]) -> None:
    gate = Gate()
    delivery = delivery_of(gate, NetmeraAPI("netmera-key", transport=gate), concurrency=1)
    under_way = asyncio.create_task(delivery.deliver(batch_of("C1", "C2")))
    await gate.arrived.wait()
    await delivery.cancel(cancelled)
    gate.open.set()
    outcomes = await under_way
    assert shown(gate) == sent
    assert outcomes[-1].ok is (len(sent) == 2)


async def test_a_send_that_was_cut_off_by_the_end_of_the_process_stays_unknown() -> None:
    gate, log = Gate(), MemorySendLog()
    delivery = delivery_of(gate, NetmeraAPI("netmera-key", transport=gate), concurrency=1, log=log)
    under_way = asyncio.create_task(delivery.deliver(batch_of("C1", "C2")))
    await gate.arrived.wait()
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    gate.open.set()
    one, two = await delivery.deliver(batch_of("C1", "C2"))
    assert str(one.error).startswith("unknown: it was begun before")
    assert two.ok


async def test_what_is_no_failure_of_the_network_is_raised_and_the_message_stays_unknown(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    delivery = delivery_of(netmera, netmera_api)
    netmera_api.send = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="a bug"):
        await delivery.deliver(batch_of("C1"))
    (outcome,) = await delivery.deliver(batch_of("C1"))
    assert str(outcome.error).startswith("unknown: ")


async def test_what_cannot_be_sent_fails_for_good(netmera: FakeNetmera, delivery: NetmeraDelivery) -> None:
    nobody, somebody = await delivery.deliver(batch_of("", "C1"))
    assert nobody.error == "external_id is empty"
    assert somebody.ok


def test_a_delivery_must_make_sense(netmera_api: NetmeraAPI) -> None:
    template = NetmeraTemplate(7, "Welcome", 1000)
    with pytest.raises(ConfigurationError, match="twice"):
        NetmeraDelivery(netmera_api, [template, template])
    with pytest.raises(ConfigurationError, match="concurrency"):
        NetmeraDelivery(netmera_api, [template], concurrency=0)


# The logs


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SendLog]:
    if request.param == "memory":
        yield MemorySendLog()
        return
    file = SQLiteSendLog(tmp_path / "sends.sqlite")
    yield file
    file.close()


async def test_a_log_tells_how_a_send_ended(log: SendLog) -> None:
    assert await log.begin("a") is None
    assert await log.begin("a") == Past()
    await log.end("a", None)
    assert await log.begin("a") == Past(True)
    assert await log.begin("b") is None
    await log.end("b", "no")
    assert await log.begin("b") == Past(True, "no")
    await log.begin("c")
    await log.forget("c")
    assert await log.begin("c") is None


async def test_only_one_of_many_begins(log: SendLog) -> None:
    begun = await asyncio.gather(*(log.begin("a") for _ in range(20)))
    assert begun.count(None) == 1


async def test_a_file_remembers_after_the_process_and_forgets_after_a_while(
    tmp_path: Path, netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    for day, sent in ((0, 1), (1, 1), (40, 2)):
        log = SQLiteSendLog(tmp_path / "sends.sqlite", clock=partial(float, day * 86_400))
        assert (await delivery_of(netmera, netmera_api, log=log).deliver(batch_of("C1")))[0].ok
        assert len(netmera.shown) == sent
        log.close()
    assert b"C1" not in (tmp_path / "sends.sqlite").read_bytes()


def test_a_file_that_cannot_be_used_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="SQLiteSendLog"):
        SQLiteSendLog(tmp_path / "nowhere" / "sends.sqlite")
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at" * 20)
    with pytest.raises(ConfigurationError, match="SQLiteSendLog"):
        SQLiteSendLog(tmp_path / "text")


def test_a_log_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "sends.sqlite", check_same_thread=False)) as other:
        other.execute("CREATE TABLE anything (it)")
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.2, other.rollback)
        done.start()
        SQLiteSendLog(tmp_path / "sends.sqlite").close()
        done.join()


async def test_a_memory_keeps_only_so_many(netmera: FakeNetmera) -> None:
    log = MemorySendLog(capacity=2)
    for key in "abc":
        await log.begin(key)
    assert await log.begin("a") is None
    assert await log.begin("c") == Past()


async def test_a_log_that_fails_after_the_send_leaves_it_unknown(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    class Full(MemorySendLog):
        async def end(self, key: str, error: str | None) -> None:
            raise DecodeError("the disk is full")

    delivery = delivery_of(netmera, netmera_api, log=Full())
    with pytest.raises(DecodeError):
        await delivery.deliver(batch_of("C1"))
    (outcome,) = await delivery.deliver(batch_of("C1"))
    assert str(outcome.error).startswith("unknown: ")
    assert shown(netmera) == ["C1"]
