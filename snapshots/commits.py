"""Commit notes: what each commit tells that no WARC file can, written beside the files.

``manifests/commits/NNNNNNNN.json`` holds, for one commit, which bytes of which WARC files it made
part of the archive, and its rows of the tables that cannot be read out of them. From the notes, the
WARC files and the manifests the catalogue can be made anew, with the same ids.

A note is synced before its transaction takes effect, and names the note before it by SHA-256. A
note whose transaction did not take effect is removed before the bytes it tells of are cut; so each
note tells of bytes that are there. Should the catalogue be lost at that very moment, all that the
commit needed is on disk, and making the catalogue anew completes it.

A crawl commits many times a second, and a file for each would be too many. So it may *extend* the
note of its last commit: the file is replaced by one that tells all that the old one told, and what
was written since. Until the transaction takes effect the old one is kept beside it, under its name
and ``.before``; after an interruption the catalogue says which of the two it knows. Whoever reads
the notes alone takes the new one, whose bytes are on disk as well.

An erasure is a commit as well. Its note holds the erased records, and for each earlier note that
had to lose a row its SHA-256 before and after: the chain holds across that, and across nothing
else. Places in notes are as the files were before any erasure; see
`snapshots.erasure.register.Moves`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select

from archiver.records import Problem
from archiver.timestamps import format_timestamp
from snapshots.catalogue import Prepared
from snapshots.disk import bytes_sha256, file_sha256, sync_folder, write_synced
from snapshots.tables import (
    commit_note,
    erased_record,
    intake,
    listed_page,
    media_type,
    original,
    problem,
    snapshot,
    url,
)

__all__ = [
    "COMMITS",
    "CommitNote",
    "Marks",
    "Part",
    "committed_note",
    "describe",
    "extend_note",
    "keep_extension",
    "marks",
    "note_bytes",
    "note_name",
    "note_place",
    "read_note",
    "read_notes",
    "settle_notes",
    "take_back_extension",
]

COMMITS: Final = "manifests/commits"
_NOTED = {
    table.name: table
    for table in (
        *(snapshot, intake, original, listed_page, problem),
        *(url, media_type, erased_record),
    )
}


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a WARC file that a commit made part of the archive: from `start` to `end`."""

    id: int
    path: str
    created: int
    adopted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CommitNote:
    """One commit.

    Attributes:
        number: commits count from 1 without gaps.
        previous: SHA-256 (hex) of the note before; empty in the first.
        written: 14 digits.
        snapshot_id: the snapshot of the captures in `parts`; None when there are none.
        parts: in the order in which the captures were listed.
        rows: new and changed rows of the noted tables, by table; addresses and media types only
            of erased captures.
        redacted: earlier notes that an erasure took rows out of, by number: their SHA-256 (hex)
            before and after.
    """

    number: int
    previous: str
    written: int
    snapshot_id: int | None
    parts: tuple[Part, ...]
    rows: dict[str, list[dict[str, Any]]]
    redacted: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """The highest ids at the beginning of a transaction: what lies above is new."""

    snapshot: int
    intake: int
    problem: int
    commit_note: int


def marks(connection: Connection) -> Marks:
    """Note the highest ids."""
    [row] = _MARKS.rows(connection)
    return Marks(*(highest or 0 for highest in row))


def describe(
    connection: Connection,
    before: Marks,
    parts: list[Part],
    snapshot_id: int | None,
    intake_id: int | None = None,
) -> CommitNote:
    """Describe what was written since `before`, within the transaction that wrote it.

    Args:
        connection: of that transaction.
        before: the highest ids when the commit, or the first of those in one note, began.
        parts: what became part of the archive since.
        snapshot_id: the snapshot of the captures, where no new row of `intake` says it.
        intake_id: an input that is not new, whose row may have changed.
    """
    taken = _INTAKE.rows(connection, before.intake, intake_id)
    if snapshot_id is None and taken:
        snapshot_id = taken[-1]["snapshot_id"]
    rows = {
        "snapshot": _SNAPSHOT.rows(connection, before.snapshot, snapshot_id),
        "intake": taken,
        "original": _ORIGINAL.rows(connection, before.intake),
        "listed_page": _LISTED_PAGE.rows(connection, before.intake),
        "problem": _PROBLEM.rows(connection, before.problem),
    }
    last = _PREVIOUS.rows(connection, number=before.commit_note)
    return CommitNote(
        number=before.commit_note + 1,
        previous=last[0][0] if last else "",
        written=int(format_timestamp(datetime.now(UTC))),
        snapshot_id=snapshot_id,
        parts=tuple(part for part in parts if part.end > part.start),
        rows={name: found for name, found in rows.items() if found},
    )


