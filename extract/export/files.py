"""Rows written as CSV and JSON."""

import csv
import json
from collections.abc import Iterable
from typing import TextIO

from extract.export.rows import NESTED, Export, Row

__all__ = ["FORMATS", "NESTING", "write_csv", "write_json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(out: TextIO, export: Export, rows: Iterable[Row]) -> int:
    """Write rows as CSV (RFC 4180) and give their number.

    Several values of a cell are joined by ``; ``. A cell that a spreadsheet would take for a
    formula gets an apostrophe before it; telephone numbers, which begin with ``+`` and hold nothing
    but digits, are left readable.
    """
    columns = [name for name in export.columns if name != NESTED]
    writer = csv.writer(out)
    writer.writerow(columns)
    number = 0
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
        number += 1
    return number


def write_json(out: TextIO, export: Export, rows: Iterable[Row]) -> int:
    """Write rows as one JSON array, an object a line, and give their number."""
    number = 0
    out.write("[")
    for row in rows:
        out.write(",\n " if number else "\n ")
        ordered = {name: row[name] for name in export.columns}
        out.write(json.dumps(ordered, ensure_ascii=False))
        number += 1
    out.write("\n]\n" if number else "]\n")
    return number


FORMATS = {"csv": write_csv, "json": write_json}
NESTING = frozenset({"json"})  # formats that hold the evidence


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "'" + text if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    if not text.startswith(_FORMULA):
        return False
    numbers = text.split("; ")
    return not all(
        number[:1] == "+" and number[1:].replace(";ext=", "").isdigit() for number in numbers
    )
