"""The pages and files of an export, gathered for content systems: files first, then pages.

The links of a message to what is exported too are neutral here, and each format writes them its own
way: see `relinked`.
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import unquote, urldefrag, urlsplit

from archiver.confined import Confined
from archiver.errors import MarshamError
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from extract.asof import PageAsOf
from extract.export.carrying import Carried, Carrier, images_of
from extract.export.cms.identity import Numbers, file_id
from extract.export.cms.tree import Place, planted
from extract.export.content import page_row
from extract.export.folder import Folder
from extract.export.messages import Messages, messages_of
from extract.export.selection import Selection
from snapshots.archive import Archive
from snapshots.mementos import memento_of

__all__ = ["FileItem", "Gathered", "PageItem", "gathered", "linked_pages", "relinked"]

_LINK = re.compile(r'<a href="\./(page|file)/([0-9a-f-]{36})(#[^"]*)?">')
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


@dataclass(frozen=True, slots=True)
class FileItem:
    """A picture or document that goes with the pages.

    Attributes:
        id: of the file, see `extract.export.cms.identity`.
        number: the same as a number.
        url: its original address.
        title: the last part of that address, as people read it.
        carried: the copy in the folder.
    """

    id: str
    number: int
    url: str
    title: str
    carried: Carried

    @property
    def captured_at(self) -> datetime:
        """When the archive captured it."""
        return parse_timestamp(self.carried.captured)

    def shown_at(self, snapshots: str) -> str:
        """Give the address at which its bytes are shown, by what those of snapshots begin with."""
        return f"{snapshots}{self.carried.captured}id_/{self.url}"


@dataclass(frozen=True, slots=True)
class PageItem:
    """A page.

    Attributes:
        id: of the page, see `extract.export.cms.identity`.
        number: the same as a number.
        url: its original address.
        title: what it is called; its address, where it has no title.
        summary: its own, or its first paragraph.
        language: ``en`` or ``cy``; empty where that is not known.
        published: as the page says, ISO 8601 to the day or month; empty where it does not.
        updated: likewise.
        captured: the capture it was read from, 14 digits.
        digest: of its payload as it was served.
        body: its message as HTML, with neutral links.
        files: the ids of the documents it offers and the pictures it shows.
    """

    id: str
    number: int
    url: str
    title: str
    summary: str
    language: str
    published: str
    updated: str
    captured: str
    digest: str
    body: str
    files: tuple[str, ...]

    @property
    def captured_at(self) -> datetime:
        """When the archive captured it."""
        return parse_timestamp(self.captured)

    @property
    def published_at(self) -> datetime:
        """The first moment of the date that it says it was published on, or else its capture's."""
        return _moment(self.published) or self.captured_at

    @property
    def updated_at(self) -> datetime:
        """The first moment of the date that it says it was updated on, or else `published_at`."""
        return _moment(self.updated) or self.published_at


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that is exported.

    Attributes:
        places: of the pages, by their ids, parents before children and branches together.
        files: by their ids, in the order in which pages name them.
        numbers: gives the number of any of these.
        counts: what was gathered, for the manifest.
    """

    places: Mapping[str, Place]
    files: Mapping[str, FileItem]
    numbers: Numbers
    counts: Mapping[str, int]
    _spool: IO[bytes]
    _starts: Mapping[str, int]  # of the pages in the spool, by their ids

    def pages(self) -> Iterator[PageItem]:
        """Give the pages, in the order of `places`, one at a time."""
        for identity in self.places:
            self._spool.seek(self._starts[identity])
            told = json.loads(self._spool.readline())
            yield PageItem(**told | {"files": tuple(told["files"])})


@contextmanager
def gathered(selection: Selection, folder: Folder, children: Confined) -> Iterator[Gathered]:
    """Read the pages of a selection and copy their files; what was gathered lasts for the context.

    Messages wait on disk, so memory grows with the number of pages and files and not with what they
    say. A page whose bytes cannot be read has its text for a message, and is counted.
    """
    places = planted(page.capture.url for page in selection.pages())
    with TemporaryFile() as spool:
        starts: dict[str, int] = {}
        gathering = _Gathering(
            selection.archive,
            selection.moment,
            places,
            Carrier(selection.archive, folder),
            messages_of(selection.archive, children),
        )
        for page in selection.pages():
            item = gathering.item(page)
            starts[item.id] = spool.tell()
            spool.write(json.dumps(asdict(item)).encode() + b"\n")
        counts = {
            "rows": gathering.pages,
            "files": len(gathering.files),
            "unreadable": gathering.unreadable,
            "not_carried": len(gathering.missing - gathering.files.keys()),
        }
        by_id = {place.id: place for place in places.values()}
        yield Gathered(by_id, gathering.files, gathering.numbers, counts, spool, starts)


def relinked(body: str, write: Callable[[str, str, str], str]) -> str:
    """Write the links of a message to what is exported too.

    Args:
        body: the message of a `PageItem`.
        write: given ``page`` or ``file``, an id, and the fragment with its ``#`` if there is one
            (escaped as in an attribute), gives the opening tag of the link.
    """
    return _LINK.sub(lambda found: write(found[1], found[2], found[3] or ""), body)


def linked_pages(body: str) -> list[str]:
    """Give the ids of the pages that a message leads to, each once, in the order of the links."""
    found = (match[2] for match in _LINK.finditer(body) if match[1] == "page")
    return list(dict.fromkeys(found))


class _Gathering:
    """Makes items of pages, and copies the files they name."""

    def __init__(
        self,
        archive: Archive,
        moment: datetime,
        places: Mapping[str, Place],
        carrier: Carrier,
        messages: Messages,
    ) -> None:
        self.files: dict[str, FileItem] = {}
        self.numbers = Numbers()
        self.pages = 0
        self.unreadable = 0
        self.missing: set[str] = set()
        self._carrier = carrier
        self._archive = archive
        self._moment = moment
        self._places = places
        self._messages = messages
        for place in places.values():  # pages first: a file never changes the number of a page
            self.numbers.of(place.id)

    def item(self, page: PageAsOf) -> PageItem:
        """Make the item of a page."""
        self.pages += 1
        url = page.capture.url
        row = page_row(page)
        place = self._places[url_key(url)]
        body, files = self._read(page)
        names = ("summary", "language", "published", "updated")
        return PageItem(
            id=place.id,
            number=self.numbers.of(place.id),
            url=url,
            title=" ".join(str(row["title"] or "").split()) or url.partition("://")[2] or url,
            captured=page.capture.timestamp,
            digest=page.capture.digest,
            body=body,
            files=tuple(files),
            **{name: str(row[name] or "") for name in names},
        )

    def _read(self, page: PageAsOf) -> tuple[str, list[str]]:
        places: dict[str, str] = {}
        for link in page.facts.links:
            target = urldefrag(link.url)[0]
            if place := self._places.get(url_key(target)):
                places[target] = f"./page/{place.id}"
        files: dict[str, None] = {}
        for found in page.facts.attachments:
            if found.url not in places and (kept := self._file(found.url, page)):
                places[found.url] = f"./file/{kept}"
                files[kept] = None
        try:
            memento = memento_of(self._archive, page.capture)
            payload, kind = memento.content(), memento.content_type
            for address in images_of(payload, page.capture.url, kind):
                if kept := self._file(address, page):
                    files[kept] = None
            body = self._messages.message(page, payload, kind, "html", places)
        except MarshamError:
            self.unreadable += 1
            body = "".join(
                f"<p>{escape(line, quote=False)}</p>\n" for line in page.text.split("\n")
            )
        return body, list(files)

    def _file(self, url: str, page: PageAsOf) -> str | None:
        """The id of a file, copied when it is met first: as it was at the export's moment.

        Where there is nothing good from then, it is the one closest to the page's own capture.
        """
        key = url_key(url)
        identity = file_id(key)
        if identity in self.files:
            return identity
        for moment in (self._moment, parse_timestamp(page.capture.timestamp)):
            if carried := self._carrier.carry(url, moment):
                title = unquote(posixpath.basename(urlsplit(url).path)) or url
                number = self.numbers.of(identity)
                self.files[identity] = FileItem(identity, number, url, title, carried)
                return identity
        self.missing.add(identity)
        return None


def _moment(date: str) -> datetime | None:
    match = _DATE.match(date)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
