"""``/value/READING/POSITION``: one value with its evidence, and the way to where it stands."""

from starlette.requests import Request
from starlette.responses import Response

from extract.evidence import Evident, evident_value
from marsham.web.marking import text_fragment
from marsham.web.pages import nothing_here, views_of

__all__ = ["value"]

_HIGHEST = 1 << 31  # of the catalogue's numbers
_AROUND = 200  # characters of the page shown around a quote
_MOST = 50  # captures named


def value(request: Request) -> Response:
    """Show what is printed, what is read from it, by which rule, and how sure that is."""
    views = views_of(request)
    reading, position = (request.path_params[name] for name in ("reading", "position"))
    if max(reading, position) >= _HIGHEST:
        return nothing_here(request)
    with views.archive.catalogue.read() as connection:
        found = evident_value(connection, reading, position, limit=_MOST + 1)
    if found is None:
        return nothing_here(request)
    before, quoted, behind = _context(found)
    return views.page(
        "value.html",
        value=found.observation,
        captures=found.captures[:_MOST],
        cut=len(found.captures) > _MOST,
        before=before,
        quoted=quoted,
        behind=behind,
        fragment=_fragment(found),
    )


def _context(found: Evident) -> tuple[str, str, str]:
    start, end = found.observation.start, found.observation.end
    if start is None or end is None:
        return "", "", ""
    text = found.text
    return text[max(start - _AROUND, 0) : start], text[start:end], text[end : end + _AROUND]


def _fragment(found: Evident) -> str:
    start, end = found.observation.start, found.observation.end
    return "" if start is None or end is None else text_fragment(found.text, start, end)
