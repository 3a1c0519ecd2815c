"""Static copies: names for every file system, links within the copy, nothing asked outside."""

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

import marsham
from archiver.errors import ArchiveError
from archiver.urls import url_key
from marsham.cli import run
from snapshots import index
from snapshots.copies.filetypes import ending
from snapshots.copies.inert import is_inert
from snapshots.copies.links import LinkMap
from snapshots.copies.names import address_name, site_name
from snapshots.copies.pages import make_page
from snapshots.copies.places import Places
from snapshots.copies.writing import Copied, write_copy
from tests.builders import dns, flip, resource, response, revisit, warc

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/"
HTML = [("Content-Type", "text/html")]
CSS = [("Content-Type", "text/css")]
GIF = [("Content-Type", "image/gif")]
_OURS = re.compile(
    r'<link rel="icon" href="data:,">|<section id="marsham-banner".*?</section>', re.S
)
_PORTABLE = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
)


class Copy:
    """A copy on disk, and how to look things up in it."""

    def __init__(self, folder: Path, done: Copied) -> None:
        self.folder = folder
        self.done = done
        with (folder / "captures.csv").open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))

    def path(self, url: str, timestamp: str = "") -> str:
        """The file of the first capture of an address, or of the one of a time."""
        return next(
            row["file"]
            for row in self.rows
            if row["url"] == url and row["timestamp"].startswith(timestamp)
        )

    def read(self, url: str, timestamp: str = "") -> bytes:
        return (self.folder / self.path(url, timestamp)).read_bytes()

    def text(self, url: str, timestamp: str = "") -> str:
        return self.read(url, timestamp).decode("utf-8", "replace")

    def links(self, url: str, timestamp: str = "") -> list[str]:
        """What the links of a page lead to, from the root of the copy; the banner's left out."""
        body = _OURS.sub("", self.text(url, timestamp))
        here = (self.folder / self.path(url, timestamp)).parent
        found = []
        for link in re.findall(r"(?:href|src|action|data)=[\"']?([^\"'> ]+)", body):
            if link.startswith(("data:", "#", "mailto:")):
                found.append(link)
                continue
            path, mark, fragment = link.partition("#")
            place = (here / path).resolve()
            assert place.is_file(), link
            found.append(place.relative_to(self.folder.resolve()).as_posix() + mark + fragment)
        return found


Make = Callable[..., Copy]


@pytest.fixture
def copy(tmp_path: Path) -> Make:
    """Copies an archive of some records."""

    def make(*records: bytes, out: str = "out") -> Copy:
        folder = tmp_path / "archive"
        if not folder.exists():
            (tmp_path / "crawl.warc.gz").write_bytes(warc(*records))
            settings = marsham.Settings(name="Test archive", institution="the Ŵ Archive")
            with marsham.create_archive(folder, settings) as archive:
                marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
        return copied(folder, tmp_path / out)

    return make


def copied(held: Path, out: Path) -> Copy:
    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        done = write_copy(archive, index.every(connection), out, about="Captures of all")
    return Copy(out, done)


def page(*body: str, url: str = PAGE, date: str = "2011-05-09T10:16:21Z") -> bytes:
    return response("".join(body).encode(), url=url, date=date)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        place.relative_to(folder).as_posix(): place.read_bytes()
        for place in folder.rglob("*")
        if place.is_file()
    }


@given(st.text(max_size=80))
def test_every_name_is_good_on_every_file_system(text: str) -> None:
    for url in (f"http://{text}/", f"http://www.homeoffice.example/{text}", text):
        key = url_key(url)
        for name in (site_name(key.partition(")")[0]), address_name(key)):
            assert _PORTABLE.fullmatch(name), name
            assert len(name) <= 63


@pytest.mark.parametrize(
    "authority",
    [
        "con",
        "example,aux",
        "example,nul",
        "example,com1",
        "example,",
        "a-",
        "::1",
        "",
        "example,a_b",
    ],
)
def test_a_site_whose_name_no_folder_may_have_gets_another(authority: str) -> None:
    assert _PORTABLE.fullmatch(site_name(authority))
    assert site_name(authority)[-13] == "-"


