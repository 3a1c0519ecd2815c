from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from ada_url import URL
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, sync_playwright

from archiver.capture.addresses import fetch_url
from tests.loopback import Loopback, answer

BASE = "http://www.homeoffice.example/crime/list.htm?page=2"
SITE = "http://www.homeoffice.example"
AWKWARD = [
    ("a.htm", "/crime/a.htm"),
    ("", "/crime/list.htm?page=2"),
    ("#top", "/crime/list.htm?page=2"),
    ("?", "/crime/list.htm?"),  # an empty query is another address than none
    ("list?", "/crime/list?"),
    ("?page=3#top", "/crime/list.htm?page=3"),
    ("..\\police\\a.htm", "/police/a.htm"),
    ("\\police", "/police"),
    ("/a\\b?c\\d", "/a/b?c\\d"),  # backslashes are slashes in the path alone
    (" \t\n/a\x00 ", "/a"),
    ("\x1f/a\x1f", "/a"),
    ("/pol\nice\t/a.htm", "/police/a.htm"),
    ("/a b", "/a%20b"),
    ("/x #y", "/x%20"),  # the blank was within, not at the end
    ("/./a/../b", "/b"),
    ("/%2e/a/%2E%2e/b", "/b"),
    ("/../../a", "/a"),
    ("/a/..", "/"),
    ("/a//b", "/a//b"),
    ("/a%2Fb", "/a%2Fb"),
    ("/a%2fb", "/a%2fb"),
    ("/%7Ehome/~home", "/%7Ehome/~home"),
    ("/100%zz", "/100%zz"),
    ("/%", "/%"),
    ("/a|b[1]", "/a|b[1]"),
    ("/a?b|c[1]'\"<>`{}", "/a?b|c[1]%27%22%3C%3E`{}"),
    ("/a`{}^\"<>'", "/a%60%7B%7D%5E%22%3C%3E'"),
    ("/;jsessionid=1", "/;jsessionid=1"),
    ("/caf\u00e9/\U0001f600", "/caf%C3%A9/%F0%9F%98%80"),
    ("/caf%e9", "/caf%e9"),
    ("/\ud800", "/%EF%BF%BD"),  # half a pair is no character
    (":80/a", "/crime/:80/a"),
    ("a:b", None),
    ("./a:b", "/crime/a:b"),
    ("http:a.htm", "/crime/a.htm"),
    ("HTTP:/a.htm", "/a.htm"),
    ("http:?a", "/crime/list.htm?a"),
    ("//www.homeoffice.example", "/"),
    ("/\\www.homeoffice.example/a", "/a"),
    ("http://WWW.HomeOffice.Example/A", "/A"),
    ("http://www.homeoffice.example:80/", "/"),
    ("http://www.homeoffice.example:/", "/"),
    ("http://www.homeoffice.example:00080/", "/"),
    ("http:///www.homeoffice.example/", "/"),
    ("http:\\\\www.homeoffice.example\\a", "/a"),
    ("http://www%2ehomeoffice.example/", "/"),
    ("http://user:secret@www.homeoffice.example/a@b", "/a@b"),
    ("http://user@w@www.homeoffice.example/", "/"),
    ("http://:@www.homeoffice.example?a@b", "/?a@b"),
]
ELSEWHERE = [
    ("https://www.homeoffice.example:443/a", "https://www.homeoffice.example/a"),
    ("https:www.police.example/a", "https://www.police.example/a"),
    ("https:/www.police.example", "https://www.police.example/"),
    ("http://www.police.example:8080/a", "http://www.police.example:8080/a"),
    ("//www.police.example/a", "http://www.police.example/a"),
    ("http://127.1/", "http://127.0.0.1/"),
    ("http://0x7F.1/", "http://127.0.0.1/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://0177.0.0.1/", "http://127.0.0.1/"),
    ("http://\uff11\uff12\uff17.0.0.1/", "http://127.0.0.1/"),
    ("http://[::1]:80/", "http://[::1]/"),
    ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    ("http://B\u00fccher.example/", "http://xn--bcher-kva.example/"),
    ("http://fa\u00df.example/", "http://xn--fa-hia.example/"),
    ("http://b\u00fccher\u3002example/", "http://xn--bcher-kva.example/"),
    ("http://a_b.example./", "http://a_b.example./"),
]
NOWHERE = [
    "javascript:void(0)",
    " JavaScript:x",
    "java\nscript:x",
    "mailto:crime@homeoffice.example",
    "tel:+442079460000",
    "data:text/html,<a href=/>",
    "about:blank",
    "blob:http://www.homeoffice.example/1",
    "ftp://ftp.homeoffice.example/a",
    "file:///etc/passwd",
    "http://",
    "https:///",
    "//",
    "http://a b/",
    "http://a.example:99999/",
    "http://a.example:x/",
    "http://[::1/",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://a%00b/",
    "http://a<b/",
    "http://user@/a",
]


