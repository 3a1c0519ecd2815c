"""Whether a page is one an archive shows, which archive, and how that writes its addresses."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from archiver.markup import Address, Use
from archiver.records import StatedDate
from archiver.unreplay.additions import Addition
from archiver.unreplay.kinds import Kind, kinds
from archiver.unreplay.prefix import Prefix, address_host, repair_slashes
from archiver.urls import ReplayAddress, parse_replay_address

__all__ = [
    "UNNAMED",
    "Votes",
    "active_kinds",
    "archived_address",
    "count_votes",
    "find_prefix",
    "kind_name",
    "stated_url",
    "worth_a_look",
]

UNNAMED = "unnamed"  # an archive that no kind describes
_ENOUGH = 3  # links by which the addresses of a page may prove it archived
# An archived address as any archive might write it.
_ARCHIVED = re.compile(
    r"(?P<origin>(?:https?:/{1,2}|//)(?P<host>[^/?#\s:@]+)(?::\d+)?)?"
    r"(?P<path>/(?:[^/?#\s]{1,40}/){0,3}?)"
    r"(?P<timestamp>\d{8,14}|[+*])(?:[a-z]{2,4}_)?/https?:/{1,2}[^/\s]",
    re.IGNORECASE,
)
_SHAPE = r"(?:[0-9]{4}|[+*])(?:[a-z]{2,4}_)?\\?/https?:\\?/"
_NOT_WEB = re.compile(r"#|(?:mailto|javascript|tel|data|about):", re.IGNORECASE)
_EMBEDDED = frozenset((Use.IMAGE, Use.STYLE, Use.SCRIPT, Use.BASE, Use.FRAME, Use.FORM))
_ESCAPED_SLASH = re.compile(r"\\(?:/|u002[fF])")


@dataclass(frozen=True, slots=True)
class Votes:
    """What most of a page's archived addresses have in common.

    Attributes:
        written: what stands before the timestamp, as written.
        host: the archive's host, empty where the addresses are relative to it.
        path: what stands between host and timestamp.
        timestamp: the one most of them have.
        likely: whether more than half of the page's addresses are such; enough to tell the
            prefix of a page that is known to be archived.
        convincing: whether this alone proves the page archived: some of them are, besides, such
            as no author writes (relative to the archive's host, or embedded).
    """

    written: str = ""
    host: str = ""
    path: str = "/"
    timestamp: str = ""
    likely: bool = False
    convincing: bool = False


def archived_address(address: str | None) -> ReplayAddress | None:
    """Take an archive's address apart; None for any other.

    A host that no kind names is believed when the timestamp has all its fourteen digits.
    """
    parsed = parse_replay_address(address) if address else None
    if parsed is None or len(parsed.timestamp) == 14:
        return parsed
    host = address_host(parsed.prefix)
    return parsed if any(host in kind.hosts for kind in kinds()) else None


def worth_a_look(text: str) -> bool:
    """Tell whether anything in a page hints at an archive."""
    return _hints().search(text) is not None


def count_votes(addresses: Iterable[Address]) -> Votes:
    """Find what most of a page's archived addresses have in common."""
    total = 0
    counts: Counter[tuple[str, str]] = Counter()
    timestamps: Counter[tuple[tuple[str, str], str]] = Counter()
    written: dict[tuple[str, str], str] = {}
    embedded: set[tuple[str, str]] = set()
    for address in addresses:
        if _NOT_WEB.match(address.url):
            continue
        total += 1
        match = _ARCHIVED.match(address.url) if "/http" in address.url else None
        if match:
            key = (match["host"] or "").lower(), match["path"]
            counts[key] += 1
            timestamps[key, match["timestamp"]] += 1
            written.setdefault(key, (match["origin"] or "") + match["path"])
            if address.use in _EMBEDDED:
                embedded.add(key)
    if not counts:
        return Votes()
    key, count = counts.most_common(1)[0]
    timestamp = max((stamp for place, stamp in timestamps if place == key),
                    key=lambda stamp: timestamps[key, stamp])  # fmt: skip
    most = 2 * count > total
    authored = key[0] and (key not in embedded or count < _ENOUGH)
    return Votes(written[key], *key, timestamp, most, bool(most and not authored))


def active_kinds(text: str, archived: ReplayAddress | None, votes: Votes) -> list[Kind]:
    """Choose the kinds of replay to look for: one archive's only, so that one layer is peeled."""
    host = address_host(archived.prefix) if archived else votes.host if votes.convincing else ""
    of_host = [kind for kind in kinds() if host in kind.hosts]
    if of_host:
        partners = {name for kind in of_host for name in kind.partners}
        return of_host + [kind for kind in kinds() if kind.name in partners]
    hinted = [kind for kind in kinds() if any(needle in text for needle in kind.needles)]
    if host:
        return [kind for kind in hinted if not kind.hosts]
    if archived or votes.convincing:
        path = archived.prefix if archived else votes.path
        return [
            kind
            for kind in hinted
            if not kind.hosts or any(re.fullmatch(known, path) for known in kind.paths)
        ]
    return hinted


def find_prefix(
    archived: ReplayAddress | None,
    votes: Votes,
    active: Sequence[Kind],
    source: str,
    frame: Iterable[StatedDate],
) -> Prefix:
    """Work out what the archive put before addresses.

    The page's own address says it best, then the values in the archive's script, then the vote.

    Args:
        archived: the page's address, if it is an archive's.
        votes: what the page's links have in common.
        active: the kinds of replay looked for.
        source: the markup the archive added.
        frame: the dates that markup states.
    """
    timestamps = {date.timestamp for date in frame}
    hosts = {host for kind in active for host in kind.hosts}
    paths = [path for kind in active for path in kind.paths]
    if votes.likely:
        hosts |= {votes.host} - {""}
        paths.append(re.escape(votes.path))
    if archived:
        timestamps |= {archived.timestamp} if archived.timestamp else {"+", "*"}
    if votes.likely:
        timestamps.add(votes.timestamp)
    written = archived.prefix if archived else _search(active, "prefixes", source)
    if not written and votes.likely:
        written = votes.written
    if not written and hosts:
        plain = [path for path in paths if re.fullmatch(r"[\w/-]+", path)]
        written = f"http://{min(hosts)}{plain[0] if plain else '/'}"
    return Prefix.of(written or "/", timestamps, hosts, paths)


def stated_url(
    address: str | None,
    active: Sequence[Kind],
    source: str,
    addresses: Iterable[Address],
    prefix: Prefix,
) -> str | None:
    """Find the original URL of a page whose own address does not tell it."""
    if address:
        return address
    if url := _search(active, "urls", source):
        return repair_slashes(url)
    for found in addresses:
        if found.use is Use.BASE and (peeled := prefix.peel(found.url)):
            return peeled.url
    return None


def kind_name(
    active: Sequence[Kind], parts: Iterable[Addition], prefix: Prefix, timestamp: str
) -> str:
    """Name the kind that fits best: by host, then by what was found, then by year."""
    found = Counter(part.kind for part in parts)
    host = address_host(prefix.written)
    year = int(timestamp[:4]) if timestamp[:4].isdigit() else 0

    def fit(kind: Kind) -> tuple[bool, int, bool]:
        first, last = kind.years
        return host in kind.hosts, found[kind.name], first <= year <= last

    best = max(active, key=fit, default=None)
    return best.name if best and any(fit(best)[:2]) else UNNAMED


@cache
def _hints() -> re.Pattern[str]:
    words = {word for kind in kinds() for word in (*kind.needles, *kind.hosts)}
    return re.compile("|".join((_SHAPE, *map(re.escape, sorted(words)))))


def _search(active: Iterable[Kind], name: str, source: str) -> str:
    for kind in active:
        for pattern in kind.urls if name == "urls" else kind.prefixes:
            if match := pattern.search(source):
                return _ESCAPED_SLASH.sub("/", match.group(match.lastgroup or 0))
    return ""
