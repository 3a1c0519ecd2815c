"""Which ending a file of a copy has, so that a plain web host sends it as the type it is.

Endings come from this table and from nowhere else: what an address ends in may be something that a
web host would run, such as ``.php``, or take for its own settings.

>>> ending("image/png", b"", "http://www.homeoffice.example/logo.php")
'.png'
"""

import re
from collections.abc import Mapping

from snapshots.copies.inert import is_inert

__all__ = ["UNKNOWN", "ending", "image_ending"]

UNKNOWN = ".bin"
"""The ending of what is of no known type; web hosts hand it out as a download."""

_ENDINGS: Mapping[str, str] = {
    kind: f".{name}"
    for name, kinds in {
        "css": "text/css",
        "js": "text/javascript application/javascript application/x-javascript text/ecmascript"
        " application/ecmascript",
        "json": "application/json text/json application/manifest+json application/ld+json",
        "txt": "text/plain text/x-server-parsed-html text/markdown",
        "csv": "text/csv text/comma-separated-values",
        "gif": "image/gif",
        "jpg": "image/jpeg image/jpg image/pjpeg",
        "png": "image/png image/x-png",
        "webp": "image/webp",
        "avif": "image/avif",
        "bmp": "image/bmp image/x-ms-bmp",
        "tiff": "image/tiff",
        "ico": "image/x-icon image/vnd.microsoft.icon image/ico",
        "pdf": "application/pdf application/x-pdf",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel application/msexcel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt": "application/vnd.ms-powerpoint application/mspowerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
        "rtf": "application/rtf text/rtf",
        "epub": "application/epub+zip",
        "zip": "application/zip application/x-zip-compressed",
        "gz": "application/gzip application/x-gzip",
        "mp3": "audio/mpeg audio/mp3",
        "m4a": "audio/mp4 audio/x-m4a",
        "wav": "audio/wav audio/x-wav",
        "oga": "audio/ogg",
        "mp4": "video/mp4",
        "webm": "video/webm audio/webm",
        "ogv": "video/ogg",
        "mov": "video/quicktime",
        "avi": "video/x-msvideo",
        "wmv": "video/x-ms-wmv",
        "flv": "video/x-flv",
        "vtt": "text/vtt",
        "swf": "application/x-shockwave-flash",
        "woff": "font/woff application/font-woff application/x-font-woff",
        "woff2": "font/woff2 application/font-woff2",
        "ttf": "font/ttf application/x-font-ttf application/x-font-truetype font/sfnt",
        "otf": "font/otf application/x-font-otf application/x-font-opentype",
        "eot": "application/vnd.ms-fontobject",
        "ics": "text/calendar",
        "vcf": "text/vcard text/x-vcard",
    }.items()
    for kind in kinds.split()
}
# By these browsers know a picture whatever is declared (MIME Sniffing Standard, clause 6.1).
_IMAGE_STARTS: Mapping[bytes, str] = {
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"\x00\x00\x01\x00": ".ico",
}

_UNTYPED = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "unknown/unknown", "*/*"}
    | {"application/x-download", "application/force-download", "application/unknown"}
)
_PASSIVE = frozenset(_ENDINGS.values())
_LAST = re.compile(r"[^?#]*(\.[a-z0-9]{1,5})(?:[?#]|$)", re.IGNORECASE)


def ending(declared: str, start: bytes, url: str) -> str:
    """Give the ending of the file of a payload that is neither a page nor a picture in SVG.

    Args:
        declared: media type, in lower case and without parameters; empty when not declared.
        start: its first bytes; of XML all of them, for XML that a browser would run becomes text.
        url: the original address; its ending counts only where no type was declared.
    """
    if known := _ENDINGS.get(declared):
        return known
    if declared.endswith(("/xml", "+xml")):
        return ".xml" if is_inert(start) else ".txt"
    if declared.startswith("text/"):
        return ".txt"
    if declared not in _UNTYPED:
        return UNKNOWN
    if picture := image_ending(start):
        return picture
    last = _LAST.match(url)
    own = last[1].lower() if last else ""
    return own if own in _PASSIVE else UNKNOWN


def image_ending(start: bytes) -> str:
    """Know a picture by its first bytes; empty for anything else."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return ".webp"
    return next((name for mark, name in _IMAGE_STARTS.items() if start.startswith(mark)), "")
