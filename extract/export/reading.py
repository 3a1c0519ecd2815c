"""Exports read back: the rows of a file as they were before they were written."""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from archiver.errors import FormatError
from extract.export.columnar import parquet_rows
from extract.export.columns import Column, Kind, Row, parted
from extract.export.worksheets import workbook_texts
from extract.formulas import unshielded

__all__ = ["READERS", "read_rows"]

_LONGEST_CELL = 1 << 26  # characters


def read_rows(path: Path, form: str, table: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    """Give the rows of an export, one by one.

    Args:
        path: the file.
        form: its format, one of `READERS`.
        table: what the table in it is called.
        columns: those wanted; one without structure that the file lacks makes it another's.

    Raises:
        FormatError: when the format has no reader, or the file is damaged.
    """
    if form not in READERS:
        raise FormatError(
            str(path), f"exports as {form} are not read back; use {', '.join(READERS)}"
        )
    try:
        yield from READERS[form](path, table, columns)
    except (OSError, ValueError, KeyError, TypeError, csv.Error, sqlite3.Error) as error:
        raise FormatError(
            str(path), f"not the export that its manifest describes ({error})"
        ) from error


def _from_csv(path: Path, _: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for cells in csv.DictReader(file, strict=True):
                yield {one.name: _typed(unshielded(cells[one.name]), one.kind) for one in columns}
    finally:
        csv.field_size_limit(before)


def _from_json(path: Path, _: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    # An object a line, with a bracket before, commas between, and a bracket behind.
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from _objects((line.strip().strip(",[]") for line in file), columns, whole=False)


def _from_jsonl(path: Path, _: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from _objects(file, columns, whole=True)


def _from_parquet(path: Path, _: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    yield from parquet_rows(path, [column.name for column in columns])


def _from_sqlite(path: Path, table: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as database:
        names = ", ".join(f'"{column.name}"' for column in columns)
        rows = database.execute(f'SELECT {names} FROM "{table}" ORDER BY rowid')  # noqa: S608
        for values in rows:
            yield {
                column.name: _stored(value, column.kind)
                for column, value in zip(columns, values, strict=True)
            }


def _from_xlsx(path: Path, table: str, columns: tuple[Column, ...]) -> Iterator[Row]:
    for cells in workbook_texts(path, table):
        yield {one.name: _typed(cells[one.name], one.kind) for one in columns}


READERS: dict[str, Callable[[Path, str, tuple[Column, ...]], Iterator[Row]]] = {
    "csv": _from_csv,
    "json": _from_json,
    "jsonl": _from_jsonl,
    "parquet": _from_parquet,
    "sqlite": _from_sqlite,
    "xlsx": _from_xlsx,
}
"""What reads a format back, by its name."""


def _objects(lines: Iterable[str], columns: tuple[Column, ...], *, whole: bool) -> Iterator[Row]:
    for line in lines:
        if line or whole:
            found = json.loads(line)
            yield {column.name: found[column.name] for column in columns}


def _stored(value: object, kind: Kind) -> object:
    if value is None:
        return None
    if kind is Kind.TEXTS:
        return json.loads(str(value))
    return bool(value) if kind is Kind.BOOLEAN else value


def _typed(text: str, kind: Kind) -> object:
    if kind is Kind.TEXTS:
        return parted(text)
    if not text:
        return None
    if kind is Kind.INTEGER:
        return int(text)
    if kind is Kind.NUMBER:
        return float(text)
    return text == "true" if kind is Kind.BOOLEAN else text
