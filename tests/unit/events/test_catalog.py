"""A catalog makes an event that Optimove would quietly misunderstand fail where it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import ConfigurationError, Event, EventCatalog, EventDefinition, InvalidInput

CATALOG = EventCatalog(
    {
        "newsletter_signup": EventDefinition({"email": "string", "opt_in": "boolean"}, ["email"]),
        "deposit": EventDefinition({"amount": "number"}),
    }
)
FILE = """
[newsletter_signup]
required = ["email"]

[newsletter_signup.parameters]
email = "string"
opt_in = "boolean"

[deposit.parameters]
amount = "number"
"""


def test_a_configured_event_passes() -> None:
    event = CATALOG.event(
        "newsletter_signup", customer="C1", context={"email": "a@b.example", "opt_in": True}
    )
    assert CATALOG.check(event) is event
    CATALOG.event("deposit", visitor="V1", context={"amount": 1.5})
    CATALOG.event("deposit", visitor="V1")


@pytest.mark.parametrize(
    ("name", "context", "message"),
    [
        (
            "newsletter_signin",
            {},
            "event 'newsletter_signin' is .*: did you mean 'newsletter_signup'",
        ),
        ("bet", {}, "event 'bet' is not configured$"),
        ("deposit", {"amont": 1}, "parameter 'amont' is not configured: did you mean 'amount'"),
        ("deposit", {"amount": "1"}, r"context\['amount'\] is a str; it is configured as a number"),
        ("deposit", {"amount": True}, "is a bool; it is configured as a number"),
        ("newsletter_signup", {"email": "a", "opt_in": 1}, "is a int; it is configured as a boolean"),
        ("newsletter_signup", {"opt_in": True}, "needs email in its context"),
    ],
)
def test_an_event_that_is_not_configured_so_is_refused(
    name: str, context: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        CATALOG.check(Event(event=name, customer="C1", context=context))


def test_a_catalog_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "events.toml"
    file.write_text(FILE)
    assert EventCatalog.from_toml(file) == CATALOG


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[a.parameters]\nb = 'date'", "parameter 'b' must be a string, number or boolean"),
        ("[a]\nrequired = ['b']", "required parameter 'b' is not among the parameters"),
        ("[a]\nparams = 1", "an event is a table with parameters and required"),
        ("a = 1", "an event is a table"),
        ("[a", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "events.toml"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        EventCatalog.from_toml(file)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        EventCatalog.from_toml("nowhere.toml")
