"""Where a page leads: HTML, XHTML, SVG and what else is marked up like them."""

import re
from dataclasses import dataclass, field

from archiver.capture.addresses import fetch_url
from archiver.capture.collecting import LONGEST, MOST_LINKS, Collector
from archiver.capture.guesses import guessed_references
from archiver.capture.link import Hop
from archiver.capture.styles import style_references
from archiver.capture.uses import hop_of
from archiver.markup import (
    SPACE,
    Address,
    Comment,
    Raw,
    Tag,
    Use,
    attribute_text,
    srcset_addresses,
    tag_addresses,
    tokens,
)

__all__ = ["collect_page", "collect_tag"]

_DEEPEST = 8  # pages within pages within pages (srcdoc)
_MOST_REFERENCES = 4 * MOST_LINKS  # many may be of one address
_SECOND_PAGES = frozenset(("noframes", "noembed", "iframe"))  # what readers without these see
_LATE = frozenset((Use.IMAGE, Use.MANIFEST))  # of what a link element names
_INCLUDING = frozenset(("xsl:import", "xsl:include"))
# Names of standards and of helper programs, not things a page shows or leads to.
_NO_PLACES = frozenset((("head", "profile"), ("embed", "pluginspage"), ("object", "codebase")))
# Attributes from which scripts take an address later; the names are those of common scripts.
_LATER = re.compile(
    r"data-(?:(?:lazy-|original-|image-|hi-res-|full-|large-|fallback-)?src|original|lazy(?:load)?"
    r"|bg|background(?:-image)?|image|img|poster|thumb|href)"
)
_LATER_LISTS = re.compile(r"data-(?:(?:lazy-)?srcset|(?:original|lazy)-set|bgset)")
# Pictures by which a page is shown elsewhere: the property, name or itemprop of a meta element.
_PICTURES = frozenset(
    (
        *("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"),
        *("image", "thumbnail", "thumbnailurl", "msapplication-tileimage"),
    )
)
# Elements that say something of others, or stand in need of them, or hold a page.
_DEPENDENT = frozenset(("base", "button", "form", "iframe", "input"))
_MOST_KNOWN, _LONGEST_KNOWN = 1 << 13, 300  # tags remembered, and characters of one
_NO_ADDRESS = frozenset(" \t\n\f\r{}<>[]|\"'`,;()")
_UNFOLLOWED = ("#", "javascript:", "data:", "mailto:", "tel:")


# A reference, how it leads on, whether its query is UTF-8, whether it is used where it stands.
_Reference = tuple[str, Hop, bool, bool]
_References = tuple[tuple[_Reference, str], ...]  # with what each stands in


@dataclass(slots=True)
class _Reading:
    """What is known of a page so far; where its links lead is settled at its end, by its base."""

    base: str | None = None  # the first one's reference
    method: str = "get"  # of the form that was last begun
    references: dict[_Reference, str] = field(default_factory=dict)
    inner: list[str] = field(default_factory=list)  # pages in srcdoc attributes

    @property
    def full(self) -> bool:
        """Whether no more is to be read."""
        return len(self.references) >= _MOST_REFERENCES

    def add(
        self, reference: str, hop: Hop, where: str, *, plain: bool = False, at_once: bool = True
    ) -> None:
        """Take a reference.

        Args:
            reference: as it stands on the page.
            hop: how it is led to.
            where: what it stands in.
            plain: whether its query is UTF-8 whatever the page is in.
            at_once: whether browsers use it where it stands, and not when a reader or a script
                comes to it.
        """
        early = at_once and self.base is None and hop is not Hop.LINK
        self.references.setdefault((reference, hop, plain, early), where)

    def take(self, references: _References) -> None:
        """Take the references of a tag that was read by itself."""
        for key, where in references:
            reference, hop, plain, early = key
            if early and self.base is not None:
                key = reference, hop, plain, False
            self.references.setdefault(key, where)


