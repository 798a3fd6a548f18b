"""However the bytes of a list arrive, its cuts hold its rows: all of them, in order, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from optimove_sdk import DecodeError
from optimove_sdk.wire.cutter import Cutter

TRICKY = [
    "}",
    "{",
    "[",
    "]",
    '"',
    "\\",
    '\\"',
    "},{",
    '"},{"',
    "]}",
    "é",
    "\U0001f600",
    "\x1f",
    "",
    " ",
    "\\\\",
]
texts = st.text(max_size=4) | st.lists(st.sampled_from(TRICKY), max_size=4).map("".join)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
rows_of_any_kind = st.lists(st.dictionaries(texts, values, max_size=4), max_size=8)
sizes = st.integers(1, 200)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw a list of objects, written in any way that JSON allows."""
    text = json.dumps(
        draw(rows_of_any_kind),
        indent=draw(st.none() | st.sampled_from([0, 1, "\t", " \r\n"])),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])),
        ensure_ascii=draw(st.booleans()),
    )
    blank = st.text(" \t\r\n", max_size=3)
    return (draw(blank) + text + draw(blank)).encode("utf-8", "surrogatepass")


def cut(body: bytes, piece: int, size: int) -> tuple[list[bytes], Cutter]:
    cutter = Cutter(size)
    cuts = [cutter.feed(body[start : start + piece]) for start in range(0, len(body), piece)]
    return [*filter(None, cuts), cutter.end()], cutter


def rows_of(body: bytes, piece: int, size: int) -> list[Any]:
    """Return what is in all cuts; whoever decodes them finds what the cutter does not."""
    return [row for part in cut(body, piece, size)[0] for row in json.loads(part)]


@given(bodies(), sizes, sizes)
@example(b'[{"a":{"b":[{"c":1}]}},{"d":"}"},{}]', 1, 1)
def test_the_cuts_hold_the_rows_of_the_whole(body: bytes, piece: int, size: int) -> None:
    cuts, cutter = cut(body, piece, size)
    assert cutter.cutting
    assert [row for part in cuts for row in json.loads(part)] == json.loads(body)
    assert all(json.loads(part) for part in cuts[:-1])


@given(bodies(), sizes, sizes, st.data())
def test_no_truncated_list_passes_for_a_whole_one(
    body: bytes, piece: int, size: int, data: st.DataObject
) -> None:
    body = body.strip()
    shorter = body[: data.draw(st.integers(0, len(body) - 1))]
    with suppress(DecodeError):
        cuts, cutter = cut(shorter, piece, size)
        assert not cutter.cutting
        assert cuts == [shorter]


@given(
    bodies(),
    sizes,
    sizes,
    st.sampled_from(["x", "]", "}", "{}", "[", ",", "[]", ",{}]", '"', "{", "0", '""']),
)
def test_nothing_may_follow_the_list(body: bytes, piece: int, size: int, garbage: str) -> None:
    with pytest.raises(DecodeError):
        cut(body + garbage.encode(), piece, size)


@given(bodies(), sizes, sizes, st.data())
def test_a_damaged_list_is_never_read_as_another_one(
    body: bytes, piece: int, size: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(body)))
    mark = data.draw(st.sampled_from([b"", *(bytes([mark]) for mark in b'"{}[],:\\ 1')]))
    damaged = body[:at] + mark + body[at + 1 :]
    try:
        expected = json.loads(damaged)
    except ValueError:
        with pytest.raises((DecodeError, ValueError)):
            rows_of(damaged, piece, size)
    else:
        cuts, cutter = cut(damaged, piece, size)
        assert (rows_of(damaged, piece, size) if cutter.cutting else json.loads(cuts[0])) == expected


@given(rows_of_any_kind, sizes, sizes)
def test_no_more_is_held_than_a_cut_or_a_row_and_a_piece(rows: list[Any], piece: int, size: int) -> None:
    texts = [json.dumps(row).encode() for row in rows]
    body = b"[" + b",".join(texts) + b"]"
    cutter, most = Cutter(size), max([size, *(len(text) + 1 for text in texts)])
    for start in range(0, len(body), piece):
        cutter.feed(body[start : start + piece])
        assert len(cutter._held) <= most
    cutter.end()
