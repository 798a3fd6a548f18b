"""What Optimove would send to your listener, and a way to send it without a server.

>>> poster = NotificationPoster(listener.asgi, f"/{secret}")
>>> poster.post(ChannelExecuted(38, 504)).status
200
>>> poster.post(sample(RealtimeTriggered, customer_id="C7"), casing="PascalCase").status
200
"""

from __future__ import annotations

import asyncio
import enum
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Self, TypeAlias, TypeVar
from wsgiref.util import setup_testing_defaults

import attrs

from ..notifications import models
from ..notifications.approval import (
    ApprovalAction,
    ApprovalCampaign,
    ApprovalChannel,
    ApprovalQuestion,
    ApprovalTemplate,
    ApprovalUser,
)
from ..notifications.callbacks import AttributeAdded, AttributesUpdated
from ..notifications.crew import Crew
from ..notifications.effects import is_async
from ..wire import codec
from ..wire.fields import Model
from ..wire.names import snake

M = TypeVar("M", bound=Model)
Sendable: TypeAlias = Model | models.UnknownNotification | Mapping[str, Any] | bytes


class Casing(enum.StrEnum):
    """How Optimove spells keys; which of them depends on what it sends."""

    PASCAL = "PascalCase"
    CAMEL = "camelCase"
    SNAKE = "snake_case"

    def spell(self, name: str) -> str:
        """Spell a key."""
        if self is Casing.SNAKE:
            return snake(name)
        first = name[:1].upper() if self is Casing.PASCAL else name[:1].lower()
        return first + name[1:]


_USUAL: Final[Mapping[type, Casing]] = {
    models.RealtimeTriggered: Casing.CAMEL,
    AttributesUpdated: Casing.CAMEL,
    AttributeAdded: Casing.CAMEL,
    ApprovalQuestion: Casing.SNAKE,
}
_STAMP: Final = datetime.fromisoformat("2022-09-19 05:04:54")
_MANDATORY: Final[Mapping[type, Mapping[str, Any]]] = {
    models.CampaignProcessed: {"campaign_id": 38},
    models.CampaignsProcessed: {},
    models.DailyProcessCompleted: {},
    models.CampaignCanceled: {"campaign_id": 38},
    models.ClearanceRequested: {"campaign_id": 38},
    models.RealtimeTriggered: {"customer_id": "C1"},
    models.ChannelExecuted: {"campaign_id": 38, "channel_id": 504},
    models.EngagementReady: {"campaign_id": 38},
    AttributesUpdated: {"is_success": True},
    AttributeAdded: {"attribute_name": "FavouriteGame", "is_success": True},
    ApprovalQuestion: {"user": ApprovalUser("C1")},
}
_OPTIONAL: Final[Mapping[type, Mapping[str, Any]]] = {
    models.CampaignProcessed: {"channel_id": 504},
    models.CampaignCanceled: {"channel_id": 504},
    models.ClearanceRequested: {"clearance_required_by": datetime.fromisoformat("2022-09-19 12:00:00")},
    models.RealtimeTriggered: {
        "campaign_id": "AB-12",
        "channel_id": 504,
        "template_id": 7,
        "promo_codes": ("WB23", "A7"),
        "notes": '{"duration": 3}',
    },
    models.EngagementReady: {
        "engagement_id": 144523,
        "tenant_id": 28209,
        "channel_id": 1,
        "bucket_name": "bucket",
        "customers_folder_path": "2022-07-19 09 00 webhook channel engagement/customers",
        "metadata_file_path": "2022-07-19 09 00 webhook channel  engagement/metadata",
        "decryption_key": "your-decryption-key",
    },
    AttributesUpdated: {"request_id": "0386932e"},
    ApprovalQuestion: {
        "campaign": ApprovalCampaign(
            id=38,
            series_id=7,
            notes="{}",
            tags=("vip",),
            action=ApprovalAction(
                3, "Bonus", ("WB23",), (ApprovalChannel(504, "Email", "1", (ApprovalTemplate(7, "Hello"),)),)
            ),
        )
    },
}
KINDS: Final[tuple[type[models.Notification], ...]] = tuple(models.KNOWN.values())


def sample(kind: type[M], *, full: bool = True, **fields: Any) -> M:
    """Return a notification, callback or question of a class, for tests in which its content hardly matters.

    Args:
        kind: the class.
        full: with all fields; else with the mandatory ones only.
        fields: what matters.
    """
    optional = dict(_OPTIONAL.get(kind, {})) if full else {}
    if full and issubclass(kind, models.Notification):
        optional["time_stamp"] = _STAMP
    return kind(**{**optional, **_MANDATORY[kind], **fields})


