from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import UrlError
from archiver.urls import (
    KEY_LIMIT,
    ReplayAddress,
    check_url,
    join_url,
    parse_replay_address,
    prefix_range,
    url_key,
)

JAVA_ID = "0123456789abcdefghijklemopqrstuv"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        # Examples the field's own libraries are tested with (surt, and wayback before it).
        ("http://www.archive.org/", "org,archive)/"),
        ("http://archive.org/", "org,archive)/"),
        ("http://archive.org", "org,archive)/"),
        ("archive.org", "org,archive)/"),
        ("http://ARCHIVE.ORG/", "org,archive)/"),
        ("http://archive.org/goo/", "org,archive)/goo"),
        ("http://archive.org/goo/?", "org,archive)/goo"),
        ("http://archive.org/goo/?b&a", "org,archive)/goo?a&b"),
        ("http://archive.org/goo/?a=2&b&a=1", "org,archive)/goo?a=1&a=2&b"),
        ("http://archive.org/index.html?b=a&b=b&a=b", "org,archive)/index.html?a=b&b=a&b=b"),
        ("http://www34.archive.org/index.html", "org,archive)/index.html"),
        ("http://www.archive.org:80/", "org,archive)/"),
        ("https://www.archive.org:443/", "org,archive)/"),
        ("https://www.archive.org:80/", "org,archive:80)/"),
        ("http://www.archive.org:443/", "org,archive:443)/"),
        ("http://www.gotaport.com:1234/", "com,gotaport:1234)/"),
        ("ftp://www.example.com/", "com,example)/"),
        ("dns:archive.org", "dns:archive.org"),
        ("mailto:foo@example.com", "mailto:foo@example.com"),
        ("filedesc:foo.arc.gz", "filedesc:foo.arc.gz"),
        ("warcinfo:foo.warc.gz", "warcinfo:foo.warc.gz"),
        ("urn:some:id", "urn:some:id"),
        ("http://www2.www2foo.com/", "com,www2foo)/"),
        ("http://www2foo.com/", "com,www2foo)/"),
        ("http://example.com/foo?X=Y", "com,example)/foo?x=y"),
        ("http://host.com//twoslashes?more//slashes", "com,host)/twoslashes?more//slashes"),
        ("http://www.google.com/blah/..", "com,google)/"),
        ("http://www.google.com/foo\tbar\rbaz\n2", "com,google)/foobarbaz2"),
        ("  http://www.google.com/  ", "com,google)/"),
        ("http://www.google.com.../", "com,google)/"),
        ("http://evil.com/foo#bar#baz", "com,evil)/foo"),
        ("http://evil.com/foo;", "com,evil)/foo;"),
        ("http://evil.com/foo?bar;", "com,evil)/foo?bar;"),
        ("http://host.com/ab%23cd", "com,host)/ab%23cd"),
        ("http://B\xfccher.ch:8080", "ch,xn--bcher-kva:8080)/"),
        ("http://☃.com/", "com,xn--n3h)/"),
        ("http://168.188.99.26/.secure/", "168.188.99.26)/.secure"),
        (
            f"http://archive.org/index.php?PHPSESSID={JAVA_ID}&action=profile;u=4221",
            "org,archive)/index.php?action=profile;u=4221",
        ),
        (f"http://archive.org/?jsessionid={JAVA_ID}", "org,archive)/"),
        (f"http://archive.org/?one=two&jsessionid={JAVA_ID}&x=y", "org,archive)/?one=two&x=y"),
        ("http://archive.org/?sid=9682993c8daa2c5497996114facdc805&x=y", "org,archive)/?x=y"),
        (
            "http://archive.org/?aspsessionidABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX&x=y",
            "org,archive)/?x=y",
        ),
        (
            "http://archive.org/?CFID=12412453&CFTOKEN=15501799&dt=19_08_2006_22_39_28",
            "org,archive)/?dt=19_08_2006_22_39_28",
        ),
        (
            "http://example.com/(S(4hqa0555fwsecu455xqckv45))/mileg.aspx",
            "com,example)/mileg.aspx",
        ),
        (
            "http://archive.org/photos/36050182@N05/",  # an @ in a path is no session
            "org,archive)/photos/36050182@n05",
        ),
        # Our own corners.
        ("http://www.homeoffice.gov.uk/%7Ecsp/", "uk,gov,homeoffice)/~csp"),
        ("http://www.homeoffice.gov.uk/a%2Fb", "uk,gov,homeoffice)/a%2fb"),  # not a/b
        ("http://www.homeoffice.gov.uk/a b", "uk,gov,homeoffice)/a%20b"),
        ("http://www.homeoffice.gov.uk/caf\xe9", "uk,gov,homeoffice)/caf%c3%a9"),
        ("http://www.homeoffice.gov.uk/caf%C3%A9", "uk,gov,homeoffice)/caf%c3%a9"),
        ("http://user:pass@example.com/", "com,example)/"),
        ("http://[2001:DB8::1]:8080/x", "2001:db8::1:8080)/x"),
        ("http://example.com:port/x", "http://example.com:port/x"),  # no such port: its own key
        ("http://[::1/x", "http://[::1/x"),
        ("http://example.com/../../x", "com,example)/x"),
        ("", ")/"),
    ],
)
def test_a_url_key_is_the_surt_the_field_uses(url: str, key: str) -> None:
    assert url_key(url) == key


