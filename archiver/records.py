"""The values that travel between the floors: captures, the dates stated for them, and problems."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Capture", "DateSource", "Grade", "Kind", "Problem", "StatedDate"]


class Kind(StrEnum):
    """What kind of WARC record holds a capture."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"


class Grade(StrEnum):
    """How close the stored bytes are to what the server sent."""

    SENT = "A"  # bytes as sent: a WARC response, the raw memento of another archive
    BODY = "B"  # body exact, head rebuilt
    RECOVERED = "C"  # body recovered by taking an archive's additions out
    RENDERING = "D"  # what a person saw: text, a picture, a print


class DateSource(StrEnum):
    """Who stated a date for a capture, most trusted first."""

    WARC = "WARC-Date"
    RECORD = "record"  # the record it was taken from: an ARC's header line, an entry of a HAR
    LIST = "list"  # the timestamp column of a pages.csv
    MEMENTO = "Memento-Datetime"
    FRAME = "archive frame"  # values an archive's own script or comment carries, to the second
    BANNER = "banner"  # the day printed in an archive's banner
    ADDRESS = "address"  # the digits of a replay address; may be only the time asked for
    FILE = "file time"  # when a saved file was last written: a hint, no more
    PAGE = "page"  # the page's own "last updated"; never the time of capture


@dataclass(frozen=True, slots=True)
class StatedDate:
    """One date that someone stated for a capture, as precise as it was stated.

    Attributes:
        source: who stated it.
        timestamp: 4 to 14 digits; fewer than 14 where only a day, month or year was stated.
        raw: the text it was read from, such as ``29/05/2011``.
    """

    source: DateSource
    timestamp: str
    raw: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something lost, doubtful or left out, for the report; never an exception.

    Its texts quote hostile input: half a surrogate pair becomes ``?`` and a NUL ``%00``, so that
    any file, database and terminal takes them.

    Attributes:
        code: a short stable name, such as ``truncated-record``.
        message: what happened and what it means, in one sentence.
        file: the file it happened in, as the user knows it.
        offset: byte offset in that file, where it has one.
        length: number of bytes concerned, where known.
        url: the address concerned, where there is one.
    """

    code: str
    message: str
    file: str
    offset: int | None = None
    length: int | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        for name in ("message", "file", "url"):
            text = getattr(self, name)
            if text is not None:
                clean = text.encode("utf-8", "replace").decode().replace("\0", "%00")
                object.__setattr__(self, name, clean)


@dataclass(frozen=True, slots=True)
class Capture:
    """One response to one request at one moment: one line of the index.

    Attributes:
        url: the original URL as recorded.
        timestamp: 14 digits of UTC.
        kind: which kind of record holds it.
        status: HTTP status; None where there was none (resource records, dns).
        media_type: as declared, lower case, without parameters; empty when not declared.
        digest: payload digest with its algorithm, ``sha1:`` and base32; empty when unknown.
        file: path of the WARC file, relative to the archive folder.
        offset: where the record begins in the file, in bytes as stored.
        length: bytes the record occupies as stored, compressed if the file is.
        grade: how close the payload is to what the server sent.
        number: tells captures of one address in one second apart, in the order in which they came;
            0 for the first, and before the index has given it a number.
    """

    url: str
    timestamp: str
    kind: Kind
    status: int | None
    media_type: str
    digest: str
    file: str
    offset: int
    length: int
    grade: Grade = Grade.SENT
    number: int = 0
