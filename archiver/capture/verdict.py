"""Whether an address may be asked for, and the rule that says so."""

from dataclasses import dataclass

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about an address.

    Attributes:
        allowed: whether it may be asked for.
        rule: the short name of the rule that decided, with what it measured, such as
            ``robots: Disallow /private``, ``scope: outside host`` or ``depth: more than 30``.
    """

    allowed: bool
    rule: str
