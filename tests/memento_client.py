"""A small Memento client that holds a server to RFC 7089, rule by rule.

It has nothing of Marsham's: Link fields, TimeMaps and dates are taken apart here anew.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from itertools import pairwise
from urllib.parse import unquote

import requests

__all__ = ["Link", "MementoClient", "parse_links"]

_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[a-z]+="[^"]*")*)\s*(?:,|$)')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


@dataclass(frozen=True)
class Link:
    """One link: where to, as what, and what else is told."""

    target: str
    relations: frozenset[str]
    told: dict[str, str]

    @property
    def at(self) -> datetime:
        assert _DATE.fullmatch(self.told["datetime"]), self.told
        return parsedate_to_datetime(self.told["datetime"])


def parse_links(text: str) -> list[Link]:
    """Take a Link field or a TimeMap in link format apart; nothing may be left over."""
    text = text.strip()
    assert _LINK.sub("", text).strip() == "", _LINK.sub("", text)
    links = []
    for target, attributes in _LINK.findall(text):
        told = dict(_ATTRIBUTE.findall(attributes))
        links.append(Link(target, frozenset(told.pop("rel", "").split()), told))
    return links


def one(links: list[Link], *relations: str) -> Link | None:
    """Give the one link that has all of some relations; None for none or several."""
    found = [link for link in links if set(relations) <= link.relations]
    return found[0] if len(found) == 1 else None


class MementoClient:
    """Asks one server, and notes every rule it breaks.

    Attributes:
        broken: the rules that were broken, each with where.
        checked: how many single checks were made.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.session = requests.Session()
        self.broken: list[str] = []
        self.checked = 0

    def rule(self, name: str, kept: object, where: str) -> None:
        """Note that a rule was kept, or broken."""
        self.checked += 1
        if not kept:
            self.broken.append(f"{name}: {where}")

    def get(self, address: str, method: str = "GET", **headers: str) -> requests.Response:
        """Ask for one address, without following where it leads."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method, address, headers=fields, allow_redirects=False, timeout=30
        )

    def check(self, url: str) -> list[Link]:
        """Check every rule for one original URL; gives its mementos from the TimeMap."""
        mementos = self.check_timemap(url)
        for gate in ("web", "timegate"):
            self.check_timegate(f"{self.server}/{gate}/{url}", url, mementos)
        for memento in mementos:
            self.check_memento(memento.target, url, memento, mementos)
            for modifier in ("id_", "mp_"):
                address = re.sub(r"(/web/[0-9-]+)/", rf"\g<1>{modifier}/", memento.target, count=1)
                self.check_memento(address, url, memento, mementos)
        return mementos

    def check_timemap(self, url: str) -> list[Link]:
        """Read all pages of the TimeMap in link format, and hold the two other forms to it."""
        address = f"{self.server}/web/timemap/link/{url}"
        mementos: list[Link] = []
        begun = address
        while address:
            answer = self.get(address)
            self.rule("a TimeMap is answered 200", answer.status_code == 200, address)
            kind = answer.headers["Content-Type"]
            self.rule("it is application/link-format", kind == "application/link-format", address)
            self.rule("it is no memento", "Memento-Datetime" not in answer.headers, address)
            links = parse_links(answer.text)
            original, itself = one(links, "original"), one(links, "self")
            self.rule("it names the original", original and _alike(original.target, url), address)
            self.rule("it names itself", itself and _alike(itself.target, address), address)
            self.rule("it names the TimeGate", one(links, "timegate"), address)
            here = [link for link in links if "memento" in link.relations and link not in mementos]
            if itself:
                self.rule("its own type is told", itself.told.get("type") == kind, address)
                listed = [link.told["datetime"] for link in _on_page(links)]
                since, until = itself.told.get("from"), itself.told.get("until")
                self.rule(
                    "from and until are told", (since, until) == (listed[0], listed[-1]), address
                )
            mementos += [link for link in _on_page(links) if link in here]
            following = one(parse_links(answer.headers["Link"]), "next")
            address = following.target if following else ""
            if following:
                named = [link.target for link in links if "timemap" in link.relations]
                self.rule("a page names the next as TimeMap", following.target in named, begun)
        dates = [link.at for link in mementos]
        self.rule("mementos are in the order of time", dates == sorted(dates), begun)
        targets = [link.target for link in mementos]
        self.rule("each memento is listed once", len(targets) == len(set(targets)), begun)
        first, last = one(mementos, "first"), one(mementos, "last")
        self.rule("the first is marked", first == mementos[0], begun)
        self.rule("the last is marked", last == mementos[-1], begun)
        self._check_forms(url, targets)
        return mementos

    def _check_forms(self, url: str, targets: list[str]) -> None:
        address = f"{self.server}/web/timemap/json/{url}"
        listed: list[str] = []
        while address:
            answer = self.get(address)
            kind = answer.headers["Content-Type"]
            self.rule("a JSON TimeMap is JSON", kind == "application/json", address)
            told = answer.json()
            self.rule("it names the original", _alike(told["original_uri"], url), address)
            listed += [memento["uri"] for memento in told["mementos"]["list"]]
            address = told.get("next_page", "")
        self.rule("JSON lists the same mementos", listed == targets, url)
        address = f"{self.server}/web/timemap/cdxj/{url}"
        lines: list[str] = []
        while address:
            answer = self.get(address)
            kind = answer.headers["Content-Type"]
            self.rule("a CDXJ TimeMap is CDXJ", kind == "application/cdxj+ors", address)
            address = ""
            for line in answer.text.splitlines():
                if line.startswith("!meta") and "next_page" in line:
                    address = json.loads(line[6:])["next_page"]
                elif not line.startswith("!"):
                    lines.append(line)
        self.rule("CDXJ lines sort", lines == sorted(lines, key=lambda line: line[:14]), url)
        listed = [json.loads(line[15:])["uri"] for line in lines]
        self.rule("CDXJ lists the same mementos", listed == targets, url)

    def check_timegate(self, gate: str, url: str, mementos: list[Link]) -> None:
        """Ask a TimeGate for moments at, around and beyond all mementos, and for what is none."""
        for moment in _moments([memento.at for memento in mementos]):
            date = format_datetime(moment, usegmt=True)
            where = f"{gate} for {date}"
            answer = self.get(gate, Accept_Datetime=date)
            self._check_gate_answer(answer, url, where)
            best = min(abs(memento.at - moment) for memento in mementos)
            meant = {memento.target for memento in mementos if abs(memento.at - moment) == best}
            chosen = requests.compat.urljoin(gate, answer.headers.get("Location", ""))
            self.rule("the closest memento is chosen", chosen in meant, where)
            head = self.get(gate, "HEAD", Accept_Datetime=date)
            same = (head.status_code, head.headers.get("Location")) == (
                answer.status_code,
                answer.headers.get("Location"),
            )
            self.rule("HEAD is answered as GET", same and not head.content, where)
        plain = self.get(gate)
        self._check_gate_answer(plain, url, gate)
        chosen = requests.compat.urljoin(gate, plain.headers.get("Location", ""))
        last = mementos[-1].at
        newest = {memento.target for memento in mementos if memento.at == last}
        self.rule("without a date the newest is chosen", chosen in newest, gate)
        for bad in BAD_DATES:
            answer = self.get(gate, Accept_Datetime=bad)
            self.rule("a bad date is answered 400", answer.status_code == 400, f"{gate} {bad!r}")
            none = "Memento-Datetime" not in answer.headers and "Location" not in answer.headers
            self.rule("a 400 is no memento and leads nowhere", none, f"{gate} {bad!r}")

    def _check_gate_answer(self, answer: requests.Response, url: str, where: str) -> None:
        self.rule("a TimeGate answers 302", answer.status_code == 302, where)
        vary = answer.headers.get("Vary", "").lower().replace(" ", "").split(",")
        self.rule("it varies by accept-datetime", "accept-datetime" in vary, where)
        self.rule("it is no memento", "Memento-Datetime" not in answer.headers, where)
        links = parse_links(answer.headers.get("Link", ""))
        original = one(links, "original")
        self.rule("it names the original", original and _alike(original.target, url), where)
        timemap = one(links, "timemap")
        self.rule("it names the TimeMap", timemap and timemap.told.get("type"), where)
        for role in ("first", "last"):
            self.rule(f"it names the {role} memento", one(links, role, "memento"), where)

    def check_memento(
        self, address: str, url: str, listed: Link, mementos: list[Link]
    ) -> requests.Response:
        """Check one memento, in whatever form; gives its answer."""
        answer = self.get(address)
        dated = answer.headers.get("Memento-Datetime")
        self.rule("a memento has its exact date", dated == listed.told["datetime"], address)
        vary = answer.headers.get("Vary", "").lower()
        self.rule("it does not vary by date", "accept-datetime" not in vary, address)
        links = parse_links(answer.headers.get("Link", ""))
        original, gate = one(links, "original"), one(links, "timegate")
        self.rule("it names an original", original, address)
        self.rule("it names the TimeGate", gate and gate.target.startswith(self.server), address)
        self.rule("it names the TimeMap", one(links, "timemap"), address)
        place = [memento.target for memento in mementos].index(listed.target)
        wanted = {
            ("first", "memento"): mementos[0],
            ("last", "memento"): mementos[-1],
        }
        if place:
            wanted["prev", "memento"] = mementos[place - 1]
        if place + 1 < len(mementos):
            wanted["next", "memento"] = mementos[place + 1]
        for relations, meant in wanted.items():
            named = one(links, *relations)
            found = named and _bare(named.target) == meant.target and named.at == meant.at
            self.rule(f"it names its {relations[0]} memento", found, address)
        own = [
            link for link in links if _alike(link.target, address) and "memento" in link.relations
        ]
        self.rule("it names itself", len(own) == 1, address)
        other = self.get(address, Accept_Datetime="Sat, 01 Jan 2000 00:00:00 GMT")
        same = (other.status_code, other.headers.get("Memento-Datetime")) == (
            answer.status_code,
            dated,
        )
        self.rule("it does not look at Accept-Datetime", same, address)
        bad = self.get(address, Accept_Datetime="yesterday")
        self.rule("nor at one that is none", bad.status_code == answer.status_code, address)
        head = self.get(address, "HEAD")
        alike = head.status_code == answer.status_code and not head.content
        alike = alike and head.headers.get("Memento-Datetime") == dated
        self.rule("HEAD is answered as GET", alike, address)
        told = head.headers.get("Content-Length")
        right = told is None or told == answer.headers.get("Content-Length")
        self.rule("HEAD tells the length of GET", right, address)
        return answer


BAD_DATES = (
    "",
    "yesterday",
    "2011-05-29T00:00:00Z",
    "20110529000000",
    "Sun, 29 May 2011 00:00:00 PDT",
    "Sun, 29 May 2011 00:00:00 +0000",
    "Sun, 29 May 2011 00:00:00",
    "Sun, 29 May 2011 00:00 GMT",
    "Sun, 29 May 11 00:00:00 GMT",
    "Sun, 9 May 2011 00:00:00 GMT",
    "Sun, 30 Feb 2011 00:00:00 GMT",
    "Sun, 29 May 2011 25:00:00 GMT",
    "sun, 29 may 2011 00:00:00 gmt",
    "Sunday, 29-May-11 00:00:00 PDT",
    "Sun, 29 May 2011 00:00:00 GMT, Mon, 30 May 2011 00:00:00 GMT",
    "1306627200",
)


def _on_page(links: list[Link]) -> list[Link]:
    # The list itself; first and last memento may be named though they are on other pages.
    found = [link for link in links if "memento" in link.relations]
    itself = one(links, "self")
    assert itself
    since, until = (parsedate_to_datetime(itself.told[name]) for name in ("from", "until"))
    return [link for link in found if since <= link.at <= until]


def _alike(one: str, other: str) -> bool:
    # What sends our questions escapes a bracket here and there.
    return unquote(one) == unquote(other)


def _bare(address: str) -> str:
    return re.sub(r"(/web/[0-9-]+)[a-z]{2}_/", r"\1/", address, count=1)


def _moments(dates: list[datetime]) -> Iterator[datetime]:
    second = timedelta(seconds=1)
    yield datetime(1970, 1, 1, tzinfo=UTC)
    yield dates[0] - second
    yield dates[-1] + second
    yield datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    yield from dates
    for earlier, later in pairwise(dates):
        middle = earlier + (later - earlier) / 2
        middle = middle.replace(microsecond=0)
        yield from (middle, middle + second, middle - second)
