"""WARC files taken in as they are; those whose records cannot be opened singly, framed anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from archiver.errors import FormatError
from archiver.framing import ZSTD_DICTIONARY, ZSTD_MAGIC
from archiver.ingest.arc import read_arc
from archiver.ingest.names import shown
from archiver.ingest.sniff import Format, sniff
from archiver.ingest.wacz import Package, PackageError
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from archiver.warc import reframe
from snapshots.disk import file_sha256
from snapshots.rows import Entry
from snapshots.session import Session

__all__ = ["adopt_package", "adopt_warc"]

_DEEPEST = 2  # packages within packages
_MOST_PAGES_TOLD = 100


def adopt_warc(session: Session, path: Path, name: str, *, ours: bool = False) -> None:
    """Take a WARC file in and list its captures.

    A file of records that can be opened one by one is copied untouched. Another, several records in
    one gzip member or zstd, is kept under ``originals/`` and written out anew: each record a gzip
    member of its own, header and block byte for byte as they were.

    Args:
        session: the input it belongs to.
        path: the file.
        name: what it is called in problems.
        ours: whether the file was made on a workbench from an input that is kept.
    """
    if _is_zstd(path):
        _reframe(session, path, name)
    else:
        # The copy is read, not the source: what is listed is then what is kept.
        place, file = session.writer.adopt(path, _stem(name), _first_date(path), move=ours)
        reading = WarcReading(place, name)
        found = list(reading)
        if not reading.shared:
            _note(session, reading, found, file)
            return
        _reframe(session, place, name)
        session.writer.discard(file)
    if not ours:
        session.keep_file(path)


def adopt_package(session: Session, path: Path) -> None:
    """Take in what a WACZ package holds: WARC files untouched, packages within it as well."""
    session.keep_file(path)
    _unpack(session, path, session.name, _DEEPEST)
    keys = {url_key(entry.capture.url) for entry in session.entries}
    missing = [url for url in session.pages if url_key(url) not in keys]
    session.problems.extend(
        Problem(
            "page-not-captured", "is on the page list, but was not captured", session.name, url=url
        )
        for url in missing[:_MOST_PAGES_TOLD]
    )


def _unpack(session: Session, path: Path, name: str, deeper: int) -> None:
    with Package(path, name) as package:
        for member in package.names():
            with session.writer.workbench() as place:
                with place.open("wb") as out:
                    try:
                        for part in package.parts(member):
                            out.write(part)
                    except PackageError as error:  # what came before the damage may be sound
                        found = Problem(error.code, error.reason, error.path)
                        package.problems.append(found)
                try:
                    _take_member(session, place, package.shown(member), deeper)
                except FormatError as error:
                    said = str(error).removeprefix(f"{place}: ")
                    found = Problem("not-read", f"{said}; left out", package.shown(member))
                    package.problems.append(found)
        package.check()
        for url, _ in package.pages():
            session.pages.append(url)
            session.counts["listed page"] += 1
        session.problems.extend(package.problems)


def _take_member(session: Session, place: Path, name: str, deeper: int) -> None:
    kind = sniff(place)
    if kind is Format.WARC:
        adopt_warc(session, place, name, ours=True)
    elif kind is Format.ARC:
        for found in read_arc(place, name, file_sha256(place)):
            session.take(found)
    elif kind is Format.WACZ and deeper:
        _unpack(session, place, name, deeper - 1)
    else:
        what = "a package too deep within others" if kind is Format.WACZ else "no archived pages"
        raise FormatError(str(place), f"holds {what}")


def _is_zstd(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (ZSTD_MAGIC, ZSTD_DICTIONARY)


def _reframe(session: Session, path: Path, name: str) -> None:
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
