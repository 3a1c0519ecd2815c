"""Sites without end, each made by a function, and crawled until there is nothing more to do."""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.sameness import fingerprint
from archiver.capture.traps import Stopped, TrapLimits, Traps
from archiver.digests import sha1, write_digest

TODAY = date(2026, 11, 23)
HOST = "http://www.northshire.example"
MENU = "Home About us Council and democracy Your area Contact Wells Bells Lanterns Commons " * 3
WORDS = (MENU + "lamp warden hedge moot barrow kiln mill ferry orchard parish byway ford").split()

Links = list[str]
Site = Callable[[str], tuple[str, Links]]


def chance(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311


def prose(seed: object, words: int = 60) -> str:
    """Text of its own for each seed; the same whenever it is asked for."""
    chosen = chance(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(chosen.choices(letters, k=chosen.randint(3, 9))) for _ in range(words))


def page(title: str, text: str = "") -> str:
    return f"<html><title>{title}</title><p>{MENU}</p><h1>{title}</h1><p>{text}</p></html>"


@dataclass
class Crawl:
    asked: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    report: tuple[Stopped, ...] = ()


def crawl(
    site: Site, seed: str = f"{HOST}/", limits: TrapLimits | None = None, *, most: int = 6000
) -> Crawl:
    """Go through a site breadth first, asking the traps as a crawl does."""
    traps, done = Traps(limits or TrapLimits(), TODAY), Crawl()
    queue, known = deque([(seed, "")]), {seed}
    while queue and len(done.asked) < most:
        url, path = queue.popleft()
        done.asked.append(url)
        markup, links = site(url)
        traps.saw(url, write_digest(sha1(markup.encode())), fingerprint(markup))
        for link in (urljoin(url, each) for each in links):
            if link not in known:
                known.add(link)
                verdict = traps.judge(link, path + "L")
                if verdict.allowed:
                    queue.append((link, path + "L"))
                else:
                    done.refused[link] = verdict.rule
    done.report = traps.report()
    return done


def save(traps: Traps, rows: dict[tuple[str, str], str]) -> None:
    """Keep the rows that changed, as a database does."""
    for key, text in traps.changes().items():
        if text is None:
            rows.pop(key, None)
        else:
            rows[key] = text


def rules(done: Crawl) -> set[str]:
    return set(done.refused.values())


# ---------------------------------------------------------------- calendars


def months(url: str) -> tuple[int, int]:
    if "/calendar/" in url:
        year, month = url.rstrip("/").split("/")[-2:]
        return int(year), int(month)
    return TODAY.year, TODAY.month


def calendar(text: Callable[[int, int], str], *, back: bool) -> Site:
    """A month on each page, with links to the next and to the one before."""

    def site(url: str) -> tuple[str, Links]:
        year, month = months(url)
        at = year * 12 + month - 1
        ways = (at + 1, at - 1) if back else (at + 1,)
        markup = page(f"Events in {month:02}/{year}", text(year, month))
        return markup, [f"/calendar/{way // 12}/{way % 12 + 1:02}/" for way in ways]

    return site


def test_a_calendar_of_empty_months_is_left_when_nothing_new_has_come_for_long() -> None:
    done = crawl(calendar(lambda year, month: " ".join(map(str, range(1, 31))), back=False))
    assert len(done.asked) <= 40
    assert rules(done) == {"trap: 30 pages alike of /calendar/#/#/"}


def test_a_calendar_with_an_event_each_month_ends_ten_years_ahead_and_back() -> None:
    done = crawl(calendar(lambda year, month: prose((year, month), 8), back=True))
    years = {months(url)[0] for url in done.asked}
    assert (min(years), max(years)) == (2016, 2036)
    assert len(done.asked) == 21 * 12 + 1  # each month, and the front page
    assert rules(done) == {
        "trap: calendar more than 10 years ahead",
        "trap: calendar more than 10 years back",
    }


@pytest.mark.parametrize(
    "url",
    [
        "/calendar/2037/05/",
        "/calendar/2037/may/",
        "/calendar/05/2037",
        "/events/2037-05-12",
        "/whatson/12-05-2037.html",
        "/calendar/20370512.html",
        "/cal.asp?year=2037&month=5",
        "/cal.asp?y=2037&m=5",
        "/index.php?date=2037-05-12T10:00",
        "/index.php?date=12%2F05%2F2037",
        "/index.php?day=20370512",
        "/index.php?month=203705",
        "/index.php?when=2130000000",  # seconds since 1970
        "/index.php?ts=2130000000000",
        "/calendar.php?year=2015&month=12",
        "/events/1890/05/",
        "/digwyddiadau/1890/05/",
    ],
)
def test_dates_far_from_today_are_known_in_whatever_form(url: str) -> None:
    verdict = Traps(TrapLimits(), TODAY).judge(HOST + url, "L")
    assert verdict.rule.startswith("trap: calendar more than 10 years")


@pytest.mark.parametrize(
    "url",
    [
        "/news/1998/05/lanterns.html",  # a press notice, old and no calendar
        "/hansard/1950/may/12",
        "/census/1841/",
        "/plans/2050/",  # a plan
        "/plans/2050-strategy.pdf",
        "/events/4711/5",  # the number of an event
        "/events/20451107x",
        "/doc/20451107",  # the number of a document
        "/search?from=1900-01-01&to=2100-12-31",  # a period with today in it
        "/calendar?from=2026-01-01&to=2100-12-31",
        "/calendar/2016/01/",
        "/calendar/2036/12/",
        "/page?id=2130000000",
        "/map?x=1200&y=2300",
        "/list?start=204010",
        "/events?session=2010-2012",
    ],
)
def test_what_only_resembles_a_far_date_is_let_through(url: str) -> None:
    assert Traps(TrapLimits(), TODAY).judge(HOST + url, "L").allowed


# ---------------------------------------------------------------- queries


def facets(url: str) -> tuple[str, Links]:
    """Five filters of six values each, to be set in any order; each page brings other results."""
    query = url.partition("?")[2]
    chosen = dict(pair.split("=") for pair in query.split("&")) if query else {}
    links = []
    for name in ("area", "colour", "kind", "service", "size"):
        for value in range(6):
            wanted = {**chosen, name: f"v{value}"}
            links.append("/search?" + "&".join(f"{key}={wanted[key]}" for key in sorted(wanted)))
    return page("Search", prose(query)), links


def test_filters_put_together_in_ever_new_ways_are_bounded() -> None:
    done = crawl(facets)
    assert len(done.asked) <= 600  # of 7**5
    assert rules(done) == {"trap: more than 500 queries of /search"}
    fewer = crawl(facets, limits=TrapLimits(queries=20))
    assert len(fewer.asked) <= 90  # each value once in company, and 20 more


def test_each_value_of_a_filter_is_captured_at_least_once() -> None:
    done = crawl(facets, limits=TrapLimits(queries=1))
    values = {pair for url in done.asked for pair in url.partition("?")[2].split("&") if pair}
    assert len(values) == 30


@pytest.mark.parametrize("others", ["", "q=wells&sort=", "area=3&kind=4&"])
def test_a_list_of_2000_pages_is_captured_to_its_end(others: str) -> None:
    def pager(url: str) -> tuple[str, Links]:
        query = url.partition("?")[2]
        at = int(query.rpartition("=")[2]) if query else 1
        ways = [number for number in (at - 1, at + 1) if 1 <= number <= 2000]
        return page(f"Results, page {at}", prose(at)), [f"/list?{others}page={n}" for n in ways]

    done = crawl(pager)
    assert len(done.asked) == 2001
    assert done.refused == {}


def test_40_lists_of_50_pages_are_no_combinations() -> None:
    def lists(url: str) -> tuple[str, Links]:
        if "?" not in url:
            return page("Lists"), [f"/list?cat=c{n}&view=table&start=0" for n in range(40)]
        head, _, start = url.rpartition("=")
        following = int(start) + 20
        return page(url, prose(url)), [f"{head}={following}"] if following < 1000 else []

    done = crawl(lists)
    assert len(done.asked) == 40 * 50 + 1


def test_a_site_that_is_one_script_with_numbers_is_captured() -> None:
    def site(url: str) -> tuple[str, Links]:
        if "?" not in url:
            return page("All"), [f"/page.asp?section={n % 30}&id={n}" for n in range(3000)]
        return page(url, prose(url)), []

    assert len(crawl(site).asked) == 3001


def test_a_query_that_grows_at_each_step_is_bounded() -> None:
    done = crawl(
        lambda url: (page("Trail", prose(url)), [url + ("&" if "?" in url else "?") + "t=a"])
    )
    assert len(done.asked) <= 5
    assert rules(done) == {"trap: parameter repeated"}
    names = iter(range(10_000))
    done = crawl(
        lambda url: (
            page("T", prose(url)),
            [url + ("&" if "?" in url else "?") + f"t{next(names)}=a"],
        )
    )
    assert len(done.asked) <= 34
    assert rules(done) == {"trap: more than 32 parameters"}


# ---------------------------------------------------------------- session ids

PAGES = ("wells", "bells", "lanterns", "moots")


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("/{page}.jsp;jsessionid={token}", "jsessionid"),
        ("/{page}.jsp;jsessionid={token}?a=1", "jsessionid"),
        ("/(S({token}))/{page}.aspx", "(S(...))"),
        ("/{page}.php?PHPSESSID={token}", "PHPSESSID"),
        ("/{page}.php?a=1&sid={token}", "sid"),
        ("/{page}.asp?ASPSESSIONIDQQABCDEF={token}", "ASPSESSIONIDQQABCDEF"),
        ("/{page}.cfm?CFID={number}&CFTOKEN={number}", "CFID"),
    ],
)
def test_session_ids_new_with_each_answer_lead_to_each_page_once(form: str, named: str) -> None:
    drawn = chance(4711)

    def site(url: str) -> tuple[str, Links]:
        links = [
            form.format(
                page=name, token=f"{drawn.getrandbits(120):024x}", number=drawn.getrandbits(20)
            )
            for name in PAGES
        ]
        name = next((name for name in PAGES if name in url), "home")
        return page(name, prose(name) + " ".join(links)), links

    done = crawl(site)
    assert len(done.asked) == 1 + len(PAGES)
    assert rules(done) == {f"trap: session id {named}"}


