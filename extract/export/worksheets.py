"""The cells of a workbook read back as `workbook` wrote them, row by row."""

import re
import zlib
from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from lxml import etree

from extract.export.workbook import LONG_VALUES

__all__ = ["workbook_texts"]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile("[A-Z]+")
_BOOLEANS = {"1": "true", "0": "false"}

_Place = tuple[str, int]  # the name of a sheet, and a row of it from 1


def workbook_texts(path: Path, table: str) -> Iterator[dict[str, str]]:
    """Give the rows of a table, every cell as text under its column's name.

    Sheets that continue the table follow one another, and a text that goes on in the sheet of long
    values is put together. An empty cell is an empty text, a truth ``true`` or ``false``.

    Raises:
        KeyError: when there is no such table.
        OSError: when the file cannot be read.
        ValueError: when it is no workbook, or a damaged one.
    """
    try:
        with ZipFile(path) as book:
            sheets = _sheets(book)
            long = _long_values(book, sheets) if LONG_VALUES in sheets else iter(())
            waiting = next(long, None)
            for (sheet, number), cells in _rows(book, sheets, table):
                # Long values stand in the order of their cells.
                while waiting is not None and waiting[0][:2] == (sheet, number):
                    cells[waiting[0][2]] = waiting[1]
                    waiting = next(long, None)
                yield cells
    except (BadZipFile, zlib.error, etree.LxmlError) as error:
        raise ValueError(str(error)) from error


def _long_values(
    book: ZipFile, sheets: dict[str, str]
) -> Iterator[tuple[tuple[str, int, str], str]]:
    rows = (cells for _, cells in _rows(book, sheets, LONG_VALUES))
    for _, group in groupby(rows, key=lambda cells: cells["number"]):
        parts = list(group)
        first = parts[0]
        place = (first["sheet"], int(first["row"]), first["column"])
        yield place, "".join(part["text"] for part in parts)


def _sheets(book: ZipFile) -> dict[str, str]:
    # The writer numbers the files of sheets as it lists them.
    with book.open("xl/workbook.xml") as file:
        listed = etree.parse(file, _parser()).getroot().iter(f"{_MAIN}sheet")
        return {
            str(sheet.get("name")): f"xl/worksheets/sheet{number}.xml"
            for number, sheet in enumerate(listed, 1)
        }


def _rows(
    book: ZipFile, sheets: dict[str, str], table: str
) -> Iterator[tuple[_Place, dict[str, str]]]:
    for sheet in (table if number == 1 else f"{table} {number}" for number in count(1)):
        if sheet not in sheets and sheet != table:
            return
        rows = _cells(book, sheets[sheet])
        names = next(rows)[1]
        for number, cells in rows:
            yield (sheet, number), {name: cells.get(place, "") for place, name in names.items()}


def _cells(book: ZipFile, member: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of one sheet: their numbers, and their cells by the letters of columns."""
    with book.open(member) as file:
        rows = etree.iterparse(
            file, tag=f"{_MAIN}row", resolve_entities=False, no_network=True, huge_tree=True
        )
        for _, row in rows:
            yield int(row.get("r", "0")), dict(_cell(cell) for cell in row)
            row.clear()
            above = row.getparent()
            while above is not None and row.getprevious() is not None:
                del above[0]  # else every row read stays


def _cell(cell: etree._Element) -> tuple[str, str]:
    place = _LETTERS.match(cell.get("r", ""))
    if place is None:
        raise ValueError("a cell without a place")
    text = "".join(cell.itertext())
    kind = cell.get("t")
    if kind == "inlineStr":
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    elif kind == "b":
        text = _BOOLEANS[text]
    return place[0], text


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)
