"""Servers on loopback that behave as badly as a test wants."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import attrs


@attrs.frozen
class Received:
    """A request as it came in. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def response(status: int = 200, body: Any = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return a whole HTTP answer; what is neither bytes nor text is sent as JSON."""
    content = body.encode() if isinstance(body, str) else body
    if not isinstance(content, bytes):
        content = json.dumps(body).encode()
    lines = {"Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content


class Conversation:
    """One accepted connection."""

    def __init__(self, sock: socket.socket, over: threading.Event) -> None:
        self.sock = sock
        self._over = over
        self._stream = sock.makefile("rb")

    def request(self) -> Received | None:
        """Read the next request; None if the client is gone."""
        method, _, rest = self._stream.readline().decode("latin-1").partition(" ")
        if not rest:
            return None
        headers = {}
        while line := self._stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = self._stream.read(int(headers.get("content-length", 0)))
        return Received(method, rest.split(" ")[0], headers, body)

    def send(self, content: bytes) -> None:
        self.sock.sendall(content)

    def answer(self, status: int = 200, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        self.send(response(status, body, headers))

    def hang(self) -> None:
        """Say nothing until the server stops."""
        self._over.wait(30)

    def reset(self) -> None:
        """Close at once, throwing away what was not read or sent."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        self._stream.close()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


Behaviour = Callable[[Conversation, Received], Any]


class Server:
    """A TCP server, a thread for each connection.

    ``behave`` is called with each request; what it returns is sent as the answer: bytes as they are, a
    tuple as the arguments of `response`. None means that it has done, or left undone, everything itself.
    """

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behave = behave
        self._tls = tls
        self._lock = threading.Lock()
        self._talks: set[Conversation] = set()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self.received: list[Received] = []
        self.connections = 0
        self.most_at_once = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):  # wakes the thread in accept()
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            talks = list(self._talks)
        for talk in talks:
            with suppress(OSError):
                talk.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(30)
            secure = sock if self._tls is None else self._tls.wrap_socket(sock, server_side=True)
            talk = Conversation(secure, self._over)
        except OSError:
            sock.close()
            return
        with self._lock:
            self._talks.add(talk)
        try:
            with suppress(OSError, ValueError):
                while (request := talk.request()) is not None:
                    self._handle(talk, request)
        finally:
            with self._lock:
                self._talks.discard(talk)
            talk.close()

    def _handle(self, talk: Conversation, request: Received) -> None:
        with self._lock:
            self.received.append(request)
            self._busy += 1
            self.most_at_once = max(self.most_at_once, self._busy)
        try:
            answer = self._behave(talk, request)
        finally:
            with self._lock:
                self._busy -= 1
        if isinstance(answer, tuple):
            answer = response(*answer)
        if answer is not None:
            talk.send(answer)

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._talks)

    def count(self, function: str) -> int:
        """Return how many requests were made for this function."""
        return sum(function.lower() in request.target.lower() for request in self.received)


def refused_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Proxy:
    """An HTTP proxy: forwards plain requests and tunnels CONNECT. ``seen`` is what it was asked for."""

    def __init__(self, status: int = 200) -> None:
        self.seen: list[Received] = []
        self._status = status
        self._server = Server(self._behave)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.__exit__(*exc)

    def _behave(self, talk: Conversation, request: Received) -> Any:
        self.seen.append(request)
        if self._status != 200:
            return (self._status, "no")
        if request.method == "CONNECT":
            host, _, port = request.target.partition(":")
            with socket.create_connection((host, int(port))) as upstream:
                talk.send(b"HTTP/1.1 200 Connected\r\n\r\n")
                _pipe_both_ways(talk.sock, upstream)
            return None
        return (200, {"proxied": request.target})


def _pipe_both_ways(left: socket.socket, right: socket.socket) -> None:
    back = threading.Thread(target=_pipe, args=(right, left), daemon=True)
    back.start()
    _pipe(left, right)
    back.join(10)


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
