"""Settings: explicit before environment before default, and whatever cannot work is refused at once."""

from __future__ import annotations

import copy
import pickle
import ssl
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk.config import (
    ENVIRONMENT,
    OPTIMOVE_RATE_LIMIT,
    TLS,
    AppInfo,
    Config,
    RateLimit,
    RetryPolicy,
    Secret,
    Source,
    Timeouts,
    is_loopback,
)
from optimove_sdk.errors import ConfigurationError

URL = "https://api5.optimove.net"
GOOD: dict[str, Any] = {"base_url": URL, "api_key": "k"}


def resolve(environ: dict[str, str] | None = None, /, **settings: Any) -> Config:
    return Config.resolve(Source(settings, "argument"), Source.environment(environ or {}))


# Where a setting comes from

SETTINGS = {
    "base_url": (URL, "https://api6.optimove.net"),
    "api_key": ("k1", "k2"),
    "tenant_id": ("1", "2"),
    "events_url": ("https://e1", "https://e2"),
    "events_token": ("t1", "t2"),
    "metrics_url": ("https://m1", "https://m2"),
    "preferences_url": ("https://p1", "https://p2"),
    "mail_api_key": ("m1", "m2"),
}


def shown(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


@pytest.mark.parametrize("name", SETTINGS)
def test_explicit_before_environment_before_default(name: str) -> None:
    first, second = SETTINGS[name]
    others = {other: values[0] for other, values in SETTINGS.items() if other in GOOD and other != name}
    variable = {ENVIRONMENT[name]: first}
    assert shown(getattr(resolve(variable, **others), name)) == first
    assert shown(getattr(resolve(variable, **{**others, name: second}), name)) == second
    if name not in GOOD:
        assert getattr(resolve(**others), name) is None
        assert getattr(resolve({ENVIRONMENT[name]: ""}, **others), name) is None


def test_a_login_comes_from_the_environment_too() -> None:
    environ = {"OPTIMOVE_USERNAME": "joe", "OPTIMOVE_PASSWORD": "p"}
    config = resolve(environ, base_url=URL)
    assert (config.username, shown(config.password)) == ("joe", "p")
    config = resolve(environ, base_url=URL, username="ann")
    assert (config.username, shown(config.password)) == ("ann", "p")


def test_a_credential_that_is_passed_silences_the_other_kind_in_the_environment() -> None:
    environ = {"OPTIMOVE_USERNAME": "joe", "OPTIMOVE_PASSWORD": "p", "OPTIMOVE_API_KEY": "k"}
    assert resolve(environ, base_url=URL, api_key="mine").username is None
    assert resolve(environ, base_url=URL, username="ann", password="q").api_key is None
    with pytest.raises(ConfigurationError, match="one kind"):
        resolve(environ, base_url=URL)


def test_a_config_explains_where_each_setting_came_from_and_shows_no_secret() -> None:
    config = Config.resolve(
        Source({"base_url": URL, "proxy": "http://u:hunter2@proxy"}, "argument"),
        Source({"tenant_id": 7, "base_url": "https://other"}, "profile x"),
        Source.environment({"OPTIMOVE_API_KEY": "hunter2", "OPTIMOVE_TENANT_ID": "8"}),
    )
    lines = config.explain().splitlines()
    assert f"base_url = '{URL}'  (argument)" in lines
    assert "tenant_id = 7  (profile x)" in lines
    assert "api_key = Secret('***')  (environment OPTIMOVE_API_KEY)" in lines
    assert "proxy = '***'  (argument)" in lines
    assert "max_connections = 16  (default)" in lines
    assert "hunter2" not in config.explain() + repr(Source({"api_key": "hunter2"}, "argument"))
    assert not any(line.startswith("origins") for line in lines)


def test_every_variable_is_of_optimove_and_of_a_setting() -> None:
    assert all(variable == f"OPTIMOVE_{name.upper()}" for name, variable in ENVIRONMENT.items())
    assert set(ENVIRONMENT) <= set(Config.__annotations__)


def test_the_defaults() -> None:
    config = resolve(**GOOD)
    assert config.timeouts == Timeouts(5, 60, 30, 60, 300)
    assert config.retry == RetryPolicy(4, 0.5, 10)
    assert config.rate_limit == OPTIMOVE_RATE_LIMIT == RateLimit(50, 10)
    assert (config.path_style, config.max_connections, config.allow_http) == ("current", 16, False)
    assert config.prefetch == 3
    assert resolve(**GOOD, prefetch=0).prefetch == 0


def test_urls_are_trimmed() -> None:
    assert resolve(base_url=f"  {URL}/ ", api_key="k").base_url == URL
    assert resolve(**GOOD, events_url="https://e/v2/").events_url == "https://e/v2"


def test_events_alone_need_no_credentials() -> None:
    assert resolve(events_url="https://e").base_url is None


# What is refused


@pytest.mark.parametrize(
    ("settings", "culprit"),
    [
        ({}, "no base_url"),
        ({"metrics_url": "https://m"}, "no base_url"),
        ({"base_url": URL}, "no credentials"),
        ({"base_url": ""}, "base_url must be a URL"),
        ({"base_url": "   "}, "base_url must be a URL"),
        ({"base_url": "api5.optimove.net"}, "base_url must be a URL"),
        ({"base_url": "ftp://api5.optimove.net"}, "base_url must be a URL"),
        ({"base_url": "https://"}, "base_url must be a URL"),
        ({"base_url": "https://api5 .optimove.net"}, "base_url must be a URL"),
        ({"base_url": "https://api5.optimove.net\n/x"}, "base_url must be a URL"),
        ({"base_url": "https://api5.optimove.net\x00"}, "base_url must be a URL"),
        ({"base_url": "https://[x"}, "base_url must be a URL"),
        ({"base_url": "https://x:port"}, "base_url must be a URL"),
        ({"base_url": "https://x:99999"}, "base_url must be a URL"),
        ({"base_url": 5}, "base_url must be a URL"),
        ({"base_url": b"https://x"}, "base_url must be a URL"),
        ({"base_url": f"{URL}?a=1"}, "no query"),
        ({"base_url": f"{URL}?"}, "no query"),
        ({"base_url": f"{URL}#x"}, "no query"),
        ({"base_url": f"{URL}/current"}, "must not end with /current"),
        ({"base_url": f"{URL}/Current/"}, "must not end with /current"),
        ({"base_url": "http://api5.optimove.net"}, "plain http"),
        ({"base_url": "http://127.0.0.1.evil.com"}, "plain http"),
        ({"events_url": "nope"}, "events_url must be a URL"),
        ({"events_url": "http://e"}, "events_url is plain http"),
        ({"metrics_url": "http://m"}, "metrics_url is plain http"),
        ({"username": "joe", "password": "p"}, "one kind"),
        ({"password": "p"}, "one kind"),
        ({"api_key": None, "username": "joe"}, "both username and password"),
        ({"api_key": None, "password": "p"}, "both username and password"),
        ({"api_key": None, "username": "", "password": "p"}, "both username and password"),
        ({"api_key": None, "username": "joe", "password": ""}, "both username and password"),
        ({"api_key": ""}, "api_key is empty"),
        ({"api_key": "k\n"}, "api_key is empty or has"),
        ({"api_key": " k"}, "api_key is empty or has"),
        ({"api_key": "k\u00e9"}, "api_key is empty or has"),
        ({"api_key": 5}, "api_key is empty or has"),
        ({"mail_api_key": ""}, "mail_api_key is empty"),
        ({"events_token": ""}, "events_token is empty"),
        ({"events_token": "t\n"}, "events_token is empty or has"),
        ({"tenant_id": "x"}, "tenant_id must be a whole number"),
        ({"tenant_id": 1.5}, "tenant_id must be a whole number"),
        ({"tenant_id": -1}, "tenant_id must be a whole number"),
        ({"tenant_id": True}, "tenant_id must be a whole number"),
        ({"tenant_id": []}, "tenant_id must be a whole number"),
        ({"path_style": "snake"}, "path_style"),
        ({"max_connections": 0}, "max_connections"),
        ({"max_connections": "9"}, "max_connections"),
        ({"prefetch": -1}, "prefetch"),
        ({"prefetch": 1.0}, "prefetch"),
        ({"prefetch": None}, "prefetch"),
        ({"timeouts": 5}, "timeouts must be a Timeouts"),
        ({"retry": 3}, "retry must be a RetryPolicy"),
        ({"tls": "ca.pem"}, "tls must be a TLS"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any], culprit: str) -> None:
    base = {} if not settings or set(settings) in ({"metrics_url"}, {"base_url"}) else GOOD
    if set(settings) == {"base_url"} and settings != {"base_url": URL}:
        base = GOOD
    if settings == {"metrics_url": "http://m"}:
        base = GOOD
    with pytest.raises(ConfigurationError, match=culprit):
        Config(**{**base, **settings})


@pytest.mark.parametrize(
    "url",
    [
        "https://joe:hunter2@x",
        "joe:hunter2@x",
        "ftp://joe:hunter2@x",
        "https://hunter2@x",
        f"{URL}?key=hunter2",
    ],
)
def test_a_url_with_credentials_is_refused_without_showing_them(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no credentials") as caught:
        Config(base_url=url, api_key="k")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:9", "http://api.localhost"]
)
def test_plain_http_is_fine_on_this_machine(url: str) -> None:
    assert Config(base_url=url, api_key="k").base_url == url


def test_plain_http_is_fine_if_it_is_asked_for() -> None:
    assert Config(base_url="http://gateway", api_key="k", allow_http=True).base_url == "http://gateway"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("notlocalhost", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "5", None, []])
@pytest.mark.parametrize("make", [Timeouts, RetryPolicy, RateLimit])
def test_durations_are_positive_numbers(make: Any, wrong: Any) -> None:
    names = {
        Timeouts: ("connect", "read", "write", "pool", "deadline"),
        RetryPolicy: ("base", "cap"),
        RateLimit: ("seconds",),
    }
    for name in names[make]:
        if (name, wrong) == ("deadline", None):
            continue
        with pytest.raises(ConfigurationError, match=name):
            make(**{name: wrong})


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "3", None])
def test_counts_are_whole_and_at_least_one(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="attempts"):
        RetryPolicy(attempts=wrong)
    with pytest.raises(ConfigurationError, match="requests"):
        RateLimit(requests=wrong)


