"""Ranges of bytes, asked for and told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.ranges import (
    ByteRange,
    ContentRange,
    UnsatisfiableRangeError,
    read_content_range,
    read_range,
)


@given(st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_a_range_is_the_bytes_a_slice_gives(size: int, first: int, length: int) -> None:
    body = bytes(number % 251 for number in range(size))
    wanted = f"bytes={first}-{first + length}"
    if first >= size:
        with pytest.raises(UnsatisfiableRangeError):
            read_range(wanted, size)
        return
    found = read_range(wanted, size)
    assert found
    assert body[found.first : found.last + 1] == body[first : first + length + 1]
    assert len(found) == len(body[first : first + length + 1])


@given(st.integers(1, 500), st.integers(1, 600))
def test_a_suffix_is_the_bytes_from_the_end(size: int, length: int) -> None:
    body = bytes(number % 251 for number in range(size))
    found = read_range(f"bytes=-{length}", size)
    assert found
    assert body[found.first : found.last + 1] == body[-length:]


@pytest.mark.parametrize(
    "text", ["", "bytes", "bytes=", "bytes=1-0", "bytes=0-1, 3-4", "items=0-1"]
)
def test_what_is_no_single_range_means_the_whole(text: str) -> None:
    assert read_range(text, 10) is None


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_without_any_byte_cannot_be_given(text: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        read_range(text, 10)
    with pytest.raises(UnsatisfiableRangeError):
        read_range("bytes=0-", 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bytes 0-9/10", ContentRange(ByteRange(0, 9), 10)),
        ("bytes 5-9/*", ContentRange(ByteRange(5, 9), None)),
        (" Bytes 5-9/100 ", ContentRange(ByteRange(5, 9), 100)),
        ("bytes */10", None),
        ("bytes 9-5/10", None),
        ("bytes 5-10/10", None),
        ("items 0-9/10", None),
        ("", None),
    ],
)
def test_what_an_answer_says_it_holds_is_read(text: str, told: ContentRange | None) -> None:
    assert read_content_range(text) == told
