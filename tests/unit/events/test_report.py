"""Reporting an event: where it goes, how it is signed, and what the answers mean."""

from __future__ import annotations

import pickle

import pytest

from optimove_sdk import ConfigurationError, DecodeError, Event, EventRejected, ServerError
from optimove_sdk.config import Secret
from optimove_sdk.events.signing import signature
from support.recording import answer, async_client_for, client_for

EVENT = Event(event="deposit", customer="C1", context={"amount": 5.0, "note": "é"})
TAKEN = answer({"status": "success", "message": "1147206418897270"})


def test_an_event_goes_unsigned_to_v1_and_gives_its_receipt() -> None:
    client, sent = client_for(TAKEN)
    assert client.events.report(EVENT).message == "1147206418897270"
    assert sent.requests[0].url == "https://server-999.optimove.test/reportServer"
    assert sent.json == EVENT.payload(999)
    assert not any(name.startswith(("X-API", "X-Optimove")) for name in sent.requests[0].headers)


async def test_an_event_goes_signed_to_v2_when_there_is_a_token() -> None:
    client, sent = async_client_for(TAKEN, events_token="track-and-trigger")
    await client.events.report(EVENT)
    request = sent.requests[0]
    assert request.url == "https://server-999.optimove.test/v2/reportServer"
    assert request.content is not None
    assert sent.header("X-Optimove-Signature-Version") == "1"
    assert sent.header("X-Optimove-Signature-Content") == signature(
        request.content, Secret("track-and-trigger")
    )


def test_the_whole_endpoint_may_be_given() -> None:
    client, sent = client_for(TAKEN, events_url="https://e.example/v3/other")
    client.events.report(EVENT)
    assert sent.requests[0].url == "https://e.example/v3/other"


# printf '%s' BODY | openssl dgst -sha256 -hmac KEY
@pytest.mark.parametrize(
    ("body", "key", "expected"),
    [
        (b"", "key", "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"),
        (
            b"what do ya want for nothing?",
            "Jefe",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ],
)
def test_signatures_agree_with_openssl_and_rfc_4231(body: bytes, key: str, expected: str) -> None:
    assert signature(body, Secret(key)) == expected


@pytest.mark.parametrize("status", [200, 400, 500])
def test_status_error_is_a_rejection_under_any_http_status(status: int) -> None:
    message = "Failed to validate the event with the following error - tenantId is missing or invalid"
    client, sent = client_for(answer({"status": "error", "message": message}, status))
    with pytest.raises(EventRejected) as caught:
        client.events.report(EVENT)
    assert caught.value.message == message
    assert caught.value.status == status
    assert len(sent.requests) == 1
    assert pickle.loads(pickle.dumps(caught.value)).message == message


def test_a_rejection_does_not_show_the_customer() -> None:
    client, _ = client_for(answer({"status": "error", "message": "unknown customer C1"}))
    with pytest.raises(EventRejected) as caught:
        client.events.report(EVENT)
    assert "C1" not in str(caught.value)


def test_an_event_is_not_sent_again_when_it_may_have_arrived() -> None:
    client, sent = client_for(answer(b"<html>Bad Gateway</html>", 502), TAKEN)
    with pytest.raises(ServerError):
        client.events.report(EVENT)
    assert len(sent.requests) == 1


def test_an_empty_answer_is_a_receipt_if_its_status_says_so() -> None:
    client, _ = client_for(answer(b""))
    assert client.events.report(EVENT).message is None


@pytest.mark.parametrize("body", [b"<html>blocked</html>", b'{"status": "succ', b"hello"])
def test_an_answer_that_cannot_be_read_is_no_receipt(body: bytes) -> None:
    client, sent = client_for(answer(body))
    with pytest.raises(DecodeError):
        client.events.report(EVENT)
    assert len(sent.requests) == 1


def test_reporting_needs_a_tenant_and_an_endpoint() -> None:
    client, _ = client_for(tenant_id=None)
    with pytest.raises(ConfigurationError, match="tenant_id"):
        client.events.report(EVENT)
    client, _ = client_for(events_url=None)
    with pytest.raises(ConfigurationError, match="events_url"):
        client.events.report(EVENT)


def test_a_client_for_events_alone_needs_no_api_key() -> None:
    client, sent = client_for(TAKEN, base_url=None, api_key=None)
    client.events.report(EVENT)
    assert len(sent.requests) == 1
    with pytest.raises(ConfigurationError, match="base_url"):
        client.promotions.list()
