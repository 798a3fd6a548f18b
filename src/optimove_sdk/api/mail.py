"""Transactional mail: a stored template, or your own HTML, to a list of recipients.

A ``UniqueMessageID`` makes a mail safe to send again: Optimove refuses a second one with 409. It is
generated unless you give one, and is part of the call, so it stays the same over all retries.
"""

from __future__ import annotations

import base64
import enum
import mimetypes
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs

from ..core import answer
from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..errors import InvalidInput
from ..http.base import Response
from ..wire import codec, inputs
from ..wire.fields import Model

HOST: Final = "mail"
SENDING: Final = "sending"
"""The same host, where sending has a rate limit of its own: 10 calls a second."""
MAX_RECIPIENTS: Final = 200
MAX_PERSONALIZATION: Final = 50_000
MAX_MESSAGE_ID: Final = 254
_TAG = re.compile(r"\[%(?:TRANS:)?([^%\]]+)%\]")


class _Auto(enum.Enum):
    AUTO = "generated"


AUTO: Final = _Auto.AUTO
"""Generate a UniqueMessageID."""
MessageID: TypeAlias = str | Literal[_Auto.AUTO] | None


def _blocks(values: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(values)


@attrs.frozen
class Recipient:
    """Who gets a mail. The form of a personalization is not published: each is sent as you give it."""

    email: str = attrs.field(repr=False)
    personalizations: tuple[Mapping[str, Any], ...] = attrs.field(default=(), converter=_blocks, repr=False)

    def body(self) -> dict[str, Any]:
        """Return what is sent."""
        blocks = {"Personalizations": list(self.personalizations)} if self.personalizations else {}
        return {"Email": self.email, **blocks}


@attrs.frozen
class Attachment:
    """A file that is sent with a mail; ``type`` is its MIME type."""

    content: bytes = attrs.field(repr=False)
    type: str
    file_name: str

    @classmethod
    def from_path(cls, path: str | Path, type: str | None = None) -> Attachment:
        """Read a file; unless its type is given, it is guessed from the name."""
        file = Path(path)
        kind = type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return cls(file.read_bytes(), kind, file.name)

    def body(self) -> dict[str, Any]:
        """Return what is sent."""
        content = base64.b64encode(self.content).decode("ascii")
        return {"Content": content, "Type": self.type, "FileName": self.file_name}


@attrs.frozen
class MailReceipt:
    """Optimove took the mail. ``warning`` and ``missing_tags`` tell of tags that were left empty (206)."""

    send_id: int | str | None = None
    warning: str | None = None
    missing_tags: tuple[str, ...] = ()


@attrs.frozen
class MailTemplate(Model):
    """A stored template. ``template_attributes`` are by position: from name, from address, subject."""

    template_id: int
    template_name: str | None = None
    template_content: str | None = None
    template_attributes: tuple[str | None, ...] = ()


class Mail(Resource[Face]):
    """Transactional mail. It may need a key of its own: ``mail_api_key=``."""

    @endpoint
    def send(
        self,
        template_id: int,
        recipients: Iterable[Recipient | str],
        *,
        schedule_time: datetime | None = None,
        attachments: Iterable[Attachment] = (),
        unique_message_id: MessageID = AUTO,
    ) -> Call[MailReceipt]:
        """SendTransactionalMail: send a stored template.

        The exact nesting of the request is not published; the names of its fields are.

        Args:
            template_id: the template's id, from Optimove's UI or ``templates()``.
            recipients: up to 200 addresses, or recipients with personalizations of up to 50,000 bytes each.
            schedule_time: when to send, an aware datetime; None is now.
            attachments: files.
            unique_message_id: up to 254 characters; None gives up safe retries.

        Returns:
            The receipt.

        Raises:
            InvalidInput: a limit is exceeded, or the time has no zone; nothing was sent.
            DuplicateMessage: a mail with this id was sent before; after a retry, by this very
                call.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://optimove-developers.readme.io/reference/post_transactionalmail-sendtransactionalmail
        """
        when = None
        if schedule_time is not None:
            if schedule_time.tzinfo is None:
                raise InvalidInput("schedule_time must have a time zone: Optimove wants UTC")
            when = schedule_time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        body = {
            **inputs.ids(template_id=template_id),
            "ScheduleTime": when,
            **_common(recipients, attachments, unique_message_id),
        }
        return _mail_call("SendTransactionalMail", body)

    @endpoint
    def send_finalized(
        self,
        brand_id: int,
        from_email: str,
        subject: str,
        html: str,
        recipients: Iterable[Recipient | str],
        *,
        from_name: str | None = None,
        reply_to: str | None = None,
        plain_text: str | None = None,
        attachments: Iterable[Attachment] = (),
        unique_message_id: MessageID = AUTO,
    ) -> Call[MailReceipt]:
        """SendFinalizedTransactionalMail: send your own HTML.

        Optimove allows 10 of these at once.

        Args:
            brand_id: the transactional account's id, from your Optimove contact.
            from_email: the sender's address.
            subject: the subject.
            html: the content.
            recipients: up to 200 addresses.
            from_name: the sender's name.
            reply_to: where answers go.
            plain_text: the content for readers without HTML.
            attachments: files.
            unique_message_id: up to 254 characters; None gives up safe retries.

        Returns:
            The receipt.

        Raises:
            InvalidInput: a limit is exceeded, or a text is empty; nothing was sent.
            DuplicateMessage: a mail with this id was sent before; after a retry, by this very
                call.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_transactionalmail-sendfinalizedtransactionalmail
        """
        body = {
            **inputs.ids(brand_id=brand_id),
            "FromEmail": inputs.text("from_email", from_email),
            "FromName": from_name,
            "ReplyTo": reply_to,
            "Subject": inputs.text("subject", subject),
            "Html": inputs.text("html", html),
            "PlainText": plain_text,
            **_common(recipients, attachments, unique_message_id),
        }
        return _mail_call("SendFinalizedTransactionalMail", body)

    @endpoint
    def templates(self) -> Call[list[MailTemplate]]:
        """GetTemplateDetails: all transactional templates, with their content.

        Returns:
            The templates.

        Raises:
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_transactionalmail-gettemplatedetails
        """
        return Call("GET", "transactionalmail/GetTemplateDetails", into=list[MailTemplate], host=HOST)


def _common(
    recipients: Iterable[Recipient | str], attachments: Iterable[Attachment], unique_message_id: MessageID
) -> dict[str, Any]:
    """Return what both ways to send have in common, its limits checked."""
    if isinstance(recipients, str):
        raise InvalidInput("recipients must be a list, not one string")
    every = [
        recipient if isinstance(recipient, Recipient) else Recipient(recipient) for recipient in recipients
    ]
    if not 1 <= len(every) <= MAX_RECIPIENTS:
        raise InvalidInput(f"recipients: Optimove takes 1 to {MAX_RECIPIENTS} in one mail, not {len(every)}")
    for index, recipient in enumerate(every):
        _check_recipient(index, recipient)
    if isinstance(unique_message_id, str) and not 1 <= len(unique_message_id) <= MAX_MESSAGE_ID:
        raise InvalidInput(f"unique_message_id must have 1 to {MAX_MESSAGE_ID} characters")
    return {
        "Recipients": [recipient.body() for recipient in every],
        "Attachments": [attachment.body() for attachment in attachments] or None,
        "UniqueMessageID": str(uuid.uuid4()) if unique_message_id is AUTO else unique_message_id,
    }


def _check_recipient(index: int, recipient: Recipient) -> None:
    if "@" not in inputs.text(f"recipients[{index}].email", recipient.email):
        raise InvalidInput(f"recipients[{index}].email is not an e-mail address")
    for number, block in enumerate(recipient.personalizations):
        size = len(codec.encode_json(block))
        if size > MAX_PERSONALIZATION:
            raise InvalidInput(
                f"recipients[{index}].personalizations[{number}] has {size} bytes;"
                f" Optimove takes up to {MAX_PERSONALIZATION}"
            )


def _mail_call(function: str, body: Mapping[str, Any]) -> Call[MailReceipt]:
    sent = {name: value for name, value in body.items() if value is not None}
    safe = "UniqueMessageID" in sent
    path = f"transactionalmail/{function}"
    return Call("POST", path, json=sent, read=_ReceiptReader(), safe=safe, host=SENDING)


@attrs.frozen
class _Said(Model):
    is_success: bool | None = None
    send_id: int | str | None = None
    error: str | None = None


@attrs.frozen
class _ReceiptReader:
    """Reads ``{"IsSuccess", "SendID", "Error"}``, in which 206 is a success with a warning."""

    def __call__(self, response: Response) -> MailReceipt:
        said = answer.Into(_Said)(response)
        if said.is_success is False or (said.error and response.status != 206):
            raise answer.refusal(response, said.error or "no reason given")
        return MailReceipt(said.send_id, said.error, tuple(_TAG.findall(said.error or "")))
