"""Entries: the stretches of a page that each describe somebody, whatever layout the page uses.

A row or column of a table, a term with its descriptions, the blocks under a heading: each becomes
an `Entry` of tokens in reading order, so that one assembly serves all layouts.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from extract.document import Block, Document
from extract.facts.grids import Grid, Line, grids_of
from extract.facts.lines import (
    NAMING,
    Resolve,
    Token,
    has_points,
    is_prose,
    read_line,
    read_value,
)
from extract.facts.names import is_address_line, is_blank_value, is_partnership, is_role
from extract.facts.observations import LABELLED, quote
from extract.facts.pieces import Piece, piece_of
from extract.facts.postcodes import find_postcodes
from extract.facts.prose import read_prose
from extract.labels import field_of

__all__ = ["Entry", "Part", "entries_of"]

_LINE_BREAK = re.compile(r"\n")
_READ_REGIONS = frozenset({"main", "aside", "footer"})
_GENERIC_HEADS = frozenset(
    "contact contacts contact name name names officer officers person people lead".split()
)


@dataclass(frozen=True, slots=True)
class Part:
    """The tokens of one block; `prose` for running text."""

    tokens: tuple[Token, ...]
    prose: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the page describes: its parts in order, and what stands over it.

    `title` is the heading, term or band that names it. `path` holds the headings above, outermost
    first. `single` tells that all of it is one record, as a table's row is.
    """

    parts: tuple[Part, ...]
    title: Piece | None
    path: tuple[int, ...]
    region: str
    single: bool
    start: int


def entries_of(document: Document, resolve: Resolve, taken: Sequence[tuple[int, int]]) -> list[Entry]:
    """Part a page into entries.

    Args:
        document: the page.
        resolve: turns a link as written into an absolute URL.
        taken: stretches of the canonical text already read from typed markup, sorted.
    """
    blocks = [
        block
        for block in document.blocks
        if block.region in _READ_REGIONS
        and not any(start <= block.start < end for start, end in taken)
    ]
    if not _worth_reading(document, blocks):
        return []
    grids = grids_of(blocks)
    entries: list[Entry] = []
    for run in _runs(blocks):
        first = run[0]
        if first.cell is not None:
            entries.extend(_table_entries(grids[first.cell.table], resolve))
        elif first.kind in {"term", "description"}:
            entries.extend(_definition_entries(run, resolve))
        else:
            entries.extend(_section_entries(run, document, resolve))
    return entries


