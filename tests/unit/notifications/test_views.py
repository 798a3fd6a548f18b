"""The two views at their edges: bodies in pieces, bodies that never come, lifespans, odd connections."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from typing import Any

import pytest

from optimove_sdk import ChannelExecuted
from optimove_sdk.notifications.crew import Crew
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.testing import NotificationPoster

SECRET = "0123456789abcdef"
BODY = b'{"EventTypeID":13,"CampaignID":38,"ChannelID":504}'


class Bench:
    def __init__(self, **options: Any) -> None:
        self.listener = Listener(SECRET, **options)
        self.handled: list[Any] = []
        self.listener.on(ChannelExecuted)(self._handle)
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def _handle(self, notification: ChannelExecuted) -> None:
        await self.may_end.wait()
        self.handled.append(notification)

    async def asgi(self, *messages: Any, app: Any = None, **scope: Any) -> list[Any]:
        """Send these messages, then nothing any more; return what is sent back."""
        coming, sent = iter(messages), []

        async def receive() -> Any:
            await asyncio.sleep(0)
            for message in coming:
                return message
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        given = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": [], **scope}
        await (app or self.listener.asgi)(given, receive, send)
        return sent


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_pieces_is_read_whole() -> None:
    bench = Bench()
    sent = await bench.asgi(
        piece(BODY[:9]), {"type": "http.request", "more_body": True}, piece(BODY[9:], more=False)
    )
    assert sent[0]["status"] == 200
    assert bench.handled == [ChannelExecuted(38, 504)]


async def test_a_body_that_grows_over_the_limit_is_not_read_on() -> None:
    bench = Bench(max_body=100)
    for messages in ([piece(b"x" * 60), piece(b"x" * 60)], [piece(b"x" * 101, more=False)]):
        assert (await bench.asgi(*messages))[0]["status"] == 413


@pytest.mark.parametrize("messages", [[], [piece(b"{")]])
async def test_a_body_that_does_not_come_is_given_up(messages: list[Any]) -> None:
    bench = Bench(body_timeout=0.02)
    assert (await bench.asgi(*messages))[0]["status"] == 408


async def test_a_sender_that_goes_away_gets_no_answer() -> None:
    assert await Bench().asgi(piece(b"{"), {"type": "http.disconnect"}) == []
    assert await Bench().asgi({"type": "http.disconnect"}) == []


async def test_reading_can_be_cancelled() -> None:
    bench = Bench()
    task = asyncio.create_task(bench.asgi())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_handling_that_is_cancelled_was_not_done() -> None:
    bench = Bench()
    bench.may_end.clear()
    task = asyncio.create_task(bench.asgi(piece(BODY, more=False)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bench.may_end.set()
    await bench.asgi(piece(BODY, more=False))
    assert bench.handled == [ChannelExecuted(38, 504)]


async def test_handling_that_is_cancelled_while_the_store_is_broken_is_reported() -> None:
    class Store:
        blocking = False

        def begin(self, key: str) -> Any:
            from optimove_sdk.notifications.seen import Seen

            return Seen.NEW

        def done(self, key: str) -> None: ...

        def failed(self, key: str) -> None:
            raise OSError

    reports: list[Any] = []
    bench = Bench(seen=Store(), on_error=reports.append)
    bench.may_end.clear()
    task = asyncio.create_task(bench.asgi(piece(BODY, more=False)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(reports) == 1


async def test_headers_that_come_twice_are_one() -> None:
    bench = Bench(allowed_sources=["192.0.2.1"], proxy_depth=2)
    hops = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-for", b"10.0.0.1")]
    assert (await bench.asgi(piece(BODY, more=False), headers=hops))[0]["status"] == 200
    assert (await bench.asgi(piece(BODY, more=False), headers=hops[:1]))[0]["status"] == 403


async def test_a_websocket_is_closed() -> None:
    assert await Bench().asgi(type="websocket") == [{"type": "websocket.close"}]


STARTUP, SHUTDOWN = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
COMPLETE = [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


async def ignorant(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("only HTTP here")


async def knowing(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await send({"type": "theirs", "path": scope.get("path")})
        return
    for answer in COMPLETE:
        await receive()
        await send(answer)


async def failing(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise RuntimeError("no database")


@pytest.mark.parametrize("other", [None, ignorant, knowing])
async def test_at_shutdown_background_work_is_finished(other: Any) -> None:
    bench = Bench()
    listener = Listener(SECRET)
    may_end = asyncio.Event()

    @listener.on(ChannelExecuted, background=True)
    async def handle(notification: ChannelExecuted) -> None:
        await may_end.wait()
        bench.handled.append(notification)

    app = listener.asgi if other is None else listener.asgi.in_front_of(other, at="/hooks")
    path = f"/hooks/{SECRET}"
    assert (await bench.asgi(piece(BODY, more=False), app=app, path=path))[0]["status"] == 200
    asyncio.get_running_loop().call_later(0.01, may_end.set)
    assert await bench.asgi(STARTUP, SHUTDOWN, app=app, type="lifespan") == COMPLETE
    assert bench.handled == [ChannelExecuted(38, 504)]


async def test_an_application_that_fails_to_start_is_not_hidden() -> None:
    app = Bench().listener.asgi.in_front_of(failing, at="/hooks")
    with pytest.raises(RuntimeError, match="no database"):
        await Bench().asgi(STARTUP, app=app, type="lifespan")


async def test_what_is_not_below_the_path_is_the_other_applications() -> None:
    app = Bench().listener.asgi.in_front_of(knowing, at="hooks/")
    for kind, path in (("http", f"/{SECRET}"), ("http", "/hooksx"), ("websocket", f"/hooks/{SECRET}")):
        assert await Bench().asgi(app=app, type=kind, path=path) == [{"type": "theirs", "path": path}]


def wsgi(listener: Listener, stream: Any, **environ: Any) -> str:
    said: list[str] = []
    given = {"REQUEST_METHOD": "POST", "PATH_INFO": f"/{SECRET}", "wsgi.input": stream, **environ}
    list(listener.wsgi(given, lambda status, _: said.append(status)))
    return said[0]


class Trickle(io.RawIOBase):
    """Gives a byte at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 1))


