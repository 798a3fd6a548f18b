"""One client, several event loops or processes: each has connections of its own."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time

import pytest

from optimove_sdk import AsyncOptimove, Request
from support.carriers import ASYNC, SYNC
from support.servers import Server

DATE = {"Date": "2024-05-01"}


def test_a_client_serves_one_event_loop_after_another() -> None:
    with Server(lambda *_: (200, DATE)) as server:
        client = AsyncOptimove(base_url=server.url, api_key="k", proxy="")

        async def ask() -> str:
            return (await client.general.last_data_update()).isoformat()

        assert [asyncio.run(ask()) for _ in range(3)] == ["2024-05-01"] * 3
        gc.collect()  # a connection left open would warn, which is an error here
        wait_until_closed(server)
    assert server.connections == 3


def test_the_loop_closes_what_nobody_closed() -> None:
    with Server(lambda *_: (200, DATE)) as server:
        for make in ASYNC.values():
            transport = make(proxy="")

            async def ask(transport: object = transport) -> None:
                await asyncio.gather(
                    *(transport.handle_async_request(Request("GET", server.url)) for _ in range(4))  # type: ignore[attr-defined]
                )

            asyncio.run(ask())
            wait_until_closed(server)


def test_loops_in_several_threads_share_a_client() -> None:
    with Server(lambda *_: (200, DATE)) as server:
        client = AsyncOptimove(base_url=server.url, api_key="k", proxy="", rate_limit=None)
        got: list[str] = []

        async def ask() -> None:
            for _ in range(20):
                got.append((await client.general.last_data_update()).isoformat())
            await client.close()

        threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until_closed(server)
    assert got == ["2024-05-01"] * 80
    assert server.connections == 4


FORK = """
import os, sys, importlib
from optimove_sdk import Optimove, Request
module, name, url = sys.argv[1:]
transport = getattr(importlib.import_module(module), name)(proxy="")
def ask(who):
    return transport.handle_request(Request("GET", url, {"X-Who": who})).status
ask("parent")
if (child := os.fork()) == 0:
    ok = all(ask("child") == 200 for _ in range(2))
    transport.close()
    os._exit(0 if ok else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, ask("parent"))
transport.close()
"""


@pytest.mark.parametrize("library", SYNC)
def test_a_forked_child_opens_its_own_connection_and_leaves_the_parents_alone(library: str) -> None:
    peers: dict[str, set[int]] = {"parent": set(), "child": set()}

    def note(talk: object, request: object) -> tuple[int, bytes]:
        peers[request.headers["x-who"]].add(talk.sock.getpeername()[1])  # type: ignore[attr-defined]
        return (200, b"")

    kind = SYNC[library]
    with Server(note) as server:
        command = [sys.executable, "-W", "error", "-c", FORK, kind.__module__, kind.__name__, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("0 200\n", "")
    assert len(peers["parent"]) == len(peers["child"]) == 1
    assert not peers["parent"] & peers["child"]


def wait_until_closed(server: Server) -> None:
    end = time.monotonic() + 5
    while server.open_connections and time.monotonic() < end:
        time.sleep(0.01)
    assert server.open_connections == 0
