"""Which WARC records go when captures are erased: their own, and those that belong to them.

A record belongs to a capture that names it, or is named by it, as concurrent, referred to or a
segment: its request, its metadata, a conversion. Where a writer named nothing, a record of no
capture with the same address and date belongs to it. Looked through are the files that came in with
the capture. A revisit never goes along: it is a capture of its own, and chosen as one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from archiver.errors import FormatError, WarcError
from archiver.provenance import Provenance
from archiver.records import Kind, Problem
from archiver.warc import ScannedRecord, open_record, scan
from snapshots.archive import Archive
from snapshots.commits import Part
from snapshots.erasure.register import Moves

__all__ = ["Found", "Reading", "belonging"]

_CAPTURES = frozenset(kind.value for kind in Kind)
_PROVENANCE_LIMIT = 1 << 28  # bytes of one metadata record


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the archive, as far as its header tells.

    Attributes:
        path: of its file, as in the catalogue.
        offset: where it is now.
        names: the ids of records it says it belongs to.
        concurrent: those of them that were made together with it.
    """

    path: str
    offset: int
    length: int
    type: str
    id: str
    date: str
    target: str
    names: frozenset[str]
    concurrent: frozenset[str]

    @property
    def place(self) -> tuple[str, int]:
        """The file and the offset."""
        return self.path, self.offset

    def moment(self, otherwise: datetime) -> datetime:
        """Give its date, where it is one."""
        try:
            at = datetime.fromisoformat(self.date)
        except ValueError:
            return otherwise
        return at if at.tzinfo else at.replace(tzinfo=otherwise.tzinfo)


@dataclass(slots=True)
class Reading:
    """What reading some parts of files found.

    Attributes:
        records: every record but warcinfo records and stubs.
        unreadable: stretches of bytes that are no sound record, which may hold anything.
        sources: by the id of a record of our own, SHA-256 of the file it was made from.
    """

    records: list[Found] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def read(self, archive: Archive, part: Part, moves: Moves) -> None:
        """Read the records of a part of a file, in places of now."""
        place = archive.locate(part.path)
        for record in scan(place, name=part.path, start=part.start, end=part.end):
            if isinstance(record, Problem):
                self.unreadable.append(record)
            elif record.kind != "warcinfo" and not moves.is_stub(record.offset):
                self.records.append(_found(part.path, record))
                if not part.adopted and record.kind == "metadata":
                    self._source(archive, part, record)

    def _source(self, archive: Archive, part: Part, record: ScannedRecord) -> None:
        refers = record.headers.get("WARC-Refers-To")
        if not refers or record.headers.get("Content-Type") != "application/json":
            return
        try:
            with open_record(archive.locate(part.path), record.offset) as opened:
                text = opened.block.read(_PROVENANCE_LIMIT).decode()
            self.sources[refers] = Provenance.from_json(text).source_sha256
        except (WarcError, FormatError, UnicodeDecodeError) as error:
            message = f"a provenance cannot be read: {error}"
            self.unreadable.append(
                Problem("damaged-record", message, part.path, record.offset, record.length)
            )


def belonging(
    records: Iterable[Found],
    chosen: set[tuple[str, int]],
    listed: set[tuple[str, int]],
    unlisted_too: Callable[[Found], bool],
) -> Iterator[Found]:
    """Give the records that go: those of the chosen captures, and those that belong to them.

    Args:
        records: of the files that came in with the captures.
        chosen: the places of the chosen captures.
        listed: the places of all captures that the index lists.
        unlisted_too: whether a response that the index never listed, for want of a date, say, goes
            as well.
    """
    rest: list[Found] = []
    going: list[Found] = []
    for found in records:
        capture = found.type in _CAPTURES
        if found.place in chosen or (capture and found.place not in listed and unlisted_too(found)):
            going.append(found)
        elif found.type != Kind.REVISIT and (
            found.place not in listed or found.type == Kind.RESOURCE
        ):
            rest.append(found)
    yield from going
    ids: set[str] = set()
    named: set[str] = set()
    moments: set[tuple[str, str]] = {(found.target, found.date) for found in going if found.target}
    while going:
        ids.update(found.id for found in going if found.id)
        named.update(name for found in going for name in found.concurrent)
        going, left = [], []
        for found in rest:
            named_too = found.id in named
            alike = not found.names and (found.target, found.date) in moments
            if found.names & ids or (found.type not in _CAPTURES and (named_too or alike)):
                going.append(found)
            else:
                left.append(found)
        rest = left
        yield from going


def _found(path: str, record: ScannedRecord) -> Found:
    headers = record.headers
    names = ("WARC-Concurrent-To", "WARC-Refers-To", "WARC-Segment-Origin-ID")
    return Found(
        path=path,
        offset=record.offset,
        length=record.length,
        type=record.kind,
        id=headers.get("WARC-Record-ID") or "",
        date=(headers.get("WARC-Date") or "").strip(),
        target=record.target,
        names=frozenset(value for name in names for value in headers.get_all(name)),
        concurrent=frozenset(headers.get_all("WARC-Concurrent-To")),
    )
