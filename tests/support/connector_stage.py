"""Optimove, the receiving side, and workers that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from optimove_sdk.sandbox import create_app, new_fake, serve
from optimove_sdk.testing.fake import FakeOptimove
from support.connector_receiver import Receiver
from support.connector_vendor import SECRET

TESTS = Path(__file__).parents[1]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Worker:
    """A connector in a process, always on the same port."""

    def __init__(self, name: str, port: int, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._environment = {**environment, "TEST_WORKER": name}
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "optimove_sdk.connector", "run"]
        command += ["support.connector_vendor:connector", "--port", str(self._port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **self._environment, "PYTHONPATH": str(TESTS)},
                stdout=log,
                stderr=log,
                cwd=TESTS,
            )

    def wait_until_up(self, patience: float = 30.0) -> None:
        until(lambda: self.get("/health") is not None, patience, lambda: self._log.read_text()[-3000:])

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def get(self, path: str) -> bytes | None:
        try:
            with DIRECT.open(f"{self.url}{path}", timeout=5) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def status(self) -> dict[str, Any]:
        return json.loads(self.get("/status") or b"{}")

    def memory(self) -> float:
        """MiB that are resident."""
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Stage:
    """Everything outside of the workers."""

    def __init__(
        self, fake: FakeOptimove, receiver: Receiver, environment: dict[str, str], tmp: Path
    ) -> None:
        self.fake = fake
        self.receiver = receiver
        self.tmp = tmp
        self._environment = environment
        self.workers: list[Worker] = []

    def worker(self, name: str, port: int, **more: str) -> Worker:
        worker = Worker(name, port, {**self._environment, **more}, self.tmp / f"{name}.log")
        self.workers.append(worker)
        return worker

    def notify(self, worker: Worker, **payload: Any) -> int:
        return post(f"{worker.url}/listen/default/{SECRET}", payload)

    def done(self, worker: Worker, count: int) -> bool:
        """Whether so many flows of campaigns and clearances have ended well."""
        flows = worker.status().get("flows", [])
        assert not [one for one in flows if one["state"] == "failed"], flows
        return count == sum(one["state"] == "done" and one["kind"] != "ended" for one in flows)

    def executed(self, worker: Worker, campaign: int, channel: int) -> int:
        stamp = "2026-01-31 05:04:54"
        return self.notify(worker, EventTypeID=13, TimeStamp=stamp, CampaignID=campaign, ChannelID=channel)


@contextmanager
def stage(tmp: Path, database: str, **environment: str) -> Iterator[Stage]:
    fake = new_fake(customers=1, rate_limit=None)
    receiver = Receiver()
    with ExitStack() as stack:
        optimove = stack.enter_context(serve(create_app(fake)))
        receiving = stack.enter_context(serve(receiver))
        known = {"TEST_OPTIMOVE": optimove, "TEST_RECEIVER": receiving, "TEST_DATABASE": database}
        made = Stage(fake, receiver, {**known, **environment}, tmp)
        try:
            yield made
        finally:
            for worker in made.workers:
                if worker.process is not None and worker.process.poll() is None:
                    worker.kill()


def check_everybody_was_reached_once(stage: Stage, campaign: Any) -> None:
    """Look at the receiving side's own records of a campaign with a promotion on several channels."""
    receiver = stage.receiver
    expected = {(str(channel), one) for channel in campaign.channels for one in campaign.customer_ids()}
    reached = receiver.reached()
    assert set(reached) == expected
    assert set(reached.values()) == {1}
    assert receiver.differing() == []
    assert {what[1:] for what in receiver.granted.values()} == {
        (one, code) for one in campaign.customer_ids() for code in campaign.promo_codes
    }
    assert receiver.granted_twice() == []


def post(url: str, payload: Any) -> int:
    content = json.dumps(payload).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    try:
        with DIRECT.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def until(holds: Callable[[], bool], patience: float, what: Callable[[], object] = lambda: "") -> None:
    ends = time.monotonic() + patience
    while not holds():
        if time.monotonic() > ends:
            raise AssertionError(f"not within {patience} s: {what()}")
        time.sleep(0.02)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
