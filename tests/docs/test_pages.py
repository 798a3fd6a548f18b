"""Every Python block of the README and the docs runs, page by page, against a sandbox on this machine.

The blocks of a page share a namespace, as in a reader's session. The address and the folder they print are
replaced by those of the test; what a page tells to export is in the environment.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser

from optimove_sdk import Optimove
from optimove_sdk.sandbox import create_app, new_fake, serve

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]


def run(example: Example) -> None:
    """Execute a block, its line numbers those of the page."""
    source = str(example.parsed)
    for documented, real in example.namespace["REPLACED"].items():
        source = source.replace(documented, real)
    lines = "\n" * (example.line + example.parsed.line_offset)
    exec(compile(lines + source, example.path, "exec"), example.namespace)
    example.namespace["OPENED"].update(
        {id(value): value for value in example.namespace.values() if isinstance(value, Optimove)}
    )


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def sandbox_url() -> Iterator[str]:
    with serve(create_app(new_fake(customers=5_000, rate_limit=None))) as url:
        yield url


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(
    page: str, sandbox_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPTIMOVE_BASE_URL", sandbox_url)
    monkeypatch.setenv("OPTIMOVE_API_KEY", "sandbox-key")
    monkeypatch.chdir(tmp_path)
    document = Document.parse(str(ROOT / page), CodeBlockParser(language="python", evaluator=run))
    document.namespace["REPLACED"] = {
        "http://127.0.0.1:8085": sandbox_url,
        "/var/lib/connector": str(tmp_path),
        "9000": free_port(),
    }
    document.namespace["OPENED"] = {}
    try:
        for example in document.examples():
            example.evaluate()
    finally:
        for client in document.namespace["OPENED"].values():
            client.close()


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in (part.partition(")")[0] for part in text.split("](")[1:]):
            if not target.startswith(("http", "#")):
                assert (ROOT / page).parent.joinpath(target.partition("#")[0]).exists(), f"{page}: {target}"
