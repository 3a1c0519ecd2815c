"""Tables of an archive for programs: rows one by one, as Arrow, or as a pandas data frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.errors import InputError
from extract.export.columnar import arrow_batches, arrow_table
from extract.export.columns import Row
from extract.export.sources import source_named
from extract.export.writing import Order, table_of
from snapshots.archive import Archive

if TYPE_CHECKING:
    import pandas
    import pyarrow

__all__ = ["ArchiveTable"]


@dataclass(frozen=True, slots=True)
class ArchiveTable:
    """A table of an archive; each use reads the archive anew, and rows come one by one.

    Attributes:
        archive: where it is from.
        order: what is in it.
    """

    archive: Archive
    order: Order

    @property
    def columns(self) -> dict[str, str]:
        """The columns by name, each with what it means."""
        return {column.name: column.about for column in source_named(self.order.what).columns}

    def __iter__(self) -> Iterator[Row]:
        """Give the rows, those with structure included.

        Raises:
            ArchiveError: when nothing was extracted yet.
            InputError: when a filter is for other rows than these.
        """
        with table_of(self.archive, self.order) as table:
            yield from table.rows

    def to_batches(self) -> "Iterator[pyarrow.RecordBatch]":
        """Give the rows as Arrow record batches, in flat memory; columns with structure left out.

        Raises:
            InputError: when the package pyarrow is not installed.
        """
        with table_of(self.archive, self.order) as table:
            yield from arrow_batches(table.head, table.rows)

    def to_arrow(self) -> "pyarrow.Table":
        """Give all rows as one Arrow table, as `to_batches`."""
        with table_of(self.archive, self.order) as table:
            return arrow_table(table.head, table.rows)

    def to_pandas(self) -> "pandas.DataFrame":
        """Give all rows as a data frame; whole numbers stay whole where some are not known.

        Raises:
            InputError: when the packages pyarrow or pandas are not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError(
                "data frames need the package pandas; install it with: "
                "pip install 'marsham[pandas]'"
            ) from error
        kinds = {"int64": pandas.Int64Dtype(), "bool": pandas.BooleanDtype()}
        return self.to_arrow().to_pandas(types_mapper=lambda kind: kinds.get(str(kind)))
