"""One server as a crawl meets it: its robots.txt, pace and cookies, and its way to say 404."""

import json
from dataclasses import dataclass, field

from archiver.capture.asking import Question
from archiver.capture.cookies import Jar
from archiver.capture.manners import Standing
from archiver.capture.probe import Answer, SoftNotFound, probe_url
from archiver.capture.robots import Robots
from snapshots.crawl.frontier import Site

__all__ = ["Server"]

_PAGES_BEFORE_PROBE = 5  # of one directory, that were there
_MOST_PROBES = 20  # of one server
_MOST_DIRECTORIES = 1000  # whose pages are counted


@dataclass(slots=True)
class Server:
    """What is known of a server.

    Attributes:
        number: in its crawl.
        authority: ``http://host:port``.
        robots: its robots.txt; None while it has not been asked for.
        robots_hops: how many redirects its robots.txt has led over.
        standing: when it may be asked next.
        jar: its cookies.
        missing: by directory, how it answers what is not there; None until it has answered.
        waiting: questions that were lent and not handed over yet.
        busy: whether it is asked.
        showing: whether a page of it is being shown, and what else it has is left until then.
        closed: why it is not asked at all; empty when it may be.
        probing: the probe whose redirect is followed; empty when none is.
        due: when the first of its addresses may be asked again, in seconds since 1970.
    """

    number: int
    authority: str
    robots: Robots | None = None
    robots_hops: int = 0
    standing: Standing = field(default_factory=Standing)
    jar: Jar = field(default_factory=Jar)
    missing: dict[str, SoftNotFound | None] = field(default_factory=dict)
    waiting: list[Question] = field(default_factory=list)
    busy: bool = False
    showing: bool = False
    due: float = 0.0
    closed: str = ""
    probing: str = ""
    _pages: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site) -> "Server":
        """Take up what was kept of it."""
        server = cls(site.id, site.authority)
        if site.robots:
            server.robots = Robots.from_text(site.robots)
        if site.cookies:
            server.jar = Jar.from_text(site.cookies)
        if site.state:
            kept = json.loads(site.state)
            server.standing = Standing.from_text(kept["standing"])
            server.missing = {
                directory: text and SoftNotFound.from_text(text)
                for directory, text in kept["missing"].items()
            }
        return server

    def as_site(self) -> Site:
        """Give what is to be kept of it."""
        state = {
            "standing": self.standing.to_text(),
            "missing": {
                directory: found and found.to_text() for directory, found in self.missing.items()
            },
        }
        return Site(
            self.number,
            self.authority,
            self.robots.to_text() if self.robots else "",
            json.dumps(state),
            self.jar.to_text() if self.jar.cookies else "",
        )

    @property
    def robots_url(self) -> str:
        """Where its robots.txt is (RFC 9309, clause 2.3)."""
        scheme, _, place = self.authority.partition("://")
        usual = {"http": ":80", "https": ":443"}[scheme]
        return f"{scheme}://{place.removesuffix(usual)}/robots.txt"

    def probe_after(self, url: str, secret: str) -> str | None:
        """Give an address made up, to be asked for now that a page was there; mostly None.

        Its root is probed after the first page, a directory of the first level after some.

        Args:
            url: of the page.
            secret: what makes the names of this crawl's probes its own.
        """
        root, first = _directories(url)
        wanted = root if root not in self.missing else None
        if wanted is None and first != root and first not in self.missing:
            if len(self._pages) < _MOST_DIRECTORIES:
                self._pages[first] = self._pages.get(first, 0) + 1
            if self._pages.get(first, 0) >= _PAGES_BEFORE_PROBE:
                wanted = first
        if wanted is None or len(self.missing) >= _MOST_PROBES:
            return None
        self.missing[wanted] = None
        return probe_url(wanted, secret)

    def probed(self, answer: Answer) -> None:
        """Note how a probe was answered."""
        for directory in reversed(_directories(answer.asked)):
            if directory in self.missing:
                self.missing[directory] = SoftNotFound(answer)
                return

    def says_missing(self, page: Answer) -> bool:
        """Tell whether a page was answered as one that is not there."""
        known = (self.missing.get(directory) for directory in _directories(page.asked))
        return any(found is not None and found.is_missing(page) for found in known)


def _directories(url: str) -> tuple[str, str]:
    # The server's root and the directory of the first level; the same where there is none.
    scheme, _, rest = url.partition("?")[0].partition("://")
    place, _, path = rest.partition("/")
    root = f"{scheme}://{place}/"
    first, slash, _ = path.partition("/")
    return root, f"{root}{first}/" if slash and first else root
