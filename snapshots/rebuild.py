"""Making the whole catalogue anew from the archive's files, equal to the one there was.

The WARC files tell of the captures, the commit notes of what no WARC file can (see
`snapshots.commits`), the manifests of size and digest. Commits are gone through in their order, and
rows are made by the same code that made them first; so ids and sequence numbers come out the same.

What was read out of the pages (`marsham extract`) and the results of earlier checks are not part of
it. People's decisions have a journal of their own. What crawls have still to do is taken over from
the catalogue there was, where that can be read.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    MetaData,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import make_url

from archiver.errors import FormatError, NoArchiveError, NotWritableError, WarcError
from archiver.ingest.warc import WarcReading
from archiver.provenance import Provenance
from archiver.records import Capture, Problem
from archiver.timestamps import format_timestamp
from archiver.warc import ScannedRecord, open_record
from snapshots import journal
from snapshots.archive import CATALOGUE, SETTINGS, ArchiveLock
from snapshots.catalogue import Catalogue, insert_rows
from snapshots.commits import CommitNote, Part, note_name, read_notes
from snapshots.crawl.carrying import carry_over, drop_strays
from snapshots.disk import file_sha256, sync_folder
from snapshots.erasure.completing import finish_files
from snapshots.erasure.register import Moves, moves_of, placed, restore_erasures
from snapshots.rows import Entry, count_captures, store_captures
from snapshots.settings import read_settings
from snapshots.tables import (
    capture,
    commit_note,
    erased_record,
    erasure,
    intake,
    listed_page,
    media_type,
    original,
    problem,
    snapshot,
    stated_date,
    url,
    warc_file,
)
from snapshots.withdrawals import restore

__all__ = ["REBUILT", "Rebuilt", "rebuild", "replay"]

REBUILT = (  # every table made anew, in the order in which rows can be inserted
    snapshot,
    intake,
    warc_file,
    original,
    listed_page,
    media_type,
    url,
    capture,
    stated_date,
    problem,
    commit_note,
    erasure,
    erased_record,
)
_PROVENANCE = "application/json"
_PROVENANCE_LIMIT = 1 << 28  # bytes of one metadata record
_LEFT_BY_SQLITE = ("-wal", "-shm", "-journal")

Tick = Callable[[int, int], object]
Restore = Callable[[Connection, Sequence[dict[str, Any]]], object]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What making the catalogue anew came to.

    Attributes:
        commits: how many were gone through.
        captures: how many captures are listed now.
        files: how many WARC files.
        aside: where the catalogue from before is now; None when there was none, or its database
            was emptied and filled.
        problems: what could not be read; empty when the catalogue is whole.
    """

    commits: int
    captures: int
    files: int
    aside: Path | None
    problems: tuple[Problem, ...]


def rebuild(
    path: Path,
    tick: Tick = lambda done, of: None,
    *,
    restore_more: Restore = lambda connection, entries: None,
) -> Rebuilt:
    """Make the catalogue of the archive at `path` anew, whatever became of the one it has.

    On SQLite the new catalogue is made beside the old one, which is then moved to
    ``catalogue.db.before-TIMESTAMP``, never deleted, and the new one renamed into its place. On
    PostgreSQL the tables are emptied and filled in one transaction. Nobody may write meanwhile.

    Args:
        path: the archive folder; its catalogue may be missing or damaged.
        tick: called with the number of commits done and to do.
        restore_more: makes the rows of the floor above anew from the entries of the journal.

    Raises:
        NoArchiveError: when there is no archive.
        LockedError: when another process writes to it.
        NotWritableError: when it cannot be written; the catalogue is as it was.
    """
    if not (path / SETTINGS).is_file():
        raise NoArchiveError(str(path))
    settings = read_settings(path / SETTINGS)
    place = path / CATALOGUE
    if settings.database and make_url(settings.database).get_backend_name() == "sqlite":
        place = Path(make_url(settings.database).database or "")
    elif settings.database:
        with ArchiveLock(path):
            finish_files(path)
            catalogue = Catalogue.at(settings.database, str(path / SETTINGS))
            try:
                catalogue.lay_out(again=True)
                with catalogue.write() as connection:
                    _empty(connection)
                    done = _fill(path, connection, None, tick)
                    restore_more(connection, list(journal.entries(path / journal.JOURNAL)))
                    drop_strays(connection)  # crawls are not emptied: no file tells of them
                    return done
            finally:
                catalogue.close()
    with ArchiveLock(path):
        try:
            finish_files(path)
            return _beside(path, place, tick, restore_more)
        except OSError as error:
            raise NotWritableError(str(path), error.strerror or str(error)) from error


