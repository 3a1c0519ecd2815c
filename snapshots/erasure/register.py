"""What was erased for good: the register of decisions, and where records stood and stubs stand.

The register is made anew from the journal (`snapshots.journal`), the erased records from the commit
notes. A place *as taken* is where a record stood before any erasure: notes and problems go by it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select

from archiver.errors import ErasedError
from archiver.timestamps import Span, format_timestamp
from archiver.urls import url_key
from snapshots.catalogue import insert_rows
from snapshots.commits import Part
from snapshots.reach import listed_as
from snapshots.tables import erased_record, erasure, intake, url
from snapshots.withdrawals import Scope

__all__ = [
    "Erasure",
    "Moves",
    "brought_back",
    "check_not_erased",
    "erasure_of_input",
    "erasures",
    "erasures_of",
    "explain_erased",
    "moves_of",
    "placed",
    "restore_erasures",
]

_DIGITS = 14


@dataclass(frozen=True, slots=True)
class Erasure:
    """A decision to erase, as it stands in the register.

    Attributes:
        number: erasures count from 1.
        scope: what was named; its target is empty where the address had to go too.
        decided: 14 digits.
        captures: how many captures were erased.
        records: how many WARC records, captures included.
    """

    number: int
    scope: Scope
    reason: str
    authority: str
    decided: str
    captures: int
    records: int


class Moves:
    """How places in a WARC file moved by erasures: as taken to now, and back."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Take (taken_offset, taken_length, record_offset, record_length) of each erased record."""
        found = sorted(rows)
        self._then = [taken for taken, *_ in found]
        self._at = [now for _, _, now, _ in found]
        # How far what lies behind each of them moved; before the first nothing did.
        self._shifts = [0, *accumulate(now - then for _, then, _, now in found)]

    def now(self, taken: int) -> int:
        """Give where a place as taken is now."""
        return taken + self._shifts[bisect_left(self._then, taken)]

    def taken(self, now: int) -> int:
        """Give what a place in the file as it is now was as taken."""
        return now - self._shifts[bisect_left(self._at, now)]

    def is_stub(self, now: int) -> bool:
        """Tell whether a stub begins at a place."""
        at = bisect_left(self._at, now)
        return at < len(self._at) and self._at[at] == now

    def part(self, part: Part) -> Part:
        """Give the part of a file that a note tells of, in places of now."""
        return replace(part, start=self.now(part.start), end=self.now(part.end))


def moves_of(connection: Connection) -> dict[int, Moves]:
    """Give the moves in each file that something was erased from, by the file's id."""
    gone = erased_record.c
    columns = (gone.taken_offset, gone.taken_length, gone.record_offset, gone.record_length)
    rows: dict[int, list[Any]] = {}
    for file_id, *row in connection.execute(select(gone.file_id, *columns)):
        rows.setdefault(file_id, []).append(tuple(row))
    return {file_id: Moves(found) for file_id, found in rows.items()}


