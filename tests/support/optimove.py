"""A tiny Optimove on loopback: Login, tokens that expire, and one list to page through."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .servers import Conversation, Received, Server

PASSWORD = "open-sesame"
USER = "someone"


class LoginServer(Server):
    """Gives out tokens, each time a new one, and refuses a Login while one is valid, as Optimove does."""

    def __init__(self, rows: int = 0) -> None:
        super().__init__(self._answer)
        self._state = threading.Lock()
        self._valid: str | None = None
        self.rows = [{"CustomerID": str(number)} for number in range(rows)]
        self.logins = 0
        self.forbidden = False
        self.before_answer: list[Any] = []
        """Called, each once, before a request that is no Login is answered."""

    @property
    def credentials(self) -> dict[str, Any]:
        return {"base_url": self.url, "username": USER, "password": PASSWORD}

    def expire(self) -> None:
        """Make the token that is out worthless."""
        with self._state:
            self._valid = None

    def _answer(self, talk: Conversation, request: Received) -> Any:
        with self._state:
            if request.target.endswith("/login"):
                return self._log_in(request)
            if self.before_answer:
                self.before_answer.pop(0)()
            if self._valid is None or request.headers.get("authorization-token") != self._valid:
                return (403, "Authorization-Token Expired")
        if self.forbidden:
            return (403, "You may not do this")
        if "ExecutionDetails" in request.target:
            return (200, self._page(request))
        return (200, {"Date": "2024-05-01"})

    def _log_in(self, request: Received) -> Any:
        self.logins += 1
        if request.json != {"Username": USER, "Password": PASSWORD}:
            return (401, "Wrong username or password")
        if self._valid is not None:
            return (429, {"message": "a token is valid"})
        self._valid = f"token-{self.logins}-{id(self)}"
        return (200, self._valid.join('""'))

    def forget_token(self) -> None:
        """As `expire`, for ``before_answer``, which is called with the lock held."""
        self._valid = None

    def _page(self, request: Received) -> Any:
        query = parse_qs(urlsplit(request.target).query)
        top, skip = int(query["$top"][0]), int(query["$skip"][0])
        return self.rows[skip : skip + top]
