"""Two dates of one site compared: pages added, removed, changed, moved; and those not captured.

An archive only samples. A page without a later capture is not gone: nobody looked. A page is gone
when a capture shows it so, by its status or in its own words.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from extract.compare.addresses import page_identity
from extract.compare.states import NOT_A_PAGE

__all__ = [
    "Held",
    "Move",
    "Outline",
    "PageChange",
    "PageProblemError",
    "SiteComparison",
    "Verdict",
    "compare_sites",
    "site_as_json",
]

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
        statements: each change in a line; what many pages state alike is the site's frame.
    """

    old: str
    new: str
    alike: float
    statements: tuple[str, ...]


class PageChange(NamedTuple):
    """A page that changed: its old address, both times, and the share of words that stayed."""

    url: str
    old: str
    new: str
    alike: float


class Move(NamedTuple):
    """A page that stands at another address."""

    old: str
    new: str
    alike: float


@dataclass(slots=True)
class SiteComparison:
    """What became of the pages of a site; each is in one list, by its old address if it has one.

    Attributes:
        added: pages that only the later date has.
        removed: pages that a later capture shows gone.
        changed: pages that read otherwise.
        unchanged: pages that say the same.
        moved: pages that stand at another address.
        not_captured: pages of which nothing later tells: not captured, or captured with an error.
        redirected: pages that lead elsewhere now, to something that is not their text.
        frame: changes that many pages share, told once.
        problems: pages that could not be compared, and why.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[PageChange] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    not_captured: list[str] = field(default_factory=list)
    redirected: list[str] = field(default_factory=list)
    frame: list[tuple[str, int]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise, as far as captures tell."""
        return any((self.added, self.removed, self.changed, self.moved, self.redirected))


Outliner = Callable[[Held], Outline]
Comparer = Callable[[Held, Held], Verdict]


class PageProblemError(Exception):
    """A page could not be read; its text says why."""


def compare_sites(
    old: Iterable[Held], new: Iterable[Held], outline: Outliner, compare: Comparer
) -> SiteComparison:
    """Compare the captures of a site at two dates.

    Args:
        old: captures of the earlier date; of one page the last that shows it counts.
        new: those of the later date.
        outline: reads one page.
        compare: compares two captures of a page.

    Addresses of one page are folded by `page_identity`. Pages of equal digest are not read; pages
    are only held against others when one of them stands alone.
    """
    found = SiteComparison()
    olds, news = _by_page(old), _by_page(new)
    gone: list[tuple[Held, list[str]]] = []  # and where it is told when it has not moved
    come: list[Held] = []
    verdicts: list[tuple[Held, Held, Verdict]] = []
    for key, one in olds.items():
        if not _shows(one):
            continue
        other = news.get(key)
        if other is None:
            gone.append((one, found.not_captured))
        elif other.status in _GONE:
            gone.append((one, found.removed))
        elif other.status is not None and other.status in _MOVED:
            gone.append((one, found.redirected))
        elif not _shows(other):
            gone.append((one, found.not_captured))
        elif one.digest and one.digest == other.digest:
            found.unchanged.append(one.url)
        else:
            try:
                verdict = compare(one, other)
            except PageProblemError as problem:
                found.problems.append((one.url, str(problem)))
                continue
            _place(one, other, verdict, found, gone, come, verdicts)
    come += [other for key, other in news.items() if _shows(other) and not _shows(olds.get(key))]
    _tell_changes(verdicts, found)
    _tell_moves(gone, come, news, outline, found)
    for urls in (found.added, found.removed, found.unchanged, found.not_captured, found.redirected):
        urls.sort()
    found.changed.sort()
    found.moved.sort()
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


def _place(
    one: Held,
    other: Held,
    verdict: Verdict,
    found: SiteComparison,
    gone: list[tuple[Held, list[str]]],
    come: list[Held],
    verdicts: list[tuple[Held, Held, Verdict]],
) -> None:
    """Sort a page in by what its captures show."""
    if verdict.old in NOT_A_PAGE and verdict.new not in NOT_A_PAGE:
        come.append(other)
    elif verdict.old in NOT_A_PAGE:
        return  # it was no page, and is none
    elif verdict.new == "not-found":
        gone.append((one, found.removed))
    elif verdict.new == "redirect":
        gone.append((one, found.redirected))
    elif verdict.new in NOT_A_PAGE:
        gone.append((one, found.not_captured))
    else:
        verdicts.append((one, other, verdict))


