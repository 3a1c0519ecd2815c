"""Pages as WordPress takes them in: WXR, WordPress eXtended RSS, in parts of a size it can upload.

What its importer does is what decides here. It keeps the number of an item where the site has none
such, so links are written by number and hold whichever part comes first: it mends addresses within
one run only. It takes an item with title and date of another for the same and leaves it out, so no
two have both. It fetches attachments from the address that is stated. Sources: the exports of
WordPress 6 (WXR 1.2) and what the WordPress Importer does with them.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import BinaryIO
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from archiver.confined import Confined
from extract.export.characters import xml_section, xml_text
from extract.export.cms.items import FileItem, Gathered, PageItem, gathered, relinked
from extract.export.folder import Folder
from extract.export.selection import Selection
from extract.export.writing import snapshots_at

__all__ = ["write_wxr"]

_LARGEST = 8 << 20  # bytes of a part; what many sites allow to be uploaded, and PHP reads at once
_AUTHOR = "marsham"  # whom who imports replaces by one of the site's own
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
_FOOT = "</channel>\n</rss>\n"
_SECOND = timedelta(seconds=1)


def write_wxr(
    selection: Selection, folder: Folder, children: Confined, *, largest: int = _LARGEST
) -> Mapping[str, int]:
    """Write pages as ``part-0001.xml`` and so on: attachments first, then pages.

    Args:
        selection: the pages.
        folder: where to.
        children: read the pages.
        largest: bytes of a part; an item that is larger by itself has a part of its own.

    Returns:
        What is to be counted; `dates_moved` are items put some seconds later, for another has
        their title and date.
    """
    with gathered(selection, folder, children) as found:
        items = _Items(found, snapshots_at(selection.archive))
        counts = _write_parts(folder, items, _channel(found, selection.moment), largest)
        return {
            **found.counts,
            **counts,
            "dates_moved": items.moved,
            "characters_replaced": items.replaced,
        }


def _write_parts(folder: Folder, items: "_Items", channel: str, largest: int) -> Mapping[str, int]:
    head, foot = (_HEAD + channel).encode(), _FOOT.encode()
    parts, size = 0, 0
    file: BinaryIO | None = None
    held: dict[str, int] = {}
    with ExitStack() as stack:
        for kind, item in items:
            if file is None or size + len(item) + len(foot) > largest:
                if file is not None:
                    file.write(foot)
                    stack.close()
                parts += 1
                held = dict.fromkeys(("attachments", "pages"), 0)
                file = stack.enter_context(folder.opened(f"part-{parts:04}.xml", held))
                size = file.write(head)
            size += file.write(item)
            held[kind] += 1
        if file is not None:
            file.write(foot)
    return {"parts": parts}


@dataclass(slots=True)
class _Items:
    """The items as bytes, attachments first; each with what it is counted as."""

    found: Gathered
    snapshots: str
    moved: int = 0
    replaced: int = 0
    _met: set[tuple[str, str, datetime]] = field(default_factory=set)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for file in self.found.files.values():
            yield "attachments", self._bytes(self._attachment(file))
        for page in self.found.pages():
            yield "pages", self._bytes(self._page(page))

    def _bytes(self, item: str) -> bytes:
        text, number = xml_text(item)
        self.replaced += number
        return text.encode()

    def _attachment(self, file: FileItem) -> str:
        carried = file.carried
        facts = {
            "url": file.url,
            "captured": carried.captured,
            "digest": carried.digest,
            "sha256": carried.sha256,
            "file": carried.name,
        }
        return _item(
            title=file.title,
            link=file.url,
            identity=file.id,
            dates=(self._date("attachment", file.title, file.captured_at), file.captured_at),
            more=[
                ("wp:post_id", str(file.number)),
                ("wp:post_name", f"file-{file.id}"),
                ("wp:post_parent", "0"),
                ("wp:post_type", "attachment"),
                ("wp:status", "inherit"),
                ("wp:attachment_url", file.shown_at(self.snapshots)),
            ],
            facts=facts,
        )

    def _page(self, page: PageItem) -> str:
        place = self.found.places[page.id]
        parent = self.found.numbers.of(place.parent) if place.parent else 0
        attached = (str(self.found.files[one].number) for one in page.files)
        facts = {
            "url": page.url,
            "captured": page.captured,
            "digest": page.digest,
            "language": page.language,
            "attachments": ",".join(attached),
        }
        return _item(
            title=page.title,
            link=page.url,
            identity=page.id,
            dates=(self._date("page", page.title, page.published_at), page.updated_at),
            content=relinked(page.body, self._link),
            excerpt=page.summary,
            more=[
                ("wp:post_id", str(page.number)),
                ("wp:post_name", place.slug),
                ("wp:post_parent", str(parent)),
                ("wp:post_type", "page"),
                ("wp:status", "publish"),
            ],
            facts=facts,
        )

    def _link(self, kind: str, identity: str, fragment: str) -> str:
        asked = "page_id" if kind == "page" else "attachment_id"
        return f'<a href="/?{asked}={self.found.numbers.of(identity)}{fragment}">'

    def _date(self, kind: str, title: str, moment: datetime) -> datetime:
        folded = title.casefold()
        first = moment
        while (kind, folded, moment) in self._met:
            moment += _SECOND
        self._met.add((kind, folded, moment))
        self.moved += moment != first
        return moment


def _channel(found: Gathered, moment: datetime) -> str:
    first = next(found.pages(), None)
    parts = urlsplit(first.url) if first else None
    site = f"{parts.scheme}://{parts.netloc}" if parts else "http://localhost"
    told = (
        ("title", parts.netloc if parts else "No pages"),
        ("link", site),
        ("description", "Pages of a web archive"),
        ("pubDate", format_datetime(moment)),
        ("wp:wxr_version", "1.2"),
        ("wp:base_site_url", site),
        ("wp:base_blog_url", site),
    )
    lines = "".join(f"<{name}>{escape(xml_text(value)[0])}</{name}>\n" for name, value in told)
    return (
        f"{lines}<wp:author><wp:author_login>{_AUTHOR}</wp:author_login>"
        f"<wp:author_display_name>{_AUTHOR}</wp:author_display_name></wp:author>\n"
    )


def _item(
    *,
    title: str,
    link: str,
    identity: str,
    dates: tuple[datetime, datetime],
    more: list[tuple[str, str]],
    facts: Mapping[str, str],
    content: str = "",
    excerpt: str = "",
) -> str:
    published, modified = dates
    fields = [
        ("title", title),
        ("link", link),
        ("pubDate", format_datetime(published)),
        ("dc:creator", _AUTHOR),
        ("description", ""),
        ("content:encoded", content),
        ("excerpt:encoded", excerpt),
        ("wp:post_date", _written(published)),
        ("wp:post_date_gmt", _written(published)),
        ("wp:post_modified", _written(modified)),
        ("wp:post_modified_gmt", _written(modified)),
        ("wp:comment_status", "closed"),
        ("wp:ping_status", "closed"),
        ("wp:menu_order", "0"),
        ("wp:post_password", ""),
        ("wp:is_sticky", "0"),
        *more,
    ]
    lines = [f"<{name}>{xml_section(value)}</{name}>" for name, value in fields]
    lines.insert(3, f'<guid isPermaLink="false">urn:uuid:{identity}</guid>')
    for name, value in facts.items():
        if value:
            lines.append(
                f"<wp:postmeta><wp:meta_key>_marsham_{name}</wp:meta_key>"
                f"<wp:meta_value>{xml_section(value)}</wp:meta_value></wp:postmeta>"
            )
    return "<item>\n" + "\n".join(lines) + "\n</item>\n"


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "seconds")
