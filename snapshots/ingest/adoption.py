"""WARC files taken in as they are; those whose records cannot be opened singly, framed anew."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from archiver.errors import FormatError
from archiver.framing import is_zstd
from archiver.ingest.arc import read_arc
from archiver.ingest.names import shown
from archiver.ingest.parts import Part, parts_beside, read_list_of_parts
from archiver.ingest.sniff import Format, sniff
from archiver.ingest.wacz import Package, PackageError, is_package
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Problem
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from archiver.warc import NotAsListedError, reframe
from snapshots.disk import file_sha256
from snapshots.ingest.session import Session
from snapshots.rows import Entry

__all__ = ["adopt_package", "adopt_warc"]

_DEEPEST = 2  # packages within packages
_MOST_PAGES_TOLD = 100
_BETWEEN_TICKS = 500  # captures


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
    if is_zstd(path):
        _reframe(session, path, name)
    else:
        # The copy is read, not the source: what is listed is then what is kept.
        if copied := session.copied:
            begun = (_stem(name), _first_date(copied.place))
            place, file = session.writer.adopt(
                copied.place, *begun, move=True, sha256=copied.sha256
            )
        else:
            begun = (_stem(name), _first_date(path))
            place, file = session.writer.adopt(path, *begun, move=ours)
        ahead = session.ahead
        if ahead and ahead.sha256 != session.writer.sha256_of(file):
            raise FormatError(str(path), "changed while it was read; take it in again")
        if ahead and not ahead.shared:
            _note(session, ahead.found(file), ahead.counts)
            return
        reading, found = _read(session, place, name, file)
        if not reading.shared:
            _note(session, found, reading.counts)
            return
        _reframe(session, place, name)
        session.writer.discard(file)
    if not ours:
        session.keep_file(path)


def adopt_package(session: Session, path: Path) -> None:
    """Take in what a WACZ package holds: WARC files untouched, packages within it as well.

    A package in several parts is taken in with those that lie beside it.
    """
    name = session.name
    session.keep_file(path)
    beside: Iterable[Part | Problem]
    if is_package(path):
        beside = _unpack(session, path, name, _DEEPEST, first=True)
    else:
        beside = parts_beside(path.parent, name, read_list_of_parts(path))
    for part in beside:
        if isinstance(part, Problem):
            session.problems.append(part)
        else:
            _take_part(session, part)
    keys = {url_key(entry.capture.url) for entry in session.entries}
    missing = [page.url for page in session.pages if url_key(page.url) not in keys]
    session.problems.extend(
        Problem("page-not-captured", "is on the page list, but was not captured", name, url=url)
        for url in missing[:_MOST_PAGES_TOLD]
    )
    if missing:
        session.counts["listed page not captured"] = len(missing)
    if len(missing) > _MOST_PAGES_TOLD:
        message = f"{len(missing) - _MOST_PAGES_TOLD} more pages on the page list were not captured"
        session.problems.append(Problem("page-not-captured", message, name))


def _take_part(session: Session, part: Part) -> None:
    sha256 = session.keep_file(part.path, shown(part.path))
    if part.sha256 and part.sha256 != sha256:
        message = "does not match its hash in the list of parts"
        session.problems.append(Problem("hash-mismatch", message, part.name))
    length = part.path.stat().st_size
    if part.length is not None and part.length != length:
        message = f"has {length} bytes, not {part.length} as stated"
        session.problems.append(Problem("hash-mismatch", message, part.name))
    if not is_package(part.path):
        message = "is listed as a part, but is no WACZ package; left out"
        session.problems.append(Problem("not-read", message, part.name))
        return
    session.counts["part"] += 1
    try:
        _unpack(session, part.path, part.name, _DEEPEST - 1)
    except FormatError as error:
        message = f"{str(error).removeprefix(f'{part.name}: ')}; left out"
        session.problems.append(Problem("not-read", message, part.name))


def _unpack(
    session: Session, path: Path, name: str, deeper: int, *, first: bool = False
) -> list[Part | Problem]:
    # Gives what the package, if it is the first, says of parts beside it.
    beside: list[Part | Problem] = []
    with Package(path, name) as package:
        parts = package.lists_parts() if first else None
        if parts is not None:
            beside.extend(parts_beside(path.parent, name, parts, package.members()))
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
        package.check(beside=parts is not None)
        for page in package.pages():
            session.pages.append(page)
            session.counts["listed page"] += 1
        session.problems.extend(package.problems)
    return beside


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


def _reframe(session: Session, path: Path, name: str) -> None:
    with session.writer.workbench() as place:
        with place.open("wb") as out:
            session.problems.extend(reframe(path, out, name=name))
        if not place.stat().st_size:
            return
        made, file = session.writer.adopt(place, _stem(name), _first_date(place), move=True)
    reading = WarcReading(made, file, file=file, check=session.check)
    _note(session, reading, reading.counts)


def _read(
    session: Session, place: Path, name: str, file: str
) -> tuple[WarcReading, list[Capture | Problem]]:
    if session.listed is not None:
        if listed := session.listed.get(Path(name).name):
            reading = WarcReading(place, name, file=file, listed=listed)
            try:
                return reading, list(_told(session, reading))
            except NotAsListedError as error:
                message = f"the index given does not fit this file: {error}"
        else:
            message = "the index given says nothing of this file"
        session.take(Problem("not-as-listed", f"{message}; the file was read through", name))
    reading = WarcReading(place, name, file=file, check=session.check)
    return reading, list(_told(session, reading))


def _told(session: Session, found: Iterable[Capture | Problem]) -> Iterator[Capture | Problem]:
    for number, one in enumerate(found):
        if not number % _BETWEEN_TICKS:
            session.tick(one.offset or 0)
        yield one


def _note(session: Session, found: Iterable[Capture | Problem], counts: Mapping[str, int]) -> None:
    for one in found:
        if isinstance(one, Problem):
            session.problems.append(one)
        else:
            session.entries.append(Entry(one))
    session.counts.update(counts)


def _stem(name: str) -> str:
    return Path(name).name.split(".")[0]


def _first_date(path: Path) -> datetime:
    # A file is kept under the date of its first capture, as its own name would say.
    for found in WarcReading(path, shown(path), check=False):
        if isinstance(found, Capture):
            return parse_timestamp(found.timestamp)
    return datetime.now(UTC)
