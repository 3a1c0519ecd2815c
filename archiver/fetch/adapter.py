"""A transport for requests that connects only where the guard allows, and asks for exact addresses.

By itself `requests` rewrites an address (``%7E`` to ``~``, an empty query dropped), looks a host up
at the moment of connecting, and reads proxies and passwords from the environment. Here the target
is sent as it was written and the socket goes to an address that was judged before; the Host field
and the name in the TLS handshake stay the host's.
"""

import re
import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from archiver.errors import FetchError
from archiver.fetch.guard import Guard, authority

__all__ = ["PinnedAdapter", "place_of"]

_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"[a-z]+://[^/?#]*", re.IGNORECASE)
# What can stand in a request line as it is: all that is printed but the blank (RFC 9112, clause 3).
_SENDABLE = "".join(map(chr, range(0x21, 0x7F)))


class PinnedAdapter(BaseAdapter):
    """Sends one request at a time over connections that it keeps open, one for each authority.

    Not for several threads: give each one of its own. The body of an answer is left on the wire;
    whoever does not read it to its end must `close` the adapter before the next request.
    """

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard
        self._open: dict[tuple[str, str], _Connection] = {}
        self._context: ssl.SSLContext | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request without a body and read the head of the answer.

        Args:
            request: its address is sent as it is written; what cannot stand in a request line is
                escaped.
            stream: the body is always left to be read.
            timeout: two numbers of seconds: to wait for a connection, and for any part of the
                answer.
            verify: certificates are always verified, by the system's list and that of requests.
            cert: not used.
            proxies: not used: a proxy would look the host up by itself.

        Raises:
            FetchError: when the address names no host, or one that may not be connected to.
            http.client.HTTPException, OSError: as they arise.
        """
        url = request.url or ""
        scheme, host, port = place_of(url)
        target = quote(_ORIGIN.sub("", url, count=1).partition("#")[0], safe=_SENDABLE)
        if not target.startswith("/"):
            target = "/" + target
        key = (scheme, authority(host, port))
        kept = self._open.pop(key, None)
        if kept is not None:
            try:
                return self._ask(kept, key, request, target)
            except (RemoteDisconnected, ConnectionError):
                pass  # it was closed while it was idle; the request is made on a new one
        fresh = self._connect(url, scheme, host, port, timeout)
        return self._ask(fresh, key, request, target)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _ask(
        self,
        connection: "_Connection",
        key: tuple[str, str],
        request: requests.PreparedRequest,
        target: str,
    ) -> requests.Response:
        try:
            connection.request(request.method or "GET", target, headers=dict(request.headers))
            found = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        self._open[key] = connection
        return _response(request, found)

    def _connect(
        self, url: str, scheme: str, host: str, port: int, timeout: tuple[float, float]
    ) -> "_Connection":
        connect, read = timeout
        failure: OSError | None = None
        for address in self._guard.addresses(url, host, port):
            if scheme == "https":
                connection: _Connection = _SecureConnection(host, port, address, self._tls())
            else:
                connection = _Connection(host, port, address)
            connection.timeout = connect
            try:
                connection.connect()
            except OSError as error:
                connection.close()
                failure = failure or error
                continue
            connection.timeout = read
            connection.sock.settimeout(read)
            return connection
        assert failure is not None  # noqa: S101 - the guard gives one address at least
        raise failure

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        return self._context


class _Connection(HTTPConnection):
    """A connection to an address that was judged, whatever its host stands for by now."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), timeout=self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _SecureConnection(_Connection):
    """The same within TLS; the certificate must be the host's."""

    default_port = _PORTS["https"]

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, address)
        self._context = context

    def connect(self) -> None:
        super().connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host.rstrip("."))


def place_of(url: str) -> tuple[str, str, int]:
    """Give scheme, host (in ASCII, without brackets) and port of an address.

    >>> place_of("https://webarchive.example/web/")
    ('https', 'webarchive.example', 443)

    Raises:
        FetchError: when it is no address of the web.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        plain = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:  # a port that is no number, a label too long
        raise FetchError(url, f"is no address of the web: {error}") from error
    if parts.scheme not in _PORTS:
        raise FetchError(url, "only http and https are asked")
    if not plain:
        raise FetchError(url, "is no address of the web: it names no host")
    return parts.scheme, plain, port or _PORTS[parts.scheme]


def _response(request: requests.PreparedRequest, found: HTTPResponse) -> requests.Response:
    # No cookies are read: one that an archived page once set is nothing to be sent again.
    answer = requests.Response()
    answer.status_code = found.status
    answer.reason = found.reason
    answer.url = request.url or ""
    answer.headers = CaseInsensitiveDict(found.msg.items())
    answer.request = request
    answer.raw = found
    return answer
