"""The index of captures: the closest to a date, every version of a URL, every URL of a prefix.

Many URLs may share a key (with and without ``www.``, other letter case); all of them are versions
of one address, as everywhere in the field, and of two equally close the one asked for wins.

Captures that are withdrawn are not given, unless `withdrawn` is set: that is for the few who must
know of them, such as those who look for the record that holds the payload of a revisit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    SelectBase,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)

from archiver.digests import write_digest
from archiver.records import Capture, DateSource, Grade, Kind, StatedDate
from archiver.timestamps import Span, format_timestamp
from archiver.urls import prefix_range, url_key
from snapshots.catalogue import LookUp, Prepared, stream
from snapshots.tables import (
    DIGEST_PREFIX,
    capture,
    digest_prefix,
    media_type,
    same_capture,
    stated_date,
    url,
    warc_file,
)
from snapshots.visible import visible

__all__ = [
    "GRADE_CODES",
    "KIND_CODES",
    "Place",
    "Placed",
    "below",
    "capture_of",
    "every",
    "extent",
    "nearest",
    "nearest_of",
    "neighbours",
    "numbered",
    "of_snapshot",
    "placed",
    "prefix",
    "prepare",
    "select_captures",
    "sites",
    "stated_dates",
    "versions",
    "with_digest",
]

_Row = Sequence[Any]  # of the driver, or of SQLAlchemy

KIND_CODES = {Kind.RESPONSE: 1, Kind.REVISIT: 2, Kind.RESOURCE: 3}
GRADE_CODES = {Grade.SENT: 1, Grade.BODY: 2, Grade.RECOVERED: 3, Grade.RENDERING: 4}
_KINDS = {code: kind for kind, code in KIND_CODES.items()}
_GRADES = {code: grade for grade, code in GRADE_CODES.items()}
_BEYOND_KEYS = "\x7f"  # keys are ASCII without control characters
_CANDIDATES = 100  # records of equal content looked at to find the payload of a revisit


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """What tells a capture of an address from all others: its time, spelling, and number."""

    timestamp: str
    url: str
    number: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a capture stands among all of its address; None beside the first and the last."""

    first: Place
    previous: Place | None
    following: Place | None
    last: Place


def select_captures(*more: ColumnElement[Any], withdrawn: bool = False) -> Select[Any]:
    """Begin a query for captures; each row is for `capture_of`, with `more` columns behind.

    Only visible captures are found, unless `withdrawn` is set.
    """
    query = (
        select(
            url.c.url,
            capture.c.timestamp,
            capture.c.kind,
            capture.c.status,
            media_type.c.name,
            capture.c.digest,
            warc_file.c.path,
            capture.c.record_offset,
            capture.c.record_length,
            capture.c.grade,
            capture.c.seq,
            *more,
        )
        .select_from(url)
        .join(capture, capture.c.url_id == url.c.id)
        .join(media_type, media_type.c.id == capture.c.media_type_id)
        .join(warc_file, warc_file.c.id == capture.c.file_id)
    )
    return query if withdrawn else query.where(visible())


_CAPTURES = select_captures()
_other = capture.alias("other")


def _around(*, withdrawn: bool) -> CompoundSelect[Any]:
    # The last capture up to a moment and the first behind it, for every spelling of an address.
    moment: ColumnElement[Any] = bindparam("moment")
    shown = [] if withdrawn else [visible(url, _other)]
    last_before = select(func.max(_other.c.timestamp)).where(
        _other.c.url_id == url.c.id, _other.c.timestamp <= moment, *shown
    )
    first_after = select(func.min(_other.c.timestamp)).where(
        _other.c.url_id == url.c.id, _other.c.timestamp > moment, *shown
    )
    return union_all(
        *(
            select_captures(withdrawn=withdrawn).where(
                url.c.urlkey == bindparam("key"),
                capture.c.timestamp == side.correlate(url).scalar_subquery(),
            )
            for side in (last_before, first_after)
        )
    )


