"""Pages as content items of the shape that GOV.UK's content store gives, an item a line.

The schema they keep to is written beside them. It is ours, made of what GOV.UK publishes about its
content items; three things are added, each named there: where a page is from, where the copy of an
attachment lies, and its SHA-256. Whose publishing and rendering it is, and whether it is guidance,
nobody can tell from a page: those who load them decide. Sources: the documentation of the
Publishing API and the content store, and their shared definitions, as of 2026.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from importlib.resources import files

from archiver.confined import Confined
from extract.export.cms.items import (
    FileItem,
    Gathered,
    PageItem,
    gathered,
    linked_pages,
    relinked,
)
from extract.export.cms.listing import write_lines
from extract.export.cms.tree import new_paths
from extract.export.folder import Folder
from extract.export.selection import Selection
from extract.export.writing import snapshots_at

__all__ = ["CONTENT_ITEM_SCHEMA", "write_govuk"]

CONTENT_ITEM_SCHEMA = "content-item.schema.json"
"""The name of the JSON Schema of a content item, in this package and in every export."""

_APP = "marsham"


def write_govuk(selection: Selection, folder: Folder, children: Confined) -> Mapping[str, int]:
    """Write pages as ``content-items.jsonl``, with their schema; give what is to be counted."""
    schema = files("extract.export.cms").joinpath(CONTENT_ITEM_SCHEMA).read_bytes()
    folder.write(CONTENT_ITEM_SCHEMA, schema)
    snapshots = snapshots_at(selection.archive)
    with gathered(selection, folder, children) as found:
        replaced = write_lines(folder, "content-items.jsonl", _items(found, snapshots))
        return {**found.counts, "characters_replaced": replaced}


def _items(found: Gathered, snapshots: str) -> Iterator[dict[str, object]]:
    paths = new_paths(found.places.values())

    def link(kind: str, identity: str, fragment: str) -> str:
        if kind == "page":
            return f'<a href="{paths[identity]}{fragment}">'
        return f'<a href="{escape(found.files[identity].shown_at(snapshots))}{fragment}">'

    for page in found.pages():
        parent = found.places[page.id].parent
        related = [one for one in linked_pages(page.body) if one != page.id]
        links = {"parent": [parent] if parent else [], "ordered_related_items": related}
        yield {
            "content_id": page.id,
            "base_path": paths[page.id],
            "title": page.title,
            "description": page.summary,
            "document_type": "guidance",
            "schema_name": "generic",
            "locale": page.language or "en",
            "phase": "live",
            "publishing_app": _APP,
            "rendering_app": _APP,
            "first_published_at": _written(page.published_at),
            "public_updated_at": _written(page.updated_at),
            "details": {
                "body": relinked(page.body, link),
                "attachments": [_attachment(found.files[one], snapshots) for one in page.files],
                "archived_page": _source(page),
            },
            "links": {name: ids for name, ids in links.items() if ids},
        }


def _attachment(file: FileItem, snapshots: str) -> dict[str, object]:
    return {
        "attachment_type": "file",
        "id": file.id,
        "title": file.title,
        "url": file.shown_at(snapshots),
        "content_type": file.carried.type or "application/octet-stream",
        "filename": file.title,
        "file_size": file.carried.size,
        "file": file.carried.name,
        "sha256": file.carried.sha256,
    }


def _source(page: PageItem) -> dict[str, object]:
    return {"url": page.url, "captured": page.captured, "digest": page.digest}


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
