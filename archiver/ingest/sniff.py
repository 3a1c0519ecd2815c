"""What kind of input a path is, told by its content and never by its name alone."""

import stat
import zlib
from enum import StrEnum
from pathlib import Path

import zstandard

from archiver.errors import FormatError
from archiver.framing import GZIP_MAGIC, ZSTD_DICTIONARY, ZSTD_MAGIC
from archiver.ingest.arc import ARC_START
from archiver.ingest.har import HAR_START
from archiver.ingest.listing import parted_by
from archiver.ingest.mhtml import is_mhtml
from archiver.ingest.mirror import is_mirror
from archiver.ingest.names import LISTING
from archiver.ingest.parts import is_list_of_parts
from archiver.ingest.wacz import is_package

__all__ = ["Format", "sniff"]

_START = 4096  # bytes looked at
_ZSTD_START = 1 << 18  # and more of a zstd file, whose blocks give nothing until they are whole
_INNER = 64  # bytes looked at inside gzip and zstd
_WINDOW_LIMIT = 1 << 27  # bytes a zstd frame may ask to be kept in memory
_ACCEPTED = (
    "what can be taken in are WARC, ARC, WACZ, HAR and MHTML files, pages saved as HTML or text, "
    f"and folders of such pages, with a {LISTING} or without"
)
_NAMED = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x7fELF", "a program"),
)


class Format(StrEnum):
    """The kinds of input that can be taken in."""

    WARC = "warc"
    ARC = "arc"
    WACZ = "wacz"  # also a list of packages that lie beside it
    HAR = "har"
    MHTML = "mhtml"
    PAGES = "pages.csv"  # a folder of saved pages with a list of them
    FOLDER = "folder"  # a folder of saved pages without one
    MIRROR = "mirror"  # a folder for each host, as wget makes them
    PAGE = "page"  # one saved HTML page
    TEXT = "text"  # a plain text rendering of a page
    MEMENTO = "memento"  # a memento that another archive gave
    MEMENTOS = "list of mementos"  # and the list it was on


def sniff(path: Path) -> Format:
    """Tell what kind of input a file or folder is.

    Raises:
        FormatError: when it is not there, empty, not a regular file, or nothing we read; the
            message says what it is instead.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise FormatError(str(path), "there is no such file or folder") from None
    except OSError as error:
        raise FormatError(str(path), f"cannot be looked at: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        return _sniff_folder(path)
    if not stat.S_ISREG(mode):
        raise FormatError(str(path), "is not a regular file (a pipe, device or socket)")
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            if start.startswith(ZSTD_MAGIC):
                start += file.read(_ZSTD_START)
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    if not start:
        raise FormatError(str(path), "is empty; nothing to take in")
    if start.startswith(b"PK\x03\x04") and is_package(path):
        return Format.WACZ
    if is_list_of_parts(path, start):
        return Format.WACZ
    return _sniff_bytes(str(path), start)


def _sniff_folder(path: Path) -> Format:
    listing = path / LISTING
    if listing.is_file():
        return Format.PAGES
    if not any(place.is_file() for place in path.rglob("*")):
        raise FormatError(str(path), "is a folder without any file")
    return Format.MIRROR if is_mirror(path) else Format.FOLDER


def _sniff_bytes(name: str, start: bytes) -> Format:
    inner, packed = _unpacked(name, start)
    if inner.lstrip(b"\r\n").startswith(b"WARC/"):
        return Format.WARC
    if ARC_START.match(inner.lstrip(b"\r\n")):
        return Format.ARC
    if HAR_START.match(start.removeprefix(b"\xef\xbb\xbf")):
        return Format.HAR
    if is_mhtml(start):
        return Format.MHTML
    for magic, what in _NAMED:
        if inner.startswith(magic):
            raise FormatError(name, f"is {what}; {_ACCEPTED}")
    if packed:
        raise FormatError(name, f"is a {packed} file, but does not hold WARC or ARC records")
    head = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<?xml")):
        return Format.PAGE
    if b"<html" in head or b"<body" in head or b"<title" in head:
        return Format.PAGE
    if b"\x00" in start:
        raise FormatError(name, f"is neither WARC nor a page nor text; {_ACCEPTED}")
    if parted_by(next(iter(start.decode("utf-8-sig", "replace").splitlines()), "")):
        raise FormatError(name, f"is a list of pages; give the folder it stands in, with {LISTING}")
    return Format.TEXT


def _unpacked(name: str, start: bytes) -> tuple[bytes, str]:
    # The first bytes as they are without compression, and what that was; as little as will do:
    # damage further in is the reader's to report.
    if start.startswith(GZIP_MAGIC[:2]):
        try:
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, _INNER), "gzip"
        except zlib.error:
            raise FormatError(name, "is gzip, but its beginning is damaged") from None
    if start.startswith(ZSTD_DICTIONARY):
        return b"WARC/", "zstd"  # nothing but WARC files begins with a dictionary
    if start.startswith(ZSTD_MAGIC):
        decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_LIMIT)
        try:
            with decompressor.stream_reader(start, read_across_frames=False) as reader:
                return reader.read(_INNER), "zstd"
        except zstandard.ZstdError:
            raise FormatError(name, "is zstd, but its beginning is damaged") from None
    return start, ""