def collect_page(
    text: str,
    found: Collector,
    charset: str,
    *,
    url: str | None = None,
    xml: bool = False,
    guesses: bool = False,
) -> None:
    """Find where a page leads.

    Args:
        text: the page, decoded.
        found: takes the links.
        charset: what the page is in, for the queries of its addresses.
        url: what it is relative to, where that is not the answer's own address.
        xml: it is XHTML or SVG.
        guesses: look into its scripts too.

    The first ``base`` with an href is the page's (HTML Standard, clause 4.2.3), and that of the
    links before it too; but what browsers load as they come to it they have asked for by then. Of
    forms only those that ask by GET give their address, without any field. Time is linear in the
    length of the page.
    """
    _collect(text, found, url or found.url, charset, xml, guesses, 0)


def collect_tag(tag: Tag, found: Collector, url: str) -> None:
    """Find where a start tag leads that stands in a document of another kind."""
    reading = _Reading()
    _read_tag(tag, reading, False, False)
    _settle(reading, found, url, url, "utf-8")


def _collect(
    text: str, found: Collector, url: str, charset: str, xml: bool, guesses: bool, depth: int
) -> None:
    reading = _Reading()
    _read(text, 0, len(text), reading, xml, guesses)
    if reading.full and not found.full:
        found.fault(f"more than {_MOST_REFERENCES} references; the rest was not read")
    base = url
    if reading.base is not None:
        base = fetch_url(reading.base, url, charset) or url
    _settle(reading, found, url, base, charset)
    for page in reading.inner:
        if depth < _DEEPEST and not found.full:
            _collect(page, found, base, charset, False, guesses, depth + 1)


def _settle(reading: _Reading, found: Collector, url: str, base: str, charset: str) -> None:
    for (reference, hop, plain, early), where in reading.references.items():
        found.add(reference, hop, where, url if early else base, "utf-8" if plain else charset)


def _read(
    text: str,
    start: int,
    end: int,
    reading: _Reading,
    xml: bool,
    guesses: bool,
    second: bool = False,
) -> None:
    behind = 0  # where the last comment ends
    for token in tokens(text, start, end, xml=xml, plain=False):
        if isinstance(token, Tag):
            first, last = token.attributes_at
            if token.closing or last - first < 4:
                if token.name == "form":
                    reading.method = "get"
                continue
            if guesses or token.name in _DEPENDENT or last - first > _LONGEST_KNOWN:
                _read_tag(token, reading, token.start < behind, guesses)
            else:
                reading.take(_references(token))
            if reading.full:
                return
        elif isinstance(token, Raw):
            if token.name == "style":
                _read_style(text[token.start : token.end], reading, xml)
            elif (
                token.name in _SECOND_PAGES and not second
            ):  # and none in them: they may be endless
                _read(text, token.start, token.end, reading, xml, guesses, second=True)
            elif guesses and token.name == "script":
                for reference in guessed_references(text, token.start, token.end):
                    reading.add(reference, Hop.GUESS, "script", plain=True, at_once=False)
                    if reading.full:
                        return
        elif isinstance(token, Comment):
            behind = token.end


# What the tags met of late lead to: the pages of a site have most of their tags in common.
_known: dict[str, _References] = {}


def _references(tag: Tag) -> _References:
    source = tag.text[tag.start : tag.end]
    found = _known.get(source)
    if found is None:
        alone = _Reading()
        _read_tag(tag, alone, False, False)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _known[source] = tuple(alone.references.items())
    return found


def _read_style(sheet: str, reading: _Reading, xml: bool) -> None:
    if xml and "&" in sheet and "<![CDATA[" not in sheet:
        sheet = attribute_text(sheet)
    for reference, where in style_references(sheet):
        reading.add(reference, Hop.EMBED, where, plain=True)
        if reading.full:
            return


