"""How a client is set up: explicit values first, then the environment, then defaults.

Everything is checked here, once, before any request is made.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from .errors import ConfigurationError

PathStyle = Literal["current", "plain"]


class Secret:
    """A string that is never shown: not by ``repr`` or ``str``, not in a log, not in a pickle.

    Give a function instead of a string, and it is asked each time: so a key can be changed while the
    program runs.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Callable[[], str]) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the string itself, for the one place that sends it."""
        return self._value if isinstance(self._value, str) else self._value()

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (secret.reveal().encode("utf-8", "surrogatepass") for secret in (self, other))
        return hmac.compare_digest(mine, theirs)

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, ("***",)

    # A copy stays in this process and must go on working; only a pickle leaves it.
    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _: object) -> Secret:
        return self


SecretLike: TypeAlias = str | Callable[[], str] | Secret
"""A secret, or a function that returns it each time it is needed."""


def _duration(_: object, attribute: Any, value: Any) -> None:
    if not (isinstance(value, int | float) and value > 0 and math.isfinite(value)):
        raise ConfigurationError(f"{attribute.name} must be a positive number of seconds, not {value!r}")


def _duration_or_none(_: object, attribute: Any, value: Any) -> None:
    if value is not None:
        _duration(_, attribute, value)


def _count(_: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{attribute.name} must be a whole number, at least 1, not {value!r}")


def _count_or_zero(_: object, attribute: Any, value: Any) -> None:
    if value != 0 or not isinstance(value, int):
        _count(_, attribute, value)


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
    deadline: float | None = attrs.field(default=300.0, validator=_duration_or_none)

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

    At most ``attempts`` requests, the first one counted; between them a random pause of up to
    ``base * 2**n`` seconds (full jitter), never more than ``cap``. What the server asks for in
    ``Retry-After`` is a floor.
    """

    attempts: int = attrs.field(default=4, validator=_count)
    base: float = attrs.field(default=0.5, validator=_duration)
    cap: float = attrs.field(default=10.0, validator=_duration)

    def pause(self, failures: int, draw: float, floor: float | None = None) -> float:
        """Return the seconds to wait after this many failures; ``draw`` is random in [0, 1)."""
        jitter = draw * min(self.cap, self.base * 2.0 ** min(failures - 1, 63))
        return jitter if floor is None else floor + jitter


@attrs.frozen
class RateLimit:
    """At most ``requests`` in any ``seconds``: Optimove's own limit is 50 in 10 s for a key.

    Source: https://developer.optimove.com/reference/understanding-api-rate-limits-at-optimove
    """

    requests: int = attrs.field(default=50, validator=_count)
    seconds: float = attrs.field(default=10.0, validator=_duration)


OPTIMOVE_RATE_LIMIT: Final = RateLimit()


def _header_text(_: object, attribute: Any, value: Any) -> None:
    if not _fits_a_header(value):
        raise ConfigurationError(f"AppInfo.{attribute.name} goes into a header: plain ASCII only")


def _header_text_if_any(_: object, attribute: Any, value: Any) -> None:
    if value is not None and value != "":
        _header_text(_, attribute, value)


@attrs.frozen
class AppInfo:
    """Who uses the SDK; added to the User-Agent so that Optimove's support can tell partners apart."""

    name: str = attrs.field(validator=_header_text)
    version: str | None = attrs.field(default=None, validator=_header_text_if_any)
    url: str | None = attrs.field(default=None, validator=_header_text_if_any)

    def __str__(self) -> str:
        version = f"/{self.version}" if self.version else ""
        return f"{self.name}{version}{f' ({self.url})' if self.url else ''}"


def _as_secret(value: SecretLike | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) or callable(value) else value


