"""A memento alone, for the frame below the banner: rewritten, or as it is stored."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.http import CodingError, media_type
from archiver.urls import url_key
from marsham.web.delivery import deliver, deliver_stored, entity_tag, settled
from marsham.web.redirects import beyond, redirect_target
from marsham.web.views import Views
from snapshots.mementos import Memento
from snapshots.replay import AddressMap, replay_headers, rewrite, safety_headers
from snapshots.replay.version import rewriter_version

__all__ = ["replayed", "shown_status", "stored"]

_STATUSES = range(200, 600)
_OTHERWISE = (204, 205, 206, 304)  # no body, or only part of one
_STREAMED = ("application/pdf", "application/zip", "video/mp4", "audio/mpeg")
_REWRITE_LIMIT = 1 << 24  # bytes; larger bodies are sent as stored


def replayed(views: Views, memento: Memento, modifier: str, request: Request) -> Response:
    """Answer with the memento alone, its addresses led into the archive."""
    capture, head = memento.capture, memento.head
    target = redirect_target(memento)
    if target and url_key(target) == url_key(capture.url):
        where = beyond(views, memento, target, modifier)
        return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
    addresses = AddressMap(capture.timestamp)
    archived = head.headers.fields if head else (("Content-Type", memento.content_type),)
    status = shown_status(memento)
    own = replay_headers(
        archived, status=status, url=capture.url, addresses=addresses, modifier=modifier
    )
    kind = media_type(memento.content_type)[0]
    if kind in _STREAMED or capture.length > _REWRITE_LIMIT:
        return _streamed(memento, request, own)
    form = (rewriter_version(), modifier, repr(addresses), repr(views.archive.settings))
    tag = entity_tag(memento, *form)
    if (unchanged := settled(request, status, tag)) is not None:
        return _answer(memento, unchanged, own)
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
    return _answer(memento, deliver(request, status, tag, body), own)


def stored(memento: Memento, request: Request) -> Response:
    """Answer with the stored bytes: the payload as the old server sent it, nothing rewritten."""
    head = memento.head
    target = redirect_target(memento)
    round_again = target and url_key(target) == url_key(memento.capture.url)
    archived = head.headers.fields if head else (("Content-Type", memento.content_type),)
    own = replay_headers(
        archived,
        status=0 if round_again else shown_status(memento),  # then it is shown, not followed
        url=memento.capture.url,
        addresses=AddressMap(memento.capture.timestamp),
        modifier="id_",
    )
    return _streamed(memento, request, own)


def _streamed(memento: Memento, request: Request, own: list[tuple[str, str]]) -> Response:
    return _answer(memento, deliver_stored(request, memento, shown_status(memento)), own)


def shown_status(memento: Memento) -> int:
    """Give the status a memento is answered with: that of an archived error or redirect.

    What HTTP gives no body, only part of one, or no meaning is answered as a page; the status that
    was archived is in a header of its own.
    """
    status = memento.head.status if memento.head else 200
    return status if status in _STATUSES and status not in _OTHERWISE else 200


def _answer(memento: Memento, response: Response, own: list[tuple[str, str]]) -> Response:
    scripts = memento.archive.settings.scripts
    for name, value in (*own, *safety_headers(scripts=scripts)):
        response.headers[name] = value
    if memento.head:
        response.headers["x-archive-orig-status"] = str(memento.head.status)
    return response
