"""Paging: every row once, in order, from a server that caps, shortens and never says where it ends."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk.core.call import Call, Page
from optimove_sdk.core.pager import AsyncPager, Pager
from optimove_sdk.core.pages import pages_of
from optimove_sdk.errors import APIError, DecodeError, InvalidInput, NotFound, ServerError
from optimove_sdk.http.base import Request, Response
from optimove_sdk.wire.fields import Row
from support.flows import VirtualClock, always, answers
from support.sessions import Wire, asynchronous, session, sync


@attrs.frozen
class Customer(Row):
    customer_id: str


EMPTY = Response(200, {}, b"[]")


@attrs.define
class Table:
    """A server with rows that caps ``$top`` and may end in any of three ways."""

    total: int
    cap: int = 10_000
    end: Response = EMPTY
    shorten: int = 0
    """Every second page is shorter by so many rows, without being the last."""
    asked: list[dict[str, str]] = attrs.Factory(list)

    def __call__(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(query)
        skip = int(query.get("$skip", 0))
        count = min(int(query.get("$top", self.total)), self.cap)
        if len(self.asked) % 2:
            count = max(1, count - self.shorten)
        rows = [{"CustomerID": n} for n in range(skip, min(skip + count, self.total))]
        return Response(200, {}, json.dumps(rows).encode()) if rows else self.end


def first(**options: Any) -> Call[Page[Customer]]:
    return pages_of(Customer, "customers/List", {"CampaignID": 1}, **options)


def pager(wire: Wire, call: Call[Page[Customer]]) -> Pager[Customer]:
    return sync(wire).pager(call)


def numbers(rows: Any) -> list[int]:
    return [int(row.customer_id) for row in rows]


ENDS = st.sampled_from(
    [Response(200, {}, b"[]"), Response(200), Response(404, {}, b"no rows"), Response(204)]
)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(1, 20),
    st.integers(1, 25),
    st.none() | st.integers(1, 70),
    st.integers(0, 5),
    ENDS,
)
def test_every_row_comes_exactly_once_in_order_and_it_stops(
    total: int, cap: int, page_size: int, max_items: int | None, shorten: int, end: Response
) -> None:
    table = Table(total, cap, end, shorten)
    rows = pager(Wire(table), first(page_size=page_size, max_items=max_items))
    assert numbers(rows) == list(range(min(total, max_items or total)))
    assert len(table.asked) <= total + 1


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.none() | st.integers(1, 50), st.data())
def test_resuming_from_any_page_yields_the_rest_also_after_a_pickle(
    total: int, page_size: int, max_items: int | None, data: st.DataObject
) -> None:
    wire = Wire(Table(total))
    pages = list(pager(wire, first(page_size=page_size, max_items=max_items)).pages())
    stop = data.draw(st.integers(0, len(pages) - 1))
    seen = [n for page in pages[: stop + 1] for n in numbers(page.items)]
    following = pages[stop].next
    if following is not None:
        stored = pickle.loads(pickle.dumps(following))
        assert stored == following
        seen += numbers(pager(wire, stored))
    assert seen == list(range(min(total, max_items or total)))


async def test_the_asyncio_pager_does_the_same() -> None:
    rows = asynchronous(Wire(Table(7, 3))).pager(first(page_size=4))
    assert isinstance(rows, AsyncPager)
    assert numbers([row async for row in rows]) == list(range(7))
    assert numbers(await rows.to_list()) == list(range(7))
    assert [len(page.items) async for page in rows.pages()] == [3, 3, 1, 0]


def test_each_loop_fetches_anew() -> None:
    rows = pager(Wire(Table(5)), first(page_size=2))
    assert numbers(rows) == numbers(rows) == numbers(rows.to_list()) == list(range(5))


def test_pages_are_fetched_only_when_they_are_reached() -> None:
    wire = Wire(Table(9))
    rows = iter(pager(wire, first(page_size=2)))
    assert wire.sent == []
    next(rows), next(rows)
    assert len(wire.sent) == 1
    next(rows)
    assert len(wire.sent) == 2


def test_it_advances_by_the_rows_received_and_asks_for_no_more_than_wanted() -> None:
    table = Table(100, cap=3)
    assert len(pager(Wire(table), first(page_size=5, max_items=7)).to_list()) == 7
    assert [(query["$top"], query["$skip"]) for query in table.asked] == [("5", "0"), ("4", "3"), ("1", "6")]
    assert all(query["CampaignID"] == "1" for query in table.asked)


def test_a_server_that_ignores_top_is_cut_to_max_items() -> None:
    body = json.dumps([{"CustomerID": n} for n in range(9)]).encode()
    wire = Wire(answers(Response(200, {}, body)))
    assert numbers(pager(wire, first(page_size=2, max_items=4))) == [0, 1, 2, 3]


def test_no_page_size_is_one_request_without_a_window() -> None:
    table = Table(5)
    assert numbers(pager(Wire(table), first(page_size=None))) == list(range(5))
    assert numbers(pager(Wire(table), first(page_size=None, max_items=3))) == [0, 1, 2]
    assert table.asked == [{"CampaignID": "1"}] * 2


@pytest.mark.parametrize("max_items", [None, 4])
def test_a_server_that_does_not_page_is_an_error_and_no_loop(max_items: int | None) -> None:
    same = Response(200, {}, b'[{"CustomerID":1},{"CustomerID":2}]')
    rows = iter(pager(Wire(always(same)), first(page_size=2, max_items=max_items)))
    assert numbers([next(rows), next(rows)]) == [1, 2]
    with pytest.raises(DecodeError, match="same page twice"):
        next(rows)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(404, {"content-type": "text/html"}, b"<html>"), NotFound),
        (Response(200, {"content-type": "text/html"}, b"<html>"), DecodeError),
        (Response(200, {}, b'"Invalid CampaignID"'), APIError),
        (Response(200, {}, b'{"Error":"Invalid CampaignID"}'), APIError),
        (Response(200, {}, b"{}"), DecodeError),
        (Response(200, {}, b"3"), DecodeError),
        (Response(200, {}, b"[3]"), DecodeError),
    ],
)
def test_what_is_no_page_is_an_error_and_not_the_end(answer: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        pager(Wire(always(answer)), first()).to_list()


def test_an_error_in_the_middle_carries_the_page_s_call_to_resume_from() -> None:
    table = Table(6)
    wire = Wire(table)
    seen = []
    pages = pager(wire, first(page_size=2, max_items=5)).pages()
    for _ in range(2):
        seen += numbers(next(pages).items)
    wire.responder = always(Response(500))
    with pytest.raises(ServerError) as caught:
        next(pages)
    call = pickle.loads(pickle.dumps(caught.value)).call
    assert call.params["$skip"] == "4"
    wire.responder = table
    assert seen + numbers(pager(wire, call)) == [0, 1, 2, 3, 4]


def test_attributes_are_asked_for_and_named_on_every_page() -> None:
    def respond(request: Request) -> Response:
        query = parse_qs(urlsplit(request.url).query)
        assert query["CustomerAttributes"] == ["Alias;Country"]
        skip = int(query["$skip"][0])
        rows = [{"CustomerID": skip, "CustomerAttributes": [f"a{skip}", None]}] if skip < 3 else []
        return Response(200, {}, json.dumps(rows).encode())

    rows = pager(Wire(respond), first(attributes=("Alias", "Country"), page_size=1)).to_list()
    assert [row.attributes for row in rows] == [{"Alias": f"a{n}", "Country": None} for n in range(3)]


def test_rows_without_a_schema_have_uniform_keys() -> None:
    call = pages_of(Mapping[str, Any], "a/B", page_size=None)
    rows = sync(Wire(always(Response(200, {}, b'[{"CustomerID":1,"promoCode":"x"}]')))).pager(call)
    assert rows.to_list() == [{"customer_id": 1, "promo_code": "x"}]
    assert pickle.loads(pickle.dumps(call)) == call


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "10", True])
@pytest.mark.parametrize("name", ["page_size", "max_items"])
def test_sizes_that_make_no_sense_are_refused(name: str, wrong: Any) -> None:
    with pytest.raises(InvalidInput, match=name):
        first(**{name: wrong})


def test_a_pager_shows_its_first_call_only() -> None:
    shown = repr(Pager(first(), session(), Wire(always(Response(200))), VirtualClock()))
    assert shown == "Pager(first=<Call GET List CampaignID=1 $top=10000 $skip=0>)"
