"""Whatever a server does to its pages: every row comes once, in order, and few requests are for nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.core import pages
from optimove_sdk.core.endpoint import Async, Sync
from optimove_sdk.core.pager import AsyncPager
from optimove_sdk.core.pages import pages_of
from optimove_sdk.wire.fields import Row
from support.paging import Audience, SwiftClock
from support.sessions import session

ATTEMPTS = 4


@attrs.frozen
class Customer(Row):
    customer_id: str


def small_cuts() -> Any:
    """Let pages of a few rows arrive in several cuts."""
    return mock.patch.object(pages, "_CUT", 64)


def numbers(rows: Any) -> list[int]:
    return [int(row.customer_id) for row in rows]


def by_row(audience: Audience, first: Any, prefetch: int) -> list[int]:
    rows = Sync(session(attempts=ATTEMPTS), audience, SwiftClock()).pager(first)
    return numbers(rows.with_options(prefetch=prefetch))


def by_page(audience: Audience, first: Any, prefetch: int) -> list[int]:
    rows = Sync(session(attempts=ATTEMPTS), audience, SwiftClock()).pager(first)
    return numbers(rows.with_options(prefetch=prefetch).to_list())


def on_a_loop(
    audience: Audience, first: Any, read: Callable[[AsyncPager[Customer]], Any], **options: int
) -> Any:
    rows = Async(session(attempts=ATTEMPTS), audience, SwiftClock()).pager(first)

    async def main() -> list[int]:
        seen = numbers(await read(rows.with_options(**options)))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return seen

    return asyncio.run(main())


async def _collect(rows: AsyncPager[Customer]) -> list[Customer]:
    return [row async for row in rows]


def by_row_async(audience: Audience, first: Any, prefetch: int) -> list[int]:
    return on_a_loop(audience, first, _collect, prefetch=prefetch)


def by_page_async(audience: Audience, first: Any, prefetch: int) -> list[int]:
    return on_a_loop(audience, first, AsyncPager.to_list, prefetch=prefetch)


WAYS = [by_row, by_page, by_row_async, by_page_async]
CAPS = st.one_of(
    st.integers(1, 12).map(lambda cap: [cap]),  # constant
    st.lists(st.integers(1, 12), min_size=2, max_size=7),  # some pages shorter than others
    st.integers(3, 9).map(lambda most: [most] * 20 + list(range(most, 0, -1))),  # shrinking
)
SHARES = st.lists(st.floats(0, 0.99), max_size=ATTEMPTS - 1)


def settle() -> None:
    """Wait for threads whose request nobody wanted any more."""
    for thread in threading.enumerate():
        if thread.name == "optimove-prefetch":
            thread.join(10)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(
    total=st.integers(0, 80),
    caps=CAPS,
    page_size=st.none() | st.integers(1, 25),
    max_items=st.none() | st.integers(1, 90),
    prefetch=st.integers(0, 5),
    piece=st.integers(1, 300),
)
def test_every_row_comes_once_and_in_order(
    way: Callable[..., list[int]],
    total: int,
    caps: list[int],
    page_size: int | None,
    max_items: int | None,
    prefetch: int,
    piece: int,
) -> None:
    first = pages_of(Customer, "customers/List", page_size=page_size, max_items=max_items)
    audience, plain = Audience(total, caps, piece=piece), Audience(total, caps, piece=piece)
    with small_cuts():
        assert way(audience, first, prefetch) == list(range(min(total, max_items or total)))
        settle()
        way(plain, first, 0)
    assert audience.open == plain.open == 0
    assert set(plain.asked) <= set(audience.asked)
    assert len(audience.asked) <= 2 * len(plain.asked)
    if len(caps) == 1:
        assert len(audience.asked) <= len(plain.asked) + prefetch


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25, deadline=None)
@given(
    total=st.integers(1, 80),
    caps=CAPS,
    page_size=st.integers(1, 25),
    max_items=st.none() | st.integers(1, 90),
    prefetch=st.integers(0, 5),
    piece=st.integers(1, 300),
    breaks=st.dictionaries(st.integers(0, 80), SHARES),
)
def test_pages_that_break_off_cost_no_row_and_repeat_none(
    way: Callable[..., list[int]],
    total: int,
    caps: list[int],
    page_size: int,
    max_items: int | None,
    prefetch: int,
    piece: int,
    breaks: dict[int, list[float]],
) -> None:
    first = pages_of(Customer, "customers/List", page_size=page_size, max_items=max_items)
    audience = Audience(total, caps, breaks, piece=piece)
    with small_cuts():
        assert way(audience, first, prefetch) == list(range(min(total, max_items or total)))
        settle()
    assert audience.open == 0
    assert len(audience.asked) <= 2 * (total + 1) + audience.broken


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 60), st.lists(st.floats(0, 0.99), min_size=1, max_size=ATTEMPTS - 1), st.integers(1, 300)
)
def test_an_answer_that_does_not_page_is_read_anew_when_nobody_has_seen_a_row(
    total: int, breaks: list[float], piece: int
) -> None:
    first = pages_of(Customer, "customers/List", page_size=None)
    audience = Audience(total, breaks={0: breaks}, piece=piece)
    with small_cuts():
        assert by_page(audience, first, 0) == list(range(total))
    assert audience.open == 0
