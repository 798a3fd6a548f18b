"""Netmera's REST API: what goes over the wire, and what its refusals become."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from optimove_sdk import (
    ConfigurationError,
    ConnectionFailed,
    DecodeError,
    InvalidInput,
    OptimoveError,
    Outcome,
    Response,
    ResponseLost,
    Secret,
)
from optimove_sdk.testing.vendors import FakeNetmera, answered, lost, unreachable
from optimove_sdk.vendors import netmera as vendor
from optimove_sdk.vendors.netmera import NetmeraAPI, NetmeraError, NotificationDefinition
from optimove_sdk.vendors.netmera.errors import error_of

DOCUMENTED = [
    (2001, 500, vendor.InternalError),
    (2009, 400, vendor.InvalidJSON),
    (2010, 403, vendor.KeyRefused),
    (2020, 400, vendor.MissingParameter),
    (2021, 400, vendor.InvalidConfiguration),
    (2021, 403, vendor.AddressNotAllowed),
    (2022, 403, vendor.NotAuthorised),
    (2101, 400, vendor.MessageTooBig),
    (2106, 400, vendor.TimeRestricted),
    (5003, 400, vendor.MessageNotFound),
    (5007, 401, vendor.LoginRefused),
]


async def test_a_message_is_defined_once_and_sent_to_one_external_id(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    key = await netmera_api.define(NotificationDefinition("Hi", "Hello!", "Hello @{Name}, @{Name}"))
    await netmera_api.send(key, "C1", {"Name": "Ann"})
    await netmera_api.send(key, "C2")
    define, send, _ = netmera.asked
    assert define.path == "/rest/3.0/createNotificationDefinition"
    assert define.json == {
        "title": "Hi",
        "message": "Hello!",
        "personalizedMessage": "Hello @{Name}, @{Name}",
        "platforms": ["IOS", "ANDROID"],
    }
    assert (send.method, send.path) == ("POST", "/rest/3.0/sendNotification")
    assert send.headers["x-netmera-api-key"] == "netmera-key"
    assert send.headers["content-type"] == "application/json"
    assert send.json == {
        "notificationKey": str(key),
        "message": {"params": {"Name": "Ann"}},
        "target": {"extId": "C1"},
    }
    assert [one.text for one in netmera.shown] == ["Hello Ann, Ann", "Hello!"]


def test_a_definition_names_its_placeholders_and_sends_what_netmera_calls_otherwise() -> None:
    definition = NotificationDefinition("T", "M", "@{A} @{b c} @{A}", more={"ttl": 60})
    assert definition.placeholders == ("A", "b c")
    assert definition.as_sent()["ttl"] == 60
    assert NotificationDefinition("T", "M").placeholders == ()
    assert "personalizedMessage" not in NotificationDefinition("T", "M").as_sent()


async def test_the_statistics_of_a_message_come_as_they_are(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    key = netmera.define("Hello!")
    await netmera_api.send(key, "C1")
    assert await netmera_api.push_stats(key) == {"notificationKey": str(key), "sent": 1}
    assert netmera.asked[-1].params == {"notificationKey": str(key)}


@pytest.mark.parametrize(("code", "status", "kind"), DOCUMENTED)
def test_each_documented_code_has_a_type(code: int, status: int, kind: type[NetmeraError]) -> None:
    body = json.dumps({"error": "no C1", "code": code}).encode()
    error = error_of(Response(status, {}, body))
    assert type(error) is kind
    assert (error.code, error.status, error.message, error.body) == (code, status, "no C1", body)
    assert isinstance(error, OptimoveError)
    assert error.outcome is Outcome.SENT
    assert error.refused is (code != 2001)
    assert "C1" not in str(error)
    assert str(code) in str(error)
    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), str(twin), twin.code) == (kind, str(error), code)


@pytest.mark.parametrize(
    ("status", "body", "code", "refused"),
    [
        (400, b"", None, True),
        (429, b"slow down", None, True),
        (502, b"<html>", None, False),
        (400, b'{"code": 9999, "error": "new"}', 9999, True),
        (200, b'{"code": "2020", "error": "x"}', 2020, True),
        (200, b'{"error": "x"}', None, False),
        (404, b'{"code": true}', None, True),
        (404, b'["x"]', None, True),
        (302, b"", None, False),
    ],
)
def test_other_answers_that_say_no(status: int, body: bytes, code: int | None, refused: bool) -> None:
    error = error_of(Response(status, {}, body))
    assert error is not None
    assert (error.code, error.status, error.refused) == (code, status, refused)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"notificationKey": 1}', b"not json"])
def test_a_success_is_no_error(body: bytes) -> None:
    assert error_of(Response(200, {}, body)) is None


async def test_a_wrong_key_is_refused(netmera: FakeNetmera) -> None:
    api = NetmeraAPI(Secret("wrong"), transport=netmera)
    with pytest.raises(vendor.KeyRefused):
        await api.send(1, "C1")
    assert "wrong" not in repr(api)


async def test_what_could_not_be_sent_is_tried_again_and_nothing_else(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    key = netmera.define("Hello!")
    netmera.happens(unreachable())
    await netmera_api.send(key, "C1")
    netmera.happens(unreachable(), unreachable())
    with pytest.raises(ConnectionFailed):
        await netmera_api.send(key, "C2")
    netmera.happens(lost())
    with pytest.raises(ResponseLost):
        await netmera_api.send(key, "C3")
    netmera.happens(answered(500, {"code": 2001, "error": "internal"}))
    with pytest.raises(vendor.InternalError):
        await netmera_api.send(key, "C4")
    assert [one.external_id for one in netmera.shown] == ["C1", "C3"]


@pytest.mark.parametrize("answer", [{}, [], {"notificationKey": "soon"}])
async def test_a_definition_without_a_key_in_the_answer_cannot_be_read(
    netmera: FakeNetmera, netmera_api: NetmeraAPI, answer: object
) -> None:
    netmera.happens(answered(200, answer))
    with pytest.raises(DecodeError, match="notificationKey"):
        await netmera_api.define(NotificationDefinition("T", "M"))


async def test_what_cannot_be_sent_is_not(netmera: FakeNetmera, netmera_api: NetmeraAPI) -> None:
    with pytest.raises(InvalidInput):
        await netmera_api.send(1, "")
    with pytest.raises(InvalidInput):
        await netmera_api.define(NotificationDefinition("T", ""))
    assert netmera.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>"])
async def test_statistics_that_are_no_json_cannot_be_read(
    netmera: FakeNetmera, netmera_api: NetmeraAPI, body: bytes
) -> None:
    netmera.happens(answered(200, body))
    with pytest.raises(DecodeError):
        await netmera_api.push_stats(1)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("restapi.netmera.com", "a URL"),
        ("ftp://x.example", "a URL"),
        ("https://x.example?a=1", "a URL"),
        ("http://x.example", "https"),
        ("http://192.0.2.1", "https"),
    ],
)
def test_a_key_is_not_sent_just_anywhere(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        NetmeraAPI("key", base_url=url)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "http://127.0.0.1:1/"])
def test_this_machine_may_be_asked_without_tls(url: str) -> None:
    NetmeraAPI("key", base_url=url)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="api_key"):
        NetmeraAPI("")


async def test_a_transport_that_was_given_is_left_open(netmera: FakeNetmera) -> None:
    async with NetmeraAPI("netmera-key", transport=netmera):
        pass
    assert not netmera.closed
