"""What the archive holds already of what a crawl meets: payloads, validators, the last capture.

A payload is referred to only where the archive holds it whole and shows it: in a response record
of the bytes as they were sent, that declares its digest and is not cut. The catalogue does not tell
whether a record is cut; its header does, and is looked at.

"Before" is what belongs to a snapshot that is older than the crawl's own, whatever the captures'
dates: so nothing changes when a crawl goes on another day.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import Connection, bindparam, literal_column, or_, select

from archiver.capture.recording import Earlier
from archiver.digests import read_digest
from archiver.errors import WarcError
from archiver.headers import Headers
from archiver.http import Head, parse_head
from archiver.records import Capture, Grade, Kind
from archiver.urls import url_key
from archiver.warc import open_record, target_uri
from snapshots.archive import Archive
from snapshots.catalogue import LookUp, Prepared
from snapshots.crawl.outcome import Before
from snapshots.index import GRADE_CODES, KIND_CODES, capture_of, select_captures
from snapshots.tables import DIGEST_PREFIX, capture, digest_prefix, url

__all__ = ["EarlierCaptures", "Validators"]

_REMEMBERED = 10_000  # payloads remembered at least; the catalogue knows the others
_CANDIDATES = 20  # records of equal content looked at for one that is whole
_HEAD = 1 << 16  # bytes of a block in which its HTTP head is looked for
_VALUE = 1_000  # characters of a validator that is sent
_NOT_MODIFIED = 304
_TOO_MANY = 429

_ANY = Prepared(select(literal_column("1")).where(digest_prefix() == bindparam("prefix")).limit(1))
_HOLDERS = Prepared(
    select_captures()
    .where(
        digest_prefix() == bindparam("prefix"),
        capture.c.digest == bindparam("digest"),
        capture.c.kind == KIND_CODES[Kind.RESPONSE],
        capture.c.grade == GRADE_CODES[Grade.SENT],
    )
    .order_by(capture.c.timestamp, capture.c.url_id, capture.c.seq)
    .limit(_CANDIDATES)
)
_OF_URL = (
    select_captures()
    .where(
        url.c.urlkey == bindparam("key"),
        url.c.url == bindparam("address"),
        capture.c.snapshot_id < bindparam("snapshot"),
    )
    .order_by(capture.c.timestamp.desc(), capture.c.seq.desc())
    .limit(1)
)
_MET = LookUp(lambda wanted: select(url.c.url).where(url.c.urlkey.in_(wanted)))
_LAST = Prepared(
    _OF_URL.where(
        or_(capture.c.status.is_(None), (capture.c.status < 500) & (capture.c.status != _TOO_MANY))
    )
)
_LAST_THERE = Prepared(
    _OF_URL.where(or_(capture.c.status == 200, capture.c.status == _NOT_MODIFIED))
)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server can be told so that it need not send an unchanged page (RFC 9110, clause 13).

    Attributes:
        earlier: the capture that holds the payload.
        holder: the same, as the archive lists it.
        fields: the request's fields, If-None-Match and If-Modified-Since.
    """

    earlier: Earlier
    holder: Capture
    fields: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class EarlierCaptures:
    """Looks up what an archive holds, for one crawl.

    Attributes:
        archive: the archive.
        snapshot_id: that of the crawl, whose own captures and later ones are not from before.
    """

    archive: Archive
    snapshot_id: int
    _young: dict[bytes, tuple[Earlier, tuple[str, ...] | None]] = field(default_factory=dict)
    _old: dict[bytes, tuple[Earlier, tuple[str, ...] | None]] = field(default_factory=dict)
    _new: set[str] = field(default_factory=set)  # addresses that were never captured

    def expect(self, connection: Connection, addresses: Sequence[str]) -> None:
        """Look up together which addresses are new, of some that will be asked about one by one."""
        if len(self._new) >= _REMEMBERED:
            self._new.clear()
        keys = list({url_key(address) for address in addresses})
        met = {address for (address,) in _MET.rows(connection, keys)}
        self._new.update(address for address in addresses if address not in met)

    def original(
        self, connection: Connection, digest: bytes, codings: tuple[str, ...] | None = None
    ) -> Earlier | None:
        """Find the earliest capture that holds a payload whole and is in view; of any address.

        Args:
            connection: of the catalogue.
            digest: of the payload, raw, as records declare it; never that of an empty one.
            codings: the content codings it must be stored with, as readers undo those that the
                record with the payload tells; None for any.

        Costs a query where it is not remembered, and the reading of the beginning of a record.
        """
        known = self._young.get(digest) or self._old.get(digest)
        if known and (codings is None or known[1] in (None, codings)):
            return known[0]
        for found, head in self._holders(connection, digest):
            stored = head.content_codings if head else ()
            if codings is None or stored == codings:
                return self.remember(Earlier(found.url, found.timestamp, digest), stored)
        return None

    def remember(self, taken: Earlier, codings: tuple[str, ...] | None = None) -> Earlier:
        """Note a whole answer of this crawl, of which later ones may be revisits."""
        if len(self._young) >= _REMEMBERED:
            self._old, self._young = self._young, {}
        self._young[taken.digest] = taken, codings
        return taken

    def before(self, connection: Connection, address: str) -> Before | None:
        """Give the newest capture of exactly this URL from before the crawl, in view; asked last.

        Captures of a server in trouble say nothing of an address and are passed over.
        """
        found = self._last(_LAST, connection, address)
        self._new.discard(address)
        return None if found is None else Before(found.status, read_digest(found.digest) or b"")

    def validators(self, connection: Connection, address: str) -> Validators | None:
        """Give what a server may be asked with; None when the archive holds nothing that suits.

        That is what the newest capture from before the crawl came with, of those that have content
        or say that it did not change; for "not modified" what the capture of the content came with,
        where it says nothing itself. That has to be one of this very URL: a reader of "not
        modified" is shown its head.
        """
        found = self._last(_LAST_THERE, connection, address)
        digest = read_digest(found.digest) if found else None
        opened = self._beginning(found) if found else None
        if found is None or not digest or opened is None:
            return None
        for holder, held in self._holders(connection, digest):
            if holder.url == address:
                heads = [opened[1], held if found.status == _NOT_MODIFIED else None]
                fields = tuple(_fields([head for head in heads if head]))
                earlier = Earlier(address, holder.timestamp, digest)
                return Validators(earlier, holder, fields) if fields else None
        return None

    def _last(self, query: Prepared, connection: Connection, address: str) -> Capture | None:
        if address in self._new:
            return None
        own = self.snapshot_id
        rows = query.rows(connection, key=url_key(address), address=address, snapshot=own)
        return capture_of(rows[0]) if rows else None

    def _holders(
        self, connection: Connection, digest: bytes
    ) -> Iterator[tuple[Capture, Head | None]]:
        if not _ANY.rows(connection, prefix=digest[:DIGEST_PREFIX]):
            return  # nearly always, and much sooner known than which it would be
        for row in _HOLDERS.rows(connection, prefix=digest[:DIGEST_PREFIX], digest=digest):
            found = capture_of(row)
            opened = self._beginning(found)
            if opened and _is_whole(opened[0], digest):
                yield found, opened[1]

    def _beginning(self, found: Capture) -> tuple[Headers, Head | None] | None:
        # Its WARC header and HTTP head; None where its record cannot be read, which verify tells.
        place = self.archive.locate(found.file)
        with suppress(WarcError, OSError), open_record(place, found.offset) as opened:
            if target_uri(opened.headers) == found.url:
                parsed = parse_head(opened.block.read(_HEAD))
                return opened.headers, parsed[0] if parsed else None
        return None


def _fields(heads: list[Head]) -> Iterator[tuple[str, str]]:
    settled = [head for head in heads if not _could_change_unseen(head)]
    for name, sent, among in (
        ("If-None-Match", "ETag", heads),
        ("If-Modified-Since", "Last-Modified", settled),
    ):
        values = (head.headers.get(sent) or "" for head in among)
        # It is sent as it was received, but for what could not be sent.
        usable = (one for one in values if one.isascii() and one.isprintable())
        value = next((one for one in usable if 0 < len(one) <= _VALUE), "")
        if value:
            yield name, value


def _could_change_unseen(head: Head) -> bool:
    # Last-Modified counts whole seconds: what was sent within the second of its own change may have
    # changed once more in that second, and no later answer would tell (RFC 9110, clause 8.8.2.2).
    modified, sent = (_moment(head.headers.get(name) or "") for name in ("Last-Modified", "Date"))
    return modified is not None and sent is not None and modified >= sent


def _moment(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_whole(record: Headers, digest: bytes) -> bool:
    declared = read_digest(record.get("WARC-Payload-Digest") or "")
    return declared == digest and not record.get("WARC-Truncated")
