"""Three spellings of one key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.wire.names import fold, pascal, snake

PAIRS = [
    ("customer_id", "CustomerID"),
    ("customer_ids", "CustomerIDs"),
    ("id", "ID"),
    ("is_multi_channel", "IsMultiChannel"),
    ("logo_url", "LogoURL"),
    ("contains_pii", "ContainsPII"),
    ("promo_code", "PromoCode"),
]


@pytest.mark.parametrize(("python", "wire"), PAIRS)
def test_python_and_optimove_spellings_go_both_ways(python: str, wire: str) -> None:
    assert pascal(python) == wire
    assert snake(wire) == python
    assert fold(python) == fold(wire)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customerId", "customer_id"),
        ("Customer ID", "customer_id"),
        ("customer-id", "customer_id"),
        ("ABTest", "ab_test"),
        ("already_snake", "already_snake"),
        ("Top10Items", "top10_items"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake(name) == expected


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=30))
def test_folding_is_stable_and_blind_to_case_and_separators(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(f"_{name}-") == fold(name)
