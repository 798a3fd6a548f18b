"""The global unsubscribe list of a brand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, batched, paged
from ..core.pages import PAGE_SIZE, pages_of
from ..wire import inputs
from ..wire.fields import Model, spelled, to_utc

MAX_PER_CALL = 200


@attrs.frozen
class Unsubscriber(Model):
    """An address on the unsubscribe list, and since when (UTC)."""

    email: str = attrs.field(repr=False)
    unsubscribed_time: datetime | None = attrs.field(default=None, metadata=spelled(hook=to_utc))


class Unsubscribers(Resource[Face]):
    """The global unsubscribe list of a brand. Optimove allows 10 calls at once."""

    @paged
    def list(
        self,
        brand_id: int,
        *,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[Unsubscriber]]:
        """GetUnsubscribers: the addresses on the list.

        Args:
            brand_id: the brand.
            start_date: only those since this day, a date or ``YYYY-MM-DD``.
            end_date: only those until this day.
            page_size: rows to ask for at once, at most 10,000; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `Unsubscriber`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_optimail-getunsubscribers
        """
        params = {**inputs.ids(brand_id=brand_id), **inputs.days(start_date, end_date)}
        return pages_of(
            Unsubscriber, "optimail/GetUnsubscribers", params, page_size=page_size, max_items=max_items
        )

    @batched
    def add(
        self, brand_id: int, email_addresses: Iterable[str], *, stop_on_error: bool = False
    ) -> Batch[str]:
        """AddUnsubscribers: put addresses on the list.

        Args:
            brand_id: the brand.
            email_addresses: any number; 200 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each address. Optimove refuses a call as a whole.

        Raises:
            InvalidInput: an address is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_optimail-addunsubscribers
        """
        inputs.whole("brand_id", brand_id)
        return batch_of(
            inputs.texts("email_addresses", email_addresses),
            MAX_PER_CALL,
            lambda part: Call(
                "POST",
                "optimail/AddUnsubscribers",
                json={"BrandId": brand_id, "EmailAddresses": part},
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )

    @batched
    def delete(
        self, brand_id: int, email_addresses: Iterable[str], *, stop_on_error: bool = False
    ) -> Batch[str]:
        """DeleteUnsubscribers: take addresses off the list.

        Args:
            brand_id: the brand.
            email_addresses: any number; despite its name Optimove's function takes one at a time.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each address; `NotFound` means a wrong ``brand_id``.

        Raises:
            InvalidInput: an address is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_optimail-deleteunsubscribers
        """
        inputs.whole("brand_id", brand_id)
        return batch_of(
            inputs.texts("email_addresses", email_addresses),
            1,
            lambda part: Call(
                "POST",
                "optimail/DeleteUnsubscribers",
                json={"BrandId": brand_id, "EmailAddress": part[0]},
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )
