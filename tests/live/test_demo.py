"""The demo as a process: what it prints, how it ends, and that it ends."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimove_sdk.demo import __main__ as demo
from optimove_sdk.demo.connector.netmera import Message, Reached
from optimove_sdk.demo.connector.report import Line
from optimove_sdk.demo.connector.surroundings import VARIABLE, Surroundings
from optimove_sdk.demo.connector.worker import Worker
from optimove_sdk.demo.flow import Run
from optimove_sdk.demo.listener import Deliveries, Listener
from optimove_sdk.demo.progress import Progress
from optimove_sdk.demo.report import Result, is_right, table
from optimove_sdk.errors import ConfigurationError
from optimove_sdk.notifications.models import ChannelExecuted
from optimove_sdk.testing import NotificationPoster

COMMAND = [sys.executable, "-m", "optimove_sdk.demo", "--customers"]


@pytest.fixture
def clients_are_right(monkeypatch) -> None:
    result = Result("Optimove", Run(1, 1, 0.5), 3, 0, Deliveries(3, twice=0, missed=0))
    monkeypatch.setattr(demo, "_play", lambda customers: [result])


@pytest.fixture
def connector_is_right(monkeypatch) -> None:
    lines = [Line("realtime (11)", "1 message", True)]
    monkeypatch.setattr(demo, "_play_connector", lambda customers: lines)


def test_all_flows_are_right_by_the_records_of_who_received(capsys) -> None:
    threads = threading.active_count()
    assert demo.main(["--customers", "230"]) == 0
    said = capsys.readouterr()
    clients, _, connector = said.out.partition("\n\n")
    assert [line.split() for line in clients.splitlines()][:5] == [
        ["Optimove", "AsyncOptimove"],
        ["customers", "230", "230"],
        ["pages", "10", "10"],
        ["requests", "22", "22"],
        ["retries", "3", "3"],
    ]
    assert len(re.findall("metrics and events are reported", said.err)) == 2
    assert connector.startswith("customers sent twice: 0, missed: 0\n")
    lines = [line for line in connector.splitlines() if line.startswith("right")]
    for flow, what in {
        "pre-scheduled (13)": " messages, 0 twice",
        "killed, started again": "in flight, never resent",
        "realtime (11)": "23 triggers: 23 messages, 0 twice, 0 missed",
        "conditional (5)": "23 on hold: 21 yes, 2 no, reported ",
        "released (13)": "21 bonuses; 21 messages, 0 twice, 0 missed",
        "cancelled (4)": " bonuses taken back",
        "bonus, realtime (11)": "23 questions, 21 approved: 21 bonuses; 21 messages, 0 twice, 0 missed",
        "bonus, scheduled (13)": "21 bonuses; 42 messages, 0 twice, 0 missed",
        "when the action ends": "21 of 21 bonuses are taken back, each once",
    }.items():
        assert [line for line in lines if flow in line and what in line], flow
    assert threading.active_count() == threads


def test_what_the_connector_did_wrong_is_told_and_fails_it(clients_are_right, monkeypatch, capsys) -> None:
    lines = [Line("realtime (11)", "1 twice", False), Line("cancelled (4)", "stopped", True)]
    monkeypatch.setattr(demo, "_play_connector", lambda customers: lines)
    assert demo.main([]) == 1
    said = capsys.readouterr().out
    assert "WRONG  realtime (11)  1 twice" in said
    assert "right  cancelled (4)  stopped" in said


def test_who_got_a_message_is_compared_with_who_should_have() -> None:
    messages = [Message(1, customer, "batch") for customer in ("a", "a", "b", "x")]
    reached = Reached.of(messages, {"a", "b", "c"})
    assert reached == Reached(messages=4, customers=3, twice=1, missed=1, others=1)
    assert str(reached) == "4 messages, 1 twice, 1 missed, 1 to others"
    assert Reached.of(messages[:2], {"a"}, times=2).is_right


def test_without_the_connectors_extra_its_part_is_left_out(clients_are_right, monkeypatch, capsys) -> None:
    def fail(customers: int) -> None:
        raise ConfigurationError("the connector kit needs dbos")

    monkeypatch.setattr(demo, "_play_connector", fail)
    assert demo.main([]) == 0
    assert "The connector's part is left out: the connector kit needs dbos" in capsys.readouterr().err


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    nowhere = "http://127.0.0.1:9"
    around = Surroundings(nowhere, nowhere, nowhere, str(tmp_path), [1000], page_size=2, batch_size=1)
    made = Worker(around)
    yield made
    made.close()


def test_a_worker_says_which_extra_it_needs(worker, monkeypatch, tmp_path) -> None:
    (tmp_path / "dbos.py").write_text("raise ModuleNotFoundError('no dbos', name='dbos')")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    with pytest.raises(
        ConfigurationError, match=re.escape("needs dbos: pip install 'optimove-sdk[connector]'")
    ):
        worker.register()


def test_a_worker_that_fails_is_not_waited_for(worker, monkeypatch) -> None:
    monkeypatch.setattr(Surroundings, "variable", lambda self: {VARIABLE: "{}"})
    with pytest.raises(RuntimeError, match="TypeError"):
        worker.start()


def test_the_worker_ends_when_the_demo_does_however_that_may_be(worker) -> None:
    worker.start()
    process = worker._process
    process.stdin.close()  # as when the demo's process is no more
    assert process.wait(20) == 0


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
    assert "All that was started is stopped" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(monkeypatch, capsys) -> None:
    def fail(customers: int) -> None:
        raise ConfigurationError("the sandbox needs uvicorn")

    monkeypatch.setattr(demo, "_play", fail)
    assert demo.main([]) == 2
    assert "needs uvicorn" in capsys.readouterr().err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let children be interrupted also where this process cannot, because it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it_quietly(interruptible) -> None:
    with subprocess.Popen(
        [*COMMAND, "500000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            assert "registered" in process.stderr.readline()
            os.kill(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "All that was started is stopped" in said


def test_a_customer_sent_twice_or_missed_is_counted_and_fails_it(
    connector_is_right, monkeypatch, capsys
) -> None:
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
