from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, sync_playwright

from archiver.capture.finding import find
from archiver.capture.link import Hop
from archiver.headers import Headers
from archiver.http import Head
from tests.archiver.capture.looking import found, hops, look, targets
from tests.loopback import Loopback, answer

# What wget missed on a site of traps, one by one (the rest of them are among the other answers).
MISSED = [
    ("<a href=a><base href=/police/><base href=/courts/>", [("L", "/police/a")]),
    ("<meta http-equiv=refresh content=\"0; url='next.htm'\">", [("R", "/crime/next.htm")]),
    (
        "<picture><source srcset='a.webp 1x, b.webp 2x'><img src=c.png></picture>",
        [("E", "/crime/a.webp"), ("E", "/crime/b.webp"), ("E", "/crime/c.png")],
    ),
    ("<img data-src=late.png>", [("E", "/crime/late.png")]),
    ("<img src=a.png longdesc=a.htm>", [("E", "/crime/a.png"), ("L", "/crime/a.htm")]),
    (
        "<video src=a.mp4 poster=a.png><track src=a.vtt></video>",
        [("E", "/crime/a.mp4"), ("E", "/crime/a.png"), ("E", "/crime/a.vtt")],
    ),
    (
        "<!--[if lt IE 8]><link rel=stylesheet href=ie.css><![endif]-->",
        [("E", "/crime/ie.css")],
    ),
    ("<p style='background:url(&quot;a.png&quot;)'>", [("E", "/crime/a.png")]),
    (r"<style>a{background:url(\62\.png)}</style>", [("E", "/crime/b.png")]),
    (r"<a href='..\police\a.htm'>", [("L", "/police/a.htm")]),
]
PIECES = [
    ("<a href=a><area href=b>", [("L", "/crime/a"), ("L", "/crime/b")]),
    ("<a href='?a=1&amp;b=2&copy=3#top'>", [("L", "/crime/list.htm?a=1&b=2&copy=3")]),
    ("<a href='&#x2F;a&#47;b'>", [("L", "/a/b")]),
    ("<a href='\n a\tb \r\n'>", [("L", "/crime/ab")]),
    ("<a href=''><a href><a href=#top><a>", []),  # the page itself
    ("<a href=a ping=/count>", [("L", "/crime/a")]),
    ("<a href=/a></a title='<a href=/b>'>", [("L", "/a")]),
    ("<frame src=a><iframe src=b></iframe>", [("E", "/crime/a"), ("E", "/crime/b")]),
    (
        "<iframe srcdoc='<img src=a.png><a href=&quot;b&quot;>' src=c></iframe>",
        [("E", "/crime/c"), ("E", "/crime/a.png"), ("L", "/crime/b")],
    ),
    ("<base href=/x/><iframe srcdoc='<base href=y/><img src=a>'>", [("E", "/x/y/a")]),
    ("<iframe srcdoc='<base href=/y/>'></iframe><a href=a>", [("L", "/crime/a")]),
    ("<object data=a.swf><embed src=b.swf>", [("E", "/crime/a.swf"), ("E", "/crime/b.swf")]),
    ("<object codebase=http://cab.example/x.cab#v=6><param name=movie value=a.swf>",
     [("E", "/crime/a.swf")]),
    ("<applet codebase=classes archive='a.jar,/b.jar'>",
     [("E", "/crime/classes/a.jar"), ("E", "/b.jar")]),
    ("<form action=/search>", [("L", "/search")]),
    ("<form action=/search METHOD=Get>", [("L", "/search")]),
    ("<form action=/apply method=POST><button formaction=/apply/more>", []),
    ("<form action=/close method=dialog>", []),
    ("<form><input formaction=/a><button formaction=/b formmethod=post>", [("L", "/a")]),
    ("<form method=post></form><form><button formaction=/a></form>", [("L", "/a")]),
    ("<link rel=StyleSheet href=a><link rel='alternate stylesheet' href=b>",
     [("E", "/crime/a"), ("E", "/crime/b")]),
    ("<link rel='shortcut icon' href=a.ico><link rel=apple-touch-icon href=b.png>",
     [("E", "/crime/a.ico"), ("E", "/crime/b.png")]),
    ("<link rel=preload as=font href=a><link rel=modulepreload href=b>",
     [("E", "/crime/a"), ("E", "/crime/b")]),
    ("<link rel=preload as=image href=a imagesrcset='b 1x, c 2x'>",
     [("E", "/crime/a"), ("E", "/crime/b"), ("E", "/crime/c")]),
    ("<link rel=manifest href=a>", [("E", "/crime/a")]),
    ("<link rel=alternate type=application/rss+xml href=a><link rel=next href=b>",
     [("L", "/crime/a"), ("L", "/crime/b")]),
    ("<link rel=canonical href=http://www.homeoffice.example/c>", [("L", "/c")]),
    ("<link rel=dns-prefetch href=//a.example><link rel=preconnect href=//b.example>", []),
    ("<META HTTP-EQUIV=Refresh CONTENT='5;URL=a'>", [("R", "/crime/a")]),
    ("<meta http-equiv=refresh content='0,a'>", [("R", "/crime/a")]),
    ("<meta http-equiv=refresh content=30>", []),
    ("<meta name=refresh content='0;url=a'>", []),
    ("<base target=_top><a href=a><base href=/b/>", [("L", "/b/a")]),  # the first with an href
    # what is loaded where it stands is loaded before a base that comes later
    ("<img src=a><a href=b><img data-src=c.png><base href=/b/><img src=d>",
     [("E", "/crime/a"), ("L", "/b/b"), ("E", "/b/c.png"), ("E", "/b/d")]),
    ("<base href><base href=/b/><a href=a>", [("L", "/crime/a")]),  # even if it says nothing
    ("<base href=javascript:x><base href=/b/><a href=a>", [("L", "/crime/a")]),
    ("<base href='data:,x'><a href=a>", [("L", "/crime/a")]),
    ("<base href='//b.example'><a href=a>", [("L", "http://b.example/a")]),
    ("<!--[if IE 6]><base href=/ie/><![endif]--><a href=a>", [("L", "/crime/a")]),
    ("<img src=a srcset='b 1x,c 2x' lowsrc=d>",
     [("E", "/crime/a"), ("E", "/crime/b"), ("E", "/crime/c"), ("E", "/crime/d")]),
    ("<img srcset='a,b 1x, data:image/gif;base64,AA== 2x'>", [("E", "/crime/a,b")]),
    ("<audio src=a><source src=b></audio><bgsound src=c>",
     [("E", "/crime/a"), ("E", "/crime/b"), ("E", "/crime/c")]),
    ("<input type=image src=a>", [("E", "/crime/a")]),
    ("<body background=a><td background=b>", [("E", "/crime/a"), ("E", "/crime/b")]),
    ("<blockquote cite=a><q cite=b>", [("L", "/crime/a"), ("L", "/crime/b")]),
    ("<head profile=http://microformats.example/>", []),
    ("<script src=a.js></script>", [("E", "/crime/a.js")]),
    ("<style>@import 'a.css'; b{background:url( c.png )}</style>",
     [("E", "/crime/a.css"), ("E", "/crime/c.png")]),
    ("<style>a{b:url(data:image/gif;base64,AA==) c url(#d) url()}</style>", []),
    ("<svg><image href=a><use xlink:href='b.svg#c'/><use href='#d'/><a xlink:href=e>",
     [("E", "/crime/a"), ("E", "/crime/b.svg"), ("L", "/crime/e")]),
    ("<svg><script href=a.js /><image href=b>", [("E", "/crime/a.js"), ("E", "/crime/b")]),
    ("<svg><style>a{b:url(c)}</style>", [("E", "/crime/c")]),
    ("<noscript><img src=a></noscript><template><img src=b></template>",
     [("E", "/crime/a"), ("E", "/crime/b")]),
    ("<noframes><a href=a></noframes><iframe><a href=b></iframe>",
     [("L", "/crime/a"), ("L", "/crime/b")]),
    ("<!--[if !IE]><!--><a href=a><!--<![endif]--><![if IE]><a href=b><![endif]>",
     [("L", "/crime/a"), ("L", "/crime/b")]),
    ("<!-- <a href=a> --><script>'<a href=b>'</script><title><a href=c></title>", []),
    ("<textarea><a href=a></textarea><xmp><a href=b></xmp>", []),
    ("<a href=javascript:x><a href=mailto:a@b.example><a href=tel:1><a href=data:,x>", []),
    ("<a href=about:blank><a href=blob:http://a.example/1><a href=ftp://a.example/>", []),
    ("<a href=x><a href=./x><img src=x>", [("L", "/crime/x"), ("E", "/crime/x")]),
    ("<a href=x", []),  # a tag that the end cuts short is none
    ("<p><p><li>text<b><a href=/a>", [("L", "/a")]),
    ("<A\nHREF = '/a'/><a/href=/b><a title='>' href=/c>", [("L", "/a"), ("L", "/b"), ("L", "/c")]),
]  # fmt: skip
LATER = [
    ("<img data-srcset='a.png 1x, b.png 2x'>", [("E", "/crime/a.png"), ("E", "/crime/b.png")]),
    ("<img data-original=/a.png><img data-lazy-src=/b.png>", [("E", "/a.png"), ("E", "/b.png")]),
    ("<div data-bg='img/a.png' data-background-image=b/c>",
     [("E", "/crime/img/a.png"), ("E", "/crime/b/c")]),
    ("<link data-href=a.css><tr data-href=a.htm>", [("E", "/crime/a.css"), ("L", "/crime/a.htm")]),
    ("<img data-src='?a&amp;b=/'>", [("E", "/crime/list.htm?a&b=/")]),
    ("<p data-image=true data-src=12 data-lazy=on data-thumb=3>", []),
    ("<p data-src='{{ item.src }}' data-bg='${a/b}' data-img='a b.png'>", []),
    ("<p data-href=#a.b data-background=.hero data-src=javascript:a.b() data-img='...'>", []),
    ("<p data-id=/a.png data-anything=/b.png>", []),  # nobody knows what these say
]  # fmt: skip


