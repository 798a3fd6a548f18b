"""Symplify: triggers become templates, one project for each campaign, and somebody else sends."""

from __future__ import annotations

import copy
import pickle
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from optimove_sdk import (
    ChannelTemplate,
    ConfigurationError,
    ConnectionFailed,
    DecodeError,
    OptimoveError,
    Outcome,
    Secret,
)
from optimove_sdk.connector.base import (
    Campaign,
    Delivery,
    DeliveryBatch,
    DeliveryOutcome,
    Recipient,
    TemplateSource,
)
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.testing import FakeOptimove, NotificationPoster
from optimove_sdk.testing.vendors import FakeSymplify, answered, unreachable
from optimove_sdk.vendors.symplify import (
    ProjectsMixed,
    SymplifyAPI,
    SymplifyDelivery,
    SymplifyError,
    SymplifyListeners,
    SymplifySend,
    SymplifyTemplates,
    Trigger,
    templates_from,
)
from optimove_sdk.vendors.symplify.projects import OneProject

CAMPAIGN = Campaign("default", 38, 504)
SEND_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
BATCH = DeliveryBatch("batch-1", CAMPAIGN, 7, (Recipient("C1"), Recipient("C2")), SEND_AT)


class Sender:
    """What a user supplies; ``answer`` is what it returns."""

    def __init__(self, answer: Sequence[DeliveryOutcome] | None = None) -> None:
        self.sent: list[SymplifySend] = []
        self.answer = answer

    async def __call__(self, order: SymplifySend) -> Sequence[DeliveryOutcome] | None:
        self.sent.append(order)
        return self.answer


class Templates:
    """The templates of every campaign; counts how often it is asked."""

    def __init__(self, *ids: int) -> None:
        self.ids = ids
        self.asked = 0

    async def __call__(self, campaign: Campaign) -> Iterable[int]:
        self.asked += 1
        return self.ids


# The API


async def test_the_triggers_of_a_project_are_listed_as_documented(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31, "Hello", description="d", channelTypeId="2", listId=5, brandNew=1)
    symplify.add_trigger(8, 32)
    (trigger,) = await symplify_api.triggers(31)
    assert trigger == Trigger(7, 31, "Hello", "d", "EMAIL", 2, 5, True)
    assert trigger.raw["brandNew"] == 1
    (asked,) = symplify.asked
    assert (asked.method, asked.path) == ("GET", "/rest/12/triggers")
    assert asked.params == {"projectId": "31", "basic": "true"}
    assert asked.headers["x-example-token"] == "symplify-token"
    assert "authorization" not in asked.headers


async def test_one_trigger_is_asked_for_by_its_id(symplify: FakeSymplify, symplify_api: SymplifyAPI) -> None:
    symplify.add_trigger(7, 31)
    assert (await symplify_api.trigger(7)).project_id == 31
    assert symplify.asked[0].path == "/rest/12/triggers/7"


async def test_an_older_server_wants_a_user_and_its_own_path(symplify: FakeSymplify) -> None:
    api = SymplifyAPI(
        "https://www4.carmamail.com/rest/",
        12,
        token="symplify-token",
        token_header="X-Example-Token",
        username="me",
        password=Secret("open sesame"),
        transport=symplify,
    )
    async with api:
        assert await api.triggers(31) == []
    assert symplify.asked[0].path == "/rest/12/triggers"
    basic = b64encode(b"me:open sesame").decode()
    assert symplify.asked[0].headers["authorization"] == f"Basic {basic}"
    assert "sesame" not in repr(vars(api)) + repr(api._rest._headers)
    assert not symplify.closed


@pytest.mark.parametrize(("status", "body"), [(401, b"who?"), (500, b""), (302, b"")])
async def test_a_refusal_is_an_error(
    symplify: FakeSymplify, symplify_api: SymplifyAPI, status: int, body: bytes
) -> None:
    symplify.happens(answered(status, body))
    with pytest.raises(SymplifyError, match=str(status)) as caught:
        await symplify_api.triggers(31)
    error = caught.value
    assert (error.status, error.body, error.outcome) == (status, body, Outcome.SENT)
    for twin in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (str(twin), twin.status) == (str(error), status)


@pytest.mark.parametrize("answer", [b"", {"items": []}, [7], [{"name": "no id"}]])
async def test_an_answer_that_is_no_list_of_triggers_cannot_be_read(
    symplify: FakeSymplify, symplify_api: SymplifyAPI, answer: Any
) -> None:
    symplify.happens(answered(200, answer))
    with pytest.raises(DecodeError):
        await symplify_api.triggers(31)


