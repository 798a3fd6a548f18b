"""A notification and its repeats have one key, in whatever shape they come."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from optimove_sdk import (
    CampaignsProcessed,
    ChannelExecuted,
    EngagementReady,
    RealtimeTriggered,
    UnknownNotification,
    parse_notification,
)
from optimove_sdk.testing import as_sent, sample, samples
from optimove_sdk.testing.notifications import KINDS, Casing


@pytest.mark.parametrize("kind", KINDS)
def test_casing_and_the_kind_of_ids_do_not_matter(kind: Any) -> None:
    keys = {
        parse_notification(as_sent(sample(kind), casing=casing, text_ids=text)).key
        for casing in Casing
        for text in (False, True)
    }
    assert len(keys) == 1


def test_each_type_has_keys_of_its_own() -> None:
    assert (
        len({message.key for message, _ in samples()}) == 14
    )  # all but two types have more in the key than they must have
    assert {message.key.partition(":")[0] for message, _ in samples()} == {
        str(kind.event_type_id) for kind in KINDS
    }


def test_the_keys_are_short_and_readable() -> None:
    assert ChannelExecuted(38, 504).key == "13:38:504"
    assert CampaignsProcessed().key == "2:-"
    assert sample(CampaignsProcessed).key == "2:2022-09-19T05:04:54"
    assert EngagementReady(38, 5, channel_id=1).key == "14:38:1:5"


def test_the_key_of_a_realtime_notification_tells_nobody_who_it_is_about() -> None:
    key = RealtimeTriggered("C7\ud800é", "AB-12").key
    assert "C7" not in key
    assert key.isascii()
    assert len(key) == 35


@pytest.mark.parametrize(
    "other",
    [
        {"customer_id": "C2"},
        {"campaign_id": "AB-13"},
        {"channel_id": 1},
        {"template_id": 1},
        {"time_stamp": None},
    ],
)
def test_another_customer_campaign_channel_template_or_time_is_another_notification(other: Any) -> None:
    first = sample(RealtimeTriggered)
    assert attrs.evolve(first, **other).key != first.key
    assert attrs.evolve(first, notes="x", promo_codes=()).key == first.key


def test_an_unknown_notification_is_known_by_its_content() -> None:
    body = {"EventTypeID": 99, "CampaignID": 1, "Names": ["x"]}
    first = UnknownNotification(99, body).key
    assert UnknownNotification(99, {"names": ["x"], "campaign_id": "1", "eventTypeId": "99"}).key == first
    assert UnknownNotification(99, {**body, "Names": ["y"]}).key != first
    assert UnknownNotification(None, {}).key.startswith("-:")


def test_content_too_deep_to_be_written_still_has_a_key() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert UnknownNotification(99, {"Deep": deep}).key
    assert UnknownNotification(99, {"Odd": {("a",): 1}}).key
