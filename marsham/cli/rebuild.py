"""``marsham rebuild``: make the catalogue anew from the archive's files."""

import sys

import click
from rich.console import Console
from rich.progress import Progress

from extract.corrections.register import restore_anew
from marsham.cli.support import (
    DONE,
    FINDINGS,
    Context,
    as_json_line,
    counted,
    print_problems,
    problem_as_json,
    say,
)
from snapshots.rebuild import rebuild as make_anew

__all__ = ["rebuild"]


@click.command(epilog="Example: marsham rebuild")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def rebuild(context: Context, as_json: bool) -> int:
    """Make the catalogue anew from the archive's files.

    For a catalogue that is lost or damaged. The one there was is moved aside, never deleted; what
    pages say is read again by `marsham extract`. Status 1 means that some files could not be read.
    """
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Reading", total=None)
        made = make_anew(
            context.path,
            lambda done, of: progress.update(task, completed=done, total=of),
            restore_more=restore_anew,
        )
    aside = str(made.aside) if made.aside else None
    if as_json:
        click.echo(
            as_json_line(
                {
                    "commits": made.commits,
                    "captures": made.captures,
                    "files": made.files,
                    "aside": aside,
                    "problems": [problem_as_json(found) for found in made.problems],
                }
            )
        )
    else:
        say(
            f"made the catalogue anew: {counted(made.captures, 'capture')} in "
            f"{counted(made.files, 'WARC file')}, from {counted(made.commits, 'commit')}"
        )
        if aside:
            say(f"the one before is now {aside}")
        print_problems(made.problems, "marsham rebuild --json")
    return FINDINGS if made.problems else DONE
