"""Where the archive ends: pages that are not in it, links that lead out of it, posted forms.

Nothing here leads anywhere by itself. The live address stands there as a plain link, and the reader
is told that it leads out of the archive.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import MarshamError, TimestampError, UrlError
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url, repair_slashes
from marsham.web.places import written_behind
from marsham.web.spellings import other_spellings, pages_above
from marsham.web.views import Views
from snapshots import index
from snapshots.addresses import addresses_below

__all__ = ["Nearby", "form_page", "leave_page", "missing_page", "nearby"]

_LONGEST = 500  # characters of an address that are shown


@dataclass(frozen=True, slots=True)
class Nearby:
    """What the archive holds in place of an address.

    Attributes:
        same: the capture of the address itself closest in time, if it has any.
        spellings: captures under other spellings of it.
        above: the nearest page above it, if any is held.
        host: its host, if the archive holds anything of it; else empty.
    """

    same: Capture | None = None
    spellings: tuple[Capture, ...] = ()
    above: Capture | None = None
    host: str = ""


def nearby(connection: Connection, url: str, moment: datetime) -> Nearby:
    """Look for an address and what is like it; some thirty look-ups at most."""

    def first(candidates: list[str]) -> list[Capture]:
        found = (index.nearest(connection, one, moment) for one in candidates)
        return [one for one in found if one is not None and (one.status or 200) < 400]

    parts = urlsplit(url)
    above = first(list(pages_above(url)))
    held = addresses_below(connection, f"{parts.scheme}://{parts.netloc}", limit=1)
    return Nearby(
        same=index.nearest(connection, url, moment),
        spellings=tuple(first(list(other_spellings(url)))[:3]),
        above=above[0] if above else None,
        host=parts.netloc if held else "",
    )


def leave_page(views: Views, request: Request) -> Response:
    """Answer ``/leave?url=…&from=TIMESTAMP``: what an address outside the archive can be had as."""
    try:
        url = check_url(request.query_params.get("url", ""))
    except UrlError as error:
        return _unreadable(views, error)
    return missing_page(views, url, _moment(request.query_params.get("from", "")), status=200)


def missing_page(
    views: Views, url: str, moment: datetime | None = None, *, status: int = 404
) -> Response:
    """Say that an address is not in the archive, and what there is instead.

    Args:
        views: the reader's.
        url: the address, checked.
        moment: the time it was asked for; None for now.
        status: of the answer.
    """
    with views.archive.catalogue.read() as connection:
        found = nearby(connection, url, moment or datetime.now(UTC))
    return views.page(
        "leave.html",
        status=status,
        found=found,
        url=url if len(url) <= _LONGEST else url[:_LONGEST] + "…",
        live=url,
        host=urlsplit(url).netloc,
        asked_form=bool(urlsplit(url).query),
        moment_asked=moment,
    )


def form_page(views: Views, request: Request) -> Response:
    """Answer ``/form/TIMESTAMP/URL``, to which forms that are posted lead: explain, and help on.

    What was typed is not looked at, stored or logged.
    """
    time, _, written = written_behind(request, "/form/").partition("/")
    try:
        url = check_url(repair_slashes(written))
        moment = parse_timestamp(time)
    except (UrlError, TimestampError) as error:
        return _unreadable(views, error)
    with views.archive.catalogue.read() as connection:
        found = nearby(connection, url, moment)
    return views.page("form.html", found=found, url=url, host=urlsplit(url).netloc, at_moment=time)


def _moment(text: str) -> datetime | None:
    try:
        return parse_timestamp(text)
    except TimestampError:
        return None


def _unreadable(views: Views, error: MarshamError) -> Response:
    return views.page(
        "problem.html",
        status=400,
        title=views.language.say("title_400"),
        message=views.language.say("address_unreadable"),
        url=None,
    )
