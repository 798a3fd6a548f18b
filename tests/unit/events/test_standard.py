"""Optimove's own events, spelled as Optimove spells them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from optimove_sdk.events import standard

AT = datetime(2024, 5, 27, 10, 30, tzinfo=UTC)


def test_the_core_events_have_optimoves_names() -> None:
    event = standard.set_user_id(
        original_visitor_id="a", user_id="C1", updated_visitor_id="b", customer="C1", timestamp=AT
    )
    assert event.content() == {
        "event": "set_user_id_event",
        "customer": "C1",
        "timestamp": "2024-05-27 10:30:00.000000 UTC",
        "context": {"originalVisitorId": "a", "userId": "C1", "updatedVisitorId": "b"},
    }
    assert standard.set_email(email="a@b.example", visitor="V1").event == "set_email_event"
    visit = standard.page_visit(custom_url="https://a.example", page_title="Home", visitor="V1")
    assert (visit.event, visit.context) == (
        "set_page_visit",
        {"customURL": "https://a.example", "pageTitle": "Home"},
    )
    sports = standard.page_visit(custom_url="u", page_title="t", category="sports", visitor="V1")
    assert sports.context["category"] == "sports"


def test_a_login_may_have_parameters_of_its_own() -> None:
    assert standard.login(customer="C1").context == {}
    assert standard.login({"platform": "web"}, customer="C1").context == {"platform": "web"}


def test_user_details_are_spelled_with_their_prefix() -> None:
    event = standard.user_details_update(
        customer="C1",
        timestamp=AT,
        email="a@b.example",
        date_of_birth=date(1990, 1, 15),
        allow_email=True,
        allow_sms=False,
        is_email_verified=True,
        status="Completed",
    )
    assert event.event == "ootb_user_details_update"
    assert event.timestamp == AT
    assert event.context == {
        "ootb_email": "a@b.example",
        "ootb_date_of_birth": "1990-01-15",
        "ootb_allow_email": "Yes",
        "ootb_allow_sms": "No",
        "ootb_is_email_verified": True,
        "ootb_status": "Completed",
    }
