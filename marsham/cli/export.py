"""``marsham export``: facts as tables, as of a date."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from archiver.errors import NotWritableError
from archiver.timestamps import Span
from extract.asof import check_extracted, pages_as_of
from extract.export.files import FORMATS, NESTING
from extract.export.rows import EXPORTS, export_rows
from marsham.cli.support import DATE, pass_archive
from snapshots.archive import Archive

__all__ = ["export"]


@click.command(
    epilog="Example: marsham export contacts --as-of 2011 --format csv --out contacts.csv"
)
@click.argument("what", type=click.Choice(sorted(EXPORTS)))
@click.option("--as-of", type=DATE, metavar="DATE", help="What stood at the end of it; else now.")
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="csv",
    show_default=True,
    help="JSON holds the evidence of every value.",
)
@click.option("--out", type=click.Path(path_type=Path), help="A file; else standard output.")
@pass_archive
def export(archive: Archive, what: str, as_of: Span | None, form: str, out: Path | None) -> None:
    """Write contacts, pages and more as they stood on a date.

    Each row says which capture it was read from, where in the page's text, by which rule and how
    sure that rule is. A date such as 2011 means the end of that year.
    """
    moment = as_of.last if as_of else datetime.now(UTC)
    chosen = EXPORTS[what]
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        pages = pages_as_of(connection, moment)
        rows = export_rows(chosen, archive, pages, nested=form in NESTING)
        if out is None:
            FORMATS[form](sys.stdout, chosen, rows)
            return
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                number = FORMATS[form](file, chosen, rows)
        except OSError as error:
            raise NotWritableError(str(out), error.strerror or str(error)) from error
    click.echo(f"{number} {what} written to {out}", err=True)
