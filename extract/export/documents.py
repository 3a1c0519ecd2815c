"""Pages as a folder of files: each page's message clean, with its pictures and documents.

Each page is one file, Markdown with front matter or an HTML fragment with its facts beside it. A
link to a page that is exported too leads to its file, one to a document to the copy in ``files/``;
any other leads to the original address. Names are made of addresses alone, so a page keeps its file
in every export.
"""

import json
import posixpath
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urldefrag

from archiver.confined import Confined
from archiver.errors import InputError, MarshamError, NotWritableError
from archiver.http import media_type
from archiver.markup import Use
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.urls import url_key
from extract.asof import PageAsOf, check_extracted
from extract.content import content_html, content_markdown
from extract.export.content import PAGE_COLUMNS, page_row
from extract.export.manifest import (
    ExportedFile,
    Manifest,
    catalogue_revision,
    file_digest,
    manifest_path,
    write_manifest,
)
from extract.export.selection import Selection
from extract.export.writing import Order, newest_moment
from extract.page import link_resolver, read_page
from extract.recipes.files import FOLDER, read_recipes
from extract.recipes.recipe import Recipe, recipe_for
from snapshots.archive import Archive
from snapshots.copies.filetypes import ending
from snapshots.copies.names import address_name, site_name
from snapshots.mementos import memento_at, memento_of
from snapshots.requisites import requisites

__all__ = ["DOCUMENT_FORMATS", "write_documents"]

DOCUMENT_FORMATS = {"html": ".html", "markdown": ".md"}
"""The formats of pages as files, and how the names of these end."""

_TOLD = ("title", "summary", "language", "published", "updated", "url", "captured", "digest")
_FILES = "files"
_MOST_IMAGES = 300  # of one page
_GOOD = range(200, 300)


def write_documents(archive: Archive, order: Order, out: Path) -> Manifest:
    """Write pages into a new folder, a file each, and a manifest within it.

    Args:
        archive: the archive.
        order: what of it: of ``pages``, in one of `DOCUMENT_FORMATS`.
        out: the folder; it must not be there, or be empty.

    Raises:
        ArchiveError: when nothing was extracted yet.
        InputError: when the order is for something else than pages, or the folder is not empty.
        NotWritableError: when it cannot be written.
    """
    filters = order.filters
    if order.what != "pages":
        raise InputError(f"{order.form} is for pages; write {order.what} as csv, json or xlsx")
    if filters.functional or filters.regions or filters.least_confidence or order.bom:
        raise InputError("whole pages can be chosen by site, prefix, status and date only")
    part = out.with_name(f"{out.name}.part")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out} is there already; name a new folder")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with archive.catalogue.read() as connection, Confined() as children:
            check_extracted(connection)
            moment = order.moment or newest_moment(connection)
            selection = Selection(archive, connection, moment, filters)
            writing = _Writing(selection, part, order.form, children)
            writing.write()
            state = catalogue_revision(connection)
        manifest = Manifest(
            what=order.what,
            form=order.form,
            as_of=format_timestamp(moment),
            filters=filters.as_json(),
            catalogue=state,
            counts=writing.counts,
            columns=tuple(column for column in PAGE_COLUMNS if column.name in _TOLD),
            identity=("url",),
            files=tuple(sorted(writing.files, key=lambda file: file.name)),
        )
        write_manifest(manifest, manifest_path(part))
        part.replace(out)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


