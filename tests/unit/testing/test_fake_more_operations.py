from __future__ import annotations

import json
from typing import Any

import pytest

TODAY = "Date=2026-01-05"


@pytest.fixture
def get(ask):
    def get(path: str) -> Any:
        response = ask("GET", f"/current/{path}")
        return json.loads(response.body) if response.status == 200 else response.status

    return get


@pytest.fixture
def write(ask):
    def write(method: str, path: str, value: Any) -> Any:
        response = ask(method, f"/current/{path}", json.dumps(value).encode())
        if response.status != 200:
            return response.status
        return json.loads(response.body) if response.body else None

    return write


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("actions/GetActionName?ActionID=2", {"ActionName": "15% Bonus"}),
        ("actions/GetActionID?ActionName=15%25%20Bonus", {"ActionID": 2}),
        ("groups/GetTargetGroupName?TargetGroupID=1", {"TargetGroupName": "New UK"}),
        ("segments/GetValueSegmentID?ValueSegmentName=Gold", {"ValueSegmentID": 2}),
        ("segments/GetValueSegmentName?ValueSegmentID=99", 404),
        ("segments/GetValueSegmentName", 400),
    ],
)
def test_names_are_looked_up(get, path, answer) -> None:
    assert get(path) == answer


def test_lists_of_names_are_the_documented_samples(get) -> None:
    assert [row["StageName"] for row in get("model/GetLifecycleStageList")] == [
        "New",
        "Active",
        "FromChurn",
        "Churn",
    ]
    assert get("model/GetCustomerAttributeList")[0] == {
        "RealFieldName": "Affiliate",
        "Description": "Acquisition affiliate",
    }
    assert get("model/GetMicrosegmentList")[0]["MicrosegmentName"] == "DWag1-Europe-Winner"


def test_campaigns_are_seen_from_all_sides(fake, get) -> None:
    number = fake.add_campaign(customers=1, channels=[504, 505], action_id=2, target_group_id=1).campaign_id
    both = [{"CustomerID": "C0000001", "ActionID": 2, "ChannelID": channel} for channel in (504, 505)]
    group = {"RecipientGroupID": 1}
    assert get(f"customers/GetCustomerOneTimeActionsByDate?{TODAY}") == both
    assert get(f"customers/GetCustomerActionDetailsByDate?{TODAY}") == [{**row, **group} for row in both]
    assert get(f"customers/GetCustomerOneTimeActionsByCampaign?CampaignID={number}&ChannelID=505") == [
        {**both[1], **group}
    ]
    assert get(f"customers/GetCustomerActionsByTargetGroup?TargetGroupID=1&{TODAY}") == both
    assert get(f"customers/GetCustomerActionsByTargetGroup?TargetGroupID=9&{TODAY}") == []
    (row,) = get(
        f"customers/GetCustomersByAction?ActionID=2&RecipientGroupID=1&{TODAY}&CustomerAttributes=Email"
    )
    assert row == {"CustomerID": "C0000001", "CustomerAttributes": ["c0000001@example.test"]}
    assert get(f"customers/GetCustomersByAction?ActionID=2&RecipientGroupID=2&{TODAY}") == []


def test_the_target_group_adds_the_recipient_group_when_asked(fake, get) -> None:
    fake.add_campaign(customers=1)
    query = f"TargetGroupID=1&{TODAY}&IncludeRecipientGroupID=true"
    assert get(f"customers/GetCustomerActionsByTargetGroup?{query}")[0]["RecipientGroupID"] == 1


def test_a_customer_is_targeted_until_the_campaign_ends(fake, get) -> None:
    fake.add_campaign(customers=1, duration=7)
    (row,) = get("customers/GetCurrentlyTargetedCustomers")
    assert (row["StartDate"], row["EndDate"]) == ("2026-01-05", "2026-01-12")
    assert get("customers/GetCustomerLastActionExecuted?CustomerID=C0000001")["Date"] == "2026-01-05"
    assert get("customers/GetCustomerLastActionExecuted?CustomerID=C0000002") == 404
    fake.clock.advance(8 * 24 * 3600)
    assert get("customers/GetCurrentlyTargetedCustomers") == []


def test_apps_and_preferences_are_kept(fake, write) -> None:
    apps = [{"AppID": 1, "AppName": "Bingo"}, {"AppID": "app2", "AppName": "Slots"}]
    assert write("POST", "integrations/AddChannelApps?ChannelID=506", apps) is None
    assert write("POST", "integrations/DeleteChannelApps", [{"ChannelID": 506, "AppID": 1}]) is None
    assert fake.apps == {506: {"app2": "Slots"}}
    preference = {"ChannelID": 506, "CustomerIDs": ["a"], "CommunicationMode": 2}
    assert write("POST", "integrations/SetCustomerChannelPreference", preference) is None
    assert fake.preferences == [preference]


def test_unsubscribers_come_and_go(fake, get, write) -> None:
    brand = {"BrandId": 4}
    addresses = {**brand, "EmailAddresses": ["a@x.test", "b@x.test"]}
    assert write("POST", "optimail/AddUnsubscribers", addresses) == {"Error": None}
    assert write("POST", "optimail/AddUnsubscribers", {**brand, "EmailAddresses": ["?"]})["Error"]
    one = {**brand, "EmailAddress": "a@x.test"}
    assert write("POST", "optimail/DeleteUnsubscribers", one) == {"Error": None}
    assert write("POST", "optimail/DeleteUnsubscribers", one)["Error"]
    assert write("POST", "optimail/DeleteUnsubscribers", {**one, "BrandId": 5}) == 404
    rows = [{"Email": "b@x.test", "UnsubscribedTime": "2026-01-05 09:00:00"}]
    assert get("optimail/GetUnsubscribers?BrandID=4&StartDate=2026-01-05&EndDate=2026-01-05") == rows
    assert get("optimail/GetUnsubscribers?BrandID=4&EndDate=2026-01-04") == []
    assert get("optimail/GetUnsubscribers?BrandID=4&$skip=1") == []
