"""The clients against a server that has a bad day, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from optimove_sdk import (
    APIError,
    AsyncOptimove,
    CampaignMetric,
    ConnectionFailed,
    DecodeError,
    Event,
    Optimove,
    OptimoveError,
    Outcome,
    PermissionDenied,
    ResponseLost,
    RetryPolicy,
    ServerError,
)
from optimove_sdk.http.httpx import HttpxTransport
from support.servers import Conversation, Received, Server, refused_port

QUICK = RetryPolicy(attempts=3, base=0.001)
METRIC = CampaignMetric(channel_id=1, campaign_id=2, template_id=3, metric_id=0, metric_value=4)
HUGE = 100_000_000


def client_of(server: Server, **options: Any) -> Optimove:
    settings = {"base_url": server.url, "api_key": "k", "retry": QUICK, "rate_limit": None, "proxy": ""}
    return Optimove(**{**settings, **options})


def rows_of(client: Optimove) -> list[str]:
    return [row.customer_id for row in client.customers.execution_details(1, 2, page_size=3)]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (502, "<html><body>Bad Gateway</body></html>", ServerError),
        (403, "<html>Request blocked</html>", PermissionDenied),
        (500, '"text"', ServerError),
        (200, "<html>Sign in</html>", DecodeError),
        (200, '[{"CustomerID": "1"', DecodeError),
        (200, '"Invalid parameters"', APIError),
        (200, {"Error": "Invalid"}, APIError),
        (200, {"CustomerID": "1"}, DecodeError),
        (200, "7", DecodeError),
        (200, "[7]", DecodeError),
        (200, '[{"CustomerID": "1"}, null]', DecodeError),
        (200, b"\xff\xfe\x00", DecodeError),
        (200, "[" * 100_000, DecodeError),
        (200, '{"a":' * 100_000, DecodeError),
        (200, "[" * 100_000 + "]" * 100_000, DecodeError),
        (500, "[" * 100_000 + "]" * 100_000, ServerError),
        (200, '"' * 100_000, DecodeError),
    ],
    ids=lambda value: str(value)[:24],
)
def test_an_untidy_answer_is_one_of_our_errors(status: int, body: Any, expected: type[OptimoveError]) -> None:
    with (
        Server(lambda *_: (status, body)) as server,
        client_of(server) as client,
        pytest.raises(expected) as caught,
    ):
        rows_of(client)
    assert type(caught.value) is expected
    assert len(str(caught.value)) < 1000


def test_an_array_where_an_object_belongs_is_a_decode_error() -> None:
    with (
        Server(lambda *_: (200, [1, 2])) as server,
        client_of(server) as client,
        pytest.raises(DecodeError),
    ):
        client.general.last_data_update()


def huge(status: int, head: bytes, piece: bytes, tail: bytes) -> Callable[[Conversation, Received], None]:
    count = HUGE // len(piece)

    def answer(talk: Conversation, _: Received) -> None:
        size = len(head) + count * len(piece) + len(tail)
        talk.send(f"HTTP/1.1 {status} Said\r\nContent-Length: {size}\r\n\r\n".encode() + head)
        for _ in range(count):
            talk.send(piece)
        talk.send(tail)

    return answer


def test_a_hundred_megabytes_of_json_are_read() -> None:
    row = b'{"CustomerID": "1", "TemplateName": "' + b"x" * 999_961 + b'"}'
    with Server(huge(200, b"[", row + b",", row + b"]")) as server, client_of(server) as client:
        page = client.send(client.plan.customers.execution_details(1, 2))
    assert len(page.items) >= 99
    assert {len(item.template_name or "") for item in page.items} == {999_961}


def test_a_hundred_megabytes_of_html_make_a_short_message() -> None:
    with (
        Server(huge(500, b"<html>", b"x" * 100_000, b"")) as server,
        client_of(server, retry=RetryPolicy(attempts=1)) as client,
        pytest.raises(ServerError) as caught,
    ):
        client.general.last_data_update()
    assert len(str(caught.value)) < 200
    assert len(caught.value.body) == HUGE + 6


def close_first(talk: Conversation, _: Received) -> None:
    talk.close()


def break_off(talk: Conversation, _: Received) -> None:
    talk.send(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n[{"CustomerID": "0"}, {"Cust')
    talk.close()


def close_after(talk: Conversation, _: Received) -> Any:
    return "closing"


class Paging:
    """Ten rows, three a page; each misfortune befalls one request."""

    def __init__(self, misfortunes: dict[int, Any]) -> None:
        self._misfortunes = misfortunes
        self._count = 0

    def __call__(self, talk: Conversation, request: Received) -> Any:
        self._count += 1
        skip = int(request.target.partition("skip=")[2].partition("&")[0])
        rows = [{"CustomerID": str(number)} for number in range(10)][skip : skip + 3]
        misfortune = self._misfortunes.get(self._count)
        if misfortune is close_after:
            talk.answer(200, rows)
            return talk.close()
        return (200, rows) if misfortune is None else misfortune(talk, request)


@pytest.mark.parametrize("misfortune", [close_first, break_off, close_after, lambda *_: (503, "later")])
@pytest.mark.parametrize("page", [1, 2, 4, 5])
def test_a_server_that_fails_while_paging_costs_no_row(misfortune: Any, page: int) -> None:
    with Server(Paging({page: misfortune})) as server, client_of(server) as client:
        assert rows_of(client) == [str(number) for number in range(10)]


@pytest.mark.parametrize("misfortune", [close_first, break_off, close_after])
async def test_a_server_that_fails_while_paging_costs_no_row_for_asyncio(misfortune: Any) -> None:
    with Server(Paging({2: misfortune, 4: misfortune})) as server:
        settings: Any = {"base_url": server.url, "api_key": "k", "retry": QUICK, "rate_limit": None}
        async with AsyncOptimove(**settings, proxy="") as client:
            rows = await client.customers.execution_details(1, 2, page_size=3).to_list()
    assert [row.customer_id for row in rows] == [str(number) for number in range(10)]


def test_a_403_while_paging_ends_it_and_what_was_read_is_known() -> None:
    refusing = Paging({3: lambda *_: (403, "not today")})
    with Server(refusing) as server, client_of(server, prefetch=0) as client:
        pages = client.customers.execution_details(1, 2, page_size=3).pages()
        kept = [next(pages), next(pages)]
        with pytest.raises(PermissionDenied, match="not today"):
            next(pages)
        assert kept[1].next is not None
        rest = client.pager(kept[1].next).to_list()
    assert [row.customer_id for row in rest] == ["6", "7", "8", "9"]


Once = Callable[[Optimove], Any]


def report_metrics(client: Optimove) -> Any:
    client.metrics.update_campaign_metrics([METRIC]).raise_for_failed()


def report_event(client: Optimove) -> Any:
    client.events.report(Event(event="signup", customer="7"))


@pytest.fixture(params=[report_metrics, report_event])
def once(request: pytest.FixtureRequest) -> Iterator[Once]:
    """Do something that counts again if it is sent again."""
    return request.param


def lost(error: OptimoveError) -> OptimoveError:
    """Return the error itself, or that of the one item in a batch."""
    return error.result.failed[0].error if hasattr(error, "result") else error  # type: ignore[attr-defined]


@pytest.mark.parametrize("misfortune", [close_first, break_off, lambda talk, _: talk.reset()])
def test_what_counts_twice_is_not_sent_twice(once: Once, misfortune: Any) -> None:
    with (
        Server(misfortune) as server,
        client_of(server, events_url=server.url, tenant_id=1) as client,
        pytest.raises(OptimoveError) as caught,
    ):
        once(client)
    error = lost(caught.value)
    assert isinstance(error, ResponseLost)
    assert error.outcome in (Outcome.SENT, Outcome.PARTIAL)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_counts_twice_is_not_sent_again_after_any_answer(once: Once, status: int) -> None:
    with (
        Server(lambda *_: (status, "sorry")) as server,
        client_of(server, events_url=server.url, tenant_id=1) as client,
        pytest.raises(OptimoveError),
    ):
        once(client)
    assert len(server.received) == 1


def test_what_counts_twice_is_sent_again_if_nobody_was_there(
    once: Once, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused at first, then the server is up: nothing had left, so sending again is safe."""
    with Server(lambda *_: (200, b"")) as server:
        carry = HttpxTransport.handle_request
        urls = iter([f"http://127.0.0.1:{refused_port()}/"])
        monkeypatch.setattr(
            HttpxTransport,
            "handle_request",
            lambda self, request: carry(self, attrs.evolve(request, url=next(urls, request.url))),
        )
        with client_of(server, events_url=server.url, tenant_id=1) as client:
            once(client)
    assert len(server.received) == 1


def test_refused_for_good_says_that_nothing_was_sent(once: Once) -> None:
    url = f"http://127.0.0.1:{refused_port()}"
    with (
        Optimove(base_url=url, api_key="k", events_url=url, tenant_id=1, retry=QUICK, proxy="") as client,
        pytest.raises(OptimoveError) as caught,
    ):
        once(client)
    error = lost(caught.value)
    assert isinstance(error, ConnectionFailed)
    assert len(error.attempts) == 3
