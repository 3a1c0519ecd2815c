"""Assembly: the tokens of an entry become records, contacts in partnerships or by themselves.

Directories rarely mark where one contact ends. Three things tell: a name where the record already
has one, a name that opens a line after means of contact were given, and a paragraph of something
else in between.
"""

import re
from itertools import zip_longest

from extract.facts.entries import Entry, Part
from extract.facts.lines import INSTRUCTION, NAMING, POINTS, Token, without_instruction
from extract.facts.names import (
    is_general_heading,
    is_partnership,
    kind_of_name,
    without_article,
)
from extract.facts.observations import LABEL_ABOVE, PROSE, Quote, RecordDraft, computed, quote
from extract.facts.pieces import Piece
from extract.reference.places import country_of, region_of

__all__ = ["ATTRIBUTES", "LOOSE", "assemble", "is_reachable"]

LOOSE = "loose"  # the kind of a record of attributes whose partnership is named elsewhere

ATTRIBUTES = frozenset({"area", "region", "country", "police_force", "predecessor"})
_ABBREVIATED = re.compile(r"\s\([A-Z]{2,7}\)$")  # "Slough Partnership (CDRP)"
_MEANS = (*sorted(POINTS), "address", "postcode")
_ADDRESS_LINES = 8
_MOST_DIGITS = 8  # a line with more is a foreign number or a reference, none of an address


def is_reachable(contact: RecordDraft, *, owned: bool = False) -> bool:
    """Whether a contact has a means of contact or an address, without which it is none.

    An address without a postcode is one only with a number in it, and when somebody is named there:
    "Town Hall" by itself is where a meeting is. A website alone is a link like any other, unless it
    is that of a partnership (`owned`), or a label or markup says whose it is.
    """
    if contact.has("postcode", *(POINTS - {"website"})):
        return True
    website = contact.first("website")
    if website and (owned or website.rule not in {"beside", "web link"}):
        return owned or contact.has(*NAMING)
    numbered = any(character.isdigit() for line in contact.values("address") for character in line)
    return numbered and contact.has(*NAMING)


def _is_place(text: str) -> bool:
    """Whether a title names where rather than who."""
    return len(text) > 60 or bool(region_of(text) or country_of(text))


def assemble(entry: Entry) -> list[RecordDraft]:
    """Put the records of one entry together, in order."""
    assembly = _Assembly(entry)
    for part in entry.parts:
        assembly.take(part)
    return assembly.finish()


