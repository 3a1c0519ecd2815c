from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.cookies import Jar
from archiver.headers import Headers
from archiver.http import parse_head

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SITE = "http://www.homeoffice.example"
SECURE = "https://www.homeoffice.example"


def jar(*fields: str, url: str = SITE + "/", before: Jar | None = None) -> Jar:
    headers = Headers.of([("Set-Cookie", field) for field in fields])
    return (before or Jar()).after(url, headers, NOW)


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("seen=yes", "seen=yes"),
        (" seen = yes ; Path=/", "seen=yes"),
        ('a="b c, d"', 'a="b c, d"'),  # quotes, blanks and commas go back as they came
        ("a=b=c==", "a=b=c=="),
        ("a=", "a="),
        ("=b", "b"),
        ("alone", "alone"),  # browsers take a cookie without a name
        ("a=%41\xe9", "a=%41\xe9"),  # bytes as they came
        ("a=b; SameSite=None; Partitioned; HttpOnly; x=y", "a=b"),
        ("a=b; Domain=www.homeoffice.example", "a=b"),
        ("a=b; Domain=.HomeOffice.example", "a=b"),
        ("a=b; Domain=example", "a=b"),  # for the host alone, whatever else it names
        ("a=b; Domain=", "a=b"),
        ("a=b; Domain=other.example", None),
        ("a=b; Domain=office.example", None),
        ("a=b; Domain=sub.www.homeoffice.example", None),
        ("a=b\0c", None),
        ("a=b\rX: y", None),
        ("a=b; Path=/\nX: y", None),
        ("a=b\x7f", None),
        ("a=\u20ac", None),  # cannot have come in a head
        ("a=" + "b" * 4095, "a=" + "b" * 4095),
        ("a=" + "b" * 4096, None),
        ("", None),
        ("=", None),
        (";a=b", None),
        ("a=b; Path=/other", None),
        ("a=b; Path=other", "a=b"),
        ("a=b; Path=/other; Path=/", "a=b"),
        ("a=b; Secure", None),
        ("__Secure-a=b", None),
        ("a=b; Expires=Mon, 02 Mar 2026 09:30:01 GMT", "a=b"),
        ("a=b; Expires=Mon, 02 Mar 2026 09:30:00 GMT", None),
        ("a=b; Expires=Monday, 02-Mar-26 09:31:00 GMT", "a=b"),
        ("a=b; Expires=Mon Mar  2 09:31:00 2026", "a=b"),
        ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("a=b; Expires=01-Jan-70 00:00:00 GMT", None),
        ("a=b; Expires=whenever", "a=b"),
        ("a=b; Expires=Mon, 99 Mar 2026 09:30:01 GMT", "a=b"),
        ("a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "a=b"),
        ("a=b; Max-Age=0", None),
        ("a=b; Max-Age=-1", None),
        ("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=b"),
        ("a=b; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("a=b; Max-Age=" + "9" * 1000, "a=b"),
        ("a=b; Max-Age=1e9", "a=b"),  # no number: as if it were not there
    ],
)
def test_a_cookie_goes_back_exactly_as_it_came_or_not_at_all(field: str, sent: str | None) -> None:
    assert jar(field).field(SITE + "/page", NOW) == sent


@pytest.mark.parametrize(
    ("field", "url", "there"),
    [
        ("a=b", "/docs/web/x", True),  # without a Path, that of the page that set it
        ("a=b", "/docs/web", True),
        ("a=b", "/docs/website", False),
        ("a=b", "/docs/", False),
        ("a=b; Path=/docs", "/docs", True),
        ("a=b; Path=/docs", "/docs?x", True),
        ("a=b; Path=/docs/", "/docs", False),
        ("a=b; Path=/", "", True),
    ],
)
def test_a_cookie_is_sent_to_its_path_and_below(field: str, url: str, there: bool) -> None:
    found = jar(field, url=SITE + "/docs/web/page")
    assert (found.field(SITE + url, NOW) is not None) is there


