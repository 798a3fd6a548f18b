"""A vendor's JSON API behind one of the SDK's asyncio transports."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from optimove_sdk import (
    AsyncTransport,
    ConfigurationError,
    ConnectionFailed,
    DecodeError,
    Request,
    Response,
    RetryPolicy,
    Secret,
    Timeouts,
)

_RETRY: Final = RetryPolicy()


class Rest:
    """Sends JSON and returns the answer, whatever its status.

    A request of which no byte was sent is tried again, as the retry policy says. Nothing else is: whether a
    vendor would do the same thing twice is not for this class to know.

    Args:
        base_url: where the vendor's API is; https, unless it is on this machine.
        headers: go with every request. Secrets are revealed by the transport.
        transport: carries the requests. One that you give is yours to close.
        timeouts: for each request.
        retry: how often and how patiently a request that could not be sent is tried again.

    Raises:
        ConfigurationError: the URL is none, or would show the secrets to the network.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str | Secret],
        *,
        transport: AsyncTransport | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.base_url: str = _checked(base_url)
        self._headers = headers
        self._given = transport
        self._own: AsyncTransport | None = None
        self._timeouts = timeouts or Timeouts()
        self._retry = retry or _RETRY

    async def ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Response:
        """Send one request.

        Raises:
            TransportError: no whole answer came; ``outcome`` says how far the request got.
        """
        query = f"?{urlencode(params)}" if params else ""
        headers = {"Accept": "application/json", **self._headers}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        return await self._send(
            Request(method, f"{self.base_url}{path}{query}", headers, content, self._timeouts)
        )

    async def _send(self, request: Request) -> Response:
        for failures in range(1, self._retry.attempts):
            try:
                return await self._transport().handle_async_request(request)
            except ConnectionFailed:
                await asyncio.sleep(self._retry.pause(failures, random.random()))
        return await self._transport().handle_async_request(request)

    def _transport(self) -> AsyncTransport:
        if self._given is not None:
            return self._given
        if self._own is None:
            from optimove_sdk.http.httpx import AsyncHttpxTransport

            self._own = AsyncHttpxTransport()
        return self._own

    async def aclose(self) -> None:
        """Close the connections, if nobody else's transport carries the requests."""
        if self._own is not None:
            await self._own.aclose()


def read_json(response: Response) -> Any:
    """Return the value of an answer.

    Raises:
        DecodeError: it is not JSON.
    """
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise DecodeError("the answer is not JSON", body=response.body) from None


def whole(value: Any) -> int | None:
    """Return a whole number, sent as ``12`` or ``"12"``, or None."""
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def secret_of(name: str, value: str | Secret) -> Secret:
    """Return a secret, or say that it is empty.

    Raises:
        ConfigurationError: it is.
    """
    secret = value if isinstance(value, Secret) else Secret(value)
    if not secret:
        raise ConfigurationError(f"{name} is empty")
    return secret


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError("base_url must be a URL like https://api.vendor.example")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise ConfigurationError("base_url must be https: over http everybody on the way sees the key")
    return base_url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
