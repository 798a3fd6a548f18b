from __future__ import annotations

import asyncio
import json

import pytest

from optimove_sdk import AuthenticationFailed, RateLimit, RateLimited, Request
from optimove_sdk.core.flow import Moment
from optimove_sdk.testing import FakeOptimove, SimulatedClock

LOGIN = b'{"Username": "fake-user", "Password": "fake-password"}'


def log_in(ask) -> str:
    return json.loads(ask("POST", "/current/general/login", LOGIN).body)


def with_token(fake: FakeOptimove, token: str):
    return fake.respond(
        Request("GET", "https://x.test/current/integrations/GetPromotions", {"Authorization-Token": token})
    ).response


def test_a_wrong_key_is_unauthorized_as_a_json_string(ask) -> None:
    response = ask("GET", "/current/integrations/GetPromotions", X_API_KEY="wrong")
    assert (response.status, response.body) == (401, b'"Unauthorized"')


def test_no_credentials_at_all_are_unauthorized(fake) -> None:
    assert fake.respond(Request("GET", "https://x.test/Integrations/GetPromotions")).response.status == 401


def test_a_login_gives_a_token_that_works(fake, ask) -> None:
    assert with_token(fake, log_in(ask)).status == 200
    assert fake.logins.count == 1


def test_a_login_with_wrong_credentials_is_unauthorized(ask) -> None:
    response = ask("POST", "/current/general/login", b'{"Username": "fake-user", "Password": "no"}')
    assert (response.status, response.body) == (401, b'"Unauthorized"')


def test_an_unknown_token_is_said_to_be_expired(fake) -> None:
    response = with_token(fake, "unknown")
    assert (response.status, response.body) == (403, b"Authorization-Token Expired")


def test_a_token_lives_for_twenty_minutes_after_its_last_use(fake, ask) -> None:
    token = log_in(ask)
    for _ in range(3):
        fake.clock.advance(19 * 60)
        assert with_token(fake, token).status == 200
    fake.clock.advance(20 * 60)
    assert with_token(fake, token).status == 403


def test_a_login_while_the_token_lives_is_too_many(fake, ask) -> None:
    log_in(ask)
    fake.clock.advance(60)
    assert ask("POST", "/current/general/login", LOGIN).status == 429


def test_two_logins_within_a_second_are_too_many(fake, ask) -> None:
    log_in(ask)
    fake.logins.expire_all()
    fake.clock.advance(0.9)
    assert ask("POST", "/current/general/login", LOGIN).status == 429
    fake.clock.advance(0.1)
    assert ask("POST", "/current/general/login", LOGIN).status == 200


def test_a_client_with_a_username_survives_the_expiry_of_its_token(fake, perform) -> None:
    with fake.client(login=True) as client:
        client.promotions.list()
        fake.logins.expire_all()
        fake.clock.advance(2)
        assert client.promotions.list() == []
    assert fake.count("Login") == 2
    fake.clock.advance(3600)
    assert perform(client.plan.promotions.list(), login=True) == []
    assert fake.logins.count == 3


def test_a_client_with_a_wrong_password_is_told(fake, perform) -> None:
    with pytest.raises(AuthenticationFailed):
        perform(fake.client().plan.promotions.list(), login=True, password="wrong")


def test_over_the_rate_limit_the_documented_object_is_answered(fake, ask) -> None:
    answers = [ask("GET", "/current/integrations/GetPromotions") for _ in range(51)]
    assert [answer.status for answer in answers] == [200] * 50 + [429]
    assert json.loads(answers[-1].body)["error"] == "Too Many Requests"


def test_the_window_slides(fake, ask) -> None:
    def status() -> int:
        return ask("GET", "/current/integrations/GetPromotions").status

    for _ in range(25):
        status()
    fake.clock.advance(5)
    for _ in range(25):
        status()
    assert status() == 429
    fake.clock.advance(5)
    assert [status() for _ in range(26)] == [200] * 25 + [429]


def test_a_fake_without_a_limit_takes_everything() -> None:
    fake = FakeOptimove(rate_limit=None)
    client = fake.client(rate_limit=None)
    for _ in range(60):
        client.promotions.list()
    assert fake.journal.statuses == {200: 60}


def test_a_client_that_throttles_itself_is_never_turned_away(fake) -> None:
    async def main() -> None:
        async with fake.async_client() as client:
            await asyncio.gather(*(client.promotions.list() for _ in range(180)))

    asyncio.run(main())
    assert fake.journal.statuses == {200: 180}
    assert fake.clock.moment().monotonic > 30


def test_a_client_that_does_not_throttle_itself_is_turned_away() -> None:
    fake = FakeOptimove(rate_limit=RateLimit(2, 10))
    client = fake.client(rate_limit=None).with_options(retry=1)
    client.promotions.list()
    client.promotions.list()
    with pytest.raises(RateLimited):
        client.promotions.list()


async def test_sleepers_on_a_loop_wake_in_the_order_of_their_times() -> None:
    clock, woken = SimulatedClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.async_sleep(seconds)
        woken.append((seconds, clock.moment().monotonic))

    await asyncio.gather(*map(sleeper, (3, 1, 2, 1)))
    assert woken == [(1, 1), (1, 1), (2, 2), (3, 3)]
    assert clock.slept == 7


async def test_a_cancelled_sleeper_holds_nobody_up() -> None:
    clock = SimulatedClock()
    first = asyncio.create_task(clock.async_sleep(1))
    second = asyncio.create_task(clock.async_sleep(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert clock.moment().monotonic == 2


def test_blocking_sleep_takes_no_time() -> None:
    clock = SimulatedClock(seed=7)
    before = clock.moment()
    clock.sleep(3600)
    assert clock.moment() == Moment(before.monotonic + 3600, before.wall + 3600)
    assert clock.draw() == SimulatedClock(seed=7).draw()
