"""How a page is recognised when it comes again."""

from __future__ import annotations

import hashlib
import zlib

import attrs


@attrs.frozen
class Mark:
    """How a page begins, and all of it: a digest of its head, and its length with a checksum.

    Pages that differ seldom begin alike, so the rest need not be looked at too closely: a checksum costs a
    sixth of a digest. ``whole`` is None if the page broke off.
    """

    head: str
    whole: str | None

    def begins_like(self, other: Mark | None) -> bool:
        """Say whether this may turn out to be the other page again."""
        return other is not None and self.head == other.head

    def repeats(self, other: Mark | None) -> bool:
        """Say whether this is the other page again, as far as that is known."""
        return other is not None and self.head == other.head and other.whole in (None, self.whole)


class Marker:
    """Makes the mark of a page whose body comes in pieces; so many bytes are its head."""

    def __init__(self, head: int) -> None:
        self._head = hashlib.blake2b(digest_size=16)
        self._missing = head
        self._length = 0
        self._checksum = 0

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._missing > 0:
            self._head.update(piece[: self._missing])
            self._missing -= len(piece)
        self._length += len(piece)
        self._checksum = zlib.crc32(piece, self._checksum)

    def mark(self, *, whole: bool = True) -> Mark:
        """Return the mark of what has come so far."""
        return Mark(self._head.hexdigest(), f"{self._length}-{self._checksum:08x}" if whole else None)
