"""Decoding a page: each way the SDK has, against msgspec into Structs, stock cattrs and the parsers alone.

    python -m benchmarks.decode [--rows 10000] [--rounds 15]

Two kinds of row: a flat one of seven fields, and `CustomerExecution` with attributes by position. Needs the
extra ``speed``. Then, on Linux, what a process grows by while it reads 100,000 flat rows, whole and cut; the
rows themselves are in that.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import cattrs.preconf.json
import cattrs.preconf.orjson
import msgspec
import orjson
from cattrs.gen import make_dict_structure_fn, override

from optimove_sdk import CustomerExecution
from optimove_sdk.wire.cutter import Cutter
from optimove_sdk.wire.fields import Model, wire_name
from optimove_sdk.wire.lists import ListReader, list_reader
from optimove_sdk.wire.parsers import Parsers

from .report import Table, compared
from .timing import Seconds, interleaved, pin

REFERENCE = "msgspec, into Structs"
NAMES = ("Alias", "Country")
WAYS = {"json": "", "orjson": "orjson", "msgspec": "msgspec"}
AIMS = {"json": "≤ 6.5", "orjson": "≤ 4", "msgspec": "≤ 2.5"}
FORMAT = "%Y-%m-%d %H:%M:%S"
STATUS = Path("/proc/self/status")
PIECE = 65_536


def page(rows: int) -> bytes:
    chance, start = random.Random(7), datetime(2016, 1, 1)  # noqa: DTZ001 - Optimove names no zone
    return json.dumps(
        [
            {
                "CustomerID": str(200_000 + number * 7),
                "ActionID": chance.randrange(1, 400),
                "ChannelID": chance.randrange(1, 40),
                "PromoCode": None if chance.random() < 0.3 else f"AB{chance.randrange(100):02}",
                "TemplateID": chance.randrange(1, 50),
                "ScheduleTime": str(start + timedelta(seconds=chance.randrange(86_400 * 700))),
                "CustomerAttributes": ["BuddyZZ", "UK"],
            }
            for number in range(rows)
        ],
        separators=(",", ":"),
    ).encode()


def flat_page(rows: int) -> bytes:
    """Return the same rows with a text in place of the attributes."""
    return page(rows).replace(b'"CustomerAttributes":["BuddyZZ","UK"]', b'"CustomerAttribute":"BuddyZZ,UK"')


@attrs.frozen
class Flat(Model):
    """A model of seven fields of plain types, as the SDK has them: any spelling, unknown fields kept."""

    customer_id: str
    action_id: int
    channel_id: int
    promo_code: str | None
    template_id: int
    schedule_time: datetime
    customer_attribute: str


@attrs.frozen
class StockFlat:
    """The same for stock cattrs and msgspec: one spelling, no tolerance."""

    customer_id: str
    action_id: int
    channel_id: int
    promo_code: str | None
    template_id: int
    schedule_time: datetime
    customer_attribute: str


@attrs.frozen
class StockExecution:
    """`CustomerExecution` for stock cattrs and msgspec."""

    customer_id: str
    action_id: int
    channel_id: int
    promo_code: str | None
    template_id: int
    schedule_time: datetime
    customer_attributes: list[str]


KINDS: dict[str, tuple[Callable[[int], bytes], Any, tuple[str, ...], Any]] = {
    "flat": (flat_page, Flat, (), StockFlat),
    "CustomerExecution": (page, CustomerExecution, NAMES, StockExecution),
}


def contenders(kind: str, rows: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    make, model, names, stock = KINDS[kind]
    body = make(rows)
    yield REFERENCE, partial(into_structs(stock), body)
    yield "json.loads alone", lambda: json.loads(body)
    yield "orjson.loads alone", lambda: orjson.loads(body)
    for name, parsers in WAYS.items():
        reader = list_reader(model, names, Parsers(parsers.split()))
        reader.from_bytes(body)  # the first page is what is learned from
        yield f"optimove_sdk, {name}", lambda reader=reader: reader.from_bytes(body)
        yield f"optimove_sdk, {name}, cut", lambda reader=reader: cut(reader, body)
    yield "optimove_sdk, row by row", lambda: reader.one_by_one(json.loads(body))
    for library in (cattrs.preconf.orjson, cattrs.preconf.json):
        for detailed in (True, False):
            converter = stock_converter(library, stock, detailed)
            how = "" if detailed else ", no detailed validation"
            yield library.__name__ + how, partial(converter.loads, body, list[stock])
    obvious = stock_converter(cattrs.preconf.json, stock, True, read_slowly)
    yield "cattrs.preconf.json, with strptime", partial(obvious.loads, body, list[stock])


def into_structs(stock: Any) -> Callable[[bytes], Any]:
    """Return what reads a page into Structs that are like these rows."""
    fields = [
        (a.name, a.type, msgspec.field(name=wire_name(a))) for a in attrs.fields(attrs.resolve_types(stock))
    ]
    struct: Any = msgspec.defstruct("Row", fields)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(list[struct]).decode
    return decode


def stock_converter(
    library: Any, stock: Any, detailed: bool, read: Callable[[str], datetime] = datetime.fromisoformat
) -> Any:
    """Return what cattrs makes of these rows, told no more than their spelling and how to read dates."""
    converter = library.make_converter(detailed_validation=detailed)
    converter.register_structure_hook(datetime, lambda text, _: read(text))
    spelling = {a.name: override(rename=wire_name(a)) for a in attrs.fields(stock)}
    converter.register_structure_hook(stock, make_dict_structure_fn(stock, converter, **spelling))
    return converter


def read_slowly(text: str) -> datetime:
    return datetime.strptime(text, FORMAT)  # noqa: DTZ007 - Optimove names no zone


def cut(reader: ListReader, body: bytes) -> list[Any]:
    """Read a page as it is read while it arrives."""
    cutter = Cutter(PIECE)
    rows: list[Any] = []
    for start in range(0, len(body), PIECE):
        if piece := cutter.feed(body[start : start + PIECE]):
            rows += reader.from_bytes(piece, len(rows))
    return rows + reader.from_bytes(cutter.end(), len(rows))


def measure(rounds: int = 15, rows: int = 10_000) -> dict[str, Seconds]:
    """Return the seconds of CPU of each contender in each round, for each kind of row."""
    return {kind: interleaved(dict(contenders(kind, rows)), rounds=rounds, times=1) for kind in KINDS}


def table(rounds: int = 15, rows: int = 10_000) -> Table:
    pin(-1)
    aims = {f"optimove_sdk, {name}": aim for name, aim in AIMS.items()}
    return compared(
        f"{rows:,} rows, CPU",
        measure(rounds, rows),
        reference=REFERENCE,
        unit="µs a row",
        scale=1e6 / rows,
        aims=aims,
    )


def peaks(rows: int = 100_000) -> dict[str, float]:
    """Return the bytes that a process of its own grows by for each row, at its peak, for each way."""
    if not STATUS.exists():
        return {}
    jobs = [(name, rows, whole) for name in WAYS for whole in (True, False)]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        grown = pool.starmap(growth, jobs, chunksize=1)
    return {
        f"{name}, {'whole' if whole else 'cut'}": size
        for (name, _, whole), size in zip(jobs, grown, strict=True)
    }


def growth(way: str, rows: int, whole: bool) -> float:
    body = flat_page(rows)
    reader = list_reader(Flat, (), Parsers(WAYS[way].split()))
    reader.from_bytes(flat_page(10))
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    kept = reader.from_bytes(body) if whole else cut(reader, body)
    return (memory("VmHWM") - before) / len(kept)


def memory(figure: str) -> int:
    (kilobytes,) = re.findall(rf"{figure}:\s*(\d+)", STATUS.read_text())
    return int(kilobytes) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(table(options.rounds, options.rows))
    for name, size in peaks().items():
        print(f"peak, {name:20}{size:8.0f} B/row")


if __name__ == "__main__":
    main()
