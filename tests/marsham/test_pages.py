"""Pages behind the banner's words: citing, provenance, search, forms, what is not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from lxml import html

import marsham
from marsham.web.citation import Citation
from marsham.web.spellings import other_spellings
from snapshots.replay.language import language_of
from tests.builders import response, revisit, warc
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
URL = f"{HOST}/crime/"
PRESS = f"{HOST}/press/"
OFTEN = f"{HOST}/often/"
BODY = b"<title>Crime & disorder</title><h1>Crime & disorder</h1><p>Lock your windows.</p>"
FORMS = b"""<form role=search action=/find><input name=words></form>
<form method=post action=/apply><input name=name></form>
<a href=http://other.example/>other</a>"""
CONTACT = "archive@archives.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pages")

    def press(phone: str, date: str) -> bytes:
        page = f"<h1>Press office</h1><p>Press office<br>Tel: {phone}</p>".encode()
        return response(page, url=PRESS, date=date)

    records = [
        response(BODY, url=URL, date="2011-05-09T10:16:21Z"),
        revisit(BODY, url=URL, date="2011-08-01T09:00:00Z"),
        response(FORMS, url=f"{HOST}/forms/", date="2011-05-09T10:16:21Z"),
        response(b"<h1>Index</h1>", url=f"{HOST}/news/index.html", date="2010-01-01T00:00:00Z"),
        response(b"gone", url=f"{HOST}/news/old.html", status="404 Gone"),
        press("020 7946 0441", "2011-05-09T10:16:21Z"),
        press("020 7946 0555", "2013-05-09T10:16:21Z"),
        *(
            response(BODY + b"%d" % (day // 5), url=OFTEN,
                     date=f"2012-{1 + day // 28:02}-{1 + day % 28:02}T00:00:00Z")
            for day in range(100)
        ),
    ]  # fmt: skip
    (folder / "in.warc.gz").write_bytes(warc(*records))
    settings = marsham.Settings(
        name="Test archive", institution="the Example Archives", contact=CONTACT
    )
    with marsham.create_archive(folder / "archive", settings) as archive:
        marsham.ingest(archive, [folder / "in.warc.gz"])
        marsham.extract(archive, jobs=1)
    with marsham.open_archive(folder / "archive") as archive:
        yield from serving(archive)


def get(address: str, **options: object) -> requests.Response:
    return requests.get(address, timeout=20, **options)  # type: ignore[arg-type]


def text(page: requests.Response) -> str:
    return " ".join(" ".join(html.fromstring(page.content).itertext()).split())


def test_a_snapshot_is_cited_in_every_form_that_is_offered(server: str) -> None:
    address = f"{server}/web/20110509101621/{URL}"
    page = get(f"{server}/cite/20110509101621/{URL}")
    said = (
        f"Crime & disorder. Archived on 9 May 2011 by Test archive, the Example Archives. {address}"
    )
    assert said in text(page)
    downloads = [
        link.get("href") for link in html.fromstring(page.content).iter("a")
        if link.get("download") is not None
    ]  # fmt: skip
    assert len(downloads) == 5
    for place in downloads:
        file = get(server + place)
        assert file.status_code == 200
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in file.headers["Content-Security-Policy"]
        assert address in file.text
    ris = get(f"{server}/cite/20110509101621.ris/{URL}").text
    assert ris.startswith("TY  - ELEC\r\nTI  - Crime & disorder\r\n")
    assert ris.endswith("ER  - \r\n")
    assert "title = {{Crime \\& disorder}}" in get(f"{server}/cite/20110509101621.bib/{URL}").text
    link = html.fragment_fromstring(get(f"{server}/cite/20110509101621.html/{URL}").text)
    assert link.get("data-originalurl") == URL
    assert link.get("data-versionurl") == address
    assert link.get("data-versiondate") == "2011-05-09T10:16:21Z"


@pytest.mark.parametrize("path", ["/cite/", "/cite/2011.exe/http://h.example/", "/about/x/y"])
def test_a_place_that_cannot_be_read_is_a_400(path: str, server: str) -> None:
    assert get(server + path).status_code == 400


def test_nothing_in_a_title_becomes_another_field_of_a_citation() -> None:
    from datetime import UTC, date, datetime

    evil = 'a\r\nER  - \r\nTY  - X} \\input{/etc/passwd} <script>"'
    made = Citation(evil, f"http://h.example/{quote('}')}", "http://a.example/web/1/http://h.example/}%",
                    datetime(2011, 5, 9, tzinfo=UTC), "A", "I", date(2026, 1, 1))  # fmt: skip
    assert made.ris().count("\r\n") == 10
    assert made.bibtex().count("{") - made.bibtex().count("\\{") == (
        made.bibtex().count("}") - made.bibtex().count("\\}")
    )
    assert "\\input" not in made.bibtex()
    assert "<script" not in made.robust_link()
    assert "\n" not in made.text(language_of("en", "marsham.web"))


def test_provenance_names_dates_record_digest_and_what_it_repeats(server: str) -> None:
    said = text(get(f"{server}/about/20110801090000/{URL}"))
    assert "Taken 1 August 2011 at 09:00:00 UTC" in said
    assert "Same content as 9 May 2011 at 10:16:21 UTC" in said
    assert "sha1:" in said
    assert re.search(r"warcs/\S+\.warc\.gz from byte [\d,]+, [\d,]+ bytes as stored", said)
    assert "WARC-Type: revisit" in said
    assert f"marsham show {URL} --at 20110801090000" in said
    assert "Part of snapshot" in said
    assert "One date is stated, by the record itself" in said
    assert "Same content as" not in text(get(f"{server}/about/20110509101621/{URL}"))


def test_the_command_that_shows_a_capture_cannot_be_made_another(server: str) -> None:
    said = text(get(f"{server}/about/20110509101621/{HOST}/crime/?$(id)"))
    assert "not in" in said.lower()  # no such capture; of one there is, the address is quoted


def test_a_problem_is_reported_with_address_and_date_filled_in(server: str) -> None:
    page = html.fromstring(get(f"{server}/web/20110509101621/{URL}").content)
    [report] = [
        link.get("href") for link in page.iter("a") if (link.get("href") or "").startswith("mailto")
    ]
    assert report.startswith(f"mailto:{CONTACT}?")
    fields = parse_qs(urlsplit(report).query)
    assert fields["subject"] == ["Problem with a snapshot of 9 May 2011"]
    assert f"{server}/web/20110509101621/{URL}" in fields["body"][0]


def test_contacts_that_changed_since_are_pointed_out_in_the_banner(server: str) -> None:
    said = text(get(f"{server}/web/2011/{PRESS}"))
    assert "The telephone number of Press office has changed since." in said
    assert "Here: 020 7946 0441. Newest known: 020 7946 0555 (captured on 9 May 2013)." in said
    assert "has changed since" not in text(get(f"{server}/web/2013/{PRESS}"))


def test_an_archived_search_box_searches_the_archive_at_its_date(server: str) -> None:
    page = get(f"{server}/web/20110509101621mp_/{HOST}/forms/")
    search, posting = html.fromstring(page.content).findall(".//form")
    answer = get(server + search.get("action"), params={"words": "windows"})
    assert answer.status_code == 200
    query = parse_qs(urlsplit(answer.url).query)
    assert query == {"q": ["windows"], "at": ["20110509101621"], "site": ["www.homeoffice.example"]}
    assert "1 page found" in text(answer)
    assert f"/web/20110509101621/{URL}" in answer.text
    posted = requests.post(
        server + posting.get("action"), data={"name": "somebody secret"}, timeout=20
    )
    assert posted.status_code == 200
    assert "This form does not work any more" in posted.text
    assert "not read, not kept" in posted.text
    assert "secret" not in posted.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/never/?q=burglary&page=2", "burglary"),
        ("/never.aspx?lang=en&query=two+words", "two words"),
        ("/never/?id=7", ""),
    ],
)
def test_the_answer_of_an_archived_search_is_explained_and_can_be_had_from_ours(
    path: str, words: str, server: str
) -> None:
    answer = get(f"{server}/web/2011/{HOST}{path}")
    assert answer.status_code == 404
    assert "an answer to a form or search" in answer.text
    box = html.fromstring(answer.content).find('.//input[@name="q"]')
    assert (box.get("value") if box is not None else "") == words


