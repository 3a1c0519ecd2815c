"""Postcodes by their grammar, not by a list: areas come and go, and examples invent them.

Written without the blank in its middle a postcode looks like many a number of a product or model:
then its area must be one there is.
"""

import re
from dataclasses import dataclass

__all__ = ["Postcode", "find_postcodes"]


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode found in a text: where, and in the usual form, upper case with one blank."""

    start: int
    end: int
    code: str


# Source: Royal Mail, the postcode areas of the United Kingdom and the Crown dependencies.
_AREAS_TEXT = """
AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E
EC EH EN EX FK FY G GIR GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE
LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM
SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
"""
_AREAS = frozenset(_AREAS_TEXT.split())
# Outward A9 A9A A99 AA9 AA9A AA99 or GIR; inward a digit and two letters, never C I K M O V.
_GRAMMAR = (
    r"(?<![\w£/-])(gir|[a-pr-uwyz](?:[a-hk-y])?\d(?:\d|[a-hjkmnpr-y])?)"
    r"([ \t]{0,2}|\n)(\d[abd-hjlnp-uw-z]{2})(?![\w/-])"
)
_POSTCODE = re.compile(_GRAMMAR, re.IGNORECASE)
# Capitals alone, the first of which is looked for before what may not stand before it.
_UPPER_CASE = re.compile(
    r"([A-PR-UWYZ](?<![\w£/-].)(?:(?<=G)IR|(?:[A-HK-Y])?\d(?:\d|[A-HJKMNPR-Y])?))"
    r"([ \t]{0,2}|\n)(\d[ABD-HJLNP-UW-Z]{2})(?![\w/-])"
)


def find_postcodes(text: str, *, any_case: bool = False) -> list[Postcode]:
    """Find the postcodes in a text; lower-case ones only where an address is expected.

    >>> [found.code for found in find_postcodes("2 Marsham Street, London SW1P4DF")]
    ['SW1P 4DF']
    """
    found = []
    for match in (_POSTCODE if any_case else _UPPER_CASE).finditer(text):
        outward, gap, inward = match.groups()
        if gap == "\n" and match.start() > 0 and text[match.start() - 1] not in "\n ,":
            continue
        if not gap and outward[: _letters(outward)].upper() not in _AREAS:
            continue
        found.append(Postcode(match.start(), match.end(), f"{outward} {inward}".upper()))
    return found


def _letters(outward: str) -> int:
    return next((place for place, sign in enumerate(outward) if sign.isdigit()), len(outward))
