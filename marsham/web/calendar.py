"""``/web/*/URL``: the snapshots of one page in time, as a list, or as years, months and days.

A page of few snapshots has them all in one list. Of others each year has a calendar, and each day
its list: ``/web/2011*/URL``, ``/web/20110529*/URL``.
"""

from calendar import Calendar
from dataclasses import dataclass
from itertools import islice, pairwise

from starlette.responses import Response

from archiver.errors import NoCaptureError
from archiver.records import Capture
from archiver.timestamps import parse_span
from marsham.web.bannered import years_of
from marsham.web.lists import addresses_page
from marsham.web.places import Place
from marsham.web.views import Views
from snapshots import index
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain
from snapshots.timeline import Period, per_day, per_hour

__all__ = ["listing"]

_LISTED = 60  # captures in one list; of more there is a calendar
_LISTED_OF_DAY = 300  # in the list of a day; of more there are hours
_DAY = 8  # digits of a timestamp that name the day


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar.

    Attributes:
        digits: six.
        weeks: from Monday to Sunday; for each day its number and its captures, 0 and None for a
            day that is not of the month.
    """

    digits: str
    weeks: tuple[tuple[tuple[int, Period | None], ...], ...]


def listing(views: Views, place: Place, url: str) -> Response:
    """Show the snapshots of a page, all or those of a year, month or day.

    Args:
        views: the reader's.
        place: what was asked for; its time ends in ``*``.
        url: its URL, checked. One that ends in ``*`` asks for every address that begins so.

    Raises:
        NoCaptureError: when there is none in view and never was.
        WithdrawnError, ErasedError: when a decision is why.
        TimestampError: when the digits are no date.
    """
    if place.time == "*" and url.endswith("*"):
        return addresses_page(views, url[:-1])
    digits = place.time[:-1]
    span = parse_span(digits) if digits else None
    years = years_of(views, url)
    with views.archive.catalogue.read() as connection:
        hidden, why = explain(connection, url, span)
        _, gone = explain_erased(connection, url)
        if not years:
            raise why or gone or NoCaptureError(url)
        most = _LISTED if len(digits) < _DAY else _LISTED_OF_DAY
        captures = list(islice(index.versions(connection, url, span), most + 1))
        months: list[Month] = []
        hours: list[Period] = []
        shown = digits
        if len(captures) > most:
            if len(digits) < _DAY:
                shown = digits or years[-1].digits
                months = _months(per_day(connection, url, parse_span(shown)))
            elif len(digits) == _DAY and span:
                hours = per_hour(connection, url, span)
    return views.page(
        "captures.html",
        url=url,
        digits=digits,
        shown=shown,
        years=years,
        total=sum(year.number for year in years),
        largest=max(year.number for year in years),
        captures=[] if months or hours else _compared(captures[:most]),
        cut=len(captures) > most and not months and not hours,
        months=months,
        hours=hours,
        hidden=hidden,
    )


def _compared(captures: list[Capture]) -> list[tuple[Capture, bool | None]]:
    # Each with whether its content is that of the one before; None for the first.
    same: list[bool | None] = [None] if captures else []
    same += [before.digest == after.digest != "" for before, after in pairwise(captures)]
    return list(zip(captures, same, strict=True))


def _months(days: list[Period]) -> list[Month]:
    by_month: dict[str, dict[int, Period]] = {}
    for day in days:
        by_month.setdefault(day.digits[:6], {})[int(day.digits[6:])] = day
    return [
        Month(
            digits,
            tuple(
                tuple((number, held.get(number)) for number in week)
                for week in Calendar().monthdayscalendar(int(digits[:4]), int(digits[4:]))
            ),
        )
        for digits, held in by_month.items()
    ]
