"""The shape of an address: what in it may be counted up, drawn at random, or put together anew.

Traps are told by shape: sites without end write addresses by a rule, and the rule shows.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "Shape",
    "dates_in",
    "is_calendar",
    "shape_of",
    "template_of",
    "tokens_in",
    "turned_pages",
    "without",
]

_CALENDAR_DATE = re.compile(  # forms that are dates only where a calendar is
    r"/(?: (?:19|20|21)\d\d (?:0[1-9]|1[0-2]) (?:0[1-9]|[12]\d|3[01]) | (?:0?[1-9]|1[0-2]) /"
    r" (?:19|20|21)\d\d ) (?=[/.]|$)",
    re.VERBOSE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE_IN_PATH = re.compile(
    rf"""
    /(?: (?P<year> [12]\d{{3}} ) / (?: 0?[1-9] | 1[0-2] | {_MONTH} ) (?=[/.]|$)
       | (?P<dashed> \d{{4}} ) [-_] (?: 0?[1-9] | 1[0-2] ) (?: [-_]\d{{1,2}} )? (?=[/.]|$)
       | \d{{1,2}} [-_.] \d{{1,2}} [-_.] (?P<last> [12]\d{{3}} ) (?=[/.]|$) )
    """,
    re.VERBOSE,
)
_CALENDAR = re.compile(
    r"(?<![a-z])(?:cal|calendar|events?|diary|diaries|agenda|what-?s-?on|schedules?|rota|timetable"
    r"|bookings?|availability|digwyddiad(?:au)?|calendr|dyddiadur)(?![a-z])|calendar"
)
_YEAR_NAME = re.compile(r"(?:.*[_-])?(?:yr|yyyy|blwyddyn)|year.*|.*year")
_MONTH_NAMES = frozenset(("m", "mo", "mon", "mm", "month", "mis"))
_DATE_NAME = re.compile(r".*(?:date|month|calendar).*")
_TIME_NAME = re.compile(
    r".*(?:day|week).*|cal|d|t|dt|ts|time|timestamp|when|start|end|from|to|dyddiad"
)
_ISO_DATE = re.compile(r"(\d{4})[-/](?:0?[1-9]|1[0-2])(?:[-/]\d{1,2})?(?:[T+ ].*)?")
_BRITISH_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{4})")
_MONTH_DIGITS = re.compile(r"(\d{4})(?:0[1-9]|1[0-2])")
_DAY_DIGITS = re.compile(r"(\d{4})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_SECONDS = re.compile(r"\d{9,11}")
_YEAR_SECONDS = 31_556_952

_VARIABLE = re.compile(
    rf"""
    [0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}
  | (?<![0-9a-z]) [0-9a-f]{{8,}} (?![0-9a-z])
  | \d+
  | (?<=/) {_MONTH} (?=/|$)
    """,
    re.VERBOSE | re.IGNORECASE,
)

_PATH_TOKEN = re.compile(
    r"(?:;|%3b)(?P<name>[jp]?(?:hp)?sess(?:ion)?_?id|sid)=[^/;?]*|/\((?:[A-Z]\([^()/]*\))+\)",
    re.IGNORECASE,
)
_SESSION_NAME = re.compile(
    r"(?:j|php|asp|aspx)?_?sess(?:ion)?_?(?:id|key)|aspsessionid[a-z]{8}|zenid|oscsid",
    re.IGNORECASE,
)
_COUPLE = ("cfid", "cftoken")  # ColdFusion's, mostly numbers
_DOUBTFUL_SESSION_NAME = re.compile(r"s|sid|sess|session", re.IGNORECASE)  # parliaments have them
_DRAWN = re.compile(  # what looks drawn at random
    r"(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,}|\d{9,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_SESSION_VALUE = re.compile(r"[\w,-]{8,}")

_PAGER = re.compile(
    r"(?:.*[_-])?(?:p|pg|pn|cp|page|pages|paged|pageno|pagenum|pagenumber|seite|tudalen|start|offset"
    r"|skip|from|first|begin|index|startrow|startindex|startat|rank)|page.*|.*page|b_start.*|.*offset",
    re.IGNORECASE,
)


class Shape(NamedTuple):
    """An address taken apart, nothing undone or folded.

    Attributes:
        authority: scheme, host and port, such as ``http://www.northshire.example``.
        path: from the first slash on; ``/`` at least.
        query: without its mark.
        pairs: the query's parts between ``&``, each parted at its first ``=``.
    """

    authority: str
    path: str
    query: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def directory(self) -> str:
        """The path up to its last slash."""
        return self.path[: self.path.rfind("/") + 1]


def shape_of(url: str) -> Shape:
    """Take an absolute address apart; never fails."""
    place, _, query = url.partition("#")[0].partition("?")
    slash = place.find("/", place.find("//") + 2)
    if slash < 0:
        slash = len(place)
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((name, value))
    return Shape(place[:slash], place[slash:] or "/", query, tuple(pairs))


def template_of(shape: Shape) -> str | None:
    """Write the rule by which an address may be made: ``/doc/#``, ``/search?page&q``.

    Numbers, long hexadecimal words, UUIDs and names of months become ``#``, values of the query are
    left out. None when nothing in the address varies.
    """
    path, found = _VARIABLE.subn("#", shape.path)
    if not shape.pairs:
        return path if found else None
    return f"{path}?{'&'.join(sorted({name for name, _ in shape.pairs}))}"


def is_calendar(shape: Shape) -> bool:
    """Tell whether an address is named like one of a calendar, in English or Welsh."""
    return _CALENDAR.search(f"{shape.path}?{shape.query}".lower()) is not None


def dates_in(shape: Shape) -> list[int]:
    """Give the years of the dates in an address; a year by itself is a date only in a query.

    A date is a year and a month at least, in the path as segments of their own or as one, in the
    query under the names that calendars give them. Dates inside a longer name are none.
    """
    years: list[int] = []
    path = shape.path.lower()
    for found in _DATE_IN_PATH.finditer(path):
        years.append(int(found["year"] or found["dashed"] or found["last"]))
    if not years and (day := _CALENDAR_DATE.search(path)) and is_calendar(shape):
        digits = day.group().split("/")
        years.append(int(digits[-1][:4]))
    for name, value in shape.pairs:
        if value[-1:].isdigit() or "T" in value:
            dated = name.lower()
            if dated == "y" and any(other.lower() in _MONTH_NAMES for other, _ in shape.pairs):
                dated = "year"  # and no place on a map
            year = _year_of(dated, value)
            if year is not None:
                years.append(year)
    return years


def tokens_in(shape: Shape) -> tuple[list[str], list[str]]:
    """Name the parts of an address that are session ids, and those that may be.

    Returns:
        Names of the first kind and of the second. A part of the path has its name, or ``(S(...))``
        where it has none; what only may be one is always a name in the query whose value looks
        drawn at random.
    """
    certain: list[str] = []
    possible: list[str] = []
    if (";" in shape.path or "(" in shape.path or "%3" in shape.path) and (
        found := _PATH_TOKEN.search(shape.path)
    ):
        certain.append((found["name"] or "").lower() or "(S(...))")
    for name, value in shape.pairs:
        if len(value) < 8:
            if name.lower() in _COUPLE and value:
                certain.append(name)
        elif name.lower() in _COUPLE or (
            _SESSION_NAME.fullmatch(name) and _SESSION_VALUE.fullmatch(value)
        ):
            certain.append(name)
        elif _DRAWN.fullmatch(value):
            (certain if _DOUBTFUL_SESSION_NAME.fullmatch(name) else possible).append(name)
    return certain, possible


def without(shape: Shape, names: Sequence[str]) -> tuple[Shape, str]:
    """Take session ids out of an address.

    Args:
        shape: the address.
        names: which parts of the query; session ids in the path are always taken out.

    Returns:
        The address without them, and what was taken out, in one text.
    """
    taken = [found.group() for found in _PATH_TOKEN.finditer(shape.path)]
    path = (_PATH_TOKEN.sub("", shape.path) or "/") if taken else shape.path
    kept = []
    for pair in shape.pairs:
        if pair[0] in names:
            taken.append(pair[1])
        else:
            kept.append(pair)
    query = "&".join(f"{name}={value}" for name, value in kept)
    return Shape(shape.authority, path, query, tuple(kept)), " ".join(taken)


def turned_pages(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Leave out of a query the number that only turns pages, if there is one; sort the rest.

    It is known by its name, or by being the only number.
    """
    rest = sorted(pairs)
    numbers = [pair for pair in rest if pair[1].isdecimal()]
    turning = [pair for pair in numbers if _PAGER.fullmatch(pair[0])] or (
        numbers if len(numbers) == 1 else []
    )
    return tuple(pair for pair in rest if pair not in turning[:1])


def _year_of(name: str, value: str) -> int | None:
    value = value.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":")
    if found := _ISO_DATE.fullmatch(value) or _BRITISH_DATE.fullmatch(value):
        return int(found[1])
    if value.isdecimal() and len(value) <= 13:
        if len(value) in (4, 5) and _YEAR_NAME.fullmatch(name):
            return int(value)
        dated = _DATE_NAME.fullmatch(name)
        if dated and (found := _MONTH_DIGITS.fullmatch(value)):
            return int(found[1])
        if dated or _TIME_NAME.fullmatch(name):
            if found := _DAY_DIGITS.fullmatch(value):
                return int(found[1])
            if _SECONDS.fullmatch(value):
                return 1970 + int(value) // _YEAR_SECONDS
            if len(value) >= 12:
                return 1970 + int(value) // (1000 * _YEAR_SECONDS)
    return None
