import shutil
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.capture.exchange import Cut, Exchange
from archiver.capture.wire import Limits, Wire
from archiver.errors import FetchError, InputError, NotWritableError, RefusedAddressError
from archiver.fetch.guard import Guard
from archiver.payload import read_block
from tests.archiver.capture.answers import CHUNKED, CUT, EARLY, FAULTY, OK, UNTIL_CLOSE, WHOLE
from tests.builders import chunked
from tests.loopback import LocalAuthority, Loopback, Reply, answer

AGENT = "marsham-test (archive@archive.example)"
PAGE = answer(b"<p>Crime and policing</p>")


def wire(*servers: Loopback, **limits: float) -> Wire:
    """Make a wire that may ask these servers, though they are on this machine."""
    private = frozenset(server.authority for server in servers)
    return Wire(AGENT, Guard(private), Limits(**limits))  # type: ignore[arg-type]


@contextmanager
def asked(reply: Reply, target: str = "/", **limits: float) -> Iterator[Exchange]:
    """Ask a server that answers so and closes the connection."""
    with (
        Loopback(lambda _: reply) as server,
        wire(server, **limits) as asking,
        asking.ask(server.url + target) as exchange,
    ):
        yield exchange


def endless(start: bytes, piece: bytes) -> Iterator[bytes]:
    yield start
    while True:
        yield piece


# What is sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        *((path, path) for path in ("/list?", "/%zz", "/%7E", "/%2f", "/|", "/[1]", "//x", "/%E9")),
        *((path, path) for path in ("/%e9", "/a/../b/./c", "/a?b=1&b", "/\"<>\\^`{}'")),
        ("/crime and policing/\u00e9", "/crime%20and%20policing/%C3%A9"),
        ("/crime?#part", "/crime?"),
        ("?a", "/?a"),
        ("", "/"),
        ("/a\r\nX-Injected: 1", "/a%0D%0AX-Injected:%201"),
    ],
)
def test_an_address_is_sent_as_it_is_written_and_recorded_as_it_was_sent(
    written: str, sent: str
) -> None:
    with (
        Loopback(lambda _: PAGE) as server,
        wire(server) as asking,
        asking.ask(server.url + written) as exchange,
    ):
        assert server.asked == [sent]
        assert exchange.url == server.url + sent


def test_a_request_is_recorded_byte_for_byte() -> None:
    with (
        Loopback(lambda _: PAGE) as server,
        wire(server) as asking,
        asking.ask(
            server.url + "/a", [("Referer", "http://a.example/"), ("Cookie", "caf\xe9")]
        ) as exchange,
    ):
        assert server.requests == [exchange.request]
        lines = exchange.request.decode("latin-1").split("\r\n")
        assert lines == [
            *("GET /a HTTP/1.1", f"Host: {server.authority}", f"User-Agent: {AGENT}"),
            *("Accept: */*", "Accept-Encoding: gzip", "Connection: keep-alive"),
            *("Referer: http://a.example/", "Cookie: caf\xe9", "", ""),
        ]


def test_a_field_of_the_callers_takes_the_place_of_ours() -> None:
    fields = [("accept", "text/html"), ("Accept-Encoding", "identity"), ("X-A", "1"), ("X-A", "2")]
    with (
        Loopback(lambda _: PAGE) as server,
        wire(server) as asking,
        asking.ask(server.url + "/", fields) as exchange,
    ):
        sent = exchange.request.lower()
    assert sent.count(b"\r\naccept: ") == sent.count(b"\r\naccept-encoding: ") == 1
    assert b"x-a: 1\r\nx-a: 2\r\n" in sent


