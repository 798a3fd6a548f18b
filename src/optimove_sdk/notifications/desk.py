"""What both views share: the gate, the rooms behind it, and who works there."""

from __future__ import annotations

import attrs

from .approval import ApprovalDesk
from .crew import Crew
from .effects import Work
from .gate import Answer, Gate, Room
from .reception import Reception


@attrs.define
class Desk:
    """A listener, as its views see it. ``body_timeout`` and ``drain_timeout`` are seconds."""

    gate: Gate
    reception: Reception
    approvals: ApprovalDesk
    approval_crew: Crew
    body_timeout: float
    drain_timeout: float

    def work(self, room: Room, body: bytes, query: str) -> tuple[Work[Answer], Crew]:
        """Return what is to be done with a body, and who does it."""
        # Questions have threads of their own: somebody waits for each, and nobody may be in front of it.
        if room is Room.APPROVAL:
            return self.approvals.asked(body), self.approval_crew
        if room is Room.ATTRIBUTES:
            return self.reception.attributes(body), self.reception.crew
        return self.reception.notified(body, query), self.reception.crew

    def close(self, timeout: float | None) -> None:
        """Wait for what is under way in threads, and end them."""
        for crew in (self.reception.crew, self.approval_crew):
            crew.close(timeout)

    async def drain(self) -> None:
        """Wait for what is under way on the running loop."""
        for crew in (self.reception.crew, self.approval_crew):
            await crew.drain(self.drain_timeout)
