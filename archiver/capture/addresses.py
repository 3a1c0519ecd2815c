r"""What a reference on a page asks for: the address a browser would send.

The parsing is that of the WHATWG URL Standard, done by Ada, the parser of Node.js. What it knows
nothing of is here: a query is written in the charset of its page (clause 4.4, query state, and
HTML Standard, clause 2.4.3), and neither fragment nor name and password are part of a question.

>>> fetch_url("..\\police\\?q=caf\u00e9#top", "http://www.homeoffice.example/crime/", "iso-8859-1")
'http://www.homeoffice.example/police/?q=caf%E9'
"""

import re
from functools import lru_cache

from ada_url import join_url

from archiver.charsets import Charset, charset_of_label

__all__ = ["fetch_url"]

_EDGES = "".join(map(chr, range(0x21)))  # what is trimmed at either end
_UNSEEN = str.maketrans("", "", "\t\r\n")  # and what is left out wherever it stands
_KEPT = frozenset(range(0x21, 0x7F)) - frozenset(b"\"#<>'")  # as they are in a query
_ESCAPES = tuple(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in range(256))
# The standard writes these charsets with fewer characters than it reads them with.
_WRITING = {"gbk": "gbk", "big5": "cp950"}
_C1 = range(0x80, 0xA0)
# References as nearly all are, in three parts: server, path, query. What stands in the last two is
# left as it is by the standard, but for segments of dots.
_PLAIN = re.compile(
    r"(https?://[A-Za-z0-9.:-]+(?=/))?"
    r"(/?(?![/.])[A-Za-z0-9_~!$&()*+,;=@/.-]*)(?:\?[A-Za-z0-9_~!$&()*+,;=@/.:?%-]*)?"
)


def fetch_url(reference: str, base: str, charset: str = "utf-8") -> str | None:
    """Resolve a reference to the address that a browser would ask for.

    Args:
        reference: as it stands on the page, character references undone; blanks round it, tabs and
            line ends in it, backslashes and all else that browsers put up with included.
        base: the absolute address it is relative to.
        charset: label of the charset that the page is in, for the query. UTF-8 is used for UTF-16
            and for a label that is none, as by browsers.

    Returns:
        An absolute ``http`` or ``https`` address in ASCII, without fragment, name and password; or
        None when the reference means something else, or nothing. Escapes, empty queries and empty
        path segments are left as they are. Takes one to five microseconds.
    """
    reference, mark, _ = reference.partition("#")
    plain = _PLAIN.fullmatch(reference)
    if plain and plain[2] and "/." not in reference:
        server, rooted = plain[1] or "", plain[2][0] == "/"
        start = _start(server or base, "/" if rooted else ".")
        return start and start + reference[len(server) + rooted :]
    return _parsed(reference + mark, base, charset)


@lru_cache(maxsize=256)  # of a page, nearly all is relative to its server or its folder
def _start(base: str, reference: str) -> str | None:
    return _parsed(reference, base, "utf-8")


def _parsed(reference: str, base: str, charset: str) -> str | None:
    try:
        if not reference.isascii():
            reference = _with_query_in(charset, reference)
        url = join_url(base, reference)
    except ValueError:  # no address at all, or a base that is none
        return None
    if not url.startswith(("http://", "https://")):
        return None
    url = url.partition("#")[0]
    if "@" in url:
        start = url.index("//") + 2
        authority = url[start : url.index("/", start)]
        url = url[:start] + url[start + authority.rfind("@") + 1 :]
    return url


def _with_query_in(charset: str, reference: str) -> str:
    # Half a surrogate pair is no character, so it becomes U+FFFD before anything else.
    reference = reference.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    before, mark, query = reference.partition("?")
    if not mark or "#" in before:
        return reference
    query, hash_mark, fragment = query.partition("#")
    meant = charset_of_label(charset)
    if query.isascii() or meant is None or meant.name.startswith("utf-"):
        return reference
    if not hash_mark:
        query = query.rstrip(_EDGES)
    return f"{before}?{_escaped(query.translate(_UNSEEN), meant)}{hash_mark}{fragment}"


def _escaped(query: str, charset: Charset) -> str:
    codec = _WRITING.get(charset.name, charset.codec)
    try:
        raw = query.encode(codec)
    except UnicodeEncodeError:
        lacking = {ord(letter): _unwritable(letter, charset, codec) for letter in set(query)}
        raw = query.translate({key: new for key, new in lacking.items() if new}).encode(codec)
    return "".join(map(_ESCAPES.__getitem__, raw))


def _unwritable(letter: str, charset: Charset, codec: str) -> str:
    # What stands for a character that the charset lacks; empty for one that it has.
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        if codec.startswith(("cp125", "cp874")) and ord(letter) in _C1:
            return f"%{ord(letter):02X}"  # a byte without a meaning means itself
        if charset.name == "gbk" and letter == "\u20ac":
            return "%80"
        return f"%26%23{ord(letter)}%3B"
    return ""
