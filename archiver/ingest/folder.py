"""Folders of saved pages without a list, among them a browser's "save page as" folders.

A page's address is the one it states. What stands beside pages that state theirs gets its address
from its place. A browser puts what a page shows into a folder beside it and turns the page's links
there, so that the addresses of those files are lost; they are kept under the addresses the saved
page links to, and said to be so.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from archiver.http import PAGE_TYPES
from archiver.ingest.names import LISTING, shown
from archiver.ingest.saved import (
    Known,
    Saved,
    files_below,
    kind_of,
    left_over,
    name_in,
    read_known,
    stated_address,
)
from archiver.markup import page_addresses, read_source
from archiver.records import Grade, Problem
from archiver.urls import join_url, parse_replay_address

__all__ = ["page_links", "read_folder"]

_READ_LIMIT = 1 << 28  # bytes of a file looked at for its address
_COMPANION = ("_files", ".files", "-Dateien", "_fichiers", "_archivos")
_WRITTEN_ANEW = (*PAGE_TYPES, "text/css")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_CHANGED = "a browser changed its links when it saved it"
_NOT_ITS_OWN = "its own address is not known; it stands where the saved page's link leads"


def read_folder(folder: Path) -> Iterator[Saved]:
    """Read a folder of saved pages without a list.

    A page's address is the one it states itself (an archive's frame, or "saved from"). Files in a
    folder that a browser saved with a page get the address the page's link leads to, and a grade
    that says so. Another file that states none gets its address from its place beside those that
    do. What stays without an address is a problem.
    """
    pages: dict[Path, str] = {}
    others: list[Path] = []
    for path in files_below(folder):
        data = _start(path)
        address = stated_address(data, kind_of(path.name, data))
        if address:
            pages[path] = address
        else:
            others.append(path)
    root = _common_root(folder, pages)
    companions = {found: page for page in pages if (found := _companion(page))}
    linked = {page: _linked(page, pages[page]) for page in companions.values()}
    under_links = Counter[Path]()
    for path in sorted([*pages, *others]):
        page = next((companions[place] for place in path.parents if place in companions), None)
        if path in pages:
            known = Known(name_in(folder, path), pages[path])
            if path in linked:
                known = Known(known.name, known.address, grade=Grade.RECOVERED, left=(_CHANGED,))
        elif page and (address := linked[page].get(path)):
            under_links[page] += 1
            anew = kind_of(path.name, b"") in _WRITTEN_ANEW
            known = Known(
                name_in(folder, path),
                address,
                grade=Grade.RENDERING if anew else Grade.RECOVERED,
                left=(_NOT_ITS_OWN,),
            )
        elif page:
            why = f"{shown(page.name)} does not link to it, so its address is not known"
            yield from left_over(folder, path, why)
            continue
        elif root:
            known = Known(name_in(folder, path), root + quote(path.relative_to(folder).as_posix()))
        else:
            yield from left_over(folder, path, f"its address is not known; list it in a {LISTING}")
            continue
        yield from read_known(known, path)
    for page, count in under_links.items():
        message = (
            f"{count} files saved with this page stand under the addresses its links lead to; "
            "their own are not known"
        )
        yield Problem("address-from-link", message, name_in(folder, page), url=pages[page])


def _original_url(address: str) -> str:
    while replay := parse_replay_address(address):
        address = replay.url
    return address


def page_links(data: bytes) -> list[str]:
    """Give every address in a page, as it stands there; none for what is no page."""
    return [address.url for address in page_addresses(read_source(data).text)]


def _start(path: Path) -> bytes:
    if path.stat().st_size > _READ_LIMIT:
        return b""
    try:
        return path.read_bytes()
    except OSError:  # read again, and told, when its turn comes
        return b""


def _companion(page: Path) -> Path | None:
    for ending in _COMPANION:
        place = page.with_name(page.stem + ending)
        if place.is_dir() and not place.is_symlink():
            return place
    return None


def _linked(page: Path, address: str) -> dict[Path, str]:
    # The files a saved page links to, and the address each link leads to from the page's own.
    base = _original_url(address)
    found: dict[Path, str] = {}
    for link in page_links(_start(page)):
        relative = unquote(link.partition("#")[0].partition("?")[0])
        if _SCHEME.match(link) or not relative or "\0" in relative:
            continue
        resolved = join_url(base, link.partition("#")[0])
        if resolved:
            found.setdefault(page.parent / relative.removeprefix("./"), resolved)
    return found


def _common_root(folder: Path, pages: dict[Path, str]) -> str | None:
    # A page at crime/partnerships.html with address http://host/crime/partnerships.html tells that
    # the folder stands for http://host/; most pages agree, or none does.
    votes: Counter[str] = Counter()
    for path, address in pages.items():
        replay = parse_replay_address(address)
        url = replay.url if replay else address
        parts = urlsplit(url)
        place = unquote(parts.path)
        relative = path.relative_to(folder).as_posix()
        if place.endswith("/"):
            place += path.name
        if place.endswith("/" + relative):
            votes[f"{parts.scheme}://{parts.netloc}{place[: -len(relative)]}"] += 1
    return votes.most_common(1)[0][0] if votes else None
