"""A fake Symplify: its projects' triggers. How it refuses is not published; the fake answers a bare status.

Source: https://help.symplify.com/hc/en-us/articles/360011076720
"""

from __future__ import annotations

from typing import Any

from .served import Asked, FakeVendor


class FakeSymplify(FakeVendor):
    """Symplify in memory, for one Symplify customer. ``triggers`` are as they are sent, by id.

    Args:
        customer_id: the Symplify customer.
        token: the only token it takes.
        token_header: the header the token comes in.
    """

    def __init__(
        self,
        customer_id: str = "12",
        *,
        token: str = "symplify-token",  # noqa: S107 - it guards nothing
        token_header: str = "X-Example-Token",  # noqa: S107 - it is only a name
    ) -> None:
        super().__init__()
        self.customer_id = customer_id
        self.token = token
        self.token_header = token_header
        self.triggers: dict[int, dict[str, Any]] = {}

    def add_trigger(self, trigger_id: int, project_id: int, name: str = "", **more: Any) -> None:
        """Add a trigger to a project. More fields are under Symplify's names."""
        self.triggers[trigger_id] = {
            "id": trigger_id,
            "projectId": project_id,
            "name": name or f"Trigger {trigger_id}",
            "type": "EMAIL",
            "active": True,
            **more,
        }

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Perform a request, and return the status and the JSON of the answer."""
        if asked.headers.get(self.token_header.lower()) != self.token:
            return 401, None
        before, _, after = asked.path.partition("/triggers")
        if asked.method != "GET" or before != f"/rest/{self.customer_id}":
            return 404, None
        return self._of_project(asked.params.get("projectId")) if not after else self._one(after.strip("/"))

    def _of_project(self, project: str | None) -> tuple[int, Any]:
        every = self.triggers.values()
        return 200, [one for one in every if project in (None, str(one["projectId"]))]

    def _one(self, number: str) -> tuple[int, Any]:
        trigger = self.triggers.get(int(number)) if number.isdecimal() else None
        return (404, None) if trigger is None else (200, trigger)
