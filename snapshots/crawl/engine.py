"""A crawl under way: several servers asked at once, one writer, and nothing asked twice.

A process of its own asks; this thread alone judges, records and writes. What came is written in
groups: the records are appended and synced, then one transaction lists the captures, settles their
addresses, queues what they lead to, and lends out what is asked next. A crawl that is killed loses
what was under way and goes on with the same order.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from random import Random
from time import monotonic

from sqlalchemy import Connection

from archiver.capture.addresses import fetch_url
from archiver.capture.askers import Askers, Terms
from archiver.capture.asking import Question, Reply, learn
from archiver.capture.browser import PageLimits
from archiver.capture.chromium import BrowserError
from archiver.capture.content import content
from archiver.capture.exchange import Cut, Exchange
from archiver.capture.link import Hop, Link
from archiver.capture.loaded import records_of
from archiver.capture.manners import Manners
from archiver.capture.messages import Message
from archiver.capture.recording import (
    IDENTICAL,
    NOT_MODIFIED,
    Circumstances,
    Earlier,
    measure,
    records,
)
from archiver.capture.robots import READ, Robots
from archiver.capture.scope import Scope
from archiver.capture.traps import Traps
from archiver.capture.verdict import Verdict
from archiver.capture.wire import Limits
from archiver.digests import write_digest
from archiver.errors import FetchError, MarshamError, NotWritableError, RefusedAddressError
from archiver.fetch.guard import Guard
from archiver.fetch.pace import Pace
from archiver.fetch.place import place_of
from archiver.http import media_type
from archiver.records import Capture, Kind, Problem
from archiver.software import software_name
from archiver.timestamps import format_timestamp
from archiver.warc import as_written
from snapshots.crawl.earlier import EarlierCaptures, Validators
from snapshots.crawl.frontier import Found, Lease, Settled, State, authority_of
from snapshots.crawl.order import Order
from snapshots.crawl.outcome import Outcome, outcome_of
from snapshots.crawl.server import Server
from snapshots.crawl.showing import Held, Pages, Shown, Wish, is_page_path, refusals, remarks
from snapshots.crawl.store import ENDING, FINISHED, RUNNING, STOPPED, CrawlStore
from snapshots.mementos import memento_of
from snapshots.rows import Entry
from snapshots.writer import Place, Writer

__all__ = ["Crawl", "Progress"]

_log = logging.getLogger(__name__)

_GROUP_SECONDS = 0.2  # between two transactions, when answers come faster
_GROUP = 256  # answers in one transaction
_LENT = 16, 512  # addresses of one server lent out, where there is no pause: at first, and at most
_ROBOTS_HOPS = 5  # RFC 9309, clause 2.3.1.2
_HEARING = 0.1  # seconds between two looks whether somebody else wants it stopped
_LONGEST_WAIT = 1.0  # seconds until somebody who wants it stopped is heard
_REMEMBERED = 10_000  # addresses that led elsewhere
_OK, _NOT_MODIFIED = 200, 304
_LISTED = Hop.SITEMAP.value  # hop path of a sitemap that robots.txt names
_SCOPE, _TRAPS = "scope", "trap"
_PAGE = PageLimits(at_once=32)  # each server is asked one thing at a time anyway
_WISHES_SECONDS = 0.01  # that a page's wish waits for others
_ENDED_WITH = 3  # times the process that asks ends with a question, asked alone but for the first
_ENDED = 20  # times it ends in a row without an answer between


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl is.

    Attributes:
        exchanges: answers stored, those of earlier runs included.
        bytes: of them.
        seconds: it ran, all runs together.
        states: addresses by state.
        failures: addresses that came to nothing in this run.
        latest: the address stored last.
    """

    exchanges: int
    bytes: int
    seconds: float
    states: dict[State, int]
    failures: int
    latest: str