@pytest.mark.parametrize(("reference", "target"), AWKWARD)
def test_a_reference_is_read_as_browsers_read_it(reference: str, target: str | None) -> None:
    assert fetch_url(reference, BASE) == (None if target is None else SITE + target)


@pytest.mark.parametrize(("reference", "url"), ELSEWHERE)
def test_a_host_has_one_spelling(reference: str, url: str) -> None:
    assert fetch_url(reference, BASE) == url


@pytest.mark.parametrize("reference", NOWHERE)
def test_what_is_no_web_address_leads_nowhere(reference: str) -> None:
    assert fetch_url(reference, BASE) is None


@pytest.mark.parametrize(
    ("charset", "query"),
    [
        ("utf-8", "caf%C3%A9&%E2%82%AC&%D0%BF"),
        ("windows-1252", "caf%E9&%80&%26%231087%3B"),  # what it lacks is told by its number
        ("ISO-8859-1", "caf%E9&%80&%26%231087%3B"),
        ("windows-1251", "caf%26%23233%3B&%88&%EF"),
        ("koi8-r", "caf%26%23233%3B&%26%238364%3B&%D0"),
        ("gbk", "caf%A8%A6&%80&%A7%E1"),
        ("gb18030", "caf%A8%A6&%A2%E3&%A7%E1"),
        ("shift_jis", "caf%26%23233%3B&%26%238364%3B&%84%81"),
        ("utf-16", "caf%C3%A9&%E2%82%AC&%D0%BF"),
        ("rot13", "caf%C3%A9&%E2%82%AC&%D0%BF"),
    ],
)
def test_a_query_is_written_in_the_charset_of_its_page(charset: str, query: str) -> None:
    assert fetch_url("?caf\u00e9&\u20ac&\u043f", SITE, charset) == f"{SITE}/?{query}"


def test_only_the_query_is() -> None:
    assert fetch_url("/\u00e9?\u00e9#?\u00e9", BASE, "windows-1252") == f"{SITE}/%C3%A9?%E9"
    assert fetch_url("/\u00e9#?\u00e9", BASE, "windows-1252") == f"{SITE}/%C3%A9"
    assert fetch_url("http://\u00e9.example/?\u00e9", BASE, "l1") == "http://xn--9ca.example/?%E9"


@pytest.mark.parametrize(
    ("query", "charset", "written"),
    [
        ("\u0081\u009d", "windows-1252", "%81%9D"),  # bytes without a meaning mean themselves
        ("\u00e9 \n\t ", "windows-1252", "%E9"),
        ("\u00e9\n\u00e9", "windows-1252", "%E9%E9"),
        ("\u00e9 '\"<>%zz", "windows-1252", "%E9%20%27%22%3C%3E%zz"),
        ("\u30bd", "shift_jis", "%83\\"),  # its second byte is a backslash, and stays one
        ("\u3042#", "iso-2022-jp", "%1B$B$%22%1B(B"),
        ("\ud83d\ude00", "windows-1252", "%26%23128512%3B"),  # halves that came together again
        ("\ud800", "windows-1252", "%26%2365533%3B"),
    ],
)
def test_awkward_queries_in_old_charsets(query: str, charset: str, written: str) -> None:
    assert fetch_url("?" + query, SITE, charset) == f"{SITE}/?{written}"


