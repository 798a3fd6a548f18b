"""Fakes of the vendors' APIs: transports that answer in this process.

They know what the vendors publish, and no more.
"""

from .mishaps import Mishap, answered, lost, unreachable
from .netmera import FakeNetmera
from .symplify import FakeSymplify

__all__ = ["FakeNetmera", "FakeSymplify", "Mishap", "answered", "lost", "unreachable"]
