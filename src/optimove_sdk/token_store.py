"""Where login tokens are kept: in memory, or in a file that all processes of a machine share."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from .config import Secret
from .core.policies.token import Token
from .errors import ConfigurationError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


_log = logging.getLogger("optimove_sdk")


class MemoryTokenStore:
    """Keeps tokens in this process. Give one to several clients to let them share a Login."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._holders: dict[str, int] = {}
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
            # What a parent process held when it forked, nobody will ever give back here.
            free = self._holders.get(key) != os.getpid()
            self._holders[key] = os.getpid()
            return free

    def unlock(self, key: str) -> None:
        """Give the right back."""
        with self._lock:
            self._holders.pop(key, None)


class FileTokenStore:
    """Keeps tokens in a file, so that all processes of a machine make one Login.

    The file holds the tokens in clear text, readable by its owner only. Processes take turns by an advisory
    lock on a file beside it, which the system releases if its holder dies. Not available on Windows.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if fcntl is None:
            raise ConfigurationError("FileTokenStore needs POSIX file locks, which this system does not have")
        self._path = Path(path).absolute()
        if not self._path.parent.is_dir():
            raise ConfigurationError(f"FileTokenStore: the folder {str(self._path.parent)!r} does not exist")
        self._held: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._path)!r})"

    def load(self, key: str) -> Token | None:
        """Return the token of this user; a missing or damaged file holds none."""
        try:
            entry = self._read()[key]
            text, issued, used = str(entry["token"]), float(entry["issued"]), float(entry["used"])
        except (KeyError, TypeError, ValueError):
            return None
        fits_a_header = text.isascii() and text.isprintable() and text == text.strip() != ""
        return Token(Secret(text), issued=issued, used=used) if fits_a_header else None

    def save(self, key: str, token: Token) -> None:
        """Keep the token of this user; readers see the old file or the new one, never half of one.

        A full disk is worth a warning but no failure: this process has the token and can go on.
        """
        entry = {"token": token.value.reveal(), "issued": token.issued, "used": token.used}
        try:
            self._replace(json.dumps({**self._read(), key: entry}).encode())
        except OSError as error:
            _log.warning("%r: the token was not saved: %s", self, error.strerror)

    def try_lock(self, key: str) -> bool:
        """Take the right to log in, if no process has it."""
        lock = self._open_lock()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        except BaseException:
            os.close(lock)
            raise
        self._held[key] = lock
        return True

    def unlock(self, key: str) -> None:
        """Give the right back."""
        lock = self._held.pop(key)
        try:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough if a fork has a copy
        finally:
            os.close(lock)

    def _open_lock(self) -> int:
        path = self._path.with_name(self._path.name + ".lock")
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigurationError(f"{self!r}: the lock file cannot be used: {error.strerror}") from None

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _replace(self, content: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
