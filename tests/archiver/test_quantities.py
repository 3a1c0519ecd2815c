import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import InputError
from archiver.quantities import read_seconds, read_size, write_seconds, write_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("800", 800),
        ("800b", 800),
        ("1k", 1000),
        ("1 kB", 1000),
        ("1KiB", 1024),
        ("1.5GB", 1_500_000_000),
        (" 2 GiB ", 2 << 30),
        ("3t", 3_000_000_000_000),
    ],
)
def test_sizes_are_read_in_either_kind_of_unit(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1i", "1ib", "1 2", "1e9", "0x10", "1,000", "٣"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write it as 500 MB or 2 GiB"):
        read_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("90s", 90),
        ("20m", 1200),
        ("20 min", 1200),
        ("6h", 21_600),
        ("1h30m", 5400),
        ("1 day 2 hours 3 minutes 4 seconds", 93_784),
    ],
)
def test_lengths_of_time_are_read_in_parts(text: str, seconds: float) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "h", "-1", "1 2", "5mb", "1 month", "1h and", "1:30", "1e3", "0x10", "٣s"]
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write it as 90s, 20m, 6h or 2d"):
        read_seconds(text)


@given(st.integers(0, 10**15))
def test_a_size_is_written_to_two_or_three_digits(size: int) -> None:
    written = read_size(write_size(size).replace("bytes", "").replace("byte", ""))
    assert abs(written - size) <= size / 20


@given(st.floats(0, 10**7))
def test_a_length_of_time_is_written_in_its_two_largest_units(seconds: float) -> None:
    written = read_seconds(write_seconds(seconds))
    assert abs(written - seconds) <= max(seconds / 20, 0.6)
