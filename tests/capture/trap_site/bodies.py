"""Bodies and answers, written out byte for byte."""

import gzip
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from random import Random

from tests.capture.trap_site.resource import End, Reply

__all__ = [
    "HTML",
    "chunked",
    "content",
    "gif",
    "page",
    "prose",
    "redirect",
    "reply",
    "squeeze",
    "template",
    "type_of",
]

HTML = "text/html; charset=utf-8"
_WORDS = """council ward street lamp parking licence library museum harbour bridge
meeting minutes budget school meal bus route allotment market stall fence permit election poll
register planning appeal drain flood warning gritting salt hedge footpath stile bench fountain
swimming bath archive ledger parish clerk mayor chain refuse bin collection recycling compost tree
survey noise dog warden taxi rank pavement kerb signal crossing cycle lane depot workshop tender
contract grant bursary hall hire stage orchestra choir gallery sculpture census ferry timetable
lighthouse pier jetty trawler quota orchard barn pasture windmill quarry slate kiln pottery loom
felt hat glove saddle forge anvil"""
_TYPES = {
    "html": HTML,
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "ico": "image/x-icon",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "vtt": "text/vtt",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "woff2": "font/woff2",
    "swf": "application/x-shockwave-flash",
    "bin": "application/octet-stream",
}


@cache
def prose(label: str, words: int = 60) -> str:
    """Write text that is another for each label, so that no two pages pass for one."""
    chosen = Random(label)  # noqa: S311
    known = _WORDS.split()
    return f"{label}: {' '.join(chosen.choice(known) for _ in range(words))}"


def template(title: str, inner: str, *, head: str = "", foot: str = "") -> str:
    """Write a page of HTML as text."""
    return (
        f"<!DOCTYPE html>\n<html lang=en><head><title>{title}</title>{head}</head>\n"
        f"<body>\n{inner}\n{foot}</body></html>\n"
    )


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def page(label: str, inner: str = "", *, head: str = "", foot: str = "") -> bytes:
    """Write a page with text of its own, as UTF-8."""
    words = f"<h1>{_plain(label)}</h1>\n<p>{_plain(prose(label))}</p>\n"
    return template(_plain(label), words + inner, head=head, foot=foot).encode()


def gif(label: str) -> bytes:
    """Make a picture of one dot, with a comment that makes it unlike all others."""
    note = label.encode()[:255]
    return (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xfe"
        + bytes([len(note)])
        + note
        + b"\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    )


def _png(label: str) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + part(b"tEXt", b"Title\0" + label.encode("latin-1", "replace"))
        + part(b"IDAT", zlib.compress(b"\0\xff"))
        + part(b"IEND", b"")
    )


def type_of(target: str) -> str:
    """Tell the media type that goes with a target's ending; HTML without one."""
    path = target.split("?")[0]
    ending = path.rpartition(".")[2] if "." in path.rpartition("/")[2] else "html"
    return _TYPES.get(ending, HTML)


def content(target: str, *, foot: str = "", mark: str = "") -> tuple[str, bytes]:
    """Make a small body of the kind a target's ending stands for, unlike all others.

    Returns:
        The media type and the body.
    """
    kind, label = type_of(target), f"{target}{mark}"
    match kind.partition(";")[0]:
        case "text/html":
            return kind, page(label, foot=foot)
        case "image/png":
            return kind, _png(label)
        case "image/gif":
            return kind, gif(label)
        case "image/svg+xml":
            return (
                kind,
                f'<svg xmlns="http://www.w3.org/2000/svg"><title>{label}</title></svg>'.encode(),
            )
        case "text/css":
            return kind, f"/* {label} */\nh1 {{ color: navy }}\n".encode()
        case "text/javascript":
            return kind, f"// {label}\nvar ready = 1;\n".encode()
        case "application/json":
            return kind, f'{{"label": "{label}"}}\n'.encode()
        case "application/xml":
            return kind, f"<?xml version='1.0'?>\n<label>{label}</label>\n".encode()
        case "application/pdf":
            return kind, f"%PDF-1.4\n% {label}\n%%EOF\n".encode()
        case "text/vtt":
            return kind, f"WEBVTT\n\n00:00.000 --> 00:01.000\n{label}\n".encode()
        case "text/plain":
            return kind, f"{prose(label)}\n".encode()
    return kind, b"\0\1\2\xff" + label.encode() * 3


def chunked(body: bytes, size: int = 97) -> bytes:
    """Frame a body in chunks."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def squeeze(body: bytes) -> bytes:
    """Compress as gzip, the same bytes every time."""
    return gzip.compress(body, mtime=0)


def reply(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    kind: str | None = HTML,
    fields: Sequence[tuple[str, str]] = (),
    length: bool = True,
    end: End = End.KEEP,
    good: bool = True,
) -> Reply:
    """Write an ordinary answer."""
    lines = [f"HTTP/1.1 {status}"]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    lines.extend(f"{name}: {value}" for name, value in fields)
    if length:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return Reply((head + body,), payload=body, end=end, good=good)


def redirect(
    location: str,
    status: str = "302 Found",
    *,
    fields: Sequence[tuple[str, str]] = (),
    good: bool = True,
    body: bytes | None = None,
) -> Reply:
    """Write a redirect; `location` is Latin-1."""
    if body is None:
        body = f"<p>Moved to {location}</p>\n".encode("latin-1")
    kind = "text/html; charset=iso-8859-1"
    return reply(
        body, status=status, kind=kind, fields=[("Location", location), *fields], good=good
    )
