"""Carrying out an erasure that has been decided, and completing one that was cut short.

All that is to be put in place stands ready and synced below ``erasing/`` before the decision is
written to the journal. From then on the erasure happens: every step can be done again, and whoever
writes next does those that are left. What was prepared and not decided is cleared away instead.

1. New WARC files and commit notes are renamed over the old ones, manifests are written. Decisions
   that quote the content lose what they quote.
2. Originals and unfinished tails that held the content are removed.
3. One transaction changes the catalogue.
4. The database is written anew, so that the content does not stay in pages it no longer uses, and
   catalogues that were moved aside are removed.
5. ``erasing/`` is removed.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    insert,
    inspect,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from archiver.errors import ArchiveError, NotWritableError
from snapshots import journal
from snapshots.archive import CATALOGUE, Archive
from snapshots.catalogue import Catalogue, insert_rows
from snapshots.commits import CommitNote, read_note
from snapshots.crawl.frontier import forget
from snapshots.disk import sync_folder, write_synced
from snapshots.erasure.register import Moves, erasures_of, moves_of, placed
from snapshots.rows import count_captures
from snapshots.settings import Settings
from snapshots.tables import (
    capture,
    commit_note,
    erased_record,
    erasure,
    listed_page,
    original,
    problem,
    stated_date,
    url,
    verification,
    warc_file,
)

__all__ = [
    "FOLDER",
    "PLAN",
    "NewFile",
    "Prepared",
    "finish_files",
    "is_unfinished",
    "moved_aside",
    "settle",
    "write_plan",
]

FOLDER: Final = "erasing"
PLAN: Final = "plan.json"
_LIST = "manifests/manifest-sha256.txt"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewFile:
    """A WARC file written anew: its id, its path in the archive, its size and SHA-256 now."""

    id: int
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What stands ready to be put in place.

    Attributes:
        number: of the erasure.
        commit: the number of its commit note.
        staged: files below ``erasing/`` by name, and where in the archive each belongs.
        files: the WARC files among them.
        removed: files of the archive that are to go.
        originals: SHA-256 of the originals among those.
        problems: ids of problems that tell of what is erased.
        pages: entries of page lists that name it, by input and position.
        decisions: lines of the journal without what they quote of it, by their SHA-256 before.
    """

    number: int
    commit: int
    staged: tuple[tuple[str, str], ...]
    files: tuple[NewFile, ...]
    removed: tuple[str, ...]
    originals: tuple[str, ...]
    problems: tuple[int, ...]
    pages: tuple[tuple[int, int], ...]
    decisions: tuple[tuple[str, str], ...] = ()


def is_unfinished(path: Path) -> bool:
    """Tell whether an erasure was prepared in an archive folder, and is not complete."""
    return (path / FOLDER).exists()


def write_plan(path: Path, prepared: Prepared) -> None:
    """Note what stands ready, as the last thing before the decision."""
    told = {name: getattr(prepared, name) for name in Prepared.__slots__}
    told["files"] = [[one.id, one.path, one.size, one.sha256] for one in prepared.files]
    write_synced(path / FOLDER / PLAN, json.dumps(told, indent=1).encode() + b"\n")


def settle(archive: Archive) -> int | None:
    """Complete an erasure that was decided; clear away one that was only prepared.

    To be called by who holds the archive's lock; does nothing where there is none.

    Returns:
        The number of the erasure that was completed, None where there was none.

    Raises:
        NotWritableError: when it could not be completed; it is tried again by the next writer.
    """
    if not is_unfinished(archive.path):
        return None
    try:
        prepared = finish_files(archive.path)
        if prepared is None:
            return None
        note = read_note(archive.path, prepared.commit)
        with archive.catalogue.write() as connection:
            _apply(connection, archive.path, prepared, *note)
        _write_anew(archive.catalogue)
        for place in moved_aside(archive.path, archive.settings):
            place.unlink()
        _clear(archive.path)
    except OSError as error:
        raise NotWritableError(error.filename or str(archive.path), _said(error)) from error
    return prepared.number


