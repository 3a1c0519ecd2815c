"""``/timeline``: how much a page changed from snapshot to snapshot, or a site from month to month.

``/timeline?url=URL`` draws a bar for each snapshot of a page, ``/timeline?site=PREFIX`` one for
each month of a site. The chart is plain SVG and every bar a link; below it the same stands as a
table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from starlette.requests import Request
from starlette.responses import Response

from archiver.errors import MarshamError, NoCaptureError, TimestampError
from archiver.timestamps import Span, parse_span
from archiver.urls import check_url
from extract.compare.timelines import Month, Step, StepKind, page_timeline, site_timeline
from marsham.web.asked import listed, words_asked
from marsham.web.dates import read_asked
from marsham.web.pages import nothing_here, problem_page, views_of
from marsham.web.places import compare_address, snapshot_address
from marsham.web.views import Views
from snapshots import index
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain

__all__ = ["timeline"]

_MOST = 5000  # snapshots of one page that are looked at
_MOST_OF_SITE = 20_000
_FEW = 100  # snapshots of which those that are alike are shown as well, unless asked otherwise
_PAGES_SHOWN = 50
_HEIGHT = 120  # of the highest bar
_WIDTH = 26  # of a bar and the gap behind it; less could not be hit
_YEAR_WIDTH = 44  # of four digits and a gap
_SIGNS = {
    StepKind.FIRST: "\u25cb",
    StepKind.SAME_BYTES: "=",
    StepKind.SAME_TEXT: "=",
    StepKind.NOISE: "\u00b7",
    StepKind.CHANGED: "~",
    StepKind.OTHER_BYTES: "?",
    StepKind.NO_PAGE: "\u00d7",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart.

    Attributes:
        x: where it begins, in pixels.
        height: in pixels; 0 for none.
        sign: what stands below it.
        label: what it is, in words.
        address: where it leads.
        year: the year, where the bar is the first of it; else empty.
        line: on which line the year stands, so that years in a row do not touch.
    """

    x: int
    height: int
    sign: str
    label: str
    address: str
    year: str
    line: int = 0


def timeline(request: Request) -> Response:
    """Show the timeline of a page or a site, or ask for one."""
    views = views_of(request)
    typed = {name: words_asked(request, name) for name in ("url", "site", "from", "to")}
    digits: dict[str, str] = {}
    for name in ("from", "to"):
        try:
            digits[name] = read_asked(typed[name]) if typed[name] else ""
        except TimestampError:
            return _asking(views, typed, wrong=name)
    if not (typed["url"] or typed["site"]):
        return _asking(views, typed)
    if all(digits.values()) and parse_span(digits["to"]).last < parse_span(digits["from"]).first:
        return _asking(views, typed, wrong="order")
    span = _span(digits["from"], digits["to"])
    try:
        if typed["site"]:
            return _of_site(views, typed, span)
        return _of_page(request, views, typed, span)
    except MarshamError as error:
        return problem_page(views, error)


def _of_page(request: Request, views: Views, typed: dict[str, str], span: Span | None) -> Response:
    url = check_url(typed["url"])
    with views.archive.catalogue.read() as connection:
        steps = page_timeline(connection, url, span, most=_MOST)
        if not steps:
            _, why = explain(connection, url, span)
            _, gone = explain_erased(connection, url, span)
            raise why or gone or NoCaptureError(url, *(index.extent(connection, url) or ()))
    asked = words_asked(request, "show")
    every = asked == "all" or (asked != "changes" and len(steps) <= _FEW)
    chosen = [step for step in steps if every or step.differs or step is steps[0]]
    shown = listed(request, chosen)
    if shown is None:
        return nothing_here(request)
    return views.page(
        "timeline.html",
        typed=typed,
        wrong="",
        url=url,
        site="",
        shown=shown,
        every=every,
        total=len(steps),
        cut=len(steps) == _MOST,
        different=sum(step.differs for step in steps),
        unread=any(s.kind is StepKind.OTHER_BYTES and s.state != "file" for s in steps),
        bars=_apart(_page_bars(views, shown.rows)),
        height=_HEIGHT,
        step_width=_WIDTH,
        signs=_SIGNS,
        said=lambda step: _said(views, step),
        compare_address=compare_address,
        query={name: typed[name] for name in ("url", "from", "to")}
        | {"show": "all" if every else "changes"},
    )


