"""The web application over one archive: which address is answered by which page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from secrets import token_bytes

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archiver.confined import Confined, Limits
from archiver.errors import ArchiveError
from extract.redirects.deciding import MapFile
from marsham.web import (
    cdx,
    citing,
    comparing,
    entities,
    lists,
    pages,
    provenance,
    searching,
    sites,
    snapshot,
    timegate,
    timelines,
    timemap,
    values,
)
from marsham.web.review import absent_routes, review_routes
from marsham.web.reviewers import Reviewers
from marsham.web.sealing import Sealed
from marsham.web.sessions import Attempts, Sessions
from marsham.web.shim import SHIM_NAME
from marsham.web.signed import Editing
from marsham.web.views import Views
from snapshots.archive import Archive

__all__ = ["make_app"]

_LIMITS = Limits(seconds=5)  # for reading one page while a reader waits
_UNCACHED = {"Cache-Control": "no-store"}
_STATIC = {
    "marsham.css": "text/css; charset=utf-8",
    "marsham.svg": "image/svg+xml",
    SHIM_NAME: "text/javascript; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def make_app(
    archive: Archive,
    *,
    secret: bytes = b"",
    attempts: Path | None = None,
    redirects: Path | None = None,
) -> Sealed:
    """Make the ASGI application that shows an archive; it writes to it only where people may edit.

    Args:
        archive: the archive.
        secret: what several processes that serve one archive on one host have in common; made up
            when empty.
        attempts: the file in which they note who tries to sign in, so that people may edit; None
            for an application that never writes.
        redirects: a map of redirects that they may edit as well; None for none.

    Raises:
        FormatError: when the map cannot be read, or has columns that would be lost.
    """
    secret = secret or token_bytes(32)
    children = Confined(_LIMITS)
    file = MapFile(redirects) if redirects is not None else None
    views = Views(archive, children, edits=attempts is not None, has_map=file is not None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with children:
            views.prepare()
            yield

    app = Starlette(
        routes=[
            Route("/", pages.start),
            Route("/lookup", pages.look_up),
            Route("/search", searching.search),
            Route("/search/{time}/{host}", searching.search_box),
            Route("/sites", lists.sites),
            Route("/sites/{host}", lists.site),
            Route("/addresses", lists.addresses),
            Route("/snapshots", lists.snapshot_list),
            Route("/snapshots/{number:int}", pages.report),
            Route("/partnerships", entities.partnerships),
            Route("/partnerships/{key}", entities.partnership),
            Route("/contacts", entities.contacts),
            Route("/contacts/{key:path}", entities.contact),
            Route("/claims", entities.claims),
            Route("/value/{reading:int}/{position:int}", values.value),
            Route("/value/{reading:int}/{position:int}/page", values.value_shown),
            Route("/cite/{rest:path}", citing.cite),
            Route("/about/{rest:path}", provenance.about),
            Route("/compare", comparing.choose),
            Route("/compare/site", sites.compared_site),
            Route("/compare/{rest:path}", comparing.compared),
            Route("/compare-sheet/{rest:path}", comparing.sheet),
            Route("/compare-inline/{rest:path}", comparing.sheet),
            Route("/timeline", timelines.timeline),
            Route("/cite-comparison/{rest:path}", citing.cite_comparison),
            Route("/leave", pages.leave),
            Route("/form/{rest:path}", pages.posted, methods=["GET", "POST"]),
            Route("/static/{name}", _static),
            Route("/health", _health),
            Route("/cdx", cdx.answer),
            Route("/timegate/{rest:path}", timegate.answer),
            Route("/web/timemap/{rest:path}", timemap.answer),
            Route("/web/{rest:path}", snapshot.answer, methods=["GET", "POST"]),
            *(absent_routes() if attempts is None else review_routes(file)),
            Route("/{rest:path}", pages.nothing_here),
        ],
        exception_handlers={Exception: pages.fault},
        lifespan=lifespan,
    )
    app.state.views = views
    if attempts is not None:
        reviewers = Reviewers(archive.path)
        app.state.editing = Editing(reviewers, Sessions(reviewers, secret), Attempts(attempts))
    return Sealed(app, archive.settings, secret)


def _health(request: Request) -> Response:
    # For whoever watches the server: whether the catalogue answers.
    catalogue = pages.views_of(request).archive.catalogue
    try:
        catalogue.check_version()
    except ArchiveError as error:
        return JSONResponse({"status": "failing", "reason": str(error)}, 503, _UNCACHED)
    return JSONResponse({"status": "ok"}, headers=_UNCACHED)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    kind = _STATIC.get(name)
    if kind is None:
        return pages.nothing_here(request)
    body = (files("marsham.web") / "static" / name).read_bytes()
    kept = _FOR_EVER if name == SHIM_NAME and request.url.query else "public, max-age=3600"
    return Response(body, media_type=kind, headers={"Cache-Control": kept})