@pytest.mark.parametrize(
    "field",
    [
        *(("Range", "bytes=4-"), ("host", "other.example"), ("Content-Length", "5")),
        *(("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("", "1"), ("X-A", "\u0663"), ("X-A", "\0")),
    ],
)
def test_a_field_that_could_break_a_request_or_ask_for_a_part_is_not_sent(
    field: tuple[str, str],
) -> None:
    with Loopback(lambda _: PAGE) as server, wire(server) as asking:
        with pytest.raises(InputError):
            asking.ask(server.url + "/", [field])
        assert server.connections == 0


def test_a_user_and_password_in_an_address_are_neither_sent_nor_kept() -> None:
    with Loopback(lambda _: PAGE) as server, wire(server) as asking:
        place = server.url.replace("://", "://reader:secret@")
        with asking.ask(place + "/a@b") as exchange:
            assert exchange.url == server.url + "/a@b"
        with pytest.raises(FetchError) as caught:
            asking.ask("http://reader:secret@www.homeoffice.example:99999/")
        assert "secret" not in str(caught.value)
        assert b"secret" not in server.requests[0]
        assert "authorization" not in server.heads[0]


def test_nothing_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Loopback(lambda _: PAGE) as proxy, Loopback(lambda _: PAGE) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        with wire(server) as asking, asking.ask(server.url + "/"):
            pass
        assert (proxy.connections, server.connections) == (0, 1)
        assert "authorization" not in server.heads[0]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed_and_no_cookie_kept(status: str) -> None:
    sent = answer(
        b"moved", status=status, fields=[("Location", "/elsewhere"), ("Set-Cookie", "a=b")]
    )
    with Loopback(lambda _: sent) as server, wire(server) as asking:
        for _ in range(2):
            with asking.ask(server.url + "/") as exchange:
                assert exchange.response.read() == sent
        assert server.asked == ["/", "/"]
        assert "cookie" not in server.heads[1]


def test_addresses_of_this_machine_are_left_alone_unless_allowed() -> None:
    with Loopback(lambda _: PAGE) as server, Wire(AGENT) as asking:
        with pytest.raises(RefusedAddressError):
            asking.ask(server.url + "/")
        assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "ftp://a.example/", "http:///", "http://a:b/", "http://[::1/"),
        *("http://a b.example/", "http://a.example\u0000/", "http://a.example/\ud800", "crime"),
    ],
)
def test_what_is_no_address_of_the_web_is_told_before_anything_is_asked(url: str) -> None:
    with Wire(AGENT) as asking, pytest.raises(FetchError) as caught:
        asking.ask(url)
    assert not caught.value.passing


def test_a_connection_goes_to_the_address_that_was_judged_and_keeps_the_name() -> None:
    with Loopback(lambda _: PAGE) as server:
        port = int(server.authority.partition(":")[2])
        place = f"www.homeoffice.example:{port}"
        guard = Guard(frozenset([place]), lambda *_: ["127.0.0.1"])
        with (
            Wire(AGENT, guard) as asking,
            asking.ask(f"HTTP://WWW.Homeoffice.example:{port}/") as e,
        ):
            assert (e.address, e.port, e.url) == ("127.0.0.1", port, f"http://{place}/")
        assert server.heads[0]["host"] == place


def test_where_nobody_listens_nothing_is_captured() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    with Wire(AGENT, Guard(frozenset([place]))) as asking, pytest.raises(FetchError) as caught:
        asking.ask(f"http://{place}/")
    assert caught.value.passing
    assert "refused" in str(caught.value)


# What comes


def in_parts(sent: bytes, size: int) -> list[bytes]:
    return [sent[at : at + size] for at in range(0, len(sent), size)]


@pytest.mark.parametrize("size", [7, 1 << 20])
@pytest.mark.parametrize("name", [*WHOLE, *UNTIL_CLOSE])
def test_an_answer_is_kept_byte_for_byte(name: str, size: int) -> None:
    sent = (WHOLE | UNTIL_CLOSE)[name]
    with asked(in_parts(EARLY + sent, size)) as exchange:
        assert exchange.response.tell() == 0
        assert exchange.response.read() == sent
        assert exchange.length == len(sent)
        assert exchange.head is not None
        assert (exchange.cut, exchange.fault, exchange.passing) == (None, "", False)
        assert exchange.interim == (EARLY,)
        assert exchange.surplus == 0


