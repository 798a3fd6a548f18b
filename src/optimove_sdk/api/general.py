"""General information about the Optimove instance."""

from __future__ import annotations

from datetime import date

from ..core.answer import Field
from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint


class General(Resource[Face]):
    """General information about the Optimove instance."""

    @endpoint
    def last_data_update(self) -> Call[date]:
        """GetLastDataUpdate: the date of the most recent customer data that is available.

        Not available in Optimove's sandbox.

        Returns:
            The date.

        Raises:
            APIError: Optimove refused.
            DecodeError: the answer has no date.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "general/GetLastDataUpdate", read=Field("Date", date))
