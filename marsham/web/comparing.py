"""``/compare``: two snapshots of a page side by side, at an address that always means these two.

``/compare?url=URL&from=DATE&to=DATE`` leads to ``/compare/TIMESTAMP/TIMESTAMP/URL``. The comparison
stands in a frame without rights: it is made of archived text, though none of its markup.
"""

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import ConfinedError, FormatError, MarshamError, TimestampError
from archiver.http import media_type
from archiver.records import Capture
from archiver.timestamps import parse_span, parse_timestamp
from archiver.urls import check_url, repair_slashes
from extract.compare.confined import compare_confined
from extract.compare.holdings import PAGE_TYPES, version_of_memento
from marsham.web.dates import read_asked
from marsham.web.pages import problem_page, views_of
from marsham.web.places import compare_address, written_behind
from marsham.web.views import Views
from snapshots.mementos import capture_at, memento_of

__all__ = ["choose", "compared", "sheet"]

_PLACE = re.compile(r"(\d{4,14})(?:-(\d{1,6}))?/(\d{4,14})(?:-(\d{1,6}))?/(.*)", re.DOTALL)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
_LONGEST = 2000  # characters of what is typed


def choose(request: Request) -> Response:
    """Lead to the comparison of the captures closest to two dates, or ask for what is missing."""
    views = views_of(request)
    typed = {name: request.query_params.get(name, "").strip() for name in ("url", "from", "to")}
    typed = {name: text[:_LONGEST] for name, text in typed.items()}
    if not all(typed.values()):
        return _asking(views, typed)
    moments = []
    for name in ("from", "to"):
        try:
            moments.append(parse_span(read_asked(typed[name])).first)
        except TimestampError:
            return _asking(views, typed, wrong=name)
    try:
        url = check_url(typed["url"])
        with views.archive.catalogue.read() as connection:
            old, new = (capture_at(connection, url, moment) for moment in moments)
    except MarshamError as error:
        return problem_page(views, error)
    where = views.at(compare_address(*sorted((old, new), key=_order)))
    return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})


def compared(request: Request) -> Response:
    """Show two captures of a page compared, below what they are."""
    views = views_of(request)
    try:
        old, new = _asked(request, views, "/compare/")
    except MarshamError as error:
        return problem_page(views, error)
    address = compare_address(old, new)
    if not _is_exact(request, old, new):
        return RedirectResponse(views.at(address), 302, {"Cache-Control": "no-cache"})
    return views.page(
        "compare.html",
        frames="'self'",
        old=old,
        new=new,
        url=new.url,
        typed={"url": new.url, "from": old.timestamp[:8], "to": new.timestamp[:8]},
        wrong="",
        sheet=address.replace("/compare/", "/compare-sheet/", 1),
        comparable=_is_page(old) and _is_page(new),
    )


def sheet(request: Request) -> Response:
    """Answer with the comparison alone, as a page that stands by itself."""
    views = views_of(request)
    try:
        old, new = _asked(request, views, "/compare-sheet/")
        versions = [version_of_memento(memento_of(views.archive, one)) for one in (old, new)]
        try:
            found = compare_confined(views.children, versions[0], versions[1], "html")
        except ConfinedError as error:
            raise FormatError(new.url, f"cannot be compared: {error}") from error
    except MarshamError as error:
        return problem_page(views, error)
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(found.text, headers=headers)


def _asking(views: Views, typed: dict[str, str], *, wrong: str = "") -> Response:
    status = 400 if wrong else 200
    return views.page("compare.html", status=status, typed=typed, wrong=wrong, old=None)


def _asked(request: Request, views: Views, start: str) -> tuple[Capture, Capture]:
    written = written_behind(request, start)
    place = _PLACE.fullmatch(written)
    if place is None:
        raise TimestampError(written[:100])
    url = check_url(repair_slashes(place[5]))
    with views.archive.catalogue.read() as connection:
        old, new = (
            capture_at(connection, url, parse_timestamp(digits), int(number or 0))
            for digits, number in ((place[1], place[2]), (place[3], place[4]))
        )
    return old, new


def _is_exact(request: Request, old: Capture, new: Capture) -> bool:
    place = _PLACE.fullmatch(written_behind(request, "/compare/"))
    return place is not None and (place[1], place[3]) == (old.timestamp, new.timestamp)


def _is_page(capture: Capture) -> bool:
    kind = media_type(capture.media_type)[0]
    return kind in PAGE_TYPES or not kind or (capture.status or 200) >= 300


def _order(capture: Capture) -> tuple[str, int]:
    return capture.timestamp, capture.number
