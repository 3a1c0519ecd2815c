"""Undoing another archive's replay: its additions out, the original addresses back.

An archive changes what it shows: it adds a banner and scripts, and turns every address so that it
leads into the archive. `recover_page` turns a page back, one layer after the other where an archive
has archived an archive, and says what it did and what it could not do.

What cannot be told back: whether an address was relative. Every restored address is absolute, so
the recovered bytes differ from those the server sent, though they mean the same.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import NamedTuple

from archiver.markup import (
    Address,
    Edit,
    Tag,
    apply_edits,
    page_addresses,
    read_source,
    style_addresses,
    tag_addresses,
)
from archiver.records import DateSource, Grade, StatedDate
from archiver.timestamps import format_timestamp
from archiver.unreplay.additions import Addition, PageText, find_additions, stated_dates
from archiver.unreplay.evidence import (
    Votes,
    active_kinds,
    archived_address,
    count_votes,
    find_prefix,
    kind_name,
    stated_url,
    worth_a_look,
)
from archiver.unreplay.kinds import Kind, kinds, patterns_found
from archiver.unreplay.prefix import Prefix, address_host
from archiver.unreplay.restoring import Restoring, still_archived, unwrapped
from archiver.urls import ReplayAddress

__all__ = ["Recovered", "Removed", "recover_page"]

_MOST_LAYERS = 8
_MOST_LEFT = 50
_MOST_PIECES = 300_000  # tags, or addresses; a page of more would not fit into memory
_HTML = ("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "image/svg+xml")
_XML = ("application/xhtml+xml", "image/svg+xml")
_SCRIPTS = ("javascript", "ecmascript", "json")
_TRAILER = re.compile(
    r"\s*/\*\s*(?:FILE ARCHIVED ON|playback timings \(ms\)).{0,4000}?\*/", re.DOTALL
)
_SHORTEST_PAGE = 200  # characters; a page that shows fewer beside a frame is only the frame


class Removed(NamedTuple):
    """A part that was cut.

    Attributes:
        part: what it was: banner, header, script and so on.
        offset: at which byte it began in the body its archive sent.
        length: how many bytes it had.
    """

    part: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """A page with the replay undone, and what is known about it.

    Attributes:
        body: the recovered bytes; the very object that was given when nothing was to be undone.
        url: the original URL with every archive's prefix off; None when nothing tells it.
        layers: the replay addresses that were peeled off, outermost first.
        archive: name of the kind of replay, of the innermost archive; None for a page of none.
        stated: every date the innermost archive stated for the page. What outer archives stated
            is about their copies of its page, and is in `layers`.
        removed: what was cut, layer by layer.
        links_restored: how many addresses were turned back.
        kept: the page's own links into the archive, left as their author meant them.
        left: what could not be undone, in words.
        grade: `BODY` when untouched, `RECOVERED`, or `RENDERING` when the page itself is not there.
    """

    body: bytes
    url: str | None
    layers: tuple[ReplayAddress, ...]
    archive: str | None
    stated: tuple[StatedDate, ...]
    removed: tuple[Removed, ...]
    links_restored: int
    kept: tuple[str, ...]
    left: tuple[str, ...]
    grade: Grade


@dataclass(slots=True)
class _Layer:
    """One archive's replay, undone."""

    text: str
    address: ReplayAddress
    kind: str
    url: str | None
    stated: list[StatedDate] = field(default_factory=list)
    parts: list[Addition] = field(default_factory=list)
    restored: int = 0
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    grade: Grade = Grade.BODY


