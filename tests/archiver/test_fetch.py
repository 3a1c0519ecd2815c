import itertools
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import BusyError, FetchError, InputError, RefusedAddressError
from archiver.fetch.adapter import PinnedAdapter
from archiver.fetch.client import Answer, Fetcher
from archiver.fetch.guard import Guard, look_up, refusal
from archiver.fetch.pace import Pace, retry_after
from archiver.fetch.politeness import Visitor
from archiver.headers import Headers
from tests.builders import chunked
from tests.loopback import Loopback, Reply, answer

AGENT = "marsham-test (archive@archive.example)"


def fetcher(*servers: Loopback, **limits: float) -> Fetcher:
    """Make a fetcher that may ask these servers, though they are on this machine."""
    private = frozenset(server.authority for server in servers)
    return Fetcher(AGENT, Guard(private), **limits)  # type: ignore[arg-type]


class Waiting:
    """A clock that only goes on when somebody waits; notes each pause."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


def visitor(asking: Fetcher, waiting: Waiting, **pace: float) -> Visitor:
    return Visitor(
        asking,
        Pace(**pace),  # type: ignore[arg-type]
        sleep=waiting.sleep,
        clock=waiting.clock,
    )


# Which addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their secrets
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - means this machine to some systems
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_addresses_of_this_machine_and_of_private_networks_are_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_not(address: str) -> None:
    assert not refusal(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "2130706433", "127.1", "localhost", "[::1]"]
)
def test_however_it_is_spelt_this_machine_is_not_asked(host: str) -> None:
    with Loopback(lambda _: answer(b"secret")) as server:
        port = server.authority.partition(":")[2]
        with Fetcher(AGENT) as asking, pytest.raises(RefusedAddressError) as caught:
            asking.get(f"http://{host}:{port}/")
        assert "nothing was asked of it" in str(caught.value)
        assert server.connections == 0


@pytest.mark.parametrize(
    ("named", "host", "address", "port"),
    [
        ("10.1.0.0/16", "wiki.example", "10.1.2.3", 80),
        ("10.1.2.3", "wiki.example", "10.1.2.3", 8080),
        ("10.1.2.3:8080", "10.1.2.3", "10.1.2.3", 8080),
        ("Wiki.example", "wiki.example", "10.9.9.9", 81),
        ("wiki.example:8080", "WIKI.example", "10.9.9.9", 8080),
        ("fd00::/8", "wiki.example", "fd12::1", 80),
        ("[::1]", "localhost", "::1", 80),
        ("[::1]:8080", "::1", "::1", 8080),
        ("127.0.0.0/8", "wiki.example", "::ffff:127.0.0.1", 80),
    ],
)
def test_what_a_person_lets_be_private_may_be(
    named: str, host: str, address: str, port: int
) -> None:
    guard = replace(Guard.of([named]), resolver=lambda *_: [address])
    assert guard.addresses("http://x.example/", host, port) == (address,)


@pytest.mark.parametrize(
    ("named", "host", "address", "port"),
    [
        ("10.1.0.0/16", "metadata.example", "169.254.169.254", 80),
        ("10.1.0.0/16", "wiki.example", "10.2.0.1", 80),
        ("10.1.2.3:8080", "10.1.2.3", "10.1.2.3", 80),
        ("wiki.example", "a.wiki.example", "10.9.9.9", 80),
        ("wiki.example:8080", "wiki.example", "10.9.9.9", 80),
        ("0.0.0.0/0", "wiki.example", "224.0.0.1", 80),  # stands for no single host
        ("::/0", "wiki.example", "10.0.0.1", 80),
    ],
)
def test_what_nobody_named_stays_refused(named: str, host: str, address: str, port: int) -> None:
    guard = replace(Guard.of([named]), resolver=lambda *_: [address])
    with pytest.raises(RefusedAddressError):
        guard.addresses("http://x.example/", host, port)


@pytest.mark.parametrize(
    "text",
    ["", "10.1.0.0/99", "http://a.example/", "a.example/x", "a b", "me@a.example", "*", "a:b"],
)
def test_what_is_neither_host_nor_network_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError, match="not a host or network"):
        Guard.of([text])


def test_a_name_that_stands_for_another_address_at_each_look_up_is_judged_by_the_one_used() -> None:
    # A resolver that says a public address first and this machine's when asked again.
    answers = itertools.chain([["192.0.0.9", "127.0.0.1"]], itertools.repeat(["127.0.0.1"]))
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with Loopback(lambda _: answer(b"secret")) as server:
        port = int(server.authority.partition(":")[2])
        guard = Guard(resolver=resolve)
        allowed = guard.addresses("http://rebinding.example/", "rebinding.example", port)
        assert "127.0.0.1" not in allowed
        with Fetcher(AGENT, guard) as asking, pytest.raises(RefusedAddressError):
            asking.get(f"http://rebinding.example:{port}/")
        assert (server.connections, len(asked)) == (0, 2)


def test_a_connection_goes_to_the_address_that_was_judged_and_keeps_the_name() -> None:
    looked_up = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    with Loopback(lambda _: answer(b"here")) as server:
        port = server.authority.partition(":")[2]
        place = f"webarchive.example:{port}"  # no system resolves it
        with (
            Fetcher(AGENT, Guard(frozenset([place]), resolve)) as asking,
            asking.get(f"http://{place}/coll/") as found,
        ):
            assert found.body.read() == b"here"
        assert looked_up == ["webarchive.example"]
        assert server.heads[0]["host"] == place


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "http:///", "http://a:b/"],
)
def test_only_addresses_of_the_web_are_asked(url: str) -> None:
    with Fetcher(AGENT) as asking, pytest.raises(FetchError):
        asking.get(url)


def test_nothing_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Loopback(lambda _: answer(b"proxied")) as proxy, Loopback(lambda _: answer()) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        with fetcher(server) as asking, asking.get(server.url + "/"):
            pass
        assert (proxy.connections, server.connections) == (0, 1)
        assert set(server.heads[0]) == {"host", "user-agent", "accept", "accept-encoding"}
        assert server.heads[0]["user-agent"] == AGENT


# What is asked, and what comes


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/list?", "/list?"),
        ("/%zz/%7E/%2f/|/[1]//x", "/%zz/%7E/%2f/|/[1]//x"),
        ("/a/../b/./c", "/a/../b/./c"),
        ("/20110509101621id_/http://www.homeoffice.example/?a=1&b", None),
        ("/crime and policing/\u00e9", "/crime%20and%20policing/%C3%A9"),
        ("/crime#part", "/crime"),
        ("?a", "/?a"),
        ("/a\r\nX-Injected: 1", "/a%0D%0AX-Injected:%201"),
    ],
)
def test_an_address_is_sent_as_it_is_written(written: str, sent: str | None) -> None:
    with Loopback(lambda _: answer()) as server, fetcher(server) as asking:
        try:
            with asking.get(server.url + written):
                pass
        except FetchError:
            assert "\r" in written  # urlsplit may see another address in it
        assert server.asked in ([sent or written], [])


def test_a_body_is_kept_as_it_came() -> None:
    squeezed = b"\x1f\x8b not really"
    fields = [("Content-Encoding", "gzip"), ("Set-Cookie", "a=b"), ("X-A", "1"), ("X-A", "2")]
    with Loopback(lambda _: answer(squeezed, fields=fields)) as server, fetcher(server) as asking:
        for _ in range(2):
            with asking.get(server.url + "/") as found:
                assert (found.body.read(), found.length) == (squeezed, len(squeezed))
                assert found.headers.get_all("x-a") == ["1", "2"]
        assert "cookie" not in server.heads[1]


def test_chunks_are_undone() -> None:
    sent = answer(
        chunked(b"crime and policing"), fields=[("Transfer-Encoding", "chunked")], length=None
    )
    with (
        Loopback(lambda _: sent) as server,
        fetcher(server) as asking,
        asking.get(server.url + "/") as found,
    ):
        assert found.body.read() == b"crime and policing"


def test_a_connection_is_used_again_and_made_anew_when_it_was_closed_meanwhile() -> None:
    with Loopback(lambda _: answer(b"x"), keep_alive=True) as server, fetcher(server) as asking:
        for _ in range(3):
            asking.get(server.url + "/").body.close()
        assert (server.connections, len(server.asked)) == (1, 3)
    with Loopback(lambda _: answer(b"x")) as server, fetcher(server) as asking:
        for _ in range(3):
            asking.get(server.url + "/").body.close()
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (answer(b"half", length=100), "broke off after 4 of 100 bytes"),
        (
            answer(b"4\r\nhalf\r\n", fields=[("Transfer-Encoding", "chunked")], length=None),
            "broke off before its last chunk",
        ),
        (b"", "connection failed"),
        (b"not HTTP at all\r\n\r\n", "connection failed"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", "103"),
        (answer(fields=[(f"X-{number}", "x") for number in range(200)]), "100 headers"),
        (answer(fields=[("X-Long", "x" * 100_000)]), "connection failed"),
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(sent: bytes, reason: str) -> None:
    with (
        Loopback(lambda _: sent) as server,
        fetcher(server) as asking,
        pytest.raises(FetchError, match=reason),
    ):
        asking.get(server.url + "/")


def test_after_a_broken_answer_the_next_is_sound() -> None:
    replies = iter([answer(b"half", length=100), answer(b"whole")])
    with Loopback(lambda _: next(replies)) as server, fetcher(server) as asking:
        with pytest.raises(FetchError):
            asking.get(server.url + "/")
        with asking.get(server.url + "/") as found:
            assert found.body.read() == b"whole"


def endless(piece: bytes) -> Iterator[bytes]:
    yield answer(fields=[("Transfer-Encoding", "chunked")], length=None)
    while True:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def test_an_endless_body_is_given_up_at_the_limit() -> None:
    with (
        Loopback(lambda _: endless(b"x" * 5000)) as server,
        fetcher(server) as asking,
        pytest.raises(FetchError, match="passes the limit of 1000000 bytes"),
    ):
        asking.get(server.url + "/", limit=1_000_000)


def test_a_body_that_drips_is_given_up_in_time() -> None:
    def drips(_: str) -> Iterator[bytes]:
        for part in endless(b"x"):
            yield part
            time.sleep(0.01)

    with (
        Loopback(drips) as server,
        fetcher(server, seconds=0.2) as asking,
        pytest.raises(FetchError, match="takes more than"),
    ):
        asking.get(server.url + "/")


def test_a_large_body_is_kept_on_disk() -> None:
    size = 5_000_000
    with (
        Loopback(lambda _: answer(b"x" * size)) as server,
        fetcher(server) as asking,
        asking.get(server.url + "/") as found,
    ):
        assert found.length == size
        assert found.body._rolled  # type: ignore[attr-defined]


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    path = tmp_path / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=webarchive.example", "-keyout", path, "-out", tmp_path / "cert.pem"),
            *("-addext", "subjectAltName=DNS:webarchive.example"),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


def secure(server: Loopback, certificate: Path) -> list[str | None]:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server.wrap(context)
    return names


def test_a_certificate_nobody_vouches_for_is_refused_and_the_name_is_the_hosts(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Loopback(lambda _: answer(b"in secret"))
    names = secure(server, certificate)
    with server:
        port = server.authority.partition(":")[2]
        place = f"webarchive.example:{port}"
        guard = Guard(frozenset([place]), lambda *_: ["127.0.0.1"])
        with Fetcher(AGENT, guard) as asking, pytest.raises(FetchError) as caught:
            asking.get(f"https://{place}/")
        assert "certificate" in str(caught.value).lower()
        assert not caught.value.passing
        trusting = ssl.create_default_context(cafile=str(certificate.with_name("cert.pem")))
        monkeypatch.setattr(PinnedAdapter, "_tls", lambda _: trusting)
        with Fetcher(AGENT, guard) as asking, asking.get(f"https://{place}/") as found:
            assert found.body.read() == b"in secret"
        wrong = f"other.example:{port}"
        guard = Guard(frozenset([wrong]), lambda *_: ["127.0.0.1"])
        with (
            Fetcher(AGENT, guard) as asking,
            pytest.raises(FetchError, match=r"not valid for 'other\.example'"),
        ):
            asking.get(f"https://{wrong}/")
    assert names == ["webarchive.example", "webarchive.example", "other.example"]


# Politeness


def replying(*replies: Reply) -> Loopback:
    rest = iter(replies)
    return Loopback(lambda _: next(rest))


def test_between_two_questions_there_is_the_pause_that_was_asked_for() -> None:
    waiting = Waiting()
    with replying(answer(), answer(), answer()) as server, fetcher(server) as asking:
        polite = visitor(asking, waiting, delay=2.5)
        for _ in range(3):
            polite.get(server.url + "/").answer.body.close()
    assert waiting.pauses == [2.5, 2.5]


def test_a_slow_server_is_given_as_long_as_it_took() -> None:
    waiting = Waiting()

    def slow(_: str) -> bytes:
        waiting.now += 7
        return answer()

    with Loopback(slow) as server, fetcher(server) as asking:
        polite = visitor(asking, waiting, delay=1)
        for _ in range(2):
            polite.get(server.url + "/").answer.body.close()
    assert waiting.pauses == [7]


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_is_asked_again_when_it_says(status: str) -> None:
    waiting, told = Waiting(), []
    busy = answer(status=status, fields=[("Retry-After", "120")])
    with replying(busy, answer(b"at last")) as server, fetcher(server) as asking:
        polite = visitor(asking, waiting)
        polite.tell = told.append
        with polite.get(server.url + "/").answer as found:
            assert found.body.read() == b"at last"
    assert waiting.pauses == [120]
    assert told == [f"{server.url}/ answers {status[:3]}; asking again in 120 seconds"]


def test_a_busy_server_may_name_a_date() -> None:
    waiting = Waiting()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    busy = answer(status="503 Busy", fields=[("Retry-After", later)])
    with replying(busy, answer()) as server, fetcher(server) as asking:
        visitor(asking, waiting).get(server.url + "/").answer.body.close()
    assert waiting.pauses == [pytest.approx(90, abs=5)]


def test_a_server_that_stays_busy_is_left_alone_after_pauses_that_double() -> None:
    waiting = Waiting()
    with Loopback(lambda _: answer(status="503 Busy")) as server, fetcher(server) as asking:
        with pytest.raises(BusyError, match="answers 503; try again later"):
            visitor(asking, waiting).get(server.url + "/")
        assert len(server.asked) == 5
    assert waiting.pauses == [2, 4, 8, 16]


def test_a_server_that_asks_for_too_much_patience_is_left_alone_at_once() -> None:
    waiting = Waiting()
    busy = answer(status="429 Slow down", fields=[("Retry-After", "86400")])
    with Loopback(lambda _: busy) as server, fetcher(server) as asking:
        with pytest.raises(BusyError, match="a pause of 86400 seconds"):
            visitor(asking, waiting).get(server.url + "/")
        assert len(server.asked) == 1


def test_a_connection_that_breaks_is_tried_again() -> None:
    waiting = Waiting()
    with (
        replying(b"", answer(b"half", length=9), answer(b"whole")) as server,
        fetcher(server) as asking,
        visitor(asking, waiting).get(server.url + "/").answer as found,
    ):
        assert found.body.read() == b"whole"
    assert waiting.pauses == [2, 4]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("9" * 40, 999999999999),
        ("Mon, 09 May 2011 10:17:21 GMT", 60),
        ("Mon, 09 May 2011 10:15:21 GMT", 0),  # past
        ("-5", None),
        ("soon", None),
        ("", None),
        ("\u0663", None),  # a digit, but not one of HTTP's
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    now = datetime(2011, 5, 9, 10, 16, 21, tzinfo=UTC)
    assert retry_after(Headers.of([("retry-after", value)]), now) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_does_harm(value: str) -> None:
    found = retry_after(Headers.of([("Retry-After", value)]), datetime.now(UTC))
    assert found is None or found >= 0


# Redirects


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(status=status, fields=[("Location", to)])


def test_redirects_are_followed_and_told() -> None:
    with (
        replying(redirect("/b#x"), redirect("c"), answer(b"there")) as server,
        fetcher(server) as asking,
    ):
        visit = visitor(asking, Waiting()).get(server.url + "/a")
        with visit.answer as found:
            assert found.body.read() == b"there"
        assert visit.via == (server.url + "/a", server.url + "/b")


def test_a_redirect_to_a_private_address_is_refused_and_nothing_connects() -> None:
    with Loopback(lambda _: answer(b"secret")) as inside:
        for target in (
            inside.url,
            inside.url.replace("127.0.0.1", "localhost"),
            "file:///etc/passwd",
        ):
            with (
                replying(redirect(target)) as server,
                fetcher(server) as asking,
                pytest.raises(FetchError),
            ):
                visitor(asking, Waiting()).get(server.url + "/")
        assert inside.connections == 0


def test_redirects_that_do_not_end_are_given_up() -> None:
    count = itertools.count()
    for reply in (lambda _: redirect("/a"), lambda _: redirect(f"/{next(count)}")):
        with Loopback(reply) as server, fetcher(server) as asking:
            with pytest.raises(FetchError, match="redirects do not end"):
                visitor(asking, Waiting()).get(server.url + "/a")
            assert len(server.asked) <= 11


def test_an_answer_may_be_final_whatever_its_status() -> None:
    def final(found: Answer) -> bool:
        return found.headers.get("Memento-Datetime") is not None

    for status in ("302 Found", "503 Busy", "429 Slow down"):
        archived = answer(status=status, fields=[("Location", "/x"), ("Memento-Datetime", "x")])
        with (
            replying(archived) as server,
            fetcher(server) as asking,
            visitor(asking, Waiting()).get(server.url + "/", final=final).answer as found,
        ):
            assert str(found.status) == status[:3]


def test_the_system_resolves_odd_spellings() -> None:
    assert look_up("0x7f.1", 80) == ["127.0.0.1"]