def test_a_page_that_is_not_there_leads_to_what_is(server: str) -> None:
    answer = get(f"{server}/web/2011/{HOST}/news/?page=2")
    links = [link.get("href") for link in html.fromstring(answer.content).iter("a")]
    assert f"/web/20100101000000/{HOST}/news/index.html" in links
    assert "/sites/www.homeoffice.example" in links
    [live] = [
        link for link in html.fromstring(answer.content).iter("a")
        if (link.get("href") or "").startswith("http")
    ]  # fmt: skip
    assert live.get("href") == f"{HOST}/news/?page=2"
    assert {"noreferrer", "nofollow"} <= set(live.get("rel").split())


def test_leaving_offers_the_copy_of_the_archive_first(server: str) -> None:
    answer = get(f"{server}/leave", params={"url": PRESS, "from": "2012"})
    assert answer.status_code == 200
    assert "This address is in the archive" in answer.text
    assert get(f"{server}/leave?url=javascript:alert(1)").status_code == 400
    assert 'href="javascript' not in get(f"{server}/leave?url=javascript:alert(1)").text
    assert get(f"{server}/leave").status_code == 400


def test_the_four_ways_of_not_being_there_are_told_apart(server: str) -> None:
    archived = get(f"{server}/web/2011/{HOST}/news/old.html")
    assert archived.status_code == 404
    assert "Memento-Datetime" in archived.headers
    assert "The website answered with an error (status 404) that day." in text(archived)
    never = get(f"{server}/web/2011/{HOST}/never/")
    assert never.status_code == 404
    assert "Memento-Datetime" not in never.headers
    assert "Not in this archive" in never.text
    # Withdrawn and erased are held by tests of their own.


