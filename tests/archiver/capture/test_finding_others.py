"""What is found in answers that are no pages: heads, style sheets, feeds, sitemaps, manifests."""

import gzip

import pytest

from tests.archiver.capture.looking import SITE, found, hops, look, targets


@pytest.mark.parametrize(
    ("status", "fields", "links"),
    [
        (301, [("Location", "/new")], [("R", "/new")]),
        (308, [("LOCATION", "../police/?")], [("R", "/police/?")]),
        (302, [("Location", "//a.example")], [("R", "http://a.example/")]),
        (302, [("Location", "http:\\\\a.example\\b#c")], [("R", "http://a.example/b")]),
        (302, [("Location", "/a b")], [("R", "/a%20b")]),
        (302, [("Location", "")], []),
        (302, [("Location", "mailto:crime@homeoffice.example")], []),
        (201, [("Location", "/made")], [("R", "/made")]),
        (200, [("Location", "/no")], []),  # means nothing with this status
        (404, [("Location", "/no")], []),
        (305, [("Location", "http://proxy.example/")], []),
        # bytes beyond ASCII: UTF-8 where they can be, else asked for as they came
        (302, [("Location", "/caf\u00c3\u00a9?\u00c3\u00a9")], [("R", "/caf%C3%A9?%C3%A9")]),
        (302, [("Location", "/caf\u00e9?\u00e9")], [("R", "/caf%E9?%E9")]),
        (302, [("Location", "//b\u00c3\u00bccher.example/")],
         [("R", "http://xn--bcher-kva.example/")]),
        (200, [("Refresh", "5; url=/next")], [("R", "/next")]),
        (200, [("Refresh", "0;URL='next'")], [("R", "/crime/next")]),
        (200, [("Refresh", "300")], []),
        (200, [("Content-Location", "list.en.htm")], [("L", "/crime/list.en.htm")]),
        (200, [("Link", "</a.css>; rel=stylesheet")], [("E", "/a.css")]),
        (200, [("Link", '<a.css>; REL="preload"; as=style, <b>; rel=next')],
         [("E", "/crime/a.css"), ("L", "/crime/b")]),
        (200, [("Link", "</a>;rel=next"), ("link", "</b>;rel=prev")], [("L", "/a"), ("L", "/b")]),
        (200, [("Link", '</a,b;c>; title="x, <y>; rel=z\\""; rel="alternate canonical"')],
         [("L", "/a,b;c")]),
        (200, [("Link", "<//cdn.example>; rel=preconnect, <//a.example>; rel=dns-prefetch")], []),
        (200, [("Link", "</a>; rel=next; rel=stylesheet")], [("L", "/a")]),  # the first counts
        (200, [("Link", "</a>, <>; rel=next, </b>; title=c")], []),  # no relation, no target
        (200, [("Link", '</a>; rel=preload; as=image; imagesrcset="/b 1x, /c 2x"')],
         [("E", "/a"), ("E", "/b"), ("E", "/c")]),
        # said of another page: a place to go, not a part of this answer
        (200, [("Link", '</a.css>; rel=stylesheet; anchor="/other"')], [("L", "/a.css")]),
        (200, [("Link", '</a.css>; rel=stylesheet; anchor="#here"')], [("E", "/a.css")]),
        (200, [("Link", "</a")], []),
    ],
)  # fmt: skip
def test_what_the_head_of_an_answer_leads_to_is_found(
    status: int, fields: list[tuple[str, str]], links: list[tuple[str, str]]
) -> None:
    assert found(look(b"", "image/png", status=status, fields=fields)) == links


def test_a_base_in_the_page_is_none_for_its_head() -> None:
    answer = look("<base href=/x/><a href=a>", fields=[("Link", "<a>; rel=next")])
    assert found(answer) == [("L", "/crime/a"), ("L", "/x/a")]
    assert answer.links[0].where == "Link header"


