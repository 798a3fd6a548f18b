"""What the package promises: its public names, a lazy import, one set of operations on three faces."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from unittest.mock import create_autospec

import pytest

import optimove_sdk
from optimove_sdk import Call, OptimoveError
from optimove_sdk.core.endpoint import Resource
from optimove_sdk.resources import Resources
from support.recording import async_client_for, client_for

AREAS = sorted(name for name, value in vars(Resources).items() if hasattr(value, "func"))


def test_every_public_name_can_be_imported_and_nothing_else_is_promised() -> None:
    assert len(set(optimove_sdk.__all__)) == len(optimove_sdk.__all__)
    assert sorted(optimove_sdk.__all__) == dir(optimove_sdk)
    for name in optimove_sdk.__all__:
        assert getattr(optimove_sdk, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        optimove_sdk.Nonsense  # noqa: B018


def test_type_checkers_see_the_names_that_exist_at_run_time() -> None:
    tree = ast.parse(Path(optimove_sdk.__file__).read_text())
    imports = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }
    assert imports == optimove_sdk._HOMES


def test_every_error_is_public() -> None:
    def below(cls: type) -> set[type]:
        return {cls}.union(*(below(sub) for sub in cls.__subclasses__()))

    # The kit and the vendors are packages of their own, with public names of their own.
    apart = ("optimove_sdk.connector.", "optimove_sdk.vendors.")
    ours = {
        cls
        for cls in below(OptimoveError)
        if cls.__module__.startswith("optimove_sdk.") and not cls.__module__.startswith(apart)
    }
    assert ours <= {getattr(optimove_sdk, name) for name in optimove_sdk.__all__}


def loaded_by(script: str) -> set[str]:
    """Return the modules that a script loads into a new interpreter."""
    script = f"import sys; before = set(sys.modules); {script}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_bare_import_loads_one_module_of_ours_and_what_looks_names_up() -> None:
    loaded = loaded_by("import optimove_sdk")
    lookup = {"__future__", "importlib", "importlib._bootstrap", "importlib._bootstrap_external", "warnings"}
    assert loaded - lookup == {"optimove_sdk"}


def test_an_error_can_be_caught_without_loading_a_client() -> None:
    loaded = loaded_by("from optimove_sdk import RateLimited, OptimoveError")
    assert loaded & {"httpx", "asyncio", "ssl", "cattrs", "optimove_sdk.client"} == set()


def test_areas_are_loaded_when_they_are_used() -> None:
    create = "from optimove_sdk import Optimove; c = Optimove(base_url='https://a.example', api_key='k')"
    parts = {"api", "connector", "events", "notifications", "sandbox", "testing", "vendors"}

    def areas(script: str) -> set[str]:
        names = (name.split(".") for name in loaded_by(script) if name.startswith("optimove_sdk."))
        return {".".join(name[1:]) for name in names if name[1] in parts and len(name) > 2}

    assert areas(create) == {"events.signing"}
    assert areas(f"{create}; c.promotions") == {"events.signing", "api.promotions"}


def test_exports_and_pyarrow_are_loaded_when_something_is_exported() -> None:
    script = (
        "import sys; from optimove_sdk import Optimove;"
        "client = Optimove(base_url='https://a.example', api_key='k');"
        "client.customers.execution_details(1, 2);"
        "print(*(m for m in sys.modules if m.startswith(('optimove_sdk.export', 'pyarrow'))))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def operations(area: Resource) -> list[str]:
    return [
        name for name, value in vars(type(area)).items() if not name.startswith("_") and hasattr(value, "_fn")
    ]


@pytest.mark.parametrize("area", AREAS)
def test_every_operation_is_the_same_on_three_faces_and_is_documented(area: str) -> None:
    blocking, _ = client_for()
    asynchronous, _ = async_client_for()
    faces = [getattr(client, area) for client in (blocking, asynchronous, blocking.plan)]
    assert operations(faces[0])
    for name in operations(faces[0]):
        signatures = {str(inspect.signature(getattr(face, name))) for face in faces}
        assert len(signatures) == 1, name
        assert "self" not in signatures.pop()
        doc = inspect.getdoc(getattr(faces[0], name)) or ""
        assert doc.split(":")[0].isalnum(), f"{area}.{name} does not begin with Optimove's function"
        assert "Raises:" in doc, name
        assert "Source: http" in doc, name


def test_a_client_can_be_autospecced() -> None:
    client, _ = client_for()
    fake = create_autospec(client.campaigns, instance=True)
    fake.get(21)
    with pytest.raises(TypeError):
        fake.get(campaign=21)


def test_the_escape_hatch_reaches_functions_the_sdk_does_not_have() -> None:
    client, sent = client_for()
    client.send(Call("POST", "customers/SomethingNew", params={"Date": "2026-01-31"}, json={"A": 1}))
    assert sent.path == "/current/customers/SomethingNew"
    assert sent.query == {"Date": "2026-01-31"}
    assert sent.json == {"A": 1}
