"""A map of redirects as a CSV file that people edit, and as GOV.UK's transition tool has it."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from archiver.errors import FormatError
from extract.redirects.mapping import Fate, Mapping, is_archive_address

__all__ = ["COLUMNS", "read_mappings", "write_mappings"]

COLUMNS = ("old_url", "type", "target", "spellings", "last_good", "reason", "decided_by")
_GOVUK = ("old url", "new url")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 1 << 20  # characters of a cell


def write_mappings(out: TextIO, mappings: Iterable[Mapping]) -> int:
    """Write a map as CSV (RFC 4180), and give the number of rows.

    Spellings are parted by blanks. What people wrote is kept from being a formula by an apostrophe,
    which `read_mappings` takes off.
    """
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    number = 0
    for number, row in enumerate(mappings, 1):  # noqa: B007 - the last number is the answer
        told = (row.last_good, _guarded(row.reason), _guarded(row.decided_by))
        spellings = " ".join(url.replace(" ", "%20") for url in row.spellings)
        writer.writerow((row.old_url, row.fate.value, row.target, spellings, *told))
    return number


def read_mappings(path: Path) -> Iterator[Mapping]:
    """Read a map that `write_mappings` wrote and people edited, or one of GOV.UK's transition tool.

    Of the latter (``old url,new url``) a new address ``TNA``, or one of an archive, means archive,
    and none unresolved. Columns may stand in any order; those but old_url and type may be missing.

    Raises:
        FormatError: when it cannot be read; the message names the row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            csv.field_size_limit(_LONGEST)
            rows = csv.reader(file, strict=True)
            names = [name.strip().lower() for name in next(rows, [])]
            if tuple(names[:2]) == _GOVUK:
                read = _transitional
            else:
                missing = [name for name in ("old_url", "type") if name not in names]
                if missing:
                    raise FormatError(str(path), f"has no column {missing[0]}")
                read = _own
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    given = dict(zip(names, (cell.strip() for cell in cells), strict=False))
                    yield read(given, f"{path}, line {rows.line_num}")
    except OSError as error:
        raise FormatError(str(path), f"cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise FormatError(str(path), f"is not a CSV file in UTF-8: {error}") from error


def _own(given: dict[str, str], where: str) -> Mapping:
    try:
        fate = Fate(given.get("type", "").lower())
    except ValueError:
        known = ", ".join(Fate)
        raise FormatError(where, f"type {given.get('type')!r} is none of {known}") from None
    if not given.get("old_url"):
        raise FormatError(where, "has no old_url")
    return Mapping(
        given["old_url"],
        fate,
        given.get("target", ""),
        tuple(given.get("spellings", "").split()),
        given.get("last_good", ""),
        _plain(given.get("reason", "")),
        _plain(given.get("decided_by", "")),
    )


def _transitional(given: dict[str, str], where: str) -> Mapping:
    old, new = given["old url"], given.get("new url", "")
    if not old:
        raise FormatError(where, "has no old url")
    if new.upper() == "TNA":
        return Mapping(old, Fate.ARCHIVE)
    if not new:
        return Mapping(old, Fate.UNRESOLVED)
    return Mapping(old, Fate.ARCHIVE if is_archive_address(new) else Fate.REDIRECT, new)


def _guarded(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text


def _plain(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
