"""Takes what Optimove would send by itself, and really sends it: once, and never again.

How Optimove repeats a notification that could not be delivered is not published; nor what it does when the
approval gateway fails. Here that is a no.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from ..errors import DecodeError, TransportError
from ..http.base import AsyncTransport, Request
from ..notifications.approval import ApprovalAnswer, ApprovalQuestion
from ..testing.world import Delivery, World
from ..wire.codec import decode, encode_json, parse_json

_log: Final = logging.getLogger("optimove_sdk.sandbox")


class Courier:
    """Delivers what is put into the outbox of a world, in the background."""

    def __init__(self, world: World, transport: AsyncTransport) -> None:
        self._world = world
        self._transport = transport
        self._collected = len(world.outbox)
        self._under_way: set[asyncio.Task[None]] = set()

    def collect(self) -> None:
        """Start to deliver all that is new."""
        new = self._world.outbox[self._collected :]
        self._collected += len(new)
        for delivery in new:
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._transport.aclose()

    async def ask(self, url: str, question: ApprovalQuestion) -> bool:
        """Ask the approval gateway, and wait for what it says."""
        try:
            response = await self._transport.handle_async_request(_posted(url, question))
            return decode(parse_json(response.body), ApprovalAnswer).allowed
        except (TransportError, DecodeError) as error:
            _log.warning("the approval gateway gave no answer: %s", error)
            return False

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            response = await self._transport.handle_async_request(_posted(delivery.url, delivery.payload))
        except TransportError as error:
            _log.warning("a listener could not be notified: %s", error)
        else:
            if response.status >= 300:
                _log.warning("a listener answered a notification with %s", response.status)


def _posted(url: str, payload: Any) -> Request:
    return Request("POST", url, {"Content-Type": "application/json"}, encode_json(payload))
