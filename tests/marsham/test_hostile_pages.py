"""Archived pages that mean harm, in Chromium: each attempt of theirs is scored on its own.

There is a bank's site with something to read, and an evil site that tries everything at once
(``hostile.js``) and then, page by page, what would take it elsewhere. The live web is a listener
that must hear nothing. The same attempts are made once by a page that nothing holds back, so that
it is known what they would do.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

import marsham
from snapshots.replay.origins import site_label
from tests.builders import response, warc
from tests.marsham.conftest import serving
from tests.marsham.hearing import Hearing
from tests.marsham.test_browser import ARGUMENTS

BANK, EVIL = "http://bank.example", "http://evil.example"
DATES = ("2011-05-09T00:00:00Z", "2013-03-26T00:00:00Z")
SCRIPT = (Path(__file__).parent / "hostile.js").read_text("utf-8")
ATTEMPTS = sorted(set(re.findall(r'^(?:attempt|live)\("([a-z-]+)"', SCRIPT, re.MULTILINE)))
ATTEMPTS += ["cookies-through-a-frame", "storage-through-a-frame", "document-domain"]
ATTEMPTS += [
    f"{name}{date}"
    for name in ("fetch", "fetch-by-the-archives-own-way", "xhr")
    for date in ("", "-of-another-date")
]
MODES = ("apart", "shut off")
UNTOUCHED = ", our script kept out"  # so that a page has all functions as the browser has them
PICTURE = bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")
LOGIN = b"""<title>Bank</title><p>SECRET-page</p><script>
document.cookie = 'session=SECRET-cookie; path=/';
try { localStorage.held = 'SECRET-local'; sessionStorage.held = 'SECRET-session'; } catch {}
try { indexedDB.open('SECRET-database'); } catch {}
try { caches.open('SECRET-cache'); } catch {}
try { setInterval(() => new BroadcastChannel('bank').postMessage('SECRET-channel'), 100); } catch {}
try { new SharedWorker('shared.js', 'bank'); } catch {}
</script>"""
HOSTILE_HEAD = [
    ("Content-Type", "text/html"),
    ("Set-Cookie", "stay=forever; Path=/"),
    ("Set-Cookie2", "stay=forever"),
    ("Clear-Site-Data", '"*"'),
    ("Strict-Transport-Security", "max-age=99999; includeSubDomains"),
    ("Refresh", "0; url=http://live.example/refresh-header"),
    ("Link", "<http://live.example/link-header>; rel=preload; as=script"),
    ("Link", "<http://preconnect.example>; rel=preconnect"),
    ("NEL", '{"report_to":"x","max_age":99999,"failure_fraction":1.0,"success_fraction":1.0}'),
    (
        "Report-To",
        '{"group":"x","max_age":99999,"endpoints":[{"url":"http://live.example/reports"}]}',
    ),
    ("Reporting-Endpoints", 'x="http://live.example/reports"'),
    ("Alt-Svc", 'h2="live.example:443"; ma=99999'),
    ("Service-Worker-Allowed", "/"),
    ("Memento-Datetime", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("Content-Security-Policy", "default-src * 'unsafe-inline'; report-uri http://live.example/x"),
    ("Connection-Allowlist", '("*://*:*")'),
    ("Access-Control-Allow-Credentials", "true"),
    ("Cross-Origin-Opener-Policy", "unsafe-none"),
    ("Speculation-Rules", '"http://live.example/rules.json"'),
    ("SourceMap", "http://live.example/source-map"),
    ("Document-Policy", "x"),
    ("X-Broken", "one\x00two\x0bthree"),
]


PEER = """<title>Evil</title><p id=here>peer</p><script>
const of = (window) => window.RTCPeerConnection || window.webkitRTCPeerConnection;
const fresh = document.body.appendChild(document.createElement('iframe')).contentWindow;
const Peer = WHOSE;
const peer = new Peer({ iceServers: [{ urls: 'stun:127.0.0.1:DATAGRAM_PORT' }] });
peer.createDataChannel('x');
peer.createOffer().then((offer) => peer.setLocalDescription(offer));
</script>"""
PEERS = {"own": "of(window)", "fresh": "of(fresh)", "either": "of(window) || of(fresh)"}


def peer(whose: str, hearing: Hearing) -> bytes:
    """A page that looks for its own address by WebRTC, which no Content-Security-Policy sees."""
    port = str(hearing.datagram_port)
    return PEER.replace("WHOSE", PEERS[whose]).replace("DATAGRAM_PORT", port).encode()


def moves(kind: str) -> bytes:
    """A page that wants to be elsewhere, or the window."""
    live = f"http://live.example/{kind}"
    acts = {
        "top-by-script": f"top.location = '{live}'",
        "top-by-href": f"top.location.href = '{live}'; top.location.replace('{live}')",
        "parent-by-script": f"parent.location = '{live}'",
        "top-by-window-open": f"open('{live}', '_top'); open('{live}', '_parent')",
        "new-window": f"open('{live}')",
        "top-by-link": "const a = document.createElement('a');"
        f"a.target = '_top'; a.href = '{live}'; document.body.append(a); a.click()",
        "top-by-form": "const f = document.createElement('form');"
        f"f.target = '_top'; f.action = '{live}'; document.body.append(f); f.submit()",
        "frame-by-script": f"location = '{live}'",
        "frame-by-navigation": f"navigation.navigate('{live}')",
        "frame-by-form": f"const f = document.createElement('form'); f.action = '{live}';"
        "f.method = 'post'; document.body.append(f); f.submit()",
        "frame-by-refresh": "const m = document.createElement('meta'); m.httpEquiv = 'refresh';"
        f"m.content = '0;url={live}'; document.head.append(m)",
        "frame-by-download": "const a = document.createElement('a'); a.download = '';"
        f"a.href = '{live}'; document.body.append(a); a.click()",
        "frame-to-data": f"location = \"data:text/html,<img src='{live}'>\"",
        "frame-to-blob": "location = URL.createObjectURL(new Blob("
        f"[\"<img src='{live}'>\"], {{type: 'text/html'}}))",
        "message-to-the-banner": "for (const marsham of ['go', 'shown']) for (const url of ["
        f"'{live}', '/../../{live}', 'javascript:alert(1)', '//live.example/', {{}}, '"
        f"http:/\\\\live.example/'])for (const timestamp of ['20110509000000', '/{live}', '/', ''])"
        "top.postMessage({marsham, timestamp, url}, '*')",
    }
    return f"<title>Evil</title><p id=here>{kind}</p><script>{acts[kind]}</script>".encode()


MOVES = (
    "top-by-script", "top-by-href", "parent-by-script", "top-by-window-open", "new-window",
    "top-by-link", "top-by-form", "frame-by-script", "frame-by-navigation", "frame-by-form",
    "frame-by-refresh", "frame-by-download", "frame-to-data", "frame-to-blob",
    "message-to-the-banner",
)  # fmt: skip
CLICKED = b"""<title>Evil</title><a id=link href="/x">a link</a><a id=plain href="/x">another</a>
<form id=form action="/x"><button id=button>send</button></form><p id=text>text</p><script>
const live = 'http://live.example/clicked';
const bare = document.body.appendChild(document.createElement('iframe')).contentWindow.Element;
const set = bare.prototype.setAttribute;
addEventListener('mousedown', () => {
  set.call(document.getElementById('link'), 'href', live);
  set.call(document.getElementById('link'), 'target', '_top');
  set.call(document.getElementById('plain'), 'href', live);
  set.call(document.getElementById('form'), 'action', live);
  set.call(document.getElementById('form'), 'target', '_top');
});
document.getElementById('text').onclick = () => { top.location = live; open(live); };
</script>"""
# A page that shows another one under the banner of its own.
MASKED = b"""<title>Evil</title><script>location = ADDRESS;</script>"""


def attempts(hearing: Hearing) -> str:
    """The evil page's script."""
    label = json.dumps(site_label(BANK))
    return SCRIPT.replace("BANK_LABEL", label).replace("DATAGRAM_PORT", str(hearing.datagram_port))


