"""WACZ packages: a zip of WARC files, indexes and a page list, read member by member.

Nothing is ever extracted under a name of the package's choosing: a member is asked for by name and
given in parts, within limits. Members with names that lead elsewhere, links, duplicates, members
that share bytes and encrypted ones are left out, each with a problem.

Source: the WACZ specification 1.1.1 of Webrecorder; older packages state their hashes otherwise.
"""

import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from archiver.errors import FormatError, TimestampError
from archiver.ingest.parts import MULTI
from archiver.records import Problem
from archiver.timestamps import format_timestamp, parse_date

__all__ = ["ListedPage", "Package", "PackageError", "is_package"]

_STEP = 1 << 18
_MOST_MEMBERS = 100_000
_JSON_LIMIT = 1 << 26
_BOMB_SIZE = 1 << 30  # a package that gives more than this ...
_BOMB_RATIO = 200  # ... and this many times its own size, is there to do harm
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DESCRIPTIONS = ("datapackage.json", "datapackage-digest.json")
_HOLDS_RECORDS = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz", ".wacz")
_LOCAL_HEADER = 30
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page on a package's page list.

    Attributes:
        url: its address, as listed.
        timestamp: 14 digits; empty when the list states no time, or none that can be read.
        title: in one line; empty when the list states none.
    """

    url: str
    timestamp: str
    title: str


class PackageError(FormatError):
    """A member of a package cannot be read to its end, or not as it was; what was given is good."""

    def __init__(self, path: str, code: str, reason: str) -> None:
        self.code = code
        super().__init__(path, reason)


def is_package(path: Path) -> bool:
    """Tell whether a zip file is a WACZ package, or nearly one: it holds WARC files."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = opened.namelist()
    except (*_DAMAGE, OSError):
        return False
    return any(name in _DESCRIPTIONS or _may_hold_records(name) for name in names)


