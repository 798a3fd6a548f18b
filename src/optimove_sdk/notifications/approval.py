"""The approval gateway: before Optimove sends a realtime campaign to a customer, it asks you.

Optimove waits for the answer, and does not publish how long. So there is a budget of time, and an answer for
when it runs out.

Source: https://developer.optimove.com/reference/put_triggered-conditional-execution-gateway
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..errors import ConfigurationError, DecodeError, NotificationError
from ..wire import codec
from ..wire.fields import Model, spelled
from .effects import Outcome, Within, Work
from .gate import NOT_FOUND, NOT_UNDERSTOOD, Answer
from .parse import json_object
from .reports import Problem, Report, Reporter


@attrs.frozen
class ApprovalUser(Model):
    """A customer, or a visitor who is not known yet."""

    user_id: str = attrs.field(repr=False, metadata=spelled("user_id"))
    is_visitor: bool = attrs.field(default=False, metadata=spelled("is_visitor"))


@attrs.frozen
class ApprovalTemplate(Model):
    """A template of a channel."""

    id: int | str | None = attrs.field(default=None, metadata=spelled("id"))
    name: str | None = attrs.field(default=None, metadata=spelled("name"))


@attrs.frozen
class ApprovalChannel(Model):
    """A channel the campaign would go out on."""

    id: int | str | None = attrs.field(default=None, metadata=spelled("id"))
    name: str | None = attrs.field(default=None, metadata=spelled("name"))
    brand_id: str | None = attrs.field(default=None, metadata=spelled("brand_id"))
    templates: tuple[ApprovalTemplate, ...] = attrs.field(default=(), metadata=spelled("templates"))


@attrs.frozen
class ApprovalAction(Model):
    """What the campaign would do."""

    id: int | str | None = attrs.field(default=None, metadata=spelled("id"))
    name: str | None = attrs.field(default=None, metadata=spelled("name"))
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("promo_codes"))
    channels: tuple[ApprovalChannel, ...] = attrs.field(default=(), metadata=spelled("channels"))


@attrs.frozen
class ApprovalCampaign(Model):
    """The campaign: ``id`` is the action serial, ``series_id`` the plan id."""

    id: int | str | None = attrs.field(default=None, metadata=spelled("id"))
    series_id: int | str | None = attrs.field(default=None, metadata=spelled("series_id"))
    notes: str | None = attrs.field(default=None, metadata=spelled("notes"))
    tags: tuple[str, ...] = attrs.field(default=(), metadata=spelled("tags"))
    action: ApprovalAction = attrs.field(factory=ApprovalAction, metadata=spelled("action"))


@attrs.frozen
class ApprovalQuestion(Model):
    """Whether this campaign may be sent to this user."""

    user: ApprovalUser = attrs.field(metadata=spelled("user"))
    campaign: ApprovalCampaign = attrs.field(factory=ApprovalCampaign, metadata=spelled("campaign"))

    @property
    def user_id(self) -> str:
        """The id of the customer or visitor."""
        return self.user.user_id

    @property
    def is_visitor(self) -> bool:
        """Whether the user is a visitor."""
        return self.user.is_visitor

    @property
    def action(self) -> ApprovalAction:
        """What the campaign would do."""
        return self.campaign.action

    @property
    def promo_codes(self) -> tuple[str, ...]:
        """The promotions the user would get."""
        return self.action.promo_codes

    @property
    def channels(self) -> tuple[ApprovalChannel, ...]:
        """The channels it would go out on, with their templates."""
        return self.action.channels


@attrs.frozen
class ApprovalAnswer(Model):
    """What Optimove is answered."""

    user_id: str = attrs.field(repr=False, metadata=spelled("user_id"))
    allowed: bool = attrs.field(metadata=spelled("allowed"))


def parse_approval_question(body: bytes | str | Mapping[str, Any]) -> ApprovalQuestion:
    """Read what Optimove POSTed to the approval gateway.

    Raises:
        NotificationError: the body is not a question, or does not say about whom.
    """
    try:
        return codec.decode(json_object(body), ApprovalQuestion)
    except DecodeError as error:
        raise NotificationError(f"an approval question cannot be read: {error}") from None


@attrs.frozen
class Approver:
    """Who decides, how long that may take, and what is answered otherwise."""

    decide: Callable[[ApprovalQuestion], Any]
    budget: float = 2.0
    default: bool = False
    limit: int = 64

    def __attrs_post_init__(self) -> None:
        if self.budget <= 0 or self.limit < 1:
            raise ConfigurationError("approve: budget and limit must be positive")


class ApprovalDesk:
    """Answers questions, so many at once."""

    def __init__(self, report: Reporter) -> None:
        self.approver: Approver | None = None
        self._report = report
        self._lock = threading.Lock()
        self._busy = 0

    def asked(self, body: bytes) -> Work[Answer]:
        """Answer a question: in time, whatever the approver does."""
        if self.approver is None:
            return NOT_FOUND
        try:
            question = parse_approval_question(body)
        except NotificationError as error:
            self._report(Report(Problem.UNREADABLE, error=error, body=body))
            return NOT_UNDERSTOOD
        allowed = yield from self._decide(self.approver, question)
        answer = codec.encode(ApprovalAnswer(question.user_id, allowed))
        # Not encode_json, which refuses half characters: an id goes back as it came.
        return Answer(200, json.dumps(answer).encode(), (("content-type", "application/json"),))

    def _decide(self, approver: Approver, question: ApprovalQuestion) -> Work[bool]:
        if not self._take_place(approver.limit):
            self._report(Report(Problem.TOO_MANY_QUESTIONS, question))
            return approver.default
        try:
            outcome: Outcome = yield Within(approver.decide, question, approver.budget)
        except BaseException:  # the server is stopping
            self._leave_place()
            raise
        outcome.add_done_callback(lambda _: self._leave_place())
        if outcome.done():
            return self._verdict(outcome, question, approver.default)
        self._report(Report(Problem.OUT_OF_TIME, question))
        outcome.add_done_callback(lambda late: self._late(late, question))
        return approver.default

    def _verdict(self, outcome: Outcome, question: ApprovalQuestion, default: bool) -> bool:
        allowed, error = _decision(outcome)
        if allowed is None:
            self._report(Report(Problem.HANDLER_FAILED, question, error))
            return default
        return allowed

    def _late(self, outcome: Outcome, question: ApprovalQuestion) -> None:
        allowed, error = _decision(outcome)
        self._report(Report(Problem.LATE_ANSWER, question, error, allowed=allowed))

    def _take_place(self, limit: int) -> bool:
        with self._lock:
            if self._busy >= limit:
                return False
            self._busy += 1
            return True

    def _leave_place(self) -> None:
        with self._lock:
            self._busy -= 1


def _decision(outcome: Outcome) -> tuple[bool | None, BaseException | None]:
    if outcome.cancelled():
        return None, None
    error = outcome.exception()
    if error is not None:
        return None, error
    result = outcome.result()
    if not isinstance(result, bool):  # something that merely looks true must not send a bonus
        return None, TypeError("an approver must return True or False")
    return result, None
