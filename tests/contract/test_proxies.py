"""Proxies: one that is given, one from the environment, and the hosts that need none."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from optimove_sdk import TLS, ConfigurationError, ConnectionFailed, Outcome, Request
from support.servers import Proxy, Server, refused_port


def test_goes_through_the_proxy_it_is_given(connect: Any) -> None:
    with Proxy() as proxy:
        got = connect(proxy=proxy.url).send(Request("GET", "http://optimove.invalid/a"))
    assert got.body == b'{"proxied": "http://optimove.invalid/a"}'


def test_tunnels_https_so_that_the_proxy_sees_no_secret(connect: Any, tmp_path: Path) -> None:
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with Server(lambda *_: (200, b"deep"), context) as server, Proxy() as proxy:
        carrier = connect(proxy=proxy.url, tls=TLS(ca_file=str(tmp_path / "ca.pem")))
        for _ in range(2):
            assert carrier.send(Request("GET", server.url, {"X-API-KEY": "hush"})).body == b"deep"
        carrier.close()
        (asked,) = proxy.seen
    assert (asked.method, asked.target) == ("CONNECT", f"127.0.0.1:{server.port}")
    assert "hush" not in str(asked)
    assert [seen.headers["x-api-key"] for seen in server.received] == ["hush"] * 2


def test_shows_the_proxy_its_credentials_and_nobody_else(connect: Any) -> None:
    with Proxy() as proxy:
        url = proxy.url.replace("http://", "http://me:hush@")
        connect(proxy=url).send(Request("GET", "http://optimove.invalid/"))
    assert proxy.seen[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_proxy_that_refuses_to_tunnel_sent_nothing(connect: Any) -> None:
    with Proxy(status=407) as proxy, pytest.raises(ConnectionFailed) as caught:
        connect(proxy=proxy.url).send(Request("GET", "https://optimove.invalid/"))
    assert caught.value.outcome is Outcome.UNSENT


def test_a_proxy_that_is_not_there_sent_nothing(connect: Any) -> None:
    url = f"http://me:hush@127.0.0.1:{refused_port()}"
    with pytest.raises(ConnectionFailed) as caught:
        connect(proxy=url).send(Request("GET", "http://optimove.invalid/"))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["gopher://me:hush@p", "socks5://me:hush@127.0.0.1:1", "http://me:hush@[::1"])
def test_a_proxy_that_cannot_be_used_is_reported_without_its_password(connect: Any, url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(proxy=url).send(Request("GET", "http://optimove.invalid/"))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_takes_the_proxy_of_the_environment(
    connect: Any, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv(variable, scheme + proxy.url.removeprefix("http://"))
        connect(proxy=None).send(Request("GET", "http://optimove.invalid/"))
    assert len(proxy.seen) == 1


def test_the_environment_exempts_single_hosts(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = connect(proxy=None)
    with Proxy() as proxy, Server(lambda *_: (200, b"direct")) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        carrier.send(Request("GET", "http://optimove.invalid/"))
        assert carrier.send(Request("GET", server.url)).body == b"direct"
    assert len(proxy.seen) == 1


def test_an_empty_proxy_means_none(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{refused_port()}")
    with Server(lambda *_: (200, b"direct")) as server:
        assert connect(proxy="").send(Request("GET", server.url)).body == b"direct"