AWKWARD = [
    f"{HOST}/crime?page=1&sort=a",
    f"{HOST}/crime?page=2&sort=a",
    f"{HOST}/crime/index.php",
    f"{HOST}/CON",
    f"{HOST}/nul.txt",
    f"{HOST}/trailing./",
    f"{HOST}/trailing%20/",
    f"{HOST}/caf%C3%A9",
    f"{HOST}/caf%E9",
    f"{HOST}/" + "long/" * 600,
    f"{HOST}/a:b*c%3Fd%22e%7Cf",
    f"{HOST}/..%2f..%2fetc/passwd",
    f"{HOST}:8080/crime",
    "http://aux.example/",
    "http://xn--caf-dma.example/",
    "http://192.0.2.7/crime",
    "http://[2001:db8::1]/crime",
    f"{HOST}/index.html",
]


def test_awkward_addresses_get_files_of_their_own_that_links_lead_to(copy: Make) -> None:
    links = "".join(f'<a href="{url}">{number}</a>' for number, url in enumerate(AWKWARD))
    found = copy(
        page(links), *(page(f"<p>This is {number}.", url=url) for number, url in enumerate(AWKWARD))
    )
    led = found.links(PAGE)
    assert len(set(map(str.lower, led))) == len(AWKWARD)
    for number, path in enumerate(led):
        assert f"This is {number}." in (found.folder / path).read_text("utf-8")
    for path in contents(found.folder):
        assert len(path) < 140
        assert all(_PORTABLE.fullmatch(part.lower()) for part in path.split("/")), path


def test_two_captures_of_one_second_have_files_of_their_own(copy: Make) -> None:
    found = copy(page("<p>One"), page("<p>Two", url=PAGE.replace("http:", "https:")))
    assert sorted(Path(row["file"]).name for row in found.rows) == [
        "20110509101621-2.html",
        "20110509101621.html",
    ]


@pytest.mark.parametrize(
    ("of", "chosen"),
    [
        ("20110101", "20110501"),  # before the first
        ("20110509", "20110501"),  # eight days from each: the earlier wins
        ("20110510", "20110517"),
        ("20120101", "20110517"),
    ],
)
def test_a_link_leads_to_the_capture_closest_in_time(of: str, chosen: str, copy: Make) -> None:
    news = f"{HOST}/news/"
    date = f"{of[:4]}-{of[4:6]}-{of[6:]}T00:00:00Z"
    found = copy(
        page(f'<a href="{news}#b">', date=date),
        page("<p>A", url=news, date="2011-05-01T00:00:00Z"),
        page("<p>B", url=news, date="2011-05-17T00:00:00Z"),
    )
    assert found.links(PAGE) == [found.path(news, chosen) + "#b"]