def tokens(links_to: Iterable[str], text: Callable[[str], str], name: str) -> Site:
    drawn = chance(4711)

    def site(url: str) -> tuple[str, Links]:
        links = [f"/{each}?{name}={drawn.getrandbits(90):022x}a1" for each in links_to]
        return page("Page", text(url)), links

    return site


def test_a_token_of_unknown_name_is_learned_where_it_makes_no_difference() -> None:
    done = crawl(tokens(PAGES, lambda url: prose(url.partition("?")[0]), "visit"))
    assert len(done.asked) <= 60
    assert rules(done) == {"trap: session id visit"}
    assert {url.partition("?")[0] for url in done.asked} == {
        f"{HOST}/{name}" for name in ("", *PAGES)
    }


def test_a_part_drawn_at_random_that_names_documents_is_no_session_id() -> None:
    documents = [f"/doc?id={chance(n).getrandbits(100):025x}b2" for n in range(800)]

    def site(url: str) -> tuple[str, Links]:
        if "?" not in url:
            return page("All"), documents
        # Every tenth was withdrawn, and so are all alike.
        return page("Document", "withdrawn" if url[-4] in "7" else prose(url)), []

    assert len(crawl(site).asked) == 801


def test_one_pair_of_equal_answers_is_no_proof_unless_it_is_made_one() -> None:
    for proofs, allowed in ((2, True), (1, False), (0, True)):
        traps = Traps(TrapLimits(session_proofs=proofs), TODAY)
        for token in ("aaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaa2"):
            assert traps.judge(f"{HOST}/a?key={token}", "L").allowed
            traps.saw(f"{HOST}/a?key={token}", "sha1:SAME", None)
        verdict = traps.judge(f"{HOST}/a?key=aaaaaaaaaaaaaaa3", "L")
        assert verdict.allowed is allowed


