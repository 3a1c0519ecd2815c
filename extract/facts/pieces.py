"""Stretches of a page's canonical text that know where they stand."""

import re
from typing import NamedTuple

from extract.document import Block

__all__ = ["Piece", "piece_of"]

_LOOSE = " \t\n\r,;:|•·\u2013\u2014-"


class Piece(NamedTuple):
    """A quotation: its text and where it starts in the canonical text."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the quotation ends, exclusive."""
        return self.start + len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    def cut(self, start: int, end: int | None = None) -> "Piece":
        """Take a part, by offsets within this piece, as a slice would."""
        text, at = self
        first, last, _ = slice(start, end).indices(len(text))
        return Piece(text[first:last], at + first)

    def strip(self, loose: str = _LOOSE) -> "Piece":
        """Take off white space and loose punctuation at both ends."""
        text, start = self
        left = text.lstrip(loose)
        return Piece(left.rstrip(loose), start + len(text) - len(left))

    def split(self, separator: re.Pattern[str]) -> list["Piece"]:
        """Part at each match of a pattern; empty parts are left out, the rest stripped."""
        parts = []
        at = 0
        for match in separator.finditer(self.text):
            parts.append(self.cut(at, match.start()).strip())
            at = match.end()
        parts.append((self.cut(at) if at else self).strip())
        return [part for part in parts if part]


def piece_of(block: Block) -> Piece:
    """The whole text of a block as a piece."""
    return Piece(block.text, block.start)
