"""Looking for words in archived pages as of a date: in titles and text, or what else is known.

There is no index of words: every page of the date is looked through, up to a number. Where nothing
was extracted, addresses and the titles of page lists are looked through instead.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, inspect, or_, select

from archiver.records import Capture
from archiver.timestamps import format_timestamp
from archiver.urls import url_key
from extract.asof import newest_states
from extract.tables import extraction, extraction_failure, observation, page_text
from snapshots import index
from snapshots.listed import listed_title
from snapshots.tables import capture, url

__all__ = ["Found", "Searched", "search_pages"]

_MOST_WORDS = 8
_LONGEST_WORD = 60
_MOST_READ = 20_000  # pages that are looked through
_AROUND = 110  # characters of the text shown on either side


class Searched(StrEnum):
    """What was looked through."""

    TEXT = "text"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Found:
    """A page that has all the words.

    Attributes:
        capture: its newest capture up to the date.
        title: what it is called; empty when that is not known.
        before: text before the first word found, on one line.
        word: that word as the page writes it; empty when it was found in title or address.
        after: text behind it.
    """

    capture: Capture
    title: str
    before: str = ""
    word: str = ""
    after: str = ""


def search_pages(
    connection: Connection, words: str, moment: datetime, *, site: str = "", limit: int = 50
) -> tuple[list[Found], Searched]:
    """Find the pages that had all the words at a moment; those with the words in the title first.

    Args:
        connection: a connection of the catalogue.
        words: parted by blanks; letter case does not count, and a part of a word will do.
        moment: pages stand as `extract.asof` says.
        site: a host to which the search is kept; empty for all.
        limit: pages given at most.

    Returns:
        The pages, and what was looked through.
    """
    # No database takes half a surrogate pair, and PostgreSQL no NUL.
    text = words.encode("utf-8", "replace").decode().replace("\0", " ").casefold()
    wanted = [word[:_LONGEST_WORD] for word in text.split()[:_MOST_WORDS]]
    read = inspect(connection).has_table(extraction_failure.name) and (
        connection.scalar(select(extraction.c.id).limit(1)) is not None
    )
    searched = Searched.TEXT if read else Searched.ADDRESSES
    if not wanted:
        return [], searched
    look = _in_text if read else _in_addresses
    return look(connection, wanted, moment, _of_site(site), limit), searched


def _in_text(
    connection: Connection,
    wanted: list[str],
    moment: datetime,
    of_site: list[ColumnElement[bool]],
    limit: int,
) -> list[Found]:
    newest = newest_states(moment, *of_site)
    standing = (
        select(newest.c.url_id, newest.c.timestamp, newest.c.seq, newest.c.extraction_id)
        .where(newest.c.rank == 1, newest.c.extraction_id.is_not(None))
        .limit(_MOST_READ)
        .subquery()
    )
    title = (
        select(func.min(observation.c.value))
        .where(
            observation.c.extraction_id == standing.c.extraction_id,
            observation.c.kind == "page",
            observation.c.field == "title",
        )
        .correlate(standing)
        .scalar_subquery()
    )
    query = (
        index.select_captures(title, page_text.c.text)
        .join(
            standing,
            and_(
                standing.c.url_id == capture.c.url_id,
                standing.c.timestamp == capture.c.timestamp,
                standing.c.seq == capture.c.seq,
            ),
        )
        .join(extraction, extraction.c.id == standing.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .order_by(url.c.urlkey, capture.c.timestamp.desc())
    )
    for word in wanted:
        query = query.where(
            or_(
                func.lower(page_text.c.text).contains(word, autoescape=True),
                func.lower(func.coalesce(title, "")).contains(word, autoescape=True),
            )
        )
    found = [
        _found(index.capture_of(row), row[11] or "", row[12], wanted)
        for row in connection.execute(query.limit(limit * 4))
    ]
    return _ranked(found, wanted)[:limit]


def _in_addresses(
    connection: Connection,
    wanted: list[str],
    moment: datetime,
    of_site: list[ColumnElement[bool]],
    limit: int,
) -> list[Found]:
    query = index.select_captures().where(
        capture.c.timestamp <= int(format_timestamp(moment)),
        capture.c.status == 200,
        or_(*(url.c.url.startswith(scheme) for scheme in ("http://", "https://"))),
        *of_site,
    )
    for word in wanted:
        query = query.where(func.lower(url.c.url).contains(word, autoescape=True))
    newest: dict[str, Capture] = {}
    for row in connection.execute(query.order_by(capture.c.timestamp).limit(_MOST_READ)):
        found = index.capture_of(row)
        newest[found.url] = found
        if len(newest) > limit:
            break
    return [
        Found(one, listed_title(connection, one) or "") for one in list(newest.values())[:limit]
    ]


def _of_site(site: str) -> list[ColumnElement[bool]]:
    if not site:
        return []
    host = url_key(f"http://{site}/").partition(")")[0]
    return [url.c.urlkey >= f"{host})", url.c.urlkey < f"{host}*"]


def _ranked(found: list[Found], wanted: list[str]) -> list[Found]:
    def missing(one: Found) -> int:
        return sum(word not in one.title.casefold() for word in wanted)

    return sorted(found, key=missing)  # of equal ones the order of their addresses


def _found(capture: Capture, title: str, text: str, wanted: list[str]) -> Found:
    lower = text.lower()
    at, word = min(
        ((place, word) for word in wanted if (place := lower.find(word)) >= 0),
        default=(-1, ""),
    )
    if at < 0 or len(lower) != len(text):  # some letters are two in lower case
        return Found(capture, title)
    return Found(
        capture,
        title,
        _line(text[max(0, at - _AROUND) : at]),
        text[at : at + len(word)],
        _line(text[at + len(word) : at + len(word) + _AROUND]),
    )


def _line(text: str) -> str:
    # On one line; a blank at either end is kept, so that words stay apart.
    line = " ".join(text.split())
    return f"{' ' if text[:1].isspace() else ''}{line}{' ' if text[-1:].isspace() else ''}"
