from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from optimove_sdk import APIError, AttributeAdded, AttributesUpdated, parse_attribute_callback
from optimove_sdk.errors import InvalidInput

ME = "https://me.test/done"
ADD = "/current/customers/AddCustomerAttribute"
ONE, TWO = "C0000001", "C0000002"


@pytest.fixture
def callbacks(fake):
    def callbacks() -> list[Any]:
        assert {sent.url for sent in fake.outbox} <= {ME}
        return [parse_attribute_callback(sent.payload) for sent in fake.outbox]

    return callbacks


def values(client, customer: str) -> dict[str, str | None]:
    return {one.real_field_name: one.value for one in client.attributes.get(customer)}


def test_what_was_added_is_listed_and_has_its_default(fake, callbacks) -> None:
    client = fake.client()
    client.attributes.add("VIP_Level", "VARCHAR(10)", default_value="Bronze", callback_url=ME)
    client.attributes.add("Since", "DATE")
    names = [one.real_field_name for one in client.model.customer_attributes()]
    assert names[-2:] == ["VIP_Level", "Since"]
    assert callbacks() == [AttributeAdded("VIP_Level", True)]
    known = {one.real_field_name: one for one in client.attributes.get("anybody")}
    assert (known["VIP_Level"].value, known["VIP_Level"].field_type) == ("Bronze", "Varchar")
    assert known["Since"].value is None


@pytest.mark.parametrize(
    ("name", "kind", "default", "problem"),
    [
        ("N", "TEXT", None, 3),
        ("N", "VARCHAR(0)", None, 3),
        ("country", "INT", None, 2),
        ("N", "INT", "many", 4),
        ("N", "DECIMAL(19,4)", "much", 4),
        ("N", "DATE", "today", 4),
        ("N", "NVARCHAR(2)", "abc", 4),
    ],
)
def test_a_wrong_definition_is_told_to_the_callback_only(fake, ask, callbacks, name, kind, default, problem):
    body = {"Name": name, "Type": kind, "DefaultValue": default, "CallbackURL": ME}
    response = ask("POST", ADD, json.dumps(body).encode())
    assert (response.status, response.body) == (200, b"")
    (told,) = callbacks()
    assert (told.is_success, told.error_id) == (False, problem)
    assert told.error_message.startswith("Attribute was not added")
    assert len(fake.attributes.definitions) == 5


def test_forty_can_be_added(fake, callbacks) -> None:
    client = fake.client()
    for number in range(41):
        client.attributes.add(f"A{number}", "INT", callback_url=ME)
    assert [told.error_id for told in callbacks()] == [None] * 40 + [1]


@pytest.mark.parametrize("body", [{"Name": "N"}, {"Type": "INT"}, {"Name": "", "Type": "INT"}, []])
def test_a_definition_needs_a_name_and_a_type(ask, body) -> None:
    assert ask("POST", ADD, json.dumps(body).encode()).status == 400


def test_what_is_written_is_read_back_in_any_case_of_its_name(fake, callbacks) -> None:
    fake.add_attribute("VIP")
    client = fake.client()
    result = client.attributes.update({"a/b": {"vip": True, "AGE": None, "Country": "UK"}}, callback_url=ME)
    got = values(client, "a/b")
    assert (got["VIP"], got["Age"], got["Country"]) == ("true", None, "UK")
    (told,) = callbacks()
    assert told == AttributesUpdated(True, result.ok[0].value.request_id)
    assert told.request_id is not None


def test_an_audience_has_what_was_written(fake) -> None:
    number = fake.add_campaign(customers=1).campaign_id
    client = fake.client()
    client.attributes.update({ONE: {"Age": 30}})
    (row,) = client.customers.execution_details(number, 504, attributes=["AGE", "Shoe"])
    assert row.attributes["AGE"] == "30"
    assert row.attributes["Shoe"] is not None


def test_what_is_wrong_is_told_and_the_rest_is_written(fake, callbacks) -> None:
    client = fake.client()
    client.customers.remove_pii([TWO]).raise_for_failed()
    client.attributes.update(
        {ONE: {"Age": "old", "Nonsense": "x", "Country": "DE"}, TWO: {"Country": "UK"}}, callback_url=ME
    ).raise_for_failed()
    (told,) = callbacks()
    assert not told.is_success
    assert [(one.error, one.customer_id, one.real_field_name) for one in told.errors] == [
        ("INVALID_VALUE", ONE, "Age"),
        ("INVALID_FIELD", ONE, "Nonsense"),
        ("INVALID_CUSTOMER", TWO, "Country"),
    ]
    assert values(client, ONE)["Country"] == "DE"


def test_customers_are_inserted_and_updated(fake, ask, callbacks) -> None:
    client = fake.client()
    client.attributes.upsert("new", {"Country": "ES"}, callback_url=ME)
    client.attributes.upsert_many({"a": {"Age": "3"}, "b": {}}, callback_url=ME).raise_for_failed()
    assert fake.attributes.written == {"new": {"Country": "ES"}, "a": {"Age": "3"}, "b": {}}
    assert all(told.is_success for told in callbacks())
    with pytest.raises(APIError, match="INVALID_FIELD"):
        client.attributes.upsert("new", {"Nonsense": "1"}, callback_url=ME)
    assert callbacks()[-1].errors[0].error == "INVALID_FIELD"
    assert ask("PUT", "/Customers/UpsertCustomer", b"{}").status == 400
    body = b'{"Customers": [{"CustomerId": "c"}]}'
    assert ask("PUT", "/Customers/InsertOrUpdateCustomers", body).status == 202


def test_removed_personal_data_is_gone(fake) -> None:
    client = fake.client()
    client.attributes.upsert("written", {"Email": "a@b.test"})
    before = values(client, ONE)
    result = client.customers.remove_pii([ONE, "written", "stranger"])
    assert [outcome.item for outcome in result.failed] == ["stranger"]
    after = values(client, ONE)
    assert (after["Email"], after["Alias"], after["Country"]) == (None, None, before["Country"])
    assert values(client, "written")["Email"] is None
    assert not client.customers.remove_pii([ONE]).failed


def test_changes_of_the_last_day_are_told_once_for_each_customer(fake) -> None:
    client = fake.client()
    old = values(client, ONE)["Country"]
    client.attributes.update({ONE: {"Country": "FR"}, TWO: {"Country": "FR"}})
    client.attributes.update(
        {ONE: {"Country": "IT"}, TWO: {"Country": values(fake.client(), "x")["Country"]}}
    )
    (row, *_) = client.attributes.changers("COUNTRY", attributes=["Country"])
    changed = (row.customer_id, row.initial_customer_attribute, row.final_customer_attribute)
    assert changed == (ONE, old, "IT")
    assert row.attributes == {"Country": "IT"}
    assert client.attributes.changers("Age").to_list() == []
    fake.clock.advance(3 * 24 * 3600)
    assert client.attributes.changers("Country").to_list() == []
    ago = fake.today() - timedelta(3)
    assert client.attributes.changers("Country", start_date=ago, end_date=ago).to_list()


def test_who_changes_back_did_not_change(fake) -> None:
    client = fake.client()
    old = values(client, ONE)["Age"]
    client.attributes.update({ONE: {"Age": 1}})
    client.attributes.update({ONE: {"Age": old}})
    assert client.attributes.changers("Age").to_list() == []


def test_a_test_may_add_attributes_of_the_documented_types_only(fake) -> None:
    with pytest.raises(InvalidInput, match="TEXT"):
        fake.add_attribute("N", "TEXT")
