"""An event is checked when it is made; what is sent is what OptiEvent documents."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimove_sdk import Event, InvalidInput

GOOD: dict[str, Any] = {"event": "newsletter_signup", "customer": "johndoe@domain.example"}

REFUSED = {
    "neither customer nor visitor": (
        {"customer": None},
        "exactly one of customer and visitor; it has neither",
    ),
    "both customer and visitor": ({"visitor": "b449f7778d4981a5"}, "it has both"),
    "an empty customer": ({"customer": " "}, "customer must be a string"),
    "a customer that is a number": ({"customer": 12}, "customer must be a string"),
    "a name with a space": ({"event": "newsletter signup"}, "event must be a name in snake_case"),
    "a name in capitals": ({"event": "NewsletterSignup"}, "event must be a name in snake_case"),
    "51 parameters": ({"context": {f"p{i}": i for i in range(51)}}, "context has 51 parameters"),
    "a string of 256 characters": ({"context": {"a": "x" * 256}}, r"context\['a'\] has 256 characters"),
    "a nested value": ({"context": {"a": {"b": 1}}}, r"context\['a'\] is a dict"),
    "a list": ({"context": {"a": [1]}}, r"context\['a'\] is a list"),
    "None": ({"context": {"a": None}}, r"context\['a'\] is a NoneType"),
    "NaN": ({"context": {"a": math.nan}}, r"context\['a'\] is nan"),
    "infinity": ({"context": {"a": -math.inf}}, r"context\['a'\] is -inf"),
    "a parameter with a space": ({"context": {"a b": 1}}, "'a b' is not a parameter name"),
    "a context that is a list": ({"context": [1]}, "context must be a mapping"),
    "a naive timestamp": (
        {"timestamp": datetime(2026, 1, 1)},
        "timestamp must be a datetime with a time zone",
    ),
    "a timestamp that is text": ({"timestamp": "2026-01-01"}, "timestamp must be a datetime"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_event_that_optievent_would_not_take_cannot_be_made(what: str) -> None:
    change, message = REFUSED[what]
    with pytest.raises(InvalidInput, match=message):
        Event(**{**GOOD, **change})


def test_the_limits_themselves_are_allowed() -> None:
    Event(**GOOD, context={f"p{i}": "x" * 255 for i in range(50)})
    Event(event="a", visitor="v")


def test_the_payload_is_the_documented_one() -> None:
    event = Event(
        event="newsletter_signup",
        customer="johndoe@domain.example",
        timestamp=datetime(2020, 4, 12, 19, 32, 6, 94000, tzinfo=timezone(timedelta(hours=2))),
        context={"email": "johndoe@domain.example", "opt_in": True},
    )
    assert event.payload(999) == {
        "tenant": 999,
        "event": "newsletter_signup",
        "customer": "johndoe@domain.example",
        "timestamp": "2020-04-12 17:32:06.094000 UTC",
        "context": {"email": "johndoe@domain.example", "opt_in": True},
    }


def test_a_visitor_is_sent_instead_of_the_customer() -> None:
    payload = Event(
        event="set_page_visit", visitor="b449", context={"customURL": "https://a.example"}
    ).payload(1)
    assert payload["visitor"] == "b449"
    assert "customer" not in payload


def test_an_event_without_timestamp_happened_now() -> None:
    before = datetime.now(UTC)
    assert before <= Event(**GOOD).timestamp <= datetime.now(UTC)


def test_personal_data_is_not_shown() -> None:
    assert "johndoe" not in repr(Event(**GOOD, context={"email": "johndoe@domain.example"}))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_sent_as_javascript_prints_them(number: float) -> None:
    sent = Event(**GOOD, context={"amount": number}).payload(1)["context"]["amount"]
    assert sent == number
    assert isinstance(sent, int) == (number.is_integer() and abs(number) < 2**53)


def test_booleans_stay_booleans() -> None:
    assert Event(**GOOD, context={"a": True}).payload(1)["context"]["a"] is True


def test_what_becomes_of_the_callers_context_does_not_change_the_event() -> None:
    context = {"amount": 1}
    event = Event(**GOOD, context=context)
    context["amount"] = 2
    context["nested"] = {"not": "checked"}
    assert event.context == {"amount": 1}
