"""What a crawl's place in the archive costs: its frontier, and its commits, each of them synced.

Beside the commits stands a file that is appended to and synced as often as a commit has to be: four
times, see `snapshots.writer`.
"""

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from archiver.capture.verdict import Verdict
from archiver.digests import sha1, write_digest
from archiver.records import Capture, Kind
from archiver.timestamps import format_timestamp
from archiver.warc import NewRecord, record_id
from snapshots.archive import Archive
from snapshots.crawl.frontier import Found, Frontier, Settled, State
from snapshots.crawl.store import CrawlStore
from snapshots.rows import Entry
from snapshots.settings import Settings
from snapshots.writer import Writer

_HOST = "http://www.homeoffice.example"
_LINKS = 50  # of one page
_PAGES = 20  # in one transaction
_SYNCS = 4  # that a commit waits for
_OUTSIDE = 10  # one address in so many is refused


@dataclass(frozen=True)
class Order:
    """As much of an order as the store looks at."""

    identity: str
    seeds: tuple[str, ...] = (f"{_HOST}/",)
    label: str = "benchmark"
    operator: str = ""
    robots: bool = True

    def to_json(self) -> str:
        """Write it down."""
        return "{}"


def main() -> None:
    """Measure, and print what was measured."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--addresses", type=int, default=100_000)
    asked.add_argument("--answers", type=int, default=3_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder)
        with Archive.create(path / "archive", Settings(name="Benchmark")) as archive:
            with Writer(archive) as writer:
                _frontier(writer, given.addresses, random.Random(given.seed))  # noqa: S311
            rates = {}
            for size in (1, 30):
                with Writer(archive) as writer:
                    rates[size] = _commits(writer, given.answers, size)
        bare = _syncs(path / "bare", given.answers)
    for size, rate in rates.items():
        print(f"answers a second, {size} in a commit: {rate:,.0f}, {rate / bare:.2f} of bare syncs")
    print(f"bare syncs, {_SYNCS} for each answer: {bare:,.0f} answers a second")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


def _frontier(writer: Writer, addresses: int, chance: random.Random) -> None:
    # Pages of fifty links, one of them new; most of the others were met a little before.
    store = CrawlStore(writer, Order("frontier"), "")
    met = links = 0

    def page() -> Iterator[Found]:
        nonlocal met
        for number in range(_LINKS):
            if number == 0 or met < _LINKS:
                wanted, met = met, met + 1
            else:
                first = 0 if number % 5 == 0 else max(0, met - 3_000)
                wanted = chance.randrange(first, met)
            yield Found(f"{_HOST}/crime-and-policing/{wanted % 97}/page-{wanted}.html", "LLL")

    def judge(found: Found) -> Verdict:
        return Verdict(not found.url.endswith(f"{_OUTSIDE - 1}.html"), "scope: outside host")

    def act(connection: Connection) -> None:
        nonlocal links
        frontier = store.frontier
        for _ in range(_PAGES):
            frontier.add(connection, page(), judge)
            links += _LINKS
        site = next(iter(frontier.queued))
        leases = frontier.claim(connection, site, _PAGES, 0)
        at = "20260509101621"
        settled = (Settled(one.id, State.DONE, "", 200, None, at, 5_000) for one in leases)
        frontier.settle(connection, settled)

    with _timed() as took:
        while met < addresses:
            store.commit([], [], act)
    print(f"links a second, one in {_LINKS} new, with lending and settling: {links / took():,.0f}")
    with writer.archive.catalogue.read() as connection, _timed() as took:
        Frontier(connection, store.number)
    print(f"taking up a frontier of {met:,} addresses: {took():.2f} s")
    with writer.archive.catalogue.read() as connection:
        pages, size = (
            int(connection.exec_driver_sql(f"PRAGMA page_{what}").scalar_one())
            for what in ("count", "size")
        )
    print(f"catalogue: {pages * size / met:.0f} bytes an address")


def _commits(writer: Writer, answers: int, size: int) -> float:
    store = CrawlStore(writer, Order(f"commits of {size}"), "")
    at = datetime.now(UTC).replace(microsecond=0)
    number = 0
    with _timed() as took:
        while number < answers:
            entries = []
            for _ in range(size):
                number += 1
                entries.append(_record(writer, f"{_HOST}/{number}", at + timedelta(seconds=number)))
            store.commit(entries, [], lambda _: None)
    return number / took()


def _record(writer: Writer, url: str, at: datetime) -> Entry:
    body = f"<p>{url}</p>".encode() * 100
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    digest = sha1(body)
    identity = record_id()
    kind = "application/http;msgtype=response"
    place = writer.append(NewRecord("response", identity, at, url, kind, block, digest))
    beside = (("WARC-Concurrent-To", identity),)
    for name, type_, text in (
        ("request", "application/http;msgtype=request", b"GET / HTTP/1.1\r\n\r\n"),
        ("metadata", "application/warc-fields", b"hopsFromSeed: L\r\n"),
    ):
        writer.append(NewRecord(name, record_id(), at, url, type_, text, None, beside))
    told = (write_digest(digest), place.file, place.offset, place.length)
    time_ = format_timestamp(at)
    return Entry(Capture(url, time_, Kind.RESPONSE, 200, "text/html", *told))


def _syncs(path: Path, answers: int) -> float:
    with path.open("wb", buffering=0) as file, _timed() as took:
        for _ in range(answers):
            for _ in range(_SYNCS):
                file.write(b"x" * 1_000)
                os.fsync(file.fileno())
    return answers / took()


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: ended[0]
    ended.append(time.perf_counter() - began)


if __name__ == "__main__":
    main()
