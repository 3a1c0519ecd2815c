"""Pages shown in a browser during a crawl, and what they wish for meanwhile.

A page is asked for as any address is. When it came, a thread of this module loads it; each request
it makes is a `Wish`, told to the thread that judges, records and writes. So what a page needs is an
address of the crawl like others, asked for out of its turn. What the crawl has already is given
from the archive: a server is asked once for what many pages share.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from queue import SimpleQueue
from time import monotonic
from urllib.parse import urlsplit

from archiver.capture.addresses import fetch_url
from archiver.capture.asking import Question, Reply
from archiver.capture.browser import Browser, PageLimits
from archiver.capture.exchange import Exchange
from archiver.capture.link import Hop, Link
from archiver.capture.loaded import Loaded
from archiver.capture.probe import Answer
from archiver.capture.proxy import Request, Unasked
from archiver.capture.sameness import fingerprint, read_wording
from archiver.capture.verdict import Verdict
from archiver.errors import FetchError, MarshamError
from archiver.http import parse_head
from archiver.spool import new_spool, rewind, spool
from archiver.timestamps import parse_timestamp
from snapshots.archive import Archive
from snapshots.crawl.server import Server
from snapshots.mementos import Memento, memento_at

__all__ = ["Held", "Pages", "Shown", "Wish", "is_page_path", "refusals", "remarks"]

_log = logging.getLogger(__name__)

_PAGE_HOPS = frozenset({Hop.LINK, Hop.GUESS, Hop.SITEMAP})
_IN_MEMORY = 1 << 20  # bytes of an answer that are held in memory
_STEP = 1 << 16
_PATIENCE = 3.0  # seconds that a page has to come to its end when the crawl ends at once
_RELOADS = 5  # times that a page may ask for itself
_REQUESTS_OF_DELAY = 60  # requests for which a page has time where each has its pause
_LONGEST = 1800.0  # seconds of one page
_MOST_RULES = 50  # told of one page
_MOST_REFUSED = 1000  # addresses of one page that are listed as refused
_ELSEWHERE = "browser: a page of its own"
_ENDED = "browser: the page's time was up"
_UNTRIED = ("browser: more than", "browser: the page was", _ENDED)
_NOT_PASSED = frozenset({"transfer-encoding", "content-length", "connection", "trailer"})


@dataclass(frozen=True, slots=True)
class Held:
    """The archive has the answer to a wish: the capture of this moment, 14 digits."""

    timestamp: str


class Wish:
    """A request of a page that waits for its answer, or for the verdict that refuses it.

    Attributes:
        url: what is asked for.
        path: its hop path.
        via: the number of the page.
        fields: those of the browser, without cookies.
        cookies: what the browser would send.
        due: before when it need not be looked at again, in seconds since 1970; 0 for at once, or
            when something else has come.
    """

    def __init__(self, url: str, request: Request, page: Question) -> None:
        self.url = url
        self.path = page.path + Hop.EMBED
        self.via = page.number
        sent = request.fields
        self.fields = tuple(one for one in sent if one[0].lower() != "cookie")
        self.cookies = "; ".join(value for name, value in sent if name.lower() == "cookie")
        self.due = 0.0
        self._decided = threading.Condition()
        self._decision: Exchange | Verdict | Held | FetchError | None = None

    def decide(self, decision: Exchange | Verdict | Held | FetchError) -> bool:
        """Tell what came of it; False when nobody waits any more, and for all but the first."""
        with self._decided:
            if self._decision is not None:
                return False
            self._decision = decision
            self._decided.notify_all()
            return True

    def wait(self, seconds: float) -> Exchange | Verdict | Held:
        """Wait for what comes of it.

        Raises:
            FetchError: when it could not be asked.
        """
        with self._decided:
            if not self._decided.wait_for(lambda: self._decision is not None, max(seconds, 0.0)):
                self._decision = Verdict(False, _ENDED)
            decision = self._decision
        assert decision is not None  # noqa: S101 - it was waited for
        if isinstance(decision, FetchError):
            raise decision
        return decision


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of showing a page.

    Attributes:
        reply: the page as it came, with the links and the measure of what was shown.
        loaded: None when the browser did not do it.
        failure: why not, then; None when the crawl is to end before.
        cut: whether requests were refused because the crawl is to end.
    """

    reply: Reply
    loaded: Loaded | None
    failure: Exception | None = None
    cut: bool = False


