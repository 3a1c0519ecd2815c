"""What must hold of any two pages."""

from hypothesis import given, settings
from hypothesis import strategies as st

from extract.compare.pages import PageComparison, Version, compare_pages
from extract.compare.stretches import word_changes

WORDS = "warden lantern bench grant moot hundred ward oil market night plan watch bridge well"
words = st.sampled_from(WORDS.split())
texts = st.lists(words, min_size=1, max_size=9).map(" ".join)
units = st.tuples(st.sampled_from(["p", "li", "h2", "td", "dd"]), texts)
pages = st.lists(units, max_size=14)
pieces = st.sampled_from(
    [*"<>/ &;=\"'\n", "p", "li", "tr", "td", "table", "a href", "one", "two 3"]
)
markup = st.lists(pieces, max_size=60).map("".join)


def html(page: list[tuple[str, str]]) -> str:
    wrapped = {"td": "<table><tr><th>A</th><td>{}</td></tr></table>", "dd": "<dl><dd>{}</dd></dl>"}
    return "".join(wrapped.get(tag, f"<{tag}>{{}}</{tag}>").format(text) for tag, text in page)


def compared(old: str, new: str) -> PageComparison:
    url = "http://www.hearths.example/"
    return compare_pages(Version(old.encode(), url=url), Version(new.encode(), url=url))


@given(pages)
def test_a_page_does_not_differ_from_itself(page: list[tuple[str, str]]) -> None:
    found = compared(html(page), html(page) + "<!-- the same -->")
    assert not found.differs
    assert found.alike == 1.0


@settings(max_examples=80)
@given(pages, pages)
def test_comparing_backwards_gives_the_mirror(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    found, mirror = compared(html(old), html(new)), compared(html(new), html(old))
    assert sorted(found.added) == sorted(mirror.removed)
    assert sorted(found.removed) == sorted(mirror.added)
    assert sorted((each.old, each.new) for each in found.changed) == sorted(
        (each.new, each.old) for each in mirror.changed
    )
    assert sorted(found.moved) == sorted(mirror.moved)
    assert sorted(found.reordered) == sorted(mirror.reordered)
    assert found.differs == mirror.differs


@settings(max_examples=80)
@given(pages, pages)
def test_the_full_display_holds_all_words_of_both_pages(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    found = compared(html(old), html(new))
    for side, page in (("old", old), ("new", new)):
        shown = sorted(word for row in found.rows for word in getattr(row, side).split())
        kept = sorted(word for tag, text in page for word in text.split())
        assert sorted(word for word in shown if word != "A") == kept


@given(st.lists(texts, min_size=3, max_size=25, unique=True), st.data())
def test_any_word_that_was_altered_is_found(page: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(page) - 1))
    edited = list(page)
    kind = data.draw(st.sampled_from(["word", "more", "gone", "new"]))
    if kind == "word":
        first, *rest = page[at].split()
        edited[at] = " ".join(["altered", *rest])
        del first
    elif kind == "more":
        edited[at] += " altered"
    elif kind == "gone":
        del edited[at]
    else:
        edited.insert(at, "something altered here")
    found = compared(*("".join(f"<p>{text}</p>" for text in each) for each in (page, edited)))
    assert found.differs
    told = [*found.added, *(each.new for each in found.changed)]
    gone = [*found.removed, *(each.old for each in found.changed)]
    if kind == "gone":
        assert page[at] in gone
    else:
        assert any("altered" in text for text in told)


@given(st.text(max_size=80), st.text(max_size=80))
def test_joined_stretches_are_the_texts(old: str, new: str) -> None:
    stretches, _ = word_changes(old, new)
    assert "".join(stretch.old for stretch in stretches) == old
    assert "".join(stretch.new for stretch in stretches) == new


@given(markup, markup)
def test_no_markup_is_too_broken(old: str, new: str) -> None:
    compared(old, new)
