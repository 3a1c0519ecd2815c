"""Lists of mementos as web archives write them: TimeMaps, and the lines of a CDX server.

Read without asking what the server calls them: links (RFC 7089, clause 5; RFC 6690), JSON (objects
as pywb writes them line by line, rows under a line of names as the Wayback Machine does, objects
with `mementos` as aggregators do), CDX lines and CDXJ. Nothing here asks the web.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from archiver.errors import FormatError, TimestampError
from archiver.timestamps import format_timestamp, parse_date, parse_timestamp
from archiver.urls import join_url, parse_replay_address

__all__ = ["LIST_LIMIT", "Listed", "MementoList", "read_links", "read_list"]

LIST_LIMIT = 1 << 26  # bytes of one list; as values it may take ten times as many
_MOST_VALUES = 5_000_000  # objects and rows
_MOST_FAULTS = 20
_LINKS = re.compile(r"\s*<[^<>\s]{1,8192}>\s*;")
_CDX_HEAD = re.compile(r"\s?CDX(?: [A-Za-z+])+\s*")
_CDX_LINE = re.compile(r"\S+ \d{4,14} \S")
_CDXJ_LINE = re.compile(r"(?:\S+ )?(\d{4,14}) (\{.*)")
_FIELDS = ("urlkey", "timestamp", "url", "mime", "status", "digest")
_LETTERS = {"N": "urlkey", "b": "timestamp", "a": "url", "m": "mime", "s": "status", "k": "digest"}
_NAMES = {  # what archives call the same
    "original": "url",
    "uri": "address",
    "mimetype": "mime",
    "statuscode": "status",
}
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for it
_GAP = re.compile(r"[\s,]*")
_TARGET = re.compile(r"<([^<>]{0,65536})>")
_PARAMETER = re.compile(
    rf"\s*;\s*({_TOKEN})\*?(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\";,]*)))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One memento on a list.

    Attributes:
        timestamp: 14 digits.
        url: the original URL; empty where the list does not state it.
        address: where it is replayed; empty where the list does not state it.
        status: HTTP status as listed, digits; empty for none.
        digest: payload digest as listed; empty for none.
    """

    timestamp: str
    url: str = ""
    address: str = ""
    status: str = ""
    digest: str = ""


@dataclass(slots=True)
class MementoList:
    """What a list says.

    Attributes:
        kind: what it is called: ``TimeMap (links)``, ``TimeMap (JSON)``, ``CDX`` or ``CDXJ``.
        mementos: in its order.
        more: addresses of further parts of it.
        faults: what could not be read, in words; the first of them.
        unread: how many lines could not be read.
    """

    kind: str
    mementos: list[Listed] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unread: int = 0

    def fault(self, words: str) -> None:
        """Note a part that could not be read."""
        self.unread += 1
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(words)


def read_list(data: bytes, address: str) -> MementoList:
    """Read a list of mementos, whatever its server calls it.

    Args:
        data: without content coding.
        address: where it was found; addresses in it may be relative to that.

    Returns:
        The list; one that names no memento at all when `data` is empty.

    Raises:
        FormatError: when it is no list of mementos.
    """
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if re.match(r"\s*<(?:!|html\b|\?xml)", text, re.IGNORECASE):
        raise FormatError(address, "is a web page, not a list of mementos")
    if not text.strip():
        return MementoList("CDX")
    if _LINKS.match(text):
        return _read_links(text, address)
    if text.lstrip().startswith(("[", "{")):
        return _read_json(text, address)
    return _read_lines(text, address)


def _read_links(text: str, address: str) -> MementoList:
    found = MementoList("TimeMap (links)")
    original = ""
    for target, parameters in read_links(text, found.fault):
        relations = parameters.get("rel", "").lower().split()
        link = join_url(address, target) or ""
        if "original" in relations:
            original = original or link
        if "memento" in relations:
            _note_memento(found, link, parameters.get("datetime", ""))
        if "timemap" in relations or "next" in relations:
            kind = parameters.get("type", "application/link-format").lower()
            same = link.partition("#")[0] == address.partition("#")[0]
            if "self" not in relations and not same and "link-format" in kind and link:
                found.more.append(link)
    found.mementos = [
        one if one.url else Listed(one.timestamp, original, one.address) for one in found.mementos
    ]
    return found


