"""Contacts in running text: whom a sentence says to reach, and how."""

import re
from collections.abc import Sequence

from extract.document import Links
from extract.facts.lines import (
    Resolve,
    Token,
    addressed_in,
    has_points,
    points_of,
    without_instruction,
)
from extract.facts.names import is_organisation, is_person, is_role, is_unit, kind_of_name
from extract.facts.observations import PROSE, quote
from extract.facts.pieces import Piece
from extract.facts.postcodes import find_postcodes

__all__ = ["read_holder", "read_prose", "says_gone", "sentences_of"]

_SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bTel)(?<!\bs)(?<!\bss)(?<!\bSch)(?<!\b[A-Z])"
    r"[.!?]['\u2019”\")]?\s+(?=[\"'\u2018“(]?[^\W\d_a-z])|\n"
)
_CAPITALISED = re.compile(
    r"[^\W\d_a-z][\w'\u2019.-]*(?:,?\s(?:(?:and|of|for|the|&|de|van|"
    r"on)\s){0,2}[^\W\d_a-z][\w'\u2019.-]*){0,9}"
)
_LEFT = re.compile(  # an address where nobody is any more
    r"\b(?:moved (?:out )?(?:from|of)|(?:we|they|it|staff) (?:have |has )?(?:now )?left"
    r"|formerly (?:at|of|in)|"
    r"previously (?:at|in|based)|used to be (?:at|in|based)|(?:not|never) write to|no longer "
    r"(?:at|based|in))\b",
    re.IGNORECASE,
)
_OF_WHAT = re.compile(r",\s|\s(?:of|from|in|at) (?:the |our )?")
_PRONOUN = re.compile(
    r"(?:He|She|They|His|Her|Their)\b|(?:You can |Please )?\w+ (?:him|her|them)\b"
)
_LABEL_FIRST = re.compile(
    r"(?:tel(?:ephone)?|phone|fax|e-?mail|mobile|ring|call|write|ffôn|e-?bost)\b", re.IGNORECASE
)
_HOLDER = re.compile(
    r"(?:The |Our |Your )?(?:[^\W\d_][\w -]{0,40}['\u2019]s? )?(?:the )?(?P<role>[^\W\d_][\w "
    r"-]{2,60}?)"
    r" is (?P<person>[^\W\d_a-z][\w'\u2019. -]{3,50}?)\.?"
)
_CUE = re.compile(
    r"\b(?:contact|reach|through|tell|inform|see|meet|ring|call|phone|telephone|e-?mail|mail"
    r"|write to|speak to|talk to|ask for|from|"
    r"with|is|"
    r"are|by|via|or|and|to|team)\s*$",
    re.IGNORECASE,
)
_ROLE_BEFORE = re.compile(
    r"\b(?:[Tt]he|[Oo]ur|[Ii]ts|[Yy]our|[Tt]heir|[Hh]is|[Hh]er"
    r"|[Aa])\s([^\W\d_][^\W\d_ -]{2,20}(?:[ -][^\W\d_]{2,20}){0,5}),?\s*$"
)
_ROLE_AFTER = re.compile(
    r"^\s?[,(]\s?(?:the |our |its )?([^\W\d_][\w\u2019' -]{3,60}?)(?=[,)]|\s(?:on|at|by|via|for|"
    r"who|tel)\b)"
)
_LEAD_IN = re.compile(
    r"^.*\b(?:to|at|is|through|via|address|from|to the|at the|in the|of the)\s"
    r"(?=(?:the )?[^\W_a-z])|^.*:\s"
)
_POSSESSIVE = re.compile(r"['\u2019]s? ")
_COMMA_SPACE = re.compile(r",\s")
_COMMA = re.compile(r"\s?[,\n]\s?")
_PLACE_PART = re.compile(
    r"(?:\d{1,5}(?:st|nd|rd|th|[a-z])?(?:[-\u2013/]\d{1,5})?|[^\W\d_a-z][\w'\u2019.-]*)(?: "
    r"(?:(?:and|of|the|upon|on|in|le|by|next) ){0,2}[^\W_a-z][\w'\u2019.-]*){0,6}"
)
_BOX = re.compile(r"P\.?\s?O\.?\s?Box\b", re.IGNORECASE)
_ADDRESS_PARTS = 7
_LONGEST_SENTENCE = 4000  # characters; a longer one is a list without full stops, and cut


