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
    pass_archive,
    print_problems,
    problem_as_json,
)
from snapshots.archive import Archive

__all__ = ["extract"]


@click.command(epilog="Example: marsham extract")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@pass_archive
def extract(archive: Archive, as_json: bool) -> int:
    """Read contacts, partnerships and claims out of pages not yet read.

    The same bytes are never read twice, whatever date or address they were captured under. A run
    that is stopped goes on where it was.
    """
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Reading pages", total=None)
        report = extract_archive(
            archive, tick=lambda done, of: progress.update(task, completed=done, total=of)
        )
    if as_json:
        click.echo(
            as_json_line(
                {
                    "captures": report.captures,
                    "read": report.read,
                    "shared": report.shared,
                    "problems": [problem_as_json(found) for found in report.problems],
                }
            )
        )
    else:
        click.echo(
            f"{report.captures} captures of pages: {report.read} read, "
            f"{report.shared} with the same bytes as one read before"
        )
        print_problems(report.problems, "marsham extract --json")
    return FINDINGS if report.problems else DONE
