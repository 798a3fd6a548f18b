"""What changed about customers, day by day: values of attributes, and the groups they are in."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs


@attrs.frozen
class Change:
    """One change: ``what`` names a kind of group, or an attribute."""

    day: date
    what: str
    customer: str
    before: Any
    after: Any


class Changes:
    """All changes, oldest first."""

    def __init__(self) -> None:
        self._all: list[Change] = []

    def note(self, change: Change) -> None:
        """Keep one change."""
        self._all.append(change)

    def latest(self, what: str, until: date = date.max) -> dict[str, Any]:
        """Return where every customer who changed stood at the end of a day."""
        return {one.customer: one.after for one in self._all if one.what == what and one.day <= until}

    def between(self, what: str, first: date, last: date) -> list[Change]:
        """Return one change for each customer, over all these days; who came back did not change."""
        told: dict[str, Change] = {}
        for one in self._all:
            if one.what == what and first <= one.day <= last:
                told[one.customer] = attrs.evolve(one, before=told.get(one.customer, one).before)
        return [one for one in told.values() if one.before != one.after]
