"""Decoding a page: the SDK's fast and careful ways against the JSON parser alone, stock cattrs and msgspec.

    python benchmarks/decode.py [--rows 10000] [--rounds 15]

Contenders take turns within each round; figures are medians of CPU time. msgspec (rows into Structs, the
practical limit) is compared if it is installed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
from cattrs.preconf.json import make_converter

from optimove_sdk import CustomerExecution
from optimove_sdk.wire import codec

NAMES = ("Alias", "Country")


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


@attrs.frozen
class Stock:
    """The same row as stock cattrs would read it: no other spelling, no tolerance."""

    CustomerID: str
    ActionID: int
    ChannelID: int
    PromoCode: str | None
    TemplateID: int
    ScheduleTime: datetime
    CustomerAttributes: list[str]


def contenders(body: bytes) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "json.loads alone", lambda: json.loads(body)
    yield "optimove_sdk", lambda: codec.decode_rows(json.loads(body), CustomerExecution, NAMES)
    careful = codec._row_reader(CustomerExecution, NAMES)
    yield "optimove_sdk, careful way", lambda: codec._one_by_one(json.loads(body), careful)
    for detailed in (False, True):
        converter = make_converter(detailed_validation=detailed)
        converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
        name = "cattrs.preconf.json" + (", with detailed validation" if detailed else "")
        yield name, lambda converter=converter: converter.loads(body, list[Stock])
    try:
        import msgspec
    except ImportError:
        return
    fields = [(a.name, a.type) for a in attrs.fields(attrs.resolve_types(Stock))]
    decoder = msgspec.json.Decoder(list[msgspec.defstruct("Row", fields)])
    yield "msgspec, into Structs", lambda: decoder.decode(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    every = dict(contenders(page(options.rows)))
    seconds: dict[str, list[float]] = {name: [] for name in every}
    for _ in range(options.rounds):
        for name, run in every.items():
            started = time.process_time()
            run()
            seconds[name].append(time.process_time() - started)
    medians = {name: statistics.median(figures) for name, figures in seconds.items()}
    base = medians.get("msgspec, into Structs", medians["json.loads alone"])
    for name, median in medians.items():
        print(f"{name:44}{options.rows / median / 1000:10.0f} krows/s{median / base:8.1f} x")


if __name__ == "__main__":
    main()
