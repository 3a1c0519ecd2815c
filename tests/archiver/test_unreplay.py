"""Each kind of archive replay has a small page of its own here, made up in our own words."""
# ruff: noqa: E501 - replay addresses are longer than lines

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.provenance import Provenance
from archiver.records import DateSource, Grade
from archiver.unreplay import Recovered, recover_page
from archiver.unreplay.kinds import kinds
from tests.replayed import PAGE_URL, PAGES, UKGWA

EXAMPLE = Path(__file__).parents[2] / "examples" / "home-office"


def recover(page: str, address: str | None = None, **more: str) -> Recovered:
    return recover_page(page.encode(), media_type="text/html", address=address, **more)


def page_of(kind: str) -> tuple[str, str, set[str]]:
    address, page, dates = PAGES[kind]
    return address, page.format(ukgwa=UKGWA), dates


def test_every_kind_has_a_page_here() -> None:
    assert set(PAGES) == {kind.name for kind in kinds()}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_of_each_kind_is_as_it_was_before_the_archive(kind: str) -> None:
    address, page, dates = page_of(kind)
    recovered = recover(page, address)
    body = recovered.body.decode()
    text = " ".join(re.sub("<[^>]*>", " ", body).split())
    assert text.removesuffix(" Write") == "Crime Text of the page. Police"
    assert 'href="http://www.homeoffice.example/police/"' in body
    assert not re.search(r"archive|\d{14}|wombat|wbinfo|/_static", body, re.IGNORECASE)
    assert recovered.archive == kind
    assert recovered.url == PAGE_URL
    assert recovered.grade is Grade.RECOVERED
    assert {date.timestamp for date in recovered.stated} == dates
    assert recovered.left == ()
    assert [layer.url for layer in recovered.layers] == [PAGE_URL]


@pytest.mark.parametrize("kind", sorted(set(PAGES) - {"ukwac"}))  # which has no marks
def test_a_page_without_its_address_is_recovered_all_the_same(kind: str) -> None:
    address, page, dates = page_of(kind)
    recovered = recover(page)
    assert recovered.body == recover(page, address).body
    assert recovered.archive == kind
    assert {date.timestamp for date in recovered.stated} == dates
    assert recovered.url in (PAGE_URL, None)


@pytest.mark.parametrize("kind", PAGES)
def test_a_recovered_page_is_not_recovered_again(kind: str) -> None:
    address, page, _ = page_of(kind)
    body = recover(page, address).body
    again = recover_page(body, media_type="text/html", address=PAGE_URL)
    assert again.body is body
    assert (again.archive, again.layers, again.grade) == (None, (), Grade.BODY)


@pytest.mark.parametrize("kind", PAGES)
def test_what_was_cut_can_be_found_in_the_page(kind: str) -> None:
    address, page, _ = page_of(kind)
    for part, offset, length in recover(page, address).removed:
        assert page.encode()[offset:][:length].strip()[:1] in (b"<", b"["), part


@pytest.mark.parametrize(
    "page",
    [
        '<p>Old pages are at <a href="http://webarchive.nationalarchives.gov.uk/">the archive</a>',
        '<div class="banner" id="banner"><p>This snapshot is a draft</p></div>',
        "<article><h1>Archives</h1><p>The banner says: This snapshot, taken on 29/05/2011, shows "
        "web content acquired for preservation by The National Archives. So be it.</p></article>",
        "<article><h1>Archives</h1><p>This snapshot, taken on 29/05/2011, shows web content "
        "acquired for preservation by The National Archives.</p><p>More text.</p></article>",
        "<p>[ARCHIVED CONTENT] and wbinfo and FILE ARCHIVED ON are words like others</p>",
        "<!-- start of archive notice --><p>The county archive is closed</p>"
        "<!-- end of archive notice -->",
        # A list of archived pages: every link leads into an archive, but nothing else does.
        '<img src="logo.png">'
        + "".join(
            f'<a href="https://web.archive.org/web/2010010{day}000000/http://old.example/">{day}</a>'
            for day in range(1, 9)
        ),
        '<p><img src="https://web.archive.org/web/20100101000000im_/http://old.example/a.png"></p>',
        "<pre>&lt;!-- BEGIN WAYBACK TOOLBAR INSERT --&gt;</pre>",
        '<script>var css = "url(https://web.archive.org/web/20100101000000/http://a.example/)"'
        "</script>",
        '<a href="/2011/05/http:/notes">An odd address of our own</a>',
    ],
    ids=range(11),
)
def test_a_page_that_only_mentions_an_archive_stays_untouched(page: str) -> None:
    body = f"<html><head><title>Notes</title></head><body>{page}</body></html>".encode()
    for address in (None, "http://www.council.example/notes.html"):
        recovered = recover_page(body, media_type="text/html", address=address)
        assert recovered.body is body
        assert recovered.archive is None
        assert recovered.grade is Grade.BODY


