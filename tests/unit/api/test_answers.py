"""What the models make of the shapes in which Optimove really answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from optimove_sdk import CampaignStatus, DecodeError, NotFound
from support.recording import answer, client_for


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


def test_campaign_details_take_booleans_as_booleans_and_as_strings() -> None:
    for true in (True, "true", "True"):
        client, _ = client_for(
            answer({"IsMultiChannel": true, "Status": "Failed", "Error": "ESP unavailable"})
        )
        details = client.campaigns.get(1)
        assert details.is_multi_channel is True
        assert details.status is CampaignStatus.FAILED
        assert details.error == "ESP unavailable"


def test_a_campaign_status_that_is_new_is_kept() -> None:
    client, _ = client_for(answer({"Status": "Paused", "Brand": "x"}))
    details = client.campaigns.get(1)
    assert details.status == "Paused"
    assert details.extra == {"Brand": "x"}


def test_the_channels_of_a_campaign_are_read_by_their_id() -> None:
    client, _ = client_for(answer({"Channels": [{"Id": 504}, {"ID": "505"}], "Tags": ["vip"]}))
    details = client.campaigns.get(1)
    assert [channel.id for channel in details.channels or ()] == [504, 505]
    assert details.tags == ("vip",)


def test_a_missing_template_is_not_found() -> None:
    client, _ = client_for(answer([]))
    with pytest.raises(NotFound):
        client.templates.get(3, 99)


def test_an_unknown_channel_has_no_templates() -> None:
    client, _ = client_for(answer(b"Not Found", 404))
    assert client.templates.list(99) == []


ROW = {"CustomerID": "231342", "ActionID": 4, "TemplateID": "7"}


@pytest.mark.parametrize("spelling", ["ScheduleTime", "ScheduledTime", "scheduledTime", "schedule_time"])
def test_execution_details_read_the_send_time_however_it_is_spelled(spelling: str) -> None:
    client, _ = client_for(answer([{**ROW, spelling: "2015-12-30 10:30:00"}]), answer([]))
    (row,) = client.customers.execution_details(1, 2)
    assert row.scheduled_time == local(2015, 12, 30, 10, 30)
    assert row.template_id == 7


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("A7Bonus,A9Bonus", ("A7Bonus", "A9Bonus")),
        (["A", "B"], ("A", "B")),
        ("", ()),
        (None, ()),
        ("A", ("A",)),
    ],
)
def test_promo_codes_are_a_tuple_however_they_come(codes: Any, expected: tuple[str, ...]) -> None:
    client, _ = client_for(answer([{**ROW, "PromoCode": codes}]), answer([]))
    assert client.customers.execution_details(1, 2).to_list()[0].promo_codes == expected
    client, _ = client_for(answer([{"CustomerID": 5, "ActionID": "4", "PromoCode": codes}]), answer([]))
    (canceled,) = client.customers.canceled(1)
    assert (canceled.customer_id, canceled.action_id, canceled.promo_codes) == ("5", 4, expected)


@pytest.mark.parametrize(
    "attributes",
    [
        {"CustomerAttributes": ["BuddyZZ", "UK"]},
        {"CustomerAttribute": "BuddyZZ,UK"},
        {"CustomerAttribute": "BuddyZZ;UK"},
    ],
)
def test_customer_attributes_are_read_by_name(attributes: dict[str, Any]) -> None:
    client, _ = client_for(answer([{**ROW, **attributes}]), answer([]))
    (row,) = client.customers.send_details_by_channel(5, 1, attributes=["Alias", "Country"])
    assert row.attributes == {"Alias": "BuddyZZ", "Country": "UK"}


def test_attributes_that_cannot_be_told_apart_are_an_error_and_not_a_guess() -> None:
    client, _ = client_for(answer([{**ROW, "CustomerAttribute": "a,b,c"}]), answer([]))
    with pytest.raises(DecodeError, match=r"\$\[0\]\.CustomerAttributes"):
        client.customers.execution_details(1, 2, attributes=["Alias", "Country"]).to_list()


def test_rows_without_a_published_schema_have_snake_case_keys() -> None:
    client, _ = client_for(answer([{"CustomerID": "1", "PromoCode": "A", "CustomerIDs": []}]), answer([]))
    assert client.customers.processed(1).to_list() == [
        {"customer_id": "1", "promo_code": "A", "customer_ids": []}
    ]


def test_ended_actions_tell_when_they_began() -> None:
    row = {"CustomerID": "1", "ActionID": 428, "ChannelID": 4, "Date": "2014-12-03", "Duration": 7}
    client, _ = client_for(answer([row]), answer([]))
    (ended,) = client.customers.action_ended_on("2014-12-10")
    assert ended.date == date(2014, 12, 3)


def test_a_value_that_does_not_fit_is_named_by_its_path_and_not_shown() -> None:
    client, _ = client_for(answer([ROW, {**ROW, "ActionID": "private@mail.example"}]))
    with pytest.raises(DecodeError) as caught:
        client.customers.execution_details(1, 2).to_list()
    assert caught.value.path == "$[1].ActionID"
    assert "GetCustomerExecutionDetailsByCampaign" in str(caught.value)
    assert "private" not in str(caught.value)