_PIECES = [
    *("<", ">", "/", "'", '"', "=", " ", "&", "<!--", "-->", "<![CDATA[", "]]>", "<!doctype html>"),
    *(
        "<a href=",
        "<img src=",
        "<svg>",
        "</svg>",
        "<title>",
        "</title>",
        "<template>",
        "<noscript>",
    ),
    *(
        "</noscript>",
        "<base href=",
        "<style>",
        "</style>",
        "url(",
        ")",
        "@import ",
        "<iframe srcdoc=",
    ),
    *("<meta http-equiv=refresh content=", "0;url=", "http://live.example/", "//live.example/x"),
    *("HTTP:/live.example", "\\\\live.example\\x", "<table background=", "<body>", "<frameset>"),
    *("<p style=", "&#104;ttp://live.example", "\t", "text", "</a>", "<plaintext>", "<script>"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_whatever_a_page_is_made_of_a_parser_finds_no_address_of_the_live_web(text: str) -> None:
    with TemporaryDirectory() as folder, closing(Places(Path(folder) / "places.db")) as places:
        links = LinkMap(places, "20110509101621", "sites/homeoffice.example/crime")
        made = make_page(text.encode(), PAGE, links, content_type="text/html", banner="<p>B</p>")
    tree = lxml.html.document_fromstring(made.body)
    assert tree.find("head/meta").get("http-equiv") == "Content-Security-Policy"
    for element in tree.iter("a", "img", "table", "body", "base"):
        for name in ("href", "src", "background"):
            value = (element.get(name) or "").strip().lower().replace("\\", "/")
            assert not value.startswith(("http", "//")), value


def test_every_kind_of_reference_is_led_into_the_copy(copy: Make) -> None:
    picture, sheet, other = f"{HOST}/a.gif", f"{HOST}/a.css", f"{HOST}/b/"
    found = copy(
        page(
            f'<base href="{HOST}/deep/er/"><link rel=stylesheet href="../../a.css">'
            "<body background=/a.gif><img srcset='/a.gif 1x, //www.homeoffice.example/a.gif 2x'>"
            '<p style="background: url(/a.gif)"><style>@import "/a.css";</style>'
            '<iframe srcdoc="<a href=/b/>"></iframe><a href=" &#47;b&#x2f;&#10;">'
            "<a href='#here'><a href=mailto:press@homeoffice.example>"
        ),
        response(b"GIF89a", url=picture, head=GIF),
        response(b"b { background: url( a.gif ) }", url=sheet, head=CSS),
        page("<p>B", url=other),
    )
    text = _OURS.sub("", found.text(PAGE))
    image = "../" + found.path(picture).partition("example/")[2]
    style = "../" + found.path(sheet).partition("example/")[2]
    assert text.count(image) == 4
    assert f'@import "{style}"' in text
    assert 'href="#here"' in text.replace("'", '"')
    assert "mailto:press@homeoffice.example" in text
    assert 'srcdoc="<a href=../b-' in text
    assert "homeoffice.example/" not in text
    assert '<base href="">' in found.text(PAGE)
    assert found.text(sheet) == f"b {{ background: url( {image} ) }}"


def test_what_is_not_in_the_copy_is_named_and_not_asked_for(copy: Make) -> None:
    found = copy(
        page(
            '<a href="http://elsewhere.example/?a=<b>&c">Elsewhere</a>'
            '<img src="/gone.gif" alt="Logo"><a href="file://elsewhere.example/share">'
            "<form action=/search><iframe src=//elsewhere.example/frame></iframe>"
            "<a href='ftp://elsewhere.example/'><a href='http://elsewhere\u2100.example/'>"
        )
    )
    links = found.links(PAGE)
    assert links[1] == f"data:,{HOST}/gone.gif"
    named = {link: (found.folder / "not-here/1.html").read_text("utf-8") for link in links}
    for link in (*links[:1], *links[2:]):
        assert link.startswith("not-here/1.html#a")
        assert f'id="{link.partition("#")[2]}"' in named[link]
    assert '<li id="a1">http://elsewhere.example/?a=&lt;b&gt;&amp;c</li>' in named[links[0]]
    assert 'href="http' not in named[links[0]]


def test_an_address_not_in_the_copy_has_one_place_however_many_pages_name_it(copy: Make) -> None:
    some = "".join(f'<a href="http://elsewhere.example/{number}">' for number in range(600))
    found = copy(page(some), page(some, url=f"{HOST}/b/"))
    assert found.links(PAGE) == found.links(f"{HOST}/b/")
    assert found.links(PAGE)[499:501] == ["not-here/1.html#a500", "not-here/2.html#a501"]
    assert found.done.totals["addresses not in the copy"] == 600


def redirect(url: str, to: str, date: str = "2011-05-09T10:16:21Z") -> bytes:
    return response(b"", url=url, date=date, status="302 Found", head=[("Location", to)])


def test_a_link_to_a_redirect_leads_to_where_that_led(copy: Make) -> None:
    old, new = f"{HOST}/old/", f"{HOST}/new/"
    found = copy(
        page('<a href="/old/"><img src="/pixel"><a href="/away/"><img src="/lost">'),
        redirect(old, "../older/"),
        redirect(f"{HOST}/older/", new),
        page("<p>New", url=new),
        redirect(f"{HOST}/pixel", "/a.gif"),
        response(b"GIF89a", url=f"{HOST}/a.gif", head=GIF),
        redirect(f"{HOST}/away/", "http://elsewhere.example/<away>"),
        redirect(f"{HOST}/lost", "/nowhere"),
    )
    away = found.path(f"{HOST}/away/")
    assert found.links(PAGE) == [
        *(found.path(new), found.path(f"{HOST}/a.gif"), away, f"data:,{HOST}/lost"),
    ]
    assert 'content="0; url=../new-' in found.text(old)
    told = found.text(f"{HOST}/away/")
    assert 'http-equiv="refresh"' not in told
    assert "http://elsewhere.example/&lt;away&gt;" in told
    assert "../../../not-here/1.html#a" in told


def test_a_redirect_to_its_own_address_leads_to_the_page_and_a_ring_of_them_ends(
    copy: Make,
) -> None:
    secure = PAGE.replace("http:", "https:")
    found = copy(
        redirect(PAGE, secure),
        page("<p>Secure", url=secure, date="2011-05-09T10:16:22Z"),
        page('<a href="/crime/"><a href="/ring/a">', url=f"{HOST}/"),
        redirect(f"{HOST}/ring/a", "/ring/b"),
        redirect(f"{HOST}/ring/b", "/ring/a"),
    )
    assert found.links(f"{HOST}/") == [found.path(secure), found.path(f"{HOST}/ring/a")]


def test_each_page_has_the_banner_with_versions_before_and_after(copy: Make) -> None:
    found = copy(
        page("<p>One", date="2009-04-02T00:00:00Z"),
        page("<!doctype html><html><head><title>T</title></head><body class=x><p>Two"),
        page("<p>Three", date="2013-03-26T00:00:00Z"),
    )
    text = found.text(PAGE, "2011")
    assert text.startswith('<!doctype html><meta http-equiv="Content-Security-Policy"')
    body = text.partition("<body class=x>")[2]
    assert body.index("marsham-banner") < body.index("<p>Two")
    assert 'rel="prev" href="20090402000000.html"' in body
    assert 'rel="next" href="20130326000000.html"' in body
    assert 'href="index.html">All snapshots of this page' in body
    assert "the &#372; Archive" in body  # fit for whatever charset the page is in
    listed = (found.folder / found.path(PAGE)).with_name("index.html").read_text("utf-8")
    assert re.findall(r'<td><a href="(\d+\.html)">', listed) == [
        *("20090402000000.html", "20110509101621.html", "20130326000000.html"),
    ]


@pytest.mark.parametrize(
    ("start", "before"),
    [
        (b"<p>Text", b""),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>", b"\xef\xbb\xbf<!DOCTYPE html>"),
        (b"<!-- a --> <!DOCTYPE html PUBLIC 'x'><html>", b"<!-- a --> <!DOCTYPE html PUBLIC 'x'>"),
        (b"<?xml version='1.0'?><!DOCTYPE html>", b"<?xml version='1.0'?><!DOCTYPE html>"),
        (b"Text first <!DOCTYPE html>", b""),  # too late to count
        (b"<html><!DOCTYPE html>", b""),
        (b"", b""),
    ],
)
def test_the_policy_comes_first_and_the_doctype_keeps_its_effect(
    start: bytes, before: bytes, copy: Make
) -> None:
    made = copy(response(start, url=PAGE)).read(PAGE)
    assert made.startswith(before + b'<meta http-equiv="Content-Security-Policy"')


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<title>A</title>Text <b>bold</b>", "</title>|Text"),
        ("<head><title>A</title></head><table>", "</head>|<table>"),
        ("<template><p>Not here</p></template><p>Here", "</template>|<p>Here"),
        ("<script>'<body>'</script><div>", "</script>|<div>"),
        ("<html><head></head><BODY\nonload=x()><p>", "<BODY\nonload=x()>|<p>"),
        ("<title>A</title>", "</title>|"),
    ],
)
def test_the_banner_is_the_first_thing_in_the_body(body: str, shown: str, copy: Make) -> None:
    text = copy(page(body)).text(PAGE)
    banner = re.compile(r'<style media="all">.*?</section>\n', re.DOTALL)
    assert shown in banner.sub("|", text, count=1)


