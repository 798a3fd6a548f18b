"""How a client is set up: explicit values first, then the environment, then defaults.

Everything is checked here, once, before any request is made.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import ssl
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import attrs

from .errors import ConfigurationError

PathStyle = Literal["current", "plain"]


class Secret:
    """A string that is never shown: not by ``repr`` or ``str``, not in a log, not in a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the string itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, ("***",)


def _duration(_: object, attribute: Any, value: float | None) -> None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise ConfigurationError(f"{attribute.name} must be a positive number of seconds, not {value!r}")


@attrs.frozen
class Timeouts:
    """Seconds to wait: for a connection, for each write and read, for a free connection, and in all.

    ``deadline`` bounds the whole call: its retries, waiting for the rate limit and logging in. None means
    that it is not bounded.
    """

    connect: float = attrs.field(default=5.0, validator=_duration)
    read: float = attrs.field(default=60.0, validator=_duration)
    write: float = attrs.field(default=30.0, validator=_duration)
    pool: float = attrs.field(default=60.0, validator=_duration)
    deadline: float | None = attrs.field(default=300.0, validator=_duration)

    @classmethod
    def each(cls, seconds: float) -> Timeouts:
        """Return timeouts that allow every single step this many seconds."""
        return cls(connect=seconds, read=seconds, write=seconds, pool=seconds)

    def within(self, seconds: float | None) -> Timeouts:
        """Return these timeouts, none of them longer than the seconds that are left."""
        if seconds is None:
            return self
        left = max(seconds, 0.001)
        return Timeouts(
            min(self.connect, left), min(self.read, left), min(self.write, left), min(self.pool, left), left
        )


@attrs.frozen
class RetryPolicy:
    """How often and how patiently a request that may be repeated is sent again.

    At most ``attempts`` requests; between them a random pause of up to ``base * 2**n`` seconds (full
    jitter), never more than ``cap``. What the server asks for in ``Retry-After`` is a floor.
    """

    attempts: int = attrs.field(default=4)
    base: float = attrs.field(default=0.5, validator=_duration)
    cap: float = attrs.field(default=10.0, validator=_duration)

    @attempts.validator
    def _at_least_one(self, attribute: attrs.Attribute[int], value: int) -> None:
        if value < 1:
            raise ConfigurationError(f"attempts counts the first try: it must be at least 1, not {value!r}")

    def pause(self, failures: int, draw: float, floor: float | None = None) -> float:
        """Return the seconds to wait after this many failures; ``draw`` is random in [0, 1)."""
        jitter = draw * min(self.cap, self.base * 2.0 ** min(failures - 1, 63))
        return jitter if floor is None else floor + jitter


@attrs.frozen
class RateLimit:
    """At most ``requests`` in any ``seconds``: Optimove's own limit is 50 in 10 s for a key.

    Source: https://developer.optimove.com/reference/understanding-api-rate-limits-at-optimove
    """

    requests: int = 50
    seconds: float = attrs.field(default=10.0, validator=_duration)

    def __attrs_post_init__(self) -> None:
        if self.requests < 1:
            raise ConfigurationError(f"a rate limit must allow at least 1 request, not {self.requests!r}")


OPTIMOVE_RATE_LIMIT: Final = RateLimit()


def _header_text(_: object, attribute: Any, value: Any) -> None:
    if value is not None and (not value.isascii() or not value.isprintable()):
        raise ConfigurationError(f"AppInfo.{attribute.name} goes into a header: plain ASCII only")


@attrs.frozen
class AppInfo:
    """Who uses the SDK; added to the User-Agent so that Optimove's support can tell partners apart."""

    name: str = attrs.field(validator=_header_text)
    version: str | None = attrs.field(default=None, validator=_header_text)
    url: str | None = attrs.field(default=None, validator=_header_text)

    def __str__(self) -> str:
        version = f"/{self.version}" if self.version else ""
        return f"{self.name}{version}{f' ({self.url})' if self.url else ''}"


@attrs.frozen
class TLS:
    """Certificates: a CA file of your own, a client certificate, or a whole ``ssl.SSLContext``."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: Secret | None = None
    context: ssl.SSLContext | None = None

    def make_context(self) -> ssl.SSLContext | None:
        """Return the context to verify with, or None for the HTTP library's own."""
        if self.context is not None or (self.ca_file is None and self.cert_file is None):
            return self.context
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            password = self.key_password.reveal if self.key_password is not None else None
            context.load_cert_chain(self.cert_file, self.key_file, password)
        return context


