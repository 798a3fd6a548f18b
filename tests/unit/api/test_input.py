"""Bad input is refused before anything is sent, and the refusal names what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimove_sdk import (
    CampaignMetric,
    ChannelTemplate,
    CustomerPromotionStatus,
    InvalidInput,
    Optimove,
    Promotion,
)
from support.recording import client_for

REFUSED: dict[str, tuple[Callable[[Optimove], Any], str]] = {
    "a date that is none": (lambda c: c.campaigns.executed_on("2026-02-30"), "date must be a date"),
    "a date in another order": (lambda c: c.customers.action_ended_on("30/12/2015"), "date must be a date"),
    "page_size 0": (
        lambda c: c.customers.canceled(1, page_size=0),
        "page_size must be a whole number, 1 or more",
    ),
    "max_items 0": (lambda c: c.customers.canceled(1, max_items=0), "max_items must be"),
    "a campaign id that is text": (lambda c: c.campaigns.get("21"), "campaign_id must be a whole"),  # type: ignore[arg-type]
    "a listener that is not http": (
        lambda c: c.listeners.register(13, "ftp://a.example"),
        "listener_url must be",
    ),
    "a listener without host": (lambda c: c.listeners.register(13, "https://"), "listener_url must be"),
    "type 5 for a channel": (
        lambda c: c.listeners.register(5, "https://a.example", channel_id=504),
        "event type 5 cannot be registered for a channel",
    ),
    "a template id twice": (
        lambda c: c.templates.add(3, [ChannelTemplate(i % 100, "x") for i in range(101)]),
        r"templates\[100\] repeats templates\[0\]: 0",
    ),
    "a template without name": (
        lambda c: c.templates.add(3, [ChannelTemplate(1)]),
        r"templates\[0\]\.template_name",
    ),
    "a promotion code twice": (
        lambda c: c.promotions.add([Promotion("A", "a"), Promotion("A", "b")]),
        r"promotions\[1\] repeats promotions\[0\]: 'A'",
    ),
    "a string for a list": (lambda c: c.promotions.delete("WB23"), "promo_codes must be a list of strings"),
    "an empty customer id": (
        lambda c: c.promotions.update_status(1, [CustomerPromotionStatus(" ", True)]),
        r"promos_updated\[0\]\.customer_id",
    ),
    "a negative metric": (
        lambda c: c.metrics.update_campaign_metrics([CampaignMetric(1, 2, 3, 0, -1)]),
        r"metrics\[0\]\.metric_value must be",
    ),
    "eleven attributes": (
        lambda c: c.attributes.update({"C1": {f"A{i}": i for i in range(11)}}),
        "number 0 has 11 attributes",
    ),
    "no attribute": (lambda c: c.attributes.update({"C1": {}}), "number 0 has 0 attributes"),
    "an empty customer": (lambda c: c.attributes.get(""), "customer_id must be a string that is not empty"),
    "an attribute twice": (
        lambda c: c.customers.execution_details(1, 2, attributes=["A", "B", "A"]),
        r"attributes\[2\] repeats attributes\[0\]",
    ),
    "attributes joined by hand": (
        lambda c: c.customers.execution_details(1, 2, attributes=["Alias;Country"]),
        "separates attributes",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_before_anything_is_sent(what: str) -> None:
    do, message = REFUSED[what]
    client, sent = client_for()
    with pytest.raises(InvalidInput, match=message):
        do(client)
    assert sent.requests == []


def test_a_refusal_is_also_a_value_error() -> None:
    client, _ = client_for()
    with pytest.raises(ValueError, match="page_size"):
        client.customers.canceled(1, page_size=-1)


def test_an_unknown_keyword_is_a_type_error() -> None:
    client, _ = client_for()
    with pytest.raises(TypeError, match="limit"):
        client.customers.canceled(1, limit=5)  # type: ignore[call-arg]


def test_a_list_longer_than_the_limit_is_cut_and_not_refused() -> None:
    client, sent = client_for()
    result = client.templates.add(3, [ChannelTemplate(i, f"t{i}") for i in range(101)])
    assert len(sent.requests) == 2
    assert len(result.ok) == 101
    assert sent.json == [{"TemplateID": 100, "TemplateName": "t100"}]
