"""``marsham package``: what is in view, as one file or folder for others."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection

from archiver.errors import InputError
from archiver.records import Capture, StatedDate
from archiver.timestamps import Span
from extract.store import title_of
from marsham.cli.listing import checked, choose, nothing_found
from marsham.cli.support import (
    DATE,
    DONE,
    FINDINGS,
    as_json_line,
    between,
    counted,
    pass_archive,
    print_problems,
    problem_as_json,
)
from snapshots import index
from snapshots.archive import Archive
from snapshots.copies.writing import write_copy
from snapshots.erasure.register import explain_erased
from snapshots.listed import listed_title
from snapshots.package import FORMATS
from snapshots.package import package as write_package
from snapshots.reach import explain
from snapshots.replay.language import language_of
from snapshots.reports import snapshot_rows

__all__ = ["package"]

_SITE = "site"


@click.command(
    epilog="Example: marsham package 'http://www.homeoffice.gov.uk/crime/*' --out crime.wacz"
)
@click.argument("url", required=False)
@click.option(
    "--snapshot",
    "number",
    type=click.IntRange(1, 2**31 - 1),
    help="Instead of a URL: what came with the snapshot of this number; see marsham snapshots.",
)
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, _SITE]),
    default="wacz",
    show_default=True,
    help="A WACZ file, a WARC file, a folder as BagIt lays it out, or a folder of pages to be "
    "read in any browser, from a disk or any web host.",
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
    number: int | None,
    start: Span | None,
    end: Span | None,
    form: str,
    out: Path,
    as_json: bool,
) -> int:
    """Package captures of a URL, of every URL below PREFIX*, or of all.

    Records are copied as they are stored, with their requests and metadata where these follow
    them. With --format site it is the pages that are copied, with the banner in them and links
    among each other: it needs no server and no scripts, and leads nowhere else. What is withdrawn
    is left out. The same captures give the same bytes.
    """
    if url and number:
        raise click.UsageError("a URL and --snapshot do not go together")
    wanted, span = checked(url), between(start, end)
    about = f"Captures of {wanted or 'every address'}"
    if span:
        about += f" from {span.first:%Y-%m-%d} to {span.last:%Y-%m-%d}"
    with archive.catalogue.read() as connection:
        if number is None:
            captures = choose(connection, wanted, span)
        else:
            about += _of_snapshot(connection, number)
            captures = index.of_snapshot(connection, number, span)
        first = next(captures, None)
        if first is None:
            _, why = explain(connection, wanted, span)
            _, gone = explain_erased(connection, wanted, span)
            raise why or gone or nothing_found(wanted, index.extent(connection, wanted))
        captures = chain([first], captures)
        if form == _SITE:
            return _copy(archive, connection, captures, out, about, as_json=as_json)
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


def _copy(
    archive: Archive,
    connection: Connection,
    captures: Iterator[Capture],
    out: Path,
    about: str,
    *,
    as_json: bool,
) -> int:
    from marsham.web.bannered import capture_notices  # the web is not needed for other formats

    settings = archive.settings
    words = language_of(settings.language, "marsham.web")

    def notices_of(capture: Capture, stated: list[tuple[StatedDate, str | None]]) -> Iterator[str]:
        yield from capture_notices(words, capture, stated)
        if settings.notice:
            yield settings.notice

    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Copying", total=None)
        done = write_copy(
            archive,
            captures,
            out,
            about=about,
            title_of=lambda one: _title(connection, one),
            notices_of=notices_of,
            tick=lambda number, of: progress.update(task, completed=number, total=of),
        )
    if as_json:
        problems = [problem_as_json(found) for found in done.problems]
        told = {name.replace(" ", "_"): number for name, number in done.totals.items()}
        click.echo(as_json_line({"file": str(out)} | told | {"problems": problems}))
    else:
        totals = done.totals
        click.echo(
            f"{out}: {counted(totals['captures'], 'capture')}, "
            f"{counted(totals['pages'], 'page')} among them, "
            f"in {counted(totals['files'], 'file')}, {totals['bytes']} bytes"
        )
        if totals["left out"]:
            click.echo(f"{counted(totals['left out'], 'capture')} left out; see captures.csv")
        print_problems(done.problems, "marsham package --json")
    return FINDINGS if done.problems else DONE


def _of_snapshot(connection: Connection, number: int) -> str:
    rows = snapshot_rows(connection, number)
    if not rows:
        raise InputError(f"there is no snapshot {number}; see: marsham snapshots")
    return f" in snapshot {number} ({rows[0]['label']})"


def _title(connection: Connection, of: Capture) -> str | None:
    # What the crawler called a page comes before what we read in it: it saw scripts run.
    return listed_title(connection, of) or title_of(connection, of)
