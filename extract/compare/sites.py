"""Two dates of one site compared: pages added, removed, changed, moved; and those not captured.

An archive only samples. A page without a later capture is not gone: nobody looked. A page is gone
when a capture shows it so, by its status or in its own words.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import NamedTuple, Protocol, TypeVar

from extract.compare.addresses import page_identity
from extract.compare.states import NOT_A_PAGE

__all__ = [
    "Fate",
    "Held",
    "Outline",
    "PageFate",
    "PageProblemError",
    "SiteComparison",
    "Spread",
    "Verdict",
    "compare_sites",
    "site_as_json",
]

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")

_GONE = (404, 410)
_MOVED = range(300, 400)
_OK = range(200, 300)
_FEWEST = 3  # pages that make what they share the site's frame
_ALIKE = 0.75  # share of word triples that a page that moved keeps
_SAME_TITLE = 0.3  # when it keeps its title as well
_COMMON = 50  # pages that share a triple which then tells nothing


@dataclass(frozen=True, slots=True)
class Held:
    """One capture of a page of a site, as far as it is known before it is read.

    Attributes:
        url: its address as captured.
        timestamp: 14 digits; empty when not known.
        status: its HTTP status; None when not known.
        digest: equal for equal payloads; empty when not known.
        place: where its payload is, for whoever reads it; None when there is none.
        leads_to: where a redirect leads; empty when it is none, or not known.
    """

    url: str
    timestamp: str = ""
    status: int | None = None
    digest: str = ""
    place: object = None
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """What one page is known by: its state, its title, and digests of its triples of words."""

    state: str
    title: str
    triples: frozenset[int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How two captures of a page differ.

    Attributes:
        old: the state of the old one; see `extract.compare.states.state_of`.
        new: the state of the new one.
        alike: the share of words that both have.
        statements: each change in a line; what many pages state alike is the site's frame. Empty
            where the texts were not compared.
    """

    old: str
    new: str
    alike: float
    statements: tuple[str, ...]


class Fate(StrEnum):
    """What became of a page; in the order in which it is told."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    REDIRECTED = "redirected"
    NOT_CAPTURED = "not captured"
    UNCHANGED = "unchanged"


class PageFate(NamedTuple):
    """What became of one page.

    `url` is its old address, or its new one when it was added. `old` and `new` are the captures
    that tell so: of a page that is gone `new` shows it gone; None where there is none. `new_url` is
    where it moved, or where it leads; empty for any other. `alike` is the share of words that
    stayed, None where no texts were compared.
    """

    fate: Fate
    url: str
    old: Held | None
    new: Held | None
    new_url: str = ""
    alike: float | None = None

    @property
    def words_changed(self) -> int | None:
        """The share of words that changed in percent, at least 1; None where none were compared."""
        if self.alike is None:
            return None
        return max(1, round(100 * (1 - self.alike)))


@dataclass(slots=True)
class SiteComparison:
    """What became of the pages of a site.

    Attributes:
        pages: each page once, by fate and address.
        frame: changes that many pages share, told once, and how many do.
        problems: pages that could not be compared, and why.
    """

    pages: list[PageFate] = field(default_factory=list)
    frame: list[tuple[str, int]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise, as far as captures tell."""
        return any(page.fate not in (Fate.UNCHANGED, Fate.NOT_CAPTURED) for page in self.pages)

    def of(self, fate: Fate) -> list[PageFate]:
        """Give the pages that one thing became of, by address."""
        return [page for page in self.pages if page.fate is fate]

    def urls(self, fate: Fate) -> list[str]:
        """Give their addresses."""
        return [page.url for page in self.of(fate)]


Outliner = Callable[[Held], Outline]
Comparer = Callable[[Held, Held], Verdict]


class Spread(Protocol):
    """Calls a function for each of some things; see `compare_sites`."""

    def __call__(
        self, function: Callable[[_Thing], _Result], things: Iterable[_Thing], /
    ) -> Iterable[_Result]:
        """Give what comes of it, in their order."""
        ...


class PageProblemError(Exception):
    """A page could not be read; its text says why."""


class _Gone(NamedTuple):
    """A page that no longer stands at its address, and what is told of it unless it has moved."""

    held: Held
    later: Held | None
    fate: Fate


class _Compared(NamedTuple):
    old: Held
    new: Held
    verdict: Verdict


