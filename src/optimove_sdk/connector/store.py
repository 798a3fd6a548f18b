"""Reads and writes the connector's tables. Everything blocks briefly, so it runs in threads."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .tables import FLOWS, MARKS, META, PROGRESS

T = TypeVar("T")
COUNTS: Final = tuple(c.name for c in PROGRESS.columns if c.name not in ("key", "flow", "template"))
REALTIME: Final = "realtime"
_BUSY_MS: Final = 30_000
_SETUP_LOCK: Final = 0x0971_40FE


class Store:
    """The database, and what all parts of the kit note in it."""

    def __init__(self, url: str) -> None:
        self.engine: sa.Engine = _engine(url)
        self.on_postgres: bool = self.engine.dialect.name == "postgresql"

    def set_up(self) -> None:
        """Make the tables that are missing; several workers may do so at once."""
        with self.engine.begin() as connection:
            if self.on_postgres:
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_SETUP_LOCK})"))
            META.create_all(connection)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function of this store in a thread."""
        return await asyncio.to_thread(function, *arguments)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Begin a transaction."""
        with self.engine.begin() as connection:
            yield connection

    def insert(self, table: sa.Table) -> Any:
        """Return an INSERT that can say ON CONFLICT, in this database's dialect."""
        return postgresql.insert(table) if self.on_postgres else sqlite.insert(table)

    # Flows and their progress

    def open_flow(self, flow: str, *, repeats: int = 1, **values: Any) -> bool:
        """Note that a flow begins; False, and repeats counted, if it did before."""
        row = {"id": flow, "started_at": time.time(), "repeats": 0, **values}
        with self.begin() as connection:
            if _inserted(connection, self.insert(FLOWS).values(**row), FLOWS.c.id):
                return True
            again = sa.update(FLOWS).where(FLOWS.c.id == flow).values(repeats=FLOWS.c.repeats + repeats)
            connection.execute(again)
            return False

    def close_flow(self, flow: str, error: str | None) -> None:
        """Note that a flow ended."""
        ended = sa.update(FLOWS).where(FLOWS.c.id == flow).values(finished_at=time.time(), error=error)
        with self.begin() as connection:
            connection.execute(ended)

    def reopen_flow(self, flow: str) -> None:
        """Note that a flow runs once more, and forget the counts of batches whose outcome is not known."""
        unknown = (PROGRESS.c.flow == flow, PROGRESS.c.gave_up > 0)
        with self.begin() as connection:
            connection.execute(sa.delete(PROGRESS).where(*unknown))
            connection.execute(
                sa.update(FLOWS).where(FLOWS.c.id == flow).values(finished_at=None, error=None)
            )

    def forget(self, before: float) -> None:
        """Forget the flows that ended before a time, and the marks that were set before it."""
        ended = sa.select(FLOWS.c.id).where(FLOWS.c.finished_at < before)
        with self.begin() as connection:
            connection.execute(sa.delete(PROGRESS).where(PROGRESS.c.flow.in_(ended)))
            connection.execute(sa.delete(FLOWS).where(FLOWS.c.finished_at < before))
            connection.execute(sa.delete(MARKS).where(MARKS.c.at < before))

    def is_closed(self, flow: str) -> bool:
        """Say whether a flow ended."""
        query = sa.select(FLOWS.c.id).where(FLOWS.c.id == flow, FLOWS.c.finished_at.is_not(None))
        with self.begin() as connection:
            return connection.execute(query).first() is not None

    def open_clearances(self, by: float) -> list[str]:
        """Return the flows whose clearance is due by a time and that still run."""
        query = sa.select(FLOWS.c.id).where(FLOWS.c.finished_at.is_(None), FLOWS.c.clearance_by <= by)
        with self.begin() as connection:
            return list(connection.execute(query).scalars())

    def count(self, flow: str, key: str, counts: Mapping[str, int]) -> None:
        """Note what was counted for a key, in place of what was noted for it before."""
        whole = {"key": f"{flow}|{key}", "flow": flow, **dict.fromkeys(COUNTS, 0), **counts}
        wanted = self.insert(PROGRESS).values(**whole)
        with self.begin() as connection:
            connection.execute(wanted.on_conflict_do_update(index_elements=["key"], set_=dict(counts)))

    def is_counted(self, flow: str, key: str) -> bool:
        """Say whether something was counted for this key."""
        query = sa.select(PROGRESS.c.key).where(PROGRESS.c.key == f"{flow}|{key}")
        with self.begin() as connection:
            return connection.execute(query).first() is not None

    def delivered(self, flow: str) -> dict[int, int]:
        """Return how many were delivered of each template."""
        total = sa.func.sum(PROGRESS.c.delivered)
        query = sa.select(PROGRESS.c.template, total).where(PROGRESS.c.flow == flow)
        with self.begin() as connection:
            rows = connection.execute(query.group_by(PROGRESS.c.template)).all()
        return {template: int(count) for template, count in rows if template is not None and count}

    def totals(self, flows: Sequence[str] | None = None) -> dict[str, dict[str, int]]:
        """Return the sums for each flow."""
        sums = [sa.func.coalesce(sa.func.sum(PROGRESS.c[name]), 0).label(name) for name in COUNTS]
        query = sa.select(PROGRESS.c.flow, *sums).group_by(PROGRESS.c.flow)
        if flows is not None:
            query = query.where(PROGRESS.c.flow.in_(flows))
        with self.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["flow"]: {name: int(row[name]) for name in COUNTS} for row in rows}

    def flows(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the newest flows but those of single customers; those that run come first."""
        order = (FLOWS.c.finished_at.is_not(None), FLOWS.c.started_at.desc())
        query = sa.select(FLOWS).where(FLOWS.c.kind != REALTIME).order_by(*order).limit(limit)
        with self.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [dict(row) for row in rows]

    def realtime(self) -> dict[str, int]:
        """Return the sums over the flows of single customers."""
        mine = FLOWS.c.kind == REALTIME
        ended = FLOWS.c.finished_at.is_not(None)
        flows = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((ended, 1), else_=0)), 0),
            sa.func.coalesce(sa.func.sum(FLOWS.c.repeats), 0),
        ).where(mine)
        sums = [sa.func.coalesce(sa.func.sum(PROGRESS.c[name]), 0).label(name) for name in COUNTS]
        counts = sa.select(*sums).where(PROGRESS.c.flow.in_(sa.select(FLOWS.c.id).where(mine)))
        with self.begin() as connection:
            total, done, repeats = connection.execute(flows).one()
            row = connection.execute(counts).mappings().one()
        known = {"running": total - done, "done": done, "repeats": repeats}
        return {name: int(value) for name, value in (*known.items(), *row.items())}

    # Marks

    def mark(self, key: str) -> bool:
        """Set a mark; False if it was set before."""
        with self.begin() as connection:
            return _inserted(connection, self.insert(MARKS).values(key=key, at=time.time()), MARKS.c.key)

    def is_marked(self, *keys: str) -> bool:
        """Say whether one of the marks is set."""
        with self.begin() as connection:
            return connection.execute(sa.select(MARKS.c.key).where(MARKS.c.key.in_(keys))).first() is not None

    def marked(self, prefix: str) -> int:
        """Return how many marks begin like that."""
        query = sa.select(sa.func.count()).where(MARKS.c.key.startswith(prefix, autoescape=True))
        with self.begin() as connection:
            return int(connection.execute(query).scalar_one())


def _inserted(connection: sa.Connection, wanted: Any, key: Any) -> bool:
    """Insert a row; False if it is there already. Drivers differ in counting rows, so it comes back."""
    return connection.execute(wanted.on_conflict_do_nothing().returning(key)).first() is not None


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_size=5, pool_pre_ping=True)
    engine = sa.create_engine(parsed)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        # DBOS writes to the same file: wait for it rather than fail, and let readers read meanwhile.
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.isolation_level = "IMMEDIATE"

    return engine