def replay(
    folder: Path,
    connection: Connection,
    last: int | None = None,
    tick: Tick = lambda done, of: None,
    known: Mapping[int, bytes] | None = None,
) -> Iterator[Problem]:
    """Write the rows of every commit, in an empty catalogue.

    Args:
        folder: the archive folder; it is only read.
        connection: of the empty catalogue, within a transaction.
        last: the last commit to go through; None for all there are.
        tick: called with the number of commits done and to do.
        known: commit notes as they are to be taken, by number, whatever their files hold by now.

    Yields:
        What could not be read: missing or damaged notes and WARC files. The rest is written.
    """
    readings: dict[str, _Reading] = {}
    done = 0
    moves = _erased(folder, connection, last)
    for found in read_notes(folder, last, known):
        if isinstance(found, Problem):
            yield found
            continue
        note, sha256 = found
        parts = tuple(
            moves[part.id].part(part) if part.id in moves else part for part in note.parts
        )
        yield from _commit(folder, connection, replace(note, parts=parts), sha256, readings)
        done += 1
        tick(done, note.number)
    yield from _finish_files(folder, connection)
    count_captures(connection)
    decided = list(journal.entries(folder / journal.JOURNAL))
    restore(connection, decided)
    restore_erasures(connection, decided)


def _beside(path: Path, place: Path, tick: Tick, restore_more: Restore) -> Rebuilt:
    new = place.with_name(place.name + ".new")
    for ending in ("", *_LEFT_BY_SQLITE):
        Path(f"{new}{ending}").unlink(missing_ok=True)
    catalogue = Catalogue.sqlite(new, create=True)
    try:
        catalogue.lay_out()
        with catalogue.write() as connection:
            done = _fill(path, connection, None, tick)
            restore_more(connection, list(journal.entries(path / journal.JOURNAL)))
            carry_over(connection, place)
        with catalogue.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        catalogue.close()
    with new.open("rb") as file:
        os.fsync(file.fileno())
    aside = None
    stamp = format_timestamp(datetime.now(UTC))
    for ending in ("", *_LEFT_BY_SQLITE):  # its log goes with it, or SQLite would read it again
        old = Path(f"{place}{ending}")
        if old.exists():
            kept = _free(place.with_name(f"{place.name}.before-{stamp}{ending}"))
            old.rename(kept)
            aside = aside or kept
    new.rename(place)
    sync_folder(place.parent)
    return replace(done, aside=aside)


def _free(place: Path) -> Path:
    number, free = 1, place
    while free.exists():
        number += 1
        free = place.with_name(f"{place.name}.{number}")
    return free


def _fill(path: Path, connection: Connection, aside: Path | None, tick: Tick) -> Rebuilt:
    problems = tuple(replay(path, connection, tick=tick))
    count = select(func.count())
    return Rebuilt(
        commits=connection.scalar(count.select_from(commit_note)) or 0,
        captures=connection.scalar(count.select_from(capture)) or 0,
        files=connection.scalar(count.select_from(warc_file)) or 0,
        aside=aside,
        problems=problems,
    )


def _empty(connection: Connection) -> None:
    # Tables of other floors that point at ours (what was read out of pages) go with them.
    ours = {table.name for table in REBUILT}
    there = MetaData()
    there.reflect(connection)
    for table in reversed(there.sorted_tables):
        pointed = {key.column.table.name for key in table.foreign_keys}
        if table.name in ours or pointed & ours:
            connection.execute(delete(table))


def _commit(
    folder: Path,
    connection: Connection,
    note: CommitNote,
    sha256: str,
    readings: dict[str, "_Reading"],
) -> Iterator[Problem]:
    for table in (snapshot, intake):  # they may have been told of before
        for row in note.rows.get(table.name, []):
            same = update(table).where(table.c.id == row["id"])
            if not connection.execute(same.values(row)).rowcount:
                connection.execute(insert(table).values(row))
    for part in note.parts:
        _note_part(connection, part)
    entries: list[Entry] = []
    last, at = "", 0  # the record of our own that was listed last, and its place in `entries`
    for part in note.parts:
        reading = readings.setdefault(part.path, _Reading(folder, part))
        for found in reading.until(part.end):
            if isinstance(found, Problem):
                yield found
            elif isinstance(found, _Listed):
                if found.record_id:
                    last, at = found.record_id, len(entries)
                entries.append(found.entry)
            elif entries and found.refers_to == last:  # in the next file, if one was just full
                told, listed = found.provenance, entries[at].capture
                entries[at] = Entry(replace(listed, grade=told.grade), told.stated, told.chosen)
        if part.adopted:
            del readings[part.path]
    if entries and note.snapshot_id is None:
        name = note_name(note.number)
        yield Problem("note-unreadable", "it does not say to which snapshot its captures go", name)
    elif note.snapshot_id is not None:
        store_captures(connection, entries, note.snapshot_id)
    insert_rows(connection, original, note.rows.get("original", []))
    insert_rows(connection, listed_page, note.rows.get("listed_page", []))
    insert_rows(connection, problem, note.rows.get("problem", []))
    row = {"id": note.number, "written": note.written, "sha256": sha256}
    connection.execute(insert(commit_note).values(row))


