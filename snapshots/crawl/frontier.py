"""The frontier of a crawl: every address it met, which is asked next, and what came of each.

An address is known by the bytes it is asked for with, so ``a%2Fb`` and ``a/b`` are two. It is
*queued*, *leased* to whoever asks it, and *done*, *failed*, or *refused* by a rule; it may be put
back and is then queued again. What was refused is kept as well, with the rule, and is queued when a
way to it is found that is allowed; one that was refused only when its turn came stays refused.

The next address of a server is the one of the lowest priority, and of those the one found first.
What a page needs to be whole comes before further pages, so that the two are of one time; what only
looks like an address comes last. So a crawl that finds the same goes the same way.

One process holds the archive's lock; a lease that is found when a crawl begins or goes on is that
of a process which is no more, and is taken back.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal_column, select

from archiver.capture.link import Hop
from archiver.capture.verdict import Verdict
from snapshots.catalogue import LookUp, Prepared, insert_tuples, next_id, run_tuples, stream
from snapshots.crawl.outcome import Outcome
from snapshots.tables import crawl, crawl_site, crawl_url

__all__ = [
    "Added",
    "Counts",
    "Found",
    "Frontier",
    "Known",
    "Lease",
    "Met",
    "Settled",
    "Site",
    "State",
    "authority_of",
    "count",
    "forget",
    "met",
]

_RECENT: Final = 100_000  # addresses remembered at least, so that the database is not asked again
_REOPENED: Final = 2  # tries after which an answer is the last
_URL_LIMIT: Final = 8_192  # characters kept of an address that is refused
_RULE_LIMIT: Final = 400
_PORTS = {"http": 80, "https": 443}
_KEY = 16
_LAST = 2  # priority of what only looks like an address
_PRIORITIES = {Hop.PREREQUISITE: -1, Hop.EMBED: 0, Hop.GUESS: _LAST}
_USUAL = 1

# The index of what is queued serves queries that name the state in their text.
_QUEUED = crawl_url.c.state == literal_column("0")
_COLUMNS = (
    *("crawl_id", "id", "url", "key", "site_id", "via_id", "path", "priority"),
    *("state", "due", "tries", "rule"),
)


class State(IntEnum):
    """Where an address stands, as the catalogue keeps it."""

    QUEUED = 0
    LEASED = 1
    DONE = 2
    REFUSED = 3
    FAILED = 4


class Found(NamedTuple):
    """An address that was found.

    Attributes:
        url: absolute, as it would be asked for.
        path: the letters of the hops that lead to it, see `archiver.capture.link.Hop`; empty for a
            seed.
        via: the number of the address it was found at; None for a seed.
        due: before when it is not asked, in milliseconds since 1970.
    """

    url: str
    path: str
    via: int | None = None
    due: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """How many addresses came to be queued, and how many were met first and refused."""

    queued: int = 0
    refused: int = 0


class Lease(NamedTuple):
    """An address lent to whoever asks it.

    Attributes:
        id: its number in the crawl; addresses count from 1 in the order found.
        site: the number of its server.
        path: the hop path.
        via: the address it was found at; empty for a seed.
        tries: how often it was put back after a try.
    """

    id: int
    url: str
    site: int
    path: str
    via: str
    tries: int


@dataclass(frozen=True, slots=True)
class Known:
    """How an address stands that was met; fields as of `Lease`, `Found` and `Settled`.

    Attributes:
        site: None for an address that was refused when it was found.
    """

    id: int
    site: int | None
    state: State
    rule: str
    due: int
    timestamp: str | None


class Settled(NamedTuple):
    """What came of a lease.

    Attributes:
        id: of the address.
        state: done, failed, or refused.
        rule: what refused it, or how it failed.
        status: HTTP status of the answer.
        outcome: against what the archive held.
        timestamp: 14 digits, of its capture.
        bytes: of the answer.
        leads_to: the address to which the answer redirects, met by now; empty for none.
    """

    id: int
    state: State = State.DONE
    rule: str = ""
    status: int | None = None
    outcome: Outcome | None = None
    timestamp: str | None = None
    bytes: int | None = None
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and what is known of it; the texts are whatever the crawl makes of them.

    Attributes:
        authority: see `authority_of`.
        robots: what its robots.txt came to; empty when it was not asked.
        state: when it may be asked next, how it failed; empty for a new one.
        cookies: those it set.
    """

    id: int
    authority: str
    robots: str = ""
    state: str = ""
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """An address of a crawl, for a report; fields as of `Found`, `Lease` and `Settled`."""

    id: int
    url: str
    via: str
    path: str
    state: State
    rule: str
    status: int | None
    outcome: Outcome | None
    timestamp: str | None
    bytes: int | None
    tries: int
    leads_to: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many addresses of a crawl there are by state, by rule, by outcome and by status.

    Attributes:
        states: every state, none left out.
        rules: of refused ones, the most frequent first.
        failures: of failed ones, the most frequent first.
        outcomes: of those with an outcome.
        statuses: of answers.
    """

    states: dict[State, int]
    rules: dict[str, int]
    failures: dict[str, int]
    outcomes: dict[Outcome, int]
    statuses: dict[int, int]


def authority_of(url: str) -> str:
    """Give the server of an address as scheme, host and port, the usual one as well.

    >>> authority_of("http://www.homeoffice.example/crime/?q=1")
    'http://www.homeoffice.example:80'
    """
    scheme, _, rest = url.partition("://")
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    host = rest.rpartition("@")[2]
    if not host.rpartition(":")[2].isdigit() or host.endswith("]"):
        host = f"{host.removesuffix(':')}:{_PORTS.get(scheme, 0)}"
    return f"{scheme}://{host}".lower()


class Frontier:
    """The frontier of one crawl, with its numbers at hand.

    It counts in memory what it writes. So it is used with the transactions of the one writer, and
    is no good any more when one of them does not take effect: begin another.

    Attributes:
        crawl_id: the crawl.
        states: how many addresses are in each state.
        queued: how many are queued, by the number of their server; servers without any left out.
    """

    def __init__(self, connection: Connection, crawl_id: int) -> None:
        """Take up the frontier; goes once through the crawl's addresses."""
        self.crawl_id = crawl_id
        self.states: Counter[State] = Counter()
        self.queued: dict[int, int] = {}
        self._recent = _Recent()
        self._sites: dict[str, int] = {}
        found = crawl_url.c
        query = select(found.state, found.site_id, func.count(), func.max(found.id))
        mine = query.where(found.crawl_id == crawl_id).group_by(found.state, found.site_id)
        self._last = 0
        for state, site, number, last in connection.execute(mine):
            self.states[State(state)] += number
            self._last = max(self._last, last)
            if state == State.QUEUED:
                self.queued[site] = number
        sites = select(crawl_site.c.authority, crawl_site.c.id)
        self._sites.update(connection.execute(sites.where(crawl_site.c.crawl_id == crawl_id)).all())

    # Finding

    def add(
        self, connection: Connection, found: Iterable[Found], judge: Callable[[Found], Verdict]
    ) -> Added:
        """Take in addresses that were found, in their order; what is known already is passed over.

        Args:
            connection: within a transaction of the writer.
            found: what was found.
            judge: tells whether an address may be asked for. It is asked for those that were not
                let in yet, once for each way by which they were found until one is allowed.

        Of an address found more than once the first that may be asked counts. One that was refused
        before, and is not now, is queued in its old place.
        """
        fresh: dict[bytes, list[Found]] = {}
        for one in found:
            key = self._key(one.url)
            if not self._recent.get(key):
                fresh.setdefault(key, []).append(one)
        if not fresh:
            return Added()
        known = {
            bytes(key): (number, state, state == State.REFUSED and site is None)
            for key, number, state, site in _KNOWN.rows(connection, list(fresh))
        }
        judged: dict[bytes, tuple[Found, Verdict]] = {}
        for key, ways in fresh.items():
            number, state, open_to = known.get(key, (0, None, True))
            if open_to:
                judged[key] = _first_allowed(ways, judge)
            else:
                self._recent.put(key, True)
        self._meet_sites(connection, (one for one, verdict in judged.values() if verdict.allowed))
        rows: list[tuple[object, ...]] = []
        let: list[tuple[object, ...]] = []
        queued = refused = 0
        for key, (one, verdict) in judged.items():
            allowed = verdict.allowed
            number, state, _ = known.get(key, (0, None, True))
            self._recent.put(key, allowed)
            if state is not None and not allowed:
                continue
            site = self._sites[authority_of(one.url)] if allowed else None
            if site is not None:
                queued += 1
                self._queue(site, 1)
            else:
                refused += 1
            if state is None:
                self._last += 1
                rows.append(self._row(key, one, verdict, site))
            else:
                self.states[State.REFUSED] -= 1
                place = (site, one.via, one.path, _priority(one.path), one.due)
                let.append((*place, _kept(one.url), self.crawl_id, number))
        self.states[State.QUEUED] += queued
        self.states[State.REFUSED] += refused
        insert_tuples(connection, crawl_url, _COLUMNS, rows)
        run_tuples(connection, _LET, let)
        return Added(queued, refused)

    def _row(
        self, key: bytes, one: Found, verdict: Verdict, site: int | None
    ) -> tuple[object, ...]:
        address, rule = _kept(one.url), ""
        state = State.QUEUED
        if site is None:
            state, rule = State.REFUSED, _told(verdict.rule)
            address = address[:_URL_LIMIT]
        return (
            *(self.crawl_id, self._last, address, key, site, one.via, one.path),
            *(_priority(one.path), int(state), one.due, 0, rule),
        )

    # Asking

    def claim(self, connection: Connection, site: int, number: int, now: int) -> list[Lease]:
        """Lend the next addresses of a server, at most `number`.

        Args:
            connection: within a transaction of the writer.
            site: the number of the server.
            number: how many are wanted.
            now: milliseconds since 1970; what is due later is left.
        """
        if not self.queued.get(site):
            return []
        rows = _NEXT.rows(connection, site=site, now=now, number=number)
        leases = [Lease(row[0], row[1], site, row[2], row[3] or "", row[4]) for row in rows]
        changed = [(int(State.LEASED), self.crawl_id, lease.id) for lease in leases]
        run_tuples(connection, _TURN, changed)
        self._queue(site, -len(leases))
        self.states[State.QUEUED] -= len(leases)
        self.states[State.LEASED] += len(leases)
        return leases

    def known(self, connection: Connection, url: str) -> Known | None:
        """Tell how an address stands; None when it was not met."""
        for number, site, state, rule, due, at in _ONE.rows(connection, key=self._key(url)):
            moment = None if at is None else f"{at:014}"
            return Known(number, site, State(state), rule or "", due, moment)
        return None

    def lend(self, connection: Connection, url: str) -> Lease:
        """Lend an address out of its turn; it is to be one that is queued."""
        number, address, site, path, via, tries = next(
            iter(_OUT_OF_TURN.rows(connection, key=self._key(url)))
        )
        run_tuples(connection, _TURN, [(int(State.LEASED), self.crawl_id, number)])
        self._queue(site, -1)
        self.states[State.QUEUED] -= 1
        self.states[State.LEASED] += 1
        return Lease(number, address, site, path, via or "", tries)

    def next_due(self, connection: Connection, site: int) -> int | None:
        """Tell when the first queued address of a server is due; None when none is queued.

        To be asked when `claim` gave nothing: it goes through all that are queued there.
        """
        [[due]] = _DUE.rows(connection, site=site)
        return None if due is None else int(due)

    def settle(self, connection: Connection, settled: Iterable[Settled]) -> None:
        """Note what came of leases."""
        rows: list[tuple[object, ...]] = []
        settled = list(settled)
        keys = {one.leads_to: self._key(one.leads_to) for one in settled if one.leads_to}
        led = {bytes(key): number for key, number, *_ in _KNOWN.rows(connection, [*keys.values()])}
        for one in settled:
            to = led.get(keys[one.leads_to]) if one.leads_to else None
            at = None if one.timestamp is None else int(one.timestamp)
            outcome = None if one.outcome is None else int(one.outcome)
            told = (int(one.state), _told(one.rule), one.status, outcome, at, one.bytes, to)
            rows.append((*told, self.crawl_id, one.id))
            self.states[State.LEASED] -= 1
            self.states[one.state] += 1
        run_tuples(connection, _SETTLE, rows)

    def put_back(
        self, connection: Connection, leases: Sequence[Lease], due: int = 0, *, tried: bool = True
    ) -> None:
        """Queue leased addresses again.

        Args:
            connection: within a transaction of the writer.
            leases: what was lent.
            due: before when they are not asked, in milliseconds since 1970.
            tried: whether they were asked; what was only lent keeps its number of tries.
        """
        rows = [(due, int(tried), self.crawl_id, lease.id) for lease in leases]
        run_tuples(connection, _PUT_BACK, rows)
        for lease in leases:
            self._queue(lease.site, 1)
        self.states[State.LEASED] -= len(leases)
        self.states[State.QUEUED] += len(leases)

    def reopen(self, connection: Connection, url: str) -> bool:
        """Queue an address again that is done, for it may have another answer now; tell whether.

        No address is queued again more than twice by this.
        """
        rows = list(_KNOWN.rows(connection, [self._key(url)]))
        if not rows or rows[0][2] != State.DONE:
            return False
        _, number, _, site = rows[0]
        tries = select(crawl_url.c.tries).where(
            crawl_url.c.crawl_id == self.crawl_id, crawl_url.c.id == number
        )
        if (connection.scalar(tries) or 0) >= _REOPENED:
            return False
        run_tuples(connection, _PUT_BACK, [(0, 1, self.crawl_id, number)])
        self.states[State.DONE] -= 1
        self.states[State.QUEUED] += 1
        self._queue(site, 1)
        return True

    def _key(self, url: str) -> bytes:
        return _key_of(self.crawl_id, url)

    def release_leases(self, connection: Connection) -> int:
        """Queue every leased address again, as nobody asks it any more; give their number."""
        found = crawl_url.c
        leased = (found.crawl_id == self.crawl_id, found.state == int(State.LEASED))
        query = select(found.id, found.site_id).where(*leased)
        rows = connection.execute(query.order_by(found.id)).all()
        turned = [(int(State.QUEUED), self.crawl_id, number) for number, _ in rows]
        run_tuples(connection, _TURN, turned)
        for _, site in rows:
            self._queue(site, 1)
        self.states[State.LEASED] -= len(rows)
        self.states[State.QUEUED] += len(rows)
        return len(rows)

    def told(self) -> str:
        """Give the numbers of `states` as JSON, by lower-case names, for the row of the crawl."""
        return json.dumps({state.name.lower(): self.states[state] for state in State})

    # Servers

    def site(self, connection: Connection, number: int) -> Site:
        """Give what is known of a server."""
        [row] = _SITE.rows(connection, site=number)
        return Site(*row)

    def site_of(self, connection: Connection, url: str) -> Site:
        """Give the server of an address; one that was not met before is noted."""
        authority = authority_of(url)
        if authority not in self._sites:
            self._note_sites(connection, [authority])
        return self.site(connection, self._sites[authority])

    def keep_sites(self, connection: Connection, sites: Iterable[Site]) -> None:
        """Write down what is known of servers now."""
        rows = [(site.robots, site.state, site.cookies, site.id) for site in sites]
        run_tuples(connection, _KEEP_SITE, rows)

    def _meet_sites(self, connection: Connection, found: Iterable[Found]) -> None:
        met = {authority_of(one.url): None for one in found}
        self._note_sites(connection, [one for one in met if one not in self._sites])

    def _note_sites(self, connection: Connection, authorities: list[str]) -> None:
        if not authorities:
            return
        numbers = range(first := next_id(connection, crawl_site), first + len(authorities))
        self._sites.update(zip(authorities, numbers, strict=True))
        names = ("id", "crawl_id", "authority", "robots", "state", "cookies")
        rows = [
            (number, self.crawl_id, authority, "", "", "")
            for number, authority in zip(numbers, authorities, strict=True)
        ]
        insert_tuples(connection, crawl_site, names, rows)

    def _queue(self, site: int, more: int) -> None:
        number = self.queued.get(site, 0) + more
        if number:
            self.queued[site] = number
        else:
            self.queued.pop(site, None)


