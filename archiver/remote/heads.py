"""What the head of an archive's answer tells of the memento, and what it tells of the archive.

An archive sends the fields of the original under ``X-Archive-Orig-`` names, a few as they were, and
its own among them. A field that may be either's is not put into the capture; the whole head as it
came is kept in the provenance.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from archiver.headers import Headers
from archiver.ingest.converted import token
from archiver.records import DateSource, StatedDate
from archiver.remote.lists import read_links
from archiver.timestamps import format_timestamp
from archiver.urls import parse_replay_address

__all__ = [
    "OriginalHead",
    "is_memento",
    "linked_original",
    "memento_time",
    "original_codings",
    "original_field",
    "original_head",
    "original_length",
    "stated_dates",
]

_ORIGINAL = "x-archive-orig-"
# Fields that describe what is sent; an archive gives them as the server did, marked or not.
_DESCRIBING = frozenset(["content-type", "content-language", "content-disposition", "location"])
# Fields an archive, or a server before it, sends on its own account when they are not marked.
_ARCHIVES_OWN = re.compile(
    r"""accept-ranges|age|alt-svc|cache-control|connection|content-length|content-location
    |content-security-policy(?:-report-only)?|date|etag|expires|keep-alive|last-modified|link
    |memento-datetime|nel|permissions-policy|pragma|referrer-policy|report-to|server|server-timing
    |strict-transport-security|upgrade|vary|via|x-content-type-options|x-frame-options
    |x-xss-protection|x-app-server|x-cache-key|x-location|x-na|x-nid|x-page-cache|x-rl|x-tr|x-ts
    |(?:access-control|cf|x-amz-cf|x-archive|x-cache|x-wayback)-.*""",
    re.VERBOSE,
)
_FRAMING = frozenset(["transfer-encoding", "trailer"])  # undone; the body has no chunks any more


@dataclass(frozen=True, slots=True)
class OriginalHead:
    """The head of the original, as far as an archive tells it.

    Attributes:
        fields: in the order in which they came.
        left: why it may not be the whole head; empty when the archive marked what was the
            original's and nothing is in doubt.
    """

    fields: list[tuple[str, str]]
    left: tuple[str, ...]


def is_memento(headers: Headers) -> bool:
    """Tell whether an answer says of itself that it is a memento, whatever its status.

    Without Memento-Datetime (RFC 7089, clause 2.1.1) fields of the original are as good a sign.
    """
    return headers.get("Memento-Datetime") is not None or any(_marked(headers))


def memento_time(headers: Headers, address: str) -> str | None:
    """Give the 14 digits of the memento that was sent; None when nothing says them.

    Args:
        headers: the answer's.
        address: where it was found at last; its digits count when the fields state no date.
    """
    stated = headers.get("Memento-Datetime")
    if stated is not None and (digits := _digits(stated)):
        return digits
    place = parse_replay_address(address)
    return place.timestamp if place and len(place.timestamp) == 14 else None


def stated_dates(headers: Headers, address: str) -> Iterator[StatedDate]:
    """Give the dates an answer and its address state for a memento."""
    place = parse_replay_address(address)
    if place and place.timestamp:
        yield StatedDate(DateSource.ADDRESS, place.timestamp, place.timestamp)
    stated = headers.get("Memento-Datetime")
    if stated is not None and (digits := _digits(stated)):
        yield StatedDate(DateSource.MEMENTO, digits, stated)


def original_field(headers: Headers, name: str) -> str | None:
    """Give a field of the original: marked as such, or else as it stands."""
    marked = headers.get(_ORIGINAL + name)
    return headers.get(name) if marked is None else marked


def original_codings(headers: Headers) -> tuple[str, ...]:
    """Give the content codings that are marked as the original's."""
    listed = headers.get_all(_ORIGINAL + "Content-Encoding")
    return Headers.of(("Content-Encoding", value) for value in listed).content_codings


def original_length(headers: Headers) -> int | None:
    """Give the length that is marked as the original's."""
    text = (headers.get(_ORIGINAL + "Content-Length") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def linked_original(headers: Headers) -> str:
    """Give the original URL that an answer's Link field names; empty for none."""
    for value in headers.get_all("Link"):
        for target, parameters in read_links(value):
            if "original" in parameters.get("rel", "").lower().split():
                return target
    return ""


def original_head(headers: Headers, length: int, coding: str) -> OriginalHead:
    """Put together the head of the original.

    Args:
        headers: the answer's.
        length: bytes of the body that will follow.
        coding: the content coding it is in; empty for none.
    """
    marked = set(_marked(headers))
    fields: list[tuple[str, str]] = []
    left: list[str] = [] if marked else ["the archive does not tell the original's head"]
    doubtful: list[str] = []
    for written, value in headers.fields:
        own = written.lower().startswith(_ORIGINAL)
        name = written[len(_ORIGINAL) :] if own else written
        lower = name.lower()
        if not token(name) or lower in _FRAMING or (lower in marked and not own):
            continue
        if lower == "content-encoding":
            if coding and not any(known.lower() == lower for known, _ in fields):
                fields.append((name, coding))
            continue
        if own and lower == "content-length":
            if value.strip() != str(length):
                left.append(f"the original's length was stated as {value.strip()[:20]!r}")
            fields.append((name, str(length)))
        elif own:
            fields.append((name, value))
        elif lower == "location":
            fields.append((name, _unarchived(value)))
        elif lower in _DESCRIBING:
            fields.append((name, value))
        elif not _ARCHIVES_OWN.fullmatch(lower):
            doubtful.append(name)
    if doubtful:
        names = ", ".join(dict.fromkeys(doubtful))
        left.append(f"whether the archive or the original sent these fields is not told: {names}")
    return OriginalHead(fields, tuple(left))


def _marked(headers: Headers) -> Iterator[str]:
    for name, _ in headers.fields:
        if name.lower().startswith(_ORIGINAL):
            yield name[len(_ORIGINAL) :].lower()


def _unarchived(location: str) -> str:
    # Where a redirect led, without the archive's prefix that it was given.
    place = parse_replay_address(location)
    return place.url if place else location


def _digits(stated: str) -> str:
    try:
        moment = parsedate_to_datetime(stated)
        return format_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""
