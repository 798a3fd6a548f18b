"""What is published of Symplify's REST API: its triggers.

Fields that are new are ignored, as Symplify asks. Not published: the header that carries the token, the list
of projects, the meaning of a trigger's type and channel type, and how messages are sent.

Source: https://help.symplify.com/hc/en-us/articles/360011076720
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

import attrs

from optimove_sdk import (
    AsyncTransport,
    ConfigurationError,
    DecodeError,
    Response,
    RetryPolicy,
    Secret,
    Timeouts,
)

from ..rest import Rest, read_json, secret_of, whole
from .errors import SymplifyError


@attrs.frozen
class Trigger:
    """A message that Symplify can send; Optimove calls it a template. ``raw`` is all that came."""

    id: int
    project_id: int
    name: str | None = None
    description: str | None = None
    type: str | None = None
    channel_type_id: int | None = None
    list_id: int | None = None
    active: bool | None = None
    raw: Mapping[str, Any] = attrs.field(factory=dict, repr=False, hash=False, eq=False)


class SymplifyAPI:
    """Symplify's REST API for one Symplify customer, asynchronous.

    Args:
        base_url: the server, as ``https://eu-proxy-1.symplifymail.com``: see "Symplify API" in the account
            menu. A path, as ``/rest``, is kept; without one it is ``/rest``.
        customer_id: the Symplify customer.
        token: the API token.
        token_header: the header that carries it. It is not published: ask Symplify.
        username: an API user, for servers that want HTTP Basic (older ones do) as well.
        password: its password.
        transport: carries the requests; one that you give is yours to close.
        timeouts: for each request.
        retry: how a request of which no byte was sent is tried again.

    Raises:
        ConfigurationError: something is missing, or the URL is none.
    """

    def __init__(
        self,
        base_url: str,
        customer_id: int | str,
        *,
        token: str | Secret,
        token_header: str,
        username: str | None = None,
        password: str | Secret = "",
        transport: AsyncTransport | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.customer_id: str = str(customer_id)
        if not self.customer_id or not token_header:
            raise ConfigurationError("Symplify needs a customer_id and the name of the token's header")
        headers: dict[str, str | Secret] = {token_header: secret_of("Symplify's token", token)}
        if username is not None:
            headers["Authorization"] = _basic(username, secret_of("Symplify's password", password))
        self._rest = Rest(base_url, headers, transport=transport, timeouts=timeouts, retry=retry)
        has_path = self._rest.base_url.count("/") > len("//")
        self._path = f"{'' if has_path else '/rest'}/{quote(self.customer_id, safe='')}"

    def __repr__(self) -> str:
        return f"<SymplifyAPI {self._rest.base_url} customer {self.customer_id}>"

    async def triggers(self, project_id: int) -> Sequence[Trigger]:
        """Return the triggers of a project, without their details.

        Raises:
            SymplifyError: Symplify refused. TransportError: no whole answer came. DecodeError: it is no list.
        """
        params = {"projectId": str(project_id), "basic": "true"}
        response = await self._get("/triggers", params)
        rows = read_json(response)
        if not isinstance(rows, list):
            raise DecodeError("the triggers are not a list", body=response.body)
        return [_trigger(row, f"$[{at}]", response.body, project_id) for at, row in enumerate(rows)]

    async def trigger(self, trigger_id: int) -> Trigger:
        """Return one trigger.

        Raises:
            SymplifyError: Symplify refused, perhaps because there is none. TransportError: no whole answer
                came. DecodeError: it is no trigger.
        """
        response = await self._get(f"/triggers/{trigger_id}")
        return _trigger(read_json(response), "$", response.body)

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Response:
        response = await self._rest.ask("GET", self._path + path, params=params)
        if not 200 <= response.status < 300:
            raise SymplifyError(status=response.status, body=response.body)
        return response

    async def aclose(self) -> None:
        """Close the connections, unless the transport is yours."""
        await self._rest.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _basic(username: str, password: Secret) -> Secret:
    return Secret(lambda: "Basic " + b64encode(f"{username}:{password.reveal()}".encode()).decode())


def _trigger(row: Any, path: str, body: bytes, asked: int | None = None) -> Trigger:
    """Read a trigger. One that does not say its project is in the one that was asked for."""
    fields = row if isinstance(row, dict) else {}
    number, project = whole(fields.get("id")), whole(fields.get("projectId"))
    project = asked if project is None else project
    if number is None or project is None:
        raise DecodeError("a trigger must have an id and a projectId", path=path, body=body)
    return Trigger(
        id=number,
        project_id=project,
        name=_text(fields.get("name")),
        description=_text(fields.get("description")),
        type=_text(fields.get("type")),
        channel_type_id=whole(fields.get("channelTypeId")),
        list_id=whole(fields.get("listId")),
        active=active if isinstance(active := fields.get("active"), bool) else None,
        raw=fields,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
