"""Which addresses belong to a crawl.

Judged are an address and its hop path (`archiver.capture.link.Hop`), in this order:

1. A seed always belongs, even where an exclusion says otherwise; so does a robots.txt that is
   asked for because of manners.
2. What an exclusion is found in does not.
3. What an inclusion is found in, or lies in the place the scope names, belongs.
4. What a page needs belongs as well (``E``, and what it leads to in turn by ``E`` and ``R``),
   unless embeds are to stay within the scope. A link found there does not, unless by rule 3.
5. Where a seed redirects to belongs, wherever that is: an address and what it embeds. Whether its
   site does is another matter, see `Scope.widened`. Any other redirect that leads out is not
   followed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from archiver.capture.escapes import one_spelling
from archiver.capture.patterns import Pattern
from archiver.capture.verdict import Verdict
from archiver.errors import PatternError

if TYPE_CHECKING:
    from tldextract import TLDExtract

__all__ = ["Kind", "Scope"]

Kind = Literal["page", "prefix", "host", "domain", "regex"]

_NAMED: tuple[Kind, ...] = ("page", "prefix", "host", "domain")
_PORTS = {"http": 80, "https": 443}
_LONGEST = 8192  # characters of an address; expressions are not tried on more
_EMBEDS_DEEP = 5  # frames within frames, style sheets that import others
_SHOWN = 20  # seeds told in a description
_TOLD = 200  # characters of an expression told in a verdict
_CREDENTIALS = re.compile(r"//[^/?#]*@")
_WORD = re.compile(r"\w*", re.ASCII)
_LITERAL = re.compile(r"\\([^a-z0-9])")  # a character that stands for itself
_OTHER_ESCAPE = re.compile(r"\\.")
_OF_NAME = re.compile(r"[\w.-]")
_LONGER_NAME = re.compile(r"[\w-]|\.[\w-]")
_PORT = re.compile(r":([0-9]{1,5})(?![\w\0\[(.*+?{|])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an address is.

    Attributes:
        host: lower case, in ASCII where it can be.
        port: None for the usual one of http and https, so that both are one site.
        path: in its one spelling, without query; at least ``/``.
    """

    host: str
    port: int | None
    path: str

    @property
    def site(self) -> tuple[str, int | None]:
        return self.host, self.port

    @property
    def directory(self) -> str:
        return self.path[: self.path.rfind("/") + 1]


