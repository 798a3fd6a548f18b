"""Where an export stands: what resuming needs to know, in a small file beside the unfinished one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..errors import InvalidInput
from .progress import Progress

_VERSION = 1


@attrs.frozen
class Bookmark:
    """The last complete page.

    ``query`` tells exports apart; but for the operation's name it holds digests only. ``digest`` is that of
    the unfinished file as far as it is good. ``place`` is where the next page begins, None after the last.
    """

    query: Mapping[str, str]
    progress: Progress
    digest: str
    place: Mapping[str, Any] | None

    def save(self, path: Path) -> None:
        """Replace the file; whoever reads it finds the old bookmark or this one."""
        new = path.with_name(path.name + ".new")
        with open(new, "w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, **attrs.asdict(self)}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)

    @classmethod
    def load(cls, path: Path) -> Bookmark | None:
        """Read the file, if there is one."""
        try:
            content = json.loads(path.read_bytes())
            if content.pop("version") != _VERSION:
                raise ValueError("of another version")
            return cls(**{**content, "progress": Progress(**content["progress"])})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InvalidInput(
                f"{str(path)!r} cannot be read, so the export cannot go on: export without resume"
            ) from None

    def check(self, query: Mapping[str, str]) -> None:
        """Refuse to go on with the rows of another query."""
        names = sorted({*self.query, *query})
        differ = [name for name in names if self.query.get(name) != query.get(name)]
        if differ:
            raise InvalidInput(
                f"the unfinished export is one of {self.query.get('operation')} that differs in"
                f" {', '.join(differ)}: export to another file, or without resume to begin anew"
            )
