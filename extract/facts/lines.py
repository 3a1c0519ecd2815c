"""Lines to tokens: the labelled and unlabelled values that one line of a directory holds.

A token is a value with the field it seems to fill. Which record it goes to is not decided here.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from extract.document import Link, Links
from extract.facts.emails import emails_of_href, find_emails
from extract.facts.names import (
    is_any_officer,
    is_blank_value,
    is_general_heading,
    is_person,
    is_role,
    kind_of_name,
)
from extract.facts.observations import (
    ADDRESS_BLOCK,
    DISGUISED,
    LABEL_ABOVE,
    LABELLED,
    PROSE,
    Quote,
    quote,
)
from extract.facts.phones import find_phones
from extract.facts.pieces import Piece
from extract.facts.postcodes import find_postcodes
from extract.facts.websites import find_websites, is_website_text
from extract.hints import places_like, places_of
from extract.labels import POINT_FIELDS, field_of
from extract.reference.places import is_area, region_of

__all__ = [
    "INSTRUCTION",
    "NAMING",
    "POINTS",
    "Resolve",
    "Token",
    "addressed_in",
    "has_points",
    "is_prose",
    "point_places",
    "points_of",
    "read_line",
    "read_value",
    "without_instruction",
]

Resolve = Callable[[str], str | None]  # a link as written -> its absolute URL

POINTS = frozenset({"phone", "fax", "textphone", "email", "website"})
INSTRUCTION = "instruction"  # the rule of a name found after "e-mail the"
NAMING = frozenset({"person", "role", "unit", "organisation"})

_HOLDERS = frozenset({"person", "role", "unit", "organisation", "partnership"})
_POINT_GATE = re.compile(
    r"@|(?<![\d.,/])[(+]?0[\d\s()+.\u2013-]{7,20}\d|\+44|www\.|https?:/|[\[({]at\b|\b(?:dot|DOT)\b"
    r"|\bat [\w.-]{1,60}\.(?:uk|org|com)\b"
)
# The same, taken apart: each expression begins with letters, for which a long text is searched
# many times faster than for alternatives.
_POINT_SIGNS = ("@", "+44", "www.", "http:/", "https:/")
_POINT_HINTS = (
    re.compile(r"0(?<![\d.,/]0)[\d\s()+.\u2013-]{7,20}\d"),
    re.compile(r"at\b(?<=[\[({]at)"),
    re.compile(r"dot\b(?<=\bdot)"),
    re.compile(r"DOT\b(?<=\bDOT)"),
    re.compile(r"at (?<=\bat )[\w.-]{1,60}\.(?:uk|org|com)\b"),
)
_LEADING_LABEL = re.compile(r"(?:(?:Postal |Our |Office )?[Aa]ddress|Cyfeiriad|Post)\s(?=[A-Z\d])")
_OLD_LABEL = re.compile(r"\b(?:old|former|previous|disused)\b", re.IGNORECASE)  # of no use now
_NO_DESK = re.compile(
    r"\b(?:ref(?:erence)?|no|number|isbn|issn|charity|company|registration|registered|vat|account|code|"
    r"case|invoice|order|date|time|hours|open|opening|closed|mon|tues?|wed|thurs?|fri|sat|sun|weekdays?|"
    r"weekends?|emergenc\w+|example|note|nb|and|or|from|to|at|if|for|note|twitter|facebook|cost|price|fee|"
    r"old|former|formerly|previous)\b",
    re.IGNORECASE,
)
_POINT_FIRST = re.compile(r"\s?(?:[(+]?0[\d ().-]{7}|\+44|[\w.'-]{1,40}@)")
_ASKING = re.compile(
    r"\b(?:contact|call|ring|e-?mail|telephone|phone|speak to|write to|ask for) (?:the )?(?=[A-Z])"
)
_LONGEST_LABEL = 110  # characters before a colon in which a label is looked for
_SAYS_MAIL = re.compile(  # the text of a link that names nobody
    r"(?:e-?mail|mail|write|contact|send|message)(?:\s(?:us|me|them|him|her|here|now|to|an?|the|message|"
    r"e-?mail|address|link)){0,4}|e-?bost(?:iwch)?(?:\s(?:ni|ato))?",
    re.IGNORECASE,
)
_ANY_WORD = re.compile(r"\S+")
_LONGEST_POST = 80  # characters of a line that names a post and its holder
_POST_WORDS = 4
_ASKED_FOR = re.compile(
    r"(?:please )?(?:contact|ring|call|phone|telephone|ask for|speak to|write to|e-?mail|"
    r"cysylltwch â|ffoniwch) (?=[A-Z])",
    re.IGNORECASE,
)
_AT = re.compile(r"\s(?:at|of|from|in|with)\s(?:the )?(?=[A-Z][\w'\u2019-]* )")
_NEXT_SENTENCE = re.compile(r"(?<!\bSt)(?<!\b[A-Z])\.\s+(?=[A-Z])")
_LINE_BREAKS = re.compile(r"\n+")
_COMMAS = re.compile(r"\s?[,;|\n•·]\s?|\s[-\u2013\u2014]\s|\t")
_DASH_LABEL = re.compile(r"^([^\W\d_][\w .'\u2019/-]{0,30}?)\s[-\u2013\u2014]\s")
_BRACKET = re.compile(r"\(([^()]{1,80})\)|\[([^\[\]]{1,80})\]")
_LEFT_OVER = re.compile(
    r"^(?:(?:or|and|on|at|by|via|tel|t|f|e|w|fax|phone|telephone|e-?mail|web|website|mobile|mob|"
    r"direct line|ffôn|ffacs|e-bost|gwefan|minicom|textphone|postcode|out of hours|the|is|address|"
    r"cyfeiriad|send|an|mail|us)\b|\W)+$",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:(?:based (?:at|in|with)|"
    r"visit|come to|call in at|please|or|then|and|to|for|contact|ring|call|phone|telephone"
    r"|e-?mail|write to|write|ask|"
    r"speak to|tell|inform|let|talk to|the|our|your|chair|secretary|ysgrifennwch at|neu"
    r"|ffoniwch|e-?bostiwch|cysylltwch "
    r"â)\s+)+",
    re.IGNORECASE,
)
# E-mail the community safety unit; ask the duty officer on ...
_ADDRESSED = re.compile(
    r"\b(?:e-?mail|contact|write to|ring|call|phone|telephone|ask(?: for)?|speak to|talk to|"
    r"get in touch with|enquiries to)\s(?:the|our)\s"
    r"(?P<name>[^\W\d_][\w'\u2019&-]*(?: [\w'\u2019&-]+){1,7}?)"
    r"(?=\s(?:on|at|by|via|for|if|to|about|or|direct|directly)\b|\s?[,.;:()\n]|$)",
    re.IGNORECASE,
)
# The press desk can be reached at ...; our duty team answers on ...
_ANSWERING = re.compile(
    r"(?<![\w,] )\b(?:The|Our)\s(?P<name>[^\W\d_][\w'\u2019&-]*(?: [\w'\u2019&-]+){1,6}?)\s"
    r"(?:(?:can|may) (?:also )?be (?:reached|contacted|rung|called|e-?mailed|telephoned|phoned)|"
    r"answers (?:on|at)|takes calls on|(?:is|are) (?:now )?(?:on|at)(?= [\d(+]))"
)
_IS_EXAMPLE = re.compile(
    r"\b(?:for example|for instance|e\.?g\.?|such as)[:,]?\W{0,3}$", re.IGNORECASE
)
_NO_LINKS = Links()
_EXAMPLE_WORDS = 20  # characters that "for instance" takes, with what parts it from the example
_CONTACT_OF = re.compile(r"(?<=\w)['\u2019s]{0,2} contacts?$")  # "Home Office contact: ..."
_POLICE = re.compile(
    r"[^\W\d_a-z][\w'\u2019& -]{2,40} (?:Police|Constabulary)(?: Service)?|Heddlu [\w' -]{3,40}"
)
_CARE_OF = re.compile(r"(?:c/o|care of|d/o)\s", re.IGNORECASE)
_TRAILING_WORDS = re.compile(r"(?:\s(?:on|at|by|via|or|direct|directly))+$")
_WORD_LABEL = re.compile(
    r"^(formerly|previously|replaces|merged from|merger of|covers|covering)\s(?:the )?(?=[A-Z])",
    re.IGNORECASE,
)
_FUNCTION_WORD = re.compile(
    r"\b(?:the|is|are|to|[Pp]lease|[Yy]ou|your|can|[Ww]e|our|or|[Ii]f|through|will|be|has|have|this|that|with|who|"
    r"which|may|"
    r"should|about|from|by|their|they|been|was|were|it|its|ask|any|further|a|an)\b"
)


class Token(NamedTuple):
    """A value, the field it seems to fill, and whether it is the first thing on its line.

    Besides fields of records, `field` may be "line": text that fits nothing by itself.
    """

    field: str
    quote: Quote
    opens: bool = False


def has_points(text: str, links: Links = _NO_LINKS) -> bool:
    """Whether a text can hold a means of contact at all: a cheap gate."""
    return links.mails or _POINT_GATE.search(text) is not None


def point_places(text: str) -> list[int]:
    """Where in a text a means of contact may start."""
    return [*places_of(text, _POINT_SIGNS), *places_like(text, _POINT_HINTS)]


def is_prose(text: str) -> bool:
    """Tell running text from a line of a directory, by its function words."""
    words = len(text.split())
    if words < 6:
        return False
    function_words = len(_FUNCTION_WORD.findall(text))
    return function_words >= 3 or (function_words >= 2 and text.endswith((".", "?", "!")))


def points_of(
    piece: Piece,
    links: Links,
    resolve: Resolve,
    *,
    kind: str | None = None,
    confidence: float | None = None,
) -> tuple[list[Token], str]:
    """Find the means of contact in a piece, in order.

    Returns:
        The tokens, and the text with each of them blanked out, offsets unchanged.
    """
    tokens: list[tuple[int, Token]] = []
    text = piece.text
    rule = "labelled" if kind else "beside"
    sure = confidence or (LABELLED if kind else LABEL_ABOVE)

    def note(field: str, start: int, end: int, value: str, rule: str, confidence: float) -> None:
        held = quote(piece.cut(start, end), rule, confidence, value)
        tokens.append((start, Token(field, held)))

    found: list[tuple[int, int]] = []  # to be blanked out
    for email in find_emails(text):
        how, certain = ("disguised", DISGUISED) if email.disguised else (rule, sure)
        if not _is_example(text, email.start):
            note("email", email.start, email.end, email.address, how, certain)
        found.append((email.start, email.end))
    for link in links.within(piece.start, piece.end) if links else ():
        at = link.start - piece.start
        for address in emails_of_href(link.href):
            held = Quote(link.href, address, link.start, link.end, "href", "mailto", LABELLED)
            tokens.append((at, Token("email", held)))
            if _SAYS_MAIL.fullmatch(link.text):
                found.append((at, at + link.end - link.start))
        if link.href[:4].lower() == "tel:" and not find_phones(link.text):
            for phone in find_phones(link.href[4:]):
                held = Quote(link.href, phone.number, link.start, link.end, "href", "tel", LABELLED)
                tokens.append((at, Token("phone", held)))
        named_web = kind == "website" or is_website_text(link.text) or _shows_itself(link)
        if named_web and (url := resolve(link.href)) and url[:4].lower() == "http":
            how = "labelled" if kind else "web link"
            held = Quote(link.href, url, link.start, link.end, "href", how, sure)
            tokens.append((at, Token("website", held)))
            found.append((at, at + link.end - link.start))
    blanked = _blank(text, found)
    for website in find_websites(blanked, bare=kind == "website"):
        note("website", website.start, website.end, website.url, rule, sure)
        found.append((website.start, website.end))
    blanked = _blank(text, found)
    phone_kind = kind if kind in {"phone", "fax", "textphone", "phone+fax"} else None
    for phone in find_phones(blanked, phone_kind):
        if _is_example(blanked, phone.start):
            continue
        certain = LABELLED if phone.labelled and not confidence else sure
        for field in phone.kind.split("+"):
            note(field, phone.start, phone.end, phone.number, rule, certain)
        found.append((phone.start, phone.end))
    if len(tokens) > 1:
        tokens.sort(key=lambda each: each[0])
    return [token for _, token in tokens], _blank(text, found)


def _shows_itself(link: Link) -> bool:
    """Whether the text of a link is the address it leads to, with or without its scheme."""
    shown, _, led = link.text.strip().rstrip("/"), *link.href.partition("//")[1:]
    return "." in shown and " " not in shown and led.rstrip("/").lower() == shown.lower()


def without_instruction(piece: Piece) -> Piece:
    """Take an instruction off the beginning: "Contact Jane Farrow", "Please ring the ..."."""
    match = _INSTRUCTION.match(piece.text)
    return piece.cut(match.end()) if match else piece


def addressed_in(piece: Piece, links: Links) -> list[Token]:
    """Find the units and posts that a text says to write to or ring; a unit may be written small.

    Either the words say so ("ring the data desk") or a link that opens a mail to them does.
    "E-mail the co-ordinator" says no more than that it is the co-ordinator's mailbox.
    """
    names = [
        piece.cut(*match.span("name"))
        for pattern in (_ADDRESSED, _ANSWERING)
        for match in pattern.finditer(piece.text)
    ]
    for link in links.within(piece.start, piece.end):
        if link.href[:7].lower() == "mailto:" and link.start < link.end:
            names.append(_without_article(Piece(link.text, link.start)))
    tokens: list[Token] = []
    for name in names:
        titled = name.text if name.text[0].isupper() else _titled(name.text)
        if name.text.lower().startswith(("local ", "nearest ", "relevant ")):
            continue
        field = kind_of_name(titled)
        if field != "unit" and not (field == "role" and name.text == titled):
            continue
        if not any(token.quote.start == name.start for token in tokens):
            tokens.append(Token(field, quote(name, INSTRUCTION, PROSE, titled)))
    return tokens


def _without_article(piece: Piece) -> Piece:
    match = re.match(r"(?:the|our)\s", piece.text, re.IGNORECASE)
    return piece.cut(match.end()) if match else piece


def _titled(name: str) -> str:
    """Write a name large: "community safety unit" is the Community Safety Unit."""
    small = {"of", "for", "and", "the", "in", "on", "to", "a"}
    return " ".join(
        word if word in small and number else word[0].upper() + word[1:]
        for number, word in enumerate(name.split())
    )


def _is_example(text: str, at: int) -> bool:
    """Whether the words before a place say that an example follows."""
    return _IS_EXAMPLE.search(text[max(0, at - _EXAMPLE_WORDS) : at]) is not None


def _blank(text: str, places: list[tuple[int, int]]) -> str:
    if not places:
        return text
    pieces = []
    at = 0
    for start, end in sorted(places):
        if end > at:
            pieces += [text[at:start], "\n" * (end - max(start, at))]
            at = end
    return "".join([*pieces, text[at:]])


def read_line(
    piece: Piece, links: Links, resolve: Resolve, *, label: str | None = None
) -> list[Token]:
    """Read one line: its labelled parts by their labels, the rest by what it looks like.

    Args:
        piece: the line; it may hold several labels ("Tel: ... Fax: ...").
        links: the links of its block.
        resolve: turns a link as written into an absolute URL.
        label: the field named by a label on the line above, for what comes before any label.
    """
    tokens: list[Token] = []
    segments = _segments(piece)
    for field, label_piece, value in segments:
        opening = not tokens
        if field is None and label is not None and opening:
            found = read_value(label, value, links, resolve, confidence=LABEL_ABOVE)
        elif field is None or label_piece is None:
            found = _read_unlabelled(value, links, resolve)
            if len(segments) > 1 and segments[-1][2] is not value:
                found = [token for token in found if token.field != "line"]  # "For all of them"
        elif field in _HOLDERS and field_of(label_piece.text) is None:
            if tail := _CONTACT_OF.search(label_piece.text):
                label_piece = label_piece.cut(0, tail.start())
            sure = LABELLED if kind_of_name(label_piece.text) == field else ADDRESS_BLOCK
            found = [Token(field, quote(label_piece, "label", sure))]
            if field == "role":
                found += read_value("person", value, links, resolve)
            else:
                named = _read_unlabelled(value, links, resolve)
                if any(token.field == field for token in named):
                    found = []  # "Regional team: North West Crime Reduction Team, ..."
                found += named
        else:
            found = []
            values = read_value(field, value, links, resolve)
            stated = any(token.field == "role" for token in values)
            if (
                field == "person"
                and is_role(label_piece.text)
                and not (stated and is_any_officer(label_piece.text))
            ):
                found.append(Token("role", quote(label_piece, "label", LABELLED)))
            found += values
        if opening and found:
            found[0] = Token(found[0].field, found[0].quote, opens=True)
        tokens += found
    return tokens


def _segments(piece: Piece) -> list[tuple[str | None, Piece | None, Piece]]:
    """Part a line at its labels: (field, label, value), the field None before the first label."""
    text = piece.text
    segments: list[tuple[str | None, Piece | None, Piece]] = []
    field: str | None = None
    label: Piece | None = None
    start = 0
    match = _WORD_LABEL.match(text) or _DASH_LABEL.match(text)
    named = field_of(match.group(1)) if match else None
    if named == "partnership" and match and match.group(1)[-1:] in "sS":
        named = None  # "Partnerships - a list of them" names none
    if match and named and (match.re is _WORD_LABEL or named not in {"area", "date"}):
        field, label, start = named, piece.cut(0, match.end(1)), match.end()
    if field is None and (opening := _LEADING_LABEL.match(text)) and find_postcodes(text):
        field, label, start = "address", piece.cut(0, opening.end()).strip(), opening.end()
    elif field is None and (length := _leading_post(text)):
        field, label, start = "person", piece.cut(0, length), length
    at = text.find(":", start)
    while at >= 0:
        if not (
            text[at + 1 : at + 3] == "//"
            or (text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit())
        ):
            named, label_start = _label_before(text, start, at)
            if named:
                value = piece.cut(start, label_start).strip()
                if field and text[label_start - 1 : label_start] == ".":
                    value = value.strip(" .")
                segments.append((field, label, value))
                field, label, start = named, piece.cut(label_start, at).strip(), at + 1
                if named == "any":
                    field, label = None, None
        at = text.find(":", at + 1)
    segments.append((field, label, piece.cut(start).strip()))
    return [segment for segment in segments if segment[1] or segment[2]]


def _leading_post(text: str) -> int:
    """How long the post is that a line opens with, its holder's name and no more behind it.

    "Chair Isolde Skelmer" names two things with nothing in between but, in the page, emphasis.
    """
    if len(text) > _LONGEST_POST or ":" in text:
        return 0
    words = list(_ANY_WORD.finditer(text))
    for number in range(1, min(len(words) - 1, _POST_WORDS + 1)):
        at = words[number].start()
        if is_role(text[:at].strip()) and is_person(text[at:]):
            return at
    return 0


def _label_before(text: str, start: int, colon: int) -> tuple[str | None, int]:
    """Find the label that ends at a colon: its field and where it starts.

    A label may follow other words without a break ("Ann Lee Tel: ...") only when it names a means
    of contact. What opens a line and is a name itself labels what follows with it.
    """
    base = max(start, colon - _LONGEST_LABEL)
    tail = text[base:colon]
    tail = tail[max(tail.rfind(mark) for mark in ",;|()\n") + 1 :]
    base = colon - len(tail)
    words = list(re.finditer(r"\S+", tail))
    if not words:
        return None, 0
    first = base + words[0].start()
    whole = text[first:colon].strip()
    if named := field_of(whole):
        return ("date" if _OLD_LABEL.search(whole) else named), first
    stop = tail.rfind(". ")
    if stop >= 0:  # "Region: ... . Council: ..."
        last = tail[stop + 2 :]
        named = field_of(last) or (kind_of_name(last) if len(last) < _LONGEST_POST else None)
        if named and (named == "role" or field_of(last)):
            return named, base + stop + 1
    if not text[start:first].strip(" ,;|.()\n") and len(words) <= 10:
        kind = kind_of_name(whole)
        stop = max(whole.rfind("? "), whole.rfind("! "))
        if kind is None and stop > 0:  # "Mistakes? Tell ..."
            first, whole = first + stop + 2, whole[stop + 2 :]
        if kind is None and (asked := _INSTRUCTION.match(whole)) and is_role(whole[asked.end() :]):
            return "role", first + asked.end()  # "Tell the librarian: Ann Lee"
        if kind in _HOLDERS:
            return kind, first
        if len(words) <= 4 and whole[0].isupper() and (region_of(whole) or is_area(whole)):
            return "any", first
        if kind is None and _is_desk(whole, text[colon + 1 : colon + 40]):
            return "unit", first
    for word in words[-3:]:
        named = field_of(tail[word.start() :])
        if named in POINT_FIELDS or named in {"address", "postcode"}:
            old = _OLD_LABEL.search(tail[: word.start()])
            return ("date" if old else named), base + word.start()
    return None, 0


def _is_desk(label: str, value: str) -> bool:
    """Whether a label that names no field says whose the number right behind it is: "Newsdesk:"."""
    words = label.split()
    return (
        len(words) <= 5
        and label[0].isupper()
        and label[-1].isalpha()
        and not any(map(str.isdigit, label))
        and not _NO_DESK.search(label)
        and field_of(words[-1]) is None
        and not is_general_heading(label)
        and _POINT_FIRST.match(value) is not None
    )


def read_value(
    field: str,
    piece: Piece,
    links: Links,
    resolve: Resolve,
    *,
    confidence: float = LABELLED,
) -> list[Token]:
    """Read what a label or column head says to be a value of `field`."""
    piece = piece.strip()
    if field in {"role", "person"} and find_postcodes(piece.text):
        field = "address"  # "Post:" names a post, or says where to send post
    if field in {"date", "pager"} or is_blank_value(piece.text):
        return []
    tokens, blanked = points_of(
        piece,
        links,
        resolve,
        kind=field if field in POINT_FIELDS else None,
        confidence=confidence,
    )
    if field in POINT_FIELDS:
        return tokens
    if field == "address":
        return [*_read_address(Piece(blanked, piece.start), piece, confidence), *tokens]
    if field == "postcode":
        codes = find_postcodes(piece.text, any_case=True)
        return [
            Token(
                "postcode",
                quote(piece.cut(code.start, code.end), "labelled", confidence, code.code),
            )
            for code in codes[:1]
        ] + tokens
    rest = Piece(blanked, piece.start).split(_LINE_BREAKS)
    rest = [_shown(part, piece) for part in rest if not _LEFT_OVER.match(part.text)]
    if field == "person":
        return sorted(
            [*_read_person(rest, confidence), *tokens], key=lambda token: token.quote.start or 0
        )
    if field in {"area", "predecessors"}:
        rest = [part.cut(0, _first_sentence(part.text)).strip(" .") for part in rest]
        name = "area" if field == "area" else "predecessor"
        return [Token(name, quote(part, "labelled", confidence)) for part in rest] + tokens
    if not rest:
        return tokens
    if field == "role" and is_person(rest[0].text) and not is_role(rest[0].text):
        field = "person"
    whole = rest[0] if len(rest) > 1 or tokens else piece
    if field in {"police_force", "region", "country"}:
        whole = whole.strip(" .,;")
        if field == "police_force" and ", " in whole.text:
            return tokens  # those of all the partnerships of the page
    if field in _HOLDERS and (is_prose(whole.text) or _says_something(whole.text)):
        return tokens
    return [Token(field, quote(whole, "labelled", confidence)), *tokens]


def _first_sentence(text: str) -> int:
    """Where the first sentence of a value ends: "A CDRP and B CDRP. From 1 April"."""
    match = _NEXT_SENTENCE.search(text)
    return match.start() + 1 if match else len(text)


def _says_something(text: str) -> bool:
    """Whether a text after a label explains the word instead of naming somebody."""
    return text[:1].islower() and len(text.split()) > 3


def _shown(part: Piece, original: Piece) -> Piece:
    """The same stretch of the line as it is printed, nothing blanked out."""
    at = part.start - original.start
    return original.cut(at, at + len(part.text))


def _read_person(parts: list[Piece], confidence: float) -> list[Token]:
    """Read a value that ought to name a person, with what else it says of them."""
    tokens: list[Token] = []
    for part in parts:
        for bracket in _BRACKET.finditer(part.text):
            inside = part.cut(bracket.start() + 1, bracket.end() - 1).strip()
            if is_role(inside.text):
                tokens.append(Token("role", quote(inside, "bracket", confidence)))
        outside = part.cut(0, part.text.find("(")) if "(" in part.text else part
        chunks = outside.strip().split(_COMMAS)
        for number, chunk in enumerate(chunks):
            if is_blank_value(chunk.text):
                continue
            kind = "person" if is_person(chunk.text, expected=True) else kind_of_name(chunk.text)
            if kind == "person" and any(token.field == "person" for token in tokens):
                continue
            if kind == "role" and len(chunks) == number + 2 and _narrows(chunks[-1]):
                chunk = part.cut(chunk.start - part.start, chunks[-1].end - part.start)
            if kind in {"person", "role", "unit", "organisation", "partnership"}:
                tokens.append(Token(kind, quote(chunk, "labelled", confidence)))
    order = {"person": 0}
    return sorted(tokens, key=lambda token: order.get(token.field, 1))


def _narrows(piece: Piece) -> bool:
    """Whether words after a post say what it is for: "Adviser, Rural Crime"."""
    return (
        len(piece.text.split()) <= 4
        and piece.text[:1].isupper()
        and not any(map(str.isdigit, piece.text))
        and kind_of_name(piece.text) is None
        and not (is_area(piece.text) or region_of(piece.text))
    )


def _read_address(blanked: Piece, printed: Piece, confidence: float) -> list[Token]:
    """Read an address on one or more lines; whoever lives there may be named in its first parts."""
    tokens: list[Token] = []
    codes = find_postcodes(blanked.text, any_case=True)
    end = codes[-1].start if codes else len(blanked.text)
    for part in blanked.cut(0, end).split(_COMMAS):
        shown = without_instruction(_shown(part, printed).strip(" \t\n,;:()[]"))
        shown = _without_care_of(shown)
        if is_blank_value(shown.text) or _LEFT_OVER.match(shown.text):
            continue
        kind = kind_of_name(shown.text)
        named = kind in {"organisation", "unit", "person", "partnership", "role"} and not any(
            token.field in {kind, "address"} for token in tokens
        )
        field = kind if named and kind else "address"
        tokens.append(Token(field, quote(shown, "address", min(confidence, ADDRESS_BLOCK))))
    if codes:
        code = printed.cut(codes[-1].start, codes[-1].end)
        tokens.append(Token("postcode", quote(code, "address", confidence, codes[-1].code)))
    return tokens


def _without_care_of(piece: Piece) -> Piece:
    """Take "c/o" off the name of an organisation or a unit."""
    match = _CARE_OF.match(piece.text)
    named = match and kind_of_name(piece.text[match.end() :]) in {"organisation", "unit"}
    return piece.cut(match.end()) if match and named else piece


def _read_asked(piece: Piece) -> list[Token]:
    """Read a person with what they are and where, as a sentence has them."""
    tokens: list[Token] = []
    for chunk in piece.split(_COMMAS):
        parts = chunk.split(_AT)
        if len(parts) > 1 and not (
            kind_of_name(parts[0].text) in {"person", "role"}
            and kind_of_name(parts[1].text) in {"organisation", "unit"}
        ):
            parts = [chunk]
        for part in parts:
            kind = kind_of_name(part.text)
            if kind in NAMING and not any(token.field == kind for token in tokens):
                tokens.append(Token(kind, quote(part, "line", ADDRESS_BLOCK)))
    return tokens


def _asked(piece: Piece) -> Piece:
    """Whom a few words say to ask: "For interviews contact Ann Lee"."""
    for match in _ASKING.finditer(piece.text):
        rest = piece.cut(match.end()).strip()
        if kind_of_name(rest.text) in NAMING:
            return rest
    return piece


def _read_unlabelled(piece: Piece, links: Links, resolve: Resolve) -> list[Token]:
    """Read a line by what it looks like."""
    if not piece:
        return []
    if has_points(piece.text, links) or any(
        _shows_itself(link) for link in links.within(piece.start, piece.end)
    ):
        tokens, blanked = points_of(piece, links, resolve)
    else:
        tokens, blanked = [], piece.text
    codes = find_postcodes(blanked)
    if codes:
        return sorted(
            [*_read_address(Piece(blanked, piece.start), piece, ADDRESS_BLOCK), *tokens],
            key=lambda token: token.quote.start or 0,
        )
    for part in Piece(blanked, piece.start).split(_LINE_BREAKS):
        shown = _shown(part, piece)
        if shown.text.startswith(")"):
            shown = shown.cut(1).strip()
        if not (_LEFT_OVER.match(shown.text) or is_blank_value(shown.text)):
            tokens += _read_names(shown)
    return sorted(tokens, key=lambda token: (token.quote.start or 0, token.field != "person"))


def _read_names(piece: Piece) -> list[Token]:
    """Read a stretch without any means of contact: whom or what does it name?"""
    if addressed := addressed_in(piece, _NO_LINKS):
        return addressed
    colon = piece.text.rfind(": ")
    if colon > 0 and kind_of_name(piece.text[colon + 2 :].strip()) in NAMING:
        piece = piece.cut(colon + 2).strip()  # "Photographs: News Desk"
    bracket = piece.text.find("(")
    bare = piece.cut(0, bracket).strip() if bracket > 0 else piece
    if _ASKED_FOR.match(bare.text) and bare.text.endswith("."):
        bare = bare.cut(0, len(bare.text) - 1)  # "Contact Ann Lee, Adviser at Ashby Council."
        if len(bare.split(_COMMAS)) > 1:
            return _read_asked(without_instruction(bare))
    if (asked := without_instruction(bare)).start > bare.start:
        asked = Piece(_TRAILING_WORDS.sub("", asked.text), asked.start)  # "Ask Ann Lee on"
        if (kind := kind_of_name(asked.text)) in NAMING and asked.text[0].isupper():
            return [Token(kind, quote(asked, "line", ADDRESS_BLOCK))]
    chunks = [_asked(_without_care_of(chunk)) for chunk in bare.split(_COMMAS)]
    if len(chunks) == 2 and is_role(chunks[0].text) and _narrows(chunks[1]):
        return [Token("role", quote(bare, "line", ADDRESS_BLOCK))]
    kinds = [kind_of_name(chunk.text) for chunk in chunks]
    known = sum(kind in _HOLDERS for kind in kinds)
    whole = kind_of_name(piece.text)
    if whole == "partnership":
        chunks, kinds = [piece], [whole]
    elif len(chunks) > 1 and not (
        {"person", "partnership"} & set(kinds) or known >= 2 or (known and not whole)
    ):
        chunks, kinds = [bare], [kind_of_name(bare.text) or whole]
    if not any(kinds):
        return [Token("line", quote(piece, "line", ADDRESS_BLOCK))] if len(piece.text) < 80 else []
    tokens = [
        Token(kind or "line", quote(chunk, "line", ADDRESS_BLOCK))
        for chunk, kind in zip(chunks, kinds, strict=True)
        if kind or len(chunk.text) < 40
    ]
    for match in _BRACKET.finditer(piece.text):
        inside = piece.cut(match.start() + 1, match.end() - 1).strip()
        if is_role(inside.text):
            tokens.append(Token("role", quote(inside, "bracket", ADDRESS_BLOCK)))
        elif "partnership" in kinds and _POLICE.fullmatch(inside.text):
            tokens.append(Token("police_force", quote(inside, "bracket", ADDRESS_BLOCK)))
    return tokens
