"""The reference pages are what the code says, and the migration guide names methods that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

from support.recording import client_for

ROOT = Path(__file__).parents[2]


def test_the_reference_is_written_from_the_code() -> None:
    tool = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_every_documented_operation_is_there() -> None:
    table = (ROOT / "docs/reference/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \w+ \| \[`([\w.]+)`\]", table, re.MULTILINE)
    assert len(rows) == len(set(rows)) == 83


def test_the_migration_guide_leads_to_methods_that_exist() -> None:
    client, _ = client_for()
    guide = (ROOT / "docs/how-to/migrate.md").read_text(encoding="utf-8")
    targets = re.findall(r"^\| `[\w.]+` \| `([\w.]+)` \|$", guide, re.MULTILINE)
    assert len(targets) == 51
    for target in targets:
        assert callable(attrgetter(target)(client)), target
