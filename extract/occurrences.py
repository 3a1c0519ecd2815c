"""Where words occur through time: of each page from when to when, and how often in each year.

An archive only samples: "first" and "last" are of captures, not of the page itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    func,
    or_,
    select,
    union,
)

from archiver.timestamps import YEAR, Span, format_timestamp
from extract.facts.emails import find_emails
from extract.facts.phones import find_phones
from extract.questions import read_question
from extract.search import of_site
from extract.tables import extraction, observation, page_version
from extract.wordindex import has_index, matching
from snapshots.tables import capture, same_capture, url
from snapshots.visible import visible

__all__ = ["Spell", "Trend", "spells", "trends"]

_LONGEST = 120  # characters of a value
_VALUE_FIELDS = ("phone", "fax", "textphone", "email")
_NO_PAGE = (404, 410, 301, 302, 303, 307, 308)  # statuses that show a page gone or moved


@dataclass(frozen=True, slots=True)
class Spell:
    """A page that says what was asked in some of its captures.

    Attributes:
        url: its address.
        title: what it was called first.
        first: timestamp of the earliest such capture.
        last: timestamp of the latest.
        captures: how many such there are.
        of: how many captures of the page were read in all.
        not_seen_by: timestamp of the first later capture of the page, which does not say it, or
            shows the page gone or moved; empty when there is none.
    """

    url: str
    title: str
    first: str
    last: str
    captures: int
    of: int
    not_seen_by: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """How many captures of a year say what was asked, of how many that were read."""

    year: str
    captures: int
    of: int


def spells(
    connection: Connection,
    words: str,
    *,
    span: Span | None = None,
    site: str = "",
    limit: int = 50,
) -> Iterator[Spell]:
    """Find the pages that ever said something; those that said it first come first.

    Args:
        connection: a connection of the catalogue.
        words: as `extract.questions` reads them; or a telephone number or an e-mail address alone,
            which is found however pages write it.
        span: captures taken within it; all when not given.
        site: a host to which the search is kept.
        limit: pages given at most.

    Where the database has no index of words nothing but such values is found.
    """
    hits = _hits(connection, words)
    if hits is None:
        return
    said = (
        select(
            url.c.id,
            url.c.url,
            func.min(capture.c.timestamp).label("first"),
            func.max(capture.c.timestamp).label("last"),
            func.count().label("captures"),
        )
        .select_from(_read_captures().join(hits, hits.c.id == page_version.c.extraction_id))
        .where(visible(), *of_site(site), *_within(span))
        .group_by(url.c.id, url.c.url)
        .order_by("first", url.c.url)
        .limit(limit)
    )
    for number, address, first, last, captures in connection.execute(said).all():
        every = select(func.count()).select_from(_read_captures())
        here = (url.c.id == number, visible(), *_within(span))
        title = (
            select(extraction.c.title)
            .join(page_version, page_version.c.extraction_id == extraction.c.id)
            .where(page_version.c.url_id == number, page_version.c.timestamp == first)
            .order_by(page_version.c.seq)
            .limit(1)
        )
        yield Spell(
            address,
            connection.scalar(title) or "",
            f"{first:014}",
            f"{last:014}",
            captures,
            connection.scalar(every.where(*here)) or 0,
            _not_seen_by(connection, number, last, span),
        )


def _hits(connection: Connection, words: str) -> Subquery | None:
    """The readings that say something; None where that cannot be told."""
    words = words.strip()
    quoted = words.strip('"')
    indexed = has_index(connection)
    values = _values_in(quoted)
    if not values:
        question = read_question(words)
        return matching(question).subquery() if question and indexed else None
    read = select(observation.c.extraction_id.label("id")).where(
        observation.c.field.in_(_VALUE_FIELDS), observation.c.value.in_(values)
    )
    if not indexed:
        return read.distinct().subquery()
    return union(read, matching(read_question(f'"{quoted}"'))).subquery()


def _values_in(words: str) -> list[str]:
    """The telephone number or e-mail address that words are and nothing besides; else none."""
    if len(words) > _LONGEST:
        return []
    emails = find_emails(words)
    if emails and emails[0].end - emails[0].start == len(words):
        return [emails[0].address.lower()]
    phones = find_phones(words)
    if phones and phones[0].end - phones[0].start >= len(words) - 1:  # a bracket may stand before
        return [phones[0].number]
    return []


def _not_seen_by(connection: Connection, number: int, last: int, span: Span | None) -> str:
    gone = capture.c.status.in_(_NO_PAGE)
    query = (
        select(func.min(capture.c.timestamp))
        .select_from(capture)
        .join(url, url.c.id == capture.c.url_id)
        .outerjoin(page_version, same_capture(page_version))
        .where(
            url.c.id == number,
            visible(),
            *_within(span),
            capture.c.timestamp > last,
            or_(page_version.c.extraction_id.is_not(None), gone),
        )
    )
    found = connection.scalar(query)
    return f"{found:014}" if found else ""


def trends(connection: Connection, words: str, *, site: str = "") -> list[Trend]:
    """Count by year the captures that say something, beside all that were read.

    Years without a capture are left out. Costs a look at every capture that was read.
    """
    question = read_question(words)
    if not question or not has_index(connection):
        return []
    year = (capture.c.timestamp // YEAR).label("year")
    counted = select(year, func.count()).group_by("year").where(visible(), *of_site(site))
    hits = matching(question).subquery()
    every = counted.select_from(_read_captures())
    saying = counted.select_from(
        _read_captures().join(hits, hits.c.id == page_version.c.extraction_id)
    )
    found = {int(at): number for at, number in connection.execute(saying)}
    return [
        Trend(f"{int(at):04}", found.get(int(at), 0), number)
        for at, number in sorted(connection.execute(every))
    ]


def _read_captures() -> FromClause:
    captures = capture.join(url, url.c.id == capture.c.url_id)
    return captures.join(page_version, same_capture(page_version))


def _within(span: Span | None) -> tuple[ColumnElement[bool], ...]:
    if span is None:
        return ()
    return (
        capture.c.timestamp >= int(format_timestamp(span.first)),
        capture.c.timestamp <= int(format_timestamp(span.last)),
    )
