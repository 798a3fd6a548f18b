from __future__ import annotations

import subprocess
import sys

import pytest

import optimove_sdk.testing
from optimove_sdk import AsyncTransport, Transport
from optimove_sdk.testing import FakeOptimove


def test_the_fixture_is_a_fresh_fake(fake_optimove: FakeOptimove) -> None:
    assert isinstance(fake_optimove, FakeOptimove)
    assert fake_optimove.count() == 0


def test_the_fake_is_a_transport_of_both_colours(fake_optimove: FakeOptimove) -> None:
    assert isinstance(fake_optimove, Transport)
    assert isinstance(fake_optimove, AsyncTransport)


async def test_a_client_can_be_closed_and_the_fake_used_on(fake_optimove: FakeOptimove) -> None:
    async with fake_optimove.async_client() as client:
        assert await client.promotions.list() == []
    with fake_optimove.client() as other:
        assert other.promotions.list() == []


def test_loading_the_plugin_loads_nothing_else() -> None:
    code = (
        "import sys, optimove_sdk.testing.plugin;"
        "loaded = {'cattrs', 'attrs', 'httpx', 'optimove_sdk.client', 'optimove_sdk.testing.fake'};"
        "sys.exit(', '.join(loaded & set(sys.modules)) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_package_has_what_it_says() -> None:
    assert set(optimove_sdk.testing.__all__) == set(dir(optimove_sdk.testing))
    assert all(getattr(optimove_sdk.testing, name) for name in optimove_sdk.testing.__all__)
    with pytest.raises(AttributeError):
        _ = optimove_sdk.testing.Nothing
