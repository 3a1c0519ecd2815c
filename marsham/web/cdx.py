"""The CDX server, ``/cdx``: lists of captures for programs, as pywb and the Wayback Machine answer.

Lines are sent as they are found, so that a list of millions takes no memory. A question may keep
the server busy for `WORK` seconds: one that is not answered by then, because few captures pass its
filters, is refused with advice, or ends with the key behind which it can be taken up again.
"""

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import chain

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from archiver.capture.patterns import Pattern
from archiver.errors import InputError, MarshamError
from archiver.records import Capture
from archiver.timestamps import Span, parse_digits, parse_timestamp
from marsham.web.pages import plain_problem, views_of
from marsham.web.views import Views
from snapshots.cdx import FIELDS, cdxj_line, field_of
from snapshots.index import Place
from snapshots.query import Match, Query, closest, count, key_ranges, run

__all__ = ["WORK", "answer"]

WORK = 30.0  # seconds a question may take, without the time its client takes to read
_OPEN = 600.0  # seconds it may take in all: a transaction that stays open holds up the catalogue
_CHUNK = 1 << 16  # characters sent at once
_PAGE = 10_000  # captures on a page, unless told
_MOST_PAGE = 100_000
_MOST_LAST = 10_000  # captures held in memory for a limit below nought
_MOST_FILTERS = 8
_LONGEST_LOOKED_AT = 4096  # characters of a field an expression is matched with
_META = frozenset("\\.^$*+?{}[]|()")
_PLAIN_NAMES = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_CDXJ_NAMES = ("url", "mime", "status", "digest", "length")
_OUTPUTS = {
    "cdxj": "text/x-cdxj; charset=utf-8",
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
}
_KNOWN = (
    *("url", "matchType", "from", "to", "limit", "sort", "closest", "filter", "fl", "fields"),
    *("collapse", "output", "page", "pageSize", "showNumPages", "showResumeKey", "resumeKey"),
    *("gzip", "fastLatest", "allowFuzzy"),  # other servers heed them; here they change nothing
)
_REPEATED = ("filter", "collapse")
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_START_OF_TIME = datetime.min.replace(tzinfo=UTC)
_END_OF_TIME = datetime.max.replace(microsecond=0, tzinfo=UTC)


class _TooLongError(MarshamError):
    """A question took longer than a question may."""

    def __init__(self) -> None:
        super().__init__(
            f"this question was not answered within {WORK:.0f} seconds; ask for fewer addresses or "
            "dates, or with showResumeKey=true, and go on from the key at its end"
        )


@dataclass(frozen=True, slots=True)
class _Filter:
    """One condition on a field: ``[!][=|~]FIELD:TEXT``."""

    name: str
    holds: Callable[[str], bool]
    wanted: bool

    def passes(self, capture: Capture) -> bool:
        return self.holds(field_of(capture, self.name)[:_LONGEST_LOOKED_AT]) is self.wanted


@dataclass(frozen=True, slots=True)
class _Question:
    """What a client asks, read and checked."""

    query: Query
    filters: tuple[_Filter, ...]
    collapsed: tuple[tuple[str, int | None], ...]
    near: datetime | None
    limit: int | None
    names: tuple[str, ...]
    output: str
    show_pages: bool
    page_size: int
    show_key: bool
    begun: tuple[str, ...] | None  # what was collapsed last, in an answer that goes on

    def of(self, capture: Capture) -> tuple[str, ...]:
        """Give what of a capture is compared with the one before."""
        return tuple(field_of(capture, name)[:length] for name, length in self.collapsed)


def answer(request: Request) -> Response:
    """Answer a question for captures."""
    views = views_of(request)
    clock = _Clock()
    try:
        question = _read(request)
        if question.show_pages:
            return _pages(views, question)
        chunks = _chunks(_lines(views, question, clock), clock)
        first = next(chunks, "")
    except _TooLongError as error:
        return PlainTextResponse(f"{error}\n", 503, {"Cache-Control": "no-store"})
    except MarshamError as error:
        return plain_problem(views, error)
    answered = StreamingResponse(chain([first], chunks))
    answered.headers.update(_HEADERS | {"Content-Type": _OUTPUTS[question.output]})
    return answered


