"""Rows of the archive through time: every capture, text, block and change up to a moment.

Other exports tell what stood on a date; these are for who counts and compares over years. Only
captures in view are in them. Their order is that of addresses and times, so a second export of the
same archive is the same to the byte.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Select, func, select

from archiver.confined import Confined
from archiver.errors import MarshamError
from archiver.records import Capture
from archiver.timestamps import format_timestamp
from extract.compare.confined import compare_confined
from extract.compare.holdings import COMPARED_TYPES, version_of
from extract.compare.sites import Held
from extract.compare.sketches import Sketch
from extract.export.columns import Column, Kind, Row
from extract.export.selection import Selection
from extract.tables import extraction, page_sketch, page_text, page_version
from snapshots import index
from snapshots.archive import Archive
from snapshots.catalogue import LookUp, stream
from snapshots.tables import capture, same_capture, url
from snapshots.visible import visible

__all__ = [
    "BLOCK_COLUMNS",
    "CAPTURE_COLUMNS",
    "CHANGE_COLUMNS",
    "TEXT_COLUMNS",
    "block_rows",
    "capture_rows",
    "change_rows",
    "text_rows",
]

CAPTURE_COLUMNS = (
    Column("url", Kind.TEXT, "its address as captured"),
    Column("captured", Kind.TEXT, "when, as 14 digits of UTC"),
    Column("key", Kind.TEXT, "the same for all spellings of an address (SURT)"),
    Column("status", Kind.INTEGER, "of HTTP"),
    Column("media_type", Kind.TEXT, "as served"),
    Column("kind", Kind.TEXT, "response, revisit or resource"),
    Column("fidelity", Kind.TEXT, "A as sent, B body only, C recovered, D rendered"),
    Column("digest", Kind.TEXT, "of its payload"),
    Column("title", Kind.TEXT, "of the page"),
    Column("text", Kind.TEXT, "SHA-256 of its text, by which it stands in texts"),
    Column("blocks", Kind.TEXT, "SHA-256 of its blocks' hashes, by which they stand in blocks"),
    Column("file", Kind.TEXT, "the WARC file that holds the record"),
    Column("offset", Kind.INTEGER, "where the record begins in it, in bytes"),
    Column("length", Kind.INTEGER, "of the record, in bytes"),
)
TEXT_COLUMNS = (
    Column("text", Kind.TEXT, "its SHA-256"),
    Column("content", Kind.TEXT, "the text; a line feed parts its blocks"),
    Column("words", Kind.INTEGER, "how many it has"),
    Column("captures", Kind.INTEGER, "how many say it"),
    Column("first_captured", Kind.TEXT, "the first that does, as 14 digits of UTC"),
    Column("last_captured", Kind.TEXT, "the last that does, as 14 digits of UTC"),
)
BLOCK_COLUMNS = (
    Column("blocks", Kind.TEXT, "SHA-256 of the hashes of all blocks of a page"),
    Column("number", Kind.INTEGER, "of the block on the page, from 1"),
    Column("hash", Kind.TEXT, "the same for blocks of one text, kind, region and links"),
    Column("kind", Kind.TEXT, "paragraph, heading, item, row ..."),
    Column("region", Kind.TEXT, "where it stands: main, nav, header, footer, archive ..."),
    Column("content", Kind.TEXT, "its text; of a row the cells, parted by blanks"),
    Column("words", Kind.INTEGER, "how many it has"),
    Column("cells", Kind.TEXTS, "of a row"),
    Column("links", Kind.TEXTS, "the addresses in it, as the page has them"),
)
CHANGE_COLUMNS = (
    Column("url", Kind.TEXT, "of the page"),
    Column("old_captured", Kind.TEXT, "the capture before it, as 14 digits of UTC"),
    Column("new_captured", Kind.TEXT, "the capture behind it, as 14 digits of UTC"),
    Column("old_digest", Kind.TEXT, "of the payload before"),
    Column("new_digest", Kind.TEXT, "of the payload behind"),
    Column("number", Kind.INTEGER, "of the change among those between the two, from 1"),
    Column("change", Kind.TEXT, "added, removed, changed, moved, link added, contact ..."),
    Column("about", Kind.TEXT, "the text of a link, the field of a contact, what is counted"),
    Column("old", Kind.TEXT, "how it read"),
    Column("new", Kind.TEXT, "how it reads"),
)

_SHOWN = range(200, 300)
_HASH = 16  # hexadecimal digits of a block's hash
_AT_ONCE = 32  # pages whose blocks are held at a time
_SKETCHES = LookUp(
    lambda wanted: (
        select(
            page_sketch.c.extraction_id,
            page_sketch.c.state,
            page_sketch.c.hashes,
            page_sketch.c.units,
            page_text.c.text,
        )
        .join(extraction, extraction.c.id == page_sketch.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(page_sketch.c.extraction_id.in_(wanted))
    )
)


def _selected(selection: Selection, query: Select[Any]) -> Select[Any]:
    """Limit a query for captures to what was asked for."""
    statuses = selection.filters.statuses
    query = query.where(
        capture.c.timestamp <= int(format_timestamp(selection.moment)), *selection.addresses()
    )
    return query.where(capture.c.status.in_(statuses)) if statuses else query


def _in_order(query: Select[Any]) -> Select[Any]:
    return query.order_by(url.c.urlkey, capture.c.timestamp, url.c.url, capture.c.seq)


def capture_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each capture in view, by address and time."""
    query = (
        index.select_captures(
            url.c.urlkey, extraction.c.title, page_text.c.digest, page_sketch.c.hashes
        )
        .outerjoin(page_version, same_capture(page_version))
        .outerjoin(extraction, extraction.c.id == page_version.c.extraction_id)
        .outerjoin(page_text, page_text.c.id == extraction.c.text_id)
        .outerjoin(page_sketch, page_sketch.c.extraction_id == extraction.c.id)
    )
    for row in stream(selection.connection, _in_order(_selected(selection, query))):
        found = index.capture_of(row)
        key, title, text, hashes = row[11:15]
        yield {
            "url": found.url,
            "captured": found.timestamp,
            "key": key,
            "status": found.status,
            "media_type": found.media_type,
            "kind": found.kind.value,
            "fidelity": found.grade.value,
            "digest": found.digest,
            "title": title,
            "text": bytes(text).hex() if text is not None else None,
            "blocks": sha256(hashes).hexdigest() if hashes else None,
            "file": found.file,
            "offset": found.offset,
            "length": found.length,
        }


