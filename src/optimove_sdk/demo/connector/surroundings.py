"""What the worker must be told of the world around it. It comes in one environment variable."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Final, Self

import attrs

API_KEY: Final = "sandbox-key"
NETMERA_KEY: Final = "netmera-key"
SECRET: Final = "only-for-the-demo-on-this-machine"  # noqa: S105 - it guards nothing
CHANNELS: Final = (459, 481)
VARIABLE: Final = "OPTIMOVE_DEMO"


@attrs.frozen
class Surroundings:
    """Where everything is. ``messages`` are Netmera's keys of the templates 1, 2 and so on."""

    optimove: str
    netmera: str
    bonuses: str
    folder: str
    messages: Sequence[int]
    page_size: int
    batch_size: int
    days_ahead: int = 0

    def variable(self) -> dict[str, str]:
        """Return the environment variable."""
        return {VARIABLE: json.dumps(attrs.asdict(self))}

    @classmethod
    def of_process(cls) -> Self:
        """Return what this process was told."""
        return cls(**json.loads(os.environ[VARIABLE]))
