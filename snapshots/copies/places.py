"""Where each capture of a copy stands: what is in the copy, under which name, and what is not.

Everything is kept in a scratch database beside the files being written, so that a copy of any size
takes the same memory. Names depend on what is copied and on nothing else.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from archiver.records import Capture, Grade, Kind
from archiver.timestamps import parse_timestamp
from archiver.urls import url_key
from snapshots.copies.names import address_name, host_of, site_name, with_number

__all__ = ["Address", "Form", "Held", "Places", "Variant"]

_ADDRESSES_AT_ONCE = 500  # not in the copy, on one page
_FEW = 8  # captures of an address that are remembered
_HOPS = 10
_MOST_SPELLINGS = 20  # captures of one key within one second that are looked at
_REMEMBERED = 20_000  # rows

_SCHEMA = """
CREATE TABLE site (authority TEXT PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE address (key TEXT PRIMARY KEY, authority TEXT, folder TEXT UNIQUE, pages INTEGER);
CREATE INDEX by_site ON address (authority, pages, key);
CREATE TABLE capture (
    id INTEGER PRIMARY KEY, key TEXT, timestamp INTEGER, record TEXT, folder TEXT, stem TEXT,
    form TEXT, path TEXT, sha256 TEXT, target TEXT, other TEXT, title TEXT, reason TEXT);
CREATE INDEX by_time ON capture (key, timestamp);
CREATE INDEX by_bytes ON capture (key, sha256);
CREATE UNIQUE INDEX by_stem ON capture (folder, stem);
CREATE TABLE variant (capture INTEGER, modifier TEXT, done INTEGER, UNIQUE (capture, modifier));
CREATE INDEX to_be_done ON variant (done, capture, modifier);
CREATE TABLE missing (number INTEGER PRIMARY KEY, url TEXT UNIQUE);
CREATE TABLE file (path TEXT PRIMARY KEY, sha256 TEXT, size INTEGER);
"""
_HELD = (
    "SELECT id, key, record, folder, stem, form, path, target, other, title"
    " FROM capture WHERE path != ''"
)


class Form(StrEnum):
    """What a capture is in a copy."""

    PAGE = "page"
    XHTML = "xhtml page"
    STYLE = "style sheet"
    PICTURE = "picture in SVG"
    REDIRECT = "redirect"
    STORED = "file as stored"


class Variant(StrEnum):
    """A second file of a capture, made when a page of the copy needs it."""

    FRAMED = "if_"  # a page without banner, for a frame of another page
    STYLE = "cs_"  # what was declared to be something else, used as a style sheet
    IMAGE = "im_"  # what was declared to be a page, used as a picture


@dataclass(frozen=True, slots=True)
class Held:
    """A capture that is in the copy.

    Attributes:
        id: in the order of keys, then of time.
        key: the URL key.
        capture: as the archive lists it.
        folder: where its files stand, from the root of the copy.
        stem: name of its files without ending.
        form: what it is in the copy.
        path: its file; perhaps that of an earlier capture of the address with the same bytes.
        target: where a redirect leads, absolute; empty for others.
        other: of what is declared to be a page and does not begin like one, the ending of a file
            that is not shown as a page; empty for others.
        title: of a page, where it is known.
    """

    id: int
    key: str
    capture: Capture
    folder: str
    stem: str
    form: Form
    path: str
    target: str
    other: str
    title: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address of which captures are in the copy.

    Attributes:
        key: the URL key.
        folder: where its files stand, from the root of the copy.
        first: its first capture in the copy.
        last: its last.
        number: how many there are.
        pages: whether any is a page or a redirect, so that the folder has a list.
        title: what the newest of its pages with a title is called; empty when none has one.
    """

    key: str
    folder: str
    first: Held
    last: Held
    number: int
    pages: bool
    title: str


class Places:
    """What is in a copy and where; an open scratch database."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;" + _SCHEMA
        )
        self._base.execute("BEGIN")
        self._known: dict[str, list[Held]] = {}
        self._room = _REMEMBERED
        self._numbers: dict[str, int] = {}

    def close(self) -> None:
        """Close the database; what is in it is of no further use."""
        self._base.close()

    def place(self, capture: Capture) -> tuple[str, str]:
        """Choose folder and stem for the next capture, unlike all chosen before."""
        key = url_key(capture.url)
        row = self._one("SELECT folder FROM address WHERE key = ?", key)
        folder = row[0] if row else self._new_folder(key)
        number = 1
        while self._one(
            "SELECT 1 FROM capture WHERE folder = ? AND stem = ?",
            folder,
            stem := with_number(capture.timestamp, number),
        ):
            number += 1
        return folder, stem

    def add(
        self,
        capture: Capture,
        folder: str,
        stem: str,
        form: Form,
        path: str,
        *,
        sha256: str = "",
        target: str = "",
        other: str = "",
        title: str = "",
    ) -> None:
        """Put a capture into the copy; they come in the order of their keys, then of time."""
        key = url_key(capture.url)
        self._base.execute(
            "INSERT INTO capture (key, timestamp, record, folder, stem, form, path, sha256, target,"
            " other, title, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            (
                *(key, int(capture.timestamp), _as_text(capture), folder, stem, form.value, path),
                *(sha256, _clean(target), other, _clean(title)),
            ),
        )
        if form in (Form.PAGE, Form.XHTML, Form.REDIRECT):
            self._base.execute("UPDATE address SET pages = 1 WHERE key = ?", (key,))

    def leave_out(self, capture: Capture, reason: str) -> None:
        """Note a capture that is not in the copy, and why."""
        self._base.execute(
            "INSERT INTO capture (key, timestamp, record, path, reason) VALUES (?, ?, ?, '', ?)",
            (url_key(capture.url), int(capture.timestamp), _as_text(capture), reason),
        )

    def same_bytes(self, capture: Capture, sha256: str, ending: str) -> str:
        """Find the file of another capture of the address with the same bytes; empty if none."""
        row = self._one(
            "SELECT path FROM capture WHERE key = ? AND sha256 = ? AND path LIKE ? ORDER BY id",
            *(url_key(capture.url), sha256, f"%{ending}"),
        )
        return row[0] if row else ""

    def wrote(self, path: str, sha256: str, size: int) -> None:
        """Note a file of the copy."""
        self._base.execute("INSERT INTO file VALUES (?, ?, ?)", (path, sha256, size))

    def files(self) -> Iterator[tuple[str, str, int]]:
        """Give path, SHA-256 and size of every file, in the order of paths."""
        yield from self._base.execute("SELECT path, sha256, size FROM file ORDER BY path")

    def nearest(self, url: str, timestamp: str, *, beyond: bool = False) -> Held | None:
        """Choose the capture in the copy closest in time, as `snapshots.index.nearest` does.

        Args:
            url: an original URL.
            timestamp: 14 digits.
            beyond: whether redirects are passed over.
        """
        moment = _moment(timestamp)
        found = self._around(url_key(url), int(timestamp), beyond=beyond)
        return min(
            found,
            key=lambda one: (
                abs(_moment(one.capture.timestamp) - moment),
                one.capture.url != url,
                one.id,
            ),
            default=None,
        )

    def destination(self, held: Held) -> Held | None:
        """Follow a redirect to what it led to in the end; None when that is not in the copy."""
        seen = {held.id}
        for _ in range(_HOPS):
            if held.form is not Form.REDIRECT:
                return held
            itself = url_key(held.target) == held.key
            found = self.nearest(held.target, held.capture.timestamp, beyond=itself)
            if found is None or found.id in seen:
                return None
            held = found
            seen.add(held.id)
        return None

    def neighbours(self, held: Held) -> tuple[Held | None, Held | None]:
        """Give the captures of the same address before and after one, in the copy."""
        at = int(held.capture.timestamp)
        return (
            self._first("key = ? AND timestamp < ? ORDER BY timestamp DESC, id", held.key, at),
            self._first("key = ? AND timestamp > ? ORDER BY timestamp, id", held.key, at),
        )

    def want(self, held: Held, variant: Variant) -> None:
        """Ask for a second file of a capture."""
        values = (held.id, variant.value)
        self._base.execute("INSERT OR IGNORE INTO variant VALUES (?, ?, 0)", values)

    def wanted(self) -> tuple[Held, Variant] | None:
        """Give the next second file that was asked for, and count it as made; None at the end."""
        row = self._one("SELECT capture, modifier FROM variant WHERE done = 0 ORDER BY 1, 2")
        if row is None:
            return None
        values = (row[0], row[1])
        self._base.execute("UPDATE variant SET done = 1 WHERE capture = ? AND modifier = ?", values)
        held = self._first("id = ?", row[0])
        assert held is not None  # noqa: S101 - it was asked for by its id
        return held, Variant(row[1])

    def missing(self, url: str) -> str:
        """Give the place, from the root, that tells that an address is not in the copy."""
        url = _clean(url)
        number = self._numbers.get(url)
        if number is None:
            self._base.execute("INSERT OR IGNORE INTO missing (url) VALUES (?)", (url,))
            row = self._one("SELECT number FROM missing WHERE url = ?", url)
            number = int(row[0]) if row else 0
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            self._numbers[url] = number
        return f"not-here/{(number - 1) // _ADDRESSES_AT_ONCE + 1}.html#a{number}"

    def not_here(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Give each page of addresses not in the copy: its path, and what is on it.

        An address has its place on the page, without ``#``, before it.
        """
        last = 0
        query = "SELECT number, url FROM missing WHERE number > ? ORDER BY number LIMIT ?"
        while rows := self._base.execute(query, (last, _ADDRESSES_AT_ONCE)).fetchall():
            path = f"not-here/{last // _ADDRESSES_AT_ONCE + 1}.html"
            yield path, [(f"a{number}", url) for number, url in rows]
            last = rows[-1][0]

    def every(self, *forms: Form) -> Iterator[Held]:
        """Give every capture in the copy that is one of some forms, or of any."""
        chosen = " OR ".join("form = ?" for _ in forms) or "1"
        query = f"{_HELD} AND id > ? AND ({chosen}) ORDER BY id LIMIT 500"
        last = 0
        while rows := self._base.execute(query, (last, *forms)).fetchall():
            for row in rows:
                yield _held(row)
            last = rows[-1][0]

    def listed(self) -> Iterator[tuple[Capture, str, str]]:
        """Give every capture asked for, its file if it is in the copy, and why if it is not."""
        query = "SELECT record, path, reason FROM capture ORDER BY id"
        for record, path, reason in self._base.execute(query):
            yield _as_capture(record), path, reason

    def count(self, what: str = "path != ''") -> int:
        """Count captures; by default those in the copy."""
        row = self._one(f"SELECT count(*) FROM capture WHERE {what}")  # noqa: S608 - our own words
        return int(row[0]) if row else 0

    def totals(self) -> dict[str, int]:
        """Count what is in the copy, and what is not."""
        files = self._one("SELECT count(*), coalesce(sum(size), 0) FROM file") or (0, 0)
        not_here = self._one("SELECT count(*) FROM missing") or (0,)
        addresses = self._one("SELECT count(DISTINCT key) FROM capture WHERE path != ''") or (0,)
        return {
            "captures": self.count(),
            "pages": self.count("path != '' AND form IN ('page', 'xhtml page')"),
            "addresses": int(addresses[0]),
            "left out": self.count("path = ''"),
            "addresses not in the copy": int(not_here[0]),
            "files": int(files[0]),
            "bytes": int(files[1]),
        }

    def reasons(self) -> list[tuple[str, int]]:
        """Give why captures were left out, and how many for each reason."""
        query = "SELECT reason, count(*) FROM capture WHERE path = '' GROUP BY 1 ORDER BY 1"
        return [(str(reason), int(number)) for reason, number in self._base.execute(query)]

    def sites(self) -> Iterator[tuple[str, str, int, int]]:
        """Give each site: host, folder, how many of its addresses have pages, and how many not."""
        query = (
            "SELECT authority, name, sum(pages), sum(1 - pages) FROM site JOIN address"
            " USING (authority) WHERE EXISTS (SELECT 1 FROM capture WHERE capture.key = address.key"
            " AND path != '') GROUP BY authority ORDER BY authority"
        )
        for authority, name, pages, others in self._base.execute(query):
            yield host_of(authority), f"sites/{name}", pages, others

    def addresses(self, site: str, *, pages: bool) -> Iterator[Address]:
        """Give the addresses of a site by its folder, those with pages or those without."""
        query = (
            "SELECT key, folder FROM address WHERE authority = (SELECT authority FROM site"
            " WHERE name = ?) AND pages = ? ORDER BY key"
        )
        for key, folder in self._base.execute(query, (site.partition("/")[2], pages)):
            first = self._first("key = ? ORDER BY timestamp, id", key)
            last = self._first("key = ? ORDER BY timestamp DESC, id DESC", key)
            row = self._one("SELECT count(*) FROM capture WHERE key = ? AND path != ''", key)
            titled = self._first("key = ? AND title != '' ORDER BY timestamp DESC, id DESC", key)
            if first and last and row:
                title = titled.title if titled else ""
                yield Address(key, folder, first, last, int(row[0]), pages, title)

    def versions(self, key: str) -> Iterator[Held]:
        """Give every capture of an address in the copy, oldest first."""
        query = f"{_HELD} AND key = ? ORDER BY timestamp, id"
        yield from map(_held, self._base.execute(query, (key,)))

    def _new_folder(self, key: str) -> str:
        authority = key.partition(")")[0]
        row = self._one("SELECT name FROM site WHERE authority = ?", authority)
        site = row[0] if row else ""
        number = 1
        while not site:
            name = with_number(site_name(authority), number)
            if not self._one("SELECT 1 FROM site WHERE name = ?", name):
                self._base.execute("INSERT INTO site VALUES (?, ?)", (authority, name))
                site = name
            number += 1
        number = 1
        while self._one(
            "SELECT 1 FROM address WHERE folder = ?",
            folder := f"sites/{site}/{with_number(address_name(key), number)}",
        ):
            number += 1
        self._base.execute("INSERT INTO address VALUES (?, ?, ?, 0)", (key, authority, folder))
        return folder

    def _around(self, key: str, timestamp: int, *, beyond: bool) -> list[Held]:
        # All versions of an address that has few, which are remembered; else the last up to a
        # moment and the first behind it, in every spelling.
        known = self._known.get(key)
        if known is None:
            rows = self._base.execute(f"{_HELD} AND key = ? LIMIT ?", (key, _FEW + 1)).fetchall()
            if len(rows) <= _FEW:
                known = [_held(row) for row in rows]
                self._remember(key, known)
        if known is not None:
            return [one for one in known if not (beyond and one.form is Form.REDIRECT)]
        found: list[Held] = []
        which = f"key = ? AND form != '{Form.REDIRECT if beyond else ''}'"
        for side, order in (("<=", "DESC"), (">", "ASC")):
            rows = self._base.execute(
                f"{_HELD} AND {which} AND timestamp {side} ? ORDER BY timestamp {order}, id"
                f" LIMIT {_MOST_SPELLINGS}",
                (key, timestamp),
            ).fetchall()
            found += map(_held, rows)
        return found

    def _remember(self, key: str, known: list[Held]) -> None:
        self._room -= len(known) + 1
        if self._room < 0:
            self._known.clear()
            self._room = _REMEMBERED
        self._known[key] = known

    def _first(self, where: str, *values: object) -> Held | None:
        row = self._one(f"{_HELD} AND {where}", *values)
        return _held(row) if row else None

    def _one(self, query: str, *values: object) -> tuple[str, ...] | None:
        row: tuple[str, ...] | None = self._base.execute(f"{query} LIMIT 1", values).fetchone()
        return row


_moment = lru_cache(maxsize=1 << 14)(parse_timestamp)  # each is looked at again and again


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # no database takes half a surrogate pair


def _as_text(capture: Capture) -> str:
    return json.dumps(astuple(capture))


def _as_capture(text: str) -> Capture:
    fields = json.loads(text)
    url, timestamp, kind, status, media_type, digest, file, offset, length, grade, number = fields
    return Capture(
        *(url, timestamp, Kind(kind), status, media_type, digest, file, offset, length),
        *(Grade(grade), number),
    )


def _held(row: tuple[object, ...]) -> Held:
    number, key, record, folder, stem, form, path, target, other, title = row
    return Held(
        id=int(str(number)),
        key=str(key),
        capture=_as_capture(str(record)),
        folder=str(folder),
        stem=str(stem),
        form=Form(str(form)),
        path=str(path),
        target=str(target),
        other=str(other),
        title=str(title),
    )
