"""What Optimove tells at the callback URL of an attribute write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from optimove_sdk import (
    AttributeAdded,
    AttributesUpdated,
    DefinitionProblem,
    NotificationError,
    UpdateFailure,
    UpdateProblem,
    parse_attribute_callback,
)

SAMPLES: list[tuple[dict[str, Any], Any]] = [
    ({"isSuccess": True, "requestId": "0386932e"}, AttributesUpdated(True, "0386932e")),
    (
        {
            "isSuccess": False,
            "errors": [
                {
                    "error": "UPDATE_FIELD_TEMPORARY_UNAVAILABLE",
                    "customerId": "1289049",
                    "realFieldName": "DaysSinceFirstAbsGameDate",
                }
            ],
            "requestId": "77e34963",
        },
        AttributesUpdated(
            False,
            "77e34963",
            (
                UpdateFailure(
                    UpdateProblem.UPDATE_FIELD_TEMPORARY_UNAVAILABLE, "1289049", "DaysSinceFirstAbsGameDate"
                ),
            ),
        ),
    ),
    ({"attributeName": "LoDoTest", "isSuccess": True}, AttributeAdded("LoDoTest", True)),
    (
        {
            "attributeName": "LoDoTest",
            "isSuccess": False,
            "errorId": "2",
            "errorMsg": "Attribute was not added, specified RealFieldName already exists.",
        },
        AttributeAdded(
            "LoDoTest",
            False,
            DefinitionProblem.NAME_EXISTS,
            "Attribute was not added, specified RealFieldName already exists.",
        ),
    ),
]


@pytest.mark.parametrize(("payload", "expected"), SAMPLES)
def test_the_documented_callbacks_are_read(payload: dict[str, Any], expected: Any) -> None:
    assert parse_attribute_callback(json.dumps(payload).encode()) == expected
    assert parse_attribute_callback({key.upper(): value for key, value in payload.items()}) == expected


def test_a_problem_that_is_new_is_kept() -> None:
    callback = parse_attribute_callback({"isSuccess": False, "errors": [{"error": "NEW_PROBLEM"}]})
    assert isinstance(callback, AttributesUpdated)
    assert callback.errors[0].error == "NEW_PROBLEM"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"isSuccess": "maybe"}', b'{"attributeName": "x"}'])
def test_anything_else_is_a_notification_error(body: bytes) -> None:
    with pytest.raises(NotificationError):
        parse_attribute_callback(body)
