"""Pages made to take long or to fill the memory are compared all the same, and soon."""

import time

import pytest

from extract.compare.pages import Version, compare_pages

_SECONDS = 60  # of processor time; the machine may be busy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>one line here</p>" * 5000, "<p>one line here</p>" * 5100),
        ("<p>a b c d</p><p>e f g h</p>" * 8000, "<p>e f g h</p><p>a b c d</p><p>i</p>" * 8000),
        ("<p>" + "0123 " * 100_000, "<p>" + "0124 " * 100_000),
        ("<p>" + "today is monday " * 20_000, "<p>" + "today is tuesday " * 20_000),
        ("<div class='ad side'>" * 3000 + "x", "<div class='ad side'>" * 3000 + "y"),
        ("<!--" * 50_000, "<!--" * 50_000 + "x"),
        ("<script" * 50_000, "<script " * 50_000),
        (
            "".join(f"<a href='/p{number}'>l</a> " for number in range(20_000)),
            "".join(f"<a href='/q{number}'>l</a> " for number in range(20_000)),
        ),
    ],
    ids=["alike", "crossed", "digits", "stamps", "deep", "comments", "scripts", "links"],
)
def test_a_page_made_to_take_long_does_not(old: str, new: str) -> None:
    began = time.process_time()
    compare_pages(*(Version(each.encode(), url="http://a.example/") for each in (old, new)))
    assert time.process_time() - began < _SECONDS


def test_an_answer_made_coarse_by_a_bound_says_so() -> None:
    found = compare_pages(
        Version(("<p>a b c d</p><p>e f g h</p>" * 8000).encode()),
        Version(("<p>e f g h</p><p>a b c d</p><p>i</p>" * 8000).encode()),
    )
    assert found.coarse
    assert "too large or too repetitive" in found.notes[0]
