"""What came of a crawl, for people: counts, the addresses behind them, and what traps kept out.

Everything is read from the catalogue, so a crawl that still runs can be reported on as well.
Addresses that a withdrawal reaches are counted and never listed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, func, select

from archiver.capture.link import Hop
from archiver.capture.traps import Stopped, Traps
from archiver.timestamps import parse_timestamp
from snapshots.catalogue import stream
from snapshots.crawl.frontier import Met, State, count, met
from snapshots.crawl.order import Order
from snapshots.crawl.outcome import Outcome
from snapshots.crawl.store import ENDING, FINISHED, CrawlRow, crawls
from snapshots.reach import closed_pages
from snapshots.tables import crawl, crawl_note, crawl_url, intake, problem, snapshot

__all__ = [
    "KINDS",
    "NOT_MET",
    "REPORTED",
    "CrawlReport",
    "NotMet",
    "addresses",
    "columns_of",
    "crawl_of_snapshot",
    "report_on_crawl",
]

REPORTED = (
    *(Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED),
    *(Outcome.GONE, Outcome.MOVED, Outcome.FAILED),
)
NOT_MET, _PROBE = "not-met", "probe"
_STATES = {one.name.lower(): one for one in (State.REFUSED, State.QUEUED)}
# What a list of addresses can be asked for.
KINDS = (
    "all",
    *(one.name.lower() for one in REPORTED),
    *(*_STATES, _PROBE, NOT_MET),
)
_COLUMNS = (
    *("url", "via", "path", "state", "outcome"),
    *("status", "why", "timestamp", "bytes", "tries", "leads_to"),
)
_TRAP_NOTES = "trap % stopped %"  # as the engine names what `Traps.changes` gave
_AT_ONCE = 500
_SOFT, _CUT = "soft-404", "truncated-answer"
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class NotMet:
    """Addresses that the crawl before had, and to which nothing leads any more.

    Attributes:
        crawl: the number of that crawl.
        snapshot_id: its snapshot.
        number: how many there are.
        urls: the first of them, sorted.
    """

    crawl: int
    snapshot_id: int
    number: int
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """The report on a crawl; what is listed is limited, what is counted is not.

    Attributes:
        row: the crawl itself.
        order: what was asked for.
        label: of its snapshot.
        ending: why it ended with addresses left; empty when it did not.
        answers: how many addresses were answered, robots.txt and probes left out.
        outcomes: how many did how, against what the archive held; likewise.
        statuses: answers by HTTP status.
        refused: how many addresses were refused, by rule, the most frequent first.
        failures: how many came to nothing, by reason.
        traps: endless sites that were stopped.
        seeds: seeds that came to nothing, each with the reason.
        listed: addresses by outcome, in the order found; of failed ones with the reason, of moved
            ones with the address they redirect to.
        soft_404s: how many pages say they are not there with status 200, and the first of them.
        truncated: how many answers are not whole, and the first of them.
        not_met: None when it cannot be told: no crawl before, or this one is not finished.
    """

    row: CrawlRow
    order: Order
    label: str
    ending: str
    answers: int
    outcomes: dict[Outcome, int]
    statuses: dict[int, int]
    refused: dict[str, int]
    failures: dict[str, int]
    traps: tuple[Stopped, ...]
    seeds: dict[str, str]
    listed: dict[Outcome, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    soft_404s: tuple[int, tuple[str, ...]] = (0, ())
    truncated: tuple[int, tuple[str, ...]] = (0, ())
    not_met: NotMet | None = None

    @property
    def finished(self) -> bool:
        """Whether everything it met and may ask was asked for."""
        return self.row.state == FINISHED and not self.ending

    @property
    def has_findings(self) -> bool:
        """Whether somebody should look: it is not finished, or something was not had whole."""
        failed = self.outcomes.get(Outcome.FAILED, 0) or self.seeds or self.truncated[0]
        return bool(failed) or not self.finished


def crawl_of_snapshot(connection: Connection, snapshot_id: int) -> int | None:
    """Give the number of the crawl that made a snapshot.

    None for a snapshot that no crawl made, and for one whose crawl is no longer known: what a
    crawl keeps in mind is not in the files that a catalogue is made anew from.
    """
    query = select(crawl.c.id).where(crawl.c.snapshot_id == snapshot_id)
    number: int | None = connection.scalar(query)
    return number


def report_on_crawl(connection: Connection, number: int, lines: int = 20) -> CrawlReport:
    """Report on a crawl; goes through all its addresses.

    Args:
        connection: a connection of the catalogue.
        number: the crawl.
        lines: how many addresses, and how many rules, are listed of each kind at most.

    Raises:
        LookupError: when there is no crawl of that number.
    """
    found = crawls(connection, number)
    if not found:
        raise LookupError(f"there is no crawl {number}")
    [row] = found
    order = Order.from_json(row.asked)
    counts = count(connection, number, lines)
    outcomes = _outcomes(connection, number)
    label = connection.scalar(select(snapshot.c.label).where(snapshot.c.id == row.snapshot_id))
    ending = connection.scalar(
        select(crawl_note.c.text).where(
            crawl_note.c.crawl_id == number, crawl_note.c.name == ENDING
        )
    )
    listed: dict[Outcome, tuple[tuple[str, str], ...]] = {
        outcome: tuple(
            (one.url, _told_of(one)) for one in islice(_did(connection, number, outcome), lines)
        )
        for outcome in REPORTED
        if outcome in outcomes and outcome is not Outcome.UNCHANGED
    }
    return CrawlReport(
        row,
        order,
        label or "",
        ending or "",
        _answers(connection, number),
        outcomes,
        counts.statuses,
        counts.rules,
        counts.failures,
        _traps(connection, row, order),
        _seeds(connection, number, lines),
        listed,
        _told(connection, row.snapshot_id, _SOFT, lines),
        _told(connection, row.snapshot_id, _CUT, lines),
        _not_met(connection, row, ending or "", lines),
    )


def columns_of(kind: str) -> tuple[str, ...]:
    """Name what `addresses` tells of each address of a kind."""
    return _COLUMNS[:1] if kind == NOT_MET else _COLUMNS


def addresses(connection: Connection, number: int, kind: str) -> Iterator[dict[str, object]]:
    """Give all addresses of a kind that a crawl met, in the order found.

    Args:
        connection: a connection of the catalogue.
        number: the crawl.
        kind: one of `KINDS`; ``not-met`` are those of the crawl before, sorted.

    Returns:
        Each with what `columns_of` names: its url, what it was found at (via), the hop path, state,
        outcome, HTTP status, the rule that refused it or how it failed (why), timestamp of the
        capture, bytes of the answer, how often it was put back (tries), and the address to which
        the answer redirects (leads_to). None for what there is not.
    """
    if kind == NOT_MET:
        [row] = crawls(connection, number)
        before = _before(connection, row)
        if before is not None:
            rows = (one.url for one in stream(connection, _gone_from(before.number, number)))
            for url in _open(connection, rows):
                yield {"url": url}
        return
    reported = {one.name.lower(): one for one in REPORTED}
    if kind in reported:
        found = _did(connection, number, reported[kind])
    else:
        state = _STATES.get(kind)
        outcome = Outcome.PROBE if kind == _PROBE else None
        found = _in_view(connection, met(connection, number, state=state, outcome=outcome))
    for one in found:
        values = (
            *(one.url, one.via or None, one.path, one.state.name.lower()),
            None if one.outcome is None else one.outcome.name.lower(),
            *(one.status, _why(one) or None, one.timestamp, one.bytes, one.tries),
            one.leads_to or None,
        )
        yield dict(zip(_COLUMNS, values, strict=True))


def _told_of(one: Met) -> str:
    # What is said beside an address where it is listed by its outcome.
    if one.outcome is Outcome.FAILED:
        return _why(one)
    return one.leads_to if one.outcome is Outcome.MOVED else ""


def _why(one: Met) -> str:
    if one.rule or one.outcome is not Outcome.FAILED:
        return one.rule
    if one.status is not None and one.status < _FIRST_ERROR:
        return "the answer is not whole"
    return f"answered with status {one.status}"


def _answers(connection: Connection, number: int) -> int:
    return connection.scalar(_counted(number).where(crawl_url.c.status.is_not(None))) or 0


def _outcomes(connection: Connection, number: int) -> dict[Outcome, int]:
    outcome = crawl_url.c.outcome
    query = _counted(number).add_columns(outcome).where(outcome.is_not(None)).group_by(outcome)
    found = {code: many for many, code in connection.execute(query)}
    return {one: found[one] for one in REPORTED if one in found}


def _counted(number: int) -> Select[int]:
    # What was asked for because of manners is no part of what is counted.
    found = crawl_url.c
    own = ~found.path.endswith(Hop.PREREQUISITE.value)
    return select(func.count()).where(found.crawl_id == number, own)


def _did(connection: Connection, number: int, outcome: Outcome) -> Iterator[Met]:
    found = met(connection, number, outcome=outcome)
    own = (one for one in found if not one.path.endswith(Hop.PREREQUISITE))
    return _in_view(connection, own)


def _traps(connection: Connection, row: CrawlRow, order: Order) -> tuple[Stopped, ...]:
    notes = select(crawl_note.c.name, crawl_note.c.text).where(
        crawl_note.c.crawl_id == row.number, crawl_note.c.name.like(_TRAP_NOTES)
    )
    rows: dict[tuple[str, str], str] = {}
    for name, text in connection.execute(notes):
        _, authority, own = name.split(" ", 2)
        if own.startswith("stopped "):
            rows[authority, own] = text
    told = Traps(order.traps, parse_timestamp(row.begun).date(), rows).report()
    closed = closed_pages(connection, {one.example for one in told if one.example})
    return tuple(one._replace(example="") if one.example in closed else one for one in told)


def _seeds(connection: Connection, number: int, lines: int) -> dict[str, str]:
    # A seed that answered as a page that is not there is none to go on from either.
    found = crawl_url.c
    query = (
        select(found.url, found.rule, found.status, found.state)
        .where(found.crawl_id == number, found.path == "")
        .where(
            found.state.in_((int(State.REFUSED), int(State.FAILED)))
            | (found.status >= _FIRST_ERROR)
        )
        .order_by(found.id)
        .limit(lines)
    )
    rows = connection.execute(query).all()
    closed = closed_pages(connection, [row.url for row in rows])
    return {
        row.url: row.rule or f"answered with status {row.status}"
        for row in rows
        if row.url not in closed
    }


def _told(
    connection: Connection, snapshot_id: int, code: str, lines: int
) -> tuple[int, tuple[str, ...]]:
    of: list[ColumnElement[bool]] = [
        intake.c.id == problem.c.intake_id,
        intake.c.snapshot_id == snapshot_id,
        problem.c.code == code,
    ]
    number = connection.scalar(select(func.count()).where(*of)) or 0
    if not number:
        return 0, ()
    urls = connection.scalars(select(problem.c.url).where(*of).order_by(problem.c.id))
    return number, tuple(islice(_open(connection, (one for one in urls if one)), lines))


def _before(connection: Connection, row: CrawlRow) -> CrawlRow | None:
    # The newest earlier crawl of the same seeds; one that was finished is preferred.
    seeds = set(Order.from_json(row.asked).seeds)
    same = [
        one
        for one in crawls(connection)
        if one.number < row.number
        and one.exchanges
        and set(Order.from_json(one.asked).seeds) == seeds
    ]
    finished = [one for one in same if one.state == FINISHED]
    return next(reversed(finished or same), None)


def _gone_from(before: int, now: int) -> CompoundSelect[tuple[str]]:
    found = crawl_url.c
    had = select(found.url).where(
        found.crawl_id == before,
        found.state == int(State.DONE),
        found.status == 200,
        found.outcome != int(Outcome.PROBE),
    )
    return had.except_(select(found.url).where(found.crawl_id == now)).order_by("url")


def _not_met(connection: Connection, row: CrawlRow, ending: str, lines: int) -> NotMet | None:
    if row.state != FINISHED or ending:
        return None
    before = _before(connection, row)
    if before is None:
        return None
    query = _gone_from(before.number, row.number)
    number = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    urls = (one.url for one in connection.execute(query)) if number else ()
    return NotMet(
        *(before.number, before.snapshot_id, number),
        tuple(islice(_open(connection, urls), lines)),
    )


def _in_view(connection: Connection, found: Iterable[Met]) -> Iterator[Met]:
    source = iter(found)
    while some := list(islice(source, _AT_ONCE)):
        named = {url for one in some for url in (one.url, one.via, one.leads_to) if url}
        closed = closed_pages(connection, named)
        for one in some:
            if one.url not in closed and one.via not in closed:
                yield replace(one, leads_to="") if one.leads_to in closed else one


def _open(connection: Connection, urls: Iterable[str]) -> Iterator[str]:
    source = iter(urls)
    while some := list(islice(source, _AT_ONCE)):
        closed = closed_pages(connection, some)
        yield from (url for url in some if url not in closed)
