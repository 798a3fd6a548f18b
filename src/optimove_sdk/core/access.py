"""What third-party keys may call: the part of the API that Optimove opens to its partners.

Source: the list in https://github.com/optimove-tech/Optimove-APIs, which holds in production too.
"""

from __future__ import annotations

from typing import Any, Final

from .call import Call

THIRD_PARTY: Final = frozenset(
    "GetLastDataUpdate RegisterEventListener UnregisterEventListener GetRegisteredEventListeners"
    " GetCampaignDetails GetExecutedCampaignChannelDetails GetExecutedCampaignsByChannel"
    " GetCustomerOneTimeActionsByCampaign GetCustomerAttributeChangers GetCustomerSendDetailsByChannel"
    " GetCampaignInteractionCustomers GetCustomerChannelInteractions GetCustomerExecutionDetailsByCampaign"
    " AddChannelTemplates GetChannelTemplates GetChannelTemplateDetails DeleteChannelTemplates"
    " AddChannelApps DeleteChannelApps UpdateCampaignMetrics UpdateCampaignInteractions"
    " SetCustomerChannelPreference".split()
)


def hint(call: Call[Any]) -> str:
    """Return what to consider when Optimove does not let a call in; nothing if the key is not the reason."""
    if call.host != "api" or call.name in THIRD_PARTY:
        return ""
    return "; if this is a third-party key: it may not call this function, only one with Admin access may"
