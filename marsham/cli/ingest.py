"""``marsham ingest``: take WARC files and saved pages into the archive."""

from pathlib import Path

import click

from archiver.errors import (
    ArchiveError,
    DamagedError,
    FormatError,
    NotWritableError,
    TimestampError,
    UrlError,
)
from archiver.records import Problem
from marsham.cli.support import (
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    counted,
    pass_archive,
    print_problems,
    problem_as_json,
    say,
)
from snapshots.archive import Archive
from snapshots.intake import Intake, take_in
from snapshots.known import PUT_BACK
from snapshots.writer import Writer

__all__ = ["ingest"]


@click.command(epilog="Example: marsham ingest crawl.warc.gz saved-pages/")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--url", help="The address of a single saved page, possibly one in another archive.")
@click.option("--captured", help="When a single saved page was captured, where you know.")
@click.option("--snapshot", "label", help="Put everything in the snapshot of this name.")
@click.option("--operator", default="", help="Who does this, for the record.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each input.")
@pass_archive
def ingest(
    archive: Archive,
    paths: tuple[Path, ...],
    url: str | None,
    captured: str | None,
    label: str | None,
    operator: str,
    as_json: bool,
) -> int:
    """Take WARC files and saved pages into the archive.

    A PATH may be a WARC file; a folder of saved pages, with or without a pages.csv
    (url,timestamp,status,file); one saved page; or a plain text rendering of one. What a path holds
    is told by its content. Pages saved out of a web archive are freed of its additions, and every
    date stated for them is kept. The same input again changes nothing.
    """
    if len(paths) > 1 and (url or captured):
        raise click.UsageError("--url and --captured speak of one page; give one PATH with them")
    worst = DONE
    with Writer(archive) as writer:
        for found in writer.recovered:
            say(f"put right: {found.file}: {found.message}", err=True)
        for number, path in enumerate(paths, 1):
            try:
                taken = take_in(
                    writer, path, url=url, captured=captured, label=label, operator=operator
                )
            except NotWritableError as error:
                left = len(paths) - number
                rest = f"; {counted(left, 'input')} behind it not tried" if left else ""
                raise ArchiveError(f"{path} was not taken in: {error}{rest}") from error
            except (DamagedError, FormatError, TimestampError, UrlError) as error:
                say(f"marsham: {error}; nothing was taken in", err=True)
                if as_json:
                    click.echo(as_json_line({"name": str(path), "error": str(error)}))
                worst = FAILED
                continue
            _report(taken, as_json)
            worst = max(worst, FINDINGS if _news(taken) else DONE)
    return worst


def _report(taken: Intake, as_json: bool) -> None:
    if as_json:
        click.echo(as_json_line(_as_json(taken)))
        return
    news = _news(taken)
    if taken.before:
        changed = f"{counted(len(news), 'lost file')} put back" if news else "nothing changed"
        say(
            f"{taken.name}: already here since {taken.before} as snapshot {taken.snapshot_id} "
            f"({taken.label}), {counted(taken.captures, 'capture')}; {changed}"
        )
        print_problems(news, "marsham verify --level files")
        return
    counts = ", ".join(_counted(kind, number) for kind, number in taken.counts.items())
    say(
        f"{taken.name}: {counted(taken.captures, 'capture')} as snapshot {taken.snapshot_id} "
        f"({taken.label}); {taken.format.value}: {counts}"
    )
    if news:
        say(f"{taken.name}: {counted(len(news), 'problem')}", err=True)
        print_problems(news, f"marsham snapshots {taken.snapshot_id}")


def _news(taken: Intake) -> list[Problem]:
    # Of an input that was here before, its problems are old; that it lost a file is not.
    return [found for found in taken.problems if not taken.before or found.code == PUT_BACK]


def _counted(kind: str, number: int) -> str:
    # Records are counted by type, saved pages by the status they were answered with.
    return f"{number} with status {kind}" if kind.isdigit() else f"{number} {kind}"


def _as_json(taken: Intake) -> dict[str, object]:
    return {
        "name": taken.name,
        "format": taken.format.value,
        "snapshot": taken.snapshot_id,
        "label": taken.label,
        "captures": taken.captures,
        "counts": taken.counts,
        "already": taken.before,
        "problems": [problem_as_json(found) for found in taken.problems],
    }
