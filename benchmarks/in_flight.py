"""Small calls in flight at once, with asyncio: CPU time beside the bare libraries, each as it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeAlias

from .calls import ANSWERS, BODY, HEADERS, PATH, configured, register
from .loopback import serving
from .report import Table, compared
from .timing import Run, interleaved, opened, pin

AsyncConnect: TypeAlias = Callable[[str], AbstractAsyncContextManager[Callable[[], Awaitable[object]]]]
IN_FLIGHT = (1, 16, 64)


@asynccontextmanager
async def over_httpx(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    from optimove_sdk import AsyncOptimove

    async with AsyncOptimove(**configured(url)) as client:
        yield lambda: register(client)


@asynccontextmanager
async def over_httpx2(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    from optimove_sdk import AsyncOptimove
    from optimove_sdk.http.httpx2 import AsyncHttpx2Transport

    async with AsyncOptimove(**configured(url), transport=AsyncHttpx2Transport(proxy="")) as client:
        yield lambda: register(client)


@asynccontextmanager
async def _a_client_of(library: Any, url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    async with library.AsyncClient(base_url=url, headers=HEADERS, timeout=60) as client:

        async def run() -> Any:
            answer = await client.post(PATH, json=BODY)
            answer.raise_for_status()
            return answer.json()

        yield run


def bare_httpx(url: str) -> Any:
    import httpx

    return _a_client_of(httpx, url)


def bare_httpx2(url: str) -> Any:
    import httpx2

    return _a_client_of(httpx2, url)


@asynccontextmanager
async def bare_httpcore(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    import httpcore

    headers = {**HEADERS, "Content-Type": "application/json"}
    async with httpcore.AsyncConnectionPool(max_connections=100) as pool:

        async def run() -> Any:
            answer = await pool.request(
                "POST", url + PATH, headers=headers, content=json.dumps(BODY).encode()
            )
            return json.loads(answer.content)

        yield run


@asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    import aiohttp

    async with aiohttp.ClientSession(url, headers=HEADERS) as session:

        async def run() -> Any:
            async with session.post(PATH, json=BODY) as answer:
                answer.raise_for_status()
                return await answer.json()

        yield run


@contextmanager
def in_flight(number: int, connect: AsyncConnect, url: str) -> Iterator[Run]:
    """Turn a client into what runs 64 calls, so many at once, on an event loop of its own."""
    with asyncio.Runner() as runner:
        client = connect(url)
        call = runner.run(client.__aenter__())

        async def worker() -> None:
            for _ in range(max(IN_FLIGHT) // number):
                await call()

        async def all_of_them() -> None:
            await asyncio.gather(*(worker() for _ in range(number)))

        yield lambda: runner.run(all_of_them())
        runner.run(client.__aexit__(None, None, None))


REFERENCE = "aiohttp"
CONTENDERS: Mapping[str, AsyncConnect] = {
    "optimove_sdk": over_httpx,
    "optimove_sdk over httpx2": over_httpx2,
    "httpx.AsyncClient.post": bare_httpx,
    "httpx2.AsyncClient.post": bare_httpx2,
    "httpcore": bare_httpcore,
    REFERENCE: bare_aiohttp,
}


AIMS = {"optimove_sdk": "≤ 6 at 64"}


def table(rounds: int = 15) -> Table:
    pin(-1)
    columns = {}
    with serving(ANSWERS) as url:
        for number in IN_FLIGHT:
            each = {name: partial(in_flight, number, connect) for name, connect in CONTENDERS.items()}
            with opened(each, url) as runs:
                columns[f"{number} in flight"] = interleaved(runs, rounds=rounds, times=2)
    scale = 1e6 / max(IN_FLIGHT)
    return compared("CPU of a call", columns, reference=REFERENCE, unit="µs", scale=scale, aims=AIMS)
