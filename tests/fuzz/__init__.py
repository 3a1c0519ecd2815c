"""Fuzzing of everything that reads untrusted input; see ``tests/fuzz/run.py``."""

from tests.fuzz import answers, arc, facts, har, http, mhtml, pages, wacz, warc
from tests.fuzz.cases import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *(answers.TARGET, arc.TARGET, har.TARGET, http.TARGET, mhtml.TARGET, wacz.TARGET),
        facts.EXTRACT,
        warc.TARGET,
        *(pages.FIND, pages.READ, pages.REPLAY, pages.UNREPLAY),
    )
}
