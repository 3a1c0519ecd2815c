"""Writing to an archive so that kill -9 at any moment loses at most the work in flight.

One writer at a time holds the lock. The order of steps is what makes it safe:

1. Records are appended to a file below ``warcs/open/``, each a whole gzip member, and synced.
   Inputs that are kept as they are stand there too, synced, as ``SHA-256.original``.
2. One database transaction adds the rows that point at them and the file's `committed_length`.
   Its last step before it takes effect is to write its commit note, or to extend that of the last
   commit, synced: see `snapshots.commits`.
3. A finished file gets its manifest, moves to ``warcs/YYYY/MM/``, and is marked sealed; originals
   move to ``originals/``.

So the catalogue never points at bytes that may not be there, and the notes tell of every commit.
Opening a writer puts right what an interruption left: a note without its commit goes first, and
one that was extended without it is as it was; then bytes
beyond `committed_length` go to quarantine, originals that no row names are removed (they are copies
of what is still where it came from), a half-done step 3 is finished, a decision
in the journal that is not in force comes into force,
and a file shorter than its `committed_length` is damage that stops everything.

What a commit costs is waiting for the disk, four times, each for a reason:

* the WARC bytes, before the note that tells of them has its name;
* the new note's bytes, before its name leads to them; with that, on file systems that keep the
  order of what is done to a folder, the second name of the note that is extended;
* the folder of the notes, before the transaction: it must not outlive its note;
* the transaction (SQLite: its log, with ``synchronous = FULL``).

Nothing is synced behind that: the earlier note's second name is let go of, and should it come back
after a power failure the catalogue says which of the two is the right one.
"""

import io
import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from archiver.errors import ArchiveError, DamagedError, NotWritableError
from archiver.records import Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp
from archiver.warc import NewRecord, as_written, record_id, write_record
from snapshots.archive import OPEN, ORIGINAL, Archive, original_path
from snapshots.catalogue import next_id, run_tuples
from snapshots.commits import (
    Marks,
    Part,
    describe,
    extend_note,
    keep_extension,
    marks,
    note_bytes,
    note_place,
    settle_notes,
    take_back_extension,
)
from snapshots.disk import bytes_sha256, copy_synced, file_sha256, sync_folder, write_synced
from snapshots.erasure.completing import settle
from snapshots.journal import JOURNAL
from snapshots.tables import commit_note, original, problem, warc_file
from snapshots.withdrawals import put_in_force