def as_sent(message: Sendable, *, casing: Casing | str | None = None, text_ids: bool = False) -> Any:
    """Return the JSON that Optimove would send.

    Args:
        message: a notification, an attribute callback, an approval question, or JSON of your own.
        casing: how to spell the keys; default: as Optimove does for this class.
        text_ids: send numbers as strings.
    """
    if isinstance(message, models.UnknownNotification):
        raw: Any = {"EventTypeID": message.event_type_id, **message.payload}
    elif isinstance(message, models.Notification):
        raw = {"EventTypeID": message.event_type_id, **codec.encode(message)}
    else:
        raw = codec.encode(message)
    usual = _USUAL.get(type(message), Casing.PASCAL)
    return _respell(raw, Casing(casing) if casing else usual, text_ids)


def samples() -> Iterator[tuple[models.Notification, bytes]]:
    """Return every notification in every casing, with ids as numbers and strings, full and bare; as sent."""
    for kind in KINDS:
        for full in (True, False):
            for casing in Casing:
                for text_ids in (False, True):
                    message = sample(kind, full=full)
                    sent = as_sent(message, casing=casing, text_ids=text_ids)
                    yield message, json.dumps(sent).encode()


def _respell(value: Any, casing: Casing, text_ids: bool) -> Any:
    if isinstance(value, Mapping):
        return {casing.spell(name): _respell(one, casing, text_ids) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_respell(one, casing, text_ids) for one in value]
    return str(value) if text_ids and isinstance(value, int) and not isinstance(value, bool) else value


@attrs.frozen
class Posted:
    """What an application answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The content, parsed."""
        return json.loads(self.content)


class NotificationPoster:
    """Posts to an ASGI or WSGI application in this process, at a path, and perhaps a query string.

    ``post`` blocks; it runs an ASGI application on a loop of its own, the same one always. ``apost`` runs it
    on yours. As a context manager it ends that loop.
    """

    def __init__(self, app: Any, path: str, *, peer: str = "127.0.0.1") -> None:
        self._app = app
        self._path, _, self._query = path.partition("?")
        self._peer = peer
        self._crew = Crew("notification-poster", threads=1, room=1)

    def post(
        self,
        message: Sendable,
        *,
        casing: Casing | str | None = None,
        text_ids: bool = False,
        headers: Mapping[str, str] | None = None,
        room: str = "",
    ) -> Posted:
        """Post a message; bytes as they are. ``room`` may be ``attributes`` or ``approval``."""
        body = _body(message, casing, text_ids)
        if is_async(self._app):
            return self._crew.on_loop(self._asgi(body, room, headers or {})).result()
        return self._wsgi(body, room, headers or {})

    async def apost(
        self,
        message: Sendable,
        *,
        casing: Casing | str | None = None,
        text_ids: bool = False,
        headers: Mapping[str, str] | None = None,
        room: str = "",
    ) -> Posted:
        """Post a message; bytes as they are. ``room`` may be ``attributes`` or ``approval``."""
        body = _body(message, casing, text_ids)
        if is_async(self._app):
            return await self._asgi(body, room, headers or {})
        return await asyncio.to_thread(self._wsgi, body, room, headers or {})

    def close(self) -> None:
        """End the loop; what still runs on it is cancelled."""
        self._crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _where(self, room: str) -> str:
        return f"{self._path}/{room}".rstrip("/")

    async def _asgi(self, body: bytes, room: str, headers: Mapping[str, str]) -> Posted:
        path = self._where(room)
        given = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": self._query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": (self._peer, 50_000),
            "server": ("127.0.0.1", 80),
        }
        coming = iter([{"type": "http.request", "body": body, "more_body": False}])
        sent: list[Any] = []

        async def receive() -> Any:
            return next(coming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        answered = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Posted(sent[0]["status"], answered, b"".join(one.get("body", b"") for one in sent[1:]))

    def _wsgi(self, body: bytes, room: str, headers: Mapping[str, str]) -> Posted:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": self._where(room),
            "QUERY_STRING": self._query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self._peer,
            "wsgi.input": io.BytesIO(body),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        setup_testing_defaults(environ)
        began: list[Any] = []
        parts = self._app(environ, lambda status, given, *_: began.append((status, given)))
        content = b"".join(parts)
        status, given = began[0]
        return Posted(int(status.split()[0]), {name.lower(): value for name, value in given}, content)


def _body(message: Sendable, casing: Casing | str | None, text_ids: bool) -> bytes:
    if isinstance(message, bytes):
        return message
    return json.dumps(as_sent(message, casing=casing, text_ids=text_ids)).encode()
