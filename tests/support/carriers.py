"""The four transports behind one face, so that one suite of tests serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from optimove_sdk import Request, Response
from optimove_sdk.http.httpx import AsyncHttpxTransport, HttpxTransport
from optimove_sdk.http.httpx2 import AsyncHttpx2Transport, Httpx2Transport

SYNC = {"httpx": HttpxTransport, "httpx2": Httpx2Transport}
ASYNC = {"httpx": AsyncHttpxTransport, "httpx2": AsyncHttpx2Transport}
KINDS = [(library, colour) for library in SYNC for colour in ("sync", "async")]


class Carrier:
    """Carries requests with one of the four transports; the asyncio ones on a loop of their own."""

    def __init__(self, library: str, colour: str, **options: Any) -> None:
        options.setdefault("proxy", "")
        self._runner = asyncio.Runner() if colour == "async" else None
        self.transport: Any = (ASYNC if self._runner else SYNC)[library](**options)

    def send(self, request: Request) -> Response:
        return self.send_all([request])[0]

    def send_all(self, requests: Sequence[Request]) -> list[Response]:
        """Send requests at once; the first failure is raised when all have ended."""
        results = self.results(requests)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def results(self, requests: Sequence[Request]) -> list[Any]:
        """Send requests at once; return answers and failures."""
        if self._runner is not None:
            return self._runner.run(self._gather(requests))
        with ThreadPoolExecutor(len(requests)) as pool:
            futures = [pool.submit(self.transport.handle_request, request) for request in requests]
        return [future.exception() or future.result() for future in futures]

    async def _gather(self, requests: Sequence[Request]) -> list[Any]:
        sent = map(self.transport.handle_async_request, requests)
        return await asyncio.gather(*sent, return_exceptions=True)

    def send_and_close(self, request: Request, arrived: Event, go: Event) -> Response:
        """Close the transport between the request's arrival and its answer."""
        if self._runner is not None:
            return self._runner.run(self._send_and_close(request, arrived, go))
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.transport.handle_request, request)
            arrived.wait(10)
            self.transport.close()
            go.set()
            return answer.result()

    async def _send_and_close(self, request: Request, arrived: Event, go: Event) -> Response:
        answer = asyncio.create_task(self.transport.handle_async_request(request))
        await asyncio.to_thread(arrived.wait, 10)
        await self.transport.aclose()
        go.set()
        return await answer

    def run(self, step: Awaitable[Any]) -> Any:
        """Take a step on the loop of an asyncio transport."""

        async def alone() -> Any:
            return await step

        assert self._runner is not None
        return self._runner.run(alone())

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self.transport.aclose())
        else:
            self.transport.close()

    def dispose(self) -> None:
        self.close()
        if self._runner is not None:
            self._runner.close()