def _around_many(keys: list[ColumnElement[Any]]) -> SelectBase:
    # The same for many keys at once, of what is in view.
    moment: ColumnElement[Any] = bindparam("moment")
    shown = visible(url, _other)
    last_before = select(func.max(_other.c.timestamp)).where(
        _other.c.url_id == url.c.id, _other.c.timestamp <= moment, shown
    )
    first_after = select(func.min(_other.c.timestamp)).where(
        _other.c.url_id == url.c.id, _other.c.timestamp > moment, shown
    )
    return union_all(
        *(
            select_captures(url.c.urlkey).where(
                url.c.urlkey.in_(keys),
                capture.c.timestamp == side.correlate(url).scalar_subquery(),
            )
            for side in (last_before, first_after)
        )
    )


def _beside() -> Select[Any]:
    # The last capture before a moment and the first after it, of all spellings of an address.
    at: ColumnElement[Any] = bindparam("at")
    steps = (
        select(func.max(_other.c.timestamp)).where(_other.c.timestamp < at),
        select(func.min(_other.c.timestamp)).where(_other.c.timestamp > at),
    )
    before, after = (
        step.where(_other.c.url_id == url.c.id, visible(url, _other))
        .correlate(url)
        .scalar_subquery()
        for step in steps
    )
    return select(func.max(before), func.min(after)).where(url.c.urlkey == bindparam("key"))


_BESIDE = Prepared(_beside())
_AROUND_MANY = LookUp(_around_many)
_AROUND = {withdrawn: Prepared(_around(withdrawn=withdrawn)) for withdrawn in (False, True)}

_HOLDERS = Prepared(
    select_captures(withdrawn=True)
    .where(
        digest_prefix() == bindparam("prefix"),
        capture.c.digest == bindparam("digest"),
        capture.c.kind != KIND_CODES[Kind.REVISIT],
    )
    .order_by(capture.c.timestamp)
    .limit(_CANDIDATES)
)


def _at_the_edges() -> CompoundSelect[Any]:
    # For every spelling of an address: its first and last captures, those of a second, and those
    # before and after it.
    moment: ColumnElement[Any] = bindparam("moment")
    steps = (
        (func.min, None),
        (func.max, _other.c.timestamp < moment),
        (func.min, _other.c.timestamp > moment),
        (func.max, None),
    )
    times: list[ColumnElement[Any]] = [moment]
    for outermost, condition in steps:
        step = select(outermost(_other.c.timestamp)).where(
            _other.c.url_id == url.c.id, visible(url, _other)
        )
        times.append(
            (step if condition is None else step.where(condition)).correlate(url).scalar_subquery()
        )
    return union_all(
        *(
            select(capture.c.timestamp, url.c.url, capture.c.seq)
            .join(capture, capture.c.url_id == url.c.id)
            .where(url.c.urlkey == bindparam("key"), capture.c.timestamp == time, visible())
            for time in times
        )
    )


_EDGES = Prepared(_at_the_edges())

_NUMBERED = Prepared(
    select_captures().where(
        url.c.urlkey == bindparam("key"),
        url.c.url == bindparam("address"),
        capture.c.timestamp == bindparam("moment"),
        capture.c.seq == bindparam("number"),
    )
)


def prepare(connection: Connection) -> None:
    """Make the texts of the queries by which one memento is shown, before a reader waits for it."""
    for query in (_AROUND[False], _EDGES, _BESIDE, _NUMBERED, _HOLDERS):
        query.prepare(connection.dialect)


def nearest(
    connection: Connection, wanted: str, moment: datetime, *, withdrawn: bool = False
) -> Capture | None:
    """Choose the capture of a URL closest in time to `moment`; of two as close, the earlier.

    Args:
        connection: a connection of the catalogue.
        wanted: the original URL.
        moment: an aware datetime; it may lie before the first capture or after the last.
        withdrawn: whether captures out of view are looked at as well.

    One query of two steps in the index, however many captures there are. Source: RFC 7089 asks for
    the best match; the earlier of two is our choice.
    """
    found = _AROUND[withdrawn].rows(
        connection, key=url_key(wanted), moment=int(format_timestamp(moment))
    )

    def rank(row: _Row) -> tuple[timedelta, bool, int, str, int]:
        return abs(_moment(row[1]) - moment), row[0] != wanted, row[1], row[0], row[10]

    return capture_of(min(found, key=rank)) if found else None


