"""``marsham package``: what is in view, as one file or folder for others."""

from pathlib import Path

import click
from sqlalchemy import Connection

from archiver.records import Capture
from archiver.timestamps import Span
from extract.store import title_of
from marsham.cli.listing import checked, choose, nothing_found
from marsham.cli.support import (
    DATE,
    DONE,
    FINDINGS,
    as_json_line,
    between,
    pass_archive,
    print_problems,
    problem_as_json,
)
from snapshots import index
from snapshots.archive import Archive
from snapshots.erasure.register import explain_erased
from snapshots.listed import listed_title
from snapshots.package import FORMATS
from snapshots.package import package as write_package
from snapshots.reach import explain

__all__ = ["package"]


@click.command(
    epilog="Example: marsham package 'http://www.homeoffice.gov.uk/crime/*' --out crime.wacz"
)
@click.argument("url", required=False)
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="wacz",
    show_default=True,
    help="A WACZ file, a WARC file, or a folder as BagIt lays it out.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file or folder to write; it must not be there yet.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@pass_archive
def package(
    archive: Archive,
    url: str | None,
    start: Span | None,
    end: Span | None,
    form: str,
    out: Path,
    as_json: bool,
) -> int:
    """Package captures of a URL, of every URL below PREFIX*, or of all.

    Records are copied as they are stored, with their requests and metadata where these follow
    them. What is withdrawn is left out. The same captures give the same bytes.
    """
    wanted, span = checked(url), between(start, end)
    about = f"Captures of {wanted or 'every address'}"
    if span:
        about += f" from {span.first:%Y-%m-%d} to {span.last:%Y-%m-%d}"
    with archive.catalogue.read() as connection:
        captures = list(choose(connection, wanted, span))
        if not captures:
            _, why = explain(connection, wanted, span)
            _, gone = explain_erased(connection, wanted, span)
            raise why or gone or nothing_found(wanted, index.extent(connection, wanted))
        done = write_package(
            archive, captures, out, form, about=about, title_of=lambda one: _title(connection, one)
        )
    if as_json:
        problems = [problem_as_json(found) for found in done.problems]
        told = {"file": str(out), "captures": done.captures, "records": done.records}
        click.echo(as_json_line(told | {"bytes": done.size, "problems": problems}))
    else:
        click.echo(f"{out}: {done.captures} captures in {done.records} records, {done.size} bytes")
        print_problems(done.problems, "marsham package --json")
    return FINDINGS if done.problems else DONE


def _title(connection: Connection, of: Capture) -> str | None:
    # What the crawler called a page comes before what we read in it: it saw scripts run.
    return listed_title(connection, of) or title_of(connection, of)
