"""What the connector did and does: numbers, as JSON and as a small page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from .kit import Kit
from .store import COUNTS
from .workers import Register

_COLUMNS: Final = (
    *("flow", "kind", "campaign", "channel", "state"),
    *COUNTS,
    *("repeats", "seconds_to_clearance"),
)


def status_of(kit: Kit, workers: Register) -> dict[str, Any]:
    """Return the newest flows, the sums over them, and the workers."""
    rows = kit.store.flows()
    totals = kit.store.totals([row["id"] for row in rows])
    now = kit.settings.now().timestamp()
    realtime = kit.store.realtime()
    flows = [_flow(row, totals.get(row["id"], {}), now) for row in rows]
    return {
        "worker": kit.settings.worker,
        "running": sum(1 for one in flows if one["state"] == "running"),
        "done": sum(1 for one in flows if one["state"] == "done"),
        "failed": sum(1 for one in flows if one["state"] == "failed"),
        "duplicates_suppressed": sum(_duplicates(one) for one in (*flows, realtime)),
        "clearances_short_of_time": kit.store.marked("short:"),
        "realtime": realtime,
        "flows": flows,
        "workers": workers.all(),
    }


def _duplicates(flow: Mapping[str, Any]) -> int:
    """Return the notifications and the grants that came again."""
    return int(flow["repeats"]) + int(flow.get("grants_suppressed", 0))


def _flow(row: Mapping[str, Any], counts: Mapping[str, int], now: float) -> dict[str, Any]:
    by = row["clearance_by"]
    return {
        "flow": row["id"],
        "kind": row["kind"],
        "tenant": row["tenant"],
        "campaign": row["campaign"],
        "channel": row["channel"],
        "state": _state(row),
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "repeats": row["repeats"],
        "error": row["error"],
        "seconds_to_clearance": None if by is None or row["finished_at"] else round(by - now),
        **counts,
    }


def _state(row: Mapping[str, Any]) -> str:
    if row["finished_at"] is None:
        return "running"
    return "failed" if row["error"] else "done"


def page_of(status: Mapping[str, Any]) -> str:
    """Return the status as a page that reloads itself."""
    head = "".join(f"<th>{name.replace('_', ' ')}" for name in _COLUMNS)
    rows = "".join("<tr>" + "".join(map(_cell, map(flow.get, _COLUMNS))) for flow in status["flows"])
    sums = f"{status['running']} running, {status['done']} done, {status['failed']} failed"
    realtime = status["realtime"]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        "<title>Connector</title><style>body{font:14px system-ui;margin:2em}"
        "td,th{padding:.2em .7em;text-align:left}</style>"
        f"<h1>{escape(status['worker'])}</h1><p>{sums}; {status['duplicates_suppressed']} duplicates"
        f" suppressed; {status['clearances_short_of_time']} clearances short of time</p>"
        f"<p>realtime: {realtime['running']} running, {realtime['delivered']} delivered,"
        f" {realtime['failed']} failed</p>"
        f"<table><tr>{head}{rows}</table></html>"
    )


def _cell(value: object) -> str:
    return f"<td>{'' if value is None else escape(str(value))}"
