"""Broken answers, for ever and for a while; and what may be asked for again, and when."""

import math
from collections.abc import Callable
from email.utils import formatdate

from tests.capture.trap_site.bodies import HTML, content, page, prose, redirect, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.resource import Answer, End, Endless, Need, Question, Reply, Wait

__all__ = ["lay"]

_HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\n".encode()
_STALL = Wait(4 * LIMITS.silence)
_LENGTH, _TIME = frozenset({"length"}), frozenset({"time"})
_LOST = frozenset({"disconnect"})


def _cut(*parts: bytes | Wait | Endless, cut: frozenset[str], end: End = End.CLOSE) -> Reply:
    body = b"".join(part for part in parts if isinstance(part, bytes))
    return Reply(parts, body.partition(b"\r\n\r\n")[2], cut=cut, end=end)


def _broken(name: str, body: bytes) -> Reply:
    half, length = body[: len(body) // 2], b"Content-Length: %d\r\n\r\n" % len(body)
    coded = b"Transfer-Encoding: chunked\r\n\r\n"
    match name:
        case "cut-length":
            return _cut(_HEAD + length + half, cut=_LOST)
        case "cut-chunk":
            return _cut(_HEAD + coded + b"%x\r\n" % len(body) + half, cut=_LOST)
        case "cut-between":
            return _cut(_HEAD + coded + b"%x\r\n%s\r\n" % (len(half), half), cut=_LOST)
        case "bad-chunk":
            bad = b"%x\r\n%s\r\nnot a size\r\n" % (len(half), half)
            return _cut(_HEAD + coded + bad, cut=_LOST | {"unspecified"})
        case "reset":
            return _cut(_HEAD + length + half, Wait(0.05), cut=_LOST, end=End.RESET)
        case "stalled":
            return _cut(_HEAD + length + half, _STALL, cut=_TIME)
        case "stalled-chunk":
            return _cut(_HEAD + coded + b"%x\r\n%s\r\n" % (len(half), half), _STALL, cut=_TIME)
    raise KeyError(name)


_BROKEN = {
    "cut-length": "ends before its length",
    "cut-chunk": "ends within a chunk",
    "cut-between": "ends between chunks",
    "bad-chunk": "a chunk without a size",
    "reset": "connection reset",
    "stalled": "stops and says nothing more",
    "stalled-chunk": "stops between chunks",
}


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "broken"
    names = []
    for name, why in _BROKEN.items():
        target = f"/broken/{name}.html"
        early = ground.leaf(f"/broken/early/{name}.html", f"before the break: {why}", Need.SHOULD)
        body = page(target, head=f'<link rel=next href="{early}">')
        names.append(ground.add(target, _broken(name, body), why, asks=LIMITS.tries))
    names += [_huge(ground), *_unending(ground), *_unanswered(ground)]
    inner = "".join(f'<a href="{name}">x</a>\n' for name in names)
    ground.hub("/broken/", inner, "answers that break")
    ground.area = "retries"
    names = [*_passing(ground), *_later(ground)]
    inner = "".join(f'<a href="{name}">x</a>\n' for name in names)
    ground.hub("/retry/", inner, "answers that are better the next time")


def _huge(ground: Ground) -> str:
    body = content("/broken/huge.pdf")[1] + prose("huge", 4000).encode() * 30
    body = body[: 3 * LIMITS.body]
    made = reply(body, kind="application/pdf")
    made = Reply(made.parts, body, cut=_LENGTH)
    return ground.add("/broken/huge.pdf", made, "larger than the limit", asks=LIMITS.tries)


def _unending(ground: Ground) -> list[str]:
    def add(name: str, why: str, need: Need, *parts: bytes | Endless, cut: frozenset[str]) -> str:
        made = _cut(*parts, cut=cut)
        return ground.add(f"/broken/{name}", made, why, need=need, asks=LIMITS.tries)

    start = _HEAD + b"\r\n<h1>The same again</h1>\n"
    drip = Endless(b".", 0.1, int(40 * LIMITS.seconds))
    chunks = Endless(b"10\r\n0123456789abcde\n\r\n")
    coded = b"Transfer-Encoding: chunked\r\n\r\n"
    either = _LENGTH | _TIME
    return [
        add(
            "endless.html",
            "a body without end",
            Need.MUST,
            start,
            Endless(b"again\n" * 999),
            cut=either,
        ),
        add(
            "endless-chunks.html",
            "chunks without end",
            Need.MUST,
            _HEAD + coded,
            chunks,
            cut=either,
        ),
        add("drip.html", "a byte now and then, without end", Need.MUST, start, drip, cut=_TIME),
        add(
            "endless-head.html",
            "a head without end",
            Need.MAY,
            _HEAD,
            Endless(b"X-More: and more\r\n"),
            cut=either | {"unspecified"},
        ),
        add(
            "drip-head.html",
            "a head, a byte now and then",
            Need.MAY,
            _HEAD + b"X-Slow: ",
            drip,
            cut=either | {"unspecified"},
        ),
    ]


def _unanswered(ground: Ground) -> list[str]:
    def add(name: str, why: str, made: Reply) -> str:
        return ground.add(f"/broken/{name}", made, why, need=Need.MAY, asks=LIMITS.tries)

    any_cut = frozenset({"disconnect", "time", "unspecified"})
    return [
        add("silent.html", "closed without a word", Reply((), cut=any_cut, end=End.CLOSE)),
        add("reset-at-once.html", "reset without a word", Reply((), cut=any_cut, end=End.RESET)),
        add("mute.html", "never says a word", _cut(_STALL, cut=any_cut)),
        add("half-head.html", "ends within the head", _cut(_HEAD + b"X-Half", cut=any_cut)),
        add("no-http.html", "is no HTTP", _cut(b"220 mail.parish.example\r\n", cut=any_cut)),
        add("bare.html", "HTTP/0.9", _cut(b"<h1>No head</h1>\n", cut=any_cut)),
        add(
            "odd-length.html",
            "a length that is none",
            _cut(_HEAD + b"Content-Length: many\r\n\r\n<h1>x</h1>\n", cut=any_cut),
        ),
    ]


def _passing(ground: Ground) -> list[str]:
    """Lay out what fails once or twice, with no word about when to come back."""

    def failing(target: str, times: int, fail: Callable[[bytes], Reply]) -> Answer:
        body = page(target, foot=ground.foot)

        def answer(question: Question) -> Reply:
            return reply(body) if question.count > times else fail(body)

        return answer

    def status(line: str) -> Callable[[bytes], Reply]:
        said = page(f"/retry/ {line}")
        return lambda _: reply(said, status=line, good=False)

    def passing(name: str) -> Callable[[bytes], Reply]:
        def fail(body: bytes) -> Reply:
            made = _broken(name, body)
            return Reply(made.parts, made.payload, cut=made.cut, end=made.end, good=False)

        return fail

    kinds: list[tuple[str, str, int, Callable[[bytes], Reply]]] = [
        ("500.html", "500 once", 1, status("500 Internal Server Error")),
        ("502.html", "502 once", 1, status("502 Bad Gateway")),
        ("503.html", "503 once", 1, status("503 Service Unavailable")),
        ("504.html", "504 once", 1, status("504 Gateway Timeout")),
        ("408.html", "408 once", 1, status("408 Request Timeout")),
        ("500-twice.html", "500 twice", 2, status("500 Internal Server Error")),
        ("cut.html", "cut once", 1, passing("cut-length")),
        ("cut-chunk.html", "cut in a chunk once", 1, passing("cut-chunk")),
        ("reset.html", "reset once", 1, passing("reset")),
        ("stalled.html", "stalled once", 1, passing("stalled")),
        (
            "silent.html",
            "closed without a word once",
            1,
            lambda _: Reply((), end=End.CLOSE, good=False, cut=frozenset({"disconnect"})),
        ),
    ]
    names = []
    for name, why, times, fail in kinds:
        target = f"/retry/{name}"
        answer = failing(target, times, fail)
        names.append(ground.add(target, answer, why, asks=max(times + 1, LIMITS.tries)))
    always = reply(page("/retry/always.html"), status="500 Internal Server Error")
    names.append(ground.add("/retry/always.html", always, "500 always", asks=LIMITS.tries))
    return names


def _later(ground: Ground) -> list[str]:
    """Lay out what says when to come back."""

    def told(target: str, line: str, *, date: bool, leads_to: str = "") -> Answer:
        body = page(target, foot=ground.foot)
        said = page(f"{target} {line}")

        def answer(question: Question) -> Reply:
            if question.count > 1 and not leads_to:
                return reply(body)
            if date:
                moment = math.ceil(question.clock) + 1
                value, not_before = formatdate(moment, usegmt=True), float(moment)
            else:
                value, not_before = "1", question.clock + 1
            fields = [("Retry-After", value)]
            if leads_to:
                made = redirect(leads_to, line, fields=fields)
            else:
                made = reply(said, status=line, fields=fields, good=False)
            return Reply(
                made.parts, made.payload, good=made.good, not_before=not_before, leads_to=leads_to
            )

        return answer

    names = []
    busy, many = "503 Service Unavailable", "429 Too Many Requests"
    for name, why, line, date in (
        ("busy-seconds.html", "503, Retry-After in seconds", busy, False),
        ("busy-date.html", "503, Retry-After as a date", busy, True),
        ("many-seconds.html", "429, Retry-After in seconds", many, False),
        ("many-date.html", "429, Retry-After as a date", many, True),
    ):
        target = f"/retry/{name}"
        answer = told(target, line, date=date)
        names.append(ground.add(target, answer, why, asks=LIMITS.tries))
    waiting = ground.leaf("/retry/awaited.html", "behind a 302 with Retry-After")
    answer = told("/retry/moved.html", "302 Found", date=False, leads_to=waiting)
    names.append(ground.add("/retry/moved.html", answer, "302 with Retry-After"))
    return names