# ---------------------------------------------------------------- paths


def test_a_relative_link_on_a_page_that_is_not_there_ends_soon() -> None:
    done = crawl(lambda url: (page("Not found", "nothing here"), ["a/"]))
    assert len(done.asked) <= 4
    assert rules(done) == {"trap: path segment repeated"}


def test_relative_links_in_turn_end_however_they_are_mixed() -> None:
    done = crawl(lambda url: (page("Not found", "nothing here"), ["a/", "b/"]))
    assert len(done.asked) <= 70
    assert rules(done) == {"trap: path segment repeated"}


def test_folders_linked_into_each_other_end() -> None:
    def site(url: str) -> tuple[str, Links]:
        return page(url, prose(url[-4:])), [url + ("y/" if url.endswith("x/") else "x/")]

    done = crawl(site)
    assert len(done.asked) <= 7
    assert rules(done) == {"trap: path segment repeated"}


def test_numbers_may_come_again_in_a_path() -> None:
    traps = Traps(TrapLimits(), TODAY)
    assert traps.judge(f"{HOST}/volume/1/1/1/1/1", "L").allowed
    assert traps.judge(f"{HOST}/web/http://other.example/a//b", "L").allowed
    assert not traps.judge(f"{HOST}/a/1/a/2/a/3/a/4", "L").allowed