@pytest.mark.parametrize(("page", "links"), [*MISSED, *PIECES, *LATER])
def test_everything_a_page_leads_to_is_found(page: str, links: list[tuple[str, str]]) -> None:
    assert hops(page) == links


def test_a_link_tells_what_it_stood_in() -> None:
    page = (
        "<a href=a><img srcset='b 1x'><p style='c:url(d)'><style>@import 'e'</style>"
        "<form action=f><p data-src=g/><x-y:z xlink:href=h>"
    )
    assert [link.where for link in look(page).links] == [
        *("a/@href", "img/@srcset", "css url()", "css @import"),
        *("form/@action", "p/@data-src", "x-y:z/@xlink:href"),
    ]


def test_a_page_is_read_in_its_own_charset() -> None:
    page = "<a href='/caf\u00e9?caf\u00e9'>"
    for charset, query in [("windows-1252", "caf%E9"), ("utf-8", "caf%C3%A9")]:
        answer = look(page.encode(charset), f"text/html; charset={charset}")
        assert (targets(answer), answer.charset) == ([f"/caf%C3%A9?{query}"], charset)


@pytest.mark.parametrize(
    ("payload", "content_type", "charset", "target"),
    [
        # a mark counts before all that is said
        (b"\xef\xbb\xbf<a href='?\xc3\xa9'>", "text/html; charset=latin1", "utf-8", "%C3%A9"),
        ("\ufeff<a href='?\u00e9'>".encode("utf-16-le"), "text/html", "utf-16le", "%C3%A9"),
        ("\ufeff<a href='?\u00e9'>".encode("utf-16-be"), None, "utf-16be", "%C3%A9"),
        # UTF-16 shows without a mark, whether it is declared, not declared or denied
        ("<a href='?\u00e9'>".encode("utf-16-le"), "text/html; charset=utf-16", "utf-16le",
         "%C3%A9"),
        ("<a href='?\u00e9'>".encode("utf-16-be"), "text/html", "utf-16be", "%C3%A9"),
        ("<a href='?\u00e9'>".encode("utf-16-le"), "text/html; charset=utf-8", "utf-16le",
         "%C3%A9"),
        # a page cannot be in UTF-16 and say so in ASCII
        (b"<a href='?\xe9'>", "text/html; charset=utf-16", "windows-1252", "%E9"),
        (b"<meta charset=utf-16><a href='?\xc3\xa9'>", "text/html", "utf-8", "%C3%A9"),
        # the head of the answer counts before the page
        (b"<meta charset=utf-8><a href='?\xe9'>", "text/html; charset=iso-8859-1", "windows-1252",
         "%E9"),
        (b"<meta charset=windows-1251><a href='?\xef'>", "text/html", "windows-1251", "%EF"),
        (b"<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=koi8-r'><a href='?\xd0'>",
         "text/html", "koi8-r", "%D0"),
        # a charset in the content of another meta is none, nor is one in a comment or script
        (b"<meta name=x content='charset=koi8-r'><a href='?\xc3\xa9'>", "text/html", "utf-8",
         "%C3%A9"),
        (b"<!-- <meta charset=koi8-r> --><script>'<meta charset=big5>'</script><a href='?\xe9'>",
         "text/html", "windows-1252", "%E9"),
        (b"<body><meta charset=koi8-r><a href='?\xc3\xa9'>", "text/html", "utf-8", "%C3%A9"),
        # a charset that comes later than the standard's 1024 bytes
        (b"<title>" + b" " * 3000 + b"</title><meta charset=windows-1251><a href='?\xef'>",
         "text/html", "windows-1251", "%EF"),
        # of labels that are none the next is asked
        (b"<meta charset=rot13><meta charset=koi8-r><a href='?\xd0'>", "text/html; charset=x",
         "koi8-r", "%D0"),
        # nothing is said: UTF-8 where it is that, and else what most old pages are in
        (b"<a href='?\xc3\xa9'>", "text/html", "utf-8", "%C3%A9"),
        (b"<a href='?\xe9'>", "text/html", "windows-1252", "%E9"),
        (b"<a href='?\xc3\xa9'>\xc3", "text/html", "utf-8", "%C3%A9"),  # cut within a character
        # a lie is believed, as by browsers, which ask for U+FFFD then
        (b"<a href='?\xe9'>", "text/html; charset=utf-8", "utf-8", "%EF%BF%BD"),
        (b"<a href='?\xc3\xa9'>", "text/html; charset=latin1", "windows-1252", "%C3%A9"),
        (b"<?xml version='1.0' encoding='windows-1252'?><html><a href='?\xe9'/></html>",
         "application/xhtml+xml", "windows-1252", "%E9"),
    ],
)  # fmt: skip
def test_the_charset_of_a_page_is_the_one_browsers_choose(
    payload: bytes, content_type: str | None, charset: str, target: str
) -> None:
    answer = look(payload, content_type)
    assert answer.charset == charset
    assert targets(answer) == [f"/crime/list.htm?{target}"]


