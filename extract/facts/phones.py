"""Telephone numbers: the UK numbering plan's shapes in running text, as E.164 with ``;ext=``.

Finding goes by shape and context, not by a list of numbers in service: codes change, and a number
of 2004 was right in 2004. Dates, money, references and statistics are told apart by their shape;
numbers said to be out of use, and 999 or 101, are nobody's contact.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Phone", "find_phones"]


@dataclass(frozen=True, slots=True)
class Phone:
    """A number found in a text: where, in E.164, what the words beside it call it, how sure.

    `kind` is phone, fax, phone+fax or textphone; `labelled` tells that a word beside it said so.
    """

    start: int
    end: int
    number: str
    kind: str
    labelled: bool


# Up to two separators between digits; a slash or a comma never joins two parts of a number.
_CANDIDATE = re.compile(
    r"""
    (?<![\w£$€+@=&%#])(?<!\d[.,:-])   # not in a word, an amount, an address, a longer number
    (?: (?:\+|\b00)[ ]?44[ .-]{0,2} (?:\(\s?0\s?\)[ .-]{0,2})? [(]?(?=[1-9])
      | \(?0(?=[\d ).-]) )
    (?: [ .()\u2013-]{0,2} \d ){6,10}
    (?![\d%])(?![.,:]\d)(?!-\d\d)
    """,
    re.VERBOSE,
)
_EXTENSION = re.compile(
    r"[\s,;(]{0,3}(?:\bext(?:ension|n)?\b|\best(?:yniad)?\b|\bx(?=\s?\d))[\s.:]{0,3}(\d{1,6})(?!\d)\)?",
    re.IGNORECASE,
)
# "0113 496 0303 or 0304", "01632 960301/2", "01632 960301, 960302": the end of another number with
# the same beginning
_OTHER_ENDING = re.compile(
    r"\s?(?:(?:/|\bor\b|&)\s?(\d{3,4}|(?<=/)\d{1,2}(?=\s|[,;)/]|$))|"
    r"(?:[/,&]|\bor\b|\band\b)\s?([1-9]\d{2}\s?\d{3,4}))"
    r"(?![\d:-]|/\d{3}|\.\d|\s?\d|\s?(?:am|pm)\b)"
)
_LABEL = re.compile(
    r"(?P<both>\b(?:tele?phone|tel|ph(?:one)?|t)\b\.?(?:\s?no\.?)?\s?(?:/|&|\band\b|"
    r"\bor\b)\s?(?:fax|facsimile|f)\b)"
    r"|(?P<textphone>\b(?:text\s?phone|ffôn testun|mini\s?com|type\s?talk|text relay|tdd|tty)s?\b)"
    r"|(?P<fax>\b(?:fax|facsimile|ffacs|f(?=\s?[:.]|\s?$))(?:es)?\b)"
    r"|(?P<pager>\b(?:pager|bleep)\b)"
    r"|(?P<phone>\b(?:tele?phones?|tel|phones?|ffôn|mobiles?|mob|direct|switchboard|ring|call|"
    r"voice|dial|"
    r"landline|helpline|hotline|t(?=\s?[:.]|\s?$))\b)",
    re.IGNORECASE,
)
_LABEL_AFTER = re.compile(
    r"\s?[(\[]\s?(?:(?P<both>(?:tel(?:ephone)?|phone)\s?(?:/|&|and)\s?fax)|(?P<fax>fax|ffacs)|"
    r"(?P<textphone>text\s?phone|minicom|typetalk)|(?P<pager>pager|bleep)|(?P<phone>tel|"
    r"telephone|phone|mobile|office|direct))\b"
    r"(?=[^()\[\]\d]{0,30}[)\]])",
    re.IGNORECASE,
)
_REFERENCE_START = re.compile(r"(?<![\w-])[A-Z]{2,6}[-/]$")  # GD-0207-...
_NOT_A_PHONE = re.compile(
    r"\b(?:ref(?:erence|s)?|isbn|issn|vat|a/c|sort code|crime number|urn)\b"
    r"[^.;:\n]{0,24}[.:#]?\s{0,2}$"
    # "Policy no. 01632 ...", but not "Policy Team 01632 ..."
    r"|\b(?:charity|company|registration|registered|reg|account|case|invoice|order|grid|serial|form|"
    r"licen[cs]e|policy)\b(?:\s(?:in|england|and|wales|charity|company|reg(?:istration)?|line)){0,4}"
    r"(?:[\s.]{1,2}(?:no|nos|numbers?|ref|reference|code|is|was)){0,2}[.:#]?\s{0,2}$",
    re.IGNORECASE,
)
_OUT_OF_USE = re.compile(
    r"\b(?:no longer (?:in use|used|works?|working|available|staffed|answered|valid|operat\w{1,6})"
    r"|out of (?:use|service)|not in use|disconnected|discontinued|do(?:es)? not (?:use|ring|"
    r"call|work)|"
    r"don.t (?:use|ring|call)|ceased|obsolete|withdrawn|switched off|closed (?:down|on|in)"
    r"|(?:has|have|was|were) (?:now "
    r"|since )?(?:been )?closed|"
    r"chang(?:e|es|ed|ing) from|(?:old|former|previous) (?:\w+ ){0,2}numbers?|previously|formerly|"
    r"used to be|instead of|replac(?:es|ing)|(?:is|was|were|are|being) (?:wrong|incorrect"
    r"|an? error|a"
    r" misprint|bogus|false|dead|defunct)|wrong number|never (?:used|ours|been ours|belonged)"
    r"|not ours|(?:will|can|are|is) (?:not|no longer) (?:be )?(?:read|answered|monitored|staffed"
    r"|received|picked up|collected)|"
    r"(?:must|should|do) not be (?:rung|called|used|dialled)|misprint(?:ed)?|in error|wrongly|"
    r"(?:seem|appear|claim|pretend|purport)(?:s|ed|ing)? to (?:come|be) from|spoof(?:ed|ing)?|"
    r"hen rif|ar waith bellach|ddim yn gweithio|mwyach)\b",
    re.IGNORECASE,
)
# "... That number was never ours": a sentence that speaks of the number in the one before
_OF_THAT_NUMBER = re.compile(
    r"[\s;.!)]{0,4}(?:(?:that|this|the|the old|it|neither) (?:number|line)\b|it (?:is|was|has)\b|"
    r"we (?:have |had |do |did )?(?:never|not|no longer) (?:use|used|own|owned) (?:it|that"
    r"|this)\b)",
    re.IGNORECASE,
)
_IN_USE_NOW = re.compile(
    r"(?:\b(?:is now|are now|now (?:ring|call|use|on)|changed to|replaced by|instead (?:ring|"
    r"call|use)|"
    r"(?<!not )(?<!n't )(?<!n\u2019t )(?:ring|call|use|dial))|\d\)?\s?to)\W{0,4}$",
    re.IGNORECASE,
)
_NEXT_NUMBER = re.compile(r"\(?0\d[\d ()-]{6}")
_CLAUSE = re.compile(r"[.;!?\n](?=\s|$)|\n")
_GATE = re.compile(r"\d[\d\s().\u2013-]{7,}\d")
_FIRST_GROUPS = {  # how many digits the first group may have, by the digit after the 0
    "1": {4, 5, 6, 10, 11},
    "2": {3, 4, 5, 6, 11},
    "3": {4, 5, 11},
    "5": {4, 5, 11},
    "7": {3, 4, 5, 6, 11},
    "8": {3, 4, 5, 7, 8, 10, 11},
    "9": {4, 5, 11},
}
_LENGTHS = {  # how many digits there are in all, the 0 counted
    "1": {10, 11},
    "2": {11},
    "3": {11},
    "5": {10, 11},
    "7": {11},
    "8": {8, 10, 11},
    "9": {11},
}


def find_phones(text: str, kind: str | None = None) -> list[Phone]:
    """Find the telephone numbers in a text, in order.

    Args:
        text: one cell, line or paragraph; e-mail and web addresses should be blanked out before.
        kind: what a column head or label over the text calls its numbers, if anything does. Words
            beside a number win over it.

    >>> find_phones("Fax: 0113 496 0303 ext. 12")[0].number
    '+441134960303;ext=12'
    """
    if not _GATE.search(text):
        return []
    return list(_phones(text, kind))


def _phones(text: str, kind: str | None) -> Iterator[Phone]:
    previous: Phone | None = None
    for match in _CANDIDATE.finditer(text):
        start, end = match.start(), match.end()
        number = _e164(match.group())
        if (
            number is None
            or _NOT_A_PHONE.search(text[max(0, start - 40) : start])
            or _REFERENCE_START.search(text[max(0, start - 8) : start])
        ):
            continue
        if match.group().startswith("(") and ")" not in match.group():
            start += 1
        gap_start = previous.end if previous else 0
        called, labelled = _kind(text, gap_start, start, end, previous, kind)
        extension = _EXTENSION.match(text, end)
        if extension:
            end = extension.end() - extension.group().endswith(")")
            number += f";ext={extension.group(1)}"
        previous = Phone(start, end, number, called, labelled)
        if called == "pager" or _is_out_of_use(text, start, end):
            continue
        yield previous
        while not extension and (other := _OTHER_ENDING.match(text, end)):
            ending = other.group(1) or other.group(2)
            digits = re.sub(r"\s", "", ending)
            number = number[: -len(digits)] + digits
            end = other.end()
            previous = Phone(end - len(ending), end, number, called, labelled)
            yield previous


def _e164(printed: str) -> str | None:
    """Read a printed number; None when its digits and groups fit no UK number."""
    national_zero = "" if printed.lstrip("( ").startswith(("+", "00")) else "0"
    bare = printed.replace("(0)", national_zero).replace("( 0 )", national_zero)
    groups = re.findall(r"\d+", bare)
    digits = "".join(groups)
    if printed.lstrip("( ").startswith(("+", "00")):
        national = "0" + digits.removeprefix("00").removeprefix("44")
        first_group = None
    else:
        national = digits
        first_group = len(groups[0])
    if len(national) < 2 or len(national) not in _LENGTHS.get(national[1], ()):
        return None
    if first_group is not None:
        if first_group not in _FIRST_GROUPS[national[1]] or any(len(group) < 2 for group in groups):
            return None
        if len(national) == 8 and national[:4] not in {"0800", "0845"}:
            return None
    return "+44" + national[1:]


def _kind(
    text: str, gap_start: int, start: int, end: int, previous: Phone | None, given: str | None
) -> tuple[str, bool]:
    """Say what the words around a number call it, and whether any did."""
    if after := _LABEL_AFTER.match(text, end):
        return _called(after), True
    gap = text[max(gap_start, start - 80) : start]
    if "\n" in gap and previous:
        gap = gap[gap.rindex("\n") :]
    labels = list(_LABEL.finditer(gap))
    if labels:
        return _called(labels[-1]), True
    if previous and re.fullmatch(r"[ ,;/&()]*(?:or|and|a)?[ ,;/&()]*", text[previous.end : start]):
        return previous.kind, previous.labelled
    return (given or "phone"), given is not None


def _called(match: re.Match[str]) -> str:
    name = match.lastgroup or "phone"
    return "phone+fax" if name == "both" else name


def _is_out_of_use(text: str, start: int, end: int) -> bool:
    """Whether the clause around a number says that it is dead."""
    before = text[max(0, start - 120) : start]
    for boundary in _CLAUSE.finditer(before):
        before = text[max(0, start - 120) + boundary.end() : start]
    after = text[end : end + 100]
    boundary_after = _CLAUSE.search(after)
    after = after[: boundary_after.start()] if boundary_after else after
    rest = text[end + len(after) : end + len(after) + 120]
    if boundary_after and _OF_THAT_NUMBER.match(rest):
        follow = _CLAUSE.search(rest, 2)
        after += rest[: follow.start()] if follow else rest
    next_number = _NEXT_NUMBER.search(after)
    after = after[: next_number.start()] if next_number else after
    if _IN_USE_NOW.search(before):
        return False
    return bool(_OUT_OF_USE.search(before[-60:]) or _OUT_OF_USE.search(after))