class _Noted:
    """The new rows of a table, and one that may have changed."""

    def __init__(self, table: Table, counted: ColumnElement[int], also: bool = False) -> None:
        new = counted > bindparam("after")
        self._names = [column.name for column in table.columns]
        self._query = Prepared(
            select(table).where(new | (counted == bindparam("also")) if also else new)
        )

    def rows(
        self, connection: Connection, after: int, also: int | None = None
    ) -> list[dict[str, Any]]:
        given = {"after": after} if also is None else {"after": after, "also": also}
        found = self._query.rows(connection, **given)
        return [dict(zip(self._names, row, strict=True)) for row in found]


_MARKS = Prepared(
    select(
        *(
            select(func.max(table.c.id)).scalar_subquery()
            for table in (snapshot, intake, problem, commit_note)
        )
    )
)
_PREVIOUS = Prepared(select(commit_note.c.sha256).where(commit_note.c.id == bindparam("number")))
_SNAPSHOT = _Noted(snapshot, snapshot.c.id, also=True)
_INTAKE = _Noted(intake, intake.c.id, also=True)
_ORIGINAL = _Noted(original, original.c.intake_id)
_LISTED_PAGE = _Noted(listed_page, listed_page.c.intake_id)
_PROBLEM = _Noted(problem, problem.c.id)


def note_place(folder: Path, number: int) -> Path:
    """Tell where in an archive folder the note of a commit is."""
    return folder / note_name(number)


def note_name(number: int) -> str:
    """Give the path of the note of a commit, relative to the archive folder."""
    return f"{COMMITS}/{number:08}.json"


def note_bytes(note: CommitNote) -> bytes:
    """Give a note as it stands in its file: a line for each part of a file and for each row."""
    told: dict[str, Any] = {name: getattr(note, name) for name in CommitNote.__slots__}
    del told["rows"], told["parts"], told["redacted"]
    lines = [f'"{name}": {json.dumps(value)}' for name, value in told.items()]
    parts = [{name: getattr(part, name) for name in Part.__slots__} for part in note.parts]
    lines.append(f'"parts": {_listed(parts, 2)}')
    tables = (f'  "{name}": {_listed(rows, 3)}' for name, rows in note.rows.items())
    lines.append('"rows": {\n' + ",\n".join(tables) + "\n }" if note.rows else '"rows": {}')
    if note.redacted:
        lines.append(f'"redacted": {json.dumps(note.redacted)}')
    return ("{\n " + ",\n ".join(lines) + "\n}\n").encode()


def _listed(found: list[dict[str, Any]], indent: int) -> str:
    # Not by the way json itself indents, which is many times slower.
    if not found:
        return "[]"
    lines = (" " * indent + json.dumps(one) for one in found)
    return "[\n" + ",\n".join(lines) + "\n" + " " * (indent - 1) + "]"


def extend_note(place: Path, data: bytes, earlier: bytes) -> None:
    """Replace the note of the last commit, and keep the earlier one beside it, both synced.

    The name the earlier one is kept under is given before the new one is synced, and so is on disk
    before the new one takes its place.

    Args:
        place: the note.
        data: the new one.
        earlier: what it holds now.
    """
    before = _before(place)
    before.unlink(missing_ok=True)
    try:
        os.link(place, before)
    except OSError:  # not every file system gives a file two names
        write_synced(before, earlier)
    write_synced(place, data)


def keep_extension(place: Path) -> None:
    """Let go of the earlier note, once the transaction took effect.

    Not synced: should it be there again after a crash, the catalogue says that it is out of date.
    """
    _before(place).unlink(missing_ok=True)


def take_back_extension(place: Path) -> None:
    """Put the earlier note back in its place, where it is still kept."""
    before = _before(place)
    with suppress(FileNotFoundError):
        before.replace(place)
        before.unlink(missing_ok=True)  # it stays where both were names of one file
        sync_folder(place.parent)


