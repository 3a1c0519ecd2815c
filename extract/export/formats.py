"""Formats: how rows are written, by the name that people give."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from archiver.errors import InputError
from extract.export.columnar import write_parquet
from extract.export.columns import Row, TableHead, Written
from extract.export.database import write_sqlite
from extract.export.delimited import write_csv
from extract.export.linked import LINKED, write_jsonld
from extract.export.objects import write_json, write_jsonl
from extract.export.workbook import write_xlsx

__all__ = ["PROVED", "TABLE_FORMATS", "TableFormat", "table_writer"]

_Write = Callable[[BinaryIO, TableHead, Iterable[Row]], Written]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format of tables.

    Attributes:
        about: what it is for, in a few words.
        write: writes a head and rows to a binary file, row by row in flat memory; the same rows
            give the same bytes.
        text: whether what it writes is text, which can be printed.
        only: the sources it has words for; empty for all.
    """

    about: str
    write: _Write
    text: bool = False
    only: tuple[str, ...] = ()


TABLE_FORMATS = {
    "csv": TableFormat("comma-separated values, for spreadsheets", write_csv, text=True),
    "json": TableFormat("one array, with the evidence of every value", write_json, text=True),
    "jsonl": TableFormat("as JSON, an object a line", write_jsonl, text=True),
    "jsonld": TableFormat("linked data, in schema.org's words", write_jsonld, True, LINKED),
    "parquet": TableFormat("typed columns, for pandas, Arrow and DuckDB", write_parquet),
    "sqlite": TableFormat("a database with one table", write_sqlite),
    "xlsx": TableFormat("a workbook", write_xlsx),
}
"""The formats by name; each name is also the suffix of its files."""

PROVED = ("json", "jsonl")
"""The formats that hold the evidence of each value."""


def table_writer(form: str, what: str, *, bom: bool = False) -> _Write:
    """Give the function that writes tables in a format.

    Args:
        form: the name of the format.
        what: the source of the rows.
        bom: whether CSV begins with a byte order mark.

    Raises:
        InputError: when there is no such format, it has no words for the source, or a byte order
            mark is asked for in another than CSV.
    """
    if form not in TABLE_FORMATS:
        raise InputError(f"no format {form!r}; choose from {', '.join(TABLE_FORMATS)}")
    only = TABLE_FORMATS[form].only
    if only and what not in only:
        raise InputError(f"{form} has no words for {what}; it is for {' and '.join(only)}")
    if not bom:
        return TABLE_FORMATS[form].write
    if form != "csv":
        raise InputError(f"a byte order mark is for CSV; {form} needs none")
    return partial(write_csv, bom=True)
