"""``marsham compare``: what changed on a page, or on a site, between two dates."""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from archiver.confined import Confined
from archiver.errors import (
    ConfinedError,
    FormatError,
    InputError,
    NotWritableError,
)
from archiver.ingest.sniff import Format, sniff
from archiver.timestamps import Span, format_timestamp, parse_date, parse_timestamp
from archiver.urls import check_listed, check_url
from extract.compare.confined import Compared, compare_confined, lines_from
from extract.compare.dated import compare_dates, compare_folders
from extract.compare.holdings import COMPARED_TYPES, version_in_file, version_of_memento
from extract.compare.pages import Version
from extract.compare.sites import Fate, PageFate, SiteComparison, site_as_json
from extract.compare.told import Piece
from extract.export.columns import TableHead
from extract.export.fates import fates_head, fates_rows
from extract.export.formats import TABLE_FORMATS, table_writer
from marsham.cli.support import (
    DATE,
    DONE,
    FINDINGS,
    Context,
    as_json_line,
    counted,
    print_table,
    printable,
    say,
)
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_at

__all__ = ["compare"]

_STYLES = {
    "removed": "red",
    "added": "green",
    "moved": "cyan",
    "heading": "bold",
    "quiet": "dim",
    "plain": "",
}


@click.command(epilog="Example: marsham compare http://www.homeoffice.gov.uk/crime/ 2009 2011-05")
@click.argument("what", nargs=-1, required=True, metavar="OLD NEW | URL DATE DATE")
@click.option("--site", is_flag=True, help="Compare all pages below URL, or of two folders.")
@click.option("--url", help="The address of the page in the files.")
@click.option("--old-date", type=DATE, metavar="DATE", help="When the old file was captured.")
@click.option("--new-date", type=DATE, metavar="DATE", help="When the new file was captured.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Compare pictures of two captures, and write them there; needs marsham[browser].",
)
@click.option("--html", "as_html", is_flag=True, help="Write a page that shows both side by side.")
@click.option(
    "--format", "form", type=click.Choice(sorted(TABLE_FORMATS)), help="With --site: write a table."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="A file for that; else standard output."
)
@click.pass_obj
def compare(
    context: Context,
    what: tuple[str, ...],
    site: bool,
    url: str | None,
    old_date: Span | None,
    new_date: Span | None,
    as_json: bool,
    as_html: bool,
    pictures: Path | None,
    form: str | None,
    out: Path | None,
) -> int:
    """Tell what changed on a page between two dates, and only that.

    OLD and NEW are files, read without any archive; URL is a page of the archive, of which the
    captures closest to the dates are compared. Banners, counters, session ids, markup and the like
    are passed over, and counted.

    With --site all pages below URL are compared as they stood at the end of each date; or those of
    two folders, each with a list pages.csv of url, timestamp, status and file. --format and --out
    write that as a table, a row for each page.

    With --pictures both captures are shown in Chromium, from the archive alone: old.png, new.png,
    and changes.png with both side by side and what looks otherwise marked. What slid down because
    something was inserted above is not.

    As for diff, status 0 means alike, 1 different, 2 that they could not be compared.
    """
    if as_json and as_html:
        raise click.UsageError("give one of --json and --html")
    if site:
        if url or old_date or new_date or as_html or pictures or (form and as_json):
            raise click.UsageError("--site goes with --json, or with --format and --out")
        return _site(context, what, as_json, _table(form, out))
    if form or out:
        raise click.UsageError("--format and --out go with --site")
    if pictures:
        if as_json or as_html or len(what) != 3:
            raise click.UsageError("--pictures goes with a URL and two dates, and no other form")
        return _pictures(context, what, pictures)
    written = "json" if as_json else "html" if as_html else "lines"
    if len(what) == 2:
        old, new = _files(what, check_url(url) if url else "", old_date, new_date)
    elif len(what) == 3:
        if url or old_date or new_date:
            raise click.UsageError("--url, --old-date and --new-date are for files")
        with Archive.open(context.path) as archive:
            old, new = _captures(archive, *what)
    else:
        raise click.UsageError("give two files, or a URL and two dates")
    with Confined() as children:
        try:
            compared = compare_confined(children, old, new, written)
        except ConfinedError as error:
            raise FormatError(what[0], f"cannot be compared: {error}") from error
    _print(compared, written)
    return FINDINGS if compared.differs else DONE


def _pictures(context: Context, what: tuple[str, ...], folder: Path) -> int:
    from marsham.screenshots import check_pictures, screenshots

    check_pictures()
    from extract.compare.pictures import compare_pictures, draw_side_by_side

    with Archive.open(context.path) as archive:
        captures = [memento.capture for memento in _mementos(archive, *what)]
        shots = screenshots(archive, captures)
    images = [shot.image() for shot in shots]
    found = compare_pictures(images[0], images[1])
    days = [f"{one.url}  {parse_timestamp(one.timestamp):%d %B %Y, %H:%M}" for one in captures]
    changes = draw_side_by_side(images[0], images[1], found, (days[0], days[1]))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, shot in zip(("old.png", "new.png"), shots, strict=True):
            (folder / name).write_bytes(shot.png)
        changes.save(folder / "changes.png")
    except OSError as error:
        raise NotWritableError(str(folder), error.strerror or str(error)) from error
    for shot, day in zip(shots, days, strict=True):
        if shot.cut:
            say(f"only the top of the page is in its picture: {day}", err=True)
    if found.coarse:
        say("the pictures have so little in common that marks may be too large", err=True)
    say(
        f"{found.share:.0%} of rows look otherwise; "
        f"marks: {len(found.old)} old, {len(found.new)} new; see {folder / 'changes.png'}"
    )
    return FINDINGS if found.old or found.new else DONE


