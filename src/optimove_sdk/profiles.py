"""Profiles: the settings of several Optimove instances, by name, in one TOML file.

::

    [brand-uk]
    base_url = "https://api5.optimove.net"
    api_key = "..."

    [brand-uk.rate_limit]
    requests = 25
    seconds = 10
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final

from .config import TLS, AppInfo, RateLimit, RetryPolicy, Source, Timeouts
from .errors import ConfigurationError

VARIABLE: Final = "OPTIMOVE_PROFILE_FILE"
"""The environment variable that says where the file is."""

_TABLES: Final[Mapping[str, Callable[..., Any]]] = {
    "timeouts": Timeouts,
    "retry": RetryPolicy,
    "rate_limit": RateLimit,
    "app_info": AppInfo,
    "tls": TLS,
}
_PLAIN: Final = frozenset(
    "base_url api_key username password tenant_id events_url events_token metrics_url preferences_url"
    " mail_api_key path_style allow_http proxy max_connections prefetch".split()
)


def read_profile(name: str, environ: Mapping[str, str], path: str | PathLike[str] | None = None) -> Source:
    """Return the settings of one profile; say what is wrong with the file if they cannot be had."""
    where = path or environ.get(VARIABLE)
    if not where:
        raise ConfigurationError(f"no profile file: pass path= or set {VARIABLE}")
    try:
        profiles = tomllib.loads(Path(where).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the profile file {str(where)!r} cannot be read: {error}") from None
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        raise ConfigurationError(f"no profile {name!r} in {str(where)!r}; it has {sorted(profiles)}")
    origin = f"profile {name}"
    return Source({key: _value(origin, key, value) for key, value in profile.items()}, origin)


def _value(origin: str, key: str, value: Any) -> Any:
    if key in _PLAIN:
        return value
    if key not in _TABLES:
        raise ConfigurationError(f"{origin}: there is no setting {key!r}")
    if key == "rate_limit" and value is False:
        return None
    try:
        return _TABLES[key](**value)
    except TypeError:
        raise ConfigurationError(
            f"{origin}: {key} must be a table of {_TABLES[key].__name__}'s fields"
        ) from None