HOSTS = st.sampled_from(
    [
        *("a.example", "www.a.example", "www2.b.a.example", "WWW.A.example", "b.www.example"),
        *("localhost", "www.localhost", "www", "www.7", "10.0.0.1", "www.10.0.0.1", "1", "a.1"),
        *("a.example:80", "a.example:443", "a.example:8080", "10.0.0.1:8080", "www.a:99999"),
    ]
)
PIECES = st.text(st.sampled_from("aZ09_.=&-/?"), max_size=30)
SESSIONS = st.sampled_from(
    [
        "",
        "&sid=" + "0" * 32,
        "&ASPSESSIONIDABCDEFGH=" + "a" * 24,
        "&cfid=1&CFTOKEN=2",
        "&PHPSESSID=x",
    ]
)


@given(st.sampled_from(["http", "https"]), HOSTS, PIECES, SESSIONS)
def test_an_address_keyed_the_short_way_gets_the_key_of_the_long_way(
    scheme: str, host: str, rest: str, session: str
) -> None:
    rest = f"/{rest}?{session}" if session else rest
    assert url_key(f"{scheme}://{host}/{rest}") == url_key(f"{scheme}://\t{host}/{rest}")


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_a_url_key_is_short_ascii_whatever_the_text(text: str) -> None:
    key = url_key(text)
    assert key.isascii()
    assert len(key) <= KEY_LIMIT


@pytest.mark.parametrize("place", ["http://{}.com/", "http://h.example/{}", "x:{}", "http://h/?{}"])
def test_half_a_surrogate_pair_in_an_address_does_no_harm(place: str) -> None:
    assert url_key(place.format("\ud800")).isascii()


@given(st.text(st.sampled_from("abcAB%2f7eE/?&=;.#: é"), max_size=60))
def test_the_case_of_an_address_and_its_escapes_make_no_difference(tail: str) -> None:
    url = "http://example.gov.uk/" + tail
    assert url_key(url) == url_key(url.replace("http", "HTTP").replace("gov", "GOV"))


def test_long_urls_that_differ_at_their_end_have_keys_that_differ() -> None:
    start = "http://www.homeoffice.example/search?q=" + "x" * 8000
    first, second = url_key(start + "1"), url_key(start + "2")
    assert first != second
    assert len(first) == len(second) == KEY_LIMIT
    assert first.startswith("example,homeoffice)/search?q=xxx")


@pytest.mark.parametrize(
    ("prefix", "covered", "left_out"),
    [
        (
            "http://h.example/crime/",
            ["http://h.example/crime/a", "http://h.example/crime/a/b?c"],
            ["http://h.example/crimes", "http://h.example/crime-2", "http://h.example/news"],
        ),
        (
            "http://h.example/crime",
            ["http://h.example/crime/", "http://h.example/crimes", "http://h.example/CRIME/x"],
            ["http://h.example/crim", "http://h.example/d"],
        ),
        (
            "http://h.example/",
            ["http://h.example/", "https://www.h.example/x", "http://h.example/?q"],
            ["http://h.example.uk/", "http://a.h.example/", "http://h2.example/"],
        ),
        ("http://h.example", ["http://h.example/x"], ["http://h.example.uk/", "http://i.example/"]),
        (
            "http://h.example/page?",
            ["http://h.example/page?x=1", "http://h.example/page/?x=1"],
            ["http://h.example/page-two", "http://h.example/pages"],
        ),
        ("h.example/crime/", ["http://h.example/crime/a"], ["http://h.example/crimes"]),
        ("http://h.example/100%25_/", ["http://h.example/100%25_/x"], ["http://h.example/100ab/x"]),
        ("http://h.example/~", ["http://h.example/~csp"], ["http://h.example/a"]),
    ],
)
def test_a_prefix_covers_what_lies_below_it_and_nothing_else(
    prefix: str, covered: list[str], left_out: list[str]
) -> None:
    first, beyond = prefix_range(prefix)
    assert [url for url in covered if not first <= url_key(url) < beyond] == []
    assert [url for url in left_out if first <= url_key(url) < beyond] == []


