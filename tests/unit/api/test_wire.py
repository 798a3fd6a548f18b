"""What every operation sends, to the letter, and what it makes of Optimove's own sample answers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest

from optimove_sdk.core.endpoint import batched, endpoint, paged
from optimove_sdk.resources import Resources
from support.more_operations import MORE_OPERATIONS
from support.operations import OPERATIONS as SOME_OPERATIONS
from support.operations import Operation
from support.recording import answer, async_client_for, client_for

OPERATIONS = {**SOME_OPERATIONS, **MORE_OPERATIONS}


def url_path(operation: Operation) -> str:
    return operation.path if operation.path.startswith("/") else f"/current/{operation.path}"


async def consume(result: Any) -> Any:
    return await result.to_list() if hasattr(result, "to_list") else await result


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_sends_exactly_what_is_documented(name: str) -> None:
    operation = OPERATIONS[name]
    client, sent = async_client_for(answer(operation.samples[0]), answer([]))
    await consume(operation.do(client))
    assert sent.requests[0].method == operation.method
    del sent.requests[1:]
    assert sent.path == url_path(operation)
    assert sent.query == operation.query
    assert sent.json == operation.body
    assert {name: sent.header(name) for name in operation.headers} == operation.headers


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_gives_the_same_on_both_clients_for_every_sample(name: str) -> None:
    operation = OPERATIONS[name]
    for sample in operation.samples:
        blocking, _ = client_for(answer(sample), answer([]))  # a page, and the empty one that ends it
        asynchronous, _ = async_client_for(answer(sample), answer([]))
        result = operation.do(blocking)
        result = result.to_list() if hasattr(result, "to_list") else result
        # by their repr: the errors in a batch result are equal in everything but identity
        assert repr(result) == repr(await consume(operation.do(asynchronous)))
        if isinstance(sample, list) and isinstance(result, list):
            assert len(result) == len(sample)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_planned_operation_is_not_performed_and_knows_whether_it_may_be_repeated(name: str) -> None:
    operation = OPERATIONS[name]
    client, sent = client_for()
    planned = operation.do(client.plan)
    calls = list(planned) if hasattr(planned, "chunks") else [planned]
    assert sent.requests == []
    assert [call.safe for call in calls] == [operation.safe]
    assert calls[0].method == operation.method


def test_plain_paths_have_no_current_and_a_capital_letter() -> None:
    client, sent = client_for(answer([]), path_style="plain")
    client.promotions.list()
    assert sent.path == "/Integrations/GetPromotions"
    client.campaigns.channels()
    assert sent.path == "/Actions/GetExecutionChannels"


def test_every_operation_is_in_the_table_of_this_test() -> None:
    client, _ = client_for()
    areas = [name for name, value in vars(Resources).items() if isinstance(value, cached_property)]
    every = {
        f"{area}.{name}"
        for area in areas
        for cls in type(getattr(client, area)).__mro__
        for name, value in vars(cls).items()
        if isinstance(value, endpoint | paged | batched)
    }
    elsewhere = {"events.report", "engagement_metrics.report"}  # their tests know more about signing
    assert every - elsewhere == {name.split()[0] for name in OPERATIONS}
    assert len(every) == 83
