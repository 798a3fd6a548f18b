"""The demo as a process: what it prints, how it ends, and that it ends."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

from optimove_sdk.demo import __main__ as demo
from optimove_sdk.demo.flow import Run
from optimove_sdk.demo.listener import Deliveries, Listener
from optimove_sdk.demo.progress import Progress
from optimove_sdk.demo.report import Result, is_right, table
from optimove_sdk.errors import ConfigurationError
from optimove_sdk.notifications.models import ChannelExecuted
from optimove_sdk.testing import NotificationPoster

COMMAND = [sys.executable, "-m", "optimove_sdk.demo", "--customers"]


def test_every_customer_is_sent_exactly_once_by_both_clients() -> None:
    done = subprocess.run([*COMMAND, "230"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[:5] == [
        ["Optimove", "AsyncOptimove"],
        ["customers", "230", "230"],
        ["pages", "10", "10"],
        ["requests", "22", "22"],
        ["retries", "3", "3"],
    ]
    assert done.stdout.splitlines()[-1] == "customers sent twice: 0, missed: 0"
    assert len(re.findall("metrics and events are reported", done.stderr)) == 2


def test_a_run_in_this_process_leaves_nothing_behind(capsys) -> None:
    threads = threading.active_count()
    assert demo.main(["--customers", "95"]) == 0
    assert "customers sent twice: 0, missed: 0" in capsys.readouterr().out
    assert threading.active_count() == threads


def test_on_a_terminal_one_line_moves() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    progress = Progress("Optimove", out)
    progress.moving("page 1")
    progress.moving("page 2")
    progress.step("done")
    moving, _, done = out.getvalue().partition("\r\033[K")
    assert (moving.count("\r"), moving.count("\n"), done.count("\n")) == (2, 0, 1)


def test_interrupted_in_this_process_it_says_so(monkeypatch, capsys) -> None:
    def interrupt(customers: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_play", interrupt)
    assert demo.main([]) == 130
    assert "Both servers are stopped" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(monkeypatch, capsys) -> None:
    def fail(customers: int) -> None:
        raise ConfigurationError("the sandbox needs uvicorn")

    monkeypatch.setattr(demo, "_play", fail)
    assert demo.main([]) == 2
    assert "needs uvicorn" in capsys.readouterr().err


def test_ctrl_c_ends_it_soon_and_quietly() -> None:
    process = subprocess.Popen(
        [*COMMAND, "2000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert "registered" in process.stderr.readline()
        started = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Both servers are stopped" in said
    assert time.monotonic() - started < 10


def test_a_customer_sent_twice_or_missed_is_counted_and_fails_it(monkeypatch, capsys) -> None:
    recorded = Deliveries.of(Counter({"a": 2, "b": 1}), ["a", "b", "c"])
    assert recorded == Deliveries(customers=2, twice=1, missed=1)
    results = [Result("Optimove", Run(1, 1, 0.5), 3, 0, recorded)]
    assert not is_right(results)
    assert table(results).endswith("customers sent twice: 1, missed: 1")
    monkeypatch.setattr(demo, "_play", lambda customers: results)
    assert demo.main(["--customers", "3"]) == 1
    assert "missed: 1" in capsys.readouterr().out


def test_too_few_customers_are_refused() -> None:
    done = subprocess.run([*COMMAND, "0"], capture_output=True, text=True, check=False)
    assert (done.returncode, "at least 1" in done.stderr) == (2, True)


def test_the_listener_drops_what_it_knows_and_refuses_what_it_cannot_read() -> None:
    listener = Listener()
    with NotificationPoster(listener, listener.path) as optimove:
        sent = ChannelExecuted(1, 504), ChannelExecuted(1, 504), b"?"
        assert [optimove.post(one).status for one in sent] == [200, 200, 400]
    assert listener.arrived() == ChannelExecuted(1, 504)
    assert listener.arrived() is None
    with NotificationPoster(listener, "/optimove/guessed") as stranger:
        assert stranger.post(ChannelExecuted(1, 504)).status == 404
    with NotificationPoster(listener, "/elsewhere") as stranger:
        assert stranger.post([]).status == 404
