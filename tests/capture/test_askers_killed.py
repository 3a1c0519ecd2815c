"""The process that asks is killed while a crawl runs: the crawl comes to what it would have."""

import os
import random
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.frontier import State, met
from snapshots.crawl.order import Order
from snapshots.crawl.store import FINISHED, crawls
from snapshots.writer import Writer
from tests.capture.forest import Forest, addresses
from tests.capture.test_crawl import Site, order_of, page
from tests.capture.test_crawl_killed import captured
from tests.loopback import Loopback, Reply, answer

SERVE = b"archiver.capture.askers:serve"
KILLS = 12


def askers() -> list[int]:
    """The processes that ask for this one."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and SERVE in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def kill_askers() -> None:
    for process in askers():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def crawl(path: Path, order: Order) -> Crawl:
    with Archive.open(path) as archive, Writer(archive) as writer:
        run = Crawl(writer, order)
        run.run()
    return run


def states(path: Path) -> dict[str, tuple[State, str]]:
    with Archive.open(path) as archive, archive.catalogue.read() as connection:
        return {one.url: (one.state, one.rule) for one in met(connection, 1)}


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two archives."""
    for name in ("undisturbed", "killed"):
        Archive.create(tmp_path / name).close()
    return tmp_path / "undisturbed", tmp_path / "killed"


def test_killed_again_and_again_it_comes_to_what_nobody_disturbs(two: tuple[Path, Path]) -> None:
    undisturbed, killed = two
    dice = random.Random(2011)  # noqa: S311 - chance, not secrecy
    at = set(dice.sample(range(5, 900), KILLS))
    forest = Forest()
    disturbing = threading.Event()

    def reply(target: str) -> Reply:
        if disturbing.is_set() and len(site.asked) in at:
            kill_askers()
        return forest(target)

    with Loopback(reply, keep_alive=True) as site:
        order = Order((f"{site.url}/",), delay=0.0, back_off=0.01, allow_private=True)
        crawl(undisturbed, order)
        forest.asked.clear()
        site.requests.clear()
        disturbing.set()
        run = crawl(killed, order)
        assert (run.ending, askers()) == ("", [])
        assert {url for url, _, _ in captured(killed)} == addresses(site.url)
    assert captured(killed) == captured(undisturbed)
    assert not any(state is State.FAILED for state, _ in states(killed).values())
    with Archive.open(killed) as archive, archive.catalogue.read() as connection:
        [row] = crawls(connection)
    assert row.state == FINISHED


def test_a_page_that_kills_it_is_asked_thrice_and_takes_nothing_with_it(
    two: tuple[Path, Path],
) -> None:
    _, killed = two
    slow = threading.Event()
    pages: dict[str, Reply] = {f"/{n}": answer(page(f"Number {n}")) for n in range(20)}

    def deadly(target: str) -> Reply:
        if target == "/deadly":
            slow.wait(5)  # until another server's page is under way
            kill_askers()
            return None
        return Site(pages | {"/": answer(page("Home", *pages, "/deadly"))})(target)

    def slowly(target: str) -> Reply:
        if target == "/slow":
            slow.set()
            threading.Event().wait(0.3)
        return answer(page(f"Beside {target}"))

    with Loopback(slowly) as beside, Loopback(deadly, keep_alive=True) as server:
        order = order_of(
            server, seeds=(f"{server.url}/deadly", f"{server.url}/", f"{beside.url}/slow")
        )
        run = crawl(killed, order)
        assert run.ending == ""
        found = states(killed)
        rule = "error: the process that asks has ended"
        assert found.pop(f"{server.url}/deadly") == (State.FAILED, rule)
        assert {state for state, _ in found.values()} == {State.DONE}
        assert server.asked.count("/deadly") == 3
        assert beside.asked.count("/slow") <= 2
        assert {url for url, _, _ in captured(killed)} == set(found)


@pytest.mark.parametrize("redirected", [False, True])
def test_a_robots_txt_that_kills_it_closes_its_server(
    two: tuple[Path, Path], redirected: bool
) -> None:
    def deadly(target: str) -> Reply:
        if redirected and target == "/robots.txt":
            return answer(status="302 Found", fields=[("Location", "/rules.txt")])
        kill_askers()
        return None

    with Loopback(deadly) as server:
        run = crawl(two[1], order_of(server))
        assert run.ending == ""
        assert states(two[1])[f"{server.url}/"][0] is State.FAILED
        assert server.asked.count("/rules.txt" if redirected else "/robots.txt") == 3
        assert "/" not in server.asked


def test_where_it_only_ends_the_crawl_ends_with_everything_left_to_be_asked(
    two: tuple[Path, Path],
) -> None:
    links = [f"/{number}" for number in range(30)]
    well = threading.Event()

    def reply(target: str) -> Reply:
        if target in ("/", "/robots.txt"):
            return answer(page("Home", *links))
        if not well.is_set():
            kill_askers()
            return None
        return answer(page(target))

    with Loopback(reply) as server:
        run = crawl(two[1], order_of(server))
        assert run.ending == "the process that asks ends again and again"
        failed = [url for url, (state, _) in states(two[1]).items() if state is State.FAILED]
        assert len(failed) < 10
        well.set()
        assert crawl(two[1], order_of(server)).ending == ""
        found = states(two[1])
    assert sum(state is State.DONE for state, _ in found.values()) == 32 - len(failed)
