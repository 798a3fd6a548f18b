"""Every test of a whole export runs blocking and with asyncio."""

from __future__ import annotations

import pytest

from support.exports import BOTH, FORMATS, Colour


@pytest.fixture(params=BOTH, ids=["blocking", "asyncio"])
def colour(request: pytest.FixtureRequest) -> Colour:
    return request.param


@pytest.fixture(params=FORMATS)
def suffix(request: pytest.FixtureRequest) -> str:
    return request.param
