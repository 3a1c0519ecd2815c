"""Attachments: the documents a page offers, with the format and size it claims for them."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from extract.document import Block, Document, Link
from extract.facts.lines import Resolve
from extract.facts.observations import LABELLED, Quote, RecordDraft, computed, quote
from extract.facts.pieces import Piece, piece_of

__all__ = ["read_attachments"]

_FORMATS_TEXT = """
pdf doc docx dot dotx odt rtf xls xlsx xlsm ods csv tsv ppt pptx pps ppsx odp zip txt xml json
mdb wpd sxw epub
"""
_FORMATS = frozenset(_FORMATS_TEXT.split())
_CLAIMED = {
    "pdf": "pdf",
    "acrobat": "pdf",
    "word": "doc",
    "excel": "xls",
    "powerpoint": "ppt",
    "rtf": "rtf",
    "csv": "csv",
    "zip": "zip",
    "opendocument": "odt",
    **{name: name for name in ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods")},
}
_CLAIM = re.compile(
    r"\b(pdf|adobe acrobat|acrobat|(?:ms |microsoft )?word|(?:ms |microsoft )?excel|(?:ms |"
    r"microsoft )?powerpoint|"
    r"rtf|csv|zip|docx?|xlsx?|pptx?|odt|ods|opendocument)\b",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?<![\w.])(\d{1,4}(?:,\d{3})*(?:\.\d{1,3})?)\s?(bytes|kb|k|kilobytes|mb|meg|megabytes|gb|"
    r"b)\b",
    re.IGNORECASE,
)
_MAYBE_SIZE = re.compile(r"\d\s?[bkmgBKMG\u212a]")
_ENDING = re.compile(rf"\.(?:{'|'.join(sorted(_FORMATS))})(?![a-z0-9])", re.IGNORECASE)
_FEED = re.compile(r"(?:^|/)(?:(?:rss|atom|feed|sitemap)\w*\.xml|robots\.txt)$", re.IGNORECASE)
_UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_AFTER = 60  # characters after a link in which its format and size may stand


def read_attachments(document: Document, resolve: Resolve) -> Iterator[RecordDraft]:
    """Read the attachments linked in a page's message, each address once."""
    seen = set()
    maybe_sized = {
        document.block_at(match.start()).number for match in _MAYBE_SIZE.finditer(document.text)
    }
    for block in document.content:
        if not block.links:
            continue
        sized = block.number in maybe_sized and _SIZE.search(block.text) is not None
        for number, link in enumerate(block.links):
            if not sized and not _ENDING.search(link.href):
                continue
            following = block.links[number + 1].start if number + 1 < len(block.links) else None
            beside = _beside(block, link, following)
            url = resolve(link.href)
            form = _format(url, beside.text) if url else None
            if url is None or form is None or url in seen:
                continue
            seen.add(url)
            record = RecordDraft("attachment")
            record.add("url", Quote(link.href, url, link.start, link.end, "href", "link", LABELLED))
            record.add("format", computed(form, "format"))
            if size := _size(beside) or _size_in_next_cell(document, block):
                record.add("size", size)
            yield record


def _beside(block: Block, link: Link, following: int | None) -> Piece:
    """The link's text and what stands between it and the next link or line."""
    piece = piece_of(block)
    start = link.start - block.start
    end = min(
        link.end - block.start + _AFTER, following - block.start if following else len(block.text)
    )
    beside = piece.cut(start, max(end, link.end - block.start))
    tail = beside.text[link.end - link.start :]
    cut = re.search(r"\n|\.\s", tail)
    return beside.cut(0, link.end - link.start + cut.start()) if cut else beside


def _format(url: str, beside: str) -> str | None:
    """The format by the address's ending, else by what the text claims of a download."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if _FEED.search(parts.path):
        return None
    for path in (parts.path, *(unquote(value) for value in re.findall(r"=([^&=]+)", parts.query))):
        ending = path.rsplit("/", 1)[-1].rsplit(".", 1)
        if len(ending) == 2 and ending[1].lower() in _FORMATS:
            return ending[1].lower()
    claim = _CLAIM.search(beside)
    if claim and _SIZE.search(beside):
        return _CLAIMED[claim.group(1).lower().split()[-1]]
    return None


def _size_in_next_cell(document: Document, block: Block) -> Quote | None:
    """The size that the cell after a link's cell holds and nothing besides."""
    following = document.blocks[block.number + 1 : block.number + 2]
    if not (block.cell and following and len(block.links) == 1):
        return None
    cell = following[0].cell
    if cell is None or (cell.table, cell.row) != (block.cell.table, block.cell.row):
        return None
    piece = piece_of(following[0]).strip(" \n()[]")
    return _size(piece) if _SIZE.fullmatch(piece.text) else None


def _size(beside: Piece) -> Quote | None:
    match = _SIZE.search(beside.text)
    if not match:
        return None
    number = float(match.group(1).replace(",", ""))
    size = int(number * _UNITS[match.group(2)[0].lower()])
    return quote(beside.cut(*match.span()), "size", LABELLED, str(size))
