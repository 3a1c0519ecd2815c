"""``/value/READING/POSITION``: one value with its evidence, and ``/page`` the way to its place."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from extract.elements import elements_of
from extract.evidence import Evident, evident_value
from marsham.web.marking import mark_of
from marsham.web.pages import nothing_here, views_of
from marsham.web.places import snapshot_address

__all__ = ["value", "value_shown"]

_HIGHEST = 1 << 31  # of the catalogue's numbers
_AROUND = 200  # characters of the page shown around a quote
_MOST = 50  # captures named
_UNCACHED = {"Cache-Control": "no-cache"}


def value(request: Request) -> Response:
    """Show what is printed, what is read from it, by which rule, and how sure that is."""
    views = views_of(request)
    found = _found(request)
    if found is None:
        return nothing_here(request)
    before, quoted, behind = _context(found)
    newest = found.captures[-1]
    [element] = elements_of(views.archive, views.children, newest, found.text, [found.observation])
    return views.page(
        "value.html",
        value=found.observation,
        captures=found.captures[:_MOST],
        cut=len(found.captures) > _MOST,
        before=before,
        quoted=quoted,
        behind=behind,
        element=element,
        mark=_mark(found),
    )


def value_shown(request: Request) -> Response:
    """Lead to the newest page that has a value, at the place where it stands."""
    found = _found(request)
    if found is None:
        return nothing_here(request)
    capture, mark = found.captures[-1], _mark(found)
    where = snapshot_address(capture.timestamp, capture.url, number=capture.number)
    return RedirectResponse(f"{where}#{mark}" if mark else where, 302, _UNCACHED)


def _found(request: Request) -> Evident | None:
    reading, position = (request.path_params[name] for name in ("reading", "position"))
    if max(reading, position) >= _HIGHEST:
        return None
    with views_of(request).archive.catalogue.read() as connection:
        return evident_value(connection, reading, position, limit=_MOST + 1)


def _context(found: Evident) -> tuple[str, str, str]:
    start, end = found.observation.start, found.observation.end
    if start is None or end is None:
        return "", "", ""
    text = found.text
    return text[max(start - _AROUND, 0) : start], text[start:end], text[end : end + _AROUND]


def _mark(found: Evident) -> str:
    start, end = found.observation.start, found.observation.end
    return "" if start is None or end is None else mark_of(found.text, start, end)
