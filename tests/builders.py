"""WARC files made by hand, byte by byte, so that nothing under test has a part in its own test."""

import gzip
import io
import json
import zipfile
import zlib
from base64 import b32decode, b32encode
from collections.abc import Sequence
from hashlib import sha1, sha256

import zstandard

__all__ = [
    "DATE",
    "arc",
    "arc_record",
    "b32_raw",
    "chunked",
    "deflate",
    "digest",
    "dns",
    "flip",
    "har",
    "har_entry",
    "http_response",
    "member",
    "metadata",
    "mhtml",
    "record",
    "request",
    "resource",
    "response",
    "revisit",
    "wacz",
    "warc",
    "warcinfo",
    "zipped",
    "zstd_warc",
]

DATE = "2011-05-09T10:16:21Z"
URL = "http://www.homeoffice.example/crime/"
Fields = Sequence[tuple[str, str]]


def digest(data: bytes) -> str:
    """Write a SHA-1 as WARC fields do."""
    return "sha1:" + b32encode(sha1(data, usedforsecurity=False).digest()).decode()


def record(
    kind: str | None,
    block: bytes = b"",
    *,
    url: str | None = URL,
    date: str | None = DATE,
    fields: Fields = (),
    content_type: str | None = None,
    length: int | str | None = None,
    version: str = "WARC/1.0",
    line_end: bytes = b"\r\n",
    tail: bytes | None = None,
) -> bytes:
    """Write one WARC record; `length` lies about the block's, `tail` is what follows the block."""
    lines = [version]
    if kind is not None:
        lines.append(f"WARC-Type: {kind}")
    if url is not None:
        lines.append(f"WARC-Target-URI: {url}")
    if date is not None:
        lines.append(f"WARC-Date: {date}")
    lines.append(f"WARC-Record-ID: <urn:uuid:{sha1(block).hexdigest()[:32]}>")  # noqa: S324
    lines.extend(f"{name}: {value}" for name, value in fields)
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(block) if length is None else length}")
    header = line_end.join(line.encode() for line in lines) + 2 * line_end
    return header + block + (2 * line_end if tail is None else tail)


def http_response(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    fields: Fields = (("Content-Type", "text/html"),),
    line_end: bytes = b"\r\n",
) -> bytes:
    """Write an HTTP response as a server sends it; its length is not added."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields)]
    return line_end.join(line.encode("latin-1") for line in lines) + 2 * line_end + body


def chunked(body: bytes, size: int = 10) -> bytes:
    """Put chunked framing on a body (RFC 9112, clause 7.1)."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    framed = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
    return b"".join(framed) + b"0\r\n\r\n"


def response(
    body: bytes = b"<p>Crime and policing</p>",
    *,
    url: str = URL,
    date: str = DATE,
    status: str = "200 OK",
    head: Fields = (("Content-Type", "text/html"),),
    fields: Fields = (),
) -> bytes:
    """Write a response record with true digests."""
    block = http_response(body, status=status, fields=head)
    digests = [("WARC-Block-Digest", digest(block))]
    if not any(name == "WARC-Payload-Digest" for name, _ in fields):
        digests.append(("WARC-Payload-Digest", digest(body)))
    return record(
        "response",
        block,
        url=url,
        date=date,
        fields=[*digests, *fields],
        content_type="application/http; msgtype=response",
    )


def request(url: str = URL, date: str = DATE) -> bytes:
    """Write a request record."""
    block = b"GET /crime/ HTTP/1.1\r\nHost: www.homeoffice.example\r\n\r\n"
    kind = "application/http; msgtype=request"
    return record("request", block, url=url, date=date, content_type=kind)


def revisit(
    body: bytes = b"<p>Crime and policing</p>",
    *,
    url: str = URL,
    date: str = "2011-08-01T09:00:00Z",
    head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
    refers_to: tuple[str, str] | None = None,
    payload_digest: str | None = None,
) -> bytes:
    """Write a revisit record of a body that is not in it; `refers_to` is a URL and a date."""
    fields = [
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Payload-Digest", digest(body) if payload_digest is None else payload_digest),
    ]
    if refers_to:
        fields.append(("WARC-Refers-To-Target-URI", refers_to[0]))
        fields.append(("WARC-Refers-To-Date", refers_to[1]))
    kind = "application/http; msgtype=response"
    return record("revisit", head, url=url, date=date, fields=fields, content_type=kind)


def resource(
    body: bytes, *, url: str = URL, date: str = DATE, content_type: str = "text/plain"
) -> bytes:
    """Write a resource record."""
    fields = [("WARC-Payload-Digest", digest(body))]
    return record("resource", body, url=url, date=date, fields=fields, content_type=content_type)


def dns(host: str = "www.homeoffice.example", date: str = DATE) -> bytes:
    """Write the response record of a name look-up, as Heritrix does."""
    block = f"20110509101621\n{host}.\t3600\tIN\tA\t192.0.2.10\n".encode()
    return record("response", block, url=f"dns:{host}", date=date, content_type="text/dns")


def metadata(text: bytes = b"via: http://www.homeoffice.example/\r\n") -> bytes:
    """Write a metadata record."""
    return record("metadata", text, content_type="application/warc-fields")


def warcinfo(text: bytes = b"software: builders\r\nformat: WARC File Format 1.0\r\n") -> bytes:
    """Write a warcinfo record."""
    return record("warcinfo", text, url=None, content_type="application/warc-fields")


