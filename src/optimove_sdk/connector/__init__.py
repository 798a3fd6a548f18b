"""The connector kit: Optimove's integration flows, durable, around the few methods that a vendor writes.

It needs the extra ``[connector]``. What a vendor implements is in `base`; `ConnectorApp` runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigurationError
from .base import (
    Approver,
    Campaign,
    Delivery,
    DeliveryBatch,
    DeliveryOutcome,
    Grant,
    GrantOutcome,
    MetricsSource,
    PartlyDelivered,
    PromotionSystem,
    Recipient,
    TemplateSource,
)
from .settings import ConnectorSettings, Tenant

if TYPE_CHECKING:
    from .app import ConnectorApp as ConnectorApp

__all__ = [
    "Approver",
    "Campaign",
    "ConnectorApp",
    "ConnectorSettings",
    "Delivery",
    "DeliveryBatch",
    "DeliveryOutcome",
    "Grant",
    "GrantOutcome",
    "MetricsSource",
    "PartlyDelivered",
    "PromotionSystem",
    "Recipient",
    "TemplateSource",
    "Tenant",
]

_EXTRA: Final = ("dbos", "sqlalchemy", "starlette", "uvicorn")


def __getattr__(name: str) -> Any:
    if name != "ConnectorApp":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .app import ConnectorApp
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        raise ConfigurationError(
            f"the connector kit needs {missing}: pip install 'optimove-sdk[connector]'"
        ) from None
    return ConnectorApp
