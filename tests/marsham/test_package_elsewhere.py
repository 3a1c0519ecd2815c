"""Packages in other people's hands: what pywb and ReplayWeb.page show of a WACZ of ours."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

import marsham
from marsham.cli import run
from tests.builders import response, revisit, warc, warcinfo
from tests.marsham.test_browser import ARGUMENTS
from tests.yardsticks import run_tool, serving_files, serving_pywb

HOST = "http://www.homeoffice.example"
CRIME = f"{HOST}/crime/"
GIF = bytes.fromhex(  # one red pixel
    "47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b"
)
PAGE = (
    b"<html><head><title>Crime</title></head><body><h1>Crime and policing</h1>"
    b"<img src='/a.gif'><p>Every partnership was asked.</p></body></html>"
)
RECORDS = [
    warcinfo(),
    response(PAGE, url=CRIME),
    revisit(PAGE, url=CRIME, refers_to=(CRIME, "2011-05-09T10:16:21Z")),
    response(b"", url=f"{HOST}/old", status="301 Moved", head=[("Location", CRIME)]),
    response(GIF, url=f"{HOST}/a.gif", head=[("Content-Type", "image/gif")]),
]


@pytest.fixture(scope="module")
def wacz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of a page with an image, a redirect to it and a revisit."""
    folder = tmp_path_factory.mktemp("wacz")
    (folder / "crawl.warc.gz").write_bytes(warc(*RECORDS))
    with marsham.create_archive(
        folder / "archive", marsham.Settings(name="Test archive")
    ) as archive:
        marsham.ingest(archive, [folder / "crawl.warc.gz"])
        marsham.extract(archive)
    out = folder / "crime.wacz"
    assert run(["--archive", str(folder / "archive"), "package", "--out", str(out)]) == 0
    return out


def test_pywb_replays_page_image_redirect_and_revisit(
    wacz: Path, pywb: Path, tmp_path: Path
) -> None:
    run_tool(pywb / "wb-manager", "init", "ours", folder=tmp_path)
    run_tool(pywb / "wb-manager", "add", "--unpack-wacz", "ours", wacz, folder=tmp_path)
    with serving_pywb(pywb, tmp_path) as server:

        def get(address: str) -> requests.Response:
            return requests.get(f"{server}/ours/{address}", allow_redirects=False, timeout=30)

        page = get(f"20110509101621id_/{CRIME}")
        assert (page.status_code, page.content) == (200, PAGE)
        image = get(f"20110509101621id_/{HOST}/a.gif")
        assert (image.status_code, image.content) == (200, GIF)
        again = get(f"20110801090000id_/{CRIME}")
        assert (again.status_code, again.content) == (200, PAGE)
        assert again.headers["Memento-Datetime"] == "Mon, 01 Aug 2011 09:00:00 GMT"
        moved = get(f"20110509101621mp_/{HOST}/old")
        assert moved.status_code == 301
        assert moved.headers["Location"].endswith(CRIME)
        shown = get(f"20110509101621mp_/{CRIME}")
        assert shown.status_code == 200
        assert "Every partnership was asked." in shown.text


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser.new_page(viewport={"width": 1200, "height": 800})
        browser.close()


def test_replaywebpage_lists_the_pages_by_title_and_shows_them(
    wacz: Path, replaywebpage: Path, page: Page, tmp_path: Path
) -> None:
    for file in (replaywebpage / "ui.js", replaywebpage / "sw.js", wacz):
        shutil.copy(file, tmp_path)
    (tmp_path / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Replay</title><script src=ui.js></script>"
        "<replay-app-main></replay-app-main>"
    )
    with serving_files(tmp_path) as server:
        outside: list[str] = []
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(server) else outside.append(asked.url),
        )
        page.goto(f"{server}/index.html?source={server}/crime.wacz")
        titles = page.locator("wr-page-entry a", has_text="Crime and policing")
        titles.nth(1).wait_for()
        assert titles.count() == 2  # the capture and its revisit
        assert page.get_by_text("Test archive").first.is_visible()
        titles.first.click()
        frame = page.frame_locator("iframe")
        frame.get_by_text("Every partnership was asked.").wait_for()
        decoded = "image => image.decode().then(() => image.naturalWidth)"
        assert frame.locator("img").evaluate(decoded) == 1
        assert [url for url in outside if not url.startswith(("blob:", "data:"))] == []
