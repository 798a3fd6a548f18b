"""Exports in both colours from a server that is a list of rows."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from optimove_sdk import CustomerExecution
from optimove_sdk.core.call import Call, Page
from optimove_sdk.core.pages import pages_of, untyped_pages
from optimove_sdk.http.base import Request, Response
from support.sessions import Wire, asynchronous, sync

FORMATS = ["jsonl", "csv", "parquet"]
PATH = "customers/GetCustomerExecutionDetailsByCampaign"


@attrs.define
class Rows:
    """A server that pages through rows; ``fails_at`` is the first row that it cannot answer."""

    rows: list[dict[str, Any]]
    fails_at: int | None = None
    asked: list[dict[str, str]] = attrs.Factory(list)

    def __call__(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(query)
        skip = int(query.get("$skip", 0))
        if self.fails_at is not None and skip >= self.fails_at:
            return Response(400, {}, b'"no"')
        return Response(200, {}, json.dumps(self.rows[skip:][: int(query.get("$top", 10**9))]).encode())


@attrs.frozen
class Colour:
    """Blocking or asyncio."""

    face: Callable[..., Any]

    def pager(self, server: Callable[[Request], Response], call: Call[Page[Any]]) -> Any:
        return self.face(Wire(server)).pager(call)

    def export(self, server: Any, call: Call[Page[Any]], path: Path, **options: Any) -> Any:
        """Export to the format that the path ends in."""
        return finish(getattr(self.pager(server, call), f"to_{path.suffix[1:]}")(path, **options))


BOTH = [Colour(sync), Colour(asynchronous)]


def finish(result: Any) -> Any:
    """Return the value, also of a coroutine."""
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def customers(count: int) -> list[dict[str, Any]]:
    return [
        {"CustomerID": f"C{n}", "ActionID": n % 3, "PromoCode": "A,B", "CustomerAttributes": [f"{n}@a.test"]}
        for n in range(count)
    ]


def execution(**options: Any) -> Call[Page[CustomerExecution]]:
    params = {"CampaignID": options.pop("campaign", 1)}
    return pages_of(CustomerExecution, PATH, params, **{"attributes": ("Email",), **options})


def untyped(**options: Any) -> Call[Page[Any]]:
    return untyped_pages("customers/GetProcessedCampaignCustomers", {"CampaignID": 1}, **options)
