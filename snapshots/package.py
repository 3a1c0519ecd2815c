"""Packages: what is in view of a page, a site or a span of dates, for others to keep or to open.

A WARC file holds the records as they are stored, byte for byte, each still a gzip member of its
own, with the request and metadata records that follow them. A WACZ file holds such a WARC with an
index and a page list, as ReplayWeb.page and pywb open it; a bag holds it with sums, as BagIt tools
check it. The same captures give the same bytes: nothing in a package tells when it was made.

Sources: WACZ 1.1.1 (specs.webrecorder.net), ZipNum as pywb reads it; RFC 8493 for BagIt 1.0.
"""

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from archiver.errors import ArchiveError, NoPayloadError, NotWritableError, WarcError
from archiver.http import PAGE_TYPES
from archiver.records import Capture, Kind, Problem
from archiver.software import software_name
from archiver.timestamps import parse_span, parse_timestamp
from archiver.urls import url_key
from archiver.warc import NewRecord, open_record, scan_one, target_uri, write_record
from snapshots import index
from snapshots.archive import Archive
from snapshots.cdx import cdxj_lines
from snapshots.disk import cleared, file_sha256, sync_folder
from snapshots.mementos import memento_of
from snapshots.zipnum import blocks

__all__ = ["FORMATS", "Packaged", "package"]

WARC_NAME = "data.warc.gz"
_STEP = 1 << 20
_BLOCK_LINES = 300  # lines of the index in one block; a reader inflates one block at a time
_FOLLOWING = ("request", "metadata")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the first a ZIP file can state
# Only a member longer than this gets the long form of its lengths. Where the directory of the ZIP
# file has no extra field for a member, ReplayWeb.page takes it that its own head has none either.
_LONG_MEMBER = (1 << 31) - 1

TitleOf = Callable[[Capture], str | None]


@dataclass(slots=True)
class Packaged:
    """What a package came to.

    Attributes:
        captures: how many captures are in it.
        records: how many records, the warcinfo record not counted.
        size: its size in bytes; of a bag, that of its payload.
        problems: revisits whose payload could not be put in.
    """

    captures: int = 0
    records: int = 0
    size: int = 0
    problems: list[Problem] = field(default_factory=list)


def package(
    archive: Archive,
    captures: Iterable[Capture],
    out: Path,
    form: str,
    *,
    about: str,
    title_of: TitleOf = lambda capture: None,
) -> Packaged:
    """Write a package; whole, or not at all.

    Args:
        archive: where the captures are kept.
        captures: those in view that are wanted, as the index gives them; not none.
        out: the file to write, or for a bag the folder; it must not be there yet.
        form: one of `FORMATS`.
        about: what was chosen, for people.
        title_of: gives the title of a page, where it is known.

    The record that holds the payload of a revisit goes along where it is in view, so that what is
    packaged can be shown. Records are streamed; the list of captures is held in memory.

    Raises:
        ArchiveError: when there is something at `out`.
        NotWritableError: when it cannot be written.
        WarcError: when a record is not where the catalogue says.
    """
    if out.exists():
        raise ArchiveError(f"{out} is there already; choose another name, nothing was written")
    done = Packaged()
    part = out.with_name(out.name + ".part")
    try:
        with archive.catalogue.read() as connection:
            chosen = _with_payloads(archive, connection, list(captures), done)
        with cleared(part):
            _WRITERS[form](archive, chosen, part, _Told(about, title_of), done)
            part.replace(out)
            sync_folder(out.parent)
    except OSError as error:
        raise NotWritableError(str(out), error.strerror or str(error)) from error
    return done


@dataclass(frozen=True, slots=True)
class _Told:
    about: str
    title_of: TitleOf


def _write_warc_file(
    archive: Archive, captures: list[Capture], part: Path, told: _Told, done: Packaged
) -> None:
    _write_warc(archive, captures, part, told, done)
    done.size = part.stat().st_size


