"""``marsham list``: the captures the archive holds."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from sqlalchemy import Connection

from archiver.errors import NoCaptureError
from archiver.records import Capture
from archiver.timestamps import Span
from archiver.urls import check_url
from marsham.cli.support import DATE, as_json_line, pass_archive, print_table
from snapshots import index
from snapshots.archive import Archive

__all__ = ["capture_as_json", "list_"]

_HEADS = ("timestamp", "status", "type", "grade", "length", "url")


@click.command("list", epilog="Example: marsham list 'http://www.homeoffice.gov.uk/crime/*'")
@click.argument("url", required=False)
@click.option("--from", "start", type=DATE, metavar="DATE", help="Only captures from this date on.")
@click.option("--to", "end", type=DATE, metavar="DATE", help="Only captures up to this date.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, or one JSON object a line.",
)
@pass_archive
def list_(
    archive: Archive, url: str | None, start: Span | None, end: Span | None, form: str
) -> None:
    """List captures: of one URL, of every URL below PREFIX*, or all of them."""
    found = False
    with archive.catalogue.read() as connection:
        captures = _select(connection, url, _span(start, end))
        if form == "json":
            for capture in captures:
                found = True
                click.echo(as_json_line(capture_as_json(capture)))
        else:
            rows = [
                (c.timestamp, c.status, c.media_type, c.grade.value, c.length, c.url)
                for c in captures
            ]
            found = bool(rows)
            if rows:
                print_table(_HEADS, rows)
    if url and not found:
        raise NoCaptureError(url)


def capture_as_json(capture: Capture) -> dict[str, object]:
    """Give a capture as one line of ``list --format json`` has it."""
    return {
        "url": capture.url,
        "timestamp": capture.timestamp,
        "status": capture.status,
        "mime": capture.media_type,
        "digest": capture.digest,
        "file": capture.file,
        "offset": capture.offset,
        "length": capture.length,
        "kind": capture.kind.value,
        "grade": capture.grade.value,
    }


def _select(connection: Connection, url: str | None, span: Span | None) -> Iterator[Capture]:
    if url is None or url == "*":
        return index.every(connection, span)
    if url.endswith("*"):
        return index.prefix(connection, check_url(url[:-1]), span)
    return index.versions(connection, check_url(url), span)


def _span(start: Span | None, end: Span | None) -> Span | None:
    if start is None and end is None:
        return None
    beginning = datetime(1, 1, 1, tzinfo=UTC)
    ending = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    return Span(start.first if start else beginning, end.last if end else ending)