def _worth_reading(document: Document, blocks: Iterable[Block]) -> bool:
    return (
        has_points(document.text)
        or bool(find_postcodes(document.text))
        or any(has_points("", block.links) for block in blocks)
        or any(is_partnership(line) for block in blocks for line in block.text.split("\n"))
    )


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Group blocks: a whole table, a whole definition list, or a heading with what follows it."""
    run: list[Block] = []
    run_key: tuple[str, int | None, str] | None = None
    for block in blocks:
        if block.cell is not None:
            key = ("table", block.cell.table, "")
        elif block.kind in {"term", "description"}:
            key = ("definitions", block.list, "")
        else:
            key = ("section", block.path[-1] if block.path else None, block.region)
        if run and (key != run_key or block.kind == "heading"):
            yield run
            run = []
        if block.kind == "heading":
            key = ("section", block.number, block.region)
        run.append(block)
        run_key = key
    if run:
        yield run


# ---------------------------------------------------------------- tables


def _table_entries(grid: Grid, resolve: Resolve) -> Iterator[Entry]:
    fields = {head.number: field_of(head.text) for head in grid.heads}
    texts = [block.text for line in grid.lines for block, _ in line.cells]
    holds_points = any(
        has_points(block.text, block.links) for line in grid.lines for block, _ in line.cells
    )
    names = "partnership" in fields.values() and not all(
        text.replace(",", "").strip().isdigit()
        for line in grid.lines
        for block, heads in line.cells
        if any(fields.get(head.number) == "partnership" for head in heads)
        for text in [block.text]
    )
    if not (holds_points or names or any(is_partnership(text) for text in texts)):
        return
    for line in grid.lines:
        tokens, own = _line_tokens(line, fields, resolve)
        if not own:
            continue
        repeated = len({fields.get(heads[0].number) for _, heads in line.cells if heads}) < len(
            [heads for _, heads in line.cells if heads]
        )
        yield Entry(
            parts=(Part(tuple(tokens)),),
            title=piece_of(line.band) if line.band else None,
            path=grid.first.path,
            region=grid.first.region,
            single=not (grid.transposed and repeated),
            start=line.cells[0][0].start,
        )


def _line_tokens(
    line: Line, fields: dict[int, str | None], resolve: Resolve
) -> tuple[list[Token], bool]:
    """Read one row or column; the second value tells that it holds more than cells carried in."""
    tokens: list[Token] = []
    own = False
    named = {fields.get(head.number) for _, heads in line.cells for head in heads}
    for block, heads in line.cells:
        covered = [field for head in heads if (field := fields.get(head.number))]
        found = _cell_tokens(block, heads, covered, resolve, named)
        own = own or (bool(found) and block.number not in line.carried)
        tokens += found
    return tokens, own


def _cell_tokens(
    block: Block,
    heads: Sequence[Block],
    covered: list[str],
    resolve: Resolve,
    named: set[str | None],
) -> list[Token]:
    """Read one cell by the field of the head over it; a cell under several by what it holds."""
    piece = piece_of(block)
    if is_blank_value(block.text):
        return []
    if len(covered) == 1:
        field = covered[0]
        if field == "unit" or field == "organisation":
            pieces = piece.split(_LINE_BREAK)
            found = read_value(field, pieces[0], block.links, resolve) if pieces else []
            for other in pieces[1:]:
                found += read_line(other, block.links, resolve)
        elif field == "partnership" or field == "person":
            found = _name_cell(field, piece, block, resolve)
        else:
            found = read_value(field, piece, block.links, resolve)
        if field == "person" and any(token.field == "person" for token in found):
            role = heads[0].text
            if is_role(role) and role.lower() not in _GENERIC_HEADS and field_of(role) == "person":
                held = quote(piece_of(heads[0]), "column head", LABELLED)
                if not any(token.field == "role" for token in found):
                    found.append(Token("role", held))
        return found
    if len(covered) > 1:
        return read_line(piece, block.links, resolve)
    found = []
    for line in piece.split(_LINE_BREAK):
        found += read_line(line, block.links, resolve)
    if "person" in named:
        found = [token for token in found if token.field != "person"]
    return found


def _name_cell(field: str, piece: Piece, block: Block, resolve: Resolve) -> list[Token]:
    """Read a cell for a name: the first line is it, the lines after it may say anything."""
    pieces = piece.split(_LINE_BREAK)
    if not pieces:
        return []
    found = read_value(field, pieces[0], block.links, resolve)
    for other in pieces[1:]:
        found += read_line(other, block.links, resolve)
    return found


# ---------------------------------------------------------------- definition lists


def _definition_entries(run: list[Block], resolve: Resolve) -> Iterator[Entry]:
    terms = [block for block in run if block.kind == "term"]
    labels = sum(field_of(block.text) is not None for block in terms)
    first = run[0]
    if terms and labels * 2 > len(terms):
        parts = []
        label: str | None = None
        for block in run:
            if block.kind == "term":
                label = field_of(block.text)
                if label is None:
                    parts.append(_block_part(block, resolve))
            elif label:
                found = read_value(label, piece_of(block), block.links, resolve)
                if found:
                    found[0] = Token(found[0].field, found[0].quote, opens=True)
                parts.append(Part(tuple(found)))
            else:
                parts.append(_block_part(block, resolve))
        yield Entry(tuple(parts), None, first.path, first.region, single=False, start=first.start)
        return
    title: Piece | None = None
    parts = []
    for block in [*run, None]:
        if block is None or block.kind == "term":
            if parts:
                yield Entry(
                    tuple(parts),
                    title,
                    first.path,
                    first.region,
                    single=True,
                    start=title.start if title else first.start,
                )
            parts = []
            title = piece_of(block) if block else None
            if block and has_points(block.text, block.links):
                parts.append(_block_part(block, resolve))
        else:
            parts.append(_block_part(block, resolve))


# ---------------------------------------------------------------- headings and paragraphs


def _section_entries(run: list[Block], document: Document, resolve: Resolve) -> Iterator[Entry]:
    heading = run[0] if run[0].kind == "heading" else None
    body = run[1:] if heading else run
    if not any(
        has_points(block.text, block.links)
        or find_postcodes(block.text)
        or any(is_address_line(line) or is_partnership(line) for line in block.text.split("\n"))
        for block in ([heading, *body] if heading else body)
    ):
        return
    parts = [_block_part(block, resolve) for block in body]
    if heading and has_points(heading.text, heading.links):
        parts.insert(0, _block_part(heading, resolve))
    start = run[0].start
    path = (*heading.path, heading.number) if heading else run[0].path
    title = piece_of(heading) if heading else None
    if title is None and path:
        title = piece_of(document.blocks[path[-1]])
    yield Entry(tuple(parts), title, path, run[0].region, single=False, start=start)


def _block_part(block: Block, resolve: Resolve) -> Part:
    """Read one block, line by line, or as running text."""
    piece = piece_of(block)
    if is_prose(block.text.replace("\n", " ")) and "\n" not in block.text:
        return Part(tuple(read_prose(piece, block.links, resolve)), prose=True)
    lines = piece.split(_LINE_BREAK)
    if len(lines) > 1 and sum(is_prose(line.text) for line in lines) * 2 > len(lines):
        return Part(tuple(read_prose(piece, block.links, resolve)), prose=True)
    tokens: list[Token] = []
    label: str | None = None
    for line in lines:
        if is_prose(line.text):
            tokens += read_prose(line, block.links, resolve)
            label = None
            continue
        alone = field_of(line.text)
        if alone and alone not in NAMING | {"area", "date", "organisation", "partnership"} and not (
            line.text.isupper() and len(line.text) > 20
        ):
            label = alone if not _linked(line, block) else None
            if label:
                continue
        found = read_line(line, block.links, resolve, label=label)
        label = None
        tokens += found
    return Part(tuple(tokens))


def _linked(line: Piece, block: Block) -> bool:
    """Whether a line that looks like a mere label is a link to what it names."""
    return any(line.start <= link.start and link.end <= line.end for link in block.links)
