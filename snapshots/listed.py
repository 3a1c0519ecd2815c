"""Lists of pages that came with an input: what a page was called, and which capture was meant."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from archiver.ingest.wacz import ListedPage
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from snapshots.catalogue import insert_rows
from snapshots.rows import Entry
from snapshots.tables import listed_page

__all__ = ["listed_title", "store_pages"]

_REDIRECTS = range(300, 400)


def store_pages(
    connection: Connection, intake_id: int, pages: Sequence[ListedPage], entries: Iterable[Entry]
) -> None:
    """Write the pages listed in an input, each with the capture of that input which it means."""
    keys = {page.url: url_key(page.url) for page in pages}
    wanted = set(keys.values())
    captures: dict[str, list[Capture]] = {}
    if wanted:
        for entry in entries:
            if (key := url_key(entry.capture.url)) in wanted:
                captures.setdefault(key, []).append(entry.capture)
    rows: list[dict[str, Any]] = []
    for position, page in enumerate(pages):
        meant = _meant(page, captures.get(keys[page.url], []))
        rows.append(
            {
                "intake_id": intake_id,
                "position": position,
                "urlkey": keys[page.url],
                "url": page.url,
                "stated": int(page.timestamp) if page.timestamp else None,
                "timestamp": int(meant.timestamp) if meant else None,
                "title": page.title,
            }
        )
    insert_rows(connection, listed_page, rows)


def listed_title(connection: Connection, of: Capture) -> str | None:
    """Give what a captured page was called on the list it came with; None when on none."""
    query = (
        select(listed_page.c.title)
        .where(
            listed_page.c.urlkey == url_key(of.url),
            listed_page.c.timestamp == int(of.timestamp),
            listed_page.c.title != "",
        )
        .order_by(listed_page.c.intake_id, listed_page.c.position)
        .limit(1)
    )
    title: str | None = connection.scalar(query)
    return title


def _meant(page: ListedPage, captures: list[Capture]) -> Capture | None:
    """Choose the capture a page on a list means: the closest in time, of two the earlier.

    A redirect is meant only where there is nothing else: from http to https, or to ``www.``, it has
    the key of the page it leads to.
    """
    answers = [one for one in captures if one.status not in _REDIRECTS] or captures
    if not page.timestamp:
        return min(answers, key=lambda one: one.timestamp, default=None)
    at = parse_timestamp(page.timestamp)
    return min(
        answers,
        key=lambda one: (abs(parse_timestamp(one.timestamp) - at), one.timestamp),
        default=None,
    )
