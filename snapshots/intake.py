"""Taking one input into the archive: whole or not at all, and never twice.

A WARC file is copied in untouched and its captures are listed. Anything else is kept as it is under
``originals/`` and written out as WARC records, each with a metadata record that says where it came
from, which dates were stated for it, and what could not be undone.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, insert, select, update

from archiver.digests import sha1, write_digest
from archiver.errors import FormatError, NotWritableError
from archiver.http import media_type, reason_phrase
from archiver.ingest.names import shown
from archiver.ingest.saved import (
    SavedCapture,
    SavedFile,
    read_file,
    read_folder,
    read_listing,
)
from archiver.ingest.sniff import Format, sniff
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Kind, Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.warc import NewRecord, record_id
from snapshots.catalogue import next_id
from snapshots.disk import file_sha256
from snapshots.rows import Entry, store_captures
from snapshots.tables import intake, original, snapshot
from snapshots.writer import Writer, store_problems

__all__ = ["Intake", "take_in"]

_URL_SAFE = "!#$%&'()*+,-./:;=?@[]_~"


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in one input came to.

    Attributes:
        name: the input as it was named.
        format: what it was found to be.
        snapshot_id: the snapshot its captures belong to.
        label: that snapshot's label.
        captures: how many captures are listed from it.
        counts: WARC records, or saved files, by kind.
        problems: everything lost, doubtful or left out.
        before: the 14-digit time it was first taken in, when this time nothing changed.
    """

    name: str
    format: Format
    snapshot_id: int
    label: str
    captures: int
    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()
    before: str | None = None


def take_in(
    writer: Writer,
    path: Path,
    *,
    url: str | None = None,
    captured: str | None = None,
    label: str | None = None,
    operator: str = "",
) -> Intake:
    """Take one file or folder into the archive, in one transaction.

    Args:
        writer: the archive's writer.
        path: a WARC file, a saved page, a text rendering of one, or a folder of such.
        url: for a single page or text, its address; an address in another archive is taken apart.
        captured: for a single page or text, when it was captured, where that is known.
        label: the snapshot to put it in, made when there is none so called; without it each input
            is a snapshot of its own, called after the file.
        operator: who does this, for the record.

    Raises:
        FormatError: when the input cannot be read or holds nothing to list; nothing was changed.
        NotWritableError: when the archive cannot be written; nothing was changed.
        TimestampError: when `captured` is no date.
    """
    kind = sniff(path)
    if kind is Format.WARC and (url or captured):
        raise FormatError(str(path), "is a WARC file, which states its own addresses and dates")
    try:
        digest = _input_digest(path, kind, url, captured)
    except OSError as error:
        raise FormatError(str(path), error.strerror or str(error)) from error
    with writer.archive.catalogue.read() as connection:
        known = _known(connection, digest)
    if known:
        return replace(known, name=shown(path))
    session = _Session(
        writer,
        path,
        kind,
        digest,
        label=label or shown(path.resolve().name).split(".")[0],
        joins=label is not None,
        operator=operator,
    )
    try:
        if kind is Format.WARC:
            return _take_warc(session)
        if kind is Format.PAGES:
            return _take_saved(session, read_listing(path))
        if kind is Format.FOLDER:
            return _take_saved(session, read_folder(path))
        return _take_saved(session, read_file(path, url=url, captured=captured))
    except NotWritableError:
        writer.roll_back()
        raise
    except OSError as error:
        writer.roll_back()
        raise FormatError(str(path), error.strerror or str(error)) from error
    except BaseException:
        writer.roll_back()
        raise


