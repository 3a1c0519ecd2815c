"""What an order to erase comes to: every record, original and row that has to go, before it goes.

Copies are captures the order does not name that have the same payload as one it names; so are
revisits, which have nothing to show once the record that holds their payload is gone. Whether they
go too is for people to say.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, or_, select

from archiver.digests import read_digest, sha1
from archiver.errors import ArchiveError, DamagedError
from archiver.records import Capture, Problem
from archiver.urls import url_key
from archiver.warc import scan
from snapshots import index, journal
from snapshots.archive import Archive
from snapshots.commits import CommitNote, Part, read_notes
from snapshots.erasure.register import Moves, moves_of
from snapshots.erasure.related import Found, Reading, belonging
from snapshots.tables import (
    DIGEST_PREFIX,
    capture,
    digest_prefix,
    erased_record,
    intake,
    listed_page,
    original,
    problem,
    url,
    warc_file,
)
from snapshots.withdrawals import Scope, keys_of

__all__ = ["Going", "Kept", "Listed", "Order", "Selection", "select_records"]

_EMPTY = sha1(b"")
_AT_ONCE = 500
_ADDRESS = re.compile(r"https?://[^\s'\"<>]+")
_RENDERINGS = ("urn:text:", "urn:view:", "urn:thumbnail:", "urn:pageinfo:")  # as Browsertrix has it
_QUARANTINE = "quarantine"
_JOURNAL_TAIL = "decisions.jsonl-"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be erased.

    Attributes:
        scope: which captures are named; see `snapshots.withdrawals.scope_of`, never a value.
        copies: whether every capture with the same payload goes too.
        only_these: that the copies are known of, and stay.
        originals: whether inputs that hold other captures too may be destroyed.
        address_too: whether the address itself must go.
    """

    scope: Scope
    copies: bool = False
    only_these: bool = False
    originals: bool = False
    address_too: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A capture as the index lists it, with what makes its row."""

    capture: Capture
    url_id: int
    seq: int
    file_id: int
    media_type_id: int
    kind: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Going:
    """A record that goes: where it is, the capture it is, if any, and the input it came with."""

    record: Found
    file_id: int
    listed: Listed | None
    intake_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An original that holds what is erased.

    Attributes:
        name: as the operator named it.
        others: how many captures came of it that stay.
    """

    sha256: str
    name: str
    others: int

    @property
    def path(self) -> str:
        """Where it is in the archive folder."""
        return f"originals/{self.sha256[:2]}/{self.sha256}"


@dataclass(slots=True)
class Selection:
    """What goes.

    Attributes:
        captures: every capture that goes, by address and time.
        copies: captures with the same payload that the order does not name.
        records: every record that goes, by file and place.
        originals: inputs kept that hold something of it.
        quarantine: unfinished tails that hold something of it, or may.
        unreadable: stretches of the files concerned that are no sound record and stay as they are.
        problems: ids of problems that tell of it.
        pages: entries of page lists that name it, by input and position.
        standing: addresses of which other captures stay.
        inputs: names of the inputs it came with; they stay in the catalogue.
        decisions: numbers of withdrawals that name an address that is to go; the journal of
            decisions is never written anew, so they stay.
    """

    captures: list[Listed] = field(default_factory=list)
    copies: list[Capture] = field(default_factory=list)
    records: list[Going] = field(default_factory=list)
    originals: list[Kept] = field(default_factory=list)
    quarantine: list[str] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    problems: list[int] = field(default_factory=list)
    pages: list[tuple[int, int]] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)

    @property
    def urls(self) -> set[str]:
        """The addresses of the captures that go."""
        return {found.capture.url for found in self.captures}


def select_records(archive: Archive, order: Order) -> Selection:
    """Find all that an order comes to; nothing is changed.

    Reads the catalogue, every commit note, and the parts of WARC files that came in with the
    captures; holds what goes in memory.

    Raises:
        DamagedError: when a commit note is missing or changed, so that places cannot be told.
        ArchiveError: when a file cannot be read, or a WARC file does not hold a record where the
            index says.
    """
    try:
        with archive.catalogue.read() as connection:
            return _Selecting(archive, connection, order).run()
    except OSError as error:
        place = error.filename or archive.path
        raise ArchiveError(f"{place} cannot be read: {error.strerror or error}") from error


