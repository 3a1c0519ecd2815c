"""What several tests of the store look at: all rows, all files, all captures."""

from pathlib import Path

from sqlalchemy import select

from archiver.records import Capture
from snapshots import index
from snapshots.archive import Archive
from snapshots.tables import metadata


def all_rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table, each table in an order that does not change."""
    with archive.catalogue.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def all_files(archive: Archive) -> set[str]:
    """Give every file of the archive folder but the database's own and the lock."""
    root = archive.path
    found = {place.relative_to(root).as_posix() for place in root.rglob("*") if place.is_file()}
    return {name for name in found if not name.startswith("catalogue.db") and name != "lock"}


def all_captures(archive: Archive) -> list[Capture]:
    """Give every capture listed."""
    with archive.catalogue.read() as connection:
        return list(index.every(connection))


def put(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files into a folder, folders between them made as needed."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder
