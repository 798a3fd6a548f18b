"""The worker's side: Netmera to deliver, and a promotion system of your own to grant and to decide."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Final

from ...connector.base import DeliveryBatch, DeliveryOutcome, Grant, GrantOutcome
from ...http.base import AsyncTransport, Request, Response
from ...notifications.approval import ApprovalQuestion
from ...vendors.netmera import NetmeraDelivery

BATCH_HEADER: Final = "X-Demo-Batch"
_batch: Final[ContextVar[str]] = ContextVar("batch")


class TellingTransport:
    """Adds the batch's key to each request, for the demo's records: Netmera knows no such thing."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: Request) -> Response:
        """Send the request with the batch's key."""
        return await self._transport.handle_async_request(request.with_headers({BATCH_HEADER: _batch.get()}))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class TellingDelivery(NetmeraDelivery):
    """`NetmeraDelivery` with a `TellingTransport`."""

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        """Deliver a batch."""
        _batch.set(batch.key)
        return await super().deliver(batch)


class Bonuses:
    """A promotion system behind a JSON API that knows each grant by its key, and decides as well."""

    def __init__(self, url: str, transport: AsyncTransport) -> None:
        self._url = url
        self._transport = transport

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        """Grant promotions."""
        rows = [
            {
                "key": one.key,
                "campaign": str(one.campaign.campaign_id),
                "customer": one.customer_id,
                "code": one.promo_code,
            }
            for one in grants
        ]
        refused = set(await self._ask("/grants", rows))
        return [GrantOutcome.of(one, "account closed" if one.key in refused else None) for one in grants]

    async def revoke(self, grants: Sequence[Grant]) -> None:
        """Take promotions back."""
        await self._ask("/revocations", [one.key for one in grants])

    async def approve(self, question: ApprovalQuestion) -> bool:
        """Decide whether a customer may get the promotions of a realtime campaign."""
        return bool(await self._ask("/questions", question.user_id))

    async def _ask(self, path: str, value: Any) -> Any:
        content = json.dumps(value).encode()
        request = Request("POST", f"{self._url}{path}", {"Content-Type": "application/json"}, content)
        response = await self._transport.handle_async_request(request)
        if response.status != 200:
            raise RuntimeError(f"the promotion system answered {response.status}")
        return json.loads(response.body)