def finish_files(path: Path) -> Prepared | None:
    """Put the files of a decided erasure in place, whatever of that was done already.

    Returns:
        What was prepared; None where nothing was, or nothing decided: that is cleared away.
    """
    if not is_unfinished(path):
        return None
    prepared = _read_plan(path)
    if prepared is None or not _is_decided(path, prepared):
        _clear(path)
        return None
    for name, final in prepared.staged:
        place = path / FOLDER / name
        if place.exists():
            if final.startswith("warcs/"):
                place.chmod(0o444)
            place.replace(path / final)
            sync_folder((path / final).parent)
    for file in prepared.files:
        told = {"path": file.path, "size": file.size, "sha256": file.sha256, "algorithm": "sha256"}
        name = f"manifests/{Path(file.path).name}.json"
        write_synced(path / name, json.dumps(told, indent=1).encode() + b"\n")
    journal.put_redacted(path / journal.JOURNAL, dict(prepared.decisions))
    _list_anew(path, {file.path: file.sha256 for file in prepared.files})
    for name in prepared.removed:
        (path / name).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            sync_folder((path / name).parent)
    return prepared


def moved_aside(path: Path, settings: Settings) -> list[Path]:
    """Give the files of catalogues that were moved aside when one was made anew."""
    place = path / CATALOGUE
    if settings.database:
        address = make_url(settings.database)
        if address.get_backend_name() != "sqlite":
            return []
        place = Path(address.database or "")
    return sorted(place.parent.glob(f"{place.name}.before-*"))


def _read_plan(path: Path) -> Prepared | None:
    try:
        told = json.loads((path / FOLDER / PLAN).read_bytes())
    except FileNotFoundError:
        return None
    return Prepared(
        number=told["number"],
        commit=told["commit"],
        staged=tuple((name, final) for name, final in told["staged"]),
        files=tuple(NewFile(*one) for one in told["files"]),
        removed=tuple(told["removed"]),
        originals=tuple(told["originals"]),
        problems=tuple(told["problems"]),
        pages=tuple((number, position) for number, position in told["pages"]),
        decisions=tuple((before, line) for before, line in told.get("decisions", ())),
    )


def _is_decided(path: Path, prepared: Prepared) -> bool:
    return any(
        entry.get("type") == "erasure" and entry.get("commit") == prepared.commit
        for entry in journal.entries(path / journal.JOURNAL)
    )


def _list_anew(path: Path, sums: dict[str, str]) -> None:
    listing = path / _LIST
    lines = listing.read_text("utf-8").splitlines() if listing.exists() else []
    kept = [line for line in lines if line.partition("  ")[2] not in sums]
    kept += [f"{sha256}  {name}" for name, sha256 in sums.items()]
    write_synced(listing, "".join(f"{line}\n" for line in kept).encode())


def _clear(path: Path) -> None:
    for place in (path / FOLDER).iterdir():
        place.unlink()
    (path / FOLDER).rmdir()
    sync_folder(path)


