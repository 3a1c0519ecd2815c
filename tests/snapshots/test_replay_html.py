# ruff: noqa: E501 - replay addresses are longer than lines
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from archiver.unreplay import recover_page
from snapshots.replay.addresses import AddressMap
from snapshots.replay.html import DROPPED, rewrite_html

URL = "http://www.homeoffice.example/crime/index.htm"
WEB = "/web/20110529000000"
ADDRESSES = AddressMap("20110529000000")
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
# What rewriting may change, seen as a parsed tree: these attributes, and the text of style.
CHANGED = {
    "href", "src", "srcset", "imagesrcset", "action", "formaction", "background", "longdesc",
    "cite", "data", "poster", "lowsrc", "dynsrc", "codebase", "archive", "manifest", "profile",
    "style", "srcdoc", "content", "http-equiv", "value", "target", "formtarget", "xlink:href",
    "pluginspage", "title", "method",
}  # fmt: skip


def rewritten(page: str) -> str:
    return rewrite_html(page.encode(), URL, ADDRESSES).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="/police/">', f'<a target="_top" href="{WEB}/http://www.homeoffice.example/police/">'),
        ("<a href='x.htm#y'>", f"<a target=\"_top\" href='{WEB}/http://www.homeoffice.example/crime/x.htm#y'>"),
        ("<a href=../x>", f'<a target="_top" href={WEB}/http://www.homeoffice.example/x>'),
        ("<a href=//h.example/x>", f'<a title="&#8594; h.example" target="_top" href={WEB}/http://h.example/x>'),
        ('<a href="?a=1&amp;b=2">', f'<a target="_top" href="{WEB}/http://www.homeoffice.example/crime/index.htm?a=1&amp;b=2">'),
        ('<a target="_blank" href="http://h.example/">', f'<a title="&#8594; h.example" target="_top" href="{WEB}/http://h.example/">'),
        ("<a target href=http://h.example/>", f'<a title="&#8594; h.example" target="_top" href={WEB}/http://h.example/>'),
        ("<area href=http://h.example/>", f'<area title="&#8594; h.example" target="_top" href={WEB}/http://h.example/>'),
        ("<img src=x.png>", f"<img src={WEB}im_/http://www.homeoffice.example/crime/x.png>"),
        ("<img srcset='a 1x, b 2x'>", f"<img srcset='{WEB}im_/http://www.homeoffice.example/crime/a 1x, {WEB}im_/http://www.homeoffice.example/crime/b 2x'>"),
        ("<link rel=stylesheet href=/x.css>", f"<link rel=stylesheet href={WEB}cs_/http://www.homeoffice.example/x.css>"),
        ("<script src=/x.js></script>", f"<script src={WEB}js_/http://www.homeoffice.example/x.js></script>"),
        ("<iframe src=/x>", f"<iframe src={WEB}if_/http://www.homeoffice.example/x>"),
        ("<frame src=/x>", f"<frame src={WEB}if_/http://www.homeoffice.example/x>"),
        ("<object data=/x>", f"<object data={WEB}oe_/http://www.homeoffice.example/x>"),
        ("<form action=/x method=post>", '<form target="_top" action="/form/20110529000000/http://www.homeoffice.example/x" method=post>'),
        ("<button formaction=/x>", f'<button formtarget="_top" formaction={WEB}/http://www.homeoffice.example/x>'),
        ("<p style='background:url(/x)'>", f"<p style='background:url({WEB}im_/http://www.homeoffice.example/x)'>"),
        ("<style>@import '/x';</style>", f"<style>@import '{WEB}cs_/http://www.homeoffice.example/x';</style>"),
        ("<meta http-equiv=refresh content='0;url=/x'>", f"<meta http-equiv=refresh content='0;url={WEB}mp_/http://www.homeoffice.example/x'>"),
        ("<link rel=preconnect href=//h.example>", f"<link rel=preconnect href={WEB}mp_/http://h.example>"),
        ("<!--[if IE]><img src=/x><![endif]-->", f"<!--[if IE]><img src={WEB}im_/http://www.homeoffice.example/x><![endif]-->"),
        ("<svg><image xlink:href='/x'/></svg>", f"<svg><image xlink:href='{WEB}im_/http://www.homeoffice.example/x'/></svg>"),
        ("<a href=' \thttp://h.example/\n'>", f"<a title=\"&#8594; h.example\" target=\"_top\" href=' \t{WEB}/http://h.example/\n'>"),
        ("<a href='http:\\\\h.example\\x'>", f"<a title=\"&#8594; h.example\" target=\"_top\" href='{WEB}/http://h.example/x'>"),
        (
            "<iframe srcdoc='&lt;a href=&quot;/x&quot;&gt;&lt;img nonce=a src=y&gt;'>",
            f"<iframe srcdoc='&lt;a target=\"_top\" href=&quot;{WEB}/http://www.homeoffice.example/x&quot;&gt;&lt;img src={WEB}im_/http://www.homeoffice.example/crime/y&gt;'>",
        ),
        ('<script src="/x" integrity="sha256-x" nonce=y crossorigin></script>', f'<script src="{WEB}js_/http://www.homeoffice.example/x"></script>'),
        ('<img src="/x" referrerpolicy=no-referrer>', f'<img src="{WEB}im_/http://www.homeoffice.example/x">'),
        ("<meta name=Referrer content=no-referrer>", "<meta name=X-Archive-Orig-Referrer content=no-referrer>"),
        ("<a nonce=x href=/x ping='/count'>", f'<a target="_top" href={WEB}/http://www.homeoffice.example/x>'),
        (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">',
            '<meta http-equiv="X-Archive-Orig-Content-Security-Policy" content="default-src \'none\'">',
        ),
    ],
)  # fmt: skip
def test_an_address_leads_into_the_archive(before: str, after: str) -> None:
    assert rewritten(before) == after


