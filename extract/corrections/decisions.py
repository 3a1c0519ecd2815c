"""Decisions on values: who decided what on which value, why, and for which captures.

A decision names its value by the page (or the whole site), the kind and name of the record, the
field, and the value as it was read when it was decided. It is one line of the journal
(`snapshots.journal`); everything else is made of those lines.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from archiver.errors import DamagedError
from extract.corrections.naming import folded
from snapshots.journal import JOURNAL

__all__ = [
    "ADD",
    "ASSIGN",
    "CONFIRM",
    "CORRECT",
    "ENTRY_TYPE",
    "MERGE",
    "ON_VALUES",
    "REJECT",
    "SPLIT",
    "UNDO",
    "Correction",
    "Target",
    "as_entry",
    "corrections_of",
    "digest_of",
    "identity",
    "replaced_by",
    "site_of",
    "with_states",
]

ENTRY_TYPE: Final = "correction"
CORRECT: Final = "correct"  # the value is another
REJECT: Final = "reject"  # the page says no such thing
CONFIRM: Final = "confirm"  # it is as read
ADD: Final = "add"  # the record has a value that was not read
MERGE: Final = "merge"  # two entities are one
SPLIT: Final = "split"  # they are not
ASSIGN: Final = "assign"  # somebody is to look
UNDO: Final = "undo"  # an earlier decision no longer holds
ON_VALUES: Final = (CORRECT, REJECT, CONFIRM, ADD)


@dataclass(frozen=True, slots=True)
class Target:
    """The value that a decision is on.

    Attributes:
        place: key of the page (a SURT); of a whole site the part up to its ``)``.
        kind: of the record.
        record: what the record is called; see `extract.corrections.naming`.
        field: of the record.
        value: as it was read; empty for a field that has none.
    """

    place: str
    kind: str
    record: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision of a person.

    Attributes:
        number: by which it is named; they count up from 1.
        action: `CORRECT`, `REJECT`, `CONFIRM`, `ADD`, `MERGE`, `SPLIT`, `ASSIGN` or `UNDO`.
        reach: ``page``, ``site`` or ``entities``.
        target: the value it is on; None once it was erased. Of `MERGE` and `SPLIT` the record is
            the key of the first entity.
        url: where the value was seen.
        timestamp: 14 digits, of the capture in which it was seen; None where none is meant.
        seq: number of that capture within its second.
        new: the right value; the key of the second entity; who is to look; else empty.
        reason: why.
        author: who decided.
        decided: 14 digits.
        first: 14 digits, the first time of capture it holds for; None for all before.
        last: the last one.
        replaces: numbers of the decisions in whose place it stands; not told by the catalogue, in
            which they have its number.
        state: ``active``, ``superseded``, ``stale`` or ``erased``.
        superseded_by: the decision that took its place.
    """

    number: int
    action: str
    reach: str
    target: Target | None
    url: str
    timestamp: str | None
    seq: int
    new: str
    reason: str
    author: str
    decided: str
    first: str | None = None
    last: str | None = None
    replaces: tuple[int, ...] = ()
    state: str = "active"
    superseded_by: int | None = None

    def covers(self, timestamp: str) -> bool:
        """Tell whether it holds for a capture taken then (14 digits)."""
        return (self.first or "") <= timestamp <= (self.last or "9")

    def matches(self) -> tuple[str, ...] | None:
        """Give what a value must have to be the one meant; None where there is none."""
        if self.target is None:
            return None
        one = self.target
        return (one.place, one.kind, folded(one.record), one.field, one.value)


def site_of(place: str) -> str:
    """Give the site that a page's key belongs to.

    >>> site_of("uk,gov,homeoffice)/crime/")
    'uk,gov,homeoffice)'
    """
    return place.partition(")")[0] + ")"


