"""Other spellings of an address: where a page may be found that is not under the one asked for."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

__all__ = ["other_spellings", "pages_above"]

_INDEX = re.compile(r"(?:index|default|home|welcome)\.[a-z]{2,5}", re.IGNORECASE)
_INDEXES = ("index.html", "index.htm", "default.aspx", "index.asp", "index.php", "default.htm")
_ENDINGS = (".html", ".htm", ".aspx", ".asp", ".php")
_MOST_LEVELS = 8


def other_spellings(url: str) -> Iterator[str]:
    """Give addresses under which the same page is often known, the likeliest first.

    >>> next(other_spellings("http://www.homeoffice.example/crime/?print=1"))
    'http://www.homeoffice.example/crime/'

    What a key folds by itself (``www.``, letter case, scheme, a slash at the end) is left out.
    """
    parts = urlsplit(url)
    if parts.query:
        yield _with(url, parts.path, "")
    folder, name = posixpath.split(parts.path)
    folder = folder.rstrip("/") + "/"
    stem, ending = posixpath.splitext(name)
    if _INDEX.fullmatch(name):
        yield _with(url, folder, "")
    elif ending.lower() in _ENDINGS:
        for other in ("", *_ENDINGS):
            if other != ending.lower():
                yield _with(url, folder + stem + other, "")
    elif not ending:
        below = parts.path.rstrip("/")
        for index in _INDEXES:
            yield _with(url, f"{below}/{index}", "")
        if name:
            for other in _ENDINGS:
                yield _with(url, below + other, "")


def pages_above(url: str) -> Iterator[str]:
    """Give the folders an address lies in, from the nearest up to the root of the site.

    >>> list(pages_above("http://www.homeoffice.example/crime/partnerships/a.htm"))[-1]
    'http://www.homeoffice.example/'
    """
    path = urlsplit(url).path.rstrip("/")
    for _ in range(_MOST_LEVELS):
        if not path:
            return
        path = path.rpartition("/")[0]
        yield _with(url, path + "/", "")


def _with(url: str, path: str, query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path or "/", query, ""))
