"""A scratch database for a check: what disk and catalogue say, held outside memory for a while.

The catalogue is read in one short transaction, so that a check that takes hours keeps no writer's
log from being cleared, and sees one state of the archive throughout.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, func, select

from snapshots.archive import original_path
from snapshots.catalogue import stream
from snapshots.commits import note_name
from snapshots.tables import (
    capture,
    commit_note,
    media_type,
    original,
    problem,
    url,
    verification,
    warc_file,
)
from snapshots.verify.findings import Level

__all__ = ["DISK", "Entry", "KeptFile", "Scratch"]

DISK = ("warcs", "originals", "manifests")
_OPEN = "warcs/open/"
_BATCH = 5_000
_LAYOUT = """
CREATE TABLE disk (side TEXT, path TEXT, size INTEGER, mtime REAL, PRIMARY KEY (side, path))
    WITHOUT ROWID;
CREATE TABLE kept (path TEXT PRIMARY KEY, kind TEXT, size INTEGER, sha256 TEXT, warc_id INTEGER,
    sealed INTEGER, adopted INTEGER, checked INTEGER, sha256_now TEXT) WITHOUT ROWID;
CREATE TABLE manifest (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE entry (warc_id INTEGER, offset INTEGER, url TEXT, timestamp INTEGER, kind INTEGER,
    status INTEGER, media_type TEXT, digest BLOB, length INTEGER);
CREATE TABLE known (offset INTEGER, code TEXT, length INTEGER);
CREATE INDEX entry_place ON entry (warc_id, offset);
CREATE INDEX known_place ON known (offset, code);
"""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as the catalogue knows it.

    Attributes:
        path: relative to the archive folder.
        kind: ``warc``, ``original`` or ``note``.
        size: in bytes, of an unfinished file what is committed; None when the catalogue does not
            tell.
        sha256: hex; empty for an unfinished file.
        warc_id: of a WARC file, its id.
        sealed: whether it is finished.
        adopted: whether it was copied in whole.
    """

    path: str
    kind: str
    size: int | None
    sha256: str
    warc_id: int | None = None
    sealed: bool = True
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the index, with the place it points at."""

    offset: int
    url: str
    timestamp: int
    kind: int
    status: int | None
    media_type: str
    digest: bytes
    length: int


class Scratch:
    """The scratch database; a context manager, gone when it is left."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="marsham-")
        self._base = sqlite3.connect(Path(self._folder.name) / "scratch.db", isolation_level=None)
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.executescript(_LAYOUT)
        self._base.create_function("name", 1, os.path.basename, deterministic=True)

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()
        self._folder.cleanup()

    def list_disk(self, side: str, root: Path) -> None:
        """Note every file below the archive's folders; `side` tells archive and copy apart."""
        self._fill("disk", 4, ((side, *found) for found in _walk(root)))

    def take(self, connection: Connection, *, entries: bool) -> None:
        """Note what the catalogue says, in the transaction of `connection`."""
        warcs = stream(connection, select(warc_file))
        self._keep(
            KeptFile(
                *(row.path, "warc", row.committed_length, row.sha256),
                *(row.id, bool(row.sealed), bool(row.adopted)),
            )
            for row in warcs
        )
        self._base.execute(
            "INSERT INTO manifest SELECT 'manifests/' || name(path) || '.json' FROM kept"
        )
        self._keep(
            KeptFile(original_path(row.sha256), "original", row.size, row.sha256)
            for row in stream(connection, select(original))
        )
        self._keep(
            KeptFile(note_name(row.id), "note", None, row.sha256)
            for row in stream(connection, select(commit_note))
        )
        if entries:
            self._fill("entry", 9, stream(connection, _ENTRIES))
            places = select(problem.c.record_offset, problem.c.code, problem.c.record_length)
            told = places.where(problem.c.record_offset.is_not(None))
            self._fill("known", 3, stream(connection, told))

    def take_checks(self, connection: Connection, level: Level) -> None:
        """Note when each file was last found sound at a level or deeper."""
        levels = [each.value for each in level.deep_enough]
        query = (
            select(func.max(verification.c.checked), verification.c.what)
            .where(verification.c.level.in_(levels), verification.c.damage == 0)
            .group_by(verification.c.what)
        )
        for checked, what in stream(connection, query):
            self._base.execute("UPDATE kept SET checked = ? WHERE path = ?", (checked, what))

    def files(self, since: int | None = None) -> Iterator[KeptFile]:
        """Give the files of the catalogue; with `since` those not checked since, oldest first."""
        names = "path, kind, size, sha256, warc_id, sealed, adopted"
        query = f"SELECT {names} FROM kept"  # noqa: S608 - nothing of it comes from outside
        if since is not None:
            query += f" WHERE coalesce(checked, 0) < {int(since)}"
        for row in self._each(query + " ORDER BY coalesce(checked, 0), kind DESC, path"):
            yield _kept(row)

    def file(self, path: str) -> KeptFile | None:
        """Give one file of the catalogue."""
        names = "path, kind, size, sha256, warc_id, sealed, adopted"
        query = f"SELECT {names} FROM kept WHERE path = ?"  # noqa: S608
        row = self._base.execute(query, (path,)).fetchone()
        return _kept(row) if row else None

    def total(self, since: int | None = None) -> tuple[int, int]:
        """Give the number of those files and the bytes in them."""
        query = "SELECT count(*), coalesce(sum(size), 0) FROM kept"
        if since is not None:
            query += f" WHERE coalesce(checked, 0) < {int(since)}"
        count, size = self._base.execute(query).fetchone()
        return count, size

    def note_digest(self, path: str, sha256: str) -> None:
        """Remember the SHA-256 a file has now."""
        self._base.execute("UPDATE kept SET sha256_now = ? WHERE path = ?", (sha256, path))

    def digest_now(self, path: str) -> str | None:
        """Give the SHA-256 a file was found to have in this check."""
        query = "SELECT sha256_now FROM kept WHERE path = ?"
        row = self._base.execute(query, (path,)).fetchone()
        return row[0] if row else None

    def unknown(self) -> Iterator[tuple[str, float]]:
        """Give files on disk that the catalogue does not know, with the time of their writing."""
        query = f"""
            SELECT path, mtime FROM disk WHERE side = 'archive' AND path NOT LIKE '{_OPEN}%'
            AND path <> 'manifests/manifest-sha256.txt'
            AND path NOT IN (SELECT path FROM kept) AND path NOT IN (SELECT path FROM manifest)
            ORDER BY path
        """  # noqa: S608
        yield from self._each(query)

    def entries(self, warc_id: int) -> Iterator[Entry]:
        """Give the entries that point into a WARC file, by their place in it."""
        names = "offset, url, timestamp, kind, status, media_type, digest, length"
        query = f"SELECT {names} FROM entry WHERE warc_id = {warc_id} ORDER BY offset"  # noqa: S608
        for row in self._each(query):
            yield Entry(*row)

    def is_known(self, code: str, offset: int | None, length: int | None) -> bool:
        """Tell whether a problem of this kind at this place was told at the time of ingest."""
        query = "SELECT 1 FROM known WHERE offset = ? AND code = ? AND length IS ? LIMIT 1"
        return self._base.execute(query, (offset, code, length)).fetchone() is not None

    def between(self, ours: str, theirs: str) -> Iterator[tuple[str, int | None, int | None]]:
        """Give every file on either side with its size on each; None where it is not."""
        names = "path, max(CASE side WHEN ? THEN size END), max(CASE side WHEN ? THEN size END)"
        query = f"""
            SELECT {names} FROM disk WHERE side IN (?, ?) AND path NOT LIKE '{_OPEN}%'
            AND path <> 'manifests/manifest-sha256.txt' AND path NOT LIKE '%.new'
            GROUP BY path ORDER BY path
        """  # noqa: S608
        yield from self._each(query, (ours, theirs, ours, theirs))

    def _keep(self, files: Iterable[KeptFile]) -> None:
        self._fill("kept", 9, ((*astuple(file), None, None) for file in files))

    def _fill(self, table: str, width: int, rows: Iterable[Iterable[object]]) -> None:
        marks = ", ".join("?" * width)
        self._base.execute("BEGIN")
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608
        self._base.executemany(statement, (tuple(row) for row in rows))
        self._base.execute("COMMIT")

    def _each(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        # With a cursor of its own, so that others may be asked meanwhile.
        cursor = self._base.cursor()
        cursor.execute(query, values)
        while rows := cursor.fetchmany(_BATCH):
            yield from rows


_ENTRIES = (
    select(
        capture.c.file_id,
        capture.c.record_offset,
        url.c.url,
        capture.c.timestamp,
        capture.c.kind,
        capture.c.status,
        media_type.c.name,
        capture.c.digest,
        capture.c.record_length,
    )
    .join(url, url.c.id == capture.c.url_id)
    .join(media_type, media_type.c.id == capture.c.media_type_id)
    .order_by(capture.c.file_id, capture.c.record_offset)
)


def _kept(row: tuple[Any, ...]) -> KeptFile:
    path, kind, size, sha256, warc_id, sealed, adopted = row
    return KeptFile(path, kind, size, sha256, warc_id, bool(sealed), bool(adopted))


def _walk(root: Path) -> Iterator[tuple[str, int, float]]:
    for top in DISK:
        for folder, _, names in os.walk(root / top):
            for name in names:
                place = Path(folder, name)
                try:
                    stat = place.lstat()
                except FileNotFoundError:  # a writer has moved it
                    continue
                path = os.fsencode(place.relative_to(root)).decode("utf-8", "backslashreplace")
                yield path, stat.st_size, stat.st_mtime
