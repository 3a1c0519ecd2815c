"""Pages captured in a real Chromium: what they ask for is asked by us, exactly, or refused."""

import os
import shutil
import socket
import struct
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from time import monotonic

import pytest

from archiver.capture.browser import Browser, PageLimits
from archiver.capture.chromium import BrowserError
from archiver.capture.link import Hop, Link
from archiver.capture.loaded import Loaded, records_of
from archiver.capture.proxy import Reply, Request
from archiver.capture.verdict import Verdict
from archiver.capture.wire import Limits, Wire
from archiver.errors import NotWritableError
from archiver.fetch.guard import Guard
from archiver.headers import Headers
from archiver.warc import scan, write_record
from tests.builders import chunked
from tests.loopback import LocalAuthority, Loopback, answer

PRODUCT = "marsham-test/1 (+mailto:archive@archive.example)"
HOST = "www.homeoffice.example"
API = "api.homeoffice.example"
QUICK = PageLimits(seconds=20, settle=5)
HTML = (("Content-Type", "text/html; charset=utf-8"),)
SCRIPT = (("Content-Type", "text/javascript"),)
Site = dict[str, bytes]


def png(colour: bytes, width: int = 40, height: int = 30) -> bytes:
    """Make a picture of one colour."""
    rows = (b"\0" + colour * width) * height

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", size)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


def size_of(picture: bytes | None) -> tuple[int, int]:
    assert picture is not None
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


class OtherHosts:
    """Stands for every other service there is, at TCP and UDP; it hears whatever gets out."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for listen in (self._accept, self._receive):
            threading.Thread(target=listen, daemon=True).start()

    def close(self) -> None:
        for each in (self._tcp, self._udp):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                with connection:
                    self.heard.append(b"a connection")

    def _receive(self) -> None:
        with suppress(OSError):
            while part := self._udp.recv(2000):
                self.heard.append(part)


@pytest.fixture(scope="module")
def others() -> Iterator[OtherHosts]:
    others = OtherHosts()
    yield others
    others.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with Browser(PRODUCT, Path(chromium)) as browser:
        yield browser


@dataclass
class Capture:
    """A page that was loaded from a site on this machine, and what was seen at both ends.

    Attributes:
        sent: what the site's servers sent, by URL.
        asked: the requests that were judged.
    """

    url: str
    loaded: Loaded
    sent: dict[str, list[bytes]]
    asked: list[Request]
    servers: list[Loopback]

    def path(self, url: str) -> str:
        return url.partition("://")[2].partition("/")[2]

    @property
    def answered(self) -> list[str]:
        return sorted(self.path(one.request.url) for one in self.loaded.answered)

    @property
    def refused(self) -> set[tuple[str, str, str]]:
        return {(one.request.method, one.request.url, one.rule) for one in self.loaded.refused}

    @property
    def document(self) -> str:
        assert self.loaded.document is not None
        return self.loaded.document.decode()


@contextmanager
def captured(
    browser: Browser,
    site: Site | Callable[[str], bytes | None],
    path: str = "/",
    *,
    limits: PageLimits = QUICK,
    secure: LocalAuthority | None = None,
    at_once: int = 1,
) -> Iterator[Capture]:
    """Load a page of a site on this machine; of other hosts nothing is asked."""
    sent: dict[str, list[bytes]] = {}
    asked: list[Request] = []
    turn = threading.Lock()

    def reply(target: str) -> bytes | None:
        raw = site.get(target) if isinstance(site, dict) else site(target)
        raw = answer(b"", status="404 Not Found") if raw is None else raw
        sent.setdefault(target, []).append(raw)
        return raw

    with ExitStack() as stack:
        server = Loopback(reply)
        if secure:
            server.wrap(secure.serving())
        stack.enter_context(server)
        port = server.authority.partition(":")[2]
        own = frozenset([f"{HOST}:{port}", f"{API}:{port}"])
        wire = stack.enter_context(
            Wire(
                PRODUCT,
                Guard(own, lambda *_: ["127.0.0.1"]),
                Limits(seconds=10, silence=5),
                secure.trusting() if secure else None,
            )
        )

        def ask(request: Request) -> Reply:
            asked.append(request)
            if request.url.partition("://")[2].partition("/")[0] not in own:
                return Verdict(False, "scope: outside host")
            with turn:
                return wire.ask(request.url, request.fields)

        url = f"{'https' if secure else 'http'}://{HOST}:{port}{path}"
        limits = replace(limits, at_once=at_once)
        with browser.load(url, ask, limits=limits) as loaded:
            yield Capture(url, loaded, sent, asked, [server])


def check_bytes(capture: Capture) -> None:
    """Each exchange holds what the server sent, once for every time it was asked."""
    kept: dict[str, list[bytes]] = {}
    for one in capture.loaded.answered:
        raw = one.exchange.response.read()
        assert len(raw) == one.exchange.length
        kept.setdefault("/" + capture.path(one.request.url), []).append(raw)
    assert kept == capture.sent


BUILT = b"""<!doctype html><html lang=en><head><title>Offices</title>
<link rel=stylesheet href=/style.css></head><body><h1>Where we are</h1><ul id=list></ul>
<iframe src=/frame.html width=300 height=60></iframe>
<map name=m><area href=/area#part shape=default></map><a href=mailto:post@homeoffice.example>m</a>
<svg width=9 height=9><a href="/drawn"><rect width=9 height=9 /></a></svg>
<div id=rest></div><script>
const list = document.getElementById('list');
fetch('/offices.json?area=north&x', {headers: {'X-Requested-With': 'page'}})
  .then(answer => answer.json()).then(offices => {
    for (const office of offices) {
      const item = document.createElement('li'), link = document.createElement('a');
      link.href = office.page; link.textContent = office.name;
      item.append(link); list.append(item);
    }
    document.title = offices.length + ' offices';
    const counter = new Worker('/counter.js');
    counter.onmessage = event => list.insertAdjacentHTML('afterend', '<p>' + event.data + '</p>');
  });
