"""A call performed: where it goes, what is noted down, and what an error tells and does not tell."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Any

import pytest

from optimove_sdk.config import RateLimit, Secret, Timeouts
from optimove_sdk.core.call import Call, Reply
from optimove_sdk.core.exchange import Host
from optimove_sdk.core.policies.rate import RateGate
from optimove_sdk.errors import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    ConfigurationError,
    ConnectionFailed,
    DeadlineExceeded,
    DecodeError,
    InvalidInput,
    Outcome,
    ResponseLost,
    ServerError,
)
from optimove_sdk.http.base import Response
from support.flows import always, answers
from support.sessions import KEY, Wire, session, sync

OK = Response(200, {"x": "y"}, b'{"a": 1}')
GET: Call[dict[str, Any]] = Call("GET", "customers/Get", params={"Date": "2026-01-31"}, into=dict)


def perform(wire: Wire, call: Call[Any] = GET, **options: Any) -> Any:
    face = sync(wire, **options)
    return face.run(face.session.exchange(call))


def test_a_reply_has_the_value_and_everything_that_came_with_it() -> None:
    wire = Wire(answers(Response(503), OK))
    reply = perform(wire)
    assert isinstance(reply, Reply)
    assert (reply.value, reply.status, reply.headers, reply.body) == ({"a": 1}, 200, {"x": "y"}, OK.body)
    assert [attempt.status for attempt in reply.attempts] == [503, 200]
    assert reply.elapsed == wire.clock.monotonic - 1000.0 == 0.25
    assert pickle.loads(pickle.dumps(reply)) == reply


def test_the_value_alone() -> None:
    face = sync(Wire(always(OK)))
    assert face.run(face.session.value(GET)) == {"a": 1}


def test_the_request_has_url_headers_key_and_body() -> None:
    wire = Wire(always(Response(200)))
    perform(wire, Call("POST", "integrations/Add", params={"ChannelID": 3}, json=[{"a": "é"}]))
    (request,) = wire.sent
    assert request.method == "POST"
    assert request.url == "https://api5.optimove.net/current/integrations/Add?ChannelID=3"
    assert request.raw_headers() == {"Accept": "x", "Content-Type": "application/json", "X-API-KEY": KEY}
    assert request.content == '[{"a":"é"}]'.encode()
    assert KEY not in repr(request)


@pytest.mark.parametrize(
    ("style", "path", "url"),
    [
        ("current", "customers/Get", "https://h/current/customers/Get"),
        ("plain", "customers/Get", "https://h/Customers/Get"),
        ("plain", "transactionalmail/Send", "https://h/TransactionalMail/Send"),
        ("plain", "/v2/other", "https://h/v2/other"),
        ("current", "/v2/other", "https://h/v2/other"),
        ("current", "", "https://h"),
    ],
)
def test_a_path_is_placed_in_the_host_s_style(style: Any, path: str, url: str) -> None:
    host = Host("https://h", lambda *_: None, RateGate(None), style)
    assert host.url_of(Call("GET", path)) == url
    assert host.url_of(Call("GET", path, params={"a": "b c"})) == f"{url}?a=b%20c"


def test_every_attempt_is_noted_with_its_time_and_outcome() -> None:
    wire = Wire(
        answers(ConnectionFailed("refused"), Response(503, {"retry-after": "4"}), ResponseLost("reset"))
    )
    with pytest.raises(ResponseLost) as caught:
        perform(wire)
    error = caught.value
    assert error.call is GET
    assert [(a.operation, a.status, a.failure, a.outcome, a.retry_after) for a in error.attempts] == [
        ("Get", None, "refused", Outcome.UNSENT, None),
        ("Get", 503, None, Outcome.SENT, 4.0),
        ("Get", None, "reset", Outcome.SENT, None),
    ]
    assert [attempt.at for attempt in error.attempts] == [0.0, 0.25, 4.75]
    assert str(error) == "reset [Get] after 3 requests"


def test_an_api_error_tells_what_the_server_asked_to_wait() -> None:
    with pytest.raises(ServerError) as caught:
        perform(Wire(always(Response(503, {"retry-after": "2"}))), attempts=1)
    assert caught.value.retry_after == 2
    assert str(caught.value) == "503: Service Unavailable [Get]"


def test_what_is_left_of_the_deadline_bounds_each_request() -> None:
    wire = Wire(answers(Response(503, {"retry-after": "50"}), OK))
    wire.clock.draws = lambda: 0.0
    perform(wire, timeouts=Timeouts(deadline=60))
    first, second = (request.timeouts for request in wire.sent)
    assert (first.deadline, first.read) == (60, 60)
    assert (second.deadline, second.read, second.connect) == (10, 10, 5)


def test_waiting_for_the_rate_limit_counts_against_the_deadline() -> None:
    wire = Wire(always(OK))
    face = sync(wire, limit=RateLimit(1, 100), timeouts=Timeouts(deadline=50))
    face.run(face.session.exchange(GET))
    with pytest.raises(DeadlineExceeded) as caught:
        face.run(face.session.exchange(GET))
    assert caught.value.outcome is Outcome.UNSENT
    assert caught.value.attempts == ()
    assert str(caught.value).endswith("for the rate limit [Get]")
    assert len(wire.sent) == 1


@pytest.mark.parametrize(("name", "setting"), [("api", "base_url"), ("events", "events_url")])
def test_a_host_that_is_not_configured_names_the_setting(name: str, setting: str) -> None:
    empty = session()
    with pytest.raises(ConfigurationError, match=setting):
        type(empty)({}, empty.retry, empty.timeouts, {}).host(name)


def test_input_that_cannot_be_sent_names_the_call() -> None:
    with pytest.raises(InvalidInput) as caught:
        perform(Wire(always(OK)), Call("POST", "a/B", json={1, 2}))
    assert caught.value.call.name == "B"


def test_a_decode_error_has_the_answer() -> None:
    answer = Response(200, {}, b'{"a": "x"}')
    with pytest.raises(DecodeError) as caught:
        perform(Wire(always(answer)), Call("GET", "a/B", into=dict[str, int]))
    assert caught.value.body == answer.body
    assert caught.value.path == "$['a']"


def test_an_error_shows_nothing_private_that_was_sent() -> None:
    message = f"Customer C-77 (ann@example.com, ann%40example.com) with {KEY} and s3cret on 2026-01-31 is bad"
    call = Call(
        "POST",
        "a/B",
        params={"CustomerID": "C-77", "Date": "2026-01-31"},
        json={"p": [Secret("s3cret")], "TemplateID": "is"},
    )
    with pytest.raises(BadRequest) as caught:
        perform(Wire(always(Response(400, {}, message.encode()))), call)
    assert caught.value.args == ("400: Customer *** *** *** with *** and *** on 2026-01-31 is bad",)
    assert caught.value.message == message, "what was really said is there for who asks for it"


def test_a_key_that_is_quoted_back_is_not_shown() -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        perform(Wire(always(Response(401, {}, f'{{"message":"Invalid key {KEY}"}}'.encode()))))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("function", "open_to_all"), [("GetCampaignDetails", True), ("SomethingElse", False)]
)
def test_a_refusal_hints_at_what_third_party_keys_may_not_do(
    status: int, function: str, open_to_all: bool
) -> None:
    with pytest.raises(APIError) as caught:
        perform(Wire(always(Response(status, {}, b"no"))), Call("GET", f"actions/{function}"))
    assert ("Admin access" in str(caught.value)) is not open_to_all


def test_errors_of_a_call_survive_pickle_and_copies() -> None:
    with pytest.raises(APIError) as caught:
        perform(Wire(always(Response(503, {"retry-after": "2"}, b"x"))))
    for twin in (
        pickle.loads(pickle.dumps(caught.value)),
        copy.copy(caught.value),
        copy.deepcopy(caught.value),
    ):
        assert type(twin) is ServerError
        assert (str(twin), twin.attempts, twin.call, twin.body, twin.retry_after) == (
            str(caught.value),
            caught.value.attempts,
            GET,
            b"x",
            2,
        )


def test_the_log_has_operation_and_status_and_no_parameters(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "optimove_sdk"):
        perform(Wire(answers(ConnectionFailed("refused"), OK)))
    assert [record.getMessage() for record in caplog.records] == [
        "GET Get: refused in 0.000 s",
        "GET Get: 200 in 0.000 s",
    ]
    assert "2026" not in caplog.text