def pages(hearing: Hearing) -> Iterator[bytes]:
    """The two sites."""
    evil = attempts(hearing)
    for date in DATES:
        for path, body, kind in (
            ("login", LOGIN, "text/html"),
            ("account", b"<title>Bank</title><p>SECRET-account</p>", "text/html"),
            ("data.json", b'{"held": "SECRET-data"}', "application/json"),
            ("secret.png", PICTURE, "image/gif"),
            ("shared.js", b"onconnect = (e) => e.ports[0].postMessage('SECRET-worker')",
             "text/javascript"),
        ):  # fmt: skip
            yield response(body, url=f"{BANK}/{path}", date=date, head=[("Content-Type", kind)])
    page = f"<title>Evil</title><body><p id=here>evil</p><script>{evil}</script>"
    yield response(page.encode(), url=f"{EVIL}/", date=DATES[0], head=HOSTILE_HEAD)
    live = b"<script>fetch('http://live.example/frame-of-stored-bytes')</script>"
    yield response(live, url=f"{EVIL}/stored", date=DATES[0])
    script = [("Content-Type", "text/javascript")]
    yield response(b"onfetch = () => 0", url=f"{EVIL}/sw.js", date=DATES[0], head=script)
    yield response(CLICKED, url=f"{EVIL}/clicked", date=DATES[0])
    for kind in MOVES:
        yield response(moves(kind), url=f"{EVIL}/{kind}", date=DATES[0])
    for whose in PEERS:
        yield response(peer(whose, hearing), url=f"{EVIL}/peer-{whose}", date=DATES[0])
    for modifier in ("id_", "im_", "oe_", "js_"):
        place = f"'/web/20110509000000{modifier}/{BANK}/account'"
        for name, origin in (("", ""), ("-there", bank_origin())):
            body = MASKED.replace(b"ADDRESS", f"{origin}{place}".encode())
            yield response(body, url=f"{EVIL}/masked-{modifier}{name}", date=DATES[0])
    place = f"'/web/20110509000000mp_/{BANK}/account'"
    body = MASKED.replace(b"ADDRESS", place.encode())
    yield response(body, url=f"{EVIL}/led", date=DATES[0])


