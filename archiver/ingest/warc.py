"""The captures of a WARC file: which records are captures, and what the index says of each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from archiver.digests import write_digest
from archiver.http import media_type
from archiver.payload import Digests
from archiver.records import Capture, Kind, Problem
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.warc import Listed, NotAsListedError, ScannedRecord, scan

__all__ = ["WarcReading"]

_YEARS = range(1990, 2101)  # a capture outside them is a clock set wrong, not history
_LEAP_SECOND = re.compile(r"(\d\d:\d\d):60")
_CANONICAL = re.compile(r"sha1:[A-Z2-7]{32}")  # as `write_digest` writes it
_KINDS = {kind.value: kind for kind in Kind}


class WarcReading:
    """One reading of a WARC file: iterate over it once for its captures and problems.

    Args:
        path: the file to read.
        name: what the operator calls it, for problems.
        start: the offset of the first record to be read.
        end: the offset at which to stop; None for the end of the file.
        any_year: whether to believe any date; for records that this archive wrote itself, whose
            dates were weighed before.
        file: the `file` of the captures.
        check: whether to compare what the records hold with the digests they declare; without it
            a payload's digest is computed only where none is declared.
        listed: what an index says of the file's records, by offset; then nothing is checked.

    Attributes:
        counts: records seen so far by WARC type; complete once the iteration is.
        chunked: chunked payloads seen so far whose record declares a digest of them.
        over_framing: those of them that declare it over the framing as well.
        shared: whether gzip members hold several records, so that they cannot be opened alone.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        start: int = 0,
        end: int | None = None,
        any_year: bool = False,
        file: str = "",
        check: bool = True,
        listed: Mapping[int, Listed] | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.shared = False
        self.chunked = 0
        self.over_framing = 0
        self._first_framed: ScannedRecord | None = None
        self._path = path
        self._name = name
        self._span = (start, end)
        self._any_year = any_year
        self._file = file
        self._listed = listed
        self._wanted = Digests.ALL if check and not listed else Digests.UNDECLARED

    def __iter__(self) -> Iterator[Capture | Problem]:
        """Give a `Capture` for each response, revisit and resource record."""
        for found in self.records():
            if isinstance(found, Problem):
                yield found
                continue
            yield from self.captures_of(found)
        yield from self._habit()

    def records(self) -> Iterator[ScannedRecord | Problem]:
        """Give every record as it is scanned, for `captures_of`.

        Raises:
            NotAsListedError: when the file is not as listed; what was given so far is void.
        """
        start, end = self._span
        found = scan(
            self._path,
            name=self._name,
            start=start,
            end=end,
            wanted=self._wanted,
            listed=self._listed,
        )
        yield from _all_met(found, self._listed) if self._listed else found

    def captures_of(self, record: ScannedRecord) -> Sequence[Capture | Problem]:
        """Count a record, and give what `__iter__` gives of it."""
        self.counts[record.kind or "unknown"] += 1
        if record.shared:
            self.shared = True
        kind = _KINDS.get(record.kind)
        doubts = self._doubts(record, kind) if self._wanted is Digests.ALL else ()
        return doubts if kind is None else (*doubts, self._capture(record, kind))

    def _doubts(self, record: ScannedRecord, kind: Kind | None) -> Sequence[Problem]:
        facts = record.facts
        doubts: tuple[Problem, ...] = ()
        if facts.stated_block not in (None, facts.block_digest):
            doubts = self._block_doubts(record)
        if kind in (None, Kind.REVISIT):  # its payload is not in its record
            return doubts
        if facts.stated_payload and (
            facts.stated_payload != facts.payload_digest or facts.framed_digest is not None
        ):
            doubts += self._payload_doubts(record)
        if facts.fault and not facts.fault.startswith("announced"):
            message = f"the body's framing: {facts.fault}"
            doubts += (self._problem(record, "broken-chunking", message),)
        return doubts

    def _capture(self, record: ScannedRecord, kind: Kind) -> Capture | Problem:
        date = record.headers.get("WARC-Date") or ""
        at = _moment(date, any_year=self._any_year)
        target = record.target
        if not target:
            return self._problem(record, "no-target", "the record names no address; left out")
        if at is None:
            return self._problem(record, "bad-date", f"no usable date ({date!r}); left out")
        http = record.facts.http
        content_type = (http or record).headers.get("Content-Type")
        digest = record.headers.get("WARC-Payload-Digest") or ""
        if not _CANONICAL.fullmatch(digest):
            own = b"" if kind is Kind.REVISIT else record.facts.payload_digest
            digest = write_digest(record.facts.stated_payload or own)
        return Capture(
            target,
            format_timestamp(at),
            kind,
            http.status if http else None,
            media_type(content_type)[0],
            digest,
            self._file,
            record.offset,
            record.length,
        )

    def _block_doubts(self, record: ScannedRecord) -> tuple[Problem, ...]:
        facts = record.facts
        other = facts.others.block if facts.others else None
        if not _differs(facts.stated_block, (facts.block_digest, other)):
            return ()
        message = "the record's bytes do not match their declared digest"
        return (self._problem(record, "block-digest", message),)

    def _payload_doubts(self, record: ScannedRecord) -> tuple[Problem, ...]:
        facts, stated, other = record.facts, record.facts.stated_payload, record.facts.others
        payloads = (facts.payload_digest, other.payload if other else None)
        framed = (facts.framed_digest, other.framed if other else None)
        if facts.framed_digest is not None:
            self.chunked += 1
            if stated in framed and stated not in payloads:
                if not facts.fault:  # with broken framing there is no telling
                    self.over_framing += 1
                    self._first_framed = self._first_framed or record
                return ()
        if not _differs(stated, payloads):
            return ()
        message = "the payload does not match its declared digest"
        return (self._problem(record, "payload-digest", message),)

    def _habit(self) -> Iterator[Problem]:
        # The habit of a writer, not a defect of each record: told once a file.
        if self._first_framed:
            message = (
                f"{self.over_framing} of {self.chunked} chunked payloads declare their digest over "
                "the chunked framing, as some writers do, not over the payload; they are sound"
            )
            yield self._problem(self._first_framed, "digest-over-framing", message)

    def _problem(self, record: ScannedRecord, code: str, message: str) -> Problem:
        place = (record.offset, record.length, record.target or None)
        return Problem(code, message, self._name, *place)


def _all_met(
    found: Iterator[ScannedRecord | Problem], listed: Mapping[int, Listed]
) -> Iterator[ScannedRecord | Problem]:
    met = 0
    for one in found:
        met += isinstance(one, ScannedRecord) and one.offset in listed
        yield one
    if met < len(listed):
        raise NotAsListedError(f"{len(listed) - met} of {len(listed)} listed records are not there")


def _differs(declared: bytes | None, computed: tuple[bytes | None, ...]) -> bool:
    # What is declared in an algorithm that was not computed cannot be judged.
    known = {len(each) for each in computed if each}
    return bool(declared) and len(declared or b"") in known and declared not in computed


def _moment(text: str, *, any_year: bool) -> datetime | None:
    # Source: ISO 28500, clause 5.4 (W3C profile of ISO 8601: it may stop at the year, and have
    # fractions). A leap second is taken for the second before it, and bare digits are understood.
    try:
        if len(text) <= 7 or text.isdigit():
            moment = parse_timestamp(text.replace("-", ""))
        elif ":60" in text:
            moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text))
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if any_year or moment.year in _YEARS else None
