"""Columns: what each value of a row is called, what kind of value it is, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

__all__ = ["Column", "Kind", "Row", "TableHead", "Written", "joined", "parted"]

Row = Mapping[str, object]
"""A row: column name to value; None where nothing is known, a list of texts for several values."""

_JOINT = "; "


class Kind(Enum):
    """What kind of value a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXTS = "list of texts"
    NESTED = "structure"  # lists and objects as JSON has them; left out of flat files


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as it stands at the head of the table.
        kind: what its values are.
        about: what they mean, in one line.
    """

    name: str
    kind: Kind
    about: str


@dataclass(frozen=True, slots=True)
class TableHead:
    """What stands above the rows.

    Attributes:
        name: what the table is called: ``contacts``.
        about: what a row is.
        columns: in the order they are written.
        moment: the moment the rows are as of; dates that a format must state are this one.
        facts: what else is known of all rows, such as filters, by name; for formats that have a
            place for it.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    moment: datetime
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def flat(self) -> tuple[Column, ...]:
        """The columns that a flat file has a place for: those without structure."""
        return tuple(column for column in self.columns if column.kind is not Kind.NESTED)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        rows: how many.
        replaced: characters that the format cannot hold, for which U+FFFD was written.
        continued: values too long for their place, which go on in another.
    """

    rows: int
    replaced: int = 0
    continued: int = 0


def joined(values: list[str]) -> str:
    r"""Write several values as one text: parted by ``; ``.

    A ``; `` inside a value has a backslash before it, and so has a backslash.

    >>> joined(["+441914980112", "Police; fire"])
    '+441914980112; Police\\; fire'
    """
    if not values:
        return ""
    text = _JOINT.join(values)
    if "\\" not in text and text.count(_JOINT) < len(values):
        return text
    return _JOINT.join(
        value.replace("\\", "\\\\").replace(_JOINT, "\\" + _JOINT) for value in values
    )


def parted(text: str) -> list[str]:
    """Undo `joined`; no value and one empty value are both written as nothing, and read as none."""
    if not text:
        return []
    values, value, at = [], [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            value.append(text[at + 1])
            at += 2
        elif text.startswith(_JOINT, at):
            values.append("".join(value))
            value = []
            at += len(_JOINT)
        else:
            value.append(text[at])
            at += 1
    return [*values, "".join(value)]
