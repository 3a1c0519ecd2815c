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
    # Rows are taken apart as they come: thousands of them held at once cost more than all else,
    # as Python looks through all it holds again and again for what can be let go.
    left = iter(rows)
    while True:
        columns = [_Texts() if each.kind is Kind.TEXTS else _Values() for each in head.flat]
        takers = [(each.name, column.add) for each, column in zip(head.flat, columns, strict=True)]
        number = 0
        for number, row in enumerate(islice(left, _GROUP), 1):  # noqa: B007 - the last one counts
            for name, add in takers:
                add(row[name])
        if not number:
            return
        fields = zip(columns, schema, strict=True)
        arrays = [column.array(arrow, each.type, counter) for column, each in fields]
        yield arrow.record_batch(arrays, schema=schema)


class _Values:
    """A column of single values."""

    def __init__(self) -> None:
        self._values: list[object] = []
        self.add = self._values.append

    def array(self, arrow: Any, kind: "pyarrow.DataType", counter: _Counter) -> "pyarrow.Array":
        return _array(arrow, self._values, kind, counter)


class _Texts:
    """A column of lists of texts: all texts behind one another, and where each list begins."""

    def __init__(self) -> None:
        self._texts: list[object] = []
        self._starts: list[int | None] = []

    def add(self, value: object) -> None:
        if isinstance(value, list):
            self._starts.append(len(self._texts))
            self._texts += value
        else:
            self._starts.append(None)

    def array(self, arrow: Any, kind: "pyarrow.DataType", counter: _Counter) -> "pyarrow.Array":
        starts = arrow.array([*self._starts, len(self._texts)], arrow.int32())
        texts = _array(arrow, self._texts, kind.value_type, counter)
        return arrow.ListArray.from_arrays(starts, texts, type=kind)


def _array(
    arrow: Any, values: list[object], kind: "pyarrow.DataType", counter: _Counter
) -> "pyarrow.Array":
    try:
        return arrow.array(values, kind)
    except UnicodeEncodeError:
        return arrow.array([_storable(value, counter) for value in values], kind)


def _storable(value: object, counter: _Counter) -> object:
    if not isinstance(value, str):
        return value
    text, number = storable(value)
    counter.replaced += number
    return text