class _Session:
    """One input on its way in: what is known of it while rows and records are made."""

    def __init__(
        self,
        writer: Writer,
        path: Path,
        kind: Format,
        digest: str,
        *,
        label: str,
        joins: bool,
        operator: str,
    ) -> None:
        self.writer = writer
        self.path = path
        self.kind = kind
        self.digest = digest
        self.label = label
        self.joins = joins
        self.operator = operator
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.entries: list[Entry] = []
        self.originals: dict[str, tuple[str, int]] = {}

    def store(self, connection: Connection) -> Intake:
        """Write every row of the input; called within the one transaction."""
        now = int(format_timestamp(datetime.now(UTC)))
        snapshot_id = self._snapshot(connection, now)
        times = [int(entry.capture.timestamp) for entry in self.entries]
        before = select(snapshot.c.captures, snapshot.c.first, snapshot.c.last)
        count, first, last = connection.execute(before.where(snapshot.c.id == snapshot_id)).one()
        spans = [*times, *(time for time in (first, last) if time is not None)]
        connection.execute(
            update(snapshot)
            .where(snapshot.c.id == snapshot_id)
            .values(
                captures=count + len(times),
                first=min(spans, default=None),
                last=max(spans, default=None),
            )
        )
        intake_id = next_id(connection, intake)
        connection.execute(
            insert(intake).values(
                id=intake_id,
                snapshot_id=snapshot_id,
                name=shown(self.path),
                format=self.kind.value,
                digest=self.digest,
                taken=now,
                captures=len(self.entries),
                counts=json.dumps(dict(sorted(self.counts.items()))),
            )
        )
        store_captures(connection, self.entries, snapshot_id)
        for sha256, (name, size) in self.originals.items():
            known = select(original.c.sha256).where(original.c.sha256 == sha256)
            if connection.scalar(known) is None:
                row = {"sha256": sha256, "size": size, "name": name, "intake_id": intake_id}
                connection.execute(insert(original).values(row))
        store_problems(connection, intake_id, self.problems)
        return Intake(
            name=shown(self.path),
            format=self.kind,
            snapshot_id=snapshot_id,
            label=self.label,
            captures=len(self.entries),
            counts=dict(sorted(self.counts.items())),
            problems=tuple(self.problems),
        )

    def _snapshot(self, connection: Connection, now: int) -> int:
        if self.joins:
            same = select(snapshot.c.id).where(snapshot.c.label == self.label)
            found: int | None = connection.scalar(same.order_by(snapshot.c.id).limit(1))
            if found is not None:
                return found
        number = next_id(connection, snapshot)
        connection.execute(
            insert(snapshot).values(
                id=number,
                label=self.label,
                kind="ingest",
                created=now,
                tool=software_name(),
                operator=self.operator,
                captures=0,
            )
        )
        return number


def _take_warc(session: _Session) -> Intake:
    # The copy is read, not the source: what is listed is then what is kept.
    name = session.path.name.split(".")[0]
    place, file = session.writer.adopt(session.path, name, _first_date(session.path))
    reading = WarcReading(place, shown(session.path))
    for found in reading:
        if isinstance(found, Problem):
            session.problems.append(found)
        else:
            session.entries.append(Entry(replace(found, file=file)))
    if reading.shared:
        raise FormatError(
            str(session.path),
            "holds several records in one gzip member, so that none can be opened by itself; "
            "write it anew with: warcio recompress",
        )
    session.counts.update(reading.counts)
    if not session.entries:
        raise FormatError(str(session.path), _nothing(session.problems, "no capture"))
    return session.writer.commit(session.store)


def _first_date(path: Path) -> datetime:
    # A file is kept under the date of its first capture, as its own name would say.
    for found in WarcReading(path, shown(path)):
        if isinstance(found, Capture):
            return parse_timestamp(found.timestamp)
    return datetime.now(UTC)


def _take_saved(session: _Session, saved: Iterable[SavedCapture | SavedFile | Problem]) -> Intake:
    writer = session.writer
    for found in saved:
        if isinstance(found, Problem):
            session.problems.append(found)
        elif isinstance(found, SavedFile):
            writer.keep_original(found.data, found.sha256)
            session.originals[found.sha256] = (found.name, len(found.data))
        else:
            session.counts[str(found.status or "rendering")] += 1
            session.problems.extend(found.problems)
            session.entries.append(_write_saved(writer, found))
    if not session.entries:
        raise FormatError(str(session.path), _nothing(session.problems, "no page"))
    return writer.commit(session.store)


