"""``marsham extract``: read what the archived pages say into the database."""

import sys

import click
from rich.console import Console
from rich.progress import Progress

from extract.store import extract_archive
from marsham.cli.support import (
    DONE,
    FINDINGS,
    as_json_line,
    counted,
    pass_archive,
    print_problems,
    problem_as_json,
)
from snapshots.archive import Archive

__all__ = ["extract"]


@click.command(epilog="Example: marsham extract")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Pages read at once, each in a process; one for each processor when not given.",
)
@click.option(
    "--again", is_flag=True, help="Try those pages too whose reading was given up before."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@pass_archive
def extract(archive: Archive, jobs: int | None, again: bool, as_json: bool) -> int:
    """Read contacts, partnerships and claims out of pages not yet read.

    The same bytes are never read twice, whatever date or address they were captured under. A run
    that is stopped goes on where it was. A page made to do harm costs itself only: its reading is
    given up after 30 s of processor time, or when it needs too much memory, and listed.
    """
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Reading pages", total=None)
        report = extract_archive(
            archive,
            jobs=jobs,
            again=again,
            tick=lambda done, of: progress.update(task, completed=done, total=of),
        )
    if as_json:
        click.echo(
            as_json_line(
                {
                    "captures": report.captures,
                    "read": report.read,
                    "shared": report.shared,
                    "given_up": report.given_up,
                    "problems": [problem_as_json(found) for found in report.problems],
                }
            )
        )
    else:
        click.echo(
            f"{report.captures} captures of pages: {report.read} read, "
            f"{report.shared} with the same bytes as one read before"
        )
        if report.given_up:
            click.echo(
                f"{counted(report.given_up, 'page')} given up, in this run or before; "
                "try again with: marsham extract --again"
            )
        print_problems(report.problems, "marsham extract --json")
    return FINDINGS if report.problems else DONE
