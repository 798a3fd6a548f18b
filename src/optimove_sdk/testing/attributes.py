"""The attributes of customers: which there are, what was written, and what is generated for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from .campaign import attribute
from .changes import Change, Changes

_KIND: Final = re.compile(r"(DECIMAL)\(19,4\)|(INT|BIGINT|DATE)|(N?VARCHAR)\(([1-9][0-9]*)\)")
_PERSONAL: Final = ("alias", "email")
_TEXT: Final = "NVARCHAR(255)"


@attrs.frozen
class Definition:
    """An attribute: its RealFieldName, its type as Optimove writes it, and everybody's value at first."""

    name: str
    kind: str = _TEXT
    description: str = ""
    default: str | None = None
    generated: bool = False
    """Everybody has a value of their own, worked out from the seed, instead of the default."""
    added: bool = False
    """It was added by AddCustomerAttribute, of which there may be 40."""

    @property
    def field_type(self) -> str:
        """The type as it is told with a value: ``Nvarchar``."""
        return self.kind.partition("(")[0].capitalize()

    def takes(self, value: Any) -> bool:
        """Say whether a value is of the type; no value always is."""
        return value is None or _fits(self.kind, text_of(value))


# The first three are the documentation's own sample: https://docs.optimove.com/api-usage-guide
_KNOWN: Final = (
    Definition("Affiliate", description="Acquisition affiliate", generated=True),
    Definition("Age", "INT", "Customer age", generated=True),
    Definition("Country", description="Country of residence", generated=True),
    Definition("Alias", description="Name in the lobby", generated=True),
    Definition("Email", description="E-mail address", generated=True),
)


class Attributes:
    """All attributes of all customers. ``removed`` are the customers whose personal data was removed.

    Names are found in any case. That a name nobody defined has a generated value too is the fake's choice.
    """

    def __init__(self, seed: int, changes: Changes, today: Callable[[], date]) -> None:
        self._seed = seed
        self._changes = changes
        self._today = today
        self._definitions = {one.name.lower(): one for one in _KNOWN}
        self.written: dict[str, dict[str, Any]] = {}
        """For each customer, the values that were written, by RealFieldName."""
        self.removed: set[str] = set()

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """All attributes there are."""
        return tuple(self._definitions.values())

    def definition(self, name: str) -> Definition | None:
        """Return an attribute, or None where there is no such one."""
        return self._definitions.get(name.lower())

    def define(self, definition: Definition) -> None:
        """Add an attribute; one of the same name is replaced."""
        self._definitions[definition.name.lower()] = definition

    def remove(self, customer: str) -> None:
        """Remove the personal data of a customer."""
        self.removed.add(customer)

    def write(self, customer: str, name: str, value: Any) -> str | None:
        """Overwrite a value; return what is wrong, in Optimove's words, and write nothing then."""
        definition = self.definition(name)
        if customer in self.removed:
            return "INVALID_CUSTOMER"
        if definition is None:
            return "INVALID_FIELD"
        if not definition.takes(value):
            return "INVALID_VALUE"
        before = self.value(customer, name)
        self.written.setdefault(customer, {})[definition.name] = value
        after = self.value(customer, name)
        self._changes.note(Change(self._today(), change_of(definition.name), customer, before, after))
        return None

    def value(self, customer: str, name: str) -> str | None:
        """Return what was written, else the default, else a generated value; removed data is gone."""
        definition = self.definition(name) or Definition(name, generated=True)
        written = self.written.get(customer, {})
        if customer in self.removed and definition.name.lower() in _PERSONAL:
            return None
        if definition.name in written:
            value = written[definition.name]
            return None if value is None else text_of(value)
        return (
            attribute(self._seed, customer, definition.name) if definition.generated else definition.default
        )


def is_kind(text: str) -> bool:
    """Say whether this is one of the types Optimove documents."""
    return _KIND.fullmatch(text) is not None


def change_of(name: str) -> str:
    """Return how a change of an attribute is named among all changes."""
    return f"attribute {name.lower()}"


def text_of(value: Any) -> str:
    """Return a value as Optimove tells it: as a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fits(kind: str, text: str) -> bool:
    match = _KIND.fullmatch(kind)
    if match is None or match[3]:
        return match is None or len(text) <= int(match[4])
    try:
        _READERS[match[1] or match[2]](text)
    except (ValueError, InvalidOperation):
        return False
    return True


_READERS: Final[dict[str, Callable[[str], object]]] = {
    "DECIMAL": Decimal,
    "INT": int,
    "BIGINT": int,
    "DATE": lambda text: date.fromisoformat(text[:10]),
}
