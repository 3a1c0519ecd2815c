"""Archive timestamps and dates: ``YYYYMMDDhhmmss`` in UTC, and the ways people write a day.

A timestamp may be shortened from the right (``201105`` is May 2011), so every reading here is a
`Span`: the first and the last second it covers. Replay addresses mean the first second; a question
"as of 2011" means the last.
"""

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from archiver.errors import TimestampError

__all__ = [
    "YEAR",
    "Span",
    "format_timestamp",
    "parse_date",
    "parse_digits",
    "parse_span",
    "parse_timestamp",
]

YEAR = 10**10
"""What a timestamp as a number is divided by to get its year."""

_START_OF_TIME = "00000101000000"  # what a shortened timestamp leaves out
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_WITH_TIME = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ]\d{2}")


@dataclass(frozen=True, slots=True)
class Span:
    """The seconds a written date covers, both ends included, as aware datetimes in UTC."""

    first: datetime
    last: datetime


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp, full or shortened, as the first second it covers.

    >>> parse_timestamp("201105").isoformat()
    '2011-05-01T00:00:00+00:00'

    Raises:
        TimestampError: for anything but 4, 6, 8, 10, 12 or 14 digits, or a day that never was.
    """
    if not (text.isascii() and text.isdigit() and len(text) in range(4, 15, 2)):
        raise TimestampError(text)
    full = text + _START_OF_TIME[len(text) :]
    try:
        month, day, hour, minute, second = [int(full[at : at + 2]) for at in range(4, 14, 2)]
        return datetime(int(full[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:  # a thirteenth month, a thirtieth of February
        raise TimestampError(text) from error


def format_timestamp(moment: datetime) -> str:
    """Write an aware datetime as 14 digits of UTC; fractions of a second are cut off.

    >>> format_timestamp(datetime(2011, 5, 9, 10, 16, 21, tzinfo=UTC))
    '20110509101621'
    """
    at = moment.astimezone(UTC)
    return f"{at.year:04}{at.month:02}{at.day:02}{at.hour:02}{at.minute:02}{at.second:02}"


def parse_span(text: str) -> Span:
    """Read a timestamp, full or shortened, as all the seconds it covers.

    >>> parse_span("201102").last.isoformat()
    '2011-02-28T23:59:59+00:00'
    """
    first = parse_timestamp(text)
    last = first.replace(
        month=first.month if len(text) >= 6 else 12,
        hour=first.hour if len(text) >= 10 else 23,
        minute=first.minute if len(text) >= 12 else 59,
        second=first.second if len(text) >= 14 else 59,
    )
    if len(text) < 8:
        last = last.replace(day=monthrange(last.year, last.month)[1])
    return Span(first, last)


def parse_digits(text: str) -> Span:
    """Read any 4 to 14 digits of a web address as all the seconds whose timestamps begin with them.

    >>> parse_digits("2011052").first.isoformat()
    '2011-05-20T00:00:00+00:00'

    Programs cut timestamps wherever they like, in the middle of a month as well; people do not, and
    what they type is read by `parse_date`.

    Raises:
        TimestampError: for anything else, and where no such second ever was.
    """
    if len(text) % 2 == 0 or not (text.isascii() and text.isdigit() and len(text) in range(4, 15)):
        return parse_span(text)
    spans = []
    for digit in "0123456789":
        with suppress(TimestampError):
            spans.append(parse_span(text + digit))
    if not spans:
        raise TimestampError(text)
    return Span(spans[0].first, spans[-1].last)


def parse_date(text: str) -> Span:
    """Read a date as people type it: 2011, 2011-05, 29/05/2011, a timestamp, ISO 8601.

    Slashes and dots mean day first, as British pages and banners write it. A time without a zone
    is UTC.

    >>> parse_date("29/05/2011") == parse_span("20110529")
    True
    >>> parse_date("2011-05-29T11:16:21+01:00").first.isoformat()
    '2011-05-29T10:16:21+00:00'

    Raises:
        TimestampError: when the text fits none of these.
    """
    try:
        return _read_date(text.strip())
    except (ValueError, OverflowError) as error:  # it overflows at either end of time
        raise TimestampError(text) from error


def _read_date(text: str) -> Span:
    if text.isdigit():
        return parse_span(text)
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
        return parse_span(f"{year}{month:0>2}{day:0>2}")
    if match := _YEAR_FIRST.fullmatch(text):
        return parse_span("".join(part or "" for part in match.groups()))
    if not _WITH_TIME.match(text):
        raise TimestampError(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC).replace(microsecond=0)
    return Span(moment, moment)