def member(data: bytes) -> bytes:
    """Compress bytes as one gzip member."""
    return gzip.compress(data, mtime=0)


def warc(*records: bytes, form: str = "gzip") -> bytes:
    """Put records in a file: ``gzip`` (a member each), ``plain``, or ``whole`` (one member)."""
    if form == "plain":
        return b"".join(records)
    if form == "whole":
        return member(b"".join(records))
    return b"".join(map(member, records))


def zstd_warc(*records: bytes, dictionary: str = "", checksum: bool = True) -> bytes:
    """Put records into a zstd frame each; a dictionary may be ``plain`` or ``compressed``."""
    start, shared = b"", None
    if dictionary:
        words = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: text/html\r\nHTTP/1.1 200 OK\r\n"
        shared = zstandard.ZstdCompressionDict(words)
        held = zstandard.compress(words) if dictionary == "compressed" else words
        start = b"\x5d*M\x18" + len(held).to_bytes(4, "little") + held
    compressor = zstandard.ZstdCompressor(dict_data=shared, write_checksum=checksum)
    return start + b"".join(map(compressor.compress, records))


def arc_record(
    url: str,
    block: bytes,
    *,
    ip: str = "192.0.2.10",
    date: str = "20080430204825",
    media_type: str = "text/html",
    version: int = 1,
    length: int | None = None,
) -> bytes:
    """Write one ARC record of version 1 or 2; `length` lies about the block's."""
    fields = [url, ip, date, media_type]
    if version == 2:
        fields += ["200", "abc", "-", "1234", "crawl.arc"]
    line = " ".join([*fields, str(len(block) if length is None else length)])
    return line.encode() + b"\n" + block + b"\n"


def arc(*records: bytes, form: str = "gzip") -> bytes:
    """Put ARC records in a file, framed as `warc` does, or ``zstd`` (one frame)."""
    if form == "zstd":
        return zstandard.compress(b"".join(records))
    return warc(*records, form=form)


def flip(data: bytes, at: int) -> bytes:
    """Damage one byte."""
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


def deflate(data: bytes, window: int) -> bytes:
    """Compress with zlib's wrapping (15), gzip's (31) or none (-15)."""
    compressor = zlib.compressobj(wbits=window)
    return compressor.compress(data) + compressor.flush()


def b32_raw(text: str) -> bytes:
    """Read a digest in base32 behind the name of its algorithm."""
    return b32decode(text.partition(":")[2])


def wacz(
    members: dict[str, bytes],
    *,
    lie: Sequence[str] = (),
    unlisted: Sequence[str] = (),
    old: bool = False,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Make a WACZ package; it states a wrong hash for the members of `lie`."""
    resources: list[dict[str, object]] = []
    for name, data in members.items():
        text = sha256(b"no" if name in lie else data).hexdigest()
        if old:
            stats = {"hash": text, "bytes": len(data)}
            resources.append({"path": name, "stats": stats, "hashing": "sha256"})
        elif name not in unlisted:
            whole = {"name": name.rpartition("/")[2], "path": name, "bytes": len(data)}
            resources.append({**whole, "hash": f"sha256:{text}"})
    description = {"profile": "data-package", "wacz_version": "1.1.1", "resources": resources}
    return zipped({**members, "datapackage.json": json.dumps(description).encode()}, compression)


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Put members into a zip file, each under the name given, whatever it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name), data, compression)
    return out.getvalue()


def har_entry(
    url: object = URL,
    *,
    body: str | None = "<p>Crime</p>",
    status: object = 200,
    date: object = "2021-05-09T11:16:21.123+01:00",
    head: Sequence[tuple[object, object]] = (("Content-Type", "text/html; charset=utf-8"),),
    request: Fields = (("User-Agent", "Browser"),),
    version: str = "HTTP/1.1",
    method: str = "GET",
    content: dict[str, object] | None = None,
    **more: object,
) -> dict[str, object]:
    """Write one entry of a HAR file; `content` adds to what is said of the body."""
    text: dict[str, object] = {} if body is None else {"text": body}
    return {
        "startedDateTime": date,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": version,
            "headers": [{"name": name, "value": value} for name, value in request],
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": version,
            "headers": [{"name": name, "value": value} for name, value in head],
            "content": {"size": 12, "mimeType": "text/html", **text, **(content or {})},
        },
        **more,
    }


def har(*entries: object) -> bytes:
    """Write a HAR file."""
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def mhtml(
    *parts: tuple[Fields, bytes],
    head: Fields = (
        ("From", "<Saved by a browser>"),
        ("Snapshot-Content-Location", URL),
        ("Subject", "Crime"),
        ("Date", "Sun, 9 May 2021 10:16:21 -0000"),
    ),
    kind: str = 'multipart/related; type="text/html"; boundary="----b"',
) -> bytes:
    """Write an MHTML file; a part is its header fields and its body, encoded already."""
    out = [*(f"{name}: {value}" for name, value in head), "MIME-Version: 1.0"]
    out += [f"Content-Type: {kind}", "", ""]
    text = "\r\n".join(out).encode()
    for fields, body in parts:
        lines = "\r\n".join(f"{name}: {value}" for name, value in fields)
        text += b"------b\r\n" + lines.encode() + b"\r\n\r\n" + body + b"\r\n"
    return text + b"------b--\r\n"