class _Selecting:
    """One order being looked through."""

    def __init__(self, archive: Archive, connection: Connection, order: Order) -> None:
        self.archive = archive
        self.connection = connection
        self.order = order
        self.keys = keys_of(order.scope)
        self.moves = moves_of(connection)
        self.found = Selection()

    def run(self) -> Selection:
        found = self.found
        chosen = {_place(one): one for one in self._named()}
        copies = {_place(one): one for one in self._alike(chosen.values())}
        copies = {place: one for place, one in copies.items() if place not in chosen}
        found.copies = [one.capture for one in copies.values()]
        if self.order.copies:
            chosen |= copies
        notes = self._notes({place[0] for place in chosen}, set(chosen))
        for note in notes:
            self._of_note(note, chosen)
        self._check(chosen)
        found.captures = [going.listed for going in found.records if going.listed]
        found.captures.sort(key=lambda one: (url_key(one.capture.url), one.capture.timestamp))
        found.records.sort(key=lambda one: one.record.place)
        found.problems = list(self._problems())
        found.pages = list(self._pages())
        found.quarantine = list(self._quarantine())
        found.standing = self._standing()
        if self.order.address_too:
            found.decisions = list(self._decisions())
        return found

    # Captures

    def _named(self) -> list[Listed]:
        scope = self.order.scope
        query = _LISTED.where(
            or_(*((url.c.urlkey >= a) & (url.c.urlkey < b) for a, b in self.keys))
        )
        if scope.first:
            query = query.where(capture.c.timestamp >= int(scope.first))
        if scope.last:
            query = query.where(capture.c.timestamp <= int(scope.last))
        return [_listed(row) for row in self.connection.execute(query)]

    def _alike(self, chosen: Iterable[Listed]) -> Iterator[Listed]:
        known = list(chosen)
        digests = sorted({one.digest for one in known} - {b"", _EMPTY})
        for some in _batches(digests):
            begin = [digest[:DIGEST_PREFIX] for digest in some]
            query = _LISTED.where(digest_prefix().in_(begin), capture.c.digest.in_(some))
            yield from map(_listed, self.connection.execute(query))
        urls = sorted({one.capture.url for one in known})
        names = [f"{kind}{address}" for address in urls for kind in _RENDERINGS]
        for some_names in _batches(names):
            keys = [url_key(name) for name in some_names]
            query = _LISTED.where(url.c.urlkey.in_(keys), url.c.url.in_(some_names))
            yield from map(_listed, self.connection.execute(query))

    def _standing(self) -> list[str]:
        going = {(one.url_id, int(one.capture.timestamp), one.seq) for one in self.found.captures}
        names = {one.url_id: one.capture.url for one in self.found.captures}
        still = set()
        for some in _batches(sorted(names)):
            columns = (capture.c.url_id, capture.c.timestamp, capture.c.seq)
            there = select(*columns).where(capture.c.url_id.in_(some))
            still |= {row[0] for row in self.connection.execute(there) if tuple(row) not in going}
            gone = select(erased_record.c.url_id).where(erased_record.c.url_id.in_(some))
            still |= set(self.connection.scalars(gone))  # its stub names the address
        return sorted(names[number] for number in still)

    # Records

    def _notes(self, paths: set[str], places: set[tuple[str, int]]) -> list[CommitNote]:
        """Give the notes of the commits that brought the captures, in places of now."""
        wanted: dict[str, list[int]] = {}
        for path, offset in places:
            wanted.setdefault(path, []).append(offset)
        notes = []
        for read in read_notes(self.archive.path):
            if isinstance(read, Problem):
                raise DamagedError(str(self.archive.path / read.file), read.message)
            note = read[0]
            parts = tuple(self._now(part) for part in note.parts)
            if any(
                part.start <= offset < part.end
                for part in parts
                for offset in wanted.get(part.path, ())
            ):
                rows = {name: note.rows.get(name, []) for name in ("intake", "original")}
                notes.append(CommitNote(note.number, "", note.written, None, parts, rows))
        return notes

    def _now(self, part: Part) -> Part:
        return self.moves[part.id].part(part) if part.id in self.moves else part

    def _of_note(self, note: CommitNote, chosen: dict[tuple[str, int], Listed]) -> None:
        reading = Reading()
        for part in note.parts:
            reading.read(self.archive, part, self.moves.get(part.id, Moves(())))
        listed = self._listed_in(note.parts)
        going = list(belonging(reading.records, set(chosen), set(listed), self._unlisted_too))
        files = {part.path: part.id for part in note.parts}
        taken = note.rows["intake"]
        number = taken[-1]["id"] if taken else None
        self.found.records += [
            Going(one, files[one.path], listed.get(one.place), number) for one in going
        ]
        self.found.unreadable += reading.unreadable
        known_names = set(self.found.inputs)  # the notes of a crawl all tell of it
        self.found.inputs += [row["name"] for row in taken if row["name"] not in known_names]
        known = {one.sha256 for one in self.found.originals}
        self.found.originals += [
            one
            for one in self._originals(note, reading, going, set(listed))
            if one.sha256 not in known
        ]

    def _listed_in(self, parts: tuple[Part, ...]) -> dict[tuple[str, int], Listed]:
        found = {}
        for part in parts:
            inside = (capture.c.record_offset >= part.start, capture.c.record_offset < part.end)
            query = _LISTED.where(capture.c.file_id == part.id, *inside)
            for row in self.connection.execute(query):
                one = _listed(row)
                found[_place(one)] = one
        return found

    def _unlisted_too(self, record: Found) -> bool:
        if self.order.scope.first or self.order.scope.last or not record.target:
            return False
        key = url_key(record.target)
        return any(first <= key < beyond for first, beyond in self.keys)

    def _check(self, chosen: dict[tuple[str, int], Listed]) -> None:
        missed = set(chosen) - {going.record.place for going in self.found.records}
        for path, offset in sorted(missed):
            raise ArchiveError(
                f"{path} at byte {offset}: no sound record of a capture to be erased stands there; "
                "find out why with: marsham verify --level deep"
            )

    # What else holds it

    def _originals(
        self, note: CommitNote, reading: Reading, going: list[Found], listed: set[tuple[str, int]]
    ) -> Iterator[Kept]:
        gone = {one.id for one in going}
        places = {one.place for one in going}
        made: dict[str, list[str]] = {}
        for identity, sha256 in reading.sources.items():
            made.setdefault(sha256, []).append(identity)
        named = {row["sha256"] for row in note.rows["original"]}
        named |= {sha256 for sha256, ids in made.items() if gone & set(ids)}
        there = select(original.c.sha256, original.c.name)
        for some in _batches(sorted(named - {""})):
            for sha256, name in self.connection.execute(there.where(original.c.sha256.in_(some))):
                if sha256 not in made:  # a list, a package: everything that came with it
                    yield Kept(sha256, name, len(listed - places))
                elif gone & set(made[sha256]):
                    yield Kept(sha256, name, len(set(made[sha256]) - gone))

    def _problems(self) -> Iterator[int]:
        # Of the inputs concerned what tells of the addresses; of all inputs where these must go.
        records = self.found.records
        inputs = {one.intake_id for one in records}
        offsets = {
            (one.intake_id, self.moves.get(one.file_id, Moves(())).taken(one.record.offset))
            for one in records
        }
        urls = {one.record.target for one in records if one.record.target}
        query = select(problem, intake.c.format).outerjoin(
            intake, intake.c.id == problem.c.intake_id
        )
        for row in self.connection.execute(query):
            theirs = row.intake_id is not None and row.intake_id in inputs
            placed = row.format == "warc" and row.record_offset is not None
            if theirs and placed and not self.order.address_too:
                if (row.intake_id, row.record_offset) in offsets:
                    yield row.id
            elif theirs or self.order.address_too:
                told = {row.url or "", *_addresses(f"{row.url or ''} {row.message} {row.file}")}
                if told & urls:
                    yield row.id

    def _pages(self) -> Iterator[tuple[int, int]]:
        # What a page was called is part of what it said.
        places = {
            (url_key(one.capture.url), int(one.capture.timestamp)) for one in self.found.captures
        }
        keys = {key for key, _ in places}
        for some in _batches(sorted(keys)):
            listed = select(listed_page).where(listed_page.c.urlkey.in_(some))
            for row in self.connection.execute(listed):
                if self.order.address_too or (row.urlkey, row.timestamp) in places:
                    yield row.intake_id, row.position

    def _decisions(self) -> Iterator[int]:
        for entry in journal.entries(self.archive.path / journal.JOURNAL):
            if entry.get("type") in ("withdrawal", "found"):
                named = {entry.get("target"), *(one[1] for one in entry.get("found", ()))}
                if named & self.found.urls:
                    yield entry["number"] if entry["type"] == "withdrawal" else entry["withdrawal"]

    def _quarantine(self) -> Iterator[str]:
        digests = {one.digest for one in self.found.captures} - {b"", _EMPTY}
        for place in sorted((self.archive.path / _QUARANTINE).glob("*")):
            if place.suffix == ".json":
                continue
            if place.name.startswith(_JOURNAL_TAIL):
                if _may_quote(place):
                    yield f"{_QUARANTINE}/{place.name}"
                continue
            if _may_hold(place, self.found.urls, digests):
                yield f"{_QUARANTINE}/{place.name}"


