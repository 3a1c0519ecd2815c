"""A crawl as the engine drives its store, one exchange after the other, without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archiver.capture.exchange import Cut
from archiver.capture.recording import (
    IDENTICAL,
    NOT_MODIFIED,
    Circumstances,
    Earlier,
    measure,
    records,
)
from archiver.capture.verdict import Verdict
from archiver.digests import write_digest
from archiver.http import media_type
from archiver.records import Capture, Kind, Problem
from archiver.timestamps import format_timestamp
from snapshots.crawl.earlier import EarlierCaptures
from snapshots.crawl.frontier import Found, Lease, Settled, State
from snapshots.crawl.outcome import Outcome, outcome_of
from snapshots.crawl.store import RUNNING, CrawlStore
from snapshots.rows import Entry
from snapshots.writer import Writer
from tests.exchanges import exchange

__all__ = ["HOST", "Crawling", "Order"]

HOST = "http://www.homeoffice.example"
BEGUN = datetime(2026, 5, 9, 10, 16, 21, tzinfo=UTC)
_YES = Verdict(True, "")


@dataclass(frozen=True, slots=True)
class Order:
    """As much of an order as the store has to know."""

    identity: str = "1f" * 32
    seeds: tuple[str, ...] = (f"{HOST}/",)
    label: str = "Home Office"
    operator: str = "A. Archivist"
    robots: bool = True

    def to_json(self) -> str:
        return f'{{"seeds": ["{self.seeds[0]}"]}}'


class Crawling:
    """One run of a crawl, driven by a test."""

    def __init__(self, writer: Writer, order: Order | None = None, *, at: datetime = BEGUN) -> None:
        self.writer = writer
        self.store = CrawlStore(writer, order or Order(), "host www.homeoffice.example")
        self.earlier = EarlierCaptures(writer.archive, self.store.snapshot_id)
        self.at = at
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.found: list[Found] = []
        self.settled: list[Settled] = []
        self.received = 0

    def lend(self, number: int = 1) -> list[Lease]:
        """Take the next addresses of the first server."""
        found: list[Lease] = []
        frontier = self.store.frontier

        def act(connection: object) -> None:
            site = next(iter(frontier.queued), 0)
            found.extend(frontier.claim(connection, site, number, 1))  # type: ignore[arg-type]

        self.store.commit([], [], act)
        return found

    def answer(
        self,
        lease: Lease | None,
        response: bytes,
        *,
        url: str = "",
        leads_to: Sequence[str] = (),
        cut: Cut | None = None,
        not_modified: Earlier | None = None,
    ) -> Outcome:
        """Record an answer as the engine does, and settle its lease; the next is a second later."""
        address = lease.url if lease else f"{HOST}{url}"
        given = exchange(address, response, asked_at=self.at, cut=cut)
        self.at += timedelta(seconds=1)
        assert given.head
        measured = measure(given, self.writer.archive.settings.payload_digest)
        same_as, profile = not_modified, NOT_MODIFIED if not_modified else IDENTICAL
        with self.writer.archive.catalogue.read() as connection:
            if same_as is None and measured.comparable:
                codings = given.head.content_codings
                same_as = self.earlier.original(connection, measured.digest, codings)
            before = self.earlier.before(connection, address)
        written = records(given, Circumstances(), measured, same_as=same_as, profile=profile)
        places = [self.writer.append(record) for record in written]
        timestamp = format_timestamp(given.asked_at)
        digest = same_as.digest if same_as else measured.digest
        if same_as is None and measured.comparable:
            taken = Earlier(address, timestamp, digest)
            self.earlier.remember(taken, given.head.content_codings)
        kind = Kind.REVISIT if same_as else Kind.RESPONSE
        type_ = media_type(given.head.headers.get("Content-Type"))[0]
        place = places[0]
        told = (write_digest(digest), place.file, place.offset, place.length)
        status = given.head.status
        self.entries.append(Entry(Capture(address, timestamp, kind, status, type_, *told)))
        if cut:
            self.problems.append(Problem("truncated-answer", "cut", place.file, url=address))
        outcome = outcome_of(status, digest, before, whole=cut is None)
        self.received += given.length
        if lease:
            size = given.length
            self.settled.append(Settled(lease.id, State.DONE, "", status, outcome, timestamp, size))
            self.found += [Found(f"{HOST}{one}", lease.path + "L", lease.id) for one in leads_to]
        return outcome

    def commit(self, state: str = RUNNING, notes: dict[str, str | None] | None = None) -> None:
        """Make all of it part of the archive."""
        frontier = self.store.frontier

        def act(connection: object) -> None:
            frontier.add(connection, self.found, lambda _: _YES)  # type: ignore[arg-type]
            frontier.settle(connection, self.settled)  # type: ignore[arg-type]

        self.store.commit(
            *(self.entries, self.problems, act), received=self.received, notes=notes, state=state
        )
        self.entries, self.problems, self.found, self.settled = [], [], [], []
        self.received = 0
