"""Synthetic captures: made-up government sites, crawled five times over, told file by file.

Sites come in groups of about 50,000 URLs; a crawl takes one group, and five rounds are made of all
of them. So files come in the order of the crawls, as they do in life: the first round brings new
addresses, and every later one puts its captures between those that are there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import log
from random import Random

from archiver.digests import sha1, write_digest
from archiver.records import Capture, Kind
from archiver.timestamps import format_timestamp

__all__ = ["CAPTURES_A_FILE", "ROUNDS", "captures", "count_urls", "files"]

CAPTURES_A_FILE = 10_000
ROUNDS = 5
_SEEN = 0.9434  # share of a group's URLs that each of the rounds gets: 1.06 million URLs for 5
_URLS_A_GROUP = 53_000
_BODIES = ("department", "office", "agency", "council", "inquiry", "authority")
_FIELDS = (
    *("crime", "transport", "health", "education", "environment", "defence", "pensions"),
    *("housing", "planning", "fisheries", "statistics", "immigration", "justice", "energy"),
)
_SECTIONS = ("publications", "news", "about-us", "policy", "consultations", "documents", "guidance")
_WORDS = (
    *("annual", "report", "review", "safety", "partnership", "community", "local", "national"),
    *("strategy", "framework", "response", "summary", "minutes", "meeting", "research", "police"),
    *("drugs", "young", "people", "families", "funding", "grants", "statement", "speech", "bill"),
    *("contact", "press", "release", "impact", "assessment", "evidence", "advice", "public"),
)
_TYPES = (  # media type, how such addresses end, whether they have a query; drawn evenly
    *[("text/html", "/", False)] * 9,
    *[("text/html", "", True)] * 3,
    *[("image/jpeg", ".jpg", False)] * 2,
    *[("application/pdf", ".pdf", False)] * 2,
    ("image/gif", ".gif", False),
    ("image/png", ".png", False),
    ("text/css", ".css", False),
    ("application/javascript", ".js", False),
)
_STATUSES = (200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 302, 301, 301, 404, 404)


def count_urls(number: int) -> int:
    """Give how many URLs belong to a number of captures."""
    return round(number / ROUNDS / _SEEN)


def files(number: int, seed: int = 1) -> Iterator[list[Capture]]:
    """Give captures in the order of the crawls, a list for each WARC file."""
    stream = captures(number, seed)
    while some := list(islice(stream, CAPTURES_A_FILE)):
        yield some


def captures(number: int, seed: int = 1) -> Iterator[Capture]:
    """Give captures in the order of the crawls; the same for the same number and seed."""
    urls = count_urls(number)
    groups = max(1, round(urls / _URLS_A_GROUP))
    place = 0
    for turn in range(ROUNDS):
        for group in range(groups):
            size = urls * (group + 1) // groups - urls * group // groups
            for found in _crawl(seed, turn, group, size, place):
                yield found
                place += 1
                if place == number:
                    return


def _crawl(seed: int, turn: int, group: int, size: int, place: int) -> Iterator[Capture]:
    chance = Random(f"{seed}/{group}/{turn}").random  # noqa: S311 - nothing secret about it
    pages = _pages(seed, group, size)
    Random(f"{seed}/{turn}").shuffle(pages)  # noqa: S311
    begun = datetime(2008 + 3 * turn, 1, 1, tzinfo=UTC) + timedelta(days=group % 360)
    seconds, offset, file = 0, 600, file_name(place // CAPTURES_A_FILE)
    for url, media_type in pages:
        if chance() > _SEEN:
            continue
        if place % CAPTURES_A_FILE == 0:
            offset, file = 600, file_name(place // CAPTURES_A_FILE)
        if seconds % 60 == 0 or not place:
            minute = format_timestamp(begun + timedelta(seconds=seconds))[:12]
        draw = chance()
        same = turn > 0 and draw < 0.3
        payload = f"{url} {turn - same}".encode()
        length = int(400 - 9000 * log(1 - chance()))
        yield Capture(
            url=url,
            timestamp=f"{minute}{seconds % 60:02}",
            kind=Kind.REVISIT if same else Kind.RESPONSE,
            status=_STATUSES[int(draw * 1024) % len(_STATUSES)],
            media_type=media_type,
            digest=write_digest(sha1(payload)),
            file=file,
            offset=offset,
            length=length,
        )
        offset += length
        place += 1
        seconds += place % 2  # two captures a second


def file_name(number: int) -> str:
    """Give the path of a WARC file by its number."""
    return f"warcs/{2008 + number % 16}/01/MARSHAM-20080101000000-{number:05}-ab12cd34.warc.gz"


def _pages(seed: int, group: int, size: int) -> list[tuple[str, str]]:
    # The addresses of one group, each with its media type.
    draw = Random(f"{seed}/{group}")  # noqa: S311 - nothing secret about it
    chance = draw.random
    pages: list[tuple[str, str]] = []
    while len(pages) < size:
        body, field = draw.choice(_BODIES), draw.choice(_FIELDS)
        host = f"www.{field}{body}{group}-{len(pages)}.example"
        for number in range(min(size - len(pages), int(draw.lognormvariate(5.5, 1.3)) + 1)):
            media_type, ending, queried = _TYPES[int(chance() * len(_TYPES))]
            section = _SECTIONS[int(chance() * len(_SECTIONS))]
            name = _WORDS[int(chance() * len(_WORDS))]
            if chance() < 0.6:
                name += "-" + _WORDS[int(chance() * len(_WORDS))]
            scheme = "https" if chance() < 0.3 else "http"
            tail = f"?id={number}" if queried else ending
            pages.append((f"{scheme}://{host}/{section}/{name}-{number}{tail}", media_type))
    return pages
