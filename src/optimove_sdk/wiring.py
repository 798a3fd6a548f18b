"""From a configuration to a session: which hosts there are, who we are to each, how often to ask."""

from __future__ import annotations

import platform
from typing import Final
from urllib.parse import urlsplit

from ._version import __version__
from .config import AppInfo, Config, RateLimit
from .core.call import Call
from .core.exchange import Authenticator, HeaderAuth, Host, Session
from .core.policies.login import Login
from .core.policies.rate import OpenGate, RateGate
from .core.policies.token import TokenAuth, TokenStore
from .events.signing import SignatureAuth
from .token_store import MemoryTokenStore

# https://developer.optimove.com/reference/understanding-api-rate-limits-at-optimove
_SENDING_RATE_LIMIT: Final = RateLimit(10, 1.0)


def session_for(config: Config, token_store: TokenStore | None = None) -> Session:
    """Return a session with every host that the configuration knows enough about."""
    headers = {"Accept": "application/json", "User-Agent": _user_agent(config.app_info)}
    hosts: dict[str, Host] = {}
    session = Session(hosts, config.retry, config.timeouts, headers, config.tenant_id, config.prefetch)
    if config.base_url is not None:
        gate = RateGate(config.rate_limit)
        auth = _api_auth(config, session, gate, token_store)
        hosts["api"] = Host(config.base_url, auth, gate, config.path_style)
        mail_auth = auth if config.mail_api_key is None else HeaderAuth({"X-API-KEY": config.mail_api_key})
        hosts["mail"] = Host(config.base_url, mail_auth, gate, config.path_style)
        hosts["sending"] = Host(config.base_url, mail_auth, _sending_gate(config), config.path_style)
    if config.events_url is not None:
        version = "/reportServer" if config.events_token is None else "/v2/reportServer"
        hosts["events"] = _unlimited(_endpoint(config.events_url, version), _events_auth(config))
    if config.metrics_url is not None and config.events_token is not None:
        url = _endpoint(config.metrics_url, "/api/saveEvent")
        hosts["metrics"] = _unlimited(url, SignatureAuth(config.events_token))
    if config.preferences_url is not None and config.tenant_id is not None:
        hosts["preferences"] = _unlimited(
            config.preferences_url, HeaderAuth({"X-Tenant-Id": str(config.tenant_id)})
        )
    return session


def _api_auth(config: Config, session: Session, gate: RateGate, store: TokenStore | None) -> Authenticator:
    if config.api_key is not None:
        return HeaderAuth({"X-API-KEY": config.api_key})
    body = {"Username": config.username, "Password": config.password}
    call = Call("POST", "general/login", json=body, safe=True)
    login = Login(lambda: session.request(call), policy=config.retry, gate=gate)
    return TokenAuth(login, store=store or MemoryTokenStore(), key=f"{config.username}@{config.base_url}")


def _sending_gate(config: Config) -> RateGate:
    return RateGate(None if config.rate_limit is None else _SENDING_RATE_LIMIT)


def _events_auth(config: Config) -> Authenticator:
    return HeaderAuth({}) if config.events_token is None else SignatureAuth(config.events_token)


def _unlimited(url: str, auth: Authenticator) -> Host:
    return Host(url, auth, OpenGate())


def _endpoint(url: str, path: str) -> str:
    """Return the whole endpoint; a bare host gets the documented path."""
    return url if urlsplit(url).path else url + path


def _user_agent(app_info: AppInfo | None) -> str:
    own = f"optimove-sdk/{__version__} Python/{platform.python_version()}"
    return own if app_info is None else f"{own} {app_info}"
