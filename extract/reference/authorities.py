"""The law on responsible authorities: who was one, where, from when and until when.

Section 5(1) of the Crime and Disorder Act 1998 as it stood on each day, a row for each authority,
with the provisions that brought it in and took it out again.
"""

from datetime import date
from functools import cache
from typing import NamedTuple

from extract.reference.places import reference_rows

__all__ = ["AuthorityRule", "authorities_in_force", "authority_rules"]


class AuthorityRule(NamedTuple):
    """One authority in the law.

    Attributes:
        kind: what it is called in one form, whatever a page calls it.
        name: the words of the Act, shortened.
        applies_to: England or Wales; None for both.
        first: the first day on which it is one.
        end: the first day on which it no longer is; None while it still is.
        source: the provisions, and for a date that these leave open where it was stated.
    """

    kind: str
    name: str
    applies_to: str | None
    first: date
    end: date | None
    source: str

    def in_force(self, on: date) -> bool:
        """Whether it was a responsible authority on a day."""
        return self.first <= on and (self.end is None or on < self.end)


@cache
def authority_rules() -> tuple[AuthorityRule, ...]:
    """Give all rules, in the order of the law."""
    return tuple(
        AuthorityRule(
            row["kind"],
            row["name"],
            row["applies_to"] or None,
            date.fromisoformat(row["from"]),
            date.fromisoformat(row["to"]) if row["to"] else None,
            row["source"],
        )
        for row in reference_rows("responsible_authorities.csv")
    )


def authorities_in_force(on: date) -> tuple[AuthorityRule, ...]:
    """Give the rules in force on a day; empty before 30 September 1998.

    >>> [rule.kind for rule in authorities_in_force(date(2000, 1, 1))]
    ['council', 'chief officer of police']
    """
    return tuple(rule for rule in authority_rules() if rule.in_force(on))
