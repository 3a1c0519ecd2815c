"""What the package `marsham` gives to other programs."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from archiver.errors import MarshamError
from archiver.records import Capture, Problem
from archiver.timestamps import parse_date
from extract.asof import PageAsOf, check_extracted
from extract.asof import pages_as_of as _pages_as_of
from extract.compare.facts import FactChanges, compare_facts
from extract.export.files import FORMATS as _FORMATS
from extract.export.rows import EXPORTS as _EXPORTS
from extract.page import Page, read_page
from extract.store import ExtractReport
from extract.store import extract_archive as extract
from snapshots.archive import Archive
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import Memento
from snapshots.mementos import memento_at as _memento_at
from snapshots.settings import Settings
from snapshots.writer import Writer

__all__ = [
    "Archive",
    "Capture",
    "ExtractReport",
    "FactChanges",
    "Intake",
    "MarshamError",
    "Memento",
    "Page",
    "PageAsOf",
    "Problem",
    "Settings",
    "compare_facts",
    "create_archive",
    "export",
    "extract",
    "ingest",
    "memento",
    "open_archive",
    "pages_as_of",
    "read_page",
]


def create_archive(path: Path, settings: Settings | None = None) -> Archive:
    """Make a new archive in an empty folder; see `Archive.create`."""
    return Archive.create(path, settings)


def open_archive(path: Path) -> Archive:
    """Open an archive for reading; see `Archive.open`."""
    return Archive.open(path)


def ingest(
    archive: Archive, paths: Iterable[Path], *, snapshot: str | None = None, operator: str = ""
) -> list[Intake]:
    """Take WARC files and saved pages in, each whole or not at all.

    Raises:
        FormatError: at the first input that cannot be read; those before it are in the archive.
        LockedError: when another process writes to the archive.
    """
    with Writer(archive) as writer:
        return [take_in(writer, path, label=snapshot, operator=operator) for path in paths]


def memento(archive: Archive, url: str, date: str | None = None) -> Memento:
    """Give the memento of a URL closest to the first second of a date; without one, to now.

    Raises:
        NoCaptureError: when the URL was never captured.
        TimestampError: when `date` is no date.
    """
    return _memento_at(archive, url, parse_date(date).first if date else datetime.now(UTC))


def pages_as_of(archive: Archive, date: str | None = None) -> Iterator[PageAsOf]:
    """Give every page as it stood at the last second of a date; without one, now.

    Raises:
        TimestampError: when `date` is no date.
        ArchiveError: when nothing was ever extracted.
    """
    moment = parse_date(date).last if date else datetime.now(UTC)
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        yield from _pages_as_of(connection, moment)


def export(
    archive: Archive, what: str, out: Path, *, form: str = "csv", as_of: str | None = None
) -> int:
    """Write contacts, partnerships or pages as of a date to a file; give the number of rows."""
    chosen = _EXPORTS[what]
    rows = (row for page in pages_as_of(archive, as_of) for row in chosen.rows(page))
    with out.open("w", encoding="utf-8", newline="") as file:
        return _FORMATS[form](file, chosen, rows)