def placed(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows of erased records with the place of each stub, which hangs on all before it."""
    shifts: dict[int, int] = {}
    done = []
    for row in sorted(rows, key=lambda row: (row["file_id"], row["taken_offset"])):
        shift = shifts.get(row["file_id"], 0)
        done.append(row | {"record_offset": row["taken_offset"] + shift})
        shifts[row["file_id"]] = shift + row["record_length"] - row["taken_length"]
    return done


def erasures(connection: Connection) -> list[Erasure]:
    """Give every erasure ever decided, in the order of their numbers."""
    return [
        Erasure(
            row.id,
            Scope(row.kind, row.target, _text(row.first), _text(row.last)),
            row.reason,
            row.authority,
            f"{row.decided:0{_DIGITS}}",
            row.captures,
            row.records,
        )
        for row in connection.execute(select(erasure).order_by(erasure.c.id))
    ]


def erasures_of(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the rows of the register that entries of the journal tell of; others are passed over."""
    for entry in entries:
        if entry.get("type") == "erasure":
            names = ("kind", "target", "reason", "authority", "captures", "records")
            yield {
                "id": entry["number"],
                **{name: entry[name] for name in names},
                "first": int(entry["first"]) if entry["first"] else None,
                "last": int(entry["last"]) if entry["last"] else None,
                "decided": int(entry["at"]),
            }


def restore_erasures(connection: Connection, entries: Sequence[dict[str, Any]]) -> None:
    """Make the register anew from the entries of the journal."""
    connection.execute(delete(erasure))
    insert_rows(connection, erasure, list(erasures_of(entries)))


def check_not_erased(connection: Connection, wanted: str, moment: datetime | None = None) -> None:
    """Make sure that nothing asked for was erased: a page, or its capture at a moment.

    Raises:
        ErasedError: when a capture of it was.
    """
    of = [url.c.urlkey == url_key(wanted)]
    if moment is not None:
        of.append(erased_record.c.timestamp == int(format_timestamp(moment)))
    _, why = _explained(connection, wanted, of)
    if why:
        raise why


def explain_erased(
    connection: Connection, wanted: str | None, span: Span | None = None
) -> tuple[int, ErasedError | None]:
    """Say how many captures a listing lacks because they were erased, and the first decision.

    Args:
        connection: a connection of the catalogue.
        wanted: a page, ``PREFIX*``, or None for everything, as in a listing.
        span: dates of capture.
    """
    of = listed_as(wanted, span, erased_record.c.timestamp)
    return _explained(connection, wanted or "*", of)


def erasure_of_input(connection: Connection, digest: str) -> tuple[int, Erasure] | None:
    """Tell how many captures of an input were erased, and by which decision first.

    Args:
        connection: a connection of the catalogue.
        digest: of the input, as its row of `intake` has it.
    """
    query = (
        select(func.count(), func.min(erased_record.c.erasure_id))
        .join(intake, intake.c.id == erased_record.c.intake_id)
        .where(intake.c.digest == digest, erased_record.c.kind > 0)
    )
    count, number = connection.execute(query).one()
    return (count, _numbered(connection, number)) if count else None


def brought_back(connection: Connection, captures: Iterable[tuple[str, str]]) -> str:
    """Say which erased capture an input would bring back, by its address and timestamp.

    Empty when it brings none back. An address that was erased too is not known any more.
    """
    query = (
        select(url.c.url, erased_record.c.timestamp, erased_record.c.erasure_id)
        .join(url, url.c.id == erased_record.c.url_id)
        .where(erased_record.c.kind > 0)
    )
    gone = {(row.url, _text(row.timestamp)): row.erasure_id for row in connection.execute(query)}
    back = [one for one in captures if one in gone] if gone else []
    if not back:
        return ""
    address, timestamp = back[0]
    by = _numbered(connection, gone[back[0]])
    more = f" and {len(back) - 1} more" if len(back) > 1 else ""
    return (
        f"holds {address} of {timestamp}{more}, which was erased on {by.decided[:8]} by "
        f"{by.authority} ({by.reason}); take it out of the input first"
    )


def _explained(
    connection: Connection, wanted: str, of: list[ColumnElement[bool]]
) -> tuple[int, ErasedError | None]:
    query = (
        select(func.count(), func.min(erased_record.c.erasure_id))
        .join(url, url.c.id == erased_record.c.url_id)
        .where(erased_record.c.kind > 0, *of)
    )
    count, number = connection.execute(query).one()
    if not count:
        return 0, None
    found = _numbered(connection, number)
    return count, ErasedError(wanted, found.decided, found.authority, found.reason)


def _numbered(connection: Connection, number: int) -> Erasure:
    return next(found for found in erasures(connection) if found.number == number)


def _text(timestamp: int | None) -> str | None:
    return None if timestamp is None else f"{timestamp:0{_DIGITS}}"
