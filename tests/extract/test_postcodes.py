"""Postcodes: with a blank by their grammar, without one only of areas there are."""

import pytest

from extract.facts.postcodes import find_postcodes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("London SW1P 4DF", ["SW1P 4DF"]),
        ("London SW1P4DF", ["SW1P 4DF"]),
        ("Anytown ZD3 4QH", ["ZD3 4QH"]),  # no such area, and meant as one
        ("Save the F40PH", []),
        ("a Q12AB and a V60TH lens", []),
        ("GIR 0AA, GIR0AA", ["GIR 0AA", "GIR 0AA"]),
        ("B33 8TH and M1 1AE", ["B33 8TH", "M1 1AE"]),
    ],
)
def test_a_number_of_a_model_is_no_postcode(text: str, codes: list[str]) -> None:
    assert [found.code for found in find_postcodes(text)] == codes
