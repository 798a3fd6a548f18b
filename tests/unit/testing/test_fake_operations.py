from __future__ import annotations

import json
from datetime import date

import attrs
import pytest

from optimove_sdk import (
    BadRequest,
    CampaignMetric,
    ChannelTemplate,
    CustomerPromotionStatus,
    Interaction,
    Metric,
    NotFound,
    Promotion,
)
from optimove_sdk.testing import Delivery, Trigger

METRIC = CampaignMetric(504, 1, 1, Metric.SENT, 925)


def test_what_is_published_can_be_read_replaced_and_withdrawn(fake) -> None:
    client = fake.client()
    client.templates.add(504, [ChannelTemplate(i, f"T{i}") for i in range(150)]).raise_for_failed()
    client.templates.add(504, [ChannelTemplate(0, "new", app_id="app")]).raise_for_failed()
    client.templates.delete(504, range(1, 149)).raise_for_failed()
    assert [(one.template_id, one.template_name, one.app_id) for one in client.templates.list(504)] == [
        (0, "new", "app"),
        (149, "T149", None),
    ]
    client.promotions.add([Promotion("A", "a"), Promotion("B", "b")]).raise_for_failed()
    client.promotions.add([Promotion("A", "c")]).raise_for_failed()
    client.promotions.delete(["B"]).raise_for_failed()
    assert client.promotions.list() == [Promotion("A", "c")]


def test_a_template_has_content(fake, perform) -> None:
    client = fake.client()
    client.templates.add(504, [ChannelTemplate(1, "Hello")])
    details = perform(client.plan.templates.get(504, 1))
    assert "Hello" in details.template_content
    assert details.template_attributes[2] == "Hello"
    with pytest.raises(NotFound):
        perform(client.plan.templates.get(504, 2))


def test_the_channels_are_those_of_optimoves_own_sandbox_and_what_is_added(fake, perform) -> None:
    fake.add_channel(3, "Letters")
    names = {one.channel_id: one.channel_name for one in perform(fake.client().plan.campaigns.channels())}
    assert (names[504], names[3]) == ("Email", "Letters")


def test_a_campaign_is_found_by_day_by_channel_and_by_id(fake, perform) -> None:
    one = fake.add_campaign(customers=9, channels=[504, 505], template_ids=[1, 2], notes="mine")
    plan = fake.client().plan.campaigns
    assert [c.campaign_id for c in perform(plan.executed_on(date(2026, 1, 5)))] == [one.campaign_id]
    assert perform(plan.executed_on(date(2026, 1, 6))) == []
    found = perform(plan.executed_by_channel(505, date(2026, 1, 5)))
    assert [c.campaign_id for c in found] == [one.campaign_id]
    assert perform(plan.executed_by_channel(510, date(2026, 1, 5))) == []
    details = perform(plan.get(one.campaign_id))
    assert (details.campaign_id, details.test_group_size, details.notes) == (None, 9, "mine")
    assert [channel.id for channel in details.channels] == [504, 505]
    assert [row.template_id for row in perform(plan.channel_details(one.campaign_id, 504))] == [1, 2]


def test_an_unknown_campaign_is_not_found_in_plain_text(fake, ask, perform) -> None:
    response = ask("GET", "/current/actions/GetCampaignDetails?CampaignID=99")
    assert (response.status, response.body) == (404, b"Not Found")
    with pytest.raises(NotFound):
        perform(fake.client().plan.campaigns.get(99))


def test_the_date_of_the_data_is_yesterday(fake, perform) -> None:
    assert perform(fake.client().plan.general.last_data_update()) == date(2026, 1, 4)


def test_metrics_interactions_and_statuses_are_kept(fake) -> None:
    number = fake.add_campaign(conditional=True).campaign_id
    client = fake.client()
    client.metrics.update_campaign_metrics([METRIC] * 150).raise_for_failed()
    assert fake.metrics == [METRIC] * 150
    client.metrics.update_campaign_interactions(
        number, 504, "2026-01-05", 1, Interaction.OPENED, ["C1", "C2"]
    ).raise_for_failed()
    assert [row["CustomerIDs"] for row in fake.interactions] == [["C1", "C2"]]
    client.promotions.update_status(number, [CustomerPromotionStatus("C1", True)]).raise_for_failed()
    assert fake.promotion_statuses == {number: {"C1": True}}


