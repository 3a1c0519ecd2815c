"""A memento under its banner: our own page, with the archived one in a frame below."""

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from archiver.http import media_type
from archiver.urls import url_key
from marsham.web.bannered import banner_of
from marsham.web.fragment import SCRIPT, SCRIPT_SOURCE
from marsham.web.places import Place, snapshot_address
from marsham.web.redirects import beyond, redirect_target
from marsham.web.sealing import Sealing
from marsham.web.views import Views
from snapshots.mementos import Memento

__all__ = ["framed"]

_DOWNLOADS = ("application/pdf", "application/zip", "application/msword")  # no frame shows them


def framed(views: Views, memento: Memento, place: Place, sealing: Sealing) -> Response:
    """Show a memento under the banner: our own page, with the archived one in a frame below."""
    capture = memento.capture
    target = redirect_target(memento)
    if target is not None:
        where = snapshot_address(capture.timestamp, target)
        if url_key(target) == url_key(capture.url):
            where = beyond(views, memento, target, "")
        return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
    banner = banner_of(views, memento, asked=place.asked)
    return views.page(
        "snapshot.html",
        banner=Markup(banner.render()),  # noqa: S704 - the banner escapes every value
        capture=capture,
        framed=media_type(memento.content_type)[0] not in _DOWNLOADS,
        empty=_is_empty(memento),
        sandbox=sealing.sandbox(),
        frames=sealing.frames(),
        content=sealing.content(capture.url)
        + snapshot_address(capture.timestamp, capture.url, modifier="mp_", number=capture.number),
        sites=sealing.origins.every if sealing.origins else "null",
        script=Markup(SCRIPT),  # noqa: S704 - our own
        script_source=SCRIPT_SOURCE,
    )


def _is_empty(memento: Memento) -> bool:
    return not any(memento.entity())
