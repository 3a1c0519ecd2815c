"""One input on its way into the archive: what is kept, written and listed of it, and its rows."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from archiver.digests import write_digest
from archiver.http import media_type
from archiver.ingest.converted import Converted
from archiver.ingest.saved import SavedFile
from archiver.ingest.sniff import Format
from archiver.records import Capture, Kind, Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.warc import NewRecord, as_written, read_block, record_id
from snapshots.catalogue import next_id
from snapshots.rows import Entry, store_captures
from snapshots.tables import intake, original, snapshot
from snapshots.writer import Writer, store_problems

__all__ = ["Intake", "Session"]


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


class Session:
    """One input on its way in: what is known of it while rows and records are made."""

    def __init__(
        self,
        writer: Writer,
        name: str,
        kind: Format,
        digest: str,
        *,
        label: str,
        joins: bool,
        operator: str,
    ) -> None:
        self.writer = writer
        self.name = name
        self.kind = kind
        self.digest = digest
        self.label = label
        self.joins = joins
        self.operator = operator
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.entries: list[Entry] = []
        self.pages: list[str] = []  # addresses on page lists that came with it
        self.originals: dict[str, tuple[str, int]] = {}

    def take(self, found: Converted | SavedFile | Problem) -> None:
        """Note a problem, keep a file, or write a record."""
        if isinstance(found, Problem):
            self.problems.append(found)
        elif isinstance(found, SavedFile):
            self.keep(found)
        else:
            self.write(found)

    def keep(self, saved: SavedFile) -> None:
        """Keep an input file that is in memory."""
        self.writer.keep_original(saved.data, saved.sha256)
        self.originals[saved.sha256] = (saved.name, len(saved.data))

    def keep_file(self, path: Path) -> str:
        """Keep the input itself, a file of any size, and give its SHA-256."""
        sha256, size = self.writer.keep_file(path)
        self.originals[sha256] = (self.name, size)
        return sha256

    def write(self, found: Converted) -> None:
        """Write a record made from the input, and what goes with it; list it if it is a capture."""
        self.problems.extend(found.problems)
        self.counts[found.counted] += 1
        identity = record_id()
        algorithm = self.writer.archive.settings.payload_digest
        facts = read_block(
            found.type, found.block, algorithm=None if algorithm == "sha1" else algorithm
        )
        payload = facts.declared.payload if facts.declared else facts.payload_digest
        moment = parse_timestamp(found.timestamp)
        capture = found.provenance is not None
        place = self.writer.append(
            NewRecord(
                type=found.type,
                id=identity,
                date=moment,
                target=found.target,
                content_type=found.content_type,
                block=found.block,
                payload_digest=payload if capture else None,
                fields=found.fields,
            )
        )
        for other in found.beside:
            self.write(replace(other, fields=(*other.fields, ("WARC-Concurrent-To", identity))))
        if found.provenance is None:
            return
        self.writer.append(
            NewRecord(
                type="metadata",
                id=record_id(),
                date=moment,
                target=found.target,
                content_type="application/json",
                block=found.provenance.to_json().encode(),
                fields=(("WARC-Refers-To", identity),),
            )
        )
        content_type: str | None = found.content_type
        if facts.http:
            content_type = facts.http.headers.get("Content-Type")
        self.entries.append(
            Entry(
                Capture(
                    url=as_written(found.target or ""),
                    timestamp=found.timestamp,
                    kind=Kind(found.type),
                    status=facts.http.status if facts.http else None,
                    media_type=media_type(content_type)[0],
                    digest=write_digest(payload),
                    file=place.file,
                    offset=place.offset,
                    length=place.length,
                    grade=found.provenance.grade,
                ),
                stated=found.provenance.stated,
                chosen=found.provenance.chosen,
            )
        )

    def store(self, connection: Connection) -> Intake:
        """Write every row of the input; called within the one transaction."""
        # A package may hold files of many kinds; the catalogue made anew goes file by file.
        order = {file: number for number, file in enumerate(self.writer.touched())}
        self.entries.sort(key=lambda entry: order[entry.capture.file])
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
                name=self.name,
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
            name=self.name,
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
