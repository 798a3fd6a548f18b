"""Puts the connector together, as you would your own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ...client import AsyncOptimove
from ...connector import ConnectorApp, ConnectorSettings, Tenant
from ...http.httpx import AsyncHttpxTransport
from ...vendors.netmera import NetmeraAPI, NetmeraTemplate, SQLiteSendLog
from .surroundings import API_KEY, CHANNELS, NETMERA_KEY, SECRET, Surroundings
from .vendor import Bonuses, TellingDelivery, TellingTransport


def make(around: Surroundings) -> ConnectorApp:
    """Return the connector."""
    delivery = _delivery(around)
    tenant = Tenant(
        client=lambda: AsyncOptimove(
            base_url=around.optimove, api_key=API_KEY, path_style="current", proxy=""
        ),
        secret=SECRET,
        attributes=delivery.attribute_names,
        channels=CHANNELS,
    )
    bonuses = Bonuses(around.bonuses, AsyncHttpxTransport(proxy=""))
    return ConnectorApp([delivery, bonuses], tenant, settings=_settings(around))


def _delivery(around: Surroundings) -> TellingDelivery:
    web = TellingTransport(AsyncHttpxTransport(proxy=""))
    return TellingDelivery(
        NetmeraAPI(NETMERA_KEY, base_url=around.netmera, transport=web),
        [NetmeraTemplate(number, f"Message {number}", key) for number, key in enumerate(around.messages, 1)],
        attributes={"Alias": "Name"},
        promo_codes="Code",
        log=SQLiteSendLog(Path(around.folder, "netmera.sqlite")),
    )


def _settings(around: Surroundings) -> ConnectorSettings:
    return ConnectorSettings(
        database_url=f"sqlite:///{around.folder}/connector.sqlite",
        page_size=around.page_size,
        batch_size=around.batch_size,
        retry_interval=0.1,
        heartbeat=1.0,
        poll=0.05,
        now=lambda: datetime.now(UTC) + timedelta(days=around.days_ahead),
    )