def test_a_wrong_charset_is_noted() -> None:
    assert look("<p>", "text/html; charset=rot13").faults == (
        "declared to be in 'rot13', which is no charset of the web",
    )
    assert look("<p>", "text/html; charset=utf-16").faults == (
        "declared to be in 'utf-16', and is not",
    )


def test_queries_in_style_sheets_are_utf_8_on_any_page() -> None:
    page = "<a href='?\u00e9'><p style='a:url(?\u00e9)'><style>b{c:url('/?\u00e9')}</style>"
    assert targets(look(page.encode("latin-1"), "text/html; charset=latin1")) == [
        "/crime/list.htm?%E9",
        "/crime/list.htm?%C3%A9",
        "/?%C3%A9",
    ]


SCRIPTS = """
<script>
  var next = "/police/map.json", more = 'http:\\/\\/a.example\\/b?c=1\\u0026d';
  load("text/html", 'a b/c', "/", "//", "a/" + b, `${x}/y.png`, "<a href='/z'>", "1.5", "i.e.");
  show("pictures/logo.png?v=2", '../up.htm', "//b.example/c", "/x\\ny");
</script>
<a href="javascript:open('/popup.htm')" onclick="go(&quot;click.aspx&quot;)">
"""


def test_scripts_are_looked_into_only_when_asked() -> None:
    assert hops(SCRIPTS) == []
    answer = look(SCRIPTS, guesses=True)
    assert {link.hop for link in answer.links} == {Hop.GUESS}
    assert targets(answer) == [
        "/police/map.json",
        "http://a.example/b?c=1&d",
        "/z",
        "/crime/pictures/logo.png?v=2",
        "/up.htm",
        "http://b.example/c",
        "/popup.htm",
        "/crime/click.aspx",
    ]