@pytest.mark.parametrize("name", FAULTY)
def test_a_senseless_answer_is_kept_byte_for_byte_and_its_fault_told(name: str) -> None:
    sent, fault = FAULTY[name]
    with asked(sent) as exchange:
        assert exchange.response.read() == sent
        assert fault in exchange.fault
        assert (exchange.cut, exchange.passing) == (None, False)


@pytest.mark.parametrize("name", CUT)
def test_an_answer_that_breaks_off_is_kept_and_marked(name: str) -> None:
    sent, fault = CUT[name]
    with asked(sent) as exchange:
        assert exchange.response.read() == sent
        assert fault in exchange.fault
        assert (exchange.cut, exchange.passing) == (Cut.DISCONNECT, True)


@given(sent=st.sampled_from([*WHOLE.values()]), cuts=st.lists(st.integers(1, 150), max_size=8))
@settings(max_examples=40, deadline=None)
def test_in_whatever_parts_it_comes_an_answer_is_kept(sent: bytes, cuts: list[int]) -> None:
    at = [0, *sorted({cut for cut in cuts if cut < len(sent)}), len(sent)]
    parts = [sent[start:end] for start, end in pairwise(at)]
    with asked(parts) as exchange:
        assert exchange.response.read() == sent
        assert (exchange.cut, exchange.fault) == (None, "")


def test_many_interim_answers_do_not_lose_the_page() -> None:
    first = b"HTTP/1.1 100 Continue\r\n\r\n"
    with asked(first + EARLY + EARLY + PAGE) as exchange:
        assert exchange.response.read() == PAGE
        assert exchange.interim == (first, EARLY, EARLY)


@pytest.mark.parametrize("sent", [b"", EARLY])
def test_a_connection_that_ends_before_the_answer_leaves_an_empty_one(sent: bytes) -> None:
    with asked(sent) as exchange:
        assert (exchange.response.read(), exchange.length, exchange.head) == (b"", 0, None)
        assert exchange.cut is Cut.DISCONNECT
        assert exchange.passing
        assert exchange.fault in ("nothing came", "an interim answer came and no other")


def test_surplus_is_left_out_counted_and_never_taken_for_the_next_answer() -> None:
    replies = iter([PAGE + answer(b"evil"), answer(b"second")])
    with Loopback(lambda _: next(replies), keep_alive=True) as server, wire(server) as asking:
        with asking.ask(server.url + "/") as exchange:
            assert exchange.response.read() == PAGE
            assert exchange.surplus == len(answer(b"evil"))
        with asking.ask(server.url + "/") as exchange:
            assert exchange.response.read() == answer(b"second")
        assert server.connections == 2


def test_surplus_that_comes_late_is_not_taken_for_the_next_answer() -> None:
    read, sent = threading.Event(), threading.Event()

    def reply(target: str) -> Iterator[bytes]:
        yield PAGE
        if target == "/first":
            read.wait(10)
            yield answer(b"evil")
            sent.set()

    with Loopback(reply, keep_alive=True) as server, wire(server) as asking:
        asking.ask(server.url + "/first").response.close()
        read.set()
        sent.wait(10)
        with asking.ask(server.url + "/") as exchange:
            assert exchange.response.read() == PAGE
        assert server.connections == 2


def test_a_large_answer_is_kept_on_disk_and_digested_in_constant_memory() -> None:
    sent = CHUNKED + chunked(bytes(5_000_000), 50_000)
    with asked(sent) as exchange:
        assert exchange.response._rolled  # type: ignore[attr-defined]
        facts = read_block("response", exchange.response)
        assert facts.length == exchange.length == len(sent)
        assert facts.payload_digest == read_block("resource", bytes(5_000_000)).payload_digest


