"""What a page is made of besides itself, and when that was captured: images, styles, scripts ..."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from archiver.errors import MarshamError
from archiver.http import PAGE_TYPES, media_type
from archiver.markup import Address, Use, page_addresses, read_source, style_addresses
from archiver.records import Capture
from archiver.timestamps import parse_timestamp
from archiver.urls import join_url
from snapshots import index
from snapshots.archive import Archive
from snapshots.mementos import Memento, memento_of
from snapshots.replay.banner import Parts

__all__ = ["SHOWN_USES", "parts_of", "requisites", "sheet_requisites"]

SHOWN_USES: Final = (Use.IMAGE, Use.STYLE, Use.SCRIPT)
"""What a page cannot be shown without."""

_PARTS = (*SHOWN_USES, Use.FRAME)
_MOST = 150  # parts that are looked for
_AT_ONCE = 32  # addresses looked up by one query
_SHEET_BYTES = 1 << 19  # of style sheets of one page that are looked into, all together
_PAGE_LIMIT = 1 << 20  # bytes of a page or sheet that is looked into
_CHOICES = ("srcset", "imagesrcset")


def requisites(
    content: bytes,
    url: str,
    *,
    charset: str | None = None,
    uses: Iterable[Use] = SHOWN_USES,
    choices: bool = True,
    most: int | None = None,
) -> dict[str, Use]:
    """Find what a page needs to be shown: the absolute addresses, each with its use, in order.

    Args:
        content: the page without content coding.
        url: its original URL.
        charset: as declared with it.
        uses: what is looked for.
        most: how many; the rest of the page is then not read.
        choices: whether to give the addresses of a ``srcset`` too, of which a browser takes one.
    """
    wanted = frozenset(uses)
    found: dict[str, Use] = {}
    base = url
    for address in page_addresses(read_source(content, charset).text):
        if len(found) == most:
            break
        if address.use is Use.BASE:
            base = join_url(url, address.url) or base
        elif address.use in wanted and (choices or address.attribute not in _CHOICES):
            _note(found, address, base)
    return found


def sheet_requisites(content: bytes, url: str, *, charset: str | None = None) -> dict[str, Use]:
    """Find what a style sheet needs: the sheets it imports and its images, as `requisites` does."""
    found: dict[str, Use] = {}
    text = read_source(content, charset).text
    for address in style_addresses(text, 0, len(text)):
        _note(found, address, url)
    return found


def parts_of(
    archive: Archive, memento: Memento, *, most: int = _MOST, sheet_bytes: int = _SHEET_BYTES
) -> Parts | None:
    """Find when the parts of a page were captured: those its HTML names, and its style sheets.

    Args:
        archive: where it is kept.
        memento: of the page.
        most: parts that are looked for.
        sheet_bytes: of its style sheets that are looked into, all together.

    Returns:
        None for what is no page, or cannot be read.

    Each part is taken as replay takes it, from the capture closest to the page's own time. One
    that the website answered with an error counts as missing. What lies beyond the limits is left
    out and the answer marked as cut; the limits are amounts, not times, so that the same archive
    gives the same answer on every machine.
    """
    kind, charset = media_type(memento.content_type)
    if kind not in PAGE_TYPES or memento.capture.length > _PAGE_LIMIT:
        return None
    try:
        content = memento.content(_PAGE_LIMIT)
    except (MarshamError, OSError):
        return None
    at = parse_timestamp(memento.capture.timestamp)
    url = memento.capture.url
    named = requisites(content, url, charset=charset, uses=_PARTS, choices=False, most=most + 1)
    look = _Look(at, most)
    with archive.catalogue.read() as connection:
        look.at_all(connection, named)
        for sheet in [found for found in look.held if look.held[found] is Use.STYLE]:
            content, charset = _content(archive, sheet)
            sheet_bytes -= len(content)
            look.cut |= sheet_bytes < 0
            if look.cut:
                break
            look.at_all(connection, sheet_requisites(content, sheet.url, charset=charset))
    times = sorted(parse_timestamp(found.timestamp) for found in look.held)
    return Parts(
        held=len(times),
        missing=look.missing,
        first=times[0] if times else None,
        last=times[-1] if times else None,
        cut=look.cut,
    )


class _Look:
    """A look for the captures of parts, each address once."""

    def __init__(self, at: datetime, most: int) -> None:
        self._at = at
        self._most = most
        self._seen: set[str] = set()
        self.held: dict[Capture, Use] = {}
        self.missing = 0
        self.cut = False

    def at_all(self, connection: Connection, named: dict[str, Use]) -> None:
        """Look for addresses, some at a time, until there are enough."""
        fresh = [address for address in named if address not in self._seen]
        for start in range(0, len(fresh), _AT_ONCE):
            some = fresh[start : start + min(_AT_ONCE, self._most - len(self._seen))]
            if not some:
                self.cut = True
                return
            self._seen.update(some)
            found = index.nearest_of(connection, some, self._at)
            for address in some:
                held = found.get(address)
                if held is None or (held.status or 200) >= 400:
                    self.missing += 1
                else:
                    self.held[held] = named[address]
        self.cut |= len(fresh) > 0 and len(self._seen & set(fresh)) < len(fresh)


def _content(archive: Archive, sheet: Capture) -> tuple[bytes, str | None]:
    if sheet.length > _PAGE_LIMIT:
        return b"", None
    try:
        memento = memento_of(archive, sheet)
        return memento.content(_PAGE_LIMIT), media_type(memento.content_type)[1]
    except (MarshamError, OSError):  # that it cannot be read is for verify to tell
        return b"", None


def _note(found: dict[str, Use], address: Address, base: str) -> None:
    target = join_url(base, address.url)
    if target and target.startswith(("http://", "https://")):
        found.setdefault(target.partition("#")[0], address.use)
