from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text

from archiver.capture.verdict import Verdict
from snapshots.archive import Archive
from snapshots.crawl.frontier import (
    Added,
    Found,
    Frontier,
    Lease,
    Settled,
    State,
    authority_of,
    count,
    forget,
    met,
)
from snapshots.crawl.outcome import Outcome
from snapshots.tables import crawl, crawl_url

YES = Verdict(True, "scope: host")
NO = Verdict(False, "scope: outside host")
HOST = "http://www.homeoffice.example"
NOW = 1_000_000


@pytest.fixture
def connection(archive: Archive) -> Iterator[Connection]:
    with archive.catalogue.write() as connection:
        row = {"identity": "", "asked": "{}", "state": "running", "begun": 0, "spent": 0}
        row |= {"exchanges": 0, "bytes": 0, "counts": "{}"}
        for number in (1, 2):
            connection.execute(insert(crawl).values(id=number, snapshot_id=number, **row))
        yield connection


@pytest.fixture
def frontier(connection: Connection) -> Frontier:
    return Frontier(connection, 1)


Way = tuple[Found, Verdict]


def links(*paths: str, path: str = "L", verdict: Verdict = YES, **more: int) -> list[Way]:
    return [way(f"{HOST}{one}", path, verdict, **more) for one in paths]


def way(url: str, path: str, verdict: Verdict, **more: int) -> Way:
    return Found(url, path, **more), verdict


def add(frontier: Frontier, connection: Connection, ways: list[Way]) -> Added:
    verdicts = {id(found): verdict for found, verdict in ways}
    return frontier.add(connection, [found for found, _ in ways], lambda one: verdicts[id(one)])


def urls(leases: list[Lease]) -> list[str]:
    return [lease.url.removeprefix(HOST) for lease in leases]


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://Home.example/a", "http://home.example:80"),
        ("https://home.example?q=a:1/b", "https://home.example:443"),
        ("http://home.example:8080", "http://home.example:8080"),
        ("http://home.example:/a", "http://home.example:80"),
        ("http://[::1]:81/a", "http://[::1]:81"),
        ("http://[::1]/a@b", "http://[::1]:80"),
        ("http://user:pw@home.example/", "http://home.example:80"),  # none comes here, but then
    ],
)
def test_an_authority_is_scheme_host_and_port(url: str, authority: str) -> None:
    assert authority_of(url) == authority


def test_addresses_are_claimed_in_the_order_found_and_each_once(
    connection: Connection, frontier: Frontier
) -> None:
    assert add(frontier, connection, links("/b", "/a", "/b")) == Added(2, 0)
    assert add(frontier, connection, links("/a", "/c")) == Added(1, 0)
    assert urls(frontier.claim(connection, 1, 2, NOW)) == ["/b", "/a"]
    assert urls(frontier.claim(connection, 1, 2, NOW)) == ["/c"]
    assert frontier.claim(connection, 1, 2, NOW) == []
    assert frontier.queued == {}


