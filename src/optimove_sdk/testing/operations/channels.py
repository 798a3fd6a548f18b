"""Apps of channels, and how customers may be reached on a channel."""

from __future__ import annotations

from typing import Final

import attrs

from ...wire.fields import Model
from ..routing import Asked, checked_list, operation, read
from ..world import World

_MAX_ROWS: Final = 100
_MAX_CUSTOMERS: Final = 50_000


@attrs.frozen
class _App(Model):
    app_id: str
    app_name: str


@attrs.frozen
class _AppKey(Model):
    channel_id: int
    app_id: str


@attrs.frozen
class _Preference(Model):
    channel_id: int
    communication_mode: int
    app_id: str | None = None


@operation("POST", "integrations/AddChannelApps")
def add_apps(world: World, asked: Asked) -> None:
    """Add apps to a channel; one whose id exists is replaced."""
    channel = asked.whole("ChannelID")
    added = asked.rows(_App, _MAX_ROWS)
    world.apps.setdefault(channel, {}).update({app.app_id: app.app_name for app in added})


@operation("POST", "integrations/DeleteChannelApps")
def delete_apps(world: World, asked: Asked) -> None:
    """Remove apps."""
    for key in asked.rows(_AppKey, _MAX_ROWS):
        world.apps.get(key.channel_id, {}).pop(key.app_id, None)


@operation("POST", "integrations/SetCustomerChannelPreference")
def set_preference(world: World, asked: Asked) -> None:
    """Keep the communication mode of some customers on a channel."""
    checked_list(asked.fields().get("customerids"), "CustomerIDs", _MAX_CUSTOMERS)
    read(asked.json, _Preference)
    world.preferences.append(dict(asked.json))
