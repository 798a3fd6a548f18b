"""Where login tokens are kept: in memory, or in a file that all processes of a machine share."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from .config import Secret
from .core.policies.token import Token
from .errors import ConfigurationError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class MemoryTokenStore:
    """Keeps tokens in this process. Give one to several clients to let them share a Login."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locked: set[str] = set()
        self._lock = threading.Lock()

    def load(self, key: str) -> Token | None:
        """Return the token of this user, or None."""
        with self._lock:
            return self._tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keep the token of this user."""
        with self._lock:
            self._tokens[key] = token

    def try_lock(self, key: str) -> bool:
        """Take the right to log in as this user, if it is free."""
        with self._lock:
            free = key not in self._locked
            self._locked.add(key)
            return free

    def unlock(self, key: str) -> None:
        """Give the right back."""
        with self._lock:
            self._locked.discard(key)


class FileTokenStore:
    """Keeps tokens in a file, so that all processes of a machine make one Login.

    The file holds the tokens in clear text, readable by its owner only. Processes take turns by an advisory
    lock on a file beside it, which the system releases if its holder dies. Not available on Windows.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if fcntl is None:
            raise ConfigurationError("FileTokenStore needs POSIX file locks, which this system does not have")
        self._path = Path(path)
        if not self._path.parent.is_dir():
            raise ConfigurationError(f"FileTokenStore: the folder {str(self._path.parent)!r} does not exist")
        self._held: dict[str, IO[bytes]] = {}

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._path)!r})"

    def load(self, key: str) -> Token | None:
        """Return the token of this user; a missing or damaged file holds none."""
        try:
            entry = self._read()[key]
            return Token(
                Secret(str(entry["token"])), issued=float(entry["issued"]), used=float(entry["used"])
            )
        except (KeyError, TypeError, ValueError):
            return None

    def save(self, key: str, token: Token) -> None:
        """Keep the token of this user; readers see the old file or the new one, never half of one."""
        entry = {"token": token.value.reveal(), "issued": token.issued, "used": token.used}
        content = json.dumps({**self._read(), key: entry}).encode()
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def try_lock(self, key: str) -> bool:
        """Take the right to log in, if no process has it."""
        file = self._path.with_name(self._path.name + ".lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._held[key] = file
        return True

    def unlock(self, key: str) -> None:
        """Give the right back."""
        with self._held.pop(key) as file:
            fcntl.flock(file, fcntl.LOCK_UN)  # closing is not enough if a fork has a copy

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
