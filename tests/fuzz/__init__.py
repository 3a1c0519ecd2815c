"""Fuzzing of everything that reads untrusted input; see ``tests/fuzz/run.py``."""

from tests.fuzz import arc, har, http, mhtml, wacz, warc
from tests.fuzz.cases import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    each.TARGET.name: each.TARGET for each in (arc, har, http, mhtml, wacz, warc)
}
