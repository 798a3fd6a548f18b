"""Both stores remember what was handled, forget what failed, and let only one handle a thing at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import ConfigurationError
from optimove_sdk.notifications.seen import MemorySeenStore, Seen, SeenStore
from optimove_sdk.notifications.seen_sqlite import SQLiteSeenStore


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Make = Callable[..., Any]


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path, clock: Hands) -> Any:
    stores: list[SQLiteSeenStore] = []

    def build(**options: Any) -> Any:
        if request.param == "memory":
            return MemorySeenStore(clock=clock, **options)
        stores.append(SQLiteSeenStore(tmp_path / "seen.db", clock=clock, **options))
        return stores[-1]

    yield build
    for store in stores:
        store.close()


def test_what_was_handled_is_known_for_its_time(make: Make, clock: Hands) -> None:
    store: SeenStore = make(ttl=10)
    assert isinstance(store, SeenStore)
    assert store.begin("a") is Seen.NEW
    assert store.begin("a") is Seen.IN_PROGRESS
    store.done("a")
    clock.now += 9
    assert store.begin("a") is Seen.SEEN
    clock.now += 1
    assert store.begin("a") is Seen.NEW


def test_what_failed_is_handled_again(make: Make) -> None:
    store = make()
    store.begin("a")
    store.failed("a")
    assert store.begin("a") is Seen.NEW
    store.done("a")
    assert store.begin("a") is Seen.SEEN
    store.failed("never seen")


def test_of_many_threads_one_may_handle_it(make: Make) -> None:
    store, answers, ready = make(), [], threading.Barrier(8)

    def ask() -> None:
        ready.wait(5)
        answers.append(store.begin("a"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(answer.name for answer in answers) == ["IN_PROGRESS"] * 7 + ["NEW"]


def test_in_memory_the_oldest_is_forgotten_first_and_what_expired_takes_no_room(clock: Hands) -> None:
    store = MemorySeenStore(ttl=10, max_items=2, clock=clock)
    for key in "abc":
        store.begin(key)
        store.done(key)
    assert len(store) == 2
    assert [store.begin(key) for key in "abc"] == [Seen.NEW, Seen.SEEN, Seen.SEEN]
    clock.now += 11
    store.done("d")
    assert len(store) == 1


@pytest.mark.parametrize("options", [{"ttl": 0}, {"max_items": 0}])
def test_impossible_settings_are_refused_in_memory(options: Any) -> None:
    with pytest.raises(ConfigurationError, match="positive"):
        MemorySeenStore(**options)


@pytest.mark.parametrize("options", [{"ttl": 0}, {"lease": 0}])
def test_impossible_settings_are_refused_in_a_file(options: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="positive"):
        SQLiteSeenStore(tmp_path / "seen.db", **options)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        SQLiteSeenStore(tmp_path / "missing" / "seen.db")


def test_a_file_is_shared_survives_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    first, second = SQLiteSeenStore(path), SQLiteSeenStore(path)
    first.begin("a")
    assert second.begin("a") is Seen.IN_PROGRESS
    first.done("a")
    first.close()
    first.close()
    assert second.begin("a") is first.begin("a") is Seen.SEEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert repr(first) == f"SQLiteSeenStore({str(path)!r})"
    first.close()
    second.close()


def test_what_a_dead_process_was_handling_is_free_after_the_lease(tmp_path: Path, clock: Hands) -> None:
    store = SQLiteSeenStore(tmp_path / "seen.db", lease=60, clock=clock)
    store.begin("a")
    clock.now += 59
    assert store.begin("a") is Seen.IN_PROGRESS
    clock.now += 1
    assert store.begin("a") is Seen.NEW
    store.close()


def test_a_forked_child_opens_the_file_itself(tmp_path: Path) -> None:
    store = SQLiteSeenStore(tmp_path / "seen.db")
    store.begin("a")
    child = os.fork()
    if not child:
        os._exit(0 if store.begin("a") is Seen.IN_PROGRESS else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.begin("a") is Seen.IN_PROGRESS
    store.close()


def test_a_file_that_is_no_database_is_said_and_closed(tmp_path: Path) -> None:
    (tmp_path / "seen.db").write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(ConfigurationError, match=r"seen\.db is something else, or is damaged"):
        SQLiteSeenStore(tmp_path / "seen.db")


def test_a_transaction_that_fails_is_taken_back(tmp_path: Path) -> None:
    store = SQLiteSeenStore(tmp_path / "seen.db")
    with pytest.raises(sqlite3.Error):
        store.begin(object())  # type: ignore[arg-type]
    assert store.begin("a") is Seen.NEW
    store.close()
