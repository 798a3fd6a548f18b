"""What an answer means, in all the untidy forms it comes in."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimove_sdk import errors
from optimove_sdk.core import answer
from optimove_sdk.core.answer import Field, First, Into, Nothing
from optimove_sdk.http.base import Response
from optimove_sdk.wire.fields import Model


@attrs.frozen
class Thing(Model):
    thing_id: int
    name: str | None = None


@attrs.frozen
class Loose(Model):
    """All optional: an error object would fit."""

    name: str | None = None


@attrs.frozen
class WithError(Model):
    error: str | None = None


def ok(body: bytes | str = b"", **headers: str) -> Response:
    return Response(200, headers, body.encode() if isinstance(body, str) else body)


HTML = ok("<html>blocked</html>", **{"content-type": "text/html; charset=utf-8"})
XML = ok("<string>x</string>")


# Status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationFailed),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (409, errors.DuplicateMessage),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (599, errors.ServerError),
        (302, errors.APIError),
        (418, errors.APIError),
    ],
)
def test_a_status_has_its_error(status: int, kind: type[errors.APIError]) -> None:
    with pytest.raises(errors.APIError) as caught:
        answer.raise_for_status(Response(status, {}, b"why"))
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.message, caught.value.body) == (status, "why", b"why")
    assert caught.value.outcome is errors.Outcome.SENT


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_every_2xx_is_a_success(status: int) -> None:
    answer.raise_for_status(Response(status))
    assert Nothing()(Response(status)) is None


# Messages


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Plain text.", "Plain text."),
        ('"A JSON string"', "A JSON string"),
        ('"\\"A JSON string in one\\""', "A JSON string in one"),
        ('"{\\"Error\\":\\"inside\\"}"', "inside"),
        ('"[inside] but no JSON"', "[inside] but no JSON"),
        ('{"error":"a"}', "a"),
        ('{"Error":"a"}', "a"),
        ('{"errors":["a","b","a"]}', "a; b"),
        ('{"Errors":[{"message":"a"},{"Message":"b"}]}', "a; b"),
        ('{"Error":{"Message":"a","Code":5}}', "a"),
        ('{"message":"a"}', "a"),
        ('{"ErrorMessage":"a"}', "a"),
        ('["a","b"]', "a; b"),
        ("[]", "Bad Request"),
        ("{}", "Bad Request"),
        ("null", "Bad Request"),
        ('""', "Bad Request"),
        ("", "Bad Request"),
        ("  \r\n", "Bad Request"),
        ("404", "404"),
        ("{broken", "{broken"),
        ('\ufeff{"error":"after a byte order mark"}', "after a byte order mark"),
        (
            (
                '{"type":"https://x","title":"One or more validation errors occurred.","status":400,'
                '"traceId":"00-1","errors":{"CampaignID":["Not a number.","Too long."],"Date":["Required."]}}'
            ),
            "CampaignID: Not a number.; Too long.; Date: Required.; One or more validation errors occurred.",
        ),
        ('{"title":"Bad","detail":"Very bad","status":400}', "Bad; Very bad"),
        ('{"errors":{"Date":null}}', "Bad Request"),
    ],
)
def test_the_message_is_found_in_every_form(body: str, message: str) -> None:
    assert answer.message_of(Response(400, {}, body.encode())) == message


def test_a_status_without_a_name_still_has_a_message() -> None:
    assert answer.message_of(Response(499)) == "no reason given"


def test_bytes_that_are_no_text_are_shown_as_far_as_they_are() -> None:
    assert answer.message_of(Response(500, {}, b"caf\xe9")) == "caf\ufffd"


@pytest.mark.parametrize("response", [HTML, XML, Response(200, {"content-type": "TEXT/HTML"}, b"x")])
def test_html_is_named_and_not_quoted(response: Response) -> None:
    assert "HTML page" in answer.message_of(response)
    assert "blocked" not in answer.message_of(response)


@pytest.mark.parametrize(
    "body",
    [b"[" * 900 + b"]" * 900, b'{"error":' * 900 + b"1" + b"}" * 900, b"[" * 100_000, b'"' + b"\\" * 99_999],
)
def test_an_answer_nested_without_end_is_an_api_error_like_any_other(body: bytes) -> None:
    with pytest.raises(errors.BadRequest):
        answer.raise_for_status(Response(400, {}, body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["Error", "errors", "message", "ResponseCode", "isSuccess", "title", "x", "ThingID"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
bodies = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from([200, 204, 206, 302, 400, 403, 404, 429, 500]),
    bodies,
    st.sampled_from(["application/json", "text/html", ""]),
    st.sampled_from(
        [
            Nothing(),
            Into(Thing),
            Into(list[Thing]),
            Into(list),
            Into(dict),
            Into(str),
            Into(int),
            First(Thing),
            Field("x", int),
            Into(list[dict[str, Any]]),
            Into(Mapping[str, Any]),
        ]
    ),
)
def test_no_answer_whatever_makes_a_reader_raise_anything_but_our_errors(
    status: int, body: bytes, kind: str, reader: Any
) -> None:
    try:
        reader(Response(status, {"content-type": kind}, body))
    except errors.OptimoveError as error:
        str(error)


# Writes


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "null",
        "{}",
        '""',
        '{"ResponseCode":200}',
        '{"responseCode":"200"}',
        '{"ResponseCode":null}',
        '{"Error":null}',
        '{"Error":""}',
        '{"error":false}',
        '{"errors":[]}',
        '{"errors":{}}',
        '{"Error":{"Message":null}}',
        '{"isSuccess":true}',
        '{"message":"Accepted"}',
        "true",
        "0",
        "[]",
        '[{"Error":null}]',
    ],
)
def test_a_write_that_states_no_error_succeeded(body: str) -> None:
    assert Nothing()(ok(body)) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"Error":"Invalid email"}', "Invalid email"),
        ('"{\\"Error\\":\\"Invalid email\\"}"', "Invalid email"),
        ('{"errors":["a"]}', "a"),
        ('{"errors":{"Email":["is bad"]}}', "Email: is bad"),
        ('{"ResponseCode":500}', "ResponseCode 500"),
        ('{"ResponseCode":500,"Message":"boom"}', "boom"),
        ('{"isSuccess":false}', "ResponseCode 200"),
        ('{"isSuccess":"False","message":"no"}', "no"),
        ('"Wrong ChannelID"', "Wrong ChannelID"),
        ('["Wrong ChannelID"]', "Wrong ChannelID"),
        ("false", "false"),
    ],
)
def test_a_write_that_states_an_error_under_200_failed(body: str, message: str) -> None:
    with pytest.raises(errors.APIError) as caught:
        Nothing()(ok(body))
    assert (caught.value.status, caught.value.message) == (200, message)


@pytest.mark.parametrize("reader", [Nothing(), Into(dict), Into(list), First(Thing), Field("x", int)])
def test_html_under_200_is_no_answer(reader: Any) -> None:
    with pytest.raises(errors.DecodeError, match="HTML") as caught:
        reader(HTML)
    assert caught.value.body == HTML.body


# Reads


@pytest.mark.parametrize("response", [ok("[]"), ok(), ok("null"), ok('""'), Response(404, {}, b"No data")])
@pytest.mark.parametrize("kind", [list, list[Thing], list[dict[str, Any]]])
def test_an_empty_list_comes_in_many_forms(kind: Any, response: Response) -> None:
    assert Into(kind)(response) == []


def test_a_404_of_the_firewall_is_not_an_empty_list() -> None:
    with pytest.raises(errors.NotFound):
        Into(list)(Response(404, HTML.headers, HTML.body))


def test_a_404_is_an_error_where_one_thing_is_expected() -> None:
    with pytest.raises(errors.NotFound):
        Into(Thing)(Response(404))


def test_values_of_every_kind_are_read() -> None:
    assert Into(list[Thing])(ok('[{"ThingID":"1"}]')) == [Thing(1)]
    assert Into(list)(ok('[1,"a"]')) == [1, "a"]
    assert Into(Thing)(ok('{"thingId":1,"name":"n"}')) == Thing(1, "n")
    assert Into(dict)(ok('{"Any":1}')) == {"Any": 1}
    assert Into(str)(ok('"text"')) == "text"
    assert Into(str)(ok('"12"')) == "12"
    assert Into(int)(ok("12")) == 12
    assert Into(dict)(ok('"{\\"a\\":1}"')) == {"a": 1}, "a JSON text within a JSON string"


@pytest.mark.parametrize("reader", [Into(list), Into(list[Thing]), Into(Thing), Into(dict), First(Thing)])
def test_a_string_where_something_else_belongs_is_optimove_s_error(reader: Any) -> None:
    with pytest.raises(errors.APIError, match="Unknown customer"):
        reader(ok('"Unknown customer"'))


@pytest.mark.parametrize(
    "reader", [Into(list), Into(Thing), Into(Loose), First(Loose), First(Thing), Field("x", int)]
)
def test_a_stated_error_under_200_is_optimove_s_error(reader: Any) -> None:
    with pytest.raises(errors.APIError, match="Invalid email"):
        reader(ok('{"Error":"Invalid email"}'))


def test_an_error_that_is_a_documented_field_is_a_value() -> None:
    assert Into(WithError)(ok('{"Error":"some mails bounced"}')).error == "some mails bounced"
    assert Into(dict)(ok('{"Error":"some mails bounced"}')) == {"Error": "some mails bounced"}


def test_a_null_error_beside_a_value_is_none() -> None:
    assert Into(Loose)(ok('{"Error":null,"Name":"n"}')) == Loose("n", extra={"Error": None})


def test_a_misfit_that_states_no_error_is_a_decode_error() -> None:
    with pytest.raises(errors.DecodeError):
        Into(Thing)(ok('{"Error":null}'))
    with pytest.raises(errors.DecodeError):
        Into(Thing)(ok())


def test_a_list_that_is_an_object_without_an_error_is_a_decode_error() -> None:
    with pytest.raises(errors.DecodeError, match="expected a list") as caught:
        Into(list)(ok('{"ResponseCode":200}'))
    assert caught.value.body == b'{"ResponseCode":200}'


def test_first_reads_an_object_alone_or_in_a_list() -> None:
    assert First(Thing)(ok('{"ThingID":1}')) == First(Thing)(ok('[{"ThingID":1}]')) == Thing(1)


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", '""'])
def test_first_of_nothing_is_not_found(body: str) -> None:
    with pytest.raises(errors.NotFound, match="no such thing"):
        First(Thing)(ok(body))


def test_a_field_is_found_in_any_casing() -> None:
    assert Field("CampaignId", int)(ok('{"campaign_id":"7"}')) == 7


def test_a_missing_field_is_named() -> None:
    with pytest.raises(errors.DecodeError) as caught:
        Field("CampaignId", int)(ok('{"x":1}'))
    assert caught.value.path == "$.CampaignId"


@pytest.mark.parametrize(
    "reader", [Nothing(), Into(list[Thing]), Into(Mapping[str, Any]), Field("x", int), First(Thing)]
)
def test_readers_are_values(reader: Any) -> None:
    assert pickle.loads(pickle.dumps(reader)) == reader
