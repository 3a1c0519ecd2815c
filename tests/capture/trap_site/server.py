"""The server: answers on several ports as the manifest says, and logs all it is asked."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.capture.trap_site.bodies import page, reply
from tests.capture.trap_site.manifest import Manifest, lay_out
from tests.capture.trap_site.resource import (
    End,
    Endless,
    Family,
    Place,
    Question,
    Reply,
    Resource,
    Wait,
)

__all__ = ["Entry", "TrapSite"]

_REQUEST_LIMIT = 1 << 17
_RESET = struct.pack("ii", 1, 0)  # linger for no time: close with RST


@dataclass(slots=True)
class Entry:
    """One request, and what was sent to it.

    Attributes:
        what: the resource or family asked for; None when the site has no such thing.
        sent: the bytes given to the connection so far, interim answers and surplus included.
        ended: when the last were given, on the monotonic clock; None as long as it goes on.
    """

    question: Question
    what: Resource | Family | None
    reply: Reply
    sent: bytearray = field(default_factory=bytearray)
    ended: float | None = None


class TrapSite:
    """The site, served on loopback; a context manager.

    Attributes:
        at: host and port of each authority.
        manifest: what is there, and what becomes of it.
        log: all requests, in the order in which they came.
        day: 1 or 2; set it between two crawls.
    """

    def __init__(self) -> None:
        self._listeners = {}
        for place in Place:
            listener = socket.create_server(("127.0.0.1", 0), backlog=128)
            self._listeners[place] = listener
        self.at = {
            place: f"127.0.0.1:{listener.getsockname()[1]}"
            for place, listener in self._listeners.items()
        }
        self.manifest: Manifest = lay_out(self.at)
        self.log: list[Entry] = []
        self.day = 1
        self.connections = 0
        self._counts: Counter[tuple[int, Place, str]] = Counter()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """The first page's address: the seed."""
        return f"http://{self.at[Place.SITE]}/"

    def restart_counts(self) -> None:
        """Answer as though nothing had been asked for yet; for another crawl of the same day."""
        with self._lock:
            self._counts.clear()

    def __enter__(self) -> "TrapSite":
        for place, listener in self._listeners.items():
            self._start(self._accept, place, listener)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            threads = list(self._threads)
        for thread in threads:
            thread.join(10)
        for listener in self._listeners.values():
            listener.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        with self._lock:
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
            thread.start()

    def _accept(self, place: Place, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            if not select.select([listener], [], [], 0.05)[0]:
                continue
            connection, _ = listener.accept()
            # Answers of many parts would wait for one another otherwise.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
            self._start(self._serve, place, connection, number)

    def _serve(self, place: Place, connection: socket.socket, number: int) -> None:
        rest = bytearray()
        try:
            with contextlib.suppress(OSError):
                while not self._stopping.is_set():
                    request = _read_request(connection, rest)
                    if request is None:
                        break
                    entry = self._note(place, number, request)
                    if not self._answer(connection, entry):
                        break
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _note(self, place: Place, connection: int, request: bytes) -> Entry:
        head = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, _, rest = head[0].partition(" ")
        target = rest.rpartition(" ")[0]
        pairs = [line.partition(":") for line in head[1:]]
        fields = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
        with self._lock:
            key = (self.day, place, target)
            self._counts[key] += 1
            question = Question(
                *(len(self.log), place, method, target, request, fields),
                *(time.monotonic(), time.time(), self.day, self._counts[key], connection),
            )
            what = self.manifest.find(place, target)
            answer = reply(b"", status="405 Method Not Allowed")
            if method == "GET":
                answer = what.answer(question) if what else _missing(question)
            wanted = question.get("range")
            if wanted is not None and answer.good:
                answer = _part(answer, wanted)
            entry = Entry(question, what, answer)
            self.log.append(entry)
        return entry

    def _answer(self, connection: socket.socket, entry: Entry) -> bool:
        try:
            for part in entry.reply.parts:
                # Before the last bytes go: who has them may ask again before this thread goes on.
                entry.ended = time.monotonic()
                if not self._send(connection, part, entry.sent):
                    return False
        finally:
            if not entry.reply.parts or not isinstance(entry.reply.parts[-1], bytes):
                entry.ended = time.monotonic()
        asked_to_close = (entry.question.get("connection") or "").lower() == "close"
        old = b" HTTP/1.0\r\n" in entry.question.request.partition(b"\r\n")[0] + b"\r\n"
        if entry.reply.end is End.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return entry.reply.end is End.KEEP and not asked_to_close and not old

    def _send(
        self, connection: socket.socket, part: bytes | Wait | Endless, sent: bytearray
    ) -> bool:
        """Send a part; False when whoever asked has gone."""
        match part:
            case bytes():
                sent += part
                connection.sendall(part)
            case Wait(seconds):
                return self._wait(connection, seconds)
            case Endless(piece, pause, most):
                for _ in range(-(-most // len(piece))):
                    sent += piece
                    connection.sendall(piece)
                    if not self._wait(connection, pause):
                        return False
        return True

    def _wait(self, connection: socket.socket, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stopping.is_set():
                return False
            if select.select([connection], [], [], min(left, 0.05))[0]:
                if not connection.recv(1, socket.MSG_PEEK):
                    return False
                time.sleep(min(left, 0.05))  # it asks for more while it waits
        return not self._stopping.is_set()


def _read_request(connection: socket.socket, rest: bytearray) -> bytes | None:
    """Take one request off a connection; None at its end. `rest` holds what came behind it."""
    while (end := rest.find(b"\r\n\r\n")) < 0:
        if len(rest) > _REQUEST_LIMIT:
            return None
        data = connection.recv(1 << 16)
        if not data:
            return None
        rest += data
    end += 4
    length = 0
    for line in bytes(rest[:end]).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = min(int(line.partition(b":")[2]), _REQUEST_LIMIT)
    while len(rest) < end + length:
        data = connection.recv(1 << 16)
        if not data:
            return None
        rest += data
    request = bytes(rest[: end + length])
    del rest[: end + length]
    return request


def _missing(question: Question) -> Reply:
    body = page(f"not found: {question.target}")
    return reply(body, status="404 Not Found")


def _part(whole: Reply, wanted: str) -> Reply:
    """Answer a Range as a bad server does: with the place asked for, and bytes of another."""
    length = len(whole.payload)
    digits = "".join(each for each in wanted.partition("-")[0] if each.isdigit())
    start = min(int(digits or 0), length)
    body = whole.payload[::-1][start:]
    fields = [("Content-Range", f"bytes {start}-{max(length - 1, start)}/{length}")]
    return reply(body, status="206 Partial Content", fields=fields, good=False)
