"""The catalogue's schema as SQL text: what ``schema.sql`` holds, made from the tables."""

import sys

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from extract import tables as facts  # its tables join those of the catalogue
from snapshots.tables import SCHEMA_VERSION

__all__ = ["schema_sql"]

_HEAD = f"""\
-- The catalogue of a Marsham archive, version {SCHEMA_VERSION}. Made from the tables in
-- snapshots/tables.py and extract/tables.py by `make schema`; do not edit.
--
-- This text loads into SQLite and PostgreSQL alike. The archive's own catalogue differs in four
-- ways only: on SQLite the tables marked "without rowid" are made so, url.url is not stored but
-- put together when it is read, and an index of words is kept of what pages say (word_index, FTS5);
-- on PostgreSQL url.urlkey and url.url have COLLATE "C", so that ranges follow the order of bytes.
"""


def schema_sql() -> str:
    """Write the definition of every table, in an order in which they can be made."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    parts = [_HEAD.rstrip()]
    for table in facts.metadata.sorted_tables:
        rowid = table.dialect_options["sqlite"]["with_rowid"]
        about = [f"-- {table.comment}" + ("" if rowid else " (Without rowid.)")]
        about += [
            f"--   {column.name}: {column.comment}" for column in table.columns if column.comment
        ]
        text = str(CreateTable(table).compile(dialect=dialect)).strip().replace(' COLLATE "C"', "")
        parts.append("\n".join([*about, text.replace("\t", "    ") + ";"]))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            parts.append(str(CreateIndex(index).compile(dialect=dialect)).strip() + ";")
    lines = "\n\n".join(parts).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_sql())
