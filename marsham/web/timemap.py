"""TimeMaps: every memento of a URL, listed for programs in three forms (RFC 7089, clause 5).

::

    /web/timemap/link/URL                  application/link-format, as the RFC has it
    /web/timemap/json/URL                  one JSON object
    /web/timemap/cdxj/URL                  lines that sort by time, each with JSON
    /web/timemap/link/20110509101621/URL   the page of a long list that begins there

A page holds `PAGE` mementos and names the next one; it ends with a whole second, so that none is
left out or given twice however many captures there are of one second.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import InputError, MarshamError, NoCaptureError
from archiver.httpdates import write_http_date
from archiver.records import Capture
from archiver.timestamps import Span, parse_timestamp
from archiver.urls import check_url, repair_slashes
from marsham.web.pages import plain_problem, views_of
from marsham.web.places import snapshot_address, written_behind
from marsham.web.relations import (
    LINK_FORMAT,
    link_field,
    origin_of,
    original_links,
    timegate_address,
    timemap_address,
    write_link,
)
from snapshots import index
from snapshots.erasure.register import check_not_erased
from snapshots.index import Place
from snapshots.reach import check_in_view

__all__ = ["PAGE", "answer"]

PAGE = 5000  # mementos
_PREFIX = "/web/timemap/"
_ASKED = re.compile(
    r"(?P<form>[a-z]+)/(?:(?P<page>[0-9]{14})/)?(?P<url>[^/].*)", re.DOTALL | re.IGNORECASE
)
_END_OF_TIME = datetime.max.replace(microsecond=0, tzinfo=UTC)
_NONE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a TimeMap.

    Attributes:
        origin: stands before our addresses.
        url: the original URL, as asked for.
        start: the timestamp in the page's own address; empty for the first.
        captures: oldest first.
        first: the first memento of the URL, on whichever page.
        last: its last one.
        following: where the next page begins; empty on the last.
    """

    origin: str
    url: str
    start: str
    captures: list[Capture]
    first: Place
    last: Place
    following: str

    def role(self, capture: Capture) -> str:
        """Give the relation of a capture to the original resource."""
        place = Place(capture.timestamp, capture.url, capture.number)
        roles = [("first", place == self.first), ("last", place == self.last), ("memento", True)]
        return " ".join(name for name, held in roles if held)

    def address(self, form: str, start: str) -> str:
        return self.origin + timemap_address(self.url, form, start)

    def of(self, place: Place) -> str:
        address = snapshot_address(place.timestamp, place.url, number=place.number)
        return self.origin + address


def answer(request: Request) -> Response:
    """Answer the addresses of TimeMaps."""
    views = views_of(request)
    try:
        form, start, url = _asked(written_behind(request, _PREFIX))
        with views.archive.catalogue.read() as connection:
            page = _page(connection, origin_of(request), url, start)
    except MarshamError as error:
        return plain_problem(views, error)
    media_type, write = _FORMS[form]
    links = original_links(page.origin, url)
    if page.following:
        links.append(write_link(page.address(form, page.following), "next", type=media_type))
    headers = {"Cache-Control": "no-cache", "Link": link_field(links)}
    body = "".join(write(page)).encode()
    return Response(body, headers=headers | {"Content-Type": media_type})


def _asked(text: str) -> tuple[str, str, str]:
    match = _ASKED.fullmatch(text)
    if match is None or match["form"] not in _FORMS:
        raise InputError(
            f"there is no TimeMap at {_PREFIX}{text[:100]}; "
            f"write {_PREFIX}FORM/URL, where FORM is one of {', '.join(_FORMS)}"
        )
    if match["page"]:
        parse_timestamp(match["page"])
    return match["form"], match["page"] or "", check_url(repair_slashes(match["url"]))


def _page(connection: Connection, origin: str, url: str, start: str) -> _Page:
    since = parse_timestamp(start) if start else _NONE
    found = list(islice(_since(connection, url, since), PAGE + 1))
    if not found:
        check_in_view(connection, url)
        check_not_erased(connection, url)
        raise NoCaptureError(url)
    following = ""
    if len(found) > PAGE:
        following = found[PAGE].timestamp
        whole = [one for one in found if one.timestamp < following]
        if not whole:  # more captures of one second than a page holds
            second = parse_timestamp(following)
            whole = list(index.versions(connection, url, Span(second, second)))
            rest = next(_since(connection, url, second + timedelta(seconds=1)), None)
            following = rest.timestamp if rest else ""
        found = whole
    placed = index.placed(connection, found[0])
    return _Page(origin, url, start, found, placed.first, placed.last, following)


