"""Commit notes: what each commit tells that no WARC file can, written beside the files.

``manifests/commits/NNNNNNNN.json`` holds, for one commit, which bytes of which WARC files it made
part of the archive, and its rows of the tables that cannot be read out of them. From the notes, the
WARC files and the manifests the catalogue can be made anew, with the same ids.

A note is synced before its transaction takes effect, and names the note before it by SHA-256. A
note whose transaction did not take effect is removed before the bytes it tells of are cut; so each
note tells of bytes that are there. Should the catalogue be lost at that very moment, all that the
commit needed is on disk, and making the catalogue anew completes it.

An erasure is a commit as well. Its note holds the erased records, and for each earlier note that
had to lose a row its SHA-256 before and after: the chain holds across that, and across nothing
else. Places in notes are as the files were before any erasure; see
`snapshots.erasure.register.Moves`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select

from archiver.records import Problem
from archiver.timestamps import format_timestamp
from snapshots.disk import bytes_sha256, sync_folder, write_synced
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
    "describe",
    "drop_note",
    "marks",
    "note_bytes",
    "note_name",
    "note_place",
    "read_note",
    "read_notes",
    "write_note",
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
    tables = (snapshot, intake, problem, commit_note)
    return Marks(*(connection.scalar(select(func.max(table.c.id))) or 0 for table in tables))


def describe(
    connection: Connection, before: Marks, parts: list[Part], snapshot_id: int | None
) -> CommitNote:
    """Describe what was written since `before`, within the transaction that wrote it."""
    taken = _rows(connection, select(intake).where(intake.c.id > before.intake))
    if snapshot_id is None and taken:
        snapshot_id = taken[-1]["snapshot_id"]
    changed = [] if snapshot_id is None else [snapshot_id]
    rows = {
        "snapshot": _rows(
            connection,
            select(snapshot).where((snapshot.c.id > before.snapshot) | snapshot.c.id.in_(changed)),
        ),
        "intake": taken,
        "original": _rows(connection, select(original).where(original.c.intake_id > before.intake)),
        "listed_page": _rows(
            connection, select(listed_page).where(listed_page.c.intake_id > before.intake)
        ),
        "problem": _rows(connection, select(problem).where(problem.c.id > before.problem)),
    }
    last = select(commit_note.c.sha256).where(commit_note.c.id == before.commit_note)
    return CommitNote(
        number=before.commit_note + 1,
        previous=connection.scalar(last) or "",
        written=int(format_timestamp(datetime.now(UTC))),
        snapshot_id=snapshot_id,
        parts=tuple(part for part in parts if part.end > part.start),
        rows={name: found for name, found in rows.items() if found},
    )


def note_place(folder: Path, number: int) -> Path:
    """Tell where in an archive folder the note of a commit is."""
    return folder / note_name(number)


def note_name(number: int) -> str:
    """Give the path of the note of a commit, relative to the archive folder."""
    return f"{COMMITS}/{number:08}.json"


def write_note(place: Path, note: CommitNote) -> str:
    """Write a note so that it survives a crash, and give its SHA-256 in hex."""
    data = note_bytes(note)
    place.parent.mkdir(exist_ok=True)
    write_synced(place, data)
    return bytes_sha256(data)


def note_bytes(note: CommitNote) -> bytes:
    """Give a note as it stands in its file."""
    told = asdict(note)
    if not note.redacted:
        del told["redacted"]
    return json.dumps(told, indent=1).encode() + b"\n"


def drop_note(folder: Path, committed: int) -> None:
    """Remove the note of a commit that did not take effect: the one above the last that did."""
    place = note_place(folder, committed + 1)  # there is one writer, so there is no second
    half = place.with_name(place.name + ".new")
    if place.exists() or half.exists():
        place.unlink(missing_ok=True)
        half.unlink(missing_ok=True)
        sync_folder(folder / COMMITS)


def read_notes(folder: Path, last: int | None = None) -> Iterator[tuple[CommitNote, str] | Problem]:
    """Read the notes of an archive folder in order.

    Args:
        folder: the archive folder.
        last: the number of the last to be read; None for all there are.

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
        data = (folder / name).read_bytes()
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


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(query)]
