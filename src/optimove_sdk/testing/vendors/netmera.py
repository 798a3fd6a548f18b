"""A fake Netmera: transactional messages, and the address that Optimove's notifications are relayed to.

What a transactional send answers is not published; the fake answers an empty object.

Source: https://user.netmera.com/netmera-developer-guide/rest-api/notifications
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

import attrs

from .served import Asked, FakeVendor

_Reply: TypeAlias = tuple[int, Any]
_REST: Final = "/rest/3.0/"
_EVENTS: Final = "/rest/optimove/event/"
_PLACEHOLDER: Final = re.compile(r"@\{([^{}]+)\}")


@attrs.frozen
class Shown:
    """A message that a customer got."""

    notification_key: int
    external_id: str
    text: str
    params: dict[str, str] = attrs.field(factory=dict, hash=False)


class FakeNetmera(FakeVendor):
    """Netmera in memory. ``shown`` are the messages that customers got, ``events`` what was relayed.

    Args:
        api_key: the only REST API key it takes.
        app_key: the only application.
    """

    def __init__(self, *, api_key: str = "netmera-key", app_key: str = "netmera-app") -> None:
        super().__init__()
        self.api_key = api_key
        self.app_key = app_key
        self.definitions: dict[int, dict[str, Any]] = {}
        self.shown: list[Shown] = []
        self.events: list[Any] = []

    def define(self, message: str, personalized_message: str | None = None) -> int:
        """Define a transactional message, as in the panel, and return its key."""
        key = 1000 + len(self.definitions)
        self.definitions[key] = {"message": message, "personalizedMessage": personalized_message}
        return key

    def answer(self, asked: Asked) -> _Reply:
        """Perform a request, and return the status and the JSON of the answer."""
        if asked.headers.get("x-netmera-api-key") != self.api_key:
            return _complaint(403, 2010, "invalid api key")
        if asked.method == "POST" and not isinstance(asked.json, dict):
            return _complaint(400, 2009, "invalid json")
        if asked.path == _EVENTS + self.app_key:
            return self._relayed(asked.json)
        perform = self._functions().get(f"{asked.method} {asked.path}")
        return (404, None) if perform is None else perform(asked)

    def _functions(self) -> dict[str, Any]:
        return {
            f"POST {_REST}createNotificationDefinition": self._create,
            f"POST {_REST}sendNotification": self._send,
            f"GET {_REST}getPushStats": self._stats,
        }

    def _relayed(self, event: dict[str, Any]) -> _Reply:
        if not {"eventTypeId", "campaignId", "channelId"} <= event.keys():
            return _complaint(400, 2020, "missing parameter")
        self.events.append(event)
        return 200, None

    def _create(self, asked: Asked) -> _Reply:
        if not {"title", "message", "platforms"} <= asked.json.keys():
            return _complaint(400, 2020, "missing parameter")
        key = self.define(asked.json["message"], asked.json.get("personalizedMessage"))
        self.definitions[key] = asked.json
        return 200, {"notificationKey": key}

    def _send(self, asked: Asked) -> _Reply:
        key, target = asked.json.get("notificationKey"), asked.json.get("target", {})
        if key is None or "extId" not in target:
            return _complaint(400, 2020, "missing parameter")
        if int(key) not in self.definitions:
            return _complaint(400, 5003, "message not found")
        params = asked.json.get("message", {}).get("params", {})
        text = _text(self.definitions[int(key)], params)
        self.shown.append(Shown(int(key), target["extId"], text, params))
        return 200, {}

    def _stats(self, asked: Asked) -> _Reply:
        key = asked.params.get("notificationKey")
        return 200, {
            "notificationKey": key,
            "sent": sum(str(one.notification_key) == key for one in self.shown),
        }


def _text(definition: dict[str, Any], params: dict[str, str]) -> str:
    """Return what the customer sees: the fallback, if a placeholder has no value."""
    personal = definition.get("personalizedMessage")
    if not personal or not set(_PLACEHOLDER.findall(personal)) <= params.keys():
        return str(definition["message"])
    return _PLACEHOLDER.sub(lambda match: params[match[1]], personal)


def _complaint(status: int, code: int, message: str) -> _Reply:
    return status, {"error": message, "code": code}