@dataclass(slots=True)
class _Writing:
    selection: Selection
    folder: Path
    form: str
    children: Confined
    files: list[ExportedFile] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("rows", "unreadable", "carried", "not_carried"), 0)
    )
    _pages: dict[str, str] = field(default_factory=dict)  # key to file
    _carried: dict[str, str] = field(default_factory=dict)  # digest to file
    _recipes: tuple[Recipe, ...] = ()

    def write(self) -> None:
        """Write everything: first it is decided where each page goes, for links to lead there."""
        self._recipes = tuple(read_recipes(self.selection.archive.path / FOLDER))
        for page in self.selection.pages():
            key = url_key(page.capture.url)
            authority = key.partition(")")[0]
            name = f"{site_name(authority)}/{address_name(key)}{DOCUMENT_FORMATS[self.form]}"
            self._pages[key] = name
        for page in self.selection.pages():
            self._page(page, self._pages[url_key(page.capture.url)])

    def _page(self, page: PageAsOf, name: str) -> None:
        url = page.capture.url
        self.counts["rows"] += 1
        try:
            memento = memento_of(self.selection.archive, page.capture)
            payload = memento.content()
        except MarshamError:
            self.counts["unreadable"] += 1
            return
        places = self._places(page, name)
        images = self._images(page, payload, memento.content_type, name)
        recipe = recipe_for(self._recipes, url, int(page.capture.timestamp))
        try:
            body = self.children.call(
                _message, payload, url, memento.content_type, recipe, self.form, places
            ).decode("utf-8", "replace")
        except MarshamError:
            self.counts["unreadable"] += 1
            return
        row = page_row(page)
        told = {column: row[column] for column in _TOLD if row[column]}
        told["attachments"] = [places.get(found.url, found.url) for found in page.facts.attachments]
        told["images"] = images
        if self.form == "markdown":
            # Values are JSON, which is YAML too: no text of a page can end its value.
            lines = [f"{key}: {json.dumps(value)}\n" for key, value in told.items() if value]
            self._write(name, f"---\n{''.join(lines)}---\n\n{body}")
        else:
            self._write(name, body)
            facts = json.dumps(told, ensure_ascii=True, indent=1)
            self._write(f"{name.removesuffix('.html')}.json", facts + "\n")

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

    def _images(self, page: PageAsOf, payload: bytes, content_type: str, name: str) -> list[str]:
        charset = media_type(content_type)[1]
        found = requisites(
            payload, page.capture.url, charset=charset, uses=(Use.IMAGE,), most=_MOST_IMAGES
        )
        carried = [self._carry(address, page.capture.timestamp) for address in found]
        return [_relative(kept, name) for kept in carried if kept]

    def _carry(self, url: str, timestamp: str) -> str | None:
        """Copy the capture of an address closest to a time; give its file, if there is one."""
        try:
            memento = memento_at(self.selection.archive, url, parse_timestamp(timestamp))
            if memento.head is not None and memento.head.status not in _GOOD:
                raise InputError(f"{url} was answered with {memento.head.status}")
            known = self._carried.get(memento.capture.digest)
            if known is not None:
                return known
            content = memento.content()
        except MarshamError:
            self.counts["not_carried"] += 1
            return None
        kind = media_type(memento.content_type)[0]
        name = f"{_FILES}/{address_name(url_key(url))}-{memento.capture.timestamp}"
        name += ending(kind, content, url)
        self._write(name, content)
        self.counts["carried"] += 1
        self._carried[memento.capture.digest] = name
        return name

    def _write(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        self.files.append(file_digest(path, name))


def _relative(name: str, of: str) -> str:
    path = posixpath.relpath(name, posixpath.dirname(of))
    return path if path.startswith("../") else f"./{path}"


def _message(
    payload: bytes,
    url: str,
    content_type: str,
    recipe: Recipe | None,
    form: str,
    places: Mapping[str, str],
) -> bytes:
    # In a child: the page's message, links to what is kept beside it leading there.
    page = read_page(payload, url=url, content_type=content_type, recipe=recipe)
    resolve = _kept(link_resolver(url, page.document.base), places)
    write = content_markdown if form == "markdown" else content_html
    return write(page.document, resolve).encode("utf-8", "replace")


def _kept(
    resolve: Callable[[str], str | None], places: Mapping[str, str]
) -> Callable[[str], str | None]:
    def resolved(written: str) -> str | None:
        target = resolve(written)
        if target is None:
            return None
        address, fragment = urldefrag(target)
        place = places.get(target) or places.get(address)
        if place is None:
            return target
        return f"{place}#{fragment}" if fragment else place

    return resolved
