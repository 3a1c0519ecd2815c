"""Whether an address may be asked for, and the rule that says so."""

from typing import NamedTuple

__all__ = ["Verdict"]


class Verdict(NamedTuple):
    """A decision about an address.

    Attributes:
        allowed: whether it may be asked for.
        rule: the short name of the rule that decided, with what it measured, such as
            ``robots: Disallow /private``, ``scope: outside host`` or ``depth: more than 30``.
    """

    allowed: bool
    rule: str
