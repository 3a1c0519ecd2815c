"""A proxy through which a browser asks: what is passed on, what is refused, and what is kept."""

import io
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.capture.certificate import ProxyCertificate
from archiver.capture.exchange import Cut, Exchange
from archiver.capture.link import Hop
from archiver.capture.proxy import Ask, Proxy, Reply, Request
from archiver.capture.verdict import Verdict
from archiver.errors import FetchError, NotWritableError
from archiver.http import parse_head
from tests.builders import chunked
from tests.loopback import answer

AGENT = "Chromium marsham-test (+mailto:archive@archive.example)"
PAGE = "http://www.homeoffice.example/crime/"
OK = answer(b"<p>Crime and policing</p>")


def exchange(raw: bytes, url: str = PAGE, cut: Cut | None = None) -> Exchange:
    """Make an exchange of an answer's bytes."""
    parsed = parse_head(raw)
    return Exchange(
        url=url,
        request=b"",
        asked_at=datetime.now(UTC),
        response=io.BytesIO(raw),
        length=len(raw),
        head=parsed[0] if parsed else None,
        body_start=parsed[1] if parsed else 0,
        address="192.0.2.1",
        port=80,
        cut=cut,
    )


class Web:
    """Answers every request alike, and remembers it."""

    def __init__(self, raw: bytes = OK, cut: Cut | None = None) -> None:
        self.raw, self.cut = raw, cut
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return exchange(self.raw, request.url, self.cut)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.asked]


class Line:
    """A connection to a proxy."""

    def __init__(self, proxy: Proxy) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)

    def send(self, method: str, target: str, *fields: str, body: bytes = b"") -> None:
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *fields, "", ""])
        self.socket.sendall(head.encode("latin-1") + body)

    def read(self, length: int) -> bytes:
        got = b""
        while len(got) < length and (part := self.socket.recv(length - len(got))):
            got += part
        return got

    def head(self) -> str:
        got = b""
        while not got.endswith(b"\r\n\r\n"):
            part = self.socket.recv(1)
            assert part, f"the connection ended after {got!r}"
            got += part
        return got.decode("latin-1")

    def rest(self) -> bytes:
        return self.read(1 << 30)

    def secure(self, host: str) -> None:
        self.send("CONNECT", host)
        assert self.head().startswith("HTTP/1.1 200 ")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)


@contextmanager
def line_to(ask: Ask, **limits: int) -> Iterator[tuple[Proxy, Line]]:
    with Proxy(ask, AGENT, **limits) as proxy:  # type: ignore[arg-type]
        line = Line(proxy)
        with line.socket:
            yield proxy, line


@pytest.fixture(scope="module")
def certificate() -> ProxyCertificate:
    return ProxyCertificate.make()


# What is passed on


@pytest.mark.parametrize(
    "raw",
    [
        OK,
        answer(b"", status="204 No Content", fields=(), length=None),
        answer(b"x", fields=(("conTENT-type", "text/html"), ("X-Odd", "caf\xe9"), ("X-Odd", " 2"))),
        answer(
            chunked(b"Crime and policing", 5),
            fields=(("Transfer-Encoding", "chunked"),),
            length=None,
        ),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;odd=1\r\nabc\r\n0\r\nA: b\r\n\r\n",
    ],
)
def test_an_answer_reaches_the_browser_as_it_came_and_the_connection_goes_on(raw: bytes) -> None:
    with line_to(Web(raw)) as (_, line):
        for _ in range(2):
            line.send("GET", PAGE)
            assert line.read(len(raw)) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.0 200 OK\r\n\r\nno length",
        b"HTTP/1.1 200 OK\r\n\r\nno length",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nless",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\nContent-Type: text/html",
    ],
)
def test_where_only_the_end_of_the_connection_can_tell_it_is_ended(raw: bytes) -> None:
    with line_to(Web(raw)) as (_, line):
        line.send("GET", PAGE)
        assert line.rest() == raw


def test_an_answer_that_was_cut_ends_as_abruptly_for_the_browser() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
    with line_to(Web(raw, Cut.DISCONNECT)) as (proxy, line):
        line.send("GET", PAGE)
        assert line.rest() == raw
    assert [one.exchange.response.read() for one in proxy.answered] == [raw]


