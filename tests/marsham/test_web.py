"""The web pages of an archive, asked for over HTTP."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from lxml import html

import marsham
from tests.builders import response, warc
from tests.marsham.conftest import serving

SITE = "http://www.homeoffice.example"
LANDING = f"{SITE}/crime/partnerships/"
INSIDE = ("#", "mailto:", "data:", "/web/", "/search/", "/form/", "/static/marsham-replay.js?")


def get(address: str, **options: object) -> requests.Response:
    """Ask for an address, the names below localhost as browsers know them."""
    parts = urlsplit(address)
    if parts.hostname and parts.hostname.endswith(".localhost"):
        options["headers"] = {"Host": parts.netloc}
        address = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    return requests.get(address, timeout=20, **options)  # type: ignore[arg-type]


def statements(page: requests.Response) -> str:
    """The banner's words, as a reader sees them."""
    return " ".join(html.fromstring(page.content).find(".//section").text_content().split())


def test_the_start_page_lists_snapshots_and_sites_and_offers_look_up(server: str) -> None:
    page = html.fromstring(get(server + "/").content)
    rows = [row.text_content().split() for row in page.findall(".//tbody/tr")]
    assert [row[0] for row in rows] == ["2013", "2011", "2009"]
    assert page.find(".//form").get("action") == "/lookup"
    assert [link.text for link in page.findall('.//ul[@class="sites"]/li/a')] == [
        "www.homeoffice.example"
    ]


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ({"url": "www.homeoffice.example/crime/"}, "/web/*/http://www.homeoffice.example/crime/"),
        ({"url": LANDING, "date": "29/05/2011"}, f"/web/20110529/{LANDING}"),
        ({"url": LANDING, "date": "29th May 2011"}, f"/web/20110529/{LANDING}"),
        ({"url": LANDING, "date": "29 Mai 2011"}, f"/web/20110529/{LANDING}"),
        ({"url": LANDING, "date": "2011-05-29T11:16+01:00"}, f"/web/20110529101600/{LANDING}"),
        ({"url": LANDING, "date": "May 2011"}, f"/web/201105/{LANDING}"),
        ({"url": LANDING, "date": "2009"}, f"/web/2009/{LANDING}"),
    ],
)
def test_look_up_leads_to_the_list_or_to_the_date(
    asked: dict[str, str], leads_to: str, server: str
) -> None:
    answer = get(server + "/lookup", params=asked, allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"] == leads_to


@pytest.mark.parametrize(
    "asked",
    [
        {"url": ""},
        {"url": "javascript:alert(1)"},
        {"url": LANDING, "date": "the day before yesterday"},
        {"url": "//"},
    ],
)
def test_look_up_explains_what_it_cannot_read(asked: dict[str, str], server: str) -> None:
    answer = get(server + "/lookup", params=asked, allow_redirects=False)
    assert answer.status_code == 400
    assert "cannot be read" in answer.text
    assert "Location" not in answer.headers


def test_a_snapshot_is_shown_at_its_exact_time_under_its_banner(server: str) -> None:
    answer = get(f"{server}/web/2011/{LANDING}")
    assert answer.url == f"{server}/web/20110529000000/{LANDING}"
    said = statements(answer)
    assert "This snapshot, taken on 29 May 2011, shows web content kept for preservation by" in said
    assert "the Example Archive" in said
    assert "external links, forms and search may not work" in said
    assert "Contact details are likely to be out of date" in said
    assert "sets no cookies" in said
    assert "Original address" in said


def test_the_banner_names_the_date_asked_for_when_it_was_another_day(server: str) -> None:
    # One slash after http:, as the archive of 2011 wrote its addresses.
    answer = get(f"{server}/web/20110509101621/{LANDING.replace('://', ':/')}")
    assert answer.url == f"{server}/web/20110529000000~20110509101621/{LANDING}"
    assert "You asked for 9 May 2011" in statements(answer)
    # Of this snapshot no more than the day is known, so that no hour can be far from it.
    same_day = get(f"{server}/web/20110529235959/{LANDING}")
    assert "You asked for" not in statements(same_day)


def test_the_banner_shows_a_date_that_disagrees_with_the_one_chosen(server: str) -> None:
    said = statements(get(f"{server}/web/2011/{LANDING}"))
    assert "Another date is stated for it: 9 May 2011 at 10:16:21 UTC, by the address" in said


def test_a_day_without_a_time_is_not_given_one(server: str) -> None:
    assert "00:00:00" not in statements(get(f"{server}/web/2011/{LANDING}"))
    assert "at 11:12:13" in statements(get(f"{server}/web/2009/{LANDING}"))


def test_previous_and_next_lead_through_the_versions_of_a_page(server: str) -> None:
    page = html.fromstring(get(f"{server}/web/2011/{LANDING}").content)
    links = {link.get("rel"): link.get("href") for link in page.findall(".//nav//a")}
    assert links["prev"] == f"/web/20090402111213/{LANDING}"
    assert links["next"] == f"/web/20130326122952/{LANDING}"
    assert links["index"] == f"/web/*/{LANDING}"


def test_the_list_of_captures_gives_each_with_its_answer_and_fidelity(server: str) -> None:
    page = html.fromstring(get(f"{server}/web/*/{SITE}/crime/partnerships/contacts/").content)
    rows = [" ".join(row.text_content().split()) for row in page.findall(".//tbody/tr")]
    assert len(rows) == 3
    assert "200 text/html C: recovered" in rows[0]
    assert rows[2].startswith("26 March 2013")
    assert " 301 " in rows[2]


def test_an_archived_redirect_takes_the_whole_window_along(server: str) -> None:
    answer = get(f"{server}/web/2013/{SITE}/crime/partnerships/contacts/")
    assert answer.url.endswith(f"/{SITE}/contact-us/community-safety/")
    assert f"Original address{SITE}/contact-us/community-safety/" in statements(answer)


def test_every_address_of_a_replayed_page_stays_in_the_archive(server: str) -> None:
    for year in ("2009", "2011", "2013"):
        content = frame_of(server, f"/web/{year}/{LANDING}")
        page = html.fromstring(content.content)
        assert page.xpath("//a")
        for element, attribute, link, _ in page.iterlinks():
            other = re.match(r"http://h-[a-z2-7]{12}\.localhost:\d+/web/", link)
            if not other and not link.startswith(INSIDE):
                pytest.fail(f"{year}: <{element.tag} {attribute}={link!r}> leads out")


def test_styles_and_images_of_a_page_are_served_with_their_types(server: str) -> None:
    frame = frame_of(server, f"/web/2011/{LANDING}")
    site = f"http://{frame.request.headers['Host']}"
    page = html.fromstring(frame.content)
    for path, kind in (("//link[@rel='stylesheet']/@href", "text/css"), ("//img/@src", "image/")):
        places = page.xpath(path)
        assert places
        for place in places:
            answer = get(urljoin(site, place))
            assert answer.status_code == 200, place
            assert answer.headers["Content-Type"].startswith(kind)


def test_every_replayed_answer_is_kept_in_the_archive_by_its_headers(server: str) -> None:
    for modifier in ("mp_", "if_", "id_", "js_", "cs_", "im_"):
        answer = get(f"{server}/web/20110529000000{modifier}/{LANDING}")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "sandbox" in policy
        assert "allow-same-origin" not in policy
        assert answer.headers["Memento-Datetime"] == "Sun, 29 May 2011 00:00:00 GMT"


def test_an_archived_error_keeps_its_status(server: str) -> None:
    gone = f"{SITE}/crime/partnerships/support-programme/"
    answer = get(f"{server}/web/20130326mp_/{gone}")
    assert answer.status_code == 404
    assert "Memento-Datetime" in answer.headers
    assert "answered with an error (status 404)" in statements(get(f"{server}/web/2013/{gone}"))


def test_a_page_never_captured_is_told_from_an_archived_error(server: str) -> None:
    answer = get(f"{server}/web/2011/{SITE}/never/")
    assert answer.status_code == 404
    assert "Memento-Datetime" not in answer.headers
    assert f"This archive has no capture of {SITE}/never/." in answer.text


@pytest.mark.parametrize("path", ["/web/20111301/http://a.example/", "/web/2011/", "/web/"])
def test_an_address_that_cannot_be_read_is_a_400(path: str, server: str) -> None:
    assert get(server + path).status_code == 400


def test_stored_bytes_are_handed_out_unchanged(server: str, demo: Path) -> None:
    answer = get(f"{server}/web/20110529000000id_/{LANDING}")
    with marsham.open_archive(demo) as archive:
        memento = marsham.memento(archive, LANDING, "20110529")
        stored = b"".join(memento.entity())
    assert answer.content == stored


def test_serving_changes_no_file_of_the_archive(server: str, demo: Path) -> None:
    def state() -> dict[str, str]:
        return {
            str(place): hashlib.sha256(place.read_bytes()).hexdigest()
            for place in sorted(demo.rglob("*"))
            if place.is_file() and not place.name.startswith("catalogue.db-")
        }

    before = state()
    for path in ("/", f"/web/2011/{LANDING}", f"/web/2011mp_/{LANDING}", f"/web/*/{LANDING}"):
        get(server + path)
    assert state() == before


def test_accept_datetime_chooses_the_capture(server: str) -> None:
    for date, taken in (
        ("Thu, 02 Apr 2009 00:00:00 GMT", "20090402111213"),
        ("Wed, 01 Jan 2014 00:00:00 GMT", "20130326122952"),
    ):
        answer = get(
            f"{server}/web/{LANDING}", headers={"Accept-Datetime": date}, allow_redirects=False
        )
        assert answer.headers["Location"] == f"/web/{taken}/{LANDING}"
        assert answer.headers["Vary"] == "accept-datetime"


@pytest.mark.parametrize("date", ["yesterday", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_an_accept_datetime_that_is_no_date_is_told(server: str, date: str) -> None:
    answer = get(f"{server}/web/{LANDING}", headers={"Accept-Datetime": date})
    assert answer.status_code == 400
    assert "is no date as HTTP writes it" in answer.text


def test_an_address_that_is_markup_is_shown_as_text(server: str) -> None:
    answer = get(f"{server}/web/2011/http://x.example/<script>alert(1)</script>")
    assert "<script>" not in answer.text
    answer = get(f"{server}/lookup", params={"url": '"><img src=x onerror=alert(1)>'})
    assert "<img" not in answer.text


@pytest.fixture
def odd_server(tmp_path: Path) -> Iterator[str]:
    """A server over captures with coded, lying and hostile heads."""
    page = b"<html><body><p>Odd</p></body></html>"
    records = [
        ("http://odd.example/gzip", [("Content-Encoding", "gzip")], gzip.compress(page)),
        ("http://odd.example/lying", [("Content-Encoding", "gzip")], page),
        (
            "http://odd.example/evil",
            [
                ("Set-Cookie", "stay=forever"),
                ("Refresh", "0; url=http://live.example/"),
                ("Strict-Transport-Security", "max-age=99999"),
                ("Link", "<http://live.example/x.css>; rel=preload"),
                ("Clear-Site-Data", '"*"'),
            ],
            page,
        ),
        ("http://odd.example/plain?q=a%2Fb&x", [], page),
    ]
    responses = (
        response(body, url=url, head=[("Content-Type", "text/html"), *head])
        for url, head, body in records
    )
    (tmp_path / "odd.warc.gz").write_bytes(warc(*responses))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "odd.warc.gz"])
        yield from serving(archive)


def test_a_redirect_to_another_spelling_of_the_address_does_not_go_round(tmp_path: Path) -> None:
    moved = response(
        b"",
        url="http://www.same.example/",
        date="2011-05-09T10:16:21Z",
        status="301 Moved Permanently",
        head=[("Location", "https://same.example/")],
    )
    page = response(b"<p>Here</p>", url="https://same.example/", date="2011-05-09T10:16:22Z")
    (tmp_path / "same.warc.gz").write_bytes(warc(moved, page))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "same.warc.gz"])
        for server in serving(archive):
            assert (
                "<p>Here</p>" in frame_of(server, "/web/20110509101621/http://same.example/").text
            )
            image = get(f"{server}/web/20110509101621im_/http://www.same.example/")
            assert image.url == f"{server}/web/20110509101622im_/https://same.example/"


