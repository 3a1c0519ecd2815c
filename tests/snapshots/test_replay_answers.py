from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from snapshots.replay.addresses import AddressMap
from snapshots.replay.banner import Banner, BannerSettings
from snapshots.replay.headers import content_policy, replay_headers, safety_headers, shared_with
from snapshots.replay.origins import Origins
from snapshots.replay.rewrite import BodyKind, body_kind, rewrite

URL = "http://www.homeoffice.example/crime/"
ADDRESSES = AddressMap("20110529000000")
ORIGINS = Origins("https", "replay.example", "https://archive.example")
SETTINGS = BannerSettings("The Example Web Archive", "the Example Archives")
SERVED = datetime(2011, 5, 29, 10, 16, 21, tzinfo=UTC)


def banner(**changes: object) -> Banner:
    values: dict[str, object] = {
        "settings": SETTINGS, "url": URL, "served_at": SERVED, "list_link": f"/web/*/{URL}"
    }  # fmt: skip
    return Banner(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "content_type", "modifier", "kind"),
    [
        (b"<p>x", "text/html; charset=x", "", BodyKind.HTML),
        (b"<p>x", "TEXT/HTML", "mp_", BodyKind.HTML),
        (b"<p>x", "text/html", "id_", BodyKind.STORED),
        (b"<p>x", None, "", BodyKind.HTML),
        (b" <!DOCTYPE html>", "", "", BodyKind.HTML),
        (b"plain", None, "", BodyKind.STORED),
        (b"<p>x", "text/plain", "", BodyKind.STORED),  # shown as text, as it was then
        (b"a{}", "text/css", "", BodyKind.CSS),
        (b"a{}", "text/html", "cs_", BodyKind.CSS),
        (b"a{}", None, "cs_", BodyKind.CSS),
        (b"var x", "text/html", "js_", BodyKind.SCRIPT),
        (b"<p>Not found", "text/html", "js_", BodyKind.HTML),
        (b"GIF89a", "text/html", "im_", BodyKind.STORED),
        (b"<html/>", "application/xhtml+xml", "", BodyKind.XHTML),
        (b"<svg/>", "image/svg+xml", "im_", BodyKind.XHTML),
        (b'<html xmlns="http://www.w3.org/1999/xhtml">', "text/xml", "", BodyKind.XHTML),
        (b"<rss/>", "text/xml", "", BodyKind.STORED),
        (b"\x89PNG", "image/png", "", BodyKind.STORED),
        (b"{}", "application/json", "", BodyKind.STORED),
        (b"var x", "text/javascript", "js_", BodyKind.SCRIPT),
        (b"var x", "application/x-javascript", "", BodyKind.SCRIPT),
        (b"var x", None, "jm_", BodyKind.SCRIPT),
    ],
)
def test_a_body_is_rewritten_by_what_it_is(
    body: bytes, content_type: str | None, modifier: str, kind: BodyKind
) -> None:
    assert body_kind(body, content_type, modifier) is kind


def test_what_is_not_rewritten_is_the_stored_object_itself() -> None:
    body = b"\x89PNG"
    assert rewrite(body, url=URL, addresses=ADDRESSES, content_type="image/png") is body


def test_a_style_sheet_is_rewritten_with_its_imports_apart() -> None:
    body = b"@import 'a.css'; p{background:url(/b.png)} q{fill:url(#c)}"
    after = rewrite(body, url=URL + "x.css", addresses=ADDRESSES, content_type="text/css")
    assert after == (
        b"@import '/web/20110529000000cs_/http://www.homeoffice.example/crime/a.css'; "
        b"p{background:url(/web/20110529000000im_/http://www.homeoffice.example/b.png)} "
        b"q{fill:url(#c)}"
    )


def test_an_xhtml_script_that_closes_itself_hides_nothing() -> None:
    body = b'<html><script src="/a"/><img src="/b"/></html>'
    after = rewrite(body, url=URL, addresses=ADDRESSES, content_type="application/xhtml+xml")
    assert after.count(b"/web/20110529000000") == 2


