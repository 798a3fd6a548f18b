"""Metrics of campaigns that an external channel executed, reported back to Optimove.

Both functions add up: Optimove counts again what is sent again. So neither is repeated after a failure in
which the request may have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call
from ..core.endpoint import Face, Resource, batched
from ..wire import inputs
from ..wire.fields import Model, OpenIntEnum

MAX_ROWS_PER_CALL = 100
MAX_CUSTOMERS_PER_CALL = 10_000


class Metric(OpenIntEnum):
    """What a campaign metric counts. Optimove's own table is not public; these are what clients send."""

    SENT = 0
    DELIVERED = 1
    OPENED = 2
    CLICKED = 3
    UNSUBSCRIBED = 4
    DROPPED = 5
    SPAM_REPORTED = 6
    BOUNCED = 9


class Interaction(OpenIntEnum):
    """What a customer did with a message. Not the same numbers as `Metric`: here a bounce is 7."""

    OPENED = 2
    CLICKED = 3
    UNSUBSCRIBED = 4
    DROPPED = 5
    SPAM_REPORTED = 6
    BOUNCED = 7


@attrs.frozen
class CampaignMetric(Model):
    """One count for one template of a campaign on a channel."""

    channel_id: int
    campaign_id: int
    template_id: int
    metric_id: Metric | int
    metric_value: int


class Metrics(Resource[Face]):
    """Metrics of campaigns that an external channel executed."""

    @batched
    def update_campaign_metrics(
        self, metrics: Iterable[CampaignMetric], *, stop_on_error: bool = False
    ) -> Batch[CampaignMetric]:
        """UpdateCampaignMetrics: report counts for a campaign.

        Whether Optimove adds a repeated report or replaces the former one is not published, so it is
        treated as adding: nothing is sent twice.

        Args:
            metrics: any number; 100 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each metric. A failed one whose error says
            ``Outcome.SENT`` may have been counted.

        Raises:
            InvalidInput: a number is negative or not whole; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        every = list(metrics)
        for index, metric in enumerate(every):
            for name in ("channel_id", "campaign_id", "template_id", "metric_id", "metric_value"):
                inputs.whole(f"metrics[{index}].{name}", getattr(metric, name))
        return batch_of(
            every,
            MAX_ROWS_PER_CALL,
            lambda part: Call("POST", "integrations/UpdateCampaignMetrics", json=part, safe=False),
            stop_on_error=stop_on_error,
        )

    @batched
    def update_campaign_interactions(
        self,
        campaign_id: int,
        channel_id: int,
        interaction_date: inputs.DateLike,
        template_id: int,
        event_id: Interaction | int,
        customer_ids: Iterable[str],
        *,
        recipient_group_id: int | None = None,
        app_id: str | None = None,
        stop_on_error: bool = False,
    ) -> Batch[str]:
        """UpdateCampaignInteractions: report which customers did what with a campaign.

        Optimove adds up repeated reports, so nothing is sent twice. It calls this function legacy.

        Args:
            campaign_id: the campaign.
            channel_id: the channel.
            interaction_date: the day it happened, a date or ``YYYY-MM-DD``.
            template_id: the template.
            event_id: what the customers did.
            customer_ids: any number; 10,000 are sent in one call.
            recipient_group_id: Optimove assumes 1, the test group or group A, when it is left out.
            app_id: for push channels.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer.

        Raises:
            InvalidInput: not a date, or an empty customer id; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_integrations-updatecampaigninteractions
        """
        body: dict[str, Any] = {
            "CampaignID": inputs.whole("campaign_id", campaign_id),
            "ChannelID": inputs.whole("channel_id", channel_id),
            "InteractionDate": inputs.day("interaction_date", interaction_date),
            "TemplateID": inputs.whole("template_id", template_id),
            "EventID": int(inputs.whole("event_id", event_id)),
            "RecipientGroupID": recipient_group_id,
            "AppID": app_id,
        }
        common = {name: value for name, value in body.items() if value is not None}
        return batch_of(
            inputs.texts("customer_ids", customer_ids),
            MAX_CUSTOMERS_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/UpdateCampaignInteractions",
                json={**common, "CustomerIDs": part},
                safe=False,
            ),
            stop_on_error=stop_on_error,
        )