@pytest.mark.parametrize("name", ["gzip", "lying", "plain?q=a%2Fb&x"])
def test_a_page_is_readable_whatever_its_head_says_of_its_coding(
    name: str, odd_server: str
) -> None:
    assert "<p>Odd</p>" in frame_of(odd_server, f"/web/2011/http://odd.example/{name}").text


def test_stored_bytes_keep_their_coding_for_those_who_take_it(odd_server: str) -> None:
    address = f"{odd_server}/web/2011id_/http://odd.example/gzip"
    coded = get(address, stream=True, headers={"Accept-Encoding": "gzip"})
    assert coded.headers["Content-Encoding"] == "gzip"
    assert coded.raw.read()[:2] == b"\x1f\x8b"
    plain = get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content.startswith(b"<html>")


def test_no_archived_header_acts_on_the_readers_browser(odd_server: str) -> None:
    for modifier in ("mp_", "id_"):
        answer = get(f"{odd_server}/web/2011{modifier}/http://odd.example/evil")
        assert not answer.cookies
        for name in ("Set-Cookie", "Refresh", "Strict-Transport-Security", "Clear-Site-Data"):
            assert name not in answer.headers
        assert "preload" not in answer.headers["Link"]


def frame_of(server: str, path: str) -> requests.Response:
    """The archived page in the frame of a snapshot."""
    outer = html.fromstring(get(server + path).content)
    return get(urljoin(server, outer.find(".//iframe").get("src")))
