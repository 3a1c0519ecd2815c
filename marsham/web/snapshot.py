"""Mementos shown: under the banner, alone for the frame below it, and as stored."""

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
        capture = _closest(views, url, place, request.headers.get("Accept-Datetime"))
        if capture.timestamp != place.time:
            asked = place.time if not place.modifier else ""
            where = snapshot_address(
                capture.timestamp, capture.url, modifier=place.modifier, asked=asked
            )
            headers = {"Cache-Control": "no-cache"}
            if not place.time:
                headers["Vary"] = "accept-datetime"
            return RedirectResponse(where, 302, headers)
        memento = memento_of(views.archive, capture)
        if place.modifier == "id_":
            return _stored(memento)
        if place.modifier:
            return _replayed(memento, place.modifier)
        return _framed(views, memento, place)
    except MarshamError as error:
        return problem_page(views, error)
