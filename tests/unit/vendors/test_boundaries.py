"""Vendors use nothing that you could not, and show no secret."""

from __future__ import annotations

import ast
import traceback
from pathlib import Path
from typing import Any

import pytest

import optimove_sdk
from optimove_sdk import OptimoveError
from optimove_sdk.connector.base import Campaign, DeliveryBatch, Recipient
from optimove_sdk.testing.vendors import FakeNetmera, FakeSymplify, answered, lost
from optimove_sdk.vendors import netmera, symplify
from optimove_sdk.vendors.netmera import NetmeraAPI, NetmeraDelivery, NetmeraTemplate
from optimove_sdk.vendors.symplify import SymplifyAPI

VENDORS = Path(optimove_sdk.__file__).parent / "vendors"
ALLOWED = {"optimove_sdk.connector.base", "optimove_sdk.http.base", "optimove_sdk.http.httpx"}
MODULES = sorted(VENDORS.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[str, str]]:
    """Return each module and name; a relative import must stay among the vendors."""
    found = []
    depth = len(path.relative_to(VENDORS).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= depth, f"{path}: leaves the vendors"
            if not node.level:
                found += [(str(node.module), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(VENDORS)))
def test_vendors_import_only_public_names(path: Path) -> None:
    for module, name in imports_of(path):
        assert module.partition(".")[0] not in {"httpx", "httpx2", "cattrs", "dbos", "starlette"}
        if module == "optimove_sdk":
            assert name in optimove_sdk.__all__
        elif module.startswith("optimove_sdk"):
            assert module in ALLOWED


@pytest.mark.parametrize("package", [netmera, symplify])
def test_the_names_of_a_vendor_are_there(package: Any) -> None:
    assert all(getattr(package, name) for name in package.__all__)


def test_every_error_of_a_vendor_is_public() -> None:
    def below(cls: type) -> set[type]:
        return {cls}.union(*(below(sub) for sub in cls.__subclasses__()))

    ours = {cls for cls in below(OptimoveError) if cls.__module__.startswith("optimove_sdk.vendors.")}
    assert ours
    public = [getattr(package, name) for package in (netmera, symplify) for name in package.__all__]
    assert all(error in public for error in ours)


def shown(error: BaseException) -> str:
    """Return all that a report of the error shows, and what stands in our frames."""
    held = [
        repr(value)
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if "optimove_sdk" in frame.f_code.co_filename
        for value in frame.f_locals.values()
    ]
    return "\n".join([*traceback.format_exception(error), *held])


@pytest.mark.parametrize("mishap", [lost(), answered(500, b"C1 s3cret-key"), answered(400, {"error": "C1"})])
async def test_no_error_shows_a_secret_or_a_customer(mishap: Any) -> None:
    fakes = FakeNetmera(api_key="s3cret-key"), FakeSymplify(token="s3cret-key")
    for fake in fakes:
        fake.happens(mishap)
    first = NetmeraAPI("s3cret-key", transport=fakes[0])
    with pytest.raises(OptimoveError) as caught:
        await first.send(1, "C1")
    assert "s3cret" not in shown(caught.value)
    assert "C1" not in str(caught.value)
    second = SymplifyAPI(
        "https://x.example", 1, token="s3cret-key", token_header="T", username="u", password="s3cret-key"
    )
    second._rest._given = fakes[1]
    with pytest.raises(OptimoveError) as caught:
        await second.triggers(1)
    assert "s3cret" not in shown(caught.value)


async def test_no_outcome_shows_a_secret_or_a_customer() -> None:
    fake = FakeNetmera(api_key="s3cret-key")
    delivery = NetmeraDelivery(
        NetmeraAPI("s3cret-key", transport=fake), [NetmeraTemplate(7, "Welcome", 1)], concurrency=1
    )
    fake.happens(lost(), answered(400, {"code": 2020, "error": "C1 s3cret-key"}), answered(500, b"C1"))
    batch = DeliveryBatch("b", Campaign("t", 1), 7, tuple(Recipient(f"C1-{n}") for n in range(3)))
    outcomes = await delivery.deliver(batch)
    assert not any(secret in str(one.error) for one in outcomes for secret in ("C1", "s3cret"))


def test_the_page_builds_a_connector_in_less_than_60_lines() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/write-a-connector.md").read_text(encoding="utf-8")
    vendor = page.split("```python\n")[1].split("```")[0]
    assert "class Courier" in vendor
    assert len(vendor.splitlines()) < 60
