"""Web addresses as archives use them: SURT keys, replay addresses, and joins.

Three forms of one address are kept apart. The *original URL* is what was asked for, touched as
little as possible. The *URL key* (a SURT) sorts captures of a site together and folds the variants
the field folds: scheme, ``www.``, letter case, default port, session ids, the order of the query.
A *replay address* is where an archive shows a capture: prefix, timestamp, modifier, original URL.
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from archiver.errors import UrlError

__all__ = [
    "KEY_LIMIT",
    "ReplayAddress",
    "check_listed",
    "check_url",
    "join_url",
    "parse_replay_address",
    "prefix_range",
    "repair_slashes",
    "url_key",
]

KEY_LIMIT = 600  # characters; PostgreSQL refuses B-tree entries over 2704 bytes

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
# An address as most are; one whose query names a session goes the long way.
_PLAIN = re.compile(
    r"(https?)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::([1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
    r"((?:/[A-Za-z0-9_.-]+)*)/?(?:\?([A-Za-z0-9_.=&-]*))?"
)
_WWW = re.compile(r"www\d{0,3}\.")
_UNSEEN = re.compile(r"[\t\r\n]")  # the URL standard removes these wherever they stand
_EDGES = "".join(map(chr, range(0x21)))  # and these at either end
_WEB_SCHEME = re.compile(r"(https?:)(/*)(.*)", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21"}
_PATH_SESSION = re.compile(r";jsessionid=[^/?#]{10,64}$|\(s\([0-9a-z]{24}\)\)/", re.IGNORECASE)
_QUERY_SESSION = re.compile(
    r"(?:jsessionid|phpsessid|sid)=[0-9a-z]{32}|aspsessionid[a-z]{8}=[a-z]{24}"
    r"|cfid=[^&]{1,64}&cftoken=[^&]{1,64}",
    re.IGNORECASE,
)
_KEPT_IN_PATH = "!\"$&'()*+,-./:;<=>@[\\]^_`{|}~"
_REPLAY = re.compile(
    r"""
    (?P<prefix> (?:https?:/{1,2}[^/?#\s]+ | //[^/?#\s]+)?   # the archive's host, absent if relative
                (?:/[^/?#\s]{1,40}){0,3}?/ )                # and its collection, if it has any
    (?P<timestamp> \d{4,14} | [+*] )
    (?P<modifier> [a-z]{2,4}_ )?/
    (?P<url> https?:/{1,2}[^/\s].* )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PANDAS = re.compile(  # the UK Web Archiving Consortium's, which left the scheme out
    r"(?P<prefix>https?:/{1,2}[^/?#\s]+/pan/\d{1,12}/)(?P<timestamp>\d{8,14})/(?P<url>[^/\s].*)",
    re.DOTALL | re.IGNORECASE,
)
# Most links of most pages: a path from the root with no "." or ".." in it, which stays as it is.
_ROOTED = re.compile(r"(?:/(?!\.)[\w%~+$&,=:@!()*.-]+)+/?(?:\?[\w%~+$&,=:@!()*./?-]+)?\Z", re.ASCII)
_ORIGIN = re.compile(r"https?://[^/?#\\\s]+")
_ONE_SLASH = re.compile(r"\A(https?):/(?!/)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """An address at which some archive shows a capture, taken apart.

    Attributes:
        prefix: everything before the timestamp, with its slash; begins with ``/`` when the
            address was relative to the archive's host.
        timestamp: the digits as written, 4 to 14 of them; empty for "latest" (``+``) and for the
            list of captures (``*``).
        modifier: such as ``mp_`` or ``im_``; empty for none.
        url: the original URL, its ``http:/`` repaired to ``http://``.
    """

    prefix: str
    timestamp: str
    modifier: str
    url: str


def check_url(text: str) -> str:
    """Clean an address somebody typed: trim it, add ``http://`` where a scheme is missing.

    >>> check_url(" www.homeoffice.example/crime ")
    'http://www.homeoffice.example/crime'

    Raises:
        UrlError: for an empty text, a scheme other than http and https, or no host.
    """
    url = _UNSEEN.sub("", text).strip(_EDGES)
    url = _CONTROL.sub(lambda found: f"%{ord(found[0]):02X}", url)
    if not url:
        raise UrlError(text, "it is empty")
    if "://" not in url[:12]:
        if _SCHEME.match(url) and not re.match(r"[^/?#]*:\d+(?:[/?#]|$)", url):
            raise UrlError(text, "only http and https are web pages")
        url = "http://" + url
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UrlError(text, str(error)) from error
    if parts.scheme.lower() not in ("http", "https"):
        raise UrlError(text, "only http and https are web pages")
    if not host:
        raise UrlError(text, "it names no host")
    return url


def check_listed(text: str) -> str:
    """Clean an address by which an archive may list a capture: of the web, or as ``dns:`` is.

    >>> check_listed("dns:www.homeoffice.example")
    'dns:www.homeoffice.example'

    Raises:
        UrlError: for an empty text, or a web address that cannot be one.
    """
    url = text.strip(_EDGES)
    scheme = _SCHEME.match(url)
    try:
        return check_url(url)
    except UrlError:
        if scheme is None or scheme.group()[:-1].lower() in ("http", "https"):
            raise
        return url


def url_key(url: str) -> str:
    """Turn a URL into the key under which its captures are listed (a SURT), as pywb and CDX do.

    >>> url_key("http://www.homeoffice.gov.uk/Crime/Partnerships/?b=2&a=1")
    'uk,gov,homeoffice)/crime/partnerships?a=1&b=2'

    Never fails: an address that cannot be taken apart is its own key. Keys are ASCII and at most
    `KEY_LIMIT` characters; a longer one ends in a digest of the whole instead of its tail.
    """
    plain = _PLAIN.fullmatch(url)
    if plain and "/." not in url and not _QUERY_SESSION.search(plain[5] or ""):
        return _limited(_plain_key(*plain.groups()))
    url = _UNSEEN.sub("", url).strip(_EDGES)
    scheme = _SCHEME.match(url)
    if scheme and scheme.group()[:-1].lower() not in _DEFAULT_PORTS:
        return _limited(_opaque(url))
    if not scheme:
        url = "http://" + url
    try:
        parts = urlsplit(url.replace("\\", "/"))
        authority = _authority_key(parts.hostname or "", parts.port, parts.scheme)
    except ValueError:  # a port that is no number, half an IPv6 address
        return _limited(_opaque(url))
    path = _path_key(parts.path)
    query = _query_key(parts.query)
    return _limited(f"{authority}){path}{'?' + query if query else ''}")


def prefix_range(prefix: str) -> tuple[str, str]:
    """Give the first key of a URL prefix and the first key beyond it.

    >>> prefix_range("http://www.homeoffice.gov.uk/crime/")
    ('uk,gov,homeoffice)/crime/', 'uk,gov,homeoffice)/crime0')

    A prefix that is only a host covers the host's pages and not those of longer names; one that
    ends in a slash covers what lies below it, and one that ends in a question mark the page's
    queries.
    """
    key = url_key(prefix)
    mark = prefix[-1:]
    if mark in ("/", "?") and not key.endswith(mark) and "?" not in prefix[:-1]:
        key += mark
    return key, key[:-1] + chr(ord(key[-1]) + 1)


def parse_replay_address(text: str) -> ReplayAddress | None:
    """Take apart an address at which an archive shows a capture; None when it is something else.

    >>> parse_replay_address("/20110509101621cs_/http:/www.homeoffice.gov.uk/css/main.css").url
    'http://www.homeoffice.gov.uk/css/main.css'

    Only the outermost archive is taken off: the `url` of a nested address is an address too.
    """
    match = _REPLAY.fullmatch(text.strip(_EDGES))
    if match is None:
        match = _PANDAS.fullmatch(text.strip())
        return match and ReplayAddress(match[1], match[2], "", f"http://{match[3]}")
    timestamp = match["timestamp"]
    return ReplayAddress(
        prefix=match["prefix"],
        timestamp="" if timestamp in "+*" else timestamp,
        modifier=match["modifier"] or "",
        url=repair_slashes(match["url"]),
    )


def repair_slashes(url: str) -> str:
    """Give an address its two slashes again, where an archive wrote ``http:/host``.

    >>> repair_slashes("http:/www.homeoffice.gov.uk/?to=http:/other.example/")
    'http://www.homeoffice.gov.uk/?to=http:/other.example/'
    """
    return _ONE_SLASH.sub(r"\1://", url)


def join_url(base: str, reference: str) -> str | None:
    r"""Resolve a link found on a page against the page's base URL, as browsers do.

    >>> join_url("http://www.homeoffice.gov.uk/crime/", " ..\\police/\n")
    'http://www.homeoffice.gov.uk/police/'

    Returns:
        The absolute URL with its fragment, or None when the reference cannot be one. Source: URL
        Standard, clause 4.4 (white space, tabs and backslashes); percent-escapes stay as they are.
    """
    if _ROOTED.match(reference) and (origin := _ORIGIN.match(base)):
        return origin.group() + reference
    reference = _UNSEEN.sub("", reference).strip(_EDGES)
    scheme = _SCHEME.match(reference)
    if not scheme or scheme.group()[:-1].lower() in _DEFAULT_PORTS:
        end = min(reference.find(mark) % (len(reference) + 1) for mark in "?#")
        reference = reference[:end].replace("\\", "/") + reference[end:]
    if (web := _WEB_SCHEME.match(reference)) is not None:
        scheme_name, slashes, rest = web.groups()
        if len(slashes) > 1 or not base.lower().startswith(scheme_name.lower()):
            if not rest:
                return None
            reference = f"{scheme_name}//{rest}"  # https:host and https:///host mean https://host
        else:
            reference = slashes + rest  # http:page beside another http page is just: page
    try:
        return urljoin(base, reference)
    except ValueError:
        return None


def _plain_key(scheme: str, host: str, port: str | None, path: str, query: str | None) -> str:
    # What the long way comes to for an address without anything out of the ordinary.
    host = host.lower()
    host = host[found.end() if (found := _WWW.match(host)) else 0 :]
    if not host[-1].isdigit() or not host.replace(".", "").isdigit():
        host = ",".join(host.split(".")[::-1])
    if port and port != _DEFAULT_PORTS[scheme]:
        host += f":{port}"
    key = f"{host}){path.lower() or '/'}"
    if query and (parts := sorted(part for part in query.lower().split("&") if part)):
        key += "?" + "&".join(parts)
    return key


def _authority_key(host: str, port: int | None, scheme: str) -> str:
    host = host.rstrip(".")
    try:
        host = host.encode("ascii").decode()
    except UnicodeEncodeError:
        try:
            host = host.encode("idna").decode()
        except UnicodeError:  # a label too long or of forbidden letters
            host = quote(host, safe="", errors="surrogatepass")
    host = host.lower()
    host = _WWW.sub("", host, count=1) if _WWW.match(host) else host
    if not (host.replace(".", "").isdigit() or ":" in host):
        host = ",".join(reversed(host.split(".")))
    shown = "" if port is None or str(port) == _DEFAULT_PORTS.get(scheme.lower()) else f":{port}"
    return host + shown


def _path_key(path: str) -> str:
    kept: list[str] = []
    for segment in _escaped(path).lower().split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    return _PATH_SESSION.sub("", "/" + "/".join(kept))


def _query_key(query: str) -> str:
    query = _QUERY_SESSION.sub("", _escaped(query).lower())
    return "&".join(sorted(part for part in query.split("&") if part))


def _escaped(text: str) -> str:
    # Escapes are undone and made again, so that %7Ehome and ~home meet; %2F stays apart from /.
    parts = re.split(r"(%2f|%23|%3f|%26|%25)", text, flags=re.IGNORECASE)
    for index in range(0, len(parts), 2):
        raw = unquote_to_bytes(parts[index].encode("utf-8", "surrogatepass"))
        parts[index] = quote(raw, safe=_KEPT_IN_PATH + "?")
    return "".join(parts)


def _opaque(url: str) -> str:
    return quote(url, safe=_KEPT_IN_PATH + "?%#", errors="surrogatepass")


def _limited(key: str) -> str:
    if len(key) <= KEY_LIMIT:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key[: KEY_LIMIT - 33]}~{digest}"
