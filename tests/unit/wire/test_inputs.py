"""What users pass: checked before anything is sent, with the name of the culprit."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from optimove_sdk.errors import InvalidInput
from optimove_sdk.wire import inputs
from optimove_sdk.wire.fields import OpenIntEnum


class Kind(OpenIntEnum):
    ONE = 1


class Plain(enum.Enum):
    X = "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", ""),
        (3, "3"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (Kind.ONE, "1"),
        (Plain.X, "x"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02 03:04:05"),
        (("Alias", "Country"), "Alias;Country"),
    ],
)
def test_parameters_are_spelled_as_optimove_wants_them(value: Any, text: str) -> None:
    assert inputs.encode_params({"P": value}) == {"P": text}


@pytest.mark.parametrize("value", [None, (), []])
def test_a_parameter_without_a_value_is_left_out(value: Any) -> None:
    assert inputs.encode_params({"P": value}) == {}


def test_a_query_is_encoded_but_readable() -> None:
    assert (
        inputs.query({"$top": "1", "L": "a,b", "N": "é &=+/?#"})
        == "$top=1&L=a,b&N=%C3%A9%20%26%3D%2B%2F%3F%23"
    )


@pytest.mark.parametrize("value", ["2026-01-31", date(2026, 1, 31), datetime(2026, 1, 31, 23, 59)])
def test_a_day_is_a_date_or_its_text(value: Any) -> None:
    assert inputs.day("date", value) == "2026-01-31"


def test_numbers_get_the_names_of_optimove() -> None:
    assert inputs.ids(campaign_id=3, channel_id=Kind.ONE) == {"CampaignID": 3, "ChannelID": 1}


def test_a_range_of_days_is_both_or_neither() -> None:
    assert inputs.days(None, None) == {}
    assert inputs.days("2026-01-31", date(2026, 1, 31)) == {
        "StartDate": "2026-01-31",
        "EndDate": "2026-01-31",
    }


def test_what_optimove_assumes_anyway_is_not_sent() -> None:
    assert inputs.optional(a_id=None, b_id=0, c=True, d=False) == {"BID": 0, "C": True}


def test_good_values_are_returned_as_they_are() -> None:
    assert inputs.whole("n", 0) == 0
    assert inputs.text("t", " a ") == " a "
    assert inputs.texts("t", iter(["a", "b"])) == ["a", "b"]
    assert inputs.attribute_names(["A", "B"]) == ("A", "B")
    assert inputs.attribute_names([]) == ()
    assert inputs.web_url("u", "https://x/y?z=1") == "https://x/y?z=1"
    assert inputs.segment("s", "a b/c?") == "a%20b%2Fc%3F"
    inputs.unique("k", [1, 2, "1"])


@pytest.mark.parametrize(
    ("check", "culprit"),
    [
        (lambda: inputs.day("date", "31/01/2026"), "date"),
        (lambda: inputs.day("date", "2026-02-30"), "date"),
        (lambda: inputs.day("date", None), "date"),
        (lambda: inputs.day("date", 20260131), "date"),
        (lambda: inputs.days("2026-01-31", None), "go together"),
        (lambda: inputs.days(None, "2026-01-31"), "go together"),
        (lambda: inputs.days("2026-02-01", "2026-01-31"), "is before"),
        (lambda: inputs.days("2026-02-01", "soon"), "end_date"),
        (lambda: inputs.optional(a_id=-1), "a_id must be"),
        (lambda: inputs.whole("n", -1), "n must be"),
        (lambda: inputs.whole("n", 0, least=1), "1 or more"),
        (lambda: inputs.whole("n", True), "n must be"),
        (lambda: inputs.whole("n", 1.0), "n must be"),
        (lambda: inputs.whole("n", "1"), "n must be"),
        (lambda: inputs.ids(campaign_id=None), "campaign_id"),
        (lambda: inputs.text("t", ""), "t must be"),
        (lambda: inputs.text("t", "  "), "t must be"),
        (lambda: inputs.text("t", 3), "t must be"),
        (lambda: inputs.texts("t", "abc"), "not one string"),
        (lambda: inputs.texts("t", ["a", ""]), r"t\[1\]"),
        (lambda: inputs.attribute_names("Alias"), "not one string"),
        (lambda: inputs.attribute_names(["A;B"]), "separates"),
        (lambda: inputs.attribute_names(["A", "A"]), r"attributes\[1\] repeats attributes\[0\]"),
        (lambda: inputs.web_url("u", "example.com"), "u must be"),
        (lambda: inputs.web_url("u", "ftp://x"), "u must be"),
        (lambda: inputs.web_url("u", "https://"), "u must be"),
        (lambda: inputs.web_url("u", "https://x y"), "u must be"),
        (lambda: inputs.web_url("u", "https://[x"), "u must be"),
        (lambda: inputs.web_url("u", None), "u must be"),
        (lambda: inputs.segment("s", ""), "s must be"),
        (lambda: inputs.segment("s", ".."), "another path"),
        (lambda: inputs.segment("s", "."), "another path"),
        (lambda: inputs.segment("s", "\ud800"), "half a character"),
        (lambda: inputs.query({"P": "\ud800"}), "half a character"),
    ],
)
def test_bad_values_are_refused_by_name(check: Callable[[], Any], culprit: str) -> None:
    with pytest.raises(InvalidInput, match=culprit):
        check()
