"""Connections to the very addresses that were judged, and why one could not be made."""

import socket
import ssl
from functools import cache
from typing import NamedTuple

from archiver.errors import FetchError
from archiver.fetch.guard import Guard
from archiver.fetch.place import Place

__all__ = ["Connected", "connect", "failure", "trusting"]

_MOST_ADDRESSES = 4  # of one host are tried; each may take as long as the first
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class Connected(NamedTuple):
    """A connection that is ready to be written to, TLS and all, and the IP address it leads to."""

    socket: socket.socket
    address: str


def connect(
    url: str,
    place: Place,
    guard: Guard,
    seconds: float,
    context: ssl.SSLContext | None = None,
    *,
    strict: bool = False,
) -> Connected:
    """Connect to a server at an address that its host stands for and the guard allows.

    Args:
        url: what is to be fetched, for messages.
        place: the server; its host is the name in the TLS handshake, whatever the address.
        guard: looks the host up, once, and judges what it stands for.
        seconds: how long the connection to one address may take, and as long again the handshake.
        context: for https, whom to trust; without one, `trusting`.
        strict: whether reading raises `ssl.SSLEOFError` where the other end, or anybody on the way,
            breaks off without the farewell of TLS; many servers do (RFC 9112, clause 9.8).

    Returns:
        A connection whose calls wait as long as `seconds`.

    Raises:
        RefusedAddressError: when every address of the host is one that must be left alone.
        FetchError: when the host cannot be found.
        OSError: that of the first address, when none can be connected to; see `failure`.
    """
    failed: OSError | None = None
    for address in guard.addresses(url, place.host, place.port)[:_MOST_ADDRESSES]:
        try:
            return Connected(_connect(place, address, seconds, context, strict), address)
        except OSError as error:
            failed = failed or error
    assert failed is not None  # noqa: S101 - the guard gives one address at least
    raise failed


def failure(url: str, error: Exception) -> FetchError:
    """Say for people why there is no connection, or no answer on it.

    It is `passing` unless TLS itself stands in the way: a certificate nobody vouches for, or a
    server that has no version of it in common with us.
    """
    lasting = isinstance(error, ssl.SSLError) and not isinstance(error, _BROKEN_OFF)
    if isinstance(error, TimeoutError):
        return FetchError(url, "no answer in time", passing=True)
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return FetchError(url, f"the connection failed: {said}", passing=not lasting)


@cache
def trusting() -> ssl.SSLContext:
    """Give the terms on which servers are trusted: by the system's list and that of requests.

    Made once, which takes tens of milliseconds, and shared by threads.
    """
    from requests.utils import (
        DEFAULT_CA_BUNDLE_PATH,
    )  # takes a tenth of a second, at times needless

    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def _connect(
    place: Place, address: str, seconds: float, context: ssl.SSLContext | None, strict: bool
) -> socket.socket:
    connection = socket.create_connection((address, place.port), timeout=seconds)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if place.scheme != "https":
            return connection
        name = place.host.rstrip(".")
        return (context or trusting()).wrap_socket(
            connection, server_hostname=name, suppress_ragged_eofs=not strict
        )
    except BaseException:
        connection.close()
        raise