@given(
    body=st.binary(max_size=300_000),
    head=st.sampled_from([None, "length", "chunked"]),
    status=st.sampled_from(["200 OK", "404 Not Found", "302 Found"]),
)
@settings(max_examples=30)
def test_whatever_the_answer_its_bytes_stay_the_same(
    body: bytes, head: str | None, status: str
) -> None:
    if head == "chunked":
        fields = (("Transfer-Encoding", "chunked"),)
        raw = answer(chunked(body, 1000), status=status, fields=fields, length=None)
    else:
        raw = answer(body, status=status, length=-1 if head else None)
    with line_to(Web(raw)) as (proxy, line):
        line.send("GET", PAGE)
        assert line.read(len(raw)) == raw
    assert proxy.answered[0].exchange.response.read() == raw


def test_a_head_is_asked_for_with_its_body_and_given_without() -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        for _ in range(2):
            line.send("HEAD", PAGE)
            assert line.head().encode() == OK.partition(b"<p>")[0]
    assert proxy.answered[0].exchange.response.read() == OK
    assert web.urls == [PAGE, PAGE]


def test_the_fields_of_the_browser_are_passed_on_in_its_order_and_spelling() -> None:
    web = Web()
    with line_to(web) as (_, line):
        line.send(
            *("GET", PAGE, "Host: www.homeoffice.example", "Proxy-Connection: keep-alive"),
            *(
                "sec-ch-ua: x",
                "User-Agent: a script",
                "Cookie: a=b",
                "accept: */*",
                "Range: bytes=1-",
            ),
            *("If-None-Match: x", "If-Modified-Since: x", "Authorization: Basic eDp5"),
            *("Proxy-Authorization: x", "Connection: x", "Accept-Encoding: gzip, br, dcb, zstd"),
            "Referer: http://www.homeoffice.example/",
        )
        assert line.read(len(OK)) == OK
    assert web.asked[0].fields == (
        ("sec-ch-ua", "x"),
        ("Cookie", "a=b"),
        ("accept", "*/*"),
        ("Referer", "http://www.homeoffice.example/"),
        ("User-Agent", AGENT),
        ("Accept-Encoding", "gzip, br, zstd"),
    )


def test_a_part_of_what_is_known_is_answered_by_the_whole_without_asking_again() -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        for field in ("A: b", "Range: bytes=5-", "If-None-Match: x"):
            line.send("GET", PAGE, field)
            assert line.read(len(OK)) == OK
        line.send("GET", PAGE + "film.mp4", "Range: bytes=0-")
        assert line.read(len(OK)) == OK
    assert web.urls == [PAGE, PAGE + "film.mp4"]
    assert proxy.requests == 4


def test_what_a_document_is_to_the_page_is_said_by_a_field_that_ends_here() -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        for role in ("page", "redirect", "anything"):
            line.send("GET", PAGE, f"{proxy.role_field}: {role}")
            line.read(len(OK))
    assert [request.hop for request in web.asked] == [None, Hop.REDIRECT, Hop.EMBED]
    assert {name for one in web.asked for name, _ in one.fields} == {
        "User-Agent",
        "Accept-Encoding",
    }


# Tunnels


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("www.homeoffice.example:443", "https://www.homeoffice.example/crime?"),
        ("www.homeoffice.example:8443", "https://www.homeoffice.example:8443/crime?"),
        ("[2001:db8::1]:443", "https://[2001:db8::1]/crime?"),
    ],
)
def test_a_secure_address_is_asked_for_by_its_whole_name(
    host: str, url: str, certificate: ProxyCertificate
) -> None:
    web = Web()
    with Proxy(web, AGENT, certificate) as proxy:
        line = Line(proxy)
        line.secure(host)
        for _ in range(2):
            line.send("GET", "/crime?")
            assert line.read(len(OK)) == OK
        line.socket.close()
    assert web.urls == [url, url]


def test_without_a_certificate_no_secure_address_can_be_asked_for() -> None:
    with line_to(Web()) as (_, line):
        line.send("CONNECT", "www.homeoffice.example:443")
        assert line.rest() == b""


def test_a_socket_of_a_script_is_refused_in_a_tunnel_and_without(
    certificate: ProxyCertificate,
) -> None:
    web = Web()
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    with Proxy(web, AGENT, certificate) as proxy:
        for secure in (True, False):
            line = Line(proxy)
            if secure:
                line.secure("chat.homeoffice.example:443")
            else:
                line.send("CONNECT", "chat.homeoffice.example:80")
                line.head()
            line.send("GET", "/live", *upgrade)
            assert line.rest().startswith(b"HTTP/1.1 405 ")
            line.socket.close()
    assert [(one.request.url, one.rule) for one in proxy.refused] == [
        ("https://chat.homeoffice.example/live", "method: websocket"),
        ("http://chat.homeoffice.example/live", "method: websocket"),
    ]
    assert web.asked == []