def _write_wacz(
    archive: Archive, captures: list[Capture], part: Path, told: _Told, done: Packaged
) -> None:
    warc = part.with_name(part.name + ".warc.gz")
    try:
        placed = _write_warc(archive, captures, warc, told, done)
        packed, lookup = _zip_numbered(placed)
        with zipfile.ZipFile(part, "x", zipfile.ZIP_STORED) as package:
            parts = _Parts(package)
            parts.add_file(f"archive/{WARC_NAME}", warc)
            parts.add("indexes/index.cdx.gz", packed)
            parts.add("indexes/index.idx", lookup)
            parts.add("pages/pages.jsonl", _pages(placed, told))
            stated = {
                "profile": "data-package",
                "wacz_version": "1.1.1",
                "title": archive.settings.name,
                "description": told.about,
                "metadata": {"title": archive.settings.name},  # where ReplayWeb.page looks
                "software": software_name(),
                "resources": parts.resources,
            }
            data = json.dumps(stated, indent=2, ensure_ascii=False).encode() + b"\n"
            parts.add("datapackage.json", data)
            digest = {"path": "datapackage.json", "hash": f"sha256:{_sha256(data)}"}
            parts.add("datapackage-digest.json", json.dumps(digest, indent=2).encode() + b"\n")
    finally:
        warc.unlink(missing_ok=True)
    done.size = part.stat().st_size


def _write_bag(
    archive: Archive, captures: list[Capture], part: Path, told: _Told, done: Packaged
) -> None:
    # Source: RFC 8493, clause 2.
    (part / "data").mkdir(parents=True)
    placed = _write_warc(archive, captures, part / "data" / WARC_NAME, told, done)
    lines = "".join(f"{line}\n" for line in cdxj_lines(placed))
    (part / "data/index.cdxj").write_text(lines, "ascii")
    payload = sorted((part / "data").iterdir())
    done.size = sum(place.stat().st_size for place in payload)
    contact = archive.settings.contact
    info = {
        "Source-Organization": archive.settings.institution,
        "Contact-Email": contact if "@" in contact and "/" not in contact else "",
        "External-Description": told.about,
        "Internal-Sender-Description": archive.settings.name,
        "Bag-Software-Agent": software_name(),
        "Payload-Oxum": f"{done.size}.{len(payload)}",
    }
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{k}: {' '.join(v.split())}\n" for k, v in info.items() if v),
        "manifest-sha256.txt": "".join(
            f"{file_sha256(place)}  data/{place.name}\n" for place in payload
        ),
    }
    for name, text in tags.items():
        (part / name).write_text(text, "utf-8")
    sums = "".join(f"{_sha256(text.encode())}  {name}\n" for name, text in sorted(tags.items()))
    (part / "tagmanifest-sha256.txt").write_text(sums, "ascii")


_WRITERS = {"wacz": _write_wacz, "warc": _write_warc_file, "bagit": _write_bag}
FORMATS = tuple(_WRITERS)


def _with_payloads(
    archive: Archive, connection: Connection, wanted: list[Capture], done: Packaged
) -> list[Capture]:
    # In the order in which records stand in the archive's files, each record once.
    found = {(one.file, one.offset): one for one in wanted}
    digests = {one.digest for one in wanted if one.kind is not Kind.REVISIT}
    for one in wanted:
        if one.kind is not Kind.REVISIT or one.digest in digests:
            continue
        holder = _holder(archive, connection, one)
        if holder is None:
            message = "says that nothing had changed, and what it means is not in the package"
            place = (one.file, one.offset, one.length, one.url)
            done.problems.append(Problem("payload-left-out", message, *place))
        else:
            found[holder.file, holder.offset] = holder
            digests.add(holder.digest)
    done.captures = len(found)
    return [found[place] for place in sorted(found)]


def _holder(archive: Archive, connection: Connection, revisit: Capture) -> Capture | None:
    try:
        holder = memento_of(archive, revisit).holder
    except NoPayloadError:
        return None
    in_view = index.versions(connection, holder.url, parse_span(holder.timestamp))
    return holder if holder in in_view else None


def _write_warc(
    archive: Archive, captures: list[Capture], place: Path, told: _Told, done: Packaged
) -> list[Capture]:
    """Write captures to a new WARC file, and give them at their new places, sorted by key."""
    placed: list[Capture] = []
    with place.open("xb") as out:
        write_record(out, _warcinfo(archive, captures, told))
        for one in captures:
            source = archive.locate(one.file)
            start = out.tell()
            identity = _check(source, one)
            _copy(source, one.offset, one.length, out)
            placed.append(replace(one, file=WARC_NAME, offset=start, length=out.tell() - start))
            done.records += 1
            for offset, length in _following(source, one, identity):
                _copy(source, offset, length, out)
                done.records += 1
        out.flush()
        os.fsync(out.fileno())
    return sorted(placed, key=lambda one: (url_key(one.url), one.timestamp, one.url, one.offset))


