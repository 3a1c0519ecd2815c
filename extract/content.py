"""A page's message as clean HTML and Markdown, block by block, each under an id that stays.

Both are written from the blocks that everything else is read from, so they hold the same text in
the same order. Only the elements named here are ever written; what a page wrote as markup is text
or nothing. The same blocks give the same bytes.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from extract.document import Block, Document, Link
from extract.tableform import MOST_PLACES

__all__ = ["block_ids", "content_html", "content_markdown"]

Resolve = Callable[[str], str | None]
_ID_DIGITS = 12
_SCHEMES = ("http://", "https://", "ftp://", "mailto:", "tel:")
_BESIDE = ("./", "../")  # files that stand with the page; no absolute URL begins so
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = re.compile(r"([\\`*_\[\]<>|#])")
_STARTS = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=~])")
_EMPHATIC = frozenset({"paragraph", "item", "cell", "description", "address", "caption"})
_INDENT = "  "


def block_ids(blocks: Sequence[Block]) -> list[str]:
    """Give each block its id: the same in every version of a page in which its text is the same.

    An id is made of the text alone, white space folded, so moving a block does not change it. Of
    several blocks with one text the second bears ``-2`` behind it, and so on.
    """
    met: dict[str, int] = {}
    ids = []
    for block in blocks:
        folded = " ".join(block.text.split()).encode("utf-8", "replace")
        digest = hashlib.sha256(folded).hexdigest()[:_ID_DIGITS]
        met[digest] = met.get(digest, 0) + 1
        ids.append(f"b-{digest}" if met[digest] == 1 else f"b-{digest}-{met[digest]}")
    return ids


def content_html(document: Document, resolve: Resolve) -> str:
    """Write the message as HTML: headings, paragraphs, lists, tables, addresses and links.

    Args:
        document: the page.
        resolve: turns a link as written into an absolute URL, or into a path that begins with
            ``./`` or ``../``; links to anything but pages, files, mailboxes and telephones are
            written as text.
    """
    blocks = document.content
    ids = dict(zip([block.number for block in blocks], block_ids(blocks), strict=True))
    writer = _Html(document, resolve, ids)
    return "".join(f"{line}\n" for group in _groups(blocks) for line in writer.group(group))


def content_markdown(document: Document, resolve: Resolve) -> str:
    """Write the message as Markdown (CommonMark with tables).

    Each block has its id before it, as an empty anchor. What a span of a table covers is written in
    each of the places, as Markdown has no spans.
    """
    blocks = document.content
    ids = dict(zip([block.number for block in blocks], block_ids(blocks), strict=True))
    writer = _Markdown(document, resolve, ids)
    return "\n\n".join(text for group in _groups(blocks) if (text := writer.group(group))) + "\n"


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks that make one table, one list (with those inside it) or one definition list."""
    group: list[Block] = []
    for block in blocks:
        if group and not _goes_with(block, group):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _goes_with(block: Block, group: list[Block]) -> bool:
    """Whether a block belongs to the table or list that a group has begun."""
    first = group[0]
    if block.cell is not None or first.cell is not None:
        return bool(block.cell and first.cell and block.cell.table == first.cell.table)
    if _is_defined(block) or _is_defined(first):
        return _is_defined(block) and _is_defined(first) and block.list == first.list
    if not (_is_listed(block) and _is_listed(first)):
        return False
    return block.level > 1 or block.list == first.list


def _is_defined(block: Block) -> bool:
    return block.kind in {"term", "description"}


def _is_listed(block: Block) -> bool:
    return block.kind == "item" or (block.list is not None and block.kind != "heading")


def _target(link: Link, resolve: Resolve) -> str | None:
    """Where a link leads, if it is somewhere a reader may be led."""
    written = _CONTROL.sub("", link.href).strip()
    if written[:7].lower() == "mailto:" or written[:4].lower() == "tel:":
        return written
    target = resolve(link.href)
    if target is None or not target.lower().startswith((*_SCHEMES, *_BESIDE)):
        return None
    return _CONTROL.sub("", target)