async def test_a_trigger_that_does_not_say_its_project(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.happens(answered(200, [{"id": "7"}]), answered(200, {"id": 7}))
    assert (await symplify_api.triggers(31))[0].project_id == 31
    with pytest.raises(DecodeError, match="projectId"):
        await symplify_api.trigger(7)


@pytest.mark.parametrize("wrong", [{"token": ""}, {"token_header": ""}, {"username": "me"}])
def test_an_api_without_credentials_is_refused(wrong: dict[str, str]) -> None:
    settings: dict[str, Any] = {"token": "t", "token_header": "h", **wrong}
    with pytest.raises(ConfigurationError):
        SymplifyAPI("https://eu-proxy-1.symplifymail.com", 12, **settings)


# Templates


async def test_triggers_that_are_on_become_templates_of_their_channels(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31, "Hello")
    symplify.add_trigger(8, 31, "Text", type="SMS")
    symplify.add_trigger(9, 31, "Old", active=False)
    symplify.add_trigger(10, 32, "Back")
    symplify.triggers[10]["name"] = None
    symplify.add_trigger(11, 33, "Not ours")
    symplify.add_trigger(12, 32, "Neither", type="FAX")
    channels = {"EMAIL": 504, "SMS": 505}
    source = SymplifyTemplates(
        symplify_api, {31: "Spring", 32: "Summer"}, lambda trigger: channels.get(str(trigger.type))
    )
    assert await source.templates() == {
        504: [ChannelTemplate(7, "Spring / Hello"), ChannelTemplate(10, "Summer / Trigger 10")],
        505: [ChannelTemplate(8, "Spring / Text")],
    }


def test_templates_come_from_at_least_one_project(symplify_api: SymplifyAPI) -> None:
    with pytest.raises(ConfigurationError, match="project"):
        SymplifyTemplates(symplify_api, {}, lambda trigger: 504)


# Delivery


async def test_recipients_trigger_and_time_are_handed_to_the_users_send(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31)
    send = Sender()
    delivery = SymplifyDelivery(symplify_api, send, templates_of=Templates(7))
    assert await delivery.deliver(BATCH) == BATCH.all_sent()
    (order,) = send.sent
    assert (order.key, order.symplify_customer_id, order.campaign) == ("batch-1", "12", CAMPAIGN)
    assert (order.trigger.id, order.trigger.project_id) == (7, 31)
    assert (order.recipients, order.send_at) == (BATCH.recipients, SEND_AT)
    assert "C1" not in repr(order)


async def test_what_send_says_of_the_recipients_counts(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31)
    outcomes = [DeliveryOutcome("C1"), DeliveryOutcome("C2", "no address")]
    delivery = SymplifyDelivery(symplify_api, Sender(outcomes), templates_of=Templates())
    assert await delivery.deliver(BATCH) == outcomes


async def test_a_campaign_that_mixes_projects_is_refused_before_anything_is_sent(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31)
    symplify.add_trigger(8, 31)
    symplify.add_trigger(9, 32)
    send = Sender()
    delivery = SymplifyDelivery(symplify_api, send, templates_of=Templates(7, 8, 9))
    for template in (7, 9):
        outcomes = await delivery.deliver(attrs.evolve(BATCH, template_id=template))
        assert {one.error for one in outcomes} == {
            "campaign 38 mixes Symplify projects 31 (template 7, 8), 32 (template 9): it must keep to one"
        }
    assert send.sent == []
    with pytest.raises(ProjectsMixed) as caught:
        await OneProject(symplify_api, Templates(7, 9)).trigger_of(CAMPAIGN, 7)
    assert caught.value.projects == {31: [7], 32: [9]}
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), OptimoveError)