@attrs.frozen
class TLS:
    """Certificates: a CA file of your own, a client certificate, or a whole ``ssl.SSLContext``."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: Secret | None = attrs.field(default=None, converter=_as_secret)
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


def _as_tenant(value: int | str | None) -> int | None:
    if value is None:
        return None
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"tenant_id must be a whole number, not {value!r}")
    return int(text)


def _trimmed(value: str | None) -> str | None:
    return value.strip().rstrip("/") if isinstance(value, str) else value


@attrs.frozen
class Source:
    """Some settings, and where they were said."""

    values: Mapping[str, Any] = attrs.field(repr=False)
    origin: str
    origins: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def environment(cls, environ: Mapping[str, str]) -> Source:
        """Return the settings that environment variables stand in for."""
        found = {name: variable for name, variable in ENVIRONMENT.items() if environ.get(variable)}
        values = {name: environ[variable] for name, variable in found.items()}
        return cls(values, "environment", {name: f"environment {var}" for name, var in found.items()})


@attrs.frozen(kw_only=True)
class Config:
    """Everything a client was told, checked once and before any request.

    Credentials are of one kind: ``api_key``, or ``username`` with ``password``. ``max_connections`` bounds
    the requests in flight at once, ``prefetch`` the pages fetched ahead; ``proxy`` is used for every host.
    """

    base_url: str | None = attrs.field(default=None, converter=_trimmed)
    api_key: Secret | None = attrs.field(default=None, converter=_as_secret)
    username: str | None = None
    password: Secret | None = attrs.field(default=None, converter=_as_secret)
    tenant_id: int | None = attrs.field(default=None, converter=_as_tenant)
    events_url: str | None = attrs.field(default=None, converter=_trimmed)
    events_token: Secret | None = attrs.field(default=None, converter=_as_secret)
    metrics_url: str | None = attrs.field(default=None, converter=_trimmed)
    preferences_url: str | None = attrs.field(default=None, converter=_trimmed)
    mail_api_key: Secret | None = attrs.field(default=None, converter=_as_secret)
    path_style: PathStyle = "current"
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT
    app_info: AppInfo | None = None
    allow_http: bool = False
    proxy: str | None = attrs.field(default=None, repr=False)
    tls: TLS = TLS()
    max_connections: int = attrs.field(default=16, validator=_count)
    prefetch: int = attrs.field(default=3, validator=_count_or_zero)
    origins: Mapping[str, str] = attrs.field(factory=dict, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        for name in ("base_url", "events_url", "metrics_url", "preferences_url"):
            if (url := getattr(self, name)) is not None:
                _check_url(name, url, allow_http=self.allow_http)
        _check_credentials(self)
        if self.path_style not in ("current", "plain"):
            raise ConfigurationError(f"path_style must be 'current' or 'plain', not {self.path_style!r}")
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise ConfigurationError(f"{name} must be a {kind.__name__}, not {getattr(self, name)!r}")

    @classmethod
    def resolve(cls, *sources: Source) -> Config:
        """Combine sources: an earlier one wins, and silences the other kind of credentials in later ones."""
        given: dict[str, Any] = {}
        origins: dict[str, str] = {}
        for source in sources:
            taken = given.keys() | {rival for name in given for rival in _RIVALS.get(name, ())}
            news = {name: value for name, value in source.values.items() if name not in taken}
            given |= news
            origins |= {name: source.origins.get(name, source.origin) for name in news}
        return cls(**given, origins=origins)

    def explain(self) -> str:
        """Tell each setting's value, secrets masked, and where it came from."""
        lines = []
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            shown = repr(value) if field.repr or value is None else "'***'"  # a proxy's URL has a password
            lines.append(f"{field.name} = {shown}  ({self.origins.get(field.name, 'default')})")
        return "\n".join(line for line in lines if not line.startswith("origins"))


ENVIRONMENT: Final = {
    "base_url": "OPTIMOVE_BASE_URL",
    "api_key": "OPTIMOVE_API_KEY",
    "username": "OPTIMOVE_USERNAME",
    "password": "OPTIMOVE_PASSWORD",
    "tenant_id": "OPTIMOVE_TENANT_ID",
    "events_url": "OPTIMOVE_EVENTS_URL",
    "events_token": "OPTIMOVE_EVENTS_TOKEN",
    "metrics_url": "OPTIMOVE_METRICS_URL",
    "preferences_url": "OPTIMOVE_PREFERENCES_URL",
    "mail_api_key": "OPTIMOVE_MAIL_API_KEY",
}
"""The environment variable that stands in for each setting."""

_KINDS: Final = {"timeouts": Timeouts, "retry": RetryPolicy, "tls": TLS}

# A credential that was passed silences the other kind in the environment.
_RIVALS: Final = {"api_key": ("username", "password"), "username": ("api_key",), "password": ("api_key",)}


def _check_credentials(config: Config) -> None:
    login = config.username is not None or config.password is not None
    if config.api_key is not None and login:
        raise ConfigurationError("both an api_key and a username with password: give one kind of credentials")
    if login and not (config.username and config.password):
        raise ConfigurationError("a login needs both username and password")
    for name in ("api_key", "events_token", "mail_api_key"):
        secret = getattr(config, name)
        if secret is not None and not (isinstance(secret, Secret) and _fits_a_header(secret.reveal())):
            raise ConfigurationError(f"{name} is empty or has characters that it cannot have (a line break?)")
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


def _fits_a_header(text: Any) -> bool:
    return (
        isinstance(text, str)
        and bool(text)
        and text.isascii()
        and text.isprintable()
        and text == text.strip()
    )


def _check_url(name: str, url: Any, *, allow_http: bool) -> None:
    # First, so that no message below can show a credential.
    if isinstance(url, str) and any(mark in url for mark in "@?#"):
        raise ConfigurationError(f"{name} must be scheme, host and path only: no credentials, no query")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        good = parts.scheme in ("http", "https") and bool(host) and url.isprintable() and " " not in url
    except (AttributeError, TypeError, ValueError):
        good = False
    if not good:
        raise ConfigurationError(f"{name} must be a URL like https://api5.optimove.net, not {url!r}")
    if name == "base_url" and parts.path.lower().endswith("/current"):
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
