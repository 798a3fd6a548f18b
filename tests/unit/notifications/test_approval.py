"""The approval gateway: an answer in time, whatever happens, and never a yes by accident."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from optimove_sdk import NotificationError
from optimove_sdk.notifications.approval import (
    ApprovalAction,
    ApprovalCampaign,
    ApprovalChannel,
    ApprovalQuestion,
    ApprovalTemplate,
    ApprovalUser,
    parse_approval_question,
)
from optimove_sdk.notifications.listener import Listener
from optimove_sdk.notifications.reports import Problem, Report
from optimove_sdk.testing import NotificationPoster, as_sent, sample

SECRET = "0123456789abcdef"
DOCUMENTED = {
    "user": {"user_id": "C1", "is_visitor": "true"},
    "campaign": {
        "id": "12",
        "series_id": 7,
        "notes": "n",
        "tags": ["a", "b"],
        "action": {
            "id": 3,
            "name": "Bonus",
            "promo_codes": ["WB23"],
            "channels": [
                {"id": 504, "name": "Email", "brand_id": None, "templates": [{"id": 7, "name": "Hello"}]},
                {"id": 505, "name": "SMS", "brand_id": "1", "templates": None},
            ],
        },
    },
}


def test_the_documented_question_is_read() -> None:
    question = parse_approval_question(DOCUMENTED)
    channels = (
        ApprovalChannel(504, "Email", None, (ApprovalTemplate(7, "Hello"),)),
        ApprovalChannel(505, "SMS", "1"),
    )
    assert question == ApprovalQuestion(
        ApprovalUser("C1", True),
        ApprovalCampaign(12, 7, "n", ("a", "b"), ApprovalAction(3, "Bonus", ("WB23",), channels)),
    )
    assert (question.user_id, question.is_visitor, question.promo_codes) == ("C1", True, ("WB23",))
    assert question.channels == channels
    assert "C1" not in repr(question)


@pytest.mark.parametrize("casing", ["snake_case", "camelCase", "PascalCase"])
def test_a_question_is_read_in_any_casing_and_without_what_may_be_missing(casing: str) -> None:
    for full in (True, False):
        question = sample(ApprovalQuestion, full=full)
        assert parse_approval_question(as_sent(question, casing=casing)) == question
    assert parse_approval_question({"user": {"user_id": 5}, "campaign": {"action": {"promo_codes": None}}})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"user": {}}', b'{"user": {"user_id": null}}'])
def test_a_question_about_nobody_is_none(body: bytes) -> None:
    with pytest.raises(NotificationError):
        parse_approval_question(body)


class Bench:
    def __init__(self, view: str) -> None:
        self.reports: list[Report] = []
        self.listener = Listener(SECRET, on_error=self.reports.append)
        self._poster = NotificationPoster(getattr(self.listener, view), f"/{SECRET}")

    def ask(self, user: str = "C1") -> Any:
        return self._poster.post(sample(ApprovalQuestion, user=ApprovalUser(user)), room="approval")

    @property
    def problems(self) -> list[Problem]:
        return [report.problem for report in self.reports]

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 5
        while len(self.reports) < count and time.monotonic() < deadline:
            time.sleep(0.005)

    def close(self) -> None:
        self._poster.close()
        self.listener.close(5)


@pytest.fixture(params=["asgi", "wsgi"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(request.param)
    yield bench
    bench.close()


def test_without_an_approver_there_is_no_gateway(bench: Bench) -> None:
    assert bench.ask().status == 404


def test_the_answer_names_the_user(bench: Bench) -> None:
    @bench.listener.approve
    async def decide(question: ApprovalQuestion) -> bool:
        return question.user_id == "C1"

    assert bench.ask("C1").json == {"user_id": "C1", "allowed": True}
    assert bench.ask("C2\ud800").json == {"user_id": "C2\ud800", "allowed": False}
    assert bench.ask().headers["content-type"] == "application/json"
    assert bench.reports == []


@pytest.mark.parametrize("verdict", [None, 1, "yes", RuntimeError("no")])
def test_what_is_neither_yes_nor_no_is_the_default(bench: Bench, verdict: Any) -> None:
    @bench.listener.approve(default=False)
    def decide(_: ApprovalQuestion) -> bool:
        if isinstance(verdict, Exception):
            raise verdict
        return verdict  # type: ignore[no-any-return]

    assert bench.ask().json["allowed"] is False
    assert bench.problems == [Problem.HANDLER_FAILED]
    assert isinstance(bench.reports[0].error, RuntimeError | TypeError)


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_after_the_budget_the_default_is_answered_and_the_late_answer_is_reported(
    bench: Bench, asynchronous: bool, fails: bool
) -> None:
    may_end = threading.Event()

    def decide(_: ApprovalQuestion) -> bool:
        may_end.wait(5)
        if fails:
            raise RuntimeError
        return True

    async def decide_async(question: ApprovalQuestion) -> bool:
        return await asyncio.to_thread(decide, question)

    bench.listener.approve(budget=0.05)(decide_async if asynchronous else decide)
    began = time.monotonic()
    assert bench.ask().json["allowed"] is False
    assert time.monotonic() - began < 2
    assert bench.problems == [Problem.OUT_OF_TIME]
    may_end.set()
    bench.wait_for(2)
    assert bench.problems == [Problem.OUT_OF_TIME, Problem.LATE_ANSWER]
    assert bench.reports[1].allowed is (None if fails else True)


def test_above_the_limit_the_default_is_answered_at_once(bench: Bench) -> None:
    may_end = threading.Event()

    @bench.listener.approve(budget=0.05, default=True, limit=1)
    def decide(_: ApprovalQuestion) -> bool:
        may_end.wait(5)
        return False

    assert bench.ask().json["allowed"] is True
    assert bench.ask().json["allowed"] is True
    assert bench.problems == [Problem.OUT_OF_TIME, Problem.TOO_MANY_QUESTIONS]
    may_end.set()
    bench.wait_for(3)
    deadline = time.monotonic() + 5
    while bench.ask().json["allowed"] and time.monotonic() < deadline:
        time.sleep(0.005)
    assert bench.ask().json["allowed"] is False


def test_an_unreadable_question_is_refused_and_reported(bench: Bench) -> None:
    bench.listener.approve(lambda _: True)
    assert bench._poster.post({}, room="approval").status == 400
    assert bench.problems == [Problem.UNREADABLE]


async def test_an_approver_that_is_given_up_at_shutdown_is_reported_as_late() -> None:
    reports: list[Report] = []
    listener = Listener(SECRET, on_error=reports.append, drain_timeout=0.01)

    @listener.approve(budget=0.01)
    async def decide(_: ApprovalQuestion) -> bool:
        await asyncio.sleep(30)
        return True

    poster = NotificationPoster(listener.asgi, f"/{SECRET}")
    answer = await poster.apost(sample(ApprovalQuestion), room="approval")
    assert answer.json["allowed"] is False
    await listener.drain()
    await asyncio.sleep(0)
    assert [(report.problem, report.allowed) for report in reports] == [
        (Problem.OUT_OF_TIME, None),
        (Problem.LATE_ANSWER, None),
    ]


async def test_a_question_whose_server_stops_leaves_its_place() -> None:
    listener = Listener(SECRET)

    @listener.approve(limit=1)
    async def decide(question: ApprovalQuestion) -> bool:
        await asyncio.sleep(30 if question.user_id == "slow" else 0)
        return True

    poster = NotificationPoster(listener.asgi, f"/{SECRET}")
    slow = sample(ApprovalQuestion, user=ApprovalUser("slow"))
    task = asyncio.create_task(poster.apost(slow, room="approval"))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await poster.apost(sample(ApprovalQuestion), room="approval")).json["allowed"] is True
    listener._desk.drain_timeout = 0
    await listener.drain()
