"""Timelines: of each capture of a page how it differs from the one before, and of a site by month.

Told from what was kept when pages were read (`extract.compare.sketches`); no payload is read again.
Where a capture was not read, its digest alone decides. An archive only samples: a change lies
between two captures, and how often a page changed in between nobody knows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Select, and_, inspect, literal, or_, select

from archiver.digests import read_digest
from archiver.http import PAGE_TYPES
from archiver.records import Capture
from archiver.timestamps import Span, format_timestamp
from archiver.urls import join_url, url_key
from extract.compare.differences import Difference, compare_sketches
from extract.compare.sketches import Sketch
from extract.compare.states import NOT_A_PAGE, state_by_status
from extract.tables import extraction, page_sketch, page_text, page_version
from snapshots import index
from snapshots.catalogue import LookUp, stream
from snapshots.query import key_ranges
from snapshots.tables import capture, same_capture, url

__all__ = [
    "Month",
    "PageChanges",
    "SiteTimeline",
    "Step",
    "StepKind",
    "changes_around",
    "page_timeline",
    "site_timeline",
    "step_as_json",
]

_AT_ONCE = 32  # captures whose sketches are held at a time
_SHOWING_PAGES = PAGE_TYPES | {"application/vnd.wap.xhtml+xml"}
_NOTHING = Difference()

_SKETCHES = LookUp(
    lambda wanted: (
        select(
            page_sketch.c.extraction_id,
            page_sketch.c.state,
            page_sketch.c.hashes,
            page_sketch.c.units,
            page_text.c.text,
            page_sketch.c.base,
        )
        .join(extraction, extraction.c.id == page_sketch.c.extraction_id)
        .join(page_text, page_text.c.id == extraction.c.text_id)
        .where(page_sketch.c.extraction_id.in_(wanted))
    )
)


class StepKind(StrEnum):
    """How a capture differs from the one before it that shows the page."""

    FIRST = "first"
    SAME_BYTES = "same bytes"
    SAME_TEXT = "same text"
    NOISE = "noise only"
    CHANGED = "changed"
    OTHER_BYTES = "other bytes"  # and more is not known: it was not read, or is no page of text
    NO_PAGE = "no page"  # an error, a redirect, or gone


@dataclass(frozen=True, slots=True)
class Step:
    """One capture of a page in time.

    Attributes:
        capture: the capture.
        kind: how it differs from the last capture before it that shows the page.
        state: what it shows; see `extract.compare.states.state_of`. Empty where that is not known,
            ``file`` for what is no page of text.
        before: the capture it was held against; None for the first and where there is no page.
        difference: how much differs; nothing for bytes that were not read.
        state_before: what the capture just before shows; empty for the first.
    """

    capture: Capture
    kind: StepKind
    state: str
    before: Capture | None = None
    difference: Difference = _NOTHING
    state_before: str = ""

    @property
    def differs(self) -> bool:
        """Whether a reader sees something else than in the capture just before."""
        return self.kind in (StepKind.CHANGED, StepKind.OTHER_BYTES) or (
            self.state_before not in ("", self.state)
        )

    @property
    def size(self) -> int:
        """How much changed: words that are new or gone, and at least 1 where anything is."""
        if self.kind not in (StepKind.CHANGED, StepKind.OTHER_BYTES):
            return 0
        return max(self.difference.words, 1)


@dataclass(slots=True)
class Month:
    """What was captured of a site in a month, and how much of it had changed.

    Attributes:
        month: six digits.
        captures: captures of its pages.
        pages: pages captured.
        pages_new: pages captured for the first time.
        pages_changed: pages of which a capture differs from the one before it.
        pages_gone: pages that showed a page before, and an error, a redirect or nothing now.
        changes: captures that differ from the one before.
        words_added: words that are new in these.
        words_removed: words that are gone in these.
    """

    month: str
    captures: int = 0
    pages: int = 0
    pages_new: int = 0
    pages_changed: int = 0
    pages_gone: int = 0
    changes: int = 0
    words_added: int = 0
    words_removed: int = 0


@dataclass(slots=True)
class PageChanges:
    """How much one page of a site changed.

    Attributes:
        url: its address, as its last capture has it.
        captures: captures of it.
        changes: those that differ from the one before.
        words_added: words that are new in these.
        words_removed: words that are gone in these.
        last: timestamp of the last of these; empty where none is.
    """

    url: str
    captures: int = 0
    changes: int = 0
    words_added: int = 0
    words_removed: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True)
class SiteTimeline:
    """How a site changed.

    Attributes:
        months: those with a capture, the oldest first.
        pages: the pages that changed, most words first.
        cut: whether it was stopped before all captures were looked at.
    """

    months: tuple[Month, ...]
    pages: tuple[PageChanges, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """A capture, and what is known of it without its sketch."""

    capture: Capture
    key: str
    reading: int | None  # None where there is no sketch
    state: str


@dataclass(slots=True)
class _Sketches:
    """The sketches at hand: of some captures in a row, and of the one before them."""

    connection: Connection
    held: dict[int, Sketch] = field(default_factory=dict)

    def load(self, looks: Iterable[_Look | None]) -> None:
        wanted = list(dict.fromkeys(look.reading for look in looks if look and look.reading))
        self.held = {number: self.held[number] for number in wanted if number in self.held}
        missing = [number for number in wanted if number not in self.held]
        for number, state, hashes, units, text, base in _SKETCHES.rows(self.connection, missing):
            self.held[number] = Sketch(state, bytes(hashes), bytes(units), text, base)

    def of(self, look: _Look) -> Sketch | None:
        sketch = self.held.get(look.reading or 0)
        if sketch is None:
            return None
        base = join_url(look.capture.url, sketch.base) if sketch.base else look.capture.url
        return Sketch(sketch.state, sketch.hashes, sketch.packed, sketch.text, base or "")


def page_timeline(
    connection: Connection, wanted: str, span: Span | None = None, *, most: int | None = None
) -> list[Step]:
    """Tell of each capture of a page how it differs from the one before; the oldest first.

    Args:
        connection: a connection of the catalogue.
        wanted: its URL; spellings of one key are one page.
        span: only captures taken within it are given, the first of them held against the last
            before.
        most: captures given, the oldest; all when not given.
    """
    of_page = url.c.urlkey == url_key(wanted)
    query = _looks(connection, span).where(of_page)
    looks = map(_look, stream(connection, _sorted(query)))
    return list(islice(_steps(_Sketches(connection), looks, span), most))


def site_timeline(
    connection: Connection, prefix: str, span: Span | None = None, *, most: int | None = None
) -> SiteTimeline:
    """Count by month what was captured below a prefix, and how much of it had changed.

    Args:
        connection: a connection of the catalogue.
        prefix: a URL prefix.
        span: only captures taken within it count.
        most: captures looked at, about; all when not given.

    Months without a capture are left out; so are files that are no pages.

    Raises:
        InputError: when the prefix is no address.
    """
    ranges = key_ranges(prefix.removesuffix("*") + "*", None)
    below = or_(*(and_(url.c.urlkey >= first, url.c.urlkey < end) for first, end in ranges))
    rows = stream(connection, _sorted(_looks(connection, span).where(below)))
    sketches = _Sketches(connection)
    months: dict[str, Month] = {}
    pages: list[PageChanges] = []
    seen, cut = 0, False
    for _, group in groupby(map(_look, rows), key=lambda look: look.key):
        looks = list(group)
        if any(look.reading or look.capture.media_type in _SHOWING_PAGES for look in looks):
            page = PageChanges(looks[-1].capture.url)
            _count(_steps(sketches, looks, span), months, page)
            if page.changes:
                pages.append(page)
        seen += len(looks)
        if most is not None and seen >= most:
            cut = True
            break
    pages.sort(key=lambda page: (-page.words_added - page.words_removed, page.url))
    return SiteTimeline(tuple(months[month] for month in sorted(months)), tuple(pages), cut)


def changes_around(
    connection: Connection, of: Capture, *, most: int = 100
) -> tuple[Capture | None, Capture | None]:
    """Find the last capture before one, and the first after it, that show something else.

    Args:
        connection: a connection of the catalogue.
        of: the capture.
        most: captures of other bytes it is held against, before and after, the closest first. A
            number and no time: the same archive gives the same answer on every machine.

    None where there is none, or none among those.
    """
    at = int(of.timestamp)
    query = _looks(connection, None).where(url.c.urlkey == url_key(of.url))
    own = query.where(
        capture.c.timestamp == at, capture.c.seq == of.number, url.c.url == of.url
    ).limit(1)
    row = connection.execute(own).first()
    if row is None:
        return None, None
    look = _look(row)
    others = query
    if of.digest:
        others = others.where(capture.c.digest != read_digest(of.digest))
    before = others.where(capture.c.timestamp < at)
    before = before.order_by(capture.c.timestamp.desc(), url.c.url, capture.c.seq.desc())
    after = _sorted(others.where(capture.c.timestamp > at))
    sketches = _Sketches(connection)
    return (
        _first_other(sketches, look, before.limit(most)),
        _first_other(sketches, look, after.limit(most)),
    )


def _first_other(sketches: _Sketches, look: _Look, candidates: Select[Any]) -> Capture | None:
    for row in sketches.connection.execute(candidates):
        if _other(sketches, look, other := _look(row)):
            return other.capture
    return None


def _other(sketches: _Sketches, look: _Look, other: _Look) -> bool:
    if look.state in NOT_A_PAGE or other.state in NOT_A_PAGE:
        return look.state != other.state
    sketches.load((look, other))
    kind, _ = _held_against(sketches, look, other)
    return kind in (StepKind.CHANGED, StepKind.OTHER_BYTES) or look.state != other.state


def step_as_json(step: Step) -> dict[str, object]:
    """Give a step in plain values, as a row of a table has them."""
    difference = step.difference
    return {
        "url": step.capture.url,
        "timestamp": step.capture.timestamp,
        "number": step.capture.number,
        "status": step.capture.status,
        "digest": step.capture.digest,
        "state": step.state,
        "kind": step.kind.value,
        "differs": step.differs,
        "before": step.before.timestamp if step.before else "",
        "size": step.size,
        "blocks_added": difference.added,
        "blocks_removed": difference.removed,
        "blocks_changed": difference.changed,
        "blocks_moved": difference.moved,
        "words_added": difference.words_added,
        "words_removed": difference.words_removed,
        "links": difference.links,
        "passed_over": difference.passed_over,
        "coarse": difference.coarse,
    }


# ---------------------------------------------------------------- what is known of captures


def _looks(connection: Connection, span: Span | None) -> Select[Any]:
    # Captures from the beginning: the first within a span is held against the last before it.
    known = inspect(connection).has_table(page_sketch.name)
    if not known:
        query = index.select_captures(url.c.urlkey, literal(None), literal(None))
    else:
        query = (
            index.select_captures(url.c.urlkey, page_sketch.c.extraction_id, page_sketch.c.state)
            .outerjoin(page_version, same_capture(page_version))
            .outerjoin(page_sketch, page_sketch.c.extraction_id == page_version.c.extraction_id)
        )
    if span:
        query = query.where(capture.c.timestamp <= int(format_timestamp(span.last)))
    return query


def _sorted(query: Select[Any]) -> Select[Any]:
    return query.order_by(url.c.urlkey, capture.c.timestamp, url.c.url, capture.c.seq)


def _look(row: Sequence[Any]) -> _Look:
    found = index.capture_of(row)
    key, reading, said = row[11:14]
    state = state_by_status(found.status) or said
    if not state and found.media_type and found.media_type not in _SHOWING_PAGES:
        state = "file"
    return _Look(found, key, reading, state or "")


# ---------------------------------------------------------------- steps


def _steps(sketches: _Sketches, looks: Iterable[_Look], span: Span | None) -> Iterator[Step]:
    """Go from capture to capture of one page."""
    start = format_timestamp(span.first) if span else ""
    page: _Look | None = None  # the last capture that shows the page
    last: _Look | None = None
    waiting: list[tuple[_Look, _Look | None, _Look | None]] = []
    for look in looks:
        if look.capture.timestamp >= start:
            waiting.append((look, page, last))
            if len(waiting) == _AT_ONCE:
                yield from _told(sketches, waiting)
                waiting = []
        last = look
        if look.state not in NOT_A_PAGE:
            page = look
    yield from _told(sketches, waiting)


def _told(
    sketches: _Sketches, waiting: Sequence[tuple[_Look, _Look | None, _Look | None]]
) -> Iterator[Step]:
    sketches.load(one for look, page, _ in waiting for one in (page, look))
    for look, page, last in waiting:
        before = last.state if last else ""
        if look.state in NOT_A_PAGE:
            yield Step(look.capture, StepKind.NO_PAGE, look.state, state_before=before)
        elif page is None:
            yield Step(look.capture, StepKind.FIRST, look.state, state_before=before)
        else:
            kind, difference = _held_against(sketches, page, look)
            yield Step(look.capture, kind, look.state, page.capture, difference, before)


def _held_against(sketches: _Sketches, old: _Look, new: _Look) -> tuple[StepKind, Difference]:
    same = old.capture.digest == new.capture.digest != ""
    if same or (old.reading is not None and old.reading == new.reading):
        return StepKind.SAME_BYTES, _NOTHING
    first, second = sketches.of(old), sketches.of(new)
    if first is None or second is None:
        return StepKind.OTHER_BYTES, _NOTHING
    found = compare_sketches(first, second)
    if found.differs:
        return StepKind.CHANGED, found
    return (StepKind.NOISE if found.passed_over else StepKind.SAME_TEXT), found


# ---------------------------------------------------------------- months


def _count(steps: Iterable[Step], months: dict[str, Month], page: PageChanges) -> None:
    """Add the captures of one page to the months, and to what is told of it."""
    for digits, group in groupby(steps, key=lambda step: step.capture.timestamp[:6]):
        some = list(group)
        month = months.setdefault(digits, Month(digits))
        month.captures += len(some)
        month.pages += 1
        month.pages_new += any(step.kind is StepKind.FIRST for step in some)
        changed = [step for step in some if step.size]
        month.pages_changed += bool(changed)
        month.pages_gone += any(
            step.kind is StepKind.NO_PAGE and step.state_before not in ("", *NOT_A_PAGE)
            for step in some
        )
        page.captures += len(some)
        for told in (month, page):
            told.changes += len(changed)
            told.words_added += sum(step.difference.words_added for step in changed)
            told.words_removed += sum(step.difference.words_removed for step in changed)
        if changed:
            page.last = changed[-1].capture.timestamp
