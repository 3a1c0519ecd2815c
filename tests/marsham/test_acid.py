"""A page that asks for things in every way that pages do, replayed in Chromium square by square.

Eighteen squares, after the Archival Acid Test of Kelly, Nelson and Weigle: a square counts when it
shows what was captured. Nothing of it is on a live server: what is not asked of the archive is not
there.
"""

import base64
import re
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

import marsham
from tests.builders import response, warc
from tests.marsham.conftest import serving
from tests.marsham.hearing import Hearing
from tests.marsham.test_browser import ARGUMENTS

ACID, OTHER = "http://acid.example", "http://other.example"
BLUE = bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")
SOUND = b"\x80" * 8000  # a second of silence, which a video element plays as well
WAVE = (
    b"RIFF" + struct.pack("<I", 36 + len(SOUND)) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data"
    + struct.pack("<I", len(SOUND)) + SOUND
)  # fmt: skip
PIXEL = base64.b64encode(BLUE).decode()
PAGE = f"""<!DOCTYPE html><title>Squares</title>
<link rel=stylesheet href="css/first.css">
<style>#seven {{ background: url(http://acid.example/pixel.gif?css) }}</style>
<img id=one src="pixel.gif?relative">
<img id=two src="http://acid.example/pixel.gif?absolute">
<img id=three src="http://other.example/pixel.gif?other">
<img id=four src="//acid.example/pixel.gif?scheme-less">
<img id=five src="data:image/gif;base64,{PIXEL}">
<p id=six></p><p id=seven></p><p id=eight></p>
<img id=nine><img id=ten><img id=eleven><img id=twelve><img id=thirteen><img id=fourteen>
<p id=fifteen></p><canvas id=sixteen></canvas><p id=seventeen></p><p id=eighteen></p>
<p style="height: 5000px"></p>
<script>
window.kept = {{}};
const loaded = (name) => () => {{ kept[name] = true; }};
const shows = (name, address) => {{
  const image = document.getElementById(name) || new Image();
  image.onload = loaded(name);
  image.src = address;
}};
</script>
<script src="js/local.js"></script>
<script src="http://other.example/remote.js"></script>
<script>
shows("ten", "http://acid.example/pixel.gif?inline");
const asked = new XMLHttpRequest();
asked.open("GET", "http://acid.example/text.txt");
asked.onload = () => {{ shows("eleven", "data:image/gif;base64," + asked.responseText); }};
asked.send();
fetch("http://other.example/shared.txt").then((answer) => answer.text())
  .then((text) => shows("twelve", "data:image/gif;base64," + text));
setTimeout(() => shows("thirteen", "/pixel.gif?later"), 2000);
addEventListener("scroll", () => shows("fourteen", "http://acid.example/pixel.gif?scrolled"),
  {{ once: true }});
const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = "http://acid.example/css/added.css";
document.head.append(sheet);
const pen = document.getElementById("sixteen").getContext("2d");
const picture = new Image();
picture.onload = () => {{
  pen.drawImage(picture, 0, 0);
  kept.sixteen = pen.getImageData(0, 0, 1, 1).data[0] === 255;
}};
picture.src = "http://acid.example/pixel.gif?canvas";
localStorage.setItem("square", "blue");
kept.seventeen = localStorage.getItem("square") === "blue" && localStorage.square === "blue";
document.cookie = "square=blue";
const frame = document.createElement("iframe");
frame.src = "http://acid.example/frame.html";
document.getElementById("eighteen").append(frame);
</script>
<script type="module">
import {{ square }} from "/js/module.js";
import {{ count, url }} from "./js/state.js";
kept.module = square === "blue" && count() === 2 && url.includes("/js/state.js");
import("http://acid.example/js/lazy.js").then((held) => {{ kept.lazy = held.count() === 3; }});
</script>
<script>
const video = document.createElement("video");
video.muted = true;
video.onloadeddata = () => {{ kept.video = true; }};
video.src = "http://acid.example/square.wav";
document.getElementById("eighteen").append(video);
document.write('<img id=written src="http://acid.example/pixel.gif?written">');
const held = document.createElement("div");
held.innerHTML = '<img id=inner src="//acid.example/pixel.gif?inner">'
  + '<p id=styled style="background: url(http://acid.example/pixel.gif?styled)">x</p>';
document.body.append(held);
const host = document.body.appendChild(document.createElement('div'));
const root = host.attachShadow({{ mode: 'closed' }});
root.innerHTML = '<p>x</p><img src="http://acid.example/pixel.gif?shadowed">';
const adopted = new CSSStyleSheet();
adopted.replaceSync('p {{ background: url(http://other.example/pixel.gif?adopted) }}');
root.adoptedStyleSheets = [adopted];
const late = root.appendChild(document.createElement('i'));
late.textContent = 'x';
late.style.backgroundImage = 'url(http://acid.example/pixel.gif?property)';
const filled = document.body.appendChild(document.createElement('iframe'));
filled.srcdoc = '<img src="//acid.example/pixel.gif?filled">';
kept.cookie = document.cookie === "given=then; square=blue" || document.cookie;
const worker = new Worker("/js/worker.js", {{ type: "module" }});
worker.onmessage = (event) => {{ kept[event.data] = true; }};
</script>
"""
FORMS = b"""<title>Forms</title><form id=search role=search action="/find"><input name=q>
<button>Search</button></form>
<form id=post method=post action="/send"><input name=word value=secret><button>Send</button></form>
<form id=get action="http://acid.example/"><input name=a value=b><button>Get</button></form>
<a id=new target=_blank href="http://acid.example/">new</a>
<p id=scripted onclick="location.href = 'http://acid.example/'">scripted</p>
<p id=rooted onclick="location.href = '/frame.html'">rooted</p>"""
SCRIPT = [("Content-Type", "text/javascript")]
STYLE = [("Content-Type", "text/css")]
TEXT = [("Content-Type", "text/plain")]
FILES: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    (f"{ACID}/", PAGE.encode(), [("Content-Type", "text/html"), ("Set-Cookie", "given=then"),
                                 ("Set-Cookie", "hidden=x; HttpOnly")]),
    (f"{ACID}/forms", FORMS, [("Content-Type", "text/html")]),
    (f"{ACID}/css/first.css", b"@import 'second.css';", STYLE),
    (f"{ACID}/css/second.css", b"@import url(http://other.example/third.css);", STYLE),
    (f"{OTHER}/third.css", b"#six { background: url('/pixel.gif?imported') }", STYLE),
    (f"{ACID}/css/added.css", b"#fifteen { background: url(../pixel.gif?added) }", STYLE),
    (f"{ACID}/js/local.js", b"shows('eight-image', 'pixel.gif?local');", SCRIPT),
    (f"{OTHER}/remote.js", b"shows('nine', 'http://other.example/pixel.gif?remote');", SCRIPT),
    (f"{ACID}/text.txt", PIXEL.encode(), TEXT),
    (f"{OTHER}/shared.txt", PIXEL.encode(), [*TEXT, ("Access-Control-Allow-Origin", "*")]),
    (f"{ACID}/frame.html", b"<title>Inside</title><img src=pixel.gif?inside>"
     b"<script>parent.postMessage('inside', '*')</script>", [("Content-Type", "text/html")]),
    (f"{ACID}/js/worker.js",
     b"import('/js/' + 'asked.js').then((held) => postMessage(held.name));"
     b"fetch('/text.txt').then((answer) => answer.ok && postMessage('fetching'));", SCRIPT),
    (f"{ACID}/js/asked.js", b"export const name = 'importing';", SCRIPT),
    (f"{ACID}/js/module.js",
     b"import { up } from 'http://acid.example/js/state.js'; up(); export const square = 'blue';"
     b"import './other.js';", SCRIPT),
    (f"{ACID}/js/other.js", b"import { up } from './state.js'; up();", SCRIPT),
    (f"{ACID}/js/lazy.js", b"import { up, count } from '/js/state.js'; up(); export { count };",
     SCRIPT),
    (f"{ACID}/js/state.js", b"let n = 0; export const up = () => { n += 1 };"
     b"export const count = () => n; export const url = import.meta.url;", SCRIPT),
]  # fmt: skip
PIXELS = [
    f"{host}/pixel.gif?{use}"
    for host, uses in (
        (ACID, "relative absolute scheme-less css local inline later scrolled added canvas inside "
               "written inner styled shadowed property filled"),
        (OTHER, "other remote imported adopted"),
    )
    for use in uses.split()
]  # fmt: skip
"""Every picture of the page."""


