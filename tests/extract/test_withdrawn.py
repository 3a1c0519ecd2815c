"""A withdrawn value is matched as it may be printed, and nothing else is."""

import pytest

from archiver.errors import InputError
from extract.withdrawn import value_pattern


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("020 7946 0310", "Tel: 020 7946 0310."),
        ("020 7946 0310", "(020) 7946-0310"),
        ("020 7946 0310", "+442079460310"),  # as it is kept once read
        ("020 7946 0310", "+44 (0)20 7946 0310"),
        ("020 7946 0310", "0044 20 7946 0310 ext. 12"),
        ("+442079460310", "0207 946 0310"),
        ("a.person@homeoffice.example", "mailto:A.Person@HomeOffice.example?subject=x"),
        ("sw1p4df", "SW1P 4DF"),
        ("SW1P 4DF", "London sw1p\xa04df"),
        ("Jane Q. Public", "contact JANE Q.\n PUBLIC, officer"),
        ("Caf\xe9 Society", "the CAF\xc9 society"),
    ],
)
def test_a_value_is_found_however_it_is_printed(value: str, printed: str) -> None:
    assert value_pattern(value).search(printed)


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("020 7946 0310", "020 7946 03101"),
        ("020 7946 0310", "020 7946 0311"),
        ("020 7946 0310", "1020 7946 0310"),
        ("020 7946 0310", "+33 20 7946 0310"),
        ("person@homeoffice.example", "a.person@homeoffice.example"),
        ("person@homeoffice.example", "person@homeoffice.example.uk"),
        ("SW1P 4DF", "SW1P 4DFX"),
        ("Jane Public", "Jane Publicover"),
        ("Jane Public", "Jane, Public"),
    ],
)
def test_a_value_is_not_found_in_another(value: str, other: str) -> None:
    assert not value_pattern(value).search(other)


@pytest.mark.parametrize("value", ["", "a", " . ", "Ann"])
def test_a_value_too_short_to_be_meant_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        value_pattern(value)


def test_looking_for_a_value_takes_time_in_step_with_the_text() -> None:
    pattern = value_pattern("020 7946 0310")
    assert not pattern.search("020 7946 031 " * 100_000 + "+" * 100_000 + "0 (" * 100_000)
