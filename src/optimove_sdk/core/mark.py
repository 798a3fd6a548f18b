"""How a page is recognised when it comes again."""

from __future__ import annotations

import hashlib

import attrs


@attrs.frozen
class Mark:
    """Digests of how a page begins and of all of it; ``whole`` is None if it broke off."""

    head: bytes
    whole: bytes | None

    @classmethod
    def of(cls, text: str) -> Mark:
        """Return the mark that was written as this text."""
        head, _, whole = text.partition(":")
        return cls(bytes.fromhex(head), bytes.fromhex(whole) if whole else None)

    def to_text(self) -> str:
        """Return a text to be stored."""
        return f"{self.head.hex()}:{self.whole.hex() if self.whole else ''}"

    def begins_like(self, other: Mark | None) -> bool:
        """Say whether this may turn out to be the other page again."""
        return other is not None and self.head == other.head

    def repeats(self, other: Mark | None) -> bool:
        """Say whether this is the other page again, as far as that is known."""
        return other is not None and self.head == other.head and other.whole in (None, self.whole)


class Marker:
    """Makes the mark of a page whose body comes in pieces; so many bytes are its head."""

    def __init__(self, head: int) -> None:
        self._digest = hashlib.blake2b(digest_size=16)
        self._missing = head
        self._head = b""

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._missing > 0:
            self._digest.update(piece[: self._missing])
            self._head = self._digest.digest()
            self._digest.update(piece[self._missing :])
            self._missing -= len(piece)
        else:
            self._digest.update(piece)

    def mark(self, *, whole: bool = True) -> Mark:
        """Return the mark of what has come so far."""
        return Mark(self._head, self._digest.digest() if whole else None)
