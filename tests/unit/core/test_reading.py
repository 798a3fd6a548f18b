"""Reading pages row by row: what is handed out when, what is asked for ahead, and what is never repeated."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from optimove_sdk.core import pages, reading
from optimove_sdk.core.ahead import READ_AHEAD, Ahead, Outlook
from optimove_sdk.core.background import Begin, Join, Stop
from optimove_sdk.core.call import Call, Page
from optimove_sdk.core.endpoint import Async, Sync
from optimove_sdk.core.pages import pages_of
from optimove_sdk.errors import APIError, DecodeError, InvalidInput, ResponseLost, ServerError
from optimove_sdk.http.base import Request, Response
from optimove_sdk.testing import FakeOptimove, faults
from optimove_sdk.wire.fields import Row
from support.flows import VirtualClock
from support.paging import Audience, SwiftClock, window
from support.sessions import session


@attrs.frozen
class Customer(Row):
    customer_id: str


def first(**options: Any) -> Call[Page[Customer]]:
    return pages_of(Customer, "customers/List", **options)


def numbers(rows: Any) -> list[int]:
    return [int(row.customer_id) for row in rows]


def pager(audience: Any, clock: Any = None, *, attempts: int = 3, prefetch: int = 0, **options: Any) -> Any:
    face = Sync(session(attempts=attempts), audience, clock or SwiftClock())
    return face.pager(first(**options)).with_options(prefetch=prefetch)


@pytest.fixture
def small_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_CUT", 64)


# Arriving


@pytest.mark.usefixtures("small_cuts")
def test_rows_come_before_their_page_has_been_read() -> None:
    audience = Audience(20, piece=10)
    rows = iter(pager(audience))
    next(rows)
    assert audience.open == 1
    assert numbers(rows) == list(range(1, 20))
    assert audience.open == 0


@pytest.mark.usefixtures("small_cuts")
def test_a_generator_that_is_closed_hangs_up() -> None:
    audience = Audience(20, piece=10)
    rows = iter(pager(audience))
    next(rows)
    rows.close()
    assert audience.open == 0


@pytest.mark.usefixtures("small_cuts")
async def test_an_async_generator_that_is_closed_hangs_up() -> None:
    audience = Audience(20, piece=10)
    rows = aiter(Async(session(), audience, SwiftClock()).pager(first()))
    await anext(rows)
    assert audience.open == 1
    await rows.aclose()
    assert audience.open == 0


@pytest.mark.usefixtures("small_cuts")
def test_it_hangs_up_when_it_has_as_many_rows_as_were_wanted() -> None:
    class Deaf(Audience):
        """Ignores how many rows are wanted."""

        def body(self, skip: int, top: int | None) -> bytes:
            return super().body(0, None)

    audience = Deaf(50, piece=10)
    assert numbers(pager(audience, max_items=5)) == [0, 1, 2, 3, 4]
    assert audience.open == 0
    assert len(audience.asked) == 1


@pytest.mark.usefixtures("small_cuts")
def test_a_slow_loop_has_the_rest_of_the_page_read_for_it() -> None:
    audience, clock = Audience(50, piece=10), VirtualClock()
    rows = iter(pager(audience, clock))
    seen = [next(rows) for _ in range(8)]
    assert audience.open == 1
    clock.advance(reading._PATIENCE + 0.1)
    seen += [next(rows) for _ in range(5)]
    assert audience.open == 0
    assert numbers([*seen, *rows]) == list(range(50))


@pytest.mark.usefixtures("small_cuts")
@pytest.mark.parametrize("page_size", [10, None])
def test_one_bad_row_comes_after_the_rows_before_its_piece_and_says_where_it_is(
    page_size: int | None,
) -> None:
    class Marred(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            return super().body(skip, top).replace(b'{"CustomerID": 8}', b'{"CustomerID": {}}')

    seen: list[Customer] = []
    with pytest.raises(DecodeError) as wrong:
        seen.extend(pager(Marred(10), page_size=page_size))
    assert wrong.value.path == "$[8].CustomerID"
    assert numbers(seen) == list(range(len(seen)))
    assert 0 < len(seen) < 9
    if page_size is not None:
        assert wrong.value.call.params["$skip"] == str(len(seen))


@pytest.mark.parametrize(
    "body", [b"<html>", b'"Invalid CampaignID"', b'{"Error": "no"}', b"[3]", b"{}", b"3", b"[{"]
)
def test_what_is_no_page_is_read_as_what_it_is_also_when_it_arrives_in_pieces(body: bytes) -> None:
    class Odd(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            return body

    with pytest.raises((APIError, DecodeError)) as whole:
        pager(Odd(1)).to_list()
    with pytest.raises(type(whole.value)) as streamed:
        list(pager(Odd(1, piece=1)))
    assert str(streamed.value) == str(whole.value)


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"", b"null", b"\n"])
def test_an_empty_page_is_the_end_also_when_it_arrives_in_pieces(body: bytes) -> None:
    class Empty(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            return body

    assert list(pager(Empty(1, piece=1))) == []


# Repeated pages


@pytest.mark.usefixtures("small_cuts")
@pytest.mark.parametrize("prefetch", [0, 3])
def test_no_row_of_a_page_that_is_the_same_again_is_handed_out_however_long_it_is(prefetch: int) -> None:
    class Stuck(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            return super().body(0, top)

    seen: list[Customer] = []
    with pytest.raises(DecodeError, match="same page twice") as wrong:
        seen.extend(pager(Stuck(50), page_size=50, prefetch=prefetch))
    assert numbers(seen) == list(range(50))
    assert wrong.value.call.params["$skip"] == "50"


@pytest.mark.usefixtures("small_cuts")
def test_a_page_may_begin_like_the_one_before_and_be_another() -> None:
    class Alike(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            rows = json.loads(super().body(skip, top))
            return json.dumps([{"CustomerID": 0}] * 30 + rows).encode() if rows else b"[]"

    seen = numbers(pager(Alike(4), page_size=32, attempts=1, max_items=64))
    assert seen == [0] * 30 + [0, 1, 2, 3]


@pytest.mark.usefixtures("small_cuts")
def test_a_page_that_broke_off_and_begins_anew_is_the_same_page_twice() -> None:
    class Deaf(Audience):
        def body(self, skip: int, top: int | None) -> bytes:
            return super().body(0, top)

    seen: list[Customer] = []
    with pytest.raises(DecodeError, match="same page twice"):
        seen.extend(pager(Deaf(50, breaks={0: [0.9]}, piece=10)))
    assert numbers(seen) == list(range(len(seen)))


# Broken off


@pytest.mark.usefixtures("small_cuts")
def test_getting_on_counts_as_success_so_that_a_flaky_server_is_read_to_the_end() -> None:
    audience = Audience(200, breaks={skip: [0.3] for skip in range(170)}, piece=10)
    assert numbers(pager(audience, attempts=2)) == list(range(200))
    assert audience.broken > 5


def test_a_page_of_which_nothing_ever_comes_is_given_up() -> None:
    audience = Audience(5, breaks={0: [0.5] * 9})
    with pytest.raises(ResponseLost):
        list(pager(audience, attempts=3))
    assert len(audience.asked) == 3


@pytest.mark.usefixtures("small_cuts")
def test_who_wants_no_second_request_gets_the_call_to_make_it_himself() -> None:
    audience, seen = Audience(50, breaks={0: [0.6]}, piece=10), []
    with pytest.raises(ResponseLost) as lost:
        seen.extend(pager(audience, attempts=1))
    call = pickle.loads(pickle.dumps(lost.value)).call
    assert len(audience.asked) == 1
    assert seen
    seen.extend(Sync(session(), audience, SwiftClock()).pager(call))
    assert numbers(seen) == list(range(50))


@pytest.mark.usefixtures("small_cuts")
def test_what_does_not_page_is_not_asked_for_again_once_rows_were_handed_out() -> None:
    audience, seen = Audience(50, breaks={0: [0.6]}, piece=10), []
    with pytest.raises(ResponseLost, match=r"broke off; \d+ rows had come, and as this function"):
        seen.extend(pager(audience, page_size=None))
    assert numbers(seen) == list(range(len(seen)))
    assert len(audience.asked) == 1


# Ahead


def outlook(depth: int, *read: tuple[int, int], size: int = 1000) -> list[str]:
    """Return where the pages begin that are asked for after these, of which so many rows were asked for."""
    ahead, skip = Outlook(depth), 0
    for asked, rows in read:
        ahead.note(asked, rows, size)
        skip += rows
    call = first(page_size=100).read.after(skip)  # type: ignore[attr-defined]
    return [each.params["$skip"] for each in ahead.calls(call)]


def test_nothing_is_guessed_before_a_page_was_full() -> None:
    assert outlook(5) == []
    assert outlook(5, (100, 70)) == []


def test_as_many_pages_are_guessed_as_were_full_in_a_row_up_to_the_depth() -> None:
    assert outlook(3, (100, 100)) == ["100", "200"]
    assert outlook(3, (100, 100), (100, 100)) == ["200", "300", "400"]
    assert outlook(3, *[(100, 100)] * 9) == ["900", "1000", "1100", "1200"]
    assert outlook(0, *[(100, 100)] * 9) == []


def test_a_short_page_ends_the_guessing_until_there_is_a_full_one() -> None:
    assert outlook(3, *[(100, 100)] * 9, (100, 30)) == []
    assert outlook(3, *[(100, 100)] * 9, (100, 30), (100, 100)) == ["1030", "1130"]


def test_a_server_that_caps_is_understood_when_it_does_so_twice() -> None:
    assert outlook(3, (100, 40)) == []
    assert outlook(3, (100, 40), (100, 40)) == ["80", "120"]


def test_no_more_is_guessed_than_may_be_held() -> None:
    full = [(100, 100)] * 9
    assert len(outlook(5, *full, size=READ_AHEAD // 2)) == 1 + 2
    assert outlook(5, *full, size=READ_AHEAD + 1) == []


def test_no_more_is_guessed_than_is_wanted() -> None:
    ahead = Outlook(5)
    for _ in range(5):
        ahead.note(100, 100, 1000)
    call = first(page_size=100, max_items=250)
    assert [(each.params["$top"], each.params["$skip"]) for each in ahead.calls(call)] == [
        ("100", "0"),
        ("100", "100"),
        ("50", "200"),
    ]


def test_guesses_that_turn_out_wrong_are_stopped_and_forgotten() -> None:
    guesses = Outlook(3)
    for _ in range(2):
        guesses.note(100, 100, 1000)
    ahead: Ahead[Customer] = Ahead(session(), guesses)
    flow = ahead.answer(first(page_size=100), stream=True)
    assert next(flow) == Stop([])
    effects = [flow.send(None), flow.send("page"), flow.send("guess 1")]
    assert all(isinstance(effect, Begin) for effect in effects)
    assert flow.send("guess 2") == Join("page")
    flow.close()
    guesses.note(100, 30, 1000)
    stop = next(ahead.answer(first(page_size=100).read.after(30), stream=True))  # type: ignore[attr-defined]
    assert isinstance(stop, Stop)
    assert sorted(stop.begun) == ["guess 1", "guess 2", "page"]
    assert next(ahead.close()) == Stop([])


def test_a_small_audience_costs_no_request_more() -> None:
    audience = Audience(7)
    assert numbers(pager(audience, page_size=10, prefetch=5)) == list(range(7))
    assert audience.asked == [(0, 10), (7, 10)]


def test_in_simulated_time_nothing_is_fetched_ahead() -> None:
    fake = FakeOptimove(page_cap=10)
    campaign = fake.add_campaign(customers=100, channels=[504])
    rows = iter(fake.client(prefetch=5).customers.execution_details(campaign.campaign_id, 504))
    for _ in range(95):
        next(rows)
    assert fake.count("GetCustomerExecutionDetailsByCampaign") == 10


@pytest.mark.parametrize("prefetch", [0, 4])
def test_an_error_is_raised_where_its_page_would_be(prefetch: int) -> None:
    class Refusing(Audience):
        def handle_request(self, request: Request) -> Response:
            if window(request.url)[0] >= 30:
                return Response(500, {}, b"no")
            return super().handle_request(request)

    seen: list[Customer] = []
    with pytest.raises(ServerError) as refused:
        seen.extend(pager(Refusing(100), page_size=10, prefetch=prefetch, attempts=1))
    assert numbers(seen) == list(range(30))
    assert refused.value.call.params["$skip"] == "30"
    assert len(refused.value.attempts) == 1


@pytest.mark.parametrize("wrong", [-1, 1.5, "2", True])
def test_a_prefetch_that_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="prefetch"):
        pager(Audience(1), prefetch=wrong)


def test_pages_of_another_reader_are_read_as_they_are() -> None:
    def read(response: Response) -> Page[Mapping[str, Any]]:
        return Page(json.loads(response.body))

    rows = Sync(session(), Audience(3), SwiftClock()).pager(Call("GET", "a/B", read=read))
    assert list(rows) == [{"CustomerID": n} for n in range(3)]


# The fake


def test_the_fake_breaks_off_in_the_middle_of_a_page_and_no_row_is_lost() -> None:
    fake = FakeOptimove()
    campaign = fake.add_campaign(customers=3_000, channels=[504])
    fake.faults.add(faults.cut(after=200_000))
    rows = fake.client().customers.execution_details(campaign.campaign_id, 504)
    assert len({row.customer_id for row in rows}) == 3_000
    again = fake.requests[1]
    assert int(again.params["$skip"]) > 0


async def test_the_fake_breaks_off_for_asyncio_too() -> None:
    fake = FakeOptimove()
    campaign = fake.add_campaign(customers=3_000, channels=[504])
    fake.faults.add(faults.cut(after=200_000))
    rows = fake.async_client().customers.execution_details(campaign.campaign_id, 504)
    assert len({row.customer_id async for row in rows}) == 3_000
    assert int(fake.requests[1].params["$skip"]) > 0
