"""``marsham snapshots``: the dated runs and sets the archive holds."""

import click
from sqlalchemy import select

from marsham.cli.support import as_json_line, pass_archive, print_table
from snapshots.archive import Archive
from snapshots.tables import snapshot

__all__ = ["snapshots"]

_COLUMNS = ("id", "label", "kind", "captures", "first", "last", "created", "tool", "operator")


@click.command(epilog="Example: marsham snapshots --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each snapshot.")
@pass_archive
def snapshots(archive: Archive, as_json: bool) -> None:
    """List the snapshots: each a crawl or an ingested set, with its span of dates."""
    with archive.catalogue.read() as connection:
        query = select(*(snapshot.c[name] for name in _COLUMNS)).order_by(snapshot.c.id)
        rows = [tuple(row) for row in connection.execute(query)]
    if as_json:
        for row in rows:
            click.echo(as_json_line(dict(zip(_COLUMNS, row, strict=True))))
        return
    print_table(_COLUMNS[:6], [row[:6] for row in rows])
