"""Notifications, typed. Ids, lists and times are read as tolerantly as the senders write them.

``time_stamp`` has no zone: Optimove does not say which one it means. ``extra`` keeps what this version of the
SDK does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import attrs

from ..wire.fields import Model, spelled


@attrs.frozen
class Notification(Model):
    """What all notifications have: when Optimove sent it."""

    event_type_id: ClassVar[int]

    time_stamp: datetime | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class CampaignProcessed(Notification):
    """Type 1: a campaign is ready on at least one channel; others may have failed."""

    event_type_id: ClassVar[int] = 1

    campaign_id: int
    channel_id: int | None = None


@attrs.frozen
class CampaignsProcessed(Notification):
    """Type 2: all of today's campaigns are processed, even if some failed."""

    event_type_id: ClassVar[int] = 2


@attrs.frozen
class DailyProcessCompleted(Notification):
    """Type 3: today's whole daily process is done."""

    event_type_id: ClassVar[int] = 3


@attrs.frozen
class CampaignCanceled(Notification):
    """Type 4: a processed campaign was cancelled. Its customers can be read for two hours."""

    event_type_id: ClassVar[int] = 4

    campaign_id: int
    channel_id: int | None = None


@attrs.frozen
class ClearanceRequested(Notification):
    """Type 5: a campaign is on hold until ``clearance_required_by``, which has no zone."""

    event_type_id: ClassVar[int] = 5

    campaign_id: int
    clearance_required_by: datetime | None = None


@attrs.frozen
class RealtimeTriggered(Notification):
    """Type 11: a customer met the trigger of a realtime campaign; all there is to know is in here.

    ``campaign_id`` may be a text. ``notes`` are the campaign's, as the marketer wrote them.
    """

    event_type_id: ClassVar[int] = 11

    customer_id: str
    campaign_id: int | str | None = None
    channel_id: int | None = None
    template_id: int | None = None
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("promoCode", "PromoCodes"))
    notes: str | None = None


@attrs.frozen
class ChannelExecuted(Notification):
    """Type 13: all templates of one channel of a campaign are ready. Fetch the audience by both ids."""

    event_type_id: ClassVar[int] = 13

    campaign_id: int
    channel_id: int


@attrs.frozen
class EngagementReady(Notification):
    """Type 14: the customer files of the Engagement SDK are ready in a bucket. Names may contain blanks."""

    event_type_id: ClassVar[int] = 14

    campaign_id: int
    engagement_id: int | None = None
    tenant_id: int | None = None
    channel_id: int | None = None
    bucket_name: str | None = None
    customers_folder_path: str | None = None
    metadata_file_path: str | None = None
    decryption_key: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class UnknownNotification:
    """A type this version of the SDK does not know. ``payload`` is everything that came."""

    event_type_id: int | None
    payload: Mapping[str, Any] = attrs.field(repr=False, hash=False)


AnyNotification: TypeAlias = (
    CampaignProcessed
    | CampaignsProcessed
    | DailyProcessCompleted
    | CampaignCanceled
    | ClearanceRequested
    | RealtimeTriggered
    | ChannelExecuted
    | EngagementReady
    | UnknownNotification
)

KNOWN: Mapping[int, type[Notification]] = {
    kind.event_type_id: kind
    for kind in (
        CampaignProcessed,
        CampaignsProcessed,
        DailyProcessCompleted,
        CampaignCanceled,
        ClearanceRequested,
        RealtimeTriggered,
        ChannelExecuted,
        EngagementReady,
    )
}
