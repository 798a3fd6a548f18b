"""How fast the SDK is, beside its peers: medians of CPU time, in ratios to a reference.

    python -m benchmarks [names] [--rounds N | --quick] [--write]

Everything is on loopback. Each benchmark runs in a process of its own; its contenders take turns in each
round, in a random order, pinned to one processor while the server has another. A contender that is not
installed is left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

from . import report
from .report import QUICK

NAMES = "decode page audience calls in_flight predecessor start memory events listener".split()
PACKAGES = (
    "optimove-sdk httpx httpx2 httpcore sniffio aiohttp requests optimove attrs cattrs msgspec orjson".split()
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(NAMES)}; by default all")
    parser.add_argument("--rounds", type=int, help="how often everybody is timed; each has its own default")
    parser.add_argument("--quick", action="store_const", dest="rounds", const=QUICK, help=f"{QUICK} rounds")
    parser.add_argument("--write", action="store_true", help="write the figures into the documentation")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no benchmark {min(unknown)!r}, only {', '.join(NAMES)}")
    print(report.circumstances(PACKAGES), end="\n\n", flush=True)
    for name in options.names or NAMES:
        started = time.perf_counter()
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            table = fresh.submit(report.measured, name, options.rounds).result()
        print(f"{table}\n({name}: {time.perf_counter() - started:.0f} s)\n", flush=True)
        if options.write:
            report.write(name, table.markdown())
    if options.write:
        report.write("circumstances", report.circumstances(PACKAGES))


if __name__ == "__main__":
    main()
