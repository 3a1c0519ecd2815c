"""A transport for requests that connects only where the guard allows, and asks for exact addresses.

By itself `requests` rewrites an address (``%7E`` to ``~``, an empty query dropped), looks a host up
at the moment of connecting, and reads proxies and passwords from the environment. Here the target
is sent as it was written and the socket goes to an address that was judged before; the Host field
and the name in the TLS handshake stay the host's.
"""

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from archiver.fetch.connection import connect, trusting
from archiver.fetch.guard import Guard
from archiver.fetch.place import Place, place_of, target_of

__all__ = ["PinnedAdapter"]


class PinnedAdapter(BaseAdapter):
    """Sends one request at a time over connections that it keeps open, one for each authority.

    Not for several threads: give each one of its own. The body of an answer is left on the wire;
    whoever does not read it to its end must `close` the adapter before the next request.
    """

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard
        self._open: dict[Place, HTTPConnection] = {}

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
        place, target = place_of(url), target_of(url)
        kept = self._open.pop(place, None)
        if kept is not None and kept.sock is not None:
            try:
                return self._ask(kept, place, request, target)
            except (RemoteDisconnected, ConnectionError):
                pass  # it was closed while it was idle; the request is made on a new one
        return self._ask(self._connect(url, place, timeout), place, request, target)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _ask(
        self,
        connection: HTTPConnection,
        place: Place,
        request: requests.PreparedRequest,
        target: str,
    ) -> requests.Response:
        try:
            fields = {"Host": place.host_field, **request.headers}
            connection.request(request.method or "GET", target, headers=fields)
            found = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        self._open[place] = connection
        return _response(request, found)

    def _connect(self, url: str, place: Place, timeout: tuple[float, float]) -> HTTPConnection:
        seconds, silence = timeout
        context = self._tls() if place.scheme == "https" else None
        connection = HTTPConnection(place.host, place.port)
        connection.auto_open = 0  # by itself it would look the host up again
        connection.sock = connect(url, place, self._guard, seconds, context).socket
        connection.sock.settimeout(silence)
        return connection

    def _tls(self) -> ssl.SSLContext:
        return trusting()


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
