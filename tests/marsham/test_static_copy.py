"""A static copy in a real browser, from a disk and from a host: all there, nothing asked."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import marsham
from marsham.cli import run
from tests.builders import response, warc
from tests.marsham.conftest import command
from tests.marsham.test_browser import ARGUMENTS
from tests.yardsticks import serving_files

HOST = "http://www.homeoffice.example"
LANDING = f"{HOST}/crime/partnerships/"
LIVE = "http://live.example"
HOSTILE = f"""<!doctype html><html><head><title>Hostile</title>
<base href="{LIVE}/base/">
<link rel=dns-prefetch href={LIVE}><link rel=preconnect href={LIVE}>
<link rel=prefetch href={LIVE}/p>
<link rel=stylesheet href={LIVE}/a.css><link rel=icon href={LIVE}/icon><link rel=manifest href=m>
<style>@import "{LIVE}/b.css"; @font-face {{ font-family: f; src: url({LIVE}/f.woff) }}
body {{ background: url({LIVE}/bg); font-family: f }} p {{ background: \\75 rl("{LIVE}/escaped") }}
section {{ display: none }} #marsham-banner {{ display: none !important }}</style>
<meta http-equiv="Content-Security-Policy" content="default-src *; script-src * 'unsafe-inline'">
<script>document.title = "ran"; fetch("{LIVE}/fetch"); location = "{LIVE}/moved"</script>
<script src="{LIVE}/script.js"></script><script type=module>import "{LIVE}/module.js"</script>
</head><body onload="location='{LIVE}/onload'">
<img src={LIVE}/img onerror="location='{LIVE}/onerror'"><img srcset="{LIVE}/1x 1x, {LIVE}/2x 2x">
<video src={LIVE}/v poster={LIVE}/poster autoplay></video><audio src={LIVE}/a autoplay></audio>
<object data={LIVE}/o></object><embed src={LIVE}/e><iframe src={LIVE}/f></iframe>
<iframe srcdoc="<img src='{LIVE}/srcdoc'><script>top.location='{LIVE}/top'</script>"></iframe>
<iframe src="data:text/html,<img src={LIVE}/data><meta http-equiv=refresh content=0;url={LIVE}>">
</iframe><svg><image href={LIVE}/svg /><use href="{LIVE}/use#a"/></svg>
<input type=image src={LIVE}/input><table background={LIVE}/table><tr><td>x</table>
<svg><title><meta http-equiv=refresh content="0;url={LIVE}/hidden"></title></svg>
<form id=form action={LIVE}/form><input name=q value=typed><button>Go</button></form>
<a id=link href={LIVE}/link ping={LIVE}/ping>Link</a>
<a id=run href="javascript:fetch('{LIVE}')">x</a>
<p>End</p></body></html>"""


@dataclass
class Reader:
    """A browser's page, and every address it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def outside(self, root: str) -> list[str]:
        return [url for url in self.asked if not url.startswith((root, "data:", "about:"))]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    reader = Reader(context.new_page())
    context.on("request", lambda request: reader.asked.append(request.url))
    reader.page.on("requestfailed", lambda request: reader.failed.append(request.url))
    reader.page.on(
        "response",
        lambda answer: reader.failed.append(answer.url) if answer.status >= 400 else None,
    )
    yield reader
    context.close()