def test_an_authors_link_into_the_archive_keeps_its_inner_address() -> None:
    address, page, _ = page_of("ukgwa-2011")
    inner = "webarchive.nationalarchives.gov.uk/20100413151426/http:/www.old.example/regions.htm"
    page = page.replace("</body>", f'<a href="/20110509101621/http:/{inner}">Older</a></body>')
    recovered = recover(page, address)
    restored = UKGWA + "20100413151426/http://www.old.example/regions.htm"
    assert f'<a href="{restored}">Older</a>' in recovered.body.decode()
    assert recovered.kept == (restored,)
    assert recovered.left == ()


def test_an_authors_link_that_the_archive_did_not_turn_is_kept_too() -> None:
    address, page, _ = page_of("ukgwa-2013")
    own = UKGWA + "20100413151426/http://www.old.example/regions.htm"
    recovered = recover(page.replace("</body>", f'<a href="{own}">Older</a></body>'), address)
    assert recovered.kept == (own,)
    assert own in recovered.body.decode()


def test_an_archived_page_of_an_archive_is_peeled_layer_by_layer() -> None:
    inner_address, inner, dates = page_of("ukgwa-2011")
    outer = "https://web.archive.org/web/20151231235959/"
    inner = inner.replace('="/2011', f'="{outer}{UKGWA}2011').replace(
        f'href="{UKGWA}wayback', f'href="{outer}cs_/{UKGWA}wayback'.replace("/cs_", "cs_")
    )
    toolbar = (
        "<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp'>tools</div>"
        "<!-- END WAYBACK TOOLBAR INSERT -->"
    )
    page = inner.replace("<body>", "<body>" + toolbar)
    recovered = recover(page, outer + inner_address)
    assert recovered.body == recover(page_of("ukgwa-2011")[1], inner_address).body
    assert recovered.url == PAGE_URL
    assert [layer.timestamp for layer in recovered.layers] == ["20151231235959", "20110509101621"]
    assert recovered.archive == "ukgwa-2011"
    assert {date.timestamp for date in recovered.stated} == dates
    assert "toolbar" in [part.part for part in recovered.removed]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="{p}http:/h.example/?a=1&amp;b=&eacute;">', '<a href="http://h.example/?a=1&amp;b=&eacute;">'),
        ("<a href='//{h}/20110509101621/http://h.example/x'>", "<a href='http://h.example/x'>"),
        ("<a href={s}https://h.example/x>", "<a href=https://h.example/x>"),
        ('<img srcset="{p}http://h.example/1 1x, {s}http:/h.example/2 2x">', '<img srcset="http://h.example/1 1x, http://h.example/2 2x">'),
        ('<p style="background:url({p}http://h.example/x)">', '<p style="background:url(http://h.example/x)">'),
        ("<style>@import '{p}http:/h.example/x';</style>", "<style>@import 'http://h.example/x';</style>"),
        ('<meta http-equiv="refresh" content="1; url={s}http:/h.example/">', '<meta http-equiv="refresh" content="1; url=http://h.example/">'),
        ('<base href="{p}http:/h.example/">', '<base href="http://h.example/">'),
        ('<meta property="og:url" content="{s}http://h.example/">', '<meta property="og:url" content="http://h.example/">'),
        ('<div data-src="{p}http://h.example/x">', '<div data-src="http://h.example/x">'),
        ("<script>go('{p}http:/h.example/x', \"{s}http://h.example/y\")</script>", "<script>go('http://h.example/x', \"http://h.example/y\")</script>"),
        (r'<script>{{"u":"http:\/\/{h}\/20110509101621\/http:\/\/h.example\/x"}}</script>', r'<script>{{"u":"http:\/\/h.example\/x"}}</script>'),
        ('<a onclick="go(&quot;{s}http://h.example/&quot;,&quot;{p}http://i.example/&quot;)">', '<a onclick="go(&quot;http://h.example/&quot;,&quot;http://i.example/&quot;)">'),
        ("<!--[if IE]><img src={p}http://h.example/x><![endif]-->", "<!--[if IE]><img src=http://h.example/x><![endif]-->"),
        ("<!-- <a href='{p}http://h.example/x'> -->", "<!-- <a href='http://h.example/x'> -->"),
        ("<noframes><a href='{p}http://h.example/x'></noframes>", "<noframes><a href='http://h.example/x'></noframes>"),
        ("<iframe srcdoc='&lt;img src=&quot;{p}http://h.example/x&quot;&gt;'>", "<iframe srcdoc='&lt;img src=&quot;http://h.example/x&quot;&gt;'>"),
        ('<a href="http://{h}/20110509101621/www.h.example/x">', '<a href="http://www.h.example/x">'),
        ('<a href="http://{h}/20110509/http://h.example/x">', '<a href="http://h.example/x">'),
        ('<img src="http://{h}/20110601000000im_/http://h.example/x">', '<img src="http://h.example/x">'),
        ('<a href="#top"><a href="page.htm"><a href="mailto:a@h.example">', '<a href="#top"><a href="page.htm"><a href="mailto:a@h.example">'),
    ],
)  # fmt: skip
def test_an_address_is_turned_back_wherever_it_stands(before: str, after: str) -> None:
    host = "webarchive.nationalarchives.gov.uk"
    words = {"p": f"http://{host}/20110509101621/", "s": "/20110509101621/", "h": host}
    recovered = recover(before.format(**words), UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == after.format(**words)
    assert recovered.left == ()


def test_an_address_in_a_page_of_utf_8_comes_through_byte_for_byte() -> None:
    page = '<a href="/20110509101621/http:/h.example/voil\u00e0">d\u00e9j\u00e0 vu</a>'
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == '<a href="http://h.example/voil\u00e0">d\u00e9j\u00e0 vu</a>'


def test_a_page_of_utf_16_is_recovered() -> None:
    address, page, _ = page_of("ukgwa-2011")
    recovered = recover_page(page.encode("utf-16"), media_type="text/html", address=address)
    assert recovered.body.decode("utf-16") == recover(page, address).body.decode()


def test_half_a_character_in_an_address_can_be_written_down() -> None:
    replayed = f"{UKGWA}20110509101621/"
    page = (
        f'<base href="{replayed}http:/h.example/\ud834">'
        + f'<img src="{replayed}http:/h.example/a.png">' * 3
        + f'<a href="{replayed}\udd1e">x</a>'
    )
    recovered = recover_page(page.encode("utf-16", "surrogatepass"), media_type="text/html")
    assert recovered.url == "http://h.example/?"
    assert recovered.left == (f"still leads to the archive: {UKGWA}20110509101621/?",)
    Provenance.of(recovered, source_file="x", source_sha256="").to_json().encode()


def test_an_address_is_not_repaired_outside_the_archive_prefix() -> None:
    page = '<a href="http:/odd.example/">Odd</a>'
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == page
    assert recovered.grade is Grade.BODY


def test_a_banner_without_an_end_is_left_and_the_page_is_whole() -> None:
    page = (
        '<html><body><div id="webArchiveInfobox"><p>This snapshot, taken on 29/05/2011</p>'
        "<h1>Crime</h1><p>Text of the page.</p></body></html>"
    )
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == page
    assert any("no end tag matches" in words for words in recovered.left)


def test_a_begin_comment_without_an_end_comment_cuts_nothing() -> None:
    page = "<body><!-- BEGIN ARCHIVE BANNER --><h1>Crime</h1><p>Text of the page.</p></body>"
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == page
    assert any("no end mark" in words for words in recovered.left)


def test_a_banner_that_swallowed_the_page_is_not_cut() -> None:
    text = "<p>Text of the page.</p>" * 300
    page = f'<body><div id="webArchiveInfobox">banner{text}</div></body>'
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body.decode() == page
    assert any("too long" in words for words in recovered.left)


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [("WB Insert", "End WB Insert", 1), ("BEGIN ARCHIVE BANNER", "END ARCHIVE BANNER", 300)],
)
def test_a_mark_that_ends_behind_the_page_takes_nothing_of_it(
    begin: str, end: str, words: int
) -> None:
    text = "<p>Text of the page.</p>" * words
    page = f"<!-- {begin} --><script></script><!-- E -->{text}<!-- {end} -->"
    recovered = recover(page, UKGWA + "20130326122952mp_/" + PAGE_URL)
    assert text in recovered.body.decode()
    assert any("between its marks" in words for words in recovered.left)


