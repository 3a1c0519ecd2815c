"""The proxy between a browser and the web: what a page requests is asked by us, or refused.

A browser that has no other way out cannot make a request that goes past scope, manners and limits,
whoever in it makes the request: a page, a frame, a worker, a redirect. What was answered reaches
the browser as it came over the wire, byte for byte.
"""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from time import monotonic
from urllib.parse import urlsplit

from archiver.capture.certificate import ProxyCertificate
from archiver.capture.exchange import Exchange
from archiver.capture.link import Hop
from archiver.capture.verdict import Verdict
from archiver.errors import FetchError
from archiver.http import CODINGS

__all__ = ["Answered", "Ask", "Failed", "Proxy", "Reply", "Request", "Unasked"]

_log = logging.getLogger(__name__)

_HEAD_LIMIT = 1 << 18  # bytes; Chromium's own limit on what it receives
_DRAINED = 1 << 20  # bytes of the body of a refused request that are read before it is answered
_SILENCE = 60.0  # seconds a connection may stand still
_CONNECTIONS = 128
_STEP = 1 << 16
_METHODS = ("GET", "HEAD")
_NOT_PASSED = frozenset(
    {
        # the connection's own (RFC 9110, clause 7.6.1)
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("proxy-connection", "proxy-authorization", "content-length", "expect"),
        # what makes an answer less than the whole
        *("range", "if-range", "if-none-match", "if-modified-since", "if-match"),
        "if-unmodified-since",
        # what is ours to say, and what no archive should hold
        *("host", "accept-encoding", "user-agent", "authorization"),
    }
)
# To a navigation "no content" means: stay where you are. So a page that would move on to what is
# refused can still be read, a frame stays blank, and a stream is not asked for again.
_NOTHING = "204 No Content"
_FORBIDDEN, _NOT_ALLOWED, _NO_ANSWER = "403 Forbidden", "405 Method Not Allowed", "502 Bad Gateway"
_ENDLESS = "browser: a stream without an end"
_PARTIAL = frozenset({"range", "if-none-match", "if-modified-since"})


@dataclass(frozen=True, slots=True)
class Request:
    """What the browser asks for, as it is to be asked.

    Attributes:
        method: as the browser had it; what is passed on for an answer is a GET always.
        url: absolute, without fragment.
        fields: the browser's own, in its order and spelling, without those that concern its
            connection, would make the answer a part, or hold a password; then ours.
        hop: how the page led to it: `Hop.EMBED`, `Hop.REDIRECT` for what the page moved on to, by
            an answer or by a script, and None for the page itself.
    """

    method: str
    url: str
    fields: tuple[tuple[str, str], ...]
    hop: Hop | None = Hop.EMBED


Reply = Exchange | Verdict
Ask = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Answered:
    """A request and what came of it; the exchange is at its start, and the caller's to close."""

    request: Request
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Unasked:
    """A request that was refused, and the rule that says so."""

    request: Request
    rule: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that was allowed, and could not be made."""

    request: Request
    error: FetchError


@dataclass(frozen=True, slots=True)
class _Heard:
    """A request line and its fields, as the browser sent them."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        return next((value for key, value in self.fields if key.lower() == name), "")

    @property
    def navigation(self) -> bool:
        # The second is sent by Chromium with every request for a document, and with no other.
        wanted = self.get("sec-fetch-mode") == "navigate"
        return wanted or self.get("upgrade-insecure-requests") == "1"


