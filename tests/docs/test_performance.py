"""The page about performance has a place for each benchmark, and only its figures are replaced."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from benchmarks import report
from benchmarks.__main__ import NAMES


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "performance.md"


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_can_be_run_by_name_and_has_its_place(name: str, page: Path) -> None:
    assert callable(import_module(f"benchmarks.{name}").table)
    page.write_text(report.PAGE.read_text())
    report.write(name, "| new |", page)
    assert page.read_text().count("| new |") == 1


def test_only_what_is_between_the_marks_is_replaced(page: Path) -> None:
    page.write_text("before\n<!-- measured: a -->\nold\n<!-- end: a -->\nafter\n")
    report.write("a", r"new \1", page)
    assert page.read_text() == "before\n<!-- measured: a -->\n\nnew \\1\n\n<!-- end: a -->\nafter\n"
    with pytest.raises(LookupError, match="no place for the figures of 'b'"):
        report.write("b", "new", page)


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was ten times slower in the last round, for both.
    seconds = {"ours": [2e-6, 2e-6, 20e-6], "bare": [1e-6, 1e-6, 10e-6], "absent": [1e-6, 2e-6, 3e-6]}
    table = report.compared("a call", {"CPU": seconds}, reference="bare", unit="µs", scale=1e6)
    assert table.rows[:2] == [["ours", "2", "2.00"], ["bare", "1", "1.00"]]


def test_without_the_reference_there_is_no_ratio() -> None:
    table = report.compared("", {"CPU": {"ours": [2.0]}}, reference="bare", unit="s", scale=1)
    assert table.rows == [["ours", "2", "-"]]
