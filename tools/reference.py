"""Writes docs/reference from the code: a page for each area, and the table of all operations.

python tools/reference.py          # write
python tools/reference.py --check  # say which pages differ, and fail if any does
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from optimove_sdk import (
    CampaignMetric,
    ChannelApp,
    ChannelTemplate,
    CustomerPromotionStatus,
    Event,
    Optimove,
    Promotion,
)
from optimove_sdk.core.batch import Batch
from optimove_sdk.core.call import Call
from optimove_sdk.core.endpoint import batched, endpoint, paged
from optimove_sdk.events.desk import Desk
from optimove_sdk.events.publisher import publishing
from optimove_sdk.resources import Resources

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by tools/reference.py from the docstrings: change them, not this page. -->\n"

# An argument for every required parameter, so that an operation can be planned and looked at.
SAMPLES: dict[str, Any] = {
    "apps": [ChannelApp("1", "app")],
    "app_ids": ["1"],
    "body": {"url": "https://example.com"},
    "customer_ids": ["C1"],
    "customers": {"C1": {"A": "b"}},
    "attributes": {"A": "b"},
    "email_addresses": ["a@example.com"],
    "event": Event(event="deposit", customer="C1"),
    "events": [Event(event="delivered", customer="C1")],
    "metrics": [CampaignMetric(1, 1, 1, 0, 1)],
    "promo_codes": ["A"],
    "promos_updated": [CustomerPromotionStatus("C1", True)],
    "promotions": [Promotion("A", "a")],
    "recipients": ["a@example.com"],
    "subscriptions": {"topic": [15]},
    "template_ids": [1],
    "templates": [ChannelTemplate(1, "t")],
    "listener_url": "https://example.com",
    "type": "INT",
}
OPTIONAL = {"future_values": {"lifecycle_stage_ids": [1]}}
KINDS = {endpoint: "", paged: "pages", batched: "batch", publishing: "publisher"}


@attrs.frozen
class Operation:
    """What the table says about one operation."""

    area: str
    name: str
    kind: str
    method: Callable[..., Any]
    verb: str
    path: str
    host: str
    safe: bool
    limit: int | None
    result: str

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.method) or ""

    @property
    def function(self) -> str:
        return self.doc.partition(":")[0]

    @property
    def summary(self) -> str:
        return self.doc.partition(":")[2].partition("\n")[0].strip()

    @property
    def evidence(self) -> str:
        found = re.search(r"^Evidence: (.*)\.$", self.doc, re.MULTILINE)
        return found.group(1) if found else ""


def operations() -> Iterator[Operation]:
    """Yield every operation of every area, in the order of the code."""
    client = Optimove(
        base_url="https://api5.optimove.net",
        api_key="k",
        tenant_id=1,
        events_url="https://e.example",
        events_token="t",
        metrics_url="https://m.example",
        preferences_url="https://p.example",
    )
    for area in sorted(name for name, value in vars(Resources).items() if isinstance(value, cached_property)):
        resource = getattr(client.plan, area)
        for cls in reversed(type(resource).__mro__):
            for name, value in vars(cls).items():
                if type(value) in KINDS:
                    yield _look_at(area, name, KINDS[type(value)], getattr(resource, name))
    client.close()


def _look_at(area: str, name: str, kind: str, method: Callable[..., Any]) -> Operation:
    parameters = inspect.signature(method).parameters.values()
    required = {
        p.name: _sample(area, p) for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD
    }
    planned = method(**required, **OPTIONAL.get(name, {}))
    call = _call_in(planned)
    limit = _limit(method, required) if kind == "batch" else None
    result = _result(inspect.signature(method).return_annotation, kind)
    return Operation(area, name, kind, method, call.method, call.path, call.host, call.safe, limit, result)


def _call_in(planned: Any) -> Call[Any]:
    if isinstance(planned, Desk):
        return planned.wire.call([{}])
    return next(iter(planned)) if isinstance(planned, Batch) else planned


def _sample(area: str, parameter: inspect.Parameter) -> Any:
    if (area, parameter.name) == ("customer_lists", "customers"):
        return ["C1"]
    if parameter.name in SAMPLES:
        return SAMPLES[parameter.name]
    if "int" in str(parameter.annotation):
        return 1
    return "2026-01-31" if "Date" in str(parameter.annotation) else "a@example.com"


def _limit(method: Callable[..., Any], arguments: dict[str, Any]) -> int:
    """Find how many items one call carries, by planning a list longer than any limit."""
    name = next(n for n, value in arguments.items() if isinstance(value, list | dict))
    item = arguments[name]
    many = 50_001
    long: Any = {f"C{i}": {"A": "b"} for i in range(many)} if isinstance(item, dict) else _many(item[0], many)
    return len(method(**{**arguments, name: long}).chunks[0].items)


def _many(item: Any, count: int) -> list[Any]:
    if attrs.has(type(item)):
        key = next(f.name for f in attrs.fields(type(item)) if f.name not in ("attributes", "extra"))
        if key == "channel_id":
            return [item] * count
        kind = type(getattr(item, key))
        return [attrs.evolve(item, **{key: kind(index + 1)}) for index in range(count)]
    return [f"{index}@example.com" if isinstance(item, str) else index + 1 for index in range(count)]


def _result(annotation: str, kind: str) -> str:
    inner = re.sub(r"^(Call|Batch)\[(.*)\]$", r"\2", str(annotation).replace("Desk[", "Publisher[")).replace(
        "ListOf", "list"
    )
    inner = re.sub(r"^Page\[(.*)\]$", r"Pager[\1]", inner)
    inner = re.sub(r"\bUntypedRow\b", "Mapping[str, Any]", inner)
    return f"BatchResult[{inner}]" if kind == "batch" else inner


def table(every: list[Operation]) -> str:
    """Return the page of all operations."""
    lines = [
        "# All operations",
        "",
        NOTE,
        f"{len(every)} operations. *Pages* is paging by `$top` and `$skip`. *Per call* is where longer lists",
        "are cut. *Repeat* is whether the operation may be sent again after its answer was lost. *Evidence*",
        "is how well the operation is known: Optimove's documentation is only partly public.",
        "",
        "| Optimove's function | method | result | pages | per call | repeat | evidence |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for op in every:
        cells = (
            f"{op.function}",
            f"[`{op.area}.{op.name}`]({op.area}.md#{op.name})",
            f"`{op.result}`".replace("|", "\\|"),
            "yes" if op.kind == "pages" else "",
            f"{op.limit:,}" if op.limit else "",
            "yes" if op.safe else "**no**",
            op.evidence,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def page(area: str, every: list[Operation]) -> str:
    """Return the page of one area."""
    resource = getattr(Resources, area)
    parts = [f"# client.{area}\n\n{NOTE}\n{inspect.getdoc(resource.func)}\n"]
    parts += (_section(op) for op in every)
    return "\n".join(parts)


def _section(op: Operation) -> str:
    signature = str(inspect.signature(op.method)).partition(" -> ")[0].replace("'", "")
    signature = re.sub(r"inputs\.(DateLike)", r"date | str", signature).replace("PAGE_SIZE", "10_000")
    host = {"api": "", "mail": "", "sending": ""}.get(op.host, f" on the {op.host} host")
    where = f"`{op.verb} {op.path or '(the endpoint itself)'}`{host}"
    body = op.doc.partition("\n")[2].strip("\n")
    body = re.sub(r"^(Args|Returns|Raises):$", r"**\1**\n", body, flags=re.MULTILINE)
    body = re.sub(r"^    (\w+(?:, \w+)*): ", r"- `\1`: ", body, flags=re.MULTILINE)
    body = re.sub(r"^ {8}", "  ", body, flags=re.MULTILINE)
    body = re.sub(r"^ {4}", "", body, flags=re.MULTILINE).replace("``", "`")
    title = f"## {op.name}\n\n`{op.name}{signature}` → `{op.result}`"
    return f"{title}\n\n{op.function}, {where}: {op.summary}\n\n{body}\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    every = list(operations())
    areas = sorted({op.area for op in every})
    return {
        "operations.md": table([op for op in every if op.kind != "publisher"]),
        **{f"{area}.md": page(area, [op for op in every if op.area == area]) for area in areas},
    }


def main(check: bool) -> int:
    """Write the pages, or compare them."""
    stale = [name for name, text in pages().items() if _text(FOLDER / name) != text]
    if check:
        for name in stale:
            print(f"docs/reference/{name} is not what the code says: run python tools/reference.py")
        return bool(stale)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
