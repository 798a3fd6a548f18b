"""Tests over real sockets count nothing towards coverage: counting lines doubles what some of them take."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "live" in item.path.parts:
            item.add_marker(pytest.mark.no_cover)