NEVER = [
    "Set-Cookie", "Set-Cookie2", "Clear-Site-Data", "Strict-Transport-Security", "Refresh", "Link",
    "NEL", "Report-To", "Reporting-Endpoints", "Alt-Svc", "Content-Security-Policy",
    "Content-Security-Policy-Report-Only", "X-Frame-Options", "Service-Worker-Allowed", "SourceMap",
    "Access-Control-Allow-Origin", "Public-Key-Pins", "Transfer-Encoding", "Content-Encoding",
    "Content-Length", "Connection", "ETag", "Last-Modified", "Cache-Control", "Vary", "Server",
    "Memento-Datetime", "Location", "WWW-Authenticate", "Origin-Agent-Cluster",
]  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_a_header_that_speaks_for_the_old_server_passes_only_under_another_name(
    name: str,
) -> None:
    for written in (name, name.lower(), name.upper()):
        headers = replay_headers([(written, "x")], status=200, url=URL, addresses=ADDRESSES)
        assert headers == [("X-Archive-Orig-" + written, "x")]


def test_headers_about_the_content_pass() -> None:
    archived = [
        ("Content-Type", "text/html; charset=iso-8859-1"),
        ("content-language", "cy"),
        ("Content-Disposition", 'attachment; filename="x.pdf"'),
        ("Content-Type", "text/plain"),
    ]
    headers = replay_headers(archived, status=200, url=URL, addresses=ADDRESSES)
    assert [name for name, _ in headers] == [
        "content-type",
        "content-language",
        "content-disposition",
    ]
    assert headers[0][1] == "text/html; charset=iso-8859-1"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/police/", "/web/20110529000000mp_/http://www.homeoffice.example/police/"),
        ("//h.example/", "/web/20110529000000mp_/http://h.example/"),
        ("https://h.example/?a=1&b=2", "/web/20110529000000mp_/https://h.example/?a=1&b=2"),
        ("http://h.example/\u00e9", "/web/20110529000000mp_/http://h.example/%E9"),
        ("javascript:go()", None),
        ("mailto:a@h.example", None),
        ("", None),
    ],
)
def test_a_redirect_stays_in_the_archive(location: str, expected: str | None) -> None:
    headers = replay_headers(
        [("Location", location)], status=302, url=URL, addresses=ADDRESSES, modifier="mp_"
    )
    assert dict(headers).get("location") == expected
    assert "X-Archive-Orig-Location" in dict(headers)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50)), max_size=10))
def test_no_archived_header_can_end_a_line(archived: list[tuple[str, str]]) -> None:
    for name, value in replay_headers(archived, status=301, url=URL, addresses=ADDRESSES):
        line = f"{name}: {value}"
        assert line.isascii()
        assert line.isprintable()


def test_an_answer_has_fewer_headers_than_clients_accept() -> None:
    archived = [(f"X-{number}", "x" * 10_000) for number in range(1000)]
    headers = replay_headers(archived, status=200, url=URL, addresses=ADDRESSES)
    assert len(headers) + len(safety_headers()) < 100
    assert max(len(value) for _, value in headers) <= 4096


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("origins", [None, ORIGINS], ids=["shut off", "apart"])
def test_the_policy_keeps_every_request_in_the_archive(
    scripts: bool, origins: Origins | None
) -> None:
    policy = content_policy(scripts=scripts, origins=origins)
    directives = dict(part.partition(" ")[::2] for part in policy.split("; "))
    sites = "https://*.replay.example" if origins else "'self'"
    for name, sources in directives.items():
        others = sources.replace(sites, "").replace("https://archive.example", "")
        assert "http" not in others, name
        assert "*" not in others, name
    assert ("allow-same-origin" in directives["sandbox"]) is (origins is not None)
    assert ("allow-scripts" in directives["sandbox"]) is scripts
    # A script may have changed what a reader clicks on.
    assert ("allow-top-navigation" in directives["sandbox"]) is not scripts
    assert directives["default-src"] == f"{sites} data: blob:"
    assert directives["base-uri"] == sites
    assert directives["form-action"].startswith(sites)
    assert (directives["script-src"] == "'none'") is not scripts
    headers = safety_headers(scripts=scripts, origins=origins)
    assert ("content-security-policy", policy) in headers