class Pages:
    """Shows one page at a time, in a thread of its own."""

    def __init__(
        self,
        product: str,
        archive: Archive,
        limits: PageLimits,
        tell: Callable[[Server, Wish | Shown], object],
    ) -> None:
        """Start the browser.

        Args:
            product: what it calls itself besides its own name, see `Browser`.
            archive: holds what the crawl has already.
            limits: what one page may take.
            tell: takes a wish of a page of some server, or what came of it; from other threads.

        Raises:
            BrowserError: when there is none.
        """
        self._archive = archive
        self._limits = limits
        self._tell = tell
        self._browser = Browser(product)
        self._state = threading.Lock()
        self._waiting: set[Wish] = set()
        self._held: dict[str, Exchange] = {}  # pages that are to be shown
        self._ending = False
        self._refused = 0  # because of that
        self._work: SimpleQueue[tuple[Server, Reply] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._show_all, daemon=True, name="pages")
        try:
            self._fields = {one: self._browser.fields(one) for one in ("http", "https")}
        except BaseException:
            self._browser.close()
            raise
        self._thread.start()

    def fields(self, url: str) -> tuple[tuple[str, str], ...]:
        """Give the fields with which a page is asked for."""
        return self._fields[urlsplit(url).scheme]

    def show(self, server: Server, reply: Reply) -> None:
        """Show a page, when those before it are shown; its exchange stays open until then."""
        assert reply.exchange is not None  # noqa: S101 - it is a page
        with self._state:
            self._held[reply.question.url] = reply.exchange
        self._work.put((server, reply))

    def end(self) -> None:
        """Refuse whatever pages wish for from now on, so that they come to their end."""
        with self._state:
            self._ending = True
            for wish in self._waiting:
                self._refused += wish.decide(_over())

    def close(self) -> None:
        """End the browser."""
        self.end()
        self._work.put(None)
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            self._browser.kill()
        self._thread.join()
        self._browser.close()

    def _show_all(self) -> None:
        while (work := self._work.get()) is not None:
            server, reply = work
            shown = Shown(reply, None, cut=True)
            try:
                if not self._ending:
                    shown = self._show(server, reply)
            except Exception as error:  # the thread that writes tells it
                shown = Shown(reply, None, error)
            with self._state:
                self._held.pop(reply.question.url, None)
            self._tell(server, shown)

    def _show(self, server: Server, reply: Reply) -> Shown:
        limits = _limits(self._limits, server)
        until = monotonic() + limits.seconds
        loads = 0

        def ask(request: Request) -> Exchange | Verdict:
            nonlocal loads
            url = fetch_url(request.url, request.url) or request.url
            if held := self._copy(url):
                if url == reply.question.url:
                    loads += 1
                    if loads > _RELOADS:
                        held.response.close()
                        return Verdict(False, "browser: the page asks for itself again and again")
                return held
            if request.hop is not Hop.EMBED:
                return Verdict(False, _ELSEWHERE)
            return self._ask(server, Wish(url, request, reply.question), until)

        refused = self._refused
        jar = server.jar.cookies
        loaded = self._browser.load(reply.question.url, ask, limits=limits, cookies=jar)
        with loaded:
            return Shown(_seen(reply, loaded), loaded, cut=self._refused > refused)

    def _ask(self, server: Server, wish: Wish, until: float) -> Exchange | Verdict:
        with self._state:
            if self._ending:
                self._refused += 1
                return _over()
            self._waiting.add(wish)
        try:
            self._tell(server, wish)
            answer = wish.wait(until - monotonic())
        finally:
            with self._state:
                self._waiting.discard(wish)
        return self._given(wish.url, answer.timestamp) if isinstance(answer, Held) else answer

    def _copy(self, url: str) -> Exchange | None:
        # Of a page that is to be shown, for whoever asks for it; the answer itself stays where it
        # is until it is recorded.
        with self._state:
            held = self._held.get(url)
            if held is None:
                return None
            held.response.seek(0)
            copy = new_spool(_IN_MEMORY)
            while part := held.response.read(_STEP):
                spool(copy, part)
            held.response.seek(0)
        rewind(copy)
        return replace(held, response=copy)

    def _given(self, url: str, timestamp: str) -> Exchange:
        try:
            return _as_answered(memento_at(self._archive, url, parse_timestamp(timestamp)))
        except (MarshamError, OSError) as error:
            raise FetchError(url, f"the archive does not give what it has: {error}") from error


