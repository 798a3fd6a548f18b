"""The unfinished file: pages are appended to it, one process at a time, until it takes its final name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from typing import Final

from ..errors import InvalidInput

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PIECE: Final = 1 << 20


class Part:
    """A file that only grows or is cut, and is gone when closed while empty.

    Where the system has POSIX file locks, one export at a time has it open. Its permissions are those of the
    file it will replace, if there is one.
    """

    def __init__(self, path: Path, target: Path) -> None:
        self.path: Final = path
        self._target: Final = target
        self._hash = _new_hash()
        self._file = _claim(path)
        if target.exists():
            shutil.copymode(target, path)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def digest(self) -> str:
        """The digest of what was cut to and appended."""
        return self._hash.hexdigest()

    def append(self, data: bytes) -> None:
        """Write at the end, and wait for the disk."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        os.fsync(self._file.fileno())
        self._hash.update(data)

    def cut(self, size: int, digest: str | None = None) -> None:
        """Leave only so many bytes, if their digest is this."""
        self._hash = _hash_of(self.path, size)
        if digest not in (None, self.digest):
            raise InvalidInput(
                f"{str(self.path)!r} is not what the export left there, so it cannot go on:"
                " export without resume to begin anew"
            )
        self._file.truncate(size)

    def become_target(self) -> None:
        """Take the final name, in place of any file that has it."""
        with self._letting_go():
            os.replace(self.path, self._target)

    def remove(self) -> None:
        """Delete the file."""
        with self._letting_go():
            self.path.unlink()

    def close(self) -> None:
        """Let others have the file; what is in it stays."""
        if not self._file.closed and self.size == 0:
            self.remove()
        self._file.close()

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        if fcntl is None:  # Windows has no name changed of a file that is open
            self._file.close()
        yield
        self._file.close()  # not sooner, or another export might take the file under its old name


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names of a folder, where systems and file systems can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _claim(path: Path) -> FileIO:
    """Open the file for this export alone."""
    while True:
        file = FileIO(path, "ab")
        try:
            _lock(file)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass  # another export has just completed it: the name is free again
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(file: FileIO) -> None:
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidInput(f"another export is writing {file.name!s}: wait for it, or stop it") from None


def _new_hash() -> blake2b:
    return blake2b(digest_size=16)


def _hash_of(path: Path, size: int) -> blake2b:
    """Return the hash of the first bytes."""
    result = _new_hash()
    with open(path, "rb") as file:
        while size > 0 and (piece := file.read(min(size, _PIECE))):
            result.update(piece)
            size -= len(piece)
    return result
