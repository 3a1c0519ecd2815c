"""HAR files: what a browser's developer tools recorded, one response and one request an entry.

A browser records what it understood, not what was sent: bodies are decoded, heads are lists of
fields. So captures are of grade B: body as far as the file holds it, head rebuilt.

Source: HTTP Archive 1.2, as Chrome, Firefox and proxies write it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archiver.errors import FormatError, UrlError
from archiver.http import media_type
from archiver.ingest.converted import (
    REQUEST,
    RESPONSE,
    Converted,
    address_field,
    message,
    status_line,
    token,
)
from archiver.provenance import Provenance
from archiver.records import DateSource, Grade, Problem, StatedDate
from archiver.timestamps import format_timestamp
from archiver.urls import check_url

__all__ = ["HAR_START", "read_har"]

HAR_START = re.compile(rb"\s*\{\s*\"log\"\s*:")
_FILE_LIMIT = 1 << 26  # bytes; as text and as values it may take ten times as many
_MOST_VALUES = 5_000_000  # objects and lists
_PROBLEMS = 10_000  # told one by one; the others are counted
_STATUSES = range(100, 600)
_YEARS = range(1990, 2101)
_WITHOUT_BODY = frozenset([204, 205, 304])
_DECODED = frozenset(["content-encoding", "content-length", "transfer-encoding"])
_PROTOCOLS = {
    "http/1.0": "http/1.0",
    "http/1.1": "http/1.1",
    "http/2.0": "h2",
    "http/2": "h2",
    "h2": "h2",
    "h2c": "h2c",
    "http/3": "h3",
    "http/3.0": "h3",
    "h3": "h3",
}
_CHARSETS = {  # those in which a text can be written back; WHATWG's names for them
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "utf-8": "utf-8",
    "utf8": "utf-8",
}
_Object = dict[str, Any]
_Fields = list[tuple[str, str]]


def read_har(path: Path, name: str, sha256: str) -> Iterator[Converted | Problem]:
    """Read every entry of a HAR file in order.

    Args:
        path: the file.
        name: what the operator calls it.
        sha256: its digest, for the provenance.

    Yields:
        A response with its request beside it for each entry that can be used, a problem for each
        that cannot. Entries are counted from 1 in problems.

    Raises:
        FormatError: when it is not HAR, or too large.
    """
    unusable = 0
    for number, entry in enumerate(_entries(path, name), 1):
        try:
            yield _convert(_Entry(entry, number, name), sha256)
        except _Unusable as error:
            url = _object(_object(entry).get("request")).get("url")
            message = f"entry {number}: {error}; left out"
            unusable += 1
            if unusable <= _PROBLEMS:
                yield Problem(error.code, message, name, url=url if isinstance(url, str) else None)
    if unusable > _PROBLEMS:
        message = f"{unusable - _PROBLEMS} more entries cannot be used; left out"
        yield Problem("more-problems", message, name)


class _Unusable(Exception):  # noqa: N818 - it travels within this module only
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class _Entry:
    """An entry whose parts may be of any type, and the problems met in it."""

    def __init__(self, entry: object, number: int, name: str) -> None:
        whole = _object(entry)
        self.whole = whole
        self.request = _object(whole.get("request"))
        self.response = _object(whole.get("response"))
        self.content = _object(self.response.get("content"))
        self.problems: list[Problem] = []
        self.left: list[str] = []
        self.listed: list[tuple[str, str]] = [("har-entry", str(number))]
        self._number = number
        self.name = name

    def note(self, code: str, message: str, url: str) -> None:
        self.problems.append(Problem(code, f"entry {self._number}: {message}", self.name, url=url))


def _entries(path: Path, name: str) -> list[object]:
    size = path.stat().st_size
    if size > _FILE_LIMIT:
        raise FormatError(name, f"is {size} bytes; a HAR file may have {_FILE_LIMIT}")
    try:
        text = path.read_text("utf-8-sig", "replace")
        if text.count("{") + text.count("[") > _MOST_VALUES:
            raise FormatError(name, f"may hold more than {_MOST_VALUES} values")
        log = json.loads(text)["log"]
        entries = log["entries"]
    except FormatError:
        raise
    except RecursionError:
        raise FormatError(name, "is JSON nested too deep to be a HAR file") from None
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(name, f"is not a whole HAR file: {error}") from error
    if not isinstance(entries, list):
        raise FormatError(name, "is not a HAR file: its entries are no list")
    return entries


def _convert(entry: _Entry, sha256: str) -> Converted:
    url = _url(entry.request.get("url"))
    status = entry.response.get("status")
    if not (isinstance(status, int) and status in _STATUSES):
        raise _Unusable("no-response", f"there was no response (status {repr(status)[:40]})")
    at, raw = _started(entry.whole.get("startedDateTime"))
    fields = _fields(entry, entry.response.get("headers"), url)
    body = _body(entry, status, fields)
    for field in [field for field in fields if field[0].lower() in _DECODED]:
        fields.remove(field)
        entry.listed.append((f"har-{field[0].lower()}", field[1]))
    if not any(name.lower() == "content-type" for name, _ in fields):
        kind = _text(entry.content.get("mimeType"))
        if kind and kind != "x-unknown":
            fields.append(("Content-Type", kind))
    fields.append(("Content-Length", str(len(body))))
    protocol = _protocol(entry)
    where = address_field(_text(entry.whole.get("serverIPAddress")))
    reason = _text(entry.response.get("statusText"))
    return Converted(
        type="response",
        target=url,
        timestamp=format_timestamp(at),
        content_type=RESPONSE,
        block=message(
            status_line(status, reason or None),
            fields,
            body,
        ),
        counted="response",
        fields=(*where, *protocol),
        provenance=Provenance.stated_by(
            [StatedDate(DateSource.RECORD, format_timestamp(at), raw)],
            source_file=entry.name,
            source_sha256=sha256,
            grade=Grade.BODY,
            left=entry.left,
            listed=entry.listed,
        ),
        beside=(_request(entry, url, format_timestamp(at), protocol),),
        problems=tuple(entry.problems),
    )


def _request(
    entry: _Entry, url: str, timestamp: str, protocol: tuple[tuple[str, str], ...]
) -> Converted:
    method = entry.request.get("method")
    verb = method if isinstance(method, str) and token(method) else "GET"
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = _fields(entry, entry.request.get("headers"), url)
    if not any(name.lower() == "host" for name, _ in fields):
        fields.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    posted = _object(entry.request.get("postData")).get("text")
    body = posted.encode("utf-8", "replace") if isinstance(posted, str) else b""
    return Converted(
        type="request",
        target=url,
        timestamp=timestamp,
        content_type=REQUEST,
        block=message(f"{verb} {target} HTTP/1.1", fields, body),
        counted="request",
        fields=protocol,
    )


def _url(given: object) -> str:
    text = _text(given)
    if not text.lower().startswith(("http://", "https://")):
        raise _Unusable("bad-url", f"{text[:100]!r} is no address of the web")
    try:
        return check_url(text.partition("#")[0]).replace("\0", "%00")
    except UrlError as error:
        raise _Unusable("bad-url", str(error)[:300]) from None


def _started(given: object) -> tuple[datetime, str]:
    text = _text(given)
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Unusable("bad-date", f"no usable date ({text[:40]!r})") from None
    if at.year not in _YEARS:
        raise _Unusable("bad-date", f"no usable date ({text[:40]!r})")
    return at, text


def _fields(entry: _Entry, given: object, url: str) -> _Fields:
    # HTTP/2's own fields (:status) belong to its framing. A browser writes several Set-Cookie
    # fields as one value with line feeds between.
    fields: _Fields = []
    for one in given if isinstance(given, list) else []:
        name, value = _object(one).get("name"), _object(one).get("value")
        if not (isinstance(name, str) and isinstance(value, str)) or name.startswith(":"):
            continue
        if not token(name):
            entry.note("bad-field", f"{name[:60]!r} cannot name a header field; left out", url)
            continue
        values = value.split("\n") if name.lower() == "set-cookie" else [value]
        if any(mark in part for part in values for mark in "\r\n\0"):
            entry.note("bad-field", f"the field {name} held line ends; they are blanks now", url)
        fields.extend((name, _text(part)) for part in values)
    return fields


def _body(entry: _Entry, status: int, fields: _Fields) -> bytes:
    text, size = entry.content.get("text"), entry.content.get("size")
    if not isinstance(text, str):
        empty = status in _WITHOUT_BODY or 300 <= status < 400 or size == 0
        if empty or entry.request.get("method") == "HEAD":
            return b""
        raise _Unusable("no-body", "the file does not hold the response's body")
    if entry.content.get("encoding") == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise _Unusable("no-body", "its body is not in base64, as it says") from None
    declared = next((value for name, value in fields if name.lower() == "content-type"), None)
    charset = (media_type(declared)[1] or "utf-8").lower()
    codec = _CHARSETS.get(charset, "utf-8")
    try:
        body = text.encode(codec)
    except UnicodeEncodeError:
        codec, body = "utf-8", text.encode("utf-8", "replace")
    if codec == "utf-8" and _CHARSETS.get(charset) != "utf-8":
        entry.left.append(f"the body was kept as text and is in UTF-8 now; it was in {charset}")
    return body


def _protocol(entry: _Entry) -> tuple[tuple[str, str], ...]:
    # Source: the WARC-Protocol field proposed to the IIPC.
    for part in (entry.response, entry.request):
        said = part.get("httpVersion")
        known = _PROTOCOLS.get(said.lower()) if isinstance(said, str) else None
        if known:
            return (("WARC-Protocol", known),)
    return ()


def _text(value: object) -> str:
    # JSON can escape half of a surrogate pair, which is no character and cannot be written.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _object(value: object) -> _Object:
    return value if isinstance(value, dict) else {}