def test_what_a_page_needs_comes_before_further_pages_and_guesses_come_last(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/", path=""))
    [seed] = frontier.claim(connection, 1, 9, NOW)
    for place, path in (("/guess", "X"), ("/page", "L"), ("/moved", "LR"), ("/map", "M")):
        add(frontier, connection, links(place, path=path, via=seed.id))
    add(frontier, connection, links("/picture", "/style", path="E", via=seed.id))
    add(frontier, connection, links("/moved-picture", path="ER", via=seed.id))
    claimed = frontier.claim(connection, 1, 9, NOW)
    needed = ["/picture", "/style", "/moved-picture"]
    assert urls(claimed) == [*needed, "/page", "/moved", "/map", "/guess"]
    assert {lease.via for lease in claimed} == {f"{HOST}/"}


def test_addresses_that_differ_in_one_byte_are_two(
    connection: Connection, frontier: Frontier
) -> None:
    alike = ["/a/b", "/a%2Fb", "/a%2fb", "/list", "/list?", "/%E9", "/%e9"]
    assert add(frontier, connection, links(*alike)) == Added(len(alike), 0)


def test_a_refused_address_is_kept_with_its_rule_and_queued_once_a_way_is_allowed(
    connection: Connection, frontier: Frontier
) -> None:
    assert add(frontier, connection, links("/a", "/b", verdict=NO)) == Added(0, 2)
    assert frontier.queued == {}
    assert add(frontier, connection, links("/a", verdict=NO)) == Added()
    for name in ("/a", "/b"):
        again = frontier if name == "/a" else Frontier(connection, 1)  # with nothing in memory
        assert add(again, connection, links(name, path="LE")) == Added(1, 0)
        assert add(again, connection, links(name, path="LE")) == Added()
        [lease] = again.claim(connection, 1, 9, NOW)
        assert (urls([lease]), lease.path) == ([name], "LE")
    assert [(one.id, one.rule) for one in met(connection, 1)] == [(1, ""), (2, "")]


def test_within_one_page_the_way_that_is_allowed_wins(
    connection: Connection, frontier: Frontier
) -> None:
    both = [*links("/a", verdict=NO), *links("/a", path="E"), *links("/a", verdict=NO)]
    assert add(frontier, connection, both) == Added(1, 0)
    [lease] = frontier.claim(connection, 1, 9, NOW)
    assert lease.path == "E"


def test_what_was_refused_when_its_turn_came_is_not_asked_again(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/private/"))
    [lease] = frontier.claim(connection, 1, 9, NOW)
    frontier.settle(connection, [Settled(lease.id, State.REFUSED, "robots: Disallow /private/")])
    for again in (frontier, Frontier(connection, 1)):
        assert add(again, connection, links("/private/")) == Added()
    assert count(connection, 1).rules == {"robots: Disallow /private/": 1}


def test_what_is_put_back_waits_until_it_is_due_and_keeps_its_place(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/a", "/b"))
    leases = frontier.claim(connection, 1, 9, NOW)
    frontier.put_back(connection, leases[:1], NOW + 500)
    frontier.put_back(connection, leases[1:], tried=False)
    assert frontier.next_due(connection, 1) == 0
    assert urls(frontier.claim(connection, 1, 9, NOW)) == ["/b"]
    assert frontier.claim(connection, 1, 9, NOW) == []
    assert frontier.next_due(connection, 1) == NOW + 500
    [lease] = frontier.claim(connection, 1, 9, NOW + 500)
    assert (urls([lease]), lease.tries) == (["/a"], 1)
    assert frontier.next_due(connection, 1) is None


def test_leases_of_a_run_that_was_killed_are_lent_again(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/a", "/b", "/c"))
    first = frontier.claim(connection, 1, 2, NOW)
    frontier.settle(connection, [Settled(first[0].id, status=200)])
    again = Frontier(connection, 1)
    assert again.release_leases(connection) == 1
    assert again.release_leases(connection) == 0
    leases = again.claim(connection, 1, 9, NOW)
    assert urls(leases) == ["/b", "/c"]
    assert [lease.tries for lease in leases] == [0, 0]


def test_crawls_know_nothing_of_each_other(connection: Connection, frontier: Frontier) -> None:
    add(frontier, connection, links("/a"))
    other = Frontier(connection, 2)
    assert add(other, connection, links("/b", "/a")) == Added(2, 0)
    assert urls(other.claim(connection, 2, 9, NOW)) == ["/b", "/a"]
    assert urls(frontier.claim(connection, 1, 9, NOW)) == ["/a"]


def test_each_server_has_a_queue_of_its_own_and_what_is_known_of_it(
    connection: Connection, frontier: Frontier
) -> None:
    other = [way(f"https://www.homeoffice.example:{port}/", "", YES) for port in (443, 81, 443)]
    add(frontier, connection, [*links("/a"), *other])
    assert frontier.queued == {1: 1, 2: 1, 3: 1}
    site = frontier.site_of(connection, f"{HOST}:80/robots.txt")
    assert (site.id, site.authority, site.robots) == (1, f"{HOST}:80", "")
    changed = type(site)(site.id, site.authority, "Disallow: /", '{"delay": 1}', "{}")
    frontier.keep_sites(connection, [changed])
    again = Frontier(connection, 1)
    assert again.site(connection, 1) == changed
    assert again.queued == frontier.queued
    assert again.site_of(connection, "http://new.example/").id == 4


def test_a_refused_address_of_any_length_and_any_letters_can_be_kept(
    connection: Connection, frontier: Frontier
) -> None:
    odd = ["http://home.example/" + "a" * 100_000, "http://h/\0", "http://h/\ud800", "mailto:x"]
    rule = Verdict(False, "robots: \0\ud800" + "x" * 1000)
    assert add(frontier, connection, [way(one, "L", rule) for one in odd]) == Added(0, 4)
    assert add(frontier, connection, [way(one, "L", rule) for one in odd]) == Added()
    assert add(Frontier(connection, 1), connection, [way(odd[0], "L", rule)]) == Added()
    kept = list(met(connection, 1, state=State.REFUSED))
    assert [len(one.url) for one in kept] == [8192, 12, 10, 8]
    assert len(kept[0].rule) == 400


def test_an_address_is_reopened_twice_at_most(connection: Connection, frontier: Frontier) -> None:
    # It is done, and may have another answer now: behind a wall that wanted to see a cookie.
    add(frontier, connection, links("/members/"))
    assert not frontier.reopen(connection, f"{HOST}/members/")  # it is still to be asked
    for again in (True, True, False):
        [lease] = frontier.claim(connection, 1, 9, NOW)
        frontier.settle(connection, [Settled(lease.id, status=200)])
        assert frontier.reopen(connection, f"{HOST}/members/") is again
    assert frontier.queued == {}
    assert +frontier.states == {State.DONE: 1}


def test_an_address_that_has_to_go_is_forgotten_by_every_crawl(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/a", "/b"))
    add(Frontier(connection, 2), connection, links("/a"))
    forget(connection, [f"{HOST}/a", f"{HOST}/never-met"])
    assert [one.url for one in met(connection, 1)] == [f"{HOST}/b"]
    assert list(met(connection, 2)) == []


def test_a_redirect_names_its_target_until_that_is_forgotten(
    connection: Connection, frontier: Frontier
) -> None:
    add(frontier, connection, links("/a"))
    [a] = frontier.claim(connection, 1, 1, 0)
    add(frontier, connection, links("/b", verdict=NO))  # also one that is not asked for
    frontier.settle(connection, [Settled(a.id, status=301, leads_to=f"{HOST}/b")])
    assert [one.leads_to for one in met(connection, 1)] == [f"{HOST}/b", ""]
    forget(connection, [f"{HOST}/b"])
    assert [one.leads_to for one in met(connection, 1)] == [""]


def test_counts_tell_states_rules_and_outcomes(connection: Connection, frontier: Frontier) -> None:
    add(frontier, connection, [*links("/a", "/b", "/c", "/d"), *links("/e", "/f", verdict=NO)])
    a, b, c, _ = frontier.claim(connection, 1, 4, NOW)
    at = "20260509101621"
    done = Settled(a.id, State.DONE, "", 200, Outcome.NEW, at, 1234)
    gone = Settled(b.id, State.DONE, "", 404, Outcome.GONE, at, 99)
    frontier.settle(connection, [done, gone, Settled(c.id, State.FAILED, "no answer")])
    counts = count(connection, 1)
    numbers = {State.QUEUED: 0, State.LEASED: 1, State.DONE: 2, State.REFUSED: 2, State.FAILED: 1}
    assert counts.states == numbers
    assert dict(frontier.states) == numbers
    assert counts.rules == {"scope: outside host": 2}
    assert counts.failures == {"no answer": 1}
    assert counts.outcomes == {Outcome.NEW: 1, Outcome.GONE: 1}
    assert counts.statuses == {200: 1, 404: 1}
    [told] = met(connection, 1, outcome=Outcome.NEW)
    assert (told.url, told.status, told.timestamp, told.bytes) == (f"{HOST}/a", 200, at, 1234)
    assert frontier.told() == ('{"queued": 0, "leased": 1, "done": 2, "refused": 2, "failed": 1}')


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.lists(
                st.tuples(st.sampled_from("abcdef"), st.sampled_from(["L", "E"]), st.booleans()),
                max_size=5,
            ),
        ),
        st.tuples(st.sampled_from(["claim", "settle", "put back", "again"]), st.integers(0, 3)),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_numbers_in_memory_are_those_of_the_rows(
    connection: Connection, steps: list[tuple[str, object]]
) -> None:
    connection.execute(crawl_url.delete())
    connection.execute(text("DELETE FROM crawl_site"))
    frontier = Frontier(connection, 1)
    held: list[Lease] = []
    asked: list[str] = []
    for step, value in steps:
        if step == "add":
            assert isinstance(value, list)
            add(
                frontier,
                connection,
                [way(f"{HOST}/{n}", path, YES if yes else NO) for n, path, yes in value],
            )
            continue
        assert isinstance(value, int)
        if step == "claim":
            held += frontier.claim(connection, 1, value, NOW)
        elif step == "settle":
            frontier.settle(connection, [Settled(lease.id, status=200) for lease in held[:value]])
            asked += urls(held[:value])
            held = held[value:]
        elif step == "put back":
            frontier.put_back(connection, held[:value])
            held = held[value:]
        else:
            frontier = Frontier(connection, 1)
            frontier.release_leases(connection)
            held = []
        again = Frontier(connection, 1)
        assert +again.states == +frontier.states
        assert again.queued == frontier.queued
        assert again.states[State.LEASED] == len(held)
    assert len(asked) == len(set(asked))
    numbers = connection.scalars(select(crawl_url.c.id).order_by(crawl_url.c.id)).all()
    assert list(numbers) == list(range(1, len(numbers) + 1))


def test_the_database_goes_straight_to_what_is_asked_of_it(sqlite_archive: Archive) -> None:
    # Nobody has told it how many rows there are.
    queued = "FROM crawl_url WHERE state = 0 AND site_id = 1"
    for query in (
        f"SELECT id {queued} AND due <= 5 ORDER BY priority, id LIMIT 9",
        f"SELECT min(due) {queued}",
        "SELECT id, site_id FROM crawl_url WHERE key IN (x'00', x'01')",
    ):
        with sqlite_archive.catalogue.read() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
        assert [row[3].startswith("SEARCH crawl_url USING") for row in plan] == [True]
        assert "INDEX crawl_url_" in plan[0][3]
