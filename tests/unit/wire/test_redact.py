"""What may be shown is a list of what is allowed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.config import Secret
from optimove_sdk.wire.redact import scrub, shown


def test_only_harmless_parameters_are_shown() -> None:
    params = {
        "CampaignID": "3",
        "campaignid": "4",
        "$top": "5",
        "CustomerID": "C-7",
        "Email": "a@b.c",
        "New": "x",
    }
    assert shown(params) == {
        "CampaignID": "3",
        "campaignid": "4",
        "$top": "5",
        "CustomerID": "***",
        "Email": "***",
        "New": "***",
    }


@pytest.mark.parametrize("mail", ["ann@example.com", "a.b+c@x.co.uk", "ann%40example.com", "ü@ü.de", "a@b"])
def test_an_e_mail_address_nobody_sent_is_taken_out_too(mail: str) -> None:
    assert scrub(f"No such user: <{mail}>, sorry") == "No such user: <***>, sorry"


def test_what_was_sent_is_taken_out_wherever_it_was() -> None:
    sent = {"a": ["C-77", {"b": ("ann smith", Secret("t0ken"))}], "CampaignID": "3141", "n": 5, "x": "y"}
    assert scrub("C-77, ann smith, t0ken, 3141, 5, y", sent) == "***, ***, ***, 3141, 5, y"


def test_a_longer_value_goes_before_a_shorter_one_within_it() -> None:
    assert scrub("customer 12345", ["123", "12345"]) == "customer ***"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600), st.integers(0, 600))
def test_no_part_of_a_value_is_left_where_a_message_is_cut(before: int, after: int) -> None:
    message = "." * before + " ann.smith@example.com " + "private-value " + "." * after
    result = scrub(message, ["private-value"])
    assert len(result) <= 500
    assert not any(part in result for part in ("ann", "smith", "priv", "val"))


def test_a_long_message_is_cut_and_takes_no_time() -> None:
    begin = time.perf_counter()
    assert len(scrub("x" * 1_000_000 + "@")) == 500
    assert time.perf_counter() - begin < 1