def bank_origin() -> str:
    """Where the bank is shown, as a script of the evil page says it."""
    label = site_label(BANK)
    return (
        "(location.hostname.endsWith('.localhost') ? "
        f"'http://{label}.localhost:' + location.port : '') + "
    )


@dataclass
class Stage:
    """A browser, servers in each mode, and the live web."""

    browser: Browser
    hearing: Hearing
    servers: dict[str, str]
    without_scripts: str


@pytest.fixture(scope="module")
def stage(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("hostile")
    with closing(Hearing()) as hearing:
        (folder / "a.warc.gz").write_bytes(warc(*pages(hearing)))
        with (
            marsham.create_archive(folder / "archive") as archive,
            marsham.create_archive(folder / "still", marsham.Settings(scripts=False)) as still,
        ):
            for one in (archive, still):
                marsham.ingest(one, [folder / "a.warc.gz"])
            running, without = serving(archive), serving(still)
            server, without_scripts = next(running), next(without)
            port = urlsplit(server).port
            rules = f"MAP archive.test 127.0.0.1, MAP *.example 127.0.0.1:{hearing.port}"
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium,
                    args=[
                        *ARGUMENTS,
                        f"--host-resolver-rules={rules}",
                        # So that the page has all that a browser offers.
                        f"--unsafely-treat-insecure-origin-as-secure=http://archive.test:{port}",
                        "--autoplay-policy=no-user-gesture-required",
                    ],
                )
                servers = {"apart": server, "shut off": f"http://archive.test:{port}"}
                yield Stage(browser, hearing, servers, without_scripts)
                browser.close()
            running.close()
            without.close()


