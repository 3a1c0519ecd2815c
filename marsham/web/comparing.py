"""``/compare``: two snapshots of a page side by side, at an address that always means these two.

``/compare?url=URL&from=DATE&to=DATE`` leads to ``/compare/TIMESTAMP@DIGEST/TIMESTAMP@DIGEST/URL``.
The comparison stands in a frame without rights: it is made of archived text, though none of its
markup.
"""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import ConfinedError, FormatError, MarshamError, TimestampError
from archiver.http import media_type
from archiver.records import Capture
from archiver.timestamps import parse_span, parse_timestamp
from archiver.urls import check_url, repair_slashes
from extract.compare.confined import compare_confined
from extract.compare.holdings import COMPARED_TYPES, version_of_memento
from extract.compare.sheet import SHEET_POLICY
from extract.compare.timelines import changes_around
from marsham.web.dates import read_asked
from marsham.web.pages import problem_page, views_of
from marsham.web.places import compare_address, written_behind
from marsham.web.views import Views
from snapshots.mementos import capture_at, memento_of

__all__ = ["choose", "compared", "pair_asked", "pair_problem", "sheet"]

_ONE = r"(\d{4,14})(?:-(\d{1,6}))?(?:@([A-Za-z0-9]{8,128}))?"
_PLACE = re.compile(rf"{_ONE}/{_ONE}(?:\.([a-z]{{3,4}}))?/(.*)", re.DOTALL)
# Its one script is named by its hash; without an origin it could reach nothing anyway.
_POLICY = f"{SHEET_POLICY}; frame-ancestors 'self'; sandbox allow-scripts"
_LONGEST = 2000  # characters of what is typed


def choose(request: Request) -> Response:
    """Lead to the comparison of the captures closest to two dates, or ask for what is missing."""
    views = views_of(request)
    typed = {name: request.query_params.get(name, "").strip() for name in ("url", "from", "to")}
    typed = {name: text[:_LONGEST] for name, text in typed.items()}
    if not all(typed.values()):
        return _asking(views, typed)
    moments = []
    for name in ("from", "to"):
        try:
            moments.append(parse_span(read_asked(typed[name])).first)
        except TimestampError:
            return _asking(views, typed, wrong=name)
    try:
        url = check_url(typed["url"])
        with views.archive.catalogue.read() as connection:
            old, new = (capture_at(connection, url, moment) for moment in moments)
    except MarshamError as error:
        return problem_page(views, error)
    where = compare_address(*sorted((old, new), key=_order))  # whose query is the page's own
    return RedirectResponse(where, 302, {"Cache-Control": "no-cache"})


def compared(request: Request) -> Response:
    """Show two captures of a page compared, below what they are."""
    views = views_of(request)
    try:
        pair = pair_asked(request, views, "/compare/")
    except MarshamError as error:
        return pair_problem(views, error)
    old, new = pair.old, pair.new
    if not pair.is_exact:
        return RedirectResponse(compare_address(old, new), 302, {"Cache-Control": "no-cache"})
    with views.archive.catalogue.read() as connection:
        before, _ = changes_around(connection, old)
        _, after = changes_around(connection, new)
    return views.page(
        "compare.html",
        frames="'self'",
        old=old,
        new=new,
        url=new.url,
        typed={"url": new.url, "from": old.timestamp[:8], "to": new.timestamp[:8]},
        wrong="",
        sheet=compare_address(old, new, kind="compare-sheet"),
        inline=compare_address(old, new, kind="compare-inline"),
        cite=compare_address(old, new, kind="cite-comparison"),
        previous=compare_address(before, old) if before else "",
        following=compare_address(new, after) if after else "",
        comparable=_is_page(old) and _is_page(new),
    )


def sheet(request: Request) -> Response:
    """Answer with the comparison alone, as a page that stands by itself."""
    views = views_of(request)
    try:
        start = request.url.path.partition("/")[2].partition("/")[0]
        pair = pair_asked(request, views, f"/{start}/")
        versions = [
            version_of_memento(memento_of(views.archive, one)) for one in (pair.old, pair.new)
        ]
        form = "inline" if start == "compare-inline" else "html"
        try:
            found = compare_confined(views.children, versions[0], versions[1], form)
        except ConfinedError as error:
            raise FormatError(pair.new.url, f"cannot be compared: {error}") from error
    except MarshamError as error:
        return pair_problem(views, error)
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(found.text, headers=headers)


def _asking(views: Views, typed: dict[str, str], *, wrong: str = "") -> Response:
    status = 400 if wrong else 200
    return views.page("compare.html", status=status, typed=typed, wrong=wrong, old=None)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two captures that an address asks for.

    Attributes:
        old: the older one.
        new: the newer one.
        form: what else the address asks for, such as a form of citing it; empty for nothing.
        is_exact: whether the address holds their times and digests in full.
    """

    old: Capture
    new: Capture
    form: str
    is_exact: bool


class OtherContentError(MarshamError):
    """An address holds a digest that is not that of the capture there now."""

    def __init__(self, digest: str, capture: Capture) -> None:
        self.digest = digest
        self.capture = capture
        super().__init__(f"{capture.url} at {capture.timestamp} has other content than {digest}")


def pair_asked(request: Request, views: Views, start: str) -> Pair:
    """Read which two captures an address asks for.

    Args:
        request: the request.
        views: the reader's.
        start: with what the address begins, such as ``/compare/``.

    Raises:
        TimestampError: when it holds no two times.
        OtherContentError: when a capture is no longer the one that was compared.
        MarshamError: when there is no such page, or nothing of it may be shown.
    """
    written = written_behind(request, start)
    place = _PLACE.fullmatch(written)
    if place is None:
        raise TimestampError(written[:100])
    url = check_url(repair_slashes(place[8]))
    found = []
    with views.archive.catalogue.read() as connection:
        for digits, number in ((place[1], place[2]), (place[4], place[5])):
            found.append(capture_at(connection, url, parse_timestamp(digits), int(number or 0)))
    is_exact = True
    for capture, digits, digest in zip(
        found, (place[1], place[4]), (place[3], place[6]), strict=True
    ):
        own = capture.digest.rpartition(":")[2]
        if digest and digest != own:
            raise OtherContentError(digest, capture)
        is_exact &= digits == capture.timestamp and (digest or "") == own
    return Pair(found[0], found[1], place[7] or "", is_exact)


def pair_problem(views: Views, error: MarshamError) -> Response:
    """Tell a reader why two captures cannot be shown."""
    if not isinstance(error, OtherContentError):
        return problem_page(views, error)
    words = views.language
    return views.page(
        "problem.html",
        status=404,
        title=words.say("title_404"),
        message=words.say(
            "compare_other",
            digest=error.digest,
            day=views.moment(error.capture.timestamp),
        ),
        url=error.capture.url,
    )


def _is_page(capture: Capture) -> bool:
    kind = media_type(capture.media_type)[0]
    return kind in COMPARED_TYPES or not kind or (capture.status or 200) >= 300


def _order(capture: Capture) -> tuple[str, int]:
    return capture.timestamp, capture.number