def text_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each distinct text of pages, by its digest."""
    query = (
        select(
            page_text.c.digest,
            page_text.c.text,
            func.min(capture.c.timestamp),
            func.max(capture.c.timestamp),
            func.count(),
        )
        .select_from(url)
        .join(capture, capture.c.url_id == url.c.id)
        .join(page_version, same_capture(page_version))
        .join(extraction, extraction.c.id == page_version.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(visible())
        .group_by(page_text.c.id)
        .order_by(page_text.c.digest)
    )
    for digest, text, first, last, number in stream(
        selection.connection, _selected(selection, query)
    ):
        yield {
            "text": bytes(digest).hex(),
            "content": text,
            "words": len(text.split()),
            "captures": number,
            "first_captured": f"{first:014}",
            "last_captured": f"{last:014}",
        }


def block_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each block of each distinct sequence of blocks that pages have, in its order.

    What is compared are these blocks; two pages of one text may have others, such as other links.
    """
    query = (
        select(page_sketch.c.hashes, page_sketch.c.extraction_id)
        .select_from(url)
        .join(capture, capture.c.url_id == url.c.id)
        .join(page_version, same_capture(page_version))
        .join(page_sketch, page_sketch.c.extraction_id == page_version.c.extraction_id)
        .where(visible())
        .distinct()
        .order_by(page_sketch.c.hashes, page_sketch.c.extraction_id)
    )
    rows = stream(selection.connection, _selected(selection, query))
    first = (next(alike)[1] for _, alike in groupby(rows, key=lambda row: bytes(row[0])))
    while some := list(islice(first, _AT_ONCE)):
        found = {row[0]: row[1:] for row in _SKETCHES.rows(selection.connection, some)}
        for number in some:
            state, hashes, packed, text = found[number]
            yield from _blocks_of(Sketch(state, bytes(hashes), bytes(packed), text))


