"""Every area of Optimove as an attribute, for all three faces. Areas are imported when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic

from .core.endpoint import Face

if TYPE_CHECKING:
    from .api.actions import Actions
    from .api.attributes import Attributes
    from .api.campaigns import Campaigns
    from .api.channel_apps import ChannelApps
    from .api.customer_lists import CustomerLists
    from .api.customers import Customers
    from .api.engagement_metrics import EngagementMetrics
    from .api.general import General
    from .api.listeners import Listeners
    from .api.mail import Mail
    from .api.metrics import Metrics
    from .api.model import Model
    from .api.preferences import Preferences
    from .api.promotions import Promotions
    from .api.target_groups import TargetGroups
    from .api.templates import Templates
    from .api.unsubscribers import Unsubscribers
    from .api.value_segments import ValueSegments
    from .events.resource import Events


class Resources(Generic[Face]):
    """The areas of Optimove."""

    _face: Face

    @cached_property
    def actions(self) -> Actions[Face]:
        """What campaigns offer, and to which target group."""
        from .api.actions import Actions

        return Actions(self._face)

    @cached_property
    def attributes(self) -> Attributes[Face]:
        """Attributes of customers."""
        from .api.attributes import Attributes

        return Attributes(self._face)

    @cached_property
    def campaigns(self) -> Campaigns[Face]:
        """Campaigns that were executed, and their channels."""
        from .api.campaigns import Campaigns

        return Campaigns(self._face)

    @cached_property
    def channel_apps(self) -> ChannelApps[Face]:
        """Apps of a push channel."""
        from .api.channel_apps import ChannelApps

        return ChannelApps(self._face)

    @cached_property
    def customer_lists(self) -> CustomerLists[Face]:
        """Target groups made of ids you upload."""
        from .api.customer_lists import CustomerLists

        return CustomerLists(self._face)

    @cached_property
    def customers(self) -> Customers[Face]:
        """Who was targeted, with what, and what they did."""
        from .api.customers import Customers

        return Customers(self._face)

    @cached_property
    def engagement_metrics(self) -> EngagementMetrics[Face]:
        """What customers did with messages of an external vendor."""
        from .api.engagement_metrics import EngagementMetrics

        return EngagementMetrics(self._face)

    @cached_property
    def events(self) -> Events[Face]:
        """OptiEvent: what your customers do, reported into Optimove."""
        from .events.resource import Events

        return Events(self._face)

    @cached_property
    def general(self) -> General[Face]:
        """General information about the Optimove instance."""
        from .api.general import General

        return General(self._face)

    @cached_property
    def listeners(self) -> Listeners[Face]:
        """The URLs that Optimove notifies."""
        from .api.listeners import Listeners

        return Listeners(self._face)

    @cached_property
    def mail(self) -> Mail[Face]:
        """Transactional mail."""
        from .api.mail import Mail

        return Mail(self._face)

    @cached_property
    def metrics(self) -> Metrics[Face]:
        """Metrics of campaigns that an external channel executed."""
        from .api.metrics import Metrics

        return Metrics(self._face)

    @cached_property
    def model(self) -> Model[Face]:
        """The customer model: attributes, lifecycle stages, microsegments."""
        from .api.model import Model

        return Model(self._face)

    @cached_property
    def preferences(self) -> Preferences[Face]:
        """What customers want to get, and how."""
        from .api.preferences import Preferences

        return Preferences(self._face)

    @cached_property
    def promotions(self) -> Promotions[Face]:
        """Promotion codes, and who was granted one."""
        from .api.promotions import Promotions

        return Promotions(self._face)

    @cached_property
    def target_groups(self) -> TargetGroups[Face]:
        """Who campaigns are aimed at."""
        from .api.target_groups import TargetGroups

        return TargetGroups(self._face)

    @cached_property
    def templates(self) -> Templates[Face]:
        """Templates of an execution channel."""
        from .api.templates import Templates

        return Templates(self._face)

    @cached_property
    def unsubscribers(self) -> Unsubscribers[Face]:
        """The global unsubscribe list of a brand."""
        from .api.unsubscribers import Unsubscribers

        return Unsubscribers(self._face)

    @cached_property
    def value_segments(self) -> ValueSegments[Face]:
        """Customers by their worth."""
        from .api.value_segments import ValueSegments

        return ValueSegments(self._face)
