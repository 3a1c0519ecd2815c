"""How the snapshots of a page lie in time: how many in each year, day or hour.

What is withdrawn is not counted.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from archiver.timestamps import YEAR, Span, format_timestamp
from archiver.urls import url_key
from snapshots.tables import capture, url
from snapshots.visible import visible

__all__ = ["Period", "per_day", "per_hour", "per_year"]

_DAY = 10**6
_HOUR = 10**4


@dataclass(frozen=True, slots=True)
class Period:
    """The captures of one page in a year, on a day or in an hour.

    Attributes:
        digits: of the year, day or hour: 4, 8 or 10.
        number: how many captures.
        first: timestamp of the earliest.
        contents: how many different payloads they have.
    """

    digits: str
    number: int
    first: str
    contents: int


def per_year(connection: Connection, wanted: str) -> list[Period]:
    """Count the captures of a page by year; years without any are left out.

    Costs a walk over all captures of the page.
    """
    return _counted(connection, wanted, YEAR, None)


def per_day(connection: Connection, wanted: str, span: Span) -> list[Period]:
    """Count the captures of a page by day, within a span, both ends included."""
    return _counted(connection, wanted, _DAY, span)


def per_hour(connection: Connection, wanted: str, span: Span) -> list[Period]:
    """Count the captures of a page by hour, within a span, both ends included."""
    return _counted(connection, wanted, _HOUR, span)


def _counted(connection: Connection, wanted: str, unit: int, span: Span | None) -> list[Period]:
    period = capture.c.timestamp // unit
    query = (
        select(
            func.min(capture.c.timestamp),
            func.count(),
            func.count(func.distinct(capture.c.digest)),
        )
        .where(capture.c.url_id == url.c.id, url.c.urlkey == url_key(wanted), visible())
        .group_by(period)
        .order_by(func.min(capture.c.timestamp))
    )
    if span:
        first, last = (int(format_timestamp(end)) for end in (span.first, span.last))
        query = query.where(capture.c.timestamp.between(first, last))
    digits = 14 - len(str(unit)) + 1
    return [
        Period(f"{first:014}"[:digits], number, f"{first:014}", contents)
        for first, number, contents in connection.execute(query)
    ]
