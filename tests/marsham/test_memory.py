"""Answers remembered while nothing changes, and the log of what was answered."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

import marsham
from marsham.web.access import AccessLog
from marsham.web.memory import Memory
from snapshots.catalogue import Catalogue
from tests.builders import response, warc

EXACT = b"/web/20110529000000mp_/http://www.homeoffice.example/"


class Told:
    """An application that counts what it answers, with headers of choice."""

    def __init__(self, *headers: tuple[bytes, bytes], status: int = 200, size: int = 3) -> None:
        self.answers = 0
        self.headers = headers
        self.status = status
        self.size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.answers += 1
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        body = b"%d" % self.answers + b"." * (self.size - 1)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def ask(
    app: Memory | AccessLog,
    path: bytes = EXACT,
    *headers: tuple[bytes, bytes],
    method: str = "GET",
    query: bytes = b"",
) -> bytes:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"archive.example"), *headers],
    }
    asyncio.run(app(scope, receive, send))
    return b"".join(message.get("body", b"") for message in sent)


def test_while_an_answer_is_made_anew_the_one_before_it_is_given_for_a_while() -> None:
    clock = [0.0]
    inner: list[bytes] = []

    class Slow(Told):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if self.answers == 1 and not inner:
                await asyncio.to_thread(lambda: inner.append(ask(app)))
                clock[0] += 10
                await asyncio.to_thread(lambda: inner.append(ask(app)))
            await super().__call__(scope, receive, send)

    slow = Slow()
    app = memory(slow, clock=lambda: clock[0])
    assert ask(app)[:1] == b"1"
    clock[0] += 2
    last = ask(app)
    assert inner[0][:1] == b"1"  # not made again
    assert inner[1][:1] == b"2"  # too late to be given what there was
    assert last[:1] == b"3"


def memory(
    app: Told, revision: Callable[[], int | None] = lambda: 1, clock: Callable[[], float] = float
) -> Memory:
    return Memory(app, revision, clock)


@pytest.mark.parametrize(
    "path",
    [
        EXACT,
        b"/web/20110529000000/http://www.homeoffice.example/",
        b"/web/20110529000000~20110601/http://www.homeoffice.example/",
        b"/web/timemap/link/http://www.homeoffice.example/",
    ],
)
def test_an_exact_address_is_answered_once(path: bytes) -> None:
    told = Told()
    app = memory(told)
    assert ask(app, path) == ask(app, path) == b"1.."
    assert ask(app, path, query=b"page=2") == b"2.."
    assert told.answers == 2


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/web/http://www.homeoffice.example/",
        b"/web/2011/http://www.homeoffice.example/",
        b"/web/*/http://www.homeoffice.example/",
    ],
)
def test_an_address_whose_answer_depends_on_the_hour_is_not(path: bytes) -> None:
    told = Told()
    app = memory(told)
    assert (ask(app, path), ask(app, path)) == (b"1..", b"2..")


@pytest.mark.parametrize(
    "header",
    [(b"range", b"bytes=0-1"), (b"if-none-match", b'"a"'), (b"origin", b"null"), (b"cookie", b"a")],
)
def test_a_question_of_its_own_gets_an_answer_of_its_own(header: tuple[bytes, bytes]) -> None:
    told = Told()
    app = memory(told)
    ask(app)
    assert ask(app, EXACT, header) == b"2.."
    assert ask(app, method="HEAD") == b"3.."
    assert ask(app) == b"1.."


@pytest.mark.parametrize(
    "told",
    [
        Told(status=302),
        Told(status=404),
        Told((b"Cache-Control", b"private, No-Store")),
        Told((b"vary", b"*")),
        Told(size=(1 << 21) + 1),
    ],
)
def test_what_is_not_to_be_kept_is_not_kept(told: Told) -> None:
    app = memory(told)
    assert ask(app)[:1] == b"1"
    assert ask(app)[:1] == b"2"


def test_an_answer_that_varies_is_kept_for_each_of_what_it_varies_by() -> None:
    app = memory(Told((b"Vary", b"Accept-Encoding, accept-language")))
    gzip, plain = (b"accept-encoding", b"gzip"), (b"accept-encoding", b"identity")
    assert (ask(app, EXACT, gzip), ask(app, EXACT, plain)) == (b"1..", b"2..")
    assert (ask(app, EXACT, gzip), ask(app, EXACT, plain)) == (b"1..", b"2..")
    assert ask(app, EXACT, gzip, (b"accept-language", b"cy")) == b"3.."


def test_a_change_of_the_catalogue_and_a_second_both_make_it_anew() -> None:
    now, revision = 0.0, 1
    app = memory(Told(), lambda: revision, lambda: now)
    assert (ask(app), ask(app)) == (b"1..", b"1..")
    revision = 2
    assert (ask(app), ask(app)) == (b"2..", b"2..")
    now = 1.5
    assert (ask(app), ask(app)) == (b"3..", b"3..")


def test_without_knowing_of_changes_nothing_is_kept() -> None:
    app = memory(Told(), lambda: None)
    assert (ask(app), ask(app)) == (b"1..", b"2..")


def test_the_room_is_bounded_and_the_oldest_answers_leave() -> None:
    told = Told(size=1 << 20)
    app = memory(told)
    paths = [b"/web/20110529000000mp_/http://h.example/%d" % number for number in range(80)]
    for path in paths:
        ask(app, path)
    assert ask(app, paths[-1])[:2] == b"80"
    assert ask(app, paths[0])[:2] == b"81"


def test_a_catalogue_tells_of_others_changes_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(response(b"text")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        reader = Catalogue.sqlite(archive.path / "catalogue.db")
        watch = reader.watch()
        before = watch.revision()
        assert watch.revision() == before
        marsham.ingest(archive, [tmp_path / "a.warc.gz"])
        assert watch.revision() != before
        watch.close()
        assert watch.revision() is None
        reader.close()


def test_the_access_log_says_what_was_asked_and_what_served() -> None:
    out = io.StringIO()
    taken = (b"Memento-Datetime".lower(), b"Sun, 29 May 2011 00:00:00 GMT")
    app = AccessLog(Told(taken), out)
    ask(app, b"/web/20110529000000~2012/http://h.example/", query=b"a=1")
    ask(app, EXACT, method="HEAD")
    ask(app, b"/")
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert first["path"] == "/web/20110529000000~2012/http://h.example/?a=1"
    assert (first["asked"], first["served"]) == ("2012", "20110529000000")
    assert (first["status"], first["bytes"], first["host"]) == (200, 3, "archive.example")
    assert (second["method"], second["served"], "asked" in second) == (
        "HEAD",
        "20110529000000",
        False,
    )
    assert third.keys() >= {"at", "ms"}
    assert "asked" not in third


def test_an_answer_that_breaks_off_is_logged_too() -> None:
    out = io.StringIO()

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        ask(AccessLog(broken, out))
    assert json.loads(out.getvalue())["status"] == 0
