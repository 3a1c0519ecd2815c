"""``marsham export``: what pages say and hold, in files for other programs, as of a date."""

import sys
from pathlib import Path

import click

from archiver.errors import InputError
from archiver.timestamps import Span
from extract.export.differences import Change, Difference, differences
from extract.export.formats import TABLE_FORMATS
from extract.export.page_formats import PAGE_FORMATS, write_pages
from extract.export.selection import Filters
from extract.export.sources import SOURCES
from extract.export.writing import Order, print_export, write_export, write_link_graphs
from marsham.cli.support import DATE, DONE, FINDINGS, pass_archive, printable
from snapshots.archive import Archive

__all__ = ["export"]

_GEXF = "gexf"  # of graphs alone, a file a year


@click.command(
    epilog="Example: marsham export contacts --as-of 2011 --format csv --out contacts.csv"
)
@click.argument("what", type=click.Choice(sorted(SOURCES)))
@click.option(
    "--as-of", type=DATE, metavar="DATE", help="What stood at the end of it; else at the end."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted({*TABLE_FORMATS, *PAGE_FORMATS, _GEXF})),
    default="csv",
    show_default=True,
    help="JSON and JSONL hold all evidence; those of whole pages are folders.",
)
@click.option("--out", type=click.Path(path_type=Path), help="A file or folder; else printed.")
@click.option("--site", "sites", metavar="HOST", multiple=True, help="Only pages of this host.")
@click.option(
    "--prefix", "prefixes", metavar="URL", multiple=True, help="Only pages below this address."
)
@click.option(
    "--region", "regions", metavar="NAME", multiple=True, help="Only of partnerships there."
)
@click.option(
    "--status",
    "statuses",
    type=int,
    metavar="CODE",
    multiple=True,
    help="Only pages served with it.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Leave out what is less sure.",
)
@click.option("--functional-only", is_flag=True, help="Leave persons out of contacts.")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark, for Excel.")
@click.option(
    "--since",
    metavar="EXPORT",
    type=click.Path(path_type=Path),
    help="Write nothing; say what differs from this earlier export.",
)
@pass_archive
def export(
    archive: Archive,
    what: str,
    as_of: Span | None,
    form: str,
    out: Path | None,
    sites: tuple[str, ...],
    prefixes: tuple[str, ...],
    regions: tuple[str, ...],
    statuses: tuple[int, ...],
    min_confidence: float,
    functional_only: bool,
    bom: bool,
    since: Path | None,
) -> int:
    """Write contacts, pages and more as they stood on a date.

    Each row says which capture it was read from, where in the page's text, by which rule and how
    sure that rule is. A date such as 2011 means the end of that year; without one, it is as of the
    newest capture. Beside the file stands a manifest with counts and digests. Filters may be given
    more than once: each value will do. With --since the status is 1 where anything differs.
    """
    filters = Filters(sites, prefixes, regions, statuses, min_confidence, functional_only)
    order = Order(what, form, as_of.last if as_of else None, filters, bom)
    if form == _GEXF:
        return _graphs(archive, order, out, since)
    if since is not None:
        return _compare(archive, order, since)
    if out is not None:
        write = write_pages if form in PAGE_FORMATS else write_export
        manifest = write(archive, order, out)
        click.echo(f"{manifest.counts['rows']} {what} written to {out}", err=True)
        for name, number in manifest.counts.items():
            if number and name != "rows":
                click.echo(f"{number} {name.replace('_', ' ')}", err=True)
        return DONE
    if form in PAGE_FORMATS or not TABLE_FORMATS[form].text:
        raise InputError(f"{form} is not for a terminal; say with --out where it goes")
    print_export(archive, order, sys.stdout.buffer)
    return DONE


def _graphs(archive: Archive, order: Order, out: Path | None, since: Path | None) -> int:
    if order.what != "graph" or since is not None:
        raise InputError("gexf is a format of graphs; write one with: marsham export graph")
    if out is None:
        raise InputError("gexf is a file a year; name a folder for them with --out")
    for place in write_link_graphs(archive, order, out):
        click.echo(f"{place} written", err=True)
    return DONE


def _compare(archive: Archive, order: Order, since: Path) -> int:
    found = differences(archive, order, since)
    for note in found.notes:
        click.echo(note, err=True)
    counts = dict.fromkeys(Change, 0)
    for one in found.rows:
        counts[one.change] += 1
        if one.change is not Change.READ_ELSEWHERE:
            _print(one)
    click.echo(", ".join(f"{number} {change.value}" for change, number in counts.items()))
    return FINDINGS if any(counts.values()) else DONE


def _print(one: Difference) -> None:
    known = " ".join(str(value) for value in one.identity.values() if value)
    click.echo(printable(f"{one.change.value} {known}"))
    if one.change is Change.CHANGED:
        for name, (before, now) in one.fields.items():
            click.echo(printable(f"  {name}: {_said(before)} -> {_said(now)}"))


def _said(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "nothing" if value is None else str(value)