def test_ever_deeper_paths_end() -> None:
    done = crawl(lambda url: (page(url, prose(url)), [f"{url}{prose(url, 1)}/"]))
    assert len(done.asked) <= 26
    assert rules(done) == {"trap: path deeper than 25 segments"}


def test_ever_longer_addresses_end() -> None:
    done = crawl(lambda url: (page(url[-9:], prose(url)), [url + prose(url, 40).replace(" ", "-")]))
    assert len(done.asked) <= 20
    assert rules(done) == {"trap: address longer than 4096 characters"}
    assert all(len(stop.example) <= 4096 for stop in done.report)


def test_3000_documents_with_texts_of_their_own_are_captured() -> None:
    def site(url: str) -> tuple[str, Links]:
        number = int(url.rpartition("/")[2] or 0)
        return page(f"Document {number}", prose(number, 20)), [f"/doc/{number + 1}"][
            number >= 3000 :
        ]

    done = crawl(site, limits=TrapLimits(hops=None))
    assert len(done.asked) == 3001


@pytest.mark.parametrize("name", ["/item/{}", "/item/{:016x}", "/item?key={}", "/a-{}/b.html"])
def test_made_up_pages_that_read_alike_are_left_after_30(name: str) -> None:
    def site(url: str) -> tuple[str, Links]:
        drawn = chance(url).getrandbits(60) | 1 << 59
        return page("Item", "This item is not there at the moment."), [name.format(drawn)]

    done = crawl(site)
    assert len(done.asked) <= 60
    assert {rule.partition(" of ")[0] for rule in rules(done)} <= {
        "trap: 30 pages alike",
        "trap: session id key",
    }


def test_a_pattern_is_followed_again_when_something_new_comes_of_it() -> None:
    traps = Traps(TrapLimits(alike=3), TODAY)
    for number in range(4):
        traps.saw(f"{HOST}/doc/{number}", str(number), fingerprint(page("Nothing")))
    assert not traps.judge(f"{HOST}/doc/9", "L").allowed
    traps.saw(f"{HOST}/doc/5", "5", fingerprint(page("A find", prose(5))))
    assert traps.judge(f"{HOST}/doc/10", "L").allowed


def test_a_directory_holds_no_more_than_its_bound() -> None:
    traps = Traps(TrapLimits(directory=5), TODAY)
    verdicts = [traps.judge(f"{HOST}/files/n{number}", "L") for number in range(7)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
    assert verdicts[-1].rule == "trap: more than 5 addresses in /files/"
    assert traps.judge(f"{HOST}/files/a/n1", "L").allowed
    assert traps.judge("http://other.example/files/n1", "L").allowed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("L" * 40, True),
        ("L" * 41, False),
        ("L" * 39 + "R" * 20 + "E", True),  # redirects and requisites are no steps
        ("L" + "R" * 20, True),
        ("L" + "R" * 21, False),
        ("L" + "R" * 12 + "L" + "R" * 12, True),
    ],
)
def test_steps_and_redirects_are_bounded(path: str, allowed: bool) -> None:
    traps = Traps(TrapLimits(hops=40), TODAY)
    assert traps.judge(f"{HOST}/wells/", path).allowed is allowed


# ---------------------------------------------------------------- all of them

SNARES = [
    f"{HOST}/{'a/' * 30}",
    f"{HOST}/{'long' * 2000}",
    f"{HOST}/calendar/2999/05/",
    f"{HOST}/?{'&'.join(f'a{n}=1' for n in range(99))}",
    f"{HOST}/{'/'.join(map(str, range(99)))}",
]


@pytest.mark.parametrize("url", SNARES)
def test_a_seed_and_what_manners_ask_for_are_never_refused(url: str) -> None:
    traps = Traps(TrapLimits(), TODAY)
    assert not traps.judge(url, "L").allowed
    assert traps.judge(url, "").allowed
    assert traps.judge(url, "LP").allowed


@pytest.mark.parametrize("none", [0, None])
def test_every_bound_can_be_taken_away(none: int | None) -> None:
    limits = TrapLimits(**dict.fromkeys(TrapLimits.__slots__, none))
    traps = Traps(limits, TODAY)
    for url in SNARES:
        assert traps.judge(url, "L" * 9000 + "R" * 100).allowed


def test_what_was_stopped_is_told_with_its_number_and_an_example() -> None:
    done = crawl(facets, limits=TrapLimits(queries=20))
    (stopped,) = done.report
    assert stopped.authority == HOST
    assert stopped.rule == "trap: more than 20 queries of /search"
    assert stopped.number == len(done.refused)
    assert stopped.example == next(iter(done.refused))


