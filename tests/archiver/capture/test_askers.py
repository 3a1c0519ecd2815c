import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.askers import Askers, Done, Terms
from archiver.capture.asking import Question, Reply
from archiver.capture.cookies import Jar
from archiver.capture.exchange import Cut, Exchange, Timing
from archiver.capture.finding import Found
from archiver.capture.link import Hop, Link
from archiver.capture.manners import Came
from archiver.capture.messages import Message, read_reply, write_reply
from archiver.capture.probe import Answer
from archiver.capture.wire import Limits
from archiver.errors import FetchError, RefusedAddressError
from archiver.fetch.guard import Guard
from archiver.http import parse_head
from tests.archiver.capture.answers import CUT, WHOLE
from tests.loopback import Loopback, answer

SERVER = 7
PAGE = answer(b"<title>Crime</title><a href=/policing/>Policing</a>")
PATIENCE = 30


class Heard:
    """An asking process, and what it has said."""

    def __init__(self, guard: Guard) -> None:
        self.came: SimpleQueue[Message | None] = SimpleQueue()
        terms = Terms("marsham-test", guard, Limits(seconds=20))
        self.askers = Askers(terms, self.came.put)

    def ask(self, *urls: str, jar: Jar | None = None, private: str = "") -> None:
        questions = [Question(number, url, "L") for number, url in enumerate(urls, 1)]
        self.askers.ask(SERVER, questions, jar or Jar(), private)

    def next(self) -> Reply | Done:
        [(number, told)] = self.askers.receive(self.came.get(timeout=PATIENCE))
        assert number == SERVER
        return told

    def reply(self) -> Reply:
        told = self.next()
        assert isinstance(told, Reply)
        return told

    def all(self) -> tuple[list[Reply], Done]:
        replies = []
        while isinstance(told := self.next(), Reply):
            replies.append(told)
        return replies, told


@contextmanager
def asking(*private: str) -> Iterator[Heard]:
    heard = Heard(Guard.of(private or ["127.0.0.0/8"]))
    try:
        yield heard
    finally:
        heard.askers.close()


def test_replies_come_in_the_order_of_the_questions_over_one_connection() -> None:
    with Loopback(lambda _: PAGE, keep_alive=True) as server, asking() as heard:
        heard.ask(f"{server.url}/a", f"{server.url}/b")
        heard.askers.add(SERVER, [Question(3, f"{server.url}/c", "L")])
        replies, done = heard.all()
    assert [reply.question.url[-2:] for reply in replies] == ["/a", "/b", "/c"]
    assert [reply.exchange and reply.exchange.response.read() for reply in replies] == [PAGE] * 3
    assert [link.url for link in replies[0].found.links] == [f"{server.url}/policing/"]  # type: ignore[union-attr]
    assert replies[0].measure is not None
    assert replies[0].measure.title == "Crime"
    assert done == Done()
    assert heard.askers.busy == 0


@pytest.mark.parametrize("length", [1 << 16, (1 << 20) + 1, 5 << 20])
def test_an_answer_comes_byte_for_byte_whatever_its_length(length: int) -> None:
    body = os.urandom(length)
    with Loopback(lambda _: answer(body)) as server, asking() as heard:
        heard.ask(f"{server.url}/", f"{server.url}/again")
        for _ in range(2):
            exchange = heard.reply().exchange
            assert exchange is not None
            with exchange:
                assert exchange.response.read() == answer(body)
                assert exchange.length == len(answer(body))


def test_cookies_of_one_errand_are_known_to_the_next() -> None:
    cookie = answer(b"", fields=[("Set-Cookie", "visit=2")])
    with Loopback(lambda _: cookie) as server, asking() as heard:
        heard.ask(f"{server.url}/")
        [reply], _ = heard.all()
        heard.ask(f"{server.url}/", jar=reply.jar)
        heard.all()
    assert b"Cookie: visit=2\r\n" in server.requests[1]


def test_what_cannot_be_asked_is_told_as_in_one_process() -> None:
    with Loopback(lambda _: PAGE) as server:
        with asking("10.0.0.0/8") as heard:
            heard.ask(f"{server.url}/")
            refused = heard.reply().error
        nobody = server.url
    with asking() as heard:
        heard.ask(f"{nobody}/")
        failed = heard.reply().error
    assert isinstance(refused, RefusedAddressError)
    assert refused.address == "127.0.0.1"
    assert "nothing was asked" in str(refused)
    assert type(failed) is FetchError
    assert failed.passing


def test_an_errand_lets_its_own_server_be_private_and_no_other() -> None:
    with Loopback(lambda _: PAGE) as one, Loopback(lambda _: PAGE) as other:
        with asking("10.0.0.0/8") as heard:
            heard.ask(f"{one.url}/", f"{other.url}/", private=one.authority)
            assert heard.reply().status == 200
            assert isinstance(heard.reply().error, RefusedAddressError)
            assert isinstance(heard.next(), Done)
            heard.ask(f"{one.url}/")  # what was allowed once is not for ever
            assert isinstance(heard.reply().error, RefusedAddressError)
        assert (len(one.requests), len(other.requests)) == (1, 0)