def recover_page(
    body: bytes,
    *,
    media_type: str,
    charset: str | None = None,
    address: str | None = None,
    memento_datetime: str | None = None,
) -> Recovered:
    """Undo another archive's replay.

    Args:
        body: what the archive sent, without content coding.
        media_type: its type without parameters; text/plain is taken for a rendering of a page.
        charset: as declared.
        address: where the body was found: an archive's address, or the original URL.
        memento_datetime: value of the header of that name.

    The page is changed only on evidence: its address, a mark that proves a kind of replay, or most
    of its links. A page that merely mentions an archive stays as it is. Never raises; a page of no
    archive costs one look through its bytes.
    """
    source = read_source(body, charset)
    undo = _undo_for(media_type)
    text, url = source.text, address
    layers: list[_Layer] = []
    removed: list[Removed] = []
    while len(layers) < _MOST_LAYERS:
        layer = undo(text, url, media_type.lower() in _XML)
        if layer is None:
            break
        places = (place for part in layer.parts for place in (part.start, part.end))
        offsets = iter(replace(source, text=text).offsets(places))
        for part, start, end in zip(layer.parts, offsets, offsets, strict=True):
            removed.append(Removed(part.part, start, end - start))
        layers.append(layer)
        done = layer.grade is Grade.RENDERING or (layer.text, layer.url) == (text, url)
        text, url = layer.text, layer.url
        if done:
            break
    last = layers[-1] if layers else None
    stated = last.stated if last else []
    if memento_datetime and len(layers) < 2:
        stated = stated + _memento_date(memento_datetime)
    left = list(dict.fromkeys(words for layer in layers for words in layer.left))
    return Recovered(
        body=body if text == source.text else source.encode(text),
        url=_writable(url) if url else url,
        layers=tuple(ReplayAddress(*map(_writable, astuple(layer.address))) for layer in layers),
        archive=last.kind if last else None,
        stated=tuple(replace(date, raw=_writable(date.raw)) for date in stated),
        removed=tuple(removed),
        links_restored=sum(layer.restored for layer in layers),
        kept=tuple(dict.fromkeys(map(_writable, last.kept))) if last else (),
        left=tuple(map(_writable, left[:_MOST_LEFT])),
        grade=max((layer.grade for layer in layers), default=Grade.BODY),
    )


def _writable(text: str) -> str:
    # A page of UTF-16 may hold half a character, which no file and no database takes.
    return text.encode("utf-8", "replace").decode()


def _undo_for(media_type: str) -> Callable[[str, str | None, bool], _Layer | None]:
    media_type = media_type.lower()
    if media_type in _HTML:
        return _undo_page
    if media_type == "text/css":
        return _undo_style
    if any(word in media_type for word in _SCRIPTS):
        return _undo_script
    return _undo_rendering if media_type == "text/plain" else _undo_address


def _undo_page(text: str, address: str | None, xml: bool) -> _Layer | None:
    archived = archived_address(address)
    if archived and archived.modifier == "id_":
        return _undo_address(text, address, xml)
    if archived is None and not worth_a_look(text):
        return None
    addresses = list(islice(page_addresses(text, xml=xml), _MOST_PIECES))
    if len(addresses) == _MOST_PIECES or text.count("<") > _MOST_PIECES:
        layer = _undo_address(text, address, xml)
        if layer:
            layer.left.append(f"the page has more than {_MOST_PIECES:,} tags or links: not undone")
        return layer
    page = PageText(text, xml=xml)
    votes = count_votes(addresses)
    active = active_kinds(text, archived, votes)
    added = find_additions(page, active)
    if not (archived or votes.convincing or any(part.sure for part in added.parts)):
        return None
    source = "\n".join(text[part.start : part.end] for part in added.parts)
    shown = "\n".join(page.visible(part.start, part.end) for part in added.parts)
    frame = stated_dates(active, DateSource.FRAME, source)
    prefix = find_prefix(archived, votes, active, source, frame)
    parts = _outermost(added.parts + _archive_files(page, prefix))
    restoring = Restoring(prefix, parts)
    restoring.addresses(addresses)
    restoring.everything_else(
        page, {name: own for kind in active for name, own in kind.renamed.items()}
    )
    url = archived.url if archived else stated_url(address, active, source, addresses, prefix)
    timestamp = archived.timestamp if archived else _linked_timestamp(votes, prefix)
    cuts = [Edit(part.start, part.end, "") for part in parts]
    restored = apply_edits(text, restoring.edits + cuts)
    banner = stated_dates(active, DateSource.BANNER, shown)
    oldest = timestamp or next((date.timestamp for date in frame + banner), "")
    layer = _Layer(
        text=restored,
        address=archived or ReplayAddress(prefix.written, timestamp, "", url or ""),
        kind=kind_name(active, added.parts, prefix, oldest),
        url=url,
        stated=[
            *_address_date(timestamp, "" if archived else " in the links of the page"),
            *frame,
            *banner,
        ],
        parts=parts,
        restored=restoring.count,
        kept=restoring.kept,
        left=added.left + still_archived(restored, prefix, restoring.kept, xml=xml),
        grade=Grade.BODY if restored == text else Grade.RECOVERED,
    )
    _look_for_outer_frame(page, active, layer)
    return layer


def _undo_style(text: str, address: str | None, xml: bool) -> _Layer | None:
    def restore(sheet: str, prefix: Prefix) -> tuple[str, int]:
        restoring = Restoring(prefix)
        restoring.addresses(style_addresses(sheet, 0, len(sheet)))
        return apply_edits(sheet, restoring.edits), restoring.count

    return _undo_file(text, address, style_addresses(text, 0, len(text)), restore)


