"""Asking for one address and keeping what crossed the wire, byte for byte.

No client of others has a hand in it: http.client takes a 103 for the page, refuses a hundred
fields and writes folded lines anew, and requests rewrites addresses. What is sent is put together
here, and `archiver.capture.message` says what of that which comes is the answer.
"""

import re
import select
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import BinaryIO, NamedTuple

from archiver.capture.exchange import Cut, Exchange, Timing
from archiver.capture.message import HEAD_LIMIT, AnswerReader, Framing
from archiver.errors import FetchError, InputError
from archiver.fetch.connection import connect, failure
from archiver.fetch.guard import Guard
from archiver.fetch.place import Place, place_of, target_of
from archiver.spool import new_spool, rewind, spool

__all__ = ["Limits", "Wire"]

_IN_MEMORY = 1 << 20  # bytes of an answer that are held in memory; a longer one goes to disk
_STEP = 1 << 16
_MOST_KEPT = 32  # connections that are kept open at once
_LONGEST_IDLE = 60.0  # seconds; after that something on the way may have forgotten a connection
_USER = re.compile(r"\A([\x00-\x20]*[a-z]+://)[^/?#]*@", re.IGNORECASE)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\r\n\0]*")
_REFUSED = frozenset(  # what frames a request, what is for one connection, what asks for a part
    [
        *("host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade"),
        *("te", "trailer", "expect", "content-length", "transfer-encoding", "range", "if-range"),
    ]
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one answer is taken, and how long that may take.

    Attributes:
        body: most bytes of the body, as framed.
        seconds: how long the request and its whole answer may take, without the connection.
        silence: how many seconds may pass without a byte.
        connect: how many seconds a connection may take, and as long again its TLS.
        head: most bytes of the head, interim heads included.
    """

    body: int = 1 << 32
    seconds: float = 600.0
    silence: float = 60.0
    connect: float = 30.0
    head: int = HEAD_LIMIT


_LIMITS = Limits()


class Wire:
    """Asks for one address at a time and gives exact exchanges; a context manager, for one thread.

    Nothing is taken from the environment (proxies, ``.netrc``), no cookie is kept, no redirect
    followed, nothing asked again but for a connection that was closed while it was idle, and no
    part of an answer asked for (Range). One connection is kept open for each server.
    """

    def __init__(
        self,
        user_agent: str,
        guard: Guard | None = None,
        limits: Limits = _LIMITS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Make one.

        Args:
            user_agent: what servers are told we are; it should say how to reach a person.
            guard: which addresses may be connected to; without one, public ones only.
            limits: how much is taken.
            context: whom to trust; without one, the authorities on the system's list and that of
                requests.
        """
        self._fields = (
            ("User-Agent", user_agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
        )
        self._guard = guard or Guard()
        self._limits = limits
        self._context = context
        self._kept: dict[Place, _Connection] = {}  # that used longest ago first

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        while self._kept:
            self._kept.popitem()[1].close()

    def ask(self, url: str, fields: Sequence[tuple[str, str]] = ()) -> Exchange:
        """Send a GET and read all that comes.

        Args:
            url: its path and query are sent as they are written; only what cannot stand in a
                request line is escaped. A user and password in it are neither sent nor kept, and
                a fragment is not either; of its host the exchange tells as the Host field does.
            fields: further header fields, sent in their order. A User-Agent, Accept or
                Accept-Encoding takes the place of ours. Characters are sent as Latin-1.

        Returns:
            The exchange. Where the answer is not whole or not sound, `cut` and `fault` say so, and
            what came is kept. When a connection that was kept open turns out to be closed, the
            request is made once more on a new one, and only that is told of.

        Raises:
            RefusedAddressError: when the host is one that must be left alone.
            FetchError: when nothing was sent: the address is none, or there is no connection.
            InputError: when a field cannot be sent, or is the wire's own to send.
            NotWritableError: when the temporary folder has no room for the answer.
        """
        url = _USER.sub(r"\1", url)  # so that no message tells a password either
        place = place_of(url)
        target = target_of(url)
        head = _request(place, target, (*self._without(fields), *fields))
        return self._exchange(
            _Question(f"{place.scheme}://{place.host_field}{target}", place, head)
        )

    def _without(self, fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        given = {name.lower() for name, _ in fields}
        if refused := given & _REFUSED:
            raise InputError(f"the field {min(refused)} is not a caller's to send; leave it out")
        own = [each for each in self._fields if each[0].lower() not in given]
        return [*own, ("Connection", "keep-alive")]

    def _exchange(self, question: "_Question") -> Exchange:
        kept = self._kept.pop(question.place, None)
        if kept is not None:
            exchange = self._ask(kept, question, _Clock(), None) if kept.is_idle() else None
            if exchange is not None:
                return exchange
            kept.close()  # the other end had closed it, or said something nobody asked for
        clock = _Clock()
        fresh = self._connect(question)
        exchange = self._ask(fresh, question, clock, clock.seconds())
        assert exchange is not None  # noqa: S101 - only a kept connection is tried in vain
        return exchange

    def _connect(self, question: "_Question") -> "_Connection":
        url, place = question.url, question.place
        try:
            found = connect(
                url, place, self._guard, self._limits.connect, self._context, strict=True
            )
        except FetchError:
            raise
        except OSError as error:
            raise failure(url, error) from error
        return _Connection(*found)

    def _ask(
        self,
        connection: "_Connection",
        question: "_Question",
        clock: "_Clock",
        connected: float | None,
    ) -> Exchange | None:
        # None when a connection that was kept open ended before anything came.
        file = new_spool(_IN_MEMORY)
        reader = AnswerReader(self._limits.head)
        try:
            stop, first, last = self._read(connection, question, clock, reader, file)
            if stop and stop.cut is Cut.DISCONNECT and first is None and connected is None:
                file.close()
                return None
            whole = stop is None or (reader.whole and _may_end(reader, stop))
            if stop and stop.cut is not Cut.LENGTH:
                spool(file, reader.close())
            length = file.tell()
            rewind(file)
        except BaseException:
            connection.close()
            file.close()
            raise
        if reader.reusable and not stop:
            self._keep(question.place, connection)
        else:
            connection.close()
        faults = (stop.fault if stop and not whole else "", reader.fault)
        return Exchange(
            url=question.url,
            request=question.head,
            asked_at=clock.asked_at,
            response=file,
            length=length,
            head=reader.head,
            body_start=reader.body_start,
            address=connection.address,
            port=question.place.port,
            cut=stop.cut if stop and not whole else None,
            fault="; ".join(filter(None, faults)),
            passing=stop is not None and not whole and stop.passing,
            interim=reader.interim,
            surplus=reader.surplus,
            tls=connection.tls,
            timing=Timing(connected, first, last),
        )

    def _read(
        self,
        connection: "_Connection",
        question: "_Question",
        clock: "_Clock",
        reader: AnswerReader,
        file: BinaryIO,
    ) -> tuple["_Stop | None", float | None, float | None]:
        # Gives why it stopped before the answer's end, and when the first and last byte came.
        limits = self._limits
        end = monotonic() + limits.seconds
        first = last = None
        stop = connection.send(question.head, limits)
        while stop is None and not reader.finished:
            part = connection.receive(end, limits)
            if isinstance(part, _Stop):
                stop = part
                break
            last = clock.seconds()
            first = last if first is None else first
            given = reader.feed(part)
            over = reader.length - reader.body_start - limits.body if reader.framing else 0
            if over > 0:
                given = given[:-over]
                stop = _Stop(Cut.LENGTH, f"the body passes the limit of {limits.body} bytes")
            elif reader.overlong:
                stop = _Stop(Cut.LENGTH, "")
            spool(file, given)
        return stop, first, last

    def _keep(self, place: Place, connection: "_Connection") -> None:
        while len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept))).close()
        connection.used_at = monotonic()
        self._kept[place] = connection


