"""The list that comes with saved pages: how its first line names columns, and what parts them."""

import csv

__all__ = ["ADVICE", "column_names", "parted_by"]

_PARTED = {",": "commas", ";": "semicolons", "\t": "tabs"}
ADVICE = "save it with commas between the columns"


def column_names(line: str, separator: str = ",") -> list[str]:
    """Give the column names in the first line of a list, in lower case."""
    line = line.removeprefix("\ufeff")
    cells = next(csv.reader([line], delimiter=separator), [])
    return [cell.strip().lower() for cell in cells]


def parted_by(line: str) -> str | None:
    """Say what parts the columns of a list, such as ``commas``; None for what is no list.

    >>> parted_by("url;timestamp;file")
    'semicolons'
    """
    for separator, name in _PARTED.items():
        if "url" in column_names(line, separator):
            return name
    return None
