"""What another archive holds of a page: where to ask, and what its list says.

An archive is named by its replay address (``https://webarchive.example/ukgwa/``), by the address of
a TimeMap, or by that of a CDX server; from each the places follow where its kind of software keeps
the others. The first that answers with a list counts.
"""

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from archiver.errors import BusyError, FetchError, FormatError, UrlError
from archiver.fetch.client import Answer
from archiver.fetch.politeness import Visitor
from archiver.http import CODINGS, CodingError, decode_content
from archiver.ingest.saved import SavedFile
from archiver.remote.lists import LIST_LIMIT, Listed, MementoList, read_list
from archiver.timestamps import Span, format_timestamp, parse_timestamp
from archiver.urls import check_url, parse_replay_address, url_key

__all__ = ["Holdings", "NoHoldingsError", "RemoteArchive", "find_holdings"]

_TIMEMAP = re.compile(r"(?P<base>.*?/)timemap/(?:(?P<form>[a-z]{2,12})/)?", re.IGNORECASE)
_CDX = re.compile(r"(?P<base>.*?)(?:/cdx/search/cdx|-cdx|/cdx)/?", re.IGNORECASE)
_FORMS = ("link", "json", "cdxj")
_MOST_PARTS = 1000  # parts of one list
_STEP = 1 << 16


class NoHoldingsError(FetchError):
    """An archive gave no list of mementos of a page, or an empty one."""

    def __init__(self, url: str, asked: list[tuple[str, str]]) -> None:
        self.asked = tuple(asked)
        tried = "; ".join(f"{address} {why}" for address, why in asked)
        super().__init__(url, f"no list of its mementos was found ({tried})")


