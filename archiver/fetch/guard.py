"""Which network addresses may be connected to.

What is fetched is named by others: by a list another archive keeps, by a redirect. Without a guard
any of them could make this machine ask a service of its own network. So a host is looked up once,
every address it stands for is judged, and the connection is made to the very address that was
judged: a second look-up could give another.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from archiver.errors import FetchError, RefusedAddressError

__all__ = ["Guard", "authority", "look_up", "refusal"]

Resolver = Callable[[str, int], list[str]]

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_IN_IPV4 = 1 << 32


@dataclass(frozen=True, slots=True)
class Guard:
    """Looks hosts up and judges what they stand for.

    Attributes:
        private: authorities (``host:port``, lower case) that may be at private and loopback
            addresses, because a person named them. A redirect from there may not lead to others.
        resolver: gives the addresses of a host and port as text; raises `OSError`.
        everywhere: whether all may be, whoever named them.
    """

    private: frozenset[str] = frozenset()
    resolver: Resolver = field(default_factory=lambda: look_up)
    everywhere: bool = False

    def addresses(self, url: str, host: str, port: int) -> tuple[str, ...]:
        """Give the addresses of a host that may be connected to, in the resolver's order.

        Args:
            url: what is to be fetched, for messages.
            host: a name or an address in any spelling, without brackets.
            port: the port.

        Raises:
            RefusedAddressError: when every address of the host is one that must be left alone.
            FetchError: when the host cannot be found; `passing` if the look-up itself failed.
        """
        try:
            found = self.resolver(host, port)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            later = getattr(error, "errno", None) == socket.EAI_AGAIN
            raise FetchError(url, f"{host} cannot be found: {why}", passing=later) from error
        named = self.everywhere or authority(host, port) in self.private
        refused: tuple[str, str] | None = None
        allowed = []
        for text in found:
            what = refusal(text, private=named)
            if what:
                refused = refused or (text, what)
            else:
                allowed.append(text)
        if not allowed and refused:
            raise RefusedAddressError(url, host, *refused)
        if not allowed:
            raise FetchError(url, f"{host} has no address")
        return tuple(allowed)


def authority(host: str, port: int) -> str:
    """Write host and port as one text, as `Guard.private` has them."""
    return f"{host.lower()}:{port}"


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host; numbers in odd spellings are read as it does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def refusal(text: str, *, private: bool = False) -> str:
    """Say why an address must not be connected to; empty when it may be.

    >>> refusal("10.0.0.1")
    'a private, loopback or otherwise special address'
    >>> refusal("::ffff:127.0.0.1") == refusal("10.0.0.1")
    True

    Args:
        text: an IPv4 or IPv6 address.
        private: whether private, loopback and link-local addresses are allowed.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "which is no address"
    if isinstance(address, IPv6Address):
        within = _embedded(address)
        if within is not None:
            return refusal(str(within), private=private)
    if address.is_unspecified or address.is_multicast:
        return "an address that stands for no single host"
    if private:
        return ""
    special = address.is_reserved or not address.is_global
    if isinstance(address, IPv6Address):
        special = special or address.is_site_local or address in _LOCAL_NAT64
    return "a private, loopback or otherwise special address" if special else ""


def _embedded(address: IPv6Address) -> IPv4Address | None:
    # The IPv4 address a connection would end at: mapped, NAT64, 6to4, and the old compatible form.
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) % _IN_IPV4)
    if address.sixtofour:
        return address.sixtofour
    if 1 < int(address) < _IN_IPV4:
        return IPv4Address(int(address))
    return None
