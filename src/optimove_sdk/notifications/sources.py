"""Where a request comes from, and whether that is allowed. Pure.

Optimove's addresses are in its documentation behind a login: ask your contact there for the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

import attrs

from ..errors import ConfigurationError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


@attrs.frozen
class Sources:
    """The networks that may send, and how many proxies of yours stand in front.

    Each proxy appends to ``X-Forwarded-For`` whom it was asked by, so only the last ``proxy_depth`` entries
    are true; anybody may have written the others.
    """

    networks: tuple[Network, ...]
    proxy_depth: int = 0

    @classmethod
    def of(cls, allowed: Sequence[str], proxy_depth: int) -> Sources:
        """Read networks and addresses."""
        if proxy_depth < 0:
            raise ConfigurationError("proxy_depth must not be negative")
        try:
            return cls(tuple(ip_network(one, strict=False) for one in allowed), proxy_depth)
        except ValueError:
            raise ConfigurationError("allowed_sources must be networks, as 192.0.2.0/24") from None

    def allow(self, peer: str | None, forwarded: str) -> bool:
        """Say whether the sender is in one of the networks. A sender that cannot be told is not."""
        address = _address(self._sender(peer, forwarded))
        return address is not None and any(
            address in network for network in self.networks if network.version == address.version
        )

    def _sender(self, peer: str | None, forwarded: str) -> str:
        if not self.proxy_depth:
            return peer or ""
        hops = forwarded.split(",")
        return hops[-self.proxy_depth] if len(hops) >= self.proxy_depth else ""


def _address(text: str) -> Address | None:
    """Read an address; proxies may add a port to it."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
