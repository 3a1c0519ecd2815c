"""Capture indexes as text: CDX lines of eleven fields, and CDXJ, as other tools of the field read.

Sources: the CDX legend of the Internet Archive (``N b a m s k r M S V g``), and the lines that
cdxj-indexer writes, which pywb and WACZ readers take. Lines sorted by key and time, as the index
gives captures, are sorted as bytes too, so that such a file can be searched by halving.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator

from archiver.records import Capture, Kind
from archiver.urls import url_key

__all__ = ["CDX_HEADER", "FileName", "cdx_lines", "cdxj_lines"]

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
        yield " ".join(
            (
                url_key(capture.url),
                capture.timestamp,
                _BREAKING.sub(_escape, capture.url),
                _BREAKING.sub(_escape, _mime(capture)) or _NONE,
                _NONE if capture.status is None else str(capture.status),
                capture.digest.removeprefix("sha1:") or _NONE,
                _NONE,
                _NONE,
                str(capture.length),
                str(capture.offset),
                file_name(capture.file),
            )
        )


def cdxj_lines(captures: Iterable[Capture], file_name: FileName = _as_it_is) -> Iterator[str]:
    """Write captures as CDXJ, a line each, without line ends: key, timestamp, and JSON in ASCII.

    What is not known (the status of a resource, a type not declared) is left out.
    """
    return (_cdxj_line(capture, file_name) for capture in captures)


def _cdxj_line(capture: Capture, file_name: FileName) -> str:
    fields = {
        "url": capture.url,
        "mime": _mime(capture),
        "status": "" if capture.status is None else str(capture.status),
        "digest": capture.digest,
        "length": str(capture.length),
        "offset": str(capture.offset),
        "filename": file_name(capture.file),
    }
    told = json.dumps({name: value for name, value in fields.items() if value})
    return f"{url_key(capture.url)} {capture.timestamp} {told}"


def _mime(capture: Capture) -> str:
    return _REVISIT if capture.kind is Kind.REVISIT else capture.media_type


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())
