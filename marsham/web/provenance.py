"""``/about/TIMESTAMP/URL``: where a snapshot comes from, and how anybody can check it."""

import re
import shlex

from starlette.requests import Request
from starlette.responses import Response

from archiver.digests import sha1, write_digest
from archiver.errors import MarshamError, TimestampError
from archiver.records import Kind
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url, repair_slashes
from extract.entities.standing import named_by
from marsham.web.bannered import report_address
from marsham.web.pages import problem_page, views_of
from marsham.web.places import entity_address, written_behind
from snapshots import index
from snapshots.membership import membership_of
from snapshots.mementos import capture_at, memento_of

__all__ = ["about"]

_PLACE = re.compile(r"(\d{4,14})(?:-(\d{1,6}))?/(.*)", re.DOTALL)
_MOST_FIELDS = 200  # of a head
_LONGEST = 2000  # characters of one value


def about(request: Request) -> Response:
    """Show what is known of a snapshot: its dates, its record, its digest, who took it."""
    views = views_of(request)
    written = written_behind(request, "/about/")
    place = _PLACE.fullmatch(written)
    try:
        if place is None:
            raise TimestampError(written[:100])
        url = check_url(repair_slashes(place[3]))
        with views.archive.catalogue.read() as connection:
            at = parse_timestamp(place[1])
            capture = capture_at(connection, url, at, int(place[2] or 0))
            stated = index.stated_dates(connection, capture)
            membership = membership_of(connection, capture)
            named = named_by(connection, capture)
        memento = memento_of(views.archive, capture)
    except MarshamError as error:
        return problem_page(views, error)
    head = memento.head
    return views.page(
        "about.html",
        capture=capture,
        memento=memento,
        stated=stated,
        membership=membership,
        named=named,
        entity_address=entity_address,
        repeated=memento.holder if capture.kind is Kind.REVISIT else None,
        empty=capture.digest == write_digest(sha1(b"")),
        answered=f"{head.status} {head.reason}".strip() if head else "",
        record=_shown(memento.record.fields),
        http=_shown(head.headers.fields) if head else [],
        command=f"marsham show {shlex.quote(capture.url)} --at {capture.timestamp}",
        report=report_address(views, capture),
    )


def _shown(fields: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name[:200], value[:_LONGEST]) for name, value in fields[:_MOST_FIELDS]]
