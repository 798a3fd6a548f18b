"""One listener in five kinds of server: FastAPI, Flask, Django, bare ASGI and bare WSGI, on real sockets."""

from __future__ import annotations

import socketserver
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optimove_sdk.notifications.listener import Listener
from optimove_sdk.sandbox.server import serve

SECRET = "a-secret-for-tests-only"
MOUNT = "/hooks/optimove"


class _ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serve_wsgi(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, server_class=_ThreadingServer, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def in_fastapi(listener: Listener) -> Any:
    from fastapi import FastAPI

    app = FastAPI()
    app.get("/own")(lambda: "own")
    app.mount(MOUNT, listener.asgi)
    return app


def in_starlette(listener: Listener) -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route

    own = Route("/own", lambda _: PlainTextResponse('"own"'))
    return Starlette(routes=[own, Mount(MOUNT, listener.asgi)])


def in_flask(listener: Listener) -> Any:
    from flask import Flask

    app = Flask(__name__)
    app.get("/own")(lambda: '"own"')
    app.wsgi_app = listener.wsgi.in_front_of(app.wsgi_app, at=MOUNT)  # type: ignore[method-assign]
    return app


def _django() -> None:
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    if not settings.configured:
        settings.configure(LOGGING_CONFIG=None)
        django.setup(set_prefix=False)
    urls = types.ModuleType("listener_django_urls")
    urls.urlpatterns = [path("own", lambda _: HttpResponse('"own"'))]  # type: ignore[attr-defined]
    sys.modules[urls.__name__] = urls
    # Somebody else in this process may have configured Django already.
    settings.ROOT_URLCONF = urls.__name__
    settings.ALLOWED_HOSTS = ["*"]
    settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]


def in_django(listener: Listener) -> Any:
    _django()
    from django.core.handlers.wsgi import WSGIHandler

    return listener.wsgi.in_front_of(WSGIHandler(), at=MOUNT)


def in_django_asgi(listener: Listener) -> Any:
    _django()
    from django.core.handlers.asgi import ASGIHandler

    return listener.asgi.in_front_of(ASGIHandler(), at=MOUNT)


Server = Callable[[Any], AbstractContextManager[str]]
APPS: dict[str, tuple[Callable[[Listener], Any], Server]] = {
    "FastAPI": (in_fastapi, serve),
    "Starlette": (in_starlette, serve),
    "Flask": (in_flask, serve_wsgi),
    "Django": (in_django, serve_wsgi),
    "Django ASGI": (in_django_asgi, serve),
    "ASGI": (lambda listener: listener.asgi, serve),
    "WSGI": (lambda listener: listener.wsgi, serve_wsgi),
}
WITH_OWN_PAGES = [name for name in APPS if name not in ("ASGI", "WSGI")]


class Sender:
    """Optimove, at one URL: a request, the status and the content of its answer."""

    def __init__(self, base: str) -> None:
        self._where = base.removeprefix("http://")

    def __call__(
        self, path: str, body: bytes | None = None, *, method: str = "POST", **headers: str
    ) -> tuple[int, bytes]:
        connection = HTTPConnection(self._where, timeout=10)
        try:
            connection.request(
                method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def served(name: str, listener: Listener) -> Iterator[Sender]:
    build, server = APPS[name]
    with server(build(listener)) as base:
        yield Sender(base)
    listener.close(5)