class _Recent:
    """Addresses met of late, and whether they were let in: a bounded memory in two generations."""

    def __init__(self) -> None:
        self._young: dict[bytes, bool] = {}
        self._old: dict[bytes, bool] = {}

    def get(self, key: bytes) -> bool | None:
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def put(self, key: bytes, let: bool) -> None:
        if len(self._young) >= _RECENT:
            self._old, self._young = self._young, {}
        self._young[key] = let


def count(connection: Connection, crawl_id: int, rules: int = 100) -> Counts:
    """Count the addresses of a crawl; goes through all of them.

    Args:
        connection: a connection of the catalogue.
        crawl_id: the crawl.
        rules: how many rules, and how many failures, are told at most.
    """
    found = crawl_url.c
    mine = found.crawl_id == crawl_id

    def by(column: object, *where: object) -> dict[int, int]:
        query = select(column, func.count()).where(mine, *where).group_by(column)  # type: ignore[call-overload]
        return dict(connection.execute(query).all())

    def ruled(state: State) -> dict[str, int]:
        number = func.count()
        query = select(found.rule, number).where(mine, found.state == int(state))
        ordered = query.group_by(found.rule).order_by(number.desc(), found.rule).limit(rules)
        return dict(connection.execute(ordered).all())

    states, outcomes = by(found.state), by(found.outcome, found.outcome.is_not(None))
    return Counts(
        {state: states.get(state, 0) for state in State},
        ruled(State.REFUSED),
        ruled(State.FAILED),
        {Outcome(code): number for code, number in sorted(outcomes.items())},
        dict(sorted(by(found.status, found.status.is_not(None)).items())),
    )


