"""WARC files taken in as they are; those whose records cannot be opened singly, framed anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from archiver.framing import ZSTD_DICTIONARY, ZSTD_MAGIC
from archiver.ingest.names import shown
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.timestamps import parse_timestamp
from archiver.warc import reframe
from snapshots.rows import Entry
from snapshots.session import Session

__all__ = ["adopt_warc"]


def adopt_warc(session: Session, path: Path, name: str, *, keep: bool = True) -> None:
    """Take a WARC file in and list its captures.

    A file of records that can be opened one by one is copied untouched. Another, several records in
    one gzip member or zstd, is kept under ``originals/`` and written out anew: each record a gzip
    member of its own, header and block byte for byte as they were.

    Args:
        session: the input it belongs to.
        path: the file.
        name: what it is called in problems.
        keep: whether to keep a file that is framed anew; it may stand in an input that is kept.
    """
    if _is_zstd(path) or not _copied(session, path, name):
        if keep:
            session.keep_file()
        _reframed(session, path, name)


def _is_zstd(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (ZSTD_MAGIC, ZSTD_DICTIONARY)


def _copied(session: Session, path: Path, name: str) -> bool:
    # The copy is read, not the source: what is listed is then what is kept.
    stem = _stem(name)
    place, file = session.writer.adopt(path, stem, _first_date(path))
    reading = WarcReading(place, name)
    found = list(reading)
    if reading.shared:
        session.writer.discard(file)
        return False
    _note(session, reading, found, file)
    return True


def _reframed(session: Session, path: Path, name: str) -> None:
    with session.writer.workbench() as place:
        with place.open("wb") as out:
            session.problems.extend(reframe(path, out, name=name))
        if not place.stat().st_size:
            return
        made, file = session.writer.adopt(place, _stem(name), _first_date(place), move=True)
    reading = WarcReading(made, file)
    _note(session, reading, reading, file)


def _note(
    session: Session, reading: WarcReading, found: Iterable[Capture | Problem], file: str
) -> None:
    for one in found:
        if isinstance(one, Problem):
            session.problems.append(one)
        else:
            session.entries.append(Entry(replace(one, file=file)))
    session.counts.update(reading.counts)


def _stem(name: str) -> str:
    return Path(name).name.split(".")[0]


def _first_date(path: Path) -> datetime:
    # A file is kept under the date of its first capture, as its own name would say.
    for found in WarcReading(path, shown(path)):
        if isinstance(found, Capture):
            return parse_timestamp(found.timestamp)
    return datetime.now(UTC)
