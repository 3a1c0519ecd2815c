"""What looks otherwise in two pictures, the shift of what was inserted allowed for."""

from collections.abc import Sequence
from random import Random

import pytest
from PIL import Image, ImageDraw

from extract.compare.pictures import Box, compare_pictures, draw_side_by_side

WHITE, INK, BLUE = (255, 255, 255), (20, 20, 20), (0, 0, 200)


def page(lines: Sequence[int], side: Sequence[int] = ()) -> Image.Image:
    """Draw lines of text as bars; each number has a pattern of its own."""
    picture = Image.new("RGB", (800, 600), WHITE)
    draw = ImageDraw.Draw(picture)
    for left, right, numbers in ((20, 460, lines), (560, 780, side)):
        for at, number in enumerate(numbers):
            for row in range(16):
                chance = Random(number * 100 + row)  # noqa: S311 - the same dots for a line
                for x in range(left, right, 4):
                    if chance.random() < 0.4:
                        draw.point((x, 20 + at * 30 + row), INK)
    return picture


def test_equal_pictures_have_no_mark() -> None:
    found = compare_pictures(page([1, 2, 3]), page([1, 2, 3]))
    assert (found.old, found.new, found.share) == ((), (), 0.0)


def test_an_inserted_line_is_marked_and_what_slid_down_is_not() -> None:
    found = compare_pictures(page([1, 2, 3, 4]), page([1, 2, 9, 3, 4]))
    assert found.old == ()
    assert len(found.new) == 1
    left, top, right, bottom = found.new[0]
    assert left <= 80
    assert right >= 400
    assert 70 <= top <= 80
    assert 90 <= bottom <= 102
    assert 0.01 < found.share < 0.05


def test_a_column_that_did_not_slide_is_not_marked_beside_one_that_did() -> None:
    found = compare_pictures(page([1, 2, 3, 4], [5, 6, 7, 8]), page([1, 9, 2, 3, 4], [5, 6, 7, 8]))
    assert found.old == ()
    assert [box for box in found.new if box.right > 560] == []
    assert len(found.new) == 1


def test_a_removed_line_is_marked_on_the_old_picture_alone() -> None:
    found = compare_pictures(page([1, 2, 3]), page([1, 3]))
    assert found.new == ()
    assert len(found.old) == 1


def test_a_changed_line_is_marked_on_both() -> None:
    found = compare_pictures(page([1, 2, 3]), page([1, 4, 3]))
    assert len(found.old) == len(found.new) == 1
    assert abs(found.old[0].top - found.new[0].top) <= 4


def test_a_colour_that_was_nowhere_is_marked_though_it_is_plain() -> None:
    new = page([1, 2])
    ImageDraw.Draw(new).rectangle((0, 300, 800, 340), fill=BLUE)
    found = compare_pictures(page([1, 2]), new)
    assert found.old == ()
    assert found.new == (Box(0, 298, 800, 343),)


@pytest.mark.parametrize(
    "sizes", [((1, 1), (800, 600)), ((800, 1), (79, 900)), ((81, 50), (81, 50))]
)
def test_pictures_of_any_size_are_compared(sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    old, new = (Image.new("RGB", size, WHITE) for size in sizes)
    found = compare_pictures(old, new)
    assert found.rows == old.height + new.height
    assert 0 <= found.share <= 1


def test_marks_differ_in_more_than_colour() -> None:
    old, new = page([1, 2, 3]), page([1, 4, 3])
    found = compare_pictures(old, new)
    drawn = draw_side_by_side(old, new, found, ("Old", "New")).convert("L")
    assert drawn.size == (1600 + 3 * 24, 600 + 72)
    one, other = found.old[0], found.new[0]
    edges = [
        [drawn.getpixel((x, box.top + 48 + 1)) for x in range(left + box.left, left + box.right)]
        for box, left in ((one, 24), (other, 24 + 800 + 24))
    ]
    is_light = [[value == 255 for value in edge] for edge in edges]
    assert any(is_light[0][4:-4])  # dashed
    assert not any(is_light[1][4:-4])  # whole