def _write_saved(writer: Writer, saved: SavedCapture) -> Entry:
    moment = parse_timestamp(saved.timestamp)
    identity = record_id()
    strong = writer.archive.settings.payload_digest == "sha256"
    payload = hashlib.sha256(saved.body).digest() if strong else sha1(saved.body)
    saved = replace(saved, content_type=_field(saved.content_type))
    if saved.status is None:
        kind, block = Kind.RESOURCE, saved.body
    else:
        kind, block = Kind.RESPONSE, _rebuilt_head(saved) + saved.body
    place = writer.append(
        NewRecord(
            type=kind.value,
            id=identity,
            date=moment,
            target=saved.url,
            content_type=(
                saved.content_type or "application/octet-stream"
                if kind is Kind.RESOURCE
                else "application/http;msgtype=response"
            ),
            block=block,
            payload_digest=payload,
        )
    )
    writer.append(
        NewRecord(
            type="metadata",
            id=record_id(),
            date=moment,
            target=saved.url,
            content_type="application/json",
            block=saved.provenance.to_json().encode(),
            fields=(("WARC-Refers-To", identity),),
        )
    )
    provenance = saved.provenance
    return Entry(
        Capture(
            url=saved.url,
            timestamp=saved.timestamp,
            kind=kind,
            status=saved.status,
            media_type=media_type(saved.content_type)[0],
            digest=write_digest(payload),
            file=place.file,
            offset=place.offset,
            length=place.length,
            grade=provenance.grade,
        ),
        stated=provenance.stated,
        chosen=provenance.chosen,
    )


def _rebuilt_head(saved: SavedCapture) -> bytes:
    # Nothing that was not stated: status, type, where it led, and how long the body is.
    lines = [f"HTTP/1.1 {saved.status} {reason_phrase(saved.status or 0)}".rstrip()]
    if saved.content_type:
        lines.append(f"Content-Type: {saved.content_type}")
    if saved.location:
        lines.append(f"Location: {quote(saved.location, safe=_URL_SAFE)}")
    lines.append(f"Content-Length: {len(saved.body)}")
    whole = [_field(line) for line in lines]
    return "\r\n".join([*whole, "", ""]).encode("latin-1")


def _field(text: str) -> str:
    # As it can stand in a head: a cell of a list may hold line ends, and letters of any kind.
    return " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")


def _input_digest(path: Path, kind: Format, url: str | None, captured: str | None) -> str:
    """Give the SHA-256 that stands for an input: of the file, or of a folder's files and names."""
    if path.is_dir():
        digest = hashlib.sha256()
        for place in sorted(place for place in path.rglob("*") if place.is_file()):
            name = os.fsencode(place.relative_to(path))
            digest.update(file_sha256(place).encode() + b"  " + name + b"\n")
        return digest.hexdigest()
    file = file_sha256(path)
    if kind is Format.WARC:
        return file
    # The same text may have been saved from two addresses: they are two inputs.
    return hashlib.sha256(f"{file} {url or ''} {captured or ''}".encode()).hexdigest()


def _known(connection: Connection, digest: str) -> Intake | None:
    query = (
        select(intake, snapshot.c.label)
        .join(snapshot, snapshot.c.id == intake.c.snapshot_id)
        .where(intake.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Intake(
        name=row.name,
        format=Format(row.format),
        snapshot_id=row.snapshot_id,
        label=row.label,
        captures=row.captures,
        counts=json.loads(row.counts),
        before=f"{row.taken:014}",
    )


def _nothing(problems: list[Problem], what: str) -> str:
    if not problems:
        return f"holds {what} that could be listed"
    first = problems[0]
    where = "" if first.offset is None else f" at byte {first.offset}"
    more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
    return f"holds {what} that could be listed; {first.code}{where}: {first.message}{more}"
