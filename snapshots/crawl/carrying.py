"""Taking crawls over from an earlier catalogue into one made anew from the archive's files.

No file tells what a crawl has still to do. So where the earlier catalogue can be read, its crawls
are taken over, and one that is not finished goes on; else they are lost, and asked for again they
begin anew. What they captured does not hang on that.
"""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, delete, select

from snapshots.catalogue import insert_tuples
from snapshots.tables import (
    SCHEMA_VERSION,
    crawl,
    crawl_note,
    crawl_site,
    crawl_url,
    snapshot,
)

__all__ = ["carry_over", "drop_strays"]

_TABLES = (crawl, crawl_site, crawl_note, crawl_url)
_BATCH = 5_000
_READABLE = (4, 5, SCHEMA_VERSION)  # versions whose tables of crawls lack only what may be null

_COLUMNS = "SELECT name FROM pragma_table_info(?)"


def carry_over(connection: Connection, earlier: Path) -> None:
    """Take the crawls of an earlier catalogue over, all of them or none; it is only read.

    Args:
        connection: of the new catalogue, within a transaction; its snapshots are there.
        earlier: a SQLite file; it may be missing or damaged.
    """
    if not earlier.exists():
        return
    try:
        # Its log is read along; what opening it for reading leaves beside it is the log's index.
        old = sqlite3.connect(f"file:{quote(str(earlier))}?mode=ro", uri=True)
    except sqlite3.Error:
        return
    taking = connection.begin_nested()
    try:
        [[version]] = old.execute("SELECT version FROM schema_version")
        for table in _TABLES if version in _READABLE else ():
            there = {name for (name,) in old.execute(_COLUMNS, (table.name,))}
            names = [column.name for column in table.columns if column.name in there]
            rows = old.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608
            while some := rows.fetchmany(_BATCH):
                insert_tuples(connection, table, names, some)
    except (sqlite3.Error, ValueError):
        taking.rollback()
    else:
        taking.commit()
    finally:
        old.close()
    drop_strays(connection)


def drop_strays(connection: Connection) -> None:
    """Remove crawls whose snapshot the catalogue does not have."""
    there = select(snapshot.c.id).where(snapshot.c.kind == "crawl")
    strays = select(crawl.c.id).where(crawl.c.snapshot_id.not_in(there))
    for table in (crawl_url, crawl_note, crawl_site):
        connection.execute(delete(table).where(table.c.crawl_id.in_(strays)))
    connection.execute(delete(crawl).where(crawl.c.id.in_(strays)))