class _Question(NamedTuple):
    """What is asked: the address, of which server, and the bytes of the request."""

    url: str
    place: Place
    head: bytes


def _request(place: Place, target: str, fields: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"GET {target} HTTP/1.1", f"Host: {place.host_field}"]
    for name, value in fields:
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise InputError(f"{name!r}: {value[:100]!r} cannot be sent as a field of a request")
        lines.append(f"{name}: {value}")
    lines += ["", ""]
    try:
        return "\r\n".join(lines).encode("latin-1")
    except UnicodeEncodeError as error:
        raise InputError(f"a field of a request holds {error.object[error.start]!r}") from error


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why no more is read before the answer is at its end."""

    cut: Cut
    fault: str
    passing: bool = False
    is_end: bool = False  # the other end closed the connection as it should


class _Clock:
    """The moment of asking, and the seconds since."""

    def __init__(self) -> None:
        self.asked_at = datetime.now(UTC)
        self._began = monotonic()

    def seconds(self) -> float:
        return monotonic() - self._began


class _Connection:
    """A connection to a server; what it sends and receives is exactly what crosses it."""

    def __init__(self, opened: socket.socket, address: str) -> None:
        self.address = address
        self.used_at = 0.0
        self.tls: tuple[str, str] | None = None
        self._socket = opened
        self._timeout: float | None = None
        if isinstance(opened, ssl.SSLSocket):
            cipher = opened.cipher()
            self.tls = opened.version() or "", cipher[0] if cipher else ""

    def send(self, request: bytes, limits: Limits) -> _Stop | None:
        self._wait(limits.silence)
        try:
            self._socket.sendall(request)
        except TimeoutError:
            return _Stop(Cut.TIME, "the request was not taken in time", passing=True)
        except OSError:
            pass  # what is received tells why, and perhaps an answer came before
        return None

    def receive(self, end: float, limits: Limits) -> bytes | _Stop:
        left = end - monotonic()
        if left <= 0:
            return _late(limits)
        try:
            self._wait(min(left, limits.silence))
            part = self._socket.recv(_STEP)
        except TimeoutError:
            if left < limits.silence:
                return _late(limits)
            return _Stop(Cut.TIME, f"no byte came for {limits.silence:g} seconds", passing=True)
        except ssl.SSLEOFError:
            # Some servers never end it otherwise: asking again would change nothing.
            return _Stop(Cut.DISCONNECT, "the connection ended without the farewell of TLS")
        except OSError as error:
            return _Stop(Cut.DISCONNECT, failure("", error).reason, passing=True)
        return part or _Stop(Cut.DISCONNECT, "", passing=True, is_end=True)

    def is_idle(self) -> bool:
        if monotonic() - self.used_at > _LONGEST_IDLE:
            return False
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def _wait(self, seconds: float) -> None:
        if seconds != self._timeout:
            self._socket.settimeout(seconds)
            self._timeout = seconds


def _late(limits: Limits) -> _Stop:
    return _Stop(Cut.TIME, f"the answer takes more than {limits.seconds:g} seconds")


def _may_end(reader: AnswerReader, stop: _Stop) -> bool:
    # Whether an answer that misses nothing yet is whole; else only a proper end can tell, but for
    # the line behind a last chunk, which nobody misses.
    framed = reader.framing is Framing.CHUNKED and not reader.fault
    return stop.is_end or (framed and stop.cut is not Cut.LENGTH)
