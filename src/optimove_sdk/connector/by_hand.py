"""What an operator does by hand, from outside of the workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from dbos import DBOSClient, DBOSPortableJSONSerializer

from ..errors import ConfigurationError
from .durable import FLOWS
from .store import Store
from .workers import take_over

_UNDER_WAY: Final = ("PENDING", "ENQUEUED", "DELAYED")


def recover(database_url: str, worker: str) -> int:
    """Resume what a dead worker had under way, for the living ones; return how many flows and pages."""
    with _client(database_url) as client:
        return take_over(client, worker)


def retry(database_url: str, flow: str) -> str:
    """Let the workers run a flow that ended once more, for what it left undone; return the run's id.

    Batches and promotions whose outcome is known stay as they are.

    Raises:
        ConfigurationError: there is no such flow, or it still runs.
    """
    with _client(database_url) as client:
        first, *again = _runs(client, flow)
        latest = again[-1] if again else first
        if latest.status in _UNDER_WAY:
            raise ConfigurationError(f"{flow} still runs")
        store = Store(database_url)
        try:
            store.reopen_flow(flow)
        finally:
            store.close()
        return _enqueue(client, first, len(again) + 1)


@contextmanager
def _client(database_url: str) -> Iterator[DBOSClient]:
    client = DBOSClient(system_database_url=database_url, serializer=DBOSPortableJSONSerializer())
    try:
        yield client
    finally:
        client.destroy()


def _runs(client: DBOSClient, flow: str) -> list[Any]:
    """Return the first run of a flow, and those that were asked for by hand, in their order."""
    first = client.list_workflows(workflow_ids=[flow], load_output=False)
    if not first:
        raise ConfigurationError(f"there is no flow {flow}: /status has their names")
    again = client.list_workflows(workflow_id_prefix=f"{flow}:again:", load_input=False, load_output=False)
    return first + sorted(again, key=lambda run: run.created_at or 0)


def _enqueue(client: DBOSClient, first: Any, attempt: int) -> str:
    arguments = list(first.input["args"])
    if isinstance(arguments[0], dict):  # where its pages begin; they need new ids, too
        arguments[0] = {**arguments[0], "attempt": attempt}
    run = f"{first.workflow_id}:again:{attempt}"
    client.enqueue(
        {
            "workflow_name": first.name,
            "queue_name": FLOWS,
            "workflow_id": run,
            "app_version": first.app_version,
        },
        *arguments,
    )
    return run