@pytest.mark.parametrize(
    ("head", "body", "first"),
    [
        ("text/html; charset=ISO-8859-2", b"<p>\xb1", b'<meta charset="iso-8859-2">'),
        ("text/html; charset=koi8-r", b"<meta charset=utf-8><p>", b'<meta charset="koi8-r">'),
        ("text/html", b"<meta charset=big5><p>", b'<meta charset="big5">'),
        ("text/html", b"<p>", b"<meta http-equiv"),
        ("text/html; charset=none-such", b"<p>", b"<meta http-equiv"),
        ("text/html; charset=latin2", b"\xef\xbb\xbf<p>", b"\xef\xbb\xbf<meta http-equiv"),
        ("text/html", b"<meta charset=utf-16><p>", b'<meta charset="utf-8">'),  # as browsers do
    ],
)
def test_a_page_says_its_charset_itself_since_the_host_will_not(
    head: str, body: bytes, first: bytes, copy: Make
) -> None:
    made = copy(response(body, head=[("Content-Type", head)], url=PAGE)).read(PAGE)
    assert made.startswith(first)


def test_a_wide_page_without_a_mark_gets_one(copy: Make) -> None:
    body = '<!doctype html><p>Ŵ<a href="/x">'.encode("utf-16-be")
    head = [("Content-Type", "text/html; charset=utf-16be")]
    made = copy(response(body, head=head, url=PAGE)).read(PAGE)
    text = made.decode("utf-16")  # by its mark
    assert text.startswith("<!doctype html><meta http-equiv")
    assert '<p>Ŵ<a href="../../../not-here/1.html#a1">' in text


