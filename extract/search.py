"""Looking for words in archived pages as of a date: in titles and text, or what else is known.

Each page counts once, in the version that stood at the date. Where nothing was extracted, addresses
and the titles of page lists are looked through instead. In a database without an index of words
(PostgreSQL) texts are looked through one by one, up to a number; "near" is taken for "both" there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
)

from archiver.records import Capture
from archiver.timestamps import YEAR, format_timestamp
from archiver.urls import url_key
from extract.asof import anything_extracted, newest_states
from extract.questions import Phrase, Question, Together, read_question
from extract.tables import extraction, page_text, page_version
from extract.wordindex import has_index, matching, one_line, ranked, snippets
from snapshots import index
from snapshots.catalogue import LookUp
from snapshots.listed import listed_title
from snapshots.tables import capture, same_capture, url

__all__ = ["Facet", "Found", "Results", "Searched", "count_found", "of_site", "search_pages"]

_MOST_READ = 20_000  # pages that are looked through where there is no index
_AROUND = 110  # characters of the text shown on either side
_AT_ONCE = 32  # readings whose pages are looked up in one query


def _captures_of(states: Subquery) -> Select[Any]:
    # Behind the columns of a capture: title, reading, address.
    return (
        index.select_captures(extraction.c.title, extraction.c.id, states.c.url_id)
        .join(states, same_capture(states))
        .join(extraction, extraction.c.id == states.c.extraction_id)
    )


_PAGES_OF = LookUp(
    lambda wanted: select(page_version.c.url_id, page_version.c.extraction_id, url.c.urlkey).where(
        page_version.c.extraction_id.in_(wanted),
        page_version.c.timestamp <= bindparam("before"),
        url.c.id == page_version.c.url_id,
        url.c.urlkey >= bindparam("first"),
        url.c.urlkey < bindparam("beyond"),
    )
)
_STATES_OF = LookUp(
    lambda wanted: _captures_of(
        states := newest_states(bindparam("before", type_=BigInteger), capture.c.url_id.in_(wanted))
    ).where(states.c.rank == 1)
)


class Searched(StrEnum):
    """What was looked through."""

    TEXT = "text"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Found:
    """A page that says what was asked.

    Attributes:
        capture: its newest capture up to the date.
        title: what it is called; empty when that is not known.
        snippet: a piece of its text on one line, in parts: those that were looked for, and those
            round them. Empty where it was found by title or address.
    """

    capture: Capture
    title: str
    snippet: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """What was found.

    Attributes:
        pages: the best first.
        more: whether there are others behind them.
        searched: what was looked through.
    """

    pages: tuple[Found, ...]
    more: bool
    searched: Searched


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of the pages found are of which site, and how many were captured in which year."""

    number: int
    sites: tuple[tuple[str, int], ...]
    years: tuple[tuple[str, int], ...]


def search_pages(
    connection: Connection,
    words: str,
    moment: datetime,
    *,
    site: str = "",
    limit: int = 50,
    skip: int = 0,
) -> Results:
    """Find the pages that said something at a moment; the best first, titles before texts.

    Args:
        connection: a connection of the catalogue.
        words: as `extract.questions` reads them.
        moment: pages stand as `extract.asof` says.
        site: a host to which the search is kept; empty for all.
        limit: pages given at most.
        skip: pages left out before them.

    With an index the cost is that of the index, and of the version of the date of each page given.
    """
    question = read_question(words)
    read = anything_extracted(connection)
    indexed = read and has_index(connection)
    kept, most = of_site(site), skip + limit + 1
    hits: Iterator[tuple[int, Found]] = iter(())
    if question and not read:
        hits = _in_addresses(connection, question, moment, kept, most)
    elif question and indexed:
        hits = _in_index(connection, question, moment, site)
    elif question:
        hits = _in_text(connection, question, moment, kept, most)
    wanted = list(islice(hits, skip, most))
    shown = wanted[:limit]
    if question and indexed:
        pieces = snippets(connection, question, [reading for reading, _ in shown])
        shown = [(at, replace(one, snippet=pieces.get(at, ()))) for at, one in shown]
    searched = Searched.TEXT if read else Searched.ADDRESSES
    return Results(tuple(one for _, one in shown), len(wanted) > limit, searched)


def count_found(
    connection: Connection, words: str, moment: datetime, *, site: str = ""
) -> Facet | None:
    """Count the pages that `search_pages` would find, by site and by the year of their captures.

    None where that cannot be told without looking through every text. Costs the version of the
    date of every page that ever said it.
    """
    question = read_question(words)
    if not question or not anything_extracted(connection) or not has_index(connection):
        return None
    hits = matching(question).subquery()
    addresses = select(page_version.c.url_id).join(hits, hits.c.id == page_version.c.extraction_id)
    newest = newest_states(moment, capture.c.url_id.in_(addresses), *of_site(site))
    query = (
        select(url.c.url, newest.c.timestamp)
        .join(url, url.c.id == newest.c.url_id)
        .join(hits, hits.c.id == newest.c.extraction_id)
        .where(newest.c.rank == 1)
    )
    sites: Counter[str] = Counter()
    years: Counter[str] = Counter()
    for address, timestamp in connection.execute(query):
        sites[address.split("/", 3)[2].lower() if "://" in address else address] += 1
        years[f"{timestamp // YEAR:04}"] += 1
    ranked = sorted(sites.items(), key=lambda one: (-one[1], one[0]))
    return Facet(sites.total(), tuple(ranked), tuple(sorted(years.items())))


