"""What an address of the web asks for: which server, and which target in the request line."""

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from archiver.errors import FetchError
from archiver.fetch.guard import authority

__all__ = ["Place", "place_of", "target_of"]

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w.~!$&'()*+,;=%:-]+", re.ASCII)  # it has to stand in a field
# The beginning of an address as nearly all are.
_USUAL = re.compile(
    r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,3}|[1-5][0-9]{4}))?(?=[/?#]|\Z)"
)
_ORIGIN = re.compile(r"[\x00-\x20]*[a-z]+://[^/?#]*", re.IGNORECASE)
# What can stand in a request line as it is: all that is printed but the blank (RFC 9112, clause 3).
_SENDABLE = "".join(map(chr, range(0x21, 0x7F)))


class Place(NamedTuple):
    """A server: scheme, host in ASCII and without brackets, port."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as one text, the port always."""
        return authority(self.host, self.port)

    @property
    def host_field(self) -> str:
        """What the Host field says (RFC 9110, clause 7.2): no port where it is the usual one.

        >>> Place("https", "2001:db8::1", 443).host_field
        '[2001:db8::1]'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def place_of(url: str) -> Place:
    """Tell which server an address is to be asked of; a user and password in it are left out.

    >>> place_of("https://webarchive.example/web/")
    Place(scheme='https', host='webarchive.example', port=443)

    Raises:
        FetchError: when it is no address of the web.
    """
    if usual := _USUAL.match(url):
        scheme, name, number = usual.groups()
        return Place(scheme, name, int(number) if number else _PORTS[scheme])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        plain = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:  # a port that is no number, a label too long
        raise FetchError(url, f"is no address of the web: {error}") from error
    if parts.scheme not in _PORTS:
        raise FetchError(url, "only http and https are asked")
    if not plain or _HOST.fullmatch(plain) is None:
        raise FetchError(url, "is no address of the web: it names no host")
    return Place(parts.scheme, plain, port or _PORTS[parts.scheme])


def target_of(url: str) -> str:
    """Give the target that asks for an address: its path and query, without its fragment.

    Sent as it is written, dot segments and an empty query too; only what cannot stand in a request
    line is escaped.

    >>> target_of("http://www.homeoffice.example/crime and police/%zz/../?#part")
    '/crime%20and%20police/%zz/../?'

    Raises:
        FetchError: when it holds half a character (a lone surrogate).
    """
    target = _ORIGIN.sub("", url, count=1).partition("#")[0]
    if not target.startswith("/"):
        target = "/" + target
    try:
        return quote(target, safe=_SENDABLE)
    except UnicodeEncodeError as error:
        raise FetchError(url, "is no address of the web: it holds half a character") from error