def test_a_temporary_folder_without_room_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    sent = answer(bytes(3_000_000))
    with pytest.raises(NotWritableError, match="gone"), asked(sent):
        pass


def test_the_facts_of_an_exchange_are_kept() -> None:
    before = datetime.now(UTC)
    with (
        Loopback(lambda _: PAGE, keep_alive=True) as server,
        wire(server) as asking,
        asking.ask(server.url + "/") as first,
        asking.ask(server.url + "/") as second,
    ):
        pass
    assert before <= first.asked_at <= second.asked_at <= datetime.now(UTC)
    assert first.timing.connected is not None
    assert second.timing.connected is None
    for one in (first, second):
        assert one.timing.first_byte is not None
        assert one.timing.last_byte is not None
        assert 0 < one.timing.first_byte <= one.timing.last_byte < 10
        assert (one.address, one.tls) == ("127.0.0.1", None)
        assert f"{one.address}:{one.port}" == server.authority


# Limits


def test_an_endless_body_is_cut_at_the_limit() -> None:
    with asked(endless(OK + b"\r\n", b"x" * 999), body=100_000) as exchange:
        assert exchange.response.read() == OK + b"\r\n" + b"x" * 100_000
        assert (exchange.cut, exchange.passing) == (Cut.LENGTH, False)
        assert exchange.fault == "the body passes the limit of 100000 bytes"


@pytest.mark.parametrize("size", [100, 101])
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(size: int) -> None:
    with asked(answer(b"x" * size), body=100) as exchange:
        assert exchange.cut is (None if size == 100 else Cut.LENGTH)
        assert exchange.length - exchange.body_start == 100
        assert exchange.surplus == 0


def test_endless_chunks_are_cut_in_constant_memory() -> None:
    piece = b"1\r\nx\r\n"
    with asked(endless(CHUNKED, piece * 1000), body=1_200_000) as exchange:
        assert exchange.length - exchange.body_start == 1_200_000
        assert exchange.cut is Cut.LENGTH


@pytest.mark.parametrize("start", [OK, EARLY, EARLY + OK])
def test_an_endless_head_is_cut_at_the_limit(start: bytes) -> None:
    with asked(endless(start, b"X-A: 1\r\n" if start.endswith(OK) else EARLY)) as exchange:
        assert exchange.cut is Cut.LENGTH
        assert exchange.fault == "the head passes the limit"
        assert sum(map(len, exchange.interim)) + exchange.length == 1 << 18


def dripping(start: bytes, piece: bytes, *, done: threading.Event) -> Iterator[bytes]:
    yield start
    while not done.wait(0.01):
        yield piece


@pytest.mark.parametrize("start", [b"", OK, OK + b"\r\n", CHUNKED, answer(length=10**6)])
def test_an_answer_that_drips_is_cut_in_time(start: bytes) -> None:
    done = threading.Event()
    piece = b"X" if start in (b"", OK) else b"1\r\nx\r\n"
    with asked(dripping(start, piece, done=done), seconds=0.2) as exchange:
        done.set()
        assert exchange.response.read().startswith(start)
        assert (exchange.cut, exchange.passing) == (Cut.TIME, False)
        assert exchange.fault.startswith("the answer takes more than 0.2 seconds")


@pytest.mark.parametrize(
    "start",
    [b"", EARLY, b"HTT", OK, OK + b"\r\n<p>", CHUNKED + b"5\r\nCri", answer(length=3) + b"C"],
)
def test_an_answer_that_stalls_is_cut_in_time(start: bytes) -> None:
    done = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield start
        done.wait(20)

    with asked(stalled(), silence=0.2) as exchange:
        done.set()
        assert exchange.response.read() == (b"" if start == EARLY else start)
        assert (exchange.cut, exchange.passing) == (Cut.TIME, True)
        assert exchange.fault.startswith("no byte came for 0.2 seconds")


