from __future__ import annotations

import json

import pytest

from optimove_sdk import ConfigurationError, Event, EventRejected
from optimove_sdk.config import Secret
from optimove_sdk.events.signing import signature
from optimove_sdk.testing import FakeOptimove

GOOD = {
    "tenant": 999,
    "event": "e",
    "customer": "C1",
    "timestamp": "2026-01-05 09:00:00.000 UTC",
    "context": {},
}


@pytest.mark.parametrize("token", [None, "secret"])
def test_an_event_is_kept_and_receipted(token) -> None:
    fake = FakeOptimove(events_token=token)
    receipt = fake.client().events.report(Event(event="signup", customer="C1", context={"x": 1}))
    assert receipt.message is not None
    assert receipt.message.isdigit()
    (event,) = fake.events
    assert (event["event"], event["customer"], event["context"]) == ("signup", "C1", {"x": 1})
    assert fake.count("ReportEvent") == 1


def test_the_wrong_tenant_is_refused_in_optimoves_words(fake, perform) -> None:
    client = fake.client(tenant_id=1)
    with pytest.raises(EventRejected, match="tenantId is missing or invalid"):
        client.events.report(Event(event="signup", customer="C1"))
    assert fake.events == []


def test_a_wrong_signature_is_refused() -> None:
    fake = FakeOptimove(events_token="secret")
    with pytest.raises(EventRejected, match="signature"):
        fake.client(events_token="other").events.report(Event(event="signup", visitor="V1"))


@pytest.mark.parametrize("missing", ["tenant", "event", "customer", "timestamp"])
def test_what_is_missing_is_named(ask, missing) -> None:
    body = json.dumps({key: value for key, value in GOOD.items() if key != missing}).encode()
    answer = json.loads(ask("POST", "/reportServer", body).body)
    assert answer["status"] == "error"
    assert missing.replace("tenant", "tenantId") in answer["message"]


def test_a_body_that_is_no_object_is_refused(ask) -> None:
    assert json.loads(ask("POST", "/reportServer", b"[]").body)["status"] == "error"


def test_events_need_no_key_and_have_no_rate(ask) -> None:
    answers = [ask("POST", "/reportServer", json.dumps(GOOD).encode(), X_API_KEY="none") for _ in range(60)]
    assert {json.loads(answer.body)["status"] for answer in answers} == {"success"}


METRIC = {"event": "opened", "category": "metric", "customer": "C1", "timestamp": "2026-01-05 08:00:00 UTC"}


@pytest.fixture
def save(fake, ask):
    def save(value: object, token: str | None = None) -> dict:
        content = json.dumps(value).encode()
        signed = signature(content, Secret(token or fake.events_token))
        headers = {"X_Optimove_Signature_Version": "1", "X_Optimove_Signature_Content": signed}
        return json.loads(ask("POST", "/api/saveEvent", content, X_API_KEY="none", **headers).body)

    return save


def test_metrics_are_kept(fake) -> None:
    events = [Event(event="opened", customer="C1"), Event(event="clicked", visitor="V1")]
    receipt = fake.client().engagement_metrics.report(events)
    assert receipt.message is not None
    assert [(one["event"], one["category"]) for one in fake.engagement_metrics] == [
        ("opened", "metric"),
        ("clicked", "metric"),
    ]
    assert fake.count("SaveEvent") == 1


@pytest.mark.parametrize("value", [METRIC, [METRIC], {**METRIC, "timestamp": "2025-12-29 09:00:00"}])
def test_one_metric_or_an_array_is_taken(fake, save, value) -> None:
    assert save(value)["status"] == "success"
    assert len(fake.engagement_metrics) == 1


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"category": "event"}, "category"),
        ({"category": None}, "category"),
        ({"event": ""}, "event"),
        ({"visitor": "V1"}, "customer"),
        ({"timestamp": "2025-12-29 08:59:59 UTC"}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": None}, "timestamp"),
    ],
)
def test_a_wrong_metric_refuses_all(fake, save, change, wrong) -> None:
    answer = save([METRIC, {**METRIC, **change}])
    assert answer["status"] == "error"
    assert wrong in answer["message"]
    assert fake.engagement_metrics == []


def test_an_empty_array_and_a_wrong_signature_are_refused(fake, save) -> None:
    assert save([])["status"] == "error"
    assert "signature" in save(METRIC, token="other")["message"]


def test_without_a_token_nothing_is_checked() -> None:
    fake = FakeOptimove(events_token=None)
    fake.client(events_token="any").engagement_metrics.report([Event(event="opened", customer="C1")])
    with pytest.raises(ConfigurationError, match="metrics_url"):
        fake.client().engagement_metrics.report([Event(event="opened", customer="C1")])
