"""An ASGI application on a loopback port of its own, in a thread, for as long as a ``with`` block."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import uvicorn

_LOOPBACK: Final = "127.0.0.1"
_STARTS_WITHIN: Final = 10.0
_STOPS_WITHIN: Final = 5.0
_POLL: Final = 0.005


@contextmanager
def serve(app: Any, *, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application and yield its base URL; port 0 picks a free one.

    Nothing is left when the block ends, however it ends: requests under way are given a second. The thread
    is a daemon and takes no signals, so it cannot keep a process alive.
    """
    listening = _listen(port)
    server = uvicorn.Server(configuration(app))
    number = listening.getsockname()[1]
    thread = threading.Thread(target=_run, args=(server, listening), name=f"server-{number}", daemon=True)
    url = f"http://{_LOOPBACK}:{number}"
    try:
        thread.start()
        _wait_until_started(server, thread)
        yield url
    finally:
        server.should_exit = True
        thread.join(_STOPS_WITHIN)
        listening.close()


def configuration(app: Any, **options: Any) -> uvicorn.Config:
    """Return how to run the application: quiet, and without a word when a fault breaks a connection."""
    quiet = logging.getLogger("uvicorn.error")
    if _is_worth_telling not in quiet.filters:
        quiet.addFilter(_is_worth_telling)
    settings = {
        "log_config": None,
        "log_level": "warning",
        "access_log": False,
        "ws": "none",
        "timeout_graceful_shutdown": 1,
    }
    return uvicorn.Config(app, **{**settings, **options})


def _listen(port: int) -> socket.socket:
    # asyncio sends small packets at once only on sockets that say they are TCP, which create_server's do not.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    with suppress(SystemExit):  # how uvicorn says that it could not start
        server.run([listening])


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return "without completing response" not in record.getMessage()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(_POLL)
