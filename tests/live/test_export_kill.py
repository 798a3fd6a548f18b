"""A process is killed in the middle of an export; another one goes on, and the file has every row once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimove_sdk import Optimove
from optimove_sdk.sandbox import create_app, new_fake, serve
from optimove_sdk.testing import FakeOptimove
from support.exports import FORMATS

CUSTOMERS = 1_000
PROGRAM = """
import asyncio, sys, time
from optimove_sdk import AsyncOptimove, Optimove
url, path, method, colour = sys.argv[1:]
settings = dict(base_url=url, api_key="sandbox-key", proxy="", rate_limit=None)

def tell(progress):
    print(progress.pages, flush=True)
    if progress.pages == 40:  # long dead, or the test would prove nothing
        time.sleep(60)

def export(client):
    rows = client.customers.execution_details(1, 504, attributes=["Email"], page_size=10)
    return getattr(rows, method)(path, progress=tell)

async def main():
    async with AsyncOptimove(**settings) as client:
        await export(client)

asyncio.run(main()) if colour == "asyncio" else export(Optimove(**settings))
"""


@pytest.fixture
def fake() -> FakeOptimove:
    return new_fake(customers=CUSTOMERS, rate_limit=None)


@pytest.fixture
def client(fake: FakeOptimove) -> Iterator[Optimove]:
    with (
        serve(create_app(fake)) as url,
        Optimove(base_url=url, api_key="sandbox-key", proxy="", rate_limit=None) as client,
    ):
        yield client


@pytest.mark.parametrize("colour", ["blocking", "asyncio"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_after_kill_9_the_export_goes_on_and_every_row_is_there_once(
    fake: FakeOptimove, client: Optimove, tmp_path: Path, suffix: str, colour: str
) -> None:
    path, whole, method = tmp_path / f"a.{suffix}", tmp_path / f"whole.{suffix}", f"to_{suffix}"
    kill_after_pages(20, client.config.base_url, path, method, colour)
    assert not path.exists()
    rows = client.customers.execution_details(1, 504, attributes=["Email"], page_size=50)
    rows = rows.with_options(prefetch=0)
    assert getattr(rows, method)(path, resume=True).rows == CUSTOMERS
    # By the size of the page: a request of the dead process may come in late.
    resumed = [request for request in fake.requests if request.params.get("$top") == "50"]
    assert len(resumed) <= (CUSTOMERS - 20 * 10) / 50 + 1
    getattr(rows, method)(whole)
    assert path.read_bytes() == whole.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, whole.name]


def kill_after_pages(pages: int, url: str | None, path: Path, method: str, colour: str) -> None:
    command = [sys.executable, "-c", PROGRAM, str(url), str(path), method, colour]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != f"{pages}\n":
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