class Proxy:
    """A proxy on a loopback port of its own, for one page; a context manager.

    Leaving it ends all connections and waits for the calls of `ask` that are in hand, so that none
    runs afterwards.

    Attributes:
        answered: what was asked and answered, in the order of the answers.
        refused: what was refused; of these and of those below no more are kept than may be asked.
        failed: what was allowed and could not be made.
        fault: what went wrong in `ask` besides; None when nothing did.
        requests: how many requests there were, however they ended.
        role_field: the name of the field by which the browser's driver may say what a document is
            to it: ``page``, or ``redirect``. It is not passed on, and no script can guess it.
    """

    def __init__(
        self,
        ask: Ask,
        user_agent: str,
        certificate: ProxyCertificate | None = None,
        *,
        requests: int = 2000,
        total: int = 1 << 29,
        at_once: int = 6,
    ) -> None:
        """Make one.

        Args:
            ask: gives the answer to a request, or a verdict that refuses it; may raise
                `FetchError`. It is called from threads of the proxy's own.
            user_agent: takes the place of any that a request has.
            certificate: to speak TLS with; without one, requests of https are not understood.
            requests: most calls of `ask`.
            total: bytes of answers after which no more is asked.
            at_once: how many calls of `ask` may run at a time.
        """
        self.answered: list[Answered] = []
        self.refused: list[Unasked] = []
        self.failed: list[Failed] = []
        self.fault: Exception | None = None
        self.requests = 0
        self.role_field = f"Role-{token_hex(8)}"
        self._ask = ask
        self._user_agent = user_agent
        self._certificate = certificate
        self._most, self._total, self._at_once = requests, total, at_once
        self._state = threading.Condition()
        self._asked = 0
        self._bytes = 0
        self._in_hand = 0  # calls of `ask` that run
        self._waiting = 0  # requests that are to be answered, their calls included
        self._moved_at = monotonic()
        self._shut = ""  # the rule that refuses everything, once there is one
        self._known: dict[str, Exchange] = {}
        self._reading: dict[int, threading.Lock] = {}
        self._threads: set[threading.Thread] = set()
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens at, on 127.0.0.1."""
        if self._listener is None:
            raise RuntimeError("the proxy is not open")
        return int(self._listener.getsockname()[1])

    @property
    def idle(self) -> float:
        """For how many seconds nothing was asked for or passed on; 0 while an answer is awaited."""
        with self._state:
            return 0.0 if self._waiting else monotonic() - self._moved_at

    def shut(self, rule: str) -> None:
        """Refuse every request from now on, by a rule; the first rule stands."""
        with self._state:
            self._shut = self._shut or rule
            self._state.notify_all()

    def __enter__(self) -> "Proxy":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_CONNECTIONS)
        self._accepting = threading.Thread(target=self._accept, daemon=True, name="capture proxy")
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut("browser: the page was closed")
        if self._listener is not None and self._accepting is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._accepting.join()
        with self._state:
            threads = list(self._threads)
            for open_socket in self._sockets:
                with suppress(OSError):
                    open_socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for taken in self.answered:
            taken.exchange.response.seek(0)

    def _accept(self) -> None:
        listener = self._listener
        assert listener is not None  # noqa: S101 - for the type checker
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            with self._state:
                if len(self._threads) >= _CONNECTIONS:
                    connection.close()
                    continue
                thread = threading.Thread(target=self._attend, args=(connection,), daemon=True)
                self._threads.add(thread)
                self._sockets.add(connection)
            thread.start()

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(_SILENCE)
                self._converse(_Line(connection), origin="")
        except (OSError, ValueError) as error:  # the browser hung up, or spoke no HTTP
            _log.debug("a connection of the browser ended: %s", error)
        except Exception as error:
            _log.exception("the capture proxy failed")
            self._note_fault(error)
        finally:
            with self._state:
                self._sockets.discard(connection)
                self._threads.discard(threading.current_thread())

    def _converse(self, line: "_Line", origin: str) -> None:
        # `origin` is what targets without one belong to: behind a CONNECT the host it named.
        while (heard := line.request()) is not None:
            if heard.method == "CONNECT" and not origin:
                self._tunnel(line, heard.target)
                return
            with self._state:
                self.requests += 1
                self._moved_at = monotonic()
            if not self._answer(line, heard, origin):
                return

    def _tunnel(self, line: "_Line", authority: str) -> None:
        if line.ahead or self._certificate is None:
            return  # whoever talks before being let in is no browser
        line.socket.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        if line.socket.recv(1, socket.MSG_PEEK) != b"\x16":  # a TLS handshake record
            self._converse(line, f"http://{_without_port(authority, 80)}")
            return
        inner = self._certificate.context.wrap_socket(
            line.socket, server_side=True, do_handshake_on_connect=False
        )
        with inner:
            with self._state:
                self._sockets.add(inner)
            try:
                inner.do_handshake()
                self._converse(_Line(inner), f"https://{_without_port(authority, 443)}")
            finally:
                with self._state:
                    self._sockets.discard(inner)

    def _answer(self, line: "_Line", heard: _Heard, origin: str) -> bool:
        """Answer one request; tell whether the connection may go on."""
        request = self._request(heard, origin)
        rule = _refusal(heard, request)
        if rule:
            line.drain(heard)
            self._note_refused(Unasked(request, rule))
            status = _NOT_ALLOWED if rule.startswith("method:") else _FORBIDDEN
            nothing = heard.navigation or rule == _ENDLESS
            return line.say(_NOTHING if nothing else status, closing=True)
        if heard.method == "OPTIONS":
            return line.consent(heard)
        known = self._known.get(request.url) if _PARTIAL & _names(heard) else None
        if known is not None:
            return self._pass_on(line, heard, known)
        reply = self._asking(request)
        if isinstance(reply, Exchange) and reply.head is not None:
            return self._pass_on(line, heard, reply)
        status = _FORBIDDEN if reply is _FORBIDDEN else _NO_ANSWER
        return line.say(_NOTHING if heard.navigation else status, closing=False)

    def _request(self, heard: _Heard, origin: str) -> Request:
        left_out = _NOT_PASSED | {self.role_field.lower()}
        fields = [(name, value) for name, value in heard.fields if name.lower() not in left_out]
        accepted = (part.strip() for part in heard.get("accept-encoding").split(","))
        codings = ", ".join(coding for coding in accepted if coding in CODINGS.split(", "))
        fields += [("User-Agent", self._user_agent), ("Accept-Encoding", codings or "identity")]
        role = heard.get(self.role_field.lower())
        hop = None if role == "page" else Hop.REDIRECT if role == "redirect" else Hop.EMBED
        return Request(heard.method, origin + heard.target, tuple(fields), hop)

    def _asking(self, request: Request) -> Exchange | str:
        """Ask, when it is this request's turn, and note what came; else give the status to say."""
        with self._state:
            self._waiting += 1
            self._state.wait_for(lambda: self._shut or self._in_hand < self._at_once)
            rule = self._limit()
            if rule:
                self._waiting -= 1
                self._note_refused(Unasked(request, rule))
                return _FORBIDDEN
            self._asked += 1
            self._in_hand += 1
        try:
            reply = self._ask(request)
        except FetchError as error:
            with self._state:
                self.failed.append(Failed(request, error))
            return _NO_ANSWER
        except Exception as error:
            self._note_fault(error)
            return _NO_ANSWER
        finally:
            with self._state:
                self._in_hand -= 1
                self._waiting -= 1
                self._moved_at = monotonic()
                self._state.notify_all()
        with self._state:
            if isinstance(reply, Verdict):
                self._note_refused(Unasked(request, reply.rule))
                return _FORBIDDEN
            self._bytes += reply.length
            self.answered.append(Answered(request, reply))
            self._reading[id(reply)] = threading.Lock()
            if reply.cut is None and reply.head and reply.head.status == 200:
                self._known[request.url] = reply
        return reply

    def _limit(self) -> str:
        if self._shut:
            return self._shut
        if self._asked >= self._most:
            return f"browser: more than {self._most} requests"
        return f"browser: more than {self._total} bytes" if self._bytes >= self._total else ""

    def _pass_on(self, line: "_Line", heard: _Heard, exchange: Exchange) -> bool:
        """Pass an answer on as it came; tell whether the connection may go on."""
        whole = heard.method != "HEAD"
        left = exchange.length if whole else exchange.body_start
        at = 0
        while at < left:
            with self._reading[id(exchange)]:  # it may be passed on twice at the same time
                exchange.response.seek(at)
                part = exchange.response.read(min(_STEP, left - at))
            if not part:
                return False
            line.socket.sendall(part)
            at += len(part)
            self._moved_at = monotonic()
        return not whole or _ends_by_itself(exchange)

    def _note_refused(self, unasked: Unasked) -> None:
        with self._state:
            if len(self.refused) < self._most:
                self.refused.append(unasked)

    def _note_fault(self, error: Exception) -> None:
        with self._state:
            self.fault = self.fault or error
        self.shut("browser: an error of our own")


