"""Rows as comma-separated values (RFC 4180), in UTF-8, safe to open in a spreadsheet."""

import codecs
import csv
from collections.abc import Iterable
from typing import BinaryIO

from extract.export.characters import TextOut
from extract.export.columns import Row, TableHead, Written, joined
from extract.formulas import shielded

__all__ = ["write_csv"]


def write_csv(out: BinaryIO, head: TableHead, rows: Iterable[Row], *, bom: bool = False) -> Written:
    """Write rows as CSV; see `Written` for what is given back.

    Several values of a cell are joined by ``; ``, as `joined` does. A cell that a spreadsheet would
    take for a formula gets an apostrophe before it, which `unshielded` takes off; telephone
    numbers, which begin with ``+`` and hold nothing but digits, are left readable. An empty cell
    is a value that is not known.

    Args:
        out: where to; a binary file.
        head: the columns; those with structure are left out.
        rows: the rows.
        bom: whether a byte order mark stands first, without which Excel takes the text for one in
            the Windows character set.
    """
    if bom:
        out.write(codecs.BOM_UTF8)
    text = TextOut(out)
    writer = csv.writer(text)
    names = [column.name for column in head.flat]
    writer.writerow(names)
    number = 0
    for row in rows:
        writer.writerow([_cell(row[name]) for name in names])
        number += 1
    return Written(number, text.replaced)


def _cell(value: object) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, str):
        return _safe(value)
    if isinstance(value, list):
        return _safe(joined(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _safe(text: str) -> str:
    return text if text[:1] == "+" and _is_dialled(text) else shielded(text)


def _is_dialled(text: str) -> bool:
    return all(
        number[:1] == "+"
        and (digits := number[1:].replace(";ext=", "")).isdigit()
        # Digits of other scripts are no telephone number of ours.
        and digits.isascii()
        for number in text.split("; ")
    )