def sentences_of(piece: Piece) -> list[Piece]:
    """Part running text into sentences; none is longer than people write them."""
    sentences = []
    at = 0
    for end in (*(match.end() for match in _SENTENCE_END.finditer(piece.text)), len(piece.text)):
        while end - at > _LONGEST_SENTENCE:
            longest = at + _LONGEST_SENTENCE
            stop = piece.text.rfind(" ", at, longest) + 1 or longest
            sentences.append(piece.cut(at, stop).strip(" \n\t"))
            at = stop
        sentences.append(piece.cut(at, end).strip(" \n\t"))
        at = end
    return [sentence for sentence in sentences if sentence]


def read_prose(piece: Piece, links: Links, resolve: Resolve) -> list[Token]:
    """Read a paragraph: the means of contact in it, and who is named beside them."""
    if not has_points(piece.text, links) and not find_postcodes(piece.text):
        return []
    tokens: list[Token] = []
    before: Piece | None = None
    for sentence in sentences_of(piece):
        inside = Links(links.within(sentence.start, sentence.end))
        points, _ = points_of(sentence, inside, resolve, confidence=PROSE)
        points = [token for token in points if token.field != "website"]
        address = _address(sentence)
        if points or address:
            names = _names(sentence, [*points, *address], inside)
            if says_gone(sentence.text):
                address = []
            if names and tokens:
                first = min(names, key=lambda token: token.quote.start or 0)
                names = [token._replace(opens=True) if token is first else token for token in names]
            if before and not _names_somebody(names):
                if _PRONOUN.match(sentence.text):
                    names = [*_introduced(before), *names]  # "Mr Lee will. He is on ..."
                elif not tokens and _LABEL_FIRST.match(sentence.text):
                    names = [*read_holder(before), *names]  # "The clerk is Ann Lee. Tel. ..."
            tokens += sorted([*names, *address, *points], key=lambda token: token.quote.start or 0)
        before = sentence
    return tokens


def read_holder(piece: Piece) -> list[Token]:
    """Read "The co-ordinator is Ann Lee.": who holds a post, and nothing else.

    The means of contact may stand in the lines after it.
    """
    match = _HOLDER.fullmatch(piece.text)
    if match is None:
        return []
    role, person = piece.cut(*match.span("role")), piece.cut(*match.span("person"))
    if not (is_role(role.text) and is_person(person.text)):
        return []
    return [
        Token("role", quote(role, "prose", PROSE)),
        Token("person", quote(person, "prose", PROSE)),
    ]


def says_gone(text: str) -> bool:
    """Whether a text says of an address that nobody is there any more."""
    return _LEFT.search(text) is not None


def _names_somebody(names: Sequence[Token]) -> bool:
    return any(token.field == "person" for token in names)


def _introduced(sentence: Piece) -> list[Token]:
    """Whom a sentence without any means of contact speaks of, and of which unit."""
    tokens: list[Token] = []
    for match in _CAPITALISED.finditer(sentence.text):
        for part in sentence.cut(*match.span()).split(_OF_WHAT):
            bare = without_instruction(part.strip(" ,."))
            kind = "person" if is_person(bare.text) else "unit" if is_unit(bare.text) else None
            if kind and not any(token.field == kind for token in tokens):
                tokens.append(Token(kind, quote(bare, "prose", PROSE)))
    return tokens if _names_somebody(tokens) else []


