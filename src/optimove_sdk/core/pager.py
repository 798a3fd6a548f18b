"""Pagers: the rows of a paged operation, as a loop sees them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from ..http.base import AsyncTransport, Transport
from .call import Call, Page
from .exchange import Session
from .flow import Clock, adrive, drive
from .reading import Reading

if TYPE_CHECKING:
    import pyarrow

    from ..export.progress import OnProgress, Progress

T = TypeVar("T")


@attrs.frozen
class Pager(Generic[T]):
    """The rows of a paged operation: ``for row in pager``. Each loop fetches anew, page after page.

    ``first`` is the call of the first page; ``page.next`` of any page is the call to resume from, with
    ``client.pager(call)``.
    """

    first: Call[Page[T]]
    _session: Session = attrs.field(repr=False)
    _transport: Transport = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)

    def with_options(self, *, prefetch: int) -> Pager[T]:
        """Return the same rows, with so many pages fetched ahead at most; 0 is none."""
        return attrs.evolve(self, session=self._session.with_prefetch(prefetch))

    def pages(self) -> Generator[Page[T], None, None]:
        """Fetch page after page, each as a whole."""
        reading = Reading(self.first, self._session, self._clock)
        try:
            while (page := drive(reading.page(), self._transport, self._clock)) is not None:
                yield page
        finally:
            drive(reading.close(), self._transport, self._clock)

    def __iter__(self) -> Generator[T, None, None]:
        reading = Reading(self.first, self._session, self._clock)
        try:
            while rows := drive(reading.rows(), self._transport, self._clock):
                yield from rows
        finally:
            drive(reading.close(), self._transport, self._clock)

    def to_list(self) -> list[T]:
        """Fetch everything."""
        return [item for page in self.pages() for item in page.items]

    def to_jsonl(
        self, path: str | os.PathLike[str], *, resume: bool = False, progress: OnProgress | None = None
    ) -> Progress:
        """Write everything to a file, one JSON object a line.

        The file appears, or is replaced, only when it is complete. After an interruption ``resume=True`` goes
        on from the last complete page, or begins if there is none. ``progress`` is called after each page.
        """
        from . import exporting

        return exporting.run(self, path, None, resume, progress)

    def to_csv(
        self,
        path: str | os.PathLike[str],
        *,
        escape_formulas: bool = False,
        resume: bool = False,
        progress: OnProgress | None = None,
    ) -> Progress:
        """Write everything to a CSV file, otherwise like `to_jsonl`.

        ``escape_formulas`` puts an apostrophe before texts that a spreadsheet would take for formulas.
        """
        from . import exporting

        convert = exporting.csv(self.first, escape_formulas=escape_formulas)
        return exporting.run(self, path, convert, resume, progress)

    def to_parquet(
        self, path: str | os.PathLike[str], *, resume: bool = False, progress: OnProgress | None = None
    ) -> Progress:
        """Write everything to a Parquet file, otherwise like `to_jsonl`. Needs the extra ``[arrow]``."""
        from . import exporting

        return exporting.run(self, path, exporting.parquet(self.first), resume, progress)

    def to_arrow(self) -> pyarrow.Table:
        """Fetch everything into a `pyarrow.Table`. Needs the extra ``[arrow]``."""
        from . import exporting

        return exporting.table(self)


@attrs.frozen
class AsyncPager(Generic[T]):
    """The same as `Pager`, for ``async for``."""

    first: Call[Page[T]]
    _session: Session = attrs.field(repr=False)
    _transport: AsyncTransport = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)

    def with_options(self, *, prefetch: int) -> AsyncPager[T]:
        """Return the same rows, with so many pages fetched ahead at most; 0 is none."""
        return attrs.evolve(self, session=self._session.with_prefetch(prefetch))

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """Fetch page after page, each as a whole."""
        reading = Reading(self.first, self._session, self._clock)
        try:
            while (page := await adrive(reading.page(), self._transport, self._clock)) is not None:
                yield page
        finally:
            await adrive(reading.close(), self._transport, self._clock)

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        reading = Reading(self.first, self._session, self._clock)
        try:
            while rows := await adrive(reading.rows(), self._transport, self._clock):
                for row in rows:
                    yield row
        finally:
            await adrive(reading.close(), self._transport, self._clock)

    async def to_list(self) -> list[T]:
        """Fetch everything."""
        return [item async for page in self.pages() for item in page.items]

    async def to_jsonl(
        self, path: str | os.PathLike[str], *, resume: bool = False, progress: OnProgress | None = None
    ) -> Progress:
        """Write everything to a file, one JSON object a line: see `Pager.to_jsonl`.

        ``progress`` is called on the event loop, so it must not block; it is not awaited.
        """
        from . import exporting

        return await exporting.arun(self, path, None, resume, progress)

    async def to_csv(
        self,
        path: str | os.PathLike[str],
        *,
        escape_formulas: bool = False,
        resume: bool = False,
        progress: OnProgress | None = None,
    ) -> Progress:
        """Write everything to a CSV file: see `Pager.to_csv`."""
        from . import exporting

        convert = exporting.csv(self.first, escape_formulas=escape_formulas)
        return await exporting.arun(self, path, convert, resume, progress)

    async def to_parquet(
        self, path: str | os.PathLike[str], *, resume: bool = False, progress: OnProgress | None = None
    ) -> Progress:
        """Write everything to a Parquet file: see `Pager.to_parquet`. Needs the extra ``[arrow]``."""
        from . import exporting

        return await exporting.arun(self, path, exporting.parquet(self.first), resume, progress)

    async def to_arrow(self) -> pyarrow.Table:
        """Fetch everything into a `pyarrow.Table`. Needs the extra ``[arrow]``."""
        from . import exporting

        return await exporting.atable(self)
