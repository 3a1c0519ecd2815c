"""Our own pages for everybody: axe-core finds nothing, narrow screens fit, keys suffice."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import marsham
from marsham.cli import run
from tests.builders import response, revisit, warc
from tests.marsham.conftest import EXAMPLE, serving

SITE = "http://www.homeoffice.example"
LANDING = f"{SITE}/crime/partnerships/"
OFTEN = f"{SITE}/often/"
LONG = f"{SITE}/{'a-very-long-name-without-any-break' * 8}/"
PAGES = {
    "start": "/",
    "start in Welsh": "/?lang=cy",
    "look-up without an address": "/lookup?url=",
    "look-up with a wrong date": "/lookup?url=www.homeoffice.example&date=yesterday",
    "sites": "/sites",
    "addresses of a site": "/sites/www.homeoffice.example",
    "addresses below a prefix": f"/web/*/{SITE}/crime/*",
    "snapshots": "/snapshots",
    "report": "/snapshots/1",
    "few captures": f"/web/*/{LANDING}",
    "calendar": f"/web/*/{OFTEN}",
    "calendar of a year": f"/web/2012*/{OFTEN}",
    "hours of a day": f"/web/20120304*/{OFTEN}",
    "captures of an hour": f"/web/2012030400*/{OFTEN}",
    "snapshot": f"/web/20110509101621/{LANDING}",
    "snapshot of an error": f"/web/2011/{SITE}/gone/",
    "snapshot with a long address": f"/web/2011/{LONG}",
    "snapshot with changed contacts": f"/web/2011/{SITE}/press/",
    "not in the archive": f"/web/2011/{SITE}/never/?q=burglary",
    "withdrawn": f"/web/2011/{SITE}/secret/",
    "leaving": f"/leave?url={SITE}/press/&from=2011",
    "leaving for a long address": f"/leave?url={LONG}x",
    "form": f"/form/20110509101621/{SITE}/send",
    "search": "/search?q=partnership&at=2011",
    "search for nothing": "/search?q=xyzzy",
    "search through time": "/search?q=partnership&show=time",
    "search through time in Welsh": "/search?q=partneriaeth&show=time&lang=cy",
    "search through time for nothing": "/search?q=xyzzy&show=time",
    "search without words": "/search",
    "search of a site": "/search?q=captured&site=www.homeoffice.example&at=2013",
    "search from a later result": "/search?q=partnership&skip=5",
    "search with a wrong date": "/search?q=x&at=yesterday",
    "citation": f"/cite/20110529000000/{LANDING}",
    "provenance": f"/about/20110529000000/{LANDING}",
    "provenance of a revisit": f"/about/20120304000000/{OFTEN}",
    "partnerships": "/partnerships",
    "partnerships of a region in Welsh": "/partnerships?region=North+East&as-of=2011&lang=cy",
    "partnerships with a wrong date": "/partnerships?as-of=yesterday",
    "partnership": "/partnerships/sunderland?as-of=2010",
    "partnership that was merged": "/partnerships/lichfield",
    "partnership with a wrong date": "/partnerships/sunderland?as-of=yesterday",
    "no such partnership": "/partnerships/s",
    "contacts": "/contacts?q=press",
    "contact": "/contacts/homeoffice.example/press-office?as-of=2012",
    "no such contact": "/contacts/nobody",
    "claims": "/claims?as-of=2012",
    "two snapshots to choose": "/compare",
    "two snapshots with a wrong date": f"/compare?url={LANDING}&from=yesterday&to=2011",
    "two snapshots compared": f"/compare?url={LANDING}&from=2009&to=2011",
    "two snapshots in the wrong order": f"/compare/2011/2009/{LANDING}",
    "two snapshots, and one is none": f"/compare?url={SITE}/never/&from=2009&to=2011",
    "two snapshots, and one is withdrawn": f"/compare?url={SITE}/secret/&from=2009&to=2011",
    "two snapshots, and the page is gone": f"/compare?url={SITE}/ended/&from=2011&to=2013",
    "a comparison of a page and none": f"/compare-sheet/2011/2013/{SITE}/ended/",
    "a comparison by itself": f"/compare-sheet/2009/2011/{LANDING}",
    "timeline to choose": "/timeline",
    "timeline with a wrong date": f"/timeline?url={LANDING}&from=yesterday",
    "timeline in the wrong order": f"/timeline?url={LANDING}&from=2011&to=2009",
    "timeline of no page": f"/timeline?url={SITE}/never/",
    "timeline of a page and none": f"/timeline?url={SITE}/ended/&show=time",
    "timeline of a page": f"/timeline?url={SITE}/press/",
    "timeline of many captures": f"/timeline?url={OFTEN}&show=all",
    "timeline of changes in Welsh": f"/timeline?url={OFTEN}&show=changes&lang=cy",
    "timeline of a site": f"/timeline?site={SITE}/",
    "a comparison in one text": f"/compare-inline/2009/2011/{LANDING}",
    "citation of a comparison": f"/cite-comparison/2009/2011/{LANDING}",
    "a site to choose": "/compare/site",
    "a site with a wrong date": f"/compare/site?prefix={SITE}/&from=2009&to=yesterday",
    "a site in the wrong order": f"/compare/site?prefix={SITE}/&from=2011&to=2009",
    "a site that is none": "/compare/site?prefix=http://never.example/&from=2009&to=2011",
    "a site, what changed most": f"/compare/site?prefix={SITE}/&from=2009&to=2013&least=30",
    "a site, nothing left": f"/compare/site?prefix={SITE}/&from=2009&to=2013&path=xyzzy",
    "a site, what is unchanged": f"/compare/site?prefix={SITE}/&from=2009&to=2013&change=unchanged",
    "a site compared": f"/compare/site?prefix={SITE}/&from=2009&to=2013",
    "a site compared in Welsh": f"/compare/site?prefix={SITE}/&from=2009&to=2011&lang=cy",
    "value": "/value/1/30",
    "no such page": "/nowhere",
}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The frame holds an archived page, which is as it was.
WITHOUT_NAME = {
    "a comparison by itself",
    "a comparison in one text",
    "a comparison of a page and none",
}  # as it is when it is written to a file
_RUN = f"() => axe.run({{iframes: false, runOnly: {{type: 'tag', values: {_RULES}}}}})"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("accessible")
    body = b"<title>Often</title><h1>Captured often</h1>"
    records = [
        *(
            response(body + b"<!-- %d -->" % (day // 3), url=OFTEN,
                     date=f"{year}-{1 + day // 28:02}-{1 + day % 28:02}T03:04:05Z")
            for year in (2009, 2012) for day in range(90)
        ),
        *(
            revisit(body, url=OFTEN, date=f"2012-03-04T{minute // 60:02}:{minute % 60:02}:00Z")
            for minute in range(320)
        ),
        response(b"<h1>Lanterns</h1><p>Lit at dusk.</p>", url=f"{SITE}/ended/"),
        response(b"<h1>ended.example</h1><p>This domain is for sale.</p>", url=f"{SITE}/ended/",
                 date="2013-05-09T10:16:21Z"),
        response(b"<h1>Gone</h1>", url=f"{SITE}/gone/", status="404 Not Found"),
        response(b"<h1>Secret</h1>", url=f"{SITE}/secret/"),
        response(b"<h1>Long</h1>", url=LONG),
        *(
            response(b"<h1>Press office</h1><p>Press office<br>Tel: 020 7946 04%d</p>" % number,
                     url=f"{SITE}/press/", date=f"20{number}-05-09T10:16:21Z")
            for number in (11, 13)
        ),
    ]  # fmt: skip
    (folder / "in.warc.gz").write_bytes(warc(*records))
    settings = marsham.Settings(name="Test archive", contact="archive@archives.example")
    with marsham.create_archive(folder / "archive", settings) as archive:
        marsham.ingest(archive, [EXAMPLE / year for year in ("2009", "2011", "2013")])
        marsham.ingest(archive, [folder / "in.warc.gz"])
        marsham.extract(archive)
    reasons = ("--reason", "Names of junior staff", "--authority", "Takedown panel")
    assert run(["--archive", str(folder / "archive"), "withdraw", f"{SITE}/secret/", *reasons]) == 0
    with marsham.open_archive(folder / "archive") as archive:
        yield from serving(archive)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    # Our policy lets no script in, not even a test's.
    context: BrowserContext = browser.new_context(bypass_csp=True, **options)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module", params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from opened(browser, color_scheme=request.param)


@pytest.fixture(scope="module")
def narrow(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, viewport={"width": 320, "height": 640})


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, java_script_enabled=False)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_any_page(name: str, server: str, page: Page, axe: str) -> None:
    page.goto(server + PAGES[name])
    page.evaluate(axe)
    found = page.evaluate(_RUN)["violations"]
    said = [(one["id"], one["help"], one["nodes"][0]["html"][:200]) for one in found]
    assert said == []


def test_axe_finds_what_is_wrong_with_a_page(page: Page, axe: str) -> None:
    page.set_content("<img src=x><p style='color: #aaa; background: #fff'>Grey</p>")
    page.evaluate(axe)
    found = {one["id"] for one in page.evaluate(_RUN)["violations"]}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_a_screen_of_320_pixels(name: str, server: str, narrow: Page) -> None:
    narrow.goto(server + PAGES[name])
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_one_heading_of_the_first_level_and_a_title(
    name: str, server: str, narrow: Page
) -> None:
    narrow.goto(server + PAGES[name])
    assert narrow.locator("h1").count() == 1
    assert narrow.title().endswith("Test archive") or name in WITHOUT_NAME


def test_everything_is_reached_by_keyboard_in_the_order_of_the_page(
    server: str, narrow: Page
) -> None:
    narrow.goto(f"{server}/web/2011/{LANDING}")
    reached = []
    for _ in range(30):
        narrow.keyboard.press("Tab")
        place = narrow.evaluate("(document.activeElement.textContent || '').trim().slice(0, 40)")
        if narrow.evaluate("document.activeElement.tagName") == "IFRAME":
            break
        reached.append(place)
        if place == "More about this snapshot":
            narrow.keyboard.press("Enter")
    assert reached[0] == "Skip to the archived page"
    assert "Cite this snapshot" in reached
    assert "Report a problem" in reached
    assert len(reached) == len(set(reached))


def test_a_wrong_date_is_linked_to_its_field(server: str, narrow: Page) -> None:
    narrow.goto(server + PAGES["look-up with a wrong date"])
    narrow.get_by_role("alert").get_by_role("link").click()
    assert narrow.evaluate("document.activeElement.id") == "date"
    assert narrow.locator("#url").input_value() == "www.homeoffice.example"


def test_the_banner_opens_without_scripts(server: str, scriptless: Page) -> None:
    scriptless.goto(f"{server}/web/2011/{LANDING}")
    assert scriptless.locator("section.banner").is_visible()
    assert not scriptless.get_by_text("Permanent link").is_visible()
    scriptless.get_by_text("More about this snapshot").click()
    assert scriptless.get_by_text("Permanent link").is_visible()


def test_forced_colours_and_print_leave_the_words_readable(server: str, browser: Browser) -> None:
    for options in ({"forced_colors": "active"}, {}):
        for page in opened(browser, **options):
            if not options:
                page.emulate_media(media="print")
            page.goto(f"{server}/web/2011/{LANDING}")
            assert page.locator(".banner-snapshot").is_visible()
            page.goto(server + PAGES["few captures"])
            assert page.locator("h1").is_visible()
