"""``marsham list``: the captures the archive holds."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
from sqlalchemy import Connection

from archiver.errors import NoCaptureError
from archiver.records import Capture
from archiver.timestamps import Span
from archiver.urls import check_listed
from marsham.cli.support import (
    DATE,
    as_json_line,
    between,
    counted,
    pass_archive,
    print_table,
    say,
)
from snapshots import index
from snapshots.archive import Archive
from snapshots.cdx import cdx_lines, cdxj_lines
from snapshots.erasure.register import explain_erased
from snapshots.reach import explain
from snapshots.zipnum import write_zipnum

__all__ = ["capture_as_json", "checked", "choose", "list_", "nothing_found"]

_FIELDS = (
    "url",
    "timestamp",
    "status",
    "mime",
    "digest",
    "file",
    "offset",
    "length",
    "kind",
    "grade",
)
_ZIPNUM = "zipnum"
_HEADS = ("timestamp", "status", "type", "grade", "length", "url")


@click.command("list", epilog="Example: marsham list 'http://www.homeoffice.gov.uk/crime/*'")
@click.argument("url", required=False)
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "cdx", "cdxj", _ZIPNUM]),
    default="table",
    show_default=True,
    help="A table for people; one JSON object a line; or an index as other tools read it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --format zipnum: the folder to write; it must not be there yet.",
)
@pass_archive
def list_(
    archive: Archive,
    url: str | None,
    start: Span | None,
    end: Span | None,
    form: str,
    out: Path | None,
) -> None:
    """List captures of a URL, of every URL below PREFIX*, or of all."""
    if (form == _ZIPNUM) != (out is not None):
        raise click.UsageError("--format zipnum and --out DIR go together")
    with archive.catalogue.read() as connection:
        wanted, span = checked(url), between(start, end)
        captures = _Counted(choose(connection, wanted, span))
        if out is None:
            _WRITERS[form](captures)
            sys.stdout.flush()
        else:
            _write_zipnum(captures, out)
        hidden, why = explain(connection, wanted, span)
        erased, gone = explain_erased(connection, wanted, span)
        others = None if captures.number else index.extent(connection, wanted)
    if (url or span or out) and not captures.number:
        raise why or gone or nothing_found(wanted, others)
    if hidden:
        are = "capture is" if hidden == 1 else "captures are"
        click.echo(f"{hidden} {are} withdrawn and not listed", err=True)
    if erased:
        click.echo(f"{counted(erased, 'capture')} of these were erased", err=True)


def nothing_found(wanted: str | None, others: tuple[int, str, str] | None) -> NoCaptureError:
    """Say that there is no capture of what was chosen, and which there are of other dates.

    Args:
        wanted: a page, ``PREFIX*``, or None for everything.
        others: as `snapshots.index.extent` tells.
    """
    return NoCaptureError(wanted or "any address", *(others or ()))


def capture_as_json(capture: Capture) -> dict[str, object]:
    """Give a capture as one line of ``list --format json`` has it."""
    values = (
        capture.url,
        capture.timestamp,
        capture.status,
        capture.media_type,
        capture.digest,
        capture.file,
        capture.offset,
        capture.length,
        capture.kind.value,
        capture.grade.value,
    )
    return dict(zip(_FIELDS, values, strict=True))


class _Counted:
    """Captures on their way out, one by one, and how many have gone."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self.number = 0
        self._captures = captures

    def __iter__(self) -> Iterator[Capture]:
        for capture in self._captures:
            self.number += 1
            yield capture


def _write_table(captures: Iterable[Capture]) -> None:
    rows = ((c.timestamp, c.status, c.media_type, c.grade.value, c.length, c.url) for c in captures)
    first = next(rows, None)
    if first:
        print_table(_HEADS, chain([first], rows))


def _write_csv(captures: Iterable[Capture]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(_FIELDS)
    writer.writerows(capture_as_json(capture).values() for capture in captures)


def _write_lines(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _write_zipnum(captures: Iterable[Capture], out: Path) -> None:
    lines = cdxj_lines(captures)
    first = next(lines, None)
    if first:
        written = write_zipnum(chain([first], lines), out)
        in_blocks = counted(written.blocks, "block")
        say(f"{out}: {counted(written.lines, 'capture')} in {in_blocks}, {written.size} bytes")


_WRITERS: dict[str, Callable[[Iterable[Capture]], None]] = {
    "table": _write_table,
    "json": lambda captures: _write_lines(as_json_line(capture_as_json(c)) for c in captures),
    "csv": _write_csv,
    "cdx": lambda captures: _write_lines(cdx_lines(captures)),
    "cdxj": lambda captures: _write_lines(cdxj_lines(captures)),
}


def choose(connection: Connection, wanted: str | None, span: Span | None) -> Iterator[Capture]:
    """Give the captures in view of a page, of every page below PREFIX*, or all (None)."""
    if wanted is None:
        return index.every(connection, span)
    if wanted.endswith("*"):
        return index.prefix(connection, wanted[:-1], span)
    return index.versions(connection, wanted, span)


def checked(url: str | None) -> str | None:
    """Clean what was given as a URL, PREFIX* or ``*``; None stands for everything.

    An address that is none of the web, such as ``dns:www.example``, is one if captures may have it.

    Raises:
        UrlError: when it is none of these.
    """
    if url is None or url == "*":
        return None
    return check_listed(url[:-1]) + "*" if url.endswith("*") else check_listed(url)