def test_a_style_sheet_says_its_charset_itself(copy: Make) -> None:
    head = [("Content-Type", "text/css; charset=latin1")]
    found = copy(response(b"b:after { content: '\xe9' }", url=f"{HOST}/a.css", head=head))
    assert found.read(f"{HOST}/a.css").startswith(b'@charset "windows-1252";\nb:after')


def test_what_pages_show_without_scripts_is_shown(copy: Make) -> None:
    text = copy(page("<body><noscript><p>No <img src=/a.gif></noscript><!--[if IE]><noscript>-->"))
    assert "<p>No <img src=data:,http://www.homeoffice.example/a.gif>" in text.text(PAGE)
    assert "<!--[if IE]><noscript>-->" in text.text(PAGE)


@pytest.mark.parametrize(
    "hidden",
    [
        # A browser reads these as markup; whoever takes a page apart by its tags alone does not.
        '<svg><title><meta http-equiv="refresh" content="0;url=http://live.example/"></title>',
        "<meta " + "a " * 1001 + 'http-equiv="refresh" content="0;url=http://live.example/">',
        '<math><style><meta HTTP-EQUIV=refresh content="0;url=http://live.example/"></style>',
    ],
)
def test_no_page_sends_its_reader_away_by_a_refresh_that_is_hidden(hidden: str, copy: Make) -> None:
    text = copy(page(hidden)).text(PAGE)
    found = re.findall(r"(.{2})http-equiv=.?refresh", text, re.IGNORECASE)
    assert found == ["x-"]


