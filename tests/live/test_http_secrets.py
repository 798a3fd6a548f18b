"""No secret and no personal data in an exception, whatever it is chained to, nor in a log."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from optimove_sdk import (
    AppInfo,
    AsyncOptimove,
    Event,
    Optimove,
    OptimoveError,
    RetryPolicy,
    Timeouts,
)
from support.optimove import LoginServer
from support.servers import Conversation, Received, Server, refused_port

KEY, TOKEN, CUSTOMER = "s3cret-key", "s3cret-token", "customer-0815"
QUICK = RetryPolicy(attempts=2, base=0.001)


def drop(talk: Conversation, _: Received) -> None:
    talk.close()


def break_off(talk: Conversation, _: Received) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[")
    talk.close()


def hang(talk: Conversation, _: Received) -> None:
    talk.hang()


MISFORTUNES: dict[str, Any] = {
    "closed": drop,
    "broken off": break_off,
    "read timeout": hang,
    "no http": lambda *_: b"nonsense\r\n\r\n",
    "bad gzip": lambda *_: (200, "no gzip at all", {"Content-Encoding": "gzip"}),
    "refused": None,
    "forbidden": lambda *_: (403, f"{CUSTOMER} may not"),
    "server error": lambda *_: (500, {"message": f"no {CUSTOMER}"}),
    "an error in a 200": lambda *_: (200, {"status": "error", "message": f"no {CUSTOMER}", "Error": "no"}),
}


@pytest.fixture(params=MISFORTUNES, ids=lambda name: name.replace(" ", "-"))
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    behave = MISFORTUNES[request.param]
    if behave is None:
        yield f"http://127.0.0.1:{refused_port()}"
        return
    with Server(behave) as server:
        yield server.url


def settings(url: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "api_key": KEY,
        "events_url": url,
        "events_token": TOKEN,
        "tenant_id": 1,
        "retry": QUICK,
        "timeouts": Timeouts(read=0.1),
        "proxy": "",
    }


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and everything it is chained to."""
    if error is not None:
        yield error
        yield from chained(error.__cause__)
        yield from chained(error.__context__)


def shown(error: BaseException) -> str:
    """Return what a report of the error shows."""
    links = [f"{link!s} {link!r}" for link in chained(error)]
    return "\n".join([*traceback.format_exception(error), *links, repr(getattr(error, "call", None))])


def held(error: BaseException) -> str:
    """Return what a debugger or an error tracker shows of our own local variables."""
    return "\n".join(
        repr(value)
        for link in chained(error)
        for frame, _ in traceback.walk_tb(link.__traceback__)
        if "optimove_sdk" in frame.f_code.co_filename
        for value in frame.f_locals.values()
    )


def libraries_in(error: BaseException) -> set[str]:
    return {type(link).__module__.partition(".")[0] for link in chained(error)}


def check(error: OptimoveError, sent: tuple[str, ...] = ()) -> None:
    assert not any(secret in shown(error) for secret in (KEY, TOKEN, *sent))
    assert not any(secret in held(error) for secret in (KEY, TOKEN))
    assert TOKEN not in str(pickle.dumps(error))
    assert not libraries_in(error) & {"httpx", "httpx2", "httpcore", "httpcore2", "h11", "anyio"}


def send_event(client: Optimove) -> Any:
    return client.events.report(Event(event="signup", customer=CUSTOMER))


def get_date(client: Optimove) -> Any:
    return client.general.last_data_update()


@pytest.mark.parametrize("act", [send_event, get_date])
def test_no_error_shows_or_holds_a_secret(url: str, act: Callable[[Optimove], Any]) -> None:
    with Optimove(**settings(url)) as client, pytest.raises(OptimoveError) as caught:
        act(client)
    check(caught.value, sent=(CUSTOMER,) if act is send_event else ())


async def test_no_error_of_the_asyncio_client_shows_or_holds_a_secret(url: str) -> None:
    async with AsyncOptimove(**settings(url)) as client:
        with pytest.raises(OptimoveError) as caught:
            await client.events.report(Event(event="signup", customer=CUSTOMER))
    check(caught.value, sent=(CUSTOMER,))


@pytest.mark.parametrize("fate", ["wrong password", "refused"])
def test_no_error_of_a_login_shows_the_password(fate: str) -> None:
    with LoginServer() as server:
        url = server.url if fate == "wrong password" else f"http://127.0.0.1:{refused_port()}"
        options: dict[str, Any] = {"username": "me@example.com", "password": KEY, "retry": QUICK}
        with Optimove(base_url=url, proxy="", **options) as client, pytest.raises(OptimoveError) as caught:
            client.general.last_data_update()
    assert KEY not in shown(caught.value) + held(caught.value)


def test_no_log_shows_a_secret_or_a_customer(url: str, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("optimove_sdk", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name)
    with Optimove(**settings(url)) as client:
        for act in (send_event, get_date):
            with pytest.raises(OptimoveError):
                act(client)
    ours = "\n".join(
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if record.name == "optimove_sdk"
    )
    assert "GetLastDataUpdate" in ours
    assert not any(secret in ours for secret in (KEY, TOKEN, CUSTOMER))


def test_the_logs_of_a_login_show_neither_password_nor_token(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("optimove_sdk", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name)
    with LoginServer() as server, Optimove(**server.credentials) as client:
        client.general.last_data_update()
        token = server.received[-1].headers["authorization-token"]
    assert token.startswith("token-")
    assert token not in caplog.text
    assert "open-sesame" not in caplog.text


def test_the_debug_log_of_the_library_shows_no_header_that_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    """It shows hosts and the headers of answers: nothing that we sent, not even the query."""
    caplog.set_level(logging.DEBUG, "httpcore")
    caplog.set_level(logging.DEBUG, "httpx")
    with Server(lambda *_: (200, [])) as server, Optimove(**settings(server.url)) as client:
        client.customers.execution_details(1, 2, attributes=["Alias"]).to_list()
    assert "send_request_headers" in caplog.text
    assert KEY not in caplog.text
    assert "Alias" not in caplog.text


def test_the_user_agent_names_sdk_python_and_partner() -> None:
    with (
        Server(lambda *_: (200, {"Date": "2024-05-01"})) as server,
        Optimove(**settings(server.url), app_info=AppInfo("Partner", "1.2", "https://p.example")) as client,
    ):
        client.general.last_data_update()
    (request,) = server.received
    agent = request.headers["user-agent"]
    assert agent.startswith("optimove-sdk/")
    assert " Python/3." in agent
    assert agent.endswith(" Partner/1.2 (https://p.example)")
    assert request.headers["x-api-key"] == KEY
