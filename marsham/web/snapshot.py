"""Addresses below ``/web/`` answered: which memento is meant, and in which form it is shown."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import MarshamError
from archiver.httpdates import write_http_date
from archiver.records import Capture
from archiver.timestamps import format_timestamp, parse_digits, parse_timestamp
from archiver.urls import check_url
from marsham.web.calendar import listing
from marsham.web.framed import framed
from marsham.web.pages import problem_page, views_of
from marsham.web.places import Place, parse_place, snapshot_address, written_behind
from marsham.web.relations import link_field, memento_links, origin_of, original_links
from marsham.web.replayed import replayed, shown_status, stored
from marsham.web.timegate import timegate
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import capture_at, memento_of

__all__ = ["answer"]


def answer(request: Request) -> Response:
    """Answer every address below ``/web/``."""
    views = views_of(request)
    place = parse_place(written_behind(request, "/web/"))
    try:
        url = check_url(place.url)
        if place.time.endswith("*"):
            return listing(views, place, url)
        if not place.time:
            return timegate(request, views, url)
        return _dated(request, views, place, url)
    except MarshamError as error:
        return problem_page(views, error, at=place.time)


def _dated(request: Request, views: Views, place: Place, url: str) -> Response:
    # Mementos do not look at Accept-Datetime: their date is part of their address.
    moment = parse_digits(place.time).first
    with views.archive.catalogue.read() as connection:
        capture = capture_at(connection, url, moment, place.number)
        placed = index.placed(connection, capture)
    if (capture.timestamp, capture.number) != (place.time, place.number):
        return _exact_address(request, place, capture, moment)
    memento = memento_of(views.archive, capture)
    if place.modifier == "id_":
        shown = stored(memento, request)
    elif place.modifier:
        shown = replayed(views, memento, place.modifier, request)
    else:
        shown = framed(views, memento, place)
        shown.status_code = shown_status(memento)
    origin = origin_of(request)
    links = original_links(origin, capture.url)
    links += memento_links(origin, capture, placed, place.modifier)
    shown.headers["Memento-Datetime"] = write_http_date(parse_timestamp(capture.timestamp))
    shown.headers["Link"] = link_field(links)
    return shown


def _exact_address(request: Request, place: Place, capture: Capture, moment: datetime) -> Response:
    # Whoever copies an address from the browser gets the one that will always mean this capture.
    asked = "" if place.modifier else place.time
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
