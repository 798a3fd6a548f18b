"""The fast reader gives exactly what the careful one gives, and instances like any other."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimove_sdk import (
    CampaignDetails,
    CustomerExecution,
    DecodeError,
    FutureValue,
    TargetedCustomer,
    Unsubscriber,
)
from optimove_sdk.wire import codec

NAMES = ("Alias", "Country")
ROW = {
    "CustomerID": "231342",
    "ActionID": 4,
    "ChannelID": 504,
    "TemplateID": 7,
    "PromoCode": "A,B",
    "ScheduleTime": "2016-08-30 10:00:00",
    "CustomerAttributes": ["BuddyZZ", "UK"],
}


def read(*rows: Any) -> list[CustomerExecution]:
    return codec._rows_reader(CustomerExecution, NAMES)(rows)


def test_a_row_is_an_instance_like_any_other() -> None:
    (row,) = read(ROW)
    made = CustomerExecution(
        "231342",
        4,
        504,
        7,
        promo_codes=("A", "B"),
        scheduled_time=datetime(2016, 8, 30, 10),
        attributes={"Alias": "BuddyZZ", "Country": "UK"},
    )
    assert type(row) is CustomerExecution
    assert row == made
    assert hash(row) == hash(made)
    assert repr(row) == repr(made)
    assert pickle.loads(pickle.dumps(row)) == copy.deepcopy(row) == made
    assert attrs.evolve(row, action_id=5).action_id == 5
    assert attrs.asdict(row) == attrs.asdict(made)


def test_a_row_is_frozen() -> None:
    (row,) = read(ROW)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        row.action_id = 5  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del row.action_id


def test_rows_of_several_shapes_may_be_mixed() -> None:
    short = {"customerId": "1"}
    renamed = {key.lower(): value for key, value in ROW.items()}
    rows = read(ROW, short, renamed, {**ROW, "New": 1}, ROW)
    assert [row.customer_id for row in rows] == ["231342", "1", "231342", "231342", "231342"]
    assert rows[1].scheduled_time is None
    assert rows[1].promo_codes == ()
    assert rows[3].extra == {"New": 1}
    assert rows[0] == rows[2] == rows[4]


def test_rows_share_nothing_that_can_be_changed() -> None:
    first, second = read({"CustomerID": "1"}, {"CustomerID": "2"})
    assert first.extra is not second.extra
    assert first.attributes is not second.attributes


def test_shapes_without_end_do_not_fill_the_memory() -> None:
    reader = codec._rows_reader(FutureValue, ())
    for number in range(200):
        assert reader([{"CustomerID": "1", f"key{number}": number}])[0].extra == {f"key{number}": number}
    assert len(reader._readers) <= 64  # type: ignore[attr-defined]


def test_keys_are_data_and_never_code() -> None:
    evil = "']; raise SystemExit('"
    (row,) = codec.decode_rows([{"CustomerID": "1", evil: 1, "a\\'\n": 2}], FutureValue)
    assert row.extra == {evil: 1, "a\\'\n": 2}


@pytest.mark.parametrize(
    "data", [[1], ["text"], [[]], [None], [{}], [ROW, {"ActionID": 1}], [{**ROW, "ActionID": {}}]]
)
def test_what_does_not_fit_is_a_decode_error_all_the_same(data: list[Any]) -> None:
    with pytest.raises(DecodeError):
        codec.decode_rows(data, CustomerExecution, NAMES)


def test_a_row_whose_keys_are_wrong_only_here_is_named() -> None:
    with pytest.raises(DecodeError) as caught:
        codec.decode_rows([ROW, ROW, {"ActionID": 1}], CustomerExecution, NAMES)
    assert caught.value.path == "$[2].CustomerID"


JSON = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
ODD = JSON | st.sampled_from(
    ["NULL", "12", "true", "", "2016-08-30 10:00:00", "2016-08-30", "A,B", [], ["x", "y"]]
)
MODELS = st.sampled_from([CustomerExecution, FutureValue, TargetedCustomer, Unsubscriber, CampaignDetails])
KEYS = st.sampled_from(
    [*ROW, "customerid", "FutureValue", "StartDate", "Email", "UnsubscribedTime", "Tags", "Status", "New"]
)


@given(MODELS, st.lists(st.dictionaries(KEYS, ODD), max_size=4))
def test_both_paths_give_equal_rows_for_any_page(model: Any, page: list[dict[str, Any]]) -> None:
    page = [{"CustomerID": "1", "Email": "a@b.example", **row} for row in page]
    careful = outcome(lambda: codec._one_by_one(page, codec._row_reader(model, NAMES)))
    assert outcome(lambda: codec.decode_rows(page, model, NAMES)) == careful


def outcome(read: Callable[[], list[Any]]) -> Any:
    """Return the rows with everything in them, or the error as it reads."""
    try:
        rows = read()
    except DecodeError as error:
        return str(error), error.path
    return [(row, repr(row), row.extra) for row in rows]