def test_stored_bytes_are_no_page_to_be_shown() -> None:
    policy = content_policy(origins=ORIGINS, modifier="id_")
    assert policy.startswith("sandbox;")
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_only_what_is_meant_for_a_frame_is_shown_in_one() -> None:
    # Else our own page would name another address above it.
    for modifier in ("mp_", "if_"):
        assert "frame-ancestors" not in content_policy(modifier=modifier)
    for modifier in ("im_", "js_", "jm_", "cs_", "oe_", "id_"):
        assert "frame-ancestors 'none'" in content_policy(modifier=modifier)


ASKING = ORIGINS.content("http://www.asking.example/")


@pytest.mark.parametrize(
    ("archived", "destination", "shared"),
    [
        ([], "empty", False),
        ([("Access-Control-Allow-Origin", "*")], "empty", True),
        ([("access-control-allow-origin", " http://www.asking.example ")], "empty", True),
        ([("Access-Control-Allow-Origin", "http://other.example")], "empty", False),
        ([("Access-Control-Allow-Origin", "null")], "empty", False),
        ([], "font", True),  # none can read a font
        ([("Content-Type", "text/javascript")], "script", True),
        ([("Content-Type", "text/html")], "script", False),  # its faults would tell what it says
        ([("Content-Type", "application/json")], "json", False),
    ],
)
def test_an_answer_is_shared_with_those_the_old_server_allowed(
    archived: list[tuple[str, str]], destination: str, shared: bool
) -> None:
    for origins, asking in ((ORIGINS, ASKING), (None, "null")):
        if origins is None and "asking" in str(archived):
            continue  # without origins none can be told from another
        told = shared_with(archived, asking=asking, destination=destination, origins=origins)
        assert told == (asking if shared else "")


@pytest.mark.parametrize("asking", ["", "https://elsewhere.example", "https://archive.example"])
def test_nobody_but_an_archived_page_is_allowed_anything(asking: str) -> None:
    archived = [("Access-Control-Allow-Origin", "*")]
    assert shared_with(archived, asking=asking, destination="empty", origins=ORIGINS) == ""


def test_the_banner_says_what_a_reader_has_to_know() -> None:
    said = banner().statements()
    assert said["snapshot"] == (
        "This snapshot, taken on 29 May 2011, shows web content kept for preservation by "
        "the Example Archives."
    )
    assert list(said) == ["snapshot", "working", "contacts", "cookies"]


def test_the_banner_tells_the_date_asked_for_where_it_differs() -> None:
    assert banner(asked="20110509").statements()["asked"] == (
        "You asked for 9 May 2011. The nearest snapshot was taken 20 days later."
    )
    assert "asked" not in banner(asked="20110529101621").statements()


def test_the_banner_escapes_everything_and_needs_no_script() -> None:
    evil = "<script>alert('\"&')</script>"
    made = banner(
        settings=BannerSettings(evil, evil),
        url="http://h.example/" + evil,
        list_link='/web/*/"onclick=' + evil,
        notices=(evil,),
        previous=('/web/1/"' + evil, SERVED),
        status=404,
    ).render()
    tree = html.fragment_fromstring(made)
    assert not list(tree.iter("script"))
    assert all(not name.startswith("on") for element in tree.iter() for name in element.attrib)
    assert evil in tree.text_content()
    assert "status 404" in tree.text_content()


def test_the_banner_links_to_the_snapshots_around_and_to_all_of_them() -> None:
    later = datetime(2013, 3, 26, tzinfo=UTC)
    tree = html.fragment_fromstring(
        banner(previous=("/web/2009/x", SERVED), following=("/web/2013/x", later)).render()
    )
    links = {link.get("rel"): (link.get("href"), link.text) for link in tree.iter("a")}
    assert links == {
        "prev": ("/web/2009/x", "Previous: 29 May 2011"),
        "next": ("/web/2013/x", "Next: 26 March 2013"),
        "index": (f"/web/*/{URL}", "All snapshots of this page"),
    }
    assert tree.get("aria-label") == "About this snapshot"
    assert next(tree.iter("time")).get("datetime") == "2011-05-29T10:16:21+00:00"