def is_page_path(path: str) -> bool:
    """Tell whether a hop path is that of an address that may be a page of its own.

    >>> [is_page_path(path) for path in ("", "R", "LLR", "E", "LER", "LP")]
    [True, True, True, False, False, False]
    """
    before = path.rstrip(Hop.REDIRECT)
    return not before or before[-1] in _PAGE_HOPS


def remarks(loaded: Loaded) -> Iterator[str]:
    """Say in a few words each what is to be said of a page that was shown."""
    yield f"shown in a browser: {loaded.requests} requests, {loaded.errors} errors in its scripts"
    if loaded.fault:
        yield f"browser: {loaded.fault}"
    rules = Counter(one.rule for one in loaded.refused)
    for rule, number in rules.most_common(_MOST_RULES):
        yield f"{number} refused by {rule}"
    reasons = Counter(one.error.reason for one in loaded.failed)
    for reason, number in reasons.most_common(_MOST_RULES):
        yield f"{number} without an answer: {reason}"


def refusals(loaded: Loaded) -> Iterator[tuple[str, Hop, str]]:
    """Give addresses that a page wished for and that were not judged, each once with hop and rule.

    The rule is empty for what the browser only had no time for: that may well be asked for.
    """
    seen: set[tuple[str, Hop, str]] = set()
    for one in loaded.refused:
        url = fetch_url(one.request.url, one.request.url)
        told = _refusal(one)
        if url is None or told is None or (url, *told) in seen or len(seen) >= _MOST_REFUSED:
            continue
        seen.add((url, *told))
        yield url, *told


def _refusal(one: Unasked) -> tuple[Hop, str] | None:
    if one.rule == _ELSEWHERE:
        return Hop.REDIRECT, ""
    if one.rule.startswith("method:") or "without an end" in one.rule:
        return Hop.EMBED, one.rule
    return (Hop.EMBED, "") if one.rule.startswith(_UNTRIED) else None


def _over() -> Verdict:
    return Verdict(False, "browser: the crawl was to end")


def _limits(usual: PageLimits, server: Server) -> PageLimits:
    # A page whose every request has to wait is given the time for some of them.
    delay = server.robots.delay if server.robots else None
    if not delay:
        return usual
    more = min(delay * _REQUESTS_OF_DELAY, max(_LONGEST - usual.seconds, 0.0))
    return replace(usual, seconds=usual.seconds + more, settle=usual.settle + more)


def _seen(reply: Reply, loaded: Loaded) -> Reply:
    """Give a page's reply with what its scripts made of it."""
    if loaded.document is None:
        return reply
    question, found = reply.question, reply.found
    assert found is not None  # noqa: S101 - it is a page
    known = {(link.url, link.hop) for link in found.links}
    links = list(found.links)
    for link in loaded.links:
        url = fetch_url(link.url, loaded.final_url or question.url)
        if url and (url, link.hop) not in known:
            known.add((url, link.hop))
            links.append(Link(url, link.hop, f"rendered {link.where}"))
    return replace(
        reply,
        found=replace(found, links=tuple(links)),
        fingerprint=fingerprint(read_wording(loaded.document)),
        measure=Answer.of(question.url, reply.status or 200, loaded.document),
    )


def _as_answered(memento: Memento) -> Exchange:
    """Give what the archive holds as an answer whose end is that of its connection."""
    head = memento.head
    lines = [f"HTTP/1.1 {head.status} {head.reason}" if head else "HTTP/1.1 200 OK"]
    for name, value in head.headers.fields if head else ():
        if name.lower() not in _NOT_PASSED:
            lines.append(f"{name}: {' '.join(value.split())}")
    written = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    response = new_spool(_IN_MEMORY)
    length = 0
    for part in chain([written], memento.entity()):
        spool(response, part)
        length += len(part)
    rewind(response)
    parsed = parse_head(written)
    return Exchange(
        url=memento.capture.url,
        request=b"",
        asked_at=datetime.now(UTC),
        response=response,
        length=length,
        head=parsed[0] if parsed else None,
        body_start=len(written),
        address="",
        port=0,
    )
