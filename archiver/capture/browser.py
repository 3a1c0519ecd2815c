"""Pages loaded in a browser, for those whose content is made by scripts.

Chromium runs behind a `Proxy` of our own and has no other way out. Nothing is clicked, typed or
sent: a page is opened, scrolled through, waited for, and read.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from archiver.capture.certificate import ProxyCertificate
from archiver.capture.chromium import BrowserError, Chromium, Watch
from archiver.capture.cookies import Cookie
from archiver.capture.link import Hop, Link
from archiver.capture.loaded import Loaded
from archiver.capture.proxy import Ask, Proxy, Request
from archiver.capture.verdict import Verdict

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page

__all__ = ["Browser", "PageLimits"]

_WIDTH, _HEIGHT = 1280, 1024  # of the window, in pixels
_STEP = 0.1  # seconds between two looks at whether a page is quiet
_STEP_WAIT = 1.0  # seconds that what came into view may take before the page is scrolled on
_PICTURE = 20.0
_STUCK = 4  # times as long as what is quiet, when it never got to be loaded
_POPUPS = 1000
_MOVES = 5  # times that a page may move on while it is read
_TOO_LATE = "browser: the page was read"
_KINDS = ("text/html", "application/xhtml+xml")
_WORLD = "marsham"
_NO_PAGE = Verdict(False, "browser: no page is wanted")

# These run in a world of their own, where nothing that a page's scripts put in place of the
# browser's functions is seen. What a document names (`<img name=title>`) hides the document's own
# properties there as well, so these are taken from where they are defined.
_READ = """(limits => {
  const own = (kind, name) => Object.getOwnPropertyDescriptor(kind.prototype, name).get;
  const top = own(Document, 'documentElement').call(document);
  const find = root => (root === document ? Document : DocumentFragment)
    .prototype.querySelectorAll.call(root, '*');
  const shadow = own(Element, 'shadowRoot');
  const roots = [document], links = [];
  const absolute = (text, base) => URL.canParse(text, base) ? new URL(text, base).href : '';
  const note = (url, hop, where) => {
    if (/^https?:/.test(url) && url.length <= limits.address && links.length < limits.links)
      links.push([url, hop, where]);
  };
  for (let at = 0; at < roots.length && at < limits.roots; at++)
    for (const one of find(roots[at])) {
      const root = shadow.call(one);
      if (root) roots.push(root);
      if (one instanceof HTMLAnchorElement) note(one.href, 'L', 'a/@href');
      else if (one instanceof HTMLAreaElement) note(one.href, 'L', 'area/@href');
      else if (one instanceof HTMLIFrameElement) note(one.src, 'E', 'iframe/@src');
      else if (one instanceof HTMLFrameElement) note(one.src, 'E', 'frame/@src');
      else if (one instanceof SVGAElement)
        note(absolute(one.href.baseVal, one.baseURI), 'L', 'a/@href');
    }
  let text = null;
  if (top) {
    const type = own(Document, 'doctype').call(document);
    const tag = Node.prototype.cloneNode.call(top, false);
    const outer = own(Element, 'outerHTML');
    text = roots.length > 1 && top instanceof HTMLHtmlElement
      ? outer.call(tag).replace(/<\\/html>$/, '')
        + Element.prototype.getHTML.call(top, {shadowRoots: roots.slice(1)}) + '</html>'
      : outer.call(top);
    if (type) text = new XMLSerializer().serializeToString(type) + '\\n' + text;
  }
  const long = text !== null && text.length > limits.text;
  return {
    url: own(Document, 'URL').call(document),
    kind: own(Document, 'contentType').call(document),
    title: own(Document, 'title').call(document).slice(0, limits.address),
    body: own(Document, 'body').call(document) !== null,
    links, long, text: long ? null : text,
  };
})"""
_SCROLL = """(to => {
  window.scrollTo({top: to, behavior: 'instant'});
  const top = Object.getOwnPropertyDescriptor(Document.prototype, 'scrollingElement')
    .get.call(document);
  return [window.innerHeight, top ? top.scrollHeight : 0];
})"""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What one page may take.

    Attributes:
        seconds: until it is read, whatever it still does.
        settle: seconds to wait for it to become quiet, once it is loaded and once it is scrolled.
        quiet: for how many seconds nothing must be asked for to call it quiet.
        requests: most requests that are asked.
        total: bytes of answers after which no more is asked.
        at_once: how many requests are asked at a time.
        height: pixels that are scrolled through and pictured.
        text: characters of its document.
        links: most links that are read out of it.
        reading: seconds that it may take to be read once its time is up.
        memory: bytes that the browser's processes may hold.
    """

    seconds: float = 120.0
    settle: float = 15.0
    quiet: float = 0.75
    requests: int = 2000
    total: int = 1 << 29
    at_once: int = 6
    height: int = 16_384
    text: int = 1 << 25
    links: int = 50_000
    reading: float = 60.0
    memory: int = 3 << 30


