"""Lists of what there is: sites from A to Z, addresses of a site or below a prefix, snapshots."""

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import MarshamError, NoCaptureError
from archiver.urls import check_url
from marsham.web.pages import problem_page, views_of
from marsham.web.views import Views
from snapshots import index
from snapshots.addresses import addresses_below
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain
from snapshots.tables import snapshot

__all__ = ["addresses", "addresses_page", "site", "sites", "sites_by_letter", "snapshot_list"]

_AT_ONCE = 200  # addresses on one page
_MOST_SNAPSHOTS = 500


def sites(request: Request) -> Response:
    """Show every site of the archive under its first letter."""
    views = views_of(request)
    return views.page("sites.html", letters=sites_by_letter(views))


def sites_by_letter(views: Views) -> dict[str, list[str]]:
    """Give the sites of the archive by the letter they begin with, ``www.`` not counted."""
    with views.archive.catalogue.read() as connection:
        hosts = sorted(index.sites(connection), key=lambda host: host.removeprefix("www."))
    letters: dict[str, list[str]] = {}
    for host in hosts:
        first = host.removeprefix("www.")[:1].upper()
        letters.setdefault(first if first.isalpha() else "0 to 9", []).append(host)
    return letters


def site(request: Request) -> Response:
    """Show the addresses of one host."""
    return addresses_page(
        views_of(request),
        f"http://{request.path_params['host']}",
        after=_after(request),
        host=request.path_params["host"],
    )


def addresses(request: Request) -> Response:
    """Answer ``/addresses?prefix=…``: the addresses that begin so, page after page."""
    prefix = request.query_params.get("prefix", "").removesuffix("*")
    return addresses_page(views_of(request), prefix, after=_after(request))


def addresses_page(
    views: Views, prefix: str, *, after: tuple[str, str] | None = None, host: str = ""
) -> Response:
    """Show addresses with captures that begin with a prefix.

    Args:
        views: the reader's.
        prefix: as it was typed, or a host's.
        after: key and URL of the last address of the page before.
        host: the host, where its site was asked for.
    """
    try:
        start = check_url(prefix)
        with views.archive.catalogue.read() as connection:
            held = addresses_below(connection, start, after=after, limit=_AT_ONCE + 1)
            if not held and not after:
                _, why = explain(connection, f"{start}*")
                _, gone = explain_erased(connection, f"{start}*")
                raise why or gone or NoCaptureError(start)
    except MarshamError as error:
        return problem_page(views, error, url=prefix)
    more = held[_AT_ONCE - 1] if len(held) > _AT_ONCE else None
    return views.page(
        "addresses.html", held=held[:_AT_ONCE], prefix=start, host=host, more=more, after=after
    )


def snapshot_list(request: Request) -> Response:
    """Show the snapshots of the archive, the newest first."""
    views = views_of(request)
    query = select(snapshot).order_by(snapshot.c.first.desc(), snapshot.c.id.desc())
    with views.archive.catalogue.read() as connection:
        held = connection.execute(query.limit(_MOST_SNAPSHOTS + 1)).all()
    return views.page(
        "snapshots.html", snapshots=held[:_MOST_SNAPSHOTS], cut=len(held) > _MOST_SNAPSHOTS
    )


def _after(request: Request) -> tuple[str, str] | None:
    key, url = (request.query_params.get(name, "") for name in ("key", "after"))
    return (key, url) if key and url else None
