"""Queries of captures as CDX servers answer them: which addresses and dates, in which order.

Captures come one by one, so an answer may hold any number of them. Those that are withdrawn are
not given; see `snapshots.index`.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, func, select, tuple_

from archiver.errors import InputError
from archiver.records import Capture
from archiver.timestamps import Span, format_timestamp, parse_timestamp
from archiver.urls import check_listed, prefix_range, repair_slashes, url_key
from snapshots import index
from snapshots.catalogue import stream
from snapshots.index import Place
from snapshots.tables import capture, url
from snapshots.visible import visible

__all__ = ["Match", "Query", "closest", "count", "key_ranges", "run"]

_FIRST_KEY, _BEYOND_KEYS = "", "\x7f"  # keys are ASCII without control characters
_BEHIND = " "  # no key holds a blank, so nothing else lies between a key and it


class Match(StrEnum):
    """Which addresses a query is about, beside the one it names."""

    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the index.

    Attributes:
        ranges: of keys, each the first and the first beyond, sorted; see `key_ranges`.
        span: dates of capture, both ends included; None for all.
        newest_first: whether the order (by key, then by time) is turned round.
        after: the last capture of an answer before, behind which this one begins.
        skipped: how many captures to pass over first.
        most: how many to give; None for all.
    """

    ranges: tuple[tuple[str, str], ...]
    span: Span | None = None
    newest_first: bool = False
    after: Place | None = None
    skipped: int = 0
    most: int | None = None


def key_ranges(wanted: str, match: Match | None) -> tuple[tuple[str, str], ...]:
    """Give the ranges of URL keys a query covers, sorted.

    Args:
        wanted: an address. Without `match`, ``*`` at its end asks for all that begin so, before
            a host for all hosts below, and alone for everything.
        match: which addresses beside it.

    >>> key_ranges("*.homeoffice.example", None)[1]
    ('example,homeoffice,', 'example,homeoffice-')

    Raises:
        InputError: for what is no address, or an asterisk somewhere else.
    """
    wanted = wanted.strip()
    if match is None:
        match = Match.EXACT
        if wanted == "*":
            return ((_FIRST_KEY, _BEYOND_KEYS),)
        if wanted.startswith("*."):
            match, wanted = Match.DOMAIN, wanted[2:]
        elif wanted.endswith("*"):
            match, wanted = Match.PREFIX, wanted[:-1]
    address = check_listed(repair_slashes(wanted))
    key = url_key(address)
    page = (key, key + _BEHIND)
    if match is Match.EXACT:
        return (page,)
    if match is Match.PREFIX:
        below = prefix_range(address)
        return (below,) if below[0] <= key else (page, below)
    authority = key.partition(")")[0]
    if not address.lower().startswith(("http://", "https://")):
        raise InputError(f"{wanted[:200]!r} names no host; ask for it with matchType=exact")
    ranges = [(f"{authority})", f"{authority}*")]
    if urlsplit(address).port is None:
        ranges.append((f"{authority}:", f"{authority};"))
        if match is Match.DOMAIN:
            ranges.append((f"{authority},", f"{authority}-"))
    return tuple(sorted(ranges))


def run(connection: Connection, query: Query) -> Iterator[Capture]:
    """Give the captures a query is about, in its order."""
    left, skipped = query.most, query.skipped
    for keys in reversed(query.ranges) if query.newest_first else query.ranges:
        if left == 0:
            return
        if skipped:
            there = _count(connection, keys, query)
            if there <= skipped:
                skipped -= there
                continue
        for found in _of_range(connection, keys, query, skipped, left):
            yield found
            if left is not None:
                left -= 1
        skipped = 0


def count(connection: Connection, query: Query) -> int:
    """Count the captures of a query's addresses and dates."""
    return sum(_count(connection, keys, query) for keys in query.ranges)


def closest(connection: Connection, query: Query, moment: datetime) -> Iterator[Capture]:
    """Give the captures of one address from the closest to a moment on; of two the earlier."""
    second = moment.replace(microsecond=0)
    at = int(format_timestamp(second))
    base = _columns(query.ranges[0], query)
    newer = base.where(capture.c.timestamp >= at)
    older = base.where(capture.c.timestamp < at)
    order = (url.c.url, capture.c.seq)

    def distance(found: Capture) -> tuple[float, str]:
        away = parse_timestamp(found.timestamp) - second
        return abs(away.total_seconds()), found.timestamp

    yield from heapq.merge(
        map(index.capture_of, stream(connection, newer.order_by(capture.c.timestamp, *order))),
        map(
            index.capture_of, stream(connection, older.order_by(capture.c.timestamp.desc(), *order))
        ),
        key=distance,
    )


def _of_range(
    connection: Connection, keys: tuple[str, str], query: Query, skipped: int, most: int | None
) -> Iterator[Capture]:
    found = _columns(keys, query)
    order = (url.c.urlkey, capture.c.timestamp, url.c.url, capture.c.seq)
    if query.after:
        last = query.after
        key = url_key(last.url)
        place = tuple_(key, int(last.timestamp), last.url, last.number)
        if query.newest_first:
            found = found.where(url.c.urlkey <= key, tuple_(*order) < place)
        else:
            found = found.where(url.c.urlkey >= key, tuple_(*order) > place)
    found = found.order_by(*(column.desc() for column in order) if query.newest_first else order)
    if skipped:
        found = found.offset(skipped)
    if most is not None:
        found = found.limit(most)
    return map(index.capture_of, stream(connection, found))


def _columns(keys: tuple[str, str], query: Query) -> Select[Any]:
    first, beyond = keys
    found = index.select_captures().where(url.c.urlkey >= first, url.c.urlkey < beyond)
    return _within(found, query.span)


def _count(connection: Connection, keys: tuple[str, str], query: Query) -> int:
    first, beyond = keys
    found = (
        select(func.count())
        .select_from(url)
        .join(capture, capture.c.url_id == url.c.id)
        .where(url.c.urlkey >= first, url.c.urlkey < beyond, visible())
    )
    return connection.scalar(_within(found, query.span)) or 0


def _within(found: Select[Any], span: Span | None) -> Select[Any]:
    if span is None:
        return found
    first, last = (int(format_timestamp(end)) for end in (span.first, span.last))
    return found.where(capture.c.timestamp >= first, capture.c.timestamp <= last)
