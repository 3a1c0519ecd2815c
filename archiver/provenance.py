"""Where a capture came from, which dates anyone stated for it, and which of them was chosen.

Nothing is folded: every date is kept with its source, the chosen one with the rule that chose it,
and a disagreement is said aloud. A `Provenance` is stored beside the capture as JSON, in a WARC
metadata record.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from archiver.errors import FormatError, MarshamError, TimestampError
from archiver.records import DateSource, Grade, StatedDate
from archiver.software import software_name
from archiver.timestamps import format_timestamp, parse_span
from archiver.urls import ReplayAddress

if TYPE_CHECKING:
    from archiver.unreplay import Recovered, Removed

__all__ = ["RULES", "ChosenDate", "NoDateError", "Provenance", "choose_date"]

_A_DAY = timedelta(days=1)
_PRECISIONS = {4: "year", 6: "month", 8: "day", 10: "hour", 12: "minute", 14: "second"}

RULES = {
    "warc-date": "The WARC record says when it was captured.",
    "record": "The record it was taken from says when it was captured.",
    "list": "The list that came with the files says when it was captured.",
    "memento-datetime": "The archive said in a Memento-Datetime header which capture it sent.",
    "archive-frame": "The archive's own script or comment in the page says which capture it is.",
    "banner-over-address": "The banner's day is more than a day from the time in the address: "
    "the address may be only what was asked for, and the banner tells what was served.",
    "banner-more-precise": "The address gives only part of a date; the banner tells the day.",
    "address": "The archive's address holds the time of the capture.",
    "banner": "Only the archive's banner says when it was captured.",
    "file-time": "Nothing but the file's own time hints at when it was captured.",
}


class NoDateError(MarshamError, LookupError):
    """No date was stated from which the time of a capture could be chosen."""

    def __init__(self) -> None:
        super().__init__(
            "nothing says when this was captured; give the date in the timestamp column "
            "of pages.csv, or with --captured"
        )


@dataclass(frozen=True, slots=True)
class ChosenDate:
    """The date taken for a capture, and why.

    Attributes:
        timestamp: 14 digits; what was not stated is filled up with the first second it covers.
        precision: what was stated: ``second``, ``minute``, ``hour``, ``day``, ``month``, ``year``.
        source: who stated it.
        rule: stable name of the rule that chose it, a key of `RULES`.
        conflict: which sources are more than a day apart, in words; empty when all agree.
    """

    timestamp: str
    precision: str
    source: DateSource
    rule: str
    conflict: str = ""

    @property
    def reason(self) -> str:
        """The rule as an English sentence."""
        return RULES[self.rule]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known about how a capture came into the archive.

    Attributes:
        source_file: the file it was read from, as the user knows it.
        source_sha256: SHA-256 of that file, in hexadecimal.
        archive: kind of replay that was undone; None for a page of no archive.
        layers: the replay addresses peeled off, outermost first.
        stated: every date anyone stated.
        chosen: the date taken; None when nobody stated one.
        removed: what was cut from the page.
        left: what could not be undone, in words.
        grade: how close the stored bytes are to those the server sent.
        software: name and version of what wrote this.
        listed: further columns of the list that came with the file: name and value.
    """

    source_file: str
    source_sha256: str
    archive: str | None
    layers: tuple[ReplayAddress, ...]
    stated: tuple[StatedDate, ...]
    chosen: ChosenDate | None
    removed: "tuple[Removed, ...]"
    left: tuple[str, ...]
    grade: Grade
    software: str
    listed: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        recovered: "Recovered",
        *,
        source_file: str,
        source_sha256: str,
        stated: Iterable[StatedDate] = (),
        listed: Iterable[tuple[str, str]] = (),
    ) -> "Provenance":
        """Describe a recovered page.

        Args:
            recovered: the page.
            source_file: where it was read from.
            source_sha256: digest of that file.
            stated: further dates, such as the list's.
            listed: further columns of the list.
        """
        dates = (*recovered.stated, *stated)
        return cls(
            source_file=source_file,
            source_sha256=source_sha256,
            archive=recovered.archive,
            layers=recovered.layers,
            stated=dates,
            chosen=choose_date(dates) if any(map(_tells_capture, dates)) else None,
            removed=recovered.removed,
            left=recovered.left,
            grade=recovered.grade,
            software=software_name(),
            listed=tuple(listed),
        )

    def graded(self, grade: Grade, left: Iterable[str]) -> "Provenance":
        """Give it another grade, for reasons that join what could not be undone."""
        return replace(self, grade=grade, left=(*self.left, *left))

    @classmethod
    def stated_by(
        cls,
        stated: Iterable[StatedDate],
        *,
        source_file: str,
        source_sha256: str,
        grade: Grade,
        left: Iterable[str] = (),
        listed: Iterable[tuple[str, str]] = (),
    ) -> "Provenance":
        """Describe a capture of which no archive's replay had to be undone."""
        dates = tuple(stated)
        return cls(
            source_file=source_file,
            source_sha256=source_sha256,
            archive=None,
            layers=(),
            stated=dates,
            chosen=choose_date(dates) if any(map(_tells_capture, dates)) else None,
            removed=(),
            left=tuple(left),
            grade=grade,
            software=software_name(),
            listed=tuple(listed),
        )

    def to_json(self) -> str:
        """Write it as JSON, one object with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Read what `to_json` wrote.

        Raises:
            FormatError: when the text is not a provenance.
        """
        try:
            return _read(json.loads(text))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("provenance record", f"not a provenance: {error}") from error


