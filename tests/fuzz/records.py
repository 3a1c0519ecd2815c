"""What a scan tells, as plain values that can be compared, however the reader keeps them.

The reader's own types are its to change; here alone is said where each fact is found in them.
"""

from pathlib import Path
from typing import Any, NamedTuple

from archiver.records import Problem
from archiver.warc import ScannedRecord, scan

__all__ = ["Seen", "scanned", "seen"]

_Fields = tuple[tuple[str, str], ...]


class Seen(NamedTuple):
    """One sound record."""

    offset: int
    length: int
    shared: bool
    kind: str
    target: str
    fields: _Fields
    http: tuple[str, int, str, _Fields] | None
    block_digest: bytes
    block_length: int
    payload_digest: bytes
    framed_digest: bytes | None
    fault: str | None


def seen(found: ScannedRecord | Problem) -> Seen | Problem:
    """Take what the reader gives apart."""
    if isinstance(found, Problem):
        return found
    facts = found.facts
    http = facts.http
    return Seen(
        offset=found.offset,
        length=found.length,
        shared=found.shared,
        kind=found.kind,
        target=found.target,
        fields=tuple(found.headers.fields),
        http=http and (http.protocol, http.status, http.reason, tuple(http.headers.fields)),
        block_digest=facts.block_digest,
        block_length=facts.length,
        payload_digest=facts.payload_digest,
        framed_digest=facts.framed_digest,
        fault=facts.fault,
    )


def scanned(path: Path, **more: Any) -> list[Seen | Problem]:
    """Scan a file; `more` is for `scan`."""
    return [seen(each) for each in scan(path, name="the file", **more)]