def _names(sentence: Piece, points: Sequence[Token], links: Links) -> list[Token]:
    """Find who is named in a sentence that holds a means of contact."""
    taken = [(token.quote.start or 0, token.quote.end or 0) for token in points]
    tokens: list[Token] = []
    for match in _CAPITALISED.finditer(sentence.text):
        run = sentence.cut(match.start(), match.end()).strip(" ,.")
        if any(start < run.end and run.start < end for start, end in taken):
            continue
        before = sentence.text[: run.start - sentence.start]
        after = sentence.text[run.end - sentence.start :]
        if person := _person(run, before, after, taken):
            if known := _ROLE_BEFORE.search(before[-100:]):
                offset = max(len(before) - 100, 0)
                role = sentence.cut(offset + known.start(1), offset + known.end(1))
                if is_role(role.text):
                    tokens.append(Token("role", quote(role, "prose", PROSE)))
            elif post := _post_in(run, person):
                tokens.append(Token("role", quote(post, "prose", PROSE)))
            tokens.append(Token("person", quote(person, "prose", PROSE)))
            for part in Piece(run.text[person.end - run.start :], person.end).split(_OF_WHAT):
                kind = kind_of_name(part.text)
                if kind == "unit" or kind == "organisation":
                    tokens.append(Token(kind, quote(part, "prose", PROSE)))
            rest = sentence.text[person.end - sentence.start :]
            if known := _ROLE_AFTER.match(rest[:90]):
                at = person.end - sentence.start
                role = sentence.cut(at + known.start(1), at + known.end(1))
                if is_role(role.text):
                    tokens.append(Token("role", quote(role, "prose", PROSE)))
            continue
        pieces = run.split(_COMMA_SPACE)
        for part in [each for held in pieces for each in _owner_and_unit(held)]:
            bare = without_instruction(part)
            kind = "unit" if is_unit(bare.text) else None
            kind = kind or ("organisation" if is_organisation(bare.text) else None)
            kind = kind or ("partnership" if kind_of_name(bare.text) == "partnership" else None)
            if kind and kind != "partnership":
                tokens.append(Token(kind, quote(bare, "prose", PROSE)))
    starts = {token.quote.start for token in tokens}
    addressed = addressed_in(sentence, links)
    return tokens + [token for token in addressed if token.quote.start not in starts]


def _owner_and_unit(part: Piece) -> list[Piece]:
    """Part "the Welsh Office's Crime Reduction Unit" into whose unit it is, and the unit."""
    if match := _POSSESSIVE.search(part.text):
        owner, unit = part.cut(0, match.start()), part.cut(match.end())
        if is_organisation(owner.text) and is_unit(unit.text):
            return [owner, unit]
    return [part]


def _post_in(run: Piece, person: Piece) -> Piece | None:
    """The post that stands before a name in one run of words written large: "Our Adviser, ..."."""
    before = run.cut(0, person.start - run.start).strip(" ,")
    if match := re.match(r"(?:The|Our|Its|Your|Their) ", before.text):
        before = before.cut(match.end())
    return before if before and is_role(before.text) else None


def _person(run: Piece, before: str, after: str, taken: Sequence[tuple[int, int]]) -> Piece | None:
    """Take a person's name out of capitalised words, if something beside them says it is one."""
    parts = run.split(re.compile(r",\s"))
    if not any(is_person(without_instruction(part).text) for part in parts):
        parts = run.split(_OF_WHAT)[:1]  # "Ann Lee of the Partnerships Branch"
    for part in parts:
        bare = without_instruction(part)
        if not is_person(bare.text):
            continue
        distance = min(
            (abs(start - bare.end) for start, _ in taken if start >= bare.end), default=999
        )
        cued = bare.start > part.start or _CUE.search(before) is not None
        if cued or distance <= 40 or (distance <= 120 and _ROLE_AFTER.match(after[:90])):
            return bare
    return None


def _address(sentence: Piece) -> list[Token]:
    """Walk back from a postcode over the parts of an address written in a sentence."""
    codes = find_postcodes(sentence.text)
    if not codes:
        return []
    code = codes[0]
    parts = sentence.cut(0, code.start).split(_COMMA)
    lines: list[Piece] = []
    for part in reversed(parts[-_ADDRESS_PARTS:]):
        if _PLACE_PART.fullmatch(part.text):
            lines.append(part)
            continue
        if match := _LEAD_IN.match(part.text):
            tail = part.cut(match.end()).strip()
            tail = tail.cut(4) if tail.text.startswith("the ") else tail
            if _PLACE_PART.fullmatch(tail.text):
                lines.append(tail)
        break
    tokens: list[Token] = []
    lines = [each for line in reversed(lines) for each in _owner_and_unit(line)]
    box = next((at for at, line in enumerate(lines) if _BOX.match(line.text)), 0)
    for at, line in enumerate(lines):
        kind = kind_of_name(line.text)
        if at < box and kind in {None, "address"} and not any(map(str.isdigit, line.text)):
            kind = "organisation" if at == box - 1 else "unit"  # who has the box, no place
        named = kind in {"organisation", "unit", "person", "role"} and not any(
            token.field in {kind, "address"} for token in tokens
        )
        tokens.append(
            Token(kind if named and kind else "address", quote(line, "prose address", PROSE))
        )
    printed = sentence.cut(code.start, code.end)
    return [*tokens, Token("postcode", quote(printed, "prose address", PROSE, code.code))]
