"""TLS: a CA of one's own, a client certificate, and what happens without them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import trustme

from optimove_sdk import TLS, ConfigurationError, ConnectionFailed, Outcome, Request, ResponseLost, Secret
from support.servers import Server

URL = "https://localhost:{port}/"


@attrs.frozen
class Certificates:
    """A certificate authority, and a server and a client certified by it."""

    ca_file: str
    client_file: str
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("client@example.com").private_key_and_cert_chain_pem.write_to_path(str(folder / "me.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    ca.configure_trust(context)
    return Certificates(str(folder / "ca.pem"), str(folder / "me.pem"), context)


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Server]:
    with Server(lambda *_: (200, b"safe"), certificates.server) as server:
        yield server


@pytest.fixture
def strict(certificates: Certificates) -> Iterator[Server]:
    certificates.server.verify_mode = ssl.CERT_REQUIRED
    with Server(lambda *_: (200, b"safe"), certificates.server) as server:
        yield server
    certificates.server.verify_mode = ssl.CERT_NONE


def get(carrier: Any, server: Server) -> bytes:
    body: bytes = carrier.send(Request("GET", URL.format(port=server.port))).body
    return body


def test_trusts_a_ca_of_ones_own(connect: Any, server: Server, certificates: Certificates) -> None:
    assert get(connect(tls=TLS(ca_file=certificates.ca_file)), server) == b"safe"


def test_trusts_a_context_of_ones_own(connect: Any, server: Server, certificates: Certificates) -> None:
    context = ssl.create_default_context(cafile=certificates.ca_file)
    assert get(connect(tls=TLS(context=context)), server) == b"safe"


def test_refuses_a_server_that_nobody_vouches_for(connect: Any, server: Server) -> None:
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        get(connect(), server)
    assert caught.value.outcome is Outcome.UNSENT
    assert server.received == []


def test_refuses_a_certificate_for_another_name(
    connect: Any, server: Server, certificates: Certificates
) -> None:
    carrier = connect(tls=TLS(ca_file=certificates.ca_file))
    with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        carrier.send(Request("GET", f"https://127.0.0.1:{server.port}/"))


def test_shows_a_client_certificate(connect: Any, strict: Server, certificates: Certificates) -> None:
    tls = TLS(ca_file=certificates.ca_file, cert_file=certificates.client_file)
    assert get(connect(tls=tls), strict) == b"safe"


def test_a_missing_client_certificate_gets_no_answer(
    connect: Any, strict: Server, certificates: Certificates
) -> None:
    # TLS 1.3 tells the client only after it has sent.
    with pytest.raises((ConnectionFailed, ResponseLost)):
        get(connect(tls=TLS(ca_file=certificates.ca_file)), strict)
    assert strict.received == []


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_an_unusable_file_is_reported_when_the_client_is_made(
    connect: Any, tmp_path: Path, name: str
) -> None:
    (tmp_path / "broken.pem").write_text("nothing")
    for file in ("broken.pem", "missing.pem"):
        with pytest.raises(ConfigurationError, match="tls"):
            connect(tls=TLS(**{name: str(tmp_path / file), "key_password": Secret("hush")}))
