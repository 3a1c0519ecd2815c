"""What must hold of finding in any answer: nothing is raised, and nothing is without a bound."""

import gzip
import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.collecting import LONGEST, MOST_LINKS
from archiver.capture.finding import LARGEST_LIST, LARGEST_PAGE
from tests.archiver.capture.looking import hops, look, targets

KINDS = [
    *("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "text/css", "text/plain"),
    *("application/rss+xml", "application/javascript", "application/manifest+json", None, "x"),
    *("text/html; charset=utf-16", "text/html; charset=iso-2022-jp", "text/css; charset=big5"),
]
PIECES = st.sampled_from(
    [
        *("<", ">", "<a href=", "'", '"', "<base href=", "<!--", "-->", "<![CDATA[", "]]>"),
        *("&amp;", "<rss>", "<item>", "<link>", "</link>", "<urlset>", "<loc>", "</loc>"),
        *("<feed>", "url(", "<iframe srcdoc='", "<style>", "</style>", "@import '", "<script>"),
        *("</script>", "\\", "{", "<meta charset=", "utf-16", "koi8-r", "?>", "\x00", "}", " "),
        *("<?xml version='1.0' encoding='", "data-src=/a.png ", "srcset='a 1x, b 2x' "),
        *("http://", "//[", "?\u00e9", "\ud83d", "/a.js", "<applet codebase=", "archive="),
        *("<form method=", "<noframes>", "xml:base='", "<svg>", "<plaintext>"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=40).map("".join)


@given(
    st.one_of(
        st.binary(max_size=300),
        TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
        TEXTS.map(lambda text: text.encode("utf-16-le", "surrogatepass")),
        TEXTS.map(lambda text: gzip.compress(text.encode("utf-8", "surrogatepass"))),
    ),
    st.sampled_from(KINDS),
    st.lists(
        st.tuples(
            st.sampled_from(["Location", "Link", "Refresh", "Content-Location"]),
            st.one_of(st.text(max_size=30), TEXTS),
        ),
        max_size=3,
    ),
    st.booleans(),
    st.booleans(),
)
def test_any_answer_is_read_without_an_error(
    payload: bytes,
    content_type: str | None,
    fields: list[tuple[str, str]],
    guesses: bool,
    sitemap: bool,
) -> None:
    answer = look(
        payload, content_type, status=302, fields=fields, guesses=guesses, sitemap=sitemap
    )
    assert len({(link.url, link.hop) for link in answer.links}) == len(answer.links)
    for link in answer.links:
        assert link.url.startswith(("http://", "https://"))
        assert link.url.isascii()
        assert link.url.isprintable()
        assert len(link.where) <= 100


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<base href=/x/>", "text/html"),
        ("<base href='", "text/html"),
        ("<a href=x ", "text/html"),
        ("<a href='/", "text/html"),
        ("<a ", "text/html"),
        ("<", "text/html"),
        ("<p", "text/html"),
        ("</", "text/html"),
        ("<div>", "text/html"),
        ("<svg>", "text/html"),
        ("<noframes><noembed><iframe>", "text/html"),
        ("<!--", "text/html"),
        ("<!--[if IE]>", "text/html"),
        ("<iframe srcdoc='", "text/html"),
        ("<form method=post><button formaction=", "text/html"),
        ("<meta http-equiv=refresh content='0;url=", "text/html"),
        ("<meta charset=x>", "text/html"),
        ("<style>a{b:url(", "text/html"),
        ("<script>'/a", "text/html"),
        ("'/a.js ", "application/javascript"),
        ("\\/", "application/javascript"),
        ('"\\u0026', "application/javascript"),
        ("url(", "text/css"),
        ("@import '", "text/css"),
        ("<rss><item>", "text/xml"),
        ("<rss><item><link>", "text/xml"),
        ("<loc><![CDATA[", "text/xml"),
        ("<loc><!--", "text/xml"),
        ("<urlset><loc></url>", "text/xml"),
        ("<?xml-stylesheet ", "text/xml"),
        ("<!DOCTYPE [", "text/xml"),
        ("<!DOCTYPE x [<!ENTITY a '&b;'>", "text/xml"),
        ("<feed xml:base='x/'>", "text/xml"),
        ("http://", "text/plain"),
        ("\n", "text/plain"),
    ],
)
def test_time_grows_with_the_length_of_a_page_and_not_faster(page: str, kind: str) -> None:
    # Sixteen times the page may take sixteen times as long, and some; not 256 times.
    def taken(size: int) -> float:
        start = "<urlset>" if "loc" in page else ""
        payload = (start + page * (size // len(page))).encode()
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            look(payload, kind, guesses=True, sitemap=True)
            best = min(best, time.process_time() - began)
        return best

    little, much = taken(1 << 15), taken(1 << 19)
    assert much < 0.05 + 16 * 5 * little


@pytest.mark.parametrize("field", ["Link", "Refresh", "Location", "Content-Location"])
@pytest.mark.parametrize(
    "piece", ["<", "<a>", "<a>;", '<a>;a="', '"\\', "<a>;rel=next,", ";", "0;"]
)
def test_time_grows_with_the_length_of_a_head_and_not_faster(field: str, piece: str) -> None:
    began = time.process_time()
    look(b"", "image/png", status=302, fields=[(field, piece * (200_000 // len(piece)))])
    assert time.process_time() - began < 1.5


def test_of_one_page_so_many_links_are_taken_and_the_rest_noted() -> None:
    page = "".join(f"<a href={number}>" for number in range(MOST_LINKS + 10))
    answer = look(page)
    assert len(answer.links) == MOST_LINKS
    assert answer.faults == (f"more than {MOST_LINKS} links; the rest were left out",)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<urlset>" + "".join(f"<loc>/{n}</loc>" for n in range(MOST_LINKS + 10)), "text/xml"),
        ("<rss>" + "".join(f"<item><link>/{n}" for n in range(MOST_LINKS + 10)), "text/xml"),
        ("".join(f"url({n})" for n in range(MOST_LINKS + 10)), "text/css"),
        ("".join(f"http://a.example/{n}\n" for n in range(MOST_LINKS + 10)), "text/plain"),
    ],
    ids=["sitemap", "feed", "sheet", "list"],
)
def test_of_any_list_so_many_links_are_taken(page: str, kind: str) -> None:
    answer = look(page, kind, sitemap=True)
    assert len(answer.links) == MOST_LINKS
    assert len(answer.faults) == 1


def test_of_the_strings_of_one_page_so_many_are_kept() -> None:
    strings = "".join(f"'http://a.example:99999/{number}'" for number in range(4 * MOST_LINKS + 9))
    answer = look(f"<script>{strings}</script><a href=/a>", guesses=True)
    assert answer.links == ()
    assert answer.faults == (f"more than {4 * MOST_LINKS} references; the rest was not read",)


def test_just_as_many_links_are_no_fault() -> None:
    page = "".join(f"<a href={number}>" for number in range(MOST_LINKS)) + "<a href=0><a href=#x>"
    answer = look(page)
    assert (len(answer.links), answer.faults) == (MOST_LINKS, ())


def test_an_attribute_of_more_than_64_kib_is_passed_over() -> None:
    long = "x" * (LONGEST + 1)
    assert hops(f"<a href='{long}'><img srcset='a, {long}'><a href=/b>") == [("L", "/b")]
    assert hops(f"<iframe srcdoc='<a href=/a>{long}'></iframe><img data-src='/{long}'>") == []
    assert targets(look(f"a{{b:url({long}) url(/c)}}", "text/css")) == ["/c"]
    assert targets(look(f"<urlset><loc>/{long}</loc><loc>/a</loc>", "text/xml")) == ["/a"]


def test_a_page_that_repeats_one_attribute_a_million_times_takes_little_memory() -> None:
    page = ("<img srcset='" + "a , " * 2_000_000 + "'>").encode()
    tracemalloc.start()
    look(page)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * len(page)


def test_pages_within_pages_end_somewhere() -> None:
    page = "<a href=/deep>"
    for _ in range(30):
        page = f'<iframe srcdoc="{page.replace("&", "&amp;").replace(chr(34), "&quot;")}">'
    assert hops(page[:LONGEST]) == []


@pytest.mark.parametrize(
    ("start", "content_type", "most"),
    [("<a href=/a>", "text/html", LARGEST_PAGE), ("<urlset><loc>/a</loc>", None, LARGEST_LIST)],
)
def test_of_an_endless_payload_the_beginning_is_read(
    start: str, content_type: str | None, most: int
) -> None:
    answer = look(start.encode() + b" " * most + b"<a href=/b><loc>/b</loc>", content_type)
    assert targets(answer) == ["/a"]
    assert answer.faults == (f"only the first {most} bytes were read",)


def test_a_gzip_file_that_grows_without_end_is_left_at_the_limit() -> None:
    start = b"<urlset><loc>http://www.homeoffice.example/a</loc>"
    answer = look(gzip.compress(start + b" " * (LARGEST_LIST + 10)), "application/gzip")
    assert targets(answer) == ["/a"]
    assert answer.faults == (f"only the first {LARGEST_LIST} bytes were read",)


def test_a_list_of_more_than_a_million_elements_is_left_there() -> None:
    answer = look("<urlset>" + "<a/>" * 1_000_000 + "<loc>/a</loc>", "text/xml")
    assert answer.faults == ("more than 1000000 elements; the rest was not read",)


def test_links_come_in_the_order_of_the_page() -> None:
    numbers = [
        int(target[1:]) for target in targets(look("".join(f"<a href=/{n}>" for n in range(99))))
    ]
    assert all(one < other for one, other in pairwise(numbers))