@dataclass(slots=True)
class _Batch:
    """What goes into the next transaction."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    refused: list[tuple[Found, Verdict]] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    decided: list[tuple[Wish, Held | Verdict | FetchError]] = field(default_factory=list)
    back: list[tuple[Question, int, bool]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    notes: dict[str, str | None] = field(default_factory=dict)
    servers: dict[int, Server] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)  # by the number of their server
    received: int = 0


class Crawl:
    """One run of a crawl.

    Attributes:
        store: what it reads and writes; good for the report as well.
        ending: why it ended before everything was asked for; empty when it did not.
    """

    def __init__(
        self,
        writer: Writer,
        order: Order,
        *,
        tell: Callable[[Progress], object] = lambda _: None,
        page: PageLimits = _PAGE,
    ) -> None:
        """Begin a crawl, or take up the unfinished one of the same order.

        Args:
            writer: of the archive.
            order: what is to be done.
            tell: told after each transaction how far it is.
            page: what a page may take that is shown in a browser.

        Raises:
            PatternError: when an expression of the order cannot be used.
            BrowserError: when pages are to be shown, and there is no browser; nothing is begun.
        """
        scope = Scope.of(order.scope, order.seeds, order.include, order.exclude, order.embeds_leave)
        terms = Terms(
            user_agent(order.contact),
            Guard.of(order.allow_private_at),
            Limits(body=order.body, seconds=order.seconds, silence=order.silence),
            order.guesses,
            order.workers,
        )
        self._came: SimpleQueue[Message | tuple[Server, Wish | Shown] | None] = SimpleQueue()
        self._pages = self._start_browser(writer, order, page) if order.browser else None
        self._askers = Askers(terms, self._came.put)
        try:
            self._askers.begin()  # it takes its time, and so does what follows
            self.store = CrawlStore(writer, order, scope.describe())
        except BaseException:
            self._askers.close()
            if self._pages:
                self._pages.close()
            raise
        self.ending = ""
        self._order = order
        self._writer = writer
        self._tell = tell
        notes = self.store.notes
        self._scope = Scope.from_text(notes[_SCOPE]) if _SCOPE in notes else scope
        self._traps = Traps(order.traps, self.store.begun.date(), _trap_rows(notes))
        self._earlier = EarlierCaptures(writer.archive, self.store.snapshot_id)
        self._frontier = self.store.frontier
        self._secret = order.identity
        self._dice = Random(self._secret)  # noqa: S311 - chance for pauses
        self._manners = Manners(Pace(delay=order.delay, tries=order.tries, backoff=order.back_off))
        within = replace(self._manners.pace, delay=0.0)
        self._within_page = replace(self._manners, pace=within)
        self._servers: dict[int, Server] = {}
        self._leases: dict[int, Lease] = {}
        self._validators: dict[int, Validators] = {}
        self._states: dict[str, str] = {}  # of cookies, when an address led elsewhere
        self._wishes: list[Wish] = []  # to be decided, or decided again when something came
        self._wished: dict[int, Wish] = {}  # by the number of the address that is asked for it
        self._showing = 0
        self._visited: dict[int, Server] = {}  # asked for what a page needs, without pauses
        # Servers whose first question was under way when the process that asks ended, and how often
        # it did so with a question.
        self._suspects: set[int] = set()
        self._ended_with: Counter[str] = Counter()
        self._ended = 0
        self._stopping = threading.Event()
        self._heard = monotonic()
        self._failures = 0
        self._latest = ""
        self._batch = _Batch()

    def stop(self) -> None:
        """Ask it to end as soon as what is under way is stored; from any thread or signal."""
        self._stopping.set()

    def run(self) -> None:
        """Go on until everything is asked for, a bound is reached, or somebody stops it."""
        try:
            self._batch.found.extend(Found(seed, "") for seed in self._order.seeds)
            self._commit()
            while self._step():
                pass
            self._give_back()
            self._batch.notes[ENDING] = self.ending or None
            self._commit(state=STOPPED if self.ending else FINISHED)
        except BaseException:
            self._writer.roll_back()
            raise
        finally:
            self._askers.close()
            if self._pages:
                self._pages.close()

    def _start_browser(self, writer: Writer, order: Order, page: PageLimits) -> Pages:
        contact = f" (+{order.contact})" if order.contact else ""

        def tell(server: Server, one: Wish | Shown) -> None:
            self._came.put((server, one))

        return Pages(f"{software_name()}{contact}", writer.archive, page, tell)

    # The thread that writes

    def _step(self) -> bool:
        # Stores what has come and hands out more; False when there is no more to be done.
        self._look_round()
        if not self._stopping.is_set():
            self._hand_out()
        pause = self._pause()
        if pause is None:
            return False
        if self._take_in(pause) or self._may_lend() or self._wish_is_due():
            self._commit()
        return True

    def _look_round(self) -> None:
        store = self.store
        reached = self._order.bound_reached(store.exchanges, store.bytes, store.spent)
        # What a page needs is bounded by itself, and is to be whole.
        if reached and not self._showing and not self._stopping.is_set():
            self.ending = reached
            self._stopping.set()
        if monotonic() - self._heard > _HEARING:
            self._heard = monotonic()
            if store.is_stop_asked():
                self._stopping.set()
        if self._stopping.is_set():
            self.ending = self.ending or "it was asked to stop"
            self._askers.stop()
            if self._pages:
                self._pages.end()

    def _hand_out(self) -> None:
        now = datetime.now(UTC)
        if self._suspects:
            if not self._askers.busy:
                self._hand_out_suspect(now)
            return
        for server in list(self._servers.values()):
            if not server.waiting:
                continue
            if server.busy:
                if self._goes_on(server, now):
                    self._askers.add(server.number, server.waiting)
                    server.waiting = []
                continue
            if self._askers.busy >= self._order.workers or server.standing.wait(now) > 0:
                continue
            # Pages wish for many things at once; there may be a pause to be kept between any two.
            number = 1 if self._pages else len(server.waiting)
            questions, server.waiting = server.waiting[:number], server.waiting[number:]
            server.busy = True
            self._askers.ask(server.number, questions, server.jar, self._private(server))

    def _hand_out_suspect(self, now: datetime) -> None:
        # One question and nothing beside it: if the process ends with this one, it is known why.
        for number in self._suspects:
            server = self._servers[number]
            if server.standing.wait(now) <= 0:
                question = server.waiting.pop(0)
                server.busy = True
                self._askers.ask(number, [question], server.jar, self._private(server))
                return

    def _private(self, server: Server) -> str:
        # What of a server may be at a private address: itself, where a person named it.
        if not self._order.allow_private or not self._scope.names(server.authority):
            return ""
        with suppress(FetchError):  # no address of the web, which whoever asks tells
            return place_of(server.authority).authority
        return ""

    def _goes_on(self, server: Server, now: datetime) -> bool:
        # Whether a server that is asked may be asked more without a pause.
        known = server.robots is not None and server.robots.expires_at > now
        following = bool(server.probing) or server.robots_hops > 0
        return known and not following and not self._is_slow(server)

    def _is_slow(self, server: Server) -> bool:
        # Whether a server is asked one question at a time.
        paced = self._order.delay > 0 or bool(server.robots and server.robots.delay)
        return (
            paced
            or self._pages is not None
            or server.standing.on_trial
            or server.standing.failures > 0
        )

    def _may_lend(self) -> bool:
        # Whether there is a server with addresses that are due, and none lent.
        now = datetime.now(UTC)
        if self._stopping.is_set():
            return False
        for number in self._frontier.queued:
            server = self._servers.get(number)
            if server is None:
                return True
            if server.busy or server.waiting or server.showing or server.standing.aside:
                continue
            if server.due <= now.timestamp() and server.standing.wait(now) <= 0:
                return True
        return False

    def _wish_is_due(self) -> bool:
        now = datetime.now(UTC).timestamp()
        return any(0 < wish.due <= now for wish in self._wishes)

    def _pause(self) -> float | None:
        # How long to wait for an answer; None when nothing is to come any more.
        now = datetime.now(UTC)
        if self._showing and not self._stopping.is_set():
            return self._pause_of_page(now)
        if self._askers.busy or self._showing:
            return _LONGEST_WAIT
        if self._stopping.is_set():
            return None
        pauses = []
        waiting = {number for number, server in self._servers.items() if server.waiting}
        for number in self._suspects or {*self._frontier.queued, *waiting}:
            server = self._servers.get(number)
            if server is None:
                return 0.0
            if server.standing.aside:
                continue
            due = 0.0 if server.waiting else server.due - now.timestamp()
            pauses.append(max(server.standing.wait(now), due, 0.0))
        if not pauses:
            aside = [one.standing.aside for one in self._servers.values() if one.standing.aside]
            self.ending = self.ending or next(iter(aside), "")
            return None
        return min(*pauses, _LONGEST_WAIT) if pauses else None

    def _pause_of_page(self, now: datetime) -> float:
        pauses = [wish.due - now.timestamp() for wish in self._wishes if wish.due > 0]
        if self._askers.busy < (1 if self._suspects else self._order.workers):
            idle = (one for one in self._servers.values() if one.waiting and not one.busy)
            pauses += (one.standing.wait(now) for one in idle)
        return max(min([*pauses, _LONGEST_WAIT]), 0.0)

    def _take_in(self, pause: float) -> int:
        # Waits for an answer and notes it, and what comes soon after; gives how many there were.
        came = 0
        until = None
        with self._writer.archive.catalogue.read() as connection:
            while came < _GROUP and pause >= 0:
                try:
                    one = self._came.get(timeout=pause)
                except Empty:
                    break
                came += 1
                if self._stopping.is_set():
                    self._askers.stop()
                if one is None or isinstance(one, Message):
                    if self._told(connection, one) and self._askers.busy < self._order.workers:
                        break  # with what is lent now somebody else may be asked
                elif isinstance(one[1], Shown):
                    self._shown(connection, one[0], one[1])
                else:
                    self._wishes.append(one[1])
                    until = min(until or inf, monotonic() + _WISHES_SECONDS)
                now = monotonic()
                until = until or now + _GROUP_SECONDS
                pause = until - now
        return came

    def _told(self, connection: Connection, message: Message | None) -> bool:
        # Notes what the process that asks has sent; tells whether an errand has ended.
        ended = False
        for number, one in self._askers.receive(message):
            server = self._servers[number]
            if isinstance(one, Reply):
                self._note(connection, server, one)
                continue
            ended = True
            server.busy = False
            if one.full:
                raise one.full
            self._suspects.discard(number)
            server.waiting = [*one.left, *server.waiting]
            if one.fault and one.left:
                if one.gone and self._may_try_again(server, one.left[0]):
                    self._suspects.add(number)
                else:
                    self._fail(server, server.waiting.pop(0), one.fault)
        if ended and not self._stopping.is_set():
            self._hand_out()
        return ended

    def _may_try_again(self, server: Server, question: Question) -> bool:
        # The process that asks has ended with a question; tells whether it is asked once more.
        _log.warning("the process that asks has ended while it asked for %s", question.url)
        self._ended += 1
        if self._ended >= _ENDED:
            self.ending = self.ending or "the process that asks ends again and again"
            self._stopping.set()
        delay = self._crawl_delay(server)
        now = datetime.now(UTC)
        server.standing = self._manners.paused(server.standing, now, self._dice, crawl_delay=delay)
        self._ended_with[question.url] += 1
        return self._ended_with[question.url] < _ENDED_WITH

    def _fail(self, server: Server, question: Question, fault: str) -> None:
        # A question that could not be dealt with, though the server is not to blame.
        _log.error("%s could not be dealt with: %s", question.url, fault)
        rule = f"error: {fault.strip().rpartition(chr(10))[2]}"
        if _is_robots(server, question):
            server.closed = rule  # or its rules would be asked for for ever
        if not question.number:
            server.probing = ""
        self._settle(question, State.FAILED, rule)
        self._failures += 1

    # What came

    def _note(self, connection: Connection, server: Server, reply: Reply) -> None:
        question = reply.question
        server.jar = reply.jar
        self._ended = 0
        self._batch.servers[server.number] = server
        self._batch.answers[server.number] += 1
        if isinstance(reply.error, RefusedAddressError):
            server.closed = f"address: {reply.error.reason}"
            self._settle(question, State.REFUSED, server.closed)
            return
        is_page = self._is_to_be_shown(reply)
        manners = self._manners
        if is_page or question.number in self._wished:
            manners = self._within_page
            self._visited[server.number] = server
        following = manners.after(
            *(server.standing, reply.came, reply.ended_at, self._dice),
            tries=question.tries + 1,
            crawl_delay=self._crawl_delay(server),
        )
        server.standing = following.standing
        if following.again_at and question.number:
            if reply.exchange:
                reply.exchange.response.close()
            self._batch.back.append((question, _milliseconds(following.again_at), True))
            if wish := self._wished.pop(question.number, None):
                wish.due = following.again_at.timestamp()
                self._wishes.append(wish)
            return
        if reply.exchange is None:
            assert reply.error is not None  # noqa: S101 - one of the two is there
            self._failures += 1
            self._settle(question, State.FAILED, f"no answer: {reply.error.reason}")
            if _is_robots(server, question):
                server.closed = f"no answer: {reply.error.reason}"
            elif not question.number:
                server.probing = ""  # the probe led to nothing
            return
        if is_page and self._pages:
            server.showing = True
            self._showing += 1
            self._pages.show(server, reply)
            return
        wish = self._wished.pop(question.number, None)
        self._keep(connection, server, reply, reply.exchange)
        if wish is None or not wish.decide(reply.exchange):
            reply.exchange.response.close()

    def _crawl_delay(self, server: Server) -> float | None:
        return server.robots.delay if server.robots and self._order.robots else None

    def _is_to_be_shown(self, reply: Reply) -> bool:
        question, exchange = reply.question, reply.exchange
        if self._pages is None or self._stopping.is_set() or not self._is_page(question.path):
            return False
        whole = exchange is not None and exchange.cut is None and not exchange.fault
        return bool(question.number and reply.measure and reply.status == _OK and whole)

    def _is_page(self, path: str) -> bool:
        return self._pages is not None and path != _LISTED and is_page_path(path)

    def _shown(self, connection: Connection, server: Server, shown: Shown) -> None:
        reply, failure = shown.reply, shown.failure
        question, exchange = reply.question, reply.exchange
        assert exchange is not None  # noqa: S101 - it was to be shown
        server.showing = False
        self._showing -= 1
        now = datetime.now(UTC)
        for one in {server.number: server, **self._visited}.values():
            delay = self._crawl_delay(one)
            one.standing = self._manners.paused(one.standing, now, self._dice, crawl_delay=delay)
            self._batch.servers[one.number] = one
        self._visited.clear()
        # Whoever waited has gone; what is asked for meanwhile is an address like others.
        self._wishes.clear()
        self._wished.clear()
        if isinstance(failure, NotWritableError):
            raise failure
        if isinstance(failure, BrowserError):
            self.ending = self.ending or str(failure)
            self._stopping.set()
        if shown.cut or isinstance(failure, BrowserError):
            exchange.response.close()
            self._batch.back.append((question, 0, False))
            return
        if failure is not None:
            _log.exception("%s could not be shown", question.url, exc_info=failure)
        with exchange:
            self._keep(connection, server, reply, exchange, shown)
        for url, hop, rule in refusals(shown.loaded) if shown.loaded else ():
            found = Found(url, question.path + hop, question.number)
            if rule:
                self._batch.refused.append((found, Verdict(False, rule)))
            else:
                self._batch.found.append(found)

    def _keep(
        self,
        connection: Connection,
        server: Server,
        reply: Reply,
        exchange: Exchange,
        shown: Shown | None = None,
    ) -> None:
        question = reply.question
        self._latest = question.url
        validators = self._validators.pop(question.number, None)
        unchanged = validators if reply.status == _NOT_MODIFIED else None
        if unchanged:
            reply = self._as_before(reply, unchanged)
        found = reply.found
        missing = self._is_missing(server, reply)
        links = found.links if found else ()
        loaded = shown.loaded if shown else None
        about = Circumstances(
            *(question.via, question.path, found.charset if found else "", links),
            (
                *(found.faults if found else ()),
                *(("soft 404",) if missing else ()),
                *(remarks(loaded) if loaded else ()),
            ),
        )
        self._batch.received += exchange.length
        if exchange.head is None:
            for record in records(exchange, about, None):
                self._writer.append(record)
            self._failures += 1
            self._settle(question, State.FAILED, f"no answer: {exchange.fault}")
            if _is_robots(server, question):
                server.robots = Robots.of(None, b"", self._agent, exchange.asked_at)
            return
        status = exchange.head.status
        measured = measure(exchange, self._writer.archive.settings.payload_digest)
        same_as, profile = None, IDENTICAL
        if unchanged:
            same_as, profile = unchanged.earlier, NOT_MODIFIED
        elif measured.comparable:
            codings = exchange.head.content_codings
            same_as = self._earlier.original(connection, measured.digest, codings)
        written = records(exchange, about, measured, same_as=same_as, profile=profile)
        first = next(written)
        place = self._writer.append(first)
        for record in written:
            self._writer.append(record)
        timestamp = format_timestamp(exchange.asked_at)
        digest = same_as.digest if same_as else measured.digest
        if same_as is None and measured.comparable:
            taken = Earlier(question.url, timestamp, digest)
            self._earlier.remember(taken, exchange.head.content_codings)
        content_type = exchange.head.headers.get("Content-Type")
        kind = Kind.REVISIT if same_as else Kind.RESPONSE
        self._batch.entries.append(
            Entry(
                Capture(
                    as_written(question.url),
                    timestamp,
                    kind,
                    status,
                    media_type(content_type)[0],
                    write_digest(digest),
                    place.file,
                    place.offset,
                    place.length,
                )
            )
        )
        whole = exchange.cut is None
        if not whole:
            message = f"the answer is not whole: {exchange.fault or exchange.cut}"
            self._problem("truncated-answer", message, place, question.url)
        if shown:
            self._keep_picture(shown, first.id, place, question.url)
        if missing:
            self._problem(
                "soft-404", "says that it is not there, with status 200", place, question.url
            )
        before = self._earlier.before(connection, question.url)
        outcome = outcome_of(status, digest, before, whole=whole)
        if _is_probe(server, question):
            outcome = Outcome.PROBE
        self._settle(
            question,
            State.DONE,
            status=status,
            outcome=outcome,
            timestamp=timestamp,
            size=exchange.length,
            leads_to=_redirected_to(reply),
        )
        if whole and (status == 200 or unchanged):
            self._traps.saw(question.url, digest.hex(), reply.fingerprint)
        self._follow(server, reply, exchange, missing=missing)

    def _keep_picture(self, shown: Shown, page: str, place: Place, url: str) -> None:
        # What the browser made of a page, behind the page's own records.
        loaded = shown.loaded
        if loaded is None or (loaded.document is None and loaded.screenshot is None):
            fault = loaded.fault if loaded else repr(shown.failure)
            self._problem("page-not-shown", f"no browser showed it: {fault}", place, url)
        for record in records_of(loaded, page) if loaded else ():
            put = self._writer.append(record)
            if record.type == Kind.RESOURCE and record.target and record.payload_digest:
                self._batch.entries.append(
                    Entry(
                        Capture(
                            as_written(record.target),
                            format_timestamp(record.date),
                            Kind.RESOURCE,
                            None,
                            media_type(record.content_type)[0],
                            write_digest(record.payload_digest),
                            put.file,
                            put.offset,
                            put.length,
                        )
                    )
                )

    def _as_before(self, reply: Reply, unchanged: Validators) -> Reply:
        # An answer without content leads where the content leads that it speaks of.
        try:
            memento = memento_of(self._writer.archive, unchanged.holder)
            if memento.head is None:
                return reply
            learnt = learn(
                *(reply.question, memento.head, memento.beginning), guesses=self._order.guesses
            )
        except (MarshamError, OSError) as error:  # verify tells what is wrong with the archive
            _log.warning("%s cannot be read as it was: %s", reply.question.url, error)
            return reply
        return replace(
            reply, found=learnt.found, fingerprint=learnt.fingerprint, measure=learnt.measure
        )

    def _follow(self, server: Server, reply: Reply, exchange: Exchange, *, missing: bool) -> None:
        question = reply.question
        target = _redirected_to(reply)
        if _is_robots(server, question):
            self._take_robots(server, question, exchange, target or None)
            return
        if _is_probe(server, question):
            if target and question.number and authority_of(target) == server.authority:
                # Where it ends is what tells; the probe is who asked.
                server.waiting.insert(0, Question(0, target, question.path + Hop.REDIRECT))
                server.probing = question.url
            elif reply.measure:
                asked = server.probing or question.url
                server.probed(replace(reply.measure, asked=asked))
                server.probing = ""
            return
        if target and not question.path.strip(Hop.REDIRECT):
            widened = self._scope.widened(target)
            if widened is not self._scope:
                self._scope = widened
                self._batch.notes[_SCOPE] = widened.to_text()
        if target:
            self._pass_cookie_wall(server, question, target)
        via = question.number or None
        for link in _links(reply):
            if missing and link.hop is Hop.LINK:
                continue  # what a page that is not there leads to was made up with it
            self._batch.found.append(Found(link.url, question.path + link.hop, via))
        if reply.measure and reply.measure.status == 200 and self._order.probes:
            probe = server.probe_after(question.url, self._secret)
            if probe:
                path = question.path + Hop.PREREQUISITE
                self._batch.found.append(Found(probe, path, via))

    def _pass_cookie_wall(self, server: Server, question: Question, target: str) -> None:
        # An address that led here, and is led to now, may have wanted to see a cookie.
        now = datetime.now(UTC)
        self._states[question.url] = server.jar.state(question.url, now)
        if len(self._states) > _REMEMBERED:
            del self._states[next(iter(self._states))]
        known = self._states.get(target)
        if known is None or authority_of(target) != server.authority:
            return
        if server.jar.state(target, now) != known:
            self._states.pop(target)
            self._batch.again.append(target)

    def _take_robots(
        self, server: Server, question: Question, exchange: Exchange, target: str | None
    ) -> None:
        assert exchange.head is not None  # noqa: S101 - it was looked at
        if target is not None and server.robots_hops < _ROBOTS_HOPS:
            server.robots_hops += 1
            server.waiting.insert(0, Question(0, target, question.path + Hop.REDIRECT))
            return
        server.robots_hops = 0
        status = exchange.head.status if exchange.cut in (None, Cut.LENGTH) else None
        found = Robots.of(status, content(exchange, READ).payload, self._agent, exchange.asked_at)
        if found.wait and server.robots is not None and not server.robots.wait:
            found = replace(server.robots, fetched_at=exchange.asked_at)  # the rules there were
        server.robots = found
        if self._order.sitemaps and self._order.scope != "page":
            for listed in found.sitemaps:
                url = fetch_url(listed, server.robots_url)
                if url and authority_of(url) == server.authority:
                    self._batch.found.append(Found(url, _LISTED, question.number or None))

    def _is_missing(self, server: Server, reply: Reply) -> bool:
        measured, question = reply.measure, reply.question
        if measured is None or not question.path or not self._order.probes:
            return False
        if _is_robots(server, question) or _is_probe(server, question):
            return False
        return measured.status == 200 and server.says_missing(measured)

    def _settle(
        self,
        question: Question,
        state: State,
        rule: str = "",
        *,
        status: int | None = None,
        outcome: Outcome | None = None,
        timestamp: str | None = None,
        size: int | None = None,
        leads_to: str = "",
    ) -> None:
        self._validators.pop(question.number, None)
        if not question.number:
            return  # what manners ask for besides what was lent
        if outcome is None and state is State.FAILED:
            outcome = Outcome.FAILED
        self._leases.pop(question.number, None)
        if wish := self._wished.pop(question.number, None):
            self._batch.decided.append((wish, FetchError(question.url, rule)))
        self._batch.settled.append(
            Settled(question.number, state, rule, status, outcome, timestamp, size, leads_to)
        )

    def _problem(self, code: str, message: str, place: Place, url: str) -> None:
        name = place.file
        found = Problem(code, message, name, place.offset, place.length, url)
        self._batch.problems.append(found)

    # Writing

    def _commit(self, state: str = RUNNING) -> None:
        batch, self._batch = self._batch, _Batch()
        for (site, name), text in self._traps.changes().items():
            batch.notes[f"{_TRAPS} {site} {name}"] = text

        def act(connection: Connection) -> None:
            frontier = self._frontier
            frontier.add(connection, batch.found, self._judge)
            for found, verdict in batch.refused:
                frontier.add(connection, [found], partial(_same, verdict))
            for url in batch.again:
                frontier.reopen(connection, url)
            for question, due, tried in batch.back:
                lease = self._leases.pop(question.number)
                frontier.put_back(connection, [lease], due, tried=tried)
            if state == RUNNING and not self._stopping.is_set():
                self._lend(connection, batch)
            frontier.settle(connection, batch.settled)
            if self._wishes:
                batch.settled.clear()
                self._grant(connection, batch)
                frontier.settle(connection, batch.settled)
            sites = [server.as_site() for server in batch.servers.values()]
            frontier.keep_sites(connection, sites)

        self.store.commit(
            batch.entries,
            batch.problems,
            act,
            received=batch.received,
            notes=batch.notes,
            state=state,
        )
        for wish, decision in batch.decided:
            wish.decide(decision)
        self._tell(
            Progress(
                *(self.store.exchanges, self.store.bytes, self.store.spent),
                *(dict(self._frontier.states), self._failures, self._latest),
            )
        )

    def _judge(self, found: Found) -> Verdict:
        if found.path != _LISTED:
            verdict = self._scope.judge(found.url, found.path)
            if not verdict.allowed:
                return verdict
        trap = self._traps.judge(found.url, found.path)
        if not trap.allowed:
            return trap
        return Verdict(True, "")

    def _lend(self, connection: Connection, batch: _Batch) -> None:
        now = datetime.now(UTC)
        room = 2 * self._order.workers
        room -= sum(1 for one in self._servers.values() if one.busy or one.waiting or one.showing)
        for number in list(self._frontier.queued):
            if room <= 0:
                return
            server = self._server(connection, number)
            if server.waiting or server.showing or server.standing.aside:
                continue
            if server.busy:
                self._lend_more(connection, server, now, batch)
                continue
            if server.due > now.timestamp() or server.standing.wait(now) > _LONGEST_WAIT:
                continue
            self._lend_of(connection, server, now, batch)
            room -= bool(server.waiting)

    def _lend_more(
        self, connection: Connection, server: Server, now: datetime, batch: _Batch
    ) -> None:
        # To a server that is asked, so that its worker need not wait for the next transaction.
        if server.closed or not self._goes_on(server, now):
            return
        number = self._number(server, batch) - self._askers.left(server.number)
        if number > 0:
            self._claim(connection, server, number, now, batch)

    def _number(self, server: Server, batch: _Batch) -> int:
        # How many questions a server should have before it: twice what it answered of late.
        if self._is_slow(server):
            return 1
        least, most = _LENT
        if self._order.most_answers is not None:
            taken = self.store.exchanges + len(batch.entries) + len(self._leases)
            most = max(min(most, self._order.most_answers - taken), 1)
        return min(max(2 * batch.answers[server.number], least), most)

    def _server(self, connection: Connection, number: int) -> Server:
        server = self._servers.get(number)
        if server is None:
            server = self._servers[number] = Server.of(self._frontier.site(connection, number))
        return server

    # What pages wish for

    def _grant(self, connection: Connection, batch: _Batch) -> None:
        now = datetime.now(UTC)
        left = []
        for wish in self._wishes:
            wish.due = 0.0
            decision = self._decision(connection, wish, now, batch)
            if decision is not None:
                batch.decided.append((wish, decision))
            elif wish not in self._wished.values():
                left.append(wish)
        self._wishes = left

    def _decision(
        self, connection: Connection, wish: Wish, now: datetime, batch: _Batch
    ) -> Held | Verdict | FetchError | None:
        # None when its answer is to come, or something else has to come before.
        frontier = self._frontier
        frontier.add(connection, [Found(wish.url, wish.path, wish.via)], self._judge)
        known = frontier.known(connection, wish.url)
        if known is None or known.state is State.FAILED:
            return FetchError(wish.url, known.rule if known else "it was forgotten")
        if known.state is State.REFUSED or known.site is None:
            return Verdict(False, known.rule)
        if known.state is State.DONE and known.timestamp:
            return Held(known.timestamp)
        if known.state is not State.QUEUED or self._stopping.is_set():
            return None
        server = self._server(connection, known.site)
        if server.standing.aside:
            return Verdict(False, server.standing.aside)
        if known.due > _milliseconds(now):
            wish.due = known.due / 1000
            return None
        ends = server.closed or server.standing.given_up
        if not ends and not self._knows_robots(connection, server, now):
            wish.due = server.due if server.due > now.timestamp() else 0.0
            return None
        lease = frontier.lend(connection, wish.url)
        self._leases[lease.id] = lease
        if self._is_ended(server, lease, ends, batch):
            return Verdict(False, batch.settled[-1].rule)
        server.waiting.append(
            Question(
                *(lease.id, lease.url, lease.path, lease.via, lease.tries, wish.fields),
                cookies=wish.cookies,
            )
        )
        self._wished[lease.id] = wish
        return None

    def _knows_robots(self, connection: Connection, server: Server, now: datetime) -> bool:
        if server.robots is not None and server.robots.expires_at > now:
            return True
        if server.busy or server.waiting:
            return False  # when that is done
        return not self._asks_robots(connection, server, now)

    def _is_ended(self, server: Server, lease: Lease, ends: str, batch: _Batch) -> bool:
        # Whether a lease comes to its end without being asked.
        if ends:
            state = State.REFUSED if ends.startswith("address:") else State.FAILED
            self._end(lease, state, ends, batch)
            return True
        if self._order.robots and server.robots:
            verdict = server.robots.judge(lease.url)
            if not verdict.allowed:
                self._end(lease, State.REFUSED, verdict.rule, batch)
                return True
        return False

    # Lending

    def _lend_of(
        self, connection: Connection, server: Server, now: datetime, batch: _Batch
    ) -> None:
        ends = server.closed or server.standing.given_up
        if not ends and self._asks_robots(connection, server, now):
            return
        self._claim(connection, server, self._number(server, batch), now, batch)

    def _claim(
        self, connection: Connection, server: Server, number: int, now: datetime, batch: _Batch
    ) -> None:
        ends = server.closed or server.standing.given_up
        while not server.waiting:
            leases = self._frontier.claim(connection, server.number, number, _milliseconds(now))
            if not leases:
                due = self._frontier.next_due(connection, server.number)
                server.due = (due or 0) / 1000
                return
            self._earlier.expect(connection, [lease.url for lease in leases])
            for lease in leases:
                self._leases[lease.id] = lease
                if not self._is_ended(server, lease, ends, batch):
                    server.waiting.append(self._question(connection, lease))

    def _asks_robots(self, connection: Connection, server: Server, now: datetime) -> bool:
        # Whether robots.txt is what is to be asked for next.
        if server.robots is not None and server.robots.expires_at > now:
            return False
        if server.robots is None:
            self._frontier.add(
                connection,
                [Found(server.robots_url, Hop.PREREQUISITE.value)],
                lambda _: Verdict(True, ""),
            )
            leases = self._frontier.claim(connection, server.number, 1, _milliseconds(now))
            if leases and leases[0].url == server.robots_url:
                self._leases[leases[0].id] = leases[0]
                server.waiting.append(self._question(connection, leases[0]))
                return True
            self._frontier.put_back(connection, leases, tried=False)
            due = self._frontier.next_due(connection, server.number)
            if due is not None and not leases:
                server.due = due / 1000
                return True
        server.waiting.append(Question(0, server.robots_url, Hop.PREREQUISITE.value))
        return True

    def _question(self, connection: Connection, lease: Lease) -> Question:
        fields: tuple[tuple[str, str], ...] = ()
        if self._pages and self._is_page(lease.path):
            fields = self._pages.fields(lease.url)  # and no validators: it is to be shown
        elif self._order.conditional and not lease.path.endswith(Hop.PREREQUISITE):
            validators = self._earlier.validators(connection, lease.url)
            if validators:
                self._validators[lease.id] = validators
                fields = validators.fields
        return Question(
            *(lease.id, lease.url, lease.path, lease.via, lease.tries, fields),
            sitemap=lease.path == _LISTED,
        )

    def _end(self, lease: Lease, state: State, rule: str, batch: _Batch) -> None:
        self._leases.pop(lease.id)
        outcome = Outcome.FAILED if state is State.FAILED else None
        self._failures += state is State.FAILED
        batch.settled.append(Settled(lease.id, state, rule, outcome=outcome))

    def _give_back(self) -> None:
        # What was lent and not asked is asked by the next run.
        for server in self._servers.values():
            for question in server.waiting:
                if question.number:
                    self._batch.back.append((question, 0, False))
            server.waiting = []

    @property
    def _agent(self) -> str:
        return user_agent(self._order.contact)


def _same(verdict: Verdict, _: Found) -> Verdict:
    return verdict


def user_agent(contact: str) -> str:
    """Give what servers are told we are; it says how to reach a person, where that is known."""
    return f"Mozilla/5.0 (compatible; {software_name()}{'; +' + contact if contact else ''})"


def _is_robots(server: Server, question: Question) -> bool:
    own = question.url == server.robots_url and question.path.endswith(Hop.PREREQUISITE)
    return own or (question.number == 0 and not server.probing)


def _is_probe(server: Server, question: Question) -> bool:
    if question.number == 0:
        return bool(server.probing)
    return question.path.endswith(Hop.PREREQUISITE) and question.url != server.robots_url


def _redirected_to(reply: Reply) -> str:
    # Where an answer redirects to by its status; empty for one that does not.
    status = reply.status
    if status is None or not 300 <= status < 400 or status == _NOT_MODIFIED:
        return ""
    return next((link.url for link in _links(reply) if link.hop is Hop.REDIRECT), "")


def _links(reply: Reply) -> tuple[Link, ...]:
    return reply.found.links if reply.found else ()


def _trap_rows(notes: Mapping[str, str]) -> dict[tuple[str, str], str]:
    rows = {}
    for name, text in notes.items():
        if name.startswith(f"{_TRAPS} "):
            _, site, own = name.split(" ", 2)
            rows[site, own] = text
    return rows


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
