"""The parts of a multi-part WACZ: packages that lie beside the one that lists them.

A list of parts is a ``datapackage.json`` with the profile ``multi-wacz-package``, by itself or in a
package. Its resources are WACZ files: within the package, beside it, or at an address. What lies
beside it is found here, and only below the folder of the list; nothing is ever fetched.

Source: what Browsertrix writes and ReplayWeb.page reads; the WACZ specification 1.1.1 has no word
on it yet.
"""

import json
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from archiver.errors import FormatError
from archiver.ingest.names import shown
from archiver.records import Problem

__all__ = ["MULTI", "Part", "is_list_of_parts", "parts_beside", "read_list_of_parts"]

MULTI = "multi-wacz-package"
_LIST_LIMIT = 1 << 24  # bytes
_MOST_PARTS = 100_000
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")  # one letter would be a drive
_SHA256 = 64  # digits


@dataclass(frozen=True, slots=True)
class Part:
    """One package beside the list.

    Attributes:
        path: where it is: a regular file below the folder of the list, reached by no link.
        name: what to call it in problems.
        sha256: as the list states it, in hex; empty when it states none.
        length: in bytes, as the list states it; None when it states none.
    """

    path: Path
    name: str
    sha256: str
    length: int | None


def is_list_of_parts(path: Path, start: bytes) -> bool:
    """Tell whether a file, of which the first bytes are known, is a list of parts by itself."""
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    try:
        read_list_of_parts(path)
    except (FormatError, OSError):
        return False
    return True


def read_list_of_parts(path: Path) -> dict[str, object]:
    """Read a list of parts that stands by itself.

    Raises:
        FormatError: when it is none.
    """
    with path.open("rb") as file:
        data = file.read(_LIST_LIMIT + 1)
    if len(data) > _LIST_LIMIT:
        raise FormatError(
            shown(path), f"is not read as a list of parts: it has more than {_LIST_LIMIT} bytes"
        )
    try:  # whatever else begins with a brace is not taken apart for nothing
        described = json.loads(data) if MULTI.encode() in data else None
    except (ValueError, RecursionError) as error:
        raise FormatError(shown(path), f"is not JSON: {error}") from error
    if isinstance(described, dict) and described.get("profile") == MULTI:
        return described
    raise FormatError(shown(path), "is not the description of a WACZ in several parts")


def parts_beside(
    folder: Path, name: str, described: dict[str, object], within: Collection[str] = ()
) -> Iterator[Part | Problem]:
    """Find the parts that lie beside a list, in the order of the list, each once.

    Args:
        folder: the folder the list lies in.
        name: what the list is called in problems.
        described: the list, as it was read.
        within: what the package itself holds; these are not looked for.

    Yields:
        Each part, and a problem for one that is not there, is elsewhere, or leads out of the
        folder.
    """
    resources = described.get("resources")
    if not isinstance(resources, list):
        yield Problem("no-description", "lists no resources", name)
        return
    if len(resources) > _MOST_PARTS:
        message = f"lists {len(resources)} resources; those behind {_MOST_PARTS} are left out"
        yield Problem("too-large", message, name)
    seen = set(within)
    for resource in resources[:_MOST_PARTS]:
        address = _address(resource)
        if address is None:
            yield Problem("no-description", "lists a resource without a path", name)
        elif address not in seen:
            seen.add(address)
            yield _part(folder, name, address, resource)


def _address(resource: object) -> str | None:
    if not isinstance(resource, dict):
        return None
    path, url = resource.get("path"), resource.get("url")
    if isinstance(path, str) and path:
        return path
    if isinstance(url, str) and url:
        return url if _ELSEWHERE.match(url) else unquote(url)
    return None


def _part(folder: Path, name: str, address: str, resource: dict[str, object]) -> Part | Problem:
    said = f"{name}/{address}".replace("\0", "%00").encode("utf-8", "replace").decode()
    if _ELSEWHERE.match(address):
        message = "is a part at an address, and nothing is fetched; fetch it, and take it in itself"
        return Problem("part-elsewhere", message, name, url=said.removeprefix(f"{name}/"))
    steps = address.split("/")
    if address.startswith("/") or address[1:2] == ":" or "\\" in address or ".." in steps:
        return Problem("unsafe-part", "has a name that leads out of the folder; left out", said)
    place = folder
    try:
        for step in steps:
            place = place / step
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                message = "is a link, or lies behind one; left out. Take in the file itself"
                return Problem("unsafe-part", message, said)
    except (OSError, ValueError):  # not there, or no name a file can have
        message = "is listed as a part, but is not there; once it is found, take it in by itself"
        return Problem("missing-part", message, said)
    if not stat.S_ISREG(mode):
        return Problem("unsafe-part", "is not a regular file; left out", said)
    declared, length = resource.get("hash"), resource.get("bytes")
    text = declared.removeprefix("sha256:").lower() if isinstance(declared, str) else ""
    return Part(
        path=place,
        name=said,
        sha256=text if len(text) == _SHA256 else "",
        length=length if isinstance(length, int) else None,
    )
