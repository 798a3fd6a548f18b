"""Where events are kept until they are delivered: the protocol, in memory, and in a SQLite file."""

from .base import DeadLetter, Outbox, Stored
from .memory import MemoryOutbox
from .sqlite import SQLiteOutbox

__all__ = ["DeadLetter", "MemoryOutbox", "Outbox", "SQLiteOutbox", "Stored"]