@pytest.mark.parametrize(
    "page",
    [
        "<a href='#top'>",
        "<a href=''>",
        "<a href='javascript:go()'>",
        "<a href='mailto:unit@homeoffice.example'>",
        "<a href='tel:02079460310'>",
        "<img src='data:image/gif;base64,AA=='>",
        "<iframe src='about:blank'>",
        "<div data-src='/x' data-href='http://h.example/'>",
        "<svg><use xlink:href='#icon'/></svg>",
        "<p style='fill:url(#gradient)'>",
        "<script>location = 'http://h.example/'</script>",
        "<textarea><a href='/x'></textarea>",
        "<!-- <a href='/x'> -->",
        "<meta charset=utf-8><meta http-equiv=X-UA-Compatible content='IE=edge'>",
        "<p>http://h.example/ & <3 </p",
        "<a href='http://'>",
    ],
)
def test_what_asks_nothing_of_a_server_stays_as_it_is(page: str) -> None:
    assert rewritten(page) == page


def test_a_base_is_heeded_and_itself_rewritten() -> None:
    page = '<base href="http://other.example/a/" target="_blank"><img src="b.png">'
    assert rewritten(page) == (
        f'<base href="{WEB}mp_/http://other.example/a/" target="_blank">'
        f'<img src="{WEB}im_/http://other.example/a/b.png">'
    )


def test_bytes_that_are_no_ascii_are_copied_whatever_they_mean() -> None:
    page = b'<a href="/voil\xe0">\x80\xff<img alt="\xc3\xa9" src="http://h.example/\xc2\xa0">'
    after = rewrite_html(page, URL, ADDRESSES)
    assert b"/voil\xe0" in after
    assert b'\x80\xff<img alt="\xc3\xa9"' in after
    assert after.endswith(b'http://h.example/\xc2\xa0">')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_page_in_wide_characters_is_rewritten(encoding: str) -> None:
    page = "<a href=/x>caf\u00e9</a>".encode(encoding)
    after = rewrite_html(page, URL, ADDRESSES, charset=encoding)
    assert after.decode(encoding) == rewritten("<a href=/x>caf\u00e9</a>")


def trees_agree(before: bytes, after: bytes) -> None:
    """Walk both trees; only listed attributes, and the text of style sheets, may differ."""
    old, new = html.document_fromstring(before), html.document_fromstring(after)
    olds, news = list(old.iter()), list(new.iter())
    assert [node.tag for node in olds] == [node.tag for node in news]
    for one, other in zip(olds, news, strict=True):
        assert one.tail == other.tail
        if one.tag != "style" and isinstance(one.tag, str):
            assert one.text == other.text
        kept = {name: value for name, value in one.attrib.items() if name not in DROPPED}
        changed = {
            name for name in {*kept, *other.attrib} if kept.get(name) != other.attrib.get(name)
        }
        assert changed <= CHANGED, (one.tag, changed)


