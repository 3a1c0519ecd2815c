"""A memento alone, for the frame below the banner: rewritten, or as it is stored."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.http import CodingError, media_type
from archiver.urls import url_key
from marsham.web.delivery import deliver, deliver_stored, entity_tag, settled
from marsham.web.places import Place, snapshot_address
from marsham.web.redirects import beyond, redirect_target
from marsham.web.sealing import sealing_of
from marsham.web.views import Views, long_date
from snapshots.mementos import Memento
from snapshots.replay.addresses import AddressMap
from snapshots.replay.headers import replay_headers
from snapshots.replay.rewrite import BodyKind, body_kind, rewrite
from snapshots.replay.version import rewriter_version

__all__ = ["replayed", "shown_status", "stored"]

_PAGES = (BodyKind.HTML, BodyKind.XHTML)
_STATUSES = range(200, 600)
_OTHERWISE = (204, 205, 206, 304)  # no body, or only part of one
_STREAMED = ("application/pdf", "application/zip", "video/mp4", "audio/mpeg")
_LOOK = 1024  # bytes
_REWRITE_LIMIT = 1 << 24  # bytes; larger bodies are sent as stored


def replayed(views: Views, memento: Memento, place: Place, request: Request) -> Response:
    """Answer with the memento alone, its addresses led into the archive."""
    modifier = place.modifier
    capture, head = memento.capture, memento.head
    target = redirect_target(memento)
    if target and url_key(target) == url_key(capture.url):
        where = beyond(views, memento, target, modifier)
        return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
    sealing = sealing_of(request)
    addresses = sealing.addresses(place.asked or capture.timestamp, capture.url)
    archived = head.headers.fields if head else (("Content-Type", memento.content_type),)
    status = shown_status(memento)
    own = replay_headers(
        archived, status=status, url=capture.url, addresses=addresses, modifier=modifier
    )
    own += sealing.sharing(request, archived).items()
    kind = media_type(memento.content_type)[0]
    if kind in _STREAMED or capture.length > _REWRITE_LIMIT:
        return _streamed(memento, request, own)
    if request.headers.get("sec-fetch-dest") == "document" and _is_page(memento, modifier):
        # Opened in a window of its own: a page is not shown without its banner.
        where = snapshot_address(capture.timestamp, capture.url, number=capture.number)
        return RedirectResponse(sealing.reading() + where, 302, {"Cache-Control": "no-cache"})
    script = sealing.script(capture.url, archived)
    form = (rewriter_version(), modifier, repr(addresses), script, repr(views.archive.settings))
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
        script=script,
        notice=_notice(memento) if sealing.scripts else "",
    )
    return _answer(memento, deliver(request, status, tag, body), own)


def _is_page(memento: Memento, modifier: str) -> bool:
    return body_kind(memento.beginning(_LOOK), memento.content_type, modifier) in _PAGES


def _notice(memento: Memento) -> str:
    # For browsers that run no scripts: the banner above cannot follow the links of the page.
    capture = memento.capture
    where = snapshot_address(capture.timestamp, capture.url, number=capture.number)
    return (
        "<noscript><p>Archived page. Original address: "
        f'<a href="{escape(where)}">{escape(capture.url)}</a>. '
        f"Taken on {long_date(capture.timestamp, time=True)} UTC.</p></noscript>"
    )


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
    own += sealing_of(request).sharing(request, archived).items()
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
    for name, value in own:
        response.headers[name] = value
    if memento.head:
        response.headers["x-archive-orig-status"] = str(memento.head.status)
    return response