TNA = "http://webarchive.nationalarchives.gov.uk"
PAGE = "http://www.homeoffice.gov.uk/crime/partnerships/"


@pytest.mark.parametrize(
    ("address", "prefix", "timestamp", "modifier", "url"),
    [
        (f"{TNA}/20110509101621/{PAGE}", f"{TNA}/", "20110509101621", "", PAGE),
        (  # one slash, as browsers and servers made of it
            f"{TNA}/20110509101621/http:/www.homeoffice.gov.uk/crime/partnerships/",
            f"{TNA}/",
            "20110509101621",
            "",
            PAGE,
        ),
        (
            f"https://webarchive.nationalarchives.gov.uk/ukgwa/20110509101621mp_/{PAGE}",
            "https://webarchive.nationalarchives.gov.uk/ukgwa/",
            "20110509101621",
            "mp_",
            PAGE,
        ),
        (f"{TNA}/+/{PAGE}", f"{TNA}/", "", "", PAGE),
        (f"{TNA}/ukgwa/+/{PAGE}", f"{TNA}/ukgwa/", "", "", PAGE),
        (f"{TNA}/*/{PAGE}", f"{TNA}/", "", "", PAGE),
        (
            f"http://collections.europarchive.org/tna/20081105143756/{PAGE}",
            "http://collections.europarchive.org/tna/",
            "20081105143756",
            "",
            PAGE,
        ),
        (
            "http://www.webarchive.org.uk/pan/12032228/20061120/www.homeoffice.gov.uk/crime/",
            "http://www.webarchive.org.uk/pan/12032228/",
            "20061120",
            "",
            "http://www.homeoffice.gov.uk/crime/",  # this one left the scheme out
        ),
        (
            f"https://web.archive.org/web/2011/{PAGE}",  # as short as a year
            "https://web.archive.org/web/",
            "2011",
            "",
            PAGE,
        ),
        (
            f"https://web.archive.org/web/20110509101621id_/{PAGE}",
            "https://web.archive.org/web/",
            "20110509101621",
            "id_",
            PAGE,
        ),
        (f"/20110509101621cs_/{PAGE}", "/", "20110509101621", "cs_", PAGE),  # host left out
        (f"/web/20110509101621/{PAGE}", "/web/", "20110509101621", "", PAGE),
        (
            f"//web.archive.org/web/20110509101621im_/{PAGE}",  # scheme left out
            "//web.archive.org/web/",
            "20110509101621",
            "im_",
            PAGE,
        ),
        (  # an archived page of an archive: only the outer one comes off
            f"https://web.archive.org/web/20120101000000/{TNA}/20110509101621/{PAGE}",
            "https://web.archive.org/web/",
            "20120101000000",
            "",
            f"{TNA}/20110509101621/{PAGE}",
        ),
        (
            f"{TNA}/20110509101621/{PAGE}?a=http://x.example/&b#top",
            f"{TNA}/",
            "20110509101621",
            "",
            f"{PAGE}?a=http://x.example/&b#top",
        ),
    ],
)
def test_a_replay_address_comes_apart(
    address: str, prefix: str, timestamp: str, modifier: str, url: str
) -> None:
    assert parse_replay_address(address) == ReplayAddress(prefix, timestamp, modifier, url)


