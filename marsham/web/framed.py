"""A memento under its banner: our own page, with the archived one in a frame below."""

from collections.abc import Iterator
from datetime import datetime

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from archiver.http import media_type
from archiver.records import Capture, DateSource, Grade, StatedDate
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from marsham.web.fragment import SCRIPT, SCRIPT_SOURCE
from marsham.web.places import Place, listing_address, snapshot_address
from marsham.web.redirects import beyond, redirect_target
from marsham.web.views import Views, long_date
from snapshots import index
from snapshots.mementos import Memento
from snapshots.replay import Banner, BannerSettings

__all__ = ["framed"]

_DAY = 8  # digits of a timestamp that name the day
_SANDBOX = ("allow-scripts", "allow-forms", "allow-top-navigation-by-user-activation")
_DOWNLOADS = ("application/pdf", "application/zip", "application/msword")  # no frame shows them
_KEPT = {
    Grade.BODY: "Its text is as it was sent; what the server said of it is not known.",
    Grade.RECOVERED: "It was recovered from a copy in another web archive.",
    Grade.RENDERING: "Only a text or picture of the page is kept.",
}


def framed(views: Views, memento: Memento, place: Place) -> Response:
    """Show a memento under the banner: our own page, with the archived one in a frame below."""
    capture = memento.capture
    target = redirect_target(memento)
    if target is not None:
        where = snapshot_address(capture.timestamp, target)
        if url_key(target) == url_key(capture.url):
            where = beyond(views, memento, target, "")
        return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})
    with views.archive.catalogue.read() as connection:
        before, after = index.neighbours(connection, capture)
        stated = index.stated_dates(connection, capture)
    settings = views.archive.settings
    banner = Banner(
        settings=BannerSettings(settings.name, settings.institution),
        url=capture.url,
        served_at=parse_timestamp(capture.timestamp),
        list_link=listing_address(capture.url),
        asked_at=parse_timestamp(place.asked) if place.asked else None,
        previous=_neighbour(before, capture.url),
        following=_neighbour(after, capture.url),
        status=memento.head.status if memento.head else 200,
        notices=tuple(_notices(views, capture, stated)),
        day_only=any(rule and len(date.timestamp) <= _DAY for date, rule in stated),
    )
    return views.page(
        "snapshot.html",
        banner=Markup(banner.render()),  # noqa: S704 - the banner escapes every value
        capture=capture,
        framed=media_type(memento.content_type)[0] not in _DOWNLOADS,
        empty=_is_empty(memento),
        sandbox=" ".join(_SANDBOX if settings.scripts else _SANDBOX[1:]),
        content=snapshot_address(capture.timestamp, capture.url, modifier="mp_"),
        script=Markup(SCRIPT),  # noqa: S704 - our own
        script_source=SCRIPT_SOURCE,
    )


def _is_empty(memento: Memento) -> bool:
    return not any(memento.entity())


def _neighbour(timestamp: str | None, url: str) -> tuple[str, datetime] | None:
    if timestamp is None:
        return None
    return snapshot_address(timestamp, url), parse_timestamp(timestamp)


def _notices(
    views: Views, capture: Capture, stated: list[tuple[StatedDate, str | None]]
) -> Iterator[str]:
    day = capture.timestamp[:_DAY]
    for date, rule in stated:
        if not rule and date.source is not DateSource.FILE and date.timestamp[:_DAY] != day:
            yield (
                f"Another date is stated for it: {long_date(date.timestamp)}, by the "
                f"{date.source.value} it had in the web archive it came from."
            )
    if capture.grade is not Grade.SENT:
        yield _KEPT[capture.grade]
    if views.archive.settings.notice:
        yield views.archive.settings.notice