def test_the_line_behind_the_last_chunk_is_not_missed() -> None:
    done = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield CHUNKED + b"5\r\nCrime\r\n0\r\n"
        done.wait(20)

    with asked(stalled(), silence=0.2) as exchange:
        done.set()
        assert (exchange.cut, exchange.fault) == (None, "")


def test_a_connection_that_is_torn_down_is_told_from_one_that_ends() -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.recv(65536)
        connection.sendall(OK + b"\r\n<p>Crime")
        again.wait(10)  # until that was read
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    again = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        place = f"127.0.0.1:{listening.getsockname()[1]}"
        threading.Timer(0.2, again.set).start()
        with Wire(AGENT, Guard(frozenset([place]))) as asking:
            exchange = asking.ask(f"http://{place}/")
        thread.join()
    with exchange:
        assert exchange.response.read() == OK + b"\r\n<p>Crime"
        assert (exchange.cut, exchange.passing) == (Cut.DISCONNECT, True)
        assert "reset" in exchange.fault


# Keeping connections open


def test_a_connection_is_used_again() -> None:
    with Loopback(lambda _: PAGE, keep_alive=True) as server, wire(server) as asking:
        for _ in range(5):
            with asking.ask(server.url + "/") as exchange:
                assert exchange.response.read() == PAGE
        assert (server.connections, len(server.asked)) == (1, 5)


@pytest.mark.parametrize(
    "sent",
    [
        answer(b"x", fields=[("Connection", "close")]),
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ],
)
def test_a_connection_that_was_not_offered_is_not_used_again(sent: bytes) -> None:
    with Loopback(lambda _: sent, keep_alive=True) as server, wire(server) as asking:
        for _ in range(2):
            asking.ask(server.url + "/").response.close()
        assert server.connections == 2


def test_after_the_server_closed_an_idle_connection_another_is_made() -> None:
    with Loopback(lambda _: PAGE) as server, wire(server) as asking:
        for _ in range(3):
            with asking.ask(server.url + "/") as exchange:
                assert exchange.response.read() == PAGE
                assert exchange.cut is None
        assert (server.connections, len(server.asked)) == (3, 3)


def test_a_request_that_meets_a_closing_connection_is_made_once_more() -> None:
    replies: Iterator[Reply] = iter([PAGE, None, PAGE, None, None])
    with Loopback(lambda _: next(replies), keep_alive=True) as server, wire(server) as asking:
        asking.ask(server.url + "/").response.close()
        with asking.ask(server.url + "/") as exchange:
            assert exchange.response.read() == PAGE
            assert exchange.timing.connected is not None
        assert (server.connections, len(server.asked)) == (2, 3)
        with asking.ask(server.url + "/") as exchange:  # once only
            assert (exchange.length, exchange.fault) == (0, "nothing came")
        assert (server.connections, len(server.asked)) == (3, 5)


def test_an_answer_that_breaks_off_on_a_kept_connection_is_not_asked_for_again() -> None:
    replies: Iterator[Reply] = iter([PAGE, answer(b"x", length=9)])
    with Loopback(lambda _: next(replies), keep_alive=True) as server:
        with wire(server, silence=0.2) as asking:
            asking.ask(server.url + "/").response.close()
            with asking.ask(server.url + "/") as exchange:
                assert exchange.cut is Cut.TIME
        assert len(server.asked) == 2