def _undo_script(text: str, address: str | None, xml: bool) -> _Layer | None:
    def restore(script: str, prefix: Prefix) -> tuple[str, int]:
        return prefix.peel_script(unwrapped(script))

    return _undo_file(text, address, (), restore)


def _undo_file(
    text: str,
    address: str | None,
    addresses: Iterable[Address],
    restore: Callable[[str, Prefix], tuple[str, int]],
) -> _Layer | None:
    # A style sheet or a script: addresses turned back, the archive's closing comment cut.
    archived = archived_address(address)
    votes = count_votes(addresses)
    trailers = list(_TRAILER.finditer(text))
    if not (archived or votes.convincing or trailers):
        return None
    active = active_kinds(text, archived, votes)
    frame = stated_dates(active, DateSource.FRAME, " ".join(match.group() for match in trailers))
    prefix = find_prefix(archived, votes, active, "", frame)
    restored, count = restore(_TRAILER.sub("", text), prefix)
    timestamp = archived.timestamp if archived else votes.timestamp
    parts = [Addition("", "comment", *match.span(), sure=True) for match in trailers]
    return _Layer(
        text=restored,
        address=archived or ReplayAddress(prefix.written, timestamp, "", address or ""),
        kind=kind_name(active, parts, prefix, timestamp),
        url=archived.url if archived else address,
        stated=[*_address_date(timestamp), *frame],
        parts=parts,
        restored=count,
        grade=Grade.BODY if restored == text else Grade.RECOVERED,
    )


def _undo_rendering(text: str, address: str | None, xml: bool) -> _Layer | None:
    # What a reader saw, as text: what its banner says is read, the text itself is left alone.
    for kind in kinds():
        if not any(needle in text for needle in kind.needles):
            continue
        banner = stated_dates((kind,), DateSource.BANNER, text)
        if banner and patterns_found(kind.wording, text):
            archived = archived_address(address)
            timestamp = archived.timestamp if archived else ""
            return _Layer(
                text=text,
                address=archived or ReplayAddress("", "", "", address or ""),
                kind=kind.name,
                url=archived.url if archived else address,
                stated=[*_address_date(timestamp), *banner],
                grade=Grade.RENDERING,
            )
    return _undo_address(text, address, xml)


def _undo_address(text: str, address: str | None, xml: bool) -> _Layer | None:
    # A body that an archive does not change, or was asked not to: only its address says something.
    archived = archived_address(address)
    if archived is None:
        return None
    active = active_kinds("", archived, Votes())
    prefix = Prefix.of(archived.prefix)
    return _Layer(
        text=text,
        address=archived,
        kind=kind_name(active, (), prefix, archived.timestamp),
        url=archived.url,
        stated=_address_date(archived.timestamp),
    )


def _archive_files(page: PageText, prefix: Prefix) -> list[Addition]:
    # Scripts and styles from the archive's own host that are nobody's capture.
    found: list[Addition] = []
    for index, token in enumerate(page.tokens):
        if isinstance(token, Tag) and not token.closing and token.name in ("script", "link"):
            for address in tag_addresses(token):
                if address_host(address.url) in prefix.hosts and not prefix.peel(address.url):
                    end = page.script_end(index) if token.name == "script" else token.end
                    found.append(Addition("", token.name, token.start, end, sure=False))
                    break
    return found


def _outermost(parts: Iterable[Addition]) -> list[Addition]:
    kept: list[Addition] = []
    for part in sorted(parts, key=lambda part: (part.start, -part.end)):
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
    return kept


def _linked_timestamp(votes: Votes, prefix: Prefix) -> str:
    if votes.likely or address_host(votes.written) in prefix.hosts:
        return votes.timestamp if votes.timestamp.isdigit() else ""
    return ""


def _address_date(timestamp: str, where: str = "") -> list[StatedDate]:
    return [StatedDate(DateSource.ADDRESS, timestamp, timestamp + where)] if timestamp else []


def _memento_date(header: str) -> list[StatedDate]:
    try:
        moment = parsedate_to_datetime(header)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        timestamp = format_timestamp(moment)
    except (ValueError, OverflowError):  # no date, or at an end of time; the address still has one
        return []
    return [StatedDate(DateSource.MEMENTO, timestamp, header)]


def _look_for_outer_frame(page: PageText, active: Sequence[Kind], layer: _Layer) -> None:
    for kind in active:
        for name in kind.frames:
            for index in page.elements_named(name):
                token = page.tokens[index]
                shown = page.visible(0, len(page.text)).strip()
                if isinstance(token, Tag) and len(shown) < _SHORTEST_PAGE:
                    inner = token.get("src") or "unknown"
                    layer.left.append(f"only the archive's frame; the page itself is at {inner}")
                    layer.grade = Grade.RENDERING
