"""Maps of redirects as other tools import them: CSV, GOV.UK's transition, Wagtail, Drupal."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from extract.redirects.checking import Outcome
from extract.redirects.mapping import Fate

__all__ = ["csv_files", "drupal_files", "govuk_files", "wagtail_files"]


def csv_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give one CSV file: host, path, status and target of every address."""
    rows = ((one.host, one.path, one.fate.value, one.target) for one in outcomes)
    yield "redirects.csv", _lines(("host", "path", "type", "target"), rows)


def govuk_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give the CSV that GOV.UK's transition tool imports: ``old url,new url``.

    ``TNA`` stands for the archive, whose addresses are never targets there; nothing for what nobody
    has decided. It does not know what is gone: that is left undecided too, and is then answered
    with 410 and a link to the archive.
    """
    named: dict[str, str] = {}
    for one in outcomes:
        target = {Fate.REDIRECT: one.target, Fate.ARCHIVE: "TNA"}.get(one.fate, "")
        named.setdefault(one.old_url, target)
    yield "govuk-transition.csv", _lines(("old url", "new url"), sorted(named.items()))


def wagtail_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give a CSV for each host as Wagtail's redirects import it: ``from,to``."""
    for host, rows in _by_host(outcomes):
        found = ((one.path, one.target) for one in rows)
        yield f"{host}/wagtail-redirects.csv", _lines(("from", "to"), found)


def drupal_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give a CSV for each host as Drupal's module Redirect imports it."""
    for host, rows in _by_host(outcomes):
        found = (
            (one.path.lstrip("/"), one.target, "und", 301 if one.fate is Fate.REDIRECT else 302)
            for one in rows
        )
        names = ("source", "destination", "language", "status_code")
        yield f"{host}/drupal-redirects.csv", _lines(names, found)


def _by_host(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[Outcome]]]:
    for host in dict.fromkeys(one.host for one in outcomes):
        yield host.replace(":", "_"), [one for one in outcomes if one.host == host]


def _lines(names: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in (names, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()
