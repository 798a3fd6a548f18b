from __future__ import annotations

import pytest

from optimove_sdk import (
    DeadlineExceeded,
    Outcome,
    PermissionDenied,
    Promotion,
    RateLimited,
    ResponseLost,
    ServerError,
    Timeouts,
)
from optimove_sdk.errors import InvalidInput
from optimove_sdk.testing import FakeOptimove, faults

SAFE = [faults.rate_limited(), faults.rate_limited(3), faults.html_502(), faults.slow(3600), faults.cut(5)]


@pytest.mark.parametrize("fault", SAFE, ids=lambda fault: fault.name)
def test_a_client_gets_over_it(fake, perform, fault) -> None:
    fake.promotions["A"] = "a"
    fake.faults.add(fault, on="GetPromotions", times=2)
    assert perform(fake.client().plan.promotions.list()) == [Promotion("A", "a")]
    assert fake.count("GetPromotions") == 3
    assert fake.faults.struck == {fault.name: 2}
    assert [request.fault for request in fake.requests] == [fault.name, fault.name, None]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.rate_limited(), RateLimited),
        (faults.html_502(), ServerError),
        (faults.token_expired(), PermissionDenied),
        (faults.slow(61), ResponseLost),
        (faults.cut(), ResponseLost),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_client_that_does_not_retry_sees_it(fake, fault, error) -> None:
    fake.faults.add(fault)
    with pytest.raises(error):
        fake.client().with_options(retry=1).promotions.list()


def test_retry_after_is_sent_and_waited_for(fake) -> None:
    fake.faults.add(faults.rate_limited(retry_after=30))
    fake.client().promotions.list()
    assert fake.clock.slept >= 30


def test_a_token_that_expires_is_replaced(fake, perform) -> None:
    fake.faults.add(faults.token_expired(), on="GetPromotions")
    assert perform(fake.client().plan.promotions.list(), login=True) == []
    assert fake.logins.count == 2


def test_slow_but_in_time_is_just_slow(fake, perform) -> None:
    fake.faults.add(faults.slow(59))
    assert perform(fake.client().plan.promotions.list()) == []
    assert fake.clock.moment().monotonic == 59


def test_too_slow_for_the_deadline_is_past_the_deadline(fake) -> None:
    fake.faults.add(faults.slow(59))
    with pytest.raises(DeadlineExceeded) as caught:
        fake.client(timeouts=Timeouts(deadline=5)).promotions.list()
    assert caught.value.outcome is Outcome.SENT
    assert fake.clock.moment().monotonic == 5


def test_what_breaks_off_was_performed_all_the_same(fake) -> None:
    from optimove_sdk import CampaignMetric

    fake.faults.add(faults.cut(), on="UpdateCampaignMetrics")
    result = fake.client().metrics.update_campaign_metrics([CampaignMetric(1, 2, 3, 0, 4)])
    (failed,) = result.failed
    assert failed.error is not None
    assert failed.error.outcome is Outcome.PARTIAL
    assert len(fake.metrics) == 1
    assert fake.count("UpdateCampaignMetrics") == 1


def test_an_empty_answer_is_an_empty_page(fake) -> None:
    fake.promotions["A"] = "a"
    fake.faults.add(faults.empty())
    assert fake.client().promotions.list() == []


def test_a_notification_is_doubled_and_requests_are_not(fake) -> None:
    client = fake.client()
    fake.faults.add(faults.duplicate_notification())
    client.listeners.register(13, "https://me.test/")
    number = fake.add_campaign().campaign_id
    assert len(fake.run(number)) == 2
    assert len(fake.run(number)) == 1


def test_a_request_fault_does_not_strike_a_notification(fake) -> None:
    fake.client().listeners.register(13, "https://me.test/")
    fake.faults.add(faults.html_502())
    assert len(fake.run(fake.add_campaign().campaign_id)) == 1
    assert fake.faults.struck == {}


def test_a_fault_waits_for_its_operation_and_its_turn(fake) -> None:
    client = fake.client().with_options(retry=1)
    fake.faults.add(faults.html_502(), on="getpromotions", after=2)
    client.campaigns.channels()
    client.promotions.list()
    client.promotions.list()
    with pytest.raises(ServerError):
        client.promotions.list()
    client.promotions.list()


def test_faults_strike_one_after_another(fake) -> None:
    fake.faults.add(faults.html_502())
    fake.faults.add(faults.rate_limited())
    fake.client().promotions.list()
    assert [request.fault for request in fake.requests] == ["html_502", "rate_limited", None]


def test_faults_can_be_forgotten(fake) -> None:
    fake.faults.add(faults.html_502(), times=5)
    fake.faults.clear()
    fake.client().with_options(retry=1).promotions.list()


def test_a_fault_for_an_operation_that_does_not_exist_is_refused(fake) -> None:
    with pytest.raises(InvalidInput, match="GetPromotion'"):
        fake.faults.add(faults.empty(), on="GetPromotion")
    with pytest.raises(InvalidInput):
        fake.faults.add(faults.empty(), times=0)


def test_chance_repeats_with_the_seed() -> None:
    def slept(seed: int) -> float:
        fake = FakeOptimove(seed=seed)
        fake.faults.add(faults.html_502(), times=3)
        fake.client().promotions.list()
        return fake.clock.slept

    assert slept(1) == slept(1) != slept(2)
