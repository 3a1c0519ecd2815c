"""The captures of a WARC file: which records are captures, and what the index says of each."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from archiver.digests import read_digest, write_digest
from archiver.http import media_type
from archiver.records import Capture, Kind, Problem
from archiver.timestamps import format_timestamp, parse_timestamp
from archiver.warc import ScannedRecord, scan

__all__ = ["WarcReading"]

_YEARS = range(1990, 2101)  # a capture outside them is a clock set wrong, not history
_LEAP_SECOND = re.compile(r"(\d\d:\d\d):60")
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

    def __iter__(self) -> Iterator[Capture | Problem]:
        """Give a `Capture` (its `file` empty) for each response, revisit and resource record."""
        for found in self.records():
            if isinstance(found, Problem):
                yield found
                continue
            yield from self.captures_of(found)
        yield from self._habit()

    def records(self) -> Iterator[ScannedRecord | Problem]:
        """Give every record as it is scanned, for `captures_of`."""
        start, end = self._span
        yield from scan(self._path, name=self._name, start=start, end=end)

    def captures_of(self, record: ScannedRecord) -> Iterator[Capture | Problem]:
        """Count a record, and give what `__iter__` gives of it."""
        self.counts[record.type or "unknown"] += 1
        self.shared = self.shared or record.shared
        if record.type in _KINDS:
            yield from self._capture(record)

    def _capture(self, record: ScannedRecord) -> Iterator[Capture | Problem]:
        at = _moment(record.headers.get("WARC-Date") or "", any_year=self._any_year)
        if not record.target:
            yield self._problem(record, "no-target", "the record names no address; left out")
            return
        if at is None:
            date = record.headers.get("WARC-Date")
            yield self._problem(record, "bad-date", f"no usable date ({date!r}); left out")
            return
        yield from self._doubts(record)
        kind = _KINDS[record.type]
        content_type = (record.http or record).headers.get("Content-Type")
        declared = read_digest(record.headers.get("WARC-Payload-Digest") or "")
        own = b"" if kind is Kind.REVISIT else record.payload_digest
        yield Capture(
            url=record.target,
            timestamp=format_timestamp(at),
            kind=kind,
            status=record.http.status if record.http else None,
            media_type=media_type(content_type)[0],
            digest=write_digest(declared or own),
            file="",
            offset=record.offset,
            length=record.length,
        )

    def _doubts(self, record: ScannedRecord) -> Iterator[Problem]:
        # A revisit's payload is not in its record.
        other = record.declared
        block = read_digest(record.headers.get("WARC-Block-Digest") or "")
        blocks = (record.block_digest, other.block if other else None)
        if _differs(block, blocks):
            yield self._problem(
                record, "block-digest", "the record's bytes do not match their declared digest"
            )
        if record.type != Kind.REVISIT:
            yield from self._payload_doubts(record)
        if record.fault and not record.fault.startswith("announced"):
            yield self._problem(record, "broken-chunking", f"the body's framing: {record.fault}")

    def _payload_doubts(self, record: ScannedRecord) -> Iterator[Problem]:
        other = record.declared
        payload = read_digest(record.headers.get("WARC-Payload-Digest") or "")
        payloads = (record.payload_digest, other.payload if other else None)
        framed = (record.framed_digest, other.framed if other else None)
        if record.framed_digest is not None and payload:
            self.chunked += 1
            if payload in framed and payload not in payloads:
                if not record.fault:  # with broken framing there is no telling
                    self.over_framing += 1
                    self._first_framed = self._first_framed or record
                return
        if _differs(payload, payloads):
            yield self._problem(
                record, "payload-digest", "the payload does not match its declared digest"
            )

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


def _differs(declared: bytes | None, computed: tuple[bytes | None, ...]) -> bool:
    # What is declared in an algorithm that was not computed cannot be judged.
    known = {len(each) for each in computed if each}
    return bool(declared) and len(declared or b"") in known and declared not in computed


def _moment(text: str, *, any_year: bool) -> datetime | None:
    # Source: ISO 28500, clause 5.4 (W3C profile of ISO 8601: it may stop at the year, and have
    # fractions). A leap second is taken for the second before it, and bare digits are understood.
    text = text.strip()
    try:
        if len(text) <= 7 or text.isdigit():
            moment = parse_timestamp(text.replace("-", ""))
        else:
            moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if any_year or moment.year in _YEARS else None