def test_under_wsgi_a_body_is_read_to_its_length_or_to_its_end() -> None:
    handled: list[Any] = []
    listener = Listener(SECRET, max_body=60)
    listener.on(ChannelExecuted)(handled.append)
    assert wsgi(listener, Trickle(BODY), CONTENT_LENGTH=str(len(BODY))) == "200 OK"
    other = BODY.replace(b"38", b"39")
    assert wsgi(listener, Trickle(other), **{"wsgi.input_terminated": True}) == "200 OK"
    assert len(handled) == 2
    assert wsgi(listener, Trickle(BODY)) == "400 Bad Request"
    assert wsgi(listener, Trickle(BODY), CONTENT_LENGTH="55") == "200 OK"
    assert wsgi(listener, Trickle(b"x" * 61), **{"wsgi.input_terminated": True}).startswith("413 ")


def test_a_crew_starts_over_in_a_forked_child() -> None:
    crew = Crew("test", threads=1, room=1)

    async def one() -> int:
        return 1

    assert crew.submit(int, "1").result(5) == crew.on_loop(one()).result(5) == 1
    child = os.fork()
    if not child:
        right = crew.submit(int, "1").result(5) == crew.on_loop(one()).result(5) == 1
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    crew.close(5)


def test_a_crew_whose_loop_is_stuck_is_left_to_the_end_of_the_process() -> None:
    crew, may_end = Crew("test", threads=1, room=1), threading.Event()

    async def stuck() -> None:
        may_end.wait(5)

    future = crew.on_loop(stuck())
    crew.close(0.01)
    may_end.set()
    future.result(5)
    assert crew.submit(int, "1").result(5) == 1
    crew.close(5)


async def test_an_asynchronous_test_can_post_to_both_views() -> None:
    handled: list[Any] = []
    listener = Listener(SECRET)
    listener.on(ChannelExecuted)(handled.append)
    for app in (listener.asgi, listener.wsgi):
        with NotificationPoster(app, f"/{SECRET}") as poster:
            assert (await poster.apost(ChannelExecuted(38, 504), casing="snake_case")).status == 200
            assert (await poster.apost(BODY)).status == 200
    assert handled == [ChannelExecuted(38, 504)]
    await listener.drain()
    listener.close()
