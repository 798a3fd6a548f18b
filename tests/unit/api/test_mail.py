"""Mail: safe to send again, its limits, and what its answers mean."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import (
    APIError,
    Attachment,
    DuplicateMessage,
    InvalidInput,
    Recipient,
    RetryPolicy,
)
from support.recording import answer, client_for

SENT = answer({"IsSuccess": True, "SendID": 235311, "Error": None})
FAST = RetryPolicy(base=0.001)


def message_id(request: Any) -> str:
    return json.loads(request.content)["UniqueMessageID"]


def test_a_message_id_is_generated_and_stays_the_same_over_retries() -> None:
    client, sent = client_for(answer(b"", 503), answer(b"", 503), SENT, retry=FAST)
    assert client.mail.send(7, ["a@b.example"]).send_id == 235311
    assert len({message_id(request) for request in sent.requests}) == 1
    client.mail.send(7, ["a@b.example"])
    assert len({message_id(request) for request in sent.requests}) == 2


def test_a_mail_without_id_is_not_sent_again() -> None:
    client, sent = client_for(answer(b"", 503), SENT, retry=FAST)
    with pytest.raises(APIError, match="503"):
        client.mail.send(7, ["a@b.example"], unique_message_id=None)
    assert len(sent.requests) == 1


def test_a_planned_mail_has_its_id_and_can_be_performed_twice_without_harm() -> None:
    client, sent = client_for(SENT, answer({"Error": "succeeded before"}, 409))
    call = client.plan.mail.send(7, ["a@b.example"])
    client.send(call)
    with pytest.raises(DuplicateMessage):
        client.send(call)
    assert message_id(sent.requests[0]) == message_id(sent.requests[1])


def test_206_is_a_success_that_lists_the_tags_left_empty() -> None:
    said = "Missing tags: [%TRANS:FIRST_NAME%], [%CITY%]"
    client, _ = client_for(answer({"IsSuccess": True, "SendID": 5, "Error": said}, 206))
    receipt = client.mail.send(7, ["a@b.example"])
    assert (receipt.send_id, receipt.warning, receipt.missing_tags) == (5, said, ("FIRST_NAME", "CITY"))


def test_a_failure_under_status_200_is_an_error() -> None:
    client, _ = client_for(answer({"IsSuccess": False, "SendID": None, "Error": "Invalid template"}))
    with pytest.raises(APIError, match="200: Invalid template"):
        client.mail.send(7, ["a@b.example"])


def test_mail_has_a_key_of_its_own_if_one_is_given() -> None:
    client, sent = client_for(SENT, mail_api_key="mail-key")
    client.mail.send(7, ["a@b.example"])
    assert sent.header("X-API-KEY") == "mail-key"
    client.metrics.update_campaign_metrics([])
    client, sent = client_for(SENT)
    client.mail.send(7, ["a@b.example"])
    assert sent.header("X-API-KEY") == "key"


def test_a_send_time_is_sent_in_utc() -> None:
    client, sent = client_for(SENT)
    client.mail.send(
        7, ["a@b.example"], schedule_time=datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    )
    assert sent.json["ScheduleTime"] == "2026-01-01 00:00:00"


def test_an_attachment_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "hot deals.pdf"
    file.write_bytes(b"%PDF")
    assert Attachment.from_path(file) == Attachment(b"%PDF", "application/pdf", "hot deals.pdf")
    assert Attachment.from_path(file, "text/plain").type == "text/plain"
    (tmp_path / "unknown").write_bytes(b"")
    assert Attachment.from_path(tmp_path / "unknown").type == "application/octet-stream"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recipients": []}, "recipients: Optimove takes 1 to 200 in one mail, not 0"),
        ({"recipients": [f"{i}@b.example" for i in range(201)]}, "not 201"),
        ({"recipients": "a@b.example"}, "recipients must be a list"),
        ({"recipients": ["nobody"]}, r"recipients\[0\]\.email is not an e-mail address"),
        (
            {"recipients": ["a@b.example", Recipient("a@b.example", [{"X": "y" * 50_000}])]},
            r"recipients\[1\]\.personalizations\[0\] has 50008 bytes",
        ),
        ({"unique_message_id": "x" * 255}, "unique_message_id must have 1 to 254 characters"),
        ({"unique_message_id": ""}, "unique_message_id must have"),
        ({"schedule_time": datetime(2026, 1, 1)}, "schedule_time must have a time zone"),
    ],
)
def test_limits_are_checked_before_anything_is_sent(arguments: dict[str, Any], message: str) -> None:
    client, sent = client_for()
    with pytest.raises(InvalidInput, match=message):
        client.mail.send(**{"template_id": 7, "recipients": ["a@b.example"], **arguments})
    assert sent.requests == []


def test_addresses_and_content_are_not_shown() -> None:
    client, _ = client_for()
    call = client.plan.mail.send(7, ["ann@b.example"], attachments=[Attachment(b"s3cret", "a/b", "c")])
    assert "ann@" not in repr(call) + repr(Recipient("ann@b.example"))
    assert "s3cret" not in repr(Attachment(b"s3cret", "a/b", "c"))