class _Line:
    """A connection to the browser: reads requests, says short answers of our own."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.ahead = b""  # read, and behind what was asked so far

    def request(self) -> _Heard | None:
        """Read the next request's head; None when the browser has hung up.

        Raises:
            ValueError: when it is none, or too long.
        """
        while b"\r\n\r\n" not in self.ahead:
            if len(self.ahead) > _HEAD_LIMIT:
                raise ValueError("the head of a request is too long")
            part = self.socket.recv(_STEP)
            if not part:
                return None
            self.ahead += part
        head, _, self.ahead = self.ahead.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        return _Heard(method, target, tuple((name, value.strip()) for name, _, value in pairs))

    def drain(self, heard: _Heard) -> None:
        """Read the body of a request that is refused, so that the browser hears the answer."""
        length = heard.get("content-length")
        left = min(int(length), _DRAINED) if length.isdecimal() else 0
        left -= len(self.ahead)
        while left > 0 and (part := self.socket.recv(min(left, _STEP))):
            left -= len(part)

    def say(self, status: str, *, closing: bool, fields: str = "") -> bool:
        """Answer without a body; tell whether the connection may go on."""
        length = "" if status.startswith("204") else "Content-Length: 0\r\n"
        close = "Connection: close\r\n" if closing else ""
        head = f"HTTP/1.1 {status}\r\nCache-Control: no-store\r\n{fields}{length}{close}\r\n"
        self.socket.sendall(head.encode("latin-1"))
        return not closing

    def consent(self, heard: _Heard) -> bool:
        """Answer for a server that it may be asked from another origin; what it says counts."""
        fields = "".join(
            f"{name}: {value}\r\n"
            for name, value in (
                ("Access-Control-Allow-Origin", heard.get("origin")),
                ("Access-Control-Allow-Methods", ", ".join(_METHODS)),
                ("Access-Control-Allow-Headers", heard.get("access-control-request-headers")),
                ("Access-Control-Allow-Credentials", "true"),
            )
            if value
        )
        return self.say("204 No Content", closing=False, fields=fields)


def _refusal(heard: _Heard, request: Request) -> str:
    """Give the rule by which a request must not even be considered; empty when there is none."""
    if heard.get("upgrade"):
        return f"method: {heard.get('upgrade').lower()[:40]}"
    if heard.method == "OPTIONS" and heard.get("access-control-request-method") in _METHODS:
        return ""
    if heard.method not in _METHODS:
        return f"method: {heard.method[:40]}"
    if heard.get("accept") == "text/event-stream":
        return _ENDLESS
    made_by_itself = (heard.get("sec-fetch-site"), heard.get("sec-fetch-mode"))
    if made_by_itself == ("none", "no-cors"):
        return "browser: not asked for by the page"
    parts = urlsplit(request.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "browser: no address of the web"
    return ""


def _ends_by_itself(exchange: Exchange) -> bool:
    """Tell whether the browser finds the end of an answer without its connection being closed."""
    head = exchange.head
    if exchange.cut is not None or head is None or head.protocol != "HTTP/1.1":
        return False
    if any("close" in value.lower() for value in head.headers.get_all("Connection")):
        return False
    if head.headers.get("Transfer-Encoding"):
        return head.chunked
    lengths = head.headers.get_all("Content-Length")
    body = exchange.length - exchange.body_start
    return lengths == [str(body)] or (not lengths and not body and head.status in (204, 304))


def _names(heard: _Heard) -> set[str]:
    return {name.lower() for name, _ in heard.fields}


def _without_port(authority: str, usual: int) -> str:
    return authority.removesuffix(f":{usual}")
