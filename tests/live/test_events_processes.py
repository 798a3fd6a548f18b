"""Publishers over real sockets: threads, tasks, the end of a program, forks, and who forks for a living."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimove_sdk import AsyncOptimove, Event, Optimove
from optimove_sdk.events.outbox import SQLiteOutbox
from support.programs import PREAMBLE, Stage, staged, wait_until
from support.servers import Server, refused_port


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def settings(url: str) -> dict[str, object]:
    return {"base_url": url, "api_key": "sandbox-key", "events_url": url, "tenant_id": 999, "proxy": ""}


def event(customer: str, number: int) -> Event:
    return Event(event="deposit", customer=customer, context={"number": number})


def assert_all_in_order(stage: Stage, customers: int, events: int) -> None:
    for customer in range(customers):
        numbers = [number for name, number in stage.arrived if name == f"c{customer}"]
        assert numbers == list(range(events))


# Threads and tasks


@pytest.mark.parametrize("kept", [False, True])
def test_a_publisher_made_in_one_thread_is_used_in_many(stage, kept: bool, tmp_path) -> None:
    outbox = SQLiteOutbox(tmp_path / "outbox.db") if kept else None
    with Optimove(**settings(stage.url)) as client, client.events.publisher(outbox) as publisher:

        def put(customer: str) -> None:
            for number in range(40):
                publisher.put(event(customer, number))

        threads = [threading.Thread(target=put, args=(f"c{number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        report = publisher.flush(30)
    assert (report.sent, report.rejected, report.pending) == (240, 0, 0)
    assert_all_in_order(stage, 6, 40)
    if outbox is not None:
        assert outbox.size() == 0
        outbox.close()


@pytest.mark.parametrize("kept", [False, True])
async def test_tasks_publish_as_threads_do(stage, kept: bool, tmp_path) -> None:
    outbox = SQLiteOutbox(tmp_path / "outbox.db") if kept else None
    async with AsyncOptimove(**settings(stage.url)) as client, client.events.publisher(outbox) as publisher:

        async def put(customer: str) -> None:
            for number in range(40):
                await publisher.put(event(customer, number))

        await asyncio.gather(*(put(f"c{number}") for number in range(6)))
        assert (await publisher.flush(30)).sent == 240
    assert_all_in_order(stage, 6, 40)
    if outbox is not None:
        outbox.close()


# The end of a program


def test_what_was_put_before_a_program_ends_arrives(stage) -> None:
    stage.run("""