async def test_many_templates_of_one_project_are_fine(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    for trigger in (7, 8):
        symplify.add_trigger(trigger, 31)
    send = Sender()
    delivery = SymplifyDelivery(symplify_api, send, templates_of=Templates(7, 8))
    for template in (7, 8):
        assert (await delivery.deliver(attrs.evolve(BATCH, template_id=template)))[0].ok
    assert [order.trigger.id for order in send.sent] == [7, 8]


@pytest.mark.parametrize(
    ("template", "why"), [(None, "has no template"), (99, "404.*no Symplify trigger any more")]
)
async def test_a_template_that_is_no_trigger_fails_for_good(
    symplify_api: SymplifyAPI, template: int | None, why: str
) -> None:
    send = Sender()
    delivery = SymplifyDelivery(symplify_api, send, templates_of=Templates())
    outcomes = await delivery.deliver(attrs.evolve(BATCH, template_id=template))
    assert all(re.search(why, one.error or "") for one in outcomes)
    assert send.sent == []


@pytest.mark.parametrize(
    ("mishaps", "error"),
    [([answered(503)], SymplifyError), ([unreachable(), unreachable()], ConnectionFailed)],
)
async def test_a_symplify_that_cannot_be_asked_is_asked_again_later(
    symplify: FakeSymplify, symplify_api: SymplifyAPI, mishaps: list[Any], error: type[Exception]
) -> None:
    symplify.add_trigger(7, 31)
    symplify.happens(*mishaps)
    delivery = SymplifyDelivery(symplify_api, Sender(), templates_of=Templates())
    with pytest.raises(error):
        await delivery.deliver(BATCH)
    assert (await delivery.deliver(BATCH))[0].ok


async def test_a_campaign_is_looked_up_once_in_a_while(
    symplify: FakeSymplify, symplify_api: SymplifyAPI
) -> None:
    symplify.add_trigger(7, 31)
    now, templates = [0.0], Templates(7)
    projects = OneProject(symplify_api, templates, clock=lambda: now[0])
    for seconds, asked in ((0, 1), (299, 1), (301, 2)):
        now[0] = seconds
        await projects.trigger_of(CAMPAIGN, 7)
        assert (templates.asked, len(symplify.asked)) == (asked, asked)


async def test_cancelling_is_the_users_too(symplify_api: SymplifyAPI) -> None:
    cancelled: list[Campaign] = []

    async def cancel(campaign: Campaign) -> None:
        cancelled.append(campaign)

    with_it = SymplifyDelivery(symplify_api, Sender(), templates_of=Templates(), cancel=cancel)
    await with_it.cancel(CAMPAIGN)
    await SymplifyDelivery(symplify_api, Sender(), templates_of=Templates()).cancel(CAMPAIGN)
    assert cancelled == [CAMPAIGN]


def test_they_are_the_parts_of_a_vendor(symplify_api: SymplifyAPI) -> None:
    source = SymplifyTemplates(symplify_api, {31: "Spring"}, lambda trigger: 504)
    assert isinstance(source, TemplateSource)
    assert isinstance(SymplifyDelivery(symplify_api, Sender(), templates_of=Templates()), Delivery)


async def test_optimove_says_which_templates_a_campaign_has() -> None:
    fake = FakeOptimove()
    campaign = fake.add_campaign(customers=4, channels=[504], template_ids=[7, 8])
    fake.run(campaign.campaign_id)
    async with fake.async_client() as client:
        templates_of = templates_from(client)
        assert sorted(await templates_of(Campaign("default", campaign.campaign_id, 504))) == [7, 8]
        assert list(await templates_of(Campaign("default", "a9F", 504))) == []
        assert list(await templates_of(Campaign("default", campaign.campaign_id))) == []


# One URL for each customer


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_each_symplify_customer_has_a_url_of_its_own() -> None:
    heard: list[str] = []
    listeners = {name: Listener(f"secret-path-of-{name}") for name in ("12", "123")}
    for name, listener in listeners.items():
        listener.fallback(lambda notification, name=name: heard.append(name))
    served = SymplifyListeners(listeners)
    url = served.url("https://you.example/", "123")
    assert url == "https://you.example/symplify/123/secret-path-of-123"
    assert served.base("https://you.example", "12") == "https://you.example/symplify/12"
    app = served.in_front_of(nothing)
    posted = [
        (await NotificationPoster(app, path).apost(b'{"EventTypeID": 2}')).status
        for path in (
            "/symplify/123/secret-path-of-123",
            "/symplify/12/secret-path-of-12",
            "/symplify/12/secret-path-of-123",
            "/elsewhere",
        )
    ]
    assert posted == [200, 200, 404, 418]
    assert heard == ["123", "12"]


def test_customers_cannot_share_a_secret() -> None:
    listeners = {"12": Listener("one-secret-path-1"), "13": Listener("one-secret-path-1")}
    with pytest.raises(ConfigurationError, match="secret of its own"):
        SymplifyListeners(listeners)