def _of_site(views: Views, typed: dict[str, str], span: Span | None) -> Response:
    site = check_url(typed["site"].removesuffix("*"))
    with views.archive.catalogue.read() as connection:
        found = site_timeline(connection, site, span, most=_MOST_OF_SITE)
        if not found.months:
            _, why = explain(connection, f"{site}*", span)
            _, gone = explain_erased(connection, f"{site}*", span)
            raise why or gone or NoCaptureError(site)
    return views.page(
        "timeline.html",
        typed=typed,
        wrong="",
        url="",
        site=site,
        months=found.months,
        pages=found.pages[:_PAGES_SHOWN],
        pages_all=len(found.pages),
        cut=found.cut,
        bars=_apart(_month_bars(views, typed, found.months)),
        height=_HEIGHT,
        step_width=_WIDTH,
    )


def _asking(views: Views, typed: dict[str, str], *, wrong: str = "") -> Response:
    return views.page(
        "timeline.html", status=400 if wrong else 200, typed=typed, wrong=wrong, url="", site=""
    )


def _span(first: str, last: str) -> Span | None:
    if not first and not last:
        return None
    return Span(parse_span(first or "0001").first, parse_span(last or "9999").last)


def _said(views: Views, step: Step) -> str:
    """Say in words how a snapshot differs from the one before."""
    words, found = views.language, step.difference
    if step.kind is StepKind.NO_PAGE:
        return words.say(f"state_{step.state.replace('-', '_')}")
    told = words.say(f"step_{step.kind.name.lower()}")
    if step.kind is StepKind.CHANGED:
        parts = [words.say("step_blocks", number=found.blocks)] if found.blocks else []
        if found.words_added:
            parts.append(words.say("step_words_added", number=found.words_added))
        if found.words_removed:
            parts.append(words.say("step_words_removed", number=found.words_removed))
        if found.links:
            parts.append(words.say("step_links", number=found.links))
        told = f"{told}: {', '.join(parts)}"
    if step.state == "withdrawn":
        told = f"{told}; {words.say('state_withdrawn')}"
    return told


def _page_bars(views: Views, steps: Sequence[Step]) -> list[Bar]:
    largest = max((step.size for step in steps), default=0)
    bars: list[Bar] = []
    year = ""
    for number, step in enumerate(steps):
        capture = step.capture
        address = snapshot_address(capture.timestamp, capture.url, number=capture.number)
        if step.size and step.before is not None:
            address = compare_address(step.before, capture)
        bars.append(
            Bar(
                number * _WIDTH,
                _scaled(step.size, largest),
                _SIGNS[step.kind],
                f"{views.moment(capture.timestamp)}: {_said(views, step)}",
                address,
                "" if capture.timestamp[:4] == year else capture.timestamp[:4],
            )
        )
        year = capture.timestamp[:4]
    return bars


def _month_bars(views: Views, typed: dict[str, str], months: Sequence[Month]) -> list[Bar]:
    largest = max(month.words_added + month.words_removed for month in months)
    bars: list[Bar] = []
    year = ""
    for number, month in enumerate(months):
        words = month.words_added + month.words_removed
        dated = f"{month.month[:4]}-{month.month[4:]}"
        label = views.language.say(
            "month_label", number=month.pages_changed, pages=month.pages, words=words
        )
        bars.append(
            Bar(
                number * _WIDTH,
                _scaled(words, largest),
                "~" if month.changes else "=",
                f"{views.language.date(month.month)}: {label}",
                views.at("/timeline", **{"site": typed["site"], "from": dated, "to": dated}),
                "" if month.month[:4] == year else month.month[:4],
            )
        )
        year = month.month[:4]
    return bars


def _apart(bars: Sequence[Bar]) -> list[Bar]:
    """Put a year that stands too near the one before on the other line."""
    placed: list[Bar] = []
    last, line = -_YEAR_WIDTH, 0
    for bar in bars:
        if bar.year:
            line = 1 - line if bar.x - last < _YEAR_WIDTH else 0
            last = bar.x
        placed.append(replace(bar, line=line))
    return placed


def _scaled(size: int, largest: int) -> int:
    # By the square root: beside a page made anew a new telephone number is still to be seen.
    return max(3, round(_HEIGHT * sqrt(size / largest))) if size else 0
