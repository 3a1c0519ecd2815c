"""Mementos shown: under the banner, alone for the frame below it, and as stored."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from itertools import islice
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from archiver.errors import InputError, MarshamError, NoCaptureError, RedirectLoopError
from archiver.http import CodingError, media_type
from archiver.records import Capture, DateSource, Grade, StatedDate
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url, join_url, url_key
from marsham.web.fragment import SCRIPT, SCRIPT_SOURCE
from marsham.web.pages import problem_page, views_of
from marsham.web.places import Place, listing_address, parse_place, snapshot_address
from marsham.web.views import Views, long_date
from snapshots import index
from snapshots.erasure.register import explain_erased
from snapshots.mementos import Memento, capture_at, memento_of
from snapshots.reach import explain
from snapshots.replay import (
    AddressMap,
    Banner,
    BannerSettings,
    replay_headers,
    rewrite,
    safety_headers,
)

__all__ = ["answer"]

_LIST_LIMIT = 2000  # captures on one page
_DAY = 8  # digits of a timestamp that name the day
_SANDBOX = ("allow-scripts", "allow-forms", "allow-top-navigation-by-user-activation")
_STATUSES = range(200, 600)
_BODILESS = (204, 205, 304)
_REDIRECTS = (301, 302, 303, 307, 308)
_DOWNLOADS = ("application/pdf", "application/zip", "application/msword")  # no frame shows them
_STREAMED = ("application/pdf", "application/zip", "video/mp4", "audio/mpeg")
_REWRITE_LIMIT = 1 << 24  # bytes; larger bodies are sent as stored
_LINK_SAFE = "!#$%&'()*+,/:;=?@[]~"
_GRADES = {
    Grade.SENT: "bytes as sent",
    Grade.BODY: "body exact, head rebuilt",
    Grade.RECOVERED: "recovered from a copy in another web archive",
    Grade.RENDERING: "text or picture of the page only",
}
_KEPT = {
    Grade.BODY: "Its text is as it was sent; what the server said of it is not known.",
    Grade.RECOVERED: "It was recovered from a copy in another web archive.",
    Grade.RENDERING: "Only a text or picture of the page is kept.",
}


def answer(request: Request) -> Response:
    """Answer every address below ``/web/``."""
    views = views_of(request)
    place = parse_place(_written(request))
    try:
        url = check_url(place.url)
        if place.time == "*":
            return _listing(views, url)
        capture = _closest(views, url, place.time, request.headers.get("Accept-Datetime"))
        if capture.timestamp != place.time:
            return _exact_address(place, capture)
        memento = memento_of(views.archive, capture)
        if place.modifier == "id_":
            return _stored(memento, request)
        if place.modifier:
            return _replayed(views, memento, place.modifier, request)
        return _framed(views, memento, place)
    except MarshamError as error:
        return problem_page(views, error)


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


def _listing(views: Views, url: str) -> Response:
    with views.archive.catalogue.read() as connection:
        captures = list(islice(index.versions(connection, url), _LIST_LIMIT + 1))
        hidden, why = explain(connection, url)
        _, gone = explain_erased(connection, url)
    if not captures:
        raise why or gone or NoCaptureError(url)
    cut = len(captures) > _LIST_LIMIT
    shown = captures[:_LIST_LIMIT]
    return views.page(
        "captures.html", url=url, captures=shown, cut=cut, grades=_GRADES, hidden=hidden
    )


def _framed(views: Views, memento: Memento, place: Place) -> Response:
    """Show a memento under the banner: our own page, with the archived one in a frame below."""
    capture = memento.capture
    target = _redirect_target(memento)
    if target is not None:
        where = snapshot_address(capture.timestamp, target)
        if url_key(target) == url_key(capture.url):
            where = _beyond(views, memento, target, "")
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


def _redirect_target(memento: Memento) -> str | None:
    # Where an archived redirect led, if that is a web page.
    head = memento.head
    location = head.headers.get("Location") if head and head.status in _REDIRECTS else None
    target = join_url(memento.capture.url, location) if location else None
    return target if target and target.startswith(("http://", "https://")) else None


def _beyond(views: Views, memento: Memento, target: str, modifier: str) -> str:
    # A redirect to another spelling of its own address would be answered with itself: lead on to
    # the closest capture that is no redirect.
    capture = memento.capture
    with views.archive.catalogue.read() as connection:
        versions = index.versions(connection, target)
        others = [found for found in versions if found.status not in _REDIRECTS]
    at = parse_timestamp(capture.timestamp)
    near = min(others, key=lambda found: abs(parse_timestamp(found.timestamp) - at), default=None)
    if near is None:
        raise RedirectLoopError(capture.url, capture.timestamp)
    return snapshot_address(near.timestamp, near.url, modifier=modifier)


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


def _replayed(views: Views, memento: Memento, modifier: str, request: Request) -> Response:
    """Answer with the memento alone, its addresses led into the archive."""
    capture, head = memento.capture, memento.head
    target = _redirect_target(memento)
    if target and url_key(target) == url_key(capture.url):
        where = _beyond(views, memento, target, modifier)
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


def _stored(memento: Memento, request: Request) -> Response:
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
