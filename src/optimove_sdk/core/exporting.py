"""The rows of a pager into files and tables: which query they are of, where to go on, and both loops."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import aclosing, closing, suppress
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

from ..export.bookmark import Bookmark
from ..export.csv_file import write_csv
from ..export.export import Convert, Export
from ..export.layout import Layout, of_model
from ..export.progress import OnProgress, Progress
from ..wire.fields import Model
from .call import Call, Page
from .mark import Mark
from .pager import AsyncPager, Pager
from .pages import PageReader

if TYPE_CHECKING:
    import pyarrow

T = TypeVar("T")
Path: TypeAlias = str | os.PathLike[str]
AnyPager = TypeVar("AnyPager", Pager[Any], AsyncPager[Any])


def csv(first: Call[Page[Any]], *, escape_formulas: bool) -> Convert:
    """Return what makes CSV of the rows that begin with this page."""
    return partial(write_csv, layout=_layout(first), escape_formulas=escape_formulas)


def parquet(first: Call[Page[Any]]) -> Convert:
    """Return what makes Parquet of the rows that begin with this page."""
    from ..export.arrow import write_parquet

    return partial(write_parquet, layout=_layout(first))


def run(
    pager: Pager[Any], path: Path, convert: Convert | None, resume: bool, progress: OnProgress | None
) -> Progress:
    """Fetch page after page into the file; without ``convert`` it has a line of JSON for each row."""
    with Export(path, _query(pager), convert, resume=resume) as export:
        rest = _rest(pager, export.begin())
        if rest is not None:
            with closing(rest.pages()) as pages:
                for page in pages:
                    _tell(progress, export.write(page.items, _place(page)))
        return export.finish()


async def arun(
    pager: AsyncPager[Any], path: Path, convert: Convert | None, resume: bool, progress: OnProgress | None
) -> Progress:
    """Do the same with asyncio; the file is written in another thread."""
    with Export(path, _query(pager), convert, resume=resume) as export:
        rest = _rest(pager, await _in_thread(export.begin))
        if rest is not None:
            async with aclosing(rest.pages()) as pages:
                async for page in pages:
                    _tell(progress, await _in_thread(export.write, page.items, _place(page)))
        return await _in_thread(export.finish)


def table(pager: Pager[Any]) -> pyarrow.Table:
    """Fetch page after page into a table."""
    from ..export.arrow import TableBuilder

    builder = TableBuilder(_layout(pager.first))
    with closing(pager.pages()) as pages:
        for page in pages:
            builder.add(page.items)
    return builder.table()


async def atable(pager: AsyncPager[Any]) -> pyarrow.Table:
    """Do the same with asyncio."""
    from ..export.arrow import TableBuilder

    builder = TableBuilder(_layout(pager.first))
    async with aclosing(pager.pages()) as pages:
        async for page in pages:
            builder.add(page.items)
    return builder.table()


def _tell(progress: OnProgress | None, told: Progress) -> None:
    if progress is not None:
        progress(told)


def _layout(first: Call[Page[Any]]) -> Layout | None:
    """Return the columns, or None for rows that only together tell theirs."""
    reader = first.read
    if isinstance(reader, PageReader) and isinstance(reader.row, type) and issubclass(reader.row, Model):
        return of_model(reader.row, reader.attributes)
    return None


def _query(pager: Pager[Any] | AsyncPager[Any]) -> dict[str, str] | None:
    """Return what tells the rows of one query from those of another; None if its pages cannot be resumed."""
    call, reader, session = pager.first, pager.first.read, pager._session
    if not isinstance(reader, PageReader):
        return None
    layout = _layout(call)
    parts = {
        "server": session.host(call.host).url,
        "tenant": session.tenant_id,
        "path": call.path,
        "fields": layout and [column.name for column in layout.columns],
        "first row": reader.skip,
        "max_items": reader.max_items,
        **{name: value for name, value in call.params.items() if not name.startswith("$")},
    }
    return {"operation": call.name, **{name: _digest(value) for name, value in parts.items()}}


def _digest(value: object) -> str:
    return blake2b(repr(value).encode(), digest_size=8).hexdigest()


def _place(page: Page[Any]) -> Mapping[str, Any] | None:
    """Return where the next page begins."""
    if page.next is None or not isinstance(page.next.read, PageReader):
        return None
    mark = page.next.read.last
    return {"skip": page.next.read.skip, "last": mark and attrs.asdict(mark)}


def _rest(pager: AnyPager, kept: Bookmark | None) -> AnyPager | None:
    """Return the rows that are still to be fetched; None if there are none."""
    reader = pager.first.read
    if kept is None or not isinstance(reader, PageReader):
        return pager
    place = kept.place
    call = place and reader.after(place["skip"] - reader.skip, place["last"] and Mark(**place["last"]))
    return attrs.evolve(pager, first=call) if call else None


async def _in_thread(work: Callable[..., T], *args: Any) -> T:
    """Work in another thread, to the end also when cancelled: two must not have the file at once."""
    future = asyncio.get_running_loop().run_in_executor(None, partial(work, *args))
    try:
        await asyncio.wait([future])
    except asyncio.CancelledError:
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        future.exception()  # asked for, or asyncio would log that nobody did
        raise
    return future.result()
