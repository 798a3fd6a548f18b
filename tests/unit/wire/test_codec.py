"""JSON to models and back: keys in any casing, values in any type, nothing lost, nothing shown."""

from __future__ import annotations

import copy
import enum
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from optimove_sdk.config import Secret
from optimove_sdk.errors import DecodeError, InvalidInput
from optimove_sdk.wire import codec
from optimove_sdk.wire.converter import EXTRA, Normaliser, misfit
from optimove_sdk.wire.fields import Model, OpenIntEnum, OpenStrEnum, Row, spelled


class Colour(OpenIntEnum):
    RED = 1


class State(OpenStrEnum):
    DONE_WELL = "DoneWell"


@attrs.frozen
class Part(Model):
    part_id: int


@attrs.frozen
class Thing(Model):
    customer_id: str
    count: int | None = None
    share: float | None = None
    active: bool | None = None
    day: date | None = None
    time: datetime | None = None
    colour: Colour | None = None
    either: Colour | int | None = None
    state: State | None = None
    name: str | None = None
    mixed: int | str | None = None
    codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("PromoCode", "PromoCodes"))
    parts: tuple[Part, ...] | None = None


@attrs.frozen
class Sent(Model):
    colour: Colour | int
    flag: bool = False


@attrs.frozen
class Person(Row):
    customer_id: str


def thing(**fields: Any) -> Thing:
    return codec.decode({"CustomerID": "x", **fields}, Thing)


# Keys


@pytest.mark.parametrize(
    "key",
    ["CustomerID", "CustomerId", "customerId", "customerID", "customer_id", "CUSTOMER-ID", "customer id"],
)
def test_a_key_is_known_in_any_spelling(key: str) -> None:
    assert codec.decode({key: "7"}, Thing) == Thing("7")


@pytest.mark.parametrize("key", ["PromoCode", "promoCodes", "codes"])
def test_a_field_may_have_several_names(key: str) -> None:
    assert thing(**{key: "A"}).codes == ("A",)


def test_unknown_fields_are_kept_and_sent_again() -> None:
    data = {"CustomerID": "x", "NewThing": {"a": [1, None]}, "other": None, "Extra": 1, "*": 2}
    decoded = codec.decode(data, Thing)
    assert decoded.extra == {"NewThing": {"a": [1, None]}, "other": None, "Extra": 1, "*": 2}
    assert codec.encode(decoded) == data
    assert codec.decode(codec.encode(decoded), Thing) == decoded


def test_a_field_that_comes_twice_is_kept_twice_and_stays_what_it_was() -> None:
    decoded = codec.decode({"CustomerID": "1", "customerId": "2"}, Thing)
    assert (decoded.customer_id, decoded.extra) == ("1", {"customerId": "2"})
    assert codec.decode(codec.encode(decoded), Thing) == decoded


def test_a_known_field_wins_over_an_extra_one_of_the_same_name() -> None:
    assert codec.encode(Thing("1", extra={"CustomerID": "2", "New": 3})) == {"CustomerID": "1", "New": 3}


def test_many_shapes_of_objects_do_not_fill_the_memory() -> None:
    normalise = Normaliser(Thing)
    for n in range(1200):
        assert normalise({"CustomerID": "x", f"F{n}": n})[EXTRA] == {f"F{n}": n}
    assert len(normalise._shapes) <= 512


def test_keys_of_excessive_length_are_read_and_not_remembered() -> None:
    normalise = Normaliser(Thing)
    assert normalise({"x" * 5000: 1}) == {EXTRA: {"x" * 5000: 1}}
    assert normalise._shapes == {}


# Values


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("count", 12, 12),
        ("count", "12", 12),
        ("count", 12.0, 12),
        ("count", None, None),
        ("count", "NULL", None),
        ("count", "", None),
        ("share", "1.5", 1.5),
        ("share", 2, 2.0),
        ("active", True, True),
        ("active", "true", True),
        ("active", "False", False),
        ("active", 1, True),
        ("active", "0", False),
        ("active", "", None),
        ("day", "2015-12-30", date(2015, 12, 30)),
        ("day", " 2015-12-30T00:00:00", date(2015, 12, 30)),
        ("time", "2015-12-30 10:30:00", datetime(2015, 12, 30, 10, 30)),
        ("time", "2015-12-30T10:30:00.1234567", datetime(2015, 12, 30, 10, 30, 0, 123456)),
        ("time", "2020-04-12 17:32:06.094 UTC", datetime(2020, 4, 12, 17, 32, 6, 94000, UTC)),
        ("time", "2020-04-12T17:32:06Z", datetime(2020, 4, 12, 17, 32, 6, tzinfo=UTC)),
        (
            "time",
            "2020-04-12T17:32:06+02:00",
            datetime(2020, 4, 12, 17, 32, 6, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("name", 12, "12"),
        ("name", "", ""),
        ("name", "NULL", None),
        ("mixed", "12", 12),
        ("mixed", 12, 12),
        ("mixed", "a12", "a12"),
        ("mixed", "١٢", "١٢"),
        ("mixed", "", None),
        ("codes", ["A", "B"], ("A", "B")),
        ("codes", "A, B,", ("A", "B")),
        ("codes", "", ()),
        ("codes", None, ()),
        ("codes", "NULL", ()),
        ("codes", [None, "A", "NULL", 7], ("A", "7")),
        ("codes", 77, ("77",)),
        ("colour", "1", Colour.RED),
        ("state", "donewell", State.DONE_WELL),
        ("parts", [{"PartId": "1"}], (Part(1),)),
        ("parts", None, None),
    ],
)
def test_a_value_is_read_from_whatever_type_it_comes_as(field: str, value: Any, read: Any) -> None:
    assert getattr(thing(**{field: value}), field) == read