def met(
    connection: Connection,
    crawl_id: int,
    *,
    state: State | None = None,
    outcome: Outcome | None = None,
) -> Iterator[Met]:
    """Give the addresses of a crawl in the order found, all or those of a state and an outcome."""
    found, via, to = crawl_url.c, crawl_url.alias("via"), crawl_url.alias("leads_to")
    query = (
        select(
            *(found.id, found.url, via.c.url, found.path, found.state, found.rule, found.status),
            *(found.outcome, found.timestamp, found.bytes, found.tries, to.c.url),
        )
        .outerjoin(via, (via.c.crawl_id == found.crawl_id) & (via.c.id == found.via_id))
        .outerjoin(to, (to.c.crawl_id == found.crawl_id) & (to.c.id == found.leads_to_id))
        .where(found.crawl_id == crawl_id)
        .order_by(found.id)
    )
    if state is not None:
        query = query.where(found.state == int(state))
    if outcome is not None:
        query = query.where(found.outcome == int(outcome))
    for number, url, by, path, at, rule, status, code, time, size, tries, leads_to in stream(
        connection, query
    ):
        yield Met(
            *(number, url, by or "", path, State(at), rule, status),
            None if code is None else Outcome(code),
            None if time is None else f"{time:014}",
            *(size, tries, leads_to or ""),
        )