def test_a_refresh_leads_into_the_copy_and_policies_of_the_old_site_do_not_bind(
    copy: Make,
) -> None:
    found = copy(
        page(
            '<meta http-equiv="refresh" content="5; url=/b/">'
            '<meta http-equiv="Content-Security-Policy" content="img-src none">'
            '<img src=/a.gif integrity="sha256-x" crossorigin>'
        ),
        page("<p>B", url=f"{HOST}/b/"),
    )
    text = found.text(PAGE)
    assert '<meta http-equiv="refresh" content="5; url=../b-' in text
    assert 'http-equiv="X-Archive-Orig-Content-Security-Policy"' in text
    assert "integrity" not in text
    assert "crossorigin" not in text


def test_frames_show_pages_without_banner_below_one(copy: Make) -> None:
    found = copy(
        page("<html><frameset cols=20%,*><frame src=/menu/><frame src=/b/></frameset></html>"),
        page("<p>Menu", url=f"{HOST}/menu/"),
        page("<p>B<iframe src=/menu/></iframe>", url=f"{HOST}/b/"),
    )
    outer = found.text(PAGE)
    assert "marsham-banner" in outer
    assert '<iframe src="20110509101621.frame.html"' in outer
    inner = (found.folder / found.path(PAGE)).with_name("20110509101621.frame.html")
    assert "marsham-banner" not in inner.read_text("utf-8")
    for name in re.findall(r"src=(\S+?)>", inner.read_text("utf-8")):
        framed = (inner.parent / name).read_text("utf-8")
        assert "marsham-banner" not in framed
        assert "Content-Security-Policy" in framed
    assert "marsham-banner" in found.text(f"{HOST}/menu/")


def test_xhtml_is_written_so_that_it_can_be_read_as_html(copy: Make) -> None:
    body = (
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
        '<head><title/><script src="a.js"/></head><body><div id="a"/><br/>'
        "<p><![CDATA[1 < 2]]></p></body></html>"
    )
    head = [("Content-Type", "application/xhtml+xml")]
    found = copy(response(body.encode(), url=PAGE, head=head))
    text = found.text(PAGE)
    assert found.path(PAGE).endswith(".html")
    assert text.startswith('<?xml version="1.0"?><!DOCTYPE html><meta charset="utf-8">')
    assert "<title></title>" in text
    assert '<div id="a"></div><br/><p>1 &lt; 2</p>' in text


INERT = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


@pytest.mark.parametrize(
    "active",
    [
        b"<script>alert(1)</script>",
        b"<s:SCRIPT xmlns:s='http://www.w3.org/2000/svg'/>",
        b"<g \n onload \n= 'alert(1)'/>",
        b"<g/onload='alert(1)'/>",
        b"<foreignObject/>",
        b"<h:iframe xmlns:h='http://www.w3.org/1999/xhtml'/>",
        b"<h:iframe xmlns:h='http://www.w3.org/1999/xhtm&#108;'/>",
        b"<a xlink:href='javascript:alert(1)'><text>A</text></a>",
        b"<scr\x1b(Bipt/>",
    ],
)
def test_a_picture_that_a_browser_would_run_is_kept_as_text(active: bytes, copy: Make) -> None:
    assert is_inert(INERT + b"<path d='M0 0'/></svg>")
    body = INERT + active + b"</svg>"
    found = copy(response(body, url=f"{HOST}/a", head=[("Content-Type", "image/svg+xml")]))
    assert found.path(f"{HOST}/a").endswith(".txt")
    assert found.read(f"{HOST}/a") == body


@pytest.mark.parametrize(
    "entity",
    [
        b'<!DOCTYPE svg [<!ENTITY a "x">]>' + INERT + b"</svg>",
        b'<?xml-stylesheet href="a.xsl"?>' + INERT + b"</svg>",
        (INERT + b"</svg>").decode().encode("utf-16"),
    ],
)
def test_a_picture_made_of_pieces_is_kept_as_text(entity: bytes, copy: Make) -> None:
    found = copy(response(entity, url=f"{HOST}/a", head=[("Content-Type", "image/svg+xml")]))
    assert found.path(f"{HOST}/a").endswith(".txt")


