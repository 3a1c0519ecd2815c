"""The journal of people's decisions: ``decisions.jsonl``, which outlives every catalogue.

One JSON object a line, only ever added to. Each line holds, under ``before``, the SHA-256 of the
line before it, so that a line changed, lost or slipped in later shows. A line is on disk before
anything acts on it.

A decision may quote the archive under ``said``. An erasure takes that out of the line, which has
another SHA-256 then: the line of the erasure names both, under ``decisions``, and the chain holds.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archiver.errors import NotWritableError
from archiver.records import Problem
from snapshots.disk import sync_folder, write_synced

__all__ = ["JOURNAL", "append", "entries", "problems", "put_redacted", "redacted"]

JOURNAL = "decisions.jsonl"
_QUOTED = "said"  # of an entry: all it quotes of the archive, and words on it
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


def redacted(path: Path, quotes: Callable[[dict[str, Any]], bool]) -> dict[str, str]:
    """Give the lines that must lose what they quote as they are to be: by the SHA-256 of each now.

    Args:
        path: of the journal; it is only read.
        quotes: tells whether an entry quotes what is to go.
    """
    found: dict[str, str] = {}
    for line in _lines(path):
        entry = _object(line)
        if entry is not None and _QUOTED in entry and quotes(entry):
            kept = {name: value for name, value in entry.items() if name != _QUOTED}
            found[_digest(line[:-1])] = json.dumps(kept, ensure_ascii=False)
    return found


def put_redacted(path: Path, lines: Mapping[str, str]) -> None:
    """Put redacted lines in the place of those they were made of; what was put before stays.

    Raises:
        OSError: when it cannot be written; it is as it was.
    """
    held = list(_lines(path))
    if not any(_digest(line[:-1]) in lines for line in held):
        return
    made = [
        line if (now := lines.get(_digest(line[:-1]))) is None else now.encode() + b"\n"
        for line in held
    ]
    write_synced(path, b"".join(made))


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _read(path: Path) -> Iterator[dict[str, Any] | Problem]:
    if not path.exists():
        return
    before, offset = _NONE, 0
    were: dict[str, str] | None = None  # of redacted lines, by what they are now
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
                if (said := entry.get("before")) != before and were is None:
                    were = _redacted_before(path)
                if said != before and (were or {}).get(before) != said:
                    message = "the chain is broken: the line before this one is not the one it had"
                    yield Problem("journal-chain", message, *place)
                yield entry
            before = _digest(line[:-1])


def _redacted_before(path: Path) -> dict[str, str]:
    # What erasures say of lines they took something out of: the SHA-256 before, by that now.
    found: dict[str, str] = {}
    for line in _lines(path):
        entry = _object(line) or {}
        pairs = entry.get("decisions") if entry.get("type") == "erasure" else None
        for pair in pairs if isinstance(pairs, list) else ():
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(x, str) for x in pair):
                found[pair[1]] = pair[0]
    return found


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
