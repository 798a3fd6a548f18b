"""The pytest plugin: the fixture ``fake_optimove``. It imports nothing before a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .fake import FakeOptimove


@pytest.fixture
def fake_optimove() -> FakeOptimove:
    """Return a fresh fake Optimove in simulated time: nothing a test does with it ever really waits."""
    from .fake import FakeOptimove

    return FakeOptimove()
