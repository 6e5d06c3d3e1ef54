"""Which network addresses may be connected to.

The list is our own: `ipaddress.is_global` is true for the metadata services of two
clouds and for private hosts behind NAT64 and 6to4. It is applied to what the resolver
answered, before a connection is made, and that very answer is connected to, so that a
name that changes its mind between check and use gains nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nightdesk.errors import ConfigError
from nightdesk.fetch.outcomes import HopFailed

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word) for word in text.split())


# IANA special-purpose registries (RFC 6890 and later), plus the metadata services.
_DENIED_V4 = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
    "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 "
    "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
)
# Only 2000::/3 is given out; what is denied inside it: IETF protocols with Teredo,
# documentation, 6to4. All else (mapped and NAT64 addresses too) is denied as a whole.
_GIVEN_OUT_V6 = ipaddress.IPv6Network("2000::/3")
_DENIED_V6 = _networks("2001::/23 2001:db8::/32 2002::/16 3fff::/20")

# What `allow_private` lifts: loopback, RFC 1918, carrier NAT, unique local addresses.
_PRIVATE = _networks(
    "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1/128 fc00::/7"
)
# Nothing lifts these: they hand out credentials of the machine. AWS and others, its
# IPv6 twin and task roles, Azure, Alibaba, Oracle.
_NEVER = _networks(
    "169.254.0.0/16 fd00:ec2::254/128 fd00:ec2::23/128 168.63.129.16/32 "
    "100.100.100.200/32 192.0.0.192/32 fe80::a9fe:a9fe/128 fd20:ce::254/128"
)
_EMBEDDED_V4 = _networks("::/96 ::ffff:0:0/96 64:ff9b::/96")  # in the last 32 bits
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")  # in bits 16 to 48
_WEB_PORTS = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class Policy:
    """What one request may connect to.

    Attributes:
        lifted: networks that are allowed although they are on the deny list.
        ports: beside 80 and 443.
        is_configured: the address comes from the configuration (a mirror): any port
            and any network, but never a metadata service.
    """

    lifted: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset()
    is_configured: bool = False

    def check(self, addresses: Sequence[str], port: int) -> None:
        """Check all addresses of a host: one forbidden answer forbids the host.

        Raises:
            HopFailed: `forbidden_address`, for the port too.
        """
        for text in addresses:
            if not self._allows(ipaddress.ip_address(text)):
                raise HopFailed("forbidden_address", f"address: {text} is not public")
        if not (self.is_configured or port in _WEB_PORTS or port in self.ports):
            raise HopFailed("forbidden_address", f"port: {port} is not a web port")

    def _allows(self, ip: IP) -> bool:
        faces = (ip, *_embedded(ip))
        if any(_is_in(face, _NEVER) for face in faces):
            return False
        if self.is_configured or not _is_denied(ip):
            return True
        return all(
            _is_in(face, self.lifted) or not (face == ip or _is_denied(face))
            for face in faces
        )


def make_policy(
    networks: tuple[Network, ...], *, allow_private: bool, ports: Iterable[int] = ()
) -> Policy:
    """Return the policy of a source's requests."""
    lifted = networks + (_PRIVATE if allow_private else ())
    return Policy(lifted=lifted, ports=frozenset(ports))


def parse_networks(networks: Sequence[str]) -> tuple[Network, ...]:
    """Return CIDR texts as networks.

    Raises:
        ConfigError: one of them is no network.
    """
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in networks)
    except ValueError as error:
        raise ConfigError(f"allowed networks: {error}") from error


def _is_in(ip: IP, networks: Iterable[Network]) -> bool:
    return any(ip in network for network in networks)


def _is_denied(ip: IP) -> bool:
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_in(ip, _DENIED_V4)
    return ip.scope_id is not None or (
        ip not in _GIVEN_OUT_V6 or _is_in(ip, _DENIED_V6)
    )


def _embedded(ip: IP) -> tuple[IP, ...]:
    """Return the IPv4 address that a transition address carries."""
    if isinstance(ip, ipaddress.IPv4Address) or int(ip) < 1 << 16:
        return ()
    if ip in _SIX_TO_FOUR:
        return (ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF),)
    if _is_in(ip, _EMBEDDED_V4):
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    return ()
