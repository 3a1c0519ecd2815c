"""Rows as Parquet: typed columns in groups of rows, for programs that count and join."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from archiver.errors import InputError
from extract.export.characters import storable
from extract.export.columns import Kind, Row, TableHead, Written

if TYPE_CHECKING:
    import pyarrow

__all__ = ["arrow_batches", "arrow_table", "parquet_rows", "write_parquet"]

_GROUP = 20_000  # rows: large enough to be packed well, small enough for flat memory


def write_parquet(out: BinaryIO, head: TableHead, rows: Iterable[Row]) -> Written:
    """Write rows as Parquet: lists stay lists, and each column has its meaning as metadata.

    Args:
        out: where to; a binary file.
        head: the columns; those with structure are left out.
        rows: the rows.

    Raises:
        InputError: when the package pyarrow is not installed.
    """
    arrow = _arrow()
    from pyarrow import parquet

    counter = _Counter()
    schema = _schema(arrow, head)
    number = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in _batches(arrow, schema, head, rows, counter):
            writer.write_batch(batch, row_group_size=_GROUP)
            number += batch.num_rows
    return Written(number, counter.replaced)


def arrow_batches(head: TableHead, rows: Iterable[Row]) -> Iterator["pyarrow.RecordBatch"]:
    """Give rows as Arrow record batches, a group of rows at a time.

    Raises:
        InputError: when the package pyarrow is not installed.
    """
    arrow = _arrow()
    yield from _batches(arrow, _schema(arrow, head), head, rows, _Counter())


def parquet_rows(path: Path, names: list[str]) -> Iterator[Row]:
    """Give the rows of a Parquet file, some columns of them, a group of rows at a time.

    Raises:
        InputError: when the package pyarrow is not installed.
        ValueError: when it is no such file, or lacks one of the columns.
    """
    _arrow()
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_GROUP, columns=names):
            yield from batch.select(names).to_pylist()


def arrow_table(head: TableHead, rows: Iterable[Row]) -> "pyarrow.Table":
    """Give all rows as one Arrow table; one without rows has its columns still.

    Raises:
        InputError: when the package pyarrow is not installed.
    """
    arrow = _arrow()
    schema = _schema(arrow, head)
    found = _batches(arrow, schema, head, rows, _Counter())
    return arrow.Table.from_batches(found, schema=schema)


class _Counter:
    def __init__(self) -> None:
        self.replaced = 0


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise InputError(
            "Parquet needs the package pyarrow; install it with: pip install 'marsham[parquet]'"
        ) from error
    return pyarrow


def _schema(arrow: Any, head: TableHead) -> "pyarrow.Schema":
    kinds = {
        Kind.TEXT: arrow.string(),
        Kind.INTEGER: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.BOOLEAN: arrow.bool_(),
        Kind.TEXTS: arrow.list_(arrow.string()),
    }
    fields = [
        arrow.field(column.name, kinds[column.kind], metadata={"about": column.about})
        for column in head.flat
    ]
    told = {"table": head.name, "about": head.about, **head.facts}
    return arrow.schema(fields, metadata=told)


def _batches(
    arrow: Any,
    schema: "pyarrow.Schema",
    head: TableHead,
    rows: Iterable[Row],
    counter: _Counter,
) -> Iterator["pyarrow.RecordBatch"]:
    names = [column.name for column in head.flat]
    left = iter(rows)
    while group := list(islice(left, _GROUP)):
        arrays = []
        for name, field in zip(names, schema, strict=True):
            values = [row[name] for row in group]
            try:
                arrays.append(arrow.array(values, field.type))
            except UnicodeEncodeError:
                whole = [_storable(value, counter) for value in values]
                arrays.append(arrow.array(whole, field.type))
        yield arrow.record_batch(arrays, schema=schema)


def _storable(value: object, counter: _Counter) -> object:
    if isinstance(value, list):
        return [_storable(each, counter) for each in value]
    if not isinstance(value, str):
        return value
    text, number = storable(value)
    counter.replaced += number
    return text