def identity(target: Target) -> str:
    """Give the number under which a value of a page is reviewed: 16 hexadecimal digits.

    The same value of the same record has the same number after every extraction.
    """
    parts = (target.place, target.kind, folded(target.record), target.field, target.value)
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def as_entry(one: Correction, tool: str) -> dict[str, Any]:
    """Write a decision as the journal has it.

    What quotes the archive or a person's words on it stands together under ``said``, so that an
    erasure can take it out. Salt goes with it: what stays of the line, its SHA-256 in the line
    after it, must not confirm a guess at what was erased.
    """
    target = one.target
    assert target is not None  # noqa: S101 - only what was read from the journal can lack it
    return {
        "type": ENTRY_TYPE,
        "number": one.number,
        "at": one.decided,
        "action": one.action,
        "reach": one.reach,
        "kind": target.kind,
        "field": target.field,
        "author": one.author,
        "first": one.first,
        "last": one.last,
        "replaces": list(one.replaces),
        "captured": [one.timestamp, one.seq] if one.timestamp else None,
        "said": {
            "place": target.place,
            "url": one.url,
            "record": target.record,
            "value": target.value,
            "digest": digest_of(target.value),
            "new": one.new,
            "reason": one.reason,
            "salt": token_hex(16),
        },
        "tool": tool,
    }


def digest_of(value: str) -> str:
    """Give the SHA-256 of a value, in hexadecimal."""
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def corrections_of(entries: Iterable[Mapping[str, Any]]) -> Iterator[Correction]:
    """Read the decisions on values among the entries of a journal; others are passed over.

    Raises:
        DamagedError: when one is not as it is written here.
    """
    for entry in entries:
        if entry.get("type") == ENTRY_TYPE:
            try:
                yield _of_entry(entry)
            except (KeyError, TypeError, ValueError) as error:
                number = entry.get("number", "of no number")
                raise DamagedError(JOURNAL, f"its decision {number} cannot be read") from error


def _of_entry(entry: Mapping[str, Any]) -> Correction:
    said: Mapping[str, str] | None = entry.get("said")
    timestamp, seq = entry["captured"] or (None, 0)
    target = None
    if said is not None:
        names = (said["place"], entry["kind"], said["record"], entry["field"], said["value"])
        target = Target(*names)
    return Correction(
        number=entry["number"],
        action=entry["action"],
        reach=entry["reach"],
        target=target,
        url=said["url"] if said else "",
        timestamp=timestamp,
        seq=seq,
        new=said["new"] if said else "",
        reason=said["reason"] if said else "",
        author=entry["author"],
        decided=entry["at"],
        first=entry["first"],
        last=entry["last"],
        replaces=tuple(entry["replaces"]),
        state="erased" if said is None else "active",
    )


def replaced_by(one: Correction, earlier: Iterable[Correction]) -> tuple[int, ...]:
    """Give the numbers of the earlier decisions in whose place a new one stands.

    A later decision on the same value takes the place of an earlier one when it covers all captures
    the earlier one does. Where it covers some, the later one holds for those.
    """
    subject = _subject(one)
    same = (
        each.number
        for each in earlier
        if subject is not None and _subject(each) == subject and _within(each, one)
    )
    return tuple(sorted({*one.replaces, *same}))


def with_states(made: Iterable[Correction]) -> list[Correction]:
    """Say of each decision whether a later one took its place; order is that of their numbers."""
    done = {one.number: one for one in made}
    for one in list(done.values()):
        for number in one.replaces:
            if number in done and done[number].state == "active":
                done[number] = replace(done[number], state="superseded", superseded_by=one.number)
    return list(done.values())


def _subject(one: Correction) -> object:
    # What two decisions must share for the later to take the place of the earlier.
    if one.target is None or one.action == UNDO:
        return None
    if one.action in (MERGE, SPLIT):
        return frozenset((one.target.record, one.new))
    matched = one.matches()
    if one.action == ASSIGN:
        return (ASSIGN, matched)
    return (matched, one.new) if one.action == ADD else matched


def _within(inner: Correction, outer: Correction) -> bool:
    starts = (outer.first or "") <= (inner.first or "")
    return starts and (outer.last or "9") >= (inner.last or "9")
