"""Signs of life. Who gives none for too long is dead, and its work is taken over by one of the others.

What was in flight on a killed worker hangs until somebody resumes it. So every worker writes the time, all
look at the others', and whoever finds a dead one claims it, alone, before it resumes the work. A worker that
finds itself claimed was only slow: it must stop at once, because its work now runs elsewhere.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient

from .kit import log
from .store import Store
from .tables import WORKERS

_CLAIM_LASTS: Final = 60.0
_AT_ONCE: Final = 100
_LOOK_AGAIN: Final = 0.2
_DECLARED_DEAD: Final = 75


class Declared(RuntimeError):
    """The others have declared this worker dead."""


class Register:
    """The register of workers. Everything blocks briefly."""

    def __init__(self, store: Store, name: str, dead_after: float) -> None:
        self._store = store
        self._name = name
        self._dead_after = dead_after
        self._session = secrets.token_hex(8)
        epoch = sa.func.extract("epoch", sa.func.clock_timestamp())
        # One clock for all workers; SQLite has one worker, and needs no clock but its own.
        julian = (sa.func.julianday("now") - 2440587.5) * 86400.0
        self._now: Any = sa.cast(epoch if store.on_postgres else julian, sa.Float(53))

    def enter(self) -> None:
        """Say that this worker is there. What another session of its name says does not count any more.

        If another worker is just taking over what this one left behind, that is waited for: the same flow
        must not be resumed there and recovered here.
        """
        ends = time.monotonic() + _CLAIM_LASTS
        while self._is_claimed() and time.monotonic() < ends:
            time.sleep(_LOOK_AGAIN)
        values = {"session": self._session, "beat_at": self._now, "claimed_by": None, "claimed_at": None}
        wanted = self._store.insert(WORKERS).values(name=self._name, **values)
        with self._store.begin() as connection:
            connection.execute(wanted.on_conflict_do_update(index_elements=["name"], set_=values))

    def _is_claimed(self) -> bool:
        fresh = WORKERS.c.claimed_at >= self._now - _CLAIM_LASTS
        query = sa.select(WORKERS.c.name).where(WORKERS.c.name == self._name, fresh)
        with self._store.begin() as connection:
            return connection.execute(query).first() is not None

    def beat(self) -> None:
        """Say that this worker lives.

        Raises:
            Declared: another has taken its work over, or its name.
        """
        mine = (WORKERS.c.name == self._name, WORKERS.c.session == self._session)
        alive = sa.update(WORKERS).where(*mine, WORKERS.c.claimed_by.is_(None)).values(beat_at=self._now)
        with self._store.begin() as connection:
            if not connection.execute(alive).rowcount:
                raise Declared(f"worker {self._name} was declared dead, or another has its name")

    def leave(self) -> None:
        """Say that this worker goes; what it had under way is left to whoever comes next."""
        ended = sa.update(WORKERS).where(WORKERS.c.session == self._session).values(beat_at=0.0)
        with self._store.begin() as connection:
            connection.execute(ended)

    def claim_dead(self) -> list[str]:
        """Return the workers that are dead and that nobody else is taking over."""
        free = sa.or_(WORKERS.c.claimed_at.is_(None), WORKERS.c.claimed_at < self._now - _CLAIM_LASTS)
        dead = WORKERS.c.beat_at < self._now - self._dead_after
        claim = (
            sa.update(WORKERS)
            .where(dead, free, WORKERS.c.name != self._name)
            .values(claimed_by=self._name, claimed_at=self._now)
            .returning(WORKERS.c.name)
        )
        with self._store.begin() as connection:
            return list(connection.execute(claim).scalars())

    def bury(self, worker: str) -> None:
        """Forget a worker whose work is taken over."""
        mine = (WORKERS.c.name == worker, WORKERS.c.claimed_by == self._name)
        with self._store.begin() as connection:
            connection.execute(sa.delete(WORKERS).where(*mine))

    def all(self) -> list[dict[str, Any]]:
        """Return every worker, and the seconds since its last sign of life."""
        query = sa.select(WORKERS.c.name, (self._now - WORKERS.c.beat_at).label("silent_for"))
        with self._store.begin() as connection:
            rows = connection.execute(query.order_by(WORKERS.c.name)).mappings().all()
        return [dict(row) for row in rows]


class Heart:
    """Beats in a thread of its own, so that a busy event loop is not taken for dead."""

    def __init__(self, register: Register, interval: float) -> None:
        self._register = register
        self._interval = interval
        self._stopped = threading.Event()
        self._last = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name="connector-heart", daemon=True)

    @property
    def silent_for(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self._register.beat()
                self._last = time.monotonic()
            except Declared as error:
                log.critical("connector: %s; stopping at once", error)
                # Not an exception: nothing more may be sent by a worker whose work runs elsewhere.
                os._exit(_DECLARED_DEAD)
            except Exception as error:
                log.error("connector: no sign of life could be given: %s", type(error).__name__)


def take_over(dbos: type[DBOS] | DBOSClient, worker: str) -> int:
    """Resume what a dead worker had under way; return how many flows and pages that were."""
    count = 0
    while found := dbos.list_workflows(
        executor_id=worker, status="PENDING", limit=_AT_ONCE, load_input=False, load_output=False
    ):
        for workflow in found:
            dbos.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)
        count += len(found)
    return count
