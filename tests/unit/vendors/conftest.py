from __future__ import annotations

import pytest

from optimove_sdk import RetryPolicy
from optimove_sdk.testing.vendors import FakeNetmera, FakeSymplify
from optimove_sdk.vendors.netmera import NetmeraAPI
from optimove_sdk.vendors.symplify import SymplifyAPI

QUICK = RetryPolicy(attempts=2, base=0.001)


@pytest.fixture
def netmera() -> FakeNetmera:
    return FakeNetmera()


@pytest.fixture
def netmera_api(netmera: FakeNetmera) -> NetmeraAPI:
    return NetmeraAPI("netmera-key", transport=netmera, retry=QUICK)


@pytest.fixture
def symplify() -> FakeSymplify:
    return FakeSymplify()


@pytest.fixture
def symplify_api(symplify: FakeSymplify) -> SymplifyAPI:
    return SymplifyAPI(
        "https://eu-proxy-1.symplifymail.com",
        12,
        token="symplify-token",
        token_header="X-Example-Token",
        transport=symplify,
        retry=QUICK,
    )
