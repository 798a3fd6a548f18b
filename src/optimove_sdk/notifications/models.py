"""Notifications, typed. Ids, lists and times are read as tolerantly as the senders write them.

``time_stamp`` has no zone: Optimove does not say which one it means. ``extra`` keeps what this version of the
SDK does not know. ``key`` is the same for a notification and its repeats; it is plain ASCII, and holds no
customers' ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import attrs

from ..wire.fields import Model, spelled
from ..wire.names import fold


@attrs.frozen
class Notification(Model):
    """What all notifications have: when Optimove sent it."""

    event_type_id: ClassVar[int]

    time_stamp: datetime | None = attrs.field(default=None, kw_only=True)

    @property
    def key(self) -> str:
        """What tells a repeat from a new notification; for a daily one, its time."""
        return _key(self.event_type_id, _text(self.time_stamp))


@attrs.frozen
class CampaignProcessed(Notification):
    """Type 1: a campaign is ready on at least one channel; others may have failed."""

    event_type_id: ClassVar[int] = 1

    campaign_id: int
    channel_id: int | None = None

    @property
    def key(self) -> str:
        """The type, the campaign and the channel."""
        return _key(1, self.campaign_id, self.channel_id)


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

    @property
    def key(self) -> str:
        """The type, the campaign and the channel."""
        return _key(4, self.campaign_id, self.channel_id)


@attrs.frozen
class ClearanceRequested(Notification):
    """Type 5: a campaign is on hold until ``clearance_required_by``, which has no zone."""

    event_type_id: ClassVar[int] = 5

    campaign_id: int
    clearance_required_by: datetime | None = None

    @property
    def key(self) -> str:
        """The type and the campaign."""
        return _key(5, self.campaign_id)


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

    @property
    def key(self) -> str:
        """The type, and a digest of the campaign, the channel, the template, the customer and the time."""
        when = _text(self.time_stamp)
        parts = (self.campaign_id, self.channel_id, self.template_id, self.customer_id, when)
        return f"11:{_digest(parts)}"


@attrs.frozen
class ChannelExecuted(Notification):
    """Type 13: all templates of one channel of a campaign are ready. Fetch the audience by both ids."""

    event_type_id: ClassVar[int] = 13

    campaign_id: int
    channel_id: int

    @property
    def key(self) -> str:
        """The type, the campaign and the channel."""
        return _key(13, self.campaign_id, self.channel_id)


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

    @property
    def key(self) -> str:
        """The type, the campaign, the channel and the engagement."""
        return _key(14, self.campaign_id, self.channel_id, self.engagement_id)


@attrs.frozen
class UnknownNotification:
    """A type this version of the SDK does not know. ``payload`` is everything that came."""

    event_type_id: int | None
    payload: Mapping[str, Any] = attrs.field(repr=False, hash=False)

    @property
    def key(self) -> str:
        """The type, and a digest of all that came; case and separators of the top keys do not count."""
        plain = sorted((fold(name), _plain(value)) for name, value in self.payload.items())
        return _key(self.event_type_id, _digest([pair for pair in plain if pair[0] != "eventtypeid"]))


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


def _key(*parts: int | str | None) -> str:
    return ":".join(["-" if part is None else str(part) for part in parts])


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _digest(value: Any) -> str:
    # ascii() escapes all that is not, half characters too, and cannot confuse "1:2" with "1" and "2".
    return hashlib.blake2b(ascii(value).encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> str:
    """Return a text that is the same for ``12`` and ``"12"``."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):  # nested more deeply than can be written
        return type(value).__name__
