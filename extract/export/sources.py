"""Sources: what can be exported, by the name that people give.

A source gives rows, a format writes them, and neither knows of the other. A new source is one
module with columns and a function, and one entry here: commands, references and formats follow.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from archiver.errors import InputError
from extract.export.columns import Column, Row
from extract.export.content import ATTACHMENT_COLUMNS, PAGE_COLUMNS, attachment_rows, page_rows
from extract.export.graph import GRAPH_COLUMNS, graph_rows
from extract.export.outlinks import LINK_COLUMNS, link_rows
from extract.export.persons import functional_contacts, functional_partnerships
from extract.export.reached import (
    CONTACT_COLUMNS,
    PARTNERSHIP_COLUMNS,
    contact_rows,
    partnership_rows,
)
from extract.export.selection import Selection, kept
from extract.export.stated import (
    AUTHORITY_COLUMNS,
    CLAIM_COLUMNS,
    LEGAL_COLUMNS,
    authority_rows,
    claim_rows,
    legal_rows,
)
from extract.export.through_time import (
    BLOCK_COLUMNS,
    CAPTURE_COLUMNS,
    CHANGE_COLUMNS,
    TEXT_COLUMNS,
    block_rows,
    capture_rows,
    change_rows,
    text_rows,
)

__all__ = ["SOURCES", "Source", "rows_of", "source_named"]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that can be exported as rows.

    Attributes:
        about: what a row is.
        columns: of the rows, in order.
        rows: gives them for a selection, one by one, always in the same order.
        identity: the columns by which a row is the same row in a later export; of several alike,
            their order decides. Rows of one value of the first stand together.
        functional: leaves persons out; None where they cannot be told.
    """

    about: str
    columns: tuple[Column, ...]
    rows: Callable[[Selection], Iterator[Row]]
    identity: tuple[str, ...]
    functional: Callable[[Iterable[Row]], Iterator[Row]] | None = None


SOURCES = {
    "attachments": Source(
        "a document that a page offers, as claimed, as served and as kept",
        ATTACHMENT_COLUMNS,
        attachment_rows,
        ("url", "attachment"),
    ),
    "authorities": Source(
        "a responsible authority that a page lists, held against the law of the day",
        AUTHORITY_COLUMNS,
        authority_rows,
        ("url", "name", "applies_to"),
    ),
    "blocks": Source(
        "a block of pages: a paragraph, heading, item or row, of any date up to then",
        BLOCK_COLUMNS,
        block_rows,
        ("blocks", "number"),
    ),
    "captures": Source(
        "a capture, of any date up to then",
        CAPTURE_COLUMNS,
        capture_rows,
        ("url", "captured", "digest"),
    ),
    "changes": Source(
        "a change from one capture of a page to the next, of any date up to then",
        CHANGE_COLUMNS,
        change_rows,
        ("url", "old_captured", "new_captured", "number"),
    ),
    "claims": Source(
        "a number that a page claims, held against what the page lists",
        CLAIM_COLUMNS,
        claim_rows,
        ("url", "what", "where"),
    ),
    "contacts": Source(
        "a contact on a page",
        CONTACT_COLUMNS,
        contact_rows,
        ("url", "key"),
        functional_contacts,
    ),
    "graph": Source(
        "a page that links to another, in the pages of a year",
        GRAPH_COLUMNS,
        graph_rows,
        ("year", "source", "target"),
    ),
    "legal": Source(
        "an Act or instrument that a page cites",
        LEGAL_COLUMNS,
        legal_rows,
        ("url", "act", "year"),
    ),
    "links": Source("a link of a page", LINK_COLUMNS, link_rows, ("url", "number")),
    "pages": Source("a page", PAGE_COLUMNS, page_rows, ("url",)),
    "partnerships": Source(
        "a partnership on a page",
        PARTNERSHIP_COLUMNS,
        partnership_rows,
        ("url", "key"),
        functional_partnerships,
    ),
    "texts": Source(
        "a distinct text of pages, of any date up to then", TEXT_COLUMNS, text_rows, ("text",)
    ),
}
"""What can be exported, by name."""


def source_named(name: str) -> Source:
    """Give the source of a name.

    Raises:
        InputError: when there is none.
    """
    if name not in SOURCES:
        raise InputError(f"nothing to export is called {name!r}; choose from {', '.join(SOURCES)}")
    return SOURCES[name]


def rows_of(source: Source, selection: Selection) -> Iterator[Row]:
    """Give the rows of a source that the filters of a selection leave.

    Raises:
        InputError: when a filter is for other rows than these.
    """
    rows = kept(source.rows(selection), source.columns, selection.filters)
    if not selection.filters.functional:
        return rows
    if source.functional is None:
        able = ", ".join(name for name, one in SOURCES.items() if one.functional)
        raise InputError(
            f"persons cannot be told in rows like these; functional contacts only is for {able}"
        )
    return source.functional(rows)
