"""``/compare``: two snapshots of a page side by side, at an address that means these two."""

import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import sync_playwright

import marsham
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc
from tests.marsham.conftest import serving

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/crime/partnerships/"
OLD = "20090402111213@SXRKZKUDIXSTINLTMZGTCEBZPBRYTFNB"
NEW = "20110529000000@X2NZKAOD3JEHXIAVOKI46PRVWH6MX6XY"
LAST = "20130326122952"
OTHER = "A" * 32


def get(address: str, **more: str) -> requests.Response:
    return requests.get(address, params=more, timeout=30)


def test_dates_lead_to_the_exact_address_of_the_two_closest_captures(server: str) -> None:
    for given in (
        {"from": "2009", "to": "29 May 2011"},
        {"from": "29/5/2011", "to": "2009"},
        {"from": "2009", "to": "2011", "lang": "cy"},  # a query there would be the page's own
    ):
        answer = requests.get(
            f"{server}/compare", params={"url": PAGE, **given}, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/compare/{OLD}/{NEW}/{PAGE}"
    for dates in ("2009/2011", "20090402111213/20110529000000", f"{OLD}/2011"):
        answer = get(f"{server}/compare/{dates}/{PAGE}")
        assert answer.url == f"{server}/compare/{OLD}/{NEW}/{PAGE}"


def test_the_page_names_both_captures_and_frames_their_comparison(server: str) -> None:
    answer = get(f"{server}/compare/20090402111213/20110529000000/{PAGE}")
    assert answer.status_code == 200
    assert f'href="/web/20090402111213/{PAGE}"' in answer.text
    assert "sha1:" in answer.text
    frame = f'src="/compare-sheet/{OLD}/{NEW}/{PAGE}" sandbox="allow-scripts">'
    assert frame in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_comparison_runs_nothing_but_its_keys_and_loads_nothing(server: str) -> None:
    answer = get(f"{server}/compare-sheet/20090402111213/20110529000000/{PAGE}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src 'sha256-" in policy
    assert "unsafe-inline'; script" in policy
    assert policy.endswith("; sandbox allow-scripts")
    assert "What differs" in answer.text
    assert answer.text.count("<script") == 1


def test_a_page_leads_to_the_changes_before_and_after(server: str) -> None:
    first = get(f"{server}/compare/{OLD}/{NEW}/{PAGE}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    assert following[1].startswith(f"/compare/{NEW}/{LAST}@")
    assert 'rel="prev"' not in first
    later = get(server + following[1]).text
    assert f'rel="prev" href="/compare/{OLD}/{NEW}/{PAGE}"' in later
    assert "/timeline?url=" in first
    assert f'href="/cite-comparison/{OLD}/{NEW}/{PAGE}"' in first


@pytest.mark.parametrize("kind", ["compare", "compare-sheet", "compare-inline", "cite-comparison"])
def test_an_address_whose_digest_is_another_says_so(server: str, kind: str) -> None:
    answer = get(f"{server}/{kind}/20090402111213@{OTHER}/{NEW}/{PAGE}")
    assert answer.status_code == 404
    assert OTHER in answer.text
    assert "no longer those that were compared" in answer.text


def test_both_texts_can_be_read_as_one(server: str) -> None:
    sides = get(f"{server}/compare-sheet/{OLD}/{NEW}/{PAGE}").text
    one = get(f"{server}/compare-inline/{OLD}/{NEW}/{PAGE}").text
    assert "Both pages, side by side" in sides
    assert "Both pages, in one text" in one
    assert re.search(r"<del>[^<]+</del><ins>[^<]+</ins>", one)


def test_a_comparison_is_cited_with_both_dates_and_its_address(server: str) -> None:
    start = f"{server}/cite-comparison/{OLD}/{NEW}"
    address = f"{server}/compare/{OLD}/{NEW}/{PAGE}"
    page = get(f"{start}/{PAGE}")
    assert page.status_code == 200
    assert "archived on 2 April 2009 and on 29 May 2011" in page.text
    [item] = get(f"{start}.json/{PAGE}").json()
    assert item["URL"] == address
    assert item["issued"] == {"date-parts": [[2011, 5, 29]]}
    assert "2009-04-02T11:12:13Z and 2011-05-29T00:00:00Z" in item["note"]
    ris = get(f"{start}.ris/{PAGE}")
    assert f"UR  - {address}\r\n" in ris.text
    assert "comparison-20110529000000.ris" in ris.headers["Content-Disposition"]
    assert "2009-04-02 compared with 2011-05-29" in get(f"{start}.bib/{PAGE}").text
    link = get(f"{start}.html/{PAGE}")
    assert link.text.startswith(f'<a href="{address}" data-originalurl="{PAGE}"')
    assert address in get(f"{start}.txt/{PAGE}").text
    assert get(f"{start}.xyz/{PAGE}").status_code == 400


def test_keys_and_links_lead_from_change_to_change(server: str, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"{server}/compare/{OLD}/{NEW}/{PAGE}")
        frame = page.frame_locator("iframe.compared")
        body = frame.locator("body")
        body.evaluate("body => body.ownerDocument.activeElement.blur()")

        def here() -> str:
            script = "b => b.ownerDocument.activeElement.getAttribute('data-change') || ''"
            return str(body.evaluate(script))

        frame.locator("h1").click()
        page.keyboard.press("n")
        assert here() == ""  # keys are in nobody's way
        frame.locator("ol a").nth(1).focus()
        page.keyboard.press("n")
        assert here() == "1"
        page.keyboard.press("n")
        assert here() == "2"
        page.keyboard.press("p")
        page.keyboard.press("p")
        page.keyboard.press("p")
        assert here() == "0"
        frame.get_by_text("next change", exact=True).first.evaluate("a => a.parentElement.click()")
        assert here() == "1"
        browser.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/compare", 200),
        (f"/compare?url={PAGE}", 200),
        (f"/compare?url={PAGE}&from=yesterday&to=2011", 400),
        (f"/compare?url={HOST}/never/&from=2009&to=2011", 404),
        ("/compare?url=ftp:x&from=2009&to=2011", 400),
        ("/compare/2009/2011", 400),
        ("/compare/x/y/z", 400),
        (f"/compare/99999999999999/2011/{PAGE}", 400),
        (f"/compare/2009-999999/2011/{PAGE}", 200),
        (f"/compare-sheet/2009/2011/{HOST}/never/", 404),
    ],
)
def test_what_cannot_be_compared_is_explained(path: str, status: int, server: str) -> None:
    answer = get(server + path)
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_pictures_are_no_pages_and_what_is_withdrawn_is_not_shown(tmp_path: Path) -> None:
    records = []
    for year in ("2009", "2011"):
        date = f"{year}-05-29T00:00:00Z"
        picture = [("Content-Type", "image/gif")]
        records += [
            response(b"<p>A secret of " + year.encode(), url=f"{HOST}/secret/", date=date),
            response(b"GIF89a", url=f"{HOST}/a.gif", date=date, head=picture),
        ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "in.warc.gz"])
        scope = Scope("page", f"{HOST}/secret/")
        withdraw(archive, scope, Decision("private", "the panel"), lambda *_: ())
        for server in serving(archive):
            answer = get(f"{server}/compare/2009/2011/{HOST}/a.gif")
            assert answer.status_code == 200
            assert "Only pages can be compared" in answer.text
            for path in ("compare", "compare-sheet"):
                answer = get(f"{server}/{path}/2009/2011/{HOST}/secret/")
                assert answer.status_code == 451
                assert "A secret" not in answer.text