def _warcinfo(archive: Archive, captures: list[Capture], told: _Told) -> NewRecord:
    # Its date and id come from what is in the file, so that the same captures give the same file.
    latest = max(one.timestamp for one in captures)
    facts = {
        "software": software_name(),
        "format": "WARC File Format 1.1",
        "isPartOf": archive.settings.name,
        "publisher": archive.settings.institution,
        "description": told.about,
    }
    block = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in facts.items())
    named = hashlib.sha256(block.encode())
    for one in captures:
        named.update(f"{one.timestamp} {one.url} {one.digest}\n".encode("utf-8", "surrogatepass"))
    return NewRecord(
        type="warcinfo",
        id=f"<urn:uuid:{uuid5(NAMESPACE_URL, named.hexdigest())}>",
        date=parse_timestamp(latest),
        target=None,
        content_type="application/warc-fields",
        block=block.encode(),
        fields=(("WARC-Filename", WARC_NAME),),
    )


def _check(source: Path, one: Capture) -> str:
    # The record's id; what stands there must be the record that the catalogue means.
    try:
        with open_record(source, one.offset) as opened:
            headers = opened.headers
    except FileNotFoundError:
        raise WarcError(one.file, one.offset, "the file is missing") from None
    if target_uri(headers) != one.url:
        raise WarcError(one.file, one.offset, f"the record there is not that of {one.url}")
    return headers.get("WARC-Record-ID") or ""


def _following(source: Path, one: Capture, identity: str) -> Iterator[tuple[int, int]]:
    """Give offset and length of the request and metadata records that follow their capture."""
    offset, end = one.offset + one.length, source.stat().st_size
    while offset < end:
        try:
            with open_record(source, offset) as opened:
                headers = opened.headers
        except WarcError:
            return
        named = (headers.get("WARC-Concurrent-To"), headers.get("WARC-Refers-To"))
        kind = (headers.get("WARC-Type") or "").lower()
        if kind not in _FOLLOWING or not identity or identity not in named:
            return
        scanned = scan_one(source, offset)
        if scanned is None:
            return
        yield scanned.offset, scanned.length
        offset = scanned.offset + scanned.length


def _copy(source: Path, offset: int, length: int, out: BinaryIO) -> None:
    # A gzip member as it is; a record of a plain file becomes one.
    with source.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
        file.seek(offset)
        packer = None if gzipped else zlib.compressobj(9, zlib.DEFLATED, 31)
        while length:
            data = file.read(min(length, _STEP))
            if not data:
                raise WarcError(str(source), offset, "the file ends within the record")
            length -= len(data)
            out.write(packer.compress(data) if packer else data)
        if packer:
            out.write(packer.flush())


def _zip_numbered(placed: list[Capture]) -> tuple[bytes, bytes]:
    # The index in blocks that can be inflated singly, and the first key of each block.
    data = io.BytesIO()
    heads = ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n']
    for block in blocks(cdxj_lines(placed), _BLOCK_LINES):
        where = {
            "offset": data.tell(),
            "length": len(block.data),
            "digest": f"sha256:{_sha256(block.data)}",
            "filename": "index.cdx.gz",
        }
        heads.append(f"{block.head} {json.dumps(where)}\n")
        data.write(block.data)
    return data.getvalue(), "".join(heads).encode()


def _pages(placed: list[Capture], told: _Told) -> bytes:
    lines = [json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All pages"})]
    for one in placed:
        if one.status not in (200, None) or one.media_type not in PAGE_TYPES:
            continue
        if not one.url.startswith(("http://", "https://")):
            continue
        at = parse_timestamp(one.timestamp)
        page = {
            "id": uuid5(NAMESPACE_URL, f"{one.timestamp}/{one.url}").hex,
            "url": one.url,
            "ts": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }
        if title := told.title_of(one):
            page["title"] = title
        lines.append(json.dumps(page))
    return "".join(f"{line}\n" for line in lines).encode()


class _Parts:
    """The members of a ZIP file being written, none compressed, and what is to be told of them."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self.resources: list[dict[str, object]] = []
        self._package = package

    def add(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def _add(self, name: str, file: BinaryIO, length: int) -> None:
        info = zipfile.ZipInfo(name, _ZIP_DATE)
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self._package.open(info, "w", force_zip64=length > _LONG_MEMBER) as member:
            while data := file.read(_STEP):
                digest.update(data)
                size += len(data)
                member.write(data)
        told = {"name": Path(name).name, "path": name, "hash": f"sha256:{digest.hexdigest()}"}
        self.resources.append({**told, "bytes": size})


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