fetch('http://api.homeoffice.example:' + location.port + '/open.json', {headers: {'X-Key': '1'}})
  .then(answer => answer.text()).then(text => { document.body.dataset.open = text; });
for (let at = 0; at < 5; at++)
  document.getElementById('rest').insertAdjacentHTML('beforeend',
    '<p style="height: 1500px">Section ' + at + '</p><img loading=lazy src="/lazy' + at + '.png">');
const picture = new Image(); picture.src = '/moved.png'; document.body.prepend(picture);
console.error('one error');
const box = document.createElement('div'); document.body.append(box);
box.attachShadow({mode: 'open'}).innerHTML = '<a href="/in-the-shade">x</a>';
</script></body></html>"""


def built_site() -> Site:
    offices = b'[{"name": "Croydon", "page": "/croydon#top"}, {"name": "Leeds", "page": "/leeds"}]'
    lazy = {
        f"/lazy{at}.png": answer(png(b"\x20\x80\xc0"), fields=(("Content-Type", "image/png"),))
        for at in range(5)
    }
    return {
        "/": answer(BUILT, fields=HTML),
        "/style.css": answer(
            b"h1 { color: #005ea5; font: 40px sans-serif } body { background: #eee }",
            fields=(("Content-Type", "text/css"),),
        ),
        "/offices.json?area=north&x": answer(
            chunked(offices, 7), fields=(("Transfer-Encoding", "chunked"),), length=None
        ),
        "/open.json": answer(b"open data", fields=(("Access-Control-Allow-Origin", "*"),)),
        "/frame.html": answer(b"<p>in a frame<img src=/framed.png>", fields=HTML),
        "/framed.png": answer(png(b"\xff\0\0"), fields=(("Content-Type", "image/png"),)),
        "/counter.js": answer(b"importScripts('/count.js'); postMessage(count());", fields=SCRIPT),
        "/count.js": answer(
            b"self.count = () => 'counted by ' + navigator.userAgent.slice(-60);", fields=SCRIPT
        ),
        "/moved.png": answer(b"", status="302 Found", fields=(("Location", "/where/it is.png"),)),
        "/where/it%20is.png": answer(png(b"\0\xff\0"), fields=(("Content-Type", "image/png"),)),
        **lazy,
    }


def test_a_page_made_by_scripts_is_captured_with_all_it_asks_for(browser: Browser) -> None:
    site = built_site()
    with captured(browser, site, at_once=4) as capture:
        loaded = capture.loaded
        assert loaded.fault == ""
        check_bytes(capture)
        assert capture.answered == sorted([*(path[1:] for path in site), "favicon.ico"])
        assert loaded.final_url == capture.url
        assert loaded.title == "2 offices"
        assert loaded.errors == 2  # the page's own, and the icon there is not
        assert '<li><a href="/croydon#top">Croydon</a></li>' in capture.document
        assert "counted by" in capture.document
        assert f"{PRODUCT}</p>" in capture.document
        assert 'data-open="open data"' in capture.document
        assert capture.document.startswith('<!DOCTYPE html>\n<html lang="en">')
        root = capture.url[:-1]
        assert set(loaded.links) == {
            Link(f"{root}/frame.html", Hop.EMBED, "iframe/@src"),
            Link(f"{root}/area", Hop.LINK, "area/@href"),
            Link(f"{root}/drawn", Hop.LINK, "a/@href"),
            Link(f"{root}/croydon", Hop.LINK, "a/@href"),
            Link(f"{root}/leeds", Hop.LINK, "a/@href"),
            Link(f"{root}/in-the-shade", Hop.LINK, "a/@href"),
        }
        assert '<template shadowrootmode="open"><a href="/in-the-shade">' in capture.document
        width, height = size_of(loaded.screenshot)
        assert width == 1280
        assert 7_500 < height < 9_500
        if place := os.environ.get("MARSHAM_KEEP_SCREENSHOT"):
            Path(place).write_bytes(loaded.screenshot or b"")


def test_what_is_asked_for_says_who_asks_and_how_it_was_found(browser: Browser) -> None:
    with captured(browser, built_site()) as capture:
        (server,) = capture.servers
        assert {head["user-agent"] for head in server.heads} == {capture.loaded.user_agent}
        assert capture.loaded.user_agent.startswith("Mozilla/5.0 ")
        assert capture.loaded.user_agent.endswith(PRODUCT)
        assert "Headless" not in capture.loaded.user_agent
        assert {head["accept-language"].split(",")[0] for head in server.heads} == {"en-GB"}
        assert not any("range" in head or "if-none-match" in head for head in server.heads)
        hops = {capture.path(request.url): request.hop for request in capture.asked}
        assert hops.pop("") is None
        assert set(hops.values()) == {Hop.EMBED}
        style = server.asked.index("/style.css")
        assert server.heads[style]["referer"] == capture.url
        assert not any(name.startswith("role-") for head in server.heads for name in head)


def test_a_redirect_and_a_script_that_moves_on_are_told_apart_from_the_page(
    browser: Browser,
) -> None:
    site = {
        "/": answer(b"", status="301 Moved Permanently", fields=(("Location", "/new"),)),
        "/new": answer(b"<script>location = '/newer'</script>", fields=HTML),
        "/newer": answer(b"<title>Here</title><iframe src=/frame>", fields=HTML),
        "/frame": answer(b"<script>location = '/frame2'</script>", fields=HTML),
        "/frame2": answer(b"framed", fields=HTML),
    }
    with captured(browser, site) as capture:
        check_bytes(capture)
        assert capture.loaded.final_url == capture.url + "newer"
        assert capture.loaded.title == "Here"
        hops = {capture.path(one.url): one.hop for one in capture.asked}
        assert hops.pop("favicon.ico") is Hop.EMBED
        assert hops == {
            "": None,
            "new": Hop.REDIRECT,
            "newer": Hop.REDIRECT,
            "frame": Hop.EMBED,
            "frame2": Hop.EMBED,
        }


def test_a_secure_page_is_captured_and_its_server_is_asked_for_its_own_certificate(
    browser: Browser, tmp_path: Path
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    authority = LocalAuthority.make(tmp_path, f"DNS:{HOST}")
    page = b"""<title>x</title><script>fetch('/data').then(answer => answer.text())
        .then(text => document.title = text + isSecureContext)</script>"""
    site = {"/": answer(page, fields=HTML), "/data": answer(b"secure: ")}
    with captured(browser, site, secure=authority) as capture:
        check_bytes(capture)
        assert capture.loaded.title == "secure: true"
        assert {one.exchange.tls is not None for one in capture.loaded.answered} == {True}
    with captured(browser, site, secure=authority) as capture:
        assert capture.loaded.title == "secure: true"  # nothing is left of the first visit
        assert len(capture.sent["/data"]) == 1


def test_a_server_that_nobody_vouches_for_is_not_captured(browser: Browser, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    authority = LocalAuthority.make(tmp_path, "DNS:another.example")
    with captured(browser, {"/": answer(b"x", fields=HTML)}, secure=authority) as capture:
        assert capture.loaded.answered == ()
        assert capture.loaded.document is None
        assert capture.loaded.fault != ""
        assert "certificate" in capture.loaded.failed[0].error.reason


OUTWARD = b"""<title>x</title><link rel=dns-prefetch href=//names.example>
<link rel=preconnect href=http://127.0.0.1:PORT><link rel=prefetch href=http://127.0.0.1:PORT/next>
<img src=http://127.0.0.1:PORT/pixel><img src=http://other.example/pixel>
<script src=https://127.0.0.1:PORT/script></script><a id=a
ping=http://127.0.0.1:PORT/p href=#x>x</a>
<iframe src=http://127.0.0.1:PORT/frame></iframe><script>
navigator.sendBeacon('/beacon', 'seen');
fetch('/form', {method: 'POST', body: 'a=b'}).catch(() => 0);
fetch('/form', {method: 'PUT', body: 'a=b'}).catch(() => 0);
new WebSocket('ws://' + location.host + '/live');
new WebSocket('ws://127.0.0.1:PORT/live'); new WebSocket('wss://127.0.0.1:PORT/live');
new EventSource('/events');
document.getElementById('a').click();
try { new WebTransport('https://127.0.0.1:PORT/w').ready.catch(() => 0); } catch {}
const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'},
  {urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'a', credential: 'b'}]});
