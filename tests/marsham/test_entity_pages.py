"""Partnerships, contacts and claims as web pages: as of dates, and back to where they stand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from lxml import html
from playwright.sync_api import Page, sync_playwright

import marsham
from marsham.cli import run
from marsham.web.marking import mark_of
from tests.builders import response, warc
from tests.marsham.conftest import command, serving

HOST = "http://www.homeoffice.example"
MANY = 240
DIRECTORY = f"{HOST}/crime/partnerships/directory/north-east/"


def text_of(answer: requests.Response) -> str:
    found = html.fromstring(answer.text).text_content()
    return " ".join(str(found).split())


def test_partnerships_are_listed_as_of_a_date(server: str) -> None:
    before, then = (
        requests.get(f"{server}/partnerships?as-of={year}", timeout=10) for year in ("2008", "2011")
    )
    assert "0 partnerships listed as of 2008" in text_of(before)
    assert "73 partnerships listed as of 2011" in text_of(then)
    assert "Northumbria (reference list)" in text_of(then)  # no page names the force


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("region=North+East", 12),
        ("country=Wales", 22),
        ("force=Gwent", 5),
        ("force=gwent+police&country=England", 0),
        ("region=Atlantis", 0),
    ],
)
def test_filters_narrow_the_list(server: str, query: str, number: int) -> None:
    found = requests.get(f"{server}/partnerships?as-of=2011&{query}", timeout=10)
    assert f"{number} partnerships listed" in text_of(found)


def test_a_history_says_when_each_value_was_seen_and_not_seen(server: str) -> None:
    found = requests.get(f"{server}/partnerships/sunderland?as-of=2010", timeout=10)
    said = text_of(found)
    assert "Sunderland Crime and Disorder Reduction Partnership" in said
    assert "E22000248" in said
    assert "Captures of 2 April 2009 and of 9 May 2011 both say so." in said
    contact = requests.get(
        f"{server}/contacts/sunderland/partnership-co-ordinator?as-of=2010", timeout=10
    )
    assert (
        "Unknown: last seen 638 days before, on 2 April 2009; not seen by 9 May 2011, "
        "and no capture lies between." in text_of(contact)
    )


def test_who_replaced_whom_is_told_on_both_pages(server: str) -> None:
    new = text_of(requests.get(f"{server}/partnerships/safer-darlington", timeout=10))
    old = text_of(requests.get(f"{server}/partnerships/darlington", timeout=10))
    assert "Replaced Darlington Community Safety Partnership" in new
    assert "Replaced by Safer Darlington Partnership" in old


def test_a_snapshot_leads_to_those_it_names(server: str) -> None:
    about = requests.get(f"{server}/about/20110509101710/{DIRECTORY}", timeout=10)
    links = html.fromstring(about.text).xpath("//main//li/a/@href")
    assert "/partnerships/sunderland?as-of=20110509101710" in links
    found = requests.get(f"{server}/partnerships/sunderland?as-of=20110509101710", timeout=10)
    assert "A capture of 9 May 2011 says so." in text_of(found)


def test_another_spelling_leads_to_the_key(server: str) -> None:
    found = requests.get(f"{server}/partnerships/Sunderland%20CDRP", timeout=10)
    assert found.url == f"{server}/partnerships/sunderland"


@pytest.mark.parametrize(
    "path",
    [
        "/partnerships/nobody",
        "/partnerships/%00",
        "/contacts/nobody/at-all",
        "/contacts//",
        "/value/999999/0",
        "/value/1/999999999999999999999999",
        "/value/99999999999999999999/1/page",
        "/partnerships?page=2",
        "/partnerships?page=0",
        "/contacts?page=x",
        "/claims?page=\u0663",
    ],
)
def test_what_is_not_there_is_answered_with_a_way_on(server: str, path: str) -> None:
    found = requests.get(server + path, timeout=10)
    assert found.status_code == 404
    assert html.fromstring(found.text).xpath("//main//a[starts-with(@href, '/')] | //main//form")


@pytest.mark.parametrize(
    "path", ["/partnerships", "/contacts", "/claims", "/partnerships/sunderland"]
)
def test_a_bad_date_is_told_in_words(server: str, path: str) -> None:
    found = requests.get(f"{server}{path}?as-of=yesterday", timeout=10)
    assert found.status_code == 400
    assert "yesterday is no date" in text_of(found) or "yesterday" in text_of(found)
    assert html.fromstring(found.text).xpath("//input[@id='as-of'][@aria-invalid='true']")


def test_pages_speak_welsh(server: str) -> None:
    found = requests.get(f"{server}/partnerships/sunderland?as-of=2010&lang=cy", timeout=10)
    assert "Gwelwyd gyntaf" in text_of(found)
    assert "Yr hyn sy'n hysbys am 2010" in text_of(found)


def test_claims_stand_beside_what_was_found(server: str) -> None:
    said = text_of(requests.get(f"{server}/claims?as-of=2012", timeout=10))
    assert "310 community safety partnerships" in said
    assert "51: differs" in said
    assert "22: agrees" in said


def test_a_value_shows_its_rule_confidence_and_quote(server: str) -> None:
    page = requests.get(f"{server}/partnerships/sunderland", timeout=10)
    tree = html.fromstring(page.text)
    [address] = tree.xpath("//a[contains(., 'evidence') and contains(., '+441914980177')]/@href")
    found = requests.get(server + address, timeout=10)
    assert "0191 498 0177" in html.fromstring(found.text).xpath("string(//mark)")
    assert "Confidence0." in text_of(found)
    [element] = html.fromstring(found.text).xpath("//dd/code/text()")
    assert re.fullmatch(r'//\*\[@id="content"\]/article/dl/dd\[\d+\]', element)
    [shown] = html.fromstring(found.text).xpath("//main/ul//a/@href")
    assert shown.startswith(f"/web/20130326123048/{DIRECTORY}#marsham-mark:")
    led = requests.get(f"{server}{address}/page", timeout=10, allow_redirects=False)
    assert (led.status_code, led.headers["Location"]) == (302, shown)


def test_a_mark_has_what_stands_around_a_quote() -> None:
    text = "Tel: 020 7946 0441\nFax: 020 7946 0441, ring -first-"
    assert mark_of(text, 24, 37) == (
        "marsham-mark:Tel%3A%20020%207946%200441%20Fax%3A,020%207946%200441,%2C%20ring%20-first-"
    )
    assert mark_of(text, 5, 5) == ""
    assert len(mark_of("x" * 10**6, 0, 10**6)) < 600


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("large")
    letters = "abcdefghijklmnopqrst"
    entries = "".join(
        f"<h2>{one.upper()}{other}bury Community Safety Partnership</h2><p>Tel: 020 7946 0441</p>"
        for one in letters
        for other in letters[:12]
    )
    twice = (
        "<h1>Numbers</h1><p>Press office<br>Tel: 020 7946 0441</p>"
        + "<p>Filler.</p>" * 200
        + "<h2>Again</h2><p>Private office<br>Tel: <b>020 79</b>46\n  0441</p>"
    )
    records = [
        response(f"<h1>Units</h1>{entries}".encode(), url=f"{HOST}/units/"),
        response(twice.encode(), url=f"{HOST}/twice/"),
        response(b"<h1>Nothing</h1>", url=f"{HOST}/empty/"),
    ]
    (folder / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "in.warc.gz"])
        marsham.extract(archive, jobs=1)
        yield from serving(archive)


def test_a_long_list_comes_in_pages_of_a_hundred(large: str) -> None:
    counts = []
    address = "/partnerships?as-of=2012"
    while address:
        tree = html.fromstring(requests.get(large + address, timeout=10).text)
        counts.append(len(tree.xpath("//tbody/tr")))
        [address] = tree.xpath("//a[@rel='next']/@href") or [""]
    assert counts == [100, 100, MANY - 200]


def test_an_archive_of_which_nothing_was_read_says_how(tmp_path: Path) -> None:
    with marsham.create_archive(tmp_path / "archive") as archive:
        for base in serving(archive):
            for path in ("/partnerships", "/contacts", "/claims"):
                found = requests.get(base + path, timeout=10)
                assert "marsham extract" in text_of(found)
            assert requests.get(f"{base}/partnerships/x", timeout=10).status_code == 404
            assert requests.get(f"{base}/value/1/1", timeout=10).status_code == 404


@pytest.fixture(scope="module")
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page()
        browser.close()


MARKED = "() => [...(CSS.highlights.get('marsham-mark') ?? [])].map(String).join('|')"


def test_a_click_on_a_value_opens_its_page_with_the_quote_highlighted(
    large: str, page: Page
) -> None:
    page.goto(
        large.replace("127.0.0.1", "localhost") + "/contacts/homeoffice.example/private-office"
    )
    page.get_by_role("link", name="+442079460441", exact=True).click()
    page.wait_for_url("**/web/**")
    frame = page.frames[1]
    frame.wait_for_function(f"() => ({MARKED})()")
    # The second of two equal numbers, across elements and spaces; the page is led there.
    assert re.sub(r"\s+", " ", frame.evaluate(MARKED)) == "020 7946 0441"
    assert frame.evaluate("() => scrollY") > 0
    held = "() => [...CSS.highlights.get('marsham-mark')][0].startContainer.parentElement.tagName"
    assert frame.evaluate(held) == "B"


@pytest.mark.parametrize("mark", ["a,not there at all,b", "%ff,%zz,", ",<b>,", ",x,y,z", "", ",,"])
def test_a_mark_made_up_does_no_harm(large: str, page: Page, mark: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    base = large.replace("127.0.0.1", "localhost")
    page.goto(f"{base}/web/20110509101621/{HOST}/empty/#marsham-mark:{mark}")
    page.wait_for_timeout(200)
    assert page.frames[1].evaluate(MARKED) == ""
    assert page.frames[1].locator("h1").inner_text() == "Nothing"
    assert errors == []


def test_the_command_tells_a_history(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = command(demo, capsys, "history", "Sunderland CDRP", "--as-of", "2010")
    assert status == 0
    assert "unknown: last seen 2 April 2009, 11:13, 638 days before" in said
    status, said = command(demo, capsys, "history", "sunderland", "--json")
    told = json.loads(said)
    assert (told["key"], told["code"]) == ("sunderland", "E22000248")
    assert [one["not_seen_by"] for one in told["contacts"][0]["states"]][1] is None
    for name in ("nobody", "s"):
        status, said = command(demo, capsys, "history", name)
        assert status == 2
        assert "Traceback" not in said
    assert "sunderland" in said  # one of those that may be meant


def test_the_command_says_when_nothing_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marsham.create_archive(tmp_path / "archive").close()
    assert run(["--archive", str(tmp_path / "archive"), "history", "x"]) == 2
    assert "marsham extract" in capsys.readouterr().err
