"""Authority checks: the authorities that a page lists held against the law of the page's day.

A page says what it says, and that is kept. The check is a finding beside it: pages have named
police and crime commissioners, who never were responsible authorities, and named primary care
trusts years after the last one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from extract.facts.records import Authority
from extract.reference.authorities import AuthorityRule, authorities_in_force, authority_rules

__all__ = ["AuthorityCheck", "check_authorities"]

_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), kinds)
    for pattern, kinds in (
        (r"commissioner", ()),  # before "police"
        (r"police authorit|awdurdod(?:au)? heddlu", ("police authority",)),
        (r"police|constable|constabular|heddlu", ("chief officer of police",)),
        (r"\bfire\b|\btân\b", ("fire authority",)),
        (r"probation|brawf|community rehabilitation", ("probation",)),
        (r"primary care|\bpcts?\b", ("primary care trust",)),
        (r"clinical commissioning|\bccgs?\b", ("clinical commissioning group",)),
        (r"integrated care|\bicbs?\b", ("integrated care board",)),
        (r"health board|\blhbs?\b|bwrdd iechyd|byrddau iechyd", ("local health board",)),
        (r"health authorit|awdurdod(?:au)? iechyd", ("local health board",)),
        (
            r"^(?:the )?(?:local )?(?:health|nhs)(?: services?| bod(?:y|ies)| partners?)?$",
            (
                "primary care trust",
                "clinical commissioning group",
                "integrated care board",
                "local health board",
            ),
        ),
        (r"council|local authorit|local government|cyngor|awdurdod(?:au)? lleol", ("council",)),
    )
)
_SHORTEST_LIST = 3  # of fewer it cannot be said what the list leaves out


@dataclass(frozen=True, slots=True)
class AuthorityCheck:
    """An authority on a page, or in the law, and how the two agree.

    Attributes:
        listed: the authority as the page names it; None for one that it leaves out.
        law: the authority in the words of the law; None for one that the law does not know.
        verdict: "agrees", "not in force", "applies elsewhere" or "left out".
        how: in words, with dates and the provisions.
    """

    listed: str | None
    law: str | None
    verdict: str
    how: str


def check_authorities(listed: Sequence[Authority], on: date) -> tuple[AuthorityCheck, ...]:
    """Hold a page's list of responsible authorities against the law in force on a day.

    Args:
        listed: what the page lists; of an empty list nothing is said.
        on: the day of the page: when it was captured, unless a better one is known.

    Returns:
        One check for each authority listed, in their order, then one for each that is left out.
    """
    if not listed:
        return ()
    checks: list[AuthorityCheck] = []
    met: set[str] = set()
    for authority in listed:
        rules = [rule for rule in authority_rules() if rule.kind in _kinds_of(authority.name)]
        standing = [rule for rule in rules if rule.in_force(on)]
        met.update(rule.kind for rule in standing)
        checks.append(_checked(authority, rules, standing, on))
    if len(listed) >= _SHORTEST_LIST:
        named = {authority.applies_to for authority in listed}
        for rule in authorities_in_force(on):
            elsewhere = rule.applies_to and None not in named and rule.applies_to not in named
            if rule.kind not in met and not elsewhere:
                where = f" in {rule.applies_to}" if rule.applies_to else ""
                how = f"{rule.name}{where}: in force on {on} since {rule.first} ({rule.source})"
                checks.append(AuthorityCheck(None, rule.name, "left out", how))
    return tuple(checks)


def _kinds_of(name: str) -> tuple[str, ...]:
    return next((kinds for pattern, kinds in _KINDS if pattern.search(name)), ())


def _checked(
    authority: Authority,
    rules: Sequence[AuthorityRule],
    standing: Sequence[AuthorityRule],
    on: date,
) -> AuthorityCheck:
    if not rules:
        how = "section 5(1) of the Crime and Disorder Act 1998 never named it"
        return AuthorityCheck(authority.name, None, "not in force", how)
    if not standing:
        rule = rules[0] if on < rules[0].first else rules[-1]
        when = f"only from {rule.first}" if on < rule.first else f"only until {rule.end}"
        how = f"a responsible authority {when} ({rule.source})"
        return AuthorityCheck(authority.name, rule.name, "not in force", how)
    places = {rule.applies_to for rule in standing}
    if None not in places and authority.applies_to not in places and len(places) == 1:
        rule = standing[0]
        how = f"a responsible authority in {rule.applies_to} only ({rule.source})"
        return AuthorityCheck(authority.name, rule.name, "applies elsewhere", how)
    rule = standing[0]
    how = f"in force on {on} since {rule.first} ({rule.source})"
    return AuthorityCheck(authority.name, rule.name, "agrees", how)
