"""What every outbox must do, and what only a file can."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from optimove_sdk import ConfigurationError, sqlite_file
from optimove_sdk.events.outbox import MemoryOutbox, Outbox, SQLiteOutbox
from optimove_sdk.events.outbox.__main__ import main
from optimove_sdk.events.outbox.base import LANE_SHARE


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    box: Outbox = MemoryOutbox() if request.param == "memory" else SQLiteOutbox(tmp_path / "outbox")
    yield box
    box.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def fill(outbox: Outbox, *lanes: str) -> None:
    for number, lane in enumerate(lanes):
        outbox.put(lane, str(number))


def leased(outbox: Outbox, owner: str, now: float, *, limit: int = 99, seconds: float = 30) -> list[str]:
    return [row.body for row in outbox.lease(owner, limit, now, seconds)]


# What every outbox must do


def test_events_are_handed_out_once_and_in_order(outbox) -> None:
    fill(outbox, "a", "b", "a")
    assert leased(outbox, "me", 0, limit=2) == ["0", "1"]
    assert leased(outbox, "me", 0) == ["2"]
    assert leased(outbox, "me", 0) == []


def test_nobody_gets_events_of_a_lane_that_somebody_else_is_busy_with(outbox) -> None:
    fill(outbox, "a", "b", "a")
    assert leased(outbox, "me", 0, limit=1) == ["0"]
    assert leased(outbox, "you", 1) == ["1"]


def test_a_lease_that_ended_lets_others_have_the_events(outbox) -> None:
    fill(outbox, "a", "a")
    leased(outbox, "me", 0)
    assert leased(outbox, "you", 30) == []
    assert leased(outbox, "you", 30.1, limit=1) == ["0"]
    assert leased(outbox, "they", 30.2) == []


def test_an_owner_does_not_get_again_what_it_has_even_if_the_lease_ended(outbox) -> None:
    fill(outbox, "a")
    leased(outbox, "me", 0)
    assert leased(outbox, "me", 99) == []


def test_a_lease_can_be_prolonged(outbox) -> None:
    fill(outbox, "a", "b")
    leased(outbox, "me", 0, limit=1)
    outbox.extend("me", 25, 30)
    assert leased(outbox, "you", 50) == ["1"]
    assert leased(outbox, "you", 56) == ["0"]


def test_what_is_acknowledged_is_gone(outbox) -> None:
    fill(outbox, "a", "a")
    first, _ = outbox.lease("me", 2, 0, 30)
    outbox.acknowledge([first.id, 999])
    assert (outbox.size(), leased(outbox, "you", 31)) == (1, ["1"])


def test_what_is_given_back_goes_to_whoever_asks_next_but_only_if_it_is_yours(outbox) -> None:
    fill(outbox, "a", "b")
    one, two = outbox.lease("me", 2, 0, 30)
    outbox.release("you", [one.id])
    assert leased(outbox, "you", 1) == []
    outbox.release("me", [one.id, 999])
    assert leased(outbox, "you", 1) == ["0"]
    assert two.body == "1"


def test_a_lane_stays_with_its_owner_while_one_event_of_it_does(outbox) -> None:
    fill(outbox, "a", "a")
    _, later = outbox.lease("me", 2, 0, 30)
    outbox.release("me", [later.id])
    assert leased(outbox, "you", 1) == []
    assert leased(outbox, "me", 1) == ["1"]


def test_one_busy_customer_does_not_take_all_the_room(outbox) -> None:
    fill(outbox, *["a"] * (LANE_SHARE + 50), "b")
    assert len(leased(outbox, "me", 0, limit=LANE_SHARE)) == LANE_SHARE
    assert leased(outbox, "me", 0, limit=10) == [str(LANE_SHARE + 50)]
    assert leased(outbox, "you", 0) == []


def test_pending_are_all_but_those_of_others(outbox) -> None:
    fill(outbox, "a", "b", "c")
    leased(outbox, "me", 0, limit=1)
    assert (outbox.pending("me", 1), outbox.pending("you", 1), outbox.pending("you", 31)) == (3, 2, 3)
    assert outbox.size() == 3


def test_a_dead_letter_keeps_its_reason_and_can_be_replayed_behind_all_others(outbox) -> None:
    fill(outbox, "a", "b")
    row = outbox.lease("me", 1, 0, 30)[0]
    outbox.bury(row.id, "BadRequest: no", 5.0)
    outbox.bury(999, "never was", 5.0)
    [letter] = outbox.dead_letters()
    assert (letter.id, letter.lane, letter.body, letter.reason, letter.at) == (
        row.id,
        "a",
        "0",
        "BadRequest: no",
        5.0,
    )
    assert outbox.replay([letter.id, 12345]) == 1
    assert outbox.dead_letters() == []
    assert leased(outbox, "me", 6) == ["1", "0"]


def test_all_dead_letters_can_be_replayed_or_purged(outbox) -> None:
    for action in ("replay", "purge"):
        fill(outbox, "a", "b", "c")
        for row in outbox.lease("me", 9, 0, 30):
            outbox.bury(row.id, "no", 0)
        ids = [letter.id for letter in outbox.dead_letters()]
        assert getattr(outbox, action)(ids[1:2]) == 1
        assert getattr(outbox, action)() == 2
        assert getattr(outbox, action)() == 0
        assert outbox.size() == (3 if action == "replay" else 0)
        outbox.acknowledge([row.id for row in outbox.lease("me", 9, 0, 30)])


def test_neither_an_event_nor_a_dead_letter_shows_whose_it_is(outbox) -> None:
    outbox.put("c:ann@example.com", '{"customer":"ann@example.com"}')
    row = outbox.lease("me", 1, 0, 30)[0]
    outbox.bury(row.id, "no", 0)
    assert "ann" not in repr(row) + repr(outbox.dead_letters()) + repr(outbox)


def test_many_threads_may_use_it(outbox) -> None:
    got: list[int] = []

    def work(owner: str) -> None:
        for number in range(40):
            outbox.put(f"{owner}{number}", "x")
            rows = outbox.lease(owner, 5, 0, 30)
            got.extend(row.id for row in rows)
            outbox.acknowledge([row.id for row in rows])

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(set(got))
    assert len(got) + outbox.size() == 160


# What only a file can


def test_only_its_owner_may_read_the_file_and_what_belongs_to_it(path) -> None:
    outbox = SQLiteOutbox(path)
    outbox.put("a", "{}")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("outbox.db", "outbox.db-wal", "outbox.db-shm"), 384)
    outbox.close()


@pytest.mark.parametrize(("full_sync", "mode"), [(False, 1), (True, 2)])
def test_full_sync_waits_for_the_disk(path, full_sync: bool, mode: int) -> None:
    outbox = SQLiteOutbox(path, full_sync=full_sync)
    with outbox._file.reading() as sqlite:
        assert sqlite.execute("PRAGMA synchronous").fetchone() == (mode,)
        assert sqlite.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    outbox.close()


def test_it_can_be_used_after_it_was_closed(path) -> None:
    outbox = SQLiteOutbox(path)
    outbox.put("a", "0")
    outbox.close()
    outbox.close()
    assert leased(outbox, "me", 0) == ["0"]
    outbox.close()


def test_two_outboxes_on_one_file_do_not_end_each_others_locks(path) -> None:
    one = SQLiteOutbox(path)
    with one._file.writing() as sqlite:
        sqlite.execute("INSERT INTO events (lane, body) VALUES ('a', '0')")
        other = SQLiteOutbox(path)
        third = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            third.execute("BEGIN IMMEDIATE")
        third.close()
    assert leased(other, "me", 0) == ["0"]
    one.close()
    other.close()


SECOND = """
import sys
from optimove_sdk.events.outbox import SQLiteOutbox
outbox = SQLiteOutbox(sys.argv[1])
print([row.body for row in outbox.lease("second", 9, float(sys.argv[2]), 30)])
outbox.put("b", "from the second")
"""


def second_process(path: Path, now: float) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SECOND, str(path), str(now)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_processes_share_a_file(path) -> None:
    outbox = SQLiteOutbox(path)
    fill(outbox, "a", "b")
    leased(outbox, "me", 0, limit=1)
    assert second_process(path, 1) == "['1']"
    assert second_process(path, 31.5) == "['0', 'from the second']"  # "1" it has already
    outbox.close()


def test_a_child_uses_a_connection_of_its_own_also_if_a_thread_was_busy_at_the_fork(path) -> None:
    code = """
