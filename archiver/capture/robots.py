"""robots.txt: what a site asks crawlers to leave alone, how slowly to ask, and its sitemaps.

Source: RFC 9309. Where it leaves a choice, the choice here is the one that asks less of the site:
an address is refused while robots.txt cannot be had, and a group goes on over lines it does not
know (clause 2.2.4), though some who write a group of nothing but a Crawl-delay mean it to end.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archiver.capture.escapes import one_spelling
from archiver.capture.verdict import Verdict

__all__ = ["READ", "Robots", "product_token"]

READ = 512 << 10  # bytes that are read of a robots.txt; clause 2.5 asks for 500 KiB at least

_LONGEST_DELAY = 120.0
_KEPT_FOR = timedelta(hours=24)  # clause 2.4
_ASKED_AGAIN_AFTER = timedelta(minutes=10)
_MOST_SITEMAPS = 1000
_SHOWN = 200  # characters of a rule

_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")  # and none of the others that `str.splitlines` knows
_LINE = re.compile(r"[ \t]*([a-zA-Z]+(?:[ -][a-zA-Z]+)?)[ \t]*:(.*)")
_AGENT = re.compile(r"user[ -]?agent", re.IGNORECASE)
_DISALLOW = re.compile(r"dia?s{1,2}al{1,2}[ao]w|diasl{1,2}ow", re.IGNORECASE)  # as it gets written
_SITEMAP = re.compile(r"site-?maps?", re.IGNORECASE)
_DELAY = re.compile(r"crawl[ -]delay", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_TOKEN = re.compile(r"[\w-]+", re.ASCII)
_COMPATIBLE = re.compile(r"Mozilla/[^()]*\(compatible;\s*([\w-]+)", re.ASCII | re.IGNORECASE)
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
_PLAIN_IN_QUERY = re.compile("%(?:2F|3A|3F|40)")
_SEVERAL = re.compile(r"\*\*+")
_UNPRINTED = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule for us, its pattern as it was written."""

    allow: bool
    written: str

    def __str__(self) -> str:
        shown = self.written
        if _UNPRINTED.search(shown):
            shown = one_spelling(shown)
        return f"{'Allow' if self.allow else 'Disallow'} {shown[:_SHOWN]}"


