"""The little of DBOS that flows need: steps, and workflows with ids of their own on queues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import attrs
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowHandleAsync

from ..errors import OptimoveError
from .kit import GaveUp, Kit, log, told
from .pages import PageRef

T = TypeVar("T")
FLOWS: Final = "optimove-flows"
PAGES: Final = "optimove-pages"
URGENT: Final = 1
NORMAL: Final = 10
_TOLD: Final = 3


class PageWorkflow(Protocol):
    """The workflow of a page, as DBOS registered it."""

    async def __call__(self, ref: dict[str, Any]) -> dict[str, Any]:
        """Work on a page."""
        ...


async def step(name: str, function: Callable[[], Awaitable[T]]) -> T:
    """Run a step whose result is stored. Raises GaveUp, also when it is run again, if it gave up."""

    async def told() -> dict[str, Any]:
        try:
            return {"value": await function()}
        except OptimoveError as error:  # as a value: DBOS would store a pickle of the exception
            return {"error": str(error)}

    result = await DBOS.run_step_async({"name": name}, told)
    if "error" in result:
        raise GaveUp(result["error"])
    value: T = result["value"]
    return value


async def to_its_end(kit: Kit, flow: str, work: Callable[[], Awaitable[list[str]]]) -> None:
    """Do the work of a flow, and note that it ended, and what went wrong."""
    try:
        errors = await work()
    except Exception as error:
        errors = [told(error)]
        log.error("connector: %s failed: %s", flow, errors[0])
    more = f" (and {len(errors) - _TOLD} more)" if len(errors) > _TOLD else ""
    note = "; ".join(errors[:_TOLD]) + more
    await step("close", partial(kit.store.run, kit.store.close_flow, flow, note or None))


async def start_page(page: PageWorkflow, ref: PageRef, *, delay: float | None = None) -> None:
    """Enqueue the work on a page: any worker may do it."""
    priority = NORMAL if ref.clearance_by is None else URGENT
    options = SetEnqueueOptions(priority=priority, queue_partition_key=ref.tenant, delay_seconds=delay)
    with SetWorkflowID(ref.id), options:
        await DBOS.enqueue_workflow_async(PAGES, page, attrs.asdict(ref))


async def walk(kit: Kit, first: str) -> list[str]:
    """Wait for a page and all that follow from it; return what went wrong."""
    errors: list[str] = []
    waiting = [first]
    while waiting:
        result = await _result(kit, waiting.pop(0))
        if result.get("error"):
            errors.append(result["error"])
        waiting += result.get("then", ())
    return errors


async def _result(kit: Kit, workflow: str) -> dict[str, Any]:
    handle: WorkflowHandleAsync[dict[str, Any]] = await DBOS.retrieve_workflow_async(
        workflow, existing_workflow=False
    )
    try:
        return await handle.get_result(polling_interval_sec=kit.settings.poll)
    except Exception as error:  # whatever ended the workflow, the others go on
        return {"error": f"{workflow}: {type(error).__name__}"}
