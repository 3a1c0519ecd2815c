"""Pages as a Wagtail site can load them: JSON after its page model, and redirects as CSV.

A page's id is meant for ``translation_key``, the one field of Wagtail's pages that a site may
choose and that is unique within a language. Links are in the form in which Wagtail stores rich
text, with these ids where it has its own numbers. Sources: Wagtail 8, its page model, rich text and
redirects.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from archiver.confined import Confined
from extract.export.cms.items import Gathered, gathered, linked_pages, relinked
from extract.export.cms.listing import fitting_title, write_list
from extract.export.folder import Folder
from extract.export.selection import Selection
from snapshots.copies.names import site_name

__all__ = ["write_wagtail"]

_LONGEST = 255  # characters of a title, and of either side of a redirect


def write_wagtail(selection: Selection, folder: Folder, children: Confined) -> Mapping[str, int]:
    """Write ``pages.json``, ``documents.json`` and redirects; give what is to be counted."""
    with gathered(selection, folder, children) as found:
        told: dict[str, int] = dict.fromkeys(("titles_cut", "fragments_left_out"), 0)
        replaced = write_list(folder, "pages.json", "pages", _pages(found, told))
        replaced += write_list(folder, "documents.json", "documents", _documents(found))
        redirects, too_long = _write_redirects(found, folder)
        return {
            **found.counts,
            **told,
            "redirects": redirects,
            "redirects_too_long": too_long,
            "characters_replaced": replaced,
        }


def _pages(found: Gathered, told: dict[str, int]) -> Iterator[dict[str, object]]:
    def link(kind: str, identity: str, fragment: str) -> str:
        told["fragments_left_out"] += bool(fragment)
        return f'<a linktype="{"page" if kind == "page" else "document"}" id="{identity}">'

    for page in found.pages():
        place = found.places[page.id]
        title = fitting_title(page.title, _LONGEST)
        told["titles_cut"] += title != page.title
        yield {
            "translation_key": page.id,
            "parent": place.parent or None,
            "slug": place.slug,
            "title": title,
            "whole_title": page.title,
            "search_description": page.summary,
            "locale": page.language or "en",
            "first_published_at": page.published_at.isoformat(),
            "last_published_at": page.updated_at.isoformat(),
            "body": relinked(page.body, link),
            "links": linked_pages(page.body),
            "documents": list(page.files),
            "site": site_name(place.host),
            "url": page.url,
            "captured": page.captured,
            "digest": page.digest,
        }


def _documents(found: Gathered) -> Iterator[dict[str, object]]:
    for file in found.files.values():
        yield {
            "id": file.id,
            "title": fitting_title(file.title, _LONGEST),
            "file": file.carried.name,
            "content_type": file.carried.type,
            "file_size": file.carried.size,
            "sha256": file.carried.sha256,
            "url": file.url,
            "captured": file.carried.captured,
            "digest": file.carried.digest,
        }


def _write_redirects(found: Gathered, folder: Folder) -> tuple[int, int]:
    """A CSV for each site, of pages whose path there is another than their old one."""
    number = too_long = 0
    lines: dict[str, list[tuple[str, str]]] = {}
    for page in found.pages():
        place = found.places[page.id]
        address = urlsplit(page.url)
        old = (address.path or "/") + (f"?{address.query}" if address.query else "")
        if old.rstrip("/") == place.path.rstrip("/"):
            continue
        if max(len(old), len(place.path)) > _LONGEST:
            too_long += 1
            continue
        lines.setdefault(place.host, []).append((old, place.path))
        number += 1
    for host, rows in lines.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("from", "to"), *sorted(rows)])
        folder.write(f"{site_name(host)}/redirects.csv", text.getvalue().encode("utf-8", "replace"))
    return number, too_long
