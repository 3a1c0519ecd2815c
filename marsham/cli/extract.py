"""``marsham extract``: read what the archived pages say into the database."""

import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import Progress

from extract.changes import ReadingChanges
from extract.store import extract_archive
from marsham.cli.support import (
    DONE,
    FINDINGS,
    as_json_line,
    counted,
    pass_archive,
    print_problems,
    print_table,
    problem_as_json,
    say,
)
from snapshots.archive import Archive

__all__ = ["extract"]

_WHAT = ("new", "gone", "changed")
_SHOWN_CHANGES = 20
_SHOWN_LENGTH = 80


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
@click.option(
    "--only",
    metavar="URL",
    help="Read this page alone, or with * at the end all whose address begins so.",
)
@click.option("--dry-run", is_flag=True, help="Read, print what would change, and store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@pass_archive
def extract(
    archive: Archive,
    jobs: int | None,
    again: bool,
    only: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Read contacts, partnerships and claims out of pages not yet read.

    The same bytes are never read twice, whatever date or address they were captured under. A run
    that is stopped goes on where it was. A page made to do harm costs itself only: its reading is
    given up after 30 s of processor time, or when it needs too much memory, and listed.

    Site recipes in the archive's folder recipes/ are followed on the pages they are for. A recipe
    that was written, changed or removed, and a newer version of Marsham, have those pages read
    again which they concern; what is read otherwise than before is counted and listed.
    """
    if again and dry_run:
        raise click.UsageError("--again forgets what was given up, and --dry-run changes nothing")
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Reading pages", total=None)
        report = extract_archive(
            archive,
            jobs=jobs,
            again=again,
            only=only,
            dry_run=dry_run,
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
                    "changes": _changes_as_json(report.changes),
                    "problems": [problem_as_json(found) for found in report.problems],
                }
            )
        )
    else:
        click.echo(
            f"{report.captures} captures of pages: {report.read} read, "
            f"{report.shared} with the same bytes as one read before"
            + ("; nothing was stored" if dry_run else "")
        )
        if report.changes.compared:
            _print_changes(report.changes)
        if report.given_up:
            click.echo(
                f"{counted(report.given_up, 'page')} given up, in this run or before; "
                "try again with: marsham extract --again"
            )
        print_problems(report.problems, "marsham extract --json")
    return FINDINGS if report.problems else DONE


def _print_changes(changes: ReadingChanges) -> None:
    say(
        f"{counted(changes.compared, 'page')} read again: {changes.pages} with other values"
        + (":" if changes.pages else "")
    )
    if not changes.pages:
        return
    fields = sorted({(kind, name) for kind, name, _ in changes.tally})
    print_table(
        ("kind", "field", *_WHAT),
        [(*each, *(changes.tally[(*each, what)] for what in _WHAT)) for each in fields],
    )
    for each in changes.values[:_SHOWN_CHANGES]:
        words = " -> ".join(
            value[:_SHOWN_LENGTH] for value in (each.before, each.after) if value is not None
        )
        say(f"  {each.what}: {each.kind} {each.field}: {words} ({each.url})")
    left = changes.tally.total() - min(len(changes.values), _SHOWN_CHANGES)
    if left:
        say(f"  and {left} more; see: marsham extract --json, with --dry-run before it is stored")


def _changes_as_json(changes: ReadingChanges) -> dict[str, object]:
    return {
        "compared": changes.compared,
        "pages": changes.pages,
        "tally": [
            {"kind": kind, "field": name, "what": what, "values": number}
            for (kind, name, what), number in sorted(changes.tally.items())
        ],
        "values": [asdict(each) | {"what": each.what} for each in changes.values],
    }