def test_a_harmless_picture_stays_one_and_its_addresses_are_led_into_the_copy(copy: Make) -> None:
    body = (
        INERT
        + b"<image xlink:href='/a.gif'/><style>b{fill:url(http://live.example/)}</style></svg>"
    )
    svg = [("Content-Type", "image/svg+xml")]
    found = copy(
        response(body, url=f"{HOST}/a", head=svg),
        response(b"GIF89a", url=f"{HOST}/a.gif", head=GIF),
        # Read by its tags, the image is in a comment; XML has the comment end before it.
        response(
            INERT + b"<?x a='> <g b='?> <image href=\"//live.example/\"/> '> ?></svg>",
            url=f"{HOST}/b",
            head=svg,
        ),
    )
    assert found.path(f"{HOST}/a").endswith(".svg")
    assert b"<image xlink:href='../a-gif-" in found.read(f"{HOST}/a")
    assert b"url(data:,http://live.example/)" in found.read(f"{HOST}/a")
    assert b"live" not in found.read(f"{HOST}/b")


@pytest.mark.parametrize(
    ("declared", "start", "url", "last"),
    [
        ("application/octet-stream", b"GIF89a", "/x.php", ".gif"),
        ("application/octet-stream", b"\0\1", "/x.php", ".bin"),  # hosts run these
        ("", b"\0\1", "/x.shtml", ".bin"),
        ("", b"wOFF", "/font.WOFF?v=1", ".woff"),
        ("application/x-httpd-php", b"<?php", "/x", ".bin"),
        ("text/x-unheard-of", b"a", "/x.html", ".txt"),
        ("application/rss+xml", b"<rss/>", "/feed", ".xml"),
        ("text/xml", b"<a xmlns:h='http://www.w3.org/1999/xhtml'/>", "/feed", ".txt"),
    ],
)
def test_a_file_has_the_ending_of_its_type_and_none_that_a_host_would_run(
    declared: str, start: bytes, url: str, last: str
) -> None:
    assert ending(declared, start, HOST + url) == last


def test_what_is_declared_to_be_a_page_is_used_as_what_it_is_needed_for(copy: Make) -> None:
    found = copy(
        page('<link rel=stylesheet href="/a.css"><img src="/logo"><a href="/logo">'),
        response(b"p { background: url(/logo) }", url=f"{HOST}/a.css", head=HTML),
        response(b"GIF89a", url=f"{HOST}/logo", head=HTML),
    )
    style, image, link = found.links(PAGE)
    assert style.endswith("20110509101621.css")
    assert image.endswith("20110509101621.gif")
    assert link == found.path(f"{HOST}/logo")
    assert (found.folder / image).read_bytes() == b"GIF89a"
    assert b"url(../logo-" in (found.folder / style).read_bytes()


