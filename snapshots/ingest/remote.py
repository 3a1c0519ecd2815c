"""Taking the mementos of a page that another web archive holds, one transaction each.

The list that named them is kept first, then each memento is fetched and committed by itself. So a
run that was killed goes on where it stopped when it is started again: what was committed is known
by its archive, address and time, and not asked for a second time. A memento that could not be had
is committed as a problem, and tried again by the next run.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archiver.errors import BusyError, FetchError, NotWritableError
from archiver.fetch.politeness import Visitor
from archiver.ingest.sniff import Format
from archiver.records import Problem
from archiver.remote.holdings import Holdings, RemoteArchive, find_holdings
from archiver.remote.lists import Listed
from archiver.remote.mementos import MementoReader, Taken, identity
from archiver.timestamps import Span
from archiver.urls import check_url
from snapshots.ingest.session import Session
from snapshots.tables import intake, snapshot
from snapshots.writer import Writer

__all__ = ["Collected", "collect"]

_AT_ONCE = 500  # bound parameters in one query
_SILENT = 3  # mementos in a row that nothing answers for, after which the archive is left alone
_TOLD_EACH = 100  # mementos between two words on how far it has come


@dataclass(frozen=True, slots=True)
class Collected:
    """What taking in the mementos of one page came to.

    Attributes:
        url: the page, as it was asked for.
        kind: which form of list the archive gave.
        address: where that list was.
        snapshot_id: the snapshot the captures belong to; None when nothing was ever taken in.
        label: that snapshot's label.
        listed: how many mementos of the time asked for are on the list.
        taken: how many were taken in now.
        already: how many were here before.
        left: how many were not tried, for the limit or because the archive was left alone.
        counts: those taken now, by the form they were had in.
        problems: what could not be had, and what is doubtful.
    """

    url: str
    kind: str
    address: str
    snapshot_id: int | None
    label: str
    listed: int
    taken: int
    already: int
    left: int
    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()


def collect(
    writer: Writer,
    url: str,
    archive: RemoteArchive,
    visitor: Visitor,
    *,
    span: Span | None = None,
    limit: int | None = None,
    label: str | None = None,
    operator: str = "",
    tell: Callable[[str], object] = lambda _: None,
) -> Collected:
    """Take in the mementos of a page from another archive, oldest first.

    Args:
        writer: the archive's writer.
        url: the page's original URL.
        archive: where its mementos are.
        visitor: asks politely.
        span: only mementos of this time, both ends included.
        limit: most mementos to ask for now; those that are here already do not count.
        label: the snapshot to put them in, made when there is none so called; without it one for
            each site and archive.
        operator: who does this, for the record.
        tell: called with a sentence for people on how far it has come.

    Raises:
        UrlError: when `url` is no address of the web.
        FetchError: when the archive gives no list of the page's mementos; nothing was changed.
        NotWritableError: when the archive, or the temporary folder, cannot be written; what was
            committed before stays.
    """
    url = check_url(url).partition("#")[0]
    holdings = find_holdings(visitor, archive, url, span)
    run = _Run(writer, url, archive, holdings, label or _label(url, archive), operator)
    listed_once = {run.digest(listed): listed for listed in holdings.mementos}
    known = run.known(list(listed_once))
    waiting = [listed for digest, listed in listed_once.items() if digest not in known]
    tell(
        f"{url}: the list at {holdings.address} ({holdings.kind}) names {len(listed_once)}; "
        f"{len(known)} are here already"
    )
    if waiting:
        run.keep_list()
    else:
        run.find_snapshot(next(iter(known)))
    reader = MementoReader(visitor, archive, run.source)
    tried = silent = 0
    for listed in waiting[:limit]:
        found = run.read(reader, listed)
        tried += 1
        if tried % _TOLD_EACH == 0:
            tell(f"{url}: {tried} of {len(waiting)} mementos asked for")
        silent = silent + 1 if found is _Outcome.SILENCE else 0
        if found is _Outcome.BUSY or silent == _SILENT:
            tell(f"{url}: the archive is left alone for now; the same command goes on later")
            break
    return Collected(
        url=url,
        kind=holdings.kind,
        address=holdings.address,
        snapshot_id=run.snapshot_id,
        label=run.label,
        listed=len(listed_once),
        taken=run.taken,
        already=len(known),
        left=len(waiting) - tried,
        counts=dict(sorted(run.counts.items())),
        problems=tuple(run.problems),
    )


class _Outcome(Enum):
    """What asking for one memento came to."""

    TAKEN = auto()
    MISSED = auto()
    SILENCE = auto()  # nobody answered
    BUSY = auto()  # the archive asks to be left alone


class _Run:
    """One list of mementos on its way in."""

    def __init__(
        self,
        writer: Writer,
        url: str,
        archive: RemoteArchive,
        holdings: Holdings,
        label: str,
        operator: str,
    ) -> None:
        self.label = label
        self.snapshot_id: int | None = None
        self.taken = 0
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.source = (("list", holdings.address), ("list-sha256", holdings.parts[0].sha256))
        self._writer = writer
        self._url = url
        self._archive = archive
        self._holdings = holdings
        self._operator = operator

    def digest(self, listed: Listed) -> str:
        """Give the SHA-256 that stands for a memento among the inputs."""
        return _sha256("memento", identity(self._archive, listed, self._url))

    def find_snapshot(self, digest: str) -> bool:
        """Find the snapshot of a memento or list that was taken in before."""
        query = select(intake.c.snapshot_id, snapshot.c.label).join(
            snapshot, snapshot.c.id == intake.c.snapshot_id
        )
        with self._writer.archive.catalogue.read() as connection:
            known = connection.execute(query.where(intake.c.digest == digest)).first()
        if known:
            self.snapshot_id, self.label = known.snapshot_id, known.label
        return known is not None

    def known(self, digests: list[str]) -> set[str]:
        """Give those of the digests whose mementos were taken in before."""
        with self._writer.archive.catalogue.read() as connection:
            return set(_among(connection, digests))

    def keep_list(self) -> None:
        """Keep the list as it came, with what was wrong with it; once."""
        holdings = self._holdings
        parts = [part.sha256 for part in holdings.parts]
        session = self._session(
            holdings.address,
            Format.MEMENTOS,
            _sha256("list", self._archive.name, self._url, *parts),
        )
        for part in holdings.parts:
            session.keep(part)
        session.counts["listed"] = len(holdings.mementos)
        session.problems.extend(_list_problems(holdings, self._url))
        if self._commit(session):
            self.problems.extend(session.problems)

    def read(self, reader: MementoReader, listed: Listed) -> _Outcome:
        """Ask for one memento and commit it, or why it could not be had."""
        try:
            found = reader.read(listed, self._url)
        except FetchError as error:
            reason = f"{error.reason}; not taken in; the same command tries again"
            where = listed.url or self._url
            self._missed(listed, Problem("not-fetched", reason, error.url, url=where))
            if isinstance(error, BusyError):
                return _Outcome.BUSY
            return _Outcome.SILENCE if error.passing else _Outcome.MISSED
        except NotWritableError:
            raise
        except OSError as error:  # the temporary folder
            reason = error.strerror or str(error)
            raise NotWritableError(tempfile.gettempdir(), reason) from error
        if isinstance(found, Problem):
            self._missed(listed, found)
            return _Outcome.MISSED
        self._take(listed, found)
        return _Outcome.TAKEN

    def _take(self, listed: Listed, found: Taken) -> None:
        provenance = found.record.provenance
        name = provenance.source_file if provenance else self._url
        session = self._session(name, Format.MEMENTO, self.digest(listed))
        try:
            if found.original:
                session.keep(found.original)
            session.write(found.record)
            self._commit(session)
            self.problems.extend(session.problems)
        except BaseException:
            self._writer.roll_back()
            raise
        finally:
            found.close()
        self.taken += 1
        self.counts[found.record.counted] += 1

    def _missed(self, listed: Listed, problem: Problem) -> None:
        digest = _sha256("missed", self.digest(listed), problem.code, problem.message)
        session = self._session(problem.file, Format.MEMENTO, digest)
        session.problems.append(problem)
        self._commit(session)
        self.problems.append(problem)

    def _session(self, name: str, kind: Format, digest: str) -> Session:
        return Session(
            self._writer,
            name,
            kind,
            digest,
            label=self.label,
            joins=True,
            operator=self._operator,
        )

    def _commit(self, session: Session) -> bool:
        # Whether it was committed; what was committed before is not committed again.
        if self.find_snapshot(session.digest):
            self._writer.roll_back()
            return False
        self.snapshot_id = self._writer.commit(session.store).snapshot_id
        return True


def _label(url: str, archive: RemoteArchive) -> str:
    return f"{urlsplit(url).hostname} from {archive.name}"


def _list_problems(holdings: Holdings, url: str) -> Iterator[Problem]:
    for fault in holdings.faults:
        yield Problem("bad-list-line", f"{fault}; left out", holdings.address, url=url)
    if holdings.unread > len(holdings.faults):
        more = holdings.unread - len(holdings.faults)
        yield Problem("more-problems", f"{more} more lines cannot be read", holdings.address)
    if holdings.others:
        reason = f"{holdings.others} mementos on the list are of other addresses; left out"
        yield Problem("other-addresses", reason, holdings.address, url=url)


def _among(connection: Connection, digests: list[str]) -> Iterator[str]:
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        yield from connection.scalars(select(intake.c.digest).where(intake.c.digest.in_(some)))


def _sha256(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()