class Package:
    """An opened WACZ package; a context manager.

    Args:
        path: the file.
        name: what the operator calls it.

    Attributes:
        problems: what is wrong with it, so far.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._name = name
        self._size = path.stat().st_size
        self._given = 0
        self._hashes: dict[str, tuple[str, int]] = {}
        self._described: object = None
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise FormatError(name, f"is a zip file that cannot be opened: {error}") from error
        try:
            self._members = self._sound_members()
            self._described = self._json("datapackage.json")
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> "Package":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Give the members that may hold records, in the order in which they stand."""
        return [name for name in self._members if _may_hold_records(name)]

    def shown(self, member: str) -> str:
        """Give what to call a member in problems."""
        return f"{self._name}/{member}".replace("\0", "%00")

    def parts(self, member: str) -> Iterator[bytes]:
        """Give a member's bytes, part by part.

        Raises:
            PackageError: when it is damaged, or there to do harm; at its end, if only its checksum
                is wrong.
        """
        digest, length, check = hashlib.sha256(), 0, 0
        info = self._members[member]
        try:
            for part in self._stored(info):
                self._given += len(part)
                if self._given > max(_BOMB_SIZE, _BOMB_RATIO * self._size):
                    reason = f"gives more than {_BOMB_RATIO} times the package's own size"
                    raise PackageError(self.shown(member), "bomb", reason)
                digest.update(part)
                length += len(part)
                check = zlib.crc32(part, check)
                yield part
        except zlib.error as error:
            reason = f"is damaged: {error}"
            raise PackageError(self.shown(member), "damaged-member", reason) from error
        if (length, check) != (info.file_size, info.CRC):
            reason = "is damaged: its length or checksum is not what the package says"
            raise PackageError(self.shown(member), "damaged-member", reason)
        self._hashes[member] = (digest.hexdigest(), length)

    def _stored(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        # Not by the platform's reader: it keeps back the last bytes of a member whose checksum is
        # wrong, and with them most of what could be had of a small one.
        with self._path.open("rb") as file:
            file.seek(info.header_offset)
            head = file.read(_LOCAL_HEADER)
            if len(head) < _LOCAL_HEADER or not head.startswith(b"PK\x03\x04"):
                raise zlib.error("there is no member where one should be")
            file.seek(sum(struct.unpack("<HH", head[26:])), io.SEEK_CUR)
            left = info.compress_size
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            while part := file.read(min(_STEP, left)):
                left -= len(part)
                if info.compress_type == zipfile.ZIP_STORED:
                    yield part
                    continue
                while part and not inflater.eof:
                    yield inflater.decompress(part, _STEP)
                    part = inflater.unconsumed_tail

    def members(self) -> Collection[str]:
        """Give the names of all members."""
        return self._members.keys()

    def lists_parts(self) -> dict[str, object] | None:
        """Give the description of a package in several parts; None when it is one by itself."""
        described = self._described
        if isinstance(described, dict) and described.get("profile") == MULTI:
            return described
        return None

    def check(self, *, beside: bool = False) -> None:
        """Hold every member that is listed against its hash, and note what differs.

        Args:
            beside: what is listed and not within is looked for beside the package, and not noted.
        """
        described = self._described
        if described is None:
            self._note("no-description", "holds no datapackage.json that can be read", "")
            return
        signed = self._json("datapackage-digest.json")
        if isinstance(signed, dict):
            self._compare("datapackage.json", signed.get("hash"), None)
        resources = described.get("resources") if isinstance(described, dict) else None
        if not isinstance(resources, list):
            self._note("no-description", "lists no resources", "datapackage.json")
            return
        listed = set()
        for resource in resources:
            path = resource.get("path") if isinstance(resource, dict) else None
            if beside and path not in self._members:
                continue
            if not isinstance(path, str):
                self._note("no-description", "lists a resource without a path", "datapackage.json")
                continue
            listed.add(path)
            stats = resource.get("stats")
            old = stats if isinstance(stats, dict) else {}
            self._compare(
                path,
                resource.get("hash") or old.get("hash"),
                resource.get("bytes", old.get("bytes")),
            )
        for member in self.names():
            if member not in listed:
                self._note("not-listed", "is not listed in datapackage.json", member)

    def pages(self) -> Iterator[ListedPage]:
        """Give the pages on the package's page lists, in their order.

        A line that is not JSON, or names no address, is noted once a list with their number; so
        are times that cannot be read.
        """
        for member in self._members:
            if not (member.startswith("pages/") and member.endswith(".jsonl")):
                continue
            bad = unread = 0
            for number, line in enumerate(self._text(member).splitlines()):
                try:
                    page: object = json.loads(line) if line.strip() else None
                except (ValueError, RecursionError):
                    bad += 1
                    continue
                if isinstance(page, dict) and isinstance(page.get("url"), str):
                    listed = _listed(page)
                    unread += bool(page.get("ts")) and not listed.timestamp
                    yield listed
                elif page is not None and number:  # the first line describes the list
                    bad += 1
            if bad:
                self._note("page-list", f"{bad} lines of the page list cannot be read", member)
            if unread:
                message = f"{unread} pages of the list state a time that cannot be read"
                self._note("page-list", message, member)

    def _sound_members(self) -> dict[str, zipfile.ZipInfo]:
        infos = sorted(self._zip.infolist(), key=lambda info: info.header_offset)
        if len(infos) > _MOST_MEMBERS:
            raise FormatError(self._name, f"is a zip file of {len(infos)} members")
        sound: dict[str, zipfile.ZipInfo] = {}
        end = 0
        for info in infos:
            why = _unsafe(info)
            if info.header_offset < end:
                why = why or "shares bytes with another member"
            elif info.filename in sound:
                why = why or "is there twice"
            end = max(end, info.header_offset + _LOCAL_HEADER + info.compress_size)
            if why:
                message = f"{why}; left out"
                self._note("unsafe-member", message, info.orig_filename)
            elif not info.is_dir():
                sound[info.filename] = info
        return sound

    def _compare(self, member: str, declared: object, size: object) -> None:
        if member not in self._members:
            self._note("missing-member", "is listed in datapackage.json, but is not there", member)
            return
        if member not in self._hashes:
            try:
                for _ in self.parts(member):
                    pass
            except PackageError as error:
                self._note(error.code, error.reason, member)
                return
        found, length = self._hashes[member]
        text = declared.removeprefix("sha256:").lower() if isinstance(declared, str) else ""
        if len(text) != len(found):
            self._note("unknown-hash", f"its hash is not SHA-256: {str(declared)[:80]!r}", member)
        elif text != found:
            self._note("hash-mismatch", "does not match its hash in datapackage.json", member)
        elif isinstance(size, int) and size != length:
            self._note("hash-mismatch", f"has {length} bytes, not {size} as stated", member)

    def _json(self, member: str) -> object:
        try:
            return json.loads(self._text(member)) if member in self._members else None
        except (ValueError, RecursionError) as error:
            self._note("no-description", f"is not JSON: {error}", member)
            return None

    def _text(self, member: str) -> str:
        data = bytearray()
        try:
            for part in self.parts(member):
                data += part
                if len(data) > _JSON_LIMIT:
                    self._note("too-large", f"has more than {_JSON_LIMIT} bytes", member)
                    return ""
        except PackageError as error:
            self._note(error.code, error.reason, member)
            return ""
        return data.decode("utf-8", "replace")

    def _note(self, code: str, message: str, member: str) -> None:
        name = self.shown(member) if member else self._name
        self.problems.append(Problem(code, message, name))


def _unsafe(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    parts = name.split("/")
    if name.startswith("/") or name[1:2] == ":" or ".." in parts or "\\" in name or "\0" in name:
        return "has a name that leads out of the package"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in _PACKED:
        return "is compressed in a way that WACZ does not allow"
    return ""


def _listed(page: dict[str, object]) -> ListedPage:
    title, stated = page.get("title"), page.get("ts")
    try:
        timestamp = format_timestamp(parse_date(stated).first) if isinstance(stated, str) else ""
    except TimestampError:
        timestamp = ""
    title = title if isinstance(title, str) else ""
    return ListedPage(_storable(str(page["url"])), timestamp, " ".join(_storable(title).split()))


def _storable(text: str) -> str:
    # JSON can state what no database takes: a null character, half of a pair of code units.
    return text.replace("\0", "%00").encode("utf-8", "replace").decode()


def _may_hold_records(name: str) -> bool:
    return name.startswith("archive/") or name.lower().endswith(_HOLDS_RECORDS)