def test_a_script_of_its_own_is_looked_into_as_well() -> None:
    script = "fetch('/a.json'); import x from './b.mjs'"
    assert hops(script, "text/javascript") == []
    answer = look(script, "application/javascript; charset=utf-8", guesses=True)
    assert found(answer) == [("X", "/a.json"), ("X", "/crime/b.mjs")]
    assert answer.kind == "script"


XHTML = """<?xml version="1.0"?><?xml-stylesheet type="text/css" href="/p.css?a=1&amp;b"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><script/><style>a {{ b: url("c?d&amp;e") }}</style>
<style><![CDATA[ @import "f.css"; ]]></style></head><body><a href="g"/>{}</body></html>"""


@pytest.mark.parametrize("content_type", ["application/xhtml+xml", "text/xml", "application/xml"])
def test_xhtml_is_read_by_the_rules_of_xml(content_type: str) -> None:
    assert hops(XHTML.format("<img src='h'/>"), content_type) == [
        ("E", "/p.css?a=1&b"),
        ("E", "/crime/c?d&e"),
        ("E", "/crime/f.css"),
        ("L", "/crime/g"),
        ("E", "/crime/h"),
    ]


def test_xhtml_sent_as_html_is_html() -> None:
    page = "<?xml version='1.0'?><!DOCTYPE html><html><script/><a href='a'></script><a href='b'>"
    assert hops(page) == [("L", "/crime/b")]


