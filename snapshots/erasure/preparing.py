"""Erasing captures for good, as a court may order: the one thing here that cannot be undone.

`selection` finds what goes; here it is prepared and decided; `completing` carries it out, now or,
after an interruption, with the next writer. A withdrawal, which destroys nothing, is
`snapshots.withdrawals`.

What a file system or a database server keeps elsewhere, freed blocks, snapshots, logs, backups, is
beyond this: see the guide for archivists.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from archiver.errors import ArchiveError, DamagedError, InputError, NotWritableError
from archiver.records import Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp
from snapshots import journal
from snapshots.archive import Archive
from snapshots.commits import CommitNote, note_bytes, note_name, read_notes
from snapshots.disk import bytes_sha256, sync_folder, write_synced
from snapshots.erasure.completing import FOLDER, NewFile, Prepared, settle, write_plan
from snapshots.erasure.quoting import Quoting
from snapshots.erasure.register import Erasure, erasures, moves_of
from snapshots.erasure.selection import Going, Order, Selection, select_records
from snapshots.erasure.stubs import Stub, rewrite
from snapshots.tables import media_type, url, warc_file
from snapshots.withdrawals import Decision
from snapshots.writer import Writer

__all__ = ["erase", "hindrances"]

_AT_ONCE = 500

Forget = Callable[[Connection, list[tuple[int, int, int]], set[str]], object]


def hindrances(order: Order, found: Selection) -> list[str]:
    """Say what keeps an order from being carried out: each with what to do about it."""
    said = []
    if not found.records:
        return ["nothing that is archived is meant; see what there is with: marsham list"]
    if found.copies and not (order.copies or order.only_these):
        said.append(
            f"the same content is in other captures as well ({len(found.copies)}); erase them too "
            "with --copies, or leave them with --only-these"
        )
    parts = [one for one in found.originals if one.others]
    if parts and not order.originals:
        said.append(
            f"what is kept under originals/ holds it together with other captures ({len(parts)}), "
            "and cannot be cut: without --originals, which destroys it whole, nothing is erased"
        )
    if order.address_too and found.standing:
        said.append(
            f"{found.standing[0]} cannot go from the archive while captures or stubs of it stay; "
            "erase all of its captures at once, or leave --address-too out"
        )
    return said


def erase(
    archive: Archive,
    order: Order,
    decision: Decision,
    *,
    forget: Forget,
    expected: int | None = None,
) -> Erasure:
    """Erase captures with all that belongs to them; it cannot be undone.

    Args:
        archive: the archive; its lock is held meanwhile.
        order: what is to go; see `Order`.
        decision: who decided it and why; readers are told both.
        forget: takes what was read out of captures, given by their keys and addresses, from the
            tables of the floor above; called before anything else is changed.
        expected: how many captures somebody agreed to; None to ask nobody.

    Raises:
        LockedError: when another process writes to the archive.
        InputError: when reason or authority are missing, when something hinders it (see
            `hindrances`), or when another number of captures is meant now; nothing was changed.
        DamagedError: when files or notes are not as the catalogue knows them.
        ArchiveError: when a disk or database failed; where it was decided already, the next writer
            completes it.
    """
    reason, authority = (" ".join(text.split()) for text in (decision.reason, decision.authority))
    if not (reason and authority):
        raise InputError("give a reason and an authority: readers are told both")
    if order.scope.kind == "value":
        raise InputError("a value is not erased; name addresses, and see: marsham withdraw --value")
    with Writer(archive):
        found = select_records(archive, order)
        if hindering := hindrances(order, found):
            raise InputError("; ".join(hindering))
        if expected is not None and len(found.captures) != expected:
            raise InputError(
                f"{len(found.captures)} captures are meant now, not {expected}: the archive "
                "changed meanwhile; look again"
            )
        if order.address_too and any(address in f"{reason} {authority}" for address in found.urls):
            raise InputError("the reason is shown to readers; it must not repeat the address")
        number = _next_number(archive)
        keys = [(one.url_id, int(one.capture.timestamp), one.seq) for one in found.captures]
        with archive.catalogue.write() as connection:
            forget(connection, keys, found.urls)
        try:
            entry = _Preparing(archive, order, found, number, reason, authority).run()
        except BaseException:
            with suppress(ArchiveError):
                settle(archive)  # clears it away, as nothing is decided
            raise
        journal.append(archive.path / journal.JOURNAL, entry)
        try:
            settle(archive)
        except ArchiveError as error:
            raise ArchiveError(
                f"erasure {number} is decided, and not complete yet: {error}; the next command "
                "that writes, such as marsham extract, completes it"
            ) from error
    with archive.catalogue.read() as connection:
        return next(one for one in erasures(connection) if one.number == number)


def _next_number(archive: Archive) -> int:
    # What the catalogue knows and the journal does not was lost from the journal.
    place = archive.path / journal.JOURNAL
    try:
        made = {one["number"] for one in journal.entries(place) if one.get("type") == "erasure"}
    except OSError as error:
        raise ArchiveError(f"{place} cannot be read: {error.strerror or error}") from error
    with archive.catalogue.read() as connection:
        lost = {one.number for one in erasures(connection)} - made
    if lost:
        raise DamagedError(str(place), f"it has lost erasure {', '.join(map(str, sorted(lost)))}")
    return max(made, default=0) + 1


class _Preparing:
    """Makes everything that is to be put in place, below ``erasing/``."""

    def __init__(
        self,
        archive: Archive,
        order: Order,
        found: Selection,
        number: int,
        reason: str,
        authority: str,
    ) -> None:
        self.archive = archive
        self.order = order
        self.found = found
        self.number = number
        self.reason = reason
        self.authority = authority
        self.at = datetime.now(UTC).replace(microsecond=0)
        self.staged: list[tuple[str, str]] = []
        self.files: list[NewFile] = []
        self.changed: list[dict[str, Any]] = []  # of WARC files, for the journal
        self.erased: list[dict[str, Any]] = []  # rows

    def run(self) -> dict[str, Any]:
        """Prepare it, and give the entry for the journal."""
        folder = self.archive.path / FOLDER
        try:
            folder.mkdir()
            sync_folder(self.archive.path)
            with self.archive.catalogue.read() as connection:
                self._warc_files(connection)
                note, sha256 = self._notes(connection)
            gone = [one.sha256 for one in self.found.originals]
            removed = [one.path for one in self.found.originals]
            for tail in self.found.quarantine:
                removed += [tail, f"{tail}.json"]
            problems = tuple(self.found.problems)
            with self.archive.catalogue.read() as connection:
                quoting = Quoting(connection, self.found.captures)
                decisions = self.archive.path / journal.JOURNAL
                redacted = journal.redacted(decisions, quoting.quotes)
            prepared = Prepared(
                self.number,
                note.number,
                tuple(self.staged),
                tuple(self.files),
                tuple(removed),
                tuple(gone),
                problems,
                tuple(self.found.pages),
                tuple(redacted.items()),
            )
            write_plan(self.archive.path, prepared)
        except OSError as error:
            place = error.filename or str(folder)
            raise NotWritableError(place, error.strerror or str(error)) from error
        scope = self.order.scope
        return {
            "type": "erasure",
            "number": self.number,
            "at": format_timestamp(self.at),
            "kind": scope.kind,
            "target": "" if self.order.address_too else scope.target,
            "first": scope.first,
            "last": scope.last,
            "reason": self.reason,
            "authority": self.authority,
            "address_too": self.order.address_too,
            "copies": self.order.copies,
            "captures": len(self.found.captures),
            "records": len(self.found.records),
            "files": self.changed,
            "originals": len(gone),
            "quarantine": len(self.found.quarantine),
            "commit": note.number,
            "note": sha256,
            "notes": {note_name(number): list(pair) for number, pair in note.redacted.items()},
            "decisions": [[was, bytes_sha256(now.encode())] for was, now in redacted.items()],
            "tool": software_name(),
        }

    # WARC files

    def _warc_files(self, connection: Connection) -> None:
        by_path: dict[str, list[Going]] = {}
        for going in self.found.records:
            by_path.setdefault(going.record.path, []).append(going)
        moves = moves_of(connection)
        for path, those in by_path.items():
            query = select(warc_file).where(warc_file.c.path == path)
            row = connection.execute(query).one()
            source = self.archive.path / path
            if not row.sealed or source.stat().st_size != row.committed_length:
                raise DamagedError(str(source), "it is not as the catalogue knows it")
            name = source.name
            stubs = [self._stub(going) for going in those]
            made = rewrite(source, self.archive.path / FOLDER / name, stubs, self._why())
            self.staged.append((name, path))
            self.files.append(NewFile(row.id, path, made.size, made.sha256))
            self.changed.append(
                {
                    "path": path,
                    "records": len(those),
                    "was": {"size": row.committed_length, "sha256": row.sha256},
                    "is": {"size": made.size, "sha256": made.sha256},
                }
            )
            shifts = moves.get(row.id)
            for going, length in zip(those, made.lengths, strict=True):
                at = going.record.offset
                self.erased.append(self._row(going, shifts.taken(at) if shifts else at, length))

    def _stub(self, going: Going) -> Stub:
        record = going.record
        return Stub(
            record.offset,
            record.length,
            record.type,
            record.id,
            record.moment(self.at),
            None if self.order.address_too else record.target or None,
        )

    def _why(self) -> list[tuple[str, str]]:
        return [
            ("erased-on", self.at.strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("decision", f"erasure {self.number} of {journal.JOURNAL}"),
            ("authority", self.authority),
            ("reason", self.reason),
        ]

    def _row(self, going: Going, taken: int, length: int) -> dict[str, Any]:
        listed = going.listed
        return {
            "file_id": going.file_id,
            "taken_offset": taken,
            "taken_length": going.record.length,
            "record_length": length,
            "kind": listed.kind if listed else 0,
            "url_id": listed.url_id if listed else None,
            "timestamp": int(listed.capture.timestamp) if listed else None,
            "seq": listed.seq if listed else None,
            "media_type_id": listed.media_type_id if listed else None,
            "intake_id": going.intake_id,
            "erasure_id": self.number,
        }

    # Notes

    def _notes(self, connection: Connection) -> tuple[CommitNote, str]:
        """Stage the notes that lose rows, and the note of the erasure itself."""
        sums = {one.sha256 for one in self.found.originals}
        gone: dict[str, set[Any]] = {
            "problem": {(number,) for number in self.found.problems},
            "original": {(sha256,) for sha256 in sums},
            "listed_page": set(self.found.pages),
        }
        redacted: dict[int, tuple[str, str]] = {}
        number, last = 0, ""
        for read in read_notes(self.archive.path):
            if isinstance(read, Problem):
                raise DamagedError(str(self.archive.path / read.file), read.message)
            note, last = read
            number = note.number
            if kept := _without(note, gone):
                data = note_bytes(kept)
                redacted[number] = (last, bytes_sha256(data))
                last = redacted[number][1]
                self._stage(note_name(number), data)
        note = CommitNote(
            number=number + 1,
            previous=last,
            written=int(format_timestamp(self.at)),
            snapshot_id=None,
            parts=(),
            rows=dict(self._rows(connection)),
            redacted=redacted,
        )
        data = note_bytes(note)
        self._stage(note_name(note.number), data)
        return note, bytes_sha256(data)

    def _rows(self, connection: Connection) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        urls = {one.url_id: one.capture.url for one in self.found.captures}
        if self.order.address_too:
            yield "url", [_placeholder(number) for number in sorted(urls)]
        else:
            yield "url", _rows_of(connection, url, set(urls))
        types = {one.media_type_id for one in self.found.captures}
        yield "media_type", _rows_of(connection, media_type, types)
        yield "erased_record", self.erased

    def _stage(self, final: str, data: bytes) -> None:
        name = final.rpartition("/")[2]
        write_synced(self.archive.path / FOLDER / name, data)
        self.staged.append((name, final))


_REDACTED = {  # tables of which notes may lose rows, and what tells these apart
    "problem": ("id",),
    "original": ("sha256",),
    "listed_page": ("intake_id", "position"),
}


def _without(note: CommitNote, gone: dict[str, set[Any]]) -> CommitNote | None:
    # The note without rows that must go; None where it has none of them.
    rows = dict(note.rows)
    for table, keys in _REDACTED.items():
        going = gone[table]
        kept = [row for row in rows.get(table, []) if tuple(row[key] for key in keys) not in going]
        if len(kept) != len(rows.get(table, [])):
            rows[table] = kept
    return None if rows == note.rows else replace(note, rows=rows)


def _rows_of(connection: Connection, table: Any, ids: set[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        some = table.c.id.in_(ordered[start : start + _AT_ONCE])
        own = (column for column in table.c if column.computed is None)
        query = select(*own).where(some).order_by(table.c.id)
        found += [dict(row._mapping) for row in connection.execute(query)]
    return found


def _placeholder(number: int) -> dict[str, Any]:
    # Its id must stay taken; nothing else of the address is kept.
    text = f"erased:{number}"
    return {"id": number, "head": "", "urlkey": text, "shared": 1, "tail": ""}
