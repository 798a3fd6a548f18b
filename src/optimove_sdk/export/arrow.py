"""Rows into Arrow tables and Parquet: the only module that uses pyarrow, which has no types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import IO, Any, Final, TypeVar

from ..errors import ConfigurationError, DecodeError
from .layout import Column, Kind, Layout, of_rows
from .lines import Lines, line_of, parse_line, text_of

try:
    import pyarrow as pa
    from pyarrow import parquet
except ModuleNotFoundError:
    raise ConfigurationError("Arrow and Parquet need pyarrow: pip install 'optimove-sdk[arrow]'") from None

T = TypeVar("T")

_BATCH: Final = 5_000
"""Rows that are Python objects at the same time."""
_ROW_GROUP: Final = 20 * _BATCH


class TableBuilder:
    """Gathers rows in memory."""

    def __init__(self, layout: Layout | None) -> None:
        self._layout = layout
        self._batches: list[Any] = []
        self._untyped: list[Any] = []

    def add(self, rows: Iterable[Any]) -> None:
        """Take rows as a page has them."""
        plain = [parse_line(line_of(row).decode()) for row in rows]
        if self._layout is None:
            self._untyped += plain
        else:
            self._batches.append(_batch(self._layout, plain))

    def table(self) -> pa.Table:
        """Return everything."""
        if self._layout is not None:
            return pa.Table.from_batches(self._batches, _schema(self._layout))
        layout = of_rows(self._untyped)
        return pa.Table.from_batches([_batch(layout, self._untyped)], _schema(layout))


def write_parquet(lines: Lines, file: IO[bytes], *, layout: Layout | None) -> None:
    """Write the rows as Parquet, a group of them at a time; without a layout the rows tell the columns."""
    layout = layout or of_rows(lines)
    schema = _schema(layout)
    batches = (_batch(layout, rows) for rows in _chunks(lines, _BATCH))
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _chunks(batches, _ROW_GROUP // _BATCH):
            writer.write_table(pa.Table.from_batches(group, schema), row_group_size=_ROW_GROUP)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


_TYPES: Final = {
    Kind.TRUTH: pa.bool_(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.timestamp("us"),
    Kind.UTC: pa.timestamp("us", tz="UTC"),
    Kind.DAY: pa.date32(),
}


def _schema(layout: Layout) -> Any:
    return pa.schema([(column.name, _type(column)) for column in layout.columns])


def _type(column: Column) -> Any:
    kind = _TYPES[column.kind]
    return pa.list_(kind) if column.many else kind


def _batch(layout: Layout, rows: Sequence[Mapping[str, Any]]) -> Any:
    cells = list(map(layout.cells, rows))
    arrays = [_array(column, [row[n] for row in cells]) for n, column in enumerate(layout.columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=_schema(layout))


def _array(column: Column, values: Sequence[Any]) -> Any:
    read = _READERS.get(column.kind)
    if read is not None:
        read = partial(_every, read)
        values = _every(read, values) if column.many else read(values)
    try:
        return pa.array(values, _type(column))
    except OverflowError:
        raise DecodeError(f"a number in {column.name!r} does not fit into 64 bits") from None


def _every(read: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    return [None if value is None else read(value) for value in values]


def _legible(value: Any) -> str:
    """Return a value as text; half a character, which Arrow has no spelling for, as its escape."""
    return text_of(value).encode("utf-8", "backslashreplace").decode()


_READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.NUMBER: float,  # Arrow takes no large integer for a number
    Kind.TEXT: _legible,
    Kind.TIME: datetime.fromisoformat,
    Kind.UTC: datetime.fromisoformat,
    Kind.DAY: date.fromisoformat,
}