__all__ = ["Place", "Writer", "store_problems"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

ROLL_OVER = 1 << 30  # bytes after which a new WARC file is begun
MOST_EXTENSIONS = 1000  # commits told by one note
_NOTE_LIMIT = 1 << 16  # bytes of a note that may still be extended; it is written whole each time
_QUARANTINE = "quarantine"
_LIST = "manifests/manifest-sha256.txt"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was put: the path of its file in the catalogue, its offset and length."""

    file: str
    offset: int
    length: int


class _Appended(io.FileIO):
    """A file whose writes are whole or an error, with nothing held back to fail at closing."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self._at = super().tell()

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        rest = memoryview(data)
        while rest:
            written = super().write(rest)
            self._at += written
            rest = rest[written:]
        return len(data)

    def tell(self) -> int:
        return self._at

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = super().seek(place, whence)
        return self._at


@dataclass(slots=True)
class _OpenFile:
    path: str  # as in the catalogue, where the file will be once it is sealed
    place: Path  # where it is now
    committed: int
    handle: _Appended | None  # None for a file that was copied in whole
    sha256: str = ""
    known: bool = False  # whether the catalogue has a row for it
    adopted: bool = False
    id: int = 0  # in the catalogue, once it is known
    created: int = 0


@dataclass(slots=True)
class _Note:
    """The note of the last commit, which the next may extend."""

    number: int
    place: Path
    data: bytes
    sha256: str
    before: Marks
    parts: list[Part]
    snapshot_id: int | None
    commits: int


class Writer:
    """The one writer of an archive; a context manager.

    Appended records and adopted files belong to the archive once `commit` has returned; `roll_back`
    forgets those since the last commit. Closing seals what was committed.

    Attributes:
        archive: the archive written to.
        recovered: what opening found left by an interrupted run, and what was done about it.
        appended: records since the last commit, by WARC type.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.recovered: list[Problem] = []
        self.appended: Counter[str] = Counter()
        self._lock = archive.lock()
        self._current: _OpenFile | None = None
        self._pending: list[_OpenFile] = []  # full or copied in, to be sealed after the commit
        self._new_originals: list[str] = []  # by SHA-256
        self._new_note: Path | None = None
        self._note: _Note | None = None
        self._facts: dict[str, str] = {}
        self._broken = False  # whether something could not be undone, which the next writer will
        try:
            with _disk(archive.path):
                archive.complete()
                self._recover()
                self._decide()
        except BaseException:
            self._lock.release()
            raise

    def append(self, record: NewRecord) -> Place:
        """Append a record to the WARC file being written, beginning a new one when it is full."""
        self._check()
        if self._current is not None and self._length(self._current) >= ROLL_OVER:
            self._pending.append(self._current)
            self._current = None
        if self._current is None:
            self._current = self._begin()
        current = self._current
        assert current.handle is not None  # noqa: S101 - only copied files have none
        try:
            offset, length = write_record(current.handle, record)
        except NotWritableError:
            raise
        except OSError as error:  # as `_disk` has it; there are too many records for that
            raise _not_writable(current.place, error) from error
        self.appended[record.type] += 1
        return Place(current.path, offset, length)

    @contextmanager
    def workbench(self) -> Iterator[Path]:
        """Lend a place in the archive for a file in the making; what is left there goes at the end.

        An interruption leaves a file that the next writer removes.
        """
        place = self.archive.path / OPEN / f"{uuid4().hex}.copy"
        with _disk(place):
            try:
                yield place
            finally:
                place.unlink(missing_ok=True)

    def adopt(
        self,
        source: Path,
        name: str,
        moment: datetime,
        *,
        move: bool = False,
        sha256: str = "",
    ) -> tuple[Path, str]:
        """Copy a WARC file in, untouched; its captures are committed by the next `commit`.

        Args:
            source: the file to copy.
            name: what its own name begins with; letters that do not suit a file name are replaced.
            moment: the date under which it is filed.
            move: take the file itself, which must be on a `workbench`.
            sha256: of a file to be moved, in hex, where it is known and the file is synced.

        Returns:
            Where the copy is now, and the path by which the catalogue will know it.
        """
        self._check()
        with source.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"  # names lie
        path = self._path(name, moment, ".warc.gz" if gzipped else ".warc")
        place = self._open_place(path)
        copying = place.with_name(place.name + ".copy")
        with _disk(copying), _removed_on_error(copying):
            if move:
                if not sha256:
                    with source.open("rb") as made:
                        os.fsync(made.fileno())
                    sha256 = file_sha256(source)
                source.replace(place)
            else:
                sha256 = copy_synced(source, copying)
                copying.replace(place)
            sync_folder(place.parent)
        size = place.stat().st_size
        self._pending.append(_OpenFile(path, place, size, None, sha256, adopted=True))
        return place, path

    def sha256_of(self, path: str) -> str:
        """Give the SHA-256, in hex, of a file adopted since the last commit."""
        return next(file.sha256 for file in self._pending if file.path == path)

    def discard(self, path: str) -> None:
        """Give up a file that was adopted since the last commit, by its path in the catalogue."""
        for file in self._pending:
            if file.path == path and not file.known:
                file.place.unlink(missing_ok=True)
        self._pending = [file for file in self._pending if file.path != path or file.known]

    def keep_file(self, source: Path) -> tuple[str, int]:
        """Keep an input file that is not WARC, untouched; give its SHA-256 and its size."""
        self._check()
        with self.workbench() as place:
            sha256 = copy_synced(source, place)
            size = place.stat().st_size
            if not self._keeps(sha256):
                place.chmod(0o444)
                self._new_originals.append(sha256)
                place.replace(self._open_original(sha256))
                sync_folder(place.parent)
        return sha256, size

    def keep_original(self, data: bytes, sha256: str) -> None:
        """Keep an input that is not WARC, untouched, under its SHA-256."""
        self._check()
        if self._keeps(sha256):
            return
        place = self._open_original(sha256)
        with _disk(place):
            self._new_originals.append(sha256)
            write_synced(place, data)
            place.chmod(0o444)

    def _open_original(self, sha256: str) -> Path:
        return self.archive.path / OPEN / f"{sha256}{ORIGINAL}"

    def _keeps(self, sha256: str) -> bool:
        final = self.archive.path / original_path(sha256)
        return final.exists() or self._open_original(sha256).exists()

    def begin_file(self, facts: Mapping[str, str]) -> None:
        """Begin a new WARC file with the next record.

        Args:
            facts: what its warcinfo record, and that of those after it, tells besides the usual.
        """
        self._check()
        self._facts = {name: as_written(value) for name, value in facts.items()}
        if self._current is not None:
            self._pending.append(self._current)
            self._current = None

    def commit(
        self,
        store: Callable[[Connection], T],
        *,
        snapshot_id: int | None = None,
        intake_id: int | None = None,
        extend: bool = False,
    ) -> T:
        """Sync what was appended, then write the rows that point at it in one transaction.

        Args:
            store: writes the rows; the rows of the files are there already.
            snapshot_id: the snapshot of the captures, where no new row of `intake` says it.
            intake_id: an input that is not new, and whose row `store` changes.
            extend: whether to extend the note of the last commit instead of writing one, for one of
                a great many small commits. Where the last was another kind of commit, or its note
                has told enough, or a file was just full, a note is begun all the same.
        """
        self._check()
        touched = self._touched()
        for file in touched:
            if file.handle and (not file.known or self._length(file) > file.committed):
                with _disk(file.place):
                    os.fsync(file.handle.fileno())
        earlier = self._extended(snapshot_id) if extend else None
        note: _Note | None = None
        try:
            with self.archive.catalogue.write() as connection:
                before = earlier.before if earlier else marks(connection)
                parts = [_note_file(connection, file, self._length(file)) for file in touched]
                result = store(connection)
                told = _joined(earlier.parts, parts) if earlier else parts
                note = self._tell(connection, before, told, snapshot_id, intake_id, earlier)
        except ArchiveError:
            # A commit may fail in the telling: the database made it, and the answer was lost.
            if not (note and self._is_committed(note)):
                raise
        for file in touched:
            file.known = True
            file.committed = self._length(file)
        originals, self._new_originals = self._new_originals, []
        self.appended = Counter()
        self._new_note = None
        self._note = note if extend else None
        if earlier:
            with _disk(earlier.place):
                keep_extension(earlier.place)
        self._seal_pending()
        self._settle(originals)
        return result

    def _extended(self, snapshot_id: int | None) -> _Note | None:
        note = self._note
        if note is None or note.snapshot_id != snapshot_id or self._pending:
            return None
        enough = note.commits >= MOST_EXTENSIONS or len(note.data) >= _NOTE_LIMIT
        return None if enough else note

    def _tell(
        self,
        connection: Connection,
        before: Marks,
        parts: list[Part],
        snapshot_id: int | None,
        intake_id: int | None,
        earlier: _Note | None,
    ) -> _Note:
        told = describe(connection, before, parts, snapshot_id, intake_id)
        data = note_bytes(told)
        sha256 = bytes_sha256(data)
        place = self._new_note = note_place(self.archive.path, told.number)
        commits = earlier.commits + 1 if earlier else 1
        note = _Note(told.number, place, data, sha256, before, parts, snapshot_id, commits)
        with _disk(place):
            if earlier:
                extend_note(place, data, earlier.data)
            else:
                self._note = None
                write_synced(place, data)
        row = (told.written, sha256, told.number)
        run_tuples(connection, _EXTEND_NOTE if earlier else _ADD_NOTE, [row])
        return note

    def _is_committed(self, note: _Note) -> bool:
        with suppress(ArchiveError), self.archive.catalogue.read() as connection:
            found = select(commit_note.c.sha256).where(commit_note.c.id == note.number)
            return connection.scalar(found) == note.sha256
        return False

    def touched(self) -> list[str]:
        """Give the files the next `commit` takes note of, by path and in its order."""
        return [file.path for file in self._touched()]

    def _touched(self) -> list[_OpenFile]:
        return [*self._pending, *([self._current] if self._current else [])]

    def roll_back(self) -> None:
        """Forget what was appended, adopted and kept since the last commit.

        What cannot be undone, on a failing disk, is left for the next writer; this one then
        refuses to write any more.
        """
        self.appended = Counter()
        try:
            self._undo()
        except OSError as error:
            _log.warning("the next writer will clear up what was not committed: %s", error)
            for file in (*self._pending, self._current):
                if file and file.handle:
                    file.handle.close()
            self._pending, self._current, self._new_note = [], None, None
            self._new_originals.clear()
            self._broken = True

    def _check(self) -> None:
        if self._broken:
            raise NotWritableError(
                str(self.archive.path), "an earlier failure could not be undone; begin again"
            )

    def _undo(self) -> None:
        note, self._note = self._note, None  # what comes next begins one
        if self._new_note:  # before the bytes it tells of
            if note:
                take_back_extension(note.place)
            else:
                self._new_note.unlink(missing_ok=True)
                sync_folder(self._new_note.parent)
            self._new_note = None
        for file in (*self._pending, self._current):
            if file is None or file.known:
                continue
            if file.handle:
                file.handle.close()
            file.place.unlink(missing_ok=True)
        self._pending = [file for file in self._pending if file.known]
        if self._current and not self._current.known:
            self._current = None
        for file in (*self._pending, self._current):
            if file and file.handle:
                file.handle.truncate(file.committed)
                file.handle.seek(file.committed)
        for sha256 in self._new_originals:
            self._open_original(sha256).unlink(missing_ok=True)
        self._new_originals.clear()

    def close(self) -> None:
        """Seal what was committed, forget the rest, and let others write."""
        try:
            self.roll_back()
            if self._current:
                self._pending.append(self._current)
                self._current = None
            self._seal_pending()
        finally:
            self._lock.release()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Files

    def _begin(self) -> _OpenFile:
        path = self._path(self.archive.settings.name, datetime.now(UTC), ".warc.gz")
        place = self._open_place(path)
        with _disk(place), _removed_on_error(place):
            handle = _Appended(place, "xb")
            try:
                write_record(handle, self._warcinfo(Path(path).name))
                sync_folder(place.parent)
            except BaseException:
                handle.close()
                raise
        return _OpenFile(path, place, 0, handle)

    def _warcinfo(self, filename: str) -> NewRecord:
        # Source: ISO 28500, clause 6.2.
        settings = self.archive.settings
        facts = {
            "software": software_name(),
            "format": "WARC File Format 1.1",
            "isPartOf": settings.name,
            "publisher": settings.institution,
            **self._facts,
        }
        return NewRecord(
            type="warcinfo",
            id=record_id(),
            date=datetime.now(UTC),
            target=None,
            content_type="application/warc-fields",
            block="".join(f"{name}: {value}\r\n" for name, value in facts.items()).encode(),
            fields=(("WARC-Filename", filename),),
        )

    def _path(self, name: str, moment: datetime, ending: str) -> str:
        # NAME-YYYYMMDDhhmmss-NNNNN-ID; the id keeps names apart that were made in one second.
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "warc"
        with self.archive.catalogue.read() as connection:
            number = next_id(connection, warc_file) + len(self._pending)
        stamp = format_timestamp(moment)
        return (
            f"warcs/{stamp[:4]}/{stamp[4:6]}/{slug}-{stamp}-{number:05}-{uuid4().hex[:8]}{ending}"
        )

    def _open_place(self, path: str) -> Path:
        return self.archive.path / OPEN / (Path(path).name + ".open")

    def _length(self, file: _OpenFile) -> int:
        return file.handle.tell() if file.handle else file.committed

    def _seal_pending(self) -> None:
        # What fails here is committed all the same: the next writer opened will seal it.
        while self._pending:
            file = self._pending.pop()
            try:
                self._seal(file)
            except ArchiveError as error:
                _log.warning("%s stays unsealed for now: %s", file.path, error)

    def _settle(self, originals: list[str]) -> None:
        # As with sealing: what stays behind is settled by the next writer opened.
        try:
            self._move_originals(originals)
        except NotWritableError as error:
            _log.warning("originals stay in %s for now: %s", OPEN, error)

    def _move_originals(self, originals: Iterable[str]) -> None:
        folders = set()
        for sha256 in originals:
            final = self.archive.path / original_path(sha256)
            with _disk(final):
                final.parent.mkdir(exist_ok=True)
                self._open_original(sha256).replace(final)
            folders.add(final.parent)
        with _disk(self.archive.path / OPEN):
            for folder in sorted(folders):
                sync_folder(folder)

    def _seal(self, file: _OpenFile) -> None:
        if file.handle:
            file.handle.close()
        final = self.archive.path / file.path
        with _disk(final):
            place = file.place if file.place.exists() else final
            sha256 = file.sha256 or file_sha256(place)
            self._write_manifest(file.path, sha256, file.committed)
            final.parent.mkdir(parents=True, exist_ok=True)
            if place != final:
                place.chmod(0o444)
                place.replace(final)
                sync_folder(final.parent)
                sync_folder(place.parent)
        with self.archive.catalogue.write() as connection:
            connection.execute(
                update(warc_file)
                .where(warc_file.c.path == file.path)
                .values(sealed=1, sha256=sha256)
            )

    def _write_manifest(self, path: str, sha256: str, size: int) -> None:
        manifest = {"path": path, "size": size, "sha256": sha256, "algorithm": "sha256"}
        place = self.archive.path / "manifests" / (Path(path).name + ".json")
        write_synced(place, json.dumps(manifest, indent=1).encode() + b"\n")
        line = f"{sha256}  {path}\n"
        listing = self.archive.path / _LIST
        listed = listing.read_bytes() if listing.exists() else b""
        if line.encode() in listed:
            return
        with _Appended(listing, "ab") as file:
            file.truncate(listed.rfind(b"\n") + 1)  # half a line, if the disk was full
            file.write(line.encode())
            os.fsync(file.fileno())

    # After an interruption

    def _recover(self) -> None:
        if erasure := settle(self.archive):  # before its note is taken for one without a commit
            message = f"erasure {erasure} had been cut short, and is complete now"
            self.recovered.append(Problem("interrupted-run", message, JOURNAL))
        with self.archive.catalogue.read() as connection:
            unfinished = connection.execute(
                select(warc_file.c.path, warc_file.c.committed_length).where(
                    warc_file.c.sealed == 0
                )
            ).all()
            last = select(commit_note.c.id, commit_note.c.sha256)
            committed = connection.execute(last.order_by(commit_note.c.id.desc()).limit(1)).first()
        settle_notes(self.archive.path, *(committed or (0, "")))
        known = set()
        for path, length in unfinished:
            place = self._open_place(path)
            known.add(place)
            if not place.exists():
                place = self.archive.path / path
            if not place.exists():
                raise DamagedError(str(place), "the file is missing")
            size = place.stat().st_size
            if size < length:
                raise DamagedError(
                    str(place), f"{size} bytes where {length} were committed, so some were lost"
                )
            if size > length:
                self._quarantine(place, length, "an interrupted run left an unfinished tail")
            self._seal(_OpenFile(path, place, length, None, known=True))
        self._sweep(known)
        if self.recovered:
            self.commit(self._store_recovered)

    def _decide(self) -> None:
        if put_in_force(self.archive):
            message = "an interrupted run left a decision that was not in force; now it is"
            found = [Problem("interrupted-run", message, JOURNAL)]
            self.recovered.extend(found)
            self.commit(lambda connection: store_problems(connection, None, found))

    def _sweep(self, known: set[Path]) -> None:
        for place in sorted((self.archive.path / OPEN).iterdir()):
            if place.suffix == ".copy" or place.name.endswith(f"{ORIGINAL}.new"):
                place.unlink()  # half a copy of a file that is still where it came from
            elif place.suffix == ORIGINAL and self._is_original(place.stem):
                self._move_originals([place.stem])
            elif place.suffix == ORIGINAL:
                place.unlink()  # a whole copy of one that was never committed
            elif place not in known and place.stat().st_size == 0:
                place.unlink()
            elif place not in known:
                self._quarantine(
                    place, 0, "an interrupted run left a file that was never committed"
                )

    def _is_original(self, sha256: str) -> bool:
        with self.archive.catalogue.read() as connection:
            found = select(original.c.sha256).where(original.c.sha256 == sha256)
            return connection.scalar(found) is not None

    def _quarantine(self, place: Path, committed: int, reason: str) -> None:
        # The tail is copied and synced before it is cut, so that it is never in neither place.
        size = place.stat().st_size
        kept = self.archive.path / _QUARANTINE / f"{place.name.removesuffix('.open')}-{committed}"
        with _disk(kept):
            with place.open("r+b") as file:
                file.seek(committed)
                with _Appended(kept, "wb") as out:
                    while part := file.read(1 << 20):
                        out.write(part)
                    os.fsync(out.fileno())
                note = {"from": place.name, "offset": committed, "length": size - committed}
                write_synced(
                    kept.with_name(kept.name + ".json"),
                    json.dumps(note | {"reason": reason}, indent=1).encode() + b"\n",
                )
                if committed:
                    file.truncate(committed)
                    os.fsync(file.fileno())
            if not committed:
                place.unlink()
            sync_folder(place.parent)
        where = kept.relative_to(self.archive.path)
        message = f"{reason}; {size - committed} bytes moved to {where}"
        self.recovered.append(
            Problem("interrupted-run", message, place.name, committed, size - committed)
        )

    def _store_recovered(self, connection: Connection) -> None:
        store_problems(connection, None, self.recovered)


def store_problems(connection: Connection, intake_id: int | None, problems: list[Problem]) -> None:
    """Write problem rows; of an intake, or of the archive as a whole when `intake_id` is None."""
    if not problems:
        return
    first = next_id(connection, problem)
    noted = int(format_timestamp(datetime.now(UTC)))
    connection.execute(
        insert(problem),
        [
            {
                "id": first + number,
                "intake_id": intake_id,
                "noted": noted,
                "code": found.code,
                "message": found.message,
                "file": found.file,
                "record_offset": found.offset,
                "record_length": found.length,
                "url": found.url,
            }
            for number, found in enumerate(problems)
        ],
    )


_ADD_NOTE = "INSERT INTO commit_note (written, sha256, id) VALUES (?, ?, ?)"
_EXTEND_NOTE = "UPDATE commit_note SET written = ?, sha256 = ? WHERE id = ?"


def _note_file(connection: Connection, file: _OpenFile, length: int) -> Part:
    if file.known:
        if length > file.committed:
            row = (length, file.id)
            run_tuples(connection, "UPDATE warc_file SET committed_length = ? WHERE id = ?", [row])
        return Part(file.id, file.path, file.created, file.adopted, file.committed, length)
    file.id = next_id(connection, warc_file)
    file.created = int(format_timestamp(datetime.now(UTC)))
    connection.execute(
        insert(warc_file).values(
            id=file.id,
            path=file.path,
            sealed=0,
            committed_length=length,
            sha256="",
            created=file.created,
            adopted=int(file.adopted),
        )
    )
    return Part(file.id, file.path, file.created, file.adopted, 0, length)


def _joined(told: list[Part], more: list[Part]) -> list[Part]:
    # Parts of a note and those of the commit that extends it: there is one for each file.
    found = {part.id: part for part in told}
    for part in more:
        before = found.get(part.id)
        found[part.id] = replace(before, end=part.end) if before else part
    return list(found.values())


@contextmanager
def _removed_on_error(place: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        place.unlink(missing_ok=True)
        raise


@contextmanager
def _disk(place: Path) -> Iterator[None]:
    try:
        yield
    except NotWritableError:
        raise
    except OSError as error:
        raise _not_writable(place, error) from error


def _not_writable(place: Path, error: OSError) -> NotWritableError:
    return NotWritableError(str(place), error.strerror or str(error))
