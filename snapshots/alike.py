"""Addresses that differ in nothing but a number made up for each request.

Scripts put such a number into an address so that no cache answers: ``pixel.gif?random=0.3417``. It
was another one when the page was captured than it is when the page is replayed, so that the exact
address is never there. Captures of the same address with another such number, or without, are.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from sqlalchemy import Connection

from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from snapshots import index

__all__ = ["nearest_alike", "steady_key"]

_CANDIDATES = 500  # captures that are looked at
# Names that say what they are for, and names that do so only where the value is a number made up.
_TELLING = re.compile(
    r"_|_dc|cb|cachebust(?:er)?|cache_?buster|bust(?:er)?|no_?cache|rand(?:om)?|rnd|ord"
)
_DOUBTFUL = re.compile(r"|r|t|u|z|x|ts|time|timestamp|dt|_t|_r|uid")
_MADE_UP = re.compile(
    r"0?\.\d{4,}|\d{6,}|[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def steady_key(url: str) -> str:
    """Give the key of a URL without what is made up for each request.

    >>> steady_key("http://www.acid.example/detect.js?ua=x&random=0.3417")
    'example,acid)/detect.js?ua=x'
    """
    page, mark, query = url_key(url).partition("?")
    kept = [part for part in query.split("&") if not _is_made_up(part)]
    return f"{page}{mark}{'&'.join(kept)}" if kept else page


def nearest_alike(connection: Connection, url: str, moment: datetime) -> Capture | None:
    """Choose the capture closest in time among those of addresses alike; None without one.

    To be asked for the parts of a page alone, and when its own address is not in the archive: an
    address that a reader asks for is another one when its query is.

    Looks at no more than 500 captures. Of two as close, the one whose key comes first.
    """
    wanted = steady_key(url)
    alike = (
        found
        for found in islice(_candidates(connection, url), _CANDIDATES)
        if steady_key(found.url) == wanted
    )
    return min(
        alike, key=lambda found: abs(parse_timestamp(found.timestamp) - moment), default=None
    )


def _candidates(connection: Connection, url: str) -> Iterator[Capture]:
    parts = urlsplit(url)
    page = parts._replace(query="", fragment="").geturl()
    yield from index.versions(connection, page)
    yield from index.prefix(connection, f"{page}?")


def _is_made_up(part: str) -> bool:
    name, mark, value = part.partition("=")
    if not mark:
        return _MADE_UP.fullmatch(name) is not None
    if _TELLING.fullmatch(name):
        return True
    return bool(_DOUBTFUL.fullmatch(name) and _MADE_UP.fullmatch(value))