def test_writes_answer_nothing(fake, ask) -> None:
    response = ask("POST", "/current/integrations/AddPromotions", b'[{"PromoCode":"A","PromotionName":"a"}]')
    assert (response.status, response.body) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/current/integrations/GetPromotions",
        "/Integrations/GetPromotions",
        "/CURRENT/INTEGRATIONS/getpromotions",
    ],
)
def test_a_function_is_found_in_both_styles_and_any_case(ask, path) -> None:
    assert ask("GET", path).status == 200


@pytest.mark.parametrize("style", ["current", "plain"])
def test_clients_of_both_styles_are_served(fake, style) -> None:
    assert fake.client(path_style=style).promotions.list() == []
    assert fake.client(path_style=style).attributes.get("C1")


def test_parameters_and_fields_are_read_in_any_case(fake, ask) -> None:
    assert ask("POST", "/current/integrations/AddChannelTemplates?ChannelId=3", b"[]").status == 200
    body = b'[{"templateId": 1, "templateName": "x"}]'
    assert ask("POST", "/current/integrations/AddChannelTemplates?channelid=3", body).status == 200
    assert list(fake.templates[3]) == [1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/current/general/Nothing", 404),
        ("GET", "/", 404),
        ("GET", "/current/integrations/AddPromotions", 405),
        ("POST", "/current/integrations/GetPromotions", 405),
        ("GET", "/current/integrations/GetChannelTemplates?ChannelID=77", 404),
        ("GET", "/current/actions/GetExecutedCampaignChannelDetails?CampaignID=1&ChannelID=510", 404),
        ("GET", "/current/customers/GetCustomerExecutionDetailsByCampaign?CampaignID=1&ChannelID=510", 404),
        ("GET", "/current/actions/GetCampaignDetails", 400),
        ("GET", "/current/actions/GetCampaignDetails?CampaignID=x", 400),
        ("GET", "/current/actions/GetExecutedCampaignDetails?Date=today", 400),
    ],
)
def test_what_cannot_be_served_says_so(fake, ask, method, path, status) -> None:
    fake.add_campaign(campaign_id=1)
    assert ask(method, path).status == status


TEMPLATES = "/current/integrations/AddChannelTemplates"
LISTENER = "/current/general/RegisterEventListener"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TEMPLATES, [{"TemplateID": 1, "TemplateName": "x"}]),
        (f"{TEMPLATES}?ChannelID=3", {"TemplateID": 1}),
        (f"{TEMPLATES}?ChannelID=3", [{"TemplateID": 1, "TemplateName": "x"}] * 101),
        (f"{TEMPLATES}?ChannelID=3", [{"TemplateID": "one", "TemplateName": "x"}]),
        (f"{TEMPLATES}?ChannelID=3", [{"TemplateID": 1, "TemplateName": ""}]),
        ("/current/integrations/AddPromotions", [{"PromoCode": "A"}]),
        ("/current/integrations/AddPromotions", None),
        ("/current/integrations/DeletePromotions", [{}]),
        ("/current/integrations/UpdateCampaignMetrics", [{"ChannelID": 1}]),
        ("/current/integrations/UpdateCampaignInteractions", {"CustomerIDs": ["a"]}),
        ("/current/integrations/UpdateCampaignInteractions", {"CustomerIDs": ["a"] * 10_001}),
        ("/current/integrations/UpdateCustomerPromotionStatus", {"PromosUpdated": []}),
        ("/current/customers/UpdateCustomerAttributes", {"CustomerNewAttributesValuesList": [{}]}),
        ("/current/customers/UpdateCustomerAttributes", {"CustomerNewAttributesValuesList": ["a"]}),
        (
            "/current/customers/UpdateCustomerAttributes",
            {"CustomerNewAttributesValuesList": [{"CustomerID": "a", "Attributes": [{}]}]},
        ),
        (LISTENER, {"EventTypeID": 13}),
        (LISTENER, {"EventTypeID": "x", "ListenerURL": "http://x.test"}),
        (LISTENER, {"EventTypeID": 5, "ListenerURL": "http://x.test", "ChannelID": 504}),
        ("/current/general/UnregisterEventListener", {}),
        ("/current/general/login", []),
    ],
)
def test_a_wrong_body_is_a_bad_request_with_a_reason(ask, path, body) -> None:
    response = ask("POST", path, json.dumps(body).encode())
    assert response.status == 400
    assert isinstance(json.loads(response.body), str)


def test_a_body_that_is_not_declared_or_not_json_is_a_bad_request(ask) -> None:
    path = "/current/integrations/AddPromotions"
    assert ask("POST", path, b"[]", Content_Type="text/plain").status == 400
    assert ask("POST", path, b"[").status == 400


