"""One input on its way into the archive: what is kept, written and listed of it, and its rows."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from archiver.digests import write_digest
from archiver.errors import FormatError
from archiver.http import media_type
from archiver.ingest.converted import Converted
from archiver.ingest.saved import SavedFile
from archiver.ingest.sniff import Format
from archiver.ingest.wacz import ListedPage
from archiver.payload import read_block
from archiver.records import Capture, Kind, Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.warc import Listed, NewRecord, as_written, record_id
from snapshots.catalogue import next_id
from snapshots.erasure.register import brought_back
from snapshots.ingest.copying import Copied
from snapshots.ingest.reading import ReadWarc
from snapshots.listed import store_pages
from snapshots.rows import Entry, store_captures
from snapshots.tables import intake, original, snapshot
from snapshots.writer import Writer, store_problems

__all__ = ["Intake", "Session", "Tick"]


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


Tick = Callable[[int], object]
"""Is told, now and then, how many bytes of an input were read."""


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
        check: bool = True,
        listed: Mapping[str, Mapping[int, Listed]] | None = None,
        ahead: ReadWarc | None = None,
        copied: Copied | None = None,
        tick: Tick = lambda done: None,
    ) -> None:
        self.writer = writer
        self.name = name
        self.kind = kind
        self.digest = digest
        self.label = label
        self.joins = joins
        self.operator = operator
        self.check = check  # whether the digests that WARC records declare are checked
        self.tick = tick  # to be told how many bytes of the input were read
        self.ahead = ahead  # what was read of it before its turn
        self.copied = copied  # a copy made before its turn, for the taking
        self.listed = listed  # what an index says of WARC files, by their names
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.entries: list[Entry] = []
        self.pages: list[ListedPage] = []  # from page lists that came with it
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

    def keep_file(self, path: Path, name: str | None = None) -> str:
        """Keep the input itself, or a part beside it, and give its SHA-256; any size will do."""
        sha256, size = self.writer.keep_file(path)
        self.originals[sha256] = (name or self.name, size)
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
        payload = facts.others.payload if facts.others else facts.payload_digest
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
        """Write every row of the input; called within the one transaction.

        Raises:
            FormatError: when it holds a capture that was erased.
        """
        captures = ((entry.capture.url, entry.capture.timestamp) for entry in self.entries)
        if back := brought_back(connection, captures):
            raise FormatError(self.name, back)
        # A package may hold files of many kinds; the catalogue made anew goes file by file.
        order = {file: number for number, file in enumerate(self.writer.touched())}
        self.entries.sort(key=lambda entry: order[entry.capture.file])
        now = int(format_timestamp(datetime.now(UTC)))
        snapshot_id = self._snapshot(connection, now)
        stored = store_captures(connection, self.entries, snapshot_id)
        before = select(snapshot.c.captures, snapshot.c.first, snapshot.c.last)
        count, *span = connection.execute(before.where(snapshot.c.id == snapshot_id)).one()
        times = [time for time in (*span, stored.first, stored.last) if time is not None]
        connection.execute(
            update(snapshot)
            .where(snapshot.c.id == snapshot_id)
            .values(
                captures=count + stored.captures,
                first=min(times, default=None),
                last=max(times, default=None),
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
                captures=stored.captures,
                counts=json.dumps(dict(sorted(self.counts.items()))),
            )
        )
        for sha256, (name, size) in self.originals.items():
            known = select(original.c.sha256).where(original.c.sha256 == sha256)
            if connection.scalar(known) is None:
                row = {"sha256": sha256, "size": size, "name": name, "intake_id": intake_id}
                connection.execute(insert(original).values(row))
        store_pages(connection, intake_id, self.pages, self.entries)
        store_problems(connection, intake_id, self.problems)
        return Intake(
            name=self.name,
            format=self.kind,
            snapshot_id=snapshot_id,
            label=self.label,
            captures=stored.captures,
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