def test_a_banner_without_marks_is_told_by_its_words() -> None:
    page = (
        '<body><div class="x"><p>This snapshot, taken on 29/05/2011, shows web content acquired '
        "for preservation by The National Archives.</p></div><h1>Crime</h1><p>Text</p></body>"
    )
    recovered = recover(page)
    assert recovered.body.decode() == "<body><h1>Crime</h1><p>Text</p></body>"
    assert recovered.archive == "ukgwa-2011"


def test_what_still_leads_to_the_archive_is_listed() -> None:
    page = '<p><a href="http://webarchive.nationalarchives.gov.uk/help">Help</a></p>'
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.left == ("still leads to the archive: " + UKGWA + "help",)


def test_a_raw_memento_is_the_page_itself() -> None:
    body = b'<a href="http://webarchive.nationalarchives.gov.uk/2010/http://a.example/">x</a>'
    recovered = recover_page(
        body, media_type="text/html", address=UKGWA + "20110509101621id_/" + PAGE_URL
    )
    assert recovered.body is body
    assert recovered.url == PAGE_URL
    assert recovered.grade is Grade.BODY
    assert recovered.archive == "ukgwa-2011"


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf", ""])
def test_a_body_that_holds_no_addresses_has_only_its_own_peeled(media_type: str) -> None:
    body = b"\x89PNG /20110509101621/http://a.example/"
    address = UKGWA + "20110509101621im_/http:/a.example/b.png"
    recovered = recover_page(body, media_type=media_type, address=address)
    assert recovered.body is body
    assert recovered.url == "http://a.example/b.png"
    assert [date.timestamp for date in recovered.stated] == ["20110509101621"]


