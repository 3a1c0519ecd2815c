"""Confidence means something: of values read at 0.9 or more, nine in ten are right."""

from pathlib import Path

from tests.gold.calibration import rates_of

SHOWN = Path(__file__).parent / "extract" / "shown"
_ENOUGH = 10  # values of a rule before its rate says anything


def test_of_values_read_at_nine_tenths_nine_in_ten_are_right() -> None:
    sure = [counted for (_, confidence), counted in rates_of(SHOWN).items() if confidence >= 0.9]
    read, right = (sum(counted[at] for counted in sure) for at in (0, 1))
    assert read > 1000
    assert right >= 0.9 * read


def test_no_rule_is_much_surer_than_it_is_right() -> None:
    assert {
        rule: (read, right)
        for (rule, confidence), (read, right) in rates_of(SHOWN).items()
        if read >= _ENOUGH and right < (confidence - 0.1) * read
    } == {}
