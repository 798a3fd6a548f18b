"""How a row looks in each format."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from pyarrow import parquet

from optimove_sdk import (
    ConfigurationError,
    DecodeError,
    FutureValue,
    Interaction,
    TargetedCustomer,
    Unsubscriber,
)
from optimove_sdk.api.insights import ChannelInteraction, ProductRecommendation
from optimove_sdk.core.pages import pages_of
from optimove_sdk.export import arrow
from optimove_sdk.export.layout import of_model
from optimove_sdk.export.lines import line_of
from optimove_sdk.wire.fields import Model
from support.exports import BOTH, FORMATS, Colour, Rows, execution, finish, untyped

FULL = {
    "CustomerID": 1,
    "ActionID": "2",
    "PromoCode": "A,B",
    "ScheduleTime": "2026-01-05 10:00:00",
    "CustomerAttributes": ["a@x.test"],
    "Novelty": {"deep": [1]},
}
BARE = {"CustomerID": "2", "CustomerAttributes": [None]}


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_of_json_has_every_field_by_its_python_name(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    colour.export(Rows([FULL, BARE]), execution(), path)
    full, bare = lines(path)
    assert full == {
        "customer_id": "1",
        "action_id": 2,
        "channel_id": None,
        "template_id": None,
        "template_name": None,
        "promo_codes": ["A", "B"],
        "scheduled_time": "2026-01-05T10:00:00",
        "attributes": {"Email": "a@x.test"},
        "extra": {"Novelty": {"deep": [1]}},
    }
    del full["extra"]  # only where there is something
    assert bare == {
        **dict.fromkeys(full),
        "customer_id": "2",
        "promo_codes": [],
        "attributes": {"Email": None},
    }
    assert list(bare) == list(full)


def test_csv_has_a_column_for_each_field_and_attribute_and_for_the_unknown(
    colour: Colour, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    colour.export(Rows([FULL, BARE]), execution(), path)
    full, bare = table(path)
    assert full == {
        "customer_id": "1",
        "action_id": "2",
        "channel_id": "",
        "template_id": "",
        "template_name": "",
        "promo_codes": '["A","B"]',
        "scheduled_time": "2026-01-05T10:00:00",
        "Email": "a@x.test",
        "extra": '{"Novelty":{"deep":[1]}}',
    }
    assert bare == {**dict.fromkeys(full, ""), "customer_id": "2", "promo_codes": "[]"}


def test_arrow_and_parquet_have_the_same_columns_with_types(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    colour.export(Rows([BARE, FULL]), execution(page_size=1), path)
    whole = finish(colour.pager(Rows([BARE, FULL]), execution(page_size=1)).to_arrow())
    assert parquet.read_table(path).equals(whole)
    assert {field.name: str(field.type) for field in whole.schema} == {
        "customer_id": "string",
        "action_id": "int64",
        "channel_id": "int64",
        "template_id": "int64",
        "template_name": "string",
        "promo_codes": "list<item: string>",
        "scheduled_time": "timestamp[us]",
        "Email": "string",
        "extra": "string",
    }
    assert whole.to_pylist()[1] == {
        "customer_id": "1",
        "action_id": 2,
        "channel_id": None,
        "template_id": None,
        "template_name": None,
        "promo_codes": ["A", "B"],
        "scheduled_time": datetime(2026, 1, 5, 10),
        "Email": "a@x.test",
        "extra": '{"Novelty":{"deep":[1]}}',
    }


@attrs.frozen
class Sample(Model):
    text_or_number: int | str | None = None
    truth: bool | None = None
    many: tuple[int, ...] = ()
    nested: FutureValue | None = None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (
            TargetedCustomer("C1", start_date=date(2026, 1, 1)),
            {"start_date": ("date32[day]", date(2026, 1, 1))},
        ),
        (FutureValue("C1", 1.5), {"future_value": ("double", 1.5)}),
        (
            Unsubscriber("a@x.test", datetime(2026, 1, 1, tzinfo=UTC)),
            {"unsubscribed_time": ("timestamp[us, tz=UTC]", datetime(2026, 1, 1, tzinfo=UTC))},
        ),
        (
            ChannelInteraction(event_id=Interaction(99)),
            {"date": ("date32[day]", None), "event_id": ("int64", 99)},
        ),
        (ProductRecommendation("C1", "P", 1, ("a",)), {"product_attributes": ("list<item: string>", ["a"])}),
        (
            Sample(3, True, (1, 2), FutureValue("C1")),
            {
                "text_or_number": ("string", "3"),
                "truth": ("bool", True),
                "many": ("list<item: int64>", [1, 2]),
                "nested": ("string", '{"customer_id":"C1","future_value":null}'),
            },
        ),
    ],
)
def test_every_kind_of_field_has_a_type_and_keeps_its_value(row: Model, found: dict[str, Any]) -> None:
    builder = arrow.TableBuilder(of_model(type(row), ()))
    builder.add([row])
    table = builder.table()
    (values,) = table.to_pylist()
    assert {name: (str(table.schema.field(name).type), values[name]) for name in found} == found


def test_a_time_with_an_offset_is_that_of_utc_in_arrow() -> None:
    rows = Rows([{**BARE, "ScheduleTime": "2026-01-05T10:00:00+02:00"}])
    (row,) = finish(BOTH[0].pager(rows, execution()).to_arrow()).to_pylist()
    assert row["scheduled_time"] == datetime(2026, 1, 5, 8)


def test_attributes_named_like_a_field_have_a_prefix(tmp_path: Path) -> None:
    path, call = tmp_path / "a.csv", execution(attributes=("action_id", "extra", "Email"))
    BOTH[0].export(
        Rows([{"CustomerID": 1, "ActionID": 2, "CustomerAttributes": ["x", "y", "z"]}]), call, path
    )
    (row,) = table(path)
    assert (row["action_id"], row["attributes.action_id"], row["attributes.extra"]) == ("2", "x", "y")
    assert (row["Email"], row["extra"]) == ("z", "")


def test_attributes_that_were_not_asked_for_are_among_the_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    BOTH[0].export(
        Rows([{"CustomerID": 1, "CustomerAttributes": {"Email": "e", "Age": "7"}}]), execution(), path
    )
    (row,) = table(path)
    assert (row["Email"], row["extra"]) == ("e", '{"Age":"7"}')


UNTYPED = [{"A": 1, "B": None}, {"A": 2.5, "New": [1, {"k": True}]}, {"B": True, "C": 2**70, "A": None}]


def test_untyped_rows_keep_their_keys_and_csv_has_all_of_them(colour: Colour, tmp_path: Path) -> None:
    colour.export(Rows(UNTYPED), untyped(page_size=1), tmp_path / "a.jsonl")
    colour.export(Rows(UNTYPED), untyped(page_size=1), tmp_path / "a.csv")
    assert lines(tmp_path / "a.jsonl") == [
        {key.lower(): value for key, value in row.items()} for row in UNTYPED
    ]
    assert table(tmp_path / "a.csv") == [
        {"a": "1", "b": "", "new": "", "c": ""},
        {"a": "2.5", "b": "", "new": '[1,{"k":true}]', "c": ""},
        {"a": "", "b": "true", "new": "", "c": str(2**70)},
    ]


def test_untyped_rows_have_the_types_that_hold_all_values(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    colour.export(Rows([*UNTYPED, {"A": 2**60, "D": None}]), untyped(page_size=1), path)
    found = parquet.read_table(path)
    assert [str(field.type) for field in found.schema] == ["double", "bool", "string", "string", "string"]
    assert found.column("c").to_pylist() == [None, None, str(2**70), None]
    mixed = finish(colour.pager(Rows([{"A": "x"}, {"A": 1}]), untyped()).to_arrow())
    assert mixed.to_pylist() == [{"a": "x"}, {"a": "1"}]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("call", [execution(), untyped()], ids=["typed", "untyped"])
def test_no_rows_are_a_file_all_the_same(colour: Colour, tmp_path: Path, suffix: str, call: Any) -> None:
    path = tmp_path / f"a.{suffix}"
    assert colour.export(Rows([]), call, path).rows == 0
    assert path.exists()
    assert finish(colour.pager(Rows([]), call).to_arrow()).num_rows == 0
    if suffix == "csv":
        assert path.read_text().partition(",")[0] == ("" if call == untyped() else "customer_id")


def test_csv_can_be_made_harmless_for_spreadsheets(tmp_path: Path) -> None:
    rows = [{"=A()": text} for text in ("=1+1", "+1", "-1", "@a", "\tx", "\rx", "a=1", "")] + [{"N": -1}]
    path = tmp_path / "a.csv"
    BOTH[0].export(Rows(rows), untyped(), path, escape_formulas=True)
    found = table(path)
    assert [row["'=a()"] for row in found] == ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "'\rx", "a=1", "", ""]
    assert found[-1]["n"] == "-1"
    BOTH[0].export(Rows(rows), untyped(), path)
    assert table(path)[0]["=a()"] == "=1+1"


def test_what_json_cannot_spell_becomes_nothing_or_an_escape(tmp_path: Path) -> None:
    rows = [{"A": float("nan"), "B": [float("inf")], "C": "\ud800é"}]
    for suffix in FORMATS:
        BOTH[0].export(Rows(rows), untyped(), tmp_path / f"a.{suffix}")
    assert lines(tmp_path / "a.jsonl") == [{"a": None, "b": [None], "c": "\ud800é"}]
    assert table(tmp_path / "a.csv") == [{"a": "", "b": "[null]", "c": "\\ud800é"}]
    assert parquet.read_table(tmp_path / "a.parquet").column("c").to_pylist() == ["\\ud800é"]


def test_a_line_takes_any_mapping_and_refuses_what_json_has_not() -> None:
    with pytest.raises(TypeError, match="a set cannot be exported"):
        line_of({1})
    assert json.loads(line_of({"a": MappingProxyType({"b": 1})})) == {"a": {"b": 1}}


def test_a_number_that_arrow_cannot_hold_names_the_column(tmp_path: Path) -> None:
    rows = Rows([{"CustomerID": 1, "ActionID": 2**70}])
    with pytest.raises(DecodeError, match=r"'action_id' does not fit into 64 bits"):
        BOTH[0].export(rows, execution(attributes=()), tmp_path / "a.parquet")


def test_parquet_comes_in_groups_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "_BATCH", 2)
    monkeypatch.setattr(arrow, "_ROW_GROUP", 4)
    path, call = tmp_path / "a.parquet", pages_of(FutureValue, "customers/F")
    BOTH[0].export(Rows([{"CustomerID": n} for n in range(9)]), call, path)
    found = parquet.ParquetFile(path).metadata
    assert [found.row_group(n).num_rows for n in range(found.num_row_groups)] == [4, 4, 1]
    assert parquet.read_table(path).column("customer_id").to_pylist() == [str(n) for n in range(9)]


@pytest.mark.parametrize("method", ["to_arrow", "to_parquet"])
def test_without_pyarrow_the_error_says_what_to_install_and_nothing_is_sent(
    colour: Colour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.delitem(sys.modules, "optimove_sdk.export.arrow")
    monkeypatch.delattr("optimove_sdk.export.arrow")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    server = Rows([])
    arguments = [tmp_path / "a.parquet"] if method == "to_parquet" else []
    with pytest.raises(ConfigurationError, match=r"pip install 'optimove-sdk\[arrow\]'"):
        finish(getattr(colour.pager(server, execution()), method)(*arguments))
    assert (server.asked, list(tmp_path.iterdir())) == ([], [])
