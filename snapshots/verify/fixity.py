"""Checking that the archive is what it was: files, digests, records, and the index over them.

A check changes nothing but the table `verification`, takes no lock, and may run while a writer
writes: it judges the archive as it was when the check began. What it finds are `Finding` values
with stable codes; see `snapshots.verify.findings`.
"""

import json
import os
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from archiver.digests import write_digest
from archiver.errors import ArchiveError, NoArchiveError
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.timestamps import format_timestamp
from snapshots.archive import Archive
from snapshots.catalogue import next_id
from snapshots.commits import committed_note
from snapshots.disk import file_sha256
from snapshots.erasure.completing import is_unfinished
from snapshots.erasure.register import Moves, moves_of
from snapshots.index import KIND_CODES
from snapshots.tables import commit_note, verification
from snapshots.verify.deep import compare_rebuilt
from snapshots.verify.findings import Finding, Level, Severity
from snapshots.verify.scratch import Entry, KeptFile, Scratch

__all__ = ["Verdict", "verify"]

_LIST = "manifests/manifest-sha256.txt"
_KEPT_FINDINGS = 100  # of one file; the numbers of all are kept
_TRIES = 20  # to see a note and the catalogue agree while a crawl extends it
_FLUSH = 200  # results written to the catalogue at once
_DOUBTS = frozenset(["bad-date", "broken-chunking", "digest-over-framing", "no-target"])
_DIGESTS = frozenset(["block-digest", "payload-digest"])

Tick = Callable[[int, int], object]
Found = Callable[[Finding], object]


@dataclass(slots=True)
class Verdict:
    """What a check came to.

    Attributes:
        level: how deep it went.
        began: 14 digits.
        counts: files, bytes, records and rows looked at; problems known since ingest.
        codes: how often each code was found.
        warnings: how many findings were warnings.
        damage: how many findings were damage.
        not_kept: why the results could not be kept in the catalogue; empty when they were.
    """

    level: Level
    began: str
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    damage: int = 0
    not_kept: str = ""

    @property
    def status(self) -> int:
        """0 when all is sound, 1 with warnings, 2 with damage."""
        return 2 if self.damage else 1 if self.warnings else 0


def verify(
    archive: Archive,
    level: Level = Level.RECORDS,
    *,
    since: datetime | None = None,
    against: Path | None = None,
    found: Found = lambda finding: None,
    tick: Tick = lambda done, of: None,
) -> Verdict:
    """Check the archive.

    Args:
        archive: the archive, which may be read-only: then the results are not kept.
        level: how deep to go.
        since: leave out files found sound at this level or deeper at that moment or later; the
            others are checked beginning with the one whose last check is the longest ago. What is
            not of one file is always checked.
        against: a copy of the archive folder, compared both ways by name, size and SHA-256.
        found: called with each finding as it is made.
        tick: called with the bytes done and to do.

    Raises:
        NoArchiveError: when `against` is not a copy of an archive.

    Constant memory, whatever the size of the archive; a scratch database in the folder for
    temporary files holds about 200 bytes a capture at the level ``records``.
    """
    if against is not None and not (against / "warcs").is_dir():
        raise NoArchiveError(str(against))
    with Scratch() as scratch:
        return _Check(archive, level, scratch, found, tick).run(since, against)