def _read_tag(tag: Tag, reading: _Reading, in_comment: bool, guesses: bool) -> None:
    name = tag.name
    if name == "form":
        reading.method = (tag.get("method") or "get").strip(SPACE).lower()
    elif name == "base" and reading.base is None and not in_comment:
        reading.base = tag.get("href")
    elif name == "meta":
        _take_picture(tag, reading)
    elif name in _INCLUDING and (reference := tag.get("href")):
        reading.add(reference, Hop.EMBED, f"{name}/@href")
    for address in _first_of_each(tag, tag_addresses(tag, inside=False, longest=LONGEST)):
        _take(address, tag, reading)
    # What the rest of its attributes holds is seldom an address.
    first, last = tag.attributes_at
    inside = tag.text[first:last].lower()
    guessed = guesses and ("on" in inside or "javascript" in inside)
    if not (guessed or "data-" in inside or "srcdoc" in inside):
        return
    for attribute in tag.attributes:
        key = attribute.name
        if key[:5] == "data-":
            _take_later(tag, key, attribute.value, reading)
        elif key == "srcdoc":
            if name == "iframe" and len(attribute.value) <= LONGEST:
                reading.inner.append(attribute_text(attribute.value))
        elif guesses and (key[:2] == "on" or attribute.value[:11].lower() == "javascript:"):
            for reference in guessed_references(attribute_text(attribute.value[:LONGEST])):
                where = f"{name[:40]}/@{key[:40]}"
                reading.add(reference, Hop.GUESS, where, plain=True, at_once=False)


def _take_picture(tag: Tag, reading: _Reading) -> None:
    for key in ("property", "name", "itemprop"):
        said = (tag.get(key) or "").strip(SPACE).lower()
        if said in _PICTURES and (reference := (tag.get("content") or "").strip(SPACE)):
            if len(reference) <= LONGEST and not reference.startswith(_UNFOLLOWED):
                reading.add(reference, Hop.EMBED, f"meta/@{key}", at_once=False)
            return


def _first_of_each(tag: Tag, addresses: list[Address]) -> list[Address]:
    # Of attributes of one name browsers know the first (HTML Standard, clause 13.2.5.33).
    if len(addresses) < 2:
        return addresses
    met: set[str] = set()
    doubled = []
    for attribute in tag.attributes:
        if attribute.name in met:
            doubled.append(range(attribute.start, attribute.start + len(attribute.value) + 1))
        met.add(attribute.name)
    return [one for one in addresses if not any(one.start in place for place in doubled)]


def _take(address: Address, tag: Tag, reading: _Reading) -> None:
    hop = hop_of(address.use)
    reference, element, attribute = address.url, address.element, address.attribute
    if hop is None or reference.startswith(_UNFOLLOWED) or (element, attribute) in _NO_PLACES:
        return
    if attribute == "style":
        reading.add(reference, hop, "css url()", plain=True)
        return
    if address.use is Use.FORM:
        method = tag.get("formmethod") if attribute == "formaction" else None
        if (method or reading.method).strip(SPACE).lower() in ("post", "dialog"):
            return
    elif element == "applet":
        if attribute == "codebase":
            return
        directory = (tag.get("codebase") or "").strip(SPACE)
        if directory and "/" not in reference[:1]:
            reference = f"{directory.rstrip('/')}/{reference}"
    # Browsers come to a page's icon and manifest when they have read all of it.
    at_once = (element, attribute) != ("link", "href") or address.use not in _LATE
    reading.add(reference, hop, f"{element[:40]}/@{attribute}", at_once=at_once)


def _take_later(tag: Tag, key: str, raw: str, reading: _Reading) -> None:
    # Scripts put anything into these; what cannot be an address, or need not be one, is left.
    listed = _LATER_LISTS.fullmatch(key) is not None
    if len(raw) > LONGEST or not (listed or _LATER.fullmatch(key)):
        return
    value = attribute_text(raw)
    element = tag.name
    hop = Hop.LINK if key == "data-href" and element != "link" else Hop.EMBED
    spans = srcset_addresses(value) if listed else [(0, len(value))]
    for start, end in spans:
        reference = value[start:end].strip(SPACE)
        if (
            ("/" in reference or "." in reference.strip("."))
            and not reference.startswith(_UNFOLLOWED)
            and (reference[:1] != "." or reference.startswith(("./", "../")))
            and _NO_ADDRESS.isdisjoint(reference)
        ):
            reading.add(reference, hop, f"{element[:40]}/@{key}", at_once=False)