def test_after_trouble_the_other_questions_are_given_back() -> None:
    with Loopback(lambda _: None) as server, asking() as heard:
        heard.ask(f"{server.url}/a", f"{server.url}/b", f"{server.url}/c")
        [reply], done = heard.all()
    assert reply.came.failed
    assert [question.url[-2:] for question in done.left] == ["/b", "/c"]
    assert not done.fault


def test_what_one_question_breaks_is_told_with_it() -> None:
    with asking() as heard:
        question = Question(1, "http://127.0.0.1:1/", "L", fields=(("Range", "bytes=0-"),))
        heard.askers.ask(SERVER, [question], Jar())
        done = heard.next()
    assert isinstance(done, Done)
    assert done.left == (question,)
    assert "the field range is not a caller's to send" in done.fault


def test_an_errand_that_is_stopped_ends_with_the_answer_under_way() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        begun.set()
        yield PAGE[:20]
        go_on.wait(PATIENCE)
        yield PAGE[20:]

    with Loopback(lambda _: slowly()) as server, asking() as heard:
        heard.ask(f"{server.url}/a", f"{server.url}/b")
        assert begun.wait(PATIENCE)
        heard.askers.stop()
        heard.askers.ask(SERVER + 1, [], Jar())  # what is told later is heard later
        last = heard.askers.receive(heard.came.get(timeout=PATIENCE))
        assert list(last) == [(SERVER + 1, Done())]
        go_on.set()
        [reply], done = heard.all()
    assert reply.exchange is not None
    assert reply.exchange.cut is None
    assert [question.url[-2:] for question in done.left] == ["/b"]


def test_when_its_process_is_killed_questions_are_given_back_and_another_goes_on() -> None:
    begun = threading.Event()

    def reply(target: str) -> bytes | Iterator[bytes]:
        return PAGE if target == "/well" else endless()

    def endless() -> Iterator[bytes]:
        begun.set()
        while True:
            yield b"X: y\r\n"

    with Loopback(reply) as server, asking() as heard:
        heard.ask(f"{server.url}/stuck", f"{server.url}/next")
        assert begun.wait(PATIENCE)
        child = heard.askers.process
        assert child is not None
        os.kill(child, signal.SIGKILL)
        done = heard.next()
        assert isinstance(done, Done)
        assert [question.url[-5:] for question in done.left] == ["stuck", "/next"]
        assert done.fault == "the process that asks has ended"
        heard.ask(f"{server.url}/well")
        assert heard.reply().status == 200
        assert heard.askers.process not in (None, child)


SECONDS = st.none() | st.floats(0, 600)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ANSWER = st.sampled_from([*WHOLE.values(), *(given for given, _ in CUT.values()), b"ICY"])
MOMENT = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - the zone is told beside it
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    data = draw(ANSWER)
    parsed = parse_head(data)
    head, start = parsed or (None, 0)
    exchange = Exchange(
        *(draw(TEXT), draw(st.binary()), draw(MOMENT), BytesIO(data), len(data), head, start),
        *("2001:db8::1", 443, draw(st.none() | st.sampled_from(Cut)), draw(TEXT)),
        *(draw(st.booleans()), draw(st.just(()) | st.just((b"HTTP/1.1 103 Early\r\n\r\n",)))),
        draw(st.integers(0, 9)),
        draw(st.none() | st.just(("TLSv1.3", "TLS_AES_256_GCM_SHA384"))),
        Timing(draw(SECONDS), draw(SECONDS), draw(SECONDS)),
    )
    links = draw(st.lists(st.builds(Link, TEXT, st.sampled_from(Hop), TEXT), max_size=3))
    return Reply(
        Question(draw(st.integers(0)), draw(TEXT), "L"),
        Came(draw(st.none() | st.integers(100, 999)), draw(SECONDS), 0.5, exchange.cut),
        *(draw(MOMENT), Jar(), exchange, None),
        draw(st.none() | st.just(Found(tuple(links), draw(TEXT), (draw(TEXT),), "html"))),
        draw(st.none() | st.integers(0, (1 << 64) - 1)),
        draw(
            st.none()
            | st.builds(Answer, TEXT, TEXT, st.just(200), TEXT, st.integers(0), st.just(5))
        ),
    )


@given(replies())
def test_a_reply_is_the_same_on_the_other_side(reply: Reply) -> None:
    values, file = write_reply(reply, reply.jar)
    message = Message.of(values, file)
    read = read_reply(message, message.values, reply.question, reply.jar)
    assert read.exchange is not None
    assert reply.exchange is not None
    assert read.exchange.response.read() == reply.exchange.response.getvalue()  # type: ignore[attr-defined]
    for name in Exchange.__slots__:
        if name != "response":
            assert getattr(read.exchange, name) == getattr(reply.exchange, name)
    for name in Reply.__slots__:
        if name != "exchange":
            assert getattr(read, name) == getattr(reply, name)
