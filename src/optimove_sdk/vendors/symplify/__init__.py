"""Symplify, formerly Carma: its triggers are Optimove's templates, and you bring what sends them.

>>> api = SymplifyAPI("https://eu-proxy-1.symplifymail.com", 12, token="…", token_header="…")
>>> vendor = [
...     SymplifyTemplates(api, {31: "Spring"}, channel_of=lambda trigger: 504),
...     SymplifyDelivery(api, send, templates_of=templates_from(client)),
... ]

Source: https://docs.optimove.com/carma-integration/
"""

from .api import SymplifyAPI, Trigger
from .delivery import SymplifyDelivery, SymplifySend
from .errors import ProjectsMixed, SymplifyError
from .listeners import SymplifyListeners
from .projects import templates_from
from .templates import SymplifyTemplates

__all__ = [
    "ProjectsMixed",
    "SymplifyAPI",
    "SymplifyDelivery",
    "SymplifyError",
    "SymplifyListeners",
    "SymplifySend",
    "SymplifyTemplates",
    "Trigger",
    "templates_from",
]
