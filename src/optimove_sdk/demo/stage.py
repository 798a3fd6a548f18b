"""Where the demo plays: two servers on loopback ports, and what goes wrong between them on purpose."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import attrs

from ..api.metrics import CampaignMetric, Metric
from ..api.promotions import Promotion
from ..api.templates import ChannelTemplate
from ..events.event import Event
from ..http.base import Request
from ..sandbox import create_app, new_fake, serve
from ..testing.fake import FakeOptimove
from .listener import Deliveries, Listener

CHANNEL: Final = 504
BATCH: Final = 1_000
PATIENCE: Final = 30.0
POLL: Final = 0.02
TEMPLATES: Final = [ChannelTemplate(template_id=1, template_name="Welcome back")]
PROMOTIONS: Final = [Promotion(promo_code="WB23", promotion_name="Welcome back promo")]
_FAULTS: Final[Sequence[Mapping[str, Any]]] = (
    {"fault": "html_502", "on": "GetCustomerExecutionDetailsByCampaign", "after": 1},
    {"fault": "cut", "on": "GetCustomerExecutionDetailsByCampaign", "after": 3},
    {"fault": "rate_limited", "on": "GetCampaignDetails", "retry_after": 1},
    {"fault": "duplicate_notification"},
)


@attrs.frozen
class Stage:
    """The sandbox and the listener, and where they are."""

    fake: FakeOptimove
    listener: Listener
    optimove: str
    receiver: str
    customers: int

    def settings(self) -> dict[str, Any]:
        """Return what a client must be told."""
        return {
            "base_url": self.optimove,
            "api_key": self.fake.api_key,
            "tenant_id": self.fake.tenant_id,
            "events_url": self.optimove,
            "events_token": self.fake.events_token,
            "proxy": "",
            "prefetch": 0,  # what is fetched by a guess differs, and the table should not
        }

    @property
    def listener_url(self) -> str:
        """Where the listener wants its notifications."""
        return f"{self.receiver}{self.listener.path}"

    def trouble(self) -> list[Request]:
        """Return the requests that arrange for what goes wrong."""
        return [_post(f"{self.optimove}/sandbox/faults", fault) for fault in _FAULTS]

    def marketer_runs_a_campaign(self) -> Request:
        """Return the request that stands for a marketer pressing the button."""
        campaign = {
            "customers": self.customers,
            "channels": [CHANNEL],
            "template_ids": [template.template_id for template in TEMPLATES],
            "promo_codes": [promotion.promo_code for promotion in PROMOTIONS],
        }
        return _post(f"{self.optimove}/sandbox/campaigns", campaign)

    def messages(self, campaign_id: int, customers: Sequence[str]) -> Iterator[Request]:
        """Return the requests that send a message to each customer, so many at a time."""
        for start in range(0, len(customers), BATCH):
            yield _post(f"{self.receiver}/send/{campaign_id}", customers[start : start + BATCH])

    def recorded(self, campaign_id: int) -> Deliveries:
        """Return what the receiving side has to say of a campaign."""
        sent = self.listener.sent.get(campaign_id, Counter())
        return Deliveries.of(sent, self.fake.campaigns[campaign_id].customer_ids())


@contextmanager
def set_up(customers: int) -> Iterator[Stage]:
    """Start both servers, and stop them however the block ends."""
    # However small the campaign, there are pages to go through; the documented most is 10,000 rows.
    fake, listener = new_fake(page_cap=min(10_000, max(1, customers // 10))), Listener()
    with serve(create_app(fake)) as optimove, serve(listener) as receiver:
        yield Stage(fake, listener, optimove, receiver, customers)


def counted(campaign_id: int, sent: int) -> list[CampaignMetric]:
    """Return the metrics to report."""
    numbers = {Metric.SENT: sent, Metric.DELIVERED: sent, Metric.OPENED: sent // 3}
    template = TEMPLATES[0].template_id
    return [
        CampaignMetric(
            channel_id=CHANNEL, campaign_id=campaign_id, template_id=template, metric_id=m, metric_value=n
        )
        for m, n in numbers.items()
    ]


def events() -> list[Event]:
    """Return three things that customers did."""
    return [
        Event(event=f"demo_{name}", customer=customer, context={"channel": CHANNEL})
        for name, customer in (("opened", "C0000001"), ("clicked", "C0000001"), ("deposit", "C0000002"))
    ]


def _post(url: str, value: Any) -> Request:
    content = json.dumps(value).encode()
    return Request("POST", url, {"Content-Type": "application/json"}, content)