def test_timeouts_within_what_is_left() -> None:
    timeouts = Timeouts(connect=5, read=60, write=30, pool=60, deadline=300)
    assert timeouts.within(None) is timeouts
    assert timeouts.within(10) == Timeouts(5, 10, 10, 10, 10)
    assert timeouts.within(1000) == Timeouts(5, 60, 30, 60, 1000)
    assert timeouts.within(-3) == timeouts.within(0) == Timeouts(*[0.001] * 5)
    assert Timeouts.each(2) == Timeouts(2, 2, 2, 2, 300)
    assert Timeouts(deadline=None).deadline is None


# Secrets


def test_a_secret_is_never_shown() -> None:
    secret = Secret("hunter2")
    texts = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        "%s" % secret,  # noqa: UP031
        f"{[secret]} { ({'a': secret}) }",
    ]
    assert not any("hunter2" in text for text in texts)
    assert b"hunter2" not in pickle.dumps(secret)
    assert pickle.loads(pickle.dumps(secret)).reveal() == "***"
    with pytest.raises(TypeError):
        format(secret, ">10")


def test_a_config_and_a_tls_never_show_their_secrets() -> None:
    config = resolve(**GOOD | {"api_key": "hunter2"}, events_token="hunter3", events_url="https://e")
    proxied = Config(**GOOD, proxy="http://u:hunter4@proxy", tls=TLS(cert_file="c", key_password="hunter5"))
    assert "hunter" not in repr(config) + str(config) + repr(proxied)
    assert b"hunter2" not in pickle.dumps(config)


