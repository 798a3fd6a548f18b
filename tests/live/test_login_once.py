"""However many callers find the token expired at once, one Login is made, and every call succeeds."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import (
    AsyncOptimove,
    AuthenticationFailed,
    FileTokenStore,
    MemoryTokenStore,
    Optimove,
    PermissionDenied,
    Secret,
)
from optimove_sdk.core.policies.token import Token
from support.optimove import LoginServer

MANY = 1000
HERE = Path(__file__).parent


@pytest.fixture
def server() -> Iterator[LoginServer]:
    with LoginServer(rows=10) as server:
        yield server


def all_at_once(work: Callable[[], Any], count: int) -> list[Any]:
    """Run the work in so many threads, which all start together; return what came, good or bad."""
    results: list[Any] = []
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    stack = threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threading.stack_size(stack)
    return results


def test_a_thousand_threads_with_an_expired_token_make_one_login(server: LoginServer) -> None:
    with Optimove(**server.credentials, rate_limit=None) as client:
        client.general.last_data_update()
        server.expire()
        before = server.logins
        results = all_at_once(client.general.last_data_update, MANY)
    assert {str(result) for result in results} == {"2024-05-01"}
    assert len(results) == MANY
    assert server.logins - before == 1


def test_a_thousand_threads_without_a_token_make_one_login(server: LoginServer) -> None:
    with Optimove(**server.credentials, rate_limit=None) as client:
        results = all_at_once(client.general.last_data_update, MANY)
    assert {str(result) for result in results} == {"2024-05-01"}
    assert server.logins == 1


async def test_a_thousand_tasks_with_an_expired_token_make_one_login(server: LoginServer) -> None:
    async with AsyncOptimove(**server.credentials, rate_limit=None) as client:
        await client.general.last_data_update()
        server.expire()
        before = server.logins
        results = await asyncio.gather(*(client.general.last_data_update() for _ in range(MANY)))
    assert {str(result) for result in results} == {"2024-05-01"}
    assert server.logins - before == 1


async def test_cancelling_the_task_that_logs_in_leaves_the_others_to_do_it(server: LoginServer) -> None:
    async with AsyncOptimove(**server.credentials, rate_limit=None) as client:
        leader = asyncio.create_task(client.general.last_data_update())
        await asyncio.sleep(0)
        others = [asyncio.create_task(client.general.last_data_update()) for _ in range(10)]
        await asyncio.sleep(0)
        leader.cancel()
        results = await asyncio.gather(*others)
    assert {str(result) for result in results} == {"2024-05-01"}


PROCESS = """
import sys, time
from optimove_sdk import FileTokenStore, Optimove
url, store, start = sys.argv[1:]
client = Optimove(base_url=url, username="someone", password="open-sesame", rate_limit=None,
                  token_store=FileTokenStore(store))
time.sleep(max(0, float(start) - time.time()))
with client:
    print(client.general.last_data_update())
"""


def test_eight_processes_that_share_a_file_make_one_login(server: LoginServer, tmp_path: Path) -> None:
    store = tmp_path / "tokens.json"
    stale = Token(Secret("long-gone"), issued=time.time() - 600, used=time.time() - 500)
    FileTokenStore(store).save(f"someone@{server.url}", stale)
    command = [sys.executable, "-W", "error", "-c", PROCESS, server.url, str(store), str(time.time() + 1.5)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)
    ]
    said = [process.communicate(timeout=60) for process in processes]
    assert said == [("2024-05-01\n", "")] * 8
    assert server.logins == 1
    assert 8 < server.count("GetLastDataUpdate") <= 16  # those that found the stored token expired, twice


def test_wrong_credentials_are_tried_once_for_all_threads(server: LoginServer) -> None:
    with Optimove(**{**server.credentials, "password": "guess"}, rate_limit=None) as client:
        results = all_at_once(client.general.last_data_update, 50)
    assert [type(result) for result in results] == [AuthenticationFailed] * 50
    assert server.logins == 1


def test_two_clients_that_share_a_store_share_the_login(server: LoginServer) -> None:
    store = MemoryTokenStore()
    for _ in range(2):
        with Optimove(**server.credentials, token_store=store) as client:
            client.general.last_data_update()
    assert server.logins == 1


@pytest.mark.parametrize("expires_before_page", [2, 3, 5])
def test_a_token_that_expires_while_paging_costs_no_row(expires_before_page: int) -> None:
    with LoginServer(rows=10) as server, Optimove(**server.credentials, rate_limit=None) as client:
        server.before_answer = [lambda: None] * (expires_before_page - 1) + [server.forget_token]
        rows = client.customers.execution_details(1, 2, page_size=3).to_list()
    assert [row.customer_id for row in rows] == [str(number) for number in range(10)]
    assert server.logins == 2


async def test_a_token_that_expires_while_paging_costs_no_row_for_asyncio(server: LoginServer) -> None:
    async with AsyncOptimove(**server.credentials, rate_limit=None) as client:
        server.before_answer = [lambda: None, server.forget_token]
        rows = await client.customers.execution_details(1, 2, page_size=3).to_list()
    assert [row.customer_id for row in rows] == [str(number) for number in range(10)]
    assert server.logins == 2


def test_a_403_that_is_no_expiry_is_no_reason_to_log_in(server: LoginServer) -> None:
    server.forbidden = True
    with Optimove(**server.credentials) as client, pytest.raises(PermissionDenied):
        client.general.last_data_update()
    assert server.logins == 1
    assert server.count("GetLastDataUpdate") == 1
