"""What Optimove knows: channels, templates, campaigns, customers, listeners, and all that was reported.

Nothing here knows of HTTP. What Optimove would send by itself, notifications and callbacks, is put into
``outbox`` as `Delivery` values; who runs the fake decides whether they are really sent.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from ..api.metrics import CampaignMetric
from ..api.templates import ChannelTemplate
from ..core.flow import Clock
from ..errors import InvalidInput
from . import routing
from .answers import NOT_FOUND, Refused
from .attributes import Attributes, Definition, is_kind
from .campaign import Campaign, Stage, customer_id, customer_index
from .changes import Changes
from .doors import Logins
from .faults import Schedule
from .groups import MICROSEGMENT, TARGET_GROUP, VALUE_SEGMENT, Catalogue, Groups
from .mailroom import Mailroom
from .preference_center import PreferenceCenter
from .trigger import Trigger

# The channels of Optimove's own sandbox:
# https://github.com/ronenOptimove/Optimove-APIs/blob/main/Sandbox/readme.md
CHANNELS: Final = {
    502: "Call Center",
    504: "Email",
    505: "SMS",
    506: "Push",
    510: "Web Push",
    511: "In-Platform",
}
CANCELED_KEPT: Final = 2 * 3600.0
"""Seconds for which the customers of a cancelled campaign can be read."""
CLEARANCE_TIME: Final = timedelta(hours=2)


@attrs.frozen
class Delivery:
    """Something Optimove would POST to you, and the listener URL it would POST it to."""

    url: str
    payload: Mapping[str, Any]


@attrs.frozen
class Listener:
    """A URL to be notified of one type of event, on one channel or on all."""

    event_type_id: int
    url: str
    channel_id: int | None = None

    def hears(self, event_type_id: int, channels: Iterable[int]) -> bool:
        """Say whether an event on these channels is for this listener; with none it is for all."""
        return self.event_type_id == event_type_id and self.channel_id in (None, *channels)


class World:
    """The state of one Optimove instance, for a test to fill, to act on and to look at."""

    def __init__(
        self,
        clock: Clock,
        seed: int,
        *,
        username: str,
        password: str,
        tenant_id: int,
        events_token: str | None,
        page_cap: int,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.tenant_id = tenant_id
        self.events_token = events_token
        self.page_cap = page_cap
        self.chance: random.Random = random.Random(seed)
        self.logins: Logins = Logins(username, password, self.chance)
        self.faults: Schedule = Schedule(routing.names())
        self.channels: dict[int, str] = dict(CHANNELS)
        self.templates: dict[int, dict[int, ChannelTemplate]] = {}
        """For each channel, its templates by id."""
        self.promotions: dict[str, str] = {}
        """The name of each promotion code."""
        self.campaigns: dict[int, Campaign] = {}
        self.listeners: list[Listener] = []
        self.outbox: list[Delivery] = []
        """Everything that was sent to listeners, oldest first."""
        self.metrics: list[CampaignMetric] = []
        self.interactions: list[dict[str, Any]] = []
        self.promotion_statuses: dict[int, dict[str, bool]] = {}
        """For each campaign, for whom its promotion was activated."""
        self.changes: Changes = Changes()
        self.attributes: Attributes = Attributes(seed, self.changes, self.today)
        """The attributes there are, and what was written to them."""
        self.catalogue: Catalogue = Catalogue()
        """The names of actions, target groups, segments and stages."""
        self.groups: Groups = Groups(self.catalogue, self.changes)
        self.mail: Mailroom = Mailroom()
        """The templates of transactional mail, and what was sent."""
        self.preference_center: PreferenceCenter = PreferenceCenter()
        self.customer_lists: dict[int, tuple[str, ...]] = {}
        """For each target group that was made of a list, its customers."""
        self.approval_gateway: dict[str, Any] | None = None
        """What was said about whom to ask before realtime campaigns."""
        self.apps: dict[int, dict[str, str]] = {}
        """For each channel, the name of each app."""
        self.preferences: list[dict[str, Any]] = []
        """The communication modes that were set."""
        self.unsubscribed: dict[int, dict[str, str]] = {}
        """For each brand, when each e-mail address was unsubscribed."""
        self.events: list[dict[str, Any]] = []
        self.engagement_metrics: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    # Acting on it

    def add_channel(self, channel_id: int, name: str) -> None:
        """Add an execution channel."""
        self.channels[channel_id] = name

    def add_campaign(
        self,
        *,
        customers: int = 10,
        channels: Iterable[int] = (504,),
        template_ids: Iterable[int] = (1,),
        promo_codes: Iterable[str] = (),
        conditional: bool = False,
        campaign_id: int | None = None,
        **details: Any,
    ) -> Campaign:
        """Add a campaign that was processed today, and return it.

        Its audience can be read at once; `run` sends the notifications. A conditional one is on hold, and its
        audience empty, until `release`.

        Args:
            customers: how many; they are generated when they are asked for.
            channels: the ids of its channels.
            template_ids: of which every customer gets one.
            promo_codes: which every customer gets.
            conditional: hold it until promotions are activated.
            campaign_id: its number; None takes the next.
            details: ``duration``, ``target_group_id``, ``action_id``, ``notes``, ``executed``, and
                ``scheduled_time``, which is an hour later by default.
        """
        campaign = Campaign(
            campaign_id=next(self._ids) if campaign_id is None else campaign_id,
            members=range(customers),
            channels=_some("channels", channels),
            template_ids=_some("template_ids", template_ids),
            promo_codes=tuple(promo_codes),
            conditional=conditional,
            stage=Stage.HELD if conditional else Stage.READY,
            **{"executed": self.now(), **details},
        )
        self.campaigns[campaign.campaign_id] = campaign
        self.groups.population = max(self.groups.population, customers)
        return campaign

    def add_attribute(
        self, name: str, kind: str = "NVARCHAR(255)", description: str = "", *, default: str | None = None
    ) -> None:
        """Add an attribute that can be written; ``kind`` is a type like ``INT``."""
        if not is_kind(kind):
            raise InvalidInput(f"{kind!r} is not a type of an attribute")
        self.attributes.define(Definition(name, kind, description, default))

    def move(
        self,
        customer: str,
        *,
        value_segment_id: int | None = None,
        microsegment_id: int | None = None,
        target_group_id: int | None = None,
    ) -> None:
        """Put a customer into other groups, today; the changers of the day have them."""
        to = {VALUE_SEGMENT: value_segment_id, MICROSEGMENT: microsegment_id, TARGET_GROUP: target_group_id}
        for kind, group in to.items():
            if group is not None:
                self.groups.move(kind, customer, group, self.today())

    def run(self, campaign_id: int) -> list[Delivery]:
        """Notify the listeners that a campaign is processed, and return the notifications.

        Type 5 for one on hold; otherwise type 1, and type 13 for each channel.
        """
        campaign = self.campaign(campaign_id)
        if campaign.stage is Stage.HELD:
            required = f"{self.now() + CLEARANCE_TIME:%Y-%m-%d %H:%M:%S}"
            return self.notify(5, CampaignID=campaign_id, ClearanceRequiredBy=required)
        return self._executed(campaign)

    def release(self, campaign_id: int) -> list[Delivery]:
        """End the hold of a campaign: only those whose promotion was activated get it."""
        campaign = self.campaign(campaign_id)
        if campaign.stage is not Stage.HELD:
            raise InvalidInput(f"campaign {campaign_id} is not on hold")
        statuses = self.promotion_statuses.get(campaign_id, {})
        activated = {customer_index(customer) for customer, status in statuses.items() if status}
        campaign.members = sorted(i for i in activated if i is not None and i in campaign.members)
        campaign.stage = Stage.READY
        return self._executed(campaign)

    def cancel(self, campaign_id: int) -> list[Delivery]:
        """Cancel a campaign and notify the listeners (type 4): its customers can be read for two hours."""
        campaign = self.campaign(campaign_id)
        campaign.stage, campaign.canceled_at = Stage.CANCELED, self.clock.moment().monotonic
        return self.notify(4, campaign.channels, CampaignID=campaign_id)

    def trigger(self, trigger: Trigger) -> list[Delivery]:
        """Notify the listeners of a realtime campaign (type 11); whether it is approved is not asked here."""
        return self.notify(11, (trigger.channel_id,), **trigger.fields())

    def notify(self, event_type_id: int, channels: Iterable[int] = (), **fields: Any) -> list[Delivery]:
        """Notify the listeners of any event; ``channels`` are those it happened on."""
        on = tuple(channels)
        stamp = f"{self.now():%Y-%m-%d %H:%M:%S}"
        payload = {"EventTypeID": event_type_id, "TimeStamp": stamp, **fields}
        hearing = [one for one in self.listeners if one.hears(event_type_id, on)]
        return [sent for one in hearing for sent in self.post(one.url, payload)]

    def post(self, url: str, payload: Mapping[str, Any]) -> list[Delivery]:
        """Put what Optimove sends by itself into the outbox."""
        copies = self.faults.take("", notification=True).copies
        sent = [Delivery(url, payload)] * copies
        self.outbox += sent
        return sent

    def _executed(self, campaign: Campaign) -> list[Delivery]:
        number = campaign.campaign_id
        sent = self.notify(1, campaign.channels, CampaignID=number)
        for channel in campaign.channels:
            sent += self.notify(13, (channel,), CampaignID=number, ChannelID=channel)
        return sent

    # Looking at it

    def now(self) -> datetime:
        """Return the time of the clock."""
        return datetime.fromtimestamp(self.clock.moment().wall, UTC)

    def today(self) -> date:
        """Return the day of the clock, in UTC."""
        return self.now().date()

    def knows(self, customer: str) -> bool:
        """Say whether there is such a customer: one with a number, or one that was written."""
        return customer_index(customer) is not None or customer in self.attributes.written

    def campaign(self, campaign_id: int) -> Campaign:
        """Return a campaign, or refuse as Optimove does."""
        if campaign_id not in self.campaigns:
            raise Refused(NOT_FOUND)
        return self.campaigns[campaign_id]

    def executed_on(self, day: date) -> Iterator[Campaign]:
        """Yield the campaigns that were executed on a day."""
        ready = (one for one in list(self.campaigns.values()) if one.stage is Stage.READY)
        return (one for one in ready if one.executed.date() == day)

    def gateway_url(self) -> str | None:
        """Return the approval gateway: what is to be sent is not published, so it is the first URL in it."""
        values = map(str, (self.approval_gateway or {}).values())
        return next((value for value in values if "://" in value), None)

    @staticmethod
    def customer_id(index: int) -> str:
        """Return the id of the customer with this number, counted from 0."""
        return customer_id(index)


def _some(name: str, values: Iterable[int]) -> tuple[int, ...]:
    given = tuple(values)
    if not given:
        raise InvalidInput(f"a campaign needs {name}")
    return given
