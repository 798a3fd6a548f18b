"""Everything outside of the connector: Optimove, Netmera and the promotion system, on loopback ports."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

import attrs

from ...client import Optimove
from ...http.base import Request
from ...http.httpx import HttpxTransport
from ...sandbox import create_app, new_fake, serve
from ...testing.fake import FakeOptimove
from ..progress import Progress
from .bonuses import BonusLedger
from .netmera import Netmera, Reached
from .surroundings import API_KEY, CHANNELS, SECRET, Surroundings
from .worker import Worker

_CLOSED: Final = 10
"""Of so many customers one has closed the account."""
_FEW: Final = 50
_LONGEST_PAUSE: Final = 0.05
_UNDER_WAY: Final = 12.0
"""Seconds that the answers of a campaign take in all, so that there is time to kill and to cancel."""


class Template(enum.IntEnum):
    """The templates, one for each flow: so Netmera's records tell the flows apart."""

    SCHEDULED = 1
    REALTIME = 2
    BONUS = 3
    CLEARED = 4
    REALTIME_BONUS = 5
    CANCELED = 6


@attrs.frozen
class Stage:
    """The servers, the worker, and how large the campaigns are."""

    fake: FakeOptimove
    netmera: Netmera
    bonuses: BonusLedger
    worker: Worker
    progress: Progress
    customers: int
    web: HttpxTransport
    messages: dict[Template, int]

    @property
    def few(self) -> int:
        """How many customers the flows have that show something else than a large number."""
        return max(_CLOSED, min(self.customers // 10, _FEW))

    def sandbox(self, path: str, given: Any = None) -> dict[str, Any]:
        """Do what a person in front of Optimove's screens would do."""
        content = json.dumps(given).encode()
        url = f"{self.worker.around.optimove}/sandbox/{path}"
        response = self.web.handle_request(Request("POST", url, {}, content))
        if response.status >= 300:
            raise RuntimeError(f"the sandbox answered {response.status} to {path}")
        answer: dict[str, Any] = json.loads(response.body)
        return answer

    def run_campaign(self, template: Template, customers: int, **more: Any) -> int:
        """Run a campaign whose messages are due now, and return its number."""
        given = {"customers": customers, "template_ids": [template], "channels": CHANNELS[:1], **more}
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        number: int = self.sandbox("campaigns", {"scheduled_time": now, **given})["campaign_id"]
        return number

    def trigger(self, campaign: int, template: Template, customer: str, *promo_codes: str) -> bool:
        """Let a customer meet the trigger of a realtime campaign, and return whether it was approved."""
        given = {
            "campaign_id": campaign,
            "customer_id": customer,
            "channel_id": CHANNELS[0],
            "template_id": template,
            "promo_codes": promo_codes,
        }
        return bool(self.sandbox("triggers", given)["allowed"])

    def open_gateway(self) -> None:
        """Have Optimove ask the connector before it sends a realtime campaign."""
        url = f"{self.worker.url}/listen/default/{SECRET}/approval"
        with Optimove(base_url=self.worker.around.optimove, api_key=API_KEY, proxy="") as client:
            client.listeners.set_approval_gateway({"url": url})

    def customer_ids(self, campaign: int) -> list[str]:
        """Return who is in a campaign."""
        return list(self.fake.campaigns[campaign].customer_ids())

    def sent(self, template: Template) -> int:
        """Return how many messages Netmera has recorded for a flow."""
        return len(self.netmera.of(self.messages[template]))

    def reached(self, template: Template, expected: Iterable[str], times: int = 1) -> Reached:
        """Compare what Netmera has recorded for a flow with who should have got it."""
        return Reached.of(self.netmera.of(self.messages[template]), frozenset(expected), times)


@contextmanager
def set_up(customers: int, progress: Progress) -> Iterator[Stage]:
    """Start everything, and stop it however the block ends."""
    fake, netmera = new_fake(customers=customers), Netmera(pause=min(_LONGEST_PAUSE, _UNDER_WAY / customers))
    closed = [fake.customer_id(index) for index in range(_CLOSED - 1, customers, _CLOSED)]
    bonuses = BonusLedger(closed)
    for channel in CHANNELS:
        fake.add_channel(channel, "Netmera")
    keys = {one: netmera.define("Hello!", "Hello @{Name}!") for one in Template}
    with ExitStack() as stack:
        around = Surroundings(
            stack.enter_context(serve(create_app(fake))),
            stack.enter_context(serve(netmera.app)),
            stack.enter_context(serve(bonuses.app)),
            stack.enter_context(TemporaryDirectory(prefix="optimove-demo-", ignore_cleanup_errors=True)),
            list(keys.values()),
            # However small the campaign, it has two pages, and they have several batches.
            page_size=max(2, customers // 2),
            batch_size=max(1, customers // 20),
        )
        web = HttpxTransport(proxy="")
        stack.callback(web.close)
        worker = Worker(around)
        stack.callback(worker.close)
        worker.register()
        worker.start()
        progress.step("a connector for Netmera is registered and runs, on SQLite")
        yield Stage(fake, netmera, bonuses, worker, progress, customers, web, keys)