def test_a_base_that_is_no_address_makes_relative_ones_none() -> None:
    assert fetch_url("a", "nonsense") is None
    assert fetch_url("a", "ftp://ftp.example/") is None
    assert fetch_url("http://a.example", "nonsense") is None


@given(
    st.text(st.one_of(st.sampled_from("/\\?#:@%[].htp&; \t\n"), st.characters()), max_size=40),
    st.sampled_from(["utf-8", "windows-1252", "gbk", "iso-2022-jp", "big5", "euc-kr", "x"]),
)
def test_any_reference_gives_an_address_that_stays_as_it_is(reference: str, charset: str) -> None:
    url = fetch_url(reference, BASE, charset)
    if url is not None:
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url
        assert "#" not in url
        assert urlsplit(url).username is None
        assert fetch_url(url, "http://other.example/", charset) == url


PIECES = [
    *("/", "//", ".", "..", "./", "../", "a", "B9", "-_~", "%2e", "%zz", "\\", "?", "#", ":", "@"),
    *("http:", "https://", "HTTP://", "www.police.example", "www.police.example:80", "1.2", " "),
    *("crime.htm", "&x=1", "$!*()+,;", "'", "|", "caf\u00e9", "\n", "data:", "0x7f", "[::1]"),
]
BASES = [
    *(BASE, SITE, f"{SITE}/", f"{SITE}/a/b/", "https://www.homeoffice.example:8443/a?b=/c/d"),
    *("HTTP://WWW.HomeOffice.example:80/A/./B#c", "http://user:word@www.homeoffice.example/a/b"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(BASES))
def test_usual_references_are_resolved_as_by_the_parser(reference: str, base: str) -> None:
    try:
        url = URL(reference, base)
    except ValueError:
        assert fetch_url(reference, base) is None
        return
    if url.protocol not in ("http:", "https:"):
        assert fetch_url(reference, base) is None
        return
    url.username = url.password = ""
    assert fetch_url(reference, base) == url.href.partition("#")[0]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "gbk", "shift_jis", "utf-16le"])
def test_chromium_asks_for_the_same(charset: str, browser: Browser) -> None:
    # Half a pair cannot be handed to a page. Chromium escapes a bar in a path and puts up with a
    # blank in a host; the standard does neither.
    own_ways = ("/\ud800", "/a|b[1]", "http://a b/")
    references = [reference for reference, _ in [*AWKWARD, *ELSEWHERE]] + NOWHERE
    references = [reference for reference in references if reference not in own_ways]
    references += [
        "?\u00e9\u20ac\u043f\u3042\u4e2d",
        "?\u00e9 '\"<>`\\|%zz",
        "/\u00e9?\u00e9#\u00e9",
    ]
    page = "\ufeff<!doctype html>" if charset == "utf-16le" else "<!doctype html>"
    kind = ("Content-Type", f"text/html; charset={charset}")
    read = """references => references.map(reference => {
        const link = document.createElement('a');
        link.setAttribute('href', reference);
        if (!/^https?:$/.test(link.protocol)) return null;
        link.hash = link.username = link.password = '';
        return link.href;
    })"""
    with Loopback(lambda _: answer(page.encode(charset), fields=[kind])) as server:
        base = f"{server.url}/crime/list.htm?page=2"
        tab = browser.new_page()
        tab.goto(base)
        theirs = tab.evaluate(read, references)
        tab.close()
    ours = [fetch_url(reference, base, charset) for reference in references]
    differing = {r: (a, b) for r, a, b in zip(references, ours, theirs, strict=True) if a != b}
    assert differing == {}
