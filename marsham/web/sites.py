"""``/compare/site``: what became of the pages below an address between two dates."""

from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import InputError, MarshamError, TimestampError
from archiver.records import Capture
from archiver.timestamps import parse_span
from archiver.urls import check_url, url_key
from extract.compare.dated import compare_dates
from extract.compare.sites import Fate, Held, PageFate, SiteComparison
from marsham.web.asked import listed, words_asked
from marsham.web.dates import read_asked
from marsham.web.pages import nothing_here, problem_page, views_of
from marsham.web.places import compare_address

__all__ = ["compared_site"]

_FIELDS = ("prefix", "from", "to")
_FILTERS = ("change", "least", "path")
_MOST_PAGES = 5000  # that are compared while a reader waits
_MOST_PERCENT = 100
_MOST_FRAME = 20  # changes of many pages shown
_LONGEST_FRAME = 400  # characters of one


def compared_site(request: Request) -> Response:
    """Answer ``/compare/site?prefix=URL&from=DATE&to=DATE``, and filters of what is listed.

    ``change`` is what became of a page, ``least`` the least share of words that changed in
    percent, ``path`` a part of its address.
    """
    views = views_of(request)
    typed = {name: words_asked(request, name) for name in (*_FIELDS, *_FILTERS)}
    ask = partial(views.page, "compare-site.html", typed=typed, fates=list(Fate))
    if not all(typed[name] for name in _FIELDS):
        return ask(wrong="", found=None)
    digits: dict[str, str] = {}
    for name in ("from", "to"):
        try:
            digits[name] = read_asked(typed[name])
        except TimestampError:
            return ask(status=400, wrong=name, found=None)
    first, second = (parse_span(digits[name]) for name in ("from", "to"))
    if second.last < first.last:
        return ask(status=400, wrong="order", found=None)
    try:
        prefix = check_url(typed["prefix"])
        found = views.sites.get(
            (views.decisions(), prefix, first, second),
            lambda: compare_dates(
                views.children, views.archive, prefix, first, second, most=_MOST_PAGES
            ),
        )
    except InputError as error:
        return problem_page(views, error)
    except MarshamError as error:
        return problem_page(views, error, url=typed["prefix"], at=digits["to"])
    shown = listed(request, _filtered(found, typed))
    if shown is None:
        return nothing_here(request)
    return ask(
        wrong="",
        found=found,
        prefix=prefix,
        digits=digits,
        shown=shown,
        counts={fate: len(found.of(fate)) for fate in Fate},
        query={name: text for name, text in typed.items() if text},
        capture_of=_capture_of,
        comparison_of=_comparison_of,
        frame=found.frame[:_MOST_FRAME],
        longest=_LONGEST_FRAME,
    )


def _filtered(found: SiteComparison, typed: dict[str, str]) -> Sequence[PageFate]:
    """The pages that were asked for; without a word on what became of them, all but the same."""
    fate, part = typed["change"], typed["path"].casefold()
    least = int(typed["least"]) if _is_percent(typed["least"]) else 0
    return [
        page
        for page in found.pages
        if (page.fate.value == fate if fate else page.fate is not Fate.UNCHANGED)
        and (not least or (page.fate is Fate.CHANGED and (page.words_changed or 0) >= least))
        and (part in page.url.casefold() or part in page.new_url.casefold())
    ]


def _is_percent(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= _MOST_PERCENT


def _capture_of(held: Held | None) -> Capture | None:
    return held.place if held and isinstance(held.place, Capture) else None


def _comparison_of(page: PageFate) -> str:
    """The address of the two captures compared, where both are of one page; else nothing."""
    old, new = _capture_of(page.old), _capture_of(page.new)
    if old is None or new is None or url_key(old.url) != url_key(new.url):
        return ""
    return compare_address(old, new)
