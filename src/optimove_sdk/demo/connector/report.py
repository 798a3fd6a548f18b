"""What the receiving sides recorded of each flow, and whether that is right."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Line:
    """One line of the table."""

    flow: str
    recorded: str
    is_right: bool


def table(customers: int, lines: Sequence[Line]) -> str:
    """Return the table."""
    title = f"A connector for Netmera, killed on the way: {customers:,} customers, by the receivers' records"
    width = max(len(line.flow) for line in lines) + 2
    rows = (f"{'right' if line.is_right else 'WRONG'}  {line.flow:<{width}}{line.recorded}" for line in lines)
    return "\n".join([title, "", *rows])
