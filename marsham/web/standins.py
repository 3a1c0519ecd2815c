"""Captures that answer for an address which does not name them: by what was posted, or nearly so.

Only parts of pages are answered so, what scripts ask for; never what a reader asks for.
"""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import NoCaptureError
from archiver.records import Capture
from archiver.timestamps import parse_digits, parse_timestamp
from marsham.web.places import Place
from marsham.web.sealing import posted_to
from marsham.web.views import Views
from snapshots import index
from snapshots.alike import nearest_alike
from snapshots.asked import Question, answer_to
from snapshots.mementos import capture_at

__all__ = ["alike", "marked_alike", "posted"]

_SAFE = "!#$%&'()*+,/:;=?@[]~"


def posted(views: Views, place: Place, url: str, request: Request) -> Capture:
    """Give the capture that answered what is posted now: the closest in time of the same body.

    Raises:
        NoCaptureError: when none is known to answer it, and all answer something else.
        WithdrawnError, ErasedError: see `capture_at`.
    """
    moment = parse_digits(place.time).first
    question = Question(request.method, posted_to(request))
    with views.archive.catalogue.read() as connection:
        capture_at(connection, url, moment)  # says why if there is none
        captures = sorted(
            index.versions(connection, url),
            key=lambda found: abs(parse_timestamp(found.timestamp) - moment),
        )
    found = answer_to(views.archive, captures, question)
    if found is None:
        raise NoCaptureError(url)
    return found


def alike(views: Views, place: Place, url: str) -> Capture | None:
    """Give the capture of an address that differs in nothing but a number made up."""
    if not place.modifier or place.modifier == "id_" or not place.time:
        return None
    with views.archive.catalogue.read() as connection:
        return nearest_alike(connection, url, parse_digits(place.time).first)


def marked_alike(response: Response, url: str) -> Response:
    """Say in an answer which address was asked for: ``X-Archive-Fuzzy``."""
    response.headers["X-Archive-Fuzzy"] = quote(url, safe=_SAFE)
    return response
