"""Units: what is compared. A paragraph, heading, list item, or the row of a table as one.

Units are made of a document's blocks, which keep their places, so that facts found in the blocks
can be told with the unit they stand in.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extract.compare.wording import plain
from extract.document import Block, Document, Link

__all__ = ["Unit", "joined", "units_of"]

_BULLET = re.compile(
    r"\s*(?:[\u2022\u2023\u25e6\u25aa\u25cf\u25a0\u00b7\u2043*-]|\d{1,3}[.)])\s+\S"
)


class Unit(NamedTuple):
    """One paragraph, heading, list item or table row.

    `text` is plain (see `extract.compare.wording.plain`), `kind` the block's or ``row``, `region`
    the block's. `cells` holds the plain texts of a row's cells. `place` is the number of the list
    or table it stands in, or None. `blocks` says which of the document's blocks it is made of, from
    the first to the one after the last. `line` tells the units of one block apart, from 0.
    """

    text: str
    kind: str
    region: str
    links: tuple[Link, ...]
    cells: tuple[str, ...]
    place: tuple[str, int] | None
    blocks: tuple[int, int]
    line: int = 0

    @property
    def weight(self) -> int:
        """About how many words it has; at least 1."""
        return self.text.count(" ") + 1


def units_of(document: Document) -> list[Unit]:
    """Part a document into units, in its order."""
    return list(_units(document.blocks))


def joined(units: Sequence[Unit]) -> Unit:
    """Give several units in a row as one."""
    if len(units) == 1:
        return units[0]
    first = units[0]
    return first._replace(
        text=" ".join([unit.text for unit in units]),
        links=tuple([link for unit in units for link in unit.links]),
        blocks=(first.blocks[0], units[-1].blocks[1]),
    )


def _units(blocks: tuple[Block, ...]) -> Iterator[Unit]:
    row: list[Block] = []
    for block in blocks:
        cell = block.cell
        if row:
            if cell is not None and row[0].cell is not None and cell[:2] == row[0].cell[:2]:
                row.append(block)
                continue
            yield _row(row)
            row = []
        if cell is not None:
            row = [block]
            continue
        text = block.text
        links = block.links
        lines = text.split("\n") if "\n" in text else ()
        if lines and _is_list(block, lines):
            yield from _lines(block, lines)
            continue
        if links and any(link.start == link.end for link in links):
            text = plain(_with_hidden_addresses(block))
        place = None if block.list is None else ("list", block.list)
        yield Unit(
            text if not lines and text.isascii() else plain(text),
            block.kind,
            block.region,
            links,
            (),
            place,
            (block.number, block.number + 1),
        )
    if row:
        yield _row(row)


def _row(blocks: list[Block]) -> Unit:
    texts: list[str] = []
    column = None
    for block in blocks:
        cell = block.cell
        text = plain(_with_hidden_addresses(block))
        if cell is not None and cell.column == column:
            texts[-1] += f" {text}"  # one cell of several paragraphs
        else:
            texts.append(text)
        column = cell.column if cell else None
    first = blocks[0]
    table = first.cell.table if first.cell else 0
    return Unit(
        " ".join(texts),
        "row",
        first.region,
        tuple([link for block in blocks for link in block.links]),
        tuple(texts),
        ("table", table),
        (first.number, blocks[-1].number + 1),
    )


def _is_list(block: Block, lines: list[str]) -> bool:
    """Whether a block's lines are items of a list that was written with line breaks."""
    if block.kind == "heading":
        return False
    if sum(_BULLET.match(line) is not None for line in lines) >= max(2, len(lines) - 1):
        return True
    at = block.start
    for line in lines:
        inside = block.links.within(at, at + len(line)) if block.links else []
        if not inside or sum(link.end - link.start for link in inside) < 0.8 * len(line.strip()):
            return False
        at += len(line) + 1
    return True


def _lines(block: Block, lines: list[str]) -> Iterator[Unit]:
    at = block.start
    for number, line in enumerate(lines):
        links = tuple(block.links.within(at, at + len(line))) if block.links else ()
        at += len(line) + 1
        text = plain(line)
        if text:
            yield Unit(
                text,
                "item",
                block.region,
                links,
                (),
                ("lines", block.number),
                (block.number, block.number + 1),
                number,
            )


def _with_hidden_addresses(block: Block) -> str:
    """Write out the mail addresses that a script writes: a reader saw them."""
    text = block.text
    for link in reversed(block.links):
        if link.start == link.end and link.href[:7].lower() == "mailto:" and not link.text:
            address = link.href[7:].partition("?")[0]
            at = link.start - block.start
            text = f"{text[:at].rstrip()} {address} {text[at:].lstrip()}"
    return text
