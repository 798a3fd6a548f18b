"""Lines of JSON into CSV."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import IO, Any, Final

from .layout import Layout, of_rows
from .lines import Lines, text_of

_NO_CELLS: Final = frozenset({bool, list, dict})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(lines: Lines, file: IO[bytes], *, layout: Layout | None, escape_formulas: bool) -> None:
    """Write the rows as CSV in UTF-8, under a header; without a layout the rows tell the columns."""
    layout = layout or of_rows(lines)
    special = _NO_CELLS | {str} if escape_formulas else _NO_CELLS
    # Half a character has no spelling in UTF-8: better written as its escape than lost.
    text = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
    table = csv.writer(text)
    header = [column.name for column in layout.columns]
    rows = chain([header] if header else [], map(layout.cells, lines))
    table.writerows([_cell(v) if v.__class__ in special else v for v in row] for row in rows)
    text.detach()


def _cell(value: Any) -> str:
    return _harmless(value) if isinstance(value, str) else text_of(value)


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