def nearest_of(
    connection: Connection, wanted: Sequence[str], moment: datetime
) -> dict[str, Capture]:
    """Choose for each of many URLs the capture in view closest to `moment`, as `nearest` does.

    URLs without a capture are left out. Costs a few queries, however many URLs there are.
    """
    keys = {address: url_key(address) for address in wanted}
    around: dict[str, dict[_Row, None]] = {}
    if keys:
        rows = _AROUND_MANY.rows(
            connection, sorted(set(keys.values())), moment=int(format_timestamp(moment))
        )
        for row in rows:
            around.setdefault(row[11], {})[tuple(row)] = None

    def chosen(address: str) -> Capture:
        def rank(row: _Row) -> tuple[timedelta, bool, int, str, int]:
            return abs(_moment(row[1]) - moment), row[0] != address, row[1], row[0], row[10]

        return capture_of(min(around[keys[address]], key=rank))

    return {address: chosen(address) for address in keys if keys[address] in around}


def numbered(connection: Connection, place: Place) -> Capture | None:
    """Give the capture of an address, as spelled, with its number in a second; None without one."""
    found = _NUMBERED.rows(
        connection,
        key=url_key(place.url),
        address=place.url,
        moment=int(place.timestamp),
        number=place.number,
    )
    return capture_of(found[0]) if found else None


def placed(connection: Connection, of: Capture) -> Placed:
    """Tell where a capture stands among all captures of its address that are in view.

    Steps in the index, however many captures there are. Captures of one second stand in the order
    of their spellings and numbers.
    """
    rows = _EDGES.rows(connection, key=url_key(of.url), moment=int(of.timestamp))
    own = Place(of.timestamp, of.url, of.number)
    all_ = sorted({own, *(Place(_digits(at), address, number) for at, address, number in rows)})
    at = all_.index(own)
    return Placed(
        first=all_[0],
        previous=all_[at - 1] if at else None,
        following=all_[at + 1] if at + 1 < len(all_) else None,
        last=all_[-1],
    )


def versions(
    connection: Connection, wanted: str, span: Span | None = None, *, newest_first: bool = False
) -> Iterator[Capture]:
    """Give every capture of a URL in the order of time, both ends of `span` included."""
    query = _within(_CAPTURES.where(url.c.urlkey == url_key(wanted)), span)
    order = capture.c.timestamp.desc() if newest_first else capture.c.timestamp
    yield from map(capture_of, stream(connection, query.order_by(order, url.c.url, capture.c.seq)))


def neighbours(connection: Connection, of: Capture) -> tuple[str | None, str | None]:
    """Give the timestamps of the captures before and after one of the same address, if any.

    Two steps in the index, however many captures there are.
    """
    [row] = _BESIDE.rows(connection, key=url_key(of.url), at=int(of.timestamp))
    return tuple(None if time is None else _digits(time) for time in row)  # type: ignore[return-value]


def prefix(connection: Connection, start: str, span: Span | None = None) -> Iterator[Capture]:
    """Give every capture below a URL prefix, sorted by key, then by time.

    A prefix that ends in a slash covers the page of that address as well.
    """
    first, beyond = prefix_range(start)
    key = url_key(start)
    if key < first:  # the page itself, when only what lies below it begins with the prefix
        yield from _sorted(connection, _within(_CAPTURES.where(url.c.urlkey == key), span))
    below = _CAPTURES.where(url.c.urlkey >= first, url.c.urlkey < beyond)
    yield from _sorted(connection, _within(below, span))


def every(connection: Connection, span: Span | None = None) -> Iterator[Capture]:
    """Give every capture of the archive, sorted by key, then by time."""
    # All keys are between these; the condition leads along them, and nothing need be sorted.
    along = _CAPTURES.where(url.c.urlkey >= "", url.c.urlkey < _BEYOND_KEYS)
    yield from _sorted(connection, _within(along, span))


def of_snapshot(connection: Connection, number: int, span: Span | None = None) -> Iterator[Capture]:
    """Give every capture that is part of a snapshot, sorted by key, then by time."""
    part = _CAPTURES.where(capture.c.snapshot_id == number)
    yield from _sorted(connection, _within(part, span))


