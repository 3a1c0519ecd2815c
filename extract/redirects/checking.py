"""A map of redirects held against its rules, and led to where each address really ends."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from archiver.errors import UrlError
from archiver.urls import check_url
from extract.redirects.mapping import Fate, Mapping, asked_as, folded, is_archive_address

__all__ = ["Checked", "Finding", "Outcome", "check", "fault_of"]

_PLAIN = re.compile(r"[^\s\x00-\x1f\x7f<>\"`{}|\\^]+")  # safe in every header and every map


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a row.

    Attributes:
        old_url: the row's address.
        code: ``duplicate``, ``loop``, ``target-host``, ``archive-target``, ``no-target``,
            ``bad-address`` or ``needless-target``.
        message: what is wrong and what to do, for people.
    """

    old_url: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a server answers to one address, chains followed to their end.

    Attributes:
        host: without ``www.``.
        path: as browsers ask for it, with the query.
        fate: redirect, archive or gone.
        target: where it leads; empty for what is gone.
        old_url: the row it comes from.
    """

    host: str
    path: str
    fate: Fate
    target: str
    old_url: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A map after the check.

    Attributes:
        outcomes: one for every spelling of an address that is answered, sorted.
        findings: what is wrong; rows with findings have no outcome.
        unresolved: rows on which nobody has decided.
        hosts: the hosts that redirects lead to, each with the number of rows.
        flattened: how many rows led on to another row.
    """

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    unresolved: tuple[Mapping, ...]
    hosts: dict[str, int]
    flattened: int


def check(
    mappings: Iterable[Mapping], *, target_hosts: Sequence[str] = (), archive_at: str = ""
) -> Checked:
    """Check a map and follow its chains.

    Args:
        mappings: the rows.
        target_hosts: the only hosts that redirects may lead to; ``.gov.uk`` stands for all hosts
            below it. None given: every host may be, and is told of.
        archive_at: where our own archive shows snapshots.

    A row with a finding is left out of the outcomes, and so is what leads to it.
    """
    rows, findings = _distinct(mappings)
    usable: dict[tuple[str, str], Mapping] = {}
    for key, row in rows.items():
        wrong = fault_of(row, archive_at)
        if wrong:
            findings.append(wrong)
        else:
            usable[key] = row
    outcomes: dict[tuple[str, str], Outcome] = {}
    unresolved: list[Mapping] = []
    hosts: dict[str, int] = {}
    flattened = 0
    for row in usable.values():
        if row.fate is Fate.UNRESOLVED:
            unresolved.append(row)
            continue
        end, steps, loop = _follow(row, usable, rows)
        if loop:
            findings.append(Finding(row.old_url, "loop", f"leads back to itself by {loop}"))
            continue
        if end is None or end.fate is Fate.UNRESOLVED:
            reason = "leads to a row that is undecided or has a finding; decide on that one first"
            findings.append(Finding(row.old_url, "no-target", reason))
            continue
        flattened += steps > 0
        if end.fate is Fate.REDIRECT:
            host = (urlsplit(end.target).hostname or "").lower()
            if target_hosts and not _is_allowed(host, target_hosts):
                message = f"leads to {host}, which is not among the hosts allowed"
                findings.append(Finding(row.old_url, "target-host", message))
                continue
            hosts[host] = hosts.get(host, 0) + 1
        for spelling in (row.old_url, *row.spellings):
            place = asked_as(spelling)
            outcomes.setdefault(place, Outcome(*place, end.fate, end.target, row.old_url))
    return Checked(
        tuple(outcomes[place] for place in sorted(outcomes)),
        tuple(sorted(findings, key=lambda one: (one.old_url, one.code))),
        tuple(unresolved),
        dict(sorted(hosts.items())),
        flattened,
    )


def _distinct(
    mappings: Iterable[Mapping],
) -> tuple[dict[tuple[str, str], Mapping], list[Finding]]:
    # Rows of one page that say the same become one; those that do not are both left out.
    rows: dict[tuple[str, str], Mapping] = {}
    at_odds: dict[tuple[str, str], Mapping] = {}
    findings: list[Finding] = []
    for row in mappings:
        key = folded(row.old_url)
        known = at_odds.get(key) or rows.get(key)
        if known is None:
            rows[key] = row
        elif key not in at_odds and (known.fate, known.target) == (row.fate, row.target):
            spellings = {*known.spellings, row.old_url, *row.spellings} - {known.old_url}
            rows[key] = replace(known, spellings=tuple(sorted(spellings)))
        else:
            at_odds[key] = known
            message = f"is the same page as {known.old_url}, which leads elsewhere; keep one"
            findings.append(Finding(row.old_url, "duplicate", message))
    for key in at_odds:
        rows.pop(key, None)
    return rows, findings


def fault_of(row: Mapping, archive_at: str = "") -> Finding | None:
    """Give what is wrong with a row by itself; None when nothing is.

    Args:
        row: the row.
        archive_at: where our own archive shows snapshots.
    """
    for address in (row.old_url, *row.spellings):
        if not _is_whole(address):
            return Finding(
                row.old_url, "bad-address", f"{address!r} is no whole address of the web"
            )
    if row.target and (not _is_whole(row.target) or not _PLAIN.fullmatch(row.target)):
        message = f"leads to {row.target!r}; write it with https:// and without blanks"
        return Finding(row.old_url, "bad-address", message)
    if row.fate in (Fate.REDIRECT, Fate.ARCHIVE) and not row.target:
        return Finding(row.old_url, "no-target", f"is to be {row.fate}, and has no target")
    if row.fate in (Fate.GONE, Fate.UNRESOLVED) and row.target:
        return Finding(
            row.old_url, "needless-target", f"is {row.fate}, and has a target all the same"
        )
    if row.fate is Fate.REDIRECT and is_archive_address(row.target, archive_at):
        message = "leads to an archive; make it of type archive, as a redirect says a page lives on"
        return Finding(row.old_url, "archive-target", message)
    return None


def _is_whole(address: str) -> bool:
    try:
        check_url(address)
    except UrlError:
        return False
    return address.lower().startswith(("http://", "https://"))


def _follow(
    row: Mapping,
    usable: dict[tuple[str, str], Mapping],
    rows: dict[tuple[str, str], Mapping],
) -> tuple[Mapping | None, int, str]:
    # The row at the end of a chain, None behind a row with a finding; the steps; the loop, if any.
    passed = [folded(row.old_url)]
    while row.fate is Fate.REDIRECT:
        key = folded(row.target)
        if key in passed:
            return None, len(passed), " and ".join(_targets(passed, usable))
        if key not in usable:
            return (None if key in rows else row), len(passed) - 1, ""
        passed.append(key)
        row = usable[key]
    return row, len(passed) - 1, ""


def _targets(
    passed: list[tuple[str, str]], usable: dict[tuple[str, str], Mapping]
) -> Iterator[str]:
    for key in passed:
        yield usable[key].target


def _is_allowed(host: str, allowed: Sequence[str]) -> bool:
    return any(
        host.endswith(one.lower()) if one.startswith(".") else host == one.lower()
        for one in allowed
    )
