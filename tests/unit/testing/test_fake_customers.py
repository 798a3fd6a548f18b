"""Groups, products, interactions, preferences, lists: what is known of customers, and read back."""

from __future__ import annotations

import json

import pytest

from optimove_sdk import BadRequest, Event, Interaction
from optimove_sdk.testing import FakeOptimove

ONE, TWO, THREE = map(FakeOptimove.customer_id, range(3))
TODAY = "2026-01-05"


def ids(rows) -> list[str]:
    return [row.customer_id for row in rows]


class TestGroups:
    def test_every_customer_is_in_a_value_segment_until_moved(self, fake) -> None:
        fake.add_campaign(customers=10)
        client = fake.client()
        assert ids(client.value_segments.customers(1, TODAY)) == ["C0000001", "C0000005", "C0000009"]
        fake.move("C0000005", value_segment_id=2)
        fake.move("C0000002", value_segment_id=1)
        assert ids(client.value_segments.customers(1, TODAY)) == ["C0000001", "C0000009", "C0000002"]
        assert ids(client.value_segments.customers(1, "2026-01-04")) == ["C0000001", "C0000005", "C0000009"]
        assert ids(client.value_segments.customers(9, TODAY)) == []
        (row, *_) = client.value_segments.customers(1, TODAY, attributes=["Email"])
        assert row.attributes["Email"] == "c0000001@example.test"

    def test_who_moved_is_a_changer_of_that_day(self, fake) -> None:
        client = fake.client()
        fake.move(TWO, value_segment_id=3, microsegment_id=1, target_group_id=2)
        (one,) = client.value_segments.changers()
        assert (one.customer_id, one.initial_value_segment_id, one.final_value_segment_id) == (TWO, 2, 3)
        (one,) = client.model.microsegment_changers(attributes=["Country"])
        assert (one.initial_microsegment_id, one.final_microsegment_id) == (2, 1)
        assert set(one.attributes) == {"Country"}
        (one,) = client.target_groups.changers(start_date=TODAY, end_date=TODAY)
        assert (one.initial_target_group_id, one.final_target_group_id) == (-1, 2)
        fake.move(TWO, target_group_id=1)
        (one,) = client.target_groups.changers()
        assert (one.initial_target_group_id, one.final_target_group_id) == (-1, 1)
        assert client.target_groups.changers(start_date="2026-01-06", end_date="2026-01-07").to_list() == []

    def test_a_stranger_comes_from_nowhere(self, fake) -> None:
        fake.move("stranger", value_segment_id=3)
        (one,) = fake.client().value_segments.changers()
        assert one.initial_value_segment_id is None
        assert fake.client().value_segments.customers(3, TODAY).to_list() == []

    def test_a_list_is_a_target_group(self, fake, perform) -> None:
        client = fake.client()
        client.attributes.upsert("written", {"Age": "3"})
        made = perform(client.plan.customer_lists.create("VIPs", [ONE, "written", "stranger"]))
        assert (made.list_name, made.existed_customers, made.non_existed_customers) == (
            "VIPs",
            2,
            ["stranger"],
        )
        assert client.target_groups.name_of(made.target_group_id) == "VIPs"
        assert made.target_group_id in [group.target_group_id for group in client.target_groups.list()]
        assert fake.customer_lists == {made.target_group_id: (ONE, "written")}

    @pytest.mark.parametrize(
        "body", [{"list-name": "x"}, {"customers": []}, {"list-name": "", "customers": []}]
    )
    def test_a_list_needs_a_name_and_customers(self, ask, body) -> None:
        assert ask("POST", "/api/v2/target-group/customer-list", json.dumps(body).encode()).status == 400


class TestOffers:
    def test_campaigns_are_seen_by_target_group_and_day(self, fake) -> None:
        fake.add_campaign(target_group_id=7, action_id=3, channels=[504, 505], promo_codes=["A", "B"])
        fake.add_campaign(target_group_id=8, campaign_id=99)
        client = fake.client()
        assert [group.target_group_id for group in client.target_groups.executed_on(TODAY)] == [7, 8]
        assert client.target_groups.executed_on("2026-01-06") == []
        assert [row.action_id for row in client.actions.by_target_group(7, TODAY)] == [3]
        details = client.actions.details_by_target_group(7, TODAY)
        assert [(row.channel_id, row.duration) for row in details] == [(504, 7), (505, 7)]
        codes = client.actions.promo_codes(TODAY)
        assert [(row.target_group_id, row.promo_codes) for row in codes] == [(7, ("A", "B")), (8, ())]
        assert client.actions.promo_codes_by_campaign(99)[0].promo_codes == ()
        assert client.actions.promo_codes_by_target_group(7, TODAY)[0].promo_codes == ("A", "B")
        assert client.actions.promo_codes_by_campaign(5) == []


