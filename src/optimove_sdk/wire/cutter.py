"""Cuts a list of rows into shorter lists while its bytes arrive, so that nobody has to hold it whole.

It may be cut wherever a row ends, but to find that out must cost little against reading the rows. So one of
the last ``}`` that arrived is taken for the end of a row: what follows may prove it, or that all brackets up
to there pair off. If nothing does, as when rows have many objects in them, a scanner that looks at each
bracket says where a row ends.

All this goes for JSON. In what is no JSON a cut may be wrong, but then it is no JSON either: whoever reads
the cuts finds out.
"""

from __future__ import annotations

import re

from ..errors import DecodeError
from .brackets import Scanner, pair_off

_BLANK = b" \t\r\n"
_BETWEEN = re.compile(rb'\}[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[^ \t\r\n,:}\]]')
_GUESSES = 4
_OPENING = re.compile(rb"[ \t\r\n]*+(\[?)[ \t\r\n]*+(.?)", re.DOTALL)


class Cutter:
    """Takes the bytes of an answer and gives its rows back, some ``size`` bytes of them at a time.

    It holds no more than that, or one row if this is longer, and the piece that came last. An answer that is
    no list of objects is held to its end and handed on as it came.
    """

    def __init__(self, size: int = 65_536) -> None:
        self._size = size
        self._held = bytearray()
        self._begun: bool | None = None
        self._comma = b""
        self._scanner = Scanner()

    @property
    def cutting(self) -> bool:
        """Whether the answer is a list of objects; false as long as that is not known."""
        return bool(self._begun)

    def feed(self, piece: bytes) -> bytes | None:
        """Take a piece; return the rows that are complete by now as a JSON array, once they are enough."""
        self._held += piece
        if len(self._held) < self._size or not self._begin():
            return None
        end = self._row_end()
        return self._cut(end) if end else None

    def end(self) -> bytes:
        """Return what is left as a JSON array, or the whole answer if it is no list of objects."""
        if not self._begin():
            return bytes(self._held)
        left = self._held.strip(_BLANK)
        if left == b"]":
            return b"[]"
        if not left.endswith(b"]"):
            raise _broken_off()
        self._held = left
        rows = self._cut(len(left) - 1)
        inside = rows[1:-1].strip(_BLANK)
        if not inside or not (pair_off(inside) or Scanner().ends_whole(inside)):
            raise _broken_off()
        return rows

    def _begin(self) -> bool:
        """Look once whether this is a list of objects, and drop the bracket that opens it."""
        if self._begun is None and (opening := _OPENING.match(self._held)) and opening[2]:
            self._begun = opening[1] == b"[" and opening[2] in b"{]"
            if self._begun:
                del self._held[: opening.start(2)]
        return self.cutting

    def _row_end(self) -> int:
        """Return where the last complete row ends, or 0."""
        if self._scanner.position == 0 and (end := self._guessed_end()):
            return end
        end = self._scanner.last_object_end(self._held)
        if self._scanner.closed and self._held[self._scanner.position - 1 :].strip(_BLANK) != b"]":
            raise _broken_off()
        return end

    def _guessed_end(self) -> int:
        end = len(self._held)
        for _ in range(_GUESSES):
            end = self._held.rfind(b"}", 0, end)
            if end < 0:
                break
            if self._is_between_rows(end) or pair_off(self._held[: end + 1]):
                return end + 1
        return 0

    def _is_between_rows(self, brace: int) -> bool:
        """Say whether this ``}`` is certainly between two objects in the outermost list.

        If it were in a string, the quote that follows would end the string, and then no key could follow. If
        there is no other list, then two objects are beside each other in this one only.
        """
        return _BETWEEN.match(self._held, brace) is not None and b"[" not in self._held

    def _cut(self, end: int) -> bytes:
        """Take out what is before ``end``: rows, with a comma before them unless they are the first."""
        rows = self._held[:end].lstrip(_BLANK)
        if not rows.startswith(self._comma):
            raise _broken_off()
        array = b"[" + bytes(rows[len(self._comma) :]) + b"]"
        del self._held[:end]
        self._comma, self._scanner = b",", Scanner()
        return array


def _broken_off() -> DecodeError:
    return DecodeError("the answer breaks off: it does not end where its list of rows does")