def test_a_copy_of_a_secret_still_works() -> None:
    secret = Secret("hunter2")
    assert copy.copy(secret).reveal() == copy.deepcopy({"a": [secret]})["a"][0].reveal() == "hunter2"


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != "a"
    assert Secret("\udcff") == Secret("\udcff"), "as an environment variable may be"
    assert not Secret("")


# The rest


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (AppInfo("acme"), "acme"),
        (AppInfo("acme", "1.2"), "acme/1.2"),
        (AppInfo("acme", "", ""), "acme"),
        (AppInfo("acme", "1.2", "https://acme.com"), "acme/1.2 (https://acme.com)"),
    ],
)
def test_app_info_is_spelled_for_a_user_agent(info: AppInfo, text: str) -> None:
    assert str(info) == text


@pytest.mark.parametrize("wrong", ["a\r\nX-Evil: 1", "ä", " a", "a ", 5])
@pytest.mark.parametrize("field", ["name", "version", "url"])
def test_app_info_cannot_break_a_header(field: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=field):
        AppInfo(**{"name": "acme", field: wrong})


def test_app_info_needs_a_name() -> None:
    with pytest.raises(ConfigurationError):
        AppInfo("")


def test_tls_makes_a_context_only_when_it_is_told_something(tmp_path: Path) -> None:
    assert TLS().make_context() is None
    own = ssl.create_default_context()
    assert TLS(context=own, ca_file="ignored").make_context() is own
    with pytest.raises(OSError, match="No such file"):
        TLS(ca_file=str(tmp_path / "missing.pem")).make_context()


def test_tls_loads_ca_and_client_certificate(tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    ca = trustme.CA()
    mine = ca.issue_cert("client@example.com")
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mine.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "me.pem"))
    assert len(TLS(str(tmp_path / "ca.pem")).make_context().get_ca_certs()) == 1
    for password in (None, "unused"):
        tls = TLS(str(tmp_path / "ca.pem"), str(tmp_path / "me.pem"), key_password=password)
        assert len(tls.make_context().get_ca_certs()) == 1
