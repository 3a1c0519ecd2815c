"""Which network addresses may be connected to.

What is fetched is named by others: by a list another archive keeps, by a redirect. Without a guard
any of them could make this machine ask a service of its own network. So a host is looked up once,
every address it stands for is judged, and the connection is made to the very address that was
judged: a second look-up could give another.
"""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from archiver.errors import FetchError, InputError, RefusedAddressError

__all__ = ["Guard", "authority", "look_up", "refusal"]

Resolver = Callable[[str, int], list[str]]
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_IN_IPV4 = 1 << 32


@dataclass(frozen=True, slots=True)
class Guard:
    """Looks hosts up and judges what they stand for.

    Attributes:
        private: authorities (``host:port``, lower case), and hosts for all their ports, that may be
            at private and loopback addresses, because a person named them. A redirect from there
            may not lead to others.
        resolver: gives the addresses of a host and port as text; raises `OSError`.
        networks: private addresses that any host may be at, named by a person as well.
    """

    private: frozenset[str] = frozenset()
    resolver: Resolver = field(default_factory=lambda: look_up)
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, named: Iterable[str]) -> "Guard":
        """Read what a person lets be private.

        Args:
            named: each a network such as ``10.1.0.0/16``, an address, a host, or either of the
                latter with a port.

        Raises:
            InputError: when one is none of these.
        """
        private: set[str] = set()
        networks: list[Network] = []
        for text in named:
            try:
                networks.append(ip_network(text.strip("[]"), strict=False))
            except ValueError:
                private.add(_read_host(text))
        return cls(frozenset(private), networks=tuple(networks))

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
        named = authority(host, port) in self.private or host.lower() in self.private
        refused: tuple[str, str] | None = None
        allowed = []
        for text in found:
            what = refusal(text, private=named or self._is_let_in(text))
            if what:
                refused = refused or (text, what)
            else:
                allowed.append(text)
        if not allowed and refused:
            raise RefusedAddressError(url, host, *refused)
        if not allowed:
            raise FetchError(url, f"{host} has no address")
        return tuple(allowed)

    def _is_let_in(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        within = _embedded(address) if isinstance(address, IPv6Address) else None
        return any((within or address) in network for network in self.networks)


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


def _read_host(text: str) -> str:
    # A host as `Guard.private` has it, with its port where it was given one.
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # a port that is no number, a label too long
        host, port = "", None
    if not host or parts.netloc != text or set(text) & set("@* ") or not text.isprintable():
        reason = "give a host, an address, or a network such as 10.1.0.0/16"
        raise InputError(f"not a host or network: {text!r}; {reason}")
    return authority(host, port) if port else host.lower()


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
