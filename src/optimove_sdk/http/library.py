"""What is needed of an HTTP library: httpx and its successor httpx2 are the same where it matters."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import attrs

from ..errors import ConfigurationError, TransportError
from .base import Request
from .watch import Watch

_ACCEPT_ENCODING: Final = {"Accept-Encoding": "gzip, deflate"}
_ALWAYS_SIZED: Final = frozenset({"POST", "PUT", "PATCH"})
_URLS_KNOWN: Final = 256


@attrs.frozen
class Library:
    """The parts of the library. ``unsent`` are its errors for which no byte of the request has left."""

    request: Callable[..., Any]
    stream: Callable[[bytes], Any]
    url: Callable[[str], Any]
    known_url: Callable[[str], Any]
    limits: Callable[..., Any]
    transport: Callable[..., Any]
    async_transport: Callable[..., Any]
    ssl_context: Callable[[], ssl.SSLContext]
    failures: tuple[type[Exception], ...]
    unsent: tuple[type[Exception], ...]
    wordy: tuple[type[Exception], ...]
    """Errors whose text quotes the request, and so perhaps a secret."""

    @classmethod
    def of(cls, module: Any) -> Library:
        """Return what is needed of httpx, or of a module just like it."""
        wordy = (module.LocalProtocolError, module.InvalidURL, UnicodeError)
        unsent = (
            *wordy,
            module.ConnectError,
            module.ConnectTimeout,
            module.PoolTimeout,
            module.ProxyError,
            module.UnsupportedProtocol,
        )
        return cls(
            module.Request,
            module.ByteStream,
            module.URL,
            lru_cache(_URLS_KNOWN)(module.URL),
            module.Limits,
            module.HTTPTransport,
            module.AsyncHTTPTransport,
            module.create_ssl_context,
            (module.RequestError, OSError, *unsent),  # an alert of TLS 1.3 comes as a bare ssl.SSLError
            unsent,
            wordy,
        )

    def open(self, make: Callable[..., Any], *, context: ssl.SSLContext | None, proxy: str | None) -> Any:
        """Return a library transport that has one connection; ``context`` is None for plain http."""
        one = self.limits(max_connections=1, max_keepalive_connections=1)
        unusable: tuple[type[Exception], ...] = (ValueError, ImportError, *self.wordy)
        try:
            return make(verify=False if context is None else context, proxy=proxy, limits=one)
        except unusable:  # whose text may show the password in the URL
            raise ConfigurationError(
                "the proxy cannot be used: it must be a URL like http://proxy.example:3128"
                " (one with socks5:// needs the package socksio)"
            ) from None

    def prepare(self, request: Request, watch: Watch, **extensions: Any) -> Any:
        """Return the library's own request.

        The library takes a parsed URL and a stream as they are. From a text and bytes it works the same out
        anew for each request, which costs more than all else that we do for one.
        """
        url, body = self._parsed(request.url), request.content or b""
        headers = {"Host": url.netloc.decode("ascii"), **request.raw_headers(), **_ACCEPT_ENCODING}
        if body or request.method in _ALWAYS_SIZED:
            headers["Content-Length"] = str(len(body))
        prepared = self.request(
            request.method,
            url,
            headers=headers,
            stream=self.stream(body),
            extensions={"timeout": watch, **extensions},
        )
        prepared.read()  # so that those who mock the library find the body
        return prepared

    def _parsed(self, url: str) -> Any:
        # One with a query seldom comes again, and may name a customer: it is not kept.
        return self.url(url) if "?" in url else self.known_url(url)

    def meaning(self, error: Exception, watch: Watch) -> TransportError:
        """Return what a failure of the library means."""
        text = "" if isinstance(error, self.wordy) else str(error)
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return watch.failure(reason, unsent=isinstance(error, self.unsent))
