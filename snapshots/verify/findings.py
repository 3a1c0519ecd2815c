"""What a check of the archive can find: stable codes, how grave each is, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["CODES", "Code", "Finding", "Level", "Severity"]


class Level(StrEnum):
    """How deep a check goes; each does what those before it do as well."""

    QUICK = "quick"
    FILES = "files"
    RECORDS = "records"
    DEEP = "deep"

    @property
    def deep_enough(self) -> tuple["Level", ...]:
        """The levels at which a file has been checked at least as deeply as at this one."""
        levels = tuple(Level)
        return levels[levels.index(self) :]


class Severity(StrEnum):
    """How grave a finding is."""

    WARNING = "warning"  # nothing is lost, and somebody should look
    DAMAGE = "damage"  # something is lost, or two statements about it contradict each other


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means.

    Attributes:
        level: the first level that can find it; None for a comparison with a copy.
        meaning: what was found, in general.
        advice: what to do next.
    """

    level: Level | None
    severity: Severity
    meaning: str
    advice: str


_RESTORE = "restore the file from a copy"
_REBUILD = "make the catalogue anew with: marsham rebuild"
_COMPARE = "see which side matches its digest, and restore the other from it"

CODES: Final = {
    # quick
    "missing-file": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "a file the catalogue counts on is not there",
        _RESTORE,
    ),
    "short-file": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "a file is shorter than the catalogue knows it",
        _RESTORE,
    ),
    "long-file": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "a finished file is longer than the catalogue knows it",
        _RESTORE,
    ),
    "unknown-file": Code(
        *(Level.QUICK, Severity.WARNING),
        "a file stands among the archive's that the catalogue does not know",
        "if an interrupted run left it, take its input in again; if it is to be kept, ingest it; "
        "else move it away",
    ),
    "manifest-missing": Code(
        *(Level.QUICK, Severity.WARNING),
        "a finished WARC file has no manifest",
        "check the file with --level files and restore its manifest from a copy",
    ),
    "manifest-unreadable": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "a manifest is not what a manifest looks like",
        _RESTORE,
    ),
    "manifest-differs": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "manifest and catalogue state another path, size or digest",
        "find out with --level files which is true; restore the manifest from a copy, or "
        + _REBUILD,
    ),
    "list-missing": Code(
        *(Level.QUICK, Severity.WARNING),
        "the list of all digests, manifests/manifest-sha256.txt, is not there",
        _RESTORE,
    ),
    "list-differs": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "the list of all digests lacks a file, or states another digest than the catalogue",
        "find out with --level files which is true and restore the other",
    ),
    "catalogue-damaged": Code(
        *(Level.QUICK, Severity.DAMAGE),
        "the database of the catalogue cannot be read, or says itself that it is damaged",
        _REBUILD,
    ),
    "erasure-unfinished": Code(
        *(Level.QUICK, Severity.WARNING),
        "an erasure has been decided or prepared, and is not complete",
        "if nobody is writing, run any command that writes, such as marsham extract: it completes "
        "the erasure, or clears away one that was not decided yet",
    ),
    # files
    "unreadable-file": Code(
        *(Level.FILES, Severity.DAMAGE),
        "a file cannot be read",
        "look to its permissions and to the disk; then " + _RESTORE,
    ),
    "changed-file": Code(
        *(Level.FILES, Severity.DAMAGE),
        "the SHA-256 of a file is not the one noted when it was taken in or finished",
        _RESTORE,
    ),
    # records
    "damaged-record": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "bytes of a WARC file are no sound record, and were not so when it was taken in",
        _RESTORE,
    ),
    "doubtful-record": Code(
        *(Level.RECORDS, Severity.WARNING),
        "something is odd about a record, and was not told when it was taken in",
        "look at the record; if the file is as it was taken in, nothing is lost",
    ),
    "block-digest": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "a record's bytes do not match the digest it declares, and did when it was taken in",
        _RESTORE,
    ),
    "payload-digest": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "a payload does not match the digest its record declares, and did when it was taken in",
        _RESTORE,
    ),
    "record-unlisted": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "a record has no entry in the index",
        _REBUILD,
    ),
    "entry-astray": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "an entry of the index points where no sound record begins",
        "if the file is sound, " + _REBUILD + "; else " + _RESTORE,
    ),
    "entry-url": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record name another address",
        _REBUILD,
    ),
    "entry-date": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record state another time of capture",
        _REBUILD,
    ),
    "entry-kind": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record are of another kind: response, revisit or resource",
        _REBUILD,
    ),
    "entry-status": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record state another HTTP status",
        _REBUILD,
    ),
    "entry-type": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record state another media type",
        _REBUILD,
    ),
    "entry-digest": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and record state another payload digest",
        _REBUILD,
    ),
    "entry-length": Code(
        *(Level.RECORDS, Severity.DAMAGE),
        "index and file disagree on where a record ends",
        _REBUILD,
    ),
    # deep
    "note-unreadable": Code(
        *(Level.DEEP, Severity.DAMAGE),
        "the note of a commit is not what a note looks like",
        _RESTORE,
    ),
    "note-chain": Code(
        *(Level.DEEP, Severity.DAMAGE),
        "the note of a commit is not the one that the next note followed",
        _RESTORE,
    ),
    "row-missing": Code(
        *(Level.DEEP, Severity.DAMAGE),
        "the files tell of a row that the catalogue does not have",
        _REBUILD,
    ),
    "row-extra": Code(
        *(Level.DEEP, Severity.DAMAGE),
        "the catalogue has a row of which the files do not tell",
        "if no file is missing or damaged, " + _REBUILD,
    ),
    "row-differs": Code(
        *(Level.DEEP, Severity.DAMAGE),
        "a row of the catalogue is not what the files tell",
        _REBUILD,
    ),
    # against a copy
    "copy-lacks": Code(
        *(None, Severity.WARNING),
        "a file of the archive is not in the copy",
        "bring the copy up to date",
    ),
    "copy-has-more": Code(
        *(None, Severity.WARNING),
        "a file of the copy is not in the archive",
        "if the archive should have it, restore it from the copy",
    ),
    "copy-size": Code(
        *(None, Severity.DAMAGE),
        "archive and copy have a file in another size",
        _COMPARE,
    ),
    "copy-differs": Code(
        *(None, Severity.DAMAGE),
        "archive and copy have a file of one size with other bytes",
        _COMPARE,
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found.

    Attributes:
        code: a key of `CODES`.
        file: the file concerned, relative to the archive folder; of a row, its table.
        message: what was found, in particular.
        offset: where in the file, in bytes.
        url: the address concerned, where there is one.
    """

    code: str
    file: str
    message: str
    offset: int | None = None
    url: str | None = None

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return CODES[self.code].severity

    @property
    def advice(self) -> str:
        """What to do next."""
        return CODES[self.code].advice