def _blocks_of(sketch: Sketch) -> Iterator[Row]:
    blocks, hashes = sha256(sketch.hashes).hexdigest(), sketch.hashes.hex()
    for at, one in enumerate(sketch.units(range(len(sketch.numbers)))):
        unit = one.unit
        yield {
            "blocks": blocks,
            "number": at + 1,
            "hash": hashes[at * _HASH : (at + 1) * _HASH],
            "kind": unit.kind,
            "region": unit.region,
            "content": unit.text,
            "words": len(unit.text.split()),
            "cells": list(unit.cells),
            "links": [link.href for link in unit.links],
        }


def change_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each change from one capture of a page to the next that shows it.

    Both are read and compared in a child process, unless their payloads are the same.
    """
    query = _in_order(_selected(selection, index.select_captures(url.c.urlkey)))
    with Confined() as children:
        rows = stream(selection.connection, query)
        for _, of_page in groupby(rows, key=lambda row: row[11]):
            before: Capture | None = None
            for row in of_page:
                found = index.capture_of(row)
                if not _shows_page(found):
                    continue
                if before is not None and before.digest != found.digest:
                    yield from _between(selection.archive, children, before, found)
                before = found


def _shows_page(found: Capture) -> bool:
    return found.media_type in COMPARED_TYPES and (found.status is None or found.status in _SHOWN)


def _between(archive: Archive, children: Confined, old: Capture, new: Capture) -> Iterator[Row]:
    """The changes from one capture of a page to the next; or why they cannot be told."""
    place: Row = {
        "url": new.url,
        "old_captured": old.timestamp,
        "new_captured": new.timestamp,
        "old_digest": old.digest,
        "new_digest": new.digest,
    }
    try:
        versions = [
            version_of(Held(one.url, one.timestamp, one.status, one.digest, one), archive)
            for one in (old, new)
        ]
        told = json.loads(compare_confined(children, versions[0], versions[1], "json").text)
    except MarshamError as error:
        told = {"not_compared": str(error)}
    for number, (change, about, before, after) in enumerate(_statements(told), 1):
        yield {
            **place,
            "number": number,
            "change": change,
            "about": about or None,
            "old": before or None,
            "new": after or None,
        }


def _statements(told: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The changes of a comparison: what each is, of what, and how it read before and after."""
    if "not_compared" in told:
        yield "not compared", told["not_compared"], "", ""
        return
    state = told["page_state"]
    if state["old"] != state["new"]:
        yield "state", "", state["old"], state["new"]
    for text in told["removed"]:
        yield "removed", "", text, ""
    for text in told["added"]:
        yield "added", "", "", text
    for each in told["changed"]:
        yield "changed", "", each["from"], each["to"]
    for text in (*told["moved"], *told["reordered"]):
        yield "moved", "", text, text
    for link in told["links_removed"]:
        yield "link removed", link["text"], link["href"], ""
    for link in told["links_added"]:
        yield "link added", link["text"], "", link["href"]
    for link in told["links_retargeted"]:
        yield "link changed", link["text"], link["from"], link["to"]
    for each in told["contacts_changed"]:
        yield "contact", each["field"], each["from"], each["to"]
    for each in told["counts_changed"]:
        yield "number", each["what"], str(each["from"]), str(each["to"])
    for law in told["legislation"]["removed"]:
        yield "legislation removed", "", law, ""
    for law in told["legislation"]["added"]:
        yield "legislation added", "", "", law
