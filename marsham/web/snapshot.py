"""Mementos shown: under the banner, alone for the frame below it, and as stored."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from archiver.errors import MarshamError, NoCaptureError, TimestampError
from archiver.http import media_type
from archiver.records import Capture, Grade
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.urls import check_url, join_url, url_key
from marsham.web.pages import problem_page, views_of
from marsham.web.places import Place, listing_address, parse_place, snapshot_address
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import Memento, memento_of

__all__ = ["answer"]

_LIST_LIMIT = 2000  # captures on one page
_GRADES = {
    Grade.SENT: "bytes as sent",
    Grade.BODY: "body exact, head rebuilt",
    Grade.RECOVERED: "recovered from another archive's page",
    Grade.RENDERING: "text or picture of the page only",
}


def answer(request: Request) -> Response:
    """Answer every address below ``/web/``."""
    views = views_of(request)
    place = parse_place(_written(request))
    try:
        url = check_url(place.url)
        if place.time == "*":
            return _listing(views, url)
        capture = _closest(views, url, place.time, request.headers.get("Accept-Datetime"))
        if capture.timestamp != place.time:
            return _exact_address(place, capture)
        memento = memento_of(views.archive, capture)
        if place.modifier == "id_":
            return _stored(memento, request)
        if place.modifier:
            return _replayed(views, memento, place.modifier)
        return _framed(views, memento, place)
    except MarshamError as error:
        return problem_page(views, error)


def _written(request: Request) -> str:
    # The address as the browser wrote it: its escapes are part of the original URL.
    raw: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    text = raw.partition(b"/web/")[2].decode("latin-1")
    return f"{text}?{query.decode('latin-1')}" if query else text


def _closest(views: Views, url: str, time: str, accept: str | None) -> Capture:
    if time:
        moment = parse_timestamp(time)
    elif accept:
        try:
            moment = parsedate_to_datetime(accept).replace(tzinfo=UTC)
        except ValueError as error:
            raise TimestampError(accept) from error
    else:
        moment = datetime.now(UTC)
    with views.archive.catalogue.read() as connection:
        capture = index.nearest(connection, url, moment)
    if capture is None:
        raise NoCaptureError(url)
    return capture


def _exact_address(place: Place, capture: Capture) -> Response:
    # Whoever copies an address from the browser gets the one that will always mean this capture.
    asked = "" if place.modifier else place.time
    where = snapshot_address(capture.timestamp, capture.url, modifier=place.modifier, asked=asked)
    headers = {"Cache-Control": "no-cache"}
    if not place.time:
        headers["Vary"] = "accept-datetime"
    return RedirectResponse(where, 302, headers)


def _listing(views: Views, url: str) -> Response:
    with views.archive.catalogue.read() as connection:
        captures = list(islice(index.versions(connection, url), _LIST_LIMIT + 1))
    if not captures:
        raise NoCaptureError(url)
    cut = len(captures) > _LIST_LIMIT
    shown = captures[:_LIST_LIMIT]
    return views.page("captures.html", url=url, captures=shown, cut=cut, grades=_GRADES)


def _stored(memento: Memento, request: Request) -> Response:
    raise NotImplementedError


def _replayed(views: Views, memento: Memento, modifier: str) -> Response:
    raise NotImplementedError


def _framed(views: Views, memento: Memento, place: Place) -> Response:
    raise NotImplementedError
