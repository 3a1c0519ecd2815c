"""The records of a crawl's WARC files, as the scorer needs them, and warcio's opinion of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from archiver.headers import Headers
from archiver.payload import BlockFacts
from archiver.records import Problem
from archiver.warc import open_record, scan

__all__ = ["Stored", "disagreements", "read_records"]

_LARGEST = 16 << 20
_CREDENTIALS = re.compile(r"^(https?://)[^/?#@]*@")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record, its block at hand; its target without user name and password."""

    kind: str
    target: str
    headers: Headers
    block: bytes
    facts: BlockFacts

    @property
    def status(self) -> int | None:
        """The HTTP status in the block."""
        return self.facts.http.status if self.facts.http else None


def read_records(paths: Iterable[Path]) -> tuple[list[Stored], list[Problem]]:
    """Read WARC files whole; blocks above 16 MiB are cut."""
    records, problems = [], []
    for path in paths:
        for found in scan(path):
            if isinstance(found, Problem):
                problems.append(found)
                continue
            with open_record(path, found.offset) as opened:
                block = opened.block.read(_LARGEST)
            target = _CREDENTIALS.sub(r"\1", found.target)
            records.append(Stored(found.kind, target, found.headers, block, found.facts))
    return records, problems


def disagreements(paths: Iterable[Path], records: list[Stored]) -> list[str]:
    """Tell where warcio reads other records, or other blocks, than we did."""
    theirs = []
    for path in paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                target = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
                target = _CREDENTIALS.sub(r"\1", target)
                theirs.append((record.rec_type, target, record.raw_stream.read(_LARGEST)))
    ours = [(record.kind, record.target, record.block) for record in records]
    if len(ours) != len(theirs):
        return [f"{len(ours)} records, warcio reads {len(theirs)}"]
    return [
        f"{kind} {target}"
        for (kind, target, block), their in zip(ours, theirs, strict=True)
        if (kind, target, block) != their
    ]
