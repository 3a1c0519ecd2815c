"""A small crawl, on either database: what is asked, what is kept, and how it ends."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from archiver.errors import PatternError
from archiver.records import Kind
from archiver.timestamps import parse_timestamp
from snapshots import index
from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl, Progress
from snapshots.crawl.frontier import State, count, met
from snapshots.crawl.order import Order
from snapshots.crawl.outcome import Outcome
from snapshots.crawl.store import FINISHED, STOPPED, crawls
from snapshots.mementos import memento_at
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer
from tests.loopback import Loopback, Reply, answer

PAGE = "<title>{0}</title><h1>{0}</h1><p>{0} is what this page is about, and no other page is.</p>"


def page(title: str, *links: str) -> bytes:
    led = "".join(f'<a href="{link}">{link}</a>' for link in links)
    return (PAGE.format(title) + led).encode()


def order_of(site: Loopback, **more: object) -> Order:
    order = Order((f"{site.url}/",), delay=0.0, back_off=0.01, allow_private=True, probes=False)
    return replace(order, **more)  # type: ignore[arg-type]


def crawl(archive: Archive, order: Order) -> Crawl:
    with Writer(archive) as writer:
        run = Crawl(writer, order)
        run.run()
    return run


class Site:
    """A site that changes: pages by target, what is not there is a 404."""

    def __init__(self, pages: dict[str, Reply]) -> None:
        self.pages = pages

    def __call__(self, target: str) -> Reply:
        return self.pages.get(target) or answer(b"<p>No such page", status="404 Not Found")


def test_a_second_crawl_tells_new_changed_unchanged_gone_and_moved(archive: Archive) -> None:
    site = Site(
        {
            "/": answer(page("Home", "/same", "/other", "/gone", "/moved")),
            "/same": answer(page("Same")),
            "/other": answer(page("Other")),
            "/gone": answer(page("Gone")),
            "/moved": answer(page("Moved")),
        }
    )
    with Loopback(site, keep_alive=True) as server:
        first = crawl(archive, order_of(server))
        assert first.ending == ""
        del site.pages["/gone"]
        site.pages["/other"] = answer(page("Other, later"))
        site.pages["/moved"] = answer(status="301 Moved", fields=[("Location", "/new")])
        site.pages["/new"] = answer(page("New"))
        second = crawl(archive, order_of(server))
        with archive.catalogue.read() as connection:
            told = {
                one.url.removeprefix(server.url): one.outcome
                for one in met(connection, second.store.number)
            }
            same = [one.kind for one in index.versions(connection, f"{server.url}/same")]
            rows = crawls(connection)
        assert told == {
            "/": Outcome.UNCHANGED,
            "/robots.txt": Outcome.UNCHANGED,
            "/same": Outcome.UNCHANGED,
            "/other": Outcome.CHANGED,
            "/gone": Outcome.GONE,
            "/moved": Outcome.MOVED,
            "/new": Outcome.NEW,
        }
        assert [row.state for row in rows] == [FINISHED, FINISHED]
        assert rows[0].snapshot_id != rows[1].snapshot_id
        assert same == [Kind.RESPONSE, Kind.REVISIT]
        moment = parse_timestamp(rows[1].begun) + timedelta(seconds=30)
        assert memento_at(archive, f"{server.url}/same", moment).content() == page("Same")
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    assert found == []


def test_a_crawl_that_reaches_its_bound_goes_on_when_it_is_raised(archive: Archive) -> None:
    site = Site({"/": answer(page("Home", *(f"/{n}" for n in range(40))))})
    site.pages |= {f"/{n}": answer(page(f"Number {n}")) for n in range(40)}
    with Loopback(site, keep_alive=True) as server:
        run = crawl(archive, order_of(server, most_answers=10))
        assert run.ending == "the bound of 10 answers is reached"
        with archive.catalogue.read() as connection:
            [row] = crawls(connection)
            assert row.state == STOPPED
            assert count(connection, row.number).states[State.LEASED] == 0
        run = crawl(archive, order_of(server))
        assert (run.store.resumed, run.ending, run.store.exchanges) == (True, "", 42)
        assert sorted(server.asked) == sorted(["/robots.txt", "/", *(f"/{n}" for n in range(40))])


def test_it_ends_in_order_when_it_is_asked_to(sqlite_archive: Archive) -> None:
    site = Site({"/": answer(page("Home", *(f"/{n}" for n in range(400))))})
    site.pages |= {f"/{n}": answer(page(f"Number {n}")) for n in range(400)}
    with Loopback(site, keep_alive=True) as server, Writer(sqlite_archive) as writer:
        enough = threading.Event()

        def tell(progress: Progress) -> None:
            if progress.exchanges > 20:
                enough.set()
                run.stop()

        run = Crawl(writer, order_of(server), tell=tell)
        run.run()
        assert enough.is_set()
        assert run.ending == "it was asked to stop"
        assert 20 < run.store.exchanges < 400


def test_a_private_server_is_left_alone_unless_it_is_allowed(sqlite_archive: Archive) -> None:
    with Loopback(Site({"/": answer(page("Home"))})) as server:
        run = crawl(sqlite_archive, order_of(server, allow_private=False))
        assert server.asked == []
    with sqlite_archive.catalogue.read() as connection:
        [one, *_] = met(connection, run.store.number, state=State.REFUSED)
    assert one.rule.startswith("address: ")


def test_what_a_private_site_leads_to_is_private_only_where_it_is_named(
    sqlite_archive: Archive,
) -> None:
    rest = Site({"/pic.png": answer(b"picture", fields=[("Content-Type", "image/png")])})
    rest.pages["/page"] = answer(page("Another"))
    with Loopback(rest) as own, Loopback(rest) as other, Loopback(rest) as third:
        metadata = "http://169.254.169.254/latest/meta-data/"
        first = page("Home", "/away", metadata, f"{own.url}/page", f"{third.url}/page")
        first += f'<img src="{own.url}/pic.png"><img src="{other.url}/pic.png">'.encode()
        first += f'<img src="{metadata}role"><iframe src="http://10.255.255.1/"></iframe>'.encode()
        site = Site({"/": answer(first)})
        site.pages["/away"] = answer(status="302 Found", fields=[("Location", metadata + "key")])
        with Loopback(site, keep_alive=True) as server:
            named = re.escape(own.authority)
            order = order_of(
                server, include=[f"//{named}/", "169"], allow_private_at=[third.authority]
            )
            run = crawl(sqlite_archive, order)
            assert run.ending == ""
            assert own.asked == ["/robots.txt", "/pic.png", "/page"]
            assert other.asked == []
            assert third.asked == []  # let be private, and still outside the scope
            order = order_of(server, include=["/page$"], allow_private_at=[third.authority])
            crawl(sqlite_archive, order)
            assert third.asked == ["/robots.txt", "/page"]
            assert other.asked == []
    with sqlite_archive.catalogue.read() as connection:
        refused = {one.url: one.rule for one in met(connection, 1, state=State.REFUSED)}
    for url in (f"{other.url}/pic.png", f"{metadata}role", f"{metadata}key", metadata):
        assert refused[url].startswith("address: "), url
    assert refused["http://10.255.255.1/"].startswith("address: ")


def test_a_server_that_is_not_there_fails_its_addresses(sqlite_archive: Archive) -> None:
    with Loopback(Site({})) as server:
        order = order_of(server)
    run = crawl(sqlite_archive, order)
    with sqlite_archive.catalogue.read() as connection:
        [*found] = met(connection, run.store.number, state=State.FAILED)
    assert {one.url for one in found} >= set(order.seeds)
    assert all(one.rule.startswith("no answer: ") for one in found)


def test_an_expression_that_cannot_be_used_is_told_before_anything_is_begun(
    sqlite_archive: Archive,
) -> None:
    with Writer(sqlite_archive) as writer, pytest.raises(PatternError):
        Crawl(writer, Order(("http://www.homeoffice.example/",), scope="("))
    with sqlite_archive.catalogue.read() as connection:
        assert crawls(connection) == []


def test_an_order_survives_being_written_down() -> None:
    order = Order(("http://www.homeoffice.example/",), exclude=("/a",), most_bytes=5)
    assert Order.from_json(order.to_json()) == order
    assert replace(order, delay=9.0).identity == order.identity
    assert replace(order, exclude=()).identity != order.identity
