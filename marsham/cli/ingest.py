"""``marsham ingest``: take files, and the mementos of another archive, into the archive."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
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
from archiver.ingest.names import shown
from archiver.ingest.sniff import Format
from archiver.records import Problem
from archiver.timestamps import Span
from archiver.warc import Listed
from marsham.cli.support import (
    DATE,
    DONE,
    FAILED,
    FINDINGS,
    as_json_line,
    between,
    counted,
    pass_archive,
    print_problems,
    printable,
    problem_as_json,
    say,
    say_recovered,
)
from snapshots.archive import Archive
from snapshots.ingest.ahead import Ahead
from snapshots.ingest.copying import Copying
from snapshots.ingest.intake import Intake, take_in
from snapshots.ingest.known import ERASED, PUT_BACK
from snapshots.writer import Writer

__all__ = ["ingest"]

_HINTS = {  # news of an input that was here before, and what tells more
    PUT_BACK: "marsham verify --level files",
    ERASED: "marsham erase --list",
}


@click.command(
    epilog="Example: marsham ingest crawl.warc.gz saved-pages/\n\n"
    "Example: marsham ingest http://www.homeoffice.gov.uk/crime/ "
    "--from https://webarchive.nationalarchives.gov.uk/ukgwa/ --until 2013"
)
@click.argument("inputs", metavar="PATH|URL...", nargs=-1, required=True)
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
@click.option(
    "--from",
    "source",
    metavar="ARCHIVE",
    help="Take the mementos of pages (URL...) from the web archive at this address.",
)
@click.option("--since", type=DATE, help="With --from: only mementos of this date and later.")
@click.option("--until", type=DATE, help="With --from: only mementos up to this date, included.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="With --from: most mementos of a page asked for."
)
@click.option(
    "--delay",
    type=click.FloatRange(0, 3600),
    default=1.0,
    show_default=True,
    help="With --from: seconds to pause between two requests.",
)
@click.option(
    "--contact",
    help="With --from: how the archive can reach you, instead of the settings' contact.",
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="With --from: the ARCHIVE may be on this machine or in a private network.",
)
@pass_archive
def ingest(
    archive: Archive,
    inputs: tuple[str, ...],
    url: str | None,
    captured: str | None,
    label: str | None,
    operator: str,
    no_check: bool,
    jobs: int | None,
    indexes: tuple[Path, ...],
    as_json: bool,
    source: str | None,
    since: Span | None,
    until: Span | None,
    limit: int | None,
    delay: float,
    contact: str | None,
    allow_private: bool,
) -> int:
    """Take in WARC files, saved pages, or mementos of another archive.

    A PATH may be a WARC file; a folder of saved pages, with or without a pages.csv
    (url,timestamp,status,file); one saved page; or a plain text rendering of one. What a path holds
    is told by its content. Pages saved out of a web archive are freed of its additions, and every
    date stated for them is kept. The same input again changes nothing.

    With --from, URLs are given instead: every memento that ARCHIVE lists of them is fetched, with
    pauses, as it was captured where ARCHIVE gives that. ARCHIVE is the address before the timestamp
    of its pages, such as https://webarchive.nationalarchives.gov.uk/ukgwa/ or
    https://web.archive.org/web/, or that of a TimeMap or CDX server. A run that was stopped goes on
    when the same command is given again.
    """
    if source is None:
        if since or until or limit or contact or allow_private:
            raise click.UsageError(
                "--since, --until, --limit, --contact and --allow-private go with --from"
            )
        return _from_files(
            *(archive, inputs, url, captured, label, operator),
            no_check=no_check,
            jobs=jobs,
            indexes=indexes,
            as_json=as_json,
        )
    if url or captured:
        raise click.UsageError("--url and --captured speak of a saved page; leave them with --from")
    if no_check or jobs or indexes:
        raise click.UsageError("--no-check, --jobs and --cdxj speak of WARC files, not of --from")
    # requests takes long to import, and nothing but this needs it.
    from marsham.cli.mementos import Wanted, from_archive

    wanted = Wanted(between(since, until, "--since", "--until"), limit, label, operator)
    return from_archive(archive, inputs, source, wanted, delay, contact, allow_private, as_json)


def _from_files(
    archive: Archive,
    inputs: tuple[str, ...],
    url: str | None,
    captured: str | None,
    label: str | None,
    operator: str,
    *,
    no_check: bool,
    jobs: int | None,
    indexes: tuple[Path, ...],
    as_json: bool,
) -> int:
    if len(inputs) > 1 and (url or captured):
        raise click.UsageError("--url and --captured speak of one page; give one PATH with them")
    listed: dict[str, dict[int, Listed]] = {}
    for index in indexes:
        for name, records in read_cdxj(index).items():
            listed.setdefault(name, {}).update(records)
    worst = DONE
    paths = [Path(text) for text in inputs]
    jobs = min(jobs or os.cpu_count() or 1, len(paths))
    # With one there is nothing to gain, and with an index hardly anything to read.
    to_read = paths if jobs > 1 and not indexes else []
    with (
        Ahead(to_read, jobs, check=not no_check) as ahead,
        Writer(archive) as writer,
        Copying(archive, paths) as copying,
        _progress(paths) as tick,
    ):
        say_recovered(writer)
        for number, path in enumerate(paths, 1):
            tick(path, 0)
            copied = copying.next()
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
                    copied=copied,
                    tick=partial(tick, path),
                )
            except NotWritableError as error:
                left = len(inputs) - number
                rest = f"; {counted(left, 'input')} behind it not tried" if left else ""
                raise ArchiveError(f"{path} was not taken in: {error}{rest}") from error
            except (DamagedError, FormatError, TimestampError, UrlError) as error:
                hint = _is_address(inputs[number - 1])
                say(f"marsham: {error}; nothing was taken in{hint}", err=True)
                if as_json:
                    click.echo(as_json_line({"name": str(path), "error": str(error)}))
                worst = FAILED
                continue
            finally:
                if copied:
                    copied.place.unlink(missing_ok=True)
            _report(taken, as_json, checked=not (no_check or indexes))
            worst = max(worst, FINDINGS if _news(taken) else DONE)
    return worst


@contextmanager
def _progress(paths: list[Path]) -> Iterator[Callable[[Path, int], object]]:
    """Show on a terminal how far it is; gives a function to be told the bytes read of an input."""
    if not sys.stderr.isatty():
        yield lambda path, done: None
        return
    # It takes long to import, and only people at a terminal need it.
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    sizes = {path: path.stat().st_size if path.is_file() else 0 for path in paths}
    before = dict(zip(paths, accumulate(sizes.values(), initial=0), strict=False))
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=sum(sizes.values()) or None)
        names = {path: escape(printable(shown(path.name))) for path in paths}
        yield lambda path, done: bar.update(
            task, description=names[path], completed=before[path] + done
        )


def _is_address(text: str) -> str:
    if text.startswith(("http://", "https://")):
        return "; to take a page from another web archive, say which with --from"
    return ""


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
