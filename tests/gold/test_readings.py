"""What the extractor reads from the gold pages: held to what it reached."""

from pathlib import Path

import pytest

from marsham.cli import run
from tests.gold.scorer import SETS, score_set


@pytest.mark.parametrize(
    ("half", "least"),
    [
        ("shown", 0.99),
        ("held", 0.98),
        ("third", 0.99),
        ("fourth", 0.99),
        ("fifth", 0.98),
        ("sixth", 0.78),
    ],
)
def test_the_gold_pages_are_read(half: str, least: float, tmp_path: Path) -> None:
    folder = SETS / half
    arguments = ["read", "--manifest", str(folder / "manifest.json"), "--out", str(tmp_path)]
    assert run(arguments) == 0
    assert score_set(folder, tmp_path).overall >= least
