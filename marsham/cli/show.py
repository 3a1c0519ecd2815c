"""``marsham show``: one memento, its provenance, its head or its body."""

import sys
from datetime import UTC, datetime

import click
from sqlalchemy import Connection

from archiver.records import Capture, StatedDate
from archiver.timestamps import Span, parse_span
from archiver.urls import check_listed
from marsham.cli.listing import capture_as_json
from marsham.cli.support import DATE, as_json_line, pass_archive, say
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_at

__all__ = ["show"]


@click.command(epilog="Example: marsham show http://www.homeoffice.gov.uk/crime/ --at 2011-05")
@click.argument("url")
@click.option("--at", type=DATE, metavar="DATE", help="The capture closest to this date; else now.")
@click.option("--body", is_flag=True, help="Write the decoded body.")
@click.option("--raw", is_flag=True, help="Write the record's block as stored.")
@click.option("--json", "as_json", is_flag=True, help="Print what is known of it as JSON.")
@pass_archive
def show(archive: Archive, url: str, at: Span | None, body: bool, raw: bool, as_json: bool) -> None:
    """Show the memento of URL closest to a date.

    Without an option that is what is known of it, and its head.
    A date such as 2011 means its first second, as it does in web addresses of archives.
    """
    if body + raw + as_json > 1:
        raise click.UsageError("give one of --body, --raw and --json: each writes something else")
    memento = memento_at(archive, check_listed(url), at.first if at else datetime.now(UTC))
    if body:
        sys.stdout.buffer.write(memento.content())
        return
    if raw:
        for part in memento.block():
            sys.stdout.buffer.write(part)
        return
    with archive.catalogue.read() as connection:
        stated = index.stated_dates(connection, memento.capture)
        holder = _holder(connection, memento)
    if as_json:
        click.echo(as_json_line(_as_json(memento, holder, stated)))
        return
    for line in _lines(memento, holder, stated):
        say(line)


def _holder(connection: Connection, memento: Memento) -> Capture | None:
    # The other capture whose record holds the payload; not named when it is withdrawn.
    holder = memento.holder
    if holder == memento.capture:
        return None
    versions = index.versions(connection, holder.url, parse_span(holder.timestamp))
    return holder if holder in versions else None


def _lines(
    memento: Memento, holder: Capture | None, stated: list[tuple[StatedDate, str | None]]
) -> list[str]:
    capture = memento.capture
    lines = [
        f"url        {capture.url}",
        f"captured   {capture.timestamp}",
        f"grade      {capture.grade.value}",
        f"digest     {capture.digest}",
        f"stored     {capture.file} at byte {capture.offset}, {capture.length} bytes",
    ]
    if holder:
        lines.append(f"same as    {holder.url} at {holder.timestamp}")
    for date, rule in stated:
        lines.append(
            f"stated     {date.timestamp} by {date.source.value}: {date.raw}"
            + (f"  (chosen: {rule})" if rule else "")
        )
    if memento.head:
        head = memento.head
        lines += ["", f"{head.protocol} {head.status} {head.reason}".rstrip()]
        lines += [f"{name}: {value}" for name, value in head.headers.fields]
    return lines


def _as_json(
    memento: Memento, holder: Capture | None, stated: list[tuple[StatedDate, str | None]]
) -> dict[str, object]:
    head = memento.head
    return capture_as_json(memento.capture) | {
        "same_as": capture_as_json(holder) if holder else None,
        "stated_dates": [
            {
                "source": date.source.value,
                "timestamp": date.timestamp,
                "raw": date.raw,
                "chosen_by": rule,
            }
            for date, rule in stated
        ],
        "headers": [list(field) for field in head.headers.fields] if head else [],
    }
