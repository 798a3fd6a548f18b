"""The fakes refuse what the vendors would refuse, and say what was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from optimove_sdk import ConnectionFailed, Request, ResponseLost
from optimove_sdk.http.base import AsyncTransport
from optimove_sdk.testing.vendors import FakeNetmera, FakeSymplify, answered, lost, unreachable

REST = "https://restapi.netmera.com/rest/3.0/"


def post(path: str, body: Any, key: str = "netmera-key") -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", path, {"X-netmera-api-key": key}, content)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (post(f"{REST}sendNotification", {}, key="wrong"), 403, 2010),
        (post(f"{REST}sendNotification", b"{"), 400, 2009),
        (post(f"{REST}sendNotification", []), 400, 2009),
        (post(f"{REST}sendNotification", {"target": {"extId": "C1"}}), 400, 2020),
        (post(f"{REST}sendNotification", {"notificationKey": 1}), 400, 2020),
        (post(f"{REST}sendNotification", {"notificationKey": 1, "target": {"extId": "C1"}}), 400, 5003),
        (post(f"{REST}createNotificationDefinition", {"title": "T"}), 400, 2020),
        (post("https://restapi.netmera.com/rest/optimove/event/netmera-app", {}), 400, 2020),
    ],
)
def test_netmera_refuses_with_its_codes(request_: Request, status: int, code: int) -> None:
    response = FakeNetmera().respond(request_)
    assert response.status == status
    assert json.loads(response.body)["code"] == code


@pytest.mark.parametrize("path", [f"{REST}elsewhere", "https://x.example/rest/optimove/event/other-app"])
def test_netmera_does_not_know_other_paths(path: str) -> None:
    assert FakeNetmera().respond(post(path, {})).status == 404


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", "/rest/12/triggers", "wrong", 401),
        ("GET", "/rest/12/lists", "symplify-token", 404),
        ("GET", "/rest/13/triggers", "symplify-token", 404),
        ("POST", "/rest/12/triggers", "symplify-token", 404),
        ("GET", "/rest/12/triggers/99", "symplify-token", 404),
        ("GET", "/rest/12/triggers/x", "symplify-token", 404),
        ("GET", "/rest/12/triggers", "symplify-token", 200),
    ],
)
def test_symplify_refuses_with_a_bare_status(method: str, path: str, token: str, status: int) -> None:
    request = Request(method, f"https://x.example{path}", {"X-Example-Token": token})
    assert FakeSymplify().respond(request).status == status


async def test_what_goes_wrong_goes_wrong_once_and_tells_what_arrived() -> None:
    fake = FakeSymplify()
    fake.add_trigger(7, 31)
    fake.happens(unreachable(), lost(), answered(503, b"busy"))
    request = Request("GET", "https://x.example/rest/12/triggers/7", {"X-Example-Token": "symplify-token"})
    with pytest.raises(ConnectionFailed):
        await fake.handle_async_request(request)
    assert fake.asked == []
    with pytest.raises(ResponseLost):
        await fake.handle_async_request(request)
    assert (await fake.handle_async_request(request)).body == b"busy"
    assert (await fake.handle_async_request(request)).status == 200
    assert len(fake.asked) == 3
    assert isinstance(fake, AsyncTransport)
    await fake.aclose()
    assert fake.closed
