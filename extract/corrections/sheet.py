"""Review as a spreadsheet: what is to be decided written as CSV, and decisions read back from it.

A cell that a spreadsheet would take for a formula gets an apostrophe before it; the same apostrophe
is taken off again when the file is read, so that what was written comes back as it was.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from sqlalchemy import Connection

from archiver.errors import InputError, MarshamError
from archiver.timestamps import format_timestamp, parse_date, parse_timestamp
from archiver.urls import url_key
from extract.corrections.decisions import CORRECT, REJECT, Target, identity
from extract.corrections.reviewing import ACCEPT, Item, Verdict, draft, items_of_page
from extract.formulas import shielded, unshielded

__all__ = [
    "COLUMNS",
    "BadRow",
    "read_sheet",
    "verdicts_of",
    "write_sheet",
]

COLUMNS: Final = (
    "id",
    "decision",
    "new_value",
    "why",
    "author",
    "from",
    "until",
    "everywhere",
    "reason",
    "told",
    "state",
    "assigned",
    "confidence",
    "url",
    "captured",
    "kind",
    "record",
    "field",
    "value",
)
"""The columns of the sheet; those from ``decision`` to ``everywhere`` are for people to fill in."""

_DECISIONS = (ACCEPT, CORRECT, REJECT)
_NEEDED = ("decision", "url", "captured", "kind", "record", "field", "value")
_MOST_ROWS = 100_000
_LARGEST = 1 << 26  # bytes
_LONGEST_CELL = 1 << 20  # characters
_YES = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be carried out: the line of the file on which it ends, and why."""

    line: int
    why: str


def write_sheet(out: TextIO, found: Iterable[Item]) -> int:
    """Write items as CSV (RFC 4180), a row each with an empty decision, and give their number."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    number = 0
    for one in found:
        number += 1
        target = one.target
        row = {
            "id": one.id,
            "reason": one.reason,
            "told": one.told,
            "state": one.state,
            "assigned": one.assigned,
            "confidence": f"{one.confidence:.2f}",
            "url": one.capture.url,
            "captured": one.capture.timestamp,
            "kind": target.kind,
            "record": target.record,
            "field": target.field,
            "value": target.value,
        }
        writer.writerow([shielded(row.get(name, "")) for name in COLUMNS])
    return number


def read_sheet(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the rows of a sheet that hold a decision, each with the line on which it ends.

    UTF-8, with or without a byte order mark; cells are parted by commas, or by semicolons as some
    spreadsheets write them. Columns may come in any order, and others beside them.

    Raises:
        InputError: when it is no such sheet.
    """
    if len(data) > _LARGEST:
        raise InputError(f"the sheet is larger than {_LARGEST >> 20} MiB; divide it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the sheet is not UTF-8 (byte {error.start}); save it as CSV UTF-8"
        ) from error
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in _NEEDED if name not in names]:
            raise InputError(f"the sheet has no column {', '.join(missing)}")
        for number, cells in enumerate(reader):
            if number >= _MOST_ROWS:
                raise InputError(f"the sheet has more than {_MOST_ROWS} rows; divide it")
            row = dict(zip(names, map(unshielded, cells), strict=False))
            if row.get("decision", "").strip():
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} of the sheet is no CSV: {error}") from error
    finally:
        csv.field_size_limit(before)


def verdicts_of(
    connection: Connection,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    author: str,
    *,
    note: Callable[[BadRow], object],
) -> list[tuple[Item, Verdict]]:
    """Say what the rows of a sheet decide on which values of the archive.

    Args:
        connection: a connection of the catalogue.
        rows: as `read_sheet` gives them.
        author: who decides, where a row does not say.
        note: told of every row that cannot be carried out.
    """
    found: list[tuple[Item, Verdict]] = []
    pages: dict[tuple[str, str], dict[str, Item]] = {}
    decided: dict[str, int] = {}
    for line, row in rows:
        try:
            verdict = _verdict(row, author)
            item = _item(connection, row, pages)
            if item.id in decided:
                raise InputError(f"the value is decided on line {decided[item.id]} already")
            decided[item.id] = line
            list(draft(connection, item, verdict))
            found.append((item, verdict))
        except MarshamError as error:
            note(BadRow(line, str(error)))
    return found


def _verdict(row: Mapping[str, str], author: str) -> Verdict:
    said = row["decision"].strip().lower()
    if said not in _DECISIONS:
        raise InputError(f"decision is {' or '.join(_DECISIONS)}, not {said[:40]!r}")
    everywhere = _YES.get(row.get("everywhere", "").strip().lower())
    if everywhere is None:
        raise InputError(f"everywhere is yes or no, not {row['everywhere'][:40]!r}")
    first, last = row.get("from", "").strip(), row.get("until", "").strip()
    reason = row.get("why", "").strip()
    if not reason:
        raise InputError("give a reason in the column why")
    return Verdict(
        said,
        reason,
        row.get("author", "").strip() or author,
        row.get("new_value", "").strip(),
        format_timestamp(parse_date(first).first) if first else None,
        format_timestamp(parse_date(last).last) if last else None,
        everywhere,
    )


def _item(
    connection: Connection,
    row: Mapping[str, str],
    pages: dict[tuple[str, str], dict[str, Item]],
) -> Item:
    address, captured = row.get("url", "").strip(), row.get("captured", "").strip()
    parse_timestamp(captured)
    page = pages.get((address, captured))
    if page is None:
        page = pages[address, captured] = items_of_page(connection, address, captured)
    names = [row.get(name, "") for name in ("kind", "record", "field", "value")]
    number = identity(Target(url_key(address), *names))
    stated = row.get("id", "").strip().lower()
    if stated and stated != number:
        raise InputError(
            "url, kind, record, field or value is not as it was written; fill in the columns "
            "decision to everywhere only"
        )
    if number not in page:
        raise InputError(f"{address} has no such value as of {captured}, or it is withdrawn")
    return page[number]