def records() -> Iterator[bytes]:
    # Captured second by second, as crawls do: each file has a time of its own.
    gif = [("Content-Type", "image/gif")]
    files = [*FILES, *((url, BLUE, gif) for url in PIXELS)]
    files.append((f"{ACID}/square.wav", WAVE, [("Content-Type", "audio/wav")]))
    for second, (url, body, head) in enumerate(files):
        yield response(body, url=url, date=f"2011-05-09T10:16:{second:02}Z", head=head)


@dataclass
class Shown:
    """What came of the page in one mode."""

    mode: str
    kept: dict[str, object]
    sizes: dict[str, int]
    asked: list[str]
    missing: list[str]
    heard: list[str]
    cookies: int


@pytest.fixture(scope="module")
def stage(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Browser, str, Hearing]]:
    folder = tmp_path_factory.mktemp("acid")
    (folder / "a.warc.gz").write_bytes(warc(*records()))
    with (
        closing(Hearing()) as hearing,
        marsham.create_archive(folder / "archive") as archive,
        sync_playwright() as playwright,
    ):
        marsham.ingest(archive, [folder / "a.warc.gz"])
        rules = f"MAP archive.test 127.0.0.1, MAP *.example 127.0.0.1:{hearing.port}"
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*ARGUMENTS, f"--host-resolver-rules={rules}"]
        )
        for server in serving(archive):
            yield browser, server, hearing
        browser.close()