@pytest.mark.parametrize("modifier", ["id_", "mp_", "if_", "im_", "js_", "cs_", "fw_", "oe_"])
def test_every_modifier_seen_is_known(modifier: str) -> None:
    found = parse_replay_address(f"{TNA}/20110509101621{modifier}/{PAGE}")
    assert found is not None
    assert (found.timestamp, found.modifier, found.url) == ("20110509101621", modifier, PAGE)


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "http://www.homeoffice.gov.uk/2011/05/news.html",  # digits, but no address behind them
        "http://www.homeoffice.gov.uk/20110509/",
        "/crime/partnerships/",
        "http://example.com/?u=/20110509101621/http://x.example/",  # it stands in the query
        "http://www.example.com/pan/12032228/20061120",
        "",
    ],
)
def test_an_address_of_the_live_web_is_no_replay_address(text: str) -> None:
    assert parse_replay_address(text) is None


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (" http://www.homeoffice.example/crime ", "http://www.homeoffice.example/crime"),
        ("www.homeoffice.example", "http://www.homeoffice.example"),
        ("HTTP://www.homeoffice.example/", "HTTP://www.homeoffice.example/"),
        ("localhost:8000/x", "http://localhost:8000/x"),
        ("www.homeoffice.example:8080", "http://www.homeoffice.example:8080"),
        ("http://www.homeoffice.exa\nmple/", "http://www.homeoffice.example/"),  # a wrapped line
        ("http://b\xfccher.example/", "http://b\xfccher.example/"),
    ],
)
def test_an_address_somebody_typed_is_cleaned(typed: str, url: str) -> None:
    assert check_url(typed) == url


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        ("\n ", "empty"),
        ("mailto:csp@homeoffice.example", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://homeoffice.example/", "only http and https"),
        ("http:///crime", "names no host"),
        ("http://homeoffice.example:x/", "Port"),
        ("http://[::1/", "IPv6"),
    ],
)
def test_what_is_no_web_address_is_refused_with_a_reason(typed: str, reason: str) -> None:
    with pytest.raises(UrlError, match=reason) as caught:
        check_url(typed)
    assert caught.value.url == typed


BASE = "http://www.homeoffice.gov.uk/crime/partnerships/?page=2#top"


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("../police/", "http://www.homeoffice.gov.uk/crime/police/"),
        ("/police/", "http://www.homeoffice.gov.uk/police/"),
        ("?page=3", "http://www.homeoffice.gov.uk/crime/partnerships/?page=3"),
        ("#end", "http://www.homeoffice.gov.uk/crime/partnerships/?page=2#end"),
        ("//cdn.example/x.css", "http://cdn.example/x.css"),
        ("https://cdn.example/x.css", "https://cdn.example/x.css"),
        ("\\police\\x", "http://www.homeoffice.gov.uk/police/x"),  # as browsers take it
        ("x?a\\b", "http://www.homeoffice.gov.uk/crime/partnerships/x?a\\b"),
        (" x.html\n", "http://www.homeoffice.gov.uk/crime/partnerships/x.html"),
        ("x\ny.html", "http://www.homeoffice.gov.uk/crime/partnerships/xy.html"),
        ("a%20b%2Fc", "http://www.homeoffice.gov.uk/crime/partnerships/a%20b%2Fc"),
        ("a b", "http://www.homeoffice.gov.uk/crime/partnerships/a b"),
        ("../../../x", "http://www.homeoffice.gov.uk/x"),
        ("mailto:csp@homeoffice.example", "mailto:csp@homeoffice.example"),
        ("javascript:void('a\\b')", "javascript:void('a\\b')"),
        ("data:text/plain,a\\b", "data:text/plain,a\\b"),
        ("http://[::1/", None),  # half an IPv6 address
    ],
)
def test_a_link_is_resolved_as_browsers_do(reference: str, joined: str | None) -> None:
    assert join_url(BASE, reference) == joined


@given(st.text(max_size=60), st.text(max_size=60))
def test_joining_never_fails(base: str, reference: str) -> None:
    joined = join_url(base, reference)
    assert joined is None or isinstance(joined, str)


@given(
    st.sampled_from(["http://h.example/x/y?q", "https://H.example:80", "http://u:p@h/x"]),
    st.text(st.sampled_from("/ab.:;?=&%2e@-"), max_size=12).map("/".__add__),
)
def test_a_path_from_the_root_is_joined_as_the_standard_library_does(base: str, path: str) -> None:
    if not path.startswith("//"):
        assert join_url(base, path) == urljoin(base, path)