class _Check:
    """One check under way."""

    def __init__(
        self, archive: Archive, level: Level, scratch: Scratch, found: Found, tick: Tick
    ) -> None:
        self.archive = archive
        self.level = level
        self.scratch = scratch
        self.verdict = Verdict(level, format_timestamp(datetime.now(UTC)))
        self._tell = found
        self._tick = tick
        self._done = self._of = 0
        self._results: list[dict[str, Any]] = []
        self._here: list[Finding] = []  # of what is being looked at
        self._counted: Counter[str] = Counter()
        self._counts = self.verdict.counts
        self._moves: dict[int, Moves] = {}

    def run(self, since: datetime | None, against: Path | None) -> Verdict:
        deep_read = self.level in (Level.RECORDS, Level.DEEP)
        self.scratch.list_disk("archive", self.archive.path)
        listed = _listed(self.archive.path)
        try:
            with self.archive.catalogue.read() as connection:
                self.scratch.take(connection, entries=deep_read)
                self._moves = moves_of(connection)
                if since is not None:
                    self.scratch.take_checks(connection, self.level)
                if self.level is not Level.QUICK:
                    self._database(connection)
        except ArchiveError as error:
            self._find("catalogue-damaged", "catalogue", str(error))
            return self._end()
        if is_unfinished(self.archive.path):
            self._find("erasure-unfinished", "erasing", "an erasure was cut short, or is under way")
        self._strangers()
        self._list(listed)
        begun = None if since is None else int(format_timestamp(since))
        self._of = self.scratch.total(begun)[1]
        if self.level is Level.QUICK:
            for file in self.scratch.files(begun):
                self._file(file)
        else:
            whole, self._here = self._here, []
            for file in self.scratch.files(begun):
                self._file(file)
                self._keep(file.path)
            self._here = whole
        if self.level is Level.DEEP:
            self._deep()
        if against is not None:
            self._against(against)
        return self._end()

    def _end(self) -> Verdict:
        self._keep("")
        self._flush()
        return self.verdict

    # The archive as a whole

    def _database(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            said = connection.exec_driver_sql("PRAGMA quick_check(10)").scalars().all()
            for line in said:
                if line != "ok":
                    self._find("catalogue-damaged", "catalogue", str(line))

    def _strangers(self) -> None:
        begun = _writer_began(self.archive.path)
        for path, written in self.scratch.unknown():
            if begun is None or written < begun:  # else it may be what is being written
                self._find("unknown-file", path, "the catalogue does not know this file")

    def _list(self, before: dict[str, str] | None) -> None:
        # Read before the catalogue it must tell nothing else; read after it, it must tell all.
        now = _listed(self.archive.path)
        sealed = False
        for file in self.scratch.files():
            if file.kind != "warc" or not file.sealed:
                continue
            sealed = True
            if now is not None and file.path not in now:
                self._find("list-differs", _LIST, f"the list lacks {file.path}")
            elif now is not None and now[file.path] != file.sha256:
                message = f"the list states {now[file.path]} for {file.path}, not {file.sha256}"
                self._find("list-differs", _LIST, message)
        if now is None and sealed:
            self._find("list-missing", _LIST, "there is no list of digests")
        for path in before or {}:
            if self.scratch.file(path) is None:
                message = f"the list names {path}, which the catalogue does not know"
                self._find("list-differs", _LIST, message)

    def _deep(self) -> None:
        for finding in compare_rebuilt(self.archive, self._counts):
            self._found(finding)

    def _against(self, copy: Path) -> None:
        self.scratch.list_disk("copy", copy)
        begun = _writer_began(self.archive.path)
        for path, ours, theirs in self.scratch.between("archive", "copy"):
            self._counts["compared"] += 1
            if theirs is None:
                if begun is None or self.scratch.file(path):
                    self._find("copy-lacks", path, f"is not in {copy}")
            elif ours is None:
                self._find("copy-has-more", path, f"is in {copy}, and not here")
            elif ours != theirs:
                message = f"{ours} bytes here, {theirs} in {copy}"
                self._find("copy-size", path, message + self._right(path, copy))
            else:
                self._same(path, copy)

    def _same(self, path: str, copy: Path) -> None:
        try:
            theirs = file_sha256(copy / path)
            ours = self.scratch.digest_now(path) or file_sha256(self.archive.path / path)
        except OSError as error:
            self._find("unreadable-file", path, f"{error.filename}: {error.strerror}")
            return
        if ours != theirs:
            message = f"SHA-256 {ours} here, {theirs} in {copy}"
            self._find("copy-differs", path, message + self._right(path, copy))

    def _right(self, path: str, copy: Path) -> str:
        known = self.scratch.file(path)
        if known is None or not known.sha256:
            return ""
        for place, name in ((self.archive.path, "the archive's"), (copy, "the copy's")):
            try:
                if file_sha256(place / path) == known.sha256:
                    return f"; {name} matches the digest of the catalogue"
            except OSError:
                continue
        return "; neither matches the digest of the catalogue"

    # One file

    def _file(self, file: KeptFile) -> None:
        self._counted["files"] += 1
        place = (
            self.archive.locate(file.path)
            if file.kind != "note"
            else (self.archive.path / file.path)
        )
        try:
            size = place.lstat().st_size
        except FileNotFoundError:
            self._find("missing-file", file.path, f"{_NAMES[file.kind]} is missing")
            self._advance(file.size or 0)
            return
        self._counted["bytes"] += size
        if file.size is not None and size < file.size:
            self._find("short-file", file.path, f"{size} bytes where there should be {file.size}")
        elif file.size is not None and size > file.size and file.sealed:
            self._find("long-file", file.path, f"{size} bytes where there should be {file.size}")
        if file.kind == "warc" and file.sealed:
            self._manifest(file)
        if self.level is Level.QUICK:
            return
        try:
            self._bytes(file, place)
        except OSError as error:
            self._find("unreadable-file", file.path, error.strerror or str(error))
        self._advance(file.size or 0)

    def _manifest(self, file: KeptFile) -> None:
        name = f"manifests/{Path(file.path).name}.json"
        try:
            stated = json.loads((self.archive.path / name).read_bytes())
            facts = (stated["path"], stated["size"], stated["sha256"])
        except FileNotFoundError:
            self._find("manifest-missing", name, f"{file.path} has no manifest")
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._find("manifest-unreadable", name, f"not a manifest: {error!r}")
            return
        names = ("path", "size", "sha256")
        for fact, ours, known in zip(
            names, facts, (file.path, file.size, file.sha256), strict=True
        ):
            if ours != known:
                message = f"{fact} is {ours} in the manifest and {known} in the catalogue"
                self._find("manifest-differs", name, message)

    def _bytes(self, file: KeptFile, place: Path) -> None:
        sound = True
        if file.sealed:
            sha256 = file_sha256(place)
            self.scratch.note_digest(file.path, sha256)
            sound = sha256 == file.sha256 or (file.kind == "note" and self._extended(file, place))
            if not sound:
                message = f"SHA-256 is {sha256}, and was {file.sha256}"
                self._find("changed-file", file.path, message)
        if file.kind == "warc" and self.level is not Level.FILES:
            self._records(file, place)

    def _extended(self, file: KeptFile, place: Path) -> bool:
        # A crawl may have extended the note since the check began; it does so many times a second.
        number = int(place.stem)
        for _ in range(_TRIES):
            with self.archive.catalogue.read() as connection:
                query = select(commit_note.c.sha256).where(commit_note.c.id == number)
                now: str | None = connection.scalar(query)
            if now is None:
                return False
            if committed_note(self.archive.path, number, now) is not None:
                return True
        return False

    def _records(self, file: KeptFile, place: Path) -> None:
        assert file.warc_id is not None  # noqa: S101 - every WARC file has one
        reading = WarcReading(place, file.path, end=file.size, any_year=not file.adopted)
        entries = self.scratch.entries(file.warc_id)
        waiting = next(entries, None)
        for found in reading:
            if isinstance(found, Problem):
                self._problem(file, found)
                continue
            while waiting and waiting.offset < found.offset:
                self._astray(file, waiting)
                waiting = next(entries, None)
            if waiting and waiting.offset == found.offset:
                self._entry(file, waiting, found)
                waiting = next(entries, None)
            else:
                message = f"the record of {found.timestamp} is not in the index"
                self._find("record-unlisted", file.path, message, found.offset, found.url)
        while waiting:
            self._astray(file, waiting)
            waiting = next(entries, None)
        self._counted["records"] += sum(reading.counts.values())

    def _problem(self, file: KeptFile, found: Problem) -> None:
        # A body that came with bad framing was told of at ingest, by its place in the input.
        ours = not file.adopted and found.code == "broken-chunking"
        offset, moves = found.offset, self._moves.get(file.warc_id or 0)
        if moves and offset is not None:
            offset = moves.taken(offset)
        if ours or self.scratch.is_known(found.code, offset, found.length):
            self._counted["known"] += 1
            return
        code = found.code
        if code not in _DIGESTS:
            code = "doubtful-record" if code in _DOUBTS else "damaged-record"
        message = f"{found.code}: {found.message}"
        self._find(code, file.path, message, found.offset, found.url)

    def _astray(self, file: KeptFile, entry: Entry) -> None:
        message = f"the index lists a capture of {entry.timestamp:014} where no record was read"
        self._find("entry-astray", file.path, message, entry.offset, entry.url)

    def _entry(self, file: KeptFile, entry: Entry, record: Capture) -> None:
        kinds = {code: kind.value for kind, code in KIND_CODES.items()}
        for code, listed, recorded in (
            ("entry-url", entry.url, record.url),
            ("entry-date", f"{entry.timestamp:014}", record.timestamp),
            ("entry-kind", kinds.get(entry.kind, entry.kind), record.kind.value),
            ("entry-status", entry.status, record.status),
            ("entry-type", entry.media_type, record.media_type),
            ("entry-digest", _digest(entry.digest), record.digest),
            ("entry-length", entry.length, record.length),
        ):
            if listed != recorded:
                message = f"{listed} in the index, {recorded} in the file"
                self._find(code, file.path, message, entry.offset, record.url)

    # Findings and results

    def _find(
        self, code: str, file: str, message: str, offset: int | None = None, url: str | None = None
    ) -> None:
        self._found(Finding(code, file, message, offset, url))

    def _found(self, finding: Finding) -> None:
        self.verdict.codes[finding.code] += 1
        if finding.severity is Severity.DAMAGE:
            self.verdict.damage += 1
        else:
            self.verdict.warnings += 1
        self._here.append(finding)
        self._tell(finding)

    def _advance(self, size: int) -> None:
        self._done += size
        self._tick(self._done, self._of)

    def _keep(self, what: str) -> None:
        grave = sum(finding.severity is Severity.DAMAGE for finding in self._here)
        shown = [
            {name: value for name, value in asdict(finding).items() if value is not None}
            for finding in self._here[:_KEPT_FINDINGS]
        ]
        self._counts.update(self._counted)
        self._results.append(
            {
                "checked": int(self.verdict.began),
                "level": self.level.value,
                "what": what,
                "warnings": len(self._here) - grave,
                "damage": grave,
                "counts": json.dumps(dict(sorted(self._counted.items()))),
                "findings": json.dumps(shown, ensure_ascii=False),
            }
        )
        self._here, self._counted = [], Counter()
        if len(self._results) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        results, self._results = self._results, []
        if self.verdict.not_kept or not results:
            return
        try:
            with self.archive.catalogue.write() as connection:
                first = next_id(connection, verification)
                rows = [row | {"id": first + number} for number, row in enumerate(results)]
                connection.execute(insert(verification), rows)
        except ArchiveError as error:
            self.verdict.not_kept = str(error)


_NAMES = {"warc": "a WARC file", "original": "an original", "note": "the note of a commit"}


def _digest(raw: bytes) -> str:
    return write_digest(raw) if len(raw) in (0, 16, 20, 32) else raw.hex()


def _listed(root: Path) -> dict[str, str] | None:
    try:
        lines = (root / _LIST).read_text("utf-8", "backslashreplace").splitlines()
    except OSError:
        return None
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def _writer_began(root: Path) -> float | None:
    # A writer notes itself in the lock file when it begins and wipes it out at its end.
    place = root / "lock"
    try:
        held = json.loads(place.read_text("utf-8"))
        if held["host"] == socket.gethostname():
            os.kill(held["pid"], 0)
    except ProcessLookupError:  # it was killed
        return None
    except PermissionError:
        pass  # it lives, under another user
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place.stat().st_mtime
