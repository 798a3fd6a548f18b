"""A transport that notes what it is asked to send and answers from a script."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from optimove_sdk import AsyncOptimove, Optimove, Request, Response


def answer(body: Any = b"", status: int = 200, **headers: str) -> Response:
    """Return a response; what is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


class Recording:
    """Serves both clients. The last answer of the script is repeated."""

    def __init__(self, answers: Iterable[Response] = ()) -> None:
        self.requests: list[Request] = []
        self._answers = list(answers) or [answer()]

    def handle_request(self, request: Request) -> Response:
        self.requests.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def handle_async_request(self, request: Request) -> Response:
        return self.handle_request(request)

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""

    @property
    def path(self) -> str:
        return urlsplit(self.requests[-1].url).path

    @property
    def query(self) -> dict[str, str]:
        query = urlsplit(self.requests[-1].url).query
        return dict(parse_qsl(query, strict_parsing=True)) if query else {}

    @property
    def json(self) -> Any:
        content = self.requests[-1].content
        return None if content is None else json.loads(content)

    def header(self, name: str) -> str:
        return self.requests[-1].raw_headers()[name]


SETTINGS: dict[str, Any] = {
    "base_url": "https://api5.optimove.test",
    "api_key": "key",
    "tenant_id": 999,
    "events_url": "https://server-999.optimove.test",
    "preferences_url": "https://preference-center-us.optimove.test",
}


def client_for(*answers: Response, **options: Any) -> tuple[Optimove, Recording]:
    transport = Recording(answers)
    return Optimove(**{**SETTINGS, **options}, transport=transport), transport


def async_client_for(*answers: Response, **options: Any) -> tuple[AsyncOptimove, Recording]:
    transport = Recording(answers)
    return AsyncOptimove(**{**SETTINGS, **options}, transport=transport), transport
