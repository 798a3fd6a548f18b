"""One export: pages in, a complete file out. What fetches the pages, and how, is not its business."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Final, Self, TypeAlias

import attrs

from ..errors import InvalidInput
from .bookmark import Bookmark
from .lines import Lines, line_of
from .part import Part, sync_folder
from .progress import Progress

Convert: TypeAlias = Callable[[Lines, IO[bytes]], None]
"""Turns the lines of all rows into what the file shall hold."""


class Export:
    """Writes rows into an unfinished file, page by page, and gives it its final name at the end.

    Beside the file ``a.csv`` there are meanwhile ``a.csv.part``, the rows as lines of JSON, and
    ``a.csv.part.json``, the bookmark. They stay if anything goes wrong.

    Args:
        path: the file to make, or to replace.
        query: what tells this export from others, for resuming; None if its pages cannot be resumed.
        convert: makes the file of the lines; None if the lines are the file.
        resume: go on with what an earlier export left, if it left anything.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        query: Mapping[str, str] | None,
        convert: Convert | None,
        *,
        resume: bool,
    ) -> None:
        self._target: Final = Path(path).resolve()  # the file itself, not a link to it
        self._query: Final = query
        self._convert: Final = convert
        self._resume: Final = resume
        self._progress = Progress()
        self._closing: Final = ExitStack()
        self._part: Part

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def begin(self) -> Bookmark | None:
        """Open the unfinished file; return where to go on, or None to begin at the beginning."""
        self._check_target()
        self._part = Part(self._beside(".part"), self._target)
        self._closing.callback(self._part.close)
        kept = self._kept() if self._resume else None
        if kept is None:
            self._bookmark.unlink(missing_ok=True)
            self._part.cut(0)
        else:
            self._progress = kept.progress
        return kept

    def write(self, rows: Sequence[Any], place: Mapping[str, Any] | None) -> Progress:
        """Add a page; ``place`` is where the next one begins, None after the last."""
        data = b"".join(map(line_of, rows))
        self._part.append(data)
        done = self._progress
        self._progress = Progress(done.pages + bool(rows), done.rows + len(rows), done.bytes + len(data))
        if self._query is not None:
            Bookmark(self._query, self._progress, self._part.digest, place).save(self._bookmark)
        return self._progress

    def finish(self) -> Progress:
        """Give the file its final name: everything is in it."""
        if self._convert is None:
            self._part.become_target()
        else:
            self._make(self._convert)
            self._part.remove()
        self._bookmark.unlink(missing_ok=True)
        sync_folder(self._target.parent)
        return attrs.evolve(self._progress, bytes=self._target.stat().st_size)

    def _check_target(self) -> None:
        if not self._target.parent.is_dir():
            raise InvalidInput(f"the folder {str(self._target.parent)!r} does not exist")
        if self._target.exists() and not self._target.is_file():
            raise InvalidInput(f"{str(self._target)!r} is no file that could be replaced")

    def _kept(self) -> Bookmark | None:
        """Return where an earlier export stood, and cut off what is more than its complete pages."""
        kept = Bookmark.load(self._bookmark)
        if kept is None or self._query is None or self._part.size == 0:
            return None
        kept.check(self._query)
        self._part.cut(kept.progress.bytes, kept.digest)
        return kept

    def _make(self, convert: Convert) -> None:
        """Make the file under another name, then rename it."""
        new = self._beside(".part.new")
        try:
            with open(new, "wb") as file:
                shutil.copymode(self._part.path, new)
                convert(Lines(self._part.path), file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._target)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise

    @property
    def _bookmark(self) -> Path:
        return self._beside(".part.json")

    def _beside(self, suffix: str) -> Path:
        return self._target.with_name(self._target.name + suffix)
