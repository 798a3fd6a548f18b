"""Whatever is sent: no handler is called by mistake, nothing is raised, nothing is kept.

The numbers here are small enough for every run; OPTIMOVE_HOSTILE=50000 makes them as large as you like.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import random
import secrets
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from optimove_sdk.notifications.listener import Listener
from optimove_sdk.notifications.models import Notification, UnknownNotification
from optimove_sdk.testing import NotificationPoster, samples
from support.listener_apps import SECRET, served

BODIES = int(os.environ.get("OPTIMOVE_HOSTILE", "1000"))
SAMPLES = [body for _, body in samples()]


def hostile(chance: random.Random) -> Iterator[bytes]:
    """Return bodies, endlessly: random, cut, mutated, mixed, deep, long, and in wrong encodings."""
    while True:
        body = bytearray(chance.choice(SAMPLES))
        match chance.randrange(9):
            case 0:
                yield chance.randbytes(chance.randrange(200))
            case 1:
                yield bytes(body[: chance.randrange(len(body))])
            case 2 | 3:
                for _ in range(chance.randrange(1, 6)):
                    body[chance.randrange(len(body))] = chance.randrange(256)
                yield bytes(body)
            case 4:
                other = chance.choice(SAMPLES)
                yield bytes(body[: chance.randrange(len(body))]) + other[chance.randrange(len(other)) :]
            case 5:
                yield chance.choice([b"[", b'{"a":', b'{"EventTypeID":99,"x":[']) * chance.randrange(1, 3000)
            case 6:
                yield bytes(body).decode().encode(chance.choice(["utf-16", "utf-32", "cp500", "utf-8-sig"]))
            case 7:
                yield gzip.compress(b"0" * 100_000)
            case _:
                wild = {chance.choice(["EventTypeID", "CampaignID", "\ud800"]): chance.choice(WILD)}
                yield json.dumps({**json.loads(body), **wild}).encode()


WILD: list[Any] = [
    None,
    True,
    -1,
    1e308,
    10**400,
    "9" * 5000,
    [],
    {},
    [[]],
    "\ud800",
    "NULL",
    {"a": {"b": []}},
]


@pytest.mark.parametrize("view", ["asgi", "wsgi"])
def test_hostile_bodies_are_answered_and_leave_nothing(view: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    logging.getLogger("optimove_sdk").setLevel(logging.ERROR)
    handled = 0

    def handle(notification: Notification | UnknownNotification) -> None:
        nonlocal handled
        handled += 1
        assert notification.key.isascii()
        hash(notification)

    from optimove_sdk.notifications.seen import MemorySeenStore

    listener = Listener(SECRET, seen=MemorySeenStore(max_items=100))
    listener.on(Notification)(handle)
    listener.fallback(handle)
    bodies = hostile(random.Random(7))
    tracemalloc.start(1)
    try:
        with NotificationPoster(getattr(listener, view), f"/{SECRET}") as poster:
            statuses = {poster.post(next(bodies)).status for _ in range(BODIES // 2)}
            before = tracemalloc.get_traced_memory()[0]
            statuses |= {poster.post(next(bodies)).status for _ in range(BODIES // 2)}
            grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        logging.getLogger("optimove_sdk").setLevel(logging.NOTSET)
        listener.close(5)
    assert statuses == {200, 400}
    assert handled > 0
    assert caplog.records == []
    assert grown < 1_000_000


@pytest.mark.parametrize("view", ["asgi", "wsgi"])
def test_ten_thousand_wrong_secrets_find_nothing(view: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "optimove_sdk")
    handled: list[Any] = []
    listener = Listener(SECRET)
    listener.on(Notification)(handled.append)
    statuses = set()
    for _ in range(10_000 if view == "wsgi" else 1000):
        poster = NotificationPoster(getattr(listener, view), f"/{secrets.token_urlsafe(16)}")
        statuses.add(poster.post(SAMPLES[0]).status)
        poster.close()
    assert (statuses, handled, caplog.records) == ({404}, [], [])


def connect(where: str) -> socket.socket:
    host, _, port = where.partition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def test_over_a_socket_slow_oversized_and_broken_bodies_end_soon(caplog: pytest.LogCaptureFixture) -> None:
    handled: list[Any] = []
    listener = Listener(SECRET, body_timeout=0.1)
    listener.on(Notification)(handled.append)
    head = f"POST /{SECRET} HTTP/1.1\r\nHost: h\r\n"
    with served("ASGI", listener) as send:
        with connect(send._where) as slow:
            slow.sendall(f"{head}Content-Length: 50\r\n\r\n{{".encode())
            assert b" 408 " in slow.recv(1000)
        with connect(send._where) as large:
            large.sendall(f"{head}Content-Length: {2**40}\r\n\r\n".encode())
            assert b" 413 " in large.recv(1000)
        with connect(send._where) as chunked:
            chunked.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            with suppress(OSError):  # refused while it is still sending
                for _ in range(20):
                    chunked.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            with suppress(OSError):
                assert b" 413 " in chunked.recv(1000)
        with connect(send._where) as gone:
            gone.sendall(f"{head}Content-Length: 50\r\n\r\n{{".encode())
        bomb = gzip.compress(b"0" * 10_000_000)
        assert send(f"/{SECRET}", bomb, content_encoding="gzip") == (415, b"")
        assert send(f"/{SECRET}", bomb) == (400, b"")
        time.sleep(0.15)
        assert send(f"/{SECRET}", SAMPLES[0]) == (200, b"")
    assert len(handled) == 1
    assert [record for record in caplog.records if record.exc_info] == []