def test_svg_and_other_xml() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script href='a.js'/><image href='b.png'/></svg>"
    assert hops(svg, "image/svg+xml") == [("E", "/crime/a.js"), ("E", "/crime/b.png")]
    assert hops(svg, "text/xml") == [("E", "/crime/a.js"), ("E", "/crime/b.png")]
    data = "<?xml-stylesheet href='a.xsl'?><config><source src='/no/page'/></config>"
    assert hops(data, "text/xml") == [("E", "/crime/a.xsl")]
    sheet = "<xsl:stylesheet version='1.0'><xsl:include href='a.xsl'/><img src='b.png'/>"
    assert hops(sheet, "text/xsl+xml") == [("E", "/crime/a.xsl"), ("E", "/crime/b.png")]


@pytest.mark.parametrize(
    ("content_type", "payload", "kind"),
    [
        ("text/html", "plain words", "html"),
        (None, " \n<!DOCTYPE html>", "html"),
        (None, "<!-- x --><p>", "html"),
        (None, "<A HREF=x>", "html"),
        (None, "<abbr>", "other"),
        ("html", "<html>", "html"),  # no type at all
        ("*/*", "<html>", "html"),
        ("text/plain", "<html><a href=x>", "other"),  # browsers show it as text
        ("image/png", "<html><a href=x>", "other"),
        ("application/octet-stream", "<html><a href=x>", "other"),
        ("application/pdf", "%PDF-1.4 <a href=x>", "other"),
        ("application/json", "{}", "script"),
        ("text/css", "", "css"),
        (None, "<?xml version='1.0'?><x/>", "xml"),
    ],
)
def test_an_answer_is_what_browsers_take_it_for(
    content_type: str | None, payload: str, kind: str
) -> None:
    answer = look(payload, content_type)
    assert answer.kind == kind
    if kind == "other":
        assert answer.links == ()