def test_a_style_sheet_is_turned_back() -> None:
    sheet = b"@import '/20110509101621cs_/http:/a.example/b.css'; a{background:url(x.png)}"
    recovered = recover_page(
        sheet, media_type="text/css", address=UKGWA + "20110509101621cs_/http:/a.example/a.css"
    )
    assert recovered.body == b"@import 'http://a.example/b.css'; a{background:url(x.png)}"


def test_a_script_is_unwrapped_and_its_closing_comment_cut() -> None:
    script = b"""var _____WB$wombat$assign$function_____ = function(name) {return (self[name]);};
if (!self.__WB_pmw) { self.__WB_pmw = function(obj) { return obj; } }
{
  let window = _____WB$wombat$assign$function_____("window");
  let self = _____WB$wombat$assign$function_____("self");

go(_____WB$wombat$check$this$function_____(this), "https://web.archive.org/web/20150208000231/http://a.example/");

}
/*
     FILE ARCHIVED ON 00:02:31 Feb 08, 2015 AND RETRIEVED FROM THE
     INTERNET ARCHIVE ON 10:00:00 Jan 1, 2020.
*/
"""
    recovered = recover_page(
        script,
        media_type="text/javascript",
        address="https://web.archive.org/web/20150208000231js_/http://a.example/a.js",
    )
    assert recovered.body.strip() == b'go(this, "http://a.example/");'
    assert (DateSource.FRAME, "20150208000231") in [
        (date.source, date.timestamp) for date in recovered.stated
    ]


def test_a_text_rendering_gives_its_dates_and_stays_as_it_is() -> None:
    text = (
        b"This snapshot, taken on\n29/05/2011\n, shows web content acquired for preservation by "
        b"The National Archives. External links may not work.\n\nCommunity Safety Partnerships\n"
    )
    recovered = recover_page(
        text,
        media_type="text/plain",
        address=UKGWA + "20110509101621/http:/www.homeoffice.example/crime/",
    )
    assert recovered.body is text
    assert recovered.grade is Grade.RENDERING
    assert recovered.url == PAGE_URL
    assert [(date.source, date.timestamp) for date in recovered.stated] == [
        (DateSource.ADDRESS, "20110509101621"),
        (DateSource.BANNER, "20110529"),
    ]


def test_plain_text_of_no_archive_is_plain_text() -> None:
    body = b"Minutes of the meeting of 29/05/2011"
    recovered = recover_page(body, media_type="text/plain")
    assert recovered.body is body
    assert (recovered.archive, recovered.grade) == (None, Grade.BODY)


def test_the_outer_page_of_framed_replay_is_not_the_page() -> None:
    page = """<html><head><script src="https://archive.council.example/static/wb_frame.js"></script>
</head><body><iframe id="replay_iframe" src="/all/20190301120000mp_/http://a.example/"></iframe>
<script>var cframe = new ContentFrame({"url": "http://a.example/"});</script></body></html>"""
    recovered = recover(
        page, "https://archive.council.example/all/20190301120000/http://a.example/"
    )
    assert recovered.grade is Grade.RENDERING
    assert any("20190301120000mp_/http://a.example/" in words for words in recovered.left)