@dataclass(slots=True)
class _Seen:
    """What was learnt of a page so far."""

    final_url: str = ""
    title: str = ""
    links: list[Link] = field(default_factory=list)
    popups: list[Link] = field(default_factory=list)
    document: bytes | None = None
    document_type: str = ""
    screenshot: bytes | None = None
    errors: int = 0
    faults: list[str] = field(default_factory=list)
    navigations: int = 0


class Browser:
    """A Chromium that is started when a page is first loaded; a context manager.

    It loads one page at a time, in a thread of its own, whatever thread asks for it. Each page gets
    an empty profile: no cookie, cache or stored value is left of the one before.
    After a fault the next page gets a new Chromium.
    """

    def __init__(self, product: str, executable: Path | None = None) -> None:
        """Make one; nothing is started yet.

        Args:
            product: what stands behind Chromium's own name in its User-Agent: our product and how
                to reach a person.
            executable: where Chromium is; without it, it is looked for.
        """
        self._product = product
        self._executable = executable
        self._certificate: ProxyCertificate | None = None
        self._chromium: Chromium | None = None
        # What drives it belongs to the thread it was made in, and to one that has no event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def user_agent(self) -> str:
        """What the browser tells scripts it is, and servers are told; starts it.

        Raises:
            BrowserError: as for `load`.
        """
        return self._thread.submit(self._named).result()

    @property
    def group(self) -> int:
        """The process group in which Chromium runs; 0 while it does not."""
        return self._chromium.group if self._chromium else 0

    def close(self) -> None:
        """End Chromium, if it runs; what is being loaded is at its end then. Not to be undone."""
        with suppress(RuntimeError):  # closed before
            self._thread.submit(self._end)
        self._thread.shutdown()

    def fields(self, scheme: str) -> tuple[tuple[str, str], ...]:
        """Give the fields with which it asks for a page, in its order; starts it.

        They are taken from a question of its own, which is not passed on.

        Args:
            scheme: ``http`` or ``https``; over one of them it tells more of itself.

        Raises:
            BrowserError: as for `load`.
        """
        heard: list[Request] = []

        def ask(request: Request) -> Verdict:
            heard.append(request)
            return _NO_PAGE

        limits = PageLimits(seconds=10.0, settle=0.0, quiet=0.0)
        with self.load(f"{scheme}://page.example/", ask, limits=limits) as loaded:
            if not heard:
                raise BrowserError(f"Chromium opened no page: {loaded.fault}")
        return heard[0].fields

    def kill(self) -> None:
        """End Chromium at once, from any thread; a page that is being loaded has its fault then."""
        if self._chromium:
            self._chromium.kill()

    def load(
        self,
        url: str,
        ask: Ask,
        *,
        limits: PageLimits | None = None,
        cookies: Iterable[Cookie] = (),
    ) -> Loaded:
        """Load a page, and give what it asked for and what it came to.

        Args:
            url: the page; it is asked for through `ask` as well.
            ask: gives an answer, or the verdict that refuses it, for each request; see `Proxy`.
            limits: what the page may take.
            cookies: of the page's server; they are there for its scripts as well. What it cannot
                take is left out.

        Raises:
            BrowserError: when there is no playwright or Chromium, or it does not start. What goes
                wrong later is the page's `fault`; what was answered before is never lost.
            Exception: what `ask` raises besides `FetchError`, once the page is closed.
        """
        limits = limits or PageLimits()
        return self._thread.submit(self._load, url, ask, limits, tuple(cookies)).result()

    def _load(self, url: str, ask: Ask, limits: PageLimits, cookies: tuple[Cookie, ...]) -> Loaded:
        chromium = self._running()
        began, seen = monotonic(), _Seen()
        bounds = {
            "requests": limits.requests,
            "total": limits.total,
            "at_once": limits.at_once,
        }
        user_agent = self._named()
        with Proxy(ask, user_agent, self._certificate, **bounds) as proxy:
            patience = limits.seconds + limits.reading
            watch = Watch(chromium.group, seconds=patience, memory=limits.memory)
            with watch:
                self._visit(chromium, url, proxy, limits, cookies, seen)
            if watch.reason:
                seen.faults = [watch.reason]
        if not chromium.running:
            self._end()
        loaded = Loaded(
            url=url,
            final_url=seen.final_url,
            title=seen.title,
            links=tuple(dict.fromkeys([*seen.links, *seen.popups])),
            document=seen.document,
            document_type=seen.document_type,
            screenshot=seen.screenshot,
            answered=tuple(proxy.answered),
            refused=tuple(proxy.refused),
            failed=tuple(proxy.failed),
            requests=proxy.requests,
            errors=seen.errors,
            loaded_at=datetime.now(UTC),
            seconds=monotonic() - began,
            user_agent=user_agent,
            fault="; ".join(seen.faults),
        )
        if proxy.fault is not None:
            with loaded:
                raise proxy.fault
        return loaded

    def _named(self) -> str:
        return f"{self._running().user_agent} {self._product}"

    def _end(self) -> None:
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            chromium.close()

    def _running(self) -> Chromium:
        if self._chromium is not None and not self._chromium.running:
            self._end()
        if self._chromium is None:
            try:
                self._certificate = self._certificate or ProxyCertificate.make()
            except ImportError as error:
                reason = "capturing with a browser needs the package cryptography"
                install = "install it with: pip install 'marsham[browser]'"
                raise BrowserError(f"{reason}; {install}") from error
            self._chromium = Chromium(self._certificate, self._executable)
        return self._chromium

    def _visit(
        self,
        chromium: Chromium,
        url: str,
        proxy: Proxy,
        limits: PageLimits,
        cookies: tuple[Cookie, ...],
        seen: _Seen,
    ) -> None:
        from playwright.sync_api import Error

        try:
            context = chromium.controlled.new_context(
                proxy={"server": f"http://127.0.0.1:{proxy.port}"},
                user_agent=self._named(),
                viewport={"width": _WIDTH, "height": _HEIGHT},
                service_workers="block",  # an archive has the answers, and no worker to give them
                accept_downloads=False,
            )
        except Error as error:
            seen.faults.append(f"the browser opened no window: {_words(error)}")
            return
        try:
            _seed(context, url, cookies)
            page = context.new_page()
            _Opened(page, url, proxy, limits, seen).read()
        except Error as error:
            seen.faults.append(f"the browser stopped: {_words(error)}")
        finally:
            with suppress(Error):
                context.close()