@pytest.fixture
def hearing(stage: Stage) -> Hearing:
    stage.hearing.heard.clear()
    stage.hearing.datagrams = 0
    return stage.hearing


@pytest.fixture
def page(stage: Stage) -> Iterator[Page]:
    context = stage.browser.new_context()
    yield context.new_page()
    context.close()


@dataclass
class Outcome:
    """What came of all attempts of a page at once."""

    got: dict[str, str]
    tried: list[str]
    failed: dict[str, str]
    heard: list[str]
    names: set[str]
    datagrams: int
    cookies: int
    banner: bool
    address: str


@pytest.fixture(scope="module", params=[*MODES, f"shut off{UNTOUCHED}"])
def outcome(stage: Stage, request: pytest.FixtureRequest) -> Outcome:
    """All attempts of the evil page, after the bank's was visited."""
    server = stage.servers[request.param.removesuffix(UNTOUCHED)]
    context = stage.browser.new_context()
    if request.param.endswith(UNTOUCHED):
        context.route("**/marsham-replay.js*", lambda route: route.abort())
    page = context.new_page()
    # The bank's page stays open in another tab of the same browser.
    page.goto(f"{server}/web/20110509000000/{BANK}/login", wait_until="networkidle")
    assert "SECRET-page" in content(page).locator("body").inner_text()
    page = context.new_page()
    stage.hearing.heard.clear()
    stage.hearing.datagrams = 0
    page.goto(f"{server}/web/20110509000000/{EVIL}/", wait_until="commit")
    frame = content(page)
    frame.wait_for_function("window.done === true", timeout=60_000)
    page.wait_for_timeout(3500)  # a connection without a word is noticed after three seconds
    made = Outcome(
        got=frame.evaluate("got"),
        tried=frame.evaluate("tried"),
        failed=frame.evaluate("failed"),
        heard=list(stage.hearing.heard),
        names=stage.hearing.names(),
        datagrams=stage.hearing.datagrams,
        cookies=len(context.cookies()),
        banner=page.locator("section.banner").is_visible(),
        address=page.url,
    )
    context.close()
    return made


def content(page: Page):  # type: ignore[no-untyped-def]
    """The frame below the banner, once it holds a page."""
    for _ in range(100):
        with_content = [one for one in page.frames[1:2] if "/web/" in one.url]
        if with_content:
            return with_content[0]
        page.wait_for_timeout(100)
    raise AssertionError([one.url for one in page.frames])


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_of_a_hostile_page_comes_to_nothing(name: str, outcome: Outcome) -> None:
    assert name in outcome.tried
    assert name not in outcome.got
    assert name not in outcome.names


def test_the_live_web_hears_nothing_at_all_of_a_hostile_page(outcome: Outcome) -> None:
    assert outcome.heard == []
    assert outcome.datagrams == 0


def test_the_banner_stands_above_a_hostile_page_and_nothing_stays_in_the_browser(
    outcome: Outcome,
) -> None:
    assert outcome.banner
    assert outcome.address.endswith(f"/web/20110509000000/{EVIL}/")
    assert outcome.cookies == 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", MOVES)
def test_a_page_moves_neither_window_nor_frame_out_of_the_archive(
    kind: str, mode: str, stage: Stage, page: Page, hearing: Hearing
) -> None:
    server = stage.servers[mode]
    page.goto(f"{server}/web/20110509000000/{EVIL}/{kind}")
    page.wait_for_timeout(800)
    assert urlsplit(page.url).netloc == urlsplit(server).netloc
    assert "/web/" in page.url
    assert len(page.context.pages) == 1
    assert [one for one in page.frames if "live.example" in urlsplit(one.url).netloc] == []
    assert hearing.heard == []
    if page.url.endswith(f"{EVIL}/{kind}"):
        assert page.locator("section.banner").is_visible()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("whose", PEERS)
