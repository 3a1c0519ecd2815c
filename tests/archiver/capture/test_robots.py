import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from archiver.capture.robots import READ, Robots, product_token
from archiver.capture.verdict import Verdict

AGENT = "marsham/0.1.0 (archive@archive.example)"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SITE = "http://www.homeoffice.example"


def robots(body: str | bytes, status: int | None = 200) -> Robots:
    return Robots.of(status, body.encode() if isinstance(body, str) else body, AGENT, AT)


def allows(body: str | bytes, path: str) -> bool:
    return robots(body).judge(SITE + path).allowed


def for_all(*rules: str) -> str:
    return "\n".join(("User-agent: *", *rules))


# Whom a group is for


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("User-agent: marsham\nDisallow: /", False),
        ("user-AGENT:MARSHAM\r\ndisallow:/", False),
        ("User-agent: marsham/0.1\nDisallow: /", False),  # only its name counts
        ("User-agent: mars\nDisallow: /", True),  # another's name, though ours begins with it
        ("User-agent: marsham-news\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: marsham\nAllow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: marsham\nDisallow:\n", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: marsham\n", True),  # named, and nothing said
        ("User-agent: marsham\nUser-agent: other\nDisallow: /", False),
        ("User-agent: marsham\nDisallow: /a\nUser-agent: other\nDisallow: /", True),
        # two groups for one crawler are one
        ("User-agent: marsham\nAllow: /b\nUser-agent: x\n"
         "Allow: /\nUser-agent: marsham\nDisallow: /", False),
        ("Disallow: /\nUser-agent: *\nAllow: /a", True),  # a rule that is for nobody
        # what the standard does not know ends no group (clause 2.2.4)
        ("User-agent: marsham\nSitemap: http://x.example/s\nUser-agent: x\nDisallow: /", False),
        ("User-agent: marsham\nCrawl-delay: 5\nUser-agent: x\nDisallow: /", False),
        ("User-agent: marsham\n\n\n# and\nUser-agent: x\nDisallow: /", False),
        ("User-agent: marsham # us\nDisallow: / # all of it", False),
        ("User-agent: * # all\nDisallow: /", False),
        ("Useragent: *\nDissallow: /", False),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("User-agent: *\rDisallow: /\r", False),
        ("User-agent: *\x0bDisallow: /", True),  # no line end
        ("", True),
        ("\0\xff\n:::\nDisallow", True),
    ],
)  # fmt: skip
def test_a_group_is_for_those_it_names(body: str, allowed: bool) -> None:
    assert allows(body, "/page") is allowed


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        (AGENT, "marsham"),
        ("Mozilla/5.0 (compatible; county-archive/2; +https://x.example)", "county-archive"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Mozilla"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_product_token_is_the_name_a_user_agent_gives_itself(
    user_agent: str, token: str
) -> None:
    assert product_token(user_agent) == token
    assert (
        Robots.of(200, b"User-agent: *\nDisallow: /", user_agent, AT).judge(SITE + "/").allowed
        is False
    )


# Which rule decides


