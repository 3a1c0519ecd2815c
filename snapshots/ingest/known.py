"""Inputs that were taken in before: what came of them, and whether their files are still there.

The same input again changes nothing, unless the archive has lost a file that came of it. What can
be copied from the input byte for byte is put back; anything else is damage, and told.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, select

from archiver.errors import DamagedError, FormatError
from archiver.ingest.names import shown
from archiver.ingest.sniff import Format
from archiver.records import Problem
from snapshots.archive import Archive, original_path
from snapshots.commits import read_note
from snapshots.disk import copy_synced, file_sha256, sync_folder, write_synced
from snapshots.erasure.register import Erasure, erasure_of_input
from snapshots.ingest.session import Intake
from snapshots.reach import closed_pages
from snapshots.tables import commit_note, intake, original, problem, snapshot, warc_file
from snapshots.writer import Writer, store_problems

__all__ = ["ERASED", "PUT_BACK", "recall"]

# Codes of problems: a file was put back; captures of the input were erased since.
PUT_BACK = "put-back"
ERASED = "erased"


@dataclass(frozen=True, slots=True)
class _Lost:
    path: str  # as the catalogue has it
    sha256: str
    reason: str


def recall(writer: Writer, path: Path, digest: str) -> Intake | None:
    """Tell what came of an input when it was taken in before; None when it never was.

    Files of it that the archive has lost are put back, where the input holds their bytes. The
    report's problems are those noted then, without those of withdrawn pages, and behind them one
    for captures erased since, and one for each file put back.

    Args:
        writer: the archive's writer.
        path: the input.
        digest: what stands for it in the catalogue.

    Raises:
        DamagedError: when a file is lost and the input does not hold its bytes.
        NotWritableError: when a file cannot be put back.
    """
    with writer.archive.catalogue.read() as connection:
        query = (
            select(intake, snapshot.c.label)
            .join(snapshot, snapshot.c.id == intake.c.snapshot_id)
            .where(intake.c.digest == digest)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        erased = erasure_of_input(connection, digest)
        told = [_erased_before(shown(path), *erased)] if erased else []
        known = Intake(
            name=shown(path),
            format=Format(row.format),
            snapshot_id=row.snapshot_id,
            label=row.label,
            captures=row.captures,
            counts=json.loads(row.counts),
            problems=(*_problems(connection, row.id), *told),
            before=f"{row.taken:014}",
        )
        lost = list(_lost(writer.archive, connection, row.id, row.taken))
    if not lost:
        return known
    return replace(known, problems=(*known.problems, *_put_back(writer, path, lost)))


def _problems(connection: Connection, intake_id: int) -> Iterator[Problem]:
    query = select(problem).where(problem.c.intake_id == intake_id).order_by(problem.c.id)
    rows = connection.execute(query).all()
    closed = closed_pages(connection, {row.url for row in rows if row.url})
    for row in rows:
        if row.url in closed:
            continue
        place = (row.file, row.record_offset, row.record_length)
        yield Problem(row.code, row.message, *place, row.url)


def _erased_before(name: str, number: int, by: Erasure) -> Problem:
    message = (
        f"{number} captures of this input were erased on {by.decided[:8]} by {by.authority} "
        f"({by.reason}), and are not taken in again"
    )
    return Problem(ERASED, message, name)


def _lost(archive: Archive, connection: Connection, intake_id: int, taken: int) -> Iterator[_Lost]:
    for path, size, sha256 in _files(archive, connection, intake_id, taken):
        try:
            there = archive.locate(path).stat().st_size
        except FileNotFoundError:
            yield _Lost(path, sha256, "the file is missing")
        else:
            if there < size:
                yield _Lost(path, sha256, f"{there} bytes where there should be {size}")


def _files(
    archive: Archive, connection: Connection, intake_id: int, taken: int
) -> Iterator[tuple[str, int, str]]:
    # Which WARC files came of an input, its commit note tells; whether they are still the
    # archive's, the catalogue.
    numbers = select(commit_note.c.id).where(commit_note.c.written >= taken)
    for number in connection.scalars(numbers.order_by(commit_note.c.id)).all():
        try:
            note, _ = read_note(archive.path, number)
        except (OSError, KeyError, TypeError, ValueError):
            continue  # `verify` tells of it
        if any(row["id"] == intake_id for row in note.rows.get("intake", ())):
            paths = [part.path for part in note.parts]
            for row in connection.execute(select(warc_file).where(warc_file.c.path.in_(paths))):
                yield row.path, row.committed_length, row.sha256
            break
    for row in connection.execute(select(original).where(original.c.intake_id == intake_id)):
        yield original_path(row.sha256), row.size, row.sha256


def _put_back(writer: Writer, path: Path, lost: list[_Lost]) -> list[Problem]:
    sources = _sources(path)
    found = []
    for one in lost:
        if one.sha256 in sources:
            _copy(writer, sources[one.sha256], one)
            message = f"{one.reason}; put back from {shown(sources[one.sha256])}"
            found.append(Problem(PUT_BACK, message, one.path))
    if found:
        writer.commit(lambda connection: store_problems(connection, None, found))
    for one in lost:
        if one.sha256 not in sources:
            place = str(writer.archive.path / one.path)
            raise DamagedError(place, f"{one.reason}, and {shown(path)} does not hold its bytes")
    return found


def _sources(path: Path) -> dict[str, Path]:
    # By SHA-256 the files of the input.
    places = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return {file_sha256(place): place for place in places}


def _copy(writer: Writer, source: Path, lost: _Lost) -> None:
    place = writer.archive.path / lost.path
    with writer.workbench() as made:
        if copy_synced(source, made) != lost.sha256:
            raise FormatError(str(source), "changed while it was read; try again")
        made.chmod(0o444)
        if place.exists():  # what is left of it is kept
            kept = writer.archive.path / "quarantine" / place.name
            facts = {"from": lost.path, "offset": 0, "length": place.stat().st_size}
            note = json.dumps(facts | {"reason": lost.reason}, indent=1).encode() + b"\n"
            write_synced(kept.with_name(kept.name + ".json"), note)
            place.replace(kept)
            sync_folder(kept.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)
        sync_folder(place.parent)