def _pages(views: Views, question: _Question) -> Response:
    with views.archive.catalogue.read() as connection:
        number = count(connection, question.query)
    pages = -(-number // question.page_size)
    told = {"pages": pages, "pageSize": question.page_size, "captures": number}
    said = json.dumps(told) if question.output == "json" else str(pages)
    return Response(said + "\n", headers=_HEADERS | {"Content-Type": _OUTPUTS[question.output]})


class _Clock:
    """What is left of the time for a question; it stands still while the client reads."""

    def __init__(self) -> None:
        self._left = WORK
        self._end = time.monotonic() + _OPEN
        self._until = 0.0

    def start(self) -> None:
        self._until = time.monotonic() + self._left

    def stop(self) -> None:
        self._left = self._until - time.monotonic()

    @property
    def over(self) -> bool:
        now = time.monotonic()
        return now > self._until or now > self._end


class _Scan:
    """The captures that answer a question, within its time.

    Attributes:
        key: behind which the answer goes on; empty when it is complete.
    """

    def __init__(self, question: _Question, connection: Connection, clock: _Clock) -> None:
        self.key = ""
        self._question = question
        self._connection = connection
        self._clock = clock

    def __iter__(self) -> Iterator[Capture]:
        question = self._question
        limit = question.limit
        if limit is None or limit >= 0:
            yield from self._passing(question, limit)
        elif question.near or question.collapsed or question.query.newest_first:
            yield from deque(self._passing(question, None), maxlen=-limit)
        else:  # from the end on, which spares reading all that comes before
            query = replace(question.query, newest_first=True)
            yield from reversed([*self._passing(replace(question, query=query), -limit)])
        if limit is not None and limit < 0:
            self.key = ""  # what was left out comes before, not behind

    def _passing(self, question: _Question, limit: int | None) -> Iterator[Capture]:
        if limit == 0:
            return
        last, before, given = None, question.begun, 0
        for capture in self._all(question, limit):
            full = limit is not None and given >= limit
            if last and (full or self._clock.over):
                if not full and not question.show_key:
                    raise _TooLongError
                self.key = _write_key(last, before or ())
                return
            passes = all(one.passes(capture) for one in question.filters)
            if passes and question.collapsed:
                own = question.of(capture)
                passes, before = own != before, own
            last = capture
            if passes:
                given += 1
                yield capture

    def _all(self, question: _Question, limit: int | None) -> Iterator[Capture]:
        if question.near:
            return closest(self._connection, question.query, question.near)
        query = question.query
        if limit is not None and not question.filters and not question.collapsed:
            most = limit + 1  # one more tells whether the answer goes on
            query = replace(query, most=most if query.most is None else min(query.most, most))
        return run(self._connection, query)


def _lines(views: Views, question: _Question, clock: _Clock) -> Iterator[str]:
    with views.archive.catalogue.read() as connection:
        scan = _Scan(question, connection, clock)
        if question.output == "json":
            yield from _json_lines(question, scan)
            return
        for capture in scan:
            if question.output == "cdxj":
                yield cdxj_line(capture, question.names) + "\n"
            else:
                fields = (field_of(capture, name) or "-" for name in question.names)
                yield " ".join(fields) + "\n"
        if question.show_key and scan.key:
            yield f"\n{scan.key}\n"


def _json_lines(question: _Question, scan: _Scan) -> Iterator[str]:
    # A list of lists, the first of them the names; one that is empty has no names either.
    mark = "["
    for capture in scan:
        if mark == "[":
            yield mark + json.dumps(question.names)
            mark = ",\n"
        yield mark + json.dumps([field_of(capture, name) or "-" for name in question.names])
    if question.show_key and scan.key:
        yield f"{mark}[],\n{json.dumps([scan.key])}"
        mark = ""
    yield "[]\n" if mark == "[" else "]\n"


def _chunks(lines: Iterable[str], clock: _Clock) -> Iterator[str]:
    clock.start()
    waiting, size = [], 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            clock.stop()
            yield "".join(waiting)
            clock.start()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting)


