"""A comparison told in lines for people, as a terminal shows them.

A line is made of pieces, each with what it is; who prints it chooses colours. Marks say the same
without any: ``-`` and ``+`` before lines, ``[-...-]`` and ``{+...+}`` round words, ``>`` for moved.
"""

from collections.abc import Iterator
from typing import NamedTuple

from archiver.timestamps import parse_timestamp
from extract.compare.pages import PageComparison
from extract.compare.stretches import Stretch

__all__ = ["Piece", "lines_of"]

_MOST = 500  # lines of one kind
_SIDES = ("old", "new")


class Piece(NamedTuple):
    """A part of a line: what it is (removed, added, moved, heading, quiet, plain) and its text."""

    kind: str
    text: str


def lines_of(comparison: PageComparison) -> Iterator[list[Piece]]:
    """Tell a comparison in lines: both captures, the changes by kind, what was passed over."""
    for side, head in zip(_SIDES, (comparison.old, comparison.new), strict=True):
        yield [Piece("quiet", f"{side}  "), Piece("plain", _captured(head))]
    if comparison.old["state"] != comparison.new["state"]:
        yield [
            Piece("plain", "state: "),
            Piece("removed", f"[-{comparison.old['state']}-]"),
            Piece("added", f"{{+{comparison.new['state']}+}}"),
        ]
    yield from _texts(comparison)
    yield from _links(comparison)
    yield from _facts(comparison)
    if not comparison.differs:
        yield [Piece("plain", "no change")]
    counts = comparison.ignored_counts
    if counts:
        told = ", ".join(f"{rule} {number}" for rule, number in counts)
        yield [Piece("quiet", f"passed over: {told}")]
    for note in comparison.notes:
        yield [Piece("plain", f"note: {note}")]


def _captured(head: dict[str, str]) -> str:
    timestamp = head["timestamp"]
    parts = [head["url"] or head["title"] or "a page"]
    if timestamp:
        at = parse_timestamp(timestamp)
        parts.append(f"{at.day} {at:%B %Y, %H:%M}")
    if head["state"] != "content":
        parts.append(head["state"])
    return "  ".join(parts)


def _texts(comparison: PageComparison) -> Iterator[list[Piece]]:
    for title, kind, mark, texts in (
        ("removed", "removed", "-", comparison.removed),
        ("added", "added", "+", comparison.added),
    ):
        yield from _listed(title, [[Piece(kind, f"{mark} {text}")] for text in texts])
    yield from _listed(
        "changed",
        [[Piece("plain", "~ "), *_words(change.words)] for change in comparison.changed],
    )
    for title, texts in (("moved", comparison.moved), ("re-ordered", comparison.reordered)):
        yield from _listed(title, [[Piece("moved", f"> {text}")] for text in texts])


def _words(stretches: tuple[Stretch, ...]) -> Iterator[Piece]:
    for stretch in stretches:
        if stretch.same:
            yield Piece("plain", stretch.old)
            continue
        if stretch.old:
            yield Piece("removed", f"[-{stretch.old}-]")
        if stretch.new:
            yield Piece("added", f"{{+{stretch.new}+}}")


def _links(comparison: PageComparison) -> Iterator[list[Piece]]:
    lines = [
        [Piece("removed", f"- {link.text or 'picture'}  {link.href}")]
        for link in comparison.links_removed
    ]
    lines += [
        [Piece("added", f"+ {link.text or 'picture'}  {link.href}")]
        for link in comparison.links_added
    ]
    lines += [
        [
            Piece("plain", f"~ {link.text or 'picture'}  "),
            Piece("removed", f"[-{link.old}-]"),
            Piece("added", f"{{+{link.new}+}}"),
        ]
        for link in comparison.links_retargeted
    ]
    yield from _listed("links", lines)


def _facts(comparison: PageComparison) -> Iterator[list[Piece]]:
    yield from _listed(
        "contacts", [_replaced(each.field, each.old, each.new) for each in comparison.contacts]
    )
    yield from _listed(
        "numbers",
        [_replaced(each.what, str(each.old), str(each.new)) for each in comparison.counts],
    )
    laws = [[Piece("removed", f"- {law}")] for law in comparison.laws_removed]
    laws += [[Piece("added", f"+ {law}")] for law in comparison.laws_added]
    yield from _listed("legislation", laws)


def _replaced(what: str, old: str, new: str) -> list[Piece]:
    return [
        Piece("plain", f"~ {what}: "),
        Piece("removed", f"[-{old}-]"),
        Piece("added", f"{{+{new}+}}"),
    ]


def _listed(title: str, lines: list[list[Piece]]) -> Iterator[list[Piece]]:
    if not lines:
        return
    yield []
    yield [Piece("heading", f"{title} ({len(lines)})")]
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield [Piece("quiet", f"and {len(lines) - _MOST} more; see --json")]