@pytest.mark.parametrize(
    ("sheet", "links"),
    [
        ("@import 'a.css'; @import url(b.css) screen;", ["/crime/a.css", "/crime/b.css"]),
        ("a{b:url(c.png) url( 'd e.png' ) URL(\"f.png\")}",
         ["/crime/c.png", "/crime/d%20e.png", "/crime/f.png"]),
        (r"a{b:\75rl(\63.png) url(d\(1\).png)}", ["/crime/c.png", "/crime/d(1).png"]),
        ("@font-face{src:url(a.eot?#iefix)format('x'),url('a.woff')}",
         ["/crime/a.eot?", "/crime/a.woff"]),
        ("a{b:image-set('c.png' 1x, url(d.png) 2x)}", ["/crime/c.png", "/crime/d.png"]),
        ("@namespace url(http://a.example/); /* url(b.png) */ a{content:'url(c.png)'}", []),
        ("a{b:url(#c) url() url(data:,d) url(about:blank)}", []),
        ("a{b:url(?\u00e9)}", ["/crime/list.htm?%C3%A9"]),
        ("a{b:url(", []),
    ],
)  # fmt: skip
def test_style_sheets_are_read_as_browsers_read_them(sheet: str, links: list[str]) -> None:
    for payload, kind in [
        (sheet.encode(), "text/css"),
        (("\ufeff" + sheet).encode("utf-16-le"), "text/css"),
        (f'@charset "latin1";{sheet}'.encode("latin-1"), "text/css; charset="),
        (sheet.encode("latin-1"), "text/css; charset=windows-1252"),
    ]:
        assert hops(payload, kind) == [("E", link) for link in links]


def test_a_style_sheet_without_a_type_is_known_by_its_name() -> None:
    for kind in (None, "text/plain", "application/octet-stream"):
        assert targets(look("a{b:url(c)}", kind, url=f"{SITE}/a.css?v=1")) == ["/c"]


RSS = """<?xml version="1.0" encoding="windows-1252"?>
<?xml-stylesheet href="/feed.xsl" type="text/xsl"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>News &amp; more</title><link>http://www.homeoffice.example/</link>
<atom:link href="/feed.xml" rel="self"/><atom:link rel="hub" href="http://hub.example/"/>
<image><url>/logo.png</url><link>http://www.homeoffice.example/</link></image>
<item><title><![CDATA[<a href="/not/this">]]></title>
  <link>
    http://www.homeoffice.example/1?a=1&amp;b=2 </link>
  <guid>http://www.homeoffice.example/id/1</guid><comments>/1/comments</comments>
  <description>&lt;a href="/told?a&amp;amp;b"&gt;, a &lt; b&lt;img src=told.png&gt;</description>
  <enclosure url="/1.mp3" length="1" type="audio/mpeg"/></item>
<item><link><![CDATA[http://www.homeoffice.example/2?a=1&b=2]]></link>
  <guid isPermaLink="false">http://www.homeoffice.example/id/2</guid>
  <media:content url="/2.jpg"/><media:thumbnail url="/2s.jpg"/><source url="/other.xml">x</source>
  <itunes:image href="/2i.jpg"/><link/></item>
<item><link>/caf\u00e9</link><guid>tag:homeoffice.example,2011:3</guid></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://www.homeoffice.example/news/">
<link href="./"/><link rel="self" href="feed.atom"/><link rel="next" href="feed.atom?page=2"/>
<icon>icon.png</icon><logo>/logo.png</logo>
<entry xml:base="2011/"><title type="html">x</title><id>urn:1</id>
<link href="one.htm?a&amp;b"/><link rel="enclosure" href="one.pdf"/>
<link rel="replies" href="one-replies.atom"/><content type="image/png" src="one.png"/></entry>
<entry><link rel="alternate" href="two.htm"/><content type="html">&lt;img src="x.png"></content>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<channel rdf:about="http://www.homeoffice.example/rdf"><link>http://www.homeoffice.example/</link>
</channel><item rdf:about="/1"><title>One</title><link>/1</link></item></rdf:RDF>"""


@pytest.mark.parametrize(
    "content_type",
    [
        "application/rss+xml",
        "text/xml",
        "text/html",
        "text/plain",
        "application/octet-stream",
        None,
    ],
)
def test_rss_is_a_list_of_pages_whatever_it_is_sent_as(content_type: str | None) -> None:
    answer = look(RSS.encode("windows-1252"), content_type)
    assert answer.kind == "feed"
    assert found(answer) == [
        ("E", "/feed.xsl"),
        ("L", "/"),
        ("L", "/feed.xml"),
        ("E", "/logo.png"),
        ("M", "/1?a=1&b=2"),
        ("M", "/id/1"),
        ("L", "/1/comments"),
        ("L", "/told?a&b"),
        ("E", "/crime/told.png"),
        ("E", "/1.mp3"),
        ("M", "/2?a=1&b=2"),
        ("E", "/2.jpg"),
        ("E", "/2s.jpg"),
        ("L", "/other.xml"),
        ("E", "/2i.jpg"),
        ("M", "/caf%C3%A9"),
    ]