def test_few_connections_are_kept_open_whatever_the_number_of_servers() -> None:
    with Loopback(lambda _: PAGE, keep_alive=True) as server:
        port = server.authority.partition(":")[2]
        places = [f"www{number}.homeoffice.example:{port}" for number in range(50)]
        guard = Guard(frozenset(places), lambda *_: ["127.0.0.1"])
        with Wire(AGENT, guard) as asking:
            before = len(list(Path("/proc/self/fd").iterdir()))
            for place in places:
                asking.ask(f"http://{place}/").response.close()
            asking.ask(f"http://{places[-1]}/").response.close()
            assert server.connections == 50
            # Each has two ends in this process; the server's may take a moment to follow.
            assert len(list(Path("/proc/self/fd").iterdir())) < before + 32 + 52


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    folder = tmp_path_factory.mktemp("authority")
    return LocalAuthority.make(folder, "DNS:www.homeoffice.example", "IP:127.0.0.1")


Secure = Callable[[Reply], tuple[Loopback, str, Guard]]


@pytest.fixture
def secure(authority: LocalAuthority) -> Secure:
    def make(reply: Reply) -> tuple[Loopback, str, Guard]:
        server = Loopback(lambda _: reply, keep_alive=False)
        server.wrap(authority.serving())
        place = f"www.homeoffice.example:{server.authority.partition(':')[2]}"
        other = place.replace("www", "other")
        return server, place, Guard(frozenset([place, other]), lambda *_: ["127.0.0.1"])

    return make


def test_within_tls_the_bytes_are_those_of_the_message(
    secure: Secure, authority: LocalAuthority
) -> None:
    server, place, guard = secure(EARLY + PAGE)
    with (
        server,
        Wire(AGENT, guard, context=authority.trusting()) as asking,
        asking.ask(f"https://{place}/%zz?") as exchange,
    ):
        assert exchange.response.read() == PAGE
        assert server.requests == [exchange.request]
        assert exchange.url == f"https://{place}/%zz?"
        assert exchange.tls is not None
        assert exchange.tls[0].startswith("TLSv1.")
        assert "_" in exchange.tls[1]


def test_within_tls_a_connection_is_used_again(authority: LocalAuthority) -> None:
    server = Loopback(lambda _: PAGE, keep_alive=True)
    server.wrap(authority.serving())
    with server:
        guard = Guard(frozenset([server.authority]))
        with Wire(AGENT, guard, context=authority.trusting()) as asking:
            for _ in range(3):
                with asking.ask(f"https://{server.authority}/") as exchange:
                    assert exchange.response.read() == PAGE
        assert server.connections == 1


def test_a_server_nobody_vouches_for_is_not_asked(
    secure: Secure, authority: LocalAuthority
) -> None:
    server, place, guard = secure(PAGE)
    with server:
        for context, url in [
            (None, f"https://{place}/"),
            (authority.trusting(), f"https://{place.replace('www', 'other')}/"),
        ]:
            with Wire(AGENT, guard, context=context) as asking, pytest.raises(FetchError) as caught:
                asking.ask(url)
            assert "certificate" in str(caught.value).lower()
            assert not caught.value.passing
        assert server.asked == []


def test_a_server_that_speaks_no_tls_is_told_as_such() -> None:
    def greet(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 not TLS at all\r\n")
            connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=greet, args=(listening,))
        thread.start()
        place = f"127.0.0.1:{listening.getsockname()[1]}"
        with Wire(AGENT, Guard(frozenset([place]))) as asking, pytest.raises(FetchError) as caught:
            asking.ask(f"https://{place}/")
        thread.join()
    assert not caught.value.passing


@pytest.mark.parametrize("farewell", [True, False])
def test_an_end_that_anybody_could_have_brought_about_is_told_from_the_servers(
    secure: Secure, authority: LocalAuthority, farewell: bool
) -> None:
    sent = UNTIL_CLOSE["no length"]
    server, place, guard = secure(sent)
    server.farewell = farewell
    with (
        server,
        Wire(AGENT, guard, context=authority.trusting()) as asking,
        asking.ask(f"https://{place}/") as exchange,
    ):
        assert exchange.response.read() == sent
        assert exchange.cut is (None if farewell else Cut.DISCONNECT)
        assert ("farewell" in exchange.fault) != farewell
        assert not exchange.passing
