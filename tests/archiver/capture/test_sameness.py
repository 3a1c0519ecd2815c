import random
from itertools import combinations
from pathlib import Path
from time import perf_counter, process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archiver.capture.sameness import NEAR, distance, fingerprint, near, read_wording, simhash

NAMES = "wells bells lanterns commons moots barrows kilns mills ferries orchards byways fords"
MENU = "".join(f"<li><a href=/{name}>Part {name} of the council</a>" for name in NAMES.split(" "))
EMPTY = " ".join(map(str, range(1, 32)))


def page(title: str, text: str, menu: str = MENU) -> str:
    return f"<title>{title}</title><ul>{menu}</ul><h1>{title}</h1><p>{text}</p>"


def prose(seed: int, words: int = 60) -> str:
    chosen = random.Random(seed)  # noqa: S311
    return " ".join("".join(chosen.choices("abcdefghijklmnop", k=6)) for _ in range(words))


def test_the_same_page_in_other_markup_is_the_same() -> None:
    assert fingerprint(page("Wells", prose(1))) == fingerprint(
        page("Wells", f"<!-- a --><b>{prose(1)}</b><script>var x = 'y'</script>").replace(
            "<li>", "<dd>"
        )
    )


def test_bytes_and_text_are_one() -> None:
    text = page("Ffynhonnau a ff\u0175l", "C\u0175n a ch\u00e2n " + prose(1))
    assert fingerprint(text) == fingerprint(text.encode())
    assert fingerprint(text) == fingerprint(text.encode("utf-16"))


def test_articles_with_one_menu_are_not_near() -> None:
    marks = [fingerprint(page(f"Article {number}", prose(number))) for number in range(60)]
    assert min(distance(one, other) for one, other in combinations(marks, 2)) > 2 * NEAR


def test_months_without_an_event_are_the_same() -> None:
    months = ("May 2011", "June 2011", "Rhagfyr 2044")
    marks = {
        fingerprint(page(f"Events in {month}", EMPTY + " printed 12:05:59")) for month in months
    }
    assert len(marks) == 1


def test_a_month_with_an_event_is_seldom_taken_for_an_empty_one() -> None:
    empty = fingerprint(page("Events in May 2011", EMPTY))
    events = [
        fingerprint(page("Events in June 2011", f"{EMPTY} {prose(n, 6)}")) for n in range(200)
    ]
    assert sum(near(empty, mark) for mark in events) < 50


def test_numbers_that_are_no_dates_tell_pages_apart() -> None:
    def table(seed: int) -> str:
        drawn = random.Random(seed)  # noqa: S311
        return " ".join(f"ward {name} {drawn.randrange(1000, 9999):,}" for name in "abcdefghijkl")

    marks = [fingerprint(page("Counts", table(seed))) for seed in range(20)]
    assert not any(near(one, other) for one, other in combinations(marks, 2))


def test_the_order_of_words_counts() -> None:
    assert not near(fingerprint(prose(1)), fingerprint(" ".join(reversed(prose(1).split()))))


def real_pages(path: Path) -> dict[str, int]:
    """The fingerprints of different pages of status 200, by address."""
    marks: dict[str, int] = {}
    payloads = set()
    with path.open("rb") as file:
        for record in ArchiveIterator(file, arc2warc=True):
            head = record.http_headers
            if record.rec_type != "response" or head is None or head.get_statuscode() != "200":
                continue
            if "html" not in (head.get_header("content-type") or ""):
                continue
            payload = record.content_stream().read()
            if payload not in payloads:
                payloads.add(payload)
                marks[record.rec_headers.get_header("WARC-Target-URI")] = fingerprint(payload)
    return marks


@pytest.mark.parametrize("name", ["govuk-1.warc.gz", "iana.warc.gz"])
def test_different_pages_of_a_real_site_are_not_near(corpora: Path, name: str) -> None:
    marks = real_pages(corpora / name)
    assert len(marks) > 10
    assert min(distance(*pair) for pair in combinations(marks.values(), 2)) > 3 * NEAR


def test_a_real_site_answers_near_alike_for_all_it_does_not_have(corpora: Path) -> None:
    marks = real_pages(corpora / "archive-org-2008.arc.gz")
    lost = [
        "ShockwaveFlash.ShockwaveFlash",
        "webtv/2.5",
        "webtv/2.6",
        "_pdf.zip/",
        "text/css",
        "text/javascript",
        "flash.php",
    ]
    missing = [marks.pop(f"http://www.archive.org/details/{name}") for name in lost]
    for number in (3, 6, 7):
        name = f"ShockwaveFlash.ShockwaveFlash.{number}"
        missing.append(marks.pop(f"http://www.archive.org/details/{name}"))
    assert all(distance(*pair) == 0 for pair in combinations(missing, 2))
    assert not any(near(missing[0], mark) for mark in marks.values())
    assert sum(near(*pair) for pair in combinations(marks.values(), 2)) <= 1  # of 3,000


def test_pages_of_the_scored_sites_are_not_near(gold: Path) -> None:
    for site in sorted((gold / "compare" / "sites").glob("*/old")):
        marks = [fingerprint(path.read_bytes()) for path in sorted(site.glob("*.html"))]
        assert not any(near(*pair) for pair in combinations(marks, 2))


def test_a_title_weighs_more_than_as_many_words_elsewhere() -> None:
    plain = fingerprint(page("Wells", prose(1)))
    titled = fingerprint(page("Bells of the northern shire", prose(1)))
    worded = fingerprint(page("Wells", prose(1) + " Bells of the northern shire"))
    assert distance(plain, titled) > distance(plain, worded)


def test_a_page_without_words_has_none() -> None:
    assert fingerprint(b"") == fingerprint("<script>a</script><p> 12 </p>") == 0


def test_what_a_reader_sees_is_taken_out() -> None:
    wording = read_wording(
        b"<title>A &amp; B\n C</title><h1 class=x>Main <b>one</b></h1><h1>Other</h1>"
        b"<style>p{}</style><!-- not --><p>Text &lt;here&gt;<br>and there"
    )
    assert (wording.title, wording.heading) == ("A & B C", "Main one")
    assert wording.text == "Main one Other Text <here> and there"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(payload: bytes) -> None:
    assert 0 <= fingerprint(payload) < 1 << 64
    assert fingerprint(payload) == fingerprint(payload)


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<!--",
        "<script>",
        "<title>",
        "<h1>",
        "<a ",
        "&",
        "&#",
        "1.",
        "1,1",
        "x ",
        "\0",
        "</",
        "<h1",
    ],
)
def test_pages_made_to_take_long_do_not(part: str) -> None:
    begin = perf_counter()
    fingerprint(part * 1_000_000)
    assert perf_counter() - begin < 3


def test_a_page_of_20_kb_takes_about_a_millisecond() -> None:
    markup = page("Wells", "".join(f"<p class=body id=p{n}>{prose(n, 12)}</p>" for n in range(150)))
    payload = markup.encode()[:20_000]
    fingerprint(payload)
    begin = process_time()
    for _ in range(20):
        fingerprint(payload)
    assert (process_time() - begin) / 20 < 5e-3  # 1 ms where nothing else runs


@given(st.lists(st.binary(min_size=8, max_size=8), max_size=70))
def test_each_bit_is_as_most_runs_have_it(runs: list[bytes]) -> None:
    votes = [int.from_bytes(run, "little") for run in runs]
    for_it = [sum(vote >> bit & 1 for vote in votes) for bit in range(64)]
    expected = sum(1 << bit for bit, number in enumerate(for_it) if 2 * number > len(votes))
    assert simhash(b"".join(runs)) == expected
