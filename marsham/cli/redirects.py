"""``marsham redirects``: where old addresses lead once a site is closed."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from archiver.confined import Confined
from archiver.errors import MarshamError, NoCaptureError, NotWritableError
from archiver.records import Capture
from archiver.timestamps import Span, parse_timestamp
from archiver.urls import check_url
from extract.compare.dated import compare_dates
from extract.compare.holdings import leads_to
from extract.redirects.checking import Checked, check
from extract.redirects.drafting import Moved, draft, moved_pages, renewed
from extract.redirects.forms import FORMS, write_map
from extract.redirects.mapping import Fate, Mapping
from extract.redirects.sheet import read_mappings, write_mappings
from marsham.cli.support import DATE, DONE, FINDINGS, counted, pass_archive, say
from snapshots.archive import Archive
from snapshots.query import Match, Query, key_ranges, run

__all__ = ["redirects"]

_START = parse_timestamp("0001")
_SHOWN = 20

_archive_at = click.option(
    "--archive-at",
    metavar="URL",
    default="",
    help="Where readers are shown snapshots, such as https://archive.example/web/.",
)
_target_host = click.option(
    "--target-host",
    "target_hosts",
    multiple=True,
    metavar="HOST",
    help="The only hosts redirects may lead to; .gov.uk stands for all below it. Repeatable.",
)
_map = click.argument("map", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group(epilog="Example: marsham redirects check map.csv --target-host .gov.uk")
def redirects() -> None:
    """Draft, check and write the map of where old addresses lead.

    A map is a CSV file that people edit: a row an address, of type redirect (to a new page),
    archive (to its snapshot), gone, or unresolved (undecided yet).
    """


@redirects.command(
    "draft",
    epilog="Example: marsham redirects draft http://www.homeoffice.gov.uk/"
    " --archive-at https://archive.example/web/ --out map.csv",
)
@click.argument("site", metavar="URL")
@_archive_at
@click.option("--as-of", type=DATE, metavar="DATE", help="Captures up to the end of it; else all.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME",
    help="Of queries only this one matters. Repeatable; else all do but sessions and campaigns.",
)
@click.option(
    "--moved-since",
    "moved_since",
    type=DATE,
    multiple=True,
    metavar="DATE",
    help="Look for pages of then that stand at another address now. Repeatable; reads the pages.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An earlier map: rows with a name in decided_by stay as they are.",
)
@click.option("--out", type=click.Path(path_type=Path), help="A file; else standard output.")
@pass_archive
def draft_map(
    archive: Archive,
    site: str,
    archive_at: str,
    as_of: Span | None,
    parameters: tuple[str, ...],
    moved_since: tuple[Span, ...],
    keep: Path | None,
    out: Path | None,
) -> None:
    """Draft the map of all addresses below URL from what the archive holds.

    An address that led elsewhere leads there, one that ever showed a page leads to its last good
    snapshot, one that was only ever missing is gone, and what gave errors alone is left for people.
    With --moved-since a page that was found again leads to its new address.
    """
    if not archive_at:
        raise click.UsageError("say with --archive-at where readers are shown snapshots")
    base = check_url(archive_at).rstrip("/") + "/"
    span = Span(_START, as_of.last if as_of else datetime.now(UTC))
    named = frozenset(parameters) if parameters else None
    earlier = list(read_mappings(keep)) if keep else []
    with archive.catalogue.read() as connection:
        query = Query(key_ranges(check_url(site), Match.PREFIX), span)
        drafted = list(
            draft(
                run(connection, query),
                lambda capture: _target(archive, capture),
                lambda capture: f"{base}{capture.timestamp}/{capture.url}",
                named,
                _moved(archive, site, moved_since, span, named),
            )
        )
    if not drafted:
        raise NoCaptureError(site)
    rows = list(renewed(drafted, earlier))
    if out is None:
        write_mappings(sys.stdout, rows)
    else:
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                write_mappings(file, rows)
        except OSError as error:
            raise NotWritableError(str(out), error.strerror or str(error)) from error
    _count(rows)


@redirects.command("check", epilog="Example: marsham redirects check map.csv --target-host .gov.uk")
@_map
@_target_host
@_archive_at
def check_map(map: Path, target_hosts: tuple[str, ...], archive_at: str) -> int:
    """Check a map: duplicates, loops, targets; and tell where its rows lead.

    Status 0 means nothing is wrong, 1 that something is.
    """
    checked = _checked(map, target_hosts, archive_at)
    return FINDINGS if checked.findings else DONE


@redirects.command(
    "write", epilog="Example: marsham redirects write map.csv --format nginx --out redirects/"
)
@_map
@click.option("--format", "form", type=click.Choice(sorted(FORMS)), required=True, help="For whom.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder."
)
@_target_host
@_archive_at
def write(
    map: Path,
    form: str,
    out: Path,
    target_hosts: tuple[str, ...],
    archive_at: str,
) -> int:
    """Write a map for a web server or a tool, its chains led to their ends.

    Rows with something wrong, and those the form cannot hold, are left out and listed; the status
    is 1 then.
    """
    checked = _checked(map, target_hosts, archive_at)
    written = write_map(checked, FORMS[form], out)
    for one, why in written.left_out[:_SHOWN]:
        say(f"  left out: {one.old_url} {why}", err=True)
    if len(written.left_out) > _SHOWN:
        say(f"  and {len(written.left_out) - _SHOWN} more left out", err=True)
    names = ", ".join(str(path) for path in written.files)
    say(f"{counted(written.rows, 'address', 'addresses')} written to {names}", err=True)
    return FINDINGS if checked.findings or written.left_out else DONE


def _checked(path: Path, target_hosts: tuple[str, ...], archive_at: str) -> Checked:
    rows = list(read_mappings(path))
    checked = check(rows, target_hosts=target_hosts, archive_at=archive_at)
    for found in checked.findings:
        say(f"{found.code}: {found.old_url}: {found.message}")
    _count(rows)
    if checked.flattened:
        say(f"chains led to their end: {counted(checked.flattened, 'row')}", err=True)
    for host, number in checked.hosts.items():
        say(f"  redirects to {host}: {number}", err=True)
    return checked


def _count(rows: list[Mapping]) -> None:
    numbers = {fate: sum(row.fate is fate for row in rows) for fate in Fate}
    told = ", ".join(f"{number} {fate}" for fate, number in numbers.items() if number)
    say(f"{counted(len(rows), 'address', 'addresses')}: {told or 'none'}", err=True)


def _moved(
    archive: Archive,
    site: str,
    dates: tuple[Span, ...],
    until: Span,
    parameters: frozenset[str] | None,
) -> dict[tuple[str, str], Moved]:
    """Give the pages that moved since any of some dates; what the latest date shows counts."""
    found: dict[tuple[str, str], Moved] = {}
    if dates:
        with Confined(jobs=os.cpu_count() or 1) as children:
            for date in sorted(dates, key=lambda one: one.last):
                comparison = compare_dates(children, archive, site, date, until)
                found |= moved_pages(comparison, parameters)
    return found


def _target(archive: Archive, capture: Capture) -> str:
    try:
        return leads_to(archive, capture)
    except MarshamError:
        return ""
