"""Pictures of two snapshots compared: what looks otherwise, what merely slid down left out.

A picture is cut into upright strips, and the pixel rows of each strip are aligned as the paragraphs
of a text are: so an inserted paragraph is marked, and all below it is not, even where a column
beside it did not move. Rows of one colour say nothing, unless nothing has that colour on the other
picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from extract.compare.alignment import align

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Box", "PictureComparison", "compare_pictures", "draw_side_by_side"]

_STRIP = 80  # pixels across
_NEAR = 12  # pixels between marked rows that become one mark
_EDGE = 2  # pixels round a mark
_GUTTER = 24  # pixels between the pictures, and above them
_HATCH = 14  # pixels between lines of a pattern
_DASH = 10
_OLD, _NEW, _GREY = (170, 30, 20), (0, 80, 160), (90, 90, 90)


class Box(NamedTuple):
    """A part of a picture in pixels: the first column and row, and those behind the last."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class PictureComparison:
    """What looks otherwise in two pictures.

    Attributes:
        old: parts of the old picture that the new one does not have.
        new: parts of the new picture that the old one does not have.
        rows: how many pixel rows both pictures have together.
        rows_changed: how many of these are in such a part.
        coarse: whether a bound made the answer coarse.
    """

    old: tuple[Box, ...]
    new: tuple[Box, ...]
    rows: int
    rows_changed: int
    coarse: bool = False

    @property
    def share(self) -> float:
        """The share of rows that changed, from 0 to 1."""
        return self.rows_changed / self.rows if self.rows else 0.0


def compare_pictures(old: "Image", new: "Image") -> PictureComparison:
    """Compare two pictures; both in mode RGB.

    The cost is about linear in their size, but for long stretches without anything in common.
    """
    width = max(old.width, new.width)
    marks: tuple[list[Box], list[Box]] = ([], [])
    coarse = False
    for left in range(0, width, _STRIP):
        right = min(left + _STRIP, width)
        strips = [_Strip.of(picture, left, right) for picture in (old, new)]
        pairs, bounded = align(strips[0].hashes, strips[1].hashes)
        coarse |= bounded
        kept = {one for one, _ in pairs}, {other for _, other in pairs}
        for side, strip in enumerate(strips):
            alone = [row for at, row in enumerate(strip.rows) if at not in kept[side]]
            alone += strip.plain_rows(strips[1 - side].colours)
            marks[side].extend(Box(left, top, right, end) for top, end in _runs(sorted(alone)))
    boxes = [_joined(some) for some in marks]
    changed = sum(
        end - top
        for some in boxes
        for top, end in _runs(sorted({y for box in some for y in range(box.top, box.bottom)}), 1)
    )
    olds, news = (
        tuple(_within(box, picture) for box in some)
        for some, picture in zip(boxes, (old, new), strict=True)
    )
    return PictureComparison(olds, news, old.height + new.height, changed, coarse)


class _Strip(NamedTuple):
    """The pixel rows of a strip: those with something on them and their hashes; and plain ones."""

    rows: list[int]
    hashes: list[int]
    plain: dict[int, bytes]

    @classmethod
    def of(cls, picture: "Image", left: int, right: int) -> "_Strip":
        right = min(right, picture.width)
        if left >= right:
            return cls([], [], {})
        data = picture.crop((left, 0, right, picture.height)).tobytes()
        across = 3 * (right - left)
        strip = cls([], [], {})
        for y in range(picture.height):
            row = data[y * across : (y + 1) * across]
            if row == row[:3] * (right - left):
                strip.plain[y] = row[:3]
            else:
                strip.rows.append(y)
                strip.hashes.append(hash(row))
        return strip

    @property
    def colours(self) -> frozenset[bytes]:
        """The colours of rows of one colour."""
        return frozenset(self.plain.values())

    def plain_rows(self, known: frozenset[bytes]) -> list[int]:
        """The rows of one colour, of a colour that is not known."""
        return [y for y, colour in self.plain.items() if known and colour not in known]


def _runs(rows: Sequence[int], near: int = _NEAR) -> Iterable[tuple[int, int]]:
    """Join rows that lie near each other to runs, first and behind the last."""
    start = last = -1
    for row in rows:
        if start < 0:
            start = row
        elif row - last > near:
            yield start, last + 1
            start = row
        last = row
    if start >= 0:
        yield start, last + 1


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """Join the marks of neighbouring strips that lie beside each other."""
    joined: list[Box] = []
    for box in sorted(boxes):
        while True:
            beside = next((one for one in joined if _touch(one, box)), None)
            if beside is None:
                break
            joined.remove(beside)
            box = Box(
                min(one.left for one in (beside, box)),
                min(one.top for one in (beside, box)),
                max(one.right for one in (beside, box)),
                max(one.bottom for one in (beside, box)),
            )
        joined.append(box)
    return sorted(joined, key=lambda box: (box.top, box.left))


def _touch(one: Box, other: Box) -> bool:
    across = one.left <= other.right and other.left <= one.right
    return across and one.top <= other.bottom + _NEAR and other.top <= one.bottom + _NEAR


def _within(box: Box, picture: "Image") -> Box:
    return Box(
        max(box.left - _EDGE, 0),
        max(box.top - _EDGE, 0),
        min(box.right + _EDGE, picture.width),
        min(box.bottom + _EDGE, picture.height),
    )


def draw_side_by_side(
    old: "Image", new: "Image", found: PictureComparison, labels: tuple[str, str]
) -> "Image":
    """Draw both pictures beside each other, what differs marked by frame and pattern.

    On the old picture frames are dashed and lines fall to the right; on the new one frames are
    whole and lines rise. So nobody has to tell colours apart.

    Args:
        old: the old picture, in mode RGB.
        new: the new one.
        found: their comparison.
        labels: what stands above each.
    """
    from PIL import Image, ImageDraw

    top = 2 * _GUTTER
    size = (old.width + new.width + 3 * _GUTTER, max(old.height, new.height) + top + _GUTTER)
    sheet = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    sides = ((old, found.old, _OLD, _GUTTER), (new, found.new, _NEW, old.width + 2 * _GUTTER))
    for number, (picture, boxes, colour, left) in enumerate(sides):
        draw.text((left, _GUTTER // 2), labels[number], fill=(0, 0, 0), font_size=18)
        sheet.paste(picture, (left, top))
        frame = (left - 1, top - 1, left + picture.width, top + picture.height)
        draw.rectangle(frame, outline=_GREY)
        for box in boxes:
            place = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
            _mark(sheet, place, colour, is_old=number == 0)
    return sheet


def _mark(sheet: "Image", box: Box, colour: tuple[int, int, int], *, is_old: bool) -> None:
    from PIL import Image, ImageDraw

    width, height = box.right - box.left, box.bottom - box.top
    if width < 1 or height < 1:
        return
    layer = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(layer)
    for at in range(-height, width, _HATCH):
        ends = (at, 0, at + height, height) if is_old else (at, height, at + height, 0)
        draw.line(ends, fill=110)
    for y in (0, height - 3):
        for x in range(0, width, 2 * _DASH if is_old else width):
            draw.rectangle((x, y, x + (_DASH if is_old else width), y + 2), fill=255)
    for x in (0, width - 3):
        for y in range(0, height, 2 * _DASH if is_old else height):
            draw.rectangle((x, y, x + 2, y + (_DASH if is_old else height)), fill=255)
    sheet.paste(colour, (box.left, box.top), layer)
