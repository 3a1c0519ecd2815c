"""Addresses below ``/web/`` answered: which memento is meant, and in which form it is shown."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import MarshamError, NoCaptureError
from archiver.httpdates import write_http_date
from archiver.records import Capture
from archiver.timestamps import format_timestamp, parse_digits, parse_timestamp
from archiver.urls import check_url
from marsham.web.calendar import listing
from marsham.web.framed import framed
from marsham.web.pages import problem_page, views_of
from marsham.web.places import Place, parse_place, place_of, snapshot_address
from marsham.web.relations import link_field, memento_links, origin_of, original_links
from marsham.web.replayed import replayed, shown_status, stored
from marsham.web.sealing import sealing_of
from marsham.web.standins import alike, marked_alike, posted
from marsham.web.timegate import timegate
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import capture_at, memento_of
from snapshots.replay.addresses import MODULE

__all__ = ["answer"]


def answer(request: Request) -> Response:
    """Answer every address below ``/web/``."""
    views = views_of(request)
    place = place_of(request) or parse_place("")
    try:
        url = check_url(place.url)
        if place.time.endswith("*"):
            return listing(views, place, url)
        if request.method == "POST":
            return _answer_to_post(views, place, url, request)
        if not place.time:
            return timegate(request, views, url)
        return _dated(request, views, place, url)
    except MarshamError as error:
        return problem_page(views, error, at=place.time)


def _answer_to_post(views: Views, place: Place, url: str, request: Request) -> Response:
    if not place.modifier or not place.time:
        return Response(status_code=405, headers={"Allow": "GET, HEAD"})
    memento = memento_of(views.archive, posted(views, place, url, request))
    return replayed(views, memento, place, request)


def _dated(request: Request, views: Views, place: Place, url: str) -> Response:
    # Mementos do not look at Accept-Datetime: their date is part of their address.
    moment = parse_digits(place.time).first
    try:
        with views.archive.catalogue.read() as connection:
            capture = capture_at(connection, url, moment, place.number)
            placed = index.placed(connection, capture)
    except NoCaptureError:
        other = alike(views, place, url)
        if other is None:
            raise
        return marked_alike(_exact_address(request, place, other, moment), url)
    if (capture.timestamp, capture.number) != (place.time, place.number):
        return _exact_address(request, place, capture, moment)
    memento = memento_of(views.archive, capture)
    if place.modifier == "id_":
        shown = stored(memento, request)
    elif place.modifier:
        shown = replayed(views, memento, place, request)
    else:
        shown = framed(views, memento, place, sealing_of(request))
        shown.status_code = shown_status(memento)
    origin = origin_of(request)
    links = original_links(origin, capture.url)
    links += memento_links(origin, capture, placed, place.modifier)
    shown.headers["Memento-Datetime"] = write_http_date(parse_timestamp(capture.timestamp))
    shown.headers["Link"] = link_field(links)
    return shown


def _exact_address(request: Request, place: Place, capture: Capture, moment: datetime) -> Response:
    # Whoever copies an address from the browser gets the one that will always mean this capture.
    asked = place.time if place.modifier in ("", MODULE) else ""
    if len(asked) % 2:  # digits nobody types
        asked = format_timestamp(moment)
    where = snapshot_address(
        capture.timestamp,
        capture.url,
        modifier=place.modifier,
        asked=asked,
        number=capture.number,
    )
    links = original_links(origin_of(request), place.url)
    return RedirectResponse(where, 302, {"Cache-Control": "no-cache", "Link": link_field(links)})
