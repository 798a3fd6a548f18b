"""Every area of Optimove as an attribute, for all three faces. Areas are imported when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic

from .core.endpoint import Face

if TYPE_CHECKING:
    from .api.attributes import Attributes
    from .api.campaigns import Campaigns
    from .api.customers import Customers
    from .api.general import General
    from .api.listeners import Listeners
    from .api.metrics import Metrics
    from .api.promotions import Promotions
    from .api.templates import Templates
    from .events.resource import Events


class Resources(Generic[Face]):
    """The areas of Optimove."""

    _face: Face

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
    def customers(self) -> Customers[Face]:
        """Who was targeted, with what, and when it ends."""
        from .api.customers import Customers

        return Customers(self._face)

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
    def metrics(self) -> Metrics[Face]:
        """Metrics of campaigns that an external channel executed."""
        from .api.metrics import Metrics

        return Metrics(self._face)

    @cached_property
    def promotions(self) -> Promotions[Face]:
        """Promotion codes, and who was granted one."""
        from .api.promotions import Promotions

        return Promotions(self._face)

    @cached_property
    def templates(self) -> Templates[Face]:
        """Templates of an execution channel."""
        from .api.templates import Templates

        return Templates(self._face)
