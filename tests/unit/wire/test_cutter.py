"""What the cutter does with answers of every form."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from optimove_sdk import DecodeError
from optimove_sdk.wire.brackets import Scanner, pair_off
from optimove_sdk.wire.cutter import Cutter

ROW = b'{"CustomerID":"1","CustomerAttributes":["a","}"]}'


def cut(pieces: Iterable[bytes], size: int) -> list[bytes]:
    cutter = Cutter(size)
    cuts = [cutter.feed(piece) for piece in pieces]
    return [*filter(None, cuts), cutter.end()]


def test_rows_come_out_as_soon_as_they_are_enough() -> None:
    cutter = Cutter(len(ROW) * 2)
    assert cutter.feed(b"[" + ROW) is None
    assert cutter.feed(b"," + ROW + b"," + ROW[:9]) == b"[" + ROW + b"," + ROW + b"]"
    assert cutter.feed(ROW[9:] + b"]") is None
    assert cutter.end() == b"[" + ROW + b"]"


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"[\n]\r\n"])
def test_an_empty_list_is_one(body: bytes) -> None:
    cutter = Cutter()
    assert cutter.feed(body) is None
    assert cutter.end() == b"[]"
    assert cutter.cutting


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"[",
        b"{}",
        b'{"Message": "no"}',
        b'"[{\\"CustomerID\\":1}]"',
        b"<html>[{}]</html>",
        b"[1, 2]",
        b"[[]]",
        b"[null, {}]",
        b"null",
        b"\xef\xbb\xbf[{}]",
        "[{}]".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("size", [1, 65_536])
def test_what_is_no_list_of_objects_is_handed_on_as_it_came(body: bytes, size: int) -> None:
    cutter = Cutter(size)
    for start in range(0, len(body), 50):
        assert cutter.feed(body[start : start + 50]) is None
    assert not cutter.cutting
    assert cutter.end() == body


@pytest.mark.parametrize(
    "body",
    [
        b"[{}",
        b"[{}, ",
        b"[{}, {",
        b'[{"a": "]',
        b'[{"a": "}]',
        b"[{}]]",
        b"[{}] [{}]",
        b"[{}], [{}]",
        b"[]]",
        b"[] x",
        b'[{"a": 1}] {}',
    ],
)
@pytest.mark.parametrize("size", [1, 5, 65_536])
def test_a_list_that_is_not_whole_is_an_error(body: bytes, size: int) -> None:
    with pytest.raises(DecodeError, match="breaks off"):
        cut([body[at : at + 1] for at in range(len(body))], size)


@pytest.mark.parametrize("size", [1, 9, 65_536])
def test_what_is_no_object_among_the_rows_is_left_to_who_reads_them(size: int) -> None:
    body = b'[{"a":1}, 3, {"b":"x"}, null]'
    cuts = cut([body[at : at + 1] for at in range(len(body))], size)
    assert [row for array in cuts for row in json.loads(array)] == json.loads(body)


def test_rubbish_without_end_behind_the_list_is_not_collected() -> None:
    coming = iter([b"[{}]", *[b"x" * 10] * 100])
    with pytest.raises(DecodeError, match="breaks off"):
        cut(coming, 50)
    assert len(list(coming)) > 90


def test_a_row_of_many_pieces_is_looked_at_once() -> None:
    scanner, text = Scanner(), bytearray(b'{"a": "')
    for _ in range(20):
        text += b"}\\" * 50
        assert scanner.last_object_end(text) == 0
        assert scanner.position >= len(text) - 1
    text += b'""}'
    assert scanner.last_object_end(text) == len(text)


@pytest.mark.parametrize(
    "text", [b"", b"1, 2", b'{"a":["}"]}', b'{"\\"{":"\\\\"},{}', b'"{""{"', b'{"a":{"b":[{}]}}']
)
def test_brackets_that_pair_off_are_seen_to(text: bytes) -> None:
    assert pair_off(text)


@pytest.mark.parametrize("text", [b"{", b"}{", b'{"}', b'{"a":"b}"', b'{"a\\"}', b"{[}]", b"]["])
def test_brackets_that_do_not_pair_off_are_not_believed(text: bytes) -> None:
    assert not pair_off(text)