@pytest.fixture(scope="module")
def copied(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("copy") / "home office"  # a blank in the path, as disks have
    assert run(["--archive", str(demo), "package", "--format", "site", "--out", str(out)]) == 0
    return out


@pytest.fixture(params=["disk", "host"])
def root(request: pytest.FixtureRequest, copied: Path) -> Iterator[str]:
    """Where the copy is found: on a disk, and on a web host that knows nothing of it."""
    if request.param == "disk":
        yield copied.as_uri()
    else:
        with serving_files(copied) as address:
            yield address.rstrip("/")


def test_a_copy_is_read_from_a_disk_and_from_a_plain_host(root: str, reader: Reader) -> None:
    page = reader.page
    page.goto(f"{root}/index.html")
    page.click("text=/ pages$/")
    page.click(f"text='{LANDING}'")
    assert page.locator("tbody tr").count() == 3
    page.click("tbody tr:nth-child(1) a")
    seen = 0
    while True:
        page.wait_for_load_state("networkidle")
        banner = page.locator("#marsham-banner")
        assert banner.is_visible()
        assert banner.bounding_box()["y"] == 0  # type: ignore[index]
        widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
        assert widths
        assert all(width > 0 for width in widths)
        rules = page.evaluate("[...document.styleSheets].length")
        assert rules > 1
        seen += 1
        following = banner.locator("a[rel=next]")
        if not following.count():
            break
        following.click()
    assert seen == 3
    page.click("text=Contacts >> nth=0")
    assert "/sites/homeoffice.example/" in page.url
    assert reader.outside(root) == []
    assert [url for url in reader.failed if not url.endswith(".js")] == []


def test_what_is_not_in_the_copy_is_named_by_its_page(root: str, reader: Reader) -> None:
    page = reader.page
    page.goto(f"{root}/index.html")
    page.click("text=/ pages$/")
    page.click(f"text='{LANDING}'")
    page.click("tbody tr:nth-child(2) a")
    page.click("text=Safer Streets Forum")
    page.wait_for_url("**/not-here/*")
    page.locator("#all li:visible").first.wait_for()
    shown = [item for item in page.locator("#all li").all() if item.is_visible()]
    assert len(shown) == 1
    assert shown[0].inner_text().startswith("http")
    page.click("text=Show all addresses")
    assert page.locator("#all li:visible").count() > 1
    assert reader.outside(root) == []


@pytest.mark.parametrize("where", ["disk", "host"])
def test_a_hostile_page_asks_for_nothing_outside_its_copy(
    where: str, tmp_path: Path, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "crawl.warc.gz").write_bytes(warc(response(HOSTILE.encode(), url=f"{HOST}/")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "crawl.warc.gz"])
    out = tmp_path / "out"
    status, said = command(
        tmp_path / "archive", capsys, "package", "--format", "site", "--out", str(out)
    )
    assert status == 0, said
    [place] = out.glob("sites/*/*/2*.html")
    if where == "disk":
        look(reader, out.as_uri(), place.relative_to(out).as_posix())
    else:
        with serving_files(out) as address:
            look(reader, address.rstrip("/"), place.relative_to(out).as_posix())


def look(reader: Reader, root: str, path: str) -> None:
    page = reader.page
    page.goto(f"{root}/{path}", wait_until="networkidle")
    assert page.title() == "Hostile"
    assert page.url == f"{root}/{path}"
    page.focus("#link")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("not-here"))
    page.goto(f"{root}/{path}", wait_until="networkidle")
    places = [page.locator(name).bounding_box() for name in ("#run", "#form button")]
    for box in places:  # `click` would wait for what is stopped
        assert box
        page.mouse.click(box["x"] + 3, box["y"] + 3)
        page.wait_for_timeout(300)
    assert page.url == f"{root}/{path}"
    assert reader.outside(root) == []


def test_a_copy_of_one_snapshot_and_of_dates(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    site = ("package", "--format", "site", "--out", str(out), "--json")
    assert command(demo, capsys, *site, "--snapshot", "99")[0] == 2
    status, said = command(demo, capsys, *site, "--snapshot", "2", "--to", "2011-05-20")
    assert status == 0, said
    dates = {place.stem[:8] for place in out.glob("sites/*/*/2*")}
    assert dates == {"20110509"}
    assert "in snapshot 2" in (out / "README.txt").read_text("utf-8")
    shutil.rmtree(out)
    assert command(demo, capsys, *site, "--snapshot", "2", LANDING)[0] == 2
    assert not out.exists()