def _erased(folder: Path, connection: Connection, last: int | None) -> dict[int, Moves]:
    # What was erased keeps its ids, which no other row may be given; so its rows come first.
    rows: dict[str, dict[Any, dict[str, Any]]] = {"url": {}, "media_type": {}, "erased_record": {}}
    for found in read_notes(folder, last):
        if isinstance(found, Problem):
            continue
        for name in rows:
            for row in found[0].rows.get(name, []):
                rows[name][row.get("id") or (row["file_id"], row["taken_offset"])] = row
    insert_rows(connection, url, list(rows["url"].values()))
    insert_rows(connection, media_type, list(rows["media_type"].values()))
    insert_rows(connection, erased_record, placed(rows["erased_record"].values()))
    return moves_of(connection)


def _note_part(connection: Connection, part: Part) -> None:
    changed = connection.execute(
        update(warc_file).where(warc_file.c.id == part.id).values(committed_length=part.end)
    )
    if not changed.rowcount:
        row = {"id": part.id, "path": part.path, "created": part.created, "sha256": ""}
        row |= {"sealed": 0, "adopted": int(part.adopted), "committed_length": part.end}
        connection.execute(insert(warc_file).values(row))


@dataclass(frozen=True, slots=True)
class _Listed:
    record_id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Told:
    refers_to: str
    provenance: Provenance


class _Reading:
    """A WARC file read on, from commit to commit."""

    def __init__(self, folder: Path, part: Part) -> None:
        self._place = _locate(folder, part.path)
        self._part = part
        self._reading = WarcReading(
            self._place,
            part.path,
            start=part.start,
            any_year=not part.adopted,
            file=part.path,
            check=False,
        )
        self._records = self._reading.records()
        self._ahead: ScannedRecord | Problem | None = None

    def until(self, end: int) -> Iterator[_Listed | _Told | Problem]:
        """Give what the records before `end` tell, and problems where there is no file."""
        try:
            if self._part.adopted:
                for found in self._reading:
                    if isinstance(found, Capture):
                        yield _Listed("", Entry(found))
                return
            yield from self._own(end)
        except OSError as error:
            message = f"its captures are not listed: {error.strerror}"
            yield Problem("missing-file", message, self._part.path)

    def _own(self, end: int) -> Iterator[_Listed | _Told | Problem]:
        # Here a problem is damage done since: this archive wrote the file, and wrote it whole.
        for record in self._before(end):
            if isinstance(record, Problem):
                yield record
            elif record.kind == "metadata":
                yield from self._provenance(record)
            else:
                identity = record.headers.get("WARC-Record-ID") or ""
                for found in self._reading.captures_of(record):
                    if isinstance(found, Capture):  # a problem was told then, and is in the note
                        yield _Listed(identity, Entry(found))

    def _before(self, end: int) -> Iterator[ScannedRecord | Problem]:
        while True:
            found = self._ahead or next(self._records, None)
            self._ahead = None
            if found is None:
                return
            if (found.offset or 0) >= end:
                self._ahead = found
                return
            yield found

    def _provenance(self, record: ScannedRecord) -> Iterator[_Told | Problem]:
        refers = record.headers.get("WARC-Refers-To")
        if not refers or record.headers.get("Content-Type") != _PROVENANCE:
            return
        try:
            with open_record(self._place, record.offset) as opened:
                text = opened.block.read(_PROVENANCE_LIMIT).decode()
            yield _Told(refers, Provenance.from_json(text))
        except (WarcError, FormatError, UnicodeDecodeError) as error:
            message = f"a provenance cannot be read: {error}"
            yield Problem("damaged-record", message, self._part.path, record.offset)


def _finish_files(folder: Path, connection: Connection) -> Iterator[Problem]:
    listed = _list(folder)
    for row in connection.execute(select(warc_file.c.id, warc_file.c.path)).all():
        place = folder / row.path
        opened = folder / "warcs/open" / f"{place.name}.open"
        sha256 = _manifest_digest(folder, place.name) or listed.get(row.path, "")
        if opened.exists() or (not sha256 and not place.exists()):
            continue  # the next writer finishes it, or finds it missing
        if not sha256:
            message = "no manifest and no list tells its digest; the one it has now was taken"
            yield Problem("manifest-missing", message, row.path)
            sha256 = file_sha256(place)
        connection.execute(
            update(warc_file).where(warc_file.c.id == row.id).values(sealed=1, sha256=sha256)
        )
    known = set(connection.execute(select(warc_file.c.path)).scalars())
    for place in sorted((folder / "warcs").glob("[0-9]*/*/*")):
        path = place.relative_to(folder).as_posix()
        if path not in known:
            yield Problem("unknown-file", "no note tells of it; take it in with ingest", path)


def _locate(folder: Path, path: str) -> Path:
    opened = folder / "warcs/open" / f"{Path(path).name}.open"
    return opened if opened.exists() else folder / path


def _manifest_digest(folder: Path, name: str) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        stated: Any = json.loads((folder / "manifests" / f"{name}.json").read_bytes())
        return str(stated["sha256"])
    return ""


def _list(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / "manifests/manifest-sha256.txt").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