def compare_sites(
    old: Iterable[Held],
    new: Iterable[Held],
    outline: Outliner,
    compare: Comparer,
    spread: Spread = map,
) -> SiteComparison:
    """Compare the captures of a site at two dates.

    Args:
        old: captures of the earlier date; of one page the last that shows it counts.
        new: those of the later date.
        outline: reads one page.
        compare: compares two captures of a page.
        spread: calls a function for each page, and gives what comes of it in the same order; such
            as the map of an executor, for several pages at once.

    Addresses of one page are folded by `page_identity`. Pages of equal digest are not read; pages
    are only held against others when one of them stands alone.
    """
    found = SiteComparison()
    olds, news = _by_page(old), _by_page(new)
    gone: list[_Gone] = []
    come: list[Held] = []
    verdicts: list[_Compared] = []
    pairs: list[tuple[Held, Held]] = []
    for key, one in olds.items():
        if not _shows(one):
            continue
        other = news.get(key)
        if other is None:
            gone.append(_Gone(one, None, Fate.NOT_CAPTURED))
        elif other.status in _GONE:
            gone.append(_Gone(one, other, Fate.REMOVED))
        elif other.status is not None and other.status in _MOVED:
            gone.append(_Gone(one, other, Fate.REDIRECTED))
        elif not _shows(other):
            gone.append(_Gone(one, other, Fate.NOT_CAPTURED))
        elif one.digest and one.digest == other.digest:
            found.pages.append(PageFate(Fate.UNCHANGED, one.url, one, other))
        else:
            pairs.append((one, other))
    told = spread(lambda pair: _tried(compare, *pair), pairs)
    for (one, other), verdict in zip(pairs, told, strict=True):
        if isinstance(verdict, PageProblemError):
            found.problems.append((one.url, str(verdict)))
        else:
            _place(_Compared(one, other, verdict), gone, come, verdicts)
    come += [other for key, other in news.items() if _shows(other) and not _shows(olds.get(key))]
    _tell_changes(verdicts, found)
    _tell_moves(gone, come, news, outline, found, spread)
    order = list(Fate)
    found.pages.sort(key=lambda page: (order.index(page.fate), page.url))
    return found


def _shows(held: Held | None) -> bool:
    """Whether a capture shows a page, as far as its status tells."""
    return (
        held is not None
        and held.place is not None
        and (held.status is None or held.status in _OK or held.status == 304)
    )


def _by_page(captures: Iterable[Held]) -> dict[str, Held]:
    """Of the captures of each page the one that counts: the last that shows it, else the last."""
    pages: dict[str, Held] = {}
    for held in captures:
        key = page_identity(held.url)
        known = pages.get(key)
        if known is None or (_shows(held), held.timestamp) > (_shows(known), known.timestamp):
            pages[key] = held
    return pages


def _place(each: _Compared, gone: list[_Gone], come: list[Held], verdicts: list[_Compared]) -> None:
    """Sort a page in by what its captures show."""
    one, other, verdict = each
    if verdict.old in NOT_A_PAGE and verdict.new not in NOT_A_PAGE:
        come.append(other)
    elif verdict.old in NOT_A_PAGE:
        return  # it was no page, and is none
    elif verdict.new == "not-found" or (verdict.new == "off-topic" and not verdict.statements):
        gone.append(_Gone(one, other, Fate.REMOVED))
    elif verdict.new == "redirect":
        gone.append(_Gone(one, other, Fate.REDIRECTED))
    elif verdict.new in NOT_A_PAGE and verdict.new != "off-topic":
        gone.append(_Gone(one, other, Fate.NOT_CAPTURED))
    else:
        verdicts.append(each)


def _tell_changes(verdicts: list[_Compared], found: SiteComparison) -> None:
    shared = Counter(
        statement for _, _, verdict in verdicts for statement in set(verdict.statements)
    )
    pages = len(verdicts) + len(found.pages)
    least = max(_FEWEST, pages / 2)
    frame = {statement for statement, count in shared.items() if count >= least}
    found.frame = sorted((statement, shared[statement]) for statement in frame)
    for one, other, verdict in verdicts:
        if set(verdict.statements) <= frame and verdict.old == verdict.new:
            found.pages.append(PageFate(Fate.UNCHANGED, one.url, one, other))
        else:
            found.pages.append(PageFate(Fate.CHANGED, one.url, one, other, alike=verdict.alike))


# ---------------------------------------------------------------- pages that moved