def test_a_client_sees_the_reason(fake, perform) -> None:
    call = next(iter(fake.client().plan.promotions.update_status(1, [CustomerPromotionStatus("a", True)])))
    with pytest.raises(NotFound):
        perform(call)
    fake.add_campaign(campaign_id=1)
    from optimove_sdk import Call

    with pytest.raises(BadRequest, match="must be an array"):
        perform(Call("POST", "integrations/AddPromotions", json={}))


def test_requests_are_noted_with_what_was_sent(fake) -> None:
    fake.client().templates.add(504, [ChannelTemplate(1, "x")])
    (noted,) = fake.requests
    assert (noted.operation, noted.method, noted.status) == ("AddChannelTemplates", "POST", 200)
    assert (noted.params, noted.json) == ({"channelid": "504"}, [{"TemplateID": 1, "TemplateName": "x"}])
    assert noted.path == "/current/integrations/AddChannelTemplates"
    assert fake.count() == fake.count("AddChannelTemplates") == 1
    assert fake.state()["templates"] == 1


class TestNotifications:
    def test_a_run_notifies_in_general_and_for_each_channel(self, fake) -> None:
        client = fake.client()
        client.listeners.register(1, "https://me.test/1")
        client.listeners.register(13, "https://me.test/13")
        number = fake.add_campaign(channels=[504, 505]).campaign_id
        sent = fake.run(number)
        stamp = {"TimeStamp": "2026-01-05 09:00:00", "CampaignID": number}
        assert (
            sent
            == fake.outbox
            == [
                Delivery("https://me.test/1", {"EventTypeID": 1, **stamp}),
                Delivery("https://me.test/13", {"EventTypeID": 13, **stamp, "ChannelID": 504}),
                Delivery("https://me.test/13", {"EventTypeID": 13, **stamp, "ChannelID": 505}),
            ]
        )

    def test_a_listener_for_a_channel_hears_of_that_channel_only(self, fake) -> None:
        fake.client().listeners.register(13, "https://me.test/13", channel_id=505)
        sent = fake.run(fake.add_campaign(channels=[504, 505]).campaign_id)
        assert [delivery.payload["ChannelID"] for delivery in sent] == [505]

    def test_registering_again_replaces_and_unregistering_ends_it(self, fake) -> None:
        client = fake.client()
        client.listeners.register(13, "https://me.test/old")
        client.listeners.register(13, "https://me.test/new")
        (row,) = client.listeners.list()
        assert row["listener_url"] == "https://me.test/new"
        client.listeners.unregister(13)
        assert client.listeners.list() == fake.run(fake.add_campaign().campaign_id) == []

    def test_an_encoded_url_of_old_documentation_is_understood(self, fake, ask) -> None:
        ask("POST", LISTENER, b'{"EventTypeID":1,"ListenerURL":"http%3A%2F%2Fme.test%2Fx"}')
        assert [listener.url for listener in fake.listeners] == ["http://me.test/x"]

    def test_a_held_campaign_asks_for_clearance_first(self, fake) -> None:
        client = fake.client()
        client.listeners.register(5, "https://me.test/5")
        client.listeners.register(13, "https://me.test/13")
        number = fake.add_campaign(conditional=True).campaign_id
        (held,) = fake.run(number)
        assert held.payload["ClearanceRequiredBy"] == "2026-01-05 11:00:00"
        assert [sent.payload["EventTypeID"] for sent in fake.release(number)] == [13]

    def test_a_cancelled_campaign_is_told(self, fake) -> None:
        fake.client().listeners.register(4, "https://me.test/4")
        (sent,) = fake.cancel(fake.add_campaign().campaign_id)
        assert sent.payload["EventTypeID"] == 4

    def test_a_trigger_is_told_to_who_listens_to_its_channel(self, fake) -> None:
        fake.client().listeners.register(11, "https://me.test/11", channel_id=505)
        trigger = Trigger(customer_id="C7", campaign_id=9, channel_id=505, promo_codes=["A", "B"])
        (sent,) = fake.trigger(trigger)
        assert (sent.payload["customerID"], sent.payload["promoCode"]) == ("C7", ["A", "B"])
        assert fake.trigger(attrs.evolve(trigger, channel_id=504)) == []

    def test_any_other_event_can_be_sent(self, fake) -> None:
        fake.client().listeners.register(11, "https://me.test/11", channel_id=15)
        assert fake.notify(11, (16,), customerID="C1") == []
        (sent,) = fake.notify(11, (15,), customerID="C1", promoCode=["A"])
        assert sent.payload["promoCode"] == ["A"]
