"""Questions and replies as they pass between two processes: plain values, and a file now and then.

A message is what `marshal` makes of numbers, texts, bytes and tuples of them, so whoever reads one
is given nothing else. An answer that is too long to be held in memory is passed on as the open
file it was written to (unix(7), SCM_RIGHTS), and is read by nobody on the way.
"""

import io
import marshal
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple

from archiver.capture.asking import Question, Reply
from archiver.capture.cookies import Jar
from archiver.capture.exchange import Cut, Exchange, Timing
from archiver.capture.finding import Found
from archiver.capture.link import Hop, Link
from archiver.capture.manners import Came
from archiver.capture.probe import Answer
from archiver.errors import FetchError, RefusedAddressError
from archiver.http import parse_head

__all__ = ["Channel", "Message", "read_question", "read_reply", "write_question", "write_reply"]

_LONGEST = 1 << 20  # bytes of an answer that are put into a message
_STEP = 1 << 18
_MOST_FILES = 16  # taken in at once
_FRAME = struct.Struct("!I?")  # bytes of the message, and whether a file comes with it
_HOPS = {hop.value: hop for hop in Hop}


class Message(NamedTuple):
    """What one process tells the other.

    Attributes:
        data: see `values`.
        file: an open file that belongs to whoever was sent it; None for none.
    """

    data: bytes
    file: int | None = None

    @property
    def values(self) -> Any:
        """What it says."""
        return marshal.loads(self.data)  # noqa: S302 - of our own process, and never run

    @classmethod
    def of(cls, values: Any, file: int | None = None) -> "Message":
        """Put one together."""
        return cls(marshal.dumps(values), file)


class Channel:
    """Messages over a stream socket between two processes; any number of threads may send."""

    def __init__(self, ours: socket.socket) -> None:
        """Take a Unix socket, which stays its owner's to close."""
        self._socket = ours
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Send a message; waits while the other end takes nothing.

        Raises:
            OSError: when the other end is gone.
        """
        data, file = message
        framed = _FRAME.pack(len(data), file is not None) + data
        with self._sending:
            sent = socket.send_fds(self._socket, [framed], [file]) if file is not None else 0
            self._socket.sendall(memoryview(framed)[sent:])

    def messages(self) -> Iterator[Message]:
        """Give what comes, until the other end is closed or gone; for one thread."""
        held = bytearray()
        files: deque[int] = deque()
        while True:
            try:
                part, more, _, _ = socket.recv_fds(self._socket, _STEP, _MOST_FILES)
            except OSError:
                part, more = b"", []
            files.extend(more)
            if not part:
                break
            held += part
            at = 0
            while len(held) - at >= _FRAME.size:
                length, has_file = _FRAME.unpack_from(held, at)
                end = at + _FRAME.size + length
                if len(held) < end:
                    break
                data = bytes(held[at + _FRAME.size : end])
                yield Message(data, files.popleft() if has_file else None)
                at = end
            del held[:at]
        for file in files:
            os.close(file)


def write_question(question: Question) -> tuple[object, ...]:
    """Give a question as plain values."""
    return (
        *(question.number, question.url, question.path, question.via, question.tries),
        *(question.fields, question.sitemap, question.cookies),
    )


def read_question(values: tuple[Any, ...]) -> Question:
    """Read what `write_question` wrote."""
    return Question(*values)


def write_reply(reply: Reply, jar: Jar) -> tuple[tuple[object, ...], int | None]:
    """Give a reply as plain values, without its question.

    Args:
        reply: the reply.
        jar: the cookies whoever is told knows of; where these are the reply's they are left out.

    Returns:
        The values, and the descriptor of the answer's file where they do not hold the answer. The
        exchange is to be kept open until both are sent.
    """
    came, error, exchange, found = reply.came, reply.error, reply.exchange, reply.found
    start, file = b"", None
    if exchange is not None:
        exchange.response.seek(0)
        if exchange.length <= _LONGEST:
            start = exchange.response.read()
        else:
            start = exchange.response.read(exchange.body_start)
            exchange.response.flush()
            file = exchange.response.fileno()
    values = (
        (came.status, came.asked, came.seconds, came.cut and came.cut.value, came.passing),
        reply.ended_at.timestamp(),
        None if reply.jar is jar else reply.jar.to_text(),
        exchange and _write_exchange(exchange, start),
        error and _write_error(error),
        found
        and (
            tuple([(url, hop.value, where) for url, hop, where in found.links]),
            *(found.charset, found.faults, found.kind),
        ),
        reply.fingerprint,
        reply.measure and tuple([getattr(reply.measure, name) for name in Answer.__slots__]),
    )
    return values, file


def read_reply(message: Message, values: tuple[Any, ...], question: Question, jar: Jar) -> Reply:
    """Read what `write_reply` wrote, for the same question and jar.

    Args:
        message: what the values came in; its file becomes the answer's.
        values: those of the reply.
        question: what was asked.
        jar: see `write_reply`.
    """
    came, ended_at, cookies, exchange, error, found, fingerprint, measure = values
    status, asked, seconds, cut, passing = came
    links: tuple[Link, ...] = ()
    if found:
        links = tuple([Link(url, _HOPS[hop], where) for url, hop, where in found[0]])
    return Reply(
        question,
        Came(status, asked, seconds, cut and Cut(cut), passing),
        _moment(ended_at),
        jar if cookies is None else Jar.from_text(cookies),
        exchange and _read_exchange(exchange, message.file),
        error and _read_error(error),
        found and Found(links, *found[1:]),
        fingerprint,
        measure and Answer(*measure),
    )


def _write_exchange(one: Exchange, start: bytes) -> tuple[object, ...]:
    timing = one.timing
    return (
        *(one.url, one.request, one.asked_at.timestamp(), start, one.length),
        *(one.head is not None, one.body_start, one.address, one.port),
        *(one.cut and one.cut.value, one.fault, one.passing, one.interim, one.surplus, one.tls),
        (timing.connected, timing.first_byte, timing.last_byte),
    )


def _read_exchange(values: tuple[Any, ...], file: int | None) -> Exchange:
    url, request, asked_at, start, length, has_head, body_start, address, port, *more = values
    cut, fault, passing, interim, surplus, tls, timing = more
    response: BinaryIO = io.BytesIO(start)
    if file is not None:
        response = os.fdopen(file, "rb")
        response.seek(0)
    parsed = parse_head(start[:body_start]) if has_head else None
    return Exchange(
        *(url, request, _moment(asked_at), response, length, parsed and parsed[0], body_start),
        *(address, port, cut and Cut(cut), fault, passing, interim, surplus, tls),
        Timing(*timing),
    )


def _write_error(error: FetchError) -> tuple[object, ...]:
    if isinstance(error, RefusedAddressError):
        return error.url, error.host, error.address, error.what
    return error.url, error.reason, error.passing


def _read_error(values: tuple[Any, ...]) -> FetchError:
    if len(values) == 4:
        return RefusedAddressError(*values)
    url, reason, passing = values
    return FetchError(url, reason, passing=passing)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
