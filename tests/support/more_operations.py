"""The rest of the operations: the model, actions, groups, segments, mail and what has a host of its own."""

from __future__ import annotations

from typing import Any

from optimove_sdk import Attachment, ChannelApp, Recipient
from support.operations import PAGE, Operation

DAY = "2015-10-23"
RANGE: dict[str, Any] = {"start_date": "2015-09-01", "end_date": "2015-09-30"}
SENT_RANGE = {"StartDate": "2015-09-01", "EndDate": "2015-09-30"}
TWO = {"CustomerAttributes": ["BuddyZZ", "UK"]}

MORE_OPERATIONS = {
    "model.customer_attributes": Operation(
        lambda c: c.model.customer_attributes(),
        "GET",
        "model/GetCustomerAttributeList",
        samples=([{"RealFieldName": "Affiliate", "Description": "Acquisition affiliate"}],),
    ),
    "model.lifecycle_stages": Operation(
        lambda c: c.model.lifecycle_stages(),
        "GET",
        "model/GetLifecycleStageList",
        samples=([{"StageID": 1, "StageName": "New"}, {"StageID": 2, "StageName": "Active"}],),
    ),
    "model.microsegments": Operation(
        lambda c: c.model.microsegments(),
        "GET",
        "model/GetMicrosegmentList",
        samples=(
            [
                {
                    "MicrosegmentID": 1,
                    "MicrosegmentName": "DWag1-Europe-Winner",
                    "LifecycleStageID": 1,
                    "FutureValue": 870.55,
                    "ChurnRate": 0.55,
                }
            ],
        ),
    ),
    "model.microsegment_changers": Operation(
        lambda c: c.model.microsegment_changers(**RANGE, attributes=["Alias", "Country"]),
        "GET",
        "model/GetMicrosegmentChangers",
        {**SENT_RANGE, "CustomerAttributes": "Alias;Country", **PAGE},
        samples=(
            [{"CustomerID": "231342", "InitialMicrosegmentID": 4, "FinalMicrosegmentID": 12}],
            [{"CustomerID": "231342", "InitialMicrosegmentID": 4, "FinalMicrosegmentID": 12, **TWO}],
        ),
    ),
    "model.microsegment_changers without dates": Operation(
        lambda c: c.model.microsegment_changers(), "GET", "model/GetMicrosegmentChangers", PAGE
    ),
    "actions.list": Operation(
        lambda c: c.actions.list(),
        "GET",
        "actions/GetAllActions",
        samples=([{"ActionID": 1, "ActionName": "10% Bonus"}],),
    ),
    "actions.id_of": Operation(
        lambda c: c.actions.id_of("Free Shipping"),
        "GET",
        "actions/GetActionID",
        {"ActionName": "Free Shipping"},
        samples=({"ActionID": 25}, {"actionId": "25"}),
    ),
    "actions.name_of": Operation(
        lambda c: c.actions.name_of(104),
        "GET",
        "actions/GetActionName",
        {"ActionID": "104"},
        samples=({"ActionName": "10% summer bonus"},),
    ),
    "actions.by_target_group": Operation(
        lambda c: c.actions.by_target_group(7, DAY),
        "GET",
        "actions/GetActionsByTargetGroup",
        {"TargetGroupID": "7", "Date": DAY},
        samples=([{"RecipientGroupID": 1, "ActionID": 23}],),
    ),
    "actions.details_by_target_group": Operation(
        lambda c: c.actions.details_by_target_group(9, DAY),
        "GET",
        "actions/GetActionDetailsByTargetGroup",
        {"TargetGroupID": "9", "Date": DAY},
        samples=([{"RecipientGroupID": 1, "ActionID": 65, "Duration": 7, "LeadTime": 0, "ChannelID": 1}],),
    ),
    "actions.promo_codes": Operation(
        lambda c: c.actions.promo_codes(DAY),
        "GET",
        "actions/GetPromoCodes",
        {"Date": DAY},
        samples=([{"TargetGroupID": 9, "RecipientGroupID": 1, "ActionID": 24, "PromoCode": "HEP-FEB"}],),
    ),
    "actions.promo_codes_by_campaign": Operation(
        lambda c: c.actions.promo_codes_by_campaign(721),
        "GET",
        "actions/GetPromoCodesByCampaign",
        {"CampaignID": "721"},
        samples=([{"RecipientGroupID": 1, "ActionID": 85, "PromoCode": ""}],),
    ),
    "actions.promo_codes_by_target_group": Operation(
        lambda c: c.actions.promo_codes_by_target_group(41, DAY),
        "GET",
        "actions/GetPromoCodesByTargetGroup",
        {"TargetGroupID": "41", "Date": DAY},
        samples=([{"RecipientGroupID": 1, "ActionID": 24, "PromoCode": "HEP-FEB"}],),
    ),
    "target_groups.executed_on": Operation(
        lambda c: c.target_groups.executed_on("2015-05-31"),
        "GET",
        "groups/GetTargetGroupsByDate",
        {"Date": "2015-05-31"},
        samples=([{"TargetGroupID": 9}],),
    ),
    "target_groups.id_of": Operation(
        lambda c: c.target_groups.id_of("UK VIPs"),
        "GET",
        "groups/GetTargetGroupID",
        {"TargetGroupName": "UK VIPs"},
        samples=({"TargetGroupID": 26},),
    ),
    "target_groups.name_of": Operation(
        lambda c: c.target_groups.name_of(42),
        "GET",
        "groups/GetTargetGroupName",
        {"TargetGroupID": "42"},
        samples=({"TargetGroupName": "Ireland VIPs"},),
    ),
    "target_groups.list": Operation(
        lambda c: c.target_groups.list(),
        "GET",
        "groups/GetTargetGroupDetails",
        samples=([{"TargetGroupID": 1, "TargetGroupName": "New UK", "TargetGroupPriority": 1}],),
    ),
    "target_groups.changers": Operation(
        lambda c: c.target_groups.changers(**RANGE),
        "GET",
        "customers/GetTargetGroupChangers",
        {**SENT_RANGE, **PAGE},
        samples=([{"CustomerID": "931342", "InitialTargetGroupID": -1, "FinalTargetGroupID": 8}],),
    ),
    "value_segments.list": Operation(
        lambda c: c.value_segments.list(),
        "GET",
        "segments/GetValueSegments",
        samples=([{"ValueSegmentName": "Diamond", "ValueSegmentID": 1}],),
    ),
    "value_segments.id_of": Operation(
        lambda c: c.value_segments.id_of("Diamond"),
        "GET",
        "segments/GetValueSegmentID",
        {"ValueSegmentName": "Diamond"},
        samples=({"ValueSegmentID": 1},),
    ),
    "value_segments.name_of": Operation(
        lambda c: c.value_segments.name_of(1),
        "GET",
        "segments/GetValueSegmentName",
        {"ValueSegmentID": "1"},
        samples=({"ValueSegmentName": "Diamond"},),
    ),
    "value_segments.customers": Operation(
        lambda c: c.value_segments.customers(3, "2015-05-10", attributes=["Alias"]),
        "GET",
        "segments/GetCustomersByValueSegment",
        {"ValueSegmentID": "3", "Date": "2015-05-10", "CustomerAttributes": "Alias", **PAGE},
        samples=(
            [{"CustomerID": "AC7615"}, {"CustomerID": "FP8721"}],
            [{"CustomerID": "AC7615", "CustomerAttributes": ["Robin777"]}],
        ),
    ),
    "value_segments.changers": Operation(
        lambda c: c.value_segments.changers(**RANGE),
        "GET",
        "segments/GetValueSegmentChangers",
        {**SENT_RANGE, **PAGE},
        samples=([{"CustomerID": "231342", "InitialValueSegmentID": 2, "FinalValueSegmentID": 3}],),
    ),
    "customers.currently_targeted": Operation(
        lambda c: c.customers.currently_targeted(),
        "GET",
        "customers/GetCurrentlyTargetedCustomers",
        PAGE,
        samples=(
            [
                {
                    "CustomerID": "231342",
                    "CampaignID": 428,
                    "ActionID": 4,
                    "StartDate": "2015-12-30",
                    "EndDate": "2016-01-02",
                }
            ],
        ),
    ),
    "customers.last_action": Operation(
        lambda c: c.customers.last_action("2872732"),
        "GET",
        "customers/GetCustomerLastActionExecuted",
        {"CustomerID": "2872732"},
        samples=({"ActionID": 428, "Date": "2014-12-24", "Duration": 7, "TargetGroupID": 15},),
    ),
    "customers.actions_by_target_group": Operation(
        lambda c: c.customers.actions_by_target_group(
            2,
            "2015-12-24",
            channel_id=6,
            attributes=["Alias", "Country"],
            include_control_group=True,
            include_recipient_group_id=True,
        ),
        "GET",
        "customers/GetCustomerActionsByTargetGroup",
        {
            "TargetGroupID": "2",
            "Date": "2015-12-24",
            "ChannelID": "6",
            "IncludeControlGroup": "true",
            "IncludeRecipientGroupID": "true",
            "CustomerAttributes": "Alias;Country",
            **PAGE,
        },
        samples=(
            [{"CustomerID": "A1342", "ActionID": 49, "ChannelID": 6, **TWO}],
            [{"CustomerID": "1000926", "ActionID": 62, "ChannelID": 15, "RecipientGroupID": 1}],
        ),
    ),
    "customers.one_time_actions_by_campaign": Operation(
        lambda c: c.customers.one_time_actions_by_campaign(242, attributes=["Alias", "Country"]),
        "GET",
        "customers/GetCustomerOneTimeActionsByCampaign",
        {"CampaignID": "242", "CustomerAttributes": "Alias;Country", **PAGE},
        samples=([{"CustomerID": "8D871", "RecipientGroupID": 1, "ActionID": 19, "ChannelID": 504, **TWO}],),
    ),
    "customers.one_time_actions_on": Operation(
        lambda c: c.customers.one_time_actions_on("2018-05-24", channel_id=504, include_control_group=True),
        "GET",
        "customers/GetCustomerOneTimeActionsByDate",
        {"Date": "2018-05-24", "ChannelID": "504", "IncludeControlGroup": "true", **PAGE},
        samples=([{"CustomerID": "8D871", "ActionID": 19, "ChannelID": 504}],),
    ),
    "customers.by_action": Operation(
        lambda c: c.customers.by_action(1, 2, "2015-06-24"),
        "GET",
        "customers/GetCustomersByAction",
        {"RecipientGroupID": "1", "ActionID": "2", "Date": "2015-06-24", **PAGE},
        samples=([{"CustomerID": "231342"}, {"CustomerID": "943157"}],),
    ),
    "customers.action_details_on": Operation(
        lambda c: c.customers.action_details_on("2014-12-10"),
        "GET",
        "customers/GetCustomerActionDetailsByDate",
        {"Date": "2014-12-10", **PAGE},
        samples=([{"CustomerID": "231342", "RecipientGroupID": 1, "ActionID": 42, "ChannelID": 10}],),
    ),
    "customers.product_details_on": Operation(
        lambda c: c.customers.product_details_on(DAY),
        "GET",
        "customers/GetCustomerProductDetailsByDate",
        {"Date": DAY, **PAGE},
        samples=([{"CustomerID": "231342"}],),
    ),
    "customers.product_details_by_campaign": Operation(
        lambda c: c.customers.product_details_by_campaign(5),
        "GET",
        "customers/GetCustomerProductDetailsByCampaign",
        {"CampaignID": "5", **PAGE},
        samples=([{"CustomerID": "231342"}],),
    ),
    "customers.product_recommendations": Operation(
        lambda c: c.customers.product_recommendations(product_attributes=["color", "style"]),
        "GET",
        "customers/GetCustomerProductRecommendations",
        {"ProductAttributes": '"color,style"', **PAGE},
        samples=(
            [
                {
                    "CustomerID": "231342",
                    "ProductID": "jeans12",
                    "RecommendationType": 1,
                    "ProductAttributes": ["blue", "skinny"],
                }
            ],
        ),
    ),
    "customers.product_recommendations in campaigns": Operation(
        lambda c: c.customers.product_recommendations(customer_id="C1", suggested_in_campaign=True, **RANGE),
        "GET",
        "customers/GetCustomerProductRecommendations",
        {"CustomerID": "C1", "SuggestedInCampaign": "true", **SENT_RANGE, **PAGE},
    ),
    "customers.future_values": Operation(
        lambda c: c.customers.future_values(lifecycle_stage_ids=[1, 2, 3]),
        "GET",
        "customers/GetCustomerFutureValues",
        {"LifecycleStageID": "1,2,3", **PAGE},
        samples=([{"CustomerID": "631942", "FutureValue": 342.65}],),
    ),
    "customers.future_values by attribute": Operation(
        lambda c: c.customers.future_values(
            customer_attribute="Country", customer_attribute_value="Australia"
        ),
        "GET",
        "customers/GetCustomerFutureValues",
        {"CustomerAttribute": "Country", "CustomerAttributeValue": "Australia", **PAGE},
    ),
    "customers.activity_event_attributes": Operation(
        lambda c: c.customers.activity_event_attributes({"EventID": 7}),
        "GET",
        "customers/GetCustomersActivityEventAttributes",
        {"EventID": "7", **PAGE},
        samples=([{"CustomerID": "231342"}],),
    ),
    "customers.campaign_interactions": Operation(
        lambda c: c.customers.campaign_interactions(DAY, 504, 2),
        "GET",
        "customers/GetCampaignInteractionCustomers",
        {"Date": DAY, "ChannelID": "504", "EventID": "2", **PAGE},
        samples=([{"CustomerID": "231342", "CampaignID": 5, "TemplateID": 7}],),
    ),
    "customers.channel_interactions": Operation(
        lambda c: c.customers.channel_interactions("841231", "2018-08-19", "2018-09-19"),
        "GET",
        "customers/GetCustomerChannelInteractions",
        {"CustomerID": "841231", "StartDate": "2018-08-19", "EndDate": "2018-09-19"},
        samples=(
            [
                {
                    "Date": "2018-08-20",
                    "CampaignID": 422,
                    "RecipientGroupID": 1,
                    "ActionID": 26,
                    "ChannelID": 7,
                    "TemplateID": 13,
                    "EventID": 2,
                }
            ],
            [],
        ),
    ),
    "customers.remove_pii": Operation(
        lambda c: c.customers.remove_pii(["A8272", "A916537"]),
        "POST",
        "customers/RemoveCustomerPII",
        body={"CustomerIDs": ["A8272", "A916537"]},
        samples=({"FailedCustomerIDs": ["A8272"]}, {"FailedCustomerIDs": []}, [], {}, b""),
    ),
    "attributes.add": Operation(
        lambda c: c.attributes.add(
            "VIP_Level", "VARCHAR(10)", default_value="Bronze", callback_url="https://a.example/cb"
        ),
        "POST",
        "customers/AddCustomerAttribute",
        body={
            "Name": "VIP_Level",
            "Type": "VARCHAR(10)",
            "DefaultValue": "Bronze",
            "CallbackURL": "https://a.example/cb",
        },
        samples=(b"", {"requestId": "77e34963"}),
    ),
    "attributes.upsert": Operation(
        lambda c: c.attributes.upsert("C1", {"VIP_Level": "Gold"}, callback_url="https://a.example/cb"),
        "PUT",
        "customers/UpsertCustomer",
        body={
            "CustomerId": "C1",
            "Attributes": [{"RealFieldName": "VIP_Level", "Value": "Gold"}],
            "CallbackUrl": "https://a.example/cb",
        },
        samples=(b"", {"errors": []}),
    ),
    "attributes.upsert_many": Operation(
        lambda c: c.attributes.upsert_many({"C1": {"VIP_Level": "Gold"}}),
        "PUT",
        "customers/InsertOrUpdateCustomers",
        body={
            "Customers": [
                {"CustomerId": "C1", "Attributes": [{"RealFieldName": "VIP_Level", "Value": "Gold"}]}
            ]
        },
    ),
    "attributes.changers": Operation(
        lambda c: c.attributes.changers("OptimailUnsubscribed", attributes=["Alias", "Country"]),
        "GET",
        "customers/GetCustomerAttributeChangers",
        {"ChangedCustomerAttribute": "OptimailUnsubscribed", "CustomerAttributes": "Alias;Country", **PAGE},
        samples=(
            [
                {
                    "CustomerID": "91342",
                    "InitialCustomerAttribute": None,
                    "FinalCustomerAttribute": "SuperBrand",
                    **TWO,
                }
            ],
            [{"CustomerID": "91342", "InitialCustomerAttribute": "NULL", "FinalCustomerAttribute": "A, B"}],
        ),
    ),
    "channel_apps.add": Operation(
        lambda c: c.channel_apps.add(3, [ChannelApp(1, "Bingo Mania"), ChannelApp("app123", "Super Slots")]),
        "POST",
        "integrations/AddChannelApps",
        {"ChannelID": "3"},
        [{"AppID": 1, "AppName": "Bingo Mania"}, {"AppID": "app123", "AppName": "Super Slots"}],
    ),
    "channel_apps.delete": Operation(
        lambda c: c.channel_apps.delete(3, [1, "app123"]),
        "POST",
        "integrations/DeleteChannelApps",
        body=[{"ChannelID": 3, "AppID": 1}, {"ChannelID": 3, "AppID": "app123"}],
    ),
    "mail.send": Operation(
        lambda c: c.mail.send(7, ["a@b.example"], unique_message_id="87ba42c0"),
        "POST",
        "transactionalmail/SendTransactionalMail",
        body={"TemplateID": 7, "Recipients": [{"Email": "a@b.example"}], "UniqueMessageID": "87ba42c0"},
        samples=({"IsSuccess": True, "SendID": 235311, "Error": None},),
    ),
    "mail.send without id": Operation(
        lambda c: c.mail.send(7, [Recipient("a@b.example", [{"FIRST_NAME": "Ann"}])], unique_message_id=None),
        "POST",
        "transactionalmail/SendTransactionalMail",
        body={
            "TemplateID": 7,
            "Recipients": [{"Email": "a@b.example", "Personalizations": [{"FIRST_NAME": "Ann"}]}],
        },
        samples=({"IsSuccess": True, "SendID": 235311, "Error": None},),
        safe=False,
    ),
    "mail.send_finalized": Operation(
        lambda c: c.mail.send_finalized(
            99,
            "news@lovely.example",
            "Check out today's hot deals!",
            "html content goes here",
            ["vivi@some.example", "tommy@some.example"],
            from_name="Lovely.com",
            reply_to="news@lovely.example",
            plain_text="plain text content goes here",
            attachments=[Attachment(b"%PDF", "application/pdf", "hotdealcoupons.pdf")],
            unique_message_id="87ba42c0-9431-4266-b808-01cf05867006",
        ),
        "POST",
        "transactionalmail/SendFinalizedTransactionalMail",
        body={
            "BrandID": 99,
            "FromEmail": "news@lovely.example",
            "FromName": "Lovely.com",
            "ReplyTo": "news@lovely.example",
            "Subject": "Check out today's hot deals!",
            "Html": "html content goes here",
            "PlainText": "plain text content goes here",
            "Recipients": [{"Email": "vivi@some.example"}, {"Email": "tommy@some.example"}],
            "Attachments": [
                {"Content": "JVBERg==", "Type": "application/pdf", "FileName": "hotdealcoupons.pdf"}
            ],
            "UniqueMessageID": "87ba42c0-9431-4266-b808-01cf05867006",
        },
        samples=({"IsSuccess": True, "SendID": 235311, "Error": None},),
    ),
    "mail.templates": Operation(
        lambda c: c.mail.templates(),
        "GET",
        "transactionalmail/GetTemplateDetails",
        samples=(
            [
                {
                    "TemplateID": 1,
                    "TemplateName": "Welcome Back English",
                    "TemplateContent": "Hi [%FIRST_NAME%], welcome back!",
                    "TemplateAttributes": ["Lovely", "a@b.example", "Welcome back!"],
                }
            ],
        ),
    ),
    "unsubscribers.list": Operation(
        lambda c: c.unsubscribers.list(4, start_date="2020-03-16", end_date="2020-03-17"),
        "GET",
        "optimail/GetUnsubscribers",
        {"BrandID": "4", "StartDate": "2020-03-16", "EndDate": "2020-03-17", **PAGE},
        samples=([{"Email": "a@b.example", "UnsubscribedTime": "2020-03-16 08:00:00"}],),
    ),
    "unsubscribers.add": Operation(
        lambda c: c.unsubscribers.add(4, ["a@x.example", "b@x.example"]),
        "POST",
        "optimail/AddUnsubscribers",
        body={"BrandId": 4, "EmailAddresses": ["a@x.example", "b@x.example"]},
        samples=({"Error": None}, {"Error": "Invalid email"}),
    ),
    "unsubscribers.delete": Operation(
        lambda c: c.unsubscribers.delete(4, ["a@x.example"]),
        "POST",
        "optimail/DeleteUnsubscribers",
        body={"BrandId": 4, "EmailAddress": "a@x.example"},
        samples=({"Error": None},),
    ),
    "preferences.set_channel": Operation(
        lambda c: c.preferences.set_channel(15, ["A8272", "A916537"], 2, app_id="app123"),
        "POST",
        "integrations/SetCustomerChannelPreference",
        body={
            "ChannelID": 15,
            "CustomerIDs": ["A8272", "A916537"],
            "CommunicationMode": 2,
            "AppID": "app123",
        },
    ),
    "preferences.get": Operation(
        lambda c: c.preferences.get("C 1", "f6c1533c"),
        "GET",
        "/api/v1/preferences",
        {"customerId": "C 1", "brandGroupId": "f6c1533c"},
        samples=(
            {
                "topics": [
                    {
                        "topicId": "f6c1533c-6cca-487e-abe1-9c64c05dd87f",
                        "topicName": "Education",
                        "topicDescription": "webinars",
                        "channelSubscription": [15],
                    }
                ],
                "channels": [15],
            },
        ),
        headers={"X-Tenant-Id": "999"},
    ),
    "preferences.set": Operation(
        lambda c: c.preferences.set("C1", "f6c1533c", {"t1": [15, 489], "t2": []}),
        "PUT",
        "/api/v1/preferences",
        {"customerId": "C1", "brandGroupId": "f6c1533c"},
        [{"topicId": "t1", "channelSubscription": [15, 489]}, {"topicId": "t2", "channelSubscription": []}],
        headers={"X-Tenant-Id": "999"},
    ),
    "customer_lists.create": Operation(
        lambda c: c.customer_lists.create("VIPs", ["C1", "C2"]),
        "POST",
        "/api/v2/target-group/customer-list",
        body={"list-name": "VIPs", "customers": ["C1", "C2"]},
        safe=False,
        samples=(
            {
                "target-group-id": 7,
                "list-id": 8,
                "list-name": "VIPs",
                "existed-customers": 1,
                "non-existed-customers": ["C2"],
            },
        ),
    ),
    "listeners.set_approval_gateway": Operation(
        lambda c: c.listeners.set_approval_gateway({"url": "https://a.example/approve"}),
        "PUT",
        "/triggered_conditional_execution_gateway",
        body={"url": "https://a.example/approve"},
    ),
}
