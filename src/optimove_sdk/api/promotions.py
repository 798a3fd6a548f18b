"""Promotions: codes a marketer can attach to a campaign, and who was really granted one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call, ListOf
from ..core.endpoint import Face, Resource, batched, endpoint
from ..wire import inputs
from ..wire.fields import Model

MAX_PER_CALL = 100
MAX_STATUSES_PER_CALL = 10_000


@attrs.frozen
class Promotion(Model):
    """A promotion code and the name a marketer sees."""

    promo_code: str
    promotion_name: str | None = None


@attrs.frozen
class CustomerPromotionStatus(Model):
    """Whether the promotion was activated for a customer."""

    customer_id: str
    status: bool


class Promotions(Resource[Face]):
    """Promotions: codes a marketer can attach to a campaign, and who was really granted one."""

    @endpoint
    def list(self) -> Call[ListOf[Promotion]]:
        """GetPromotions: all promotions that are defined.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "integrations/GetPromotions", into=list[Promotion])

    @batched
    def add(self, promotions: Iterable[Promotion], *, stop_on_error: bool = False) -> Batch[Promotion]:
        """AddPromotions: publish promotions; one whose code exists is replaced.

        Args:
            promotions: any number; 100 are sent in one call. Each needs a code of its own and a name.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each promotion.

        Raises:
            InvalidInput: a code comes twice, or is empty, or a name is missing; nothing was
                sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_integrations-addpromotions
        """
        every = list(promotions)
        for index, promotion in enumerate(every):
            inputs.text(f"promotions[{index}].promo_code", promotion.promo_code)
            inputs.text(f"promotions[{index}].promotion_name", promotion.promotion_name or "")
        inputs.unique("promotions", [promotion.promo_code for promotion in every])
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call("POST", "integrations/AddPromotions", json=part, safe=True),
            stop_on_error=stop_on_error,
        )

    @batched
    def delete(self, promo_codes: Iterable[str], *, stop_on_error: bool = False) -> Batch[str]:
        """DeletePromotions: withdraw promotions.

        Args:
            promo_codes: any number; 100 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each code.

        Raises:
            InvalidInput: a code comes twice or is empty; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        every = inputs.texts("promo_codes", promo_codes)
        inputs.unique("promo_codes", every)
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/DeletePromotions",
                json=[{"PromoCode": code} for code in part],
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )

    @batched
    def update_status(
        self,
        campaign_id: int,
        promos_updated: Iterable[CustomerPromotionStatus],
        *,
        time_stamp: datetime | None = None,
        stop_on_error: bool = False,
    ) -> Batch[CustomerPromotionStatus]:
        """UpdateCustomerPromotionStatus: tell for whom the promotion of a held campaign was activated.

        Only customers reported with True get the campaign, and only if that is told before the
        notification's ``clearance_required_by``. Who is never reported counts as False.

        Args:
            campaign_id: the campaign that is on hold.
            promos_updated: any number; 10,000 are sent in one call.
            time_stamp: sent as ``YYYY-MM-DD HH:MM:SS``; its zone is not published. None sends null.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer.

        Raises:
            InvalidInput: a customer id is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_integrations-updatecustomerpromotionstatus
        """
        every = list(promos_updated)
        for index, update in enumerate(every):
            inputs.text(f"promos_updated[{index}].customer_id", update.customer_id)
        inputs.whole("campaign_id", campaign_id)
        stamp = None if time_stamp is None else time_stamp.strftime("%Y-%m-%d %H:%M:%S")
        return batch_of(
            every,
            MAX_STATUSES_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/UpdateCustomerPromotionStatus",
                json={"TimeStamp": stamp, "CampaignID": campaign_id, "PromosUpdated": part},
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )
