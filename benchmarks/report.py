"""What was measured, as a table: on the screen, and in its place in the page of the documentation."""

from __future__ import annotations

import platform
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .timing import Seconds, ratio

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
QUICK = 3
"""So few rounds that a table shows roughly what there is to see, and is there soon."""


@dataclass(frozen=True)
class Table:
    """Rows of text under columns; the first column names what the row is about."""

    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        return "\n".join(
            line[0].ljust(widths[0])
            + "".join(f"  {cell.rjust(width)}" for cell, width in zip(line[1:], widths[1:], strict=True))
            for line in lines
        )

    def markdown(self) -> str:
        """Return the table for a page."""
        rule = ["---", *("---:" for _ in self.columns[1:])]
        return "\n".join(f"| {' | '.join(line)} |" for line in (self.columns, rule, *self.rows))


def measured(name: str, rounds: int | None) -> Table:
    """Return the table of a benchmark."""
    benchmark = import_module(f"{__package__}.{name}")
    table: Table = benchmark.table() if rounds is None else benchmark.table(rounds)
    return table


def compared(
    title: str,
    columns: Mapping[str, Seconds],
    *,
    reference: str,
    unit: str,
    scale: float,
    aims: Mapping[str, str] | None = None,
) -> Table:
    """Return a table of what each contender took, and of how many times that is what the reference took."""
    head = [part for column in columns for part in (f"{column}, {unit}", f"× {reference}")]
    table = Table([title, *head, *(["aim"] if aims else [])])
    for name in next(iter(columns.values())):
        cells = [cell for seconds in columns.values() for cell in _cells(name, seconds, reference, scale)]
        table.rows.append([name, *cells, *([aims.get(name, "")] if aims else [])])
    return table


def _cells(name: str, seconds: Seconds, reference: str, scale: float) -> tuple[str, str]:
    took = f"{statistics.median(seconds[name]) * scale:,.4g}"
    return took, f"{ratio(seconds[name], seconds[reference]):.2f}" if reference in seconds else "-"


def write(name: str, text: str, page: Path = PAGE) -> None:
    """Put a text in its place in the page: between the two comments that name it."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    before = page.read_text()
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not place.search(before):
        raise LookupError(f"{page} has no place for the figures of {name!r}: {begin} and {end}")
    page.write_text(place.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", before))


def circumstances(packages: Iterable[str]) -> str:
    """Return when, on what, and with which versions it was measured."""
    found = ", ".join(f"{name} {number}" for name in packages if (number := _version(name)))
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"Measured on {when}, {platform.system()} on {_processor()},"
        f" {platform.python_implementation()} {platform.python_version()}; {found}."
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        found = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = []
    return f"{len(found)} × {found[0].strip()}" if found else platform.processor() or platform.machine()