def extent(connection: Connection, wanted: str | None) -> tuple[int, str, str] | None:
    """Count the captures of a page, of every page below ``PREFIX*``, or all (None).

    Returns:
        How many are in view, and the timestamps of the first and the last; None when there is none.
    """
    query = select(
        func.count(), func.min(capture.c.timestamp), func.max(capture.c.timestamp)
    ).where(capture.c.url_id == url.c.id, visible())
    if wanted and wanted.endswith("*"):
        query = query.where(below(wanted[:-1]))
    elif wanted:
        query = query.where(url.c.urlkey == url_key(wanted))
    number, first, last = connection.execute(query).one()
    return (number, _digits(first), _digits(last)) if number else None


def sites(connection: Connection) -> Iterator[str]:
    """Give every host (with its port, if unusual) that has captures, in the order of their keys.

    Hosts of which everything is withdrawn are not given.

    Costs one look-up a host, whatever the number of captures.
    """
    key = ""
    shown = exists().where(capture.c.url_id == url.c.id, visible()).correlate(url)
    while True:
        following = select(url.c.urlkey, url.c.url).where(url.c.urlkey >= key, shown)
        row = connection.execute(following.order_by(url.c.urlkey).limit(1)).one_or_none()
        if row is None:
            return
        host, bracket, _ = row.urlkey.partition(")")
        if bracket:
            yield urlsplit(row.url).netloc
            key = host + chr(ord(")") + 1)
        else:  # dns: and other addresses that are no web pages
            key = row.urlkey + " "


def with_digest(connection: Connection, digest: bytes) -> list[Capture]:
    """Give captures whose record holds the payload of a digest itself; never revisits.

    Withdrawn ones are among them: a revisit that is in view shows what it says even where the
    record that holds it, of another date or address, is not.
    """
    found = _HOLDERS.rows(connection, prefix=digest[:DIGEST_PREFIX], digest=digest)
    return [capture_of(row) for row in found]


def stated_dates(connection: Connection, of: Capture) -> list[tuple[StatedDate, str | None]]:
    """Give every date stated for a capture, and the rule at the one that was chosen.

    Empty when nothing but the capture's own timestamp was ever stated.
    """
    query = (
        select(stated_date.c.source, stated_date.c.stated, stated_date.c.raw, stated_date.c.rule)
        .select_from(capture)
        .join(warc_file, warc_file.c.id == capture.c.file_id)
        .join(url, url.c.id == capture.c.url_id)
        .join(stated_date, same_capture(stated_date))
        .where(
            url.c.urlkey == url_key(of.url),
            url.c.url == of.url,
            capture.c.timestamp == int(of.timestamp),
            warc_file.c.path == of.file,
            capture.c.record_offset == of.offset,
        )
        .order_by(stated_date.c.position)
    )
    return [
        (StatedDate(DateSource(source), stated, raw), rule)
        for source, stated, raw, rule in connection.execute(query)
    ]


def capture_of(row: _Row) -> Capture:
    """Read a row of `select_captures` as a capture."""
    address, at, kind, status, name, digest, path, offset, length, grade, number, *_ = row
    return Capture(
        *(address, f"{at:014}", _KINDS[kind], status, name),
        *(write_digest(digest), path, offset, length, _GRADES[grade]),
        number=number,
    )


def _moment(timestamp: int) -> datetime:
    day, time = divmod(timestamp, 1_000_000)
    (month, day), (minute, second) = divmod(day, 100), divmod(time, 100)
    (year, month), (hour, minute) = divmod(month, 100), divmod(minute, 100)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def below(start: str) -> ColumnElement[bool]:
    """Give the condition that the key of a URL lies below a prefix, or is that of its own page."""
    first, beyond = prefix_range(start)
    return or_(and_(url.c.urlkey >= first, url.c.urlkey < beyond), url.c.urlkey == url_key(start))


def _sorted(connection: Connection, query: Select[Any]) -> Iterator[Capture]:
    order = (url.c.urlkey, capture.c.timestamp, url.c.url, capture.c.seq)
    return map(capture_of, stream(connection, query.order_by(*order)))


def _within(query: Select[Any], span: Span | None) -> Select[Any]:
    if span is None:
        return query
    first, last = (int(format_timestamp(end)) for end in (span.first, span.last))
    return query.where(capture.c.timestamp >= first, capture.c.timestamp <= last)


def _digits(timestamp: int) -> str:
    return f"{timestamp:014}"
