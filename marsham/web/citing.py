"""How to cite a snapshot or a comparison of two, to read, to copy and to download.

``/cite/TIMESTAMP/URL`` is for a snapshot, and for two compared
``/cite-comparison/TIMESTAMP@DIGEST/TIMESTAMP@DIGEST/URL``.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import MarshamError, TimestampError
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import check_url, repair_slashes
from extract.store import title_of
from marsham.web.citation import Citation
from marsham.web.comparing import pair_asked, pair_problem
from marsham.web.pages import problem_page, views_of
from marsham.web.places import cite_address, compare_address, snapshot_address, written_behind
from marsham.web.views import Views
from snapshots.listed import listed_title
from snapshots.mementos import capture_at

__all__ = ["cite", "cite_comparison"]

_PLACE = re.compile(r"(\d{4,14})(?:-(\d{1,6}))?(?:\.([a-z]{3,4}))?/(.*)", re.DOTALL)
_KINDS = {
    "ris": "application/x-research-info-systems",
    "bib": "application/x-bibtex",
    "json": "application/vnd.citationstyles.csl+json",
    "txt": "text/plain",
    "html": "text/plain",  # to be copied into a page, not shown as one
}


def cite(request: Request) -> Response:
    """Show how to cite a snapshot, or hand out one form of it as a file."""
    views = views_of(request)
    place = _PLACE.fullmatch(written_behind(request, "/cite/"))
    try:
        if place is None or (place[3] and place[3] not in _KINDS):
            raise TimestampError(written_behind(request, "/cite/")[:100])
        url = check_url(repair_slashes(place[4]))
        with views.archive.catalogue.read() as connection:
            at = parse_timestamp(place[1])
            capture = capture_at(connection, url, at, int(place[2] or 0))
            title = listed_title(connection, capture) or title_of(connection, capture)
    except MarshamError as error:
        return problem_page(views, error)
    made = _citation(views, capture, title or capture.url)
    if place[3]:
        return _file(made, place[3], views)
    return views.page(
        "cite.html",
        capture=capture,
        older=None,
        text=made.text(views.language),
        forms=_forms(made),
        form_address=lambda form: cite_address(
            capture.timestamp, capture.url, form, number=capture.number
        ),
    )


def cite_comparison(request: Request) -> Response:
    """Show how to cite a comparison, or hand out one form of it as a file."""
    views = views_of(request)
    try:
        pair = pair_asked(request, views, "/cite-comparison/")
        if pair.form and pair.form not in _KINDS:
            raise TimestampError(written_behind(request, "/cite-comparison/")[:100])
        with views.archive.catalogue.read() as connection:
            title = listed_title(connection, pair.new) or title_of(connection, pair.new)
    except MarshamError as error:
        return pair_problem(views, error)
    old, new = pair.old, pair.new
    made = replace(
        _citation(views, new, title or new.url),
        address=views.base + compare_address(old, new),
        older_at=parse_timestamp(old.timestamp),
    )
    if pair.form:
        return _file(made, pair.form, views)
    return views.page(
        "cite.html",
        capture=new,
        older=old,
        compared=compare_address(old, new),
        text=made.text(views.language),
        forms=_forms(made),
        form_address=lambda form: compare_address(old, new, kind="cite-comparison", form=form),
    )


def _forms(made: Citation) -> dict[str, str]:
    return {
        "ris": made.ris(),
        "bib": made.bibtex(),
        "json": made.csl_json(),
        "html": made.robust_link(),
    }


def _citation(views: Views, capture: Capture, title: str) -> Citation:
    settings = views.archive.settings
    return Citation(
        title=title,
        url=capture.url,
        address=views.base
        + snapshot_address(capture.timestamp, capture.url, number=capture.number),
        taken_at=parse_timestamp(capture.timestamp),
        archive=settings.name,
        institution=settings.institution,
        read_on=datetime.now(UTC).date(),
    )


def _file(made: Citation, form: str, views: Views) -> Response:
    texts = _forms(made) | {
        "txt": made.text(views.language) + "\n",
        "html": made.robust_link() + "\n",
    }
    what = "comparison" if made.older_at else "snapshot"
    name = f"{what}-{made.taken_at:%Y%m%d%H%M%S}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return Response(texts[form], media_type=f"{_KINDS[form]}; charset=utf-8", headers=headers)
