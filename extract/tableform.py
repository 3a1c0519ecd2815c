"""What a table is for: rows and columns of data, or a page laid out with a grid."""

from itertools import islice

from lxml.etree import _Element

from extract.labels import field_of

__all__ = ["MOST_PLACES", "is_data_table"]

MOST_PLACES = 400_000  # a table with more is nonsense made of spans

_SAMPLE = 40  # rows looked at; the rest of a long table is like its beginning
_LONG_CELL = 400  # characters; a cell with more is running text
_LAYOUT_TAGS = ("table", "h1", "h2", "form", "hr", "iframe")


def is_data_table(table: _Element) -> bool:
    """Tell a data table from a layout table by what it says, holds and looks like, in that order.

    A table says what it is by its role, a caption, header cells or a summary. One that holds other
    tables, headings or forms is layout. Otherwise labels in its first row or column make it data,
    or rows of the same number of short cells.
    """
    if table.get("role") in {"presentation", "none"}:
        return False
    if next(table.iterdescendants(*_LAYOUT_TAGS), None) is not None:
        return False
    rows = [
        [cell for cell in row if cell.tag in {"td", "th"}]
        for row in islice(table.iter("tr"), _SAMPLE)
    ]
    widths = [len(row) for row in rows if row]
    if not widths:
        return False
    if max(widths) >= 2 and (
        table.get("role") in {"table", "grid"}
        or next(table.iter("th", "caption", "thead"), None) is not None
        or table.get("summary")
    ):
        return True
    if len(widths) < 2 or max(widths) < 2:
        return False
    texts = [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in rows if row]
    if _labels(texts[0]) >= 2 or _labels([row[0] for row in texts]) >= max(2, len(texts) / 2):
        return True
    sizes = sorted(len(text) for row in texts for text in row)
    same_width = sum(width == max(widths) for width in widths) >= 0.6 * len(widths)
    return len(widths) >= 3 and same_width and sizes[-1] < _LONG_CELL and sizes[len(sizes) // 2] > 0


def _labels(texts: list[str]) -> int:
    return sum(field_of(text) is not None for text in texts)
