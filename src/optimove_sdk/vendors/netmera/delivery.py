"""Delivers Optimove's campaigns through Netmera's REST API, one request for each customer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from optimove_sdk import ChannelTemplate, ConfigurationError
from optimove_sdk.connector.base import Campaign, DeliveryBatch, DeliveryOutcome, Recipient

from .api import CHANNEL_IDS, NetmeraAPI
from .run import Run, Slots
from .sendlog import MemorySendLog, SendLog

_SOON: Final = timedelta(minutes=1)


@attrs.frozen
class NetmeraTemplate:
    """A template that marketers choose in Optimove, and the message in Netmera that it stands for."""

    template_id: int
    name: str
    notification_key: int | str
    channel_ids: tuple[int, ...] = CHANNEL_IDS


class NetmeraDelivery:
    """Sends each customer of a batch a transactional message: a vendor for the connector kit.

    Optimove's customer id must be the external id in Netmera. Nobody is sent a batch's message twice: what
    was sent and not answered ends as ``"unknown: …"``, and stays so. ``deliver`` raises only what may be
    tried again: then it sends to those who are left.

    Args:
        api: Netmera.
        templates: the messages, and the templates they are in Optimove.
        attributes: Optimove's attributes, by RealFieldName, and the names they have in messages: Netmera's
            pretty names, what stands in ``@{}``. Have the connector fetch ``attribute_names``.
        promo_codes: the name under which promo codes are sent, joined by commas; None sends none.
        log: remembers what was sent. The default forgets it with the process; give a `SQLiteSendLog` if a
            batch may be delivered again after a crash.
        concurrency: requests at once. Netmera's rate limits are not published: ask.
        now: what time it is.

    Raises:
        ConfigurationError: a template id comes twice, or no request may be made.
    """

    def __init__(
        self,
        api: NetmeraAPI,
        templates: Iterable[NetmeraTemplate],
        *,
        attributes: Mapping[str, str] | None = None,
        promo_codes: str | None = None,
        log: SendLog | None = None,
        concurrency: int = 8,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._templates = _by_id(templates)
        self._attributes = dict(attributes or {})
        self._promo_codes = promo_codes
        self._log = log or MemorySendLog()
        self._slots = Slots(concurrency)
        self._now = now
        self._running: set[Run] = set()

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The attributes to fetch with the customers."""
        return tuple(self._attributes)

    async def templates(self) -> Mapping[int, Sequence[ChannelTemplate]]:
        """Return the templates of each channel."""
        published: dict[int, list[ChannelTemplate]] = {}
        for one in self._templates.values():
            for channel in one.channel_ids:
                template = ChannelTemplate(template_id=one.template_id, template_name=one.name)
                published.setdefault(channel, []).append(template)
        return published

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        """Send a batch now, and return what became of each recipient.

        Raises:
            PartlyDelivered: some were sent; nobody else can be sent anything now.
            OptimoveError: nobody can be sent anything now: Netmera cannot be reached, or takes nothing from
                us. Deliver the same batch again later, either way.
        """
        template = self._templates.get(batch.template_id or 0)
        if template is None:
            return batch.all_failed(f"there is no message in Netmera for template {batch.template_id}")
        if batch.send_at is not None and batch.send_at > self._now() + _SOON:
            return batch.all_failed("Netmera sends at once: the batch must be held until its time")
        errors = await self._send(batch, template.notification_key)
        return [DeliveryOutcome(one.customer_id, errors[one.customer_id]) for one in batch.recipients]

    async def cancel(self, campaign: Campaign) -> None:
        """Send no more of the batches under way. Netmera documents no way to take back what was sent."""
        for run in self._running:
            if run.is_of(campaign):
                run.cancel()

    async def _send(self, batch: DeliveryBatch, notification_key: int | str) -> Mapping[str, str | None]:
        async def send(recipient: Recipient) -> None:
            await self._api.send(notification_key, recipient.customer_id, self.params(recipient))

        run = Run(batch.campaign, self._log, self._slots, send)
        self._running.add(run)
        try:
            return await run.all(_keys(batch))
        finally:
            self._running.discard(run)

    def params(self, recipient: Recipient) -> dict[str, str]:
        """Return what a message says of this customer, by Netmera's names; what has no value is left out."""
        values = {name: recipient.attributes.get(real) for real, name in self._attributes.items()}
        if self._promo_codes and recipient.promo_codes:
            values[self._promo_codes] = ",".join(recipient.promo_codes)
        return {name: value for name, value in values.items() if value is not None}


def _by_id(templates: Iterable[NetmeraTemplate]) -> dict[int, NetmeraTemplate]:
    known: dict[int, NetmeraTemplate] = {}
    for template in templates:
        if template.template_id in known:
            raise ConfigurationError(f"template {template.template_id} comes twice")
        known[template.template_id] = template
    return known


def _keys(batch: DeliveryBatch) -> dict[str, Recipient]:
    """Return each customer once, by the key of what is sent; their promo codes together."""
    merged: dict[str, Recipient] = {}
    for one in batch.recipients:
        codes = (*(merged.get(one.customer_id) or Recipient("")).promo_codes, *one.promo_codes)
        known = merged.get(one.customer_id, one)
        merged[one.customer_id] = attrs.evolve(known, promo_codes=tuple(dict.fromkeys(codes)))
    return {_key(batch.key, customer): recipient for customer, recipient in merged.items()}


def _key(batch: str, customer: str) -> str:
    digest = hashlib.blake2b(customer.encode("utf-8", "surrogatepass"), digest_size=16, key=b"netmera")
    return f"{batch}:{digest.hexdigest()}"