def test_a_memento_datetime_is_a_date_stated() -> None:
    address, page, _ = page_of("ukgwa-2009")
    recovered = recover(page, address, memento_datetime="Thu, 02 Apr 2009 11:12:13 GMT")
    assert (DateSource.MEMENTO, "20090402111213") in [
        (date.source, date.timestamp) for date in recovered.stated
    ]
    for nothing in ("yesterday", "Fri, 31 Dec 9999 23:59:59 -2359"):
        assert recover(page, address, memento_datetime=nothing).stated


def test_a_page_too_big_to_be_undone_says_so() -> None:
    page = "<b>" * 300_001 + '<a href="/20110509101621/http:/a.example/">'
    recovered = recover(page, UKGWA + "20110509101621/" + PAGE_URL)
    assert recovered.body == page.encode()
    assert any("more than 300,000" in words for words in recovered.left)


def test_an_unnamed_archive_is_believed_by_its_full_timestamp() -> None:
    page = '<a href="https://mementos.example/x/20190301120000/http://a.example/b">b</a>'
    recovered = recover(page, "https://mementos.example/x/20190301120000/http://a.example/")
    assert recovered.body == b'<a href="http://a.example/b">b</a>'
    assert recovered.archive == "unnamed"


@pytest.mark.skipif(not (EXAMPLE / "2011" / "pages.csv").exists(), reason="no example site")
@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
@pytest.mark.parametrize("with_address", [True, False])
def test_every_page_of_the_example_site_loses_every_archive_address(
    year: str, with_address: bool
) -> None:
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
    with (EXAMPLE / year / "pages.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["file"]]
    for row in rows:
        media_type = types.get(row["file"].rpartition(".")[2])
        if media_type:
            recovered = recover_page(
                (EXAMPLE / year / row["file"]).read_bytes(),
                media_type=media_type,
                address=row["url"] if with_address else None,
            )
            body = recovered.body.decode("latin-1")
            for own in recovered.kept:
                body = body.replace(own, "")
            assert "webarchive.nationalarchives" not in body, row["file"]
            assert not re.search(r"/\d{14}|ukgwa|wbinfo|ARCHIVED", body), row["file"]
            assert recovered.left == ()


@given(st.binary(max_size=300), st.sampled_from(["text/html", "text/css", "text/plain", "x/json"]))
def test_no_bytes_make_it_fail(body: bytes, media_type: str) -> None:
    recover_page(body, media_type=media_type)
    recover_page(body, media_type=media_type, address=UKGWA + "20110509101621/http:/a.example/")


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<div id='webArchiveInfobox'>", "</div>", "<div>", "<!-- BEGIN ARCHIVE BANNER -->",
            "<!-- END ARCHIVE BANNER -->", "<body>", "</body>", "<script>", "</script>", "wbinfo = {",
            "<a href='/20110509101621/http:/a.example/'>", "text ", "<title>", "[ARCHIVED CONTENT] ",
            "</title>", "<!-- WB Insert -->", "<!-- End WB Insert -->", "<head>", "</head>",
            "<!-- End Wayback Rewrite JS Include -->", "<img src='/20110509101621im_/http:/b.example/'>",
            "This snapshot, taken on 29/05/2011, shows web content acquired for preservation by The "
            "National Archives.", "<p>", "</p>", "\"http://web.archive.org/web/2011/http://c.example\"",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(FRAGMENTS)
def test_no_mixture_of_marks_makes_it_fail_or_grow(page: str) -> None:
    for address in (None, UKGWA + "20110509101621/http:/a.example/"):
        recovered = recover(page, address)
        assert len(recovered.body) <= len(page) + 2 * page.count("http:/")


@pytest.mark.parametrize(
    "piece",
    [
        "<div id=webArchiveInfobox>", "<!-- BEGIN ARCHIVE BANNER -->", "<script>wbinfo = {</script>",
        "/20110509101621/http:/a.example/", "<a href='/20110509101621/http:/a.example/'>",
        "<script src='http://webarchive.nationalarchives.gov.uk/x.js'></script>", "<p>snapshot, taken on ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_of_nothing_but_marks_takes_time_in_proportion(piece: str, encoding: str) -> None:
    page = (piece * (200_000 // len(piece))).encode(encoding)
    address = UKGWA + "20110509101621/http:/a.example/"
    recover_page(page, media_type="text/html", address=address)