def _apply(
    connection: Connection, path: Path, prepared: Prepared, note: CommitNote, sha256: str
) -> None:
    done = select(commit_note.c.id).where(commit_note.c.id == note.number)
    if connection.scalar(done) is not None:
        return
    entries = list(journal.entries(path / journal.JOURNAL))
    register = [row for row in erasures_of(entries) if row["id"] == prepared.number]
    connection.execute(insert(erasure), register)
    rows = note.rows["erased_record"]
    keys = [(row["url_id"], row["timestamp"], row["seq"]) for row in rows if row["kind"]]
    for some in _batches(keys):
        for table in (stated_date, capture):
            place = tuple_(table.c.url_id, table.c.timestamp, table.c.seq)
            connection.execute(delete(table).where(place.in_(some)))
    forget(connection, _addresses_going(connection, note.rows.get("url", [])))
    same = update(url).where(url.c.id == bindparam("number"))
    for some in _batches([row | {"number": row["id"]} for row in note.rows.get("url", [])]):
        connection.execute(same, some)
    _move(connection, prepared, rows)
    for ids in _batches(list(prepared.problems)):
        connection.execute(delete(problem).where(problem.c.id.in_(ids)))
    listed = tuple_(listed_page.c.intake_id, listed_page.c.position)
    for pages in _batches(list(prepared.pages)):
        connection.execute(delete(listed_page).where(listed.in_(pages)))
    for sums in _batches(list(prepared.originals)):
        connection.execute(delete(original).where(original.c.sha256.in_(sums)))
    # What a check found of a file that is another now, or may have told of what is erased.
    whats = [*(file.path for file in prepared.files), *prepared.removed]
    connection.execute(delete(verification).where(verification.c.findings != "[]"))
    for some_files in _batches(whats):
        connection.execute(delete(verification).where(verification.c.what.in_(some_files)))
    count_captures(connection)
    for number, (_, now) in note.redacted.items():
        connection.execute(update(commit_note).where(commit_note.c.id == number).values(sha256=now))
    row = {"id": note.number, "written": note.written, "sha256": sha256}
    connection.execute(insert(commit_note).values(row))


def _addresses_going(connection: Connection, rows: list[dict[str, Any]]) -> Iterator[str]:
    # Those of which only the number stays.
    told = {row["id"]: row["urlkey"] for row in rows}
    for ids in _batches(list(told)):
        query = select(url.c.id, url.c.url, url.c.urlkey).where(url.c.id.in_(ids))
        for number, address, key in connection.execute(query):
            if key != told[number]:
                yield address


def _move(connection: Connection, prepared: Prepared, rows: list[dict[str, Any]]) -> None:
    before = moves_of(connection)
    for file in prepared.files:
        same = erased_record.c.file_id == file.id
        known = [
            dict(row._mapping) for row in connection.execute(select(erased_record).where(same))
        ]
        added = [row for row in rows if row["file_id"] == file.id]
        connection.execute(delete(erased_record).where(same))
        insert_rows(connection, erased_record, placed([*known, *added]))
        connection.execute(
            update(warc_file)
            .where(warc_file.c.id == file.id)
            .values(committed_length=file.size, sha256=file.sha256)
        )
    after = moves_of(connection)
    still = Moves(())
    key = (capture.c.url_id, capture.c.timestamp, capture.c.seq)
    for file in prepared.files:
        query = select(*key, capture.c.record_offset).where(capture.c.file_id == file.id)
        moved = [
            {"of_url": url_id, "at": at, "number": seq, "now": now}
            for url_id, at, seq, then in connection.execute(query).all()
            if (now := after[file.id].now(before.get(file.id, still).taken(then))) != then
        ]
        for some in _batches(moved):
            connection.execute(
                update(capture)
                .where(
                    capture.c.url_id == bindparam("of_url"),
                    capture.c.timestamp == bindparam("at"),
                    capture.c.seq == bindparam("number"),
                )
                .values(record_offset=bindparam("now")),
                some,
            )


def _batches(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _write_anew(catalogue: Catalogue) -> None:
    # A row that is deleted stays readable in the file until its page is written over.
    engine = catalogue.engine
    try:
        if engine.dialect.name == "sqlite":
            raw = engine.raw_connection()  # SQLAlchemy's own would begin a transaction
            try:
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
            if busy:
                raise ArchiveError(
                    "another process reads the catalogue, and an erasure is not complete until "
                    "that has ended; then try again"
                )
            return
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.detach()  # the time limit is for this connection alone
            connection.execute(text("SET lock_timeout = '60s'"))
            quote = engine.dialect.identifier_preparer.quote
            for name in inspect(engine).get_table_names():
                connection.execute(text(f"VACUUM (FULL, ANALYZE) {quote(name)}"))
            # Statistics hold samples of rows; who does not own them is only warned.
            connection.execute(text("VACUUM FULL pg_catalog.pg_statistic"))
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise ArchiveError(f"the catalogue could not be written anew: {error}") from error


def _said(error: OSError) -> str:
    return error.strerror or str(error)
