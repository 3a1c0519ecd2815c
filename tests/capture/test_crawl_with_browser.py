"""Crawls whose pages are shown in a real Chromium: what scripts ask for is captured as well."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select

from archiver.capture.chromium import BrowserError
from archiver.records import Capture, Kind
from archiver.warc import ScannedRecord, open_record, scan
from snapshots import index
from snapshots.archive import Archive
from snapshots.crawl.engine import Crawl
from snapshots.crawl.frontier import Met, State, met
from snapshots.crawl.order import Order
from snapshots.crawl.store import crawls
from snapshots.mementos import memento_of
from snapshots.tables import problem
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Writer
from tests.capture.scripted import HTML, PICTURE, QUICK, SCRIPT, Outside, Site, order, run
from tests.loopback import Loopback, Reply, answer
from tests.marsham.conftest import serving

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 7


@dataclass
class Crawled:
    """A finished crawl, and what the servers saw."""

    archive: Archive
    site: Site
    server: Loopback
    outside: Loopback
    ending: str
    met: dict[str, Met]
    captures: list[Capture]

    def path(self, url: str) -> str:
        return url.removeprefix(self.server.url)


def records_in(archive: Archive) -> Iterator[ScannedRecord]:
    for place in sorted(archive.path.glob("warcs/*/*/*.warc.gz")):
        for one in scan(place, name=place.name):
            assert isinstance(one, ScannedRecord)
            yield one


def block_of(archive: Archive, record: ScannedRecord) -> str:
    [place] = archive.path.glob("warcs/*/*/*.warc.gz")
    with open_record(place, record.offset) as opened:
        return opened.block.read().decode()


def crawled_of(archive: Archive, number: int) -> tuple[dict[str, Met], list[Capture]]:
    with archive.catalogue.read() as connection:
        found = {one.url: one for one in met(connection, number)}
        return found, list(index.every(connection))


def unsound(archive: Archive) -> list[Finding]:
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    return found


@pytest.fixture(scope="module")
def crawled(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    root = tmp_path_factory.mktemp("shown") / "archive"
    site = Site()
    with (
        Loopback(Outside(), keep_alive=True) as outside,
        Loopback(site, keep_alive=True) as server,
        Archive.create(root) as archive,
    ):
        site.outside = outside.url
        crawl = run(archive, order(server.url))
        found, captures = crawled_of(archive, crawl.store.number)
        yield Crawled(archive, site, server, outside, crawl.ending, found, captures)


def test_what_scripts_ask_for_is_captured_once_and_exactly(crawled: Crawled) -> None:
    assert crawled.ending == ""
    expected = {
        *("/", "/robots.txt", "/shared.js", "/pages.json", "/second.html", "/third.html"),
        *("/second.json?cookie", "/plain.html", "/frame.html", "/fromframe.html"),
        *("/lazy.gif", "/report.pdf", "/favicon.ico"),
    }
    own = [one for one in crawled.captures if one.url.startswith(crawled.server.url)]
    assert Counter(crawled.path(one.url) for one in own) == dict.fromkeys(expected, 1)
    for one in own:
        [sent] = crawled.site.given[crawled.path(one.url)]
        assert b"".join(memento_of(crawled.archive, one).block()) == sent
    elsewhere = [one.url for one in crawled.captures if one.url.startswith(crawled.outside.url)]
    assert sorted(elsewhere) == [
        f"{crawled.outside.url}/{x}" for x in ("allowed.json", "robots.txt")
    ]
    done = {url for url, one in crawled.met.items() if one.state is State.DONE}
    assert done == {one.url for one in own} | set(elsewhere)


def test_the_servers_saw_nothing_that_is_forbidden(crawled: Crawled) -> None:
    assert Counter(crawled.server.asked).most_common(1)[0][1] == 1
    assert all(one.startswith(b"GET ") for one in crawled.server.requests)
    assert not [one for one in crawled.server.asked if "forbidden" in one or "beacon" in one]
    assert crawled.outside.asked == ["/robots.txt", "/allowed.json"]


def test_what_was_refused_is_listed_with_its_rule(crawled: Crawled) -> None:
    url, elsewhere = crawled.server.url, crawled.outside.url
    refused = {url: one.rule for url, one in crawled.met.items() if one.state is State.REFUSED}
    assert refused == {
        f"{url}/beacon": "method: POST",
        f"{url}/forbidden/data.json": "robots: Disallow /forbidden",
        f"{url}/forbidden/x.html": "robots: Disallow /forbidden",
        f"{elsewhere}/excluded/tracker.js": "scope: excluded by /excluded/",
        f"{elsewhere}/disallowed.json": "robots: Disallow /disallowed",
    }
    assert crawled.met[f"{url}/pages.json"].via == f"{url}/"
    assert crawled.met[f"{url}/pages.json"].path == "E"
    assert crawled.met[f"{url}/second.html"].path == "L"


def test_cookies_of_the_server_are_there_for_the_page(crawled: Crawled) -> None:
    sent = dict(zip(crawled.server.asked, crawled.server.heads, strict=True))
    assert sent["/second.json?cookie"]["cookie"] == "visit=2"
    assert "chrome" in sent["/"]["user-agent"].lower()
    assert "marsham" in sent["/"]["user-agent"]


def test_pictures_of_pages_are_captures_and_the_archive_is_sound(crawled: Crawled) -> None:
    pictures = {one.url for one in crawled.captures if one.kind is Kind.RESOURCE}
    names = ("", "second.html", "third.html", "plain.html", "fromframe.html")
    assert pictures == {f"urn:fullPage:{crawled.server.url}/{name}" for name in names}
    assert unsound(crawled.archive) == []


def test_the_page_tells_what_it_made_and_what_was_refused(crawled: Crawled) -> None:
    records = list(records_in(crawled.archive))
    url = f"{crawled.server.url}/"
    [page] = [one for one in records if one.kind == "response" and one.target == url]
    identity = page.headers.get("WARC-Record-ID")
    own = [one for one in records if one.headers.get("WARC-Concurrent-To") == identity]
    assert [one.kind for one in own] == ["request", "metadata", "resource"]
    [made] = [one for one in records if one.headers.get("WARC-Refers-To") == identity]
    assert (made.kind, made.target) == ("conversion", url)
    told = block_of(crawled.archive, own[1])
    assert "remark: 1 refused by method: POST\r\n" in told
    assert "remark: 1 refused by robots: Disallow /forbidden\r\n" in told
    assert f"outlink: {url}second.html L rendered a/@href\r\n" in told
    assert "second.html" in block_of(crawled.archive, made)


def test_a_captured_page_is_shown_with_what_its_script_fetched(
    crawled: Crawled, chromium: str
) -> None:
    from playwright.sync_api import sync_playwright

    url = f"{crawled.server.url}/"
    [page] = [one for one in crawled.captures if one.url == url]
    held = replace(crawled.archive.settings, scripts=True)
    archive = Archive(crawled.archive.path, held, crawled.archive.catalogue)
    shown = serving(archive)
    address = f"{next(shown)}/web/{page.timestamp}/{url}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(address, wait_until="networkidle")
        _, *frames = opened.frames  # the first is our own, with the banner
        titles = [frame.title() for frame in frames]
        shared = frames[0].evaluate("window.shared")
        browser.close()
    shown.close()
    assert (titles, shared) == (["Home", "Frame"], 1)


TROUBLE = {
    "/": """<title>Trouble</title><a href=/hangs.html>1</a> <a href=/moves.html>2</a>
        <a href=/flaky.html>3</a> <a href=/wall.html>4</a> <a href=/again.html>5</a>
        <img src=/old.gif><img src="http://127.0.0.1:2/nobody.gif">""",
    "/hangs.html": "<title>Hangs</title><img src=/hung.gif><script>for (;;) ;</script>",
    "/moves.html": "<title>Moves</title><script>location.replace('/moved.html')</script>",
    "/moved.html": "<script>document.write('<a href=/last.html>Moved</a>')</script>",
    "/last.html": "<title>Last</title>",
    "/flaky.html": "<title>Flaky</title><script src=/flaky.js></script>",
    "/found.html": "<title>Found</title>",
    "/again.html": "<title>Again</title><script>setTimeout(() => location.reload(), 50)</script>",
}


class Trouble(Site):
    """A site whose pages hang, move on, and are hard to get."""

    def _answer(self, target: str) -> bytes:
        before = len(self.given.get(target, ()))
        if target == "/flaky.js":
            if not before:
                return answer(b"busy", status="500 Internal Server Error")
            return answer(b"document.write('<a href=/found.html>x</a>')", fields=SCRIPT)
        if target == "/wall.html" and not before:
            fields = [("Location", "/wall.html"), ("Set-Cookie", "seen=1")]
            return answer(status="302 Found", fields=fields)
        if target == "/old.gif":
            return answer(status="301 Moved Permanently", fields=[("Location", "/lazy.gif")])
        if target == "/wall.html":
            return answer(b"<title>Behind the wall</title>", fields=HTML)
        page = TROUBLE.get(target)
        return answer(page.encode(), fields=HTML) if page else super()._answer(target)


def test_trouble_with_a_page_costs_that_page_only(chromium: str, tmp_path: Path) -> None:
    site = Trouble()
    with (
        Loopback(site, keep_alive=True) as server,
        Archive.create(tmp_path / "archive") as archive,
    ):
        crawl = run(archive, order(server.url))
        found, captures = crawled_of(archive, crawl.store.number)
        with archive.catalogue.read() as connection:
            problems = {(one.code, one.url) for one in connection.execute(select(problem))}
        url = server.url
        assert crawl.ending == ""
        assert problems == {("page-not-shown", f"{url}/hangs.html")}
        failed = {one.url: one.rule for one in found.values() if one.state is State.FAILED}
        nobody = "http://127.0.0.1:2"
        assert set(failed) == {f"{nobody}/robots.txt", f"{nobody}/nobody.gif"}
        done = {one.url: one for one in found.values() if one.state is State.DONE}
        names = {*TROUBLE, "/flaky.js", "/wall.html", "/old.gif", "/lazy.gif", "/hung.gif"}
        assert set(done) == {f"{url}{one}" for one in {*names, "/robots.txt", "/favicon.ico"}}
        assert done[f"{url}/moved.html"].path == "LR"
        assert done[f"{url}/found.html"].via == f"{url}/flaky.html"
        shown = {one.url for one in captures if one.kind is Kind.RESOURCE}
        # One that moves on at once has no body yet of which there could be a picture.
        pages = {*TROUBLE, "/wall.html"} - {"/hangs.html", "/moves.html"}
        assert shown == {f"urn:fullPage:{url}{name}" for name in pages}
        asked = Counter(server.asked)
        assert {name: number for name, number in asked.items() if number > 1} == {
            "/flaky.js": 2,
            "/wall.html": 2,
        }
        assert unsound(archive) == []


def test_a_second_crawl_stores_no_payload_again(chromium: str, tmp_path: Path) -> None:
    site = Site()
    with (
        Loopback(site, keep_alive=True) as server,
        Archive.create(tmp_path / "archive") as archive,
    ):
        first, _ = crawled_of(archive, run(archive, order(server.url)).store.number)
        second = run(archive, order(server.url))
        found, captures = crawled_of(archive, second.store.number)
        assert {url: one.state for url, one in found.items()} == {
            url: one.state for url, one in first.items()
        }
        stored = Counter(one.digest for one in captures if one.kind is Kind.RESPONSE)
        assert max(stored.values()) == 1
        assert len([one for one in captures if one.url == f"{server.url}/shared.js"]) == 2
        assert unsound(archive) == []


def test_a_crawl_that_is_stopped_while_a_page_is_shown_shows_it_again(
    chromium: str, tmp_path: Path
) -> None:
    site = Site()
    with (
        Loopback(site, keep_alive=True) as server,
        Archive.create(tmp_path / "archive") as archive,
    ):
        with Writer(archive) as writer:
            crawl = Crawl(writer, order(server.url), page=QUICK)
            site.pages["/shared.js"] = answer(b"window.shared = 1;", fields=SCRIPT)
            answering = site.__call__
            crawl_stop = crawl.stop

            def stopping(target: str) -> Reply:
                if target == "/shared.js":
                    crawl_stop()
                return answering(target)

            server._reply = stopping
            crawl.run()
            server._reply = answering
        assert crawl.ending == "it was asked to stop"
        found, _ = crawled_of(archive, crawl.store.number)
        assert found[f"{server.url}/"].state is State.QUEUED
        assert found[f"{server.url}/shared.js"].state is State.DONE
        again = run(archive, order(server.url))
        assert again.store.resumed
        found, captures = crawled_of(archive, again.store.number)
        assert again.ending == ""
        assert f"{server.url}/third.html" in found
        assert max(Counter(one.url for one in captures).values()) == 1
        assert Counter(server.asked)["/shared.js"] == 1
        assert unsound(archive) == []


def test_a_crawl_delay_is_kept_within_a_page_and_our_own_delay_is_not(
    chromium: str, tmp_path: Path
) -> None:
    times: list[tuple[str, float]] = []
    site = Site()
    site.pages = {
        "/": answer(b"<title>Front</title><img src=/1.gif><img src=/2.gif><a href=/plain.html>x"),
        "/favicon.ico": answer(b"", fields=[]),
    }
    site.pages |= {
        f"/{n}.gif": answer(PICTURE, fields=[("Content-Type", "image/gif")]) for n in (1, 2)
    }

    def timed(target: str) -> Reply:
        times.append((target, time.monotonic()))
        return site(target)

    gaps = {}
    for delay in ("", "Crawl-delay: 1"):
        site.pages["/robots.txt"] = answer(f"User-agent: *\n{delay}\n".encode(), fields=[])
        times.clear()
        with (
            Loopback(timed, keep_alive=True) as server,
            Archive.create(tmp_path / f"archive{delay}") as archive,
        ):
            run(archive, order(server.url, delay=0.7))
        at = dict(times)
        first, second = sorted((at["/1.gif"], at["/2.gif"]))
        gaps[delay] = [first - at["/"], second - first, at["/plain.html"] - second]
    assert gaps[""][1] < 0.5
    assert gaps[""][2] > 0.7
    assert min(gaps["Crawl-delay: 1"]) >= 0.99  # seen from the other end


def test_without_chromium_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with Archive.create(tmp_path / "archive") as archive, Writer(archive) as writer:
        with pytest.raises(BrowserError, match="there is none on this machine; install it with"):
            Crawl(writer, Order(("http://www.homeoffice.example/",), browser=True))
        with archive.catalogue.read() as connection:
            assert crawls(connection) == []


def test_kills_lose_nothing_and_store_nothing_twice(chromium: str, tmp_path: Path) -> None:
    dice = random.Random(2013)  # noqa: S311 - chance, not secrecy
    with Loopback(Site(), keep_alive=True) as server, TemporaryDirectory() as homes:
        command = [sys.executable, "-m", "tests.capture.scripted"]
        told = {"cwd": ROOT, "env": os.environ | {"TMPDIR": homes}}
        for name in ("undisturbed", "killed"):
            Archive.create(tmp_path / name).close()
        subprocess.run([*command, tmp_path / "undisturbed", server.url], check=True, **told)
        killed = 0
        for _ in range(KILLS):
            running = subprocess.Popen([*command, tmp_path / "killed", server.url], **told)
            enough = len(server.asked) + dice.randrange(3)
            while len(server.asked) < enough and running.poll() is None:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 1))
            running.kill()
            if running.wait() == 0:
                break
            killed += 1
        else:
            subprocess.run([*command, tmp_path / "killed", server.url], check=True, **told)
    assert killed > 3
    found = []
    for name in ("undisturbed", "killed"):
        with Archive.open(tmp_path / name) as archive, archive.catalogue.read() as connection:
            captures = [
                (one.url, one.status, one.digest)
                for one in index.every(connection)
                if one.kind is not Kind.RESOURCE
            ]
            pictures = [one.url for one in index.every(connection) if one.kind is Kind.RESOURCE]
            found.append((sorted(captures), sorted(pictures)))
    assert found[0] == found[1]