def test_an_id_that_comes_as_a_number_is_a_string() -> None:
    assert codec.decode({"CustomerID": 12}, Thing).customer_id == "12"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", "many"),
        ("count", 1.5),
        ("count", True),
        ("count", []),
        ("count", "9" * 5000),
        ("count", float("inf")),
        ("share", True),
        ("share", "half"),
        ("active", "maybe"),
        ("active", 2),
        ("active", {}),
        ("day", "30/12/2015"),
        ("time", "soon"),
        ("time", "UTC"),
        ("name", True),
        ("name", {}),
        ("codes", {}),
        ("codes", True),
        ("codes", [{}]),
        ("colour", "pink"),
        ("state", []),
        ("parts", [{}]),
        ("parts", [3]),
    ],
)
def test_a_value_that_fits_no_way_is_named_by_its_path_and_not_shown(field: str, value: Any) -> None:
    spelling = {"codes": "PromoCode"}.get(field, field.capitalize())
    with pytest.raises(DecodeError) as caught:
        codec.decode({"CustomerID": "private-77", field: value}, Thing)
    assert caught.value.path.startswith(f"$.{spelling}")
    assert "private" not in str(caught.value)
    assert not isinstance(value, str) or value not in str(caught.value).replace("$.Time", "")


def test_the_path_leads_into_lists_of_rows_and_nested_objects() -> None:
    rows = [{"CustomerID": 1}, {"CustomerID": 2, "parts": [{"PartID": 1}, {"PartID": "ann@x.com"}]}]
    with pytest.raises(DecodeError) as caught:
        codec.decode_rows(rows, Thing)
    assert caught.value.path == "$[1].Parts[1].PartID"
    assert "ann" not in str(caught.value)


def test_a_missing_field_is_named_as_optimove_spells_it() -> None:
    with pytest.raises(DecodeError, match=r"required field missing at \$\[0\]\.CustomerID"):
        codec.decode_rows([{}], Thing)


@pytest.mark.parametrize("data", [None, 3, "x", [], True])
def test_what_is_no_object_is_no_model(data: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.decode(data, Thing)
    assert caught.value.path == "$"


def test_a_reader_that_fails_only_once_is_still_a_decode_error() -> None:
    failures = [ValueError("once")]

    def flaky(_: Any) -> None:
        if failures:
            raise failures.pop()

    assert misfit(lambda: flaky(1), "$").path == "$"
    assert str(misfit(lambda: flaky(1), "$")) == "the answer cannot be read at $"


# Enums


@pytest.mark.parametrize("value", [Colour(99), State("Brand new"), Colour.RED, State.DONE_WELL])
def test_enum_values_known_or_not_survive_pickle_and_copies(value: Any) -> None:
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert twin == value
        assert type(twin) is type(value)
        assert (hash(twin), twin.value, twin.name) == (hash(value), value.value, value.name)


def test_unknown_enum_values_are_kept_and_sent_again() -> None:
    decoded = thing(colour=99, state="Brand new", either=98)
    assert (decoded.colour, decoded.state, decoded.either) == (99, "Brand new", 98)
    assert decoded.colour.name == "UNKNOWN_99"
    assert decoded.state.name == "UNKNOWN"
    sent = codec.encode(decoded)
    assert (sent["Colour"], sent["State"], sent["Either"]) == (99, "Brand new", 98)
    assert codec.decode(sent, Thing) == decoded


def test_what_is_no_value_of_the_enum_s_kind_is_refused() -> None:
    for value in ("x", None, 1.5):
        with pytest.raises(ValueError, match="not a valid Colour"):
            Colour(value)
    with pytest.raises(ValueError, match="not a valid State"):
        State(3)


class Closed(enum.StrEnum):
    A = "a"


@pytest.mark.parametrize("kind", [Closed, enum.Enum("Mixed", {"A": "a"}, type=str)])
def test_an_enum_of_strings_that_is_not_open_is_read_as_itself(kind: Any) -> None:
    assert codec.decode("a", kind) is kind.A
    with pytest.raises(DecodeError):
        codec.decode("b", kind)


def test_a_field_that_takes_enum_or_number_is_read_as_the_enum() -> None:
    assert codec.decode({"Colour": 1}, Sent).colour is Colour.RED
    assert codec.decode({"Colour": "5"}, Sent).colour == 5


# Rows with attributes


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (["a", "b"], {"A": "a", "B": "b"}),
        ([None, "NULL"], {"A": None, "B": None}),
        ([12, True], {"A": "12", "B": "true"}),
        ("a;b", {"A": "a", "B": "b"}),
        ("a,b", {"A": "a", "B": "b"}),
        (";", {"A": "", "B": ""}),
        ("a,b;c", {"A": "a,b", "B": "c"}),
        (None, {"A": None, "B": None}),
        ([], {}),
        ("", {}),
        ("NULL", {}),
        ({"A": "a"}, {"A": "a"}),
    ],
)
@pytest.mark.parametrize("key", ["CustomerAttributes", "CustomerAttribute"])
def test_attributes_get_the_names_that_were_asked_for(key: str, value: Any, read: dict[str, Any]) -> None:
    (row,) = codec.decode_rows([{"CustomerID": 1, key: value}], Person, ("A", "B"))
    assert row == Person("1", attributes=read if value is not None else {})


