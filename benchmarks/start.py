"""Starting: an import, and a first call, each in a new interpreter. CPU time beyond that of an empty one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import partial

from .calls import ANSWERS, BODY, HEADERS, PATH
from .loopback import serving
from .report import Table, compared
from .timing import interleaved, pin

EMPTY = "an empty interpreter"
REFERENCE = "import httpx"
URL = "import os; url = os.environ['SERVER'];"
SCRIPTS = {
    EMPTY: "",
    "import optimove_sdk": "import optimove_sdk",
    REFERENCE: "import httpx",
    "optimove_sdk, first call": (
        f"{URL} from optimove_sdk import Optimove;"
        "client = Optimove(base_url=url, api_key='k', allow_http=True, proxy='');"
        "client.listeners.register(13, 'https://vendor.example')"
    ),
    "httpx, first call": (
        f"{URL} import httpx; httpx.Client().post(url + {PATH!r}, json={BODY}, headers={HEADERS})"
    ),
    "requests, first call": (
        f"{URL} import requests; requests.post(url + {PATH!r}, json={BODY}, headers={HEADERS})"
    ),
    "optimove 2.0.0, first call": (
        f"{URL} from optimove.client import Client;"
        "Client('u', 'p', url=url).general.register_event_listener(13, 'https://vendor.example')"
    ),
}
AIMS = {"import optimove_sdk": "≤ 0.35"}


def start(script: str) -> bool:
    """Run a script in a new interpreter; False if a library is not installed."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    if done.returncode and "ModuleNotFoundError" not in done.stderr:
        raise RuntimeError(done.stderr)
    return not done.returncode


def children() -> float:
    """Return the CPU time of all interpreters so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def table(rounds: int = 15) -> Table:
    pin(-1)
    with serving(ANSWERS) as url:
        os.environ["SERVER"] = url
        runs = {name: partial(start, script) for name, script in SCRIPTS.items() if start(script)}
        seconds = interleaved(runs, rounds=rounds, times=1, clock=children)
    beyond = {
        name: [one - empty for one, empty in zip(each, seconds[EMPTY], strict=True)]
        for name, each in seconds.items()
        if name != EMPTY
    }
    return compared("starting", {"CPU": beyond}, reference=REFERENCE, unit="ms", scale=1e3, aims=AIMS)