WHOLE = """<!doctype html><html><head><meta charset=windows-1252>
<link rel=stylesheet href="s.css?a=1&amp;b=2"><link rel=icon href=icon.png>
<link rel=preload as=image imagesrcset="pre.png 1x"><script src=s.js></script>
<style>@import url("i.css"); p { background: url( "bg (1).png" ) }
@font-face { font-family: f; src: url(f.woff2) } b { font-family: f }</style>
<base href="/base/"><base href="/other/"></head>
<body background=body.png><p style="border-image: url(&quot;border.png?\u00e9&quot;)">x<b>y</b></p>
<img src="a b.png?caf\u00e9=\u20ac\u043f"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<picture><source srcset="pic.webp" type="image/webp"><img src=pic.png></picture>
<img srcset="s1.png 1x, s,2.png 2x"><iframe src=frame.htm></iframe>
<iframe srcdoc="<img src=inner.png>"></iframe><object data=object.png></object><embed src=e.svg>
<video poster=poster.png src=v.mp4 preload=auto></video>
<audio src="au\tdio.mp3" preload=auto></audio>
<input type=image src="..\\input.png"><svg><image href=svg.png width=9 height=9 /></svg>
<table background=table.png><tr><td background=td.png>z</table>
</body></html>"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


def test_what_chromium_loads_for_a_page_is_found_as_its_parts(browser: Browser) -> None:
    head = Head("HTTP/1.1", 200, "", Headers.of([("Content-Type", "text/html")]))
    payload = WHOLE.encode("windows-1252", "xmlcharrefreplace")
    with Loopback(lambda at: answer(payload if at == "/page/" else b"x")) as server:
        tab = browser.new_page()
        asked: set[str] = set()
        tab.on("request", lambda request: asked.add(request.url))
        tab.goto(f"{server.url}/page/", wait_until="networkidle")
        tab.close()
        links = find(f"{server.url}/page/", head, payload).links
        embeds = {link.url for link in links if link.hop is Hop.EMBED}
    asked = {url for url in asked if url.startswith("http") and not url.endswith("/page/")}
    assert len(asked) > 20
    assert asked - embeds == set()
    # Of two pictures for two screens, and of a picture in two forms, it loads one.
    spare = {unquote(url).rpartition("/")[2] for url in embeds - asked}
    assert spare <= {"s,2.png", "s1.png", "pic.png", "pic.webp"}


@pytest.mark.parametrize(
    ("meta", "links"),
    [
        ('<meta property="og:image" content="/a.png">', [("E", "/a.png")]),
        ('<meta content=" /a.png?b&amp;c " property=" OG:Image:url">', [("E", "/a.png?b&c")]),
        ('<meta name="twitter:image" content="a.png">', [("E", "/crime/a.png")]),
        ('<meta itemprop="image" content="/a.png"/>', [("E", "/a.png")]),
        ('<meta name="msapplication-TileImage" content="/a.png">', [("E", "/a.png")]),
        ('<base href="/b/"><meta property="og:image" content="a.png">', [("E", "/b/a.png")]),
        ('<meta property="og:image" content="a.png"><base href="/b/">', [("E", "/b/a.png")]),
        ('<meta property="og:image" content="">', []),
        ('<meta property="og:image">', []),
        ('<meta property="og:image" content="data:image/gif;base64,AA">', []),
        ('<meta property="og:image:width" content="600"><meta name="author" content="/a">', []),
        ('<!-- <meta property="og:image" content="/a.png"> -->', []),
    ],
)
def test_the_picture_a_page_is_shared_with_belongs_to_it(
    meta: str, links: list[tuple[str, str]]
) -> None:
    assert hops(meta) == links


def test_a_tag_that_was_met_before_leads_where_it_leads_now() -> None:
    tags = '<img src="a.png"><a href="b">b</a><p style="background: url(c.png)">'
    first = [("E", "/crime/a.png"), ("L", "/crime/b"), ("E", "/crime/c.png")]
    based = [("E", "/x/a.png"), ("L", "/x/b"), ("E", "/x/c.png")]
    late = [("E", "/crime/a.png"), ("L", "/x/b"), ("E", "/crime/c.png")]
    for _ in range(2):
        assert hops(tags) == first
        assert hops(f'<base href="/x/">{tags}') == based
        assert hops(f'{tags}<base href="/x/">') == late
        for method, links in (("post", []), ("get", [("L", "/x")])):
            form = f'<form method={method}><button formaction="/x"></form>'
            assert hops(form) == links
        [guessed] = look("<p onclick=\"go('/y/')\">", guesses=True).links
        assert guessed.hop is Hop.GUESS
        assert hops("<p onclick=\"go('/y/')\">") == []