def test_many_captures_are_a_calendar_of_which_each_day_leads_on(server: str) -> None:
    page = html.fromstring(get(f"{server}/web/*/{OFTEN}").content)
    months = page.findall('.//table[@class="month"]')
    assert [month.find("caption").text for month in months] == [
        "January 2012", "February 2012", "March 2012", "April 2012"
    ]  # fmt: skip
    days = months[0].findall(".//a")
    assert len(days) == 28
    assert days[0].get("href") == f"/web/20120101000000/{OFTEN}"
    assert " ".join(days[0].text_content().split()) == "1 January 2012: 1 capture"
    of_march = html.fromstring(get(f"{server}/web/201203*/{OFTEN}").content)
    assert len(of_march.findall(".//tbody/tr/th/a")) == 1 + 28  # the year's, and each capture
    assert "no capture of this page in that time" in get(f"{server}/web/2013*/{OFTEN}").text
    assert get(f"{server}/web/201313*/{OFTEN}").status_code == 400


def test_addresses_that_begin_so_are_listed(server: str) -> None:
    page = html.fromstring(get(f"{server}/web/*/{HOST}/news*").content)
    assert [row.text_content() for row in page.findall(".//tbody/tr/th")] == [
        f"{HOST}/news/index.html", f"{HOST}/news/old.html"
    ]  # fmt: skip
    assert get(f"{server}/web/*/{HOST}/nothing*").status_code == 404


def test_pages_are_in_the_language_asked_for_and_stay_in_it(server: str) -> None:
    page = get(f"{server}/?lang=cy", headers={"Accept-Language": "en"})
    tree = html.fromstring(page.content)
    assert tree.get("lang") == "cy"
    assert page.headers["Content-Language"] == "cy"
    assert "Tudalennau gwe wedi'u harchifo" in page.text.replace("&#39;", "'")
    assert "/sites/www.homeoffice.example?lang=cy" in page.text
    assert tree.find('.//form/input[@name="lang"]').get("value") == "cy"
    banner = get(f"{server}/web/2011/{URL}", headers={"Accept-Language": "cy-GB,en;q=0.5"})
    assert "Mae'r ciplun hwn" in banner.text.replace("&#x27;", "'")
    assert "Accept-Language" in banner.headers["Vary"]
    assert html.fromstring(get(f"{server}/?lang=xx").content).get("lang") == "en"


@pytest.mark.parametrize(
    "evil", ["<script>x</script>", "\"onload='x", "{{ 7*7 }}", "%s%n", "\u202e"]
)
def test_whatever_is_typed_is_shown_as_text(evil: str, server: str) -> None:
    for path, query in (
        ("/lookup", {"url": evil}),
        ("/lookup", {"url": "h.example", "date": evil}),
        ("/search", {"q": evil, "at": evil, "site": evil}),
        ("/search", {"q": evil, "site": evil}),
        ("/leave", {"url": f"http://h.example/{evil}"}),
        ("/addresses", {"prefix": evil, "key": evil, "after": evil}),
        ("/", {"lang": evil}),
    ):
        answer = get(server + path, params=query)
        assert answer.status_code in (200, 400, 404), (path, query)
        tree = html.fromstring(answer.content)
        assert not list(tree.iter("script"))
        assert all(not name.startswith("on") for one in tree.iter() for name in one.attrib)


def test_other_spellings_are_few_and_keep_to_the_host() -> None:
    for url in (f"{HOST}/a/b.htm?c=1", f"{HOST}/", f"{HOST}/a", f"{HOST}/a/index.php"):
        found = list(other_spellings(url))
        assert 0 < len(found) < 15
        assert url not in found
        assert all(one.startswith(f"{HOST}/") for one in found)


def test_a_web_address_as_contact_is_given_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "in.warc.gz").write_bytes(warc(response(BODY, url=URL)))
    settings = marsham.Settings(contact="https://www.archives.example/help?about=web")
    with marsham.create_archive(tmp_path / "archive", settings) as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        for server in serving(archive):
            page = html.fromstring(get(f"{server}/web/2011/{URL}").content)
            links = [link.get("href") or "" for link in page.iter("a")]
    [report] = [link for link in links if link.startswith("https://www.archives.example")]
    assert parse_qs(urlsplit(report).query)["snapshot"] == [f"{server}/web/20110509101621/{URL}"]
