"""Every model there is, read from objects no server has sent yet: nothing raises, and nothing is lost."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import types
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import optimove_sdk
from optimove_sdk.wire import codec
from optimove_sdk.wire.fields import Model, OpenIntEnum, OpenStrEnum, wire_name
from optimove_sdk.wire.names import snake


def modules() -> Iterator[types.ModuleType]:
    for package in ("api", "notifications"):
        root = importlib.import_module(f"optimove_sdk.{package}")
        for found in pkgutil.iter_modules(root.__path__, f"{root.__name__}."):
            yield importlib.import_module(found.name)


def discovered() -> list[type[Model]]:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Model) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda model: model.__qualname__)


MODELS = discovered()
few = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
json_scalars = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5)
unknown = st.dictionaries(
    st.from_regex(r"zz[A-Z][a-z]{1,6}", fullmatch=True),
    json_scalars | st.lists(json_scalars, max_size=2),
    max_size=3,
)
plain_text = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8).filter(
    lambda text: text != "NULL"
)


def is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return what a server may send for a field of this kind, values nobody has heard of included."""
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of(*(values(arg) for arg in get_args(kind)))
    if get_origin(kind) in (tuple, list):
        return st.lists(values(get_args(kind)[0]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, OpenIntEnum):
        return st.integers(0, 99) | st.integers(0, 99).map(str)
    if isinstance(kind, type) and issubclass(kind, OpenStrEnum):
        return st.sampled_from([member.value for member in kind]) | plain_text
    if isinstance(kind, type) and issubclass(kind, Model):
        return objects(kind)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans() | st.sampled_from(["true", "False"]),
        int: st.integers(0, 10**9) | st.integers(0, 10**9).map(str),
        float: st.floats(-1e6, 1e6),
        str: plain_text | st.integers(0, 10**9),
        date: st.dates().map(date.isoformat),
        datetime: st.datetimes().map(lambda at: at.isoformat(" ", "seconds")),
    }
    return simple.get(kind, st.dictionaries(plain_text, plain_text, max_size=2))


def objects(model: type[Model], *, nulls: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(model)
    fields = [field for field in attrs.fields(model) if field.name not in ("extra", "attributes")]
    required = {wire_name(f): values(hints[f.name]) for f in fields if f.default is attrs.NOTHING}
    optional = {
        wire_name(f): st.none() if nulls else values(hints[f.name])
        for f in fields
        if f.default is not attrs.NOTHING and (not nulls or is_optional(hints[f.name]))
    }
    return st.fixed_dictionaries(required, optional=optional)


def respelled(data: dict[str, Any], spell: Any) -> dict[str, Any]:
    return {spell(key): value for key, value in data.items()}


def test_models_were_found() -> None:
    assert len(MODELS) > 15
    assert optimove_sdk.Promotion in MODELS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@few
@given(data=st.data())
def test_unknown_fields_and_enum_values_survive_reading_and_sending(
    model: type[Model], data: st.DataObject
) -> None:
    sent = {**data.draw(objects(model)), **data.draw(unknown)}
    shuffled = {key: sent[key] for key in data.draw(st.permutations(sorted(sent)))}
    value = codec.decode(shuffled, model)
    assert value == codec.decode(sent, model), "the order of keys means nothing"
    assert value.extra == {key: item for key, item in sent.items() if key.startswith("zz")}
    again = codec.encode(value)
    assert codec.decode(again, model) == value
    codec.encode_json(value)
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert twin == value


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@few
@given(data=st.data())
def test_keys_are_known_in_any_casing(model: type[Model], data: st.DataObject) -> None:
    sent = data.draw(objects(model))
    expected = codec.decode(sent, model)
    for spell in (snake, str.lower, str.upper, lambda key: key[0].lower() + key[1:]):
        assert codec.decode(respelled(sent, spell), model) == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@few
@given(data=st.data())
def test_null_in_an_optional_field_is_as_good_as_no_field(model: type[Model], data: st.DataObject) -> None:
    sent = data.draw(objects(model, nulls=True))
    for nothing in (None, "NULL"):
        nulled = {key: nothing if item is None else item for key, item in sent.items()}
        required = {key: item for key, item in sent.items() if item is not None}
        assert codec.decode(nulled, model) == codec.decode(required, model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@few
@given(data=st.data())
def test_whatever_comes_is_read_or_is_a_decode_error(model: type[Model], data: st.DataObject) -> None:
    keys = st.sampled_from([wire_name(field) for field in attrs.fields(model)])
    junk = (
        json_scalars
        | st.lists(json_scalars, max_size=2)
        | st.dictionaries(st.text(max_size=3), json_scalars, max_size=2)
    )
    rows = [data.draw(st.dictionaries(keys, junk) | junk)]
    path = "$"
    try:
        codec.decode_rows(rows, model, ("A",))
    except optimove_sdk.DecodeError as error:
        path = error.path
    assert path.startswith("$")
