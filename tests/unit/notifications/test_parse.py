"""Whatever bytes arrive become a notification or a NotificationError."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimove_sdk import (
    CampaignCanceled,
    CampaignProcessed,
    CampaignsProcessed,
    ChannelExecuted,
    ClearanceRequested,
    DailyProcessCompleted,
    EngagementReady,
    NotificationError,
    RealtimeTriggered,
    UnknownNotification,
    parse_notification,
)
from optimove_sdk.wire.names import snake


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


STAMP = {"TimeStamp": "2022-09-19 05:04:54"}
AT = local(2022, 9, 19, 5, 4, 54)
SAMPLES: list[tuple[dict[str, Any], Any]] = [
    ({"EventTypeID": 1, **STAMP, "CampaignID": 38}, CampaignProcessed(38, time_stamp=AT)),
    ({"EventTypeID": 2, **STAMP}, CampaignsProcessed(time_stamp=AT)),
    ({"EventTypeID": 3}, DailyProcessCompleted()),
    ({"EventTypeID": 4, **STAMP, "CampaignID": "38"}, CampaignCanceled(38, time_stamp=AT)),
    (
        {"EventTypeID": 5, "CampaignID": 38, "ClearanceRequiredBy": "2022-09-19 12:00"},
        ClearanceRequested(38, local(2022, 9, 19, 12, 0)),
    ),
    (
        {
            "EventTypeID": 11,
            "CustomerID": "C1",
            "CampaignID": "AB-12",
            "ChannelID": "15",
            "TemplateID": 7,
            "PromoCode": ["A", "B"],
            "Notes": '{"duration": 3}',
        },
        RealtimeTriggered("C1", "AB-12", 15, 7, ("A", "B"), '{"duration": 3}'),
    ),
    ({"EventTypeID": 11, "CustomerID": 5, "CampaignID": "12"}, RealtimeTriggered("5", 12)),
    (
        {"EventTypeID": 11, "CustomerID": "5", "PromoCodes": "A,B"},
        RealtimeTriggered("5", promo_codes=("A", "B")),
    ),
    (
        {"EventTypeID": "13", **STAMP, "CampaignID": 38, "ChannelID": 459},
        ChannelExecuted(38, 459, time_stamp=AT),
    ),
    (
        {
            "EventTypeID": 14,
            "TimeStamp": "2022-07-19 08:54",
            "CampaignID": 38085,
            "EngagementID": 144523,
            "TenantID": 28209,
            "BucketName": "optigration-external-eu",
            "CustomersFolderPath": "2022-07-19 09 00 webhhook-name channel-id engagement-id/customers",
            "MetadataFilePath": "2022-07-19 09 00 webhhook-name channel-id  engagement-id/metadata",
            "DecryptionKey": "your-decryption-key",
            "ChannelID": 1,
        },
        EngagementReady(
            38085,
            144523,
            28209,
            1,
            "optigration-external-eu",
            "2022-07-19 09 00 webhhook-name channel-id engagement-id/customers",
            "2022-07-19 09 00 webhhook-name channel-id  engagement-id/metadata",
            "your-decryption-key",
            time_stamp=local(2022, 7, 19, 8, 54),
        ),
    ),
]


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


@pytest.mark.parametrize("spell", [str, camel, snake], ids=["PascalCase", "camelCase", "snake_case"])
@pytest.mark.parametrize(("payload", "expected"), SAMPLES)
def test_a_notification_is_read_in_any_casing(payload: dict[str, Any], expected: Any, spell: Any) -> None:
    body = json.dumps({spell(key): value for key, value in payload.items()}).encode()
    notification = parse_notification(body, headers={"Content-Type": "text/plain"})
    assert notification == expected
    assert pickle.loads(pickle.dumps(notification)) == expected


def test_unknown_fields_are_kept() -> None:
    notification = parse_notification({"EventTypeID": 13, "CampaignID": 1, "ChannelID": 2, "Brand": "x"})
    assert isinstance(notification, ChannelExecuted)
    assert notification.extra == {"Brand": "x"}


def test_an_unknown_type_is_kept_whole() -> None:
    body = {"EventTypeID": 99, "Anything": [1]}
    assert parse_notification(json.dumps(body)) == UnknownNotification(99, body)


def test_the_type_may_come_from_the_url_and_the_body_wins() -> None:
    assert isinstance(parse_notification(b'{"CampaignID": 1}', event_type_id=4), CampaignCanceled)
    assert isinstance(
        parse_notification(b'{"CampaignID": 1, "eventTypeId": 1}', event_type_id=4), CampaignProcessed
    )
    assert parse_notification(b"{}") == UnknownNotification(None, {})


def test_the_decryption_key_is_not_shown() -> None:
    notification = parse_notification({"EventTypeID": 14, "CampaignID": 1, "DecryptionKey": "s3cret"})
    assert "s3cret" not in repr(notification)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"EventTypeID": "x"}',
        b'{"EventTypeID": true}',
        b'{"EventTypeID": 13, "CampaignID": 1}',
        b'{"EventTypeID": 13, "CampaignID": {}, "ChannelID": 2}',
        b'{"EventTypeID": 1, "CampaignID": "abc"}',
        b'{"EventTypeID": 5, "CampaignID": 1, "ClearanceRequiredBy": "tomorrow"}',
    ],
)
def test_anything_else_is_a_notification_error(body: bytes) -> None:
    with pytest.raises(NotificationError):
        parse_notification(body)


def test_the_error_names_the_field_and_not_its_value() -> None:
    with pytest.raises(NotificationError, match=r"type 1 .* at \$\.CampaignID") as caught:
        parse_notification({"EventTypeID": 1, "CampaignID": "private"})
    assert "private" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(sorted({key for payload, _ in SAMPLES for key in payload}))


@given(st.binary() | st.text() | st.dictionaries(KEYS, JSON) | JSON.map(json.dumps))
def test_only_a_notification_error_ever_escapes(body: Any) -> None:
    try:
        parse_notification(body)
    except NotificationError:
        pass


@given(st.sampled_from([json.dumps(payload).encode() for payload, _ in SAMPLES]), st.data())
def test_mutated_samples_never_raise_anything_else(body: bytes, data: st.DataObject) -> None:
    mutated = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_notification(bytes(mutated))
    except NotificationError:
        pass
