"""What a page is made of: blocks of text in document order, each with its kind, region and place.

A `Document` owns one *canonical text*: the texts of its blocks joined by line feeds. Every start
and end in this package counts characters of that text, so a quotation can be checked for ever:
``document.text[start:end] == raw``.

Links, cells and blocks are named tuples: a long page has tens of thousands, and a frozen dataclass
takes four times as long to make.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

__all__ = ["CONTENT", "Block", "Cell", "Document", "Link", "Links", "Mark"]

CONTENT = frozenset({"main", "aside"})  # the regions that are the page's own message
# Dotted I, dotless i, long s and the kelvin sign.
_ODD_CASES = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}


class Link(NamedTuple):
    """A link inside a block: its text, its address as written, its place in the canonical text.

    The text may be empty, for a picture or an address that a script wrote; start and end are then
    equal.
    """

    text: str
    href: str
    start: int
    end: int


class Links(tuple[Link, ...]):
    """The links of a block; those of one of its lines are found without going through all."""

    @cached_property
    def mails(self) -> bool:
        """Whether one of them opens a mail."""
        return any(link.href[:7].lower() == "mailto:" for link in self)

    @cached_property
    def _ordered(self) -> tuple[list[Link], list[int]]:
        ordered = sorted(self, key=lambda link: link.start)
        return ordered, [link.start for link in ordered]

    def within(self, start: int, end: int) -> list[Link]:
        """Give the links that lie in a stretch of the canonical text, by their starts."""
        ordered, starts = self._ordered
        near = ordered[bisect_left(starts, start) : bisect_right(starts, end)]
        return [link for link in near if link.end <= end]


class Cell(NamedTuple):
    """Where a block stands in a data table; rows and columns count from 0, spans resolved."""

    table: int
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    header: bool = False


class Block(NamedTuple):
    """One heading, paragraph, list item, table cell, term or description of a page.

    `kind` is heading, paragraph, item, cell, term, description, address or caption. `level` is a
    heading's rank (1 to 6) or a list item's depth. `region` is main, aside, nav, header, footer or
    archive. A line feed in `text` is a line break of the page. `bold` holds the emphasised
    stretches; `path` the numbers of the headings above, outermost first. `part` tells the blocks
    of one list item or layout cell from those of the next.
    """

    number: int
    kind: str
    level: int
    region: str
    text: str
    start: int
    links: Links = Links()
    bold: tuple[tuple[int, int], ...] = ()
    path: tuple[int, ...] = ()
    cell: Cell | None = None
    list: int | None = None
    part: int | None = None
    classes: str = ""
    language: str = ""

    @property
    def end(self) -> int:
        """Where the block ends in the canonical text, exclusive."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Mark:
    """Typed markup around a stretch of text: hCard classes, microdata or RDFa attributes.

    `names` are classes or properties, `types` the item types it opens, `value` an attribute that
    stands for the text (a content, href or title), `parent` the number of the enclosing mark.
    `subject` is what RDFa calls the thing it is about; empty when it does not say.
    """

    vocabulary: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    start: int
    end: int
    value: str | None
    parent: int | None
    subject: str = ""


@dataclass(frozen=True)
class Document:
    """A page as its blocks, with what its head declares.

    `title` is the raw title, `language` the declared one, `meta` the named metadata with names in
    lower case, `base` the raw base address, `scripts` the JSON-LD texts. `problems` says in words
    what could not be read. `hidden` counts the characters of text that the page hides; `ordered`
    holds the numbers of its lists whose items are numbered.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    language: str = ""
    meta: tuple[tuple[str, str], ...] = ()
    base: str | None = None
    marks: tuple[Mark, ...] = ()
    scripts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    hidden: int = 0
    ordered: frozenset[int] = frozenset()

    @cached_property
    def content(self) -> tuple[Block, ...]:
        """The blocks of the page's own message."""
        return tuple([block for block in self.blocks if block.region in CONTENT])

    @cached_property
    def lowered(self) -> str:
        """The canonical text in lower case, of the same length, so that places in it count alike.

        Letters that expressions take for an ASCII letter in either case are that letter here.
        """
        text = self.text
        if not text.isascii():
            for odd, plain in _ODD_CASES.items():
                text = text.replace(odd, plain)
        return text.lower()

    @cached_property
    def _starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    @property
    def main_text(self) -> str:
        """The text of the page's own message, one block a line."""
        return "\n".join([block.text for block in self.content])

    def block_at(self, position: int) -> Block:
        """Find the block that holds a position of the canonical text, or ends just before it."""
        return self.blocks[max(bisect_right(self._starts, position) - 1, 0)]