def of_site(site: str) -> list[ColumnElement[bool]]:
    """Give the conditions that a URL is of a host, with and without ``www.``; none for none."""
    if not site:
        return []
    first, beyond = _keys_of(site)
    return [url.c.urlkey >= first, url.c.urlkey < beyond]


def _keys_of(site: str) -> tuple[str, str]:
    # The keys of a site's addresses: from the first to the one behind the last.
    host = url_key(f"http://{site}/").partition(")")[0] if site else ""
    return (f"{host})", f"{host}*") if host else ("", "\U0010ffff")


def _in_index(
    connection: Connection,
    question: Question,
    moment: datetime,
    site: str,
) -> Iterator[tuple[int, Found]]:
    # With the reading each page is found by. From the best text on: of the addresses that ever had
    # it, which have it, or another that was found, at the moment?
    best = ranked(connection, question)
    places = {number: place for place, number in enumerate(best)}
    before = int(format_timestamp(moment))
    first, beyond = _keys_of(site)
    seen: set[int] = set()
    for start in range(0, len(best), _AT_ONCE):
        some = best[start : start + _AT_ONCE]
        pages = [
            (places[reading], key, address)
            for address, reading, key in _PAGES_OF.rows(
                connection, some, before=before, first=first, beyond=beyond
            )
            if address not in seen
        ]
        addresses = list(dict.fromkeys(address for _, _, address in sorted(pages)))
        seen.update(addresses)
        rows = _STATES_OF.rows(connection, addresses, before=before)
        standing = {row[13]: row for row in rows if row[12] in places}
        for address in addresses:
            if (row := standing.get(address)) is not None:
                yield row[12], Found(index.capture_of(row), row[11])


def _in_text(
    connection: Connection,
    question: Question,
    moment: datetime,
    kept: list[ColumnElement[bool]],
    most: int,
) -> Iterator[tuple[int, Found]]:
    newest = newest_states(moment, *kept)
    standing = (
        select(newest.c.url_id, newest.c.timestamp, newest.c.seq, newest.c.extraction_id)
        .where(newest.c.rank == 1, newest.c.extraction_id.is_not(None))
        .limit(_MOST_READ)
        .subquery()
    )
    said = func.lower(extraction.c.title + "\n" + page_text.c.text)
    query = (
        _captures_of(standing)
        .add_columns(page_text.c.text)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(*_conditions(question, said))
        .order_by(url.c.urlkey, capture.c.timestamp.desc())
    )
    phrases = [phrase.text.casefold() for phrase in _phrases(question)]
    found = [
        (row[12], Found(index.capture_of(row), row[11], _snippet(row[14], phrases)))
        for row in connection.execute(query.limit(most * 4))
    ]

    def missing(hit: tuple[int, Found]) -> int:
        return sum(phrase not in hit[1].title.casefold() for phrase in phrases)

    yield from sorted(found, key=missing)  # of equal ones the order of their addresses


def _in_addresses(
    connection: Connection,
    question: Question,
    moment: datetime,
    kept: list[ColumnElement[bool]],
    most: int,
) -> Iterator[tuple[int, Found]]:
    query = index.select_captures().where(
        capture.c.timestamp <= int(format_timestamp(moment)),
        capture.c.status == 200,
        or_(*(url.c.url.startswith(scheme) for scheme in ("http://", "https://"))),
        *kept,
        *_conditions(question, func.lower(url.c.url)),
    )
    newest: dict[str, Capture] = {}
    for row in connection.execute(query.order_by(capture.c.timestamp).limit(_MOST_READ)):
        found = index.capture_of(row)
        newest[found.url] = found
        if len(newest) > most:
            break
    for one in newest.values():
        yield 0, Found(one, listed_title(connection, one) or "")


def _conditions(question: Question, said: ColumnElement[str]) -> list[ColumnElement[bool]]:
    def says(phrase: Phrase) -> ColumnElement[bool]:
        return said.contains(phrase.text.casefold(), autoescape=True)

    wanted = (
        or_(*(and_(*map(says, _phrases_of(part))) for part in choices))
        for choices in question.wanted
    )
    return [*wanted, *(not_(says(phrase)) for phrase in question.unwanted)]


def _phrases(question: Question) -> list[Phrase]:
    return [
        phrase for choices in question.wanted for part in choices for phrase in _phrases_of(part)
    ]


def _phrases_of(part: Phrase | Together) -> tuple[Phrase, ...]:
    return (part,) if isinstance(part, Phrase) else part.phrases


def _snippet(text: str, phrases: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    lower = text.lower()
    at, phrase = min(
        ((place, phrase) for phrase in phrases if (place := lower.find(phrase)) >= 0),
        default=(-1, ""),
    )
    if at < 0 or len(lower) != len(text):  # some letters are two in lower case
        return ()
    end = at + len(phrase)
    parts = (
        (one_line(text[max(0, at - _AROUND) : at]), False),
        (text[at:end], True),
        (one_line(text[end : end + _AROUND]), False),
    )
    return tuple(part for part in parts if part[0])
