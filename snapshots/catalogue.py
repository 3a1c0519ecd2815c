"""The catalogue as a database: opened, laid out, read and written in transactions.

SQLite by default, in the archive folder; PostgreSQL when the settings name one. Both hold the same
tables and answer the same questions.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Select,
    SelectBase,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler

from archiver.errors import ArchiveError, SettingsError
from snapshots.tables import SCHEMA_VERSION, metadata, schema_version

__all__ = [
    "Catalogue",
    "LookUp",
    "Prepared",
    "Watch",
    "insert_rows",
    "insert_tuples",
    "next_id",
    "run_tuples",
    "stream",
]

_BATCH = 5_000  # rows sent to the database at once
_AT_ONCE = (4, 32, 500)  # values looked up by one query
_BUSY_MS = 5_000  # how long SQLite waits for another's lock
_CACHE_KIB = 65_536
_WRITER_CACHE_KIB = 262_144  # what is written comes in no order, and pages are many
_MMAP_BYTES = 1 << 28
_LOG_PAGES = 8_192  # 64 MiB; below that, what is written often goes into the catalogue once
_ADVICE = {  # by words of the database's own message
    "connection": "see that the database server runs and lets you in",
    "full": "make room on the disk",
    "locked": "another process writes to it; try again",
    "readonly": "you need the right to write to it and its folder",
    "unable to open": "you need the right to read it and its folder",
}


class _DriverConnection(Protocol):
    isolation_level: str | None

    def execute(self, sql: str, /) -> object: ...


class Catalogue:
    """One catalogue, opened. Readers and the one writer may use it at the same time.

    Open it with `Catalogue.sqlite` or `Catalogue.at`, close it with `close`.

    Attributes:
        engine: the database.
        name: what to call it in messages: a path, or an address without its password.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    @classmethod
    def sqlite(cls, path: Path, *, create: bool = False) -> "Catalogue":
        """Open the catalogue in a SQLite file.

        A file in a folder that may not be written is opened as it stands, without a log beside it.
        """
        query: dict[str, str] = {}
        if not create:
            query = {"uri": "true", "mode": "rw"}
            if not _may_write(path):
                query = {"uri": "true", "mode": "ro", "immutable": "1"}
        name = f"file:{quote(str(path))}" if query else str(path)
        engine = create_engine(URL.create("sqlite", database=name, query=query))
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls(engine, str(path))

    @classmethod
    def at(cls, database: str, settings_path: str) -> "Catalogue":
        """Open the catalogue at a database URL, such as ``postgresql://user@host/marsham``.

        Raises:
            SettingsError: when the URL is not one, or names a database we do not know.
        """
        try:
            url = make_url(database)
            if url.drivername in ("postgresql", "postgres"):
                url = url.set(drivername="postgresql+psycopg")
            if url.get_backend_name() == "sqlite":
                return cls.sqlite(Path(url.database or ""), create=True)
            # As in SQLite: what a transaction reads does not change under it.
            engine = create_engine(url, isolation_level="REPEATABLE READ")
            return cls(engine, url.render_as_string(hide_password=True))
        except (ArgumentError, NoSuchModuleError) as error:
            raise SettingsError(settings_path, f"database: {error}") from error
        except ImportError as error:
            raise SettingsError(
                settings_path,
                f"database: the driver is missing ({error}); install marsham[postgres]",
            ) from error

    def lay_out(self, *, again: bool = False) -> None:
        """Make the tables of a new catalogue, and note the version of the schema.

        Args:
            again: make what is missing of a catalogue that may be there, for one to be made anew.

        Raises:
            ArchiveError: when the database holds a catalogue already; with `again`, when that is of
                another version.
        """
        with self.write() as connection:
            known = inspect(connection).has_table(schema_version.name)
            if known and not again:
                raise ArchiveError(
                    "the database holds the catalogue of an archive already; give each archive "
                    "a database of its own"
                )
            noted = connection.scalar(select(schema_version.c.version)) if known else None
            if noted is not None:
                self.check_version()
            metadata.create_all(connection)
            if noted is None:
                connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))

    def check_version(self) -> None:
        """Make sure that the catalogue was laid out by this version of the schema.

        Raises:
            ArchiveError: when it is another's, or no catalogue at all.
        """
        with self.read() as connection:
            known = inspect(connection).has_table(schema_version.name)
            version = connection.scalar(select(schema_version.c.version)) if known else None
        if version is None:
            raise ArchiveError("the database holds no catalogue of an archive")
        if version != SCHEMA_VERSION:
            raise ArchiveError(
                f"the catalogue has version {version}, and this Marsham knows {SCHEMA_VERSION}; "
                "use the version of Marsham that made it"
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading; what it sees does not change until it is given back."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection for writing: all of it happens when the block ends, or none."""
        with (
            self._translated(),
            self.engine.connect().execution_options(marsham_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def watch(self) -> "Watch":
        """Watch for changes that others make; see `Watch`."""
        return Watch(self.engine)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise ArchiveError(
                f"the catalogue could not be used: {cause} ({self.name}); {_advice(cause)}"
            ) from error

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


class Watch:
    """Tells, in microseconds, whether the catalogue has been changed since one last looked.

    Only SQLite can say so at that price; of another database nothing is known.

    Source: SQLite, ``PRAGMA data_version``.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection: PoolProxiedConnection | None = None
        self._cursor: DBAPICursor | None = None
        if engine.dialect.name == "sqlite":
            self._connection = engine.raw_connection()
            self._cursor = self._connection.cursor()

    def revision(self) -> int | None:
        """Give a number that is another one after a change, or None where none is known."""
        if self._cursor is None:
            return None
        self._cursor.execute("PRAGMA data_version")
        row = self._cursor.fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Let go of its connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._cursor = None


class Prepared:
    """A query whose text is made once, for look-ups where that would take most of the time.

    Its rows are the driver's own: tuples of what the columns hold.
    """

    def __init__(self, query: SelectBase) -> None:
        self._query = query
        self._made: dict[str, _Made] = {}  # by the name of the database's dialect

    def rows(self, connection: Connection, **values: object) -> Sequence[tuple[Any, ...]]:
        """Run the query with values for its parameters, and give all its rows.

        Parameters that are not given here have the value the query was made with, or now gets.
        """
        dialect = connection.dialect
        made = self._made.get(dialect.name) or self.prepare(dialect)
        given = made.fixed | values
        for name, bound in made.now:
            given.setdefault(name, bound.effective_value)
        parameters = given if made.order is None else tuple([given[name] for name in made.order])
        if not connection.in_transaction():
            connection.begin()  # what is read does not change until the connection is given back
        with _told(dialect, made.text):
            cursor = connection.connection.cursor()
            cursor.execute(made.text, parameters)
            return cursor.fetchall()

    def prepare(self, dialect: Dialect) -> "_Made":
        """Make the text for a database, which takes milliseconds, before anybody waits for it."""
        made = self._made[dialect.name] = _Made(self._query.compile(dialect=dialect))
        return made


class LookUp:
    """A query for the rows that have one of many values; its text is made once for some numbers.

    Args:
        query: makes it of the values that are wanted.
    """

    def __init__(self, query: Callable[[list[ColumnElement[Any]]], SelectBase]) -> None:
        self._query = query
        self._made: dict[int, tuple[tuple[str, ...], Prepared]] = {}  # by how many it looks up

    def rows(
        self, connection: Connection, wanted: Sequence[object], **more: object
    ) -> Iterator[tuple[Any, ...]]:
        """Give the rows for some values, in no order; those of other parameters are `more`."""
        start = 0
        while start < len(wanted):
            left = len(wanted) - start
            names, query = self._for(next((n for n in _AT_ONCE if n >= left), _AT_ONCE[-1]))
            some = wanted[start : start + len(names)]
            # Places that are left over ask for the last value again.
            filled = dict.fromkeys(names, some[-1]) | dict(zip(names, some, strict=False))
            yield from query.rows(connection, **filled, **more)
            start += len(names)

    def _for(self, number: int) -> tuple[tuple[str, ...], Prepared]:
        made = self._made.get(number)
        if made is None:
            names = tuple(f"wanted_{place}" for place in range(number))
            made = names, Prepared(self._query([bindparam(name) for name in names]))
            self._made[number] = made
        return made


class _Made:
    """The text of a query for one database, and what its parameters are."""

    def __init__(self, made: SQLCompiler) -> None:
        self.text = made.string
        self.order = made.positiontup
        self.now = [(name, bound) for name, bound in made.binds.items() if bound.callable]
        self.fixed = {name: bound.value for name, bound in made.binds.items() if not bound.callable}


@contextmanager
def _told(dialect: Dialect, statement: str) -> Iterator[None]:
    # What the driver itself raises is told as any other error of the database.
    assert dialect.dbapi is not None  # noqa: S101 - there is a connection
    base: type[Exception] = dialect.dbapi.Error
    try:
        yield
    except base as error:
        raise DBAPIError.instance(statement, None, error, base, dialect=dialect) from error


def next_id(connection: Connection, table: Table) -> int:
    """Give the first id not yet taken in a table; good for the one writer within a transaction."""
    highest: int | None = connection.scalar(select(func.max(table.c.id)))
    return (highest or 0) + 1


def insert_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows in batches; nothing happens for none."""
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(table), rows[start : start + _BATCH])


def insert_tuples(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows given as tuples of what the driver takes; nothing happens for none.

    For rows by the million: the driver gets them as they are, without a look at each column's type.
    """
    if rows:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
        run_tuples(connection, statement, rows)


def run_tuples(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a statement for each of some rows of values; nothing happens for none.

    Args:
        connection: a connection of the catalogue.
        statement: SQL both databases know; ``?`` stands for a value, and for nothing else.
        rows: what the driver takes.
    """
    if not rows:
        return
    dialect = connection.dialect
    if dialect.paramstyle != "qmark":
        statement = statement.replace("?", "%s")
    with _told(dialect, statement):
        connection.connection.cursor().executemany(statement, rows)


def stream(connection: Connection, query: Select[Any] | CompoundSelect[Any]) -> Iterator[Any]:
    """Run a query and give its rows one by one without holding them all.

    Whoever stops before the last row leaves no cursor open in the server.
    """
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as rows:
        yield from rows


def _advice(cause: str) -> str:
    for words, advice in _ADVICE.items():
        if words in cause.lower():
            return advice
    return "see what is wrong with: marsham verify; make it anew with: marsham rebuild"


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _set_up_sqlite(connection: _DriverConnection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    for pragma in (
        f"busy_timeout = {_BUSY_MS}",
        "page_size = 8192",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
        f"mmap_size = {_MMAP_BYTES}",
        f"wal_autocheckpoint = {_LOG_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turned writer half-way could only fail.
    if connection.get_execution_options().get("marsham_write"):
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    with _told(connection.dialect, "BEGIN"):  # every memento shown begins with this
        connection.connection.cursor().execute("BEGIN")
