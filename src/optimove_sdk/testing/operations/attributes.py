"""Attributes of customers. What Optimove works off later happens here at once.

The callback URL is told as documented. That what is right in a request is written though other values are
wrong, and that the answer has the callback's ``requestId``, is the fake's choice.

Sources: https://developer.optimove.com/reference/post_customers-updatecustomerattributes and
https://developer.optimove.com/reference/post_customers-addcustomerattribute
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from ...http.base import Response
from ..answers import bad_request, json_answer
from ..attributes import Definition, is_kind
from ..routing import Asked, checked_list, folded, operation
from ..world import World

_MAX_CUSTOMERS: Final = 1_000
_MAX_ATTRIBUTES: Final = 10
_MAX_REMOVED: Final = 50_000
_MAX_DEFINITIONS: Final = 40
_ACCEPTED: Final = 202

# What is wrong with a definition: Optimove's number and words; the words of 1 and 4 are not published.
_TOO_MANY: Final = ("1", "Attribute was not added, the limit of 40 attributes is reached.")
_EXISTS: Final = ("2", "Attribute was not added, specified RealFieldName already exists.")
_TYPES: Final = "'DECIMAL(19,4), 'INT', 'BIGINT', 'DATE' ,'VARCHAR(X)' or 'NVARCHAR(X)'"
_NO_TYPE: Final = ("3", f"Attribute was not added, Type Input should be {_TYPES}.")
_BAD_DEFAULT: Final = ("4", "Attribute was not added, DefaultValue does not fit the Type.")

Values: TypeAlias = Mapping[str, Any]


@operation("GET", "customers/*/Attributes", name="GetCustomerAttributes")
def attributes(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return all attributes of a customer."""
    return [
        {
            "RealFieldName": one.name,
            "Alias": one.name.replace("_", " "),
            "FieldType": one.field_type,
            "Value": world.attributes.value(asked.subject, one.name),
        }
        for one in world.attributes.definitions
    ]


@operation("POST", "customers/UpdateCustomerAttributes")
def update(world: World, asked: Asked) -> dict[str, Any]:
    """Overwrite attributes of up to 1,000 customers, up to 10 of each."""
    customers = _customers(asked, "CustomerNewAttributesValuesList", _MAX_ATTRIBUTES)
    return {"requestId": _tell(world, asked, _write(world, customers))}


@operation("PUT", "customers/InsertOrUpdateCustomers")
def upsert_many(world: World, asked: Asked) -> Response:
    """Insert or update up to 1,000 customers."""
    customers = _customers(asked, "Customers", None)
    return json_answer({"requestId": _tell(world, asked, _write(world, customers))}, _ACCEPTED)


@operation("PUT", "customers/UpsertCustomer")
def upsert(world: World, asked: Asked) -> dict[str, Any]:
    """Insert or update one customer; what is wrong is answered too."""
    errors = _write(world, [_values(asked.fields(), None)])
    return {"errors": errors, "requestId": _tell(world, asked, errors)}


@operation("POST", "customers/AddCustomerAttribute")
def add(world: World, asked: Asked) -> None:
    """Add an attribute; what is wrong with it is told to the callback URL only."""
    default = asked.fields().get("defaultvalue")
    name, kind = asked.field("Name", str), asked.field("Type", str)
    wanted = Definition(name, kind, default=None if default is None else str(default), added=True)
    wrong = _wrong_with(world, wanted)
    if wrong is None:
        world.attributes.define(wanted)
    errors = {} if wrong is None else dict(zip(("errorId", "errorMsg"), wrong, strict=True))
    _call_back(world, asked, {"attributeName": wanted.name, "isSuccess": wrong is None, **errors})


def _wrong_with(world: World, wanted: Definition) -> tuple[str, str] | None:
    if not is_kind(wanted.kind):
        return _NO_TYPE
    if world.attributes.definition(wanted.name) is not None:
        return _EXISTS
    if sum(one.added for one in world.attributes.definitions) >= _MAX_DEFINITIONS:
        return _TOO_MANY
    return None if wanted.takes(wanted.default) else _BAD_DEFAULT


@operation("POST", "customers/RemoveCustomerPII")
def remove_pii(world: World, asked: Asked) -> dict[str, list[str]]:
    """Remove the personal data of customers, and answer who is not known."""
    given = checked_list(asked.fields().get("customerids"), "CustomerIDs", _MAX_REMOVED)
    customers = [str(one) for one in given]
    for one in filter(world.knows, customers):
        world.attributes.remove(one)
    return {"FailedCustomerIDs": [one for one in customers if not world.knows(one)]}


def _customers(asked: Asked, name: str, at_most: int | None) -> list[tuple[str, Values]]:
    given = checked_list(asked.fields().get(name.lower()), name, _MAX_CUSTOMERS)
    return [_values(folded(one), at_most) for one in given]


def _values(customer: Mapping[str, Any], at_most: int | None) -> tuple[str, Values]:
    """Return a customer's id and the values by name; nothing is kept of a request that is wrong."""
    pairs = checked_list(customer.get("attributes") or [], "Attributes", at_most)
    values = [folded(pair) for pair in pairs]
    if not customer.get("customerid") or not all(pair.get("realfieldname") for pair in values):
        raise bad_request("CustomerID and RealFieldName are mandatory")
    return str(customer["customerid"]), {str(pair["realfieldname"]): pair.get("value") for pair in values}


def _write(world: World, customers: Iterable[tuple[str, Values]]) -> list[dict[str, str]]:
    """Write all values that can be, and return what is wrong with the others."""
    errors = []
    for customer, values in customers:
        world.attributes.written.setdefault(customer, {})
        for name, value in values.items():
            if error := world.attributes.write(customer, name, value):
                errors.append({"error": error, "customerId": customer, "realFieldName": name})
    return errors


def _tell(world: World, asked: Asked, errors: list[dict[str, str]]) -> str:
    """Tell the callback URL what became of a write, and return the write's id."""
    request_id = str(uuid.UUID(int=world.chance.getrandbits(128), version=4))
    told: dict[str, Any] = {"isSuccess": False, "errors": errors} if errors else {"isSuccess": True}
    _call_back(world, asked, {**told, "requestId": request_id})
    return request_id


def _call_back(world: World, asked: Asked, payload: Mapping[str, Any]) -> None:
    if url := asked.fields().get("callbackurl"):
        world.post(str(url), payload)
