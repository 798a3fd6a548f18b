"""The promotion system, played on a socket: a ledger of grants by key, and whose account is closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@attrs.frozen
class Bonus:
    """A promotion that was granted to a customer."""

    campaign: str
    customer: str
    code: str


class BonusLedger:
    """``granted`` is by key; ``app`` serves it. A customer whose account is closed is granted nothing."""

    def __init__(self, closed: Iterable[str] = ()) -> None:
        self.closed: frozenset[str] = frozenset(closed)
        self.granted: dict[str, Bonus] = {}
        self.revoked: Counter[str] = Counter()
        self.questions: list[str] = []
        self.app: Starlette = Starlette(
            routes=[
                Route("/grants", self._grant, methods=["POST"]),
                Route("/revocations", self._revoke, methods=["POST"]),
                Route("/questions", self._decide, methods=["POST"]),
            ]
        )

    def of(self, campaign: object) -> dict[str, Bonus]:
        """Return what was granted in a campaign."""
        return {key: one for key, one in list(self.granted.items()) if one.campaign == str(campaign)}

    async def _grant(self, came: Request) -> JSONResponse:
        refused = []
        for row in await came.json():
            key = row.pop("key")
            if row["customer"] in self.closed:
                refused.append(key)
            else:
                self.granted.setdefault(key, Bonus(**row))
        return JSONResponse(refused)

    async def _revoke(self, came: Request) -> JSONResponse:
        self.revoked.update(await came.json())
        return JSONResponse(None)

    async def _decide(self, came: Request) -> JSONResponse:
        customer: Any = await came.json()
        self.questions.append(customer)
        return JSONResponse(customer not in self.closed)
