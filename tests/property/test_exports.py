"""Whatever rows come and wherever an export is interrupted, its file has every row once, in order."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from optimove_sdk import BadRequest
from support.exports import BOTH, FORMATS, Colour, Rows, customers, execution, finish, untyped

COLOURS = st.sampled_from(BOTH)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
KEYS = st.sampled_from(["a", "b", "new_key", "é", "=x", "extra", "attributes"])
UNTYPED = st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), max_size=8)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name, patch("os.fsync"):  # thousands would wait for a disk
        yield Path(name)


def shown(value: Any) -> str:
    """Return a JSON value as a cell of CSV has it."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@settings(max_examples=20, deadline=None)
@given(UNTYPED, st.integers(1, 4), COLOURS)
def test_untyped_rows_come_back_as_they_were(
    drawn: list[dict[str, Any]], page_size: int, colour: Colour
) -> None:
    rows = [{**row, "number": n} for n, row in enumerate(drawn)]  # pages that are the same are an error
    call = untyped(page_size=page_size)
    with folder() as here:
        for suffix in FORMATS:
            colour.export(Rows(rows), call, here / f"a.{suffix}")
        assert [json.loads(line) for line in (here / "a.jsonl").read_bytes().split(b"\n")[:-1]] == rows
        with open(here / "a.csv", encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            assert [[row[key] for key in table.fieldnames or ()] for row in table] == [
                [shown(row.get(key)) for key in table.fieldnames or ()] for row in rows
            ]
            assert set(table.fieldnames or ()) == {key for row in rows for key in row}
        assert parquet.read_table(here / "a.parquet").equals(
            finish(colour.pager(Rows(rows), call).to_arrow())
        )


ATTRIBUTES = st.lists(st.none() | TEXT.filter(lambda text: text != "NULL"), min_size=2, max_size=2)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(TEXT, ATTRIBUTES), max_size=6), st.integers(1, 4), COLOURS)
def test_customers_come_back_as_they_were(
    drawn: list[tuple[str, list[str | None]]], page_size: int, colour: Colour
) -> None:
    server = Rows(
        [
            {"CustomerID": f"{n}{name}", "ActionID": n, "CustomerAttributes": values}
            for n, (name, values) in enumerate(drawn)
        ]
    )
    call = execution(page_size=page_size, attributes=("Email", "action_id"))
    rows = finish_list(colour, server, call)
    with folder() as here:
        for suffix in FORMATS:
            colour.export(server, call, here / f"a.{suffix}")
        lines = [json.loads(line) for line in (here / "a.jsonl").read_bytes().split(b"\n")[:-1]]
        assert [line["customer_id"] for line in lines] == [row.customer_id for row in rows]
        assert [line["attributes"] for line in lines] == [row.attributes for row in rows]
        with open(here / "a.csv", encoding="utf-8", newline="") as file:
            assert [
                (row["customer_id"], row["Email"], row["attributes.action_id"])
                for row in csv.DictReader(file)
            ] == [
                (row.customer_id, row.attributes["Email"] or "", row.attributes["action_id"] or "")
                for row in rows
            ]
        table = parquet.read_table(here / "a.parquet")
        assert table.equals(finish(colour.pager(server, call).to_arrow()))
        assert table.column("Email").to_pylist() == [row.attributes["Email"] for row in rows]


def finish_list(colour: Colour, server: Rows, call: Any) -> list[Any]:
    return finish(colour.pager(server, call).to_list())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 30),
    st.none() | st.integers(1, 40),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 30), st.binary(max_size=40)), max_size=3),
    st.integers(1, 9),
    st.sampled_from(FORMATS),
    COLOURS,
)
def test_interrupted_anywhere_and_resumed_it_is_the_file_of_one_go(
    total: int,
    max_items: int | None,
    interruptions: list[tuple[int, int, bytes]],
    page_size: int,
    suffix: str,
    colour: Colour,
) -> None:
    rows = customers(total)
    with folder() as here:
        path, whole = here / f"a.{suffix}", here / f"whole.{suffix}"
        for size, fails_at, torn in interruptions:
            try:
                call = execution(page_size=size, max_items=max_items)
                colour.export(Rows(rows, fails_at=fails_at), call, path, resume=True)
            except BadRequest:
                tear(Path(f"{path}.part"), torn)
        call = execution(page_size=page_size, max_items=max_items)
        colour.export(Rows(rows), call, path, resume=True)
        colour.export(Rows(rows), call, whole)
        assert path.read_bytes() == whole.read_bytes()
        assert sorted(file.name for file in here.iterdir()) == sorted([path.name, whole.name])


def tear(part: Path, torn: bytes) -> None:
    """Leave half a page, as a process does that is killed while it writes."""
    if part.exists():
        with open(part, "ab") as file:
            file.write(torn)
