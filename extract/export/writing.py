"""An export from archive to file: put together, written beside its place, and moved there whole."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from archiver.confined import Confined
from archiver.errors import NotWritableError
from archiver.timestamps import format_timestamp, parse_timestamp
from extract.asof import check_extracted
from extract.export.columns import Row, TableHead, Written
from extract.export.formats import PROVED, table_writer
from extract.export.graph import write_graphs
from extract.export.manifest import (
    Manifest,
    catalogue_revision,
    file_digest,
    manifest_path,
    write_manifest,
)
from extract.export.selection import Filters, Selection
from extract.export.sources import rows_of, source_named
from snapshots.archive import Archive
from snapshots.index import extent

__all__ = [
    "Order",
    "Table",
    "newest_moment",
    "print_export",
    "snapshots_at",
    "table_of",
    "write_export",
    "write_link_graphs",
]

_LOCAL = "http://localhost:8080"  # where marsham serve stands unless told otherwise


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported.

    Attributes:
        what: the name of a source.
        form: the name of a format.
        moment: as of which, an aware datetime; None for the newest capture in view.
        filters: what is left out.
        bom: whether CSV begins with a byte order mark.
    """

    what: str
    form: str = "csv"
    moment: datetime | None = None
    filters: Filters = field(default_factory=Filters)
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An export put together: its head, its rows, and the state of the archive it is of."""

    head: TableHead
    rows: Iterator[Row]
    catalogue: dict[str, object]


@contextmanager
def table_of(archive: Archive, order: Order) -> Iterator[Table]:
    """Put an export together; its rows can be taken within the context, once.

    Raises:
        ArchiveError: when nothing was extracted yet.
        InputError: when there is no such source, or a filter is for other rows than its.
    """
    source = source_named(order.what)
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        moment = order.moment or newest_moment(connection)
        state = catalogue_revision(connection)
        filters = order.filters.as_json()
        facts = {
            "as_of": format_timestamp(moment),
            "filters": "; ".join(f"{name}: {value}" for name, value in filters.items()),
            "catalogue": "; ".join(f"{name} {value}" for name, value in state.items()),
            "snapshots": snapshots_at(archive),
        }
        head = TableHead(order.what, source.about, source.columns, moment, facts)
        with ExitStack() as stack:
            proved = order.form in PROVED
            children = stack.enter_context(Confined()) if proved else None
            selection = Selection(archive, connection, moment, order.filters, children)
            yield Table(head, rows_of(source, selection), state)


def print_export(archive: Archive, order: Order, out: BinaryIO) -> Written:
    """Write an export to an open binary file, without a manifest; see `write_export`."""
    write = table_writer(order.form, order.what, bom=order.bom)
    with table_of(archive, order) as table:
        return write(out, table.head, table.rows)


def write_export(archive: Archive, order: Order, out: Path) -> Manifest:
    """Write an export to a file, and its manifest beside it.

    The file there was is replaced when all of the new one is written. The same archive and order
    give the same bytes.

    Raises:
        ArchiveError: when nothing was extracted yet.
        InputError: when source, format or filters do not exist or do not go together.
        NotWritableError: when the file cannot be written.
    """
    write = table_writer(order.form, order.what, bom=order.bom)
    part = out.with_name(f"{out.name}.part")
    try:
        with table_of(archive, order) as table:
            with part.open("wb") as file:
                written = write(file, table.head, table.rows)
            manifest = Manifest(
                what=order.what,
                form=order.form,
                as_of=table.head.facts["as_of"],
                filters=order.filters.as_json(),
                catalogue=table.catalogue,
                counts={
                    "rows": written.rows,
                    "characters_replaced": written.replaced,
                    "values_continued": written.continued,
                },
                columns=table.head.columns,
                identity=source_named(order.what).identity,
                files=(file_digest(part, out.name),),
            )
        part.replace(out)
        write_manifest(manifest, manifest_path(out))
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def write_link_graphs(archive: Archive, order: Order, folder: Path) -> list[Path]:
    """Write the graph of links of each year as GEXF into a folder; give the files.

    Raises:
        ArchiveError: when nothing was extracted yet.
        NotWritableError: when the folder cannot be written.
    """
    with archive.catalogue.read() as connection:
        check_extracted(connection)
        moment = order.moment or newest_moment(connection)
        return write_graphs(Selection(archive, connection, moment, order.filters), folder)


def snapshots_at(archive: Archive) -> str:
    """Give what the addresses of snapshots begin with: by the setting ``address``."""
    return f"{archive.settings.address.rstrip('/') or _LOCAL}/web/"


def newest_moment(connection: Connection) -> datetime:
    """Give the moment of the newest capture in view: what an export without a date is as of.

    Not the present: the same archive is to give the same export tomorrow.
    """
    found = extent(connection, None)
    return parse_timestamp(found[2]) if found else datetime.now(UTC)
