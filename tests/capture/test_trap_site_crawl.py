"""The trap site crawled on two days: all that must be had is had, and no trap holds the crawl."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.frontier import Counts, count
from snapshots.crawl.order import Order
from snapshots.crawl.outcome import Outcome
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer
from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.score import Score, score
from tests.capture.trap_site.server import TrapSite


@dataclass
class Crawled:
    """One crawl: its score, what came of its addresses, and why it ended."""

    score: Score
    counts: Counts
    ending: str


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list[Crawled]]]:
    """An archive with the crawls of both days."""
    root = tmp_path_factory.mktemp("crawled") / "archive"
    found: list[Crawled] = []
    earlier: list[Path] = []
    with TrapSite() as site, Archive.create(root) as archive:
        order = Order(
            (site.url,),
            delay=LIMITS.delay,
            tries=LIMITS.tries,
            back_off=LIMITS.back_off,
            body=LIMITS.body,
            seconds=LIMITS.seconds,
            silence=LIMITS.silence,
            contact="https://archive.example/crawler",
            allow_private_at=("127.0.0.0/8",),
        )
        for day in (1, 2):
            site.day = day
            site.restart_counts()
            before = len(site.log)
            with Writer(archive) as writer:
                crawl = Crawl(writer, order)
                crawl.run()
            with archive.catalogue.read() as connection:
                counts = count(connection, crawl.store.number)
            warcs = [place for place in sorted(root.glob("warcs/*/*/*")) if place not in earlier]
            log = site.log[before:]
            judged = score(site.manifest, log, warcs, day=day, earlier=earlier)
            found.append(Crawled(judged, counts, crawl.ending))
            earlier += warcs
        yield archive, found


@pytest.mark.parametrize("day", [1, 2])
def test_all_that_must_be_had_is_had_and_nothing_else_is_touched(
    crawled: tuple[Archive, list[Crawled]], day: int
) -> None:
    found = crawled[1][day - 1]
    assert found.score.faults == []
    assert found.ending == ""
    print(found.score.table(5))  # noqa: T201 - for who runs it with -s
    assert found.score.must.right == found.score.must.total >= 215
    assert found.score.should.right == found.score.should.total >= 54


def test_the_second_crawl_tells_what_became_of_the_first(
    crawled: tuple[Archive, list[Crawled]],
) -> None:
    outcomes = crawled[1][1].counts.outcomes
    told = {Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.GONE, Outcome.MOVED}
    assert told <= outcomes.keys()
    assert outcomes[Outcome.UNCHANGED] > outcomes[Outcome.CHANGED]


def test_the_archive_is_sound_after_both(crawled: tuple[Archive, list[Crawled]]) -> None:
    found: list[Finding] = []
    verify(crawled[0], Level.DEEP, found=found.append)
    assert found == []