def test_one_attribute_may_contain_the_separators() -> None:
    (row,) = codec.decode_rows([{"CustomerID": 1, "CustomerAttribute": "a;b,c"}], Person, ("A",))
    assert row.attributes == {"A": "a;b,c"}


@pytest.mark.parametrize("value", [None, [], "", "NULL", {}])
def test_attributes_nobody_asked_for_may_be_empty_in_any_way(value: Any) -> None:
    assert codec.decode_rows([{"CustomerID": 1, "CustomerAttribute": value}], Person) == [Person("1")]


@pytest.mark.parametrize("value", [["a"], ["a", "b", "c"], "a", "a;b;c", 5, [{}, "b"]])
def test_attributes_that_do_not_match_are_an_error_and_not_a_guess(value: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.decode_rows([{"CustomerID": 1, "CustomerAttributes": value}], Person, ("A", "B"))
    assert caught.value.path == "$[0].CustomerAttributes"


def test_rows_without_a_schema_have_their_keys_in_snake_case() -> None:
    assert codec.decode_rows([{"CustomerID": 1, "isOn": 2}], Mapping[str, Any]) == [
        {"customer_id": 1, "is_on": 2}
    ]
    with pytest.raises(DecodeError) as caught:
        codec.decode_rows([{}, 3], Mapping[str, Any])
    assert caught.value.path == "$[1]"


def test_rows_may_be_of_any_type() -> None:
    assert codec.decode_rows([1, "2"], int) == [1, 2]
    assert codec.decode_rows([{"A": 1}], dict[str, Any]) == [{"A": 1}]


# JSON


def test_json_is_compact_readable_and_spelled_as_documented() -> None:
    value = [Thing("é", count=1, day=date(2026, 1, 2), time=datetime(2026, 1, 2, 3, 4, 5), colour=Colour.RED)]
    expected = '[{"CustomerID":"é","Count":1,"Day":"2026-01-02","Time":"2026-01-02 03:04:05","Colour":1}]'
    assert codec.encode_json(value).decode() == expected


def test_a_secret_is_sent_as_itself_and_only_there() -> None:
    assert codec.encode_json({"Password": Secret("p")}) == b'{"Password":"p"}'


def loop() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"\udfff": 1}, float("nan"), [float("inf")], 1j, b"x", {1, 2}, {("a",): 1}, loop()],
    ids=repr,
)
def test_what_json_cannot_carry_is_refused_before_anything_is_sent(value: Any) -> None:
    with pytest.raises(InvalidInput, match="cannot be sent as JSON"):
        codec.encode_json(value)


def test_half_a_character_is_named_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="half a character"):
        codec.encode_json({"name": "private\ud800"})


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"\xff", "[" * 100_000, b"9" * 5000])
def test_what_is_no_json_is_a_decode_error(body: bytes | str) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.parse_json(body)
    assert caught.value.body == (body if isinstance(body, bytes) else b"")


def test_json_is_parsed_in_bytes_and_text() -> None:
    assert codec.parse_json(b'\xef\xbb\xbf{"a":1}') == codec.parse_json('{"a":1}') == {"a": 1}
    assert json.loads(codec.encode_json({"a": (1, None)})) == {"a": [1, None]}
