"""Answers of the less travelled functions, in their old and new shapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimove_sdk import (
    ConfigurationError,
    Event,
    EventRejected,
    Interaction,
    InvalidInput,
    ItemStatus,
    NotFound,
    PermissionDenied,
)
from optimove_sdk.config import Secret
from optimove_sdk.events.signing import signature
from support.recording import answer, client_for

METRICS = {"metrics_url": "https://metric-999.optimove.test", "events_token": "token"}


@pytest.mark.parametrize("nothing", [[], {}, b"", {"FailedCustomerIDs": []}, {"failedCustomerIds": None}])
def test_remove_pii_takes_every_way_to_say_that_none_failed(nothing: Any) -> None:
    client, _ = client_for(answer(nothing))
    assert len(client.customers.remove_pii(["A", "B"]).ok) == 2


def test_remove_pii_tells_which_customers_were_unknown() -> None:
    client, _ = client_for(answer({"FailedCustomerIDs": ["B"]}))
    result = client.customers.remove_pii(["A", "B", "C"])
    assert [outcome.status for outcome in result] == [ItemStatus.OK, ItemStatus.FAILED, ItemStatus.OK]
    (failed,) = result.failed
    assert failed.index == 1
    assert isinstance(failed.error, NotFound)


def test_remove_pii_does_not_take_a_message_for_success() -> None:
    client, _ = client_for(answer("Something is wrong"))
    assert len(client.customers.remove_pii(["A"]).failed) == 1


@pytest.mark.parametrize("missing", [None, "NULL"])
def test_a_value_that_was_not_there_before_is_none(missing: Any) -> None:
    row = {"CustomerID": "91342", "InitialCustomerAttribute": missing, "FinalCustomerAttribute": "A, B"}
    client, _ = client_for(answer([row]), answer([]))
    (change,) = client.attributes.changers("Brand")
    assert (change.initial_customer_attribute, change.final_customer_attribute) == (None, "A, B")


def test_interactions_of_a_new_kind_and_shape_are_kept() -> None:
    client, _ = client_for(answer([{"EventID": 7}, {"eventId": "99", "Metric": "open", "Date": None}]))
    known, new = client.customers.channel_interactions("C1", "2026-01-01", "2026-01-31")
    assert known.event_id is Interaction.BOUNCED
    assert new.event_id == 99
    assert new.extra == {"Metric": "open"}


@pytest.mark.parametrize("stamp", ["2020-03-16 08:00:00", "2020-03-16T08:00:00Z", "2020-03-16 08:00:00 UTC"])
def test_unsubscribe_times_are_utc(stamp: str) -> None:
    client, _ = client_for(answer([{"Email": "a@b.example", "UnsubscribedTime": stamp}]), answer([]))
    (row,) = client.unsubscribers.list(4)
    assert row.unsubscribed_time == datetime(2020, 3, 16, 8, tzinfo=UTC)


def test_unsubscribers_are_deleted_one_by_one_and_told_apart() -> None:
    client, sent = client_for(
        answer({"Error": None}), answer({"Error": "Invalid email"}), answer({"Error": None})
    )
    result = client.unsubscribers.delete(4, ["a@x.example", "b", "c@x.example"])
    assert [outcome.status.value for outcome in result] == ["ok", "failed", "ok"]
    assert len(sent.requests) == 3


def test_accepted_writes_carry_a_request_id_if_there_is_one() -> None:
    client, _ = client_for(answer({"requestId": "77e34963"}, 202))
    assert client.attributes.upsert("C1", {"A": "b"}).request_id == "77e34963"
    (outcome,) = client.attributes.update({"C1": {"A": "b"}})
    assert outcome.value.request_id == "77e34963"
    client, _ = client_for(answer(b"", 202))
    assert client.attributes.upsert("C1", {"A": "b"}).request_id is None


def test_a_write_with_errors_under_200_is_refused() -> None:
    client, _ = client_for(answer({"errors": ["unknown attribute"]}))
    with pytest.raises(Exception, match="200: unknown attribute"):
        client.attributes.upsert("C1", {"A": "b"})


@pytest.mark.parametrize("kind", ["VARCHAR", "varchar(10)", "FLOAT", "VARCHAR(0)", "DECIMAL(10,2)"])
def test_an_attribute_type_that_does_not_exist_is_refused(kind: str) -> None:
    client, sent = client_for()
    with pytest.raises(InvalidInput, match="type must be"):
        client.attributes.add("X", kind)
    assert sent.requests == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either lifecycle_stage_ids, or"),
        ({"lifecycle_stage_ids": [1], "customer_attribute": "A", "customer_attribute_value": "b"}, "either"),
        ({"customer_attribute": "A"}, "either"),
    ],
)
def test_future_values_take_one_way_to_choose_customers(arguments: dict[str, Any], message: str) -> None:
    client, _ = client_for()
    with pytest.raises(InvalidInput, match=message):
        client.customers.future_values(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start_date": "2026-01-01"}, "go together"),
        ({"end_date": "2026-01-01"}, "go together"),
        ({"start_date": "2026-02-01", "end_date": "2026-01-01"}, "is before start_date"),
    ],
)
def test_a_range_of_days_is_checked(arguments: dict[str, Any], message: str) -> None:
    client, _ = client_for()
    with pytest.raises(InvalidInput, match=message):
        client.value_segments.changers(**arguments)


def test_dates_that_optimove_would_ignore_are_refused() -> None:
    client, _ = client_for()
    with pytest.raises(InvalidInput, match="only with suggested_in_campaign"):
        client.customers.product_recommendations(start_date="2026-01-01", end_date="2026-01-02")


def test_engagement_metrics_are_one_signed_request() -> None:
    client, sent = client_for(answer({"status": "success", "message": "1"}), **METRICS)
    events = [Event(event="delivered", customer="C1"), Event(event="opened", visitor="V1")]
    client.engagement_metrics.report(events)
    (request,) = sent.requests
    assert request.url == "https://metric-999.optimove.test/api/saveEvent"
    assert sent.json == [{**event.content(), "category": "metric"} for event in events]
    assert "tenant" not in sent.json[0]
    assert sent.header("X-Optimove-Signature-Content") == signature(request.content or b"", Secret("token"))


def test_engagement_metrics_older_than_seven_days_are_refused() -> None:
    client, sent = client_for(**METRICS)
    old = Event(event="delivered", customer="C1", timestamp=datetime.now(UTC) - timedelta(days=7, seconds=1))
    with pytest.raises(InvalidInput, match=r"events\[1\] is older than 7 days"):
        client.engagement_metrics.report([Event(event="delivered", customer="C1"), old])
    with pytest.raises(InvalidInput, match="nothing to report"):
        client.engagement_metrics.report([])
    assert sent.requests == []


def test_engagement_metrics_can_be_rejected() -> None:
    client, _ = client_for(answer({"status": "error", "message": "no"}), **METRICS)
    with pytest.raises(EventRejected, match="no"):
        client.engagement_metrics.report([Event(event="delivered", customer="C1")])


@pytest.mark.parametrize(
    ("do", "missing"),
    [
        (
            lambda c: c.engagement_metrics.report([Event(event="a", customer="b")]),
            "metrics_url and events_token",
        ),
        (lambda c: c.preferences.get("C1", "b"), "preferences_url and tenant_id"),
    ],
)
def test_an_operation_on_a_host_that_is_not_configured_says_what_is_missing(do: Any, missing: str) -> None:
    client, _ = client_for(preferences_url=None)
    with pytest.raises(ConfigurationError, match=missing):
        do(client)


def test_a_refusal_says_when_third_party_keys_are_not_enough() -> None:
    client, _ = client_for(answer(b"Forbidden", 403))
    with pytest.raises(PermissionDenied, match="if this is a third-party key: it may not call this function"):
        client.promotions.list()
    with pytest.raises(PermissionDenied) as caught:
        client.campaigns.get(1)
    assert "third-party" not in str(caught.value)
