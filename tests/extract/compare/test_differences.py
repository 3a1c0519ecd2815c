"""Sketches say of two captures what comparing their payloads says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.compare.differences import Difference, compare_sketches
from extract.compare.pages import PageComparison, Version, compare_pages
from extract.compare.sketches import Sketch, sketch_of
from extract.page import read_page

URL = "http://www.hearths.example/wardens/"

WORDS = "warden lantern bench grant moot hundred ward oil market night"
words = st.sampled_from(WORDS.split())
texts = st.lists(words, min_size=1, max_size=9).map(" ".join)
units = st.tuples(st.sampled_from(["p", "li", "h2", "td", "a"]), texts)
pages = st.lists(units, max_size=14)


def html(page: list[tuple[str, str]]) -> str:
    shapes = {
        "td": "<table><tr><th>A</th><td>{0}</td></tr></table>",
        "a": "<p><a href='/{1}'>{0}</a></p>",
    }
    return "<h1>The county of Hearthshire</h1>" + "".join(
        shapes.get(tag, f"<{tag}>{{0}}</{tag}>").format(text, text.replace(" ", "-"))
        for tag, text in page
    )


def sketch(markup: str) -> Sketch:
    payload = markup.encode()
    return replace(sketch_of(read_page(payload, url=URL).document, payload), base=URL)


def whole(old: str, new: str) -> PageComparison:
    return compare_pages(
        *(Version(each.encode(), url=URL, replayed=False, content_type="text/html")
          for each in (old, new))
    )  # fmt: skip


def counts(found: PageComparison) -> Difference:
    return Difference(
        added=len(found.added),
        removed=len(found.removed),
        changed=len(found.changed),
        moved=len(found.moved) + len(found.reordered),
        links=len(found.links_added) + len(found.links_removed) + len(found.links_retargeted),
    )


def told(found: Difference) -> Difference:
    return replace(found, words_added=0, words_removed=0, passed_over=0)


@settings(max_examples=150)
@given(pages, pages)
def test_a_sketch_tells_what_the_pages_themselves_tell(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    first, second = html(old), html(new)
    assert told(compare_sketches(sketch(first), sketch(second))) == counts(whole(first, second))


LONG = [("p", f"The warden of ward {number} keeps the oil of {number} lanterns") for number in
        range(60)]  # fmt: skip


def altered(**by_place: str) -> str:
    page = list(LONG)
    for place, text in by_place.items():
        page[int(place[1:])] = ("p", text)
    return html(page)


def test_words_are_counted_in_what_changed_alone() -> None:
    old = altered()
    new = altered(_30="The warden of ward 30 keeps no oil of 30 lanterns")
    found = compare_sketches(sketch(old), sketch(new))
    assert (found.changed, found.words_added, found.words_removed) == (1, 1, 1)
    assert found.differs


def test_an_address_that_also_stands_in_what_stayed_is_no_new_link() -> None:
    bar = "<p><a href='/moot'>Moot</a></p>"
    old = bar + altered()
    new = bar + altered(_40="See the <a href='/moot'>moot</a> for ward 40 and its lanterns")
    found = compare_sketches(sketch(old), sketch(new))
    assert (found.changed, found.links) == (1, 0)
    new = bar + altered(_40="See the <a href='/bench'>bench</a> for ward 40 and its lanterns")
    assert compare_sketches(sketch(old), sketch(new)).links == 1


def test_an_address_of_what_stayed_may_be_written_otherwise() -> None:
    bar = "<p><a href='/moot;jsessionid=1F'>Moot</a></p>"
    new = bar + altered(_40="See the <a href='/moot;jsessionid=2E'>moot</a> for ward 40")
    found = compare_sketches(sketch(bar + altered()), sketch(new))
    assert (found.changed, found.links, found.passed_over) == (1, 0, 1)


def test_a_mailbox_behind_the_same_words_may_be_another() -> None:
    old, new = (
        f"<p>Kept by the bench. <a href='mailto:{name}@hearths.example'>Write to us</a></p>"
        for name in ("moot", "bench")
    )
    found = compare_sketches(sketch(old + altered()), sketch(new + altered()))
    assert found.differs
    assert found == Difference(links=1)
    assert len(whole(old + altered(), new + altered()).contacts) == 1


@pytest.mark.parametrize(
    ("base", "other", "links"),
    [
        ("http://www.hearths.example/a/", "https://hearths.example/a/?utm_source=x", 0),
        ("http://www.hearths.example/a/", "http://www.hearths.example/a", 1),
        ("http://www.hearths.example/a/", "http://archive.hearths.example/a/", 2),
    ],
)
def test_the_same_words_may_link_elsewhere_where_another_base_holds(
    base: str, other: str, links: int
) -> None:
    page = sketch("<p>See the <a href='moot'>moot</a></p><p>or the <a href='/oil'>oil</a></p>")
    found = compare_sketches(replace(page, base=base), replace(page, base=other))
    assert (found.links, found.differs, found.blocks) == (links, links > 0, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>Page generated in 0.31 seconds</p>", "<p>Page generated in 0.42 seconds</p>"),
        ("<p>Ring (01632) 960 101</p>", "<p>Ring 01632 960101</p>"),
        ("<p><a href='/a;jsessionid=1F'>Go</a></p>", "<p><a href='/a;jsessionid=2E'>Go</a></p>"),
        ("<p>One word. And another.</p>", "<p>One word.</p><p>And another.</p>"),
        ("<div class='advert'><p>Buy lamps now</p></div>",
         "<div class='advert'><p>Win an oil press today</p></div>"),
    ],
)  # fmt: skip
def test_noise_is_counted_and_is_no_change(old: str, new: str) -> None:
    around = "<p>Kept by the county of Hearthshire for its people.</p>"
    found = compare_sketches(sketch(old + around), sketch(new + around))
    assert not found.differs
    assert found.passed_over
    assert not whole(old + around, new + around).differs


def test_markup_that_says_the_same_has_the_same_hashes() -> None:
    first, second = sketch("<p>One  word</p>"), sketch("<div><!-- 2 --><p>One word</p></div>")
    assert first.hashes == second.hashes
    assert compare_sketches(first, second) == Difference()


def test_a_page_of_nothing_can_be_compared() -> None:
    assert compare_sketches(sketch(""), sketch("<p>One word</p>")).added == 1
    assert compare_sketches(sketch("<p>One word</p>"), sketch("")).removed == 1
