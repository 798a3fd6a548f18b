"""What a vendor implements, and the values that go in and out of it.

A vendor is any object. It has the methods of one or more of the protocols below, all asynchronous; the kit
looks which, and runs the flows that they make possible. A method that raises is called again later with the
same argument; so a method must bear to be called twice, and every argument carries the key that tells so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import attrs

from ..api.metrics import CampaignMetric
from ..api.templates import ChannelTemplate
from ..errors import OptimoveError
from ..events.event import Event
from ..notifications.approval import ApprovalQuestion

CampaignId: TypeAlias = int | str
"""A number, except that realtime campaigns may have a text."""


@attrs.frozen
class Campaign:
    """Which campaign of which tenant it is about; ``channel_id`` is None where all channels are meant."""

    tenant: str
    campaign_id: CampaignId
    channel_id: int | None = None


@attrs.frozen
class Recipient:
    """A customer to be reached. ``attributes`` are those the connector asks for, by name."""

    customer_id: str = attrs.field(repr=False)
    attributes: Mapping[str, str | None] = attrs.field(factory=dict, hash=False, repr=False)
    promo_codes: tuple[str, ...] = ()


@attrs.frozen
class DeliveryBatch:
    """Customers who get the same template at the same time.

    ``key`` is the same whenever this batch is delivered again, after a crash or a failure: pass it on as an
    idempotency key, or remember it. ``send_at`` has a zone; it is past, or None, unless the connector leaves
    it to the vendor to wait.
    """

    key: str
    campaign: Campaign
    template_id: int | None
    recipients: tuple[Recipient, ...] = attrs.field(repr=lambda value: f"<{len(value)} recipients>")
    send_at: datetime | None = None
    template_name: str | None = None

    @property
    def campaign_id(self) -> CampaignId:
        """The campaign."""
        return self.campaign.campaign_id

    @property
    def channel_id(self) -> int | None:
        """The channel."""
        return self.campaign.channel_id

    def all_sent(self) -> list[DeliveryOutcome]:
        """Return the outcomes of a batch in which nobody failed."""
        return [DeliveryOutcome(one.customer_id) for one in self.recipients]

    def all_failed(self, error: str) -> list[DeliveryOutcome]:
        """Return the outcomes of a batch in which everybody failed, for good."""
        return [DeliveryOutcome(one.customer_id, error) for one in self.recipients]


@attrs.frozen
class DeliveryOutcome:
    """What became of one recipient. An ``error`` is final; raise from ``deliver`` what may be tried again."""

    customer_id: str = attrs.field(repr=False)
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the message was taken."""
        return self.error is None


class PartlyDelivered(OptimoveError):
    """Raise it from ``deliver`` when a batch broke off and the rest may be tried again.

    ``outcomes`` are those that are known. They count if the connector gives up on the rest; if it does not,
    the whole batch is delivered again, with the same key.
    """

    def __init__(self, outcomes: Sequence[DeliveryOutcome], reason: str = "the batch broke off") -> None:
        super().__init__(reason)
        self.outcomes = outcomes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.outcomes, *self.args)


@attrs.frozen
class Grant:
    """A promotion for a customer. ``key`` is the same whenever it is granted, or revoked, again."""

    key: str
    campaign: Campaign
    customer_id: str = attrs.field(repr=False)
    promo_code: str


@attrs.frozen
class GrantOutcome:
    """What became of one grant, named by its ``key``. An ``error`` is final."""

    key: str
    error: str | None = None

    @classmethod
    def of(cls, grant: Grant, error: str | None = None) -> Self:
        """Return the outcome of this grant."""
        return cls(grant.key, error)

    @property
    def ok(self) -> bool:
        """Whether the promotion is granted."""
        return self.error is None


@runtime_checkable
class TemplateSource(Protocol):
    """Knows the templates a marketer may choose from."""

    async def templates(self) -> Mapping[int, Sequence[ChannelTemplate]]:
        """Return the templates of each channel, by its id."""
        ...


@runtime_checkable
class Delivery(Protocol):
    """Sends messages."""

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        """Send a batch, or schedule it for ``batch.send_at``, and return one outcome for each recipient.

        A recipient without an outcome counts as failed.

        Raises:
            PartlyDelivered: some were sent, and the rest may be tried again.
            Exception: whatever else may be tried again.
        """
        ...

    async def cancel(self, campaign: Campaign) -> None:
        """Stop what was scheduled for a campaign. Nothing more of it will be delivered."""
        ...


@runtime_checkable
class PromotionSystem(Protocol):
    """Grants promotions. One key is one grant, however often it comes."""

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        """Grant promotions, and return one outcome for each. One without an outcome counts as failed."""
        ...

    async def revoke(self, grants: Sequence[Grant]) -> None:
        """Take promotions back, because the action ended or the campaign was cancelled."""
        ...


@runtime_checkable
class Approver(Protocol):
    """Decides whether a realtime campaign may go to a customer."""

    async def approve(self, question: ApprovalQuestion) -> bool:
        """Return True if it may. Optimove waits for the answer: it must come within a second or two."""
        ...


@runtime_checkable
class MetricsSource(Protocol):
    """Knows what became of the messages of a campaign."""

    async def metrics(self, campaign: Campaign) -> Sequence[CampaignMetric] | Sequence[Event]:
        """Return counts for UpdateCampaignMetrics, or events for the engagement metrics.

        Optimove adds up what it is told, so it is told once: return what is known by then.
        """
        ...