def test_atom_is_read_with_its_bases() -> None:
    assert hops(ATOM, "application/atom+xml") == [
        ("L", "/news/"),
        ("L", "/news/feed.atom"),
        ("M", "/news/feed.atom?page=2"),
        ("E", "/news/icon.png"),
        ("E", "/logo.png"),
        ("M", "/news/2011/one.htm?a&b"),
        ("E", "/news/2011/one.pdf"),
        ("L", "/news/2011/one-replies.atom"),
        ("E", "/news/2011/one.png"),
        ("M", "/news/two.htm"),
        ("E", "/news/x.png"),
    ]


@pytest.mark.parametrize(
    ("told", "links"),
    [
        ('<content:encoded><![CDATA[<p><a href="/a">a</a>]]></content:encoded>', [("L", "/a")]),
        ("<content:encoded>&lt;a href=/a&gt;</content:encoded>", [("L", "/a")]),
        ('<content type="html" xml:base="/b/">&lt;a href="a"></content>', [("L", "/b/a")]),
        ('<summary type="text/html">&lt;a href="/a"></summary>', [("L", "/a")]),
        ('<title type="html">&lt;img src="/a.gif"></title>', [("E", "/a.gif")]),
        ('<content>&lt;a href="/a"></content>', []),  # RFC 4287, clause 4.1.3.1: it is text
        ('<summary type="text">&lt;a href="/a"></summary>', []),
        ('<dc:subject>&lt;a href="/a"></dc:subject>', []),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml" style="color: red">'
            '<a href="/a?b&amp;c">x</a><p><img src="/a.gif"/></p></div></content>',
            [("L", "/a?b&c"), ("E", "/a.gif")],
        ),
        (
            "<content:encoded>" + "x " * 40_000 + "&lt;a href=/a&gt;</content:encoded>",
            [("L", "/a")],
        ),
    ],
)
def test_pieces_of_pages_in_a_feed_lead_where_pages_do(
    told: str, links: list[tuple[str, str]]
) -> None:
    for feed in (
        f"<rss><channel><item>{told}</item></channel></rss>",
        f"<feed><entry>{told}</entry>",
    ):
        assert hops(feed, "text/xml") == links


def test_rdf_is_a_feed_too() -> None:
    assert hops(RDF, "application/rdf+xml") == [("L", "/"), ("M", "/1")]


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    feed = "<rss><channel><item><link>/a?b&c</item><item><link>/d<title>x & y</title><p><br>"
    assert hops(feed, "text/xml") == [("M", "/a?b&c"), ("M", "/d")]


def test_entities_that_a_document_declares_are_not_known() -> None:
    bomb = (
        '<!DOCTYPE rss [<!ENTITY a "/x"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/h">]>'
        "<rss><item><link>/1&b;</link></item><item><link>/2?&f;</link></item></rss>"
    )
    assert hops(bomb, "text/xml") == [("M", "/1&b;"), ("M", "/2?&f;")]


SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="x">
<url><loc>http://www.homeoffice.example/a?b=1&amp;c=2</loc><lastmod>2011-05-09</lastmod>
<image:image><image:loc>http://www.homeoffice.example/a.png</image:loc></image:image>
<xhtml:link rel="alternate" hreflang="cy" href="http://www.homeoffice.example/cy/a"/></url>
<url><loc>
  <![CDATA[http://www.homeoffice.example/b?c&d]]>
</loc></url></urlset>"""
INDEX = """<sm:sitemapindex xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9">
<sm:sitemap><sm:loc>http://www.homeoffice.example/1.xml.gz</sm:loc></sm:sitemap>
<sm:sitemap><sm:loc>http://www.homeoffice.example/2.xml</sm:loc></sm:sitemap></sm:sitemapindex>"""
ENTRIES = [("M", "/a?b=1&c=2"), ("E", "/a.png"), ("M", "/cy/a"), ("M", "/b?c&d")]


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "text/html", None])
def test_the_entries_of_a_sitemap_are_found(content_type: str | None) -> None:
    answer = look(SITEMAP, content_type)
    assert (found(answer), answer.kind) == (ENTRIES, "sitemap")
    assert hops("\ufeff" + SITEMAP, content_type) == ENTRIES
    assert hops(("\ufeff" + SITEMAP).encode("utf-16-be"), content_type) == ENTRIES