class TestProducts:
    def test_future_values_are_of_stages_or_of_an_attribute(self, fake) -> None:
        fake.add_campaign(customers=8)
        client = fake.client()
        rows = client.customers.future_values(lifecycle_stage_ids=[2, 1]).to_list()
        assert ids(rows) == ["C0000002", "C0000006", "C0000001", "C0000005"]
        assert all(row.future_value >= 0 for row in rows)
        client.attributes.update({TWO: {"Country": "Australia"}})
        rows = client.customers.future_values(
            customer_attribute="Country", customer_attribute_value="australia"
        )
        assert ids(rows) == [TWO]

    @pytest.mark.parametrize("query", ["", "LifecycleStageID=one", "CustomerAttribute=Country"])
    def test_future_values_need_one_or_the_other(self, ask, query) -> None:
        assert ask("GET", f"/current/customers/GetCustomerFutureValues?{query}").status == 400

    def test_products_are_recommended(self, fake) -> None:
        fake.add_campaign(customers=3)
        client = fake.client()
        rows = client.customers.product_recommendations(product_attributes=["color", "style"]).to_list()
        assert ids(rows) == [ONE, ONE, TWO, TWO, THREE, THREE]
        assert all(row.product_id and len(row.product_attributes) == 2 for row in rows)
        mine = client.customers.product_recommendations(customer_id=TWO).to_list()
        assert [row.product_id for row in mine] == [row.product_id for row in rows[2:4]]
        assert client.customers.product_recommendations(customer_id="stranger").to_list() == []

    def test_campaigns_of_the_past_month_suggest(self, fake) -> None:
        fake.add_campaign(customers=1)
        client = fake.client()

        def suggested(**dates: str) -> int:
            return len(
                client.customers.product_recommendations(suggested_in_campaign=True, **dates).to_list()
            )

        assert (suggested(), suggested(start_date="2025-01-01", end_date="2025-02-01")) == (2, 0)
        fake.clock.advance(40 * 24 * 3600)
        assert suggested() == 0

    def test_details_are_the_ids_of_who_was_reached(self, fake) -> None:
        number = fake.add_campaign(customers=2).campaign_id
        client = fake.client()
        assert client.customers.product_details_on(TODAY).to_list() == [
            {"customer_id": ONE},
            {"customer_id": TWO},
        ]
        assert len(client.customers.product_details_by_campaign(number).to_list()) == 2


class TestInteractions:
    def test_what_was_reported_is_read_back(self, fake) -> None:
        number = fake.add_campaign(action_id=3).campaign_id
        client = fake.client()

        def report(campaign: int, event: Interaction, *customers: str, channel: int = 504) -> None:
            client.metrics.update_campaign_interactions(
                campaign, channel, TODAY, 8, event, customers
            ).raise_for_failed()

        report(number, Interaction.OPENED, ONE, TWO)
        report(77, Interaction.CLICKED, ONE, channel=505)
        first, second = client.customers.channel_interactions(ONE, TODAY, TODAY)
        assert (first.campaign_id, first.action_id, first.event_id) == (number, 3, Interaction.OPENED)
        assert (first.recipient_group_id, first.template_id) == (1, 8)
        assert (second.campaign_id, second.action_id, second.channel_id) == (77, None, 505)
        assert len(client.customers.channel_interactions(ONE, TODAY, TODAY, channel_id=505)) == 1
        assert client.customers.channel_interactions(ONE, "2026-01-06", "2026-01-07") == []
        rows = client.customers.campaign_interactions(TODAY, 504, Interaction.OPENED).to_list()
        assert rows == [
            {"customer_id": customer, "campaign_id": number, "template_id": 8} for customer in (ONE, TWO)
        ]
        assert client.customers.campaign_interactions(TODAY, 504, Interaction.CLICKED).to_list() == []

    def test_who_did_something_has_activity_events(self, fake) -> None:
        client = fake.client()
        for who in ({"customer": ONE}, {"visitor": "V"}, {"customer": ONE}):
            client.events.report(Event(event="signup", **who))
        assert client.customers.activity_event_attributes().to_list() == [{"customer_id": ONE}]


class TestPreferences:
    def test_subscriptions_are_read_back_and_others_stay(self, fake, perform) -> None:
        plan = fake.client().plan.preferences
        fake.preference_center.add_topic("t", "Offers", "of the week")
        first = perform(plan.get(ONE, "group"))
        assert (first.channels, [topic.channel_subscription for topic in first.topics]) == (
            (15, 489, 490, 493),
            [(), (), ()],
        )
        education = first.topics[0].topic_id
        perform(plan.set(ONE, "group", {"t": [15], education: [489]}))
        perform(plan.set(ONE, "group", {"t": []}))

        def subscribed(customer: str, group: str) -> list:
            return [topic.channel_subscription for topic in perform(plan.get(customer, group)).topics]

        assert subscribed(ONE, "group") == [(489,), (), ()]
        assert subscribed(TWO, "group") == subscribed(ONE, "other") == [(), (), ()]

    def test_an_unknown_topic_and_another_tenant_are_refused(self, fake) -> None:
        with pytest.raises(BadRequest, match="there is no topic"):
            fake.client().preferences.set(ONE, "group", {"nonsense": [15]})
        with pytest.raises(BadRequest, match="X-Tenant-Id"):
            fake.client(tenant_id=1).preferences.get(ONE, "group")

    def test_both_verbs_are_counted_by_name_and_others_not_allowed(self, fake, ask) -> None:
        path = "/api/v1/preferences?customerId=a&brandGroupId=b"
        assert ask("GET", path, X_Tenant_Id="999", X_API_KEY="none").status == 200
        assert ask("PUT", path, b"[]", X_Tenant_Id="999").status == 200
        assert ask("PUT", path, b'[{"topicId": "t"}]', X_Tenant_Id="999").status == 400
        assert ask("DELETE", path).status == 405
        assert (fake.count("GetPreferences"), fake.count("SetPreferences")) == (1, 2)


def test_a_new_gateway_replaces_the_old(fake, ask) -> None:
    client = fake.client()
    for url in ("https://a.test", "https://b.test"):
        client.listeners.set_approval_gateway({"url": url})
    assert fake.approval_gateway == {"url": "https://b.test"}
    assert ask("PUT", "/triggered_conditional_execution_gateway", b"{}").status == 400
