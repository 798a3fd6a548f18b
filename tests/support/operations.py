"""Every operation once: a way to use it, what must go out, and samples of what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import attrs

from optimove_sdk import (
    CampaignMetric,
    ChannelTemplate,
    CustomerPromotionStatus,
    EventType,
    Interaction,
    Metric,
    Promotion,
)


@attrs.frozen
class Operation:
    """One way to use an operation: the call, what must go out, and samples of what comes back."""

    do: Callable[[Any], Any]
    method: str
    path: str
    query: dict[str, str] = attrs.field(factory=dict)
    body: Any = None
    safe: bool = True
    samples: tuple[Any, ...] = (b"",)
    headers: dict[str, str] = attrs.field(factory=lambda: {"X-API-KEY": "key"})


PAGE = {"$top": "10000", "$skip": "0"}

OPERATIONS = {
    "general.last_data_update": Operation(
        lambda c: c.general.last_data_update(),
        "GET",
        "general/GetLastDataUpdate",
        samples=({"Date": "2015-08-13"},),
    ),
    "listeners.register": Operation(
        lambda c: c.listeners.register(
            EventType.CHANNEL_EXECUTED, "https://a.example/hook?x=1", channel_id=504
        ),
        "POST",
        "general/RegisterEventListener",
        body={"EventTypeID": 13, "ListenerURL": "https://a.example/hook?x=1", "ChannelID": 504},
        samples=(b"", {"ResponseCode": 200}),
    ),
    "listeners.register without channel": Operation(
        lambda c: c.listeners.register(5, "https://a.example/hook"),
        "POST",
        "general/RegisterEventListener",
        body={"EventTypeID": 5, "ListenerURL": "https://a.example/hook"},
    ),
    "listeners.unregister": Operation(
        lambda c: c.listeners.unregister(1),
        "POST",
        "general/UnregisterEventListener",
        body={"EventTypeID": 1},
        samples=(b"", {"ResponseCode": 200}),
    ),
    "listeners.list": Operation(
        lambda c: c.listeners.list(),
        "GET",
        "general/GetRegisteredEventListeners",
        samples=([], [{"EventTypeID": 1, "ListenerURL": "https://a.example"}]),
    ),
    "campaigns.executed_on": Operation(
        lambda c: c.campaigns.executed_on(date(2015, 6, 19)),
        "GET",
        "actions/GetExecutedCampaignDetails",
        {"Date": "2015-06-19"},
        samples=(
            [],
            [
                {
                    "CampaignID": 221,
                    "TargetGroupID": 15,
                    "CampaignType": "Test/Control",
                    "Duration": 7,
                    "LeadTime": 3,
                    "Notes": "",
                    "IsMultiChannel": "false",
                    "IsRecurrence": "false",
                    "Status": "Successful",
                    "Error": "",
                }
            ],
        ),
    ),
    "campaigns.get": Operation(
        lambda c: c.campaigns.get(21),
        "GET",
        "actions/GetCampaignDetails",
        {"CampaignID": "21"},
        samples=({"TargetGroupID": 15, "IsMultiChannel": True, "Channels": [{"Id": 504}], "Tags": ["a"]},),
    ),
    "campaigns.channels": Operation(
        lambda c: c.campaigns.channels(),
        "GET",
        "actions/GetExecutionChannels",
        samples=(
            [{"ChannelID": 1, "ChannelName": "Silverpop"}],
            [{"ChannelId": 1, "ChannelName": "Silverpop"}],
        ),
    ),
    "campaigns.executed_by_channel": Operation(
        lambda c: c.campaigns.executed_by_channel(35, "2016-02-20"),
        "GET",
        "actions/GetExecutedCampaignsByChannel",
        {"ChannelID": "35", "Date": "2016-02-20"},
        samples=([{"CampaignID": 12}], [{"CampaignID": "12"}], []),
    ),
    "campaigns.channel_details": Operation(
        lambda c: c.campaigns.channel_details(9214, 35),
        "GET",
        "actions/GetExecutedCampaignChannelDetails",
        {"CampaignID": "9214", "ChannelID": "35"},
        samples=(
            [{"ListID": 12, "SendID": "YTGF3C", "TemplateID": 520, "ScheduledTime": "2015-12-30 08:00:00"}],
            [{"TemplateID": "27", "ScheduledTime": "2016-08-23 16:00:00", "SendID": ""}],
        ),
    ),
    "templates.list": Operation(
        lambda c: c.templates.list(channel_id=3),
        "GET",
        "integrations/GetChannelTemplates",
        {"ChannelID": "3"},
        samples=([{"TemplateID": 1, "TemplateName": "Welcome Back English"}],),
    ),
    "templates.get": Operation(
        lambda c: c.templates.get(channel_id=3, template_id=1),
        "GET",
        "integrations/GetChannelTemplateDetails",
        {"ChannelID": "3", "TemplateID": "1"},
        samples=([{"TemplateContent": "<p>Hi</p>", "TemplateAttributes": ["Lovely", "a@b.example", "Hi!"]}],),
    ),
    "templates.add": Operation(
        lambda c: c.templates.add(
            channel_id=3,
            templates=[
                ChannelTemplate(1, "Welcome Back English"),
                ChannelTemplate(template_id=2, template_name="Welcome Back Spanish", app_id="app123"),
            ],
        ),
        "POST",
        "integrations/AddChannelTemplates",
        {"ChannelID": "3"},
        [
            {"TemplateID": 1, "TemplateName": "Welcome Back English"},
            {"TemplateID": 2, "TemplateName": "Welcome Back Spanish", "AppID": "app123"},
        ],
    ),
    "templates.delete": Operation(
        lambda c: c.templates.delete(channel_id=3, template_ids=[15, 26]),
        "POST",
        "integrations/DeleteChannelTemplates",
        body=[{"ChannelID": 3, "TemplateID": 15}, {"ChannelID": 3, "TemplateID": 26}],
    ),
    "promotions.list": Operation(
        lambda c: c.promotions.list(),
        "GET",
        "integrations/GetPromotions",
        samples=([{"PromoCode": "WB23", "PromotionName": "Welcome back Promo"}],),
    ),
    "promotions.add": Operation(
        lambda c: c.promotions.add([Promotion(promo_code="WB23", promotion_name="Welcome back Promo")]),
        "POST",
        "integrations/AddPromotions",
        body=[{"PromoCode": "WB23", "PromotionName": "Welcome back Promo"}],
    ),
    "promotions.delete": Operation(
        lambda c: c.promotions.delete(["WB23", "NV10"]),
        "POST",
        "integrations/DeletePromotions",
        body=[{"PromoCode": "WB23"}, {"PromoCode": "NV10"}],
    ),
    "promotions.update_status": Operation(
        lambda c: c.promotions.update_status(
            1359,
            [CustomerPromotionStatus("C234638", True), CustomerPromotionStatus("C984571", False)],
            time_stamp=datetime(2018, 10, 27, 9, 33),
        ),
        "POST",
        "integrations/UpdateCustomerPromotionStatus",
        body={
            "TimeStamp": "2018-10-27 09:33:00",
            "CampaignID": 1359,
            "PromosUpdated": [
                {"CustomerID": "C234638", "Status": True},
                {"CustomerID": "C984571", "Status": False},
            ],
        },
    ),
    "metrics.update_campaign_metrics": Operation(
        lambda c: c.metrics.update_campaign_metrics([CampaignMetric(3, 42, 8, Metric.SENT, 925)]),
        "POST",
        "integrations/UpdateCampaignMetrics",
        body=[{"ChannelID": 3, "CampaignID": 42, "TemplateID": 8, "MetricID": 0, "MetricValue": 925}],
        safe=False,
    ),
    "metrics.update_campaign_interactions": Operation(
        lambda c: c.metrics.update_campaign_interactions(
            324,
            15,
            "2018-06-26",
            8,
            Interaction.OPENED,
            ["A8272", "A916537"],
            recipient_group_id=2,
            app_id="app123",
        ),
        "POST",
        "integrations/UpdateCampaignInteractions",
        body={
            "CampaignID": 324,
            "ChannelID": 15,
            "InteractionDate": "2018-06-26",
            "TemplateID": 8,
            "EventID": 2,
            "RecipientGroupID": 2,
            "CustomerIDs": ["A8272", "A916537"],
            "AppID": "app123",
        },
        safe=False,
    ),
    "attributes.get": Operation(
        lambda c: c.attributes.get("a/b c"),
        "GET",
        "/Customers/a%2Fb%20c/Attributes",
        samples=(
            [
                {"RealFieldName": "AGE", "Alias": "Age", "FieldType": "Bigint", "Value": "-1"},
                {"RealFieldName": "V", "Alias": "V", "FieldType": "Decimal", "Value": None},
            ],
        ),
    ),
    "attributes.update": Operation(
        lambda c: c.attributes.update(
            {"0192837821": {"VIP_Level": "Gold"}}, callback_url="https://a.example/cb"
        ),
        "POST",
        "customers/UpdateCustomerAttributes",
        body={
            "CustomerNewAttributesValuesList": [
                {"CustomerID": "0192837821", "Attributes": [{"RealFieldName": "VIP_Level", "Value": "Gold"}]}
            ],
            "CallbackURL": "https://a.example/cb",
        },
    ),
    "customers.execution_details": Operation(
        lambda c: c.customers.execution_details(123, 504, attributes=["Alias", "Country"], page_size=20_000),
        "GET",
        "customers/GetCustomerExecutionDetailsByCampaign",
        {
            "CampaignID": "123",
            "ChannelID": "504",
            "CustomerAttributes": "Alias;Country",
            "$top": "20000",
            "$skip": "0",
        },
        samples=(
            [
                {
                    "CustomerID": "96134",
                    "ActionID": 4,
                    "ChannelID": 504,
                    "TemplateID": "14",
                    "TemplateName": "Welcome",
                    "PromoCode": "A7Bonus,A9Bonus",
                    "ScheduleTime": "2016-08-30 10:00:00",
                    "CustomerAttributes": ["BuddyZZ", "UK"],
                }
            ],
            [{"CustomerID": "96134", "PromoCode": "", "CustomerAttribute": "BuddyZZ,UK"}],
            [],
        ),
    ),
    "customers.send_details_by_channel": Operation(
        lambda c: c.customers.send_details_by_channel(5, 65874, attributes=["Email", "Country"]),
        "GET",
        "customers/GetCustomerSendDetailsByChannel",
        {"ChannelID": "5", "CampaignID": "65874", "CustomerAttributes": "Email;Country", **PAGE},
        samples=(
            [
                {
                    "CustomerID": "96134",
                    "TemplateID": 14,
                    "ScheduledTime": "2016-08-30 10:00:00",
                    "CustomerAttributes": ["jdavis@aol.example", "US"],
                }
            ],
            [{"CustomerID": "96134", "TemplateID": 14, "CustomerAttribute": "jdavis@aol.example,US"}],
        ),
    ),
    "customers.send_details_by_campaign": Operation(
        lambda c: c.customers.send_details_by_campaign(65874, include_template_ids=True),
        "GET",
        "customers/GetCustomerSendDetailsByCampaign",
        {"CampaignID": "65874", "IncludeTemplateIDs": "true", **PAGE},
        samples=(
            [
                {
                    "CustomerID": "231342",
                    "ChannelID": 4,
                    "ScheduledTime": "2015-12-30 10:30:00",
                    "SendID": "HG65D",
                    "TemplateID": 12,
                }
            ],
            [{"CustomerID": "231342", "ChannelID": 4, "SendID": "HG65D", "TemplateId": 12}],
        ),
    ),
    "customers.canceled": Operation(
        lambda c: c.customers.canceled(6574),
        "GET",
        "customers/GetCanceledCampaignCustomers",
        {"CampaignID": "6574", **PAGE},
        samples=(
            [{"CustomerID": "231342", "ActionID": "4", "PromoCode": "A7Bonus"}],
            [{"CustomerID": "231342", "ActionID": 4, "PromoCode": ["A7Bonus", "A9Bonus"]}],
        ),
    ),
    "customers.processed": Operation(
        lambda c: c.customers.processed(6574, max_items=10),
        "GET",
        "customers/GetProcessedCampaignCustomers",
        {"CampaignID": "6574", "$top": "10", "$skip": "0"},
        samples=([{"CustomerID": "231342"}],),
    ),
    "customers.action_ended_on": Operation(
        lambda c: c.customers.action_ended_on("2014-12-10", page_size=None),
        "GET",
        "customers/GetCustomersActionEndedByDate",
        {"Date": "2014-12-10"},
        samples=(
            [
                {
                    "CustomerID": "231342",
                    "ActionID": 428,
                    "ChannelID": 4,
                    "Date": "2014-12-03",
                    "Duration": 7,
                    "TargetGroupID": 15,
                }
            ],
        ),
    ),
}
