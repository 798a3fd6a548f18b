from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from optimove_sdk import Call, Request, Response
from optimove_sdk.testing import FakeOptimove

Ask = Callable[..., Response]


@pytest.fixture
def fake() -> FakeOptimove:
    return FakeOptimove()


@pytest.fixture(params=["blocking", "asyncio"])
def perform(request: pytest.FixtureRequest, fake: FakeOptimove) -> Callable[..., Any]:
    """Perform a call with either client; ``login=True`` with a username."""

    def blocking(call: Call[Any], **options: Any) -> Any:
        with fake.client(**options) as client:
            return client.send(call)

    def on_a_loop(call: Call[Any], **options: Any) -> Any:
        async def main() -> Any:
            async with fake.async_client(**options) as client:
                return await client.send(call)

        return asyncio.run(main())

    return blocking if request.param == "blocking" else on_a_loop


@pytest.fixture
def ask(fake: FakeOptimove) -> Ask:
    """Send a raw request and return the raw response."""

    def ask(method: str, path: str, content: bytes | None = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        default = {"X-API-KEY": fake.api_key, "Content-Type": "application/json"}
        request = Request(method, f"https://fake.optimove.test{path}", {**default, **named}, content)
        return fake.respond(request).response

    return ask
