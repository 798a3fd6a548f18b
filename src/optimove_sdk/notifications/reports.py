"""What a listener has to say when something went wrong. None of it goes to the sender.

The log gets the kinds of things only: what Optimove sends, and what handlers raise, may name customers. The
whole of it is in the `Report`.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Any, Final

import attrs

_log: Final = logging.getLogger("optimove_sdk")


class Problem(enum.StrEnum):
    """What went wrong."""

    UNREADABLE = "unreadable"
    """What was sent to the secret URL is not what belongs there."""
    HANDLER_FAILED = "handler failed"
    """A handler raised an error, or an approver returned neither True nor False."""
    SEEN_STORE_FAILED = "seen store failed"
    """Whether a notification is a repeat could not be found out, or not be noted."""
    OUT_OF_TIME = "out of time"
    """An approver took too long; the default was answered."""
    LATE_ANSWER = "late answer"
    """What an approver said after the default had been answered."""
    TOO_MANY_QUESTIONS = "too many questions"
    """There were too many questions at once; the default was answered."""


@attrs.frozen
class Report:
    """Something that went wrong.

    ``about`` is the notification, callback or question; ``body`` what was sent, if it could not be read;
    ``allowed`` what a late answer says, if it says anything.
    """

    problem: Problem
    about: Any = attrs.field(default=None, repr=False)
    error: BaseException | None = attrs.field(default=None, repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    allowed: bool | None = None


@attrs.frozen
class Reporter:
    """Tells the log, and the function the user gave."""

    on_error: Callable[[Report], object] | None = None

    def __call__(self, report: Report) -> None:
        """Report; never raises."""
        _log.warning("listener: %s%s%s", report.problem, _kind(report.about), _kind(report.error))
        if self.on_error is None:
            return
        try:
            self.on_error(report)
        except Exception as error:
            _log.warning("listener: on_error itself failed%s", _kind(error))


def _kind(value: object) -> str:
    return "" if value is None else f", {type(value).__name__}"