@dataclass(frozen=True, slots=True)
class RemoteArchive:
    """Another web archive.

    Attributes:
        name: what it is called in messages and labels: its host and path.
        base: what stands before the timestamp of its replay addresses; empty when unknown.
        timemap: what stands before the address in those of its TimeMaps; empty when only a CDX
            server was named.
        form: the form of TimeMap that was asked for; empty for any.
        cdx: the address of its CDX server, where that was named or is known; else empty.
    """

    name: str
    base: str
    timemap: str = ""
    form: str = ""
    cdx: str = ""

    @classmethod
    def at(cls, address: str) -> "RemoteArchive":
        """Understand the address of an archive, of a TimeMap or of a CDX server.

        >>> RemoteArchive.at("https://webarchive.example/ukgwa").base
        'https://webarchive.example/ukgwa/'
        >>> RemoteArchive.at("https://web.archive.org/cdx/search/cdx?url=x.example").base
        'https://web.archive.org/web/'

        Raises:
            UrlError: when it is no address of the web.
        """
        address = check_url(address).partition("#")[0]
        if replay := parse_replay_address(address):
            address = replay.prefix  # somebody pasted the address of a memento
        parts = urlsplit(address)
        if "@" in parts.netloc:
            raise UrlError(address, "a name or password in it would be kept for others to read")
        if match := _TIMEMAP.match(parts.path):
            base = _at(parts.scheme, parts.netloc, match["base"])
            form = (match["form"] or "").lower()
            known = form if form in _FORMS else ""
            return cls(_name(base), base, f"{base}timemap/", known)
        if match := _CDX.fullmatch(parts.path):
            server = urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
            wayback = parts.path.rstrip("/").lower().endswith("/cdx/search/cdx")
            base = _at(parts.scheme, parts.netloc, match["base"] + ("/web/" if wayback else "/"))
            return cls(_name(base), base, cdx=server)
        if parts.query:
            raise UrlError(address, "an archive's address has no query, unless it is a CDX server")
        base = address if address.endswith("/") else address + "/"
        wayback = parts.path.rstrip("/").lower() == "/web"
        cdx = _at(parts.scheme, parts.netloc, "/cdx/search/cdx") if wayback else f"{base}cdx"
        return cls(_name(base), base, f"{base}timemap/", "", cdx)

    def lists(self, url: str, span: Span | None) -> Iterator[str]:
        """Give the addresses where a list of a page's mementos may be, the likeliest first.

        CDX comes first: it tells status and digest, by which a memento can be checked.
        """
        if self.cdx:
            parts = urlsplit(self.cdx)
            query = [(name, value) for name, value in parse_qsl(parts.query) if name != "url"]
            query.append(("url", url))
            if span:
                query.append(("from", format_timestamp(span.first)))
                query.append(("to", format_timestamp(span.last)))
            yield urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/:")))
        if self.timemap:
            for form in [self.form] if self.form else ["link", "json"]:
                yield f"{self.timemap}{form}/{url}"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an archive said it holds of a page.

    Attributes:
        kind: which form of list it was; see `MementoList.kind`.
        address: where the list was.
        mementos: oldest first, each once.
        others: how many on the list were of other addresses, and left out.
        faults: what could not be read of it, in words.
        unread: how many lines that was.
        parts: the list as it came.
    """

    kind: str
    address: str
    mementos: tuple[Listed, ...]
    others: int
    faults: tuple[str, ...]
    unread: int
    parts: tuple[SavedFile, ...]


def find_holdings(
    visitor: Visitor, archive: RemoteArchive, url: str, span: Span | None = None
) -> Holdings:
    """Ask an archive for the mementos it holds of a page.

    Args:
        visitor: asks politely.
        archive: the archive.
        url: the original URL; other spellings of the same address count as the page.
        span: only mementos of this time, both ends included.

    Raises:
        NoHoldingsError: when it lists none, in any place where a list might be.
        BusyError: when it asks to be left alone.
        FetchError: when it cannot be reached.
    """
    asked: list[tuple[str, str]] = []
    for address in archive.lists(url, span):
        try:
            found, parts = _read_whole(visitor, address)
        except BusyError:
            raise
        except FormatError as error:
            asked.append((address, error.reason))
            continue
        except FetchError as error:
            if not asked:
                raise  # nothing answers there at all; the other places are of the same host
            asked.append((address, error.reason))
            continue
        mementos = _chosen(found.mementos, url)
        if not mementos:
            asked.append((address, f"lists none of it ({found.kind})"))
            continue
        within = [one for one in mementos if span is None or _within(one, span)]
        if not within:
            asked.append((address, f"lists {len(mementos)} of it, none of the dates asked for"))
            continue
        return Holdings(
            kind=found.kind,
            address=address,
            mementos=tuple(within),
            others=sum(not _same(one, url) for one in found.mementos),
            faults=tuple(found.faults),
            unread=found.unread,
            parts=tuple(parts),
        )
    raise NoHoldingsError(url, asked)


def _read_whole(visitor: Visitor, address: str) -> tuple[MementoList, list[SavedFile]]:
    # A list may come in parts, each of which names others (RFC 7089, clause 5.1.2).
    whole, first = _read_part(visitor, address, LIST_LIMIT)
    parts, size = [first], len(first.data)
    seen, waiting = {address}, deque(whole.more)
    while waiting:
        following = waiting.popleft()
        if following in seen:
            continue
        seen.add(following)
        if len(seen) > _MOST_PARTS:
            whole.fault(f"the list has more than {_MOST_PARTS} parts; the rest was not read")
            break
        try:
            part, file = _read_part(visitor, following, LIST_LIMIT - size)
        except BusyError:
            raise
        except (FetchError, FormatError) as error:
            whole.fault(f"a part of the list: {error}")
            continue
        parts.append(file)
        size += len(file.data)
        waiting.extend(part.more)
        whole.mementos.extend(part.mementos)
        for fault in part.faults:
            whole.fault(fault)
    return whole, parts


def _read_part(visitor: Visitor, address: str, limit: int) -> tuple[MementoList, SavedFile]:
    visit = visitor.get(address, codings=CODINGS, limit=limit)
    with visit.answer as answer:
        if answer.status != 200:
            raise FormatError(address, f"was answered with status {answer.status}")
        data = _content(answer, address, limit)
        found = read_list(data, answer.url)
        # Kept decoded: the list as anyone can read it.
        return found, SavedFile(address, data, hashlib.sha256(data).hexdigest())


def _content(answer: Answer, address: str, limit: int) -> bytes:
    parts = iter(lambda: answer.body.read(_STEP), b"")
    try:
        return b"".join(decode_content(parts, answer.headers.content_codings, limit))
    except CodingError as error:
        raise FormatError(address, str(error)) from error


def _chosen(mementos: list[Listed], url: str) -> list[Listed]:
    once = {(one.timestamp, one.url, one.address): one for one in mementos if _same(one, url)}
    return sorted(once.values(), key=lambda one: (one.timestamp, one.url, one.address))


def _same(one: Listed, url: str) -> bool:
    return not one.url or url_key(one.url) == url_key(url)


def _within(one: Listed, span: Span) -> bool:
    return span.first <= parse_timestamp(one.timestamp) <= span.last


def _at(scheme: str, netloc: str, path: str) -> str:
    return urlunsplit((scheme, netloc, path, "", ""))


def _name(base: str) -> str:
    parts = urlsplit(base)
    return (parts.netloc + parts.path).rstrip("/")
