"""Sketches: what is kept of a page's units, so that captures are compared without being read again.

A sketch is made when a page is read. It has a hash for each unit, by which what stayed is found,
and beside it the unit itself: its kind and links, and where its text stands in the canonical text,
which is kept anyway. Nothing in it depends on what is noise or on how texts are held equal, so
better rules for that need no page to be read again.
"""

import hashlib
import json
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from extract.compare.states import state_of
from extract.compare.units import Unit, units_of
from extract.compare.unseen import place_key, unseen_parts
from extract.compare.wording import plain
from extract.document import Document, Link

__all__ = ["Sketch", "SketchUnit", "sketch_of"]

_HASH = 8  # bytes of a unit's hash
_ADVERT, _SIDE = 1, 2


class SketchUnit(NamedTuple):
    """A unit as a sketch has it.

    Attributes:
        unit: the unit; its links have their texts and addresses, but no places.
        is_advert: whether it stands in something called an advert.
        is_side: whether it stands in something called a sidebar.
    """

    unit: Unit
    is_advert: bool
    is_side: bool


@dataclass(frozen=True)
class Sketch:
    """What is kept of one page.

    Attributes:
        state: what it shows, its status aside; see `extract.compare.states.state_of`.
        hashes: 8 bytes for each unit, in its order; equal for units that read alike, are of one
            kind and region and have the same links.
        packed: the units, a line of JSON for each, deflated.
        text: the canonical text, in which the places count; empty while nothing but hashes is
            needed.
        base: the raw address of its base element, or what its links are resolved against.
    """

    state: str
    hashes: bytes
    packed: bytes
    text: str = ""
    base: str = ""

    @cached_property
    def numbers(self) -> list[int]:
        """The hashes as numbers."""
        return array("Q", self.hashes).tolist()

    @cached_property
    def _lines(self) -> list[bytes]:
        return zlib.decompress(self.packed).split(b"\n") if self.hashes else []

    def units(self, places: Iterable[int]) -> list[SketchUnit]:
        """Give some of the units, by their numbers; `text` is needed for that."""
        lines = self._lines
        return [_unpacked(line, self.text) for line in _read([lines[at] for at in places])]

    def links(self, places: Iterable[int]) -> list[tuple[str, str]]:
        """Give the links of some units: texts and addresses."""
        lines = self._lines
        linked = [line for at in places if b'[["' in (line := lines[at])]
        return [(text, href) for line in _read(linked) for text, href in line[6]]


def sketch_of(document: Document, payload: bytes) -> Sketch:
    """Make the sketch of a page that was read.

    Args:
        document: the page.
        payload: its bytes, of which it is learned what stands in adverts and sidebars.
    """
    unseen = unseen_parts(payload)
    hashes = bytearray()
    lines = []
    for unit in units_of(document):
        links = [
            [plain(link.text) if link.text else "", link.href]
            for link in unit.links
            if link.href not in unseen.advert_links
        ]
        flags = 0
        if (unseen.adverts or unseen.sides) and unit.region != "archive":
            key = place_key(unit.text)
            flags = _ADVERT * (key in unseen.adverts) | _SIDE * (key in unseen.sides)
        said = (unit.text, unit.kind, unit.region, unit.cells, links)
        hashes += _hash(said)
        lines.append(json.dumps(_packed(unit, document, flags, links), separators=(",", ":")))
    packed = zlib.compress("\n".join(lines).encode(), 3)
    return Sketch(state_of(document), bytes(hashes), packed, document.text, document.base or "")


def _read(lines: Sequence[bytes]) -> list[list[Any]]:
    # In one go: each call of the reader costs more than a line does.
    found: list[list[Any]] = json.loads(b"[" + b",".join(lines) + b"]")
    return found


def _hash(said: tuple[object, ...]) -> bytes:
    written = repr(said).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(written, digest_size=_HASH).digest()


def _packed(
    unit: Unit, document: Document, flags: int, links: list[list[str]]
) -> tuple[object, ...]:
    # Texts are given by their place in the canonical text where that has them as they are.
    first, last = unit.blocks
    blocks = document.blocks[first:last]
    start, end = blocks[0].start, blocks[-1].end
    text: object = unit.text
    if unit.place and unit.place[0] == "lines":
        lines = blocks[0].text.split("\n")[: unit.line + 1]
        start += sum(len(line) + 1 for line in lines[:-1])
        end = start + len(lines[-1])
    if plain(document.text[start:end]) == unit.text:
        text = [start, end]
    return (text, unit.kind, unit.region, unit.place, unit.cells, flags, links, unit.line)


def _unpacked(line: list[Any], text: str) -> SketchUnit:
    said, kind, region, place, cells, flags, links, number = line  # as `_packed` wrote it
    unit = Unit(
        plain(text[said[0] : said[1]]) if isinstance(said, list) else said,
        kind,
        region,
        tuple([Link(words, href, 0, 0) for words, href in links]) if links else (),
        tuple(cells),
        (place[0], place[1]) if place else None,
        (0, 0),
        number,
    )
    return SketchUnit(unit, flags & _ADVERT != 0, flags & _SIDE != 0)