window.candidates = [];
peer.onicecandidate = event => event.candidate && candidates.push(event.candidate.candidate);
peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
setTimeout(() => { document.title = 'candidates: ' + candidates.join(); }, 1500);
setTimeout(() => fetch('/late'), 700); setTimeout(() => fetch('/later'), 1400);
navigator.serviceWorker?.register('/service.js');
</script>"""


def test_nothing_gets_past_the_rules_and_all_that_is_refused_is_told(
    browser: Browser, others: OtherHosts
) -> None:
    page = OUTWARD.replace(b"PORT", str(others.port).encode())
    with captured(browser, {"/": answer(page, fields=HTML)}) as capture:
        check_bytes(capture)
        (server,) = capture.servers
        assert {request.split(b" ")[0] for request in server.requests} == {b"GET"}
        assert set(server.asked) == {"/", "/late", "/later", "/favicon.ico"}
        root, other = capture.url, f"http://127.0.0.1:{others.port}"
        outside = "scope: outside host"
        assert capture.refused >= {
            ("POST", f"{root}beacon", "method: POST"),
            ("POST", f"{root}form", "method: POST"),
            ("PUT", f"{root}form", "method: PUT"),
            ("GET", f"{root}live", "method: websocket"),
            ("GET", f"{other}/live", "method: websocket"),
            ("GET", f"{root}events", "browser: a stream without an end"),
            ("GET", f"{other}/pixel", outside),
            ("GET", f"{other}/frame", outside),
            ("GET", "http://other.example/pixel", outside),
            ("GET", f"https://127.0.0.1:{others.port}/script", outside),
        }
        assert capture.loaded.title in ("x", "candidates:")  # no address of this machine
    assert others.heard == []


def test_windows_and_questions_are_dismissed_and_what_they_lead_to_is_told(
    browser: Browser,
) -> None:
    page = b"""<title>x</title><script>
    onbeforeunload = () => 'stay'; alert('a'); confirm('b'); prompt('c'); print();
    open('/window#part'); open('mailto:a@archive.example'); open('javascript:alert(1)');
    const link = document.createElement('a'); link.target = '_blank'; link.href = '/other';
    link.click(); document.title = 'went on';
    const file = document.createElement('a'); file.href = '/file.zip'; file.download = 'file.zip';
    document.body.append(file); file.click();
    Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => 0);
    </script>"""
    with captured(
        browser, {"/": answer(page, fields=HTML), "/file.zip": answer(b"zip")}
    ) as capture:
        assert capture.loaded.title == "went on"
        root = capture.url[:-1]
        assert capture.loaded.links == (
            Link(f"{root}/window", Hop.LINK, "window.open"),
            Link(f"{root}/other", Hop.LINK, "window.open"),
        )
        assert not {"/window", "/other"} & set(capture.sent)
        assert capture.loaded.fault == ""


@pytest.mark.parametrize("kind", ["poll", "refused", "reload", "worker", "scroll"])
def test_a_page_that_never_ends_is_read_within_its_time(browser: Browser, kind: str) -> None:
    scripts = {
        "poll": b"setInterval(() => fetch('/poll?' + Math.random()), 50)",
        "refused": b"setInterval(() => fetch('/poll', {method: 'POST'}), 1)",
        "reload": b"setTimeout(() => location.reload(), 300)",
        "worker": b"new Worker('/worker.js')",
        "scroll": b"onscroll = () => document.body.insertAdjacentHTML('beforeend', "
        b"'<p style=height:2000px>more<img src=/more?' + Math.random() + '>')",
    }
    site = {
        "/": answer(
            b"<p style='height: 3000px'>x</p><script>" + scripts[kind] + b"</script>", fields=HTML
        ),
        "/worker.js": answer(
            b"setInterval(() => fetch('/poll?' + Math.random()), 50)", fields=SCRIPT
        ),
    }
    limits = replace(QUICK, seconds=4, settle=1.5, requests=60)
    began = monotonic()
    with captured(
        browser, lambda target: site.get(target, answer(b"more", fields=HTML)), limits=limits
    ) as capture:
        assert monotonic() - began < 15
        assert len(capture.loaded.answered) <= 60
        assert len(capture.loaded.refused) <= 60
        check_bytes(capture)
        assert capture.document.startswith("<html><head></head><body><p style")
        assert size_of(capture.loaded.screenshot)[0] == 1280


def test_a_page_higher_than_is_allowed_is_pictured_to_there(browser: Browser) -> None:
    page = b"<p style='height: 300000px; background: linear-gradient(red, blue)'>x</p>"
    with captured(browser, {"/": answer(page, fields=HTML)}) as capture:
        assert size_of(capture.loaded.screenshot) == (1280, 16_384)
        assert capture.loaded.fault == ""


def test_what_a_document_names_does_not_hide_what_it_is(browser: Browser) -> None:
    page = b"""<title>Home Office</title><base href=/crime/><img name=title>
    <img name=documentElement><img name=URL><img name=querySelectorAll><img name=body>
    <form name=doctype></form>
    <form><input name=shadowRoot><input name=attributes></form><a href=police>x</a><script>
    URL = null; Array.prototype.push = () => { throw 1 }; JSON.stringify = () => 'nothing';
    Object.getOwnPropertyDescriptor = null; Document.prototype.querySelectorAll = () => [];
    Element.prototype.getHTML = null; window.scrollTo = () => { throw 1 };
    Object.defineProperty(Document.prototype, 'title', {get: () => 'a lie'});
    </script>"""
    with captured(browser, {"/": answer(page, fields=HTML)}) as capture:
        assert capture.loaded.title == "Home Office"
        assert capture.loaded.links == (Link(f"{capture.url}crime/police", Hop.LINK, "a/@href"),)
        assert capture.loaded.fault == ""
        assert '<form name="doctype">' in capture.document


@pytest.mark.parametrize(
    ("raw", "fault", "document"),
    [
        (
            answer(b"PK", fields=(("Content-Type", "application/zip"),)),
            "the answer is a file to be saved, and no page to be shown",
            None,
        ),
        (answer(b"", fields=HTML), "", b"<html><head></head><body></body></html>"),
        (
            answer(b"<p>gone", status="404 Not Found", fields=HTML),
            "",
            b"<html><head></head><body><p>gone</p></body></html>",
        ),
        (answer(png(b"\0\0\0"), fields=(("Content-Type", "image/png"),)), "", None),
        (answer(b'{"a": 1}', fields=(("Content-Type", "application/json"),)), "", None),
        (
            answer(b"<p>less than promised</p>" * 1000, fields=HTML, length=1_000_000),
            "the page was not loaded to its end when it was read",
            b"<html><head></head><body><p>less than promised</p>",
        ),
        (
            answer(b"x", fields=(*HTML, ("Content-Encoding", "gzip"))),
            "the page was not loaded to its end when it was read",
            None,
        ),
        (
            answer(
                b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
                fields=(("Content-Type", "application/xhtml+xml"),),
            ),
            "",
            b'<html xmlns="http://www.w3.org/1999/xhtml"><body></body></html>',
        ),
    ],
)
def test_whatever_is_answered_is_kept_and_what_is_no_page_is_told(
    browser: Browser, raw: bytes, fault: str, document: bytes | None
) -> None:
    with captured(browser, {"/": raw}) as capture:
        check_bytes(capture)
        assert capture.loaded.fault.startswith(fault)
        assert fault or not capture.loaded.fault
        given = capture.loaded.document
        assert (given is None) == (document is None)
        assert (given or b"").startswith(document or b"")


@pytest.mark.parametrize("rest", [b"", b"<p>more"])
def test_a_page_that_moves_on_to_what_is_refused_is_read_as_far_as_it_came(
    browser: Browser, rest: bytes
) -> None:
    page = rest + b"<script>location = 'http://other.example/'</script><p>behind"
    with captured(browser, {"/": answer(page, fields=HTML)}) as capture:
        assert capture.refused == {("GET", "http://other.example/", "scope: outside host")}
        assert [one.request.hop for one in capture.loaded.refused] == [Hop.REDIRECT]
        assert capture.loaded.final_url == capture.url
        assert capture.loaded.fault == "the page was not loaded to its end when it was read"
        assert (capture.loaded.screenshot is None) == (rest == b"")


def test_a_page_that_is_refused_shows_nothing_and_says_so(browser: Browser) -> None:
    with browser.load(
        "http://www.homeoffice.example/",
        lambda _: Verdict(False, "robots: Disallow /"),
        limits=QUICK,
    ) as loaded:
        assert [one.rule for one in loaded.refused] == ["robots: Disallow /"]
        assert (loaded.document, loaded.screenshot, loaded.final_url) == (None, None, "")
        assert loaded.fault.startswith("the page could not be opened")
        assert list(records_of(loaded)) == []


def test_an_error_of_our_own_ends_the_visit_and_is_raised(browser: Browser) -> None:
    def ask(request: Request) -> Reply:
        raise NotWritableError("a folder", "No space left on device")

    with pytest.raises(NotWritableError):
        browser.load("http://www.homeoffice.example/", ask, limits=QUICK)


def processes_of(group: int) -> set[int]:
    found = set()
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if os.getpgid(int(place.name)) == group and place.joinpath("cmdline").read_bytes():
                found.add(int(place.name))
    return found


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (b"setTimeout(() => { for (;;); }, 400)", "the browser did not answer within "),
        (b"for (;;);", "the browser did not answer within "),
        (
            b"const held = []; setInterval(() => { const one = new Uint8Array(1 << 26);"
            b" crypto.getRandomValues(one.subarray(0, 65536)); one.fill(7); held.push(one); }, 20)",
            "the browser took more than 700 MiB of memory",
        ),
    ],
)
def test_a_browser_that_hangs_or_takes_too_much_is_ended_and_the_next_page_gets_another(
    chromium: str, script: bytes, fault: str
) -> None:
    page = b"<title>x</title><script>" + script + b"</script>"
    limits = replace(QUICK, seconds=3, settle=2, reading=1, memory=700 << 20)
    with Browser(PRODUCT, Path(chromium)) as own:
        began = monotonic()
        with captured(own, {"/": answer(page, fields=HTML)}, limits=limits) as capture:
            assert capture.loaded.fault.startswith(fault)
            assert "" in capture.answered
            check_bytes(capture)
        assert monotonic() - began < 25
        with captured(own, {"/": answer(b"<title>well</title>", fields=HTML)}) as capture:
            assert capture.loaded.title == "well"
            assert capture.loaded.fault == ""


def test_a_crashed_page_is_a_fault_and_not_the_end(browser: Browser) -> None:
    # The browser's own address for it; a page cannot go there, so the visit begins there.
    with browser.load("chrome://crash/", lambda _: Verdict(False, "x"), limits=QUICK) as loaded:
        assert loaded.fault != ""
    with captured(browser, {"/": answer(b"<title>well</title>", fields=HTML)}) as capture:
        assert capture.loaded.title == "well"


def test_nothing_of_a_browser_is_left_behind(
    chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Path(tempfile.mkdtemp())  # Chromium takes no long path for its socket
    monkeypatch.setenv("TMPDIR", str(short))
    monkeypatch.setattr("tempfile.tempdir", str(short))
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    with Browser(PRODUCT, Path(chromium)) as own:
        assert own.user_agent.endswith(PRODUCT)
        group = own.group
        assert len(processes_of(group)) > 2
        assert b"secret" not in Path(f"/proc/{group}/environ").read_bytes()
    end = time.monotonic() + 20  # what was killed has still to be collected by the system
    while processes_of(group) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_of(group) == set()
    short.rmdir()  # so it is empty


def test_without_chromium_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        pytest.raises(BrowserError, match=r"no Chromium at .*/nowhere; give the path"),
        Browser(PRODUCT, tmp_path / "nowhere") as own,
    ):
        own.load("http://www.homeoffice.example/", lambda _: Verdict(False, "x"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(BrowserError, match="apt install chromium"), Browser(PRODUCT) as own:
        own.load("http://www.homeoffice.example/", lambda _: Verdict(False, "x"))


@pytest.mark.parametrize("missing", ["playwright.sync_api", "cryptography"])
def test_without_its_packages_it_is_told_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with (
        pytest.raises(BrowserError, match=r"pip install 'marsham\[browser\]'"),
        Browser(PRODUCT) as own,
    ):
        own.load("http://www.homeoffice.example/", lambda _: Verdict(False, "x"))


def test_a_program_that_is_no_browser_is_told(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    with (
        pytest.raises(BrowserError, match="Chromium did not start"),
        Browser(PRODUCT, program) as own,
    ):
        own.load("http://www.homeoffice.example/", lambda _: Verdict(False, "x"))


def test_the_picture_and_the_document_are_records_of_their_own(
    browser: Browser, tmp_path: Path
) -> None:
    with captured(browser, {"/": answer(b"<p>caf&eacute;", fields=HTML)}) as capture:
        identity = "<urn:uuid:11111111-2222-4333-8444-555555555555>"
        picture, document = records_of(capture.loaded, identity)
        path = tmp_path / "made.warc.gz"
        with path.open("wb") as out:
            for record in (picture, document):
                write_record(out, record)
        records = [found for found in scan(path) if isinstance(found.headers, Headers)]
        assert [(found.kind, found.target) for found in records] == [
            ("resource", f"urn:fullPage:{capture.url}"),
            ("conversion", capture.url),
        ]
        assert picture.block == capture.loaded.screenshot
        assert document.block == "<html><head></head><body><p>café</p></body></html>".encode()
        assert records[1].headers.get("Content-Type") == "text/html;charset=utf-8"
        assert records[1].headers.get("WARC-Refers-To") == identity
        assert isinstance(picture.block, bytes)
        assert BytesIO(picture.block).read(4) == b"\x89PNG"
