"""Mirror folders as wget makes them: a folder for each host, a file for each address.

What wget forgets is told: whether an address was http or https, when a file was fetched (its time
is the server's "last modified", a hint and no more), and, where links were converted without
keeping the ``.orig`` file, what they were.

Source: GNU Wget manual 1.21, "Directory Options" and "HTTP Options"; its naming of local files.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from archiver.http import PAGE_TYPES
from archiver.ingest.folder import page_links
from archiver.ingest.names import shown
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
from archiver.records import Grade, Problem

__all__ = ["is_mirror", "read_mirror"]

_READ_LIMIT = 1 << 28
_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}", re.IGNORECASE
)
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NOT_TOPS = frozenset(["files", "html", "htm", "gz", "warc", "arc", "css", "js", "old", "bak"])
_SCHEMES = ("http", "https")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_INDEX = "index.html"
_ORIGINAL = ".orig"
_QUERY_BY_AT = re.compile(r"@(?=[^/@=&]{1,100}=)")
_DYNAMIC = re.compile(r"\.(?:asp|aspx|cfm|cgi|do|jsp|php\d?|pl|shtml)$", re.IGNORECASE)
_CONVERTED = re.compile(r"%3F|(?:^|/)index\.html(?:#|$)|@[^/]{1,100}=|\.\w{2,5}\.html(?:#|$)")
_HTML = ".html"
_KEPT = "!$&'()*+,;=:@/-._~"
_LEFT = "wget converted its links, and the file as it was received (.orig) is not there"


def is_mirror(folder: Path) -> bool:
    """Tell whether a folder is a mirror: it is named after a host, or all its folders are.

    A folder that a page states its own address in may be one as well; see `read_mirror`.
    """
    if _host(folder.name):
        return True
    places = [place for place in folder.iterdir() if not place.name.startswith(".")]
    folders = [place for place in places if place.is_dir()]
    if folders and all(place.name in _SCHEMES for place in folders):
        return all(_host(inner.name) for place in folders for inner in place.iterdir())
    return bool(folders) and all(_host(place.name) for place in folders)


def read_mirror(folder: Path) -> Iterator[Saved]:
    """Read a mirror folder.

    The host is a folder's name, the path that of the file; ``index.html`` stands for its folder,
    ``%3F`` and ``@`` for the question mark, and an ending ``.html`` that wget added is taken off. A
    file ``.orig`` is what was received: it is preferred to the one whose links were converted,
    which is kept as an original only. A page that states its own address has that.
    """
    converted: list[str] = []
    for path in files_below(folder):
        if _replaced(path):
            why = "its links were converted; the capture is made from the .orig file beside it"
            yield from _kept(folder, path, why)
            continue
        as_received = path.suffix == _ORIGINAL
        named = path.with_suffix("") if as_received else path
        address = _address(folder, named)
        if address is None:
            yield from left_over(folder, path, "it stands in no host's folder")
            continue
        data = _start(path)
        kind = kind_of(named.name, data)
        if kind not in PAGE_TYPES:
            data = b""
        stated = stated_address(data, "text/html") if data else None
        left: tuple[str, ...] = ()
        if data and not as_received and not stated and any(map(_was_converted, page_links(data))):
            left = (_LEFT,)
            converted.append(name_in(folder, path))
        yield from read_known(
            Known(
                name_in(folder, path),
                stated or address,
                content_type=kind if as_received else "",
                listed=(("scheme", "not recorded by wget; taken for http"),)
                if not stated and address.startswith("http:")
                else (),
                grade=Grade.RECOVERED if left else None,
                left=left,
            ),
            path,
        )
    if converted:
        message = (
            f"the links of {len(converted)} pages were converted, and no .orig file tells what "
            f"they were; mirror with wget -K to keep them (the first is {converted[0]})"
        )
        yield Problem("converted-links", message, shown(folder.name))


def _kept(folder: Path, path: Path, why: str) -> Iterator[Saved]:
    # Kept, but for a good reason and so without a problem.
    for found in left_over(folder, path, why):
        if not (isinstance(found, Problem) and found.code == "not-listed"):
            yield found


def _replaced(path: Path) -> bool:
    return path.with_name(path.name + _ORIGINAL).is_file()


def _start(path: Path) -> bytes:
    if path.stat().st_size > _READ_LIMIT:
        return b""
    try:
        return path.read_bytes()
    except OSError:  # read again, and told, when it is made a capture
        return b""


def _host(name: str) -> bool:
    # A port stands behind a colon, or a plus sign where the file system knows no colon.
    host = re.sub(r"[:+]\d{1,5}$", "", name)
    if _IP.fullmatch(host):
        return True
    return bool(_HOST.fullmatch(host)) and host.rpartition(".")[2].lower() not in _NOT_TOPS


def _address(folder: Path, path: Path) -> str | None:
    parts = list(path.relative_to(folder).parts)
    if _host(folder.name):
        parts.insert(0, folder.name)
    scheme = parts.pop(0) if parts[0] in _SCHEMES else "http"
    if len(parts) < 2 or not _host(parts[0]):
        return None
    host = re.sub(r"\+(?=\d{1,5}$)", ":", parts[0])
    *folders, name = [_readable(part) for part in parts[1:]]
    name, mark, query = _named(name)
    if name == _INDEX and not mark:
        name = ""
    place = quote("/".join(["", *folders, name]), safe=_KEPT + "%")
    return f"{scheme}://{host}{place}{mark}{quote(query, safe=_KEPT + '?%')}"


def _named(name: str) -> tuple[str, str, str]:
    # A file's name as path, question mark and query.
    name = re.sub("%3F", "?", name, count=1, flags=re.IGNORECASE)
    if "?" not in name:
        name = _QUERY_BY_AT.sub("?", name, count=1)
    bare = name.removesuffix(_HTML)
    if bare != name and ("?" in bare or _DYNAMIC.search(bare)):
        name = bare
    return name.partition("?")


def _readable(part: str) -> str:
    return part.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")


def _was_converted(link: str) -> bool:
    # wget makes links to what it has fetched relative, and gives the name of the file.
    return not _SCHEME.match(link) and bool(_CONVERTED.search(link))
