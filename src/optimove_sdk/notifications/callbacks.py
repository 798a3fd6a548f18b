"""What Optimove POSTs to a callback URL after it has worked on a write of customer attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from ..errors import DecodeError, NotificationError
from ..wire import codec
from ..wire.fields import Model, OpenIntEnum, OpenStrEnum, spelled
from ..wire.names import fold
from .parse import json_object


class UpdateProblem(OpenStrEnum):
    """Why a value was not written. A problem Optimove adds later is kept as it is."""

    INVALID_CUSTOMER = "INVALID_CUSTOMER"
    INVALID_FIELD = "INVALID_FIELD"
    INVALID_VALUE = "INVALID_VALUE"
    UPDATE_FIELD_TEMPORARY_UNAVAILABLE = "UPDATE_FIELD_TEMPORARY_UNAVAILABLE"
    """The attribute must be enabled for updates by Optimove's support."""


class DefinitionProblem(OpenIntEnum):
    """Why an attribute was not defined. A problem Optimove adds later is kept as it is."""

    TOO_MANY = 1
    """The account has its 40 attributes."""
    NAME_EXISTS = 2
    INVALID_TYPE = 3
    INVALID_DEFAULT = 4
    GENERAL = 5


@attrs.frozen
class UpdateFailure(Model):
    """One value that was not written."""

    error: UpdateProblem
    customer_id: str | None = attrs.field(default=None, repr=False)
    real_field_name: str | None = None


@attrs.frozen
class AttributesUpdated(Model):
    """The outcome of ``attributes.update`` (and, it seems, of upserts). ``request_id`` names the write."""

    is_success: bool
    request_id: str | None = None
    errors: tuple[UpdateFailure, ...] = ()


@attrs.frozen
class AttributeAdded(Model):
    """The outcome of ``attributes.add``."""

    attribute_name: str
    is_success: bool
    error_id: DefinitionProblem | None = None
    error_message: str | None = attrs.field(default=None, metadata=spelled("errorMsg"))


AttributeCallback: TypeAlias = AttributesUpdated | AttributeAdded


def parse_attribute_callback(body: bytes | str | Mapping[str, Any]) -> AttributeCallback:
    """Read what Optimove POSTed to the callback URL of an attribute write.

    Args:
        body: the raw body, in any casing, or the parsed object.

    Returns:
        `AttributeAdded` if it names an attribute, else `AttributesUpdated`.

    Raises:
        NotificationError: the body is not such an object.

    Sources: https://developer.optimove.com/reference/post_customers-addcustomerattribute and
    https://developer.optimove.com/reference/post_customers-updatecustomerattributes
    """
    payload = json_object(body)
    keys = {fold(key) for key in payload}
    kind: type[AttributeCallback] = AttributeAdded if "attributename" in keys else AttributesUpdated
    try:
        return codec.decode(payload, kind)
    except DecodeError as error:
        raise NotificationError(f"an attribute callback cannot be read: {error}") from None