def _since(connection: Connection, url: str, moment: datetime) -> Iterator[Capture]:
    return index.versions(connection, url, Span(moment, _END_OF_TIME))


def _link_format(page: _Page) -> Iterator[str]:
    ends = (page.captures[0], page.captures[-1])
    since, until = (write_http_date(parse_timestamp(one.timestamp)) for one in ends)
    links = original_links(page.origin, page.url)[:2]
    told = {"type": LINK_FORMAT, "from": since, "until": until}
    links.append(write_link(page.address("link", page.start), "self", **told))
    if page.start:
        links.append(write_link(page.address("link", ""), "timemap", type=LINK_FORMAT))
    if page.following:
        at = write_http_date(parse_timestamp(page.following))
        more = {"type": LINK_FORMAT, "from": at}
        links.append(write_link(page.address("link", page.following), "timemap", **more))
    listed = {Place(one.timestamp, one.url, one.number) for one in ends}
    for role, place in (("first", page.first), ("last", page.last)):
        if place not in listed:  # on another page
            at = write_http_date(parse_timestamp(place.timestamp))
            links.append(write_link(page.of(place), f"{role} memento", datetime=at))
    yield ",\n".join(links)
    for uri, role, capture in _mementos(page):
        at = write_http_date(parse_timestamp(capture.timestamp))
        yield ",\n" + write_link(uri, role, datetime=at)
    yield "\n"


def _json_form(page: _Page) -> Iterator[str]:
    head = {
        "original_uri": page.url,
        "self": page.address("json", page.start),
        "timegate_uri": page.origin + timegate_address(page.url),
        "timemap_uri": _forms(page),
    }
    if page.following:
        head["next_page"] = page.address("json", page.following)
    yield json.dumps(head)[:-1] + ', "mementos": {'
    for role, place in (("first", page.first), ("last", page.last)):
        told = {"datetime": _iso(place.timestamp), "uri": page.of(place)}
        yield f'"{role}": {json.dumps(told)}, '
    yield '"list": ['
    mark = "\n"
    for uri, _, capture in _mementos(page):
        told = {"datetime": _iso(capture.timestamp), "uri": uri}
        yield mark + json.dumps(told | _details(capture))
        mark = ",\n"
    yield "\n]}}\n"


def _cdxj_form(page: _Page) -> Iterator[str]:
    metas: list[tuple[str, object]] = [
        ("context", ["https://www.rfc-editor.org/rfc/rfc7089"]),
        ("id", {"uri": page.address("cdxj", page.start)}),
        ("keys", ["memento_datetime_YYYYMMDDhhmmss"]),
        ("meta", {"original_uri": page.url}),
        ("meta", {"timegate_uri": page.origin + timegate_address(page.url)}),
        ("meta", {"timemap_uri": _forms(page)}),
    ]
    if page.following:
        metas.append(("meta", {"next_page": page.address("cdxj", page.following)}))
    for name, value in metas:
        yield f"!{name} {json.dumps(value)}\n"
    for uri, role, capture in _mementos(page):
        at = write_http_date(parse_timestamp(capture.timestamp))
        told = {"uri": uri, "rel": role, "datetime": at}
        yield f"{capture.timestamp} {json.dumps(told | _details(capture))}\n"


def _mementos(page: _Page) -> Iterator[tuple[str, str, Capture]]:
    for capture in page.captures:
        place = Place(capture.timestamp, capture.url, capture.number)
        yield page.of(place), page.role(capture), capture


def _forms(page: _Page) -> dict[str, str]:
    return {f"{form}_format": page.address(form, page.start) for form in _FORMS}


def _details(capture: Capture) -> dict[str, str]:
    status = "" if capture.status is None else str(capture.status)
    told = {"status": status, "mime": capture.media_type, "digest": capture.digest}
    return {name: value for name, value in told.items() if value}


def _iso(timestamp: str) -> str:
    return f"{parse_timestamp(timestamp):%Y-%m-%dT%H:%M:%SZ}"


_FORMS: dict[str, tuple[str, Callable[[_Page], Iterator[str]]]] = {
    "link": (LINK_FORMAT, _link_format),
    "json": ("application/json", _json_form),
    "cdxj": ("application/cdxj+ors", _cdxj_form),
}
