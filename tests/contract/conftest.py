from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.carriers import KINDS, Carrier

Connect = Callable[..., Carrier]


@pytest.fixture(params=KINDS, ids="-".join)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Make carriers of one of the four kinds; they are closed after the test."""
    made: list[Carrier] = []

    def make(**options: object) -> Carrier:
        made.append(Carrier(*request.param, **options))
        return made[-1]

    yield make
    for carrier in made:
        carrier.dispose()


@pytest.fixture
def carrier(connect: Connect) -> Carrier:
    return connect()


@pytest.fixture(autouse=True)
def no_proxy_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