def _pieces(block: Block) -> Iterator[tuple[str, bool, Link | None]]:
    """Part a block's text where links and emphasis begin and end: text, bold, link."""
    links = sorted(block.links, key=lambda link: (link.start, link.end))
    places = {block.start, block.end}
    for link in links:
        places |= {link.start, link.end}
    for start, end in block.bold:
        places |= {start, end}
    ordered = sorted(place for place in places if block.start <= place <= block.end)
    empty = [link for link in links if link.start == link.end]
    at = 0
    spans = iter(link for link in links if link.start < link.end)
    current = next(spans, None)
    bold = iter(block.bold)
    strong = next(bold, None)
    for start, end in zip(ordered, [*ordered[1:], block.end], strict=True):
        while at < len(empty) and empty[at].start <= start:
            yield empty[at].text, False, empty[at]
            at += 1
        while current is not None and current.end <= start:
            current = next(spans, None)
        while strong is not None and strong[1] <= start:
            strong = next(bold, None)
        if start == end:
            continue
        text = block.text[start - block.start : end - block.start]
        inside = current if current is not None and current.start <= start else None
        yield text, strong is not None and strong[0] <= start, inside
    for link in empty[at:]:
        yield link.text, False, link


def _label(text: str, link: Link, target: str) -> str:
    """The text of a link that has none: what it leads to, a mailbox without its scheme."""
    if text.strip():
        return text
    if target.lower().startswith("mailto:"):
        return target[7:].split("?")[0]
    return link.text.strip() or target


class _Html:
    """Writes groups of blocks as lines of HTML."""

    def __init__(self, document: Document, resolve: Resolve, ids: dict[int, str]) -> None:
        self._document = document
        self._resolve = resolve
        self._ids = ids

    def group(self, blocks: list[Block]) -> Iterator[str]:
        first = blocks[0]
        if first.cell is not None:
            yield from self._table(blocks)
        elif _is_defined(first):
            yield "<dl>"
            yield from (
                self._block(block, "dt" if block.kind == "term" else "dd") for block in blocks
            )
            yield "</dl>"
        elif _is_listed(first):
            yield from self._list(blocks)
        elif first.kind == "heading":
            yield self._block(first, f"h{min(max(first.level, 1), 6)}")
        else:
            yield self._block(first, "address" if first.kind == "address" else "p")

    def _block(self, block: Block, tag: str, more: str = "") -> str:
        language = f' lang="{escape(block.language)}"' if block.language else ""
        opening = f'<{tag} id="{self._ids[block.number]}"{language}{more}>'
        return f"{opening}{self._inside(block)}</{tag}>"

    def _inside(self, block: Block) -> str:
        written = []
        for link, pieces in groupby(_pieces(block), lambda piece: piece[2]):
            target = _target(link, self._resolve) if link else None
            inner = "".join(
                self._text(_label(text, link, target) if link and target else text, bold, block)
                for text, bold, _ in pieces
            )
            written.append(f'<a href="{escape(target)}">{inner}</a>' if target else inner)
        return "".join(written)

    def _text(self, text: str, bold: bool, block: Block) -> str:
        shown = escape(text, quote=False).replace("\n", "<br>\n")
        return f"<strong>{shown}</strong>" if bold and block.kind in _EMPHATIC else shown

    def _list(self, blocks: list[Block]) -> Iterator[str]:
        """Lists by their depth; blocks of one item stand in one element."""
        open_tags: list[str] = []
        inside = False  # whether an item is open at the present depth
        part: int | None = None
        for block in blocks:
            depth = max(block.level, 1) if block.kind == "item" else max(len(open_tags), 1)
            tag = "ol" if block.list in self._document.ordered else "ul"
            while len(open_tags) > depth:
                yield f"</li></{open_tags.pop()}>"
                part = None
            while len(open_tags) < depth:
                if open_tags and not inside:
                    yield "<li>"
                yield f"<{tag}>"
                open_tags.append(tag)
                inside, part = False, None
            if inside and block.part != part:
                yield "</li>"
                inside = False
            if not inside:
                yield "<li>"
                inside = True
            yield self._block(block, "p")
            part = block.part
        while open_tags:
            yield f"</li></{open_tags.pop()}>"

    def _table(self, blocks: list[Block]) -> Iterator[str]:
        yield "<table>"
        for _, row in groupby(blocks, lambda block: block.cell.row if block.cell else 0):
            yield "<tr>"
            for _, cell in groupby(row, lambda block: block.cell):
                yield self._cell(list(cell))
            yield "</tr>"
        yield "</table>"

    def _cell(self, blocks: list[Block]) -> str:
        cell = blocks[0].cell
        if cell is None:
            return ""
        spans = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
        spans += f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
        tag = "th" if cell.header else "td"
        if len(blocks) == 1:
            return self._block(blocks[0], tag, spans)
        inside = "".join(self._block(block, "p") for block in blocks)
        return f"<{tag}{spans}>{inside}</{tag}>"