@dataclass(frozen=True, slots=True)
class Scope:
    """The rule for what a crawl may ask for; made by `Scope.of`.

    Attributes:
        kind: what `text` says.
        text: the kind itself, or a regular expression.
        seeds: where the crawl starts.
        include: expressions; an address one is found in belongs to the crawl.
        exclude: expressions; an address one is found in does not, unless it is a seed.
        embeds_leave: whether what a page needs may be fetched from outside.
        moved: where seeds redirected to, as far as that widened the scope.
    """

    kind: Kind
    text: str
    seeds: tuple[str, ...]
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    embeds_leave: bool = True
    moved: tuple[str, ...] = ()
    _within: "_Within" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expression = Pattern(self.text, from_start=True) if self.kind == "regex" else None
        object.__setattr__(self, "_within", _Within(self.kind, expression, self.seeds, self.moved))

    @classmethod
    def of(
        cls,
        text: str,
        seeds: Iterable[str],
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        embeds_leave: bool = True,
    ) -> "Scope":
        """Read a scope as a person writes it.

        Args:
            text: one of the following, or a regular expression that must match an address from its
                first character on, see `Pattern`.

                - ``page``: the seeds alone, and what they embed.
                - ``prefix``: what begins as a seed does, up to the last slash of its path.
                - ``host``: the hosts and ports of the seeds.
                - ``domain``: their registered domains and all below, whatever the port; for an
                  address in numbers, or a name without a dot, the same as ``host``.

                http and https make no difference to any of these.
            seeds: absolute addresses, as they are asked for.
            include: regular expressions, looked for anywhere in an address.
            exclude: likewise.
            embeds_leave: see `Scope`.

        Raises:
            PatternError: when an expression cannot be used.
        """
        kind: Kind = next((name for name in _NAMED if name == text), "regex")
        if kind == "regex" and _WORD.fullmatch(text):
            reason = "as a scope it matches no address; the others are page, prefix, host, domain"
            raise PatternError(text, reason)
        return cls(
            kind,
            text,
            tuple(dict.fromkeys(seeds)),
            tuple(Pattern(expression) for expression in include),
            tuple(Pattern(expression) for expression in exclude),
            embeds_leave,
        )

    def judge(self, url: str, path: str) -> Verdict:
        """Tell whether an address belongs to the crawl, and the rule that says so.

        Args:
            url: absolute.
            path: the hop path: one letter for each step from a seed, the last for how this address
                was found; empty for a seed.

        Takes time in proportion to the address, whatever the expressions are.
        """
        place = _place(url)
        if place is None:
            return Verdict(False, "scope: no address of the web")
        if not path or self._within.is_seed(url):
            return Verdict(True, "scope: seed")
        if path.endswith("P"):
            return Verdict(True, "scope: needed for manners")
        if len(url) > _LONGEST and (self.exclude or self.include or self.kind == "regex"):
            return Verdict(False, f"scope: more than {_LONGEST} characters")
        excluding = _found(self.exclude, url)
        if excluding:
            return Verdict(False, f"scope: excluded by {excluding.text[:_TOLD]}")
        including = _found(self.include, url)
        if including:
            return Verdict(True, f"scope: included by {including.text[:_TOLD]}")
        if self._within.holds(url, place):
            return Verdict(True, f"scope: within {self._named}")
        own = path[len(path.rstrip("ER")) :]  # since a page that belongs
        if "E" in own:
            return self._embedded(own, place)
        if own == path:
            return Verdict(True, "scope: redirect of a seed")
        return Verdict(False, f"scope: outside {self._named}")

    def names(self, url: str) -> bool:
        """Tell whether a person named the server of an address; pages cannot bring that about.

        Named are the servers of seeds, and where these moved within their site; with ``domain`` all
        hosts of the registered domain. A host is named as well where it stands as it is, letter by
        letter, in an expression of the scope or of an inclusion: at the port that follows there, at
        the usual ones before a slash, else at any.
        """
        place = _place(url)
        if place is None:
            return False
        if self._within.knows(place) or self._within.has_domain(place):
            return True
        expressions = [pattern.text for pattern in self.include]
        expressions += [self.text] if self.kind == "regex" else []
        return any(_stands_in(text, place) for text in expressions)

    def widened(self, target: str) -> "Scope":
        """Give the scope with the place a seed redirected to, where that is the same site.

        Args:
            target: the address that the redirect of a seed leads to; its hop path is all ``R``.

        A site counts as the same when only the scheme or a leading ``www.`` differs; then what was
        in scope on the one host is on the other. Otherwise, and for scopes that name pages or are
        an expression, this is the scope as it was.
        """
        place = _place(target)
        if place is None or self._within.knows(place) or self.kind in ("page", "regex"):
            return self
        for seed in self.seeds:
            start = _place(seed)
            if start and _bare(start.host) == _bare(place.host) and start.port == place.port:
                return replace(self, moved=(*self.moved, target))
        return self

    def describe(self) -> str:
        """Say in a line what belongs, as a warcinfo record tells it."""
        if self.kind == "regex":
            said = f"addresses that match {self.text}"
        else:
            seeds = [_CREDENTIALS.sub("//", seed) for seed in (*self.seeds, *self.moved)]
            more = f" and {len(seeds) - _SHOWN} more" if len(seeds) > _SHOWN else ""
            said = f"{self.kind} of {' '.join(seeds[:_SHOWN])}{more}"
        parts = [said]
        parts += [f"include {pattern.text}" for pattern in self.include]
        parts += [f"exclude {pattern.text}" for pattern in self.exclude]
        parts.append("embeds from anywhere" if self.embeds_leave else "embeds from within only")
        return _CONTROL.sub(" ", "; ".join(parts))

    def to_text(self) -> str:
        """Write the scope as JSON, in ASCII."""
        return json.dumps(
            {
                "text": self.text,
                "seeds": self.seeds,
                "include": [pattern.text for pattern in self.include],
                "exclude": [pattern.text for pattern in self.exclude],
                "embeds_leave": self.embeds_leave,
                "moved": self.moved,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Scope":
        """Read what `to_text` wrote."""
        kept = json.loads(text)
        moved = tuple(kept.pop("moved"))
        return replace(cls.of(**kept), moved=moved)

    @property
    def _named(self) -> str:
        return "the expression" if self.kind == "regex" else self.kind

    def _embedded(self, hops: str, place: _Place) -> Verdict:
        if not self.embeds_leave:
            # A page alone would have nothing: what it embeds from its own site stays within.
            if self.kind == "page" and self._within.knows(place):
                return Verdict(True, "scope: embed")
            return Verdict(False, f"scope: embed outside {self._named}")
        if hops.count("E") > _EMBEDS_DEEP:
            return Verdict(False, f"scope: more than {_EMBEDS_DEEP} embeds deep")
        return Verdict(True, "scope: embed")


class _Within:
    """The places that a kind of scope makes of seeds, ready to be looked up."""

    def __init__(
        self, kind: Kind, expression: Pattern | None, seeds: Sequence[str], moved: Sequence[str]
    ) -> None:
        self._kind = kind
        self._expression = expression
        self._seeds = {_without_fragment(seed) for seed in seeds}
        places = [place for place in map(_place, seeds) if place]
        moves = [place for place in map(_place, moved) if place]
        # What a seed names is named on the host it moved to as well.
        places += [
            _Place(move.host, move.port, place.path)
            for move in moves
            for place in places
            if _bare(place.host) == _bare(move.host) and place.port == move.port
        ]
        self._sites = {place.site for place in places}
        self._directories: dict[tuple[str, int | None], tuple[str, ...]] = {}
        self._domains: set[str] = set()
        if kind == "prefix":
            for place in places:
                others = self._directories.get(place.site, ())
                self._directories[place.site] = (*others, place.directory)
        if kind == "domain":
            self._domains = {domain for place in places if (domain := _domain(place.host))}

    def is_seed(self, url: str) -> bool:
        return _without_fragment(url) in self._seeds

    def knows(self, place: _Place) -> bool:
        return place.site in self._sites

    def has_domain(self, place: _Place) -> bool:
        return self._kind == "domain" and any(
            above in self._domains for above in _above(place.host)
        )

    def holds(self, url: str, place: _Place) -> bool:
        if self._expression is not None:
            return self._expression.found_in(url)
        if self._kind == "prefix":
            return place.path.startswith(self._directories.get(place.site, ()))
        if self.has_domain(place):
            return True
        return self._kind in ("host", "domain") and place.site in self._sites


def _found(patterns: Iterable[Pattern], url: str) -> Pattern | None:
    return next((pattern for pattern in patterns if pattern.found_in(url)), None)


def _stands_in(expression: str, place: _Place) -> bool:
    # Whether an expression names a host letter by letter, and its port where one stands there.
    text = _OTHER_ESCAPE.sub("\0", _LITERAL.sub(r"\1", expression.lower()))
    host = f"[{place.host}]" if ":" in place.host else place.host
    at = text.find(host)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(host) :]
        if not _OF_NAME.match(before) and not _LONGER_NAME.match(after):
            port = _PORT.match(after)
            if port is None:
                at_port = place.port is None or not after.startswith("/")
            else:
                ports = _PORTS.values() if place.port is None else (place.port,)
                at_port = int(port[1]) in ports
            if at_port:
                return True
        at = text.find(host, at + 1)
    return False


def _place(url: str) -> _Place | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = (host if host.isascii() else host.encode("idna").decode()).removesuffix(".")
    except ValueError:  # a port that is no number, half an IPv6 address, a label too long
        return None
    if not host or parts.scheme not in _PORTS:
        return None
    usual = port is None or port == _PORTS[parts.scheme]
    return _Place(host, None if usual else port, one_spelling(parts.path) or "/")


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _above(host: str) -> Iterator[str]:
    # The host, and each domain it is in.
    while host:
        yield host
        _, _, host = host.partition(".")


def _domain(host: str) -> str:
    # The registered domain; empty for an address in numbers and a name without a dot.
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return ""
    if "." not in host:
        return ""
    found = _suffixes().extract_str(host)
    if found.suffix:
        # A public suffix may have a page of its own, as gov.uk has: that alone is meant then.
        return found.top_domain_under_public_suffix
    return ".".join(host.split(".")[-2:])  # as the list says for what it does not name


@lru_cache(maxsize=1)
def _suffixes() -> "TLDExtract":
    # Loaded when a scope needs it: the list takes a third of a second. Nothing is fetched or
    # kept; what private owners give away below their domains is theirs.
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=())
