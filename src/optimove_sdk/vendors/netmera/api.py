"""What a connector needs of Netmera's REST API.

Netmera publishes no rate limits, no answer of a transactional send, and no way to withdraw one.

Source: https://user.netmera.com/netmera-developer-guide/rest-api/notifications
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from optimove_sdk import (
    AsyncTransport,
    DecodeError,
    InvalidInput,
    Response,
    RetryPolicy,
    Secret,
    Timeouts,
)

from ..rest import Rest, read_json, secret_of, whole
from .errors import error_of

BASE_URL: Final = "https://restapi.netmera.com"
CHANNEL_IDS: Final = (459, 481)
"""The ids that Netmera documents for its channels in Optimove."""
_PLACEHOLDER: Final = re.compile(r"@\{([^{}]+)\}")


@attrs.frozen
class NotificationDefinition:
    """A transactional message, defined once and sent to one customer at a time.

    ``personalized_message`` has placeholders, as ``Hello @{name}``. ``message`` is what a customer gets for
    whom they cannot be filled. ``more`` is sent as it is, under Netmera's names.
    """

    title: str
    message: str
    personalized_message: str | None = None
    platforms: tuple[str, ...] = ("IOS", "ANDROID")
    more: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names between ``@{`` and ``}``, each once."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.personalized_message or "")))

    def as_sent(self) -> dict[str, Any]:
        """Return it under Netmera's names."""
        sent = {
            "title": self.title,
            "message": self.message,
            "personalizedMessage": self.personalized_message,
            "platforms": list(self.platforms),
            **self.more,
        }
        return {name: value for name, value in sent.items() if value is not None}


class NetmeraAPI:
    """Netmera's REST API, asynchronous.

    Args:
        api_key: the REST API key; it goes in ``X-netmera-api-key``.
        base_url: another host, for tests.
        transport: carries the requests; one that you give is yours to close.
        timeouts: for each request.
        retry: how a request of which no byte was sent is tried again. Nothing else is ever sent twice.

    Raises:
        ConfigurationError: the key is empty, or the URL is none.
    """

    def __init__(
        self,
        api_key: str | Secret,
        *,
        base_url: str = BASE_URL,
        transport: AsyncTransport | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        headers = {"X-netmera-api-key": secret_of("Netmera's api_key", api_key)}
        self._rest = Rest(base_url, headers, transport=transport, timeouts=timeouts, retry=retry)

    def __repr__(self) -> str:
        return f"<NetmeraAPI {self._rest.base_url}>"

    async def define(self, definition: NotificationDefinition) -> int:
        """Define a transactional message, ``createNotificationDefinition``.

        Defining the same again makes another one: keep the key.

        Returns:
            The notification key, for `send`.

        Raises:
            InvalidInput: there is no message; nothing was sent.
            NetmeraError: Netmera refused. TransportError: no whole answer came. DecodeError: it has no key.
        """
        if not definition.message:
            raise InvalidInput("message is empty: it is what customers get who lack a placeholder's value")
        answer = await self.ask("POST", "/rest/3.0/createNotificationDefinition", body=definition.as_sent())
        said = read_json(answer)
        key = whole(said.get("notificationKey")) if isinstance(said, dict) else None
        if key is None:
            raise DecodeError("the answer has no number there", path="$.notificationKey", body=answer.body)
        return key

    async def send(
        self, notification_key: int | str, external_id: str, params: Mapping[str, str] | None = None
    ) -> None:
        """Send a defined message to one customer, ``sendNotification``.

        To send twice is to notify the customer twice.

        Args:
            notification_key: what `define` returned, or Netmera's panel shows.
            external_id: the customer's external id in Netmera, which is Optimove's customer id.
            params: the values of the placeholders.

        Raises:
            InvalidInput: the id is empty; nothing was sent.
            NetmeraError: Netmera refused; ``refused`` says whether surely nothing was sent to the customer.
            TransportError: no whole answer came; ``outcome`` says whether the message may have been sent.
        """
        if not external_id:
            raise InvalidInput("external_id is empty")
        body = {
            "notificationKey": str(notification_key),
            "message": {"params": dict(params or {})},
            "target": {"extId": external_id},
        }
        await self.ask("POST", "/rest/3.0/sendNotification", body=body)

    async def push_stats(self, notification_key: int | str) -> Any:
        """Return what Netmera counted for a message, ``getPushStats``, as it came: its fields are not public.

        Raises:
            NetmeraError: Netmera refused. TransportError: no whole answer came. DecodeError: it is not JSON.
        """
        params = {"notificationKey": str(notification_key)}
        return read_json(await self.ask("GET", "/rest/3.0/getPushStats", params=params))

    async def ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Response:
        """Call any function of the API and return a successful answer.

        Raises:
            NetmeraError: Netmera refused. TransportError: no whole answer came.
        """
        response = await self._rest.ask(method, path, params=params, body=body)
        error = error_of(response)
        if error is not None:
            raise error
        return response

    async def aclose(self) -> None:
        """Close the connections, unless the transport is yours."""
        await self._rest.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
