"""How the crawls of an archive stand; to be asked while one runs, by any process."""

from dataclasses import dataclass

from sqlalchemy import select

from snapshots.archive import Archive
from snapshots.crawl.order import Order
from snapshots.crawl.store import ENDING, PROCESS, RUNNING, CrawlRow, crawls
from snapshots.tables import crawl_note, snapshot

__all__ = ["INTERRUPTED", "CrawlStatus", "statuses"]

INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class CrawlStatus:
    """A crawl, and how it stands.

    Attributes:
        row: as the catalogue has it.
        order: what was asked for.
        label: of its snapshot.
        state: running, stopped, finished; or interrupted, when the process that ran it is gone.
        ending: why it ended with addresses left; empty when it did not.
    """

    row: CrawlRow
    order: Order
    label: str
    state: str
    ending: str

    @property
    def seconds(self) -> float:
        """How long it ran, all runs together, as of what was stored last."""
        return self.row.spent / 1000

    @property
    def rate(self) -> float:
        """Answers stored in a second, over all its runs."""
        return self.row.exchanges / self.seconds if self.row.spent else 0.0

    @property
    def queued(self) -> int:
        """Addresses still to be asked."""
        counts = self.row.counts
        return counts.get("queued", 0) + counts.get("leased", 0)


def statuses(archive: Archive, number: int | None = None) -> list[CrawlStatus]:
    """Tell how all crawls stand, or the one of a number, the first first."""
    # Who began or ended a crawl while it was looked at is looked at again.
    process = archive.writing_process()
    while True:
        found = _read(archive, number, process)
        before, process = process, archive.writing_process()
        if process == before:
            return found


def _read(archive: Archive, number: int | None, process: str | None) -> list[CrawlStatus]:
    notes = select(crawl_note.c.crawl_id, crawl_note.c.name, crawl_note.c.text)
    own = notes.where(crawl_note.c.name.in_((ENDING, PROCESS)))
    with archive.catalogue.read() as connection:
        rows = crawls(connection, number)
        told = {(crawl, name): text for crawl, name, text in connection.execute(own)}
        labels = dict(connection.execute(select(snapshot.c.id, snapshot.c.label)).all())
    return [
        CrawlStatus(
            row,
            Order.from_json(row.asked),
            labels.get(row.snapshot_id, ""),
            _state(row, process, told.get((row.number, PROCESS), "")),
            told.get((row.number, ENDING), ""),
        )
        for row in rows
    ]


def _state(row: CrawlRow, process: str | None, own: str) -> str:
    if row.state == RUNNING and (process is None or process != own):
        return INTERRUPTED
    return row.state
