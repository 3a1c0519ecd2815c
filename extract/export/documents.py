"""Pages as a folder of files: each page's message clean, with its pictures and documents.

Each page is one file, Markdown with front matter or an HTML fragment with its facts beside it. A
link to a page that is exported too leads to its file, one to a document to the copy in ``files/``;
any other leads to the original address. Names are made of addresses alone, so a page keeps its file
in every export.
"""

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urldefrag

from archiver.confined import Confined
from archiver.errors import MarshamError
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from extract.asof import PageAsOf
from extract.export.carrying import Carrier, images_of
from extract.export.content import page_row
from extract.export.folder import TOLD, Folder
from extract.export.messages import Messages, messages_of
from extract.export.selection import Selection
from snapshots.archive import Archive
from snapshots.copies.names import address_name, site_name
from snapshots.mementos import memento_of

__all__ = ["write_documents"]

_ENDINGS = {"html": ".html", "markdown": ".md"}


def write_documents(
    selection: Selection, folder: Folder, children: Confined, *, form: str
) -> Mapping[str, int]:
    """Write pages as ``html`` or ``markdown``, a file each; give what is to be counted."""
    carrier = Carrier(selection.archive, folder)
    writing = _Writing(folder, form, carrier, messages_of(selection.archive, children))
    writing.write(selection)
    return writing.counts | carrier.counts


@dataclass(slots=True)
class _Writing:
    folder: Folder
    form: str
    carrier: Carrier
    messages: Messages
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("rows", "unreadable"), 0))
    _pages: dict[str, str] = field(default_factory=dict)  # key to file

    def write(self, selection: Selection) -> None:
        """Write everything: first it is decided where each page goes, for links to lead there."""
        for page in selection.pages():
            key = url_key(page.capture.url)
            authority = key.partition(")")[0]
            name = f"{site_name(authority)}/{address_name(key)}{_ENDINGS[self.form]}"
            self._pages[key] = name
        for page in selection.pages():
            self._page(selection.archive, page, self._pages[url_key(page.capture.url)])

    def _page(self, archive: Archive, page: PageAsOf, name: str) -> None:
        self.counts["rows"] += 1
        try:
            memento = memento_of(archive, page.capture)
            payload = memento.content()
        except MarshamError:
            self.counts["unreadable"] += 1
            return
        places = self._places(page, name)
        addresses = images_of(payload, page.capture.url, memento.content_type)
        images = [
            _relative(kept, name)
            for address in addresses
            if (kept := self._carry(address, page.capture.timestamp))
        ]
        try:
            body = self.messages.message(page, payload, memento.content_type, self.form, places)
        except MarshamError:
            self.counts["unreadable"] += 1
            return
        row = page_row(page)
        told = {column: row[column] for column in TOLD if row[column]}
        told["attachments"] = [places.get(found.url, found.url) for found in page.facts.attachments]
        told["images"] = images
        if self.form == "markdown":
            # Values are JSON, which is YAML too: no text of a page can end its value.
            lines = [f"{key}: {json.dumps(value)}\n" for key, value in told.items() if value]
            self.folder.write(name, f"---\n{''.join(lines)}---\n\n{body}")
        else:
            self.folder.write(name, body)
            facts = json.dumps(told, ensure_ascii=True, indent=1)
            self.folder.write(f"{name.removesuffix('.html')}.json", facts + "\n")

    def _places(self, page: PageAsOf, name: str) -> dict[str, str]:
        """Where addresses the page links to are found beside it."""
        places: dict[str, str] = {}
        for link in page.facts.links:
            target = urldefrag(link.url)[0]
            if kept := self._pages.get(url_key(target)):
                places[target] = _relative(kept, name)
        for found in page.facts.attachments:
            if kept := self._carry(found.url, page.capture.timestamp):
                places[found.url] = _relative(kept, name)
        return places

    def _carry(self, url: str, timestamp: str) -> str | None:
        carried = self.carrier.carry(url, parse_timestamp(timestamp))
        return carried.name if carried else None


def _relative(name: str, of: str) -> str:
    path = posixpath.relpath(name, posixpath.dirname(of))
    return path if path.startswith("../") else f"./{path}"
