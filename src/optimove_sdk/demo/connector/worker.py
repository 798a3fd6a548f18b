"""The connector's process: started, killed without warning, asked to stop."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

from ...errors import ConfigurationError, TransportError
from ...http.base import Request
from ...http.httpx import HttpxTransport
from .surroundings import Surroundings

_COMMAND: Final = (sys.executable, "-m", "optimove_sdk.connector")
_CONNECTOR: Final = "optimove_sdk.demo.connector.app:connector"
_MISCONFIGURED: Final = 2
_PATIENCE: Final = 60.0
_POLL: Final = 0.02
_TAIL: Final = 2_000


class Worker:
    """One worker, always on the same port of this machine."""

    def __init__(self, around: Surroundings) -> None:
        self._port = _free_port()
        self._log = Path(around.folder, "worker.log")
        self._web = HttpxTransport(proxy="")
        self._process: subprocess.Popen[bytes] | None = None
        self.around = around
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, days_ahead: int = 0) -> None:
        """Start the process, with a clock that may be ahead, and wait until it serves."""
        self.around = attrs.evolve(self.around, days_ahead=days_ahead)
        self._process = self._run("run", _CONNECTOR, "--port", str(self._port))
        self.wait(self._is_up)

    def register(self) -> None:
        """Register the listeners and publish the templates, in a process of its own."""
        with self._run("register", _CONNECTOR, self.url) as process:
            code = process.wait(_PATIENCE)
        if code == _MISCONFIGURED:
            raise ConfigurationError(self._said().strip())
        if code:
            raise RuntimeError(f"the connector could not be registered: {self._said()}")

    def kill(self) -> None:
        """Kill the process, as ``kill -9`` does: it is not asked, and can finish nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def stop(self) -> None:
        """Ask the process to stop, and wait until it has."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
            self._process.communicate()

    def close(self) -> None:
        """Leave no process behind."""
        self.kill()
        self._web.close()

    def status(self) -> dict[str, Any]:
        """Return what the worker says of itself."""
        answer = self._web.handle_request(Request("GET", f"{self.url}/status"))
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def flow(self, kind: str, campaign: int, channel: int | None = None) -> dict[str, Any]:
        """Return a flow once it has ended."""
        found: list[dict[str, Any]] = []

        def has_ended() -> bool:
            found[:] = [
                one
                for one in self.status()["flows"]
                if (one["kind"], one["campaign"], one["channel"]) == (kind, str(campaign), channel)
            ]
            return bool(found) and found[0]["state"] != "running"

        self.wait(has_ended)
        return found[0]

    def wait_for_realtime(self, count: int) -> None:
        """Wait until so many realtime flows have ended, and none runs."""

        def have_ended() -> bool:
            realtime = self.status()["realtime"]
            return bool(realtime["done"] >= count and not realtime["running"])

        self.wait(have_ended)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds.

        Raises:
            RuntimeError: it does not, for too long, or the process has ended.
        """
        ends = time.monotonic() + _PATIENCE
        while not holds():
            if time.monotonic() > ends or (self._process and self._process.poll() is not None):
                raise RuntimeError(f"the connector did not do it: {self._said()}")
            time.sleep(_POLL)

    def _is_up(self) -> bool:
        try:
            return self._web.handle_request(Request("GET", f"{self.url}/health")).status == 200
        except TransportError:
            return False

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
                [*_COMMAND, *arguments],
                env={**os.environ, **self.around.variable()},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo, which then ends this process.
                start_new_session=True,
            )

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-_TAIL:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
