"""A client that is told every address: shows that the site answers as its manifest says.

It speaks through bare sockets and writes what came as WARC records, so that the scorer can be
tried on a crawl without a fault. It finds nothing by itself.
"""

import hashlib
import socket
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archiver.http import Dechunker, parse_head
from archiver.warc import NewRecord, record_id, write_record
from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.resource import Need, Place, Resource
from tests.capture.trap_site.robots import DELAYS
from tests.capture.trap_site.server import Entry, TrapSite

__all__ = ["Original", "ask_all", "ask_raw"]

_AGENT = "marsham/0 (+mailto:archive@parish.example)"
_COOKIES = {
    "/members/": "member=yes",
    "/cookies/deep/": "deep=1",
    "/cookies/odd": 'odd="a=b, c/d"',
    "/cookies/wall": "wall=passed",
    "/cookies/gated": "gate=open",
}
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


@dataclass(frozen=True, slots=True)
class Original:
    """A capture that a revisit may refer to."""

    url: str
    date: datetime
    validators: tuple[tuple[str, str], ...] = ()


def ask_raw(authority: str, request: bytes, limit: int | None = None) -> tuple[bytes, str | None]:
    """Send a request, and take what comes until the connection ends.

    Args:
        authority: host and port.
        request: all that is sent.
        limit: bytes after which to hang up.

    Returns:
        What came, and why it was not heard to its end: ``length``, ``time`` or ``disconnect``.
    """
    host, _, port = authority.partition(":")
    came, until = bytearray(), time.monotonic() + LIMITS.seconds
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return bytes(came), "time"
            connection.settimeout(min(left, LIMITS.silence))
            try:
                data = connection.recv(1 << 16)
            except TimeoutError:
                return bytes(came), "time"
            except ConnectionResetError:
                return bytes(came), "disconnect"
            if not data:
                return bytes(came), None
            came += data
            if limit is not None and len(came) > limit:
                return bytes(came[:limit]), "length"


class _Oracle:
    def __init__(self, site: TrapSite, out: BinaryIO, known: dict[bytes, Original]) -> None:
        self._site, self._out, self._known = site, out, known
        self._last: dict[Place, float] = defaultdict(float)
        self._latest = {original.url: original for original in known.values()}

    def ask(self, resource: Resource) -> Entry:
        """Ask for a resource once, and write what came of it."""
        target, place = resource.target, resource.place
        authority, url = self._site.at[place], self._site.manifest.url(resource)
        pause = self._last[place] + DELAYS.get(place, 0.0) - time.monotonic()
        time.sleep(max(pause, 0.0))
        self._last[place] = time.monotonic()
        fields = f"Host: {authority}\r\nUser-Agent: {_AGENT}\r\nConnection: close\r\n"
        for start, cookie in _COOKIES.items():
            if target.startswith(start):
                fields += f"Cookie: {cookie}\r\n"
        if url in self._latest:
            for name, value in self._latest[url].validators:
                fields += f"{name}: {value}\r\n"
        request = f"GET {target} HTTP/1.1\r\n{fields}\r\n".encode("latin-1")
        date = datetime.now(UTC).replace(microsecond=0)
        came, cut = ask_raw(authority, request, LIMITS.body + 1000)
        entry = self._entry(request)
        reply = entry.reply
        block = came[reply.before : len(came) - reply.behind]
        if cut is None and reply.cut and reply.cut != {"length"}:
            cut = "disconnect" if "disconnect" in reply.cut else "unspecified"
        self._write(url, date, request, block, cut)
        return entry

    def _entry(self, request: bytes) -> Entry:
        entry = self._site.log[-1]
        assert entry.question.request == request
        until = time.monotonic() + 5
        while entry.ended is None and time.monotonic() < until:
            time.sleep(0.001)  # the server may be a moment behind
        return entry

    def _write(
        self, url: str, date: datetime, request: bytes, block: bytes, cut: str | None
    ) -> None:
        id_, kind, fields, digest = record_id(), "response", [], None
        found = parse_head(block)
        if found and not cut:
            head, start = found
            body = block[start:]
            if head.chunked:
                dechunker = Dechunker()
                body = dechunker.feed(body) + dechunker.close()
            digest = hashlib.sha1(body, usedforsecurity=False).digest()
            original = self._latest.get(url) if head.status == 304 else self._known.get(digest)
            if original and (body or head.status == 304):
                kind = "revisit"
                fields = [
                    ("WARC-Profile", _NOT_MODIFIED if head.status == 304 else _IDENTICAL),
                    ("WARC-Refers-To-Target-URI", original.url),
                    ("WARC-Refers-To-Date", original.date.strftime("%Y-%m-%dT%H:%M:%SZ")),
                ]
                block, digest = block[:start], None if head.status == 304 else digest
            else:
                values = (
                    ("If-None-Match", head.headers.get("ETag")),
                    ("If-Modified-Since", head.headers.get("Last-Modified")),
                )
                given = tuple((name, value) for name, value in values if value)
                self._known[digest] = Original(url, date, given)
                self._latest.setdefault(url, self._known[digest])
        if cut:
            fields.append(("WARC-Truncated", cut))
        if block:
            answer = "application/http; msgtype=response"
            record = NewRecord(kind, id_, date, url, answer, block, digest, tuple(fields))
            write_record(self._out, record)
        linked = (("WARC-Concurrent-To", id_),) if block else ()
        asked = "application/http; msgtype=request"
        record = NewRecord("request", record_id(), date, url, asked, request, None, linked)
        write_record(self._out, record)


def ask_all(
    site: TrapSite,
    path: Path,
    *,
    areas: Collection[str] = (),
    known: dict[bytes, Original] | None = None,
) -> Path:
    """Ask for all that must or should be captured, and write a WARC file.

    Args:
        site: the site, being served.
        path: the file to be.
        areas: the parts of the site to ask for; all when there are none.
        known: by payload digest, what earlier captures there are; what is captured is added.

    Returns:
        The path.
    """
    needs = (Need.MUST, Need.SHOULD)
    waiting = [
        resource
        for resource in site.manifest.resources.values()
        if resource.need[site.day - 1] in needs and (not areas or resource.area in areas)
    ]
    # Rules first, what makes one wait before what does not.
    waiting.sort(key=lambda each: ("robots.txt" not in each.target, each.area != "retries"))
    not_before: dict[str, float] = {}
    with path.open("wb") as out:
        oracle = _Oracle(site, out, {} if known is None else known)
        while waiting:
            resource = next(
                (each for each in waiting if not_before.get(each.target, 0.0) <= time.time()), None
            )
            if resource is None:
                time.sleep(0.02)
                continue
            waiting.remove(resource)
            entry = oracle.ask(resource)
            if entry.reply.not_before is not None:
                waits = entry.reply.leads_to or resource.target
                not_before[waits] = entry.reply.not_before + 0.01
            if not entry.reply.good:
                waiting.append(resource)
    return path