def test_no_packet_leaves_by_webrtc(
    whose: str, mode: str, stage: Stage, page: Page, hearing: Hearing
) -> None:
    # Chromium 156 lets a page crash that takes the connection of another window: that is its own.
    address = f"{stage.servers[mode]}/web/20110509000000/{EVIL}/peer-{whose}"
    with suppress(PlaywrightError):
        page.goto(address, wait_until="commit")
        page.wait_for_timeout(2000)
    assert hearing.datagrams == 0
    assert hearing.heard == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", ["#link", "#plain", "#button", "#text"])
def test_no_click_leads_where_a_script_wants(
    place: str, mode: str, stage: Stage, page: Page, hearing: Hearing
) -> None:
    server = stage.servers[mode]
    page.goto(f"{server}/web/20110509000000/{EVIL}/clicked", wait_until="networkidle")
    content(page).locator(place).click()
    page.wait_for_timeout(800)
    assert urlsplit(page.url).netloc == urlsplit(server).netloc
    assert len(page.context.pages) == 1
    assert hearing.heard == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("modifier", ["id_", "im_", "oe_", "js_"])
@pytest.mark.parametrize("origin", ["", "-there"], ids=["from its own origin", "from the bank's"])
def test_no_page_is_shown_under_the_banner_of_another(
    origin: str, modifier: str, mode: str, stage: Stage, page: Page
) -> None:
    server = stage.servers[mode]
    page.goto(f"{server}/web/20110509000000/{EVIL}/masked-{modifier}{origin}")
    for _ in range(8):
        page.wait_for_timeout(100)
        shown = ""
        try:
            shown = page.frames[1].evaluate("document.body ? document.body.textContent : ''")
        except (PlaywrightError, IndexError):  # between two pages
            continue
        assert "SECRET" not in shown


@pytest.mark.parametrize("mode", MODES)
def test_a_page_that_leads_its_frame_elsewhere_gets_that_pages_banner(
    mode: str, stage: Stage, page: Page
) -> None:
    server = stage.servers[mode]
    page.goto(f"{server}/web/20110509000000/{EVIL}/led")
    page.wait_for_url(f"{server}/web/20110509000000/{BANK}/account")
    assert f"{BANK}/account" in page.locator("section.banner").inner_text()


def test_without_scripts_a_hostile_page_does_nothing(
    stage: Stage, page: Page, hearing: Hearing
) -> None:
    page.goto(f"{stage.without_scripts}/web/20110509000000/{EVIL}/", wait_until="networkidle")
    frame = content(page)
    assert frame.locator("#here").is_visible()
    assert frame.locator("iframe").count() == 0  # it makes one first of all
    assert hearing.heard == []
    for kind in ("top-by-script", "frame-by-refresh"):
        page.goto(f"{stage.without_scripts}/web/20110509000000/{EVIL}/{kind}")
        assert content(page).locator("#here").is_visible()
        assert page.url.endswith(kind)
    assert hearing.heard == []


def test_the_attempts_are_heard_where_nothing_stops_them(stage: Stage, hearing: Hearing) -> None:
    script = attempts(hearing)

    page_by_path = {
        "/": f"<body><script>{script}</script>".encode(),
        "/peer": peer("own", hearing),
    }

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page_by_path.get(self.path, b"")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = stage.browser.new_context()
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/", wait_until="commit")
        page.wait_for_function("window.done === true", timeout=60_000)
        for _ in range(200):
            if set(LIVE) - SILENT <= hearing.names():
                break
            page.wait_for_timeout(100)
        page.goto(f"http://localhost:{server.server_port}/peer")
        page.wait_for_timeout(1500)
        context.close()
        server.shutdown()
    assert set(LIVE) - hearing.names() <= SILENT
    assert hearing.datagrams > 0


LIVE = sorted(re.findall(r'^live\("([a-z-]+)"', SCRIPT, re.MULTILINE))
# What this browser does not do, does later, or does without asking for a name.
SILENT = {
    "attribution", "dns-prefetch", "fetch-later", "frame-of-stored-bytes", "icon", "input-image",
    "manifest", "payment", "policy-report", "preconnect", "prerender", "speculation-rules",
    "svg-use", "track", "web-transport", "worker", "xslt",
}  # fmt: skip