class _Opened:
    """One page while it is open."""

    def __init__(
        self, page: "Page", url: str, proxy: Proxy, limits: PageLimits, seen: _Seen
    ) -> None:
        self._page = page
        self._url = url
        self._proxy = proxy
        self._limits = limits
        self._seen = seen
        self._until = monotonic() + limits.seconds
        self._loaded = False
        self._to_be_seen = False
        self._session: CDPSession = page.context.new_cdp_session(page)
        tree = self._session.send("Page.getFrameTree")
        self._frame = str(tree["frameTree"]["frame"]["id"])
        self._listen()

    def read(self) -> None:
        """Open the page, see it through, and read it."""
        went_wrong = self._open()
        self._loaded = self._loaded or bool(went_wrong)
        quiet = self._settle() and self._scroll() and self._settle()
        late = monotonic() >= self._until
        rule = f"browser: more than {self._limits.seconds:.0f} seconds" if late else _TOO_LATE
        self._proxy.shut(rule)
        if not quiet:
            self._seen.faults.append("the page was still asking for more when it was read")
        elif not self._loaded:
            self._seen.faults.append("the page was not loaded to its end when it was read")
        if not self._read_document():
            self._seen.faults = [went_wrong or "the browser showed nothing"]
        elif self._to_be_seen:
            self._picture()

    def _listen(self) -> None:
        page, session, seen = self._page, self._session, self._seen

        def count(*_: object) -> None:
            seen.errors += 1

        page.on("console", lambda message: count() if message.type == "error" else None)
        page.on("pageerror", count)
        page.on("load", self._note_load)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.on("download", lambda download: download.cancel())
        page.context.on("page", lambda other: other.close() if other is not page else None)
        session.on("Page.windowOpen", self._note_window)
        session.send("Page.enable")
        session.on("Fetch.requestPaused", self._tell_role)
        document = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Request"}
        session.send("Fetch.enable", {"patterns": [document]})

    def _note_load(self, _: object) -> None:
        self._loaded = True

    def _note_window(self, event: dict[str, Any]) -> None:
        url = urldefrag(str(event.get("url", ""))).url
        if url.startswith(("http://", "https://")) and len(self._seen.popups) < _POPUPS:
            self._seen.popups.append(Link(url, Hop.LINK, "window.open"))

    def _tell_role(self, event: dict[str, Any]) -> None:
        # The proxy cannot see which document is the page's and which is a frame's.
        from playwright.sync_api import Error

        answer: dict[str, Any] = {"requestId": event["requestId"]}
        if event.get("frameId") == self._frame:
            role = "redirect" if self._seen.navigations else "page"
            self._seen.navigations += 1
            self._loaded = False
            fields = [*event["request"]["headers"].items(), (self._proxy.role_field, role)]
            answer["headers"] = [{"name": name, "value": value} for name, value in fields]
        with suppress(Error):  # the page went on without waiting
            self._session.send("Fetch.continueRequest", answer)

    def _open(self) -> str:
        """Go to the page; give what went wrong, in words."""
        from playwright.sync_api import Error, TimeoutError

        try:
            left = max(self._until - monotonic(), 1) / 2
            self._page.goto(self._url, wait_until="commit", timeout=left * 1000)
        except TimeoutError:
            return "the page's address was not answered in time"
        except Error as error:
            said = _words(error)
            if "Download is starting" in said:
                return "the answer is a file to be saved, and no page to be shown"
            return f"the page could not be opened: {said}"
        return ""

    def _settle(self) -> bool:
        """Wait for the page to be quiet; tell whether it was.

        A page that moves on while its document is read, and is refused that, is never loaded.
        """
        until = min(self._until, monotonic() + self._limits.settle)
        quiet = self._limits.quiet
        while self._proxy.idle < (quiet if self._loaded else quiet * _STUCK):
            if monotonic() >= until:
                return False
            self._page.wait_for_timeout(_STEP * 1000)
        return True

    def _scroll(self) -> bool:
        """Scroll through the page, so that what waits to be seen is asked for, and back."""
        at = 0
        while monotonic() < self._until:
            step, height = self._run(_SCROLL, at)
            until = min(self._until, monotonic() + _STEP_WAIT)
            self._page.wait_for_timeout(_STEP * 1000)
            while self._proxy.idle < _STEP and monotonic() < until:
                self._page.wait_for_timeout(_STEP * 1000)
            at += max(int(step), 1)
            if at >= min(max(int(height), 0), self._limits.height):
                break
        self._run(_SCROLL, 0)
        return monotonic() < self._until

    def _read_document(self) -> bool:
        """Read the document; tell whether one was shown."""
        limits, seen = self._limits, self._seen
        bounds = {"links": limits.links, "text": limits.text, "address": 1 << 16, "roots": 10_000}
        found = self._run(_READ, bounds)
        url = urldefrag(str(found["url"])).url
        if not url.startswith(("http://", "https://")):
            return False  # an empty window, or the browser's own page about an error
        seen.final_url, seen.title = url, str(found["title"])
        seen.links = [
            Link(urldefrag(str(to)).url, Hop(hop), str(where)) for to, hop, where in found["links"]
        ]
        if found["long"]:
            seen.faults.append(f"the document has more than {limits.text} characters; left out")
        # Of a document without a body, such as one that broke off at once, a picture never comes.
        self._to_be_seen = bool(found["body"]) or found["kind"] not in _KINDS
        if found["kind"] in _KINDS and found["text"] is not None:
            seen.document = str(found["text"]).encode("utf-8", "replace")
            seen.document_type = f"{found['kind']};charset=utf-8"
        return True

    def _picture(self) -> None:
        """Take a picture of the page from its top; without one, say why."""
        from playwright.sync_api import Error

        try:
            _, height = self._run(_SCROLL, 0)
            tall = min(max(int(height), _HEIGHT), self._limits.height)
            self._seen.screenshot = self._page.screenshot(
                full_page=True,
                clip={"x": 0, "y": 0, "width": _WIDTH, "height": tall},
                caret="initial",
                timeout=_PICTURE * 1000,
            )
        except Error as error:
            self._seen.faults.append(f"there is no picture of the page: {_words(error)}")

    def _run(self, script: str, argument: object) -> Any:
        """Run a script in a world of its own and give what it comes to.

        A page that moves on just then takes the world with it; the next page gets another.
        """
        from playwright.sync_api import Error

        for _ in range(_MOVES):
            try:
                return self._run_once(script, argument)
            except Error as error:
                if "context" not in str(error):
                    raise
                self._page.wait_for_timeout(_STEP * 1000)
        return self._run_once(script, argument)

    def _run_once(self, script: str, argument: object) -> Any:
        from playwright.sync_api import Error

        world = self._session.send(
            "Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _WORLD}
        )
        given = self._session.send(
            "Runtime.evaluate",
            {
                "expression": f"{script}({json.dumps(argument)})",
                "contextId": world["executionContextId"],
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in given:
            raise Error(str(given["exceptionDetails"].get("text", "a script failed")))
        return given["result"]["value"]


def _seed(context: "BrowserContext", url: str, cookies: tuple[Cookie, ...]) -> None:
    from playwright.sync_api import Error

    host = urlsplit(url).hostname or ""
    for cookie in cookies:
        until = cookie.expires_at.timestamp() if cookie.expires_at else -1
        with suppress(Error):  # one it would not have taken from a server either
            context.add_cookies(
                [
                    {
                        "name": cookie.name,
                        "value": cookie.value,
                        "domain": host,
                        "path": cookie.path,
                        "secure": cookie.secure,
                        "expires": until,
                    }
                ]
            )


def _words(error: Exception) -> str:
    said = str(error).partition("\nCall log")[0].partition("Browser logs:")[0].strip()
    return " ".join(said.split())[:300]
