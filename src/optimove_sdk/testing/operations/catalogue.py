"""Names and numbers of what a marketer made, and the attributes there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from ..answers import NOT_FOUND, Refused
from ..groups import Catalogue
from ..routing import Asked, checked_list, operation
from ..world import World

Names: TypeAlias = Callable[[Catalogue], Mapping[int, str]]

# What is listed where: the function, the keys of number and name, and where the names are kept.
_LISTS: Final[tuple[tuple[str, str, str, Names], ...]] = (
    ("model/GetLifecycleStageList", "StageID", "StageName", lambda known: known.lifecycle_stages),
    ("actions/GetAllActions", "ActionID", "ActionName", lambda known: known.actions),
    ("segments/GetValueSegments", "ValueSegmentID", "ValueSegmentName", lambda known: known.value_segments),
)
# What is looked up: the function, the key that is asked for, the one that is answered, and the names.
_LOOKUPS: Final[tuple[tuple[str, str, str, Names], ...]] = (
    ("actions/GetActionID", "ActionName", "ActionID", lambda known: known.actions),
    ("actions/GetActionName", "ActionID", "ActionName", lambda known: known.actions),
    ("groups/GetTargetGroupID", "TargetGroupName", "TargetGroupID", lambda known: known.target_groups),
    ("groups/GetTargetGroupName", "TargetGroupID", "TargetGroupName", lambda known: known.target_groups),
    (
        "segments/GetValueSegmentID",
        "ValueSegmentName",
        "ValueSegmentID",
        lambda known: known.value_segments,
    ),
    (
        "segments/GetValueSegmentName",
        "ValueSegmentID",
        "ValueSegmentName",
        lambda known: known.value_segments,
    ),
)


def _register_list(path: str, number: str, name: str, names: Names) -> None:
    @operation("GET", path)
    def answer(world: World, _: Asked) -> list[dict[str, Any]]:
        return [{number: key, name: value} for key, value in names(world.catalogue).items()]


def _register_lookup(path: str, asked_for: str, answered: str, names: Names) -> None:
    @operation("GET", path)
    def answer(world: World, asked: Asked) -> dict[str, Any]:
        pairs: Iterable[tuple[Any, Any]] = names(world.catalogue).items()
        if answered.endswith("ID"):
            pairs = [(name, number) for number, name in pairs]
        found = {str(key): value for key, value in pairs}
        wanted = asked.text(asked_for)
        if wanted not in found:
            raise Refused(NOT_FOUND)
        return {answered: found[wanted]}


for _list in _LISTS:
    _register_list(*_list)
for _lookup in _LOOKUPS:
    _register_lookup(*_lookup)


@operation("GET", "groups/GetTargetGroupDetails")
def target_groups(world: World, _: Asked) -> list[dict[str, Any]]:
    """Return all target groups; their priority is their number."""
    return [
        {"TargetGroupID": number, "TargetGroupName": name, "TargetGroupPriority": number}
        for number, name in world.catalogue.target_groups.items()
    ]


@operation("GET", "model/GetMicrosegmentList")
def microsegments(world: World, _: Asked) -> list[dict[str, Any]]:
    """Return all microsegments."""
    return world.catalogue.microsegments


@operation("GET", "model/GetCustomerAttributeList")
def attributes(world: World, _: Asked) -> list[dict[str, str]]:
    """Return all attributes, those that were added last."""
    return [
        {"RealFieldName": one.name, "Description": one.description} for one in world.attributes.definitions
    ]


@operation("POST", "api/v2/target-group/customer-list", name="CreateCustomerList")
def create_list(world: World, asked: Asked) -> dict[str, Any]:
    """Make a target group of customers.

    Of the answer only the names of the fields are published: that the ones who exist are counted, and the
    others listed, is the fake's choice, and so is that a list has the number of its target group.
    """
    given = asked.fields()
    name = asked.field("list-name", str)
    customers = [str(one) for one in checked_list(given.get("customers"), "customers")]
    groups = world.catalogue.target_groups
    number = max(groups, default=0) + 1
    groups[number] = name
    world.customer_lists[number] = tuple(filter(world.knows, customers))
    return {
        "target-group-id": number,
        "list-id": number,
        "list-name": name,
        "existed-customers": len(world.customer_lists[number]),
        "non-existed-customers": [one for one in customers if not world.knows(one)],
    }
