"""What an export would change: its rows held against an export written earlier.

Rows are known again by the columns that the source names for it; of several alike, their order
decides. That a row was read from another capture, at another place or by another rule, is told
apart from a change of what it says.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from archiver.errors import InputError
from extract.export.columns import Column, Kind, Row
from extract.export.manifest import file_digest, manifest_path, read_manifest
from extract.export.origin import CAPTURE, EVIDENCE
from extract.export.reading import READERS, read_rows
from extract.export.sources import source_named
from extract.export.writing import Order, Table, table_of
from snapshots.archive import Archive

__all__ = ["Change", "Difference", "Differing", "differences"]

_SOURCE = frozenset(column.name for column in (*CAPTURE, *EVIDENCE)) - {"url", "corrected"}

_PLAIN = (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN)


class Change(StrEnum):
    """How a row differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    READ_ELSEWHERE = "read elsewhere"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs.

    Attributes:
        change: how.
        identity: the values by which it is known, by column.
        fields: of a row that is there in both, the columns that differ: value before, value now;
            of another, its values.
    """

    change: Change
    identity: Mapping[str, object]
    fields: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Differing:
    """An export held against one before.

    Attributes:
        notes: what else differs, such as the date or the filters, in words.
        rows: the rows that differ: added and changed in the order of the export, then removed in
            that of the one before. They can be taken once.
    """

    notes: tuple[str, ...]
    rows: Iterator[Difference]


def differences(archive: Archive, order: Order, earlier: Path) -> Differing:
    """Hold an export that would be made against one that was; nothing is written.

    Args:
        archive: the archive.
        order: what would be exported; its format does not matter.
        earlier: the file of the earlier export, with its manifest beside it.

    Raises:
        InputError: when the earlier export has no manifest, is of something else or in a format
            that is not read back, or its file is not the one that was written.
    """
    manifest = read_manifest(manifest_path(earlier))
    if manifest.what != order.what:
        raise InputError(f"{earlier} holds {manifest.what}, not {order.what}")
    if manifest.form not in READERS:
        raise InputError(
            f"exports as {manifest.form} are not read back; "
            f"keep one as {', '.join(READERS)} to compare with"
        )
    try:
        whole = file_digest(earlier).sha256 == manifest.files[0].sha256
    except OSError as error:
        raise InputError(f"cannot read {earlier}: {error.strerror or error}") from error
    if not whole:
        raise InputError(
            f"{earlier} was changed since it was written (its SHA-256 is another than in its "
            "manifest); compare with an export as it was written"
        )
    names = {column.name for column in source_named(order.what).columns}
    columns = tuple(
        column
        for column in manifest.columns
        if column.kind is not Kind.NESTED and column.name in names
    )
    notes = []
    if manifest.filters != order.filters.as_json():
        notes.append(f"filters then {manifest.filters or 'none'}, now {order.filters.as_json()}")
    if new := sorted(names - {column.name for column in manifest.columns}):
        notes.append(f"columns that were not there then: {', '.join(new)}")
    before = read_rows(earlier, manifest.form, manifest.what, columns)
    return Differing(tuple(notes), _differing(archive, order, columns, before))


def _differing(
    archive: Archive, order: Order, columns: tuple[Column, ...], before: Iterable[Row]
) -> Iterator[Difference]:
    identity = source_named(order.what).identity
    with table_of(archive, order) as table, closing(_scratch()) as database:
        database.executemany(
            "INSERT INTO earlier (key, fields) VALUES (?, ?)",
            ((key, json.dumps(values)) for key, values in _keyed(before, identity, columns)),
        )
        yield from _held(database, table, identity, columns)
        left = database.execute("SELECT fields FROM earlier WHERE NOT seen ORDER BY number")
        for (told,) in left:
            values = json.loads(told)
            yield Difference(
                Change.REMOVED,
                {name: values[name] for name in identity},
                {name: (value, None) for name, value in values.items() if value},
            )


def _held(
    database: sqlite3.Connection,
    table: Table,
    identity: tuple[str, ...],
    columns: tuple[Column, ...],
) -> Iterator[Difference]:
    for key, values in _keyed(table.rows, identity, columns):
        known = {name: values[name] for name in identity}
        found = database.execute("SELECT number, fields FROM earlier WHERE key = ?", (key,))
        row = found.fetchone()
        if row is None:
            said = {name: (None, value) for name, value in values.items() if value}
            yield Difference(Change.ADDED, known, said)
            continue
        database.execute("UPDATE earlier SET seen = 1 WHERE number = ?", (row[0],))
        was = json.loads(row[1])
        changed = {name: (was[name], value) for name, value in values.items() if was[name] != value}
        if changed:
            told = {name: both for name, both in changed.items() if name not in _SOURCE}
            change = Change.CHANGED if told else Change.READ_ELSEWHERE
            yield Difference(change, known, told or changed)


def _keyed(
    rows: Iterable[Row], identity: tuple[str, ...], columns: tuple[Column, ...]
) -> Iterator[tuple[str, dict[str, object]]]:
    # What no flat format can tell apart is made one: no value, an empty one, and an empty list.
    met: dict[str, int] = {}
    place = None
    for row in rows:
        values = {
            column.name: row[column.name] if column.kind in _PLAIN else row[column.name] or None
            for column in columns
        }
        if values[identity[0]] != place:
            place = values[identity[0]]
            met.clear()
        key = json.dumps([values[name] for name in identity])
        number = met[key] = met.get(key, 0) + 1
        yield f"{key}{number}", values


def _scratch() -> sqlite3.Connection:
    # An empty name is a file of its own that is gone with the connection.
    database = sqlite3.connect("", isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute(
        "CREATE TABLE earlier (number INTEGER PRIMARY KEY, key TEXT UNIQUE, fields TEXT,"
        " seen INTEGER NOT NULL DEFAULT 0)"
    )
    return database
