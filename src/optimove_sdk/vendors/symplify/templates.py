"""Publishes the triggers of Symplify projects as Optimove templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from optimove_sdk import ChannelTemplate, ConfigurationError

from .api import SymplifyAPI, Trigger


class SymplifyTemplates:
    """Lists what a marketer may choose: every trigger of the projects that is not switched off.

    A campaign must keep to one project, so templates are named ``project / trigger``.

    Args:
        api: Symplify, for one customer.
        projects: the projects' ids, and what marketers call them. Symplify publishes no way to list them.
        channel_of: says which of Optimove's channels a trigger belongs to, or None to leave it out: what
            its ``type`` and ``channel_type_id`` mean is not published.

    Raises:
        ConfigurationError: there is no project.
    """

    def __init__(
        self, api: SymplifyAPI, projects: Mapping[int, str], channel_of: Callable[[Trigger], int | None]
    ) -> None:
        if not projects:
            raise ConfigurationError("name at least one Symplify project")
        self._api = api
        self._projects = dict(projects)
        self._channel_of = channel_of

    async def templates(self) -> Mapping[int, Sequence[ChannelTemplate]]:
        """Return the templates of each channel.

        Raises:
            OptimoveError: a project could not be listed.
        """
        published: dict[int, list[ChannelTemplate]] = {}
        for project, label in self._projects.items():
            for trigger in await self._api.triggers(project):
                channel = None if trigger.active is False else self._channel_of(trigger)
                if channel is not None:
                    published.setdefault(channel, []).append(_template(trigger, label))
        return published


def _template(trigger: Trigger, project: str) -> ChannelTemplate:
    name = trigger.name or f"Trigger {trigger.id}"
    return ChannelTemplate(template_id=trigger.id, template_name=f"{project} / {name}")