def _as_secret(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value


def _as_tenant(value: int | str | None) -> int | None:
    try:
        return None if value is None else int(value)
    except ValueError:
        raise ConfigurationError(f"tenant_id must be a number, not {value!r}") from None


def _trimmed(value: str | None) -> str | None:
    return value if value is None else value.strip().rstrip("/")


@attrs.frozen(kw_only=True)
class Config:
    """Everything a client was told, checked once and before any request.

    Credentials are of one kind: ``api_key``, or ``username`` with ``password``. ``max_connections`` bounds
    the requests in flight at once; ``proxy`` is used for every host.
    """

    base_url: str | None = attrs.field(default=None, converter=_trimmed)
    api_key: Secret | None = attrs.field(default=None, converter=_as_secret)
    username: str | None = None
    password: Secret | None = attrs.field(default=None, converter=_as_secret)
    tenant_id: int | None = attrs.field(default=None, converter=_as_tenant)
    events_url: str | None = attrs.field(default=None, converter=_trimmed)
    events_token: Secret | None = attrs.field(default=None, converter=_as_secret)
    metrics_url: str | None = attrs.field(default=None, converter=_trimmed)
    path_style: PathStyle = "current"
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT
    app_info: AppInfo | None = None
    allow_http: bool = False
    proxy: str | None = attrs.field(default=None, repr=False)
    tls: TLS = TLS()
    max_connections: int = 16

    def __attrs_post_init__(self) -> None:
        for name in ("base_url", "events_url", "metrics_url"):
            _check_url(name, getattr(self, name), allow_http=self.allow_http)
        _check_credentials(self)
        if self.path_style not in ("current", "plain"):
            raise ConfigurationError(f"path_style must be 'current' or 'plain', not {self.path_style!r}")
        if self.max_connections < 1:
            raise ConfigurationError(f"max_connections must be at least 1, not {self.max_connections!r}")

    @classmethod
    def resolve(cls, environ: Mapping[str, str], settings: Mapping[str, Any], **options: Any) -> Config:
        """Fill the settings that are None from the environment; an argument always wins."""
        given = {name: value for name, value in settings.items() if value is not None}
        ignored = {rival for name in given for rival in _RIVALS.get(name, ())}
        for name, variable in ENVIRONMENT.items():
            if name not in given and name not in ignored and environ.get(variable):
                given[name] = environ[variable]
        return cls(**given, **options)


ENVIRONMENT: Final = {
    "base_url": "OPTIMOVE_BASE_URL",
    "api_key": "OPTIMOVE_API_KEY",
    "username": "OPTIMOVE_USERNAME",
    "password": "OPTIMOVE_PASSWORD",
    "tenant_id": "OPTIMOVE_TENANT_ID",
    "events_url": "OPTIMOVE_EVENTS_URL",
    "events_token": "OPTIMOVE_EVENTS_TOKEN",
    "metrics_url": "OPTIMOVE_METRICS_URL",
}
"""The environment variable that stands in for each setting."""

# A credential that was passed silences the other kind in the environment.
_RIVALS: Final = {"api_key": ("username", "password"), "username": ("api_key",), "password": ("api_key",)}


def _check_credentials(config: Config) -> None:
    login = config.username is not None or config.password is not None
    if config.api_key is not None and login:
        raise ConfigurationError("both an api_key and a username with password: give one kind of credentials")
    if login and not (config.username and config.password):
        raise ConfigurationError("a login needs both username and password")
    if config.api_key is not None and not _fits_a_header(config.api_key.reveal()):
        raise ConfigurationError("api_key is empty or has characters that no API key has (a line break?)")
    if config.base_url is None and config.events_url is None:
        raise ConfigurationError(
            "no base_url: pass base_url='https://api5.optimove.net' (Optimove tells you the number)"
            " or set OPTIMOVE_BASE_URL"
        )
    if config.base_url is not None and config.api_key is None and not login:
        raise ConfigurationError(
            "no credentials: pass api_key=, or username= and password=,"
            " or set OPTIMOVE_API_KEY, or OPTIMOVE_USERNAME and OPTIMOVE_PASSWORD"
        )


def _fits_a_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()


def _check_url(name: str, url: str | None, *, allow_http: bool) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{name} is not a URL ({error})") from None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise ConfigurationError(f"{name} must be a URL like https://api5.optimove.net, not {url!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be scheme, host and path only: no credentials, no query")
    if name == "base_url" and parts.path.endswith("/current"):
        raise ConfigurationError("base_url must not end with /current: path_style='current' adds it")
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        raise ConfigurationError(
            f"{name} is plain http, which would send your credentials unencrypted: use https,"
            " or pass allow_http=True if you must"
        )


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