import os, sys, threading
from optimove_sdk.events.outbox import SQLiteOutbox
outbox = SQLiteOutbox(sys.argv[1])
going = True
def work():
    while going:
        outbox.put("parent", "p")
thread = threading.Thread(target=work)
thread.start()
for _ in range(5):
    child = os.fork()
    if child == 0:
        for _ in range(20):
            outbox.put("child", "c")
        outbox.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
going = False
thread.join()
with outbox._file.reading() as sqlite:
    print(sqlite.execute("SELECT COUNT(*) FROM events WHERE lane = 'child'").fetchone()[0])
    print(sqlite.execute("PRAGMA integrity_check").fetchone()[0])
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["100", "ok"], done.stderr


def test_nobody_has_a_connection_while_a_process_forks(path) -> None:
    outbox = SQLiteOutbox(path)
    sqlite_file._before_fork()
    putting = threading.Thread(target=outbox.put, args=("a", "0"))
    putting.start()
    putting.join(0.05)
    assert putting.is_alive()
    assert outbox._file._sqlite is None
    sqlite_file._after_fork()
    putting.join(5)
    assert outbox.size() == 1
    outbox.close()


def test_processes_that_make_the_file_at_the_same_time_wait_for_each_other() -> None:
    class Hesitant:
        answers: ClassVar = ["database is locked", "database is locked", None, "disk I/O error"]

        def execute(self, _: str) -> Any:
            problem = self.answers.pop(0)
            if problem is not None:
                raise sqlite3.OperationalError(problem)
            return self

        def fetchone(self) -> None: ...

    sqlite_file._use_wal(Hesitant())  # type: ignore[arg-type]
    assert len(Hesitant.answers) == 1
    with pytest.raises(sqlite3.OperationalError, match="disk"):
        sqlite_file._use_wal(Hesitant())  # type: ignore[arg-type]