def _tell_changes(verdicts: list[tuple[Held, Held, Verdict]], found: SiteComparison) -> None:
    shared = Counter(
        statement for _, _, verdict in verdicts for statement in set(verdict.statements)
    )
    pages = len(verdicts) + len(found.unchanged)
    least = max(_FEWEST, pages / 2)
    frame = {statement for statement, count in shared.items() if count >= least}
    found.frame = sorted((statement, shared[statement]) for statement in frame)
    for one, other, verdict in verdicts:
        if set(verdict.statements) <= frame and verdict.old == verdict.new:
            found.unchanged.append(one.url)
        else:
            found.changed.append(PageChange(one.url, one.timestamp, other.timestamp, verdict.alike))


# ---------------------------------------------------------------- pages that moved


def _tell_moves(
    gone: Sequence[tuple[Held, list[str]]],
    come: Sequence[Held],
    news: dict[str, Held],
    outline: Outliner,
    found: SiteComparison,
) -> None:
    olds = _outlined([held for held, _ in gone] if come else [], outline, found)
    others = _outlined(come, outline, found)
    moved_old: set[str] = set()
    moved_new: set[str] = set()
    for score, one, other in _moves(olds, others, news):
        if one.url not in moved_old and other.url not in moved_new:
            moved_old.add(one.url)
            moved_new.add(other.url)
            found.moved.append(Move(one.url, other.url, min(score, 1.0)))
    for held, told in gone:
        if held.url in moved_old:
            continue
        known = olds.get(held.url)
        if known is None or known[1].state not in NOT_A_PAGE:
            told.append(held.url)
    found.added += [
        url
        for url, (_, known) in others.items()
        if url not in moved_new and known.state not in NOT_A_PAGE
    ]


_Outlined = dict[str, tuple[Held, Outline]]


def _outlined(pages: Iterable[Held], outline: Outliner, found: SiteComparison) -> _Outlined:
    outlines: _Outlined = {}
    for held in pages:
        try:
            outlines[held.url] = (held, outline(held))
        except PageProblemError as problem:
            found.problems.append((held.url, str(problem)))
            outlines[held.url] = (held, Outline("content", "", frozenset()))
    return outlines


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
            score = _alike(
                known.triples, other_known.triples, spread, holders, len(olds), len(others)
            )
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


def _alike(
    first: frozenset[int],
    second: frozenset[int],
    spread: Counter[int],
    holders: dict[int, list[str]],
    olds: int,
    others: int,
) -> float:
    """The share of triples that two pages have in common, those of the frame left out."""

    def own(triples: frozenset[int]) -> set[int]:
        return {
            triple
            for triple in triples
            if not (
                (olds >= _FEWEST and spread[triple] * 2 > olds)
                or (others >= _FEWEST and len(holders.get(triple, ())) * 2 > others)
            )
        }

    one, other = own(first), own(second)
    together = len(one | other)
    return len(one & other) / together if together else 0.0


# ---------------------------------------------------------------- as JSON


def site_as_json(comparison: SiteComparison) -> dict[str, object]:
    """Give a comparison of a site in plain values."""
    return {
        "verdict": "differs" if comparison.differs else "same",
        "added": comparison.added,
        "removed": comparison.removed,
        "changed": [page.url for page in comparison.changed],
        "unchanged": comparison.unchanged,
        "moved": [{"from": move.old, "to": move.new} for move in comparison.moved],
        "not_captured": comparison.not_captured,
        "redirected": comparison.redirected,
        "changes": [
            {"url": page.url, "old": page.old, "new": page.new, "alike": round(page.alike, 4)}
            for page in comparison.changed
        ],
        "frame": [{"change": text, "pages": pages} for text, pages in comparison.frame],
        "problems": [{"url": url, "problem": problem} for url, problem in comparison.problems],
    }
