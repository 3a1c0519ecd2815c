"""Rows as a SQLite database: one table, its columns explained, and what the export is."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from extract.export.characters import storable
from extract.export.columns import Kind, Row, TableHead, Written

__all__ = ["write_sqlite"]

_TYPES = {
    Kind.TEXT: "TEXT",
    Kind.TEXTS: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.BOOLEAN: "INTEGER",
    Kind.NUMBER: "REAL",
}


def write_sqlite(out: BinaryIO, head: TableHead, rows: Iterable[Row]) -> Written:
    """Write rows as a table of a SQLite database, named as the head is.

    Lists are JSON arrays, which ``json_each`` of SQLite takes apart. The table ``columns`` says
    what each column means, ``manifest`` what the head states. No time is kept in the file.

    Args:
        out: where to; a binary file.
        head: the columns; those with structure are left out.
        rows: the rows.
    """
    filled = _Filled(head)
    with TemporaryDirectory(prefix="marsham-export-") as folder:
        path = Path(folder, "export.sqlite")
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA page_size = 4096")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            _fill(database, head, filled.tuples(rows))
            facts = {
                "table": head.name,
                "about": head.about,
                "rows": str(filled.rows),
                **head.facts,
            }
            database.executemany("INSERT INTO manifest VALUES (?, ?)", facts.items())
            database.execute("COMMIT")
        with path.open("rb") as made:
            shutil.copyfileobj(made, out, 1 << 20)
    return Written(filled.rows, filled.replaced)


class _Filled:
    """Rows as SQLite takes them, and what was counted on the way."""

    def __init__(self, head: TableHead) -> None:
        self._names = [column.name for column in head.flat]
        self.rows = 0
        self.replaced = 0

    def tuples(self, rows: Iterable[Row]) -> Iterator[list[object]]:
        for row in rows:
            self.rows += 1
            yield [self._value(row[name]) for name in self._names]

    def _value(self, value: object) -> object:
        if isinstance(value, list):
            value = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            return value
        text, replaced = storable(value)
        self.replaced += replaced
        return text


def _fill(database: sqlite3.Connection, head: TableHead, rows: Iterator[list[object]]) -> None:
    columns = head.flat
    # The names are ours, not the archive's: see the exports.
    made = ", ".join(f'"{column.name}" {_TYPES[column.kind]}' for column in columns)
    database.execute(f'CREATE TABLE "{head.name}" ({made})')
    database.execute("CREATE TABLE columns (name TEXT, kind TEXT, about TEXT)")
    database.execute("CREATE TABLE manifest (fact TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    database.executemany(
        "INSERT INTO columns VALUES (?, ?, ?)",
        [(column.name, column.kind.value, column.about) for column in columns],
    )
    places = ", ".join("?" * len(columns))
    database.executemany(f'INSERT INTO "{head.name}" VALUES ({places})', rows)  # noqa: S608