_LISTED = index.select_captures(
    capture.c.url_id, warc_file.c.id, capture.c.media_type_id, withdrawn=True
)


def _listed(row: Any) -> Listed:
    found = index.capture_of(row)
    url_id, file_id, type_id = row[11:14]
    return Listed(found, url_id, found.number, file_id, type_id, row[2], bytes(row[5]))


def _place(one: Listed) -> tuple[str, int]:
    return one.capture.file, one.capture.offset


def _addresses(text: str) -> Iterator[str]:
    # An address in another archive holds the original one behind its own.
    for found in _ADDRESS.findall(text):
        address = found.rstrip(".,;:)!?")
        yield address
        for at in (found.start() for found in re.finditer(r"https?://", address)):
            yield address[at:]


def _may_quote(place: Path) -> bool:
    # Part of a line that was never acted on; of a withdrawal it names an address, as others do.
    return b'"said"' in place.read_bytes()


def _may_hold(place: Path, urls: set[str], digests: set[bytes]) -> bool:
    # What cannot be read may hold anything.
    for record in scan(place):
        if isinstance(record, Problem):
            return True
        declared = read_digest(record.headers.get("WARC-Payload-Digest") or "")
        if record.target in urls or {record.facts.payload_digest, declared} & digests:
            return True
    return False


def _batches(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
