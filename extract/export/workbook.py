"""Rows as a workbook (XLSX, ECMA-376): text stays text, and nothing is cut off.

What a workbook has no room for goes on elsewhere: rows on further sheets, and a text longer than a
cell on a sheet of its own, to which the cell points.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from extract.export.characters import xml_storable
from extract.export.columns import Column, Kind, Row, TableHead, Written, joined
from extract.formulas import is_formula

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["LONG_VALUES", "write_xlsx"]

LONG_VALUES = "long values"
"""The sheet that holds texts too long for a cell, in parts."""

_MOST_ROWS = 1_048_576
_LONGEST = 32_767  # characters of a cell, counted in UTF-16 as the format does
_PART = 16_000  # characters of one part: not longer than a cell, whatever they are
_EXACT = 1 << 53  # a workbook's numbers are floating: from here on whole ones are rounded
_NARROWEST, _WIDEST = 9, 48  # of a column, in characters
# Two escapes of the format that share an underscore: the writer escapes the first alone.
_TWICE = re.compile("(?<=_x[0-9a-fA-F]{4})_(?=x[0-9a-fA-F]{4}_)")
_LONG_COLUMNS = (
    Column("number", Kind.INTEGER, "the number that the cell tells"),
    Column("sheet", Kind.TEXT, "the sheet of the cell"),
    Column("row", Kind.INTEGER, "its row, from 1"),
    Column("column", Kind.TEXT, "the name of its column"),
    Column("part", Kind.INTEGER, "from 1; the text is all parts in their order"),
    Column("text", Kind.TEXT, "the part of the text"),
)
_TOLD_COLUMNS = (
    Column("what", Kind.TEXT, "a column of the table, or a fact about all of it"),
    Column("kind", Kind.TEXT, "of the column's values"),
    Column("meaning", Kind.TEXT, "what the values mean, or what the fact is"),
)


def write_xlsx(
    out: BinaryIO, head: TableHead, rows: Iterable[Row], *, most_rows: int = _MOST_ROWS
) -> Written:
    """Write rows as a workbook: the table, a sheet ``about`` that explains it, and what goes on.

    Texts are written as texts, whatever they begin with, so nothing is a formula; one that would
    become one when somebody edits it is marked as text. Several values of a cell are joined as in
    CSV. Rows above the limit of a sheet go on in a sheet ``NAME 2``. Control characters are escaped
    as the format says (``_xHHHH_``). The date of the workbook is the head's moment.

    Args:
        out: where to; a binary file.
        head: the columns; those with structure are left out.
        rows: the rows.
        most_rows: how many rows a sheet has room for, its head counted.
    """
    from xlsxwriter.workbook import Workbook

    options = {
        "constant_memory": True,
        "strings_to_urls": False,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
    }
    book = Workbook(out, options)
    book.set_properties({"title": head.name, "created": head.moment.replace(tzinfo=None)})
    writer = _Book(book, most_rows)
    table = _Sheets(writer, head.name, head.flat)
    told = _Sheets(writer, "about", _TOLD_COLUMNS)
    for fact, value in (("rows are", head.about), *head.facts.items()):
        told.add((fact, "", value))
    for column in head.flat:
        told.add((column.name, column.kind.value, column.about))
    names = [column.name for column in head.flat]
    number = 0
    for row in rows:
        table.add([row[name] for name in names])
        number += 1
    for sheets in writer.sheets:
        sheets.finish()
    book.close()
    return Written(number, writer.replaced, writer.continued)


class _Book:
    """A workbook being written, and what all its sheets share."""

    def __init__(self, book: "Workbook", most_rows: int) -> None:
        self.book = book
        self.most_rows = most_rows
        self.head = book.add_format({"bold": True, "bg_color": "#E8EDF2", "bottom": 1})
        self.text = book.add_format({"quote_prefix": True})
        self.replaced = 0
        self.continued = 0
        self.sheets: list[_Sheets] = []
        self._long: _Sheets | None = None

    def go_on(self, text: str, sheet: str, row: int, column: str) -> str:
        """Keep a text that is too long for its cell; give what the cell says instead."""
        if self._long is None:
            self._long = _Sheets(self, LONG_VALUES, _LONG_COLUMNS)
        self.continued += 1
        for part, start in enumerate(range(0, len(text), _PART)):
            piece = text[start : start + _PART]
            self._long.add((self.continued, sheet, row + 1, column, part + 1, piece))
        return f"{text[: _PART - 100]} [goes on: sheet {LONG_VALUES}, number {self.continued}]"


class _Sheets:
    """One table of a workbook: as many sheets as its rows need."""

    def __init__(self, book: _Book, name: str, columns: Sequence[Column]) -> None:
        self._book = book
        self._name = name
        self._columns = columns
        self._number = 0
        self._widths: list[int] = []
        book.sheets.append(self)
        self._begin()

    def _begin(self) -> None:
        self._number += 1
        self._shown = self._name if self._number == 1 else f"{self._name} {self._number}"
        self._sheet: Worksheet = self._book.book.add_worksheet(self._shown)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column.name, self._book.head)
        self._row = 0
        # The arrow of the filter takes some room beside a name.
        self._widths = [max(_NARROWEST, len(column.name) + 3) for column in self._columns]

    def add(self, values: Sequence[object]) -> None:
        """Write a row below those there are, on another sheet where one is full."""
        if self._row + 1 >= self._book.most_rows:
            self.finish()
            self._begin()
        self._row += 1
        sheet, row = self._sheet, self._row
        for place, value in enumerate(values):
            if value is None:
                continue
            if isinstance(value, str):
                self._text(place, value)
            elif isinstance(value, list):
                self._text(place, joined(value))
            elif isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= _EXACT:
                sheet.write_number(row, place, value)
            else:
                self._text(place, str(value))

    def finish(self) -> None:
        """Add what can only be said when all rows of a sheet are there: filter and widths."""
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(width, _WIDEST))
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)

    def _text(self, place: int, text: str) -> None:
        if not text:
            return
        text, replaced = xml_storable(text)
        if "_x" in text:
            text, joints = _TWICE.subn("\ufffd", text)
            replaced += joints
        self._book.replaced += replaced
        if len(text) * 2 > _LONGEST and len(text.encode("utf-16-le")) > _LONGEST * 2:
            name = self._columns[place].name
            text = self._book.go_on(text, self._shown, self._row, name)
        if len(text) >= self._widths[place]:
            self._widths[place] = len(text) + 1
        shape = self._book.text if is_formula(text) else None
        self._sheet.write_string(self._row, place, text, shape)
