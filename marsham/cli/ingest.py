"""``marsham ingest``: take WARC files and saved pages into the archive."""

import os
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
from archiver.ingest.listed import read_cdxj
from archiver.ingest.sniff import Format
from archiver.records import Problem
from archiver.warc import Listed
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
from snapshots.ahead import Ahead
from snapshots.archive import Archive
from snapshots.intake import Intake, take_in
from snapshots.known import ERASED, PUT_BACK
from snapshots.writer import Writer

__all__ = ["ingest"]

_HINTS = {  # news of an input that was here before, and what tells more
    PUT_BACK: "marsham verify --level files",
    ERASED: "marsham erase --list",
}


@click.command(epilog="Example: marsham ingest crawl.warc.gz saved-pages/")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--url", help="The address of a single saved page, possibly one in another archive.")
@click.option("--captured", help="When a single saved page was captured, where you know.")
@click.option("--snapshot", "label", help="Put everything in the snapshot of this name.")
@click.option("--operator", default="", help="Who does this, for the record.")
@click.option(
    "--no-check",
    is_flag=True,
    help="Believe the digests WARC records declare; `marsham verify` can check them later.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="How many WARC files to read at once; as many as there are processors if not given.",
)
@click.option(
    "--cdxj",
    "indexes",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An index of the WARC files: of what it lists only the beginning is read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each input.")
@pass_archive
def ingest(
    archive: Archive,
    paths: tuple[Path, ...],
    url: str | None,
    captured: str | None,
    label: str | None,
    operator: str,
    no_check: bool,
    jobs: int | None,
    indexes: tuple[Path, ...],
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
    listed: dict[str, dict[int, Listed]] = {}
    for index in indexes:
        for name, records in read_cdxj(index).items():
            listed.setdefault(name, {}).update(records)
    worst = DONE
    jobs = min(jobs or os.cpu_count() or 1, len(paths))
    # With one there is nothing to gain, and with an index hardly anything to read.
    to_read = paths if jobs > 1 and not indexes else ()
    with Writer(archive) as writer, Ahead(to_read, jobs, check=not no_check) as ahead:
        for found in writer.recovered:
            say(f"put right: {found.file}: {found.message}", err=True)
        for number, path in enumerate(paths, 1):
            try:
                taken = take_in(
                    writer,
                    path,
                    url=url,
                    captured=captured,
                    label=label,
                    operator=operator,
                    check=not no_check,
                    listed=listed if indexes else None,
                    ahead=ahead.next() if to_read else None,
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
            _report(taken, as_json, checked=not (no_check or indexes))
            worst = max(worst, FINDINGS if _news(taken) else DONE)
    return worst


def _report(taken: Intake, as_json: bool, *, checked: bool) -> None:
    if as_json:
        click.echo(as_json_line(_as_json(taken)))
        return
    news = _news(taken)
    if taken.before:
        back = sum(found.code == PUT_BACK for found in news)
        changed = f"{counted(back, 'lost file')} put back" if back else "nothing changed"
        say(
            f"{taken.name}: already here since {taken.before} as snapshot {taken.snapshot_id} "
            f"({taken.label}), {counted(taken.captures, 'capture')}; {changed}"
        )
        print_problems(news, _HINTS[news[0].code] if news else "")
        return
    counts = ", ".join(_counted(kind, number) for kind, number in taken.counts.items())
    say(
        f"{taken.name}: {counted(taken.captures, 'capture')} as snapshot {taken.snapshot_id} "
        f"({taken.label}); {taken.format.value}: {counts}"
        + ("" if checked or taken.format is not Format.WARC else "; digests not checked")
    )
    if news:
        say(f"{taken.name}: {counted(len(news), 'problem')}", err=True)
        print_problems(news, f"marsham snapshots {taken.snapshot_id}")


def _news(taken: Intake) -> list[Problem]:
    # Of an input that was here before, its problems are old; that it lost a file is not.
    return [found for found in taken.problems if not taken.before or found.code in _HINTS]


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