def test_a_tunnel_in_a_tunnel_is_no_address() -> None:
    web = Web()
    certificate = ProxyCertificate.make()
    with Proxy(web, AGENT, certificate) as proxy:
        line = Line(proxy)
        line.secure("www.homeoffice.example:443")
        line.send("CONNECT", "mail.homeoffice.example:25")
        assert line.rest().startswith(b"HTTP/1.1 405 ")
        line.socket.close()
    assert web.asked == []


# What is refused


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_what_would_change_something_is_refused_and_noted(method: str) -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        line.send(method, PAGE, "Content-Length: 200000", body=b"a" * 200_000)
        assert line.rest().startswith(b"HTTP/1.1 405 ")
    assert web.asked == []
    assert [(one.request.method, one.rule) for one in proxy.refused] == [
        (method, f"method: {method}")
    ]


def test_what_the_rules_refuse_is_forbidden_to_the_page() -> None:
    with line_to(lambda _: Verdict(False, "scope: outside host")) as (proxy, line):
        for _ in range(2):
            line.send("GET", PAGE)
            assert line.head().startswith("HTTP/1.1 403 ")
    assert [(one.request.url, one.rule) for one in proxy.refused] == [
        (PAGE, "scope: outside host")
    ] * 2
    assert proxy.answered == []


@pytest.mark.parametrize("field", ["Sec-Fetch-Mode: navigate", "Upgrade-Insecure-Requests: 1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_that_would_move_on_to_what_is_refused_stays_where_it_is(
    field: str, method: str
) -> None:
    with line_to(lambda _: Verdict(False, "scope: outside host")) as (proxy, line):
        line.send(method, PAGE, field)
        assert line.head().startswith("HTTP/1.1 204 ")
    assert len(proxy.refused) == 1


def test_what_cannot_be_fetched_is_told_apart_from_what_is_refused() -> None:
    def ask(request: Request) -> Reply:
        raise FetchError(request.url, "nobody answered", passing=True)

    with line_to(ask) as (proxy, line):
        line.send("GET", PAGE)
        assert line.head().startswith("HTTP/1.1 502 ")
    assert [one.error.reason for one in proxy.failed] == ["nobody answered"]
    assert proxy.refused == []
    assert proxy.fault is None


def test_what_is_no_answer_of_the_web_is_kept_and_not_passed_on() -> None:
    with line_to(Web(b"SSH-2.0-OpenSSH_9.2\r\n")) as (proxy, line):
        line.send("GET", PAGE)
        assert line.head().startswith("HTTP/1.1 502 ")
    assert proxy.answered[0].exchange.response.read() == b"SSH-2.0-OpenSSH_9.2\r\n"


def test_a_stream_without_an_end_is_not_begun() -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        line.send("GET", PAGE, "Accept: text/event-stream")
        assert line.head().startswith("HTTP/1.1 204 ")  # so that it is not tried again
    assert [one.rule for one in proxy.refused] == ["browser: a stream without an end"]
    assert web.asked == []


def test_what_the_browser_asks_for_by_itself_is_not_asked() -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        line.send("GET", PAGE, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: no-cors")
        assert line.head().startswith("HTTP/1.1 403 ")
    assert [one.rule for one in proxy.refused] == ["browser: not asked for by the page"]


@pytest.mark.parametrize("target", ["/crime", "ftp://ftp.example/", "http://", "http://[", "*", ""])
def test_what_is_no_address_of_the_web_is_not_asked(target: str) -> None:
    web = Web()
    with line_to(web) as (_, line):
        line.send("GET", target)
        line.rest()
    assert web.asked == []


def test_another_origin_is_consented_to_for_reading_and_nothing_else() -> None:
    web = Web()
    origin = "Origin: https://www.homeoffice.example"
    with line_to(web) as (proxy, line):
        wanted = ("Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-key")
        line.send("OPTIONS", PAGE, origin, *wanted)
        head = line.head()
        assert head.startswith("HTTP/1.1 204 ")
        assert "\r\nAccess-Control-Allow-Origin: https://www.homeoffice.example\r\n" in head
        assert "\r\nAccess-Control-Allow-Headers: x-key\r\n" in head
        line.send("OPTIONS", PAGE, origin, "Access-Control-Request-Method: PUT")
        assert line.head().startswith("HTTP/1.1 405 ")
    assert web.asked == []
    assert [one.rule for one in proxy.refused] == ["method: OPTIONS"]


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET http://a.example/ HTTP/1.1\r\n" + b"A: " + b"a" * 300_000,
    ],
)
def test_what_is_no_request_ends_the_connection(said: bytes) -> None:
    web = Web()
    with line_to(web) as (proxy, line):
        line.socket.sendall(said)
        with suppress(ConnectionResetError):  # it need not have been read to its end
            assert line.rest() == b""
        assert proxy.fault is None
    assert web.asked == []


