"""A crawl as the archive keeps it: begun once, taken up again, and written in groups.

Records are appended to the WARC file as they come; `CrawlStore.commit` makes them part of the
archive together with all that came of them - captures, addresses found, leases settled, what is
known of servers - or nothing of it. So after a kill an address is either done, with its records and
with what it led to, or still to be asked, and what was written for it is moved to quarantine.

A crawl has a snapshot and one row of inputs, on which its problems hang. Their numbers are right
after every commit. A transaction that fails ends a store: begin another, and the crawl goes on from
the last commit.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Connection, insert, select, update

from archiver.errors import ArchiveError
from archiver.records import Kind, Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp, parse_timestamp
from snapshots.archive import this_process
from snapshots.catalogue import Catalogue, next_id, run_tuples
from snapshots.crawl.frontier import Frontier
from snapshots.rows import Entry, store_captures
from snapshots.tables import crawl, crawl_note, intake, snapshot
from snapshots.writer import Writer, store_problems

__all__ = [
    "ENDING",
    "FINISHED",
    "FORMAT",
    "PROCESS",
    "RUNNING",
    "STOPPED",
    "Asked",
    "CrawlRow",
    "CrawlStore",
    "ask_to_stop",
    "close_crawl",
    "crawls",
    "unfinished",
]

FORMAT: Final = "crawl"  # of its row of inputs
RUNNING: Final = "running"
STOPPED: Final = "stopped"
FINISHED: Final = "finished"
ENDING: Final = " ending"  # name of the note why it ended with addresses left
PROCESS: Final = " process"  # and of that which process ran it last
_STOP = " stop"  # name of the note by which somebody asks a crawl to stop
_SEEDS_TOLD = 3


class Asked(Protocol):
    """What a store has to know of an order for a crawl."""

    @property
    def identity(self) -> str:
        """SHA-256, in hex, of what makes it this crawl: the same again goes on with it."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """Where it begins."""

    @property
    def label(self) -> str:
        """What the snapshot is called."""

    @property
    def operator(self) -> str:
        """Who ordered it; empty when not told."""

    @property
    def robots(self) -> bool:
        """Whether robots.txt is obeyed."""

    def to_json(self) -> str:
        """Write the whole order down."""


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """A crawl as the catalogue has it.

    Attributes:
        number: crawls count from 1.
        snapshot_id: the snapshot its captures are in.
        asked: the order, as JSON.
        state: running, stopped or finished; one that says it is running may have been killed.
        begun: 14 digits.
        ended: 14 digits; None while it runs.
        spent: milliseconds, all runs together.
        exchanges: how many were stored.
        bytes: of the answers.
        counts: addresses by state.
        stop_asked: whether somebody asked it to stop, and it did not begin again since.
    """

    number: int
    snapshot_id: int
    asked: str
    state: str
    begun: str
    ended: str | None
    spent: int
    exchanges: int
    bytes: int
    counts: dict[str, int]
    stop_asked: bool


def crawls(connection: Connection, number: int | None = None) -> list[CrawlRow]:
    """Give all crawls, or that of a number, the first first."""
    query = select(crawl).order_by(crawl.c.id)
    if number is not None:
        query = query.where(crawl.c.id == number)
    asked = select(crawl_note.c.crawl_id).where(crawl_note.c.name == _STOP)
    stopping = set(connection.scalars(asked))
    return [
        CrawlRow(
            *(row.id, row.snapshot_id, row.asked, row.state, f"{row.begun:014}"),
            None if row.ended is None else f"{row.ended:014}",
            *(row.spent, row.exchanges, row.bytes, json.loads(row.counts), row.id in stopping),
        )
        for row in connection.execute(query)
    ]


def ask_to_stop(catalogue: Catalogue, number: int) -> None:
    """Ask a crawl that may be running in another process to stop; it looks for that now and then.

    It is a row of its own: two transactions that write the row of the crawl would clash.

    Raises:
        ArchiveError: when there is no such crawl.
    """
    with catalogue.write() as connection:
        if connection.scalar(select(crawl.c.id).where(crawl.c.id == number)) is None:
            raise ArchiveError(f"there is no crawl {number}; see: marsham capture --status")
        run_tuples(connection, _KEEP_NOTE, [(number, _STOP, "")])


def unfinished(connection: Connection, order: Asked) -> int | None:
    """Give the number of the last crawl of an order that is not finished; None for none."""
    query = select(crawl.c.id).where(crawl.c.identity == order.identity, crawl.c.state != FINISHED)
    number: int | None = connection.scalar(query.order_by(crawl.c.id.desc()).limit(1))
    return number


def close_crawl(writer: Writer, number: int, ending: str) -> None:
    """Close an unfinished crawl, so that the same order begins another.

    Args:
        writer: of the archive; so nobody runs the crawl.
        number: of the crawl.
        ending: why it ended with addresses left.
    """
    with writer.archive.catalogue.write() as connection:
        connection.execute(update(crawl).where(crawl.c.id == number).values(state=FINISHED))
        run_tuples(connection, _KEEP_NOTE, [(number, ENDING, ending)])


class CrawlStore:
    """What one run of a crawl reads and writes; for the thread of the archive's writer.

    Attributes:
        number: of the crawl.
        snapshot_id: its snapshot.
        label: what that is called.
        resumed: whether it was begun by an earlier run.
        begun: when it was begun first, an aware datetime.
        frontier: its addresses; no good any more once a transaction failed.
        notes: what it keeps in mind, by name, as the last run left it.
        exchanges: how many are stored.
        bytes: of their answers.
    """

    def __init__(self, writer: Writer, order: Asked, scope: str) -> None:
        """Begin a crawl, or take up the last one of the same order that is not finished.

        Args:
            writer: of the archive; its next records go to a file of their own, whose warcinfo
                record tells of the crawl.
            order: what was asked for.
            scope: what it comes to, in words.
        """
        self._writer = writer
        self._order = order
        self._began = monotonic()
        self.notes: dict[str, str] = {}
        self._records: Counter[str] = Counter()
        self._span: tuple[int, int] | None = None
        self._captures = self._spent_before = self.exchanges = self.bytes = 0
        writer.begin_file(_facts(order, scope))
        with writer.archive.catalogue.read() as connection:
            known = unfinished(connection, order)
        self.resumed = known is not None
        if known is None:
            writer.commit(self._begin)
        else:  # nothing of what a commit note tells is changed
            with writer.archive.catalogue.write() as connection:
                self._take_up(connection, known)

    def commit(
        self,
        entries: Sequence[Entry],
        problems: Sequence[Problem],
        act: Callable[[Connection], object],
        *,
        received: int = 0,
        notes: Mapping[str, str | None] | None = None,
        state: str = RUNNING,
    ) -> None:
        """Make what was appended part of the archive, with all that is to be known of it.

        Args:
            entries: captures, in the order of their records.
            problems: found meanwhile.
            act: what else is to be written in the same transaction, such as to the frontier.
            received: bytes of the answers.
            notes: changed notes by name; None for one that is no longer needed.
            state: of the crawl from now on.

        Raises:
            NotWritableError, ArchiveError: nothing of it is done; roll the writer back.
        """
        writer = self._writer
        records = self._records + writer.appended
        answers = sum(entry.capture.kind is not Kind.RESOURCE for entry in entries)

        def store(connection: Connection) -> None:
            if entries or writer.appended:
                self._store_captures(connection, entries, records)
            store_problems(connection, self._intake_id, list(problems))
            act(connection)
            self._keep_notes(connection, notes or {})
            self._tell(connection, answers, received, state)

        if entries or problems or writer.appended:
            ids = {"snapshot_id": self.snapshot_id, "intake_id": self._intake_id}
            writer.commit(store, extend=True, **ids)
        else:
            with writer.archive.catalogue.write() as connection:
                store(connection)
        self._records = records
        self.exchanges += answers
        self.bytes += received

    @property
    def spent(self) -> float:
        """Seconds it ran, all runs together."""
        return self._spent_before / 1000 + monotonic() - self._began

    def is_stop_asked(self) -> bool:
        """Tell whether somebody else asked it to stop."""
        query = select(crawl_note.c.crawl_id).where(
            crawl_note.c.crawl_id == self.number, crawl_note.c.name == _STOP
        )
        with self._writer.archive.catalogue.read() as connection:
            return connection.scalar(query) is not None

    def _begin(self, connection: Connection) -> None:
        order, now = self._order, datetime.now(UTC).replace(microsecond=0)
        at = int(format_timestamp(now))
        self.begun, self.label = now, order.label
        self.snapshot_id = next_id(connection, snapshot)
        connection.execute(
            insert(snapshot).values(
                id=self.snapshot_id,
                label=self.label,
                kind="crawl",
                created=at,
                tool=software_name(),
                operator=order.operator,
                captures=0,
            )
        )
        self._intake_id = next_id(connection, intake)
        more = len(order.seeds) - _SEEDS_TOLD
        own = f"{order.identity} {at} {self.snapshot_id}"
        connection.execute(
            insert(intake).values(
                id=self._intake_id,
                snapshot_id=self.snapshot_id,
                name=" ".join(order.seeds[:_SEEDS_TOLD])
                + (f" and {more} more" if more > 0 else ""),
                format=FORMAT,
                digest=sha256(own.encode()).hexdigest(),
                taken=at,
                captures=0,
                counts="{}",
            )
        )
        self.number = next_id(connection, crawl)
        connection.execute(
            insert(crawl).values(
                id=self.number,
                snapshot_id=self.snapshot_id,
                identity=order.identity,
                asked=order.to_json(),
                state=RUNNING,
                begun=at,
                spent=0,
                exchanges=0,
                bytes=0,
                counts="{}",
            )
        )
        self._keep_notes(connection, {PROCESS: this_process()})
        self.frontier = Frontier(connection, self.number)

    def _take_up(self, connection: Connection, number: int) -> None:
        self.number = number
        [row] = crawls(connection, number)
        self.begun = parse_timestamp(row.begun)
        self.snapshot_id, self._spent_before = row.snapshot_id, row.spent
        self.exchanges, self.bytes = row.exchanges, row.bytes
        taken = connection.execute(
            select(snapshot.c.label, snapshot.c.captures, snapshot.c.first, snapshot.c.last).where(
                snapshot.c.id == row.snapshot_id
            )
        ).one()
        self.label, self._captures = taken.label, taken.captures
        self._span = None if taken.first is None else (taken.first, taken.last)
        input_row = select(intake.c.id, intake.c.counts).where(
            intake.c.snapshot_id == row.snapshot_id
        )
        found = connection.execute(input_row.order_by(intake.c.id).limit(1)).one()
        self._intake_id, self._records = found.id, Counter(json.loads(found.counts))
        # What was asked of the run before, and why it ended, does not hold for this one.
        self._keep_notes(connection, {PROCESS: this_process(), ENDING: None, _STOP: None})
        noted = crawl_note.c.crawl_id == number
        told = select(crawl_note.c.name, crawl_note.c.text).where(noted)
        own = (ENDING, PROCESS, _STOP)
        self.notes.update(
            (name, text) for name, text in connection.execute(told) if name not in own
        )
        connection.execute(
            update(crawl)
            .where(crawl.c.id == number)
            .values(asked=self._order.to_json(), state=RUNNING, ended=None)
        )
        self.frontier = Frontier(connection, number)
        self.frontier.release_leases(connection)

    def _store_captures(
        self, connection: Connection, entries: Sequence[Entry], records: Counter[str]
    ) -> None:
        stored = store_captures(connection, entries, self.snapshot_id)
        self._captures += stored.captures
        if stored.first is not None and stored.last is not None:
            first, last = self._span or (stored.first, stored.last)
            self._span = min(first, stored.first), max(last, stored.last)
        row = (self._captures, *(self._span or (None, None)), self.snapshot_id)
        run_tuples(connection, _TELL_SNAPSHOT, [row])
        counts = json.dumps(dict(sorted(records.items())))
        run_tuples(connection, _TELL_INTAKE, [(self._captures, counts, self._intake_id)])

    def _keep_notes(self, connection: Connection, notes: Mapping[str, str | None]) -> None:
        kept = [(self.number, name, text) for name, text in notes.items() if text is not None]
        run_tuples(connection, _KEEP_NOTE, kept)
        gone = [(self.number, name) for name, text in notes.items() if text is None]
        run_tuples(connection, _DROP_NOTE, gone)

    def _tell(self, connection: Connection, exchanges: int, received: int, state: str) -> None:
        ended = None if state == RUNNING else int(format_timestamp(datetime.now(UTC)))
        so_far = (self.exchanges + exchanges, self.bytes + received, self.frontier.told())
        row = (state, ended, round(self.spent * 1000), *so_far, self.number)
        run_tuples(connection, _TELL_CRAWL, [row])


def _facts(order: Asked, scope: str) -> dict[str, str]:
    # Source for the names of the first two: ISO 28500, clause 6.2.
    told = {"operator": order.operator} if order.operator else {}
    told["robots"] = "obeyed" if order.robots else "ignored"
    return {**told, "scope": scope, "crawl-order": order.to_json()}


_TELL_SNAPSHOT = "UPDATE snapshot SET captures = ?, first = ?, last = ? WHERE id = ?"
_TELL_INTAKE = "UPDATE intake SET captures = ?, counts = ? WHERE id = ?"
_TELL_CRAWL = (
    "UPDATE crawl SET state = ?, ended = ?, spent = ?, exchanges = ?, bytes = ?, counts = ? "
    "WHERE id = ?"
)
_KEEP_NOTE = (
    "INSERT INTO crawl_note (crawl_id, name, text) VALUES (?, ?, ?) "
    "ON CONFLICT (crawl_id, name) DO UPDATE SET text = excluded.text"
)
_DROP_NOTE = "DELETE FROM crawl_note WHERE crawl_id = ? AND name = ?"
