"""Who is let in, decided before a body is read."""

from __future__ import annotations

from typing import Any

import pytest

from optimove_sdk import ConfigurationError, Secret
from optimove_sdk.notifications import gate as gates
from optimove_sdk.notifications.gate import Answer, Gate, Incoming, Room
from optimove_sdk.notifications.sources import Sources

SECRET = "0123456789abcdef"


def admitted(path: str, gate: Gate | None = None, *, method: str = "POST", **headers: str) -> Room | Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (gate or Gate([SECRET], None, 1000)).admit(Incoming(method, path, "", named, None))


@pytest.mark.parametrize("prefix", ["", "/hooks", "/a/b/c"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_rooms_are_found_below_any_prefix(prefix: str, slash: str) -> None:
    for tail, room in (
        ("", Room.NOTIFICATIONS),
        ("/attributes", Room.ATTRIBUTES),
        ("/approval", Room.APPROVAL),
    ):
        assert admitted(f"{prefix}/{SECRET}{tail}{slash}") is room


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/wrong",
        f"/{SECRET}x",
        f"/{SECRET[:-1]}",
        f"/{SECRET}/other",
        "/attributes",
        "/wrong/approval",
        "/health",
        "/\ud800é",
        f"/{SECRET}/attributes/attributes",
        f"//{SECRET.upper()}",
    ],
)
def test_without_the_secret_there_is_nothing(path: str) -> None:
    assert admitted(path) is gates.NOT_FOUND


def test_health_needs_no_secret() -> None:
    for method in ("GET", "HEAD"):
        answer = admitted("/hooks/health", method=method)
        assert isinstance(answer, Answer)
        assert (answer.status, answer.content) == (200, b"ok")


def test_an_old_secret_is_good_while_it_is_being_changed() -> None:
    gate = Gate([Secret("x" * 16), SECRET], None, 1000)
    assert admitted(f"/{SECRET}", gate) is admitted(f"/{'x' * 16}", gate) is Room.NOTIFICATIONS
    assert gate.url("https://h.example", Room.ATTRIBUTES) == f"https://h.example/{'x' * 16}/attributes"


@pytest.mark.parametrize("secret", ["", "short", "with a blank in it", "with/a/slash/in/it", 16 * "é", None])
def test_a_secret_that_can_be_guessed_or_not_be_a_path_is_refused(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match="token_urlsafe") as caught:
        Gate([secret], None, 1)
    assert not secret or secret not in str(caught.value)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_body"):
        Gate([SECRET], None, 0)


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", {}, Room.NOTIFICATIONS),
        ("PUT", {}, Room.NOTIFICATIONS),
        ("PATCH", {"content_length": "1000"}, Room.NOTIFICATIONS),
        ("GET", {}, gates.NO_SUCH_METHOD),
        ("OPTIONS", {}, gates.NO_SUCH_METHOD),
        ("GET", {"content_length": "12"}, Room.NOTIFICATIONS),
        ("GET", {"transfer_encoding": "chunked"}, Room.NOTIFICATIONS),
        ("POST", {"content_length": "1001"}, gates.TOO_LARGE),
        ("POST", {"content_length": "9" * 10_000}, gates.TOO_LARGE),
        ("POST", {"content_length": "0001000"}, Room.NOTIFICATIONS),
        ("POST", {"content_length": "-1"}, gates.NOT_UNDERSTOOD),
        ("POST", {"content_length": "²"}, gates.NOT_UNDERSTOOD),
        ("POST", {"content_encoding": "gzip"}, gates.COMPRESSED),
        ("POST", {"content_encoding": " Identity "}, Room.NOTIFICATIONS),
    ],
)
def test_method_length_and_encoding(method: str, headers: dict[str, str], expected: Any) -> None:
    assert admitted(f"/{SECRET}", method=method, **headers) is expected


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h.example", f"https://h.example/{SECRET}"),
        ("https://h.example/", f"https://h.example/{SECRET}"),
        ("https://h.example/hooks/", f"https://h.example/hooks/{SECRET}"),
        ("https://h.example/hooks?brand=1", f"https://h.example/hooks/{SECRET}?brand=1"),
    ],
)
def test_the_url_is_that_of_the_mount_and_the_secret(base: str, url: str) -> None:
    assert Gate([SECRET], None, 1).url(base, Room.NOTIFICATIONS) == url


def allowed(networks: list[str], depth: int, peer: str | None, forwarded: str = "") -> bool:
    return Sources.of(networks, depth).allow(peer, forwarded)


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        (None, False),
        ("unix:", False),
        ("", False),
    ],
)
def test_without_a_proxy_the_peer_is_the_sender(peer: str | None, expected: bool) -> None:
    assert allowed(["192.0.2.0/24", "2001:db8::/32"], 0, peer, "192.0.2.1") is expected


@pytest.mark.parametrize(
    ("depth", "forwarded", "expected"),
    [
        (1, "192.0.2.7", True),
        (1, "192.0.2.7, 198.51.100.1", False),
        (2, "192.0.2.7, 198.51.100.1", True),
        (2, "forged, 192.0.2.7:5000,198.51.100.1", True),
        (2, "192.0.2.7", False),
        (1, "", False),
        (1, '"[2001:db8::1]:443"', True),
        (1, "[2001:db8::1]", True),
    ],
)
def test_behind_proxies_only_what_they_wrote_counts(depth: int, forwarded: str, expected: bool) -> None:
    assert allowed(["192.0.2.0/24", "2001:db8::/32"], depth, "10.0.0.1", forwarded) is expected


def test_a_host_address_is_a_network_too_and_others_are_forbidden() -> None:
    gate = Gate([SECRET], Sources.of(["192.0.2.7", "192.0.2.9/24"], 0), 1000)
    for peer, expected in (("192.0.2.7", Room.NOTIFICATIONS), ("192.0.3.1", gates.FORBIDDEN)):
        assert gate.admit(Incoming("POST", f"/{SECRET}", "", {}, peer)) is expected
    assert gate.admit(Incoming("POST", "/wrong", "", {}, "192.0.3.1")) is gates.NOT_FOUND


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="networks"):
        Sources.of(["optimove.net"], 0)
    with pytest.raises(ConfigurationError, match="proxy_depth"):
        Sources.of([], -1)