def test_a_secure_cookie_never_goes_over_http() -> None:
    found = jar("a=b; Secure", "__Host-c=d; Secure; Path=/", "__Host-e=f; Secure", url=SECURE + "/")
    assert found.field(SECURE + "/", NOW) == "a=b; __Host-c=d"
    assert found.field(SITE + "/", NOW) is None


def test_longer_paths_come_first_and_then_the_older_cookies() -> None:
    found = jar("a=1; Path=/", "b=2; Path=/x", "c=3; Path=/", "d=4; Path=/x")
    assert found.field(SITE + "/x", NOW) == "b=2; d=4; a=1; c=3"
    assert jar("a=5; Path=/", before=found).field(SITE + "/", NOW) == "a=5; c=3"


def test_a_cookie_is_deleted_by_one_of_its_name_and_path_that_has_ended() -> None:
    found = jar("a=1", "b=2")
    assert jar("a=; Max-Age=0", before=found).field(SITE + "/", NOW) == "b=2"
    assert jar("a=; Max-Age=0; Path=/x", before=found) == found


def test_a_cookie_ends_in_its_time_and_within_four_hundred_days() -> None:
    found = jar("a=1; Max-Age=60", "b=2; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "c=3")
    assert found.field(SITE + "/", NOW + timedelta(seconds=60)) == "b=2; c=3"
    assert found.field(SITE + "/", NOW + timedelta(days=401)) == "c=3"


def test_a_jar_holds_fifty_and_the_oldest_go() -> None:
    found = jar(*(f"c{number}=x" for number in range(60)))
    assert [cookie.name for cookie in found.cookies] == [f"c{number}" for number in range(10, 60)]


def test_the_state_of_a_cookie_wall_changes_and_then_stays() -> None:
    wall = SITE + "/wall"
    before = jar()
    behind = jar("passed=1", before=before)
    again = jar("passed=1", before=behind)
    assert before.state(wall, NOW) == ""
    assert len(behind.state(wall, NOW)) == 16
    assert again.state(wall, NOW) == behind.state(wall, NOW)
    assert jar("passed=2", before=again).state(wall, NOW) != again.state(wall, NOW)
    elsewhere = jar("basket=7; Path=/shop", before=again)
    assert elsewhere.state(wall, NOW) == again.state(wall, NOW)  # what is not sent changes nothing


def test_cookies_are_read_from_a_head_as_it_came() -> None:
    parsed = parse_head(
        b"HTTP/1.1 302 Found\r\nset-cookie: a=\xe9\r\nSet-Cookie: b=2; Path=/\r\n\r\n"
    )
    assert parsed is not None
    found = Jar().after(SITE + "/", parsed[0].headers, NOW)
    sent = found.field(SITE + "/", NOW)
    assert sent is not None
    assert sent.encode("latin-1") == b"a=\xe9; b=2"


FIELDS = st.lists(
    st.text(st.sampled_from('ab=; ,\t"\0\r\n\x7f\xe9€/0-') | st.characters())
    | st.sampled_from(
        ["a=1; Path=/b", "a=2; Max-Age=9", "b=3; Domain=example", "c; Expires=1 Jan 2027 1:1:1"]
    ),
    max_size=8,
)


@given(FIELDS, st.sampled_from(["/", "/b", "/b/c?d=e", "", "/\u20ac"]))
def test_whatever_is_set_the_jar_is_kept_and_sends_one_clean_line(
    fields: list[str], path: str
) -> None:
    found = jar(*fields)
    assert Jar.from_text(found.to_text()) == found
    assert found.to_text().isascii()
    sent = found.field(SITE + path, NOW) or ""
    assert not set(sent) & set("\0\r\n\x7f")
    sent.encode("latin-1")
    assert found.state(SITE + path, NOW) == Jar.from_text(found.to_text()).state(SITE + path, NOW)


@pytest.mark.parametrize("url", ["http://[", "", "//", "http://x.example:99999999/"])
def test_an_address_that_is_none_is_no_error(url: str) -> None:
    found = jar("a=b; Path=/", url=url)
    assert found.field(url, NOW) in (None, "a=b")
