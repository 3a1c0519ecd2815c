"""A memento alone, for the frame below the banner: rewritten, or as it is stored."""

from email.utils import format_datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from archiver.http import CodingError, media_type
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from marsham.web.redirects import beyond, redirect_target
from marsham.web.views import Views
from snapshots.mementos import Memento
from snapshots.replay import AddressMap, replay_headers, rewrite, safety_headers

__all__ = ["replayed", "stored"]

_STATUSES = range(200, 600)
_BODILESS = (204, 205, 304)
_STREAMED = ("application/pdf", "application/zip", "video/mp4", "audio/mpeg")
_REWRITE_LIMIT = 1 << 24  # bytes; larger bodies are sent as stored
_LINK_SAFE = "!#$%&'()*+,/:;=?@[]~"


def replayed(views: Views, memento: Memento, modifier: str, request: Request) -> Response:
    """Answer with the memento alone, its addresses led into the archive."""
    capture, head = memento.capture, memento.head
    target = redirect_target(memento)
    if target and url_key(target) == url_key(capture.url):
        where = beyond(views, memento, target, modifier)
        return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
    addresses = AddressMap(capture.timestamp)
    archived = head.headers.fields if head else (("Content-Type", memento.content_type),)
    status = _status(memento)
    own = replay_headers(
        archived, status=status, url=capture.url, addresses=addresses, modifier=modifier
    )
    kind = media_type(memento.content_type)[0]
    if kind in _STREAMED or capture.length > _REWRITE_LIMIT:
        return _streamed(memento, request, own)
    try:
        content = memento.content(_REWRITE_LIMIT)
    except CodingError:  # more than a page of that kind ever held
        return _streamed(memento, request, own)
    body = rewrite(
        content,
        url=capture.url,
        addresses=addresses,
        content_type=memento.content_type,
        modifier=modifier,
    )
    return _answer(memento, Response(body, status), own)


def stored(memento: Memento, request: Request) -> Response:
    """Answer with the stored bytes: the payload as the old server sent it, nothing rewritten."""
    head = memento.head
    archived = head.headers.fields if head else (("Content-Type", memento.content_type),)
    own = replay_headers(
        archived,
        status=0,  # a stored redirect is shown, not followed
        url=memento.capture.url,
        addresses=AddressMap(memento.capture.timestamp),
        modifier="id_",
    )
    return _streamed(memento, request, own)


def _streamed(memento: Memento, request: Request, own: list[tuple[str, str]]) -> Response:
    # Constant memory; a coding the browser understands is left on.
    codings = memento.content_codings
    accepted = request.headers.get("Accept-Encoding", "").lower()
    status = _status(memento)
    if codings and all(coding in accepted for coding in codings):
        own = [*own, ("content-encoding", ", ".join(codings))]
        body = memento.entity()
    elif codings:
        return _answer(memento, Response(memento.content(), status), own)
    else:
        body = memento.entity()
    return _answer(memento, StreamingResponse(body, status), own)


def _status(memento: Memento) -> int:
    # An archived error or redirect is answered as such; what HTTP gives no body, or no meaning, as
    # a page (the status that was archived is in its header).
    status = memento.head.status if memento.head else 200
    return status if status in _STATUSES and status not in _BODILESS else 200


def _answer(memento: Memento, response: Response, own: list[tuple[str, str]]) -> Response:
    capture = memento.capture
    taken = format_datetime(parse_timestamp(capture.timestamp), usegmt=True)
    scripts = memento.archive.settings.scripts
    for name, value in (*own, *safety_headers(scripts=scripts)):
        response.headers[name] = value
    if memento.head:
        response.headers["x-archive-orig-status"] = str(memento.head.status)
    response.headers["memento-datetime"] = taken
    response.headers["link"] = f'<{quote(capture.url, safe=_LINK_SAFE)}>; rel="original"'
    response.headers["cache-control"] = "max-age=3600"
    return response
