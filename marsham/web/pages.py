"""Pages of our own: the start page, look-up, a site's addresses, and what went wrong."""

import logging
from functools import partial
from itertools import islice
from urllib.parse import quote

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.errors import (
    ErasedError,
    InputError,
    MarshamError,
    NoCaptureError,
    TimestampError,
    UrlError,
    WithdrawnError,
)
from archiver.timestamps import format_timestamp, parse_date
from archiver.urls import check_url
from extract.missing import says_missing
from marsham.web.places import listing_address, snapshot_address
from marsham.web.views import Views, long_date
from snapshots import index
from snapshots.crawl.report import crawl_of_snapshot, report_on_crawl
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain
from snapshots.reports import report_on, snapshot_rows
from snapshots.tables import snapshot

__all__ = ["fault", "look_up", "nothing_here", "problem_page", "report", "site", "start"]

_log = logging.getLogger(__name__)

_SITE_LIMIT = 1000  # addresses on one page
_REPORT_PAGES = 200  # looked into while a reader waits
_REPORT_LINES = 100  # of one table
_WITHDRAWN = 451
_CANNOT = "This snapshot cannot be shown"
_LINK_SAFE = "!#$%&'()*+,/:;=?@[]~"
_LONGEST_SHOWN = 500  # characters of an address
_STATUS = {
    UrlError: 400,
    TimestampError: 400,
    InputError: 400,
    NoCaptureError: 404,
    WithdrawnError: 451,
    ErasedError: 451,
}


def views_of(request: Request) -> Views:
    """Give the views of the application that answers a request."""
    views: Views = request.app.state.views
    return views


def start(request: Request) -> Response:
    """Show what the archive holds, with the look-up box."""
    views = views_of(request)
    with views.archive.catalogue.read() as connection:
        held = connection.execute(select(snapshot).order_by(snapshot.c.first)).all()
        sites = sorted(index.sites(connection), key=lambda host: host.removeprefix("www."))
    return views.page("start.html", snapshots=held, sites=sites)


def look_up(request: Request) -> Response:
    """Lead from the look-up box to the list of captures, or to the snapshot of a date."""
    views = views_of(request)
    typed = request.query_params.get("url", "")
    date = request.query_params.get("date", "").strip()
    try:
        url = check_url(typed)
        if date:
            timestamp = format_timestamp(parse_date(date).first)
            return RedirectResponse(snapshot_address(timestamp, url), 303)
    except (UrlError, TimestampError) as error:
        return problem_page(views, error, url=typed, date=date)
    return RedirectResponse(listing_address(url), 303)


def site(request: Request) -> Response:
    """List the addresses of one host that have captures, with their first and last date."""
    views = views_of(request)
    host = request.path_params["host"]
    spans: dict[str, list[str]] = {}
    try:
        with views.archive.catalogue.read() as connection:
            for capture in index.prefix(connection, check_url(f"http://{host}")):
                spans.setdefault(capture.url, []).append(capture.timestamp)
                if len(spans) > _SITE_LIMIT:
                    break
            if not spans:
                _, why = explain(connection, f"http://{host}*")
                _, gone = explain_erased(connection, f"http://{host}*")
                raise why or gone or NoCaptureError(host)
    except MarshamError as error:
        return problem_page(views, error)
    rows = [
        (url, len(times), times[0], times[-1]) for url, times in islice(spans.items(), _SITE_LIMIT)
    ]
    return views.page("site.html", host=host, rows=rows, cut=len(spans) > _SITE_LIMIT)


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
    return views_of(request).page(
        "problem.html",
        status=404,
        title="Page not found",
        message="There is no such page in this archive's web pages.",
        url=None,
    )


def fault(request: Request, error: Exception) -> Response:
    """Answer when Marsham itself failed: say so, and log it."""
    _log.error("%s could not be answered", request.url, exc_info=error)
    return views_of(request).page(
        "problem.html",
        status=500,
        title="Something went wrong",
        message="This page could not be made. The archive itself is not changed by that.",
        url=None,
    )


def problem_page(
    views: Views, error: MarshamError, *, url: str | None = None, date: str | None = None
) -> Response:
    """Tell a reader in words what could not be done, with what was typed to be mended."""
    status = _STATUS.get(type(error), 502)
    titles = {
        400: "That address or date cannot be read",
        404: "Not in this archive",
        451: "Withdrawn from view",
    }
    # Source: RFC 7725, clause 4: the link names who blocks, where that is known as an address.
    contact = views.archive.settings.contact
    named = status == _WITHDRAWN and contact.startswith(("http://", "https://"))
    return views.page(
        "problem.html",
        status=status,
        title="Erased" if isinstance(error, ErasedError) else titles.get(status, _CANNOT),
        headers={"Link": f'<{quote(contact, safe=_LINK_SAFE)}>; rel="blocked-by"'}
        if named
        else None,
        message=_sentence(error),
        url=_shortened(url if url is not None else getattr(error, "url", None)),
        date=date,
    )


def _sentence(error: MarshamError) -> str:
    if isinstance(error, NoCaptureError):
        return f"This archive has no capture of {_shortened(error.url)}."
    if isinstance(error, UrlError):
        return f"{_shortened(error.url) or 'Nothing'} is not a web address: {error.reason}."
    if isinstance(error, WithdrawnError):
        return (
            f"{_shortened(error.url)} was withdrawn from view on {long_date(error.decided)} by "
            f"{error.authority}. Reason given: {error.reason.rstrip('.')}. It is still kept."
        )
    if isinstance(error, ErasedError):
        return (
            f"{_shortened(error.url)} was erased on {long_date(error.decided)} by "
            f"{error.authority}. Reason given: {error.reason.rstrip('.')}. It is not kept any more."
        )
    text = str(error)
    return text[:1].upper() + text[1:] + "."


def _shortened(url: str | None) -> str | None:
    return url if url is None or len(url) <= _LONGEST_SHOWN else url[:_LONGEST_SHOWN] + "…"
