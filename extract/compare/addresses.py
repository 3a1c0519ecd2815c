"""Addresses of links: which of them lead to the same page, and how they are told."""

import re
from functools import lru_cache

from archiver.urls import join_url, parse_replay_address, url_key

__all__ = ["lead_alike", "page_identity", "target", "told"]

_PATH_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid|sessionid)=[^/?#;]{0,128}|/\((?:[a-z]\([0-9a-z]{10,40}\))+\)"
    r"(?=/)",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"(?:php|asp|j|cf)?sess(?:ion)?_?(?:id)?[a-z]{0,8}|sid|s?ession_?key|cfid|cftoken|jsessionid|"
    r"aspsessionid[a-z]{0,8}|utm_[a-z_]{1,20}|gclid|dclid|fbclid|msclkid|yclid|mc_[ce]id|_ga|_gl|"
    r"igshid|wt\.mc_id|cmpid|campaign_?id|__viewstate|csrf_?token|_hs(?:enc|mi)|ref_src|"
    r"osadcampaign|at_(?:campaign|medium)",
    re.IGNORECASE,
)
# What only keeps an answer from being taken out of a cache, and keys of a visit.
_MOMENT = re.compile(
    r"(?:_|ts|tstamp|time_?stamp|rnd|rand|random|no_?cache|cache_?(?:bust(?:er)?)?|cb)=[\d.]{3,20}"
    r"|(?:s|token|key|auth|hash|oscsid|zenid|visit(?:or)?_?id)="
    r"(?=[0-9a-f]{0,64}\d)(?:[0-9a-f]{16,64})"
    r"|(?:token|oscsid|zenid|visit(?:or)?_?id)=\w{4,64}",
    re.IGNORECASE,
)
_INDEX = re.compile(
    r"(?<=/)(?:index|default|home|welcome)\.(?:s?html?|php\d?|aspx?|jsp|cfm)(?=$|\?)",
    re.IGNORECASE,
)
_INDEX_HINT = re.compile(r"/[iIdDhHwW][nNeEoO]")
# Most links: a path from the root without anything that is taken off.
_PLAIN_PATH = re.compile(r"(?:/(?![./])[\w.~%=&,+@-]+)+/?", re.ASCII)
_ORIGIN = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?=/|$)", re.IGNORECASE)
_SHOWS_PAGE = re.compile(r"https?://", re.IGNORECASE)
_NOT_LATER = 4  # archives of archives are no deeper


@lru_cache(maxsize=65536)
def target(href: str, base: str) -> str | None:
    """Resolve a link to an original address: archives' prefixes and passing parameters taken off.

    >>> target("/a;jsessionid=1F?b=1&utm_source=x", "http://www.homeoffice.example/")
    'http://www.homeoffice.example/a?b=1'

    Returns:
        None for what leads to no other page: a fragment, a mailbox, a script.
    """
    if _PLAIN_PATH.fullmatch(href) and (origin := _ORIGIN.match(base)):
        return origin.group() + href
    href = href.strip()
    if not href or href[0] == "#":
        return None
    for _ in range(_NOT_LATER):
        archived = parse_replay_address(href) if "/http" in href else None
        if archived is None:
            break
        href = archived.url
    resolved = join_url(base, href)
    if resolved is None:
        return None
    for _ in range(_NOT_LATER):
        archived = parse_replay_address(resolved) if "/http" in resolved else None
        if archived is None or len(archived.timestamp) < 8:
            break
        resolved = archived.url
    if base and not _SHOWS_PAGE.match(resolved):
        return None
    if (
        not base
        and re.match(r"[a-z][a-z0-9+.-]*:", resolved, re.IGNORECASE)
        and not (_SHOWS_PAGE.match(resolved))
    ):
        return None
    page = resolved.partition("#")[0]
    if base and page and page == base.partition("#")[0] and "#" in resolved:
        return None
    return told(resolved)


def told(url: str) -> str:
    """Take session and campaign parameters off an address."""
    if ";" in url or "/(" in url:
        url = _PATH_SESSION.sub("", url)
    if "?" not in url:
        return url
    page, _, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    kept = [
        part
        for part in query.split("&")
        if not _PASSING.fullmatch(part.partition("=")[0]) and not _MOMENT.fullmatch(part)
    ]
    return page + ("?" if kept else "") + "&".join(kept) + mark + fragment


@lru_cache(maxsize=65536)
def page_identity(url: str) -> str:
    """Give the key that all addresses of one page share.

    Scheme, ``www.``, letter case, the index file, a final slash, session and campaign parameters
    do not count.

    >>> page_identity("https://homeoffice.example/Crime/index.html")
    'example,homeoffice)/crime'
    """
    url = told(url.partition("#")[0])
    return url_key(_INDEX.sub("", url) if _INDEX_HINT.search(url) else url)


def lead_alike(base: str, other: str) -> bool:
    """Whether every relative link leads to the same page from two addresses; False when unsure.

    >>> lead_alike("http://www.homeoffice.example/crime/", "https://homeoffice.example/crime/")
    True
    >>> lead_alike("http://www.homeoffice.example/crime/", "http://www.homeoffice.example/crime")
    False
    """
    if base == other:
        return True
    beside, other_beside = join_url(base, "x"), join_url(other, "x")
    return (
        beside is not None
        and other_beside is not None
        and page_identity(beside) == page_identity(other_beside)
        and page_identity(base) == page_identity(other)
    )
