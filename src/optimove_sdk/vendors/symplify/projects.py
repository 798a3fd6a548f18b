"""One Symplify project for each campaign: Symplify executes no campaign that mixes them.

Source: https://docs.optimove.com/carma-integration/
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias

from optimove_sdk import AsyncOptimove
from optimove_sdk.connector.base import Campaign

from .api import SymplifyAPI, Trigger
from .errors import ProjectsMixed

_REMEMBERED: Final = 300.0

TemplatesOf: TypeAlias = Callable[[Campaign], Awaitable[Iterable[int]]]
"""Returns the ids of all templates of a campaign."""


def templates_from(client: AsyncOptimove) -> TemplatesOf:
    """Return a function that asks Optimove which templates a campaign has on its channel.

    Realtime campaigns have no such list: of them only the template at hand is known.
    """

    async def templates_of(campaign: Campaign) -> Iterable[int]:
        if not isinstance(campaign.campaign_id, int) or campaign.channel_id is None:
            return ()
        rows = await client.campaigns.channel_details(campaign.campaign_id, campaign.channel_id)
        return [row.template_id for row in rows if row.template_id is not None]

    return templates_of


class OneProject:
    """Finds a batch's trigger, and checks that the campaign keeps to its project.

    A campaign has many batches, so what was found is remembered for some minutes.
    """

    def __init__(
        self, api: SymplifyAPI, templates_of: TemplatesOf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._templates_of = templates_of
        self._clock = clock
        self._known: dict[tuple[Campaign, int], tuple[float, dict[int, Trigger]]] = {}

    async def trigger_of(self, campaign: Campaign, template_id: int) -> Trigger:
        """Return the trigger that is the template.

        Raises:
            ProjectsMixed: the campaign has templates of another project too.
            SymplifyError: there is no such trigger, or Symplify refused.
            OptimoveError: Symplify or Optimove could not be asked.
        """
        triggers = await self._triggers(campaign, template_id)
        projects: dict[int, list[int]] = {}
        for one, trigger in triggers.items():
            projects.setdefault(trigger.project_id, []).append(one)
        if len(projects) > 1:
            raise ProjectsMixed(campaign.campaign_id, projects)
        return triggers[template_id]

    async def _triggers(self, campaign: Campaign, template_id: int) -> dict[int, Trigger]:
        self._forget_old()
        key = (campaign, template_id)
        if key not in self._known:
            every = sorted({template_id, *await self._templates_of(campaign)})
            found = {one: await self._api.trigger(one) for one in every}
            self._known[key] = (self._clock() + _REMEMBERED, found)
        return self._known[key][1]

    def _forget_old(self) -> None:
        """Forget what is too old; what was asked first stands first."""
        while self._known and (oldest := next(iter(self._known.items())))[1][0] <= self._clock():
            del self._known[oldest[0]]