def choose_date(stated: Sequence[StatedDate]) -> ChosenDate:
    """Choose the time of capture among the dates stated.

    >>> chosen = choose_date(
    ...     [
    ...         StatedDate(DateSource.ADDRESS, "20110509101621", "20110509101621"),
    ...         StatedDate(DateSource.BANNER, "20110529", "29/05/2011"),
    ...     ]
    ... )
    >>> chosen.timestamp, chosen.precision, chosen.rule
    ('20110529000000', 'day', 'banner-over-address')

    The order of trust: WARC-Date, the record it was taken from, the operator's list,
    Memento-Datetime, the archive's frame; then the banner if it is more than a day from the
    address, for then the server fell back to another capture than the one asked for, or gives the
    day where the address gives a month or a year; then the address, the banner, the file's time.
    The page's own "last updated" is never the time of capture. Of two dates of one source the more
    precise counts, then the first.

    Raises:
        NoDateError: when none of these was stated.
    """
    usable = [date for date in stated if _tells_capture(date)]
    if not usable:
        raise NoDateError
    first: dict[DateSource, StatedDate] = {}
    for date in sorted(usable, key=lambda date: -len(date.timestamp)):
        first.setdefault(date.source, date)
    source, rule = next(entry for entry in _ORDER if entry[0] in first)
    chosen = first[source]
    banner = first.get(DateSource.BANNER)
    if source is DateSource.ADDRESS and banner:
        if _apart(banner, chosen):
            chosen, rule = banner, "banner-over-address"
        elif len(chosen.timestamp) < len(banner.timestamp):
            chosen, rule = banner, "banner-more-precise"
    return ChosenDate(
        timestamp=format_timestamp(parse_span(chosen.timestamp).first),
        precision=_PRECISIONS[len(chosen.timestamp)],
        source=chosen.source,
        rule=rule,
        conflict=_conflict(usable),
    )


_ORDER = (
    (DateSource.WARC, "warc-date"),
    (DateSource.RECORD, "record"),
    (DateSource.LIST, "list"),
    (DateSource.MEMENTO, "memento-datetime"),
    (DateSource.FRAME, "archive-frame"),
    (DateSource.ADDRESS, "address"),
    (DateSource.BANNER, "banner"),
    (DateSource.FILE, "file-time"),
)


def _tells_capture(date: StatedDate) -> bool:
    try:
        parse_span(date.timestamp)
    except TimestampError:  # thirteen digits, a thirtieth of February
        return False
    return date.source is not DateSource.PAGE


def _apart(one: StatedDate, other: StatedDate) -> bool:
    first, second = parse_span(one.timestamp), parse_span(other.timestamp)
    return first.first > second.last + _A_DAY or second.first > first.last + _A_DAY


def _conflict(dates: Sequence[StatedDate]) -> str:
    # A file's time is when it was saved: it may well be years later, and disagrees with nobody.
    claims = [date for date in dates if date.source is not DateSource.FILE]
    for index, date in enumerate(claims):
        if any(_apart(date, other) for other in claims[index + 1 :]):
            said = dict.fromkeys(f"{claim.source} says {claim.timestamp}" for claim in claims)
            return "; ".join(said)
    return ""


def _read(data: dict[str, Any]) -> Provenance:
    from archiver.unreplay import Removed  # takes long to load

    chosen = data["chosen"]
    return Provenance(
        source_file=data["source_file"],
        source_sha256=data["source_sha256"],
        archive=data["archive"],
        layers=tuple(ReplayAddress(**layer) for layer in data["layers"]),
        stated=tuple(
            StatedDate(DateSource(date["source"]), date["timestamp"], date["raw"])
            for date in data["stated"]
        ),
        chosen=ChosenDate(**{**chosen, "source": DateSource(chosen["source"])}) if chosen else None,
        removed=tuple(Removed(*part) for part in data["removed"]),
        left=tuple(data["left"]),
        grade=Grade(data["grade"]),
        software=data["software"],
        listed=tuple((name, value) for name, value in data["listed"]),
    )
