"""The TimeGate: which moment a client asks for, and the memento it is led to (RFC 7089).

Two addresses are one: ``/web/URL`` and ``/timegate/URL``. The answer is a redirect, so the address
a reader copies always means one memento, and mementos themselves never vary.
"""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import InputError, MarshamError
from archiver.httpdates import HttpDateError, parse_http_date
from archiver.urls import check_url, repair_slashes
from marsham.web.pages import problem_page, views_of
from marsham.web.places import snapshot_address, written_behind
from marsham.web.relations import link_field, memento_links, origin_of, original_links
from marsham.web.views import Views
from snapshots import index
from snapshots.mementos import capture_at

__all__ = ["answer", "timegate"]

_FIELD = "Accept-Datetime"
_NEGOTIATED = {"Vary": "accept-datetime", "Cache-Control": "no-cache"}


def _asked_moment(request: Request) -> datetime:
    """Give the moment for which a client asks a TimeGate: that of Accept-Datetime, or now.

    Raises:
        InputError: when the field is no date as HTTP writes it, or comes twice (RFC 7089,
            clause 4.5.3, has it answered with 400).
    """
    values = request.headers.getlist(_FIELD)
    if not values:
        return datetime.now(UTC)
    if len(values) > 1:
        raise InputError(f"{_FIELD} comes {len(values)} times; send one date")
    try:
        return parse_http_date(values[0].strip(" \t"))
    except HttpDateError as error:
        raise InputError(f"{_FIELD}: {error}") from error


def timegate(request: Request, views: Views, url: str) -> Response:
    """Lead to the memento of a URL for the moment asked for; the answer itself is no memento.

    Raises:
        InputError: for a date that cannot be read.
        NoCaptureError, WithdrawnError, ErasedError: see `snapshots.mementos.capture_at`.
    """
    moment = _asked_moment(request)
    with views.archive.catalogue.read() as connection:
        capture = capture_at(connection, url, moment)
        placed = index.placed(connection, capture)
    where = snapshot_address(capture.timestamp, capture.url, number=capture.number)
    origin = origin_of(request)
    links = original_links(origin, url) + memento_links(origin, capture, placed)
    return RedirectResponse(where, 302, _NEGOTIATED | {"Link": link_field(links)})


def answer(request: Request) -> Response:
    """Answer the other address of the TimeGate, ``/timegate/URL``."""
    views = views_of(request)
    try:
        url = check_url(repair_slashes(written_behind(request, "/timegate/")))
        return timegate(request, views, url)
    except MarshamError as error:
        return problem_page(views, error)