def read_links(
    text: str, fault: Callable[[str], object] = lambda _: None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read links as a Link field or a TimeMap writes them: each target with its parameters.

    What is no link is passed over, and told to `fault`. Source: RFC 8288, clause 3.
    """
    at = 0
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at == len(text):
            return
        match = _TARGET.match(text, at)
        if match is None:
            start = text.find("<", at + 1)
            fault(f"{text[at : at + 60]!r} is no link")
            if start == -1:
                return
            at = start
            continue
        at = match.end()
        parameters: dict[str, str] = {}
        while (more := _PARAMETER.match(text, at)) is not None:
            value = more[2] if more[2] is not None else more[3] or ""
            parameters.setdefault(more[1].lower(), value)
            at = more.end()
        yield match[1].strip(), parameters


def _note_memento(found: MementoList, link: str, stated: str) -> None:
    replay = parse_replay_address(link)
    digits = replay.timestamp if replay and len(replay.timestamp) == 14 else ""
    try:
        moment = parsedate_to_datetime(stated)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        digits = format_timestamp(moment)
    except (ValueError, OverflowError):
        if not digits:
            found.fault(f"{link or 'a memento'} states no date ({stated[:40]!r})")
            return
    if not link:
        found.fault("a memento without an address")
        return
    found.mementos.append(Listed(digits, replay.url if replay else "", link))


def _read_json(text: str, address: str) -> MementoList:
    if text.count("{") + text.count("[") > _MOST_VALUES:
        raise FormatError(address, f"may hold more than {_MOST_VALUES:,} values")
    found = MementoList("TimeMap (JSON)")
    try:
        value: Any = json.loads(text)
    except RecursionError:
        raise FormatError(address, "is JSON nested too deep for a list of mementos") from None
    except ValueError:
        return _read_json_lines(text, found, address)
    if isinstance(value, dict):
        listed = value.get("mementos")
        if isinstance(listed, dict):
            _note_objects(found, listed.get("list"), address)
            found.more.extend(_addresses(listed.get("next"), address))
        elif isinstance(listed, list):
            _note_objects(found, listed, address)
        elif "timestamp" in value:
            _note(found, value, address)
        elif "timemap_index" not in value:
            raise FormatError(address, "is JSON, but no list of mementos")
        found.more.extend(_addresses(value.get("timemap_index"), address))
        return found
    if value and isinstance(value[0], list):
        names = [str(name) for name in value[0]]
        if "timestamp" not in names:
            raise FormatError(address, "is a table, but has no column called timestamp")
        for row in value[1:]:
            cells = row if isinstance(row, list) else []
            if not cells or len(cells) == 1:  # an empty row, and a resumption key behind it
                continue
            _note(found, dict(zip(names, cells, strict=False)), address)
    else:
        _note_objects(found, value, address)
    return found


def _read_json_lines(text: str, found: MementoList, address: str) -> MementoList:
    for line in text.splitlines():
        if line.strip():
            value = _object(line)
            if value is None:
                found.fault(f"{line[:60]!r} is not JSON")
            else:
                _note(found, value, address)
    if not found.mementos:
        raise FormatError(address, "begins like JSON, but is no list of mementos")
    return found


def _read_lines(text: str, address: str) -> MementoList:
    found = MementoList("CDX")
    names: list[str] = list(_FIELDS)
    read = False
    for line in text.splitlines():
        if not line.strip() or line.startswith(("!", "#", "@")):
            continue  # a CDXJ's own head
        if _CDX_HEAD.fullmatch(line):
            names = [_LETTERS.get(letter, letter) for letter in line.split()[1:]]
            read = True
        elif match := _CDXJ_LINE.fullmatch(line):
            found.kind, read = "CDXJ", True
            value = _object(match[2])
            if value is None:
                found.fault(f"{line[:60]!r} holds no JSON")
            else:
                _note(found, {"timestamp": match[1]} | value, address)
        elif _CDX_LINE.match(line):
            read = True
            _note(found, dict(zip(names, line.split(" "), strict=False)), address)
        else:
            found.fault(f"{line[:60]!r} is no line of a CDX list")
    if not read:
        raise FormatError(address, f"is no list of mementos; it begins with {text[:60].strip()!r}")
    return found


def _note_objects(found: MementoList, values: object, address: str) -> None:
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict):
            _note(found, value, address)
        else:
            found.fault(f"{str(value)[:60]!r} is no memento")


def _note(found: MementoList, value: dict[str, Any], address: str) -> None:
    stated = {_NAMES.get(name, name): _text(one) for name, one in value.items()}
    if stated.get("timestamp") in (None, "", "-"):
        stated["timestamp"] = _digits(stated.get("datetime", ""))
    timestamp = stated["timestamp"]
    link = stated.get("address") or stated.get("load_url") or ""
    try:
        timestamp = format_timestamp(parse_timestamp(timestamp))
    except TimestampError:
        found.fault(f"{str(value)[:60]!r} states no date")
        return
    url = stated.get("url", "")
    place = join_url(address, link) or "" if link and "://" in link else ""
    if not url and place:
        replay = parse_replay_address(place)
        url = replay.url if replay else ""
    if not (url or place):
        found.fault(f"{str(value)[:60]!r} states no address")
        return
    digest = stated.get("digest", "")
    found.mementos.append(
        Listed(
            timestamp,
            url,
            place,
            status=stated.get("status", "").removeprefix("-"),
            digest="" if digest == "-" else digest,
        )
    )


def _digits(stated: str) -> str:
    try:
        return format_timestamp(parse_date(stated).first)
    except TimestampError:
        pass
    try:
        moment = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):
        return ""
    return format_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _addresses(values: object, address: str) -> Iterable[str]:
    for value in values if isinstance(values, list) else [values]:
        link = value.get("uri") if isinstance(value, dict) else value
        if isinstance(link, str) and (place := join_url(address, link)) and place != address:
            yield place


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""