def test_a_file_unchanged_between_captures_is_written_once(copy: Make) -> None:
    picture = f"{HOST}/a.gif"
    found = copy(
        response(b"GIF89a", url=picture, head=GIF),
        revisit(b"GIF89a", url=picture, head=b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n\r\n"),
        response(b"GIF89b", url=picture, head=GIF, date="2012-05-09T10:16:21Z"),
    )
    first, second, third = (row["file"] for row in found.rows)
    assert first == second
    assert third != first


def test_what_cannot_be_copied_is_left_out_and_told(copy: Make) -> None:
    found = copy(
        page('<a href="/gone/">'),
        dns(),
        revisit(b"never captured", url=f"{HOST}/gone/"),
        resource(b"Text", url=f"{HOST}/text"),
    )
    assert found.path(f"{HOST}/text").endswith(".txt")
    assert found.links(PAGE) == ["not-here/1.html#a1"]
    [problem] = found.done.problems
    assert problem.url == f"{HOST}/gone/"
    told = json.loads((found.folder / "manifest.json").read_text("utf-8"))
    assert told["totals"]["captures"] == 2
    assert told["left out because"]["not an address of the web"] == 1
    assert sum(told["left out because"].values()) == 2


def test_a_page_damaged_in_the_archive_is_told_where_it_would_stand(
    copy: Make, tmp_path: Path
) -> None:
    long = hashlib.shake_256(b"long").hexdigest(100_000)  # nothing to compress
    copy(page(f"<p>{long}"), page('<a href="/crime/">', url=f"{HOST}/b/"))
    [stored] = (tmp_path / "archive/warcs").rglob("*.warc.gz")
    stored.chmod(0o644)
    stored.write_bytes(flip(stored.read_bytes(), 80_000))
    found = copied(tmp_path / "archive", tmp_path / "second")
    assert [problem.url for problem in found.done.problems] == [PAGE]
    assert found.links(f"{HOST}/b/") == [found.path(PAGE)]
    assert "and not shown" in found.text(PAGE)


def test_what_is_withdrawn_is_not_in_it(copy: Make, tmp_path: Path) -> None:
    other = f"{HOST}/b/"
    copy(page('<a href="/b/">'), page("<p>Private", url=other))
    why = ("--reason", "Private", "--authority", "Panel")
    assert run(["--archive", str(tmp_path / "archive"), "withdraw", other, *why]) == 0
    found = copied(tmp_path / "archive", tmp_path / "second")
    assert found.links(PAGE) == ["not-here/1.html#a1"]
    assert not any(b"<p>Private" in data for data in contents(found.folder).values())


def test_the_same_captures_give_the_same_bytes_and_sums_of_every_file(copy: Make) -> None:
    records = [page('<a href="/b/"><img src=x>'), page("<p>B", url=f"{HOST}/b/")]
    first, second = copy(*records), copy(out="second")
    files = contents(first.folder)
    assert files == contents(second.folder)
    sums = dict(
        reversed(line.split("  ", 1))
        for line in files.pop("manifest-sha256.txt").decode().splitlines()
    )
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_there_is_no_copy_before_all_of_it_is_there(copy: Make, tmp_path: Path) -> None:
    whole = copy(*(page(f'<a href="/{n}">{n}', url=f"{HOST}/{n}") for n in range(9)))
    out = tmp_path / "killed"
    script = f"""
import os, signal, pathlib, marsham
from snapshots import index
from snapshots.copies.writing import write_copy

def tick(done, of):
    if of and done == 5:
        os.kill(os.getpid(), signal.SIGKILL)

with marsham.open_archive(pathlib.Path({str(tmp_path / "archive")!r})) as archive:
    with archive.catalogue.read() as connection:
        found = index.every(connection)
        write_copy(archive, found, pathlib.Path({str(out)!r}), about="Captures of all", tick=tick)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    assert (tmp_path / "killed.part").is_dir()
    assert contents(copied(tmp_path / "archive", out).folder) == contents(whole.folder)
    assert not (tmp_path / "killed.part").exists()


def test_nothing_of_others_is_overwritten(copy: Make, tmp_path: Path) -> None:
    copy(page("<p>A"))
    with pytest.raises(ArchiveError, match="there already"):
        copied(tmp_path / "archive", tmp_path / "out")
    mine = tmp_path / "second.part"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(ArchiveError, match="no unfinished copy"):
        copied(tmp_path / "archive", tmp_path / "second")
    assert (mine / "notes.txt").read_text() == "mine"


def test_two_runs_do_not_write_into_one_folder(copy: Make, tmp_path: Path) -> None:
    copy(page("<p>A"))
    held, out = tmp_path / "archive", tmp_path / "second"
    refused: list[str] = []

    def tick(_done: int, _of: int | None) -> None:
        with pytest.raises(ArchiveError, match="another run") as raised:
            copied(held, out)
        refused.append(str(raised.value))

    with marsham.open_archive(held) as archive, archive.catalogue.read() as connection:
        write_copy(archive, index.every(connection), out, about="All", tick=tick)
    assert refused
    assert out.is_dir()
