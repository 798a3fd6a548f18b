"""Events that Optimove defines itself, with their parameters spelled right.

The first three are named as Optimove's mobile SDKs send them; their server-side form is not published. The
``ootb_`` events are those of Event-Based Integration.

Sources: https://github.com/optimove-tech/Optimove-SDK-Android and
https://developer.optimove.com/docs/user-details-update
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, TypedDict, Unpack

from .event import ContextValue, Event


class Common(TypedDict, total=False):
    """What every event has: who, and when."""

    customer: str | None
    visitor: str | None
    timestamp: datetime


class UserDetails(TypedDict, total=False):
    """The details a customer may have; those left out stay as they are."""

    email: str
    mobile_number: str
    status: Literal["Started", "Completed"]
    registration_source: str
    date_of_birth: date | str
    allow_email: bool
    allow_sms: bool
    allow_push: bool
    allow_whatsapp: bool
    is_email_verified: bool
    is_mobile_verified: bool
    is_blocked: bool
    is_test: bool
    gender: str
    country: str
    city: str
    address: str
    first_name: str
    last_name: str
    language: str
    currency: str
    brand: str
    alias: str
    referral_type: str
    affiliate_id: str
    platform: str
    promo_code: str
    license: str


def set_user_id(
    *, original_visitor_id: str, user_id: str, updated_visitor_id: str, **common: Unpack[Common]
) -> Event:
    """``set_user_id_event``: a visitor turned out to be a customer."""
    context = {
        "originalVisitorId": original_visitor_id,
        "userId": user_id,
        "updatedVisitorId": updated_visitor_id,
    }
    return Event(event="set_user_id_event", context=context, **common)


def set_email(*, email: str, **common: Unpack[Common]) -> Event:
    """``set_email_event``: a customer's or visitor's e-mail address became known."""
    return Event(event="set_email_event", context={"email": email}, **common)


def page_visit(
    *, custom_url: str, page_title: str, category: str | None = None, **common: Unpack[Common]
) -> Event:
    """``set_page_visit``: somebody saw a page."""
    context = {"customURL": custom_url, "pageTitle": page_title}
    if category is not None:
        context["category"] = category
    return Event(event="set_page_visit", context=context, **common)


def login(context: dict[str, ContextValue] | None = None, **common: Unpack[Common]) -> Event:
    """``ootb_login``: a customer logged in. Which parameters it takes is not published."""
    return Event(event="ootb_login", context=context or {}, **common)


def user_details_update(
    *, customer: str, timestamp: datetime | None = None, **details: Unpack[UserDetails]
) -> Event:
    """``ootb_user_details_update``: a customer's details changed.

    Optimove overwrites the customer's attributes with them in real time. What a customer allows is sent as
    "Yes" or "No"; only "Yes" is documented.
    """
    context = {f"ootb_{name}": _detail(name, value) for name, value in details.items()}
    when = {} if timestamp is None else {"timestamp": timestamp}
    return Event(event="ootb_user_details_update", customer=customer, context=context, **when)  # type: ignore[arg-type]


def _detail(name: str, value: Any) -> ContextValue:
    if name.startswith("allow_"):
        return "Yes" if value else "No"
    return value.isoformat() if isinstance(value, date) else value
