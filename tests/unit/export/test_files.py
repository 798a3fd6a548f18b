"""A file is complete or not there; an interrupted export goes on where it stopped."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest

from optimove_sdk import BadRequest, Call, InvalidInput, Page, Progress
from optimove_sdk.export import part as part_module
from optimove_sdk.export.part import Part
from optimove_sdk.http.base import Request, Response
from support.exports import Colour, Rows, customers, execution, finish, untyped
from support.sessions import Wire, asynchronous, sync


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ids(path: Path) -> list[str]:
    return [json.loads(line)["customer_id"] for line in path.read_text().splitlines()]


def interrupt(colour: Colour, path: Path, *, after: int = 4, **options: Any) -> None:
    """Leave an export of two rows a page unfinished."""
    with pytest.raises(BadRequest):
        colour.export(Rows(customers(10), fails_at=after), execution(page_size=2, **options), path)


def test_it_tells_how_far_it_is_after_each_page(colour: Colour, tmp_path: Path) -> None:
    told: list[Progress] = []
    path = tmp_path / "a.jsonl"
    done = colour.export(Rows(customers(5)), execution(page_size=2), path, progress=told.append)
    assert [(progress.pages, progress.rows) for progress in told] == [(1, 2), (2, 4), (3, 5), (3, 5)]
    assert done == told[-1] == Progress(3, 5, path.stat().st_size)


def test_nothing_else_is_left_and_the_size_is_that_of_the_file(
    colour: Colour, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    done = colour.export(Rows(customers(5)), execution(page_size=2), path)
    assert names(tmp_path) == [path.name]
    assert done.bytes == path.stat().st_size > 0


def test_the_file_appears_or_changes_only_when_it_is_complete(
    colour: Colour, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    seen: list[bool] = []
    colour.export(
        Rows(customers(5)), execution(page_size=2), path, progress=lambda _: seen.append(path.exists())
    )
    assert seen == [False] * 4
    old = path.read_bytes()
    interrupt(colour, path)
    assert path.read_bytes() == old
    colour.export(Rows(customers(9)), execution(), path)
    assert path.read_bytes() != old


def test_after_an_error_resuming_fetches_only_the_rest(colour: Colour, tmp_path: Path, suffix: str) -> None:
    path, whole = tmp_path / f"a.{suffix}", tmp_path / f"whole.{suffix}"
    interrupt(colour, path)
    assert names(tmp_path) == [f"a.{suffix}.part", f"a.{suffix}.part.json"]
    server, told = Rows(customers(10)), []
    done = colour.export(server, execution(page_size=3), path, resume=True, progress=told.append)
    assert [query["$skip"] for query in server.asked] == ["4", "7", "10"]
    assert [progress.rows for progress in told] == [7, 10, 10]
    colour.export(Rows(customers(10)), execution(page_size=2), whole)
    assert path.read_bytes() == whole.read_bytes()
    assert done.rows == 10


def test_an_error_of_the_callback_ends_it_after_the_page_is_kept(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"

    def stop(progress: Progress) -> None:
        if progress.pages == 2:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        colour.export(Rows(customers(10)), execution(page_size=2), path, progress=stop)
    server = Rows(customers(10))
    colour.export(server, execution(page_size=2), path, resume=True)
    assert server.asked[0]["$skip"] == "4"
    assert ids(path) == [f"C{n}" for n in range(10)]


def test_half_a_page_is_cut_off(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    interrupt(colour, path)
    with open(f"{path}.part", "ab") as part:
        part.write(b'{"customer_id":"C4"}\n{"custom')
    colour.export(Rows(customers(10)), execution(page_size=2), path, resume=True)
    assert ids(path) == [f"C{n}" for n in range(10)]


def test_max_items_holds_over_a_resume(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    interrupt(colour, path, max_items=7)
    colour.export(Rows(customers(10)), execution(page_size=2, max_items=7), path, resume=True)
    assert ids(path) == [f"C{n}" for n in range(7)]


def test_when_only_the_last_step_is_missing_nothing_is_fetched(
    colour: Colour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(
            "os.replace", lambda source, target: full() if target == path else os.rename(source, target)
        )
        with pytest.raises(OSError, match="No space"):
            colour.export(Rows(customers(5)), execution(), path)
    assert names(tmp_path) == ["a.csv.part", "a.csv.part.json"]
    server = Rows([])
    assert colour.export(server, execution(), path, resume=True).rows == 5
    assert (server.asked, names(tmp_path)) == ([], ["a.csv"])


def test_an_unfinished_export_can_become_another_format(colour: Colour, tmp_path: Path) -> None:
    interrupt(colour, tmp_path / "a.jsonl")
    for name in names(tmp_path):
        (tmp_path / name).rename(tmp_path / name.replace("jsonl", "csv"))
    server = Rows(customers(10))
    colour.export(server, execution(), tmp_path / "a.csv", resume=True)
    assert server.asked[0]["$skip"] == "4"


def test_resuming_where_nothing_was_left_begins_at_the_beginning(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        server = Rows(customers(3))
        assert colour.export(server, execution(), path, resume=True).rows == 3
        assert server.asked[0]["$skip"] == "0"


def test_an_answer_that_is_one_page_begins_anew(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(BadRequest):
        colour.export(Rows(customers(5), fails_at=0), execution(page_size=None), path)
    assert names(tmp_path) == []
    assert colour.export(Rows(customers(5)), execution(page_size=None), path, resume=True).rows == 5


def test_without_resume_what_was_left_is_thrown_away(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    interrupt(colour, path)
    interrupt(colour, path, after=0, campaign=2)
    assert names(tmp_path) == []
    interrupt(colour, path)
    server = Rows(customers(3))
    colour.export(server, execution(campaign=2), path)
    assert server.asked[0]["$skip"] == "0"
    assert (ids(path), names(tmp_path)) == (["C0", "C1", "C2"], ["a.jsonl"])


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (execution(campaign=2), "CampaignID"),
        (execution(attributes=("Country",)), "CustomerAttributes, fields"),
        (execution(max_items=9), "max_items"),
        (untyped(), "CustomerAttributes, fields, operation, path"),
    ],
)
def test_another_query_is_refused_and_what_was_left_stays(
    colour: Colour, tmp_path: Path, other: Call[Page[Any]], differs: str
) -> None:
    path, server = tmp_path / "a.jsonl", Rows(customers(10))
    interrupt(colour, path)
    with pytest.raises(InvalidInput, match=rf"differs in {differs}: .*without resume"):
        colour.export(server, other, path, resume=True)
    assert server.asked == []
    assert colour.export(server, execution(), path, resume=True).rows == 10


def test_the_same_query_to_another_tenant_is_refused(colour: Colour, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    interrupt(colour, path)
    pager = colour.pager(Rows([]), execution())
    other = attrs.evolve(pager, session=attrs.evolve(pager._session, tenant_id=8))
    with pytest.raises(InvalidInput, match="differs in tenant"):
        finish(other.to_jsonl(path, resume=True))


@pytest.mark.parametrize("damage", ["changed", "shorter"])
def test_a_file_that_was_changed_is_refused(colour: Colour, tmp_path: Path, damage: str) -> None:
    path, part = tmp_path / "a.jsonl", tmp_path / "a.jsonl.part"
    interrupt(colour, path)
    content = part.read_bytes()
    part.write_bytes(content.replace(b"C1", b"C9") if damage == "changed" else content[:-1])
    server = Rows(customers(10))
    with pytest.raises(InvalidInput, match=r"not what the export left there.*without resume"):
        colour.export(server, execution(), path, resume=True)
    assert server.asked == []


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 2}', '{"version": 1}', "\ud800"])
def test_a_bookmark_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    path, colour = tmp_path / "a.jsonl", Colour(sync)
    interrupt(colour, path)
    Path(f"{path}.part.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidInput, match=r"a\.jsonl\.part\.json' cannot be read.*without resume"):
        colour.export(Rows([]), execution(), path, resume=True)


def test_a_bookmark_whose_file_is_gone_counts_for_nothing(tmp_path: Path) -> None:
    path, colour, server = tmp_path / "a.jsonl", Colour(sync), Rows(customers(3))
    interrupt(colour, path)
    Path(f"{path}.part").unlink()
    colour.export(server, execution(), path, resume=True)
    assert (ids(path), names(tmp_path)) == (["C0", "C1", "C2"], ["a.jsonl"])


def test_the_bookmark_holds_no_value_of_the_query_and_no_key(tmp_path: Path) -> None:
    path, call = tmp_path / "a.jsonl", execution(campaign="hush-42", attributes=("Secret",))
    with pytest.raises(BadRequest):
        Colour(sync).export(Rows(customers(1), fails_at=1), call, path)
    kept = Path(f"{path}.part.json").read_text()
    assert "GetCustomerExecutionDetailsByCampaign" in kept
    assert [word for word in ("hush-42", "Secret", "key-9f3a", "api5") if word in kept] == []


def test_two_exports_do_not_write_the_same_file(colour: Colour, tmp_path: Path) -> None:
    path, refused = tmp_path / "a.jsonl", []

    def another(_: Progress) -> None:
        with pytest.raises(InvalidInput, match="another export is writing") as error:
            Colour(sync).export(Rows(customers(3)), execution(), path)
        refused.append(error.value)

    colour.export(Rows(customers(5)), execution(), path, progress=another)
    assert refused
    assert ids(path) == [f"C{n}" for n in range(5)]


def test_a_file_that_was_completed_while_it_was_opened_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, target = tmp_path / "a.part", tmp_path / "a"
    path.write_text("complete")
    lock, waiting = part_module._lock, [path]

    def lock_late(file: Any) -> None:
        if waiting:
            waiting.pop().rename(target)
        lock(file)

    monkeypatch.setattr(part_module, "_lock", lock_late)
    part = Part(path, target)
    part.cut(0)
    part.close()
    assert target.read_text() == "complete"


def test_where_there_are_no_file_locks_it_works_all_the_same(
    colour: Colour, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "fcntl", None)
    path = tmp_path / f"a.{suffix}"
    interrupt(colour, path, after=0)
    interrupt(colour, path)
    assert colour.export(Rows(customers(10)), execution(), path, resume=True).rows == 10
    assert names(tmp_path) == [path.name]


def test_who_could_not_read_the_old_file_cannot_read_the_new_one(
    colour: Colour, tmp_path: Path, suffix: str
) -> None:
    path, modes = tmp_path / f"a.{suffix}", set()
    path.touch(mode=0o600)

    def look(_: Progress) -> None:
        modes.add(stat.S_IMODE(Path(f"{path}.part").stat().st_mode))

    colour.export(Rows(customers(3)), execution(), path, progress=look)
    assert {*modes, stat.S_IMODE(path.stat().st_mode)} == {0o600}


def test_a_link_is_kept_and_the_file_behind_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "a.jsonl"
    link.symlink_to(tmp_path / "there" / "b.jsonl")
    Colour(sync).export(Rows(customers(2)), execution(), link)
    assert (link.is_symlink(), ids(link), names(tmp_path)) == (True, ["C0", "C1"], ["a.jsonl", "there"])


@pytest.mark.parametrize(("path", "said"), [("no/a.jsonl", "does not exist"), (".jsonl", "is no file")])
def test_a_path_that_cannot_be_a_file_is_refused_before_anything_is_sent(
    colour: Colour, tmp_path: Path, path: str, said: str
) -> None:
    (tmp_path / ".jsonl").mkdir()
    server = Rows(customers(2))
    with pytest.raises(InvalidInput, match=said):
        finish(colour.pager(server, execution()).to_jsonl(tmp_path / path))
    assert server.asked == []


def test_on_a_full_disk_the_complete_pages_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    program = (
        # Under the limit bytecode would be cut off, too, and then be found by everybody else.
        "import resource, sys; sys.dont_write_bytecode = True;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from pathlib import Path; from support.exports import *;"
        "BOTH[0].export(Rows(customers(20)), execution(page_size=2), Path(sys.argv[1]))"
    )
    folder = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "OSError" in done.stderr
    assert Path(f"{path}.part").stat().st_size == 1000
    server = Rows(customers(20))
    Colour(sync).export(server, execution(page_size=2), path, resume=True)
    assert int(server.asked[0]["$skip"]) > 0
    assert ids(path) == [f"C{n}" for n in range(20)]


async def test_a_cancelled_export_lets_the_file_go_only_after_the_page_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, begun, goes_on = tmp_path / "a.jsonl", threading.Event(), threading.Event()
    append = Part.append

    def slow(self: Part, data: bytes) -> None:
        begun.set()
        goes_on.wait(10)
        append(self, data)

    monkeypatch.setattr(Part, "append", slow)
    rows = asynchronous(Wire(Rows(customers(6)))).pager(execution(page_size=2))
    task = asyncio.create_task(rows.to_jsonl(path))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert json.loads(Path(f"{path}.part.json").read_text())["progress"]["rows"] == 2
    assert (await rows.to_jsonl(path, resume=True)).rows == 6


def read_numbers(response: Response) -> Page[Any]:
    """Read pages in a way that nobody else knows."""
    following = json.loads(response.body)["next"]
    call = Call("GET", f"a/{following}", read=read_numbers) if following else None
    return Page([{"path": following or "last"}], call)


def numbered(request: Request) -> Response:
    return Response(200, {}, b'{"next": 0}' if request.url.endswith("/2") else b'{"next": 2}')


def test_pages_that_cannot_be_resumed_begin_anew(colour: Colour, tmp_path: Path) -> None:
    path, call = tmp_path / "a.csv", Call("GET", "a/1", read=read_numbers)

    def stop(_: Progress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        colour.export(numbered, call, path, progress=stop)
    assert colour.export(numbered, call, path, resume=True).rows == 2
    assert path.read_text().split() == ["path", "2", "last"]
