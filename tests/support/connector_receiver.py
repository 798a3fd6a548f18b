"""The receiving side: what really reached the vendor, by its own records."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from typing import Any


class Receiver:
    """A bare ASGI application that a vendor in another process posts its batches and grants to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.batches: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.grants: Counter[str] = Counter()
        self.granted: dict[str, tuple[str, str, str]] = {}
        self.revoked: Counter[str] = Counter()
        self.canceled: list[Any] = []
        self.sent = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.take(scope["path"], json.loads(body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def take(self, path: str, given: Any) -> None:
        with self.lock:
            if path == "/deliver":
                self.batches[given["key"]].append(tuple(given["customers"]))
                self.sent += len(given["customers"])
            elif path == "/grant":
                for key, campaign, customer, code in given:
                    self.grants[key] += 1
                    self.granted[key] = (str(campaign), customer, code)
            elif path == "/revoke":
                self.revoked.update(given)
            else:
                self.canceled.append(given)

    # What must hold

    def reached(self) -> Counter[tuple[str, str]]:
        """How often each customer was reached on each channel; one key counts once."""
        found: Counter[tuple[str, str]] = Counter()
        for key, deliveries in self.batches.items():
            channel = key.split("-")[1]
            found.update((channel, customer) for customer in deliveries[0])
        return found

    def repeated(self) -> dict[str, int]:
        """The batches that came more than once."""
        return {key: len(came) for key, came in self.batches.items() if len(came) > 1}

    def differing(self) -> list[str]:
        """The batches that came again with other customers."""
        return [key for key, came in self.batches.items() if len(set(came)) > 1]

    def granted_twice(self) -> list[tuple[str, str, str]]:
        """Promotions that a customer got under two keys."""
        counted = Counter(self.granted.values())
        return [what for what, count in counted.items() if count > 1]