@pytest.mark.parametrize(
    ("rules", "path", "decides"),
    [
        # the longest match, whatever the order (clause 5.2 of RFC 9309)
        (["Allow: /example/page/", "Disallow: /example/page/disallowed.gif"],
         "/example/page/disallowed.gif", "Disallow /example/page/disallowed.gif"),
        (["Disallow: /a", "Allow: /a/b"], "/a/b/c", "Allow /a/b"),
        (["Allow: /a", "Disallow: /a"], "/a", "Allow /a"),  # of two alike Allow
        (["Disallow: /a", "Allow: /a"], "/a", "Allow /a"),
        (["Disallow: /*a", "Allow: /xa"], "/xa", "Allow /xa"),
        (["Allow: /p", "Disallow: /"], "/page", "Allow /p"),
        (["Allow: /folder", "Disallow: /folder"], "/folder/page", "Allow /folder"),
        (["Allow: /page", "Disallow: /*.htm"], "/page.htm", "Disallow /*.htm"),
        (["Allow: /$", "Disallow: /"], "/", "Allow /$"),
        (["Allow: /$", "Disallow: /"], "/page.htm", "Disallow /"),
        (["Allow: /index.html", "Disallow: /"], "/", "Disallow /"),  # not what was said
        # where a pattern begins and ends
        (["Disallow: /fish"], "/fishheads/yummy.html?x", "Disallow /fish"),
        (["Disallow: /fish"], "/Fish", None),
        (["Disallow: /fish/"], "/fish", None),
        (["Disallow: /fish*"], "/fish", "Disallow /fish*"),
        (["Disallow: /*.php"], "/a/index.php?x", "Disallow /*.php"),
        (["Disallow: /*.php$"], "/a/index.php?x", None),
        (["Disallow: /*.php$"], "/a.php/b.php", "Disallow /*.php$"),
        (["Disallow: /fish*.php"], "/fishheads/cat.php?x", "Disallow /fish*.php"),
        (["Disallow: /a*b*c$"], "/a-b-b-c-c", "Disallow /a*b*c$"),
        (["Disallow: /ab*ab$"], "/ab", None),  # the two may not be the same
        (["Disallow: *.pdf"], "/a.pdf", "Disallow *.pdf"),
        (["Disallow: /***"], "/", "Disallow /***"),
        (["Disallow: private/"], "/private/", None),  # begins with no slash: no pattern
        (["Disallow:"], "/", None),
        (["Disallow: /a$b"], "/a$b", "Disallow /a$b"),
        (["Disallow: /a$"], "/a$", None),
        (["Disallow: /a%24"], "/a$", "Disallow /a%24"),
        (["Disallow: /file-with-a-%2A.html"], "/file-with-a-*.html",
         "Disallow /file-with-a-%2A.html"),
        (["Disallow: /file-with-a-%2A.html"], "/file-with-a-b.html", None),
        # spellings (clause 2.2.2, the table)
        (["Disallow: /foo/bar?baz=quz"], "/foo/bar?baz=quz", "Disallow /foo/bar?baz=quz"),
        (["Disallow: /foo/bar?baz=https://foo.bar"], "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
         "Disallow /foo/bar?baz=https://foo.bar"),
        (["Disallow: /foo/bar/ツ"], "/foo/bar/%E3%83%84", "Disallow /foo/bar/%E3%83%84"),
        (["Disallow: /foo/bar/%E3%83%84"], "/foo/bar/ツ", "Disallow /foo/bar/%E3%83%84"),
        (["Disallow: /foo/bar/%62%61%7A"], "/foo/bar/baz", "Disallow /foo/bar/%62%61%7A"),
        (["Disallow: /%7ejones"], "/~jones", "Disallow /%7ejones"),
        (["Disallow: /a%2fb"], "/a/b", None),
        (["Disallow: /a%2fb"], "/a%2Fb", "Disallow /a%2fb"),
        (["Disallow: /caf%E9"], "/caf%E8", None),
        (["Disallow: /a?b"], "/a%3Fb", None),
        (["Disallow: /*?sort="], "/list?page=2&sort=up", None),
        (["Disallow: /*sort="], "/list?page=2&sort=up", "Disallow /*sort="),
        (["Disallow: /a?"], "/a?", "Disallow /a?"),
        (["Disallow: /a b"], "/a%20b", "Disallow /a b"),
        (["Disallow: /a"], "/a#fragment", "Disallow /a"),
        (["Disallow: /%zz"], "/%zz", "Disallow /%zz"),
        (["Disallow: /"], "/robots.txt", "robots.txt itself"),
        (["Disallow: /"], "", "Disallow /"),
        (["Disallow: /"], "?x", "Disallow /"),
    ],
)  # fmt: skip
def test_the_most_specific_rule_decides_and_is_named(
    rules: list[str], path: str, decides: str | None
) -> None:
    allowed = decides is None or not decides.startswith("Disallow")
    rule = "robots: no rule" if decides is None else f"robots: {decides}"
    assert robots(for_all(*rules)).judge(SITE + path) == Verdict(allowed, rule)


def test_bytes_that_are_no_utf_8_are_compared_as_they_are_sent() -> None:
    found = robots(b"User-agent: *\nDisallow: /caf\xe9\nSitemap: http://x.example/caf\xe9.xml")
    assert found.judge(SITE + "/caf%E9/") == Verdict(False, "robots: Disallow /caf%E9")
    assert found.sitemaps == ("http://x.example/caf%E9.xml",)
    assert Robots.from_text(found.to_text()) == found


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_a_file_from_an_odd_editor_is_understood(coding: str) -> None:
    mark = b"\xfe\xff" if coding == "utf-16-be" else b""
    assert not allows(mark + for_all("Disallow: /ü").encode(coding), "/%C3%BC")


def test_only_the_beginning_of_an_endless_file_is_read_and_no_half_line() -> None:
    head = for_all("Disallow: /kept").encode() + b"\n"
    filler = b"#" * (READ - len(head) - 10) + b"\n"
    body = head + filler + b"Allow: /kept/deeper"
    assert len(head + filler) < READ < len(body)
    assert not allows(body, "/kept/deeper")
    assert not allows(head + b"Allow: /kept" + b"x" * READ, "/kept")


# What else it says


@pytest.mark.parametrize(
    ("text", "delay", "asked"),
    [
        ("Crawl-delay: 10", 10, 10),
        ("Crawl-delay: 0.5 seconds", 0.5, 0.5),
        ("crawl-delay:.5", 0.5, 0.5),
        ("Crawl-delay: 86400", 120, 86400),  # the site's wish is kept, to be reported
        ("Crawl-delay: 2\nCrawl-delay: 7\nCrawl-delay: 3", 7, 7),
        ("Crawl-delay: soon", None, None),
        ("Crawl-delay: -4", None, None),
        ("Crawl-delay: nan", None, None),
        ("Crawl-delay: " + "9" * 400, 120, 999999999),
        ("Disallow: /", None, None),
    ],
)
def test_a_crawl_delay_is_kept_up_to_two_minutes(
    text: str, delay: float | None, asked: float | None
) -> None:
    found = robots(for_all(text))
    assert (found.delay, found.delay_asked) == (delay, asked)