def test_after_a_restart_verdicts_are_as_they_would_have_been() -> None:
    drawn = chance(1)
    steps = [
        (
            f"{HOST}/{drawn.choice(PAGES)}/{drawn.choice('abcdefgh')}"
            f"?a={drawn.randrange(4)}1&b=x{drawn.randrange(4)}&c=y{drawn.randrange(4)}"
            f"&visit={drawn.randrange(3):022x}a1",
            fingerprint(page("P", prose(drawn.randrange(6)))),
        )
        for _ in range(900)
    ]
    limits = TrapLimits(queries=9, alike=6, directory=90, session_proofs=1)
    straight, halting = Traps(limits, TODAY), Traps(limits, TODAY)
    rows: dict[tuple[str, str], str] = {}
    for number, (url, mark) in enumerate(steps):
        assert straight.judge(url, "L") == halting.judge(url, "L")
        for traps in (straight, halting):
            traps.saw(url, str(mark), mark)
        if number % 7 == 0:
            save(halting, rows)
            halting = Traps(limits, TODAY, rows)
    assert straight.report() == halting.report()
    assert len({stop.rule.partition(" of ")[0] for stop in straight.report()}) >= 3


def test_only_what_changed_is_saved() -> None:
    traps = Traps(TrapLimits(), TODAY)
    for number in range(3000):
        traps.judge(f"{HOST}/d{number}/a?b=x{number}&c=d", "L")
    assert len(traps.changes()) > 3000
    assert traps.changes() == {}
    traps.judge(f"{HOST}/d7/a?b=new&c=d", "L")
    changed = traps.changes()
    assert set(changed) == {(HOST, "directory /d7/"), ("", "values 140")}
    assert sum(len(text or "") for text in changed.values()) < 3000


def test_names_of_rows_are_short_however_long_the_addresses() -> None:
    traps = Traps(TrapLimits(length=None, depth=None), TODAY)
    traps.judge(f"http://{'n' * 900}.example/{'m' * 900}/?a=b&c=d", "L")
    traps.judge(f"{HOST}/{'m' * 9000}/2999/12/?a=b&c=d", "L")
    assert all(len(authority) + len(name) < 700 for authority, name in traps.changes())


def test_what_is_known_stays_small_however_much_is_asked() -> None:
    traps = Traps(TrapLimits(queries=10), TODAY)
    rows: dict[tuple[str, str], str] = {}
    sizes = []
    for number in range(30_000):
        url = f"{HOST}/{number}/p{number}/?a=x{number}&b=y{number % 7}&v={number:016x}a"
        traps.judge(url, "L")
        traps.saw(url, str(number), number * 0x9E3779B97F4A7C15 % 2**64)
        if number % 5000 == 4999:
            save(traps, rows)
            sizes.append(sum(map(len, rows.values())))
    assert sizes[-1] == pytest.approx(sizes[-2], rel=0.02)
    assert sizes[-1] < 3e6
    assert len(rows) < 20_000


def test_judging_is_quick() -> None:
    traps = Traps(TrapLimits(), TODAY)
    plain = [f"{HOST}/news/{number % 50}/a-page-about-{number}.html" for number in range(2000)]
    begin = perf_counter()
    for url in plain:
        traps.judge(url, "LLL")
    assert (perf_counter() - begin) / len(plain) < 100e-6  # some 10 where nothing else runs


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=9))
def test_no_address_makes_it_fail(rest: str, query: str, digest: str) -> None:
    traps = Traps(TrapLimits(), TODAY)
    for url in (f"{HOST}/{rest}?{query}", f"{HOST}?{rest}", rest):
        traps.judge(url, "L")
        traps.saw(url, digest, 7)
    assert Traps(TrapLimits(), TODAY, {k: v for k, v in traps.changes().items() if v}) is not None


@pytest.mark.parametrize(
    "part",
    [
        "/",
        "/a",
        "a=1&",
        "2037-",
        "2037/05/",
        "(S(a))",
        "(S(",
        ";sid=",
        "-",
        "0",
        "%2F",
        "page_",
        "deadbeef-",
    ],
)
def test_addresses_made_to_take_long_do_not(part: str) -> None:
    traps = Traps(TrapLimits(length=None, depth=None, repeats=None, parameters=None), TODAY)
    begin = perf_counter()
    for url in (
        f"{HOST}/{part * 20_000}",
        f"{HOST}/?{part * 20_000}",
        f"{HOST}/?{part * 20_000}=1",
    ):
        traps.judge(url, "L")
        traps.saw(url, "d", 1)
    assert perf_counter() - begin < 3
