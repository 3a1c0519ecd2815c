"""Rows as JSON: one array, or one object a line; lists and structures stay what they are."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from extract.export.characters import TextOut
from extract.export.columns import Row, TableHead, Written

__all__ = ["write_json", "write_jsonl"]


def write_json(out: BinaryIO, head: TableHead, rows: Iterable[Row]) -> Written:
    """Write rows as one JSON array, an object a line, in UTF-8."""
    text = TextOut(out)
    number = 0
    text.write("[")
    for line in _lines(head, rows):
        text.write(",\n " if number else "\n ")
        text.write(line)
        number += 1
    text.write("\n]\n" if number else "]\n")
    return Written(number, text.replaced)


def write_jsonl(out: BinaryIO, head: TableHead, rows: Iterable[Row]) -> Written:
    """Write rows as JSON, an object a line and nothing besides, in UTF-8."""
    text = TextOut(out)
    number = 0
    for line in _lines(head, rows):
        text.write(line + "\n")
        number += 1
    return Written(number, text.replaced)


def _lines(head: TableHead, rows: Iterable[Row]) -> Iterable[str]:
    names = [column.name for column in head.columns]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for row in rows:
        yield encode({name: row[name] for name in names})
