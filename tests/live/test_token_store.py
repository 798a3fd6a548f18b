"""Where tokens are kept: in memory and in a file, between threads, processes and forks."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from optimove_sdk import ConfigurationError, FileTokenStore, MemoryTokenStore, Secret
from optimove_sdk.core.policies.token import Token, TokenStore

KEY = "me@https://api5.optimove.net"
TOKEN = Token(Secret("hush"), issued=1000.0, used=2000.0)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(tmp_path / "tokens.json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def run_script(code: str, *args: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def test_gives_back_what_was_saved(store: TokenStore) -> None:
    assert store.load(KEY) is None
    store.save(KEY, TOKEN)
    store.save("another", Token(Secret("other"), issued=1.0, used=2.0))
    assert store.load(KEY) == TOKEN
    assert isinstance(store, TokenStore)


def test_only_one_holds_the_lock(store: TokenStore) -> None:
    assert store.try_lock(KEY)
    assert not store.try_lock(KEY)
    store.unlock(KEY)
    assert store.try_lock(KEY)
    store.unlock(KEY)


def test_of_many_threads_one_gets_the_lock(store: TokenStore) -> None:
    got: list[bool] = []
    start = threading.Barrier(20)

    def take() -> None:
        start.wait()
        got.append(store.try_lock(KEY))

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(True) == 1
    store.unlock(KEY)


def test_shows_no_token(store: TokenStore) -> None:
    store.save(KEY, TOKEN)
    assert "hush" not in repr(store) + str(store) + repr(store.load(KEY))


def test_other_processes_read_what_was_saved(path: Path) -> None:
    FileTokenStore(path).save(KEY, TOKEN)
    assert FileTokenStore(path).load(KEY) == TOKEN


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    old = os.umask(0)
    try:
        path.write_text("{}")
        store = FileTokenStore(path)
        store.save(KEY, TOKEN)
        store.try_lock(KEY)
        store.unlock(KEY)
    finally:
        os.umask(old)
    assert {file.name for file in path.parent.iterdir()} == {"tokens.json", "tokens.json.lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "[" * 100_000,
        json.dumps({KEY: "text"}),
        json.dumps({KEY: {"token": "t"}}),
        json.dumps({KEY: {"token": "t", "issued": "x", "used": 1}}),
        json.dumps({KEY: {"token": "two\nlines", "issued": 1, "used": 1}}),
        json.dumps({KEY: {"token": "", "issued": 1, "used": 1}}),
    ],
    ids=lambda content: content[:30],
)
def test_a_damaged_file_holds_no_token_and_is_repaired_by_the_next_save(path: Path, content: str) -> None:
    path.write_text(content)
    store = FileTokenStore(path)
    assert store.load(KEY) is None
    store.save(KEY, TOKEN)
    assert store.load(KEY) == TOKEN


def test_readers_see_no_half_written_file(path: Path) -> None:
    store = FileTokenStore(path)
    store.save(KEY, TOKEN)
    done = threading.Event()

    def rewrite() -> None:
        for number in range(300):
            store.save(f"other-{number % 7}", TOKEN)
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    while not done.is_set():
        assert store.load(KEY) == TOKEN
    writer.join()


def test_a_full_disk_is_a_warning_without_the_token(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with caplog.at_level(logging.WARNING, "optimove_sdk"):
        FileTokenStore(path).save(KEY, TOKEN)
    assert "No space left" in caplog.text
    assert "hush" not in caplog.text
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_does_not_exist_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        FileTokenStore(tmp_path / "missing" / "tokens.json")


def test_a_lock_file_that_cannot_be_used_is_an_error_of_ours(path: Path) -> None:
    path.with_name("tokens.json.lock").mkdir()
    with pytest.raises(ConfigurationError, match="lock file"):
        FileTokenStore(path).try_lock(KEY)


def test_the_folder_may_change_after_the_store_was_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    store = FileTokenStore("tokens.json")
    monkeypatch.chdir("/")
    store.save(KEY, TOKEN)
    assert path.exists()


HOLD = """
import sys
from optimove_sdk import FileTokenStore
store = FileTokenStore(sys.argv[1])
print(store.try_lock(sys.argv[2]), flush=True)
sys.stdin.readline()
"""


def test_a_holder_that_is_killed_blocks_nobody(path: Path) -> None:
    store = FileTokenStore(path)
    with run_script(HOLD, path, KEY) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not store.try_lock(KEY)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
        assert store.try_lock(KEY)
    store.unlock(KEY)


FORK_HOLDING = """
import os, sys
from optimove_sdk import FileTokenStore, MemoryTokenStore
store = FileTokenStore(sys.argv[1]) if len(sys.argv) > 1 else MemoryTokenStore()
assert store.try_lock("k")
go, tell = os.pipe()
if (child := os.fork()) == 0:
    os.read(go, 1)
    free = store.try_lock("k")
    os._exit(0 if free else 1)
store.unlock("k")
os.write(tell, b".")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_lock_held_while_forking_does_not_bind_the_child_for_good(kind: str, path: Path) -> None:
    with run_script(FORK_HOLDING, *([path] if kind == "file" else [])) as script:
        said, _ = script.communicate(timeout=30)
    assert said == "0\n"
