"""Captures of a WARC file whose records a CDXJ index lists already.

Of the index only places, lengths and undeclared digests are believed; what a record is, of which
address and when, is read at its beginning: see `archiver.warc.scan`.
"""

import json
from pathlib import Path

from archiver.digests import read_digest
from archiver.errors import FormatError
from archiver.warc import Listed

__all__ = ["read_cdxj"]


def read_cdxj(path: Path) -> dict[str, dict[int, Listed]]:
    """Read a CDXJ file, in memory: about 300 bytes a line.

    Returns:
        For each WARC file, by its name without its folder, the records by offset.

    Raises:
        FormatError: when it cannot be read or a line is not one of CDXJ.
    """
    files: dict[str, dict[int, Listed]] = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and not line.startswith(("!", " CDX")):
                    name, offset, record = _read_line(path, number, line)
                    files.setdefault(name, {})[offset] = record
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(str(path), f"cannot be read as CDXJ: {error}") from error
    return files


def _read_line(path: Path, number: int, line: str) -> tuple[str, int, Listed]:
    try:
        fields = json.loads(line.split(" ", 2)[2])
        offset, length = int(fields["offset"]), int(fields["length"])
        digest = read_digest(str(fields.get("digest") or "")) or b""
        if offset < 0 or length < 1:
            raise ValueError("no place in a file")
        return Path(str(fields["filename"])).name, offset, Listed(length, digest)
    except (IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(
            str(path), f"line {number} is not one of a CDXJ index: {error}"
        ) from error
