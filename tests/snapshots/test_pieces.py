# ruff: noqa: E501 - replay addresses are longer than lines
"""Pages taken apart: rewritten piece by piece they are what they are when read as a whole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshots.replay import html
from snapshots.replay.addresses import AddressMap
from snapshots.replay.html import rewrite_html
from snapshots.replay.pieces import in_pieces
from snapshots.replay.remembered import Reach, Remembered

URL = "http://www.homeoffice.example/crime/index.htm"

MARKUP = st.lists(
    st.sampled_from(
        [
            "<a", "</a", "<A ", "<img", "<a<b", " href=", " src=", " title", '"', "'", "/x", "y/z", "?q=1",
            "//h.example/", "http:x", ">", "/>", " ", "/", "=", "<", "\n", "<!--", "-->", "--!>", "<!-->", "-",
            "<!--[if IE]>", "<![endif]-->", "<script", "<script>", "</script", "</script>", "<style>",
            "@import '/s';", "url(x)", "</style>", "<textarea>", "</textarea>", "<title>", "</TITLE >",
            "<noframes ", "<xmp/>", "<plaintext>", "<svg>", "</svg>", "<math ", "<style/>", "<![CDATA[", "]]>",
            "<!x", "<?php", "</ ", "<base href=/b/>", "<iframe srcdoc='&lt;img src=/y&gt;'>", "\xe9", "\x00", "&amp;",
            " nonce=", "<meta http-equiv=refresh content='0;url=/", "<form action=", "scripted",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=1000)
@given(MARKUP)
def test_a_page_in_pieces_is_rewritten_as_the_whole_page_is(page: str) -> None:
    body = page.encode("latin-1")
    addresses = AddressMap("20110529000000")
    pieces = rewrite_html(body, URL, addresses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "in_pieces", lambda *_: None)
        assert rewrite_html(body, URL, addresses) == pieces


LINKS = st.lists(
    st.sampled_from(
        [
            "<a ", "<a", "href=\"", "\"", "\">", ">", " ", "/", "/crime", "/a.b", "/..", "/.", "//", "?q=1", "?", "%41", "%zz",
            "#x", "&amp;", "~", ":", "\\", "http://www.homeoffice.example", "http://h.example", "https://www.homeoffice.example",
            "HTTP://www.homeoffice.example", "http://www.homeoffice.example:80", "class=\"b\"", " id=\"c d\"", " title=\"t\"", " target=\"_top\"",
            " rel=\"ping\"", "<a href=\"/crime/", "<a href=\"page-a.html", "<a href=\"b/c", "?f[0]=b:c!", "&amp;amp;x=", "[", "!", "<a href=\"http://www.homeoffice.example/police\"", "\xe9", "\t", "\n",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip


URLS = (
    *(URL, "https://WWW.Homeoffice.example:80/", "x:", "http://www.homeoffice.example"),
    *("http://www.homeoffice.example/crime//x/?q=a/b", "http://www.homeoffice.example/a/../b/c"),
    *("http://www.homeoffice.example/crime/x;y/z", "http://www.homeoffice.example/a.b/c?d/e#f/g"),
)


@settings(max_examples=1000)
@given(LINKS, st.booleans(), st.sampled_from(URLS))
def test_a_plain_link_is_rewritten_as_any_other_is(link: str, scripts: bool, url: str) -> None:
    body = f"<p>{link}</p>".encode("latin-1")
    addresses = AddressMap("20110529000000", scripts=scripts)
    pieces = rewrite_html(body, url, addresses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "in_pieces", lambda *_: None)
        assert rewrite_html(body, url, addresses) == pieces


@settings(max_examples=500)
@given(
    st.sampled_from(("div", "li", "td", "option", "tr", "h2", "ol", "body", "a", "area", "form", "input", "param", "meta",
                     "script", "link", "title", "iframe", "object", "button", "svg", "plaintext", "!--", "!-- [if IE]>")),
    st.lists(st.sampled_from((' class="b"', ' id="href=/x"', ' title="a>b"', ' value="/x"', " ",
                              ' style="background: url(/x)"', ' background="/x"', ' target="_top"',
                              ' nonce="x"', " class", '"', "/", ' style="color: #fff"', ' role="search"', ' name="src"',
                              ' name="referrer"', ' data-src="/x"', ' data="/x"', ' aria-label="<img src=/y>"',
                              ' title="<a href=/y>"', " href=/z", ">-->", " checked", ' type="submit"', " -", " <!-- ")),
             max_size=4).map("".join),
)  # fmt: skip
def test_a_tag_without_addresses_is_rewritten_as_any_other_is(name: str, attributes: str) -> None:
    body = f"<{name}{attributes}>x".encode("latin-1")
    addresses = AddressMap("20110529000000", scripts=True)
    pieces = rewrite_html(body, URL, addresses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "in_pieces", lambda *_: None)
        assert rewrite_html(body, URL, addresses) == pieces


HEADS = st.lists(
    st.sampled_from(
        [
            "<html", "<html>", "<HTML>", "<head>", "<head", "<HEAD>", "</head>", "<body>", "<body ", ' class="b"', " lang=en", ">", "/>", '"', "<!DOCTYPE html>",
            '<meta charset="utf-8">', "<meta name=a>", "<link ", ' href="/x"', "<base", ' title="a>b"', "<!--", "-->", "--!>", "<!-->", "<!--->", "-", "<![CDATA[",
            "<title>", "</title>", "</title >", "</TITLE>", "<title/>", "<style>", "</style>", "<script>", "<script async>", "</script>", "<SCRIPT>", "</script x>",
            "<noscript>", "</noscript>", "<img>", "<p>", "x", " ", "\n", "<", "<template>", "<svg>", "\xe9", "<metadata>", "<headline>", "<scripted>", "<titles>",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(max_examples=1500)
@given(st.sampled_from(("", "<html><head>", '<!DOCTYPE html>\n<html lang="en">\n<head>')), HEADS)
def test_what_is_put_into_a_usual_head_stands_where_it_would_in_any_other(
    start: str, more: str
) -> None:
    body = (start + more).encode("latin-1")
    given = {"script": "<script src=shim></script>", "notice": "<noscript>said</noscript>"}
    usual = rewrite_html(body, URL, AddressMap("20110529000000"), **given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "_USUAL_HEAD", re.compile("(?P<open>)(?!)"))
        assert rewrite_html(body, URL, AddressMap("20110529000000"), **given) == usual


def test_a_page_as_most_are_is_taken_apart() -> None:
    page = (
        "<!DOCTYPE html><html lang=en><!-- a --><head><title>T</title><script><!-- x('<a b>') //-->"
        "</script><style>a{}</style></head><body><p>1 < 2<br/><svg><path d='M0'/></svg></body>"
    )
    seen: list[str] = []

    def note(piece: str) -> str:
        seen.append(piece)
        return piece

    assert in_pieces(page, note) == page
    assert seen == [
        "<!DOCTYPE html>", "<html lang=en>", "<title>T", "<script><!-- x('<a b>') //-->",
        "<style>a{}", "<path d='M0'/>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        "<a href='x>",
        "<a href=x",
        "<a<b>",
        "<!-- never ended",
        "<!--> short",
        "<script>x",
        "<plaintext><a b>",
        "<script><!-- <script> </script> --></script>",
        "<svg><style/><a b></svg>",
        "<math><![CDATA[<a b>]]></math>",
    ],
)
def test_a_page_that_only_makes_sense_as_a_whole_is_not(page: str) -> None:
    assert in_pieces(page, str) is None


def test_the_same_words_mean_another_address_in_another_folder() -> None:
    page = b"<img src=a.gif><img src=/a.gif><a href='?p=1'>x</a>"
    for folder in ("crime", "police", "crime"):
        for name in ("one", "two"):
            url = f"http://h.example/{folder}/{name}"
            shown = rewrite_html(page, url, AddressMap("20110529000000")).decode()
            assert f"im_/http://h.example/{folder}/a.gif" in shown
            assert "im_/http://h.example/a.gif" in shown
            assert f"/http://h.example/{folder}/{name}?p=1" in shown


def test_what_is_remembered_of_one_date_serves_every_other() -> None:
    page = b"<img src=/a.gif>"
    for timestamp in ("20110529000000", "20130326122952"):
        shown = rewrite_html(page, URL, AddressMap(timestamp))
        assert (
            shown == f"<img src=/web/{timestamp}im_/http://www.homeoffice.example/a.gif>".encode()
        )


def test_what_is_remembered_keeps_within_its_room() -> None:
    remembered = Remembered()
    asked: list[str] = []

    def rewrite(piece: str) -> tuple[str, Reach]:
        asked.append(piece)
        return piece * 100, Reach.SITE

    most = 0
    for number in range(20_000):
        remember, known = remembered.within("site", "folder", rewrite)
        assert remember(f"{number:050}") == f"{number:050}" * 100
        most = max(most, len(known))
    assert len(asked) == 20_000
    assert 1_000 < most < 10_000


@pytest.mark.parametrize("piece", ["<a b='", "<!-", "<script", "<a b=c ", "<![", "</a ", "<a/"])
def test_time_is_in_proportion_to_length(piece: str) -> None:
    in_pieces(piece * 20_000, str)