def test_a_locked_file_says_so_and_works_afterwards(path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    outbox = SQLiteOutbox(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        outbox.put("a", "0")
    assert outbox.pending("me", 0) == 0  # whoever only reads waits for nobody
    other.execute("ROLLBACK")
    other.close()
    outbox.put("a", "0")
    assert outbox.size() == 1
    outbox.close()


def test_a_file_that_is_locked_when_it_is_opened_says_so_too(path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        SQLiteOutbox(path)
    other.execute("ROLLBACK")
    other.close()


def test_a_failed_transaction_leaves_nothing(path) -> None:
    outbox = SQLiteOutbox(path)
    with pytest.raises(sqlite3.IntegrityError):
        outbox.put("a", None)  # type: ignore[arg-type]
    outbox.put("a", "0")
    with pytest.raises(sqlite3.Error):
        outbox.acknowledge([1, {}])  # type: ignore[list-item]
    assert outbox.size() == 1
    outbox.acknowledge([1])
    with pytest.raises(sqlite3.OperationalError), outbox._file.writing() as sqlite:
        sqlite.execute("ROLLBACK")
    assert outbox.size() == 0
    outbox.close()


def test_a_file_that_is_something_else_is_refused_at_once(path) -> None:
    path.write_bytes(b"this is a letter to my aunt " * 100)
    with pytest.raises(ConfigurationError, match=r"outbox\.db is something else, or is damaged"):
        SQLiteOutbox(path)


def test_a_database_with_other_tables_of_these_names_is_refused(path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE events (something TEXT)")
    other.close()
    with pytest.raises(ConfigurationError, match=r"cannot be opened: .*lane"):
        SQLiteOutbox(path)


def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"the folder .*nowhere' does not exist"):
        SQLiteOutbox(tmp_path / "nowhere" / "outbox.db")


def test_a_path_that_cannot_be_a_file_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        SQLiteOutbox(tmp_path)


# For operators


def run(capsys: Any, *arguments: object) -> tuple[int, list[Any]]:
    code = main([str(argument) for argument in arguments])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_operators_see_what_is_there_but_not_whose_it_is(path, capsys) -> None:
    outbox = SQLiteOutbox(path)
    for lane in ("c:ann", "c:bob", "c:cid"):
        outbox.put(lane, json.dumps({"customer": lane[2:]}))
    rows = outbox.lease("me", 2, 2_000_000_000_000, 30)
    outbox.bury(rows[0].id, "EventRejected: no such event", 7.0)
    assert run(capsys, "status", path) == (
        0,
        [
            {"waiting": 1, "leased": 1, "dead": 1},
            {"id": rows[0].id, "reason": "EventRejected: no such event", "at": 7.0},
        ],
    )
    outbox.close()


def test_operators_replay_and_purge(path, capsys) -> None:
    outbox = SQLiteOutbox(path)
    fill(outbox, "a", "b", "c")
    for row in outbox.lease("me", 9, 0, 30):
        outbox.bury(row.id, "no", 0)
    ids = [letter.id for letter in outbox.dead_letters()]
    assert run(capsys, "replay", path, ids[0]) == (0, [{"replayed": 1}])
    assert run(capsys, "purge", path) == (0, [{"purged": 2}])
    assert outbox.size() == 1
    outbox.close()


def test_operators_are_told_of_a_file_that_is_not_there_or_is_none(path, capsys) -> None:
    assert main(["status", str(path)]) == 2
    assert "there is no file" in capsys.readouterr().err
    path.write_bytes(b"x" * 4096)
    assert main(["status", str(path)]) == 2
    assert "is something else" in capsys.readouterr().err


def test_operators_call_it_as_a_module(path) -> None:
    SQLiteOutbox(path).close()
    command = [sys.executable, "-m", "optimove_sdk.events.outbox", "status", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=dict(os.environ))
    assert json.loads(done.stdout) == {"waiting": 0, "leased": 0, "dead": 0}
