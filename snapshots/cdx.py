"""Capture indexes as text: CDX lines of eleven fields, and CDXJ, as other tools of the field read.

Sources: the CDX legend of the Internet Archive (``N b a m s k r M S V g``), and the lines that
cdxj-indexer writes, which pywb and WACZ readers take. Lines sorted by key and time, as the index
gives captures, are sorted as bytes too, so that such a file can be searched by halving.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from archiver.records import Capture, Kind
from archiver.urls import url_key

__all__ = ["CDX_HEADER", "FIELDS", "FileName", "cdx_lines", "cdxj_line", "cdxj_lines", "field_of"]

CDX_HEADER = " CDX N b a m s k r M S V g"
_REVISIT = "warc/revisit"  # what the field writes for the media type of a revisit
_NONE = "-"
_BREAKING = re.compile(r"[\s\x00-\x1f\x7f]")  # would end a field or a line

FileName = Callable[[str], str]
"""Turns the path of a WARC file in the catalogue into the name written."""


def _as_it_is(path: str) -> str:
    return path


def cdx_lines(captures: Iterable[Capture], file_name: FileName = _as_it_is) -> Iterator[str]:
    """Write captures as CDX: the header line, then a line each, without line ends.

    A SHA-1 digest is written without its name, as everywhere in CDX. Redirect and meta tags are not
    in the index and stay ``-``.
    """
    yield CDX_HEADER
    for capture in captures:
        told = [_WORDS[name](capture) or _NONE for name in _CDX_FIELDS]
        told[6:6] = (_NONE, _NONE)
        told.append(file_name(capture.file))
        yield " ".join(told)


def cdxj_lines(captures: Iterable[Capture], file_name: FileName = _as_it_is) -> Iterator[str]:
    """Write captures as CDXJ, a line each, without line ends: key, timestamp, and JSON in ASCII.

    What is not known (the status of a resource, a type not declared) is left out.
    """
    for capture in captures:
        told = {name: _VALUES[name](capture) for name in _CDXJ_FIELDS}
        told["filename"] = file_name(capture.file)
        yield _cdxj(capture, told)


def cdxj_line(capture: Capture, names: Sequence[str]) -> str:
    """Write a capture as one line of CDXJ whose JSON has some of `FIELDS`, under these names."""
    return _cdxj(capture, {name: _VALUES[FIELDS[name]](capture) for name in names})


def field_of(capture: Capture, name: str) -> str:
    """Give one of `FIELDS` as a word: without white space, and empty where it is not known."""
    return _WORDS[FIELDS[name]](capture)


def _cdxj(capture: Capture, told: Mapping[str, str]) -> str:
    known = json.dumps({name: value for name, value in told.items() if value})
    return f"{url_key(capture.url)} {capture.timestamp} {known}"


def _mime(capture: Capture) -> str:
    return _REVISIT if capture.kind is Kind.REVISIT else capture.media_type


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


_VALUES: Mapping[str, Callable[[Capture], str]] = {
    "urlkey": lambda capture: url_key(capture.url),
    "timestamp": lambda capture: capture.timestamp,
    "url": lambda capture: capture.url,
    "mime": _mime,
    "status": lambda capture: "" if capture.status is None else str(capture.status),
    "digest": lambda capture: capture.digest,
    "length": lambda capture: str(capture.length),
    "offset": lambda capture: str(capture.offset),
    "filename": lambda capture: capture.file,
}
_WORDS: Mapping[str, Callable[[Capture], str]] = {
    **_VALUES,
    "url": lambda capture: _BREAKING.sub(_escape, capture.url),
    "mime": lambda capture: _BREAKING.sub(_escape, _mime(capture)),
    "digest": lambda capture: capture.digest.removeprefix("sha1:"),
}
_CDX_FIELDS = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length", "offset")
_CDXJ_FIELDS = ("url", "mime", "status", "digest", "length", "offset")

FIELDS: Mapping[str, str] = MappingProxyType(
    {name: name for name in _VALUES}
    | {"original": "url", "mimetype": "mime", "statuscode": "status"}
)
"""The fields of a capture by every name that CDX servers know them by, with ours."""