# Limits


def test_no_more_is_asked_than_is_allowed() -> None:
    web = Web()
    with line_to(web, requests=2) as (proxy, line):
        for _ in range(2):
            line.send("GET", PAGE)
            assert line.read(len(OK)) == OK
        for _ in range(50):
            line.send("GET", PAGE)
            assert line.head().startswith("HTTP/1.1 403 ")
    assert len(web.asked) == 2
    assert [one.rule for one in proxy.refused] == ["browser: more than 2 requests"] * 2
    assert proxy.requests == 52


def test_nothing_is_asked_once_there_are_bytes_enough() -> None:
    web = Web()
    with line_to(web, total=len(OK)) as (proxy, line):
        line.send("GET", PAGE)
        assert line.read(len(OK)) == OK
        line.send("GET", PAGE)
        assert line.head().startswith("HTTP/1.1 403 ")
    assert [one.rule for one in proxy.refused] == [f"browser: more than {len(OK)} bytes"]


def test_no_more_is_asked_at_a_time_than_is_allowed() -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def ask(request: Request) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(10)  # two there must be
        with lock:
            running -= 1
        return exchange(OK, request.url)

    with Proxy(ask, AGENT, at_once=2) as proxy:
        lines = [Line(proxy) for _ in range(6)]
        for line in lines:
            line.send("GET", PAGE)
        for line in lines:
            assert line.read(len(OK)) == OK
            line.socket.close()
    assert most == 2


def test_leaving_waits_for_what_is_being_asked_and_asks_no_more() -> None:
    begun, may_end = threading.Event(), threading.Event()
    asked = []

    def ask(request: Request) -> Reply:
        asked.append(request.url)
        begun.set()
        may_end.wait(10)
        return exchange(OK, request.url)

    with Proxy(ask, AGENT, at_once=1) as proxy:
        lines = [Line(proxy), Line(proxy)]
        lines[0].send("GET", PAGE)
        assert begun.wait(10)
        lines[1].send("GET", PAGE + "2")
        threading.Timer(0.2, may_end.set).start()
    assert [one.exchange.response.read() for one in proxy.answered] == [OK]
    assert asked == [PAGE]
    for line in lines:
        line.socket.close()


def test_a_browser_that_takes_nothing_does_not_keep_the_proxy() -> None:
    with line_to(Web(answer(b"a" * (1 << 24)))) as (proxy, line):
        line.send("GET", PAGE)
        line.read(1)
    assert len(proxy.answered) == 1


def test_a_disk_without_room_is_told_of_and_nothing_is_asked_afterwards() -> None:
    asked = []

    def ask(request: Request) -> Reply:
        asked.append(request.url)
        raise NotWritableError("a folder", "No space left on device")

    with line_to(ask) as (proxy, line):
        for status in ("502", "403"):
            line.send("GET", PAGE)
            assert line.head().startswith(f"HTTP/1.1 {status} ")
    assert isinstance(proxy.fault, NotWritableError)
    assert len(asked) == 1


def test_nothing_is_asked_once_it_is_shut_and_the_first_rule_is_the_one_told() -> None:
    web = Web()
    with Proxy(web, AGENT) as proxy:
        proxy.shut("browser: more than 10 seconds")
        proxy.shut("another")
        line = Line(proxy)
        line.send("GET", PAGE)
        assert line.head().startswith("HTTP/1.1 403 ")
        line.socket.close()
    assert [one.rule for one in proxy.refused] == ["browser: more than 10 seconds"]
    assert web.asked == []


def test_it_is_idle_only_while_no_answer_is_awaited() -> None:
    may_end = threading.Event()

    def ask(request: Request) -> Reply:
        may_end.wait(10)
        return exchange(OK, request.url)

    with line_to(ask) as (proxy, line):
        assert proxy.idle < 5
        line.send("GET", PAGE)
        while proxy.idle:
            pass
        may_end.set()
        assert line.read(len(OK)) == OK
        while not proxy.idle:
            pass
