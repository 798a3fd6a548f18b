"""Transactional mail: the stored templates, and what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

_FIRST_SEND: Final = 235_311
_TAG: Final = re.compile(r"\[%(?:TRANS:)?([^%\]]+)%\]")


@attrs.frozen
class MailTemplate:
    """A stored template; ``attributes`` are by position: from name, from address, subject."""

    template_id: int
    name: str
    content: str
    attributes: tuple[str, ...]

    def missing_tags(self, blocks: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the tags that no block of personalizations has a value for.

        The form of a block is not published. That a tag's name is a key of it is the fake's choice.
        """
        given = {key for block in blocks for key in block}
        tags = _TAG.finditer(" ".join((self.content, *self.attributes)))
        return list(dict.fromkeys(tag[0] for tag in tags if not given & {tag[0], tag[1]}))


@attrs.frozen
class SentMail:
    """A mail that was sent: the request as it came, to whom, and the tags that were left empty."""

    send_id: int
    body: Mapping[str, Any] = attrs.field(repr=False)
    recipients: tuple[str, ...] = attrs.field(repr=False)
    missing_tags: tuple[str, ...] = ()


# https://developer.optimove.com/reference/get_transactionalmail-gettemplatedetails
_SAMPLES: Final = (
    MailTemplate(
        1,
        "Welcome Back English",
        "Hi [%FIRST_NAME%], welcome back!",
        ("Lovely", "mail@example.test", "Welcome back!"),
    ),
    MailTemplate(
        2,
        "Welcome Back Spanish",
        "¡Hola [%FIRST_NAME%], bienvenido de nuevo!",
        ("Lovely", "mail@example.test", "Bienvenido de nuevo!"),
    ),
)


class Mailroom:
    """The templates by number, and all mail that was sent, oldest first."""

    def __init__(self) -> None:
        self.templates: dict[int, MailTemplate] = {template.template_id: template for template in _SAMPLES}
        self.sent: list[SentMail] = []
        self._message_ids: set[str] = set()

    def add_template(
        self, template_id: int, content: str, *, name: str = "", subject: str = "A message"
    ) -> None:
        """Store a template; tags in it are written ``[%TRANS:FIRST_NAME%]``."""
        attributes = ("Lovely", "mail@example.test", subject)
        title = name or f"Template {template_id}"
        self.templates[template_id] = MailTemplate(template_id, title, content, attributes)

    def knows(self, message_id: str | None) -> bool:
        """Say whether a mail with this UniqueMessageID was sent."""
        return message_id is not None and message_id in self._message_ids

    def send(
        self, body: Mapping[str, Any], recipients: Iterable[str], message_id: str | None, missing: list[str]
    ) -> SentMail:
        """Send a mail."""
        sent = SentMail(_FIRST_SEND + len(self.sent), body, tuple(recipients), tuple(missing))
        self.sent.append(sent)
        if message_id is not None:
            self._message_ids.add(message_id)
        return sent