class _Markdown:
    """Writes groups of blocks as Markdown."""

    def __init__(self, document: Document, resolve: Resolve, ids: dict[int, str]) -> None:
        self._document = document
        self._resolve = resolve
        self._ids = ids

    def group(self, blocks: list[Block]) -> str:
        first = blocks[0]
        if first.cell is not None:
            return self._table(blocks)
        if _is_defined(first):
            return "\n\n".join(self._definition(block) for block in blocks)
        if _is_listed(first):
            return self._list(blocks)
        if first.kind == "heading":
            text = self._inside(first, breaks=" ")
            return f"{'#' * min(max(first.level, 1), 6)} {self._anchor(first)}{text}"
        return self._anchor(first) + self._inside(first)

    def _anchor(self, block: Block) -> str:
        return f'<a id="{self._ids[block.number]}"></a>'

    def _definition(self, block: Block) -> str:
        text = self._inside(block)
        shown = text if block.kind == "term" else f": {text}"
        return self._anchor(block) + shown if block.kind == "term" else shown

    def _inside(self, block: Block, *, breaks: str = "\\\n") -> str:
        written = []
        for link, pieces in groupby(_pieces(block), lambda piece: piece[2]):
            target = _target(link, self._resolve) if link else None
            inner = "".join(
                self._text(_label(text, link, target) if link and target else text, bold, block)
                for text, bold, _ in pieces
            )
            if target:
                address = target.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
                inner = f"[{inner}](<{address}>)"
            written.append(inner)
        return "".join(written).replace("\n", breaks)

    def _text(self, text: str, bold: bool, block: Block) -> str:
        shown = "\n".join(_plain_line(line) for line in text.split("\n"))
        return _around(shown, "**") if bold and block.kind in _EMPHATIC and shown.strip() else shown

    def _list(self, blocks: list[Block]) -> str:
        lines = []
        numbers: dict[int, int] = {}
        part: int | None = None
        depth = 1
        for block in blocks:
            if block.kind == "item":
                depth = max(block.level, 1)
            indent = _INDENT * 2 * (depth - 1)
            text = self._anchor(block) + self._inside(block, breaks=f"\\\n{indent}    ")
            if block.kind != "item" or (part is not None and block.part == part):
                lines.append(f"\n{indent}    {text}")
                continue
            part = block.part
            if block.list in self._document.ordered:
                numbers[block.list or 0] = numbers.get(block.list or 0, 0) + 1
                lines.append(f"{indent}{numbers[block.list or 0]}.  {text}")
            else:
                lines.append(f"{indent}-   {text}")
        return "\n".join(lines)

    def _table(self, blocks: list[Block]) -> str:
        rows: dict[int, dict[int, str]] = {}
        places = 0
        for block in blocks:
            cell = block.cell
            if cell is None:
                continue
            text = self._anchor(block) + self._inside(block, breaks="<br>")
            places += cell.rowspan * cell.colspan
            high, wide = (1, 1) if places > MOST_PLACES else (cell.rowspan, cell.colspan)
            for row in range(cell.row, cell.row + high):
                for column in range(cell.column, cell.column + wide):
                    shown = text if (row, column) == (cell.row, cell.column) else _bare(text)
                    held = rows.setdefault(row, {})
                    held[column] = f"{held[column]}<br>{shown}" if column in held else shown
        last = max(block.cell.row for block in blocks if block.cell)
        kept = [rows[number] for number in sorted(rows) if number <= last]
        width = max(max(row) for row in kept) + 1
        if width * len(kept) > MOST_PLACES:  # nonsense made of spans: no place is left empty
            kept = [dict(enumerate(row[column] for column in sorted(row))) for row in kept]
            width = max(len(row) for row in kept)
        lines = [
            "| " + " | ".join(row.get(at, "") for at in range(min(width, max(row) + 1))) + " |"
            for row in kept
        ]
        heads = [block.cell.header for block in blocks if block.cell and block.cell.row == 0]
        if not (heads and all(heads)):
            lines.insert(0, "|" + "   |" * width)
        lines.insert(1, "|" + " --- |" * width)
        return "\n".join(lines)


def _bare(text: str) -> str:
    """A cell's text without its anchor, for a place that its span covers."""
    return re.sub(r"^<a id=\"[\w-]+\"></a>", "", text)


def _plain_line(line: str) -> str:
    """Text that Markdown shall show as it is."""
    escaped = _ESCAPED.sub(r"\\\1", line).replace("&", "&amp;")
    return _STARTS.sub(_escaped_start, escaped)


def _escaped_start(match: re.Match[str]) -> str:
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}"


def _around(text: str, mark: str) -> str:
    """Put emphasis around text, not around the blanks at its ends."""
    bare = text.strip()
    at = text.index(bare)
    return f"{text[:at]}{mark}{bare}{mark}{text[at + len(bare) :]}"
