"""Where the archive ends: pages that are not in it, links that lead out of it, posted forms.

Nothing here leads anywhere by itself. The live address stands there as a plain link, and the reader
is told that it leads out of the archive.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import MarshamError, TimestampError, UrlError
from archiver.records import Capture
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.urls import check_url, repair_slashes
from marsham.web.places import written_behind
from marsham.web.spellings import other_spellings, pages_above
from marsham.web.views import Views
from snapshots import index
from snapshots.addresses import addresses_below
from snapshots.replay.forms import SEARCH_NAMES

__all__ = [
    "Nearby",
    "form_page",
    "leave_page",
    "missing_page",
    "moment_of",
    "nearby",
    "typed_words",
]

_LONGEST = 500  # characters of an address, or of words, that are shown
_LAST = re.compile(r"[$.:_]")  # names such as ctl00$header$txtSearch


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
    return missing_page(views, url, moment_of(request.query_params.get("from", "")), status=200)


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
        words_asked=_words_of(url),
        moment_digits=format_timestamp(moment)[:8] if moment else "",
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


def typed_words(fields: list[tuple[str, str]]) -> str:
    """Give what was typed into a search box, of the fields its form sent; empty for nothing.

    A name that only search boxes have decides; where none has it, the first that is not empty.
    """
    given = [(name.lower(), value.strip()) for name, value in fields if value.strip()]
    for wanted in SEARCH_NAMES:
        for name, value in given:
            if name == wanted or _LAST.split(name)[-1] == f"txt{wanted}":
                return value[:_LONGEST]
    return given[0][1][:_LONGEST] if given else ""


def _words_of(url: str) -> str:
    # The words of a search, where an address looks like the answer to one.
    fields = parse_qsl(urlsplit(url).query[: _LONGEST * 4])
    return typed_words([one for one in fields if one[0].lower() in SEARCH_NAMES])


def moment_of(text: str) -> datetime | None:
    """Read digits as a moment; None when they are none."""
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