def test_the_entries_of_an_index_are_found() -> None:
    answer = look(INDEX, "text/xml")
    assert found(answer) == [("M", "/1.xml.gz"), ("M", "/2.xml")]
    assert {link.where for link in answer.links} == {"sitemap/loc"}


@pytest.mark.parametrize(
    "content_type", ["application/x-gzip", "application/gzip", "text/xml", None]
)
def test_a_gzip_file_that_holds_a_sitemap_is_opened(content_type: str | None) -> None:
    answer = look(gzip.compress(SITEMAP.encode()), content_type, url=f"{SITE}/s.xml.gz")
    assert found(answer) == ENTRIES


@pytest.mark.parametrize(
    ("content_type", "payload", "links"),
    [
        ("text/html; charset=windows-1252", "<a href='/caf?\xe9'>".encode("cp1252"), ["/caf?%E9"]),
        ("application/xhtml+xml", b"<html><a href='/a'/></html>", ["/a"]),
        ("text/css", b"a { background: url(/a) }", ["/a"]),
        ("text/html", b"<rss><item><link>/a</link></item></rss>", ["/a"]),
        ("application/octet-stream", SITEMAP.encode(), [target for _, target in ENTRIES]),
    ],
)
def test_a_page_that_is_sent_as_gzip_and_does_not_say_so_is_opened(
    content_type: str, payload: bytes, links: list[str]
) -> None:
    assert targets(look(gzip.compress(payload), content_type)) == links


def test_a_gzip_file_that_holds_anything_else_is_left_alone() -> None:
    answer = look(gzip.compress(b"<html><a href=/a>"), "application/gzip")
    assert (found(answer), answer.kind) == ([], "other")


def test_a_damaged_gzip_file_is_read_up_to_the_damage() -> None:
    whole = gzip.compress(SITEMAP.encode() + b"<!-- " + bytes(range(256)) * 900)
    answer = look(whole[:-300], "application/gzip")
    assert found(answer)[:4] == ENTRIES or answer.kind == "other"
    assert look(b"\x1f\x8b\x08nonsense", "application/gzip").links == ()


LIST = "\ufeffhttp://www.homeoffice.example/a\r\n\r\n https://a.example/b \n/c\nftp://d/\nHTTP://e.example"


def test_plain_text_is_a_sitemap_only_when_robots_txt_says_so() -> None:
    assert hops(LIST, "text/plain") == []
    answer = look(LIST, "text/plain", sitemap=True)
    entries = [("M", "/a"), ("M", "https://a.example/b"), ("M", "http://e.example/")]
    assert (found(answer), answer.kind) == (entries, "list")
    packed = look(gzip.compress(LIST.encode()), "application/gzip", sitemap=True)
    assert found(packed) == entries


def test_what_robots_txt_calls_a_sitemap_may_be_a_page_or_a_feed() -> None:
    assert found(look("<a href=/a>", "text/html", sitemap=True)) == [("L", "/a")]
    assert look(RSS.encode("windows-1252"), "text/plain", sitemap=True).kind == "feed"
    assert found(look(SITEMAP, "text/plain", sitemap=True)) == ENTRIES


MANIFEST = """{"name": "x", "start_url": "/?app", "icons": [{"src": "i.png"}, {"no": 1}, 2],
"screenshots": [{"src": "/s.png"}], "shortcuts": [{"url": "/c", "icons": [{"src": "/c.png"}]}]}"""


def test_the_pictures_of_a_web_manifest_are_found() -> None:
    links = [("L", "/?app"), ("E", "/crime/i.png"), ("E", "/s.png"), ("L", "/c"), ("E", "/c.png")]
    assert hops(MANIFEST, "application/manifest+json") == links
    named = look(MANIFEST, "application/json", url=f"{SITE}/crime/manifest.json")
    assert found(named) == links
    assert hops(MANIFEST, "application/json") == []


@pytest.mark.parametrize(
    "payload", ["", "nonsense", "[]", '{"icons": 1}', "[" * 100_000, "1" * 9000]
)
def test_a_manifest_that_is_none_names_nothing(payload: str) -> None:
    answer = look(payload, "application/manifest+json")
    assert answer.links == ()
    assert answer.faults in ((), ("the manifest is no JSON",))
