"""How far an export is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs


@attrs.frozen
class Progress:
    """What an export has written so far, over all its interruptions.

    ``bytes`` is the size of the unfinished file, and that of the file itself once it is complete.
    """

    pages: int = 0
    rows: int = 0
    bytes: int = 0


OnProgress: TypeAlias = Callable[[Progress], object]
"""Called after each page; what it raises ends the export, which can be resumed."""
