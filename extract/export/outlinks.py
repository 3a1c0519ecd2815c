"""Links of pages as rows: from where to where, and whether the target stood in the archive too."""

from collections.abc import Iterator

from archiver.urls import url_key
from extract.export.columns import Column, Kind, Row
from extract.export.origin import CAPTURE, capture_values
from extract.export.selection import Selection

__all__ = ["LINK_COLUMNS", "link_rows"]

LINK_COLUMNS = (
    Column("number", Kind.INTEGER, "of the link on its page, from 1"),
    Column("text", Kind.TEXT, "what the link says"),
    Column("target", Kind.TEXT, "where it leads, resolved against the page's address"),
    Column("target_key", Kind.TEXT, "the same for all spellings of that address (SURT)"),
    Column("written", Kind.TEXT, "the address as the page has it"),
    *CAPTURE,
)


def link_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each link of each page's message, in its order."""
    for page in selection.pages():
        place = capture_values(page)
        for number, link in enumerate(page.facts.links, 1):
            yield {
                "number": number,
                "text": link.text,
                "target": link.url,
                "target_key": url_key(link.url),
                "written": link.raw,
            } | place