def _tell_moves(
    gone: Sequence[_Gone],
    come: Sequence[Held],
    news: dict[str, Held],
    outline: Outliner,
    found: SiteComparison,
    spread: Spread,
) -> None:
    olds = _outlined([each.held for each in gone] if come else [], outline, found, spread)
    others = _outlined(come, outline, found, spread)
    moved_old: set[str] = set()
    moved_new: set[str] = set()
    for score, one, other in _moves(olds, others, news):
        if one.url not in moved_old and other.url not in moved_new:
            moved_old.add(one.url)
            moved_new.add(other.url)
            alike = min(score, 1.0)
            found.pages.append(PageFate(Fate.MOVED, one.url, one, other, other.url, alike))
    for held, later, fate in gone:
        if held.url in moved_old:
            continue
        known = olds.get(held.url)
        if known is None or known[1].state not in NOT_A_PAGE:
            leads_to = later.leads_to if later else ""
            found.pages.append(PageFate(fate, held.url, held, later, leads_to))
    found.pages += [
        PageFate(Fate.ADDED, url, None, held)
        for url, (held, known) in others.items()
        if url not in moved_new and known.state not in NOT_A_PAGE
    ]


_Outlined = dict[str, tuple[Held, Outline]]


def _outlined(
    pages: Sequence[Held], outline: Outliner, found: SiteComparison, spread: Spread
) -> _Outlined:
    outlines: _Outlined = {}
    told = spread(lambda held: _tried(outline, held), pages)
    for held, known in zip(pages, told, strict=True):
        if isinstance(known, PageProblemError):
            found.problems.append((held.url, str(known)))
            known = Outline("content", "", frozenset())
        outlines[held.url] = (held, known)
    return outlines


def _tried(function: Callable[..., _Result], *things: Held) -> _Result | PageProblemError:
    try:
        return function(*things)
    except PageProblemError as problem:
        return problem


def _moves(
    olds: _Outlined, others: _Outlined, news: dict[str, Held]
) -> Iterator[tuple[float, Held, Held]]:
    """Pages that may have moved, the surest first."""
    # What many of these pages have is the site's frame.
    holders: dict[int, list[str]] = defaultdict(list)
    for url, (_, known) in others.items():
        for triple in known.triples:
            holders[triple].append(url)
    spread = Counter(triple for _, known in olds.values() for triple in known.triples)
    widely = len(others) / 2 if len(others) >= _FEWEST else inf
    framing = {triple for triple, urls in holders.items() if len(urls) > widely}
    if len(olds) >= _FEWEST:
        framing |= {triple for triple, count in spread.items() if count * 2 > len(olds)}
    own = {url: known.triples - framing for url, (_, known) in olds.items()}
    others_own = {url: known.triples - framing for url, (_, known) in others.items()}
    scored: list[tuple[float, str, str]] = []
    for url, (held, known) in olds.items():
        if known.state in NOT_A_PAGE:
            continue
        leads_to = news.get(page_identity(url))
        votes: Counter[str] = Counter()
        for triple in known.triples:
            if len(holders.get(triple, ())) <= _COMMON:
                votes.update(holders.get(triple, ()))
        for other_url, _ in votes.most_common(10):
            other, other_known = others[other_url]
            if other_known.state in NOT_A_PAGE:
                continue
            score = _alike(own[url], others_own[other_url])
            least = _SAME_TITLE if known.title and known.title == other_known.title else _ALIKE
            if (
                leads_to is not None
                and leads_to.leads_to
                and (page_identity(leads_to.leads_to) == page_identity(other.url))
            ):
                score += 1
            if score >= least:
                scored.append((score, held.url, other.url))
    scored.sort(key=lambda each: (-each[0], each[1], each[2]))
    for score, url, other_url in scored:
        yield score, olds[url][0], others[other_url][0]


def _alike(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of triples that two pages have in common."""
    together = len(one | other)
    return len(one & other) / together if together else 0.0


# ---------------------------------------------------------------- as JSON


def site_as_json(comparison: SiteComparison) -> dict[str, object]:
    """Give a comparison of a site in plain values."""
    return {
        "verdict": "differs" if comparison.differs else "same",
        "added": comparison.urls(Fate.ADDED),
        "removed": comparison.urls(Fate.REMOVED),
        "changed": comparison.urls(Fate.CHANGED),
        "unchanged": comparison.urls(Fate.UNCHANGED),
        "moved": [{"from": page.url, "to": page.new_url} for page in comparison.of(Fate.MOVED)],
        "not_captured": comparison.urls(Fate.NOT_CAPTURED),
        "redirected": comparison.urls(Fate.REDIRECTED),
        "changes": [
            {
                "url": page.url,
                "old": page.old.timestamp if page.old else "",
                "new": page.new.timestamp if page.new else "",
                "alike": round(page.alike or 0.0, 4),
            }
            for page in comparison.of(Fate.CHANGED)
        ],
        "frame": [{"change": text, "pages": pages} for text, pages in comparison.frame],
        "problems": [{"url": url, "problem": problem} for url, problem in comparison.problems],
    }