def settle_notes(folder: Path, committed: int, sha256: str) -> None:
    """Make the notes those of the commits that took effect, after an interruption.

    Removed is the note above the last of them, and what an extension of the last left: either
    itself, for the earlier one, or the earlier one.

    Args:
        folder: the archive folder.
        committed: the number of the last commit.
        sha256: of its note, as the catalogue has it; empty when there was none.
    """
    last, above = note_place(folder, committed), note_place(folder, committed + 1)
    before = _before(last)
    left = [place for place in (above, *map(_half, (above, last, before))) if place.exists()]
    if before.exists():
        # The very same file may have both names.
        if file_sha256(before) == sha256 and not (last.exists() and last.samefile(before)):
            before.replace(last)
            sync_folder(folder / COMMITS)
        else:
            left.append(before)
    for place in left:  # there is one writer, so there is no second note above
        place.unlink()
    if left:
        sync_folder(folder / COMMITS)


def committed_note(folder: Path, number: int, sha256: str) -> bytes | None:
    """Give the note of a commit as the catalogue knows it, while a writer may be extending it.

    Returns:
        Its bytes; None when no file has that SHA-256, as it may have been extended by now.
    """
    place = note_place(folder, number)
    for one in (place, _before(place), place):
        with suppress(FileNotFoundError):
            data = one.read_bytes()
            if bytes_sha256(data) == sha256:
                return data
    return None


def _before(place: Path) -> Path:
    return place.with_name(place.name + ".before")


def _half(place: Path) -> Path:
    return place.with_name(place.name + ".new")


def read_notes(
    folder: Path, last: int | None = None, known: Mapping[int, bytes] | None = None
) -> Iterator[tuple[CommitNote, str] | Problem]:
    """Read the notes of an archive folder in order.

    Args:
        folder: the archive folder.
        last: the number of the last to be read; None for all there are.
        known: notes as they are to be taken, by number, whatever their files hold by now.

    Yields:
        Each note with its SHA-256 in hex; a `Problem` for one that is missing, cannot be read, or
        is not followed by the one that should follow it.
    """
    numbers = _numbers(folder)
    highest = last if last is not None else max(numbers, default=0)
    redacted = _redacted(folder, [number for number in numbers if number <= highest])
    previous: set[str] | None = {""}
    for number in range(1, highest + 1):
        name = note_name(number)
        if number not in numbers:
            yield Problem("missing-file", "the note of a commit is missing", name)
            previous = None
            continue
        data = (known or {}).get(number) or (folder / name).read_bytes()
        try:
            note = _read(json.loads(data))
        except (KeyError, TypeError, ValueError) as error:
            message = f"the note of a commit cannot be read: {error}"
            yield Problem("note-unreadable", message, name)
            previous = None
            continue
        if previous is not None and note.previous not in previous:
            message = f"{note_name(number)} followed another note than this one"
            yield Problem("note-chain", message, note_name(number - 1))
        sha256 = bytes_sha256(data)
        was = redacted.get(number, [])
        if was and was[-1][1] != sha256:
            yield Problem("note-chain", "an erasure left another note than this one", name)
        previous = {sha256, *(before for before, _ in was)}
        yield note, sha256


def read_note(folder: Path, number: int) -> tuple[CommitNote, str]:
    """Read one note that is known to be there, with its SHA-256 in hex."""
    data = note_place(folder, number).read_bytes()
    return _read(json.loads(data)), bytes_sha256(data)


def _redacted(folder: Path, numbers: list[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for number in sorted(numbers):
        data = (folder / note_name(number)).read_bytes()
        if b'"redacted"' not in data:
            continue
        try:
            note = _read(json.loads(data))
        except (KeyError, TypeError, ValueError):
            continue  # which is told when it is its turn
        for earlier, pair in note.redacted.items():
            found.setdefault(earlier, []).append(pair)
    return found


def _numbers(folder: Path) -> set[int]:
    try:
        names = os.listdir(folder / COMMITS)
    except FileNotFoundError:
        return set()
    stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return {int(stem) for stem in stems if stem.isascii() and stem.isdigit() and len(stem) == 8}


def _read(data: dict[str, Any]) -> CommitNote:
    rows: dict[str, list[dict[str, Any]]] = data["rows"]
    for name, found in rows.items():
        columns = {column.name for column in _NOTED[name].columns}
        if any(set(row) - columns for row in found):
            raise ValueError(f"unknown columns in {name}")
    return CommitNote(
        number=data["number"],
        previous=data["previous"],
        written=data["written"],
        snapshot_id=data["snapshot_id"],
        parts=tuple(Part(**part) for part in data["parts"]),
        rows=rows,
        redacted={
            int(number): (was, now) for number, (was, now) in data.get("redacted", {}).items()
        },
    )