publisher = client.events.publisher()
for number in range(100):
    publisher.put(event(f"c{number % 5}", number // 5))
""")
    assert_all_in_order(stage, 5, 20)


def test_what_was_put_before_a_program_fails_arrives_too(stage) -> None:
    program = 'publisher = client.events.publisher(); publisher.put(event("c0", 0)); sys.exit("oh no")'
    with pytest.raises(AssertionError, match="oh no"):
        stage.run(program)
    assert stage.arrived == [("c0", 0)]


ENDS_LATE = """
import logging
logging.basicConfig(format="%(message)s", stream=sys.stdout)
started = time.monotonic()
publisher = client.events.publisher(
    on_lost=lambda count: print("lost", count, time.monotonic() - started), exit_budget=1.0
)
for number in range(25):
    publisher.put(event(f"c{number % 5}", number))
started = time.monotonic()
"""


def test_a_server_that_is_not_there_does_not_keep_a_program(stage) -> None:
    printed = stage.run(ENDS_LATE, url=f"http://127.0.0.1:{refused_port()}").splitlines()
    assert "25 events were not delivered and are lost" in printed
    word, count, seconds = printed[-1].split()
    assert (word, count) == ("lost", "25")
    assert 0.9 < float(seconds) < 2.0


def test_a_server_that_says_nothing_does_not_keep_a_program(stage) -> None:
    with Server(lambda talk, _: talk.hang()) as server:
        started = time.monotonic()
        printed = stage.run(ENDS_LATE, url=server.url).splitlines()
        assert time.monotonic() - started < 6  # most of which is its start
    assert printed[-1].startswith("lost 25 ")


def test_a_loop_that_ends_without_a_close_says_what_it_took_along(stage) -> None:
    printed = stage.run(
        """
import asyncio
async def main():
    publisher = AsyncOptimove(**SETTINGS).events.publisher(on_lost=lambda count: print("lost", count))
    for number in range(7):
        await publisher.put(event("c0", number))
asyncio.run(main())
""",
        url=f"http://127.0.0.1:{refused_port()}",
    )
    assert printed == "lost 7"


def test_what_a_killed_process_left_another_delivers(stage, tmp_path) -> None:
    path = tmp_path / "outbox.db"
    program = """
publisher = client.events.publisher(SQLiteOutbox(sys.argv[2]))
for number in range(10):
    publisher.put(event("c0", number))
os.kill(os.getpid(), 9)
"""
    command = [sys.executable, "-c", PREAMBLE + program, f"http://127.0.0.1:{refused_port()}", str(path)]
    assert subprocess.run(command, timeout=30).returncode == -signal.SIGKILL
    outbox = SQLiteOutbox(path)
    assert outbox.size() == 10
    with outbox._file.writing() as sqlite:  # as if its lease had ended
        sqlite.execute("UPDATE events SET until = 0")
    with Optimove(**settings(stage.url)) as client, client.events.publisher(outbox) as publisher:
        assert publisher.flush(20).sent == 10
    assert_all_in_order(stage, 1, 10)
    outbox.close()


# Forks


@pytest.mark.parametrize("kept", [False, True])
def test_a_forked_child_publishes_its_own_events_and_not_its_parents(stage, kept: bool, tmp_path) -> None:
    stage.run(
        """
outbox = SQLiteOutbox(sys.argv[3]) if sys.argv[2] == "True" else None
publisher = client.events.publisher(outbox)
for number in range(200):
    publisher.put(event(f"parent{number % 4}", number))
children = []
for name in ("first", "second"):
    child = os.fork()
    if child == 0:
        stats = publisher.stats()
        assert (stats.queued, stats.in_flight, stats.sent) == (0, 0, 0), stats
        for number in range(20):
            publisher.put(event(name, number))
        publisher.close()
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
publisher.close()
""",
        kept,
        tmp_path / "outbox.db",
    )
    assert len(stage.arrived) == len(set(stage.arrived)) == 240
    for name in ("first", "second"):
        assert [number for who, number in stage.arrived if who == name] == list(range(20))


def test_a_child_that_ends_as_a_program_does_delivers_first(stage) -> None:
    stage.run("""
publisher = client.events.publisher()
publisher.put(event("parent", 0))
if os.fork() == 0:
    publisher.put(event("child", 0))
    sys.exit(0)
assert os.wait()[1] == 0
""")
    assert sorted(stage.arrived) == [("child", 0), ("parent", 0)]


def test_children_forked_while_threads_are_busy_are_not_stuck(stage) -> None:
    stage.run("""
publisher = client.events.publisher(capacity=20)
going = True
def put():
    while going:
        publisher.put(event("parent", 0))
threads = [threading.Thread(target=put) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(10):
    child = os.fork()
    if child == 0:
        publisher.put(event("child", number))
        publisher.close(10)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
going = False
for thread in threads:
    thread.join()
""")
    assert sorted(number for who, number in stage.arrived if who == "child") == list(range(10))


def test_children_of_multiprocessing_close_for_themselves(stage) -> None:
    stage.run("""
import multiprocessing
publisher = client.events.publisher()
def work(number):
    with publisher:
        publisher.put(event("child", number))
if __name__ == "__main__":
    publisher.put(event("parent", 0))
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(number,)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
""")
    assert sorted(stage.arrived) == [("child", 0), ("child", 1), ("child", 2), ("parent", 0)]


# Who forks for a living

GUNICORN_APP = """
publisher = client.events.publisher()  # in the master, before it forks
def app(environ, start_response):
    publisher.put(event(f"worker{os.getpid()}", int(environ["PATH_INFO"][1:])))
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""


def test_gunicorn_with_a_preloaded_app_delivers_from_its_workers_also_when_it_stops(stage, tmp_path) -> None:
    (tmp_path / "shop.py").write_text(PREAMBLE.replace("sys.argv[1]", 'os.environ["SANDBOX"]') + GUNICORN_APP)
    socket = tmp_path / "socket"
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", f"unix:{socket}"]
    command += ["--worker-tmp-dir", str(tmp_path), "shop:app"]
    environment = {**os.environ, "SANDBOX": stage.url}
    log = (tmp_path / "log").open("wb")
    master = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        wait_until(socket.exists)
        workers = {visit(socket, number) for number in range(40)}
        master.terminate()
        assert master.wait(20) == 0
    finally:
        master.kill()
        master.wait()
        log.close()
    assert workers
    assert sorted(number for _, number in stage.arrived) == list(range(40))
    assert {who for who, _ in stage.arrived} == {f"worker{pid}" for pid in workers}


def visit(path: Path, number: int) -> str:
    import http.client
    import socket

    connection = http.client.HTTPConnection("localhost", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(10)
    connection.sock.connect(str(path))
    connection.request("GET", f"/{number}")
    body = connection.getresponse().read().decode()
    connection.close()
    return body


CELERY_APP = """
from celery import Celery
from celery.signals import worker_process_shutdown
folder = os.environ["FOLDER"]
app = Celery("shop", broker="filesystem://")
app.conf.update(
    broker_transport_options={
        "data_folder_in": folder, "data_folder_out": folder, "control_folder": folder + "-control"
    },
    worker_prefetch_multiplier=1,
)
publisher = client.events.publisher()  # in the parent, before it forks

@worker_process_shutdown.connect
def deliver(**_):
    publisher.close(5)

@app.task
def bought(number):
    publisher.put(event(f"worker{os.getpid()}", number))
    open(os.path.join(folder + "-done", str(number)), "w").close()
"""


def test_celerys_processes_deliver_what_their_tasks_put(stage, tmp_path) -> None:
    program = PREAMBLE.replace("sys.argv[1]", 'os.environ["SANDBOX"]') + CELERY_APP
    (tmp_path / "shop.py").write_text(program)
    done = tmp_path / "queue-done"
    for folder in ("queue", "queue-control", "queue-done"):
        (tmp_path / folder).mkdir()
    environment = {**os.environ, "SANDBOX": stage.url, "FOLDER": str(tmp_path / "queue")}
    order = "import shop\nfor number in range(12): shop.bought.delay(number)"
    subprocess.run([sys.executable, "-c", order], cwd=tmp_path, env=environment, check=True, timeout=60)
    options = "worker --pool prefork --concurrency 2 --loglevel warning --without-gossip --without-mingle"
    command = [sys.executable, "-m", "celery", "-A", "shop", *options.split(), "--without-heartbeat"]
    log = (tmp_path / "log").open("wb")
    worker = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: len(list(done.iterdir())) == 12, 40)
        worker.terminate()
        worker.wait(20)
    finally:
        worker.kill()
        worker.wait()
        log.close()
    assert sorted(number for _, number in stage.arrived) == list(range(12)), (tmp_path / "log").read_text()
    assert f"worker{worker.pid}" not in {who for who, _ in stage.arrived}


# For operators


def test_a_refused_event_can_be_seen_and_sent_again_by_an_operator(stage, tmp_path) -> None:
    path = tmp_path / "outbox.db"
    outbox = SQLiteOutbox(path)
    outbox.put("c:c0", json.dumps({"tenant": 1, "event": "deposit", "customer": "c0"}))
    with Optimove(**settings(stage.url)) as client, client.events.publisher(outbox) as publisher:
        assert publisher.flush(20).rejected == 1
    module = [sys.executable, "-m", "optimove_sdk.events.outbox"]
    seen = subprocess.run([*module, "status", str(path)], capture_output=True, text=True, timeout=30).stdout
    first, letter = map(json.loads, seen.splitlines())
    assert (first["waiting"], first["dead"]) == (0, 1)
    assert letter["reason"].startswith("EventRejected: ")
    assert "c0" not in seen
    subprocess.run([*module, "replay", str(path), str(letter["id"])], check=True, timeout=30)
    assert (outbox.size(), outbox.dead_letters()) == (1, [])
    outbox.close()
