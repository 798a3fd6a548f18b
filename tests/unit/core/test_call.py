"""A call is a value: comparable, storable, shown without private data."""

from __future__ import annotations

import pickle
from datetime import date
from typing import Any

import pytest

from optimove_sdk.core.answer import Into, Nothing
from optimove_sdk.core.call import Call


def test_params_are_spelled_once_and_empty_ones_are_left_out() -> None:
    call = Call(
        "GET",
        "a/B",
        params={"Date": date(2026, 1, 31), "N": 3, "On": True, "No": None, "L": ("a", "b"), "E": ()},
    )
    assert call.params == {"Date": "2026-01-31", "N": "3", "On": "true", "L": "a;b"}
    assert call.query == "Date=2026-01-31&N=3&On=true&L=a%3Bb"


@pytest.mark.parametrize(("path", "name"), [("a/B", "B"), ("/v2/x/y", "y"), ("B", "B"), ("", "")])
def test_its_name_is_the_function(path: str, name: str) -> None:
    assert Call("GET", path).name == name


@pytest.mark.parametrize(
    ("method", "given", "safe"),
    [("GET", None, True), ("POST", None, False), ("POST", True, True), ("GET", False, False)],
)
def test_only_get_is_safe_unless_said_otherwise(method: str, given: bool | None, safe: bool) -> None:
    assert Call(method, "a/B", safe=given).safe is safe


def test_content_is_json_or_nothing() -> None:
    assert Call("GET", "a/B").content is None
    assert Call("POST", "a/B", json=[]).content == b"[]"


def test_the_reader_follows_from_into() -> None:
    assert Call("GET", "a/B").read == Nothing()
    assert Call("GET", "a/B", into=dict).read == Into(dict)
    reader = Into(int)
    assert Call("GET", "a/B", read=reader).read is reader


def test_it_survives_a_pickle() -> None:
    call: Call[Any] = Call(
        "POST", "a/B", params={"N": 1}, json={"x": 1}, into=list[dict[str, Any]], safe=True
    )
    assert pickle.loads(pickle.dumps(call)) == call


def test_it_shows_no_private_data() -> None:
    call = Call("POST", "a/B", params={"CampaignID": 3, "CustomerID": "C-77"}, json={"e": "ann@x.com"})
    assert repr(call) == "<Call POST B CampaignID=3 CustomerID=*** with a body>"
    assert repr(Call("GET", "a/B")) == "<Call GET B>"
