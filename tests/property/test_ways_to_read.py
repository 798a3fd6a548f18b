"""All ways to read a page give the same rows or the same error, whatever is done to the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimove_sdk import (
    CampaignDetails,
    CustomerExecution,
    DecodeError,
    FutureValue,
    TargetedCustomer,
    Unsubscriber,
)
from optimove_sdk.wire.lists import ListReader, list_reader
from optimove_sdk.wire.parsers import Parsers, parse_json

NAMES = ("Alias", "Country")
WAYS = [Parsers(way.split()) for way in ("", "orjson", "msgspec", "msgspec orjson")]
ROW = {
    "CustomerID": "231342",
    "ActionID": 4,
    "ChannelID": 504,
    "TemplateID": 7,
    "PromoCode": "A,B",
    "ScheduleTime": "2016-08-30 10:00:00",
    "CustomerAttributes": ["BuddyZZ", "UK"],
}
texts = st.text(max_size=6) | st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=2)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
times = st.datetimes().map(str) | st.sampled_from(
    [
        "2016-08-30",
        "2016-08-30 10:00:59.9999999",
        "2016-08-30T10:00:00Z",
        "2016-08-30 10:00:00z",
        "2016-08-30 10UTC",
    ]
)
odd = st.sampled_from(
    [
        "NULL",
        "12",
        "true",
        "",
        "A,B",
        [],
        ["x", "y"],
        ["x", "NULL"],
        ["x", None],
        ["x"],
        {},
        7.0,
        1e30,
        2**70,
        -0.0,
    ]
)
values = scalars | odd | times | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
keys = st.sampled_from(
    [
        *ROW,
        "customerid",
        "FutureValue",
        "StartDate",
        "Email",
        "UnsubscribedTime",
        "Tags",
        "Status",
        "New",
        '"\\\n',
    ]
)
models = st.sampled_from([CustomerExecution, FutureValue, TargetedCustomer, Unsubscriber, CampaignDetails])
whole_rows = st.fixed_dictionaries(
    {
        **{key: st.just(value) for key, value in ROW.items()},
        "CustomerID": texts,
        "Email": texts,
        "ActionID": st.integers() | st.none(),
    },
    optional={"FutureValue": st.floats(), "New": values},
)
pages = st.lists(
    st.dictionaries(keys, values, max_size=6).map(lambda row: {"CustomerID": "1", "Email": "a", **row}),
    max_size=4,
)
# Each page is read in all ways, by readers that compile their code anew.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
whole_pages = st.lists(whole_rows, min_size=1, max_size=3)


def carefully(reader: ListReader, body: bytes) -> list[Any]:
    data = parse_json(body)
    if not isinstance(data, list):
        raise DecodeError("expected a list", body=body)
    return reader.one_by_one(data, 7)


def outcome(read: Callable[[], list[Any]]) -> Any:
    """Return the rows with everything in them, or the error as it reads."""
    try:
        rows = read()
    except DecodeError as error:
        return str(error), error.path, error.body
    return [
        (
            repr(row),
            sorted(map(repr, row.extra.items())),
            list(row.attributes.items()) if hasattr(row, "attributes") else None,
        )
        for row in rows
    ]


def check(model: Any, *bodies: bytes) -> None:
    """Have each way read the pages one after the other, so that it may learn, and be misled."""
    for way in WAYS:
        reader = list_reader.__wrapped__(model, NAMES, way)
        for body in bodies:
            careful = outcome(partial(carefully, reader, body))
            assert outcome(partial(reader.from_bytes, body, 7)) == careful, way


def dump(page: Any, *, ascii_only: bool = True) -> bytes:
    return json.dumps(page, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@untimed
@given(models, whole_pages | pages, pages, st.booleans())
def test_pages_of_anything_are_read_alike(
    model: Any, first: list[Any], page: list[Any], ascii_only: bool
) -> None:
    check(model, dump(first), dump(page, ascii_only=ascii_only), dump([*first, *page]), dump(page))


@untimed
@given(whole_pages, st.data())
def test_damaged_pages_are_read_alike(page: list[Any], data: st.DataObject) -> None:
    body = dump(page, ascii_only=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(at, min(at + 3, len(body))))
    damage = data.draw(
        st.binary(max_size=2)
        | st.sampled_from(
            [b"\xff", b"\xed\xa0\x80", b"\\ud800", b"NaN", b"1e999", b"9" * 30, b"\x00", b"\\u12", b"-", b'"']
        )
    )
    check(CustomerExecution, dump(page), body[:at] + damage + body[end:], body)


@untimed
@given(whole_pages, st.lists(st.tuples(keys, values), min_size=1, max_size=3))
def test_keys_that_come_twice_are_read_alike(page: list[Any], twice: list[tuple[str, Any]]) -> None:
    pairs = b", ".join(dump(key) + b": " + dump(value) for key, value in twice)
    again = dump(page)[:-2] + b", " + pairs + b"}]"
    check(CustomerExecution, dump(page), again, again)


@pytest.mark.parametrize("codec_name", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_pages_in_other_encodings_are_read_alike(codec_name: str) -> None:
    check(CustomerExecution, dump([ROW]), json.dumps([ROW]).encode(codec_name))
