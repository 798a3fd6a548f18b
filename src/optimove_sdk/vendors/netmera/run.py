"""One batch on its way: several requests at once, everybody at most once, and an end when it is pointless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from weakref import WeakKeyDictionary

from optimove_sdk import ConfigurationError, OptimoveError
from optimove_sdk.connector.base import Campaign, DeliveryOutcome, PartlyDelivered, Recipient

from .sendlog import SendLog
from .verdict import UNKNOWN, Fate, fate_of, text_of

CANCELLED = "cancelled before it was sent"


class Slots:
    """How many requests all batches together may have under way, on each event loop."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ConfigurationError("concurrency must be at least 1")
        self.limit: int = limit
        self._free: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def __aenter__(self) -> None:
        free = self._free.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self.limit))
        await free.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._free[asyncio.get_running_loop()].release()


class Run:
    """Sends to each recipient, and remembers the errors by customer id."""

    def __init__(
        self, campaign: Campaign, log: SendLog, slots: Slots, send: Callable[[Recipient], Awaitable[None]]
    ) -> None:
        self._campaign = campaign
        self._log = log
        self._slots = slots
        self._send = send
        self._errors: dict[str, str | None] = {}
        self._cancelled = False
        self._failure: Exception | None = None

    def is_of(self, campaign: Campaign) -> bool:
        """Say whether this is of the campaign, on this channel or on any."""
        ours = self._campaign
        same = (ours.tenant, str(ours.campaign_id)) == (campaign.tenant, str(campaign.campaign_id))
        return same and (campaign.channel_id is None or campaign.channel_id == ours.channel_id)

    def cancel(self) -> None:
        """Send no more."""
        self._cancelled = True

    async def all(self, recipients: Mapping[str, Recipient]) -> Mapping[str, str | None]:
        """Send to all of them, and return each one's error, or None.

        Raises:
            PartlyDelivered: something keeps the rest from being sent; those who were are in the log.
            Exception: what keeps everybody from being sent.
        """
        waiting = iter(recipients.items())
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(self._slots.limit, len(recipients))):
                tasks.create_task(self._work(waiting))
        if self._failure is None:
            return self._errors
        if not self._errors:
            raise self._failure
        known = [DeliveryOutcome(customer, error) for customer, error in self._errors.items()]
        raise PartlyDelivered(known, str(self._failure)) from self._failure

    async def _work(self, waiting: Iterator[tuple[str, Recipient]]) -> None:
        for key, recipient in waiting:
            async with self._slots:
                if self._failure is not None:
                    return
                await self._one(key, recipient)

    async def _one(self, key: str, recipient: Recipient) -> None:
        try:
            self._errors[recipient.customer_id] = await self._error_of(key, recipient)
        except Exception as error:  # the others, whose requests are under way, must learn how they end
            self._failure = self._failure or error

    async def _error_of(self, key: str, recipient: Recipient) -> str | None:
        past = await self._log.begin(key)
        if past is not None:
            return past.error if past.done else f"{UNKNOWN}: it was begun before, and how it ended is lost"
        if self._cancelled:
            await self._log.forget(key)
            return CANCELLED
        error = await self._attempt(key, recipient)
        await self._log.end(key, error)
        return error

    async def _attempt(self, key: str, recipient: Recipient) -> str | None:
        try:
            await self._send(recipient)
        except OptimoveError as error:
            fate = fate_of(error)
            if fate is Fate.AGAIN:
                await self._log.forget(key)
                raise
            return text_of(error, fate)
        return None
