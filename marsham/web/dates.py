"""Dates as readers type them, made the digits of an address, no more precise than they were."""

from archiver.errors import TimestampError
from archiver.timestamps import Span, format_timestamp, parse_date, parse_span
from extract.facts.dates import read_day

__all__ = ["read_asked"]

_LONGEST = 60  # characters of a date


def read_asked(text: str) -> str:
    """Read a date in any form as digits: four for a year, eight for a day, fourteen for a moment.

    >>> read_asked("29th May 2011"), read_asked("29/5/11"), read_asked("Mai 2011")
    ('20110529', '20110529', '201105')

    Raises:
        TimestampError: when it is none.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise TimestampError(text[:_LONGEST])
    try:
        return _digits(parse_date(text))
    except TimestampError:
        day = read_day(text)
        if day is None:
            raise
        return _digits(parse_date(day))


def _digits(span: Span) -> str:
    full = format_timestamp(span.first)
    lengths = (length for length in (4, 6, 8, 10, 12) if parse_span(full[:length]) == span)
    return full[: next(lengths, 14)]
