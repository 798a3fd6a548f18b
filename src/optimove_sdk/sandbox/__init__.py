"""The fake Optimove behind a real socket: ``python -m optimove_sdk.sandbox --port 8085``.

It needs the extra ``[sandbox]``. Besides Optimove's own functions it has a few of its own under ``/sandbox``:

- ``POST /sandbox/campaigns`` makes a campaign, runs it, and sends the notifications to the listeners.
- ``POST /sandbox/campaigns/{id}/run``, ``/release`` and ``/cancel`` act on one.
- ``POST /sandbox/triggers`` lets a customer meet the trigger of a realtime campaign; the approval gateway, if
  there is one, is asked before.
- ``POST /sandbox/faults`` lets something go wrong; ``DELETE /sandbox/faults`` forgets what has not yet.
- ``GET /sandbox/state`` tells what happened, in numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .app import create_app as create_app
    from .app import new_fake as new_fake
    from .server import serve as serve

__all__ = ["create_app", "new_fake", "serve"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import app, server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise ConfigurationError(
            f"the sandbox needs {error.name}: pip install 'optimove-sdk[sandbox]'"
        ) from None
    return getattr(server if name == "serve" else app, name)
