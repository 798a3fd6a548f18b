"""A server on loopback, in a process and on a processor of its own, that answers at once."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from .timing import pin


def response(body: bytes, **headers: str) -> bytes:
    """Return a whole answer as it goes over the wire."""
    head = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


class _Answering(asyncio.Protocol):
    """Reads no more of a request than its function and its length."""

    def __init__(self, answers: Mapping[str, Iterator[bytes]]) -> None:
        self.answers = answers
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            function = head.split(b" ", 2)[1].partition(b"?")[0].rpartition(b"/")[2].decode()
            self.transport.write(next(self.answers.get(function) or self.answers[""]))


def _serve(ready: Connection, answers: Mapping[str, Sequence[bytes]]) -> None:
    turns = {function: itertools.cycle(each) for function, each in answers.items()}

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Answering(turns), "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    pin(0)
    asyncio.run(forever())


@contextmanager
def serving(answers: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    """Serve these answers in turn, by the last part of the path; those named ``""`` are for all others."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, answers), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()
