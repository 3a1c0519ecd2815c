"""A few cases of each target, always the same ones; ``make fuzz`` runs as many as there is time."""

import pytest

from tests.fuzz import TARGETS
from tests.fuzz.run import run_cases


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_hostile_input_breaks_no_promise(name: str) -> None:
    run_cases(TARGETS[name], range(250))
