"""``/search``: words looked for in archived pages as of a date; archived search boxes lead here."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import TimestampError
from archiver.timestamps import format_timestamp, parse_span
from extract.occurrences import spells
from extract.search import Searched, count_found, search_pages
from marsham.web.dates import read_asked
from marsham.web.leaving import typed_words
from marsham.web.pages import views_of

__all__ = ["search", "search_box"]

_MOST = 50  # results on the page
_MOST_RUNS = 200  # pages of which it is told from when to when they said it
_FARTHEST = 100_000  # result from which a page of results may begin
_LONGEST = 300  # characters of what is looked for


def search(request: Request) -> Response:
    """Show the pages that have all the words at a date."""
    views = views_of(request)
    query = request.query_params
    words, site = query.get("q", "").strip()[:_LONGEST], query.get("site", "").strip()[:_LONGEST]
    asked = query.get("at", "").strip()[:_LONGEST]
    try:
        digits = read_asked(asked) if asked else ""
    except TimestampError:
        return views.page(
            "search.html", status=400, words_asked=words, site=site, asked=asked, wrong_date=True
        )
    if query.get("show") == "time":
        with views.archive.catalogue.read() as connection:
            runs = list(spells(connection, words, site=site, limit=_MOST_RUNS)) if words else []
        return views.page(
            "search.html", words_asked=words, site=site, asked=asked, through_time=True, runs=runs,
            most_runs=_MOST_RUNS,
        )  # fmt: skip
    moment = parse_span(digits).last if digits else datetime.now(UTC)
    skip = _number(query.get("skip", ""))
    with views.archive.catalogue.read() as connection:
        results = search_pages(connection, words, moment, site=site, limit=_MOST, skip=skip)
        facet = count_found(connection, words, moment, site=site) if results.pages else None
    return views.page(
        "search.html",
        words_asked=words,
        site=site,
        asked=asked,
        digits=digits or format_timestamp(moment)[:8],
        found=results.pages,
        more=skip + _MOST if results.more else 0,
        skip=skip,
        facet=facet,
        in_text=results.searched is Searched.TEXT,
    )


def _number(text: str) -> int:
    return min(int(text), _FARTHEST) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def search_box(request: Request) -> Response:
    """Lead from an archived page's search box to our search.

    The box's form sends what was typed under the name its website gave it: one of those that search
    boxes have, or else the first that is not empty.
    """
    place, given = request.path_params, request.query_params
    words = typed_words(given.multi_items())
    where = views_of(request).at("/search", q=words, at=place["time"], site=place["host"])
    return RedirectResponse(where, 303, {"Cache-Control": "no-cache"})
