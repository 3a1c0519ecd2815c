"""Dates as HTTP writes them, read to the letter: RFC 9110, clause 5.6.7.

``Sun, 29 May 2011 10:16:21 GMT`` is how a date is to be written; two older forms are to be read as
well. All three are in GMT: a date with any other zone is none of HTTP's.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from archiver.errors import InputError

__all__ = ["HttpDateError", "parse_http_date", "write_http_date"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = (
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
_CENTURY = 100
_AHEAD = 50  # years; a year of two digits that seems further ahead is one gone by
_LEAP_SECOND = 60


class HttpDateError(InputError):
    """A text is no date as HTTP writes it."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text[:100]!r} is no date as HTTP writes it, such as 'Sun, 29 May 2011 00:00:00 GMT'"
        )


def parse_http_date(text: str, *, today: datetime | None = None) -> datetime:
    """Read a date of a header field, in any of the three forms a recipient must know.

    >>> parse_http_date("Sun, 29 May 2011 10:16:21 GMT").isoformat()
    '2011-05-29T10:16:21+00:00'

    Args:
        text: the value of the field, without white space round it. Letter case matters. The day
            of the week must be one, and is not compared with the date.
        today: decides the century of a year of two digits; now, unless given.

    Returns:
        The moment in UTC; a leap second is the first second after it.

    Raises:
        HttpDateError: for everything else, and for a day that never was.
    """
    for form in _FORMS:
        if match := form.fullmatch(text):
            try:
                return _moment(match, today or datetime.now(UTC))
            except (ValueError, OverflowError):
                break
    raise HttpDateError(text)


def write_http_date(moment: datetime) -> str:
    """Write an aware datetime as HTTP does, to the second.

    >>> write_http_date(datetime(2011, 5, 29, 10, 16, 21, tzinfo=UTC))
    'Sun, 29 May 2011 10:16:21 GMT'
    """
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _moment(match: re.Match[str], today: datetime) -> datetime:
    year, second = int(match["year"]), int(match["second"])
    if len(match["year"]) == 2:
        year += today.year - today.year % _CENTURY
        if year > today.year + _AHEAD:
            year -= _CENTURY
    leap = second == _LEAP_SECOND
    moment = datetime(
        year,
        _MONTHS.index(match["month"]) + 1,
        int(match["day"]),
        int(match["hour"]),
        int(match["minute"]),
        second - leap,
        tzinfo=UTC,
    )
    return moment + timedelta(seconds=leap)
