"""Runs: what captures say of one entity, joined where it stays the same.

An archive only samples, so a run has three dates: when it was first seen, when last, and by when it
was not seen: the first later capture of one of its pages that no longer shows it, or that shows the
page gone. What happened between the last two nobody knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archiver.timestamps import parse_timestamp

__all__ = ["Evidence", "Look", "Run", "Source", "evidence_at", "runs_of"]


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A capture that shows something.

    Attributes:
        timestamp: 14 digits.
        url: its original URL.
        number: which of the captures of that URL in that second.
    """

    timestamp: str
    url: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What one capture says of an entity.

    Attributes:
        page: key of its address; spellings of one address are one page.
        source: the capture.
        states: what is said; empty when the capture says nothing of the entity.
        stands: whether there is a page; not when it is gone or moved.
    """

    page: str
    source: Source
    states: frozenset[int] = frozenset()
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of time in which every capture of the pages concerned says the same.

    Attributes:
        states: what is said.
        sources: the captures that say so, the oldest first.
        not_seen_by: the first later capture of one of their pages that says otherwise or shows the
            page gone; None when there is none.
        page_gone: whether that capture shows the page gone or moved.
    """

    states: frozenset[int]
    sources: tuple[Source, ...]
    not_seen_by: Source | None
    page_gone: bool

    @property
    def first(self) -> str:
        """Timestamp of the first capture."""
        return self.sources[0].timestamp

    @property
    def last(self) -> str:
        """Timestamp of the last capture."""
        return self.sources[-1].timestamp


@dataclass(frozen=True, slots=True)
class Evidence:
    """How near to a moment the archive knows something of an entity.

    Attributes:
        run: what was said then or before; None when the moment lies before the first capture.
        before: the last capture up to the moment that says so; None likewise.
        after: the next capture that says the same, or that says otherwise; None when there is none.
        agrees: whether captures on both sides say the same, or one is of that very second.
        days_before: whole days from `before` to the moment.
        days_after: whole days from the moment to `after`.
    """

    run: Run | None
    before: Source | None
    after: Source | None
    agrees: bool
    days_before: int | None
    days_after: int | None


def runs_of(looks: Iterable[Look]) -> list[Run]:
    """Join what captures say into runs, by first capture.

    Args:
        looks: all deciding captures of every page that ever named the entity, in any order.

    A run goes on while its pages say the same, and from a page that is gone to another page that
    says the same: a page that moved breaks nothing. It ends where a page that stands says otherwise
    or nothing; should the same come back, a new run begins.
    """
    pages: dict[str, list[Look]] = {}
    for look in sorted(set(looks), key=lambda look: (look.source, look.page)):
        pages.setdefault(look.page, []).append(look)
    stretches = [found for page in sorted(pages) for found in _stretches(pages[page])]
    by_states: dict[frozenset[int], list[_Stretch]] = {}
    for found in sorted(stretches, key=lambda one: (one.sources[0], one.page)):
        by_states.setdefault(found.states, []).append(found)
    runs = [run for found in by_states.values() for run in _joined(found)]
    return sorted(runs, key=lambda run: (run.sources, sorted(run.states)))


def evidence_at(runs: Sequence[Run], moment: datetime) -> list[Evidence]:
    """Say what is known at a moment of every run that had begun and was not yet seen ended.

    Args:
        runs: of one entity, by first capture.
        moment: an aware datetime.

    Returns:
        Of several the one seen last comes first; one without a run when none stood.
    """
    digits = f"{moment:%Y%m%d%H%M%S}"
    standing = [
        run
        for run in runs
        if run.first <= digits and (run.not_seen_by is None or run.not_seen_by.timestamp > digits)
    ]
    found = [_evidence(run, digits, moment) for run in standing]
    if found:
        return sorted(found, key=lambda one: one.before or Source("", ""), reverse=True)
    before = [source for run in runs for source in run.sources if source.timestamp <= digits]
    after = [source for run in runs for source in run.sources if source.timestamp > digits]
    last, following = max(before, default=None), min(after, default=None)
    return [Evidence(None, last, following, False, *_days(last, following, moment))]


def _evidence(run: Run, digits: str, moment: datetime) -> Evidence:
    before = max(source for source in run.sources if source.timestamp <= digits)
    same = min((source for source in run.sources if source.timestamp > digits), default=None)
    after = same or run.not_seen_by
    agrees = same is not None or before.timestamp == digits
    return Evidence(run, before, after, agrees, *_days(before, after, moment))


def _days(
    before: Source | None, after: Source | None, moment: datetime
) -> tuple[int | None, int | None]:
    return (
        (moment - parse_timestamp(before.timestamp)).days if before else None,
        (parse_timestamp(after.timestamp) - moment).days if after else None,
    )


@dataclass(slots=True)
class _Stretch:
    """Captures of one page in a row that say the same, and the one after them."""

    page: str
    states: frozenset[int]
    sources: list[Source]
    end: Look | None = None


def _stretches(looks: Sequence[Look]) -> Iterable[_Stretch]:
    current: _Stretch | None = None
    for look in looks:
        if current is not None and look.states == current.states and look.stands:
            current.sources.append(look.source)
            continue
        if current is not None:
            current.end = look
            yield current
        current = _Stretch(look.page, look.states, [look.source]) if look.states else None
    if current is not None:
        yield current


@dataclass(slots=True)
class _Growing:
    sources: list[Source]
    last: Source
    ends: list[Look] = field(default_factory=list)

    def take(self, stretch: _Stretch) -> None:
        self.sources += stretch.sources
        self.last = max(self.last, stretch.sources[-1])
        if stretch.end is not None:
            self.ends.append(stretch.end)
        self.ends = [end for end in self.ends if end.source > self.last]

    def ended_before(self, stretch: _Stretch) -> bool:
        """Whether a capture between the last and the stretch speaks against their being one."""
        return any(
            end.source <= stretch.sources[0] and (end.stands or end.page == stretch.page)
            for end in self.ends
        )


def _joined(stretches: Sequence[_Stretch]) -> Iterable[Run]:
    growing: _Growing | None = None
    for stretch in stretches:
        if growing is not None and growing.ended_before(stretch):
            yield _run(stretch.states, growing)
            growing = None
        if growing is None:
            growing = _Growing([], stretch.sources[0])
        growing.take(stretch)
    if growing is not None:
        yield _run(stretches[0].states, growing)


def _run(states: frozenset[int], grown: _Growing) -> Run:
    end = min(grown.ends, key=lambda look: (look.source, look.page), default=None)
    return Run(
        states,
        tuple(sorted(grown.sources)),
        end.source if end else None,
        end is not None and not end.stands,
    )
