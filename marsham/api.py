"""What the package `marsham` gives to other programs."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from archiver.errors import MarshamError
from archiver.records import Capture, Problem
from archiver.timestamps import Span, parse_date
from archiver.urls import check_url
from extract.asof import PageAsOf, check_extracted
from extract.asof import pages_as_of as _pages_as_of
from extract.compare.facts import FactChanges, compare_facts
from extract.compare.pages import PageComparison, compare_pages
from extract.compare.pages import Version as PageVersion
from extract.compare.timelines import SiteTimeline
from extract.compare.timelines import Step as PageStep
from extract.compare.timelines import page_timeline as _page_timeline
from extract.compare.timelines import site_timeline as _site_timeline
from extract.export.differences import Change, Difference
from extract.export.differences import differences as _differences
from extract.export.manifest import Manifest
from extract.export.page_formats import PAGE_FORMATS as _PAGE_FORMATS
from extract.export.page_formats import write_pages as _write_pages
from extract.export.selection import Filters
from extract.export.sources import source_named
from extract.export.writing import Order as _ExportOrder
from extract.export.writing import write_export as _write_export
from extract.page import Page, read_page
from extract.store import ExtractReport
from extract.store import extract_archive as extract
from marsham.frames import ArchiveTable
from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.order import Order
from snapshots.crawl.preparing import let_go, prepare
from snapshots.crawl.report import CrawlReport, report_on_crawl
from snapshots.ingest.intake import Intake, take_in
from snapshots.mementos import Memento
from snapshots.mementos import memento_at as _memento_at
from snapshots.settings import Settings
from snapshots.writer import Writer

__all__ = [
    "Archive",
    "ArchiveTable",
    "Capture",
    "Change",
    "CrawlReport",
    "Difference",
    "ExtractReport",
    "FactChanges",
    "Filters",
    "Intake",
    "Manifest",
    "MarshamError",
    "Memento",
    "Page",
    "PageAsOf",
    "PageComparison",
    "PageStep",
    "PageVersion",
    "Problem",
    "Settings",
    "SiteTimeline",
    "capture",
    "compare_facts",
    "compare_pages",
    "create_archive",
    "export",
    "export_differences",
    "extract",
    "ingest",
    "memento",
    "open_archive",
    "page_timeline",
    "pages_as_of",
    "read_page",
    "site_timeline",
    "table",
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


def capture(
    archive: Archive,
    urls: Iterable[str],
    *,
    scope: str = "host",
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    robots: bool = True,
    delay: float = 1.0,
    limit: int | None = None,
    snapshot: str = "",
    operator: str = "",
    contact: str = "",
    allow_private: bool = False,
    allow_private_at: Iterable[str] = (),
) -> CrawlReport:
    """Capture live sites as a dated snapshot, and report what came of it.

    Args:
        archive: where they are captured to.
        urls: where the crawl begins.
        scope: ``page``, ``prefix``, ``host``, ``domain``, or a regular expression.
        include: regular expressions of addresses that belong to it besides.
        exclude: regular expressions of addresses to leave out.
        robots: whether robots.txt is obeyed.
        delay: least seconds between two requests to one server.
        limit: how many answers are taken; None for no bound.
        snapshot: what the snapshot is called; empty for the host of the first URL.
        operator: who does this, for the record.
        contact: how a webmaster can reach a person; empty for what the settings say.
        allow_private: whether the servers of the URLs, and those named in scope and inclusions, may
            be at private and loopback addresses.
        allow_private_at: further hosts, and networks such as ``10.1.0.0/16``, that may be asked.

    Runs until everything is asked for or the limit is reached. The same again goes on with a crawl
    that was interrupted; once that is finished it begins a new snapshot. A crawl that nobody
    answers is no error: its report says so.

    Raises:
        UrlError: when a URL is no address of the web.
        PatternError: when an expression cannot be used.
        InputError: when nobody is named whom a webmaster could ask, or a number is out of range.
        LockedError: when another process writes to the archive.
    """
    order = prepare(
        Order(
            tuple(urls),
            scope=scope,
            include=tuple(include),
            exclude=tuple(exclude),
            robots=robots,
            delay=delay,
            most_answers=limit,
            label=snapshot,
            operator=operator,
            contact=contact,
            allow_private=allow_private,
            allow_private_at=tuple(allow_private_at),
        ),
        archive,
    )
    with Writer(archive) as writer:
        let_go(writer, order)
        crawl = Crawl(writer, order)
        crawl.run()
    with archive.catalogue.read() as connection:
        return report_on_crawl(connection, crawl.store.number)


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
    archive: Archive,
    what: str,
    out: Path,
    *,
    form: str = "csv",
    as_of: str | None = None,
    filters: Filters | None = None,
    bom: bool = False,
) -> Manifest:
    """Write contacts, pages or more as of a date to a file, and a manifest beside it.

    Args:
        archive: where they are from.
        what: ``contacts``, ``partnerships``, ``pages``; `marsham export` lists all.
        out: the file.
        form: ``csv``, ``json``, ``jsonl``, ``jsonld``, ``parquet``, ``sqlite``, ``xlsx``; of pages
            ``markdown``, ``html``, ``wxr``, ``govuk``, ``wagtail`` and ``drupal`` too, as folders.
        as_of: a date, whose last second counts; None for the newest capture.
        filters: what is left out.
        bom: whether CSV begins with a byte order mark, for Excel.

    Returns:
        The manifest; its ``counts["rows"]`` is the number of rows.

    Raises:
        TimestampError: when `as_of` is no date.
        InputError: when there is no such thing or format, or filters are for others.
        ArchiveError: when nothing was ever extracted.
        NotWritableError: when the file cannot be written.
    """
    write = _write_pages if form in _PAGE_FORMATS else _write_export
    return write(archive, _order(what, form, as_of, filters, bom=bom), out)


def table(
    archive: Archive, what: str, *, as_of: str | None = None, filters: Filters | None = None
) -> ArchiveTable:
    """Give what `marsham export` writes as a table to iterate over, or for Arrow and pandas.

    Args:
        archive: where it is from.
        what: ``blocks``, ``captures``, ``changes``, ``contacts``, ``links``, ``texts`` ...;
            `marsham export` lists all.
        as_of: a date, whose last second counts; None for the newest capture.
        filters: what is left out.

    Raises:
        TimestampError: when `as_of` is no date.
        InputError: when there is no such table.
    """
    source_named(what)
    return ArchiveTable(archive, _order(what, "csv", as_of, filters))


def export_differences(
    archive: Archive,
    what: str,
    earlier: Path,
    *,
    as_of: str | None = None,
    filters: Filters | None = None,
) -> Iterator[Difference]:
    """Give the rows in which an export would differ from one written earlier; write nothing.

    Raises:
        InputError: when the earlier export has no manifest, is of something else or was changed.
    """
    return _differences(archive, _order(what, "csv", as_of, filters), earlier).rows


def _order(
    what: str, form: str, as_of: str | None, filters: Filters | None, *, bom: bool = False
) -> _ExportOrder:
    moment = parse_date(as_of).last if as_of else None
    return _ExportOrder(what, form, moment, filters or Filters(), bom)


def page_timeline(
    archive: Archive, url: str, start: str | None = None, end: str | None = None
) -> list[PageStep]:
    """Tell of each capture of a page how it differs from the one before; the oldest first.

    Args:
        archive: pages of it that were extracted are told apart by what they say, others by their
            bytes.
        url: the page.
        start: a date such as ``2009`` or ``2009-05-01``: only captures from then on.
        end: only captures up to the end of this date.

    Raises:
        UrlError: when it is no address.
        TimestampError: when a date is none.
    """
    with archive.catalogue.read() as connection:
        return _page_timeline(connection, check_url(url), _span(start, end))


def site_timeline(
    archive: Archive, prefix: str, start: str | None = None, end: str | None = None
) -> SiteTimeline:
    """Count by month what was captured below a prefix, and how much of it had changed.

    The arguments are those of `page_timeline`; files that are no pages do not count.
    """
    with archive.catalogue.read() as connection:
        return _site_timeline(connection, check_url(prefix), _span(start, end))


def _span(start: str | None, end: str | None) -> Span | None:
    if start is None and end is None:
        return None
    first = parse_date(start).first if start else datetime(1, 1, 1, tzinfo=UTC)
    last = parse_date(end).last if end else datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    return Span(first, last)
