"""A map of redirects as a file on which several people decide, one row at a time."""

import io
import os
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from archiver.errors import FormatError, InputError
from archiver.software import software_name
from archiver.timestamps import format_timestamp
from extract.redirects.checking import fault_of
from extract.redirects.mapping import Fate, Mapping, asked_as, folded
from extract.redirects.sheet import COLUMNS, read_mappings, write_mappings
from snapshots import journal
from snapshots.archive import Archive
from snapshots.disk import write_synced
from snapshots.erasure.completing import settle

__all__ = ["MapFile", "RowChangedError", "decide_row", "mark_of"]

_MARK = "\ufeff"
_ENTRY_TYPE = "redirect"


class RowChangedError(InputError):
    """A row is no longer what it was when it was shown to who decides."""

    def __init__(self, old_url: str) -> None:
        self.old_url = old_url
        super().__init__(f"{old_url} was decided on by somebody else meanwhile; look at it again")


class MapFile:
    """The file of a map, read anew when it has changed.

    Args:
        path: a map as `write_mappings` writes it.

    Raises:
        FormatError: when it cannot be read, or has other columns, which writing it would lose.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: tuple[int, int, int] | None = None
        self._rows: tuple[Mapping, ...] = ()
        if _head_of(path) != ",".join(COLUMNS):
            raise FormatError(
                str(path),
                f"has other columns than {', '.join(COLUMNS)}; "
                "make a new one with: marsham redirects draft --keep",
            )
        self.rows()

    def rows(self) -> tuple[Mapping, ...]:
        """Give all rows in the order of the file.

        Raises:
            FormatError: when it cannot be read any more.
        """
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise FormatError(str(self.path), f"cannot be read: {error.strerror}") from error
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if state != self._state:
            self._rows = tuple(read_mappings(self.path))
            self._state = state
        return self._rows

    def row(self, old_url: str) -> Mapping | None:
        """Give the first row of an address; None when there is none."""
        return next((one for one in self.rows() if one.old_url == old_url), None)

    def write(self, rows: list[Mapping]) -> None:
        """Replace the file; after a crash it is there as it was, or whole.

        Raises:
            OSError: when it cannot be written; it is as it was.
        """
        out = io.StringIO(newline="")
        write_mappings(out, rows)
        begins = _MARK if self.path.read_bytes()[:3] == _MARK.encode() else ""
        write_synced(self.path, (begins + out.getvalue()).encode())


def mark_of(row: Mapping) -> str:
    """Give what tells this state of a row from every other; for forms."""
    told = (row.old_url, row.fate, row.target, row.reason, row.decided_by)
    return sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def decide_row(archive: Archive, file: MapFile, mark: str, decided: Mapping) -> Mapping:
    """Decide on a row of a map, and note in the journal of the archive who did.

    Args:
        archive: whose map it is; its lock is held meanwhile.
        file: the map.
        mark: of the row as it was shown to who decides; see `mark_of`.
        decided: its address, and the fate, target, reason and name that it is to have. To archive
            without a target means the last good snapshot, where the settings say at which address
            the archive is shown.

    Returns:
        The row as it is now. The journal is written first: a decision that an interruption kept
        out of the file is told there.

    Raises:
        InputError: when there is no such row, or the new one breaks a rule of maps.
        RowChangedError: when the row is another by now.
        LockedError: when another process writes to the archive.
        OSError: when the file cannot be written.
    """
    with archive.lock():
        settle(archive)
        rows = list(file.rows())
        place = next(
            (number for number, one in enumerate(rows) if one.old_url == decided.old_url), None
        )
        if place is None:
            raise InputError(f"the map has no row for {decided.old_url}")
        was = rows[place]
        if mark_of(was) != mark:
            raise RowChangedError(was.old_url)
        shown = archive.settings.address.rstrip("/")
        target = decided.target
        if decided.fate is Fate.ARCHIVE and not target and shown and was.last_good:
            target = f"{shown}/web/{was.last_good}/{was.old_url}"
        rows[place] = row = replace(
            was,
            fate=decided.fate,
            target=target,
            reason=decided.reason,
            decided_by=decided.decided_by,
        )
        _refuse_faults(rows, row, shown)
        journal.append(archive.path / journal.JOURNAL, _entry(file, was, row))
        file.write(rows)
        return row


def _refuse_faults(rows: list[Mapping], row: Mapping, shown: str) -> None:
    fault = fault_of(row, shown)
    if fault is not None:
        raise InputError(f"{row.old_url} {fault.message}")
    if _goes_round(rows, row):
        raise InputError(f"{row.old_url} would lead round in a circle by {row.target}")


def _goes_round(rows: list[Mapping], row: Mapping | None) -> bool:
    # Only the chain of this row is followed: to check a large map whole takes seconds.
    passed: set[tuple[str, str]] = set()
    while row is not None and row.fate is Fate.REDIRECT:
        passed.add(folded(row.old_url))
        key, host = folded(row.target), asked_as(row.target)[0]
        if key in passed:
            return True
        near = (one for one in rows if host in one.old_url.lower())
        row = next((one for one in near if folded(one.old_url) == key), None)
    return False


def _entry(file: MapFile, was: Mapping, row: Mapping) -> dict[str, object]:
    # What an erasure takes out stands under `said`, as in other decisions.
    return {
        "type": _ENTRY_TYPE,
        "at": format_timestamp(datetime.now(UTC)),
        "author": row.decided_by,
        "map": file.path.name,
        "said": {
            "url": row.old_url,
            "was": [was.fate.value, was.target],
            "now": [row.fate.value, row.target],
            "reason": row.reason,
            "salt": token_hex(16),
        },
        "tool": software_name(),
    }


def _head_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(1000).rstrip()
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
