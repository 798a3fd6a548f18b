"""Forgets flows that ended long ago. A realtime flow holds a customer's id, as its notification did."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from dbos import DBOS

from .store import Store
from .tables import FLOWS, PROGRESS

_AT_ONCE: Final = 500
_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


def forget(store: Store, keep: timedelta) -> int:
    """Delete what ended before that, and return how many workflows that were."""
    before = datetime.now(UTC) - keep
    count = 0
    while found := DBOS.list_workflows(
        completed_before=before.isoformat(),
        status=_ENDED,
        limit=_AT_ONCE,
        load_input=False,
        load_output=False,
    ):
        DBOS.delete_workflows([one.workflow_id for one in found])
        count += len(found)
    ended = sa.select(FLOWS.c.id).where(FLOWS.c.finished_at < time.time() - keep.total_seconds())
    with store.begin() as connection:
        connection.execute(sa.delete(PROGRESS).where(PROGRESS.c.flow.in_(ended)))
        connection.execute(sa.delete(FLOWS).where(FLOWS.c.id.in_(ended)))
    return count
