from __future__ import annotations

import json

import pytest

from optimove_sdk import APIError, AuthenticationFailed, DuplicateMessage, Recipient
from optimove_sdk.testing import FakeOptimove

SEND = "/current/transactionalmail/SendTransactionalMail"
FINAL = "/TransactionalMail/SendFinalizedTransactionalMail"
BODY = {"TemplateID": 3, "Recipients": [{"Email": "a@b.test"}]}
FINAL_BODY = {
    "BrandID": 9,
    "FromEmail": "n@l.test",
    "Subject": "s",
    "Html": "h",
    "Recipients": [{"Email": "@"}],
}


@pytest.fixture
def fake() -> FakeOptimove:
    fake = FakeOptimove()
    fake.mail.add_template(3, "Hi [%TRANS:FIRST_NAME%] of [%CITY%]", subject="For [%CITY%]")
    fake.mail.add_template(4, "Hello")
    return fake


def test_templates_are_the_documented_samples_and_what_is_added(fake, perform) -> None:
    templates = {one.template_id: one for one in perform(fake.client().plan.mail.templates())}
    assert sorted(templates) == [1, 2, 3, 4]
    assert templates[1].template_content == "Hi [%FIRST_NAME%], welcome back!"
    assert templates[3].template_attributes[2] == "For [%CITY%]"


def test_what_is_sent_is_kept(fake, perform) -> None:
    call = fake.client().plan.mail.send(4, ["a@b.test", "c@d.test"], unique_message_id="one")
    receipt = perform(call)
    (sent,) = fake.mail.sent
    assert (receipt.send_id, receipt.warning) == (sent.send_id, None)
    assert sent.recipients == ("a@b.test", "c@d.test")
    assert sent.body["UniqueMessageID"] == "one"
    assert fake.state()["mails"] == 1


def test_a_second_unique_id_is_refused_in_optimoves_words(fake) -> None:
    client = fake.client()
    client.mail.send(4, ["a@b.test"], unique_message_id="one")
    for call in (
        lambda: client.mail.send(4, ["a@b.test"], unique_message_id="one"),
        lambda: client.mail.send_finalized(9, "a@b", "s", "h", ["a@b.test"], unique_message_id="one"),
    ):
        with pytest.raises(DuplicateMessage, match="Request for this UniqueMessageID has succeeded before"):
            call()
    client.mail.send(4, ["a@b.test"], unique_message_id=None)
    client.mail.send(4, ["a@b.test"], unique_message_id=None)
    assert len(fake.mail.sent) == 3


def test_tags_without_a_value_are_named_under_206(fake, ask) -> None:
    client = fake.client()
    receipt = client.mail.send(3, [Recipient("a@b.test", [{"FIRST_NAME": "Ann"}]), "c@d.test"])
    assert receipt.missing_tags == ("CITY", "FIRST_NAME")
    full = client.mail.send(3, [Recipient("a@b.test", [{"FIRST_NAME": "Ann"}, {"[%CITY%]": "Ulm"}])])
    assert full.missing_tags == ()
    assert ask("POST", SEND, json.dumps(BODY).encode()).status == 206
    assert [len(sent.missing_tags) for sent in fake.mail.sent] == [2, 0, 2]


def test_an_unknown_template_is_invalid_and_its_id_is_not_used_up(fake) -> None:
    client = fake.client()
    with pytest.raises(APIError, match="Invalid template"):
        client.mail.send(99, ["a@b.test"], unique_message_id="one")
    client.mail.send(4, ["a@b.test"], unique_message_id="one")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SEND, {**BODY, "TemplateID": None}),
        (SEND, {**BODY, "Recipients": []}),
        (SEND, {**BODY, "Recipients": [{"Email": "?"}]}),
        (SEND, {**BODY, "Recipients": [{"Email": "a@b"}] * 201}),
        (SEND, {**BODY, "UniqueMessageID": "x" * 255}),
        (SEND, {**BODY, "Recipients": [{"Email": "a@b", "Personalizations": "Ann"}]}),
        (FINAL, {**FINAL_BODY, "Html": ""}),
        (FINAL, {**FINAL_BODY, "BrandID": "x"}),
    ],
)
def test_a_wrong_mail_is_a_bad_request(fake, ask, path, body) -> None:
    assert ask("POST", path, json.dumps(body).encode()).status == 400
    assert fake.mail.sent == []


def test_mail_may_need_a_key_of_its_own() -> None:
    fake = FakeOptimove(mail_api_key="for mail")
    client = fake.client()
    client.mail.templates()
    client.promotions.list()
    with pytest.raises(AuthenticationFailed):
        fake.client(mail_api_key="wrong").mail.templates()
    with pytest.raises(AuthenticationFailed):
        fake.client(api_key="for mail").promotions.list()
    fake.client(login=True, mail_api_key=None).promotions.list()


def test_sending_has_a_rate_of_its_own(fake, ask) -> None:
    body = json.dumps(FINAL_BODY).encode()
    for _ in range(50):
        ask("GET", "/current/integrations/GetPromotions")
    assert ask("GET", "/current/integrations/GetPromotions").status == 429
    assert [ask("POST", FINAL, body).status for _ in range(11)] == [200] * 10 + [429]
    assert ask("GET", "/current/transactionalmail/GetTemplateDetails").status == 429
    fake.clock.advance(1)
    assert ask("POST", FINAL, body).status == 200


def test_a_client_that_throttles_itself_is_never_turned_away(fake) -> None:
    client = fake.client()
    for _ in range(25):
        client.mail.send(4, ["a@b.test"])
    assert fake.journal.statuses == {200: 25}
    assert FakeOptimove(rate_limit=None).client(rate_limit=None).mail.templates()
