"""Comparing in a child process: pages are hostile, and a comparison is bounded as reading is."""

import gc
import json
from collections.abc import Callable
from dataclasses import astuple, dataclass

from archiver.confined import Confined
from extract.compare.pages import (
    PageComparison,
    Version,
    compare_pages,
    comparison_as_json,
    outline_page,
    statements_of,
)
from extract.compare.sheet import sheet_of
from extract.compare.sites import Outline, Verdict
from extract.compare.told import Piece, lines_of

__all__ = [
    "Compared",
    "compare_confined",
    "lines_from",
    "outline_confined",
    "verdict_confined",
]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison as it was written: whether anything differs, and the text asked for."""

    differs: bool
    text: str


def compare_confined(children: Confined, old: Version, new: Version, form: str) -> Compared:
    """Compare two captures of a page in a child, and write it.

    Args:
        children: who does it, and within which limits.
        old: the old capture.
        new: the new one.
        form: ``json``, ``html`` (side by side), ``inline`` (in one text), or ``lines`` for
            `lines_from`.

    Raises:
        ConfinedError: when the pages passed the limits or could not be compared at all.
    """
    reply = children.call(
        _compared,
        old.payload + new.payload,
        len(old.payload),
        astuple(old)[1:],
        astuple(new)[1:],
        form,
    )
    return Compared(reply[:1] == b"1", reply[1:].decode("utf-8", "replace"))


def outline_confined(children: Confined, version: Version) -> Outline:
    """Read in a child what a page is known by.

    Raises:
        ConfinedError: when the page passed the limits or could not be read at all.
    """
    reply = json.loads(children.call(_outlined, version.payload, astuple(version)[1:]))
    return Outline(str(reply[0]), str(reply[1]), frozenset(map(int, reply[2])))


def verdict_confined(children: Confined, old: Version, new: Version) -> Verdict:
    """Compare two captures of a page in a child, and tell how they differ.

    Raises:
        ConfinedError: when the pages passed the limits or could not be compared at all.
    """
    text = compare_confined(children, old, new, "verdict").text
    states, alike, statements = json.loads(text)
    return Verdict(str(states[0]), str(states[1]), float(alike), tuple(map(str, statements)))


def lines_from(text: str) -> list[list[Piece]]:
    """Read the lines that a child wrote."""
    return [[Piece(str(kind), str(words)) for kind, words in line] for line in json.loads(text)]


def _compared(
    data: bytes,
    first: int,
    old: tuple[str, str, str, int | None, bool],
    new: tuple[str, str, str, int | None, bool],
    form: str,
) -> bytes:
    gc.disable()  # what is made is kept until the end, and looking for what is not costs a fifth
    try:
        comparison = compare_pages(Version(data[:first], *old), Version(data[first:], *new))
    finally:
        gc.enable()
    text = _FORMS[form](comparison).encode("utf-8", "replace")
    return (b"1" if comparison.differs else b"0") + text


def _outlined(data: bytes, version: tuple[str, str, str, int | None, bool]) -> bytes:
    outline = outline_page(Version(data, *version))
    return json.dumps([outline.state, outline.title, sorted(outline.triples)]).encode()


def _as_verdict(comparison: PageComparison) -> str:
    states = comparison.old["state"], comparison.new["state"]
    return json.dumps([states, comparison.alike, statements_of(comparison)])


def _as_json(comparison: PageComparison) -> str:
    return json.dumps(comparison_as_json(comparison), ensure_ascii=False, indent=1)


def _as_lines(comparison: PageComparison) -> str:
    return json.dumps(list(lines_of(comparison)))


_FORMS: dict[str, Callable[[PageComparison], str]] = {
    "json": _as_json,
    "lines": _as_lines,
    "html": sheet_of,
    "inline": lambda comparison: sheet_of(comparison, inline=True),
    "verdict": _as_verdict,
}