class _Assembly:
    """The records of one entry while its tokens are taken in."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.records: list[RecordDraft] = []
        self.partnership: RecordDraft | None = None
        self.current: RecordDraft | None = None
        self.listed = False  # whether the partnership was named in a list
        self.prose = False  # whether the block taken in last is running text
        self.pending: list[Token] = []  # lines that a postcode may yet make an address
        self.loose: list[tuple[str, Quote]] = []  # attributes named before their partnership
        self.title_naming: tuple[str, Quote] | None = None
        self.title_is_loose = False  # it names a unit only where no partnership is named
        if entry.title:
            self._take_title(entry.title)

    def take(self, part: Part) -> None:
        """Take in one block."""
        if not part.tokens:
            self._close()
            return
        fields = {token.field for token in part.tokens}
        self.prose = part.prose
        if self._leaves_list(part):
            self._close()
            self.partnership, self.listed = None, False
        if part.prose and fields & NAMING:
            self._close()
        if self._repeats(part, fields):
            self._close()
        if self._begins_with_other_post(part):
            self._close()
        for token, following in zip_longest(part.tokens, part.tokens[1:]):
            if token is not None:
                if self._is_label_of_other(token, following):
                    self._close()
                self._take_token(self._town(token, following))
        if "partnership" in fields:
            self.listed = part.listed
        if part.prose or not fields & {"line", "address"} or fields & POINTS:
            self._settle_pending()

    def finish(self) -> list[RecordDraft]:
        """Close what is open and hand over the records."""
        self._close()
        if self.partnership:
            for name, held in self.loose:
                self.partnership.add(name, held)
        elif self.loose:
            self.records.append(RecordDraft(LOOSE, self.loose))
        return self.records

    # ------------------------------------------------------------ one token

    def _take_title(self, title: Piece) -> None:
        asked = without_instruction(title)  # "Contact the Safer Leeds Partnership"
        if asked.start > title.start and is_partnership(asked.text):
            title = asked
        kind = kind_of_name(" ".join(title.text.split()))
        if kind == "partnership":
            self._open_partnership(quote(title, "heading", LABEL_ABOVE))
        elif kind in NAMING:
            self.title_naming = (kind, quote(title, "heading", LABEL_ABOVE))
        elif self.entry.single and kind is None and not _is_place(title.text):
            self.title_is_loose = True
            self.title_naming = ("unit", quote(title, "heading", LABEL_ABOVE))

    def _take_token(self, token: Token) -> None:
        field = token.field
        if field == "partnership":
            # "Ann Lee, Ashby CSP, Town Hall": she is of the partnership
            before = token.opens and token.quote.rule != "labelled"
            if self.current is None:
                # "Freepost" may stand above the name.
                self.pending = [each for each in self.pending if each.field == "address"]
            elif before or self.current.has(*_MEANS):
                self._close()
            self._open_partnership(token.quote)
        elif field in ATTRIBUTES:
            if self.partnership:
                self.partnership.add(field, token.quote)
            else:
                self.loose.append((field, token.quote))
        elif field in {"line", "address"}:
            self._take_line(token)
        elif field == "postcode":
            self._take_postcode(token)
        elif field in NAMING:
            self._take_name(token)
        else:
            self._settle_pending()
            self._record().add(field, token.quote)

    def _take_name(self, token: Token) -> None:
        current = self.current
        if current and self._is_place_after_all(token, current):
            self.pending.append(Token("line", token.quote))
            return
        if current and self._begins_another(token, current):
            self._close()
        record = self._record()
        held = record.first(token.field)
        if held and token.field == "unit" and is_general_heading(held.value):
            record.keep(
                pair for pair in record.fields if pair[1] is not held
            )  # "General enquiries" gives way
            held = None
        if held is None:
            record.add(token.field, token.quote)
        elif token.field == "person" and held.value != token.quote.value:
            self.pending.append(Token("line", token.quote))

    def _is_label_of_other(self, token: Token, following: Token | None) -> bool:
        """Whether a post before a colon is that of somebody else than whom the record names."""
        held = self.current.first("person") if self.current else None
        return (
            held is not None
            and following is not None
            and not self.entry.single
            and (token.field, following.field) == ("role", "person")
            and token.quote.rule == "label"
            and following.quote.value != held.value
        )

    def _town(self, token: Token, following: Token | None) -> Token:
        """What looks like a person between the lines of an address and its postcode is a town."""
        between = (
            following is not None
            and following.field == "postcode"
            and token.field == "person"
            and token.quote.rule in {"line", "address"}
            and any(line.field == "address" for line in self.pending)
        )
        return Token("address", token.quote) if between else token

    def _is_place_after_all(self, token: Token, current: RecordDraft) -> bool:
        """Whether what looks like a person is a line of the address begun before it."""
        return (
            token.field == "person"
            and token.quote.rule == "line"
            and current.has(*NAMING)
            and any(line.field == "address" for line in self.pending)
        )

    def _begins_another(self, token: Token, current: RecordDraft) -> bool:
        held = current.first(token.field)
        if held and held.value.casefold() == token.quote.value.casefold():
            return False
        if token.quote.rule == INSTRUCTION:
            return held is not None and current.has(*POINTS)
        if token.field == "person":
            if held:
                return True
        elif held and not self.entry.single:
            return current.has(*_MEANS)
        if self.entry.single or token.quote.rule == "labelled":
            return False
        return token.opens and current.has(*POINTS)

    def _take_line(self, token: Token) -> None:
        if sum(character.isdigit() for character in token.quote.value) > _MOST_DIGITS:
            return
        current = self.current
        if current and token.opens and current.has("postcode") and token.quote.rule == "address":
            self._close()
        self.pending.append(token)

    def _take_postcode(self, token: Token) -> None:
        current = self.current
        held = current.first("postcode") if current else None
        if held and held.value != token.quote.value:
            pending, self.pending = self.pending, []
            self._close()
            self.pending = pending
        record = self._record()
        if not record.has("address"):
            for line in self.pending[-_ADDRESS_LINES:]:
                record.add("address", line.quote)
        self.pending = []
        record.add("postcode", token.quote)

    def _settle_pending(self) -> None:
        """Lines without a postcode: an address if one of them looks like it, else nothing."""
        pending, self.pending = self.pending, []
        first = next(
            (number for number, token in enumerate(pending) if token.field == "address"), None
        )
        if first is None:
            return
        record = self._record()
        if not record.has("address"):
            for line in pending[first : first + _ADDRESS_LINES]:
                record.add("address", line.quote)

    # ------------------------------------------------------------ records

    def _repeats(self, part: Part, fields: set[str]) -> bool:
        """Whether a block starts over: a name, or a list item, with what the record has already."""
        current = self.current
        if current is None or self.entry.single:
            return False
        first = part.tokens[0]
        starts = part.item or (first.opens and first.field in NAMING)
        return starts and any(current.has(field) for field in fields & POINTS)

    def _begins_with_other_post(self, part: Part) -> bool:
        """Whether a block names a post and who holds it, and the record has somebody already."""
        current = self.current
        held = current.first("person") if current else None
        names = [token for token in part.tokens if token.field in {"role", "person"}]
        return (
            held is not None
            and len(names) > 1
            and names[0].field == "role"
            and part.tokens[0] is names[0]
            and any(token.field == "person" and token.quote.value != held.value for token in names)
        )

    def _leaves_list(self, part: Part) -> bool:
        """Whether a block behind a list of partnerships speaks of somebody else."""
        return self.listed and not part.listed and not self.entry.single

    def _record(self) -> RecordDraft:
        if self.current is None:
            self.current = RecordDraft("contact")
        return self.current

    def _open_partnership(self, printed: Quote) -> None:
        bare = _ABBREVIATED.sub("", without_article(printed.value))
        name = printed._replace(value=bare)
        if self.partnership and name.value in self.partnership.values("name"):
            return
        if self.partnership and self.entry.single:
            return
        self.partnership = RecordDraft("partnership")
        self.partnership.add("name", name)
        for field, held in self.loose:
            self.partnership.add(field, held)
        self.loose = []
        self.records.append(self.partnership)

    def _titled_by_force(self) -> bool:
        """Whether the title is the police force whose partnerships follow."""
        title = self.entry.title.text.strip() if self.entry.title else ""
        return title.endswith(("Police", "Constabulary", "Police area", "Police Service"))

    def _close(self) -> None:
        self._settle_pending()
        record, self.current = self.current, None
        if record is None or not is_reachable(record, owned=self.partnership is not None):
            return
        loose = self.title_is_loose and self.partnership is not None
        force = self.partnership is not None and self._titled_by_force()
        if self.title_naming and not (loose or force or record.has(self.title_naming[0])):
            record.add(*self.title_naming)
        topic = self.entry.topic
        if topic and not (self.partnership or self.prose or record.has(*NAMING)):
            record.add("unit", quote(topic, "heading", PROSE))
        if self.entry.region != "main":
            record.add("region", computed(self.entry.region, "region"))
        if self.partnership:
            self.partnership.children.append(record)
        else:
            self.records.append(record)
