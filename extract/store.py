"""Facts into the catalogue: every page read once, and its observations found again.

The unit of work is one payload. A payload that was read before by this version of the extractor,
and by the recipe that is for the page now, is not read again, whatever address or date it was
captured under; the capture only points at the reading. Work is committed in batches, so a run that
is killed goes on where it was.

A newer version of the extractor, and a recipe that was written, changed or removed, make new
readings of what they are for. What they say otherwise than those before is counted, and a reading
that no capture points at any more is removed: it can be made again from the payload, and nothing
refers to it by its number.

Pages are read in child processes (see `archiver.confined`), several at once, and stored in the
order of the archive: how many there are changes nothing in the catalogue. A page that was given up
is noted, and not tried again unless asked for.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
)

from archiver.confined import Confined, Limits
from archiver.digests import sha1, write_digest
from archiver.errors import ConfinedError, MarshamError
from archiver.records import Capture, Kind, Problem
from archiver.urls import url_key
from extract.changes import ReadingChanges, changed_values
from extract.corrections.holding import hold, keys_of_urls
from extract.corrections.register import put_corrections_in_force
from extract.corrections.view import corrected, decided
from extract.entities.decided import put_entities_together
from extract.facts.observations import Observation
from extract.observed import COLUMNS, observations_of
from extract.reading import Reading, read_confined
from extract.recipes.files import FOLDER, read_recipes
from extract.recipes.matching import digest_wanted
from extract.recipes.recipe import Recipe
from extract.tables import (
    FACT_TABLES,
    extraction,
    extraction_failure,
    observation,
    page_sketch,
    page_text,
    page_version,
)
from extract.withdrawn import holds, value_pattern
from snapshots import index
from snapshots.archive import Archive
from snapshots.catalogue import insert_tuples, next_id
from snapshots.erasure.completing import settle
from snapshots.mementos import memento_of
from snapshots.query import key_ranges
from snapshots.tables import capture, digest_prefix, media_type, metadata, same_capture, url
from snapshots.withdrawals import FoundIn, note_found, put_in_force, standing_values

__all__ = ["EXTRACTOR_VERSION", "ExtractReport", "extract_archive", "observations_of", "title_of"]

EXTRACTOR_VERSION = 3  # one more whenever a rule reads a page otherwise than before


_BATCH = 200  # pages a transaction
_CONTENT_LIMIT = 1 << 26  # bytes of one page; beyond it is no page for people
_AHEAD = 4  # pages for each child that wait to be read or stored
_AHEAD_BYTES = 1 << 26  # and how large they may be together
_FOREIGN = [COLUMNS.index(name) for name in ("raw", "value", "source")]  # with words of the page
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain")


@dataclass(slots=True)
class ExtractReport:
    """What one run of the extractor did.

    Attributes:
        captures: captures of pages that now have their reading.
        read: payloads that were read.
        shared: captures whose payload had been read already.
        given_up: payloads whose reading was given up, in this run or an earlier one.
        problems: pages that could not be read, and why; and where a recipe could not be followed.
        changes: what is read otherwise than before.
    """

    captures: int = 0
    read: int = 0
    shared: int = 0
    given_up: int = 0
    problems: list[Problem] = field(default_factory=list)
    changes: ReadingChanges = field(default_factory=ReadingChanges)


@dataclass(frozen=True, slots=True)
class _Pending:
    capture: Capture
    key: tuple[int, int, int]
    recipe: Recipe | None
    before: int | None  # the reading it points at now

    @property
    def rules(self) -> bytes:
        return self.recipe.digest if self.recipe else b""


@dataclass(frozen=True, slots=True)
class _Look:
    """A page on its way: its payload's digest and size and its reading to come, or a problem.

    Nothing has to be waited for where the same payload's reading is stored, or comes before it.
    """

    pending: _Pending
    digest: bytes = b""
    size: int = 0
    reading: Future[Reading] = field(default_factory=Future)
    problem: Problem | None = None


def extract_archive(
    archive: Archive,
    *,
    jobs: int | None = None,
    limits: Limits | None = None,
    again: bool = False,
    only: str | None = None,
    dry_run: bool = False,
    tick: Callable[[int, int], None] = lambda done, of: None,
) -> ExtractReport:
    """Read every page of the archive that was not read yet as it would be read now.

    That is by this version of the extractor, and by the recipe in the archive's folder ``recipes``
    that is for the page.

    At the end partnerships and contacts are put together, if anything changed.

    Args:
        archive: an archive; its lock is held meanwhile.
        jobs: pages read at once, each in a process; one for each processor when not given.
        limits: what reading one page may take.
        again: try those pages too whose reading was given up in an earlier run.
        only: an address, with ``*`` at the end for all that begin so: other pages are left alone.
        dry_run: report what would be, and store nothing.
        tick: told after each batch how many captures are done, and how many there are to do.

    Raises:
        RecipeError: when a recipe says something that is not understood; nothing was read then.
        InputError: when `only` is no address.
        LockedError: when another process writes to the archive.
    """
    report = ExtractReport()
    recipes = read_recipes(archive.path / FOLDER)
    ranges = key_ranges(only, None) if only else ()
    jobs = jobs or len(os.sched_getaffinity(0))
    with archive.lock():
        settle(archive)  # or what an erasure cut short still has to take would be read again
        put_in_force(archive)  # a value just withdrawn is looked for in what is read
        with archive.catalogue.write() as connection:
            metadata.create_all(connection, tables=FACT_TABLES)
            put_corrections_in_force(archive, connection)
            if again and not dry_run:
                _forget_failures(connection)
        with archive.catalogue.read() as connection:
            pending = list(_pending(connection, recipes, ranges))
        # Leaving: the children are ended first, so that no thread waits for one.
        with ThreadPoolExecutor(jobs) as threads, Confined(limits, jobs) as children:
            run = _Run(archive, threads, children, _AHEAD * jobs)
            looks = run.looks(pending)
            batch = max(len(pending), 1) if dry_run else _BATCH  # undone whole, or shared in vain
            for start in range(0, len(pending), batch):
                with suppress(_DryRunError), archive.catalogue.write() as run.connection:
                    withdrawn = _Withdrawn(run.connection)
                    for look in islice(looks, batch):
                        _extract(run.connection, look, report, withdrawn)
                    if dry_run:
                        raise _DryRunError
                    note_found(archive, run.connection, withdrawn.found)
                    read = {item.key[0] for item in pending[start : start + batch]}
                    hold(run.connection, keys_of_urls(run.connection, read))
                tick(min(start + batch, len(pending)), len(pending))
        with archive.catalogue.write() as connection:
            if not dry_run:
                put_entities_together(connection)
            report.given_up = _failures(connection)
    return report


class _DryRunError(Exception):
    """Raised to undo a transaction whose results were only wanted."""


class _Run:
    """Reads pages ahead of where they are stored, several at once, and gives them in order.

    `connection` is that of the transaction under way; it sees what was stored in this run.
    """

    connection: Connection

    def __init__(
        self, archive: Archive, threads: ThreadPoolExecutor, children: Confined, ahead: int
    ) -> None:
        self._archive = archive
        self._threads = threads
        self._children = children
        self._ahead = ahead

    def looks(self, pending: Sequence[_Pending]) -> Iterator[_Look]:
        """Give every page in order, its reading begun."""
        coming: deque[_Look] = deque()
        under_way: set[tuple[bytes, bytes]] = set()
        waiting = 0
        for item in pending:
            look = self._look(item, under_way)
            coming.append(look)
            under_way.add((look.digest, item.rules))
            waiting += look.size
            while len(coming) > self._ahead or waiting > _AHEAD_BYTES:
                first = coming.popleft()
                yield first
                under_way.discard((first.digest, first.pending.rules))
                waiting -= first.size
        yield from coming

    def _look(self, item: _Pending, under_way: set[tuple[bytes, bytes]]) -> _Look:
        found = item.capture
        try:
            memento = memento_of(self._archive, found)
            payload = memento.content(_CONTENT_LIMIT)
        except MarshamError as error:
            return _Look(item, problem=_problem("not-readable", str(error), found))
        digest = sha1(payload)
        is_known = _known(self.connection, digest, item.rules) is not None
        if is_known or (digest, item.rules) in under_way:
            return _Look(item, digest)
        reading = self._threads.submit(
            read_confined, self._children, payload, found.url, memento.content_type, item.recipe
        )
        return _Look(item, digest, len(payload), reading)


def title_of(connection: Connection, of: Capture) -> str | None:
    """Give the title of a captured page, as people corrected it; None where none is known."""
    if not inspect(connection).has_table(observation.name):
        return None
    key = url_key(of.url)
    query = (
        select(extraction.c.title)
        .join(page_version, page_version.c.extraction_id == extraction.c.id)
        .join(url, url.c.id == page_version.c.url_id)
        .where(
            url.c.urlkey == key,
            url.c.url == of.url,
            page_version.c.timestamp == int(of.timestamp),
        )
        .order_by(page_version.c.seq)
        .limit(1)
    )
    title = connection.scalar(query)
    if not title:
        return None
    read = Observation("page", 0, None, "title", title, title, None, None, "", "", 1.0)
    shown, _ = corrected([read], decided(connection, key), key, of.timestamp)
    return shown[0].value if shown else None


def _pending(
    connection: Connection, recipes: Sequence[Recipe], ranges: Sequence[tuple[str, str]]
) -> Iterator[_Pending]:
    # In the order in which the records stand in their files, so that reading does not jump about.
    renderings = and_(capture.c.kind == index.KIND_CODES[Kind.RESOURCE], url.c.url.like("http%"))
    wanted = digest_wanted(recipes)
    by_digest = {recipe.digest: recipe for recipe in recipes}
    query = (
        index.select_captures(
            capture.c.url_id, page_version.c.extraction_id, wanted.label("recipe_wanted")
        )
        .outerjoin(page_version, same_capture(page_version))
        .outerjoin(extraction, extraction.c.id == page_version.c.extraction_id)
        .where(
            or_(
                and_(
                    capture.c.status == 200,
                    media_type.c.name.in_(_PAGE_TYPES),
                    media_type.c.name != "text/plain",
                ),
                renderings,
                _revisits_of_pages(),
            ),
            or_(
                extraction.c.version.is_(None),
                extraction.c.version != EXTRACTOR_VERSION,
                extraction.c.recipe != wanted,
            ),
        )
        .order_by(capture.c.file_id, capture.c.record_offset)
    )
    if ranges:
        query = query.where(
            or_(*(and_(url.c.urlkey >= first, url.c.urlkey < beyond) for first, beyond in ranges))
        )
    for row in connection.execute(query):
        found = index.capture_of(row)
        key = (row[11], int(found.timestamp), found.number)
        yield _Pending(found, key, by_digest.get(bytes(row[13])), row[12])


def _revisits_of_pages() -> ColumnElement[bool]:
    # A revisit that only says "not modified" has no type of its own: its page is that of the same
    # digest.
    holder, of_type = capture.alias("holder"), media_type.alias("of_type")
    prefix = digest_prefix()
    page = (
        select(holder.c.url_id)
        .join(of_type, of_type.c.id == holder.c.media_type_id)
        .where(
            digest_prefix(holder) == prefix,
            holder.c.digest == capture.c.digest,
            holder.c.kind == index.KIND_CODES[Kind.RESPONSE],
            holder.c.status == 200,
            of_type.c.name.in_(_PAGE_TYPES),
            of_type.c.name != "text/plain",
        )
    )
    silent = or_(capture.c.status.is_(None), capture.c.status == 304)
    return and_(capture.c.kind == index.KIND_CODES[Kind.REVISIT], silent, page.exists())


class _Withdrawn:
    """Watches for withdrawn values in pages as they are read: such a page goes out of view."""

    def __init__(self, connection: Connection) -> None:
        values = standing_values(connection)
        self._patterns = {number: value_pattern(value) for number, value in values.items()}
        self.found: list[tuple[int, FoundIn]] = []

    def watch(self, connection: Connection, of: Capture, extraction_id: int) -> None:
        """Look through one reading, if there is anything to look for."""
        if not self._patterns:
            return
        query = (
            select(page_text.c.text)
            .join(extraction, extraction.c.text_id == page_text.c.id)
            .where(extraction.c.id == extraction_id)
        )
        text = connection.scalar(query) or ""
        for number in holds(self._patterns, text, observations_of(connection, extraction_id)):
            self.found.append((number, FoundIn(of.digest, of.url, of.timestamp)))


def _extract(
    connection: Connection, look: _Look, report: ExtractReport, withdrawn: _Withdrawn
) -> None:
    if look.problem:
        report.problems.append(look.problem)
        return
    found = look.pending.capture
    number = _known(connection, look.digest, look.pending.rules)
    if number is None:
        number = _store_look(connection, look, report)
    else:
        report.shared += 1
    report.captures += 1
    url_id, timestamp, seq = look.pending.key
    key = {"url_id": url_id, "timestamp": timestamp, "seq": seq}
    connection.execute(delete(page_version).filter_by(**key))
    connection.execute(insert(page_version).values(**key, extraction_id=number))
    withdrawn.watch(connection, found, number)
    if look.pending.before is not None:
        _leave(connection, look.pending.before)


def _store_look(connection: Connection, look: _Look, report: ExtractReport) -> int:
    found = look.pending.capture
    before = look.pending.before
    said = observations_of(connection, before) if before is not None else []
    try:
        reading = look.reading.result()
    except ConfinedError as error:
        message = f"{error}; payload {write_digest(look.digest)} was given up"
        report.problems.append(_problem("given-up", message, found))
        number = _store_failure(connection, error, look)
    else:
        report.read += 1
        number = _store(connection, reading, look)
        if look.pending.recipe:
            report.problems += [
                _problem("recipe", line, found)
                for line in reading.problems.splitlines()
                if line.startswith(f"{look.pending.recipe.rule}: ")
            ]
    if before is not None:
        says = observations_of(connection, number)
        report.changes.note(changed_values(said, says, found.url, found.timestamp))
    return number


def _leave(connection: Connection, before: int) -> None:
    """Remove a reading that no capture points at any more, and its text with the last of it."""
    pointing = select(page_version.c.extraction_id).where(page_version.c.extraction_id == before)
    if connection.scalar(pointing.limit(1)) is not None:
        return
    text_id = connection.scalar(select(extraction.c.text_id).where(extraction.c.id == before))
    for table, column in (
        (observation, observation.c.extraction_id),
        (extraction_failure, extraction_failure.c.extraction_id),
        (page_sketch, page_sketch.c.extraction_id),
        (extraction, extraction.c.id),
    ):
        connection.execute(delete(table).where(column == before))
    shared = select(extraction.c.id).where(extraction.c.text_id == text_id)
    if connection.scalar(shared.limit(1)) is None:
        connection.execute(delete(page_text).where(page_text.c.id == text_id))


def _problem(code: str, message: str, found: Capture) -> Problem:
    return Problem(code, message, found.file, found.offset, found.length, found.url)


def _known(connection: Connection, digest: bytes, rules: bytes) -> int | None:
    query = select(extraction.c.id).where(
        extraction.c.digest == digest,
        extraction.c.version == EXTRACTOR_VERSION,
        extraction.c.recipe == rules,
    )
    number: int | None = connection.scalar(query)
    return number


def _store(connection: Connection, reading: Reading, look: _Look) -> int:
    number = next_id(connection, extraction)
    connection.execute(
        insert(extraction).values(
            id=number,
            digest=look.digest,
            version=EXTRACTOR_VERSION,
            recipe=look.pending.rules,
            text_id=_text_id(connection, _plain(reading.text)),
            title=_plain(_title(reading)),
            url=look.pending.capture.url,
            charset_declared=reading.charset_declared,
            charset_used=reading.charset_used,
            problems=reading.problems,
        )
    )
    insert_tuples(
        connection,
        observation,
        ("extraction_id", "position", *COLUMNS),
        [(number, position, *_row(found)) for position, found in enumerate(reading.observations)],
    )
    if reading.sketch is not None:
        connection.execute(
            insert(page_sketch).values(
                extraction_id=number,
                state=reading.sketch.state,
                base=_plain(reading.sketch.base),
                hashes=reading.sketch.hashes,
                units=reading.sketch.packed,
            )
        )
    return number


def _title(reading: Reading) -> str:
    at = {name: COLUMNS.index(name) for name in ("kind", "field", "value")}
    for found in reading.observations:
        if found[at["kind"]] == "page" and found[at["field"]] == "title":
            return str(found[at["value"]])
    return ""


def _store_failure(connection: Connection, error: ConfinedError, look: _Look) -> int:
    number = _store(connection, Reading("", "", "", str(error), []), look)
    what = _plain(error.what)
    connection.execute(
        insert(extraction_failure).values(extraction_id=number, cause=error.cause, what=what)
    )
    return number


def _failures(connection: Connection) -> int:
    query = select(func.count()).select_from(
        extraction_failure.join(extraction, extraction.c.id == extraction_failure.c.extraction_id)
    )
    return connection.scalar(query.where(extraction.c.version == EXTRACTOR_VERSION)) or 0


def _forget_failures(connection: Connection) -> None:
    failed = select(extraction_failure.c.extraction_id)
    numbers = list(connection.scalars(failed))
    for table, column in (
        (page_version, page_version.c.extraction_id),
        (extraction_failure, extraction_failure.c.extraction_id),
        (extraction, extraction.c.id),
    ):
        for number in numbers:
            connection.execute(delete(table).where(column == number))


def _text_id(connection: Connection, text: str) -> int:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    known: int | None = connection.scalar(
        select(page_text.c.id).where(page_text.c.digest == digest)
    )
    if known is not None:
        return known
    number = next_id(connection, page_text)
    connection.execute(insert(page_text).values(id=number, digest=digest, text=text))
    return number


def _row(found: Sequence[object]) -> Sequence[object]:
    raw, value, source = (found[at] for at in _FOREIGN)
    if "\0" not in str(raw) and "\0" not in str(value) and "\0" not in str(source):
        return found
    return [_plain(cell) if isinstance(cell, str) else cell for cell in found]


def _plain(text: str) -> str:
    # PostgreSQL refuses NUL in text; one character stands for another, so spans still count.
    return text.replace("\0", "\ufffd")
