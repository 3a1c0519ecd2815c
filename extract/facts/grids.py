"""Data tables as grids: which cell covers which place, and what each column or row holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extract.document import Block
from extract.facts.lines import has_points
from extract.facts.names import is_partnership
from extract.labels import field_of
from extract.tableform import MOST_PLACES

__all__ = ["Grid", "Line", "grids_of"]

_NONE: frozenset[int] = frozenset()


class Line(NamedTuple):
    """One entry of a table, a row or (in a transposed table) a column.

    `blocks` are its cells, `heads` the heads over each, by the cell's position among them or, in a
    row without spans, by its column. `carried` marks cells that reach in from an earlier line by
    their span. `band` is the last full-width row above, if there was one.
    """

    blocks: Sequence[Block]
    heads: Mapping[int, tuple[Block, ...]]
    carried: frozenset[int]
    band: Block | None
    spanned: bool = True

    @property
    def cells(self) -> tuple[tuple[Block, tuple[Block, ...]], ...]:
        """Each cell with the heads over it."""
        heads = self.heads
        if self.spanned:
            return tuple([(block, heads[at]) for at, block in enumerate(self.blocks)])
        return tuple(
            [(block, heads.get(block.cell.column, ())) for block in self.blocks if block.cell]
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """A data table: its heads, its lines, its caption."""

    number: int
    heads: tuple[Block, ...]
    lines: tuple[Line, ...]
    caption: Block | None
    first: Block
    transposed: bool
    over: tuple[Block, ...] = ()  # heads of heads, in the rows above them

    @property
    def across(self) -> tuple[Block, ...]:
        """The heads but the one over the first column, which names the lines; it may be empty."""
        first = self.heads[0] if self.heads else None
        named = first is not None and not self.transposed and first.cell is not None
        if named and first and first.cell and first.cell.column > self.leftmost:
            return self.heads
        return self.heads[1:]

    @property
    def leftmost(self) -> int:
        """The first column in which a line has a cell."""
        return min(
            (block.cell.column for line in self.lines for block in line.blocks if block.cell),
            default=0,
        )


def grids_of(blocks: Iterable[Block]) -> dict[int, Grid]:
    """Build the grids of all data tables among the blocks, by table number."""
    cells: dict[int, list[Block]] = {}
    captions: dict[int, Block] = {}
    last_caption: Block | None = None
    for block in blocks:
        if block.cell is None:
            last_caption = block if block.kind == "caption" else None
            continue
        if block.cell.table not in cells and last_caption:
            captions[block.cell.table] = last_caption
        cells.setdefault(block.cell.table, []).append(block)
    return {number: _grid(number, found, captions.get(number)) for number, found in cells.items()}


def _grid(number: int, blocks: list[Block], caption: Block | None) -> Grid:
    rows, spanned = _places(blocks)
    heads_row = _head_row(rows)
    leftmost = min((min(row) for row in rows if row), default=0)
    first_column = [row[leftmost] for row in rows if leftmost in row]
    labels_down = len({block.number for block in first_column if field_of(block.text)})
    labels_across = (
        len({block.number for block in rows[heads_row].values() if field_of(block.text)})
        if heads_row is not None
        else 0
    )
    heads_across = heads_row is not None and not any(
        block.cell and block.cell.header and block.cell.row > heads_row for block in first_column
    )
    heads_across = heads_across and all(
        block.cell and block.cell.header for block in rows[heads_row or 0].values()
    )
    transposed = (
        not heads_across
        and labels_down >= 2
        and labels_down > labels_across
        and (labels_down * 2 > len(first_column))
    )
    if transposed:
        heads = tuple(first_column)
        lines = tuple(
            line for band, group in _row_groups(rows, leftmost) for line in _columns(group, band)
        )
    else:
        heads = tuple(_distinct(rows[heads_row])) if heads_row is not None else ()
        lines = _rows(rows, heads_row, spanned)
    known = {head.number for head in heads}
    over = [
        block
        for row in (rows[:heads_row] if heads_row and not transposed else ())
        for block in _distinct(row)
        if block.number not in known
    ]
    return Grid(number, heads, lines, caption, blocks[0], transposed, tuple(over))


def _places(blocks: list[Block]) -> tuple[list[dict[int, Block]], set[int]]:
    """Spread the cells over the places that their spans cover.

    Returns:
        One dictionary a row, by column; and the rows that a span has to do with. The cells of all
        other rows are distinct and stand in order.
    """
    rows: list[dict[int, Block]] = []
    spanned: set[int] = set()
    places = 0
    height = 1 + max([block.cell.row for block in blocks if block.cell])
    rows = [{} for _ in range(height)]
    for block in blocks:
        cell = block.cell
        if cell is None:
            continue
        if cell.rowspan == cell.colspan == 1 and places < MOST_PLACES:
            places += 1
            rows[cell.row].setdefault(cell.column, block)
            continue
        for row in range(cell.row, min(cell.row + cell.rowspan, height)):
            spanned.add(row)
            for column in range(cell.column, cell.column + cell.colspan):
                places += 1
                if places > MOST_PLACES:
                    return rows, spanned
                rows[row].setdefault(column, block)
    return rows, spanned


def _distinct(row: dict[int, Block]) -> list[Block]:
    """The cells of a row, each once, from left to right."""
    if len(row) == 1:
        return list(row.values())
    return list({row[column].number: row[column] for column in sorted(row)}.values())


def _head_row(rows: list[dict[int, Block]]) -> int | None:
    """Find the row of column heads among the first rows, or None."""
    for number, row in enumerate(rows[:4]):
        distinct = _distinct(row)
        if len(distinct) < 2:
            continue
        if all(block.cell and block.cell.header for block in distinct):
            return number + _has_heads_below(rows, number)
        if sum(field_of(block.text) is not None for block in distinct) * 2 > len(distinct):
            return number
        return None
    return None


def _has_heads_below(rows: list[dict[int, Block]], number: int) -> bool:
    """Whether a row of heads stands over another, some of its cells reaching into that one."""
    below = rows[number + 1] if number + 1 < len(rows) else {}
    held = {block.number for block in rows[number].values()}
    return (
        len(below) == len(rows[number]) > len(held)
        and any(block.number in held for block in below.values())
        and any(block.number not in held for block in below.values())
        and all(block.cell and block.cell.header for block in below.values())
    )


def _rows(
    rows: list[dict[int, Block]], heads_row: int | None, spanned: set[int]
) -> tuple[Line, ...]:
    lines: list[Line] = []
    band: Block | None = None
    width = max(len(row) for row in rows)
    heads = rows[heads_row] if heads_row is not None else {}
    repeated = [block.text for block in heads.values()]
    over_column = {column: (head,) for column, head in heads.items()}
    for number, row in enumerate(rows):
        if heads_row is not None and number <= heads_row:
            band = band if number else None
            if number < heads_row and len(_distinct(row)) == 1:
                band = _distinct(row)[0]
            continue
        plain = number not in spanned
        distinct = list(row.values()) if plain else _distinct(row)
        if not distinct:
            continue
        if len(distinct) == 1 and width > 1 and _is_band(distinct[0], width):
            if not has_points(distinct[0].text, distinct[0].links):
                band = distinct[0]
            else:  # "Regional team: ..." in the foot of a table
                lines.append(Line(distinct, {0: ()}, _NONE, None))
            continue
        if heads and [block.text for block in distinct] == repeated:
            continue  # the heads again, as long tables repeat them
        if plain:
            lines.append(Line(distinct, over_column, _NONE, band, spanned=False))
            continue
        carried = frozenset(
            block.number for block in distinct if block.cell and block.cell.row < number
        )
        over: dict[int, dict[int, Block]] = {}  # the heads over each cell, by column
        for column, held in row.items():
            if column in heads:
                over.setdefault(held.number, {})[column] = heads[column]
        named = [tuple(_distinct(over.get(block.number, {}))) for block in distinct]
        lines.append(Line(distinct, dict(enumerate(named)), carried, band))
    return tuple(lines)


def _is_band(block: Block, width: int) -> bool:
    """Whether a row's only cell is a heading for the rows below rather than a short row."""
    cell = block.cell
    if cell is None or is_partnership(block.text):
        return cell is not None and cell.colspan >= width
    return cell.header or cell.colspan >= width or (cell.column == 0 and len(block.text) < 60)


