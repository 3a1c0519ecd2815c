"""What can go wrong, as a tree.

::

    MarshamError
    ├── InputError            something given cannot be used
    │   ├── TimestampError    not a date or archive timestamp
    │   ├── UrlError          not a web address
    │   ├── PatternError      not a regular expression we can match with
    │   ├── RecipeError       a site recipe says something we do not understand
    │   └── FormatError       a file is not of a kind we can read
    ├── FetchError            an address of the web could not be fetched
    │   ├── RefusedAddressError  it leads to an address that must not be connected to
    │   └── BusyError         the server asks to be left alone for longer than we wait
    ├── WarcError             a WARC record cannot be read where one was promised
    ├── ArchiveError          the archive folder cannot be used
    │   ├── NoArchiveError    there is none at that path
    │   ├── LockedError       another process is writing
    │   ├── NotWritableError  the folder or a file in it is read-only
    │   ├── DamagedError      bytes the catalogue counts on are not there
    │   └── SettingsError     marsham.toml says something we do not understand
    ├── NoCaptureError        the archive holds no capture of a URL
    ├── ConfinedError         reading untrusted content passed a limit, or failed
    ├── WithdrawnError        what was asked for was taken out of view by a decision
    ├── ErasedError           what was asked for was erased by a decision, and is kept no more
    ├── NoPayloadError        a capture says "same as before", and that is not in the archive
    └── RedirectLoopError     a capture only leads back to itself

Every message says what happened, to what, and what to do next; the facts are attributes as well.
A faulty record among millions is a `Problem` in a report, not an exception: `archiver.records`.
"""

from typing import ClassVar

__all__ = [
    "ArchiveError",
    "BusyError",
    "ConfinedError",
    "DamagedError",
    "ErasedError",
    "FetchError",
    "FormatError",
    "InputError",
    "LockedError",
    "MarshamError",
    "NoArchiveError",
    "NoCaptureError",
    "NoPayloadError",
    "NotWritableError",
    "PatternError",
    "RecipeError",
    "RedirectLoopError",
    "RefusedAddressError",
    "SettingsError",
    "TimestampError",
    "UrlError",
    "WarcError",
    "WithdrawnError",
]


class MarshamError(Exception):
    """Something Marsham could not do, worded for the person who asked."""


class InputError(MarshamError, ValueError):
    """Something given cannot be used as it is."""


class TimestampError(InputError):
    """A text is neither a date nor an archive timestamp."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"not a date: {text!r}; write 2011, 2011-05, 2011-05-29, 29/05/2011 or 20110529101621"
        )


class UrlError(InputError):
    """A text is not a web address that can be archived."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"not a web address: {url!r} ({reason}); write it as http://host/path")


class PatternError(InputError):
    """A text is not a regular expression that can be matched with."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        super().__init__(
            f"not a usable regular expression: {text[:200]!r} ({reason}); "
            r"write one such as https?://www\.example\.gov\.uk/news/"
        )


class RecipeError(InputError):
    """A site recipe says something that is not understood.

    Attributes:
        path: its file.
        line: where in the file, from 1; None when it cannot be told.
        key: what it is about, such as ``records[1].fields.phone``; empty for the whole file.
        reason: what is wrong.
    """

    def __init__(self, path: str, line: int | None, key: str, reason: str) -> None:
        self.path = path
        self.line = line
        self.key = key
        self.reason = reason
        where = f"{path}, line {line}" if line is not None else path
        super().__init__(": ".join(part for part in (where, key, reason) if part))


class FormatError(InputError):
    """A file is not of a kind that can be read, or not what its name says."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class FetchError(MarshamError):
    """An address of the web could not be fetched.

    Attributes:
        url: the address.
        reason: what happened, in words.
        passing: whether asking again may help: the connection broke, or nobody answered.
    """

    def __init__(self, url: str, reason: str, *, passing: bool = False) -> None:
        self.url = url
        self.reason = reason
        self.passing = passing
        super().__init__(f"{url}: {reason}")


class RefusedAddressError(FetchError):
    """A host stands for an address that must not be connected to, such as a private one."""

    def __init__(self, url: str, host: str, address: str, what: str) -> None:
        self.host = host
        self.address = address
        self.what = what
        super().__init__(url, f"{host} is at {address}, {what}; nothing was asked of it")


