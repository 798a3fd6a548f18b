"""Hands Optimove's campaigns to whatever sends them through Symplify."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import attrs

from optimove_sdk.connector.base import Campaign, DeliveryBatch, DeliveryOutcome, Recipient

from .api import SymplifyAPI, Trigger
from .errors import ProjectsMixed, SymplifyError
from .projects import OneProject, TemplatesOf

_MISSING: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@attrs.frozen
class SymplifySend:
    """What is to be sent, and when. ``key`` is the same whenever the same comes again.

    ``send_at`` has a zone; None is at once.
    """

    key: str
    symplify_customer_id: str
    campaign: Campaign
    trigger: Trigger
    recipients: tuple[Recipient, ...] = attrs.field(repr=lambda value: f"<{len(value)} recipients>")
    send_at: datetime | None = None


Send: TypeAlias = Callable[[SymplifySend], Awaitable[Sequence[DeliveryOutcome] | None]]
"""Sends, and returns one outcome for each recipient; None means that all is well. It may be called again with
the same key: after it raised, or after a crash."""
Cancel: TypeAlias = Callable[[Campaign], Awaitable[None]]


class SymplifyDelivery:
    """Delivers by your ``send``, because Symplify's endpoint for sending is not public.

    A campaign that mixes Symplify projects is refused as a whole, before anything of it is sent.

    Args:
        api: Symplify, for one customer.
        send: given recipients, trigger and time, sends.
        templates_of: returns all templates of a campaign: `templates_from` asks Optimove.
        cancel: stops what was given to ``send`` and waits for its time. Without it nothing can be stopped
            any more, which is right if the connector holds batches until their time.
    """

    def __init__(
        self, api: SymplifyAPI, send: Send, *, templates_of: TemplatesOf, cancel: Cancel | None = None
    ) -> None:
        self._api = api
        self._send = send
        self._cancel = cancel
        self._projects = OneProject(api, templates_of)

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        """Send a batch, and return what became of each recipient.

        Raises:
            OptimoveError: Symplify or Optimove could not be asked about the templates; nothing was sent.
            Exception: what ``send`` raises.
        """
        if batch.template_id is None:
            return batch.all_failed("the batch has no template, so no Symplify trigger")
        try:
            trigger = await self._projects.trigger_of(batch.campaign, batch.template_id)
        except ProjectsMixed as error:
            return batch.all_failed(str(error))
        except SymplifyError as error:
            if error.status not in _MISSING:
                raise
            return batch.all_failed(f"{error}: a template of the campaign is no Symplify trigger any more")
        outcomes = await self._send(self._order(batch, trigger))
        return batch.all_sent() if outcomes is None else outcomes

    async def cancel(self, campaign: Campaign) -> None:
        """Stop what waits for its time, if there is a way."""
        if self._cancel is not None:
            await self._cancel(campaign)

    def _order(self, batch: DeliveryBatch, trigger: Trigger) -> SymplifySend:
        return SymplifySend(
            batch.key, self._api.customer_id, batch.campaign, trigger, batch.recipients, batch.send_at
        )
