"""What Symplify says when it says no. Its own error codes are not published."""

from __future__ import annotations

from typing import ClassVar

from optimove_sdk import OptimoveError, Outcome


class SymplifyError(OptimoveError):
    """Symplify answered, and the answer is no; ``status`` is the HTTP status, ``body`` what it said."""

    outcome: ClassVar[Outcome] = Outcome.SENT

    def __init__(self, *, status: int, body: bytes = b"") -> None:
        super().__init__(f"Symplify refused (status {status})")
        self.status = status
        self.body = body


class ProjectsMixed(OptimoveError):
    """A campaign's templates are in more than one Symplify project, which Symplify cannot execute.

    ``projects`` are the templates by project.
    """

    def __init__(self, campaign_id: int | str, projects: dict[int, list[int]]) -> None:
        told = ", ".join(
            f"{project} (template {', '.join(map(str, templates))})"
            for project, templates in sorted(projects.items())
        )
        super().__init__(f"campaign {campaign_id} mixes Symplify projects {told}: it must keep to one")
        self.campaign_id = campaign_id
        self.projects = projects
