"""What the worker serves, with ``python -m optimove_sdk.connector run``."""

from __future__ import annotations

import os
import threading

from .assembly import make
from .surroundings import Surroundings


def _end_with_the_demo() -> None:
    """Wait until the demo ends, however that may be: then the pipe it holds is closed."""
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=_end_with_the_demo, daemon=True).start()
connector = make(Surroundings.of_process())