def _read(request: Request) -> _Question:
    asked = request.query_params
    for name in asked:
        if name not in _KNOWN:
            alike = get_close_matches(name, _KNOWN, 1, 0.6)
            hint = f"did you mean {alike[0]}?" if alike else f"there are {', '.join(_KNOWN)}"
            raise InputError(f"unknown parameter {name[:100]!r}; {hint}")
        if len(asked.getlist(name)) > 1 and name not in _REPEATED:
            raise InputError(f"{name} comes {len(asked.getlist(name))} times; give it once")
    output = _one_of(asked.get("output") or "cdxj", "output", tuple(_OUTPUTS))
    sort = _one_of(asked.get("sort") or "default", "sort", ("default", "reverse", "closest"))
    match = asked.get("matchType")
    ranges = key_ranges(
        asked.get("url", ""), Match(_one_of(match, "matchType", tuple(Match))) if match else None
    )
    query = Query(ranges, _span(asked.get("from"), asked.get("to")), sort == "reverse")
    near = None
    if sort == "closest" or (asked.get("closest") and sort == "default"):
        if len(ranges) > 1 or not ranges[0][1].endswith(" "):
            raise InputError("sort=closest is for one address; leave out matchType and asterisks")
        stated = asked.get("closest")
        near = parse_digits(stated).first if stated else datetime.now(UTC)
    begun = None
    if key := asked.get("resumeKey"):
        if near:
            raise InputError("an answer with sort=closest cannot be taken up again; use limit")
        after, begun = _read_key(key)
        query = replace(query, after=after)
    page_size = _number(asked.get("pageSize"), "pageSize", 1, _MOST_PAGE) or _PAGE
    page = _number(asked.get("page"), "page", 0, 10**9)
    if page is not None:
        query = replace(query, skipped=page * page_size, most=page_size)
    listed = asked.get("fl") or asked.get("fields")
    names = _names(listed) if listed else _CDXJ_NAMES if output == "cdxj" else _PLAIN_NAMES
    return _Question(
        query=query,
        filters=tuple(_filters(asked.getlist("filter"))),
        collapsed=tuple(map(_collapse, filter(None, asked.getlist("collapse")))),
        near=near,
        limit=_number(asked.get("limit"), "limit", -_MOST_LAST, 10**12),
        names=names,
        output=output,
        show_pages=_switch(asked.get("showNumPages"), "showNumPages"),
        page_size=page_size,
        show_key=_switch(asked.get("showResumeKey"), "showResumeKey"),
        begun=begun,
    )


def _span(first: str | None, last: str | None) -> Span | None:
    if not first and not last:
        return None
    return Span(
        parse_digits(first).first if first else _START_OF_TIME,
        parse_digits(last).last if last else _END_OF_TIME,
    )


def _names(listed: str) -> tuple[str, ...]:
    return tuple(_field(name.strip()) for name in listed.split(","))


def _field(name: str) -> str:
    if name not in FIELDS:
        raise InputError(f"there is no field {name[:100]!r}; there are {', '.join(FIELDS)}")
    return name


def _filters(texts: list[str]) -> Iterator[_Filter]:
    if len(texts) > _MOST_FILTERS:
        raise InputError(f"{len(texts)} filters; there may be {_MOST_FILTERS}")
    for text in filter(None, texts):
        wanted = not text.startswith("!")
        rest = text.removeprefix("!")
        how = rest[:1] if rest[:1] in ("=", "~") else ""
        name, colon, value = rest[len(how) :].partition(":")
        if not colon:
            raise InputError(f"filter {text[:100]!r}: write [!][=|~]FIELD:TEXT")
        if FIELDS[_field(name)] == "digest":
            value = value.removeprefix("sha1:")
        yield _Filter(name, _condition(how, value), wanted)


def _condition(how: str, value: str) -> Callable[[str], bool]:
    if how == "=":
        return value.__eq__
    if not how and not _META & set(value):
        return lambda text: value in text
    return Pattern(value, from_start=how == "~", small=True).found_in


def _collapse(text: str) -> tuple[str, int | None]:
    name, colon, length = text.partition(":")
    return _field(name), _number(length, "collapse", 1, 10_000) if colon else None


def _write_key(last: Capture, before: tuple[str, ...]) -> str:
    told = [last.url, last.timestamp, last.number, *before]
    return urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _read_key(text: str) -> tuple[Place, tuple[str, ...]]:
    try:
        told = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        url, timestamp, number, *before = told
        sane = isinstance(url, str) and isinstance(timestamp, str) and isinstance(number, int)
        if not sane or not all(isinstance(one, str) for one in before) or "\0" in url:
            raise ValueError
        url.encode()
        parse_timestamp(timestamp.zfill(14))
        return Place(timestamp, url, number), tuple(before)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError("resumeKey is none that was given here; begin without it") from error


def _one_of(value: str, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InputError(f"{name} cannot be {value[:100]!r}; it is one of {', '.join(known)}")
    return value


def _number(text: str | None, name: str, least: int, most: int) -> int | None:
    if not text:
        return None
    if _NUMBER.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    raise InputError(f"{name} must be a number from {least} to {most}, not {text[:100]!r}")


def _switch(text: str | None, name: str) -> bool:
    return _one_of((text or "false").lower(), name, ("true", "false", "1", "0")) in ("true", "1")
