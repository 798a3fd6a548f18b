"""Forgets what ended long ago. A realtime flow holds a customer's id, as its notification did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from dbos import DBOS

from .kit import Kit

_AT_ONCE: Final = 500
_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


def forget(kit: Kit) -> int:
    """Delete what is older than the settings say, and return how many workflows that were."""
    keep = kit.settings.keep_for
    before = time.time() - keep.total_seconds()
    kit.store.forget(before)
    kit.ledger.forget(keep, kit.settings.keep_grants_for)
    return _forget_workflows(datetime.fromtimestamp(before, UTC))


def _forget_workflows(before: datetime) -> int:
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
    return count
