"""Each fast way gives instances like any other, whatever is sent."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime
from typing import Any

import attrs
import pytest

from optimove_sdk import CustomerExecution, DecodeError, FutureValue, Unsubscriber
from optimove_sdk.wire import codec, parsers
from optimove_sdk.wire.building import is_plain
from optimove_sdk.wire.fields import Model
from optimove_sdk.wire.lists import ListReader, list_reader
from optimove_sdk.wire.parsers import Parsers

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
MADE = CustomerExecution(
    "231342",
    4,
    504,
    7,
    promo_codes=("A", "B"),
    scheduled_time=datetime(2016, 8, 30, 10),
    attributes={"Alias": "BuddyZZ", "Country": "UK"},
)
WAYS = ["", "orjson", "msgspec", "msgspec orjson"]


def reader_for(way: str, model: Any = CustomerExecution) -> ListReader:
    """Return a reader that has seen nothing yet, and uses these parsers only."""
    return list_reader.__wrapped__(model, NAMES, Parsers(way.split()))


@pytest.fixture(params=WAYS, ids=lambda way: way or "json")
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def read(way: str, *rows: Any, model: Any = CustomerExecution) -> list[Any]:
    """Read rows in this way and in no other: the careful one is not there to help."""
    reader, body = reader_for(way, model), json.dumps(rows).encode()
    reader.careful = pytest.fail
    reader.from_bytes(body)
    return reader.twins(body) if reader.twins else reader.from_bytes(body)


def test_a_row_is_an_instance_like_any_other(way: str) -> None:
    (row,) = read(way, ROW)
    assert type(row) is CustomerExecution
    assert row == MADE
    assert hash(row) == hash(MADE)
    assert repr(row) == repr(MADE)
    assert pickle.loads(pickle.dumps(row)) == copy.deepcopy(row) == copy.copy(row) == MADE
    assert attrs.evolve(row, action_id=5).action_id == 5
    assert attrs.asdict(row) == attrs.asdict(MADE)


def test_a_row_is_frozen(way: str) -> None:
    (row,) = read(way, ROW)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        row.action_id = 5
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del row.action_id


def test_the_model_is_not_touched(way: str) -> None:
    before = dict(vars(CustomerExecution))
    read(way, ROW)
    assert dict(vars(CustomerExecution)) == before
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        MADE.action_id = 5  # type: ignore[misc] # that it is refused is what is tested


def test_rows_of_several_shapes_may_be_mixed(way: str) -> None:
    short = {"CustomerID": "1"}
    rows = read(way, ROW, short, {**ROW, "New": 1}, {**ROW, "Newer": None}, ROW)
    assert [row.customer_id for row in rows] == ["231342", "1", "231342", "231342", "231342"]
    assert rows[1].scheduled_time is None
    assert rows[1].promo_codes == ()
    assert rows[1].attributes == {}
    assert [row.extra for row in rows] == [{}, {}, {"New": 1}, {"Newer": None}, {}]
    assert rows[0] == rows[4] == MADE


def test_keys_may_be_spelled_in_several_ways(way: str) -> None:
    renamed = {key.lower(): value for key, value in ROW.items()}
    assert read(way, renamed) == [MADE]
    assert reader_for(way).from_bytes(json.dumps([ROW, renamed, ROW]).encode()) == [MADE] * 3


def test_values_may_be_of_other_types_than_usual(way: str) -> None:
    odd = {
        **ROW,
        "ActionID": "4",
        "TemplateID": 7.0,
        "CustomerID": 231342,
        "ScheduleTime": "2016-08-30 10:00",
    }
    null = {**ROW, "PromoCode": "NULL", "CustomerAttributes": [None, "NULL"], "ActionID": ""}
    first, second = read(way, odd, null)
    assert first == MADE
    assert (second.action_id, second.promo_codes) == (None, ())
    assert second.attributes == {"Alias": None, "Country": None}


def test_rows_share_nothing_that_can_be_changed(way: str) -> None:
    first, second = read(way, {"CustomerID": "1"}, {"CustomerID": "2"})
    assert first.attributes is not second.attributes
    for change in (
        lambda extra: extra.update(New=1),
        lambda extra: extra.setdefault("New", 1),
        lambda extra: extra.__setitem__("New", 1),
        lambda extra: extra.__ior__({"New": 1}),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(first.extra)
    assert first.extra == second.extra == {}


def test_unknown_fields_are_a_dict_like_any_other_even_if_there_are_none(way: str) -> None:
    (row,) = read(way, ROW)
    assert json.dumps(row.extra) == repr(row.extra) == "{}"
    for twin in (copy.copy(row.extra), copy.deepcopy(row.extra), pickle.loads(pickle.dumps(row.extra))):
        twin["New"] = 1
    assert row.extra | {"New": 1} == {**row.extra, "New": 1} == {"New": 1}
    assert type(attrs.asdict(row)["extra"]) is dict
    assert codec.encode(row) == codec.encode(MADE)


def test_what_was_learned_is_used_from_the_second_page_on_and_widened_by_what_comes() -> None:
    reader, body = reader_for("msgspec"), json.dumps([ROW]).encode()
    reader.from_bytes(body)
    compiled, reader.compiled = reader.compiled, None
    reader.careful = pytest.fail
    assert reader.from_bytes(body) == [MADE]
    reader.compiled = compiled
    for odd in ({**ROW, "ActionID": "4"}, {**ROW, "New": 1}, {"CustomerID": "1"}):
        reader.from_bytes(json.dumps([odd]).encode())
    reader.compiled = None
    rows = reader.from_bytes(
        json.dumps([{"New": 2, **ROW, "ActionID": "4"}, {"CustomerID": "1"}, ROW]).encode()
    )
    assert [row.extra for row in rows] == [{"New": 2}, {}, {}]


def test_pages_may_spell_keys_in_different_ways() -> None:
    reader = reader_for("msgspec")
    renamed = {key.lower(): value for key, value in ROW.items()}
    for page in ([ROW], [renamed], [ROW, renamed], [renamed]):
        assert reader.from_bytes(json.dumps(page).encode()) == [MADE] * len(page)
    assert reader.twins is not None
    assert reader.twins(json.dumps([renamed]).encode()) == [MADE]


def test_shapes_without_end_do_not_fill_the_memory(way: str) -> None:
    reader = reader_for(way, FutureValue)
    for number in range(400):
        body = json.dumps([{"CustomerID": "1", f"key{number}": number}]).encode()
        assert reader.from_bytes(body)[0].extra == {f"key{number}": number}
    assert reader.compiled is not None
    assert len(reader.compiled._readers) <= 64
    assert reader.twins is None or len(reader.twins._seen) <= 256


def test_keys_are_data_and_never_code(way: str) -> None:
    evil = "']; raise SystemExit('"
    body = json.dumps([{"CustomerID": "1", evil: 1, "a\\'\"\n{x}": 2}]).encode()
    reader = reader_for(way, FutureValue)
    for _ in range(2):
        (row,) = reader.from_bytes(body)
        assert row.extra == {evil: 1, "a\\'\"\n{x}": 2}


def test_attributes_are_by_position_only_in_rows_about_customers(way: str) -> None:
    @attrs.frozen
    class Mail(Model):
        attributes: tuple[int, ...]

    body = b'[{"Attributes": []}, {"Attributes": [1, "2"]}]'
    reader = reader_for(way, Mail)
    for _ in range(2):
        assert [row.attributes for row in reader.from_bytes(body)] == [(), (1, 2)]


def test_a_class_that_does_more_than_set_fields_is_left_to_the_converter(way: str) -> None:
    @attrs.frozen
    class Checked(Model):
        count: int = attrs.field(validator=attrs.validators.gt(0))

    @attrs.frozen
    class Finished(Model):
        count: int

        def __attrs_post_init__(self) -> None:
            raise ValueError

    @attrs.frozen
    class Converted(Model):
        count: int = attrs.field(converter=abs)

    for model in (Checked, Finished, Converted):
        assert not is_plain(model)
        assert reader_for(way, model).compiled is None
    with pytest.raises(DecodeError):
        reader_for(way, Checked).from_bytes(b'[{"Count": 0}]')
    assert reader_for(way, Converted).from_bytes(b'[{"Count": -3}]') == [Converted(3)]


@pytest.mark.parametrize(
    "data", [[1], ["text"], [[]], [None], [{}], [ROW, {"ActionID": 1}], [{**ROW, "ActionID": {}}]]
)
def test_what_does_not_fit_is_a_decode_error_all_the_same(way: str, data: list[Any]) -> None:
    reader = reader_for(way)
    reader.from_data([ROW])
    with pytest.raises(DecodeError):
        reader.from_bytes(json.dumps(data).encode())


def test_a_row_that_does_not_fit_is_named_by_its_number_in_the_whole_answer(way: str) -> None:
    reader = reader_for(way)
    reader.from_data([ROW])
    with pytest.raises(DecodeError) as caught:
        reader.from_bytes(json.dumps([ROW, {**ROW, "ActionID": "private"}]).encode(), first=400)
    assert caught.value.path == "$[401].ActionID"
    assert "private" not in str(caught.value)
    with pytest.raises(DecodeError) as caught:
        reader.from_bytes(json.dumps([ROW, ROW, {"ActionID": 1}]).encode())
    assert caught.value.path == "$[2].CustomerID"


@pytest.mark.parametrize("body", [b"{}", b'"[]"', b"null", b"3"])
def test_what_is_no_list_is_an_error(way: str, body: bytes) -> None:
    with pytest.raises(DecodeError, match="expected a list") as caught:
        reader_for(way).from_bytes(body)
    assert caught.value.body == body


def test_times_of_seven_decimals_are_cut_and_not_rounded(way: str) -> None:
    (row,) = read(way, {**ROW, "ScheduleTime": "2016-08-30 10:00:59.9999999"})
    assert row.scheduled_time == datetime(2016, 8, 30, 10, 0, 59, 999999)
    (utc,) = read(
        way, {"Email": "a@b.example", "UnsubscribedTime": "2016-08-30 10:00:00"}, model=Unsubscriber
    )
    assert str(utc.unsubscribed_time) == "2016-08-30 10:00:00+00:00"


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**18, 10**30])
def test_whole_numbers_stay_whole_however_long(way: str, number: int) -> None:
    body = json.dumps([{**ROW, "ActionID": number, "New": [{"a": number}]}]).encode()
    reader = reader_for(way)
    for _ in range(2):
        (row,) = reader.from_bytes(body)
        assert row.action_id == number
        assert row.extra == {"New": [{"a": number}]}
        assert type(row.action_id) is type(row.extra["New"][0]["a"]) is int


def test_the_fastest_way_that_is_installed_is_taken() -> None:
    assert parsers.installed() == {"msgspec", "orjson"}
    body, names = json.dumps([ROW]).encode(), ("Seen", "Nowhere else")
    assert codec.read_rows(body, CustomerExecution, names)[0].customer_id == "231342"
    twins = list_reader(CustomerExecution, names, parsers.installed()).twins
    assert twins is not None
    assert twins(body) == codec.read_rows(body, CustomerExecution, names)