def _row_groups(
    rows: list[dict[int, Block]], leftmost: int
) -> Iterator[tuple[Block | None, list[dict[int, Block]]]]:
    """Part a table with labels down its side where a full-width row or the labels start over."""
    width = max((len(row) for row in rows), default=0)
    band: Block | None = None
    group: list[dict[int, Block]] = []
    seen: set[str] = set()
    for row in rows:
        distinct = _distinct(row) if row else []
        full = len(distinct) == 1 and len(row) == width > 1
        label = row[leftmost].text.casefold() if leftmost in row and not full else None
        first = (
            label is not None and bool(seen) and label in seen and label == _first(group, leftmost)
        )
        if full or first:
            if group:
                yield band, group
            group, seen = [], set()
            band = distinct[0] if full else band
            if full:
                continue
        if label is not None:
            seen.add(label)
        if row:
            group.append(row)
    if group:
        yield band, group


def _first(group: list[dict[int, Block]], column: int) -> str | None:
    """The first label of a group of rows."""
    labels = (row[column].text.casefold() for row in group if column in row)
    return next(labels, None)


def _columns(rows: list[dict[int, Block]], band: Block | None) -> tuple[Line, ...]:
    """Turn columns into lines; the first column holds the labels."""
    label_column = min(min(row) for row in rows if row)
    columns = sorted({column for row in rows for column in row if column > label_column})
    lines = []
    for column in columns:
        blocks: list[Block] = []
        labels: dict[int, tuple[Block, ...]] = {}
        for row in rows:
            label, block = row.get(label_column), row.get(column)
            if block is not None and block is not label:
                labels[len(blocks)] = (label,) if label is not None else ()
                blocks.append(block)
        if blocks:
            lines.append(Line(blocks, labels, _NONE, band))
    return tuple(lines)