def forget(connection: Connection, urls: Iterable[str]) -> None:
    """Take addresses out of every crawl, for those that have to go from the archive."""
    crawls = connection.scalars(select(crawl.c.id)).all()
    keys = [(_key_of(crawl_id, url),) for url in urls for crawl_id in crawls]
    run_tuples(connection, "DELETE FROM crawl_url WHERE key = ?", keys)


_via = crawl_url.alias("via")
_KNOWN = LookUp(
    lambda wanted: select(
        *(crawl_url.c.key, crawl_url.c.id, crawl_url.c.state, crawl_url.c.site_id)
    ).where(crawl_url.c.key.in_(wanted))
)
_NEXT = Prepared(
    select(crawl_url.c.id, crawl_url.c.url, crawl_url.c.path, _via.c.url, crawl_url.c.tries)
    .outerjoin(_via, (_via.c.crawl_id == crawl_url.c.crawl_id) & (_via.c.id == crawl_url.c.via_id))
    .where(_QUEUED, crawl_url.c.site_id == bindparam("site"), crawl_url.c.due <= bindparam("now"))
    .order_by(crawl_url.c.priority, crawl_url.c.id)
    .limit(bindparam("number"))
)
_ONE = Prepared(
    select(
        *(crawl_url.c.id, crawl_url.c.site_id, crawl_url.c.state, crawl_url.c.rule),
        *(crawl_url.c.due, crawl_url.c.timestamp),
    ).where(crawl_url.c.key == bindparam("key"))
)
_OUT_OF_TURN = Prepared(
    select(
        *(crawl_url.c.id, crawl_url.c.url, crawl_url.c.site_id, crawl_url.c.path),
        *(_via.c.url, crawl_url.c.tries),
    )
    .outerjoin(_via, (_via.c.crawl_id == crawl_url.c.crawl_id) & (_via.c.id == crawl_url.c.via_id))
    .where(_QUEUED, crawl_url.c.key == bindparam("key"))
)
_DUE = Prepared(
    select(func.min(crawl_url.c.due)).where(_QUEUED, crawl_url.c.site_id == bindparam("site"))
)
_SITE = Prepared(
    select(*(column for column in crawl_site.c if column.name != "crawl_id")).where(
        crawl_site.c.id == bindparam("site")
    )
)
_TURN = "UPDATE crawl_url SET state = ? WHERE crawl_id = ? AND id = ?"
_LET = (
    "UPDATE crawl_url SET state = 0, rule = '', site_id = ?, via_id = ?, path = ?, priority = ?, "
    "due = ?, url = ? WHERE crawl_id = ? AND id = ?"
)
_SETTLE = (
    "UPDATE crawl_url SET state = ?, rule = ?, status = ?, outcome = ?, timestamp = ?, bytes = ?, "
    "leads_to_id = ? WHERE crawl_id = ? AND id = ?"
)
_PUT_BACK = (
    "UPDATE crawl_url SET state = 0, due = ?, tries = tries + ? WHERE crawl_id = ? AND id = ?"
)
_KEEP_SITE = "UPDATE crawl_site SET robots = ?, state = ?, cookies = ? WHERE id = ?"


def _key_of(crawl_id: int, url: str) -> bytes:
    return sha256(b"%d %s" % (crawl_id, url.encode("utf-8", "surrogatepass"))).digest()[:_KEY]


def _kept(url: str) -> str:
    # Addresses that are asked for are ASCII; one that is refused may be anything.
    return url if url.isascii() and "\0" not in url else _told(url, 3 * len(url))


def _told(text: str, limit: int = _RULE_LIMIT) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "%00")[:limit]


def _first_allowed(
    ways: Sequence[Found], judge: Callable[[Found], Verdict]
) -> tuple[Found, Verdict]:
    first = ways[0], judge(ways[0])
    if first[1].allowed:
        return first
    for one in ways[1:]:
        if (verdict := judge(one)).allowed:
            return one, verdict
    return first


def _priority(path: str) -> int:
    # A redirect is asked for when what led to it would have been.
    before = path.rstrip(Hop.REDIRECT)
    return _PRIORITIES.get(Hop(before[-1]), _USUAL) if before else _USUAL