class BusyError(FetchError):
    """A server asks to be left alone for longer than we wait.

    Attributes:
        seconds: how long it asks for; None when it only keeps answering that it is busy.
    """

    def __init__(self, url: str, status: int, seconds: float | None) -> None:
        self.status = status
        self.seconds = seconds
        asked = f" and asks for a pause of {seconds:.0f} seconds" if seconds is not None else ""
        super().__init__(url, f"the server answers {status}{asked}; try again later")


class WarcError(MarshamError):
    """A WARC record cannot be read at a place where one was promised."""

    def __init__(self, path: str, offset: int, reason: str) -> None:
        self.path = path
        self.offset = offset
        self.reason = reason
        super().__init__(f"{path} at byte {offset}: {reason}")


class ArchiveError(MarshamError):
    """The archive folder cannot be used as asked."""


class NoArchiveError(ArchiveError, LookupError):
    """There is no archive at a path."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"no archive at {path}; make one with: marsham --archive {path} init")


class LockedError(ArchiveError):
    """Another process is writing to the archive."""

    def __init__(self, path: str, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"{path} is being written by {holder}; "
            "wait until it has finished (reading is possible meanwhile)"
        )


class NotWritableError(ArchiveError, PermissionError):
    """The archive folder, or something in it, may not be written."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"cannot write to {path}: {reason}")


class DamagedError(ArchiveError):
    """Bytes that the catalogue counts on are missing or changed."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"archive damaged: {path}: {reason}; restore the file from a copy before writing again"
        )


class SettingsError(ArchiveError, ValueError):
    """The settings file says something that is not understood."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class ConfinedError(MarshamError):
    """Work on untrusted content passed its limits, failed, or ended the process it was done in.

    Attributes:
        cause: "time", "memory", "crash" (the process ended) or "fault" (an exception).
        what: how it went, as the rest of a sentence: "took more than 30 s of processor time".
    """

    def __init__(self, cause: str, what: str) -> None:
        self.cause = cause
        self.what = what
        super().__init__(f"reading it {what}")


class NoCaptureError(MarshamError, LookupError):
    """The archive holds no capture of a URL, or none of the dates asked for.

    Attributes:
        url: what was asked for.
        others: how many there are of other dates.

    The times of the first and last of those are 14 digits.
    """

    def __init__(self, url: str, others: int = 0, first: str = "", last: str = "") -> None:
        self.url = url
        self.others = others
        if others:
            there = "there is 1" if others == 1 else f"there are {others}"
            days = [f"{time[:4]}-{time[4:6]}-{time[6:8]}" for time in dict.fromkeys((first, last))]
            dates = f"of {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[1]}"
            said = f"no capture of {url} in that span of dates; {there} outside it, {dates}"
        else:
            said = f"no capture of {url}; see what there is with: marsham list"
        super().__init__(said)


class _DecidedError(MarshamError, LookupError):
    """What was asked for is not shown, because of a decision.

    Attributes:
        url: what was asked for.
        decided: 14 digits, when the decision was made.
        authority: who made it.
        reason: why, as readers are told.
    """

    _done: ClassVar[str]

    def __init__(self, url: str, decided: str, authority: str, reason: str) -> None:
        self.url = url
        self.decided = decided
        self.authority = authority
        self.reason = reason
        day = f"{decided[:4]}-{decided[4:6]}-{decided[6:8]}"
        super().__init__(f"{url} was {self._done} on {day} by {authority}: {reason}")


class WithdrawnError(_DecidedError):
    """What was asked for is kept, and was taken out of view by a decision."""

    _done = "withdrawn"


class ErasedError(_DecidedError):
    """What was asked for was erased for good by a decision."""

    _done = "erased"


class NoPayloadError(MarshamError, LookupError):
    """A revisit says "same as before", and what came before is not in the archive."""

    def __init__(self, url: str, timestamp: str) -> None:
        self.url = url
        self.timestamp = timestamp
        super().__init__(
            f"the capture of {url} at {timestamp} only says that nothing had changed, and the "
            "earlier capture is not in this archive; take in the WARC file that holds it"
        )


class RedirectLoopError(MarshamError):
    """A captured redirect leads to its own address, and nothing else of it was captured."""

    def __init__(self, url: str, timestamp: str) -> None:
        self.url = url
        self.timestamp = timestamp
        super().__init__(
            f"the capture of {url} at {timestamp} only leads back to the same address, and no "
            "other capture of it is in this archive"
        )
