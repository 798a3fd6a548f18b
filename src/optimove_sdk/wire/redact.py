"""What may be shown in a log, a repr or an error: a list of what is allowed, never of what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..config import Secret
from .names import fold

# Parameters that identify a campaign or a setting, never a person or a credential.
_SHOWN = frozenset(
    fold(name)
    for name in (
        "$top $skip ActionID BrandID CampaignID ChannelID Date EndDate EventID EventTypeID"
        " IncludeControlGroup IncludeTemplateIDs LifecycleStageID ListID MetricID MicrosegmentID"
        " RecipientGroupID StartDate TargetGroupID TemplateID ValueSegmentID"
    ).split()
)
# Begins only where a word begins, so that a long text without an address is read once and not over and over.
_EMAIL = re.compile(r"(?<![^\s<>\"'])[^\s<>\"']+?(?:@|%40)[^\s<>\"']+")
_LONGEST_MESSAGE = 500


def shown(params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters with all values masked but those known to be harmless."""
    return {name: value if fold(name) in _SHOWN else "***" for name, value in params.items()}


def scrub(message: str, *sent: Any) -> str:
    """Return a server's message without the e-mail addresses and private values that were sent to it."""
    message = _EMAIL.sub("***", message[: 4 * _LONGEST_MESSAGE])
    for value in sorted({v for item in sent for v in _private(item) if v in message}, key=len, reverse=True):
        message = message.replace(value, "***")
    return message[:_LONGEST_MESSAGE]  # cut last: half of a value is not found


def _private(value: Any) -> Iterator[str]:
    """Yield every text and secret that is not under a harmless key."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if fold(str(key)) not in _SHOWN:
                yield from _private(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _private(item)
    elif isinstance(value, Secret):
        yield from _private(value.reveal())
    elif isinstance(value, str) and len(value) > 1:
        yield value
