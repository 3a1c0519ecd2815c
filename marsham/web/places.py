"""Addresses below ``/web/``: which memento, at which time, in which form.

::

    /web/20110529000000/URL             the snapshot under its banner
    /web/20110529000000~20110509/URL    the same, reached by asking for another date
    /web/20110529000000-1/URL           the second of several captures of that URL in that second
    /web/20110529000000mp_/URL          the page alone; im_ cs_ js_ if_ and others for its parts
    /web/20110529000000id_/URL          the stored bytes
    /web/*/URL                          every capture of a URL
    /web/2011*/URL                      those of a year, a month or a day
    /web/*/URL*                         every address that begins so
    /web/URL                            the TimeGate: leads to the capture closest to
                                        Accept-Datetime, or to now
    /web/timemap/link/URL               the TimeMap: every capture, for programs
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

from archiver.records import Capture
from archiver.urls import repair_slashes

__all__ = [
    "Place",
    "about_address",
    "cite_address",
    "compare_address",
    "entity_address",
    "listing_address",
    "parse_place",
    "place_of",
    "snapshot_address",
    "value_address",
    "written_behind",
]

_PLACE = re.compile(
    r"(?:(?P<time>[0-9]{4,14}\*?|\*)(?:-(?P<number>[0-9]{1,6}))?(?:~(?P<asked>[0-9]{4,14}))?"
    r"(?P<modifier>[a-z]{2,4}_)?/)?(?P<url>.*)",
    re.DOTALL,
)
_SAFE = "!#$%&'()*+,/:;=?@[]~"  # an address is shown in ours as it is, but for what would break it


@dataclass(frozen=True, slots=True)
class Place:
    """What an address below ``/web/`` asks for.

    Attributes:
        time: the digits as written, empty for the TimeGate. A ``*`` means the list: by itself
            of all captures, behind digits of those in that year, month or day.
        asked: the digits asked for first, when the reader was led here from there; else empty.
        modifier: such as ``mp_``; empty for the snapshot under its banner.
        url: the address as written, its ``http:/`` repaired.
        number: which capture of that address in that second is meant; 0 for the first.
    """

    time: str
    asked: str
    modifier: str
    url: str
    number: int = 0


def parse_place(text: str) -> Place:
    """Read what stands behind ``/web/``, query included, as the browser sent it.

    >>> parse_place("20110509101621/http:/www.homeoffice.gov.uk/crime/").url
    'http://www.homeoffice.gov.uk/crime/'
    """
    match = _PLACE.fullmatch(text)
    assert match is not None  # noqa: S101 - it matches every text
    return Place(
        time=match["time"] or "",
        asked=match["asked"] or "",
        modifier=match["modifier"] or "",
        url=repair_slashes(match["url"]),
        number=int(match["number"] or 0),
    )


def place_of(request: Request) -> Place | None:
    """Read the address of a request, if it is below ``/web/``; its escapes are left as they are."""
    raw: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    if not raw.startswith(b"/web/"):
        return None
    text = raw.removeprefix(b"/web/").decode("latin-1")
    return parse_place(f"{text}?{query.decode('latin-1')}" if query else text)


def snapshot_address(
    timestamp: str, url: str, *, modifier: str = "", asked: str = "", number: int = 0
) -> str:
    """Give the address of a memento, with the time asked for where that was another one.

    Args:
        timestamp: 14 digits.
        url: the original URL.
        modifier: such as ``mp_``.
        asked: digits.
        number: of the capture within its second; see `archiver.records.Capture`.
    """
    if timestamp.startswith(asked):
        asked = ""
    time = _time(timestamp, number)
    return f"/web/{time}{'~' + asked if asked else ''}{modifier}/{quote(url, safe=_SAFE)}"


def listing_address(url: str, digits: str = "") -> str:
    """Give the address of the list of a URL's captures, or of those in a year, month or day."""
    return f"/web/{digits}*/{quote(url, safe=_SAFE)}"


def about_address(timestamp: str, url: str, *, number: int = 0) -> str:
    """Give the address of the page that tells where a memento comes from."""
    return f"/about/{_time(timestamp, number)}/{quote(url, safe=_SAFE)}"


def cite_address(timestamp: str, url: str, form: str = "", *, number: int = 0) -> str:
    """Give the address of the page that tells how to cite a memento, or of one form of it."""
    time = _time(timestamp, number)
    return f"/cite/{time}{'.' + form if form else ''}/{quote(url, safe=_SAFE)}"


def compare_address(old: Capture, new: Capture, *, kind: str = "compare", form: str = "") -> str:
    """Give the address of the comparison of two captures of a page, for ever of just these.

    It holds both times and both payload digests, so that it can be told when what stands there is
    no longer what was compared.

    Args:
        old: the older capture.
        new: the newer one.
        kind: ``compare``; ``compare-sheet`` or ``compare-inline`` for the comparison alone;
            ``cite-comparison`` for how to cite it.
        form: in which it is cited.
    """
    times = "/".join(
        _time(one.timestamp, one.number) + ("@" + digest if digest else "")
        for one in (old, new)
        for digest in [one.digest.rpartition(":")[2]]
    )
    return f"/{kind}/{times}{'.' + form if form else ''}/{quote(new.url, safe=_SAFE)}"


def entity_address(kind: str, key: str) -> str:
    """Give the address of the history of a partnership or contact."""
    return f"/{kind}s/{quote(key)}"


def value_address(reading: int, position: int, *, shown: bool = False) -> str:
    """Give the address of the evidence of a value, by the numbers of its reading and place.

    Args:
        reading: number of the reading.
        position: of the value among its observations.
        shown: rather that which leads to the value, highlighted in its page.
    """
    return f"/value/{reading}/{position}{'/page' if shown else ''}"


def written_behind(request: Request, start: str) -> str:
    """Give what stands behind a path such as ``/cite/``, query included, as the browser wrote it.

    The escapes in it are part of the original URL.
    """
    raw: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    text = raw.partition(start.encode())[2].decode("latin-1")
    return f"{text}?{query.decode('latin-1')}" if query else text


def _time(timestamp: str, number: int) -> str:
    return f"{timestamp}-{number}" if number else timestamp