@pytest.fixture(scope="module", params=["apart", "shut off"])
def shown(stage: tuple[Browser, str, Hearing], request: pytest.FixtureRequest) -> Shown:
    browser, server, hearing = stage
    if request.param == "shut off":
        server = f"http://archive.test:{urlsplit(server).port}"
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    missing: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("response", lambda one: missing.append(one.url) if one.status >= 400 else None)
    page.goto(f"{server}/web/20110509101600/{ACID}/", wait_until="load")
    frame = page.frames[1]
    frame.evaluate("window.scrollTo(0, 300)")
    frame.wait_for_function("kept.thirteen && kept.fourteen", timeout=20_000)
    page.wait_for_timeout(1000)
    made = Shown(
        mode=str(request.param),
        kept=frame.evaluate("kept"),
        sizes=frame.eval_on_selector_all(
            "img", "all => Object.fromEntries(all.map((one) => [one.id, one.naturalWidth]))"
        ),
        asked=asked,
        missing=missing,
        heard=list(hearing.heard),
        cookies=len(context.cookies()),
    )
    context.close()
    return made


IMAGES = ("one", "two", "three", "four", "five", "nine", "ten", "eleven", "twelve", "thirteen",
          "fourteen", "written", "inner")  # fmt: skip
FETCHED = ("imported", "css", "added", "local", "inside", "styled", "shadowed", "adopted",
           "property", "filled")  # fmt: skip
WORKING = ("importing", "fetching")
KEPT = ("sixteen", "seventeen", "module", "lazy", "video", "cookie")


@pytest.mark.parametrize("square", IMAGES)
def test_a_picture_is_shown_however_it_is_asked_for(square: str, shown: Shown) -> None:
    assert shown.sizes[square] > 0


@pytest.mark.parametrize("use", FETCHED)
def test_what_sheets_frames_and_scripts_ask_for_comes_from_the_archive(
    use: str, shown: Shown
) -> None:
    assert [url for url in shown.asked if url.endswith(f"pixel.gif?{use}") and "/web/" in url]


@pytest.mark.parametrize("name", KEPT)
def test_what_scripts_do_works_as_it_did(name: str, shown: Shown) -> None:
    assert shown.kept.get(name) is True, shown.kept


def test_nothing_is_missing_nothing_leaves_and_nothing_stays(shown: Shown) -> None:
    assert shown.missing == []
    assert shown.heard == []
    assert shown.cookies == 0


def test_a_worker_imports_and_asks_by_addresses_from_the_root(shown: Shown) -> None:
    # Its own requests name it as their referer. A page without an origin may start no worker of a
    # file.
    assert [shown.kept.get(name) for name in WORKING] == [shown.mode == "apart" or None] * 2


@pytest.mark.parametrize("mode", ["apart", "shut off"])
@pytest.mark.parametrize(
    ("place", "leads_to"),
    [
        ("#search button", r"/search\?q=crime&at=20110509101601&site=acid.example"),
        ("#post button", r"/form/20110509101601/http://acid.example/send"),
        ("#get button", r"/web/\d{14}.*/http://acid.example/\?a=b"),
        ("#new", r"/web/20110509101600.*/http://acid.example/"),
    ],
)
def test_what_is_clicked_leads_the_window_to_a_page_of_the_archive(
    place: str, leads_to: str, mode: str, stage: tuple[Browser, str, Hearing]
) -> None:
    browser, server, hearing = stage
    if mode == "shut off":
        server = f"http://archive.test:{urlsplit(server).port}"
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/web/20110509101700/{ACID}/forms", wait_until="networkidle")
    page.frames[1].locator("#search input").fill("crime")
    page.frames[1].locator(place).click()
    page.wait_for_url(lambda url: "/forms" not in url)
    page.wait_for_load_state()
    assert re.fullmatch(leads_to, page.url.removeprefix(server)), page.url
    assert page.locator("h1").first.is_visible()
    assert hearing.heard == []
    context.close()


@pytest.mark.parametrize(
    ("place", "leads_to"), [("#rooted", "/frame.html"), ("#scripted", "/")], ids=["root", "whole"]
)
def test_a_script_that_leads_its_page_on_takes_the_banner_along(
    place: str, leads_to: str, stage: tuple[Browser, str, Hearing]
) -> None:
    # Only where the page has an origin: of others the browser does not say where they go.
    browser, server, hearing = stage
    page = browser.new_page()
    page.goto(f"{server}/web/20110509101700/{ACID}/forms", wait_until="networkidle")
    page.frames[1].locator(place).click()
    page.wait_for_url(lambda url: url.endswith(f"{ACID}{leads_to}"))
    assert f"{ACID}{leads_to}" in page.locator("section.banner").inner_text()
    assert hearing.heard == []
    page.close()