@dataclass(frozen=True, slots=True)
class Robots:
    """What the robots.txt of one authority says to us, and how that came to be known.

    Attributes:
        status: of the answer; None when there was none.
        fetched_at: when it was asked for.
        delay: seconds to leave between two questions, at most 120; None when nothing is asked.
        delay_asked: the same as the site asks for it, to be reported where it is more.
        sitemaps: absolute addresses, as they are written there.
        rules: those for us, in their order.
    """

    status: int | None
    fetched_at: datetime
    delay: float | None = None
    delay_asked: float | None = None
    sitemaps: tuple[str, ...] = ()
    rules: tuple[_Rule, ...] = ()
    _matcher: "_Matcher" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_matcher", _Matcher(self.rules))

    @classmethod
    def of(cls, status: int | None, body: bytes, user_agent: str, at: datetime) -> "Robots":
        """Read what came when a site's robots.txt was asked for.

        Args:
            status: of the last answer, redirects followed five times (clause 2.3.1.2); None when
                nothing came, or the answer broke off.
            body: with no coding left; read as UTF-8 unless it begins as UTF-16. Only the first
                512 KiB are read.
            user_agent: as it is sent; what comes for its product token is for us.
            at: when it was asked for, an aware datetime.

        A 2xx answer is read. After 5xx, 429 or no answer everything is refused until robots.txt
        can be had, see `wait`. After any other answer nothing is, nor by a page that was sent in
        place of a robots.txt.
        """
        if status is None or not 200 <= status < 300:
            return cls(status, at)
        text = _decoded(body)
        if _PAGE.match(text):
            return cls(status, at)
        read = _Reader(product_token(user_agent).lower())
        for line in _LINE_END.split(text):
            read.line(line)
        asked = max(read.delays, default=None)
        return cls(
            status,
            at,
            delay=None if asked is None else min(asked, _LONGEST_DELAY),
            delay_asked=asked,
            sitemaps=tuple(dict.fromkeys(read.sitemaps))[:_MOST_SITEMAPS],
            rules=tuple(dict.fromkeys(read.rules)),
        )

    @property
    def wait(self) -> bool:
        """Whether everything is refused for now, because robots.txt cannot be had.

        RFC 9309 would allow everything after thirty days of that (clause 2.3.1.4); we do not.
        """
        if self.status is None or self.status == 429:
            return True
        return not 200 <= self.status < 500

    @property
    def expires_at(self) -> datetime:
        """When robots.txt should be asked for again: after a day, or ten minutes while we wait.

        When it cannot be had then, the rules that there were may be kept (clause 2.4).
        """
        return self.fetched_at + (_ASKED_AGAIN_AFTER if self.wait else _KEPT_FOR)

    def judge(self, url: str) -> Verdict:
        """Tell whether an address of this authority may be asked for, and the line that decides.

        The address is absolute, http or https. What is compared is its path with its query; escapes
        of what needs none are undone, and within a query ``:/?@`` and their escapes are the same.
        """
        path = _path(url)
        if path == "/robots.txt":
            return Verdict(True, "robots: robots.txt itself")
        if self.wait:
            what = "no answer" if self.status is None else f"status {self.status}"
            return Verdict(False, f"robots: cannot be had for now ({what})")
        rule = self._matcher.match(path)
        if rule is None:
            there = self.status is not None and self.status < 300
            return Verdict(True, "robots: no rule" if there else f"robots: none ({self.status})")
        return Verdict(rule.allow, f"robots: {rule}")

    def to_text(self) -> str:
        """Write all this as JSON, in ASCII."""
        return json.dumps(
            {
                "status": self.status,
                "fetched_at": self.fetched_at.isoformat(),
                "delay": self.delay,
                "delay_asked": self.delay_asked,
                "sitemaps": self.sitemaps,
                "rules": [[rule.allow, rule.written] for rule in self.rules],
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Robots":
        """Read what `to_text` wrote."""
        kept = json.loads(text)
        return cls(
            kept["status"],
            datetime.fromisoformat(kept["fetched_at"]),
            kept["delay"],
            kept["delay_asked"],
            tuple(kept["sitemaps"]),
            tuple(_Rule(allow, written) for allow, written in kept["rules"]),
        )


def product_token(user_agent: str) -> str:
    """Give the name in a User-Agent by which a robots.txt speaks of it (clause 2.2.1).

    >>> product_token("marsham/0.1.0 (archive@archive.example)")
    'marsham'
    >>> product_token("Mozilla/5.0 (compatible; Marsham/0.1; +https://archive.example/crawler)")
    'Marsham'
    """
    found = _COMPATIBLE.match(user_agent)
    if found:
        return found[1]
    token = _TOKEN.search(user_agent)
    return token[0] if token else ""


class _Reader:
    """Takes lines, and keeps what is said to one product token."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._named = {token: False, "*": False}
        self._rules: dict[str, list[_Rule]] = {token: [], "*": []}
        self._delays: dict[str, list[float]] = {token: [], "*": []}
        self._current: set[str] = set()  # whom the group at hand is for
        self._began = False  # whether it has rules, so that another name begins another
        self.sitemaps: list[str] = []

    @property
    def rules(self) -> list[_Rule]:
        return self._rules[self._ours]

    @property
    def delays(self) -> list[float]:
        return self._delays[self._ours]

    @property
    def _ours(self) -> str:
        return self._token if self._named[self._token] else "*"

    def line(self, line: str) -> None:
        found = _LINE.match(line.partition("#")[0])
        if found is None:
            return
        name, value = found[1], found[2].strip(" \t\0")
        if _AGENT.fullmatch(name):
            self._agent(value)
        elif name.lower() == "allow":
            self._rule(True, value)
        elif _DISALLOW.fullmatch(name):
            self._rule(False, value)
        elif _DELAY.fullmatch(name):
            self._delay(value)
        elif _SITEMAP.fullmatch(name) and _WEB.match(value):
            self.sitemaps.append(_storable(value))

    def _agent(self, value: str) -> None:
        if self._began:
            self._current, self._began = set(), False
        token = "*" if value[:1] == "*" else "".join(_TOKEN.findall(value)[:1]).lower()
        if token and token in self._named:
            self._named[token] = True
            self._current.add(token)

    def _delay(self, value: str) -> None:
        seconds = _SECONDS.match(value)
        if seconds:
            for token in self._current:
                self._delays[token].append(float(seconds[0]))

    def _rule(self, allow: bool, value: str) -> None:
        self._began = True
        if value[:1] in ("/", "*"):  # empty forbids nothing; else it is no pattern (clause 2.2.2)
            for token in self._current:
                self._rules[token].append(_Rule(allow, value))


class _Matcher:
    """Finds the rule that decides: that of the most octets, and of two alike Allow (clause 2.2.2).

    Most patterns are plain beginnings: these are looked up by their length, so that thousands cost
    no more than few. Those with ``*`` or ``$`` are tried one after the other, the longest first.
    """

    def __init__(self, rules: Iterable[_Rule]) -> None:
        self._plain: dict[str, _Rule] = {}
        self._special: list[tuple[tuple[int, bool], str, _Rule]] = []
        for rule in sorted(rules, key=lambda rule: rule.allow):
            spelt = _spelling(rule.written)
            if "*" in spelt or spelt.endswith("$"):
                self._special.append(((len(spelt), rule.allow), _SEVERAL.sub("*", spelt), rule))
            else:
                self._plain[spelt] = rule  # of two alike the last stays, which is Allow
        self._special.sort(key=lambda special: special[0], reverse=True)
        self._lengths = sorted({len(spelt) for spelt in self._plain}, reverse=True)

    def match(self, path: str) -> _Rule | None:
        best, rank = self._beginning(path)
        for other, spelt, rule in self._special:
            if other <= rank:
                break
            if _fits(path, spelt):
                return rule
        return best

    def _beginning(self, path: str) -> tuple[_Rule | None, tuple[int, bool]]:
        for length in self._lengths:
            rule = self._plain.get(path[:length]) if length <= len(path) else None
            if rule is not None:
                return rule, (length, rule.allow)
        return None, (0, False)


def _fits(path: str, spelt: str) -> bool:
    # Each part as early as it can be: if the rest fits at all, it fits then.
    to_the_end = spelt.endswith("$")
    first, *rest = spelt.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not to_the_end or at == len(path)
    *between, last = rest
    for part in between:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if to_the_end:
        return path.endswith(last) and len(path) - len(last) >= at
    return path.find(last, at) >= 0


def _decoded(body: bytes) -> str:
    if len(body) > READ:
        # A line that is cut could forbid or allow more than it does.
        body = body[:READ]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return one_spelling(text)
    return text


def _path(url: str) -> str:
    origin = _ORIGIN.match(url)
    path = url[origin.end() if origin else 0 :].partition("#")[0]
    if not path.startswith("/"):
        path = "/" + path
    return _in_query(one_spelling(path)).replace("*", "%2A").replace("$", "%24")


def _spelling(written: str) -> str:
    # A pattern as addresses are spelt by `_path`; a $ within it stands for itself.
    end = "$" if written.endswith("$") else ""
    return _in_query(one_spelling(written.removesuffix("$"))).replace("$", "%24") + end


def _in_query(text: str) -> str:
    # These separate nothing within a query (RFC 3986, clause 3.4), so their escapes say the same.
    path, mark, query = text.partition("?")
    if "%" in query:
        query = _PLAIN_IN_QUERY.sub(lambda found: chr(int(found[0][1:], 16)), query)
    return path + mark + query
