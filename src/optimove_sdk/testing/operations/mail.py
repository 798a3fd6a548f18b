"""Transactional mail. That a refusal comes under status 200 is the fake's choice: Optimove does not say.

Sources: https://optimove-developers.readme.io/reference/post_transactionalmail-sendtransactionalmail and
https://developer.optimove.com/reference/post_transactionalmail-sendfinalizedtransactionalmail
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...http.base import Response
from ..answers import Refused, bad_request, json_answer
from ..doors import Door
from ..routing import Asked, checked_list, folded, operation
from ..world import World

_MAX_RECIPIENTS: Final = 200
_MAX_MESSAGE_ID: Final = 254
_PARTIAL: Final = 206
_TWICE: Final = "Request for this UniqueMessageID has succeeded before"


@operation("GET", "transactionalmail/GetTemplateDetails", door=Door.MAIL)
def templates(world: World, _: Asked) -> list[dict[str, Any]]:
    """Return all templates, with their content."""
    return [
        {
            "TemplateID": one.template_id,
            "TemplateName": one.name,
            "TemplateContent": one.content,
            "TemplateAttributes": one.attributes,
        }
        for one in world.mail.templates.values()
    ]


@operation("POST", "transactionalmail/SendTransactionalMail", door=Door.SENDING)
def send(world: World, asked: Asked) -> Response:
    """Send a stored template; tags of it that some recipient has no value for are named under 206."""
    template_id, recipients = asked.field("TemplateID", int), _recipients(asked)
    template = world.mail.templates.get(template_id)
    if template is None:
        return _said(None, "Invalid template")
    blocks = [checked_list(one.get("personalizations") or [], "Personalizations") for one in recipients]
    missing = dict.fromkeys(tag for given in blocks for tag in template.missing_tags(_objects(given)))
    return _send(world, asked, recipients, list(missing))


@operation("POST", "transactionalmail/SendFinalizedTransactionalMail", door=Door.SENDING)
def send_finalized(world: World, asked: Asked) -> Response:
    """Send what came."""
    asked.field("BrandID", int)
    for name in ("FromEmail", "Subject", "Html"):
        asked.field(name, str)
    return _send(world, asked, _recipients(asked), [])


def _recipients(asked: Asked) -> list[dict[str, Any]]:
    given = checked_list(asked.fields().get("recipients"), "Recipients", _MAX_RECIPIENTS)
    recipients = [folded(one) for one in given]
    if not recipients or not all("@" in str(one.get("email")) for one in recipients):
        raise bad_request("Recipients must have an Email each")
    return recipients


def _objects(given: Iterable[Any]) -> list[Mapping[str, Any]]:
    return [block for block in given if isinstance(block, Mapping)]


def _send(world: World, asked: Asked, recipients: list[dict[str, Any]], missing: list[str]) -> Response:
    message_id = asked.fields().get("uniquemessageid")
    if message_id is not None and not 1 <= len(str(message_id)) <= _MAX_MESSAGE_ID:
        raise bad_request(f"UniqueMessageID may have up to {_MAX_MESSAGE_ID} characters")
    if world.mail.knows(message_id):
        raise Refused(_said(None, _TWICE, 409))
    sent = world.mail.send(asked.json, [str(one["email"]) for one in recipients], message_id, missing)
    if missing:
        return _said(sent.send_id, f"Missing personalization tags: {', '.join(missing)}", _PARTIAL)
    return _said(sent.send_id, None)


def _said(send_id: int | None, error: str | None, status: int = 200) -> Response:
    return json_answer({"IsSuccess": send_id is not None, "SendID": send_id, "Error": error}, status)