def test_the_crawl_delay_of_others_is_not_ours() -> None:
    text = "User-agent: *\nCrawl-delay: 10\nDisallow: /x\n\nUser-agent: marsham\nCrawl-delay: 1\n"
    assert robots(text).delay == 1


def test_sitemaps_are_for_everybody_and_absolute() -> None:
    text = (
        "Sitemap: https://www.homeoffice.example/sitemap.xml\n"
        "User-agent: other\nDisallow: /\n"
        "Site-map:http://cdn.example/news.xml.gz # news\n"
        "Sitemap: /sitemap2.xml\nSitemap: file:///etc/passwd\nSitemap:\n"
        "Sitemap: https://www.homeoffice.example/sitemap.xml\n"
    )
    assert robots(text).sitemaps == (
        "https://www.homeoffice.example/sitemap.xml",
        "http://cdn.example/news.xml.gz",
    )


# When there is none


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 418, 451])
def test_without_a_robots_txt_everything_is_allowed(status: int) -> None:
    found = robots(for_all("Disallow: /"), status)
    assert found.judge(SITE + "/a") == Verdict(True, f"robots: none ({status})")
    assert (found.wait, found.delay, found.sitemaps) == (False, None, ())
    assert found.expires_at == AT + timedelta(hours=24)


@pytest.mark.parametrize("status", [None, 429, 500, 502, 503, 504, 599, 100, 999])
def test_while_it_cannot_be_had_everything_is_refused(status: int | None) -> None:
    found = robots("", status)
    verdict = found.judge(SITE + "/a")
    assert not verdict.allowed
    assert verdict.rule.startswith("robots: cannot be had for now (")
    assert found.wait
    assert found.expires_at == AT + timedelta(minutes=10)


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><title>Not found</title><pre>\nUser-agent: *\nDisallow: /\n</pre>",
        "\r\n <HTML><body>\nUser-agent: *\nDisallow: /",
        '<?xml version="1.0"?>\nUser-agent: *\nDisallow: /',
    ],
)
def test_a_page_in_its_place_says_nothing(page: str) -> None:
    assert robots(page).judge(SITE + "/") == Verdict(True, "robots: no rule")


# Kept, and fast


TEXTS = st.text(
    st.sampled_from("UuserAgntdilowDC-: \t\n\r#*$/%2fFqé?abcxmh<\ufeff\0") | st.characters()
)


@given(TEXTS | st.binary(), st.sampled_from([None, 200, 204, 404, 503]))
def test_whatever_comes_is_read_and_kept(body: str | bytes, status: int | None) -> None:
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    found = Robots.of(status, b"User-agent: *\n" + raw, AGENT, AT)
    again = Robots.from_text(found.to_text())
    assert again == found
    assert found.to_text().isascii()
    for path in ("/", "/a?b=%2F", "/" + raw.decode("latin-1")):
        verdict = found.judge(SITE + path)
        assert again.judge(SITE + path) == verdict
        assert verdict.rule.isascii()
        assert verdict.rule.isprintable()


PATTERNS = st.text("/ab*$", max_size=8).map(lambda text: "/" + text)


@given(st.lists(st.tuples(st.booleans(), PATTERNS), max_size=6), st.text("/ab", max_size=10))
@settings(deadline=None)
def test_rules_without_escapes_are_read_as_protego_reads_them(
    rules: list[tuple[bool, str]], path: str
) -> None:
    # Protego as the yardstick, where it follows the RFC; a $ within is another matter to it.
    rules = [
        (allow, text[:1] + text[1:-1].replace("$", "") + text[1:][-1:]) for allow, text in rules
    ]
    text = for_all(*(f"{'Allow' if allow else 'Disallow'}: {text}" for allow, text in rules))
    expected = Protego.parse(text).can_fetch(f"{SITE}/{path}", "marsham")
    assert allows(text, "/" + path) == expected


def test_a_file_of_nothing_but_wildcards_does_not_hold_up_a_crawl() -> None:
    rules = (f"Disallow: /*{number:05}*x" for number in range(READ // 20))
    found = robots(for_all(*rules))
    began = time.process_time()
    for number in range(20):
        assert found.judge(f"{SITE}/{'x' * 2000}{number}").allowed
    assert time.process_time() - began < 10


def test_a_long_list_of_plain_rules_costs_next_to_nothing() -> None:
    found = robots(for_all(*(f"Disallow: /department/{number}/" for number in range(20_000))))
    began = time.process_time()
    for number in range(2_000):
        assert not found.judge(f"{SITE}/department/{number}/x").allowed
    assert time.process_time() - began < 2
