"""Pages as a source for Drupal's Migrate: two files of JSON, each item under an id that stays.

The ids are UUIDs, and meant for those of Drupal's entities as well: then links lead to their node
or file by it, in the form that the module Linkit reads, wherever that came to stand. Sources:
Drupal 11, Migrate Plus (its JSON parser takes a list under a name), Linkit.
"""

from collections.abc import Iterator, Mapping
from html import escape

from archiver.confined import Confined
from extract.export.cms.items import Gathered, gathered, linked_pages, relinked
from extract.export.cms.listing import fitting_title, write_list
from extract.export.cms.tree import new_paths
from extract.export.folder import Folder
from extract.export.selection import Selection

__all__ = ["write_drupal"]

_LONGEST = 255  # characters of a title


def write_drupal(selection: Selection, folder: Folder, children: Confined) -> Mapping[str, int]:
    """Write ``pages.json`` and ``files.json``; give what is to be counted."""
    with gathered(selection, folder, children) as found:
        told = {"titles_cut": 0}
        replaced = write_list(folder, "files.json", "files", _files(found))
        replaced += write_list(folder, "pages.json", "pages", _pages(found, told))
        return {**found.counts, **told, "characters_replaced": replaced}


def _pages(found: Gathered, told: dict[str, int]) -> Iterator[dict[str, object]]:
    paths = new_paths(found.places.values())

    def link(kind: str, identity: str, fragment: str) -> str:
        page = kind == "page"
        place = paths[identity] if page else escape(found.files[identity].url)
        entity, way = ("node", "canonical") if page else ("file", "file")
        return (
            f'<a href="{place}{fragment}" data-entity-type="{entity}" '
            f'data-entity-uuid="{identity}" data-entity-substitution="{way}">'
        )

    for page in found.pages():
        title = fitting_title(page.title, _LONGEST)
        told["titles_cut"] += title != page.title
        yield {
            "id": page.id,
            "parent": found.places[page.id].parent or None,
            "title": title,
            "whole_title": page.title,
            "summary": page.summary,
            "body": relinked(page.body, link),
            "langcode": page.language or "en",
            "created": int(page.published_at.timestamp()),
            "changed": int(page.updated_at.timestamp()),
            "path": paths[page.id],
            "links": linked_pages(page.body),
            "files": list(page.files),
            "url": page.url,
            "captured": page.captured,
            "digest": page.digest,
        }


def _files(found: Gathered) -> Iterator[dict[str, object]]:
    for file in found.files.values():
        yield {
            "id": file.id,
            "filename": file.title,
            "file": file.carried.name,
            "filemime": file.carried.type,
            "filesize": file.carried.size,
            "sha256": file.carried.sha256,
            "url": file.url,
            "captured": file.carried.captured,
            "digest": file.carried.digest,
        }