def _table(form: str | None, out: Path | None) -> tuple[str, Path | None] | None:
    if form is None:
        if out is not None:
            raise click.UsageError("--out goes with --format")
        return None
    if out is None and not TABLE_FORMATS[form].text:
        raise click.UsageError(f"{form} cannot be printed; give a file with --out")
    return form, out


def _site(
    context: Context, what: tuple[str, ...], as_json: bool, table: tuple[str, Path | None] | None
) -> int:
    moment, dates = datetime.now(UTC), ("", "")
    with Confined(jobs=os.cpu_count() or 1) as children:
        if len(what) == 2:
            comparison = compare_folders(children, Path(what[0]), Path(what[1]))
        elif len(what) == 3:
            first, second = (parse_date(date) for date in what[1:])
            moment, dates = second.last, (what[1], what[2])
            with Archive.open(context.path) as archive:
                comparison = compare_dates(children, archive, what[0], first, second)
        else:
            raise click.UsageError("give two folders, or a URL and two dates")
    if table:
        head = fates_head(moment, what[0], dates)
        _write(*table, head, comparison)
    elif as_json:
        click.echo(as_json_line(site_as_json(comparison)))
    else:
        _print_site(comparison)
    return FINDINGS if comparison.differs else DONE


def _write(form: str, out: Path | None, head: TableHead, comparison: SiteComparison) -> None:
    write = table_writer(form, "site changes")
    if out is None:
        write(sys.stdout.buffer, head, fates_rows(comparison))
    else:
        try:
            with out.open("wb") as file:
                write(file, head, fates_rows(comparison))
        except OSError as error:
            raise NotWritableError(str(out), error.strerror or str(error)) from error
    for address, problem in comparison.problems:
        say(f"  not compared: {address}: {problem}", err=True)


def _print_site(comparison: SiteComparison) -> None:
    rows = [_row_of(page) for page in comparison.pages if page.fate is not Fate.UNCHANGED]
    if rows:
        print_table(("what", "by", "page"), rows)
    for text, pages in comparison.frame:
        say(f"on {counted(pages, 'page')} alike: {text}")
    say(f"unchanged: {counted(len(comparison.of(Fate.UNCHANGED)), 'page')}")
    for address, problem in comparison.problems:
        say(f"  not compared: {address}: {problem}", err=True)


def _row_of(page: PageFate) -> tuple[str, str, str]:
    changed = f"{page.words_changed}%" if page.fate is Fate.CHANGED else ""
    moved = f" to {page.new_url}" if page.fate is Fate.MOVED else ""
    return page.fate.value, changed, page.url + moved


def _files(
    paths: tuple[str, ...], url: str, old_date: Span | None, new_date: Span | None
) -> list[Version]:
    return [
        replace(
            _version_in(Path(path)), url=url, timestamp=format_timestamp(date.first) if date else ""
        )
        for path, date in zip(paths, (old_date, new_date), strict=True)
    ]


def _version_in(path: Path) -> Version:
    if path.is_dir():
        raise FormatError(str(path), "is a folder; give --site to compare folders")
    try:
        if sniff(path) is Format.WARC:
            raise FormatError(str(path), "is a WARC file; take it in with: marsham ingest")
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    return version_in_file(path)


def _captures(archive: Archive, url: str, old: str, new: str) -> list[Version]:
    return [_version(memento) for memento in _mementos(archive, url, old, new)]


def _mementos(archive: Archive, url: str, old: str, new: str) -> list[Memento]:
    address = check_listed(url)
    moments = [parse_date(old).first, parse_date(new).first]
    if moments[1] < moments[0]:
        raise InputError("the second date lies before the first")
    found = [memento_at(archive, address, moment) for moment in moments]
    if found[0].capture == found[1].capture:
        at = found[0].capture.timestamp
        say(f"one capture is the closest to both dates: {at}", err=True)
    return found


def _version(memento: Memento) -> Version:
    capture = memento.capture
    kind = memento.content_type.partition(";")[0].strip().lower()
    if kind and kind not in COMPARED_TYPES and (capture.status or 200) < 300:
        raise InputError(f"{capture.url} at {capture.timestamp} is {kind}; only pages are compared")
    return version_of_memento(memento)


def _print(compared: Compared, form: str) -> None:
    if form != "lines":
        click.echo(compared.text, nl=not compared.text.endswith("\n"))
        return
    lines = lines_from(compared.text)
    if not sys.stdout.isatty():
        for line in lines:
            say("".join(piece.text for piece in line))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(Text.assemble(*map(_styled, line)), soft_wrap=True)


def _styled(piece: Piece) -> tuple[str, str]:
    return printable(piece.text), _STYLES.get(piece.kind, "")
