"""Addresses below ``/web/`` answered: which memento is meant, and in which form it is shown."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import InputError, MarshamError
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url
from marsham.web.calendar import listing
from marsham.web.framed import framed
from marsham.web.pages import problem_page, views_of
from marsham.web.places import Place, parse_place, snapshot_address
from marsham.web.replayed import replayed, stored
from marsham.web.views import Views
from snapshots.mementos import capture_at, memento_of

__all__ = ["answer"]


def answer(request: Request) -> Response:
    """Answer every address below ``/web/``."""
    views = views_of(request)
    place = parse_place(_written(request))
    try:
        url = check_url(place.url)
        if place.time.endswith("*"):
            return listing(views, place, url)
        capture = _closest(views, url, place.time, request.headers.get("Accept-Datetime"))
        if capture.timestamp != place.time:
            return _exact_address(place, capture)
        memento = memento_of(views.archive, capture)
        if place.modifier == "id_":
            return stored(memento, request)
        if place.modifier:
            return replayed(views, memento, place.modifier, request)
        return framed(views, memento, place)
    except MarshamError as error:
        return problem_page(views, error, at=place.time)


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
            moment = parsedate_to_datetime(accept)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError) as error:  # it overflows at either end of time
            raise InputError(
                f"Accept-Datetime: {accept[:100]!r} is no date as HTTP writes it, such as "
                "'Sun, 29 May 2011 00:00:00 GMT'"
            ) from error
    else:
        moment = datetime.now(UTC)
    with views.archive.catalogue.read() as connection:
        return capture_at(connection, url, moment)


def _exact_address(place: Place, capture: Capture) -> Response:
    # Whoever copies an address from the browser gets the one that will always mean this capture.
    asked = "" if place.modifier else place.time
    where = snapshot_address(capture.timestamp, capture.url, modifier=place.modifier, asked=asked)
    headers = {"Cache-Control": "no-cache"}
    if not place.time:
        headers["Vary"] = "accept-datetime"
    return RedirectResponse(where, 302, headers)
