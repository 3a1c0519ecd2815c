"""Pages of our own: the start page, look-up, the report on a snapshot, and what went wrong."""

import logging
from functools import partial
from itertools import islice
from urllib.parse import quote

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from archiver.errors import (
    ErasedError,
    InputError,
    MarshamError,
    NoCaptureError,
    TimestampError,
    UrlError,
    WithdrawnError,
)
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url
from extract.missing import says_missing
from marsham.web.dates import read_asked
from marsham.web.leaving import form_page, leave_page, missing_page, moment_of
from marsham.web.places import listing_address, snapshot_address
from marsham.web.views import Views
from snapshots import index
from snapshots.crawl.report import crawl_of_snapshot, report_on_crawl
from snapshots.replay.language import Language
from snapshots.reports import report_on, snapshot_rows
from snapshots.tables import snapshot

__all__ = [
    "fault",
    "leave",
    "look_up",
    "nothing_here",
    "plain_problem",
    "posted",
    "problem_page",
    "report",
    "start",
    "views_of",
]

_log = logging.getLogger(__name__)

_ON_START = 10  # snapshots on the start page
_SITES_ON_START = 60
_REPORT_PAGES = 200  # looked into while a reader waits
_REPORT_LINES = 100  # of one table
_WITHDRAWN = 451
_LINK_SAFE = "!#$%&'()*+,/:;=?@[]~"
_LONGEST_SHOWN = 500  # characters of an address
_STATUS = {
    UrlError: 400,
    TimestampError: 400,
    InputError: 400,
    WithdrawnError: 451,
    ErasedError: 451,
}


def views_of(request: Request) -> Views:
    """Give the views of the application for the reader who asks."""
    views: Views = request.app.state.views
    return views.to(request)


def start(request: Request) -> Response:
    """Show what the archive holds, with the look-up box."""
    views = views_of(request)
    newest = select(snapshot).order_by(snapshot.c.first.desc(), snapshot.c.id.desc())
    with views.archive.catalogue.read() as connection:
        held = connection.execute(newest.limit(_ON_START + 1)).all()
        sites = list(islice(index.sites(connection), _SITES_ON_START + 1))
    return views.page(
        "start.html",
        snapshots=held[:_ON_START],
        more_snapshots=len(held) > _ON_START,
        sites=sorted(sites[:_SITES_ON_START], key=lambda host: host.removeprefix("www.")),
        more_sites=len(sites) > _SITES_ON_START,
    )


def look_up(request: Request) -> Response:
    """Lead from the look-up box to the list of captures, or to the snapshot of a date."""
    views = views_of(request)
    typed = request.query_params.get("url", "")
    date = request.query_params.get("date", "").strip()
    try:
        url = check_url(typed)
    except UrlError as error:
        return problem_page(views, error, url=typed, date=date)
    if date:
        try:
            digits = read_asked(date)
        except TimestampError as error:
            return problem_page(views, error, url=typed, date=date)
        return RedirectResponse(snapshot_address(digits, url), 303)
    return RedirectResponse(listing_address(url), 303)


def report(request: Request) -> Response:
    """Show the archivist's report on one snapshot."""
    views = views_of(request)
    with views.archive.catalogue.read() as connection:
        rows = snapshot_rows(connection, request.path_params["number"])
        if not rows:
            return nothing_here(request)
        found = report_on(
            views.archive,
            connection,
            rows[0],
            pages=_REPORT_PAGES,
            says_missing=partial(says_missing, views.children),
        )
        crawl = crawl_of_snapshot(connection, found.row["id"])
        told = report_on_crawl(connection, crawl, _REPORT_LINES) if crawl else None
    return views.page("report.html", report=found, crawl=told, limit=_REPORT_LINES)


def nothing_here(request: Request) -> Response:
    """Answer an address that is none of ours."""
    views = views_of(request)
    return views.page(
        "problem.html",
        status=404,
        title=views.language.say("title_nothing"),
        message=views.language.say("nothing_here"),
        url=None,
    )


def fault(request: Request, error: Exception) -> Response:
    """Answer when Marsham itself failed: say so, and log it."""
    _log.error("%s could not be answered", request.url, exc_info=error)
    views = views_of(request)
    return views.page(
        "problem.html",
        status=500,
        title=views.language.say("title_500"),
        message=views.language.say("fault"),
        url=None,
    )


def leave(request: Request) -> Response:
    """Answer ``/leave``, to which what leads out of the archive leads."""
    return leave_page(views_of(request), request)


def posted(request: Request) -> Response:
    """Answer ``/form/``, to which forms that would be posted lead."""
    return form_page(views_of(request), request)


def problem_page(
    views: Views,
    error: MarshamError,
    *,
    url: str | None = None,
    date: str | None = None,
    at: str = "",
) -> Response:
    """Tell a reader in words what could not be done.

    Args:
        views: the reader's.
        error: what went wrong.
        url: the address as it was typed, to be mended.
        date: the date as it was typed.
        at: the digits of the time asked for, if any.
    """
    if isinstance(error, NoCaptureError):
        return missing_page(views, error.url, moment_of(at))
    words = views.language
    status = _STATUS.get(type(error), 502)
    # Source: RFC 7725, clause 4: the link names who blocks, where that is known as an address.
    contact = views.archive.settings.contact
    named = status == _WITHDRAWN and contact.startswith(("http://", "https://"))
    kind = "erased" if isinstance(error, ErasedError) else status
    return views.page(
        "problem.html",
        status=status,
        title=words.say(f"title_{kind}" if status in (400, 451) else "title_cannot"),
        headers={"Link": f'<{quote(contact, safe=_LINK_SAFE)}>; rel="blocked-by"'}
        if named
        else None,
        message=_sentence(words, error),
        wrong=_wrong(error),
        url=_shortened(url if url is not None else getattr(error, "url", None)),
        date=date,
    )


def plain_problem(views: Views, error: MarshamError) -> Response:
    """Tell a program in one line of text what could not be done."""
    status = _STATUS.get(type(error)) or (400 if isinstance(error, InputError) else 502)
    if isinstance(error, NoCaptureError):
        status, said = 404, f"This archive has no capture of {_shortened(error.url)}."
    elif type(error) is InputError:  # the names in it are written as a program must write them
        said = str(error)
    else:
        said = _sentence(views.language, error)
    return PlainTextResponse(said + "\n", status, {"Cache-Control": "no-cache"})


def _wrong(error: MarshamError) -> str:
    # Which field of the look-up box is to be mended.
    if isinstance(error, UrlError):
        return "url"
    return "date" if isinstance(error, TimestampError) else ""


def _sentence(words: Language, error: MarshamError) -> str:
    if isinstance(error, UrlError):
        url = _shortened(error.url) or words.say("nothing_typed")
        return words.say("not_an_address", url=url, reason=error.reason)
    if isinstance(error, TimestampError):
        return words.say("not_a_date", text=_shortened(error.text))
    if isinstance(error, WithdrawnError | ErasedError):
        return words.say(
            "erased" if isinstance(error, ErasedError) else "withdrawn",
            url=_shortened(error.url),
            day=words.day(parse_timestamp(error.decided)),
            authority=error.authority,
            reason=error.reason.rstrip("."),
        )
    text = str(error)
    return text[:1].upper() + text[1:] + "."


def _shortened(url: str | None) -> str | None:
    return url if url is None or len(url) <= _LONGEST_SHOWN else url[:_LONGEST_SHOWN] + "…"