def leaves_nothing_outside(page: bytes) -> None:
    tree = html.document_fromstring(page)
    for element in tree.iter("a", "area", "img", "script", "link", "form", "iframe", "frame"):
        for name in ("href", "src", "action"):
            value = (element.get(name) or "").strip().lower()
            if value.startswith(("http", "//", "/")):
                assert value.startswith(("/web/", "/search/", "/form/")), (element.tag, value)


EXAMPLE = sorted((Path(__file__).parents[2] / "examples" / "home-office").glob("20*/**/*.html"))


@pytest.mark.skipif(not EXAMPLE, reason="no example site")
def test_a_rewritten_example_page_parses_to_the_same_tree() -> None:
    for path in EXAMPLE:
        page = path.read_bytes()
        after = rewrite_html(page, URL, ADDRESSES)
        trees_agree(page, after)
        leaves_nothing_outside(after)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.exists(), reason="no corpora beside the project")
@pytest.mark.parametrize("name", ["govuk-1.warc.gz", "iana.warc.gz"])
def test_a_rewritten_real_page_parses_to_the_same_tree(name: str) -> None:
    from warcio.archiveiterator import ArchiveIterator

    pages = 0
    with (CORPORA / name).open("rb") as file:
        for record in ArchiveIterator(file):
            head = record.http_headers
            if head and "html" in (head.get_header("content-type") or ""):
                page = record.content_stream().read()
                if page.strip():
                    after = rewrite_html(page, record.rec_headers["WARC-Target-URI"], ADDRESSES)
                    trees_agree(page, after)
                    leaves_nothing_outside(after)
                    pages += 1
    assert pages > 5


URLS = st.sampled_from(
    [
        "http://h.example/", "https://h.example/a?b=1&c=2", "http://h.example/%E9/~x;y",
        "http://h.example/a b", "http://h.example:8080/x#y", "http://h.example/caf\u00e9",
    ]
)  # fmt: skip
PLACES = st.sampled_from(
    [
        '<a href="{}">', "<a href='{}'>", '<img src="{}">', '<p style="background:url(\'{}\')">',
        "<style>@import '{}';</style>", '<link rel=stylesheet href="{}">', '<form action="{}">',
        '<meta http-equiv=refresh content="0; url={}">',
    ]
)  # fmt: skip


@given(st.lists(st.tuples(PLACES, URLS), max_size=8))
def test_undoing_a_replay_gives_back_what_the_replay_was_given(
    links: list[tuple[str, str]],
) -> None:
    page = "".join(place.format(url.replace("&", "&amp;")) for place, url in links).encode()
    archive = AddressMap("20110529000000", "http://webarchive.nationalarchives.gov.uk/ukgwa/")
    replayed = rewrite_html(page, URL, archive)
    recovered = recover_page(replayed, media_type="text/html", address=archive.at(URL, "mp_"))
    assert (
        re.sub(rb' target="_top"| title="&#8594; h.example(?::8080)?"', b"", recovered.body) == page
    )
    assert recovered.left == ()


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    rewrite_html(b"<a href=/x " + body, URL, ADDRESSES)


@given(
    st.lists(
        st.sampled_from(
            ["<a", " href=", '"', "'", "/x", ">", "<iframe srcdoc='", "&lt;a href=/y&gt;", " nonce",
             " target=", "<base href=/z/>", "<meta http-equiv=refresh content='0;url=/", "<style>",
             "url(x)", "</style>", "<!--[if IE]>", "<![endif]-->", "<svg>", " ", "="]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_rewriting_twice_finds_nothing_that_the_first_time_missed(page: str) -> None:
    once = rewritten(page)
    inside = AddressMap("20110529000000", "http://archive.example/web/")
    twice = rewrite_html(once.encode(), "http://archive.example/", inside).decode()
    assert twice.count("www.homeoffice.example") == once.count("www.homeoffice.example")


@pytest.mark.parametrize(
    "piece",
    ["<a nonce href=/x ", "<iframe srcdoc='&lt;iframe srcdoc=", "<base href=/x>", "<a href=/x>"],
)
def test_time_is_in_proportion_to_length(piece: str) -> None:
    rewrite_html(piece.encode() * 5_000, URL, ADDRESSES)
