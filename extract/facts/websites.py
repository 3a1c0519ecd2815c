"""Web addresses in running text, and the links that stand for them."""

import re
from dataclasses import dataclass

__all__ = ["Website", "find_websites", "is_website_text"]


@dataclass(frozen=True, slots=True)
class Website:
    """A web address found in a text: where, and as an absolute URL."""

    start: int
    end: int
    url: str


_URL = re.compile(
    r"(?<![\w@./-])(?:https?:/{1,2}|www\d?\.)[^\s<>\"'()\[\]{}|,;]{3,300}", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,40}\.){1,4}(?:gov\.uk|org\.uk|co\.uk|police\.uk|org|com)"
    r"(?:/[^\s<>\"'()\[\]{}|,;]{0,200})?(?![\w@])",
    re.IGNORECASE,
)
_WEB_WORDS = re.compile(
    r"(?:(?:visit|see|go to|view|our|the|their|council|partnership|team)\s){0,4}"
    r"(?:web ?sites?|web ?pages?|home ?page|gwefan|web)(?:\s\(?(?:new window|opens[^)]{0,30})\)?)?",
    re.IGNORECASE,
)


def find_websites(text: str, *, bare: bool = False) -> list[Website]:
    """Find web addresses; with `bare`, also those that lack both scheme and "www".

    >>> find_websites("see www.safer-leeds.example.org.uk.")[0].url
    'http://www.safer-leeds.example.org.uk/'
    """
    if "." not in text:
        return []
    found = []
    for match in (_BARE if bare and not _URL.search(text) else _URL).finditer(text):
        written = match.group().rstrip(".:!?*'\u2019")
        url = written if written.lower().startswith("http") else f"http://{written}"
        url = re.sub(r"^(https?):/(?!/)", r"\1://", url, flags=re.IGNORECASE)
        host = url.split("/", 3)[2]
        if "." not in host:
            continue
        found.append(
            Website(
                match.start(),
                match.start() + len(written),
                url if url.count("/") > 2 else f"{url}/",
            )
        )
    return found


def is_website_text(text: str) -> bool:
    """Whether a link's text says no more than "web site", or is a web address itself."""
    plain = text.strip(" .:>»")
    return bool(_WEB_WORDS.fullmatch(plain)) or bool(
        (found := find_websites(plain, bare=True)) and found[0].end - found[0].start == len(plain)
    )
