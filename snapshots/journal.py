"""The journal of people's decisions: ``decisions.jsonl``, which outlives every catalogue.

One JSON object a line, only ever added to. Each line holds, under ``before``, the SHA-256 of the
line before it, so that a line changed, lost or slipped in later shows. A line is on disk before
anything acts on it.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from archiver.errors import NotWritableError
from archiver.records import Problem
from snapshots.disk import sync_folder, write_synced

__all__ = ["JOURNAL", "append", "entries", "problems"]

JOURNAL = "decisions.jsonl"
_NONE = "0" * 64  # what the first line has for the line before it


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Give every decision of a journal in order; none when there is no journal.

    Lines that cannot be read are passed over; `problems` tells of them, and of a broken chain.
    """
    for found in _read(path):
        if not isinstance(found, Problem):
            yield found


def problems(path: Path) -> Iterator[Problem]:
    """Tell where a journal is not as it was written: each place with its byte offset."""
    return (found for found in _read(path) if isinstance(found, Problem))


def append(path: Path, entry: Mapping[str, object]) -> None:
    """Add a decision to the end of a journal; it is on disk when this returns.

    The journal may have been cut off within a line by an interruption: that line was never acted
    on. It is moved into ``quarantine/`` beside the journal first.

    Raises:
        NotWritableError: when it cannot be written; nothing was added.
    """
    try:
        written = path.read_bytes() if path.exists() else b""
        whole = written[: written.rfind(b"\n") + 1]
        if tail := written[len(whole) :]:
            kept = path.parent / "quarantine" / f"{path.name}-{len(whole)}"
            kept.parent.mkdir(exist_ok=True)
            write_synced(kept, tail)
        last = whole[:-1].rpartition(b"\n")[2]
        before = _digest(last) if whole else _NONE
        line = json.dumps({**entry, "before": before}, ensure_ascii=False).encode() + b"\n"
        with path.open("r+b" if path.exists() else "xb") as file:
            file.truncate(len(whole))
            file.seek(len(whole))
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), len(whole))  # half a line helps nobody
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise NotWritableError(str(path), error.strerror or str(error)) from error


def _read(path: Path) -> Iterator[dict[str, Any] | Problem]:
    if not path.exists():
        return
    before, offset = _NONE, 0
    with path.open("rb") as file:
        for line in file:
            place = (path.name, offset, len(line))
            offset += len(line)
            if not line.endswith(b"\n"):
                yield Problem("journal-cut-short", "its last line is not whole", *place)
                return
            entry = _object(line)
            if entry is None:
                yield Problem("journal-unreadable", "this line is no decision", *place)
            else:
                if entry.get("before") != before:
                    message = "the chain is broken: the line before this one is not the one it had"
                    yield Problem("journal-chain", message, *place)
                yield entry
            before = _digest(line[:-1])


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
