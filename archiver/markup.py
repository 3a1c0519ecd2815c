r"""HTML taken apart without being parsed: tags, attributes, and every web address in them.

Everything is copied and only what is told is changed, so that a page keeps its mistakes, which are
evidence too. The text of a page is its bytes decoded as latin-1 (`read_source`): each byte is one
character and comes back as the same byte, whatever the true charset. Source: HTML Standard, clause
13.2.5 (tokenization), 4.8.4.2.1 (srcset), 4.2.5.3 (refresh).

Three steps, each usable alone: `tokens` splits the text, `tag_addresses` and `style_addresses` find
the addresses in a piece, `apply_edits` splices.

>>> text = '<img alt=x src="/logo.gif?a=1&amp;b=2">'
>>> edits = [found.edit("http://h" + found.url) for found in page_addresses(text)]
>>> apply_edits(text, edits)
'<img alt=x src="http://h/logo.gif?a=1&amp;b=2">'
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from html.entities import html5
from itertools import islice
from typing import NamedTuple

from archiver.css import (
    CssAddress,
    Unescaped,
    common_ending,
    css_addresses,
    css_edit,
    unescape,
)

__all__ = [
    "SPACE",
    "Address",
    "Attribute",
    "Comment",
    "Declaration",
    "Edit",
    "Raw",
    "Source",
    "Tag",
    "Token",
    "Use",
    "apply_edits",
    "attribute_text",
    "edits_inside",
    "page_addresses",
    "read_source",
    "refresh_address",
    "relation_use",
    "srcset_addresses",
    "style_addresses",
    "tag_addresses",
    "tokens",
    "write_attribute",
]

SPACE = " \t\n\f\r"  # what separates things in HTML; `str.isspace` would also take byte A0 for one
_URL_EDGES = "".join(map(chr, range(0x21)))  # what the URL standard trims at either end

# A tag, whole. Every repeat is decided by the next character alone and the last alternative takes
# whatever is left (the text ends inside a tag), so nothing is ever tried twice; the possessive
# repeat keeps no way back either, which for a tag of a million attributes would cost gigabytes.
_NAME = r"[^ \t\n\f\r/>][^ \t\n\f\r/>=]*"  # may begin with "=", and hold quotes and "<"
_TAG = rf"""
    (?P<slash> /? ) (?P<name> [a-zA-Z][^ \t\n\f\r/>]* )
    (?P<attributes> [ \t\n\f\r/]*
        (?: {_NAME} [ \t\n\f\r]*
            (?: = [ \t\n\f\r]*
                (?: "[^"]*(?:"|\Z) | '[^']*(?:'|\Z) | [^ \t\n\f\r>"'][^ \t\n\f\r>]* )? )?
            [ \t\n\f\r/]* )*+ )
    (?P<closed> > | \Z )
"""
_TOKEN = re.compile(
    rf"< (?: {_TAG} | (?P<comment> !-- ) | (?P<markup> [!?] | /(?![a-zA-Z]) ) )", re.VERBOSE
)
_ATTRIBUTE = re.compile(
    rf"""
    (?P<name> {_NAME} ) [ \t\n\f\r]*
    (?: = [ \t\n\f\r]*
        (?: "(?P<double> [^"]*)" | '(?P<single> [^']*)' | (?P<bare> [^ \t\n\f\r>"'][^ \t\n\f\r>]*)
          | (?P<nothing>) )
    )?
    """,
    re.VERBOSE,
)
_MOST_ATTRIBUTES = 1000  # of one tag; more are not there to be read
_DEEPEST = 8  # pages within pages within pages (srcdoc)
_QUOTES = {"double": '"', "single": "'", "bare": "", "nothing": ""}
_COMMENT_END = re.compile(r"--!?>")
_CONDITION = re.compile(r"[ \t\n\f\r]*\[if[^\]>]{0,200}\][ \t\n\f\r]*>", re.IGNORECASE)
_SCRIPT_MARK = re.compile(r"<!--|-->|<(/?)script(?=[ \t\n\f\r/>])", re.IGNORECASE)
_RAW_ELEMENTS = frozenset(
    ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext")
)
# Text and tags without attributes, but for those that decide how what follows is to be read.
_PLAIN_TAGS = re.compile(
    rf"(?:[^<]++|</?(?!(?:{'|'.join(sorted(_RAW_ELEMENTS))}|svg|math|form)>)"
    r"[a-zA-Z][^ \t\n\f\r/>]*>)*+",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"&(?:#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?|([a-zA-Z][a-zA-Z0-9]*(?:;|(?![a-zA-Z0-9=]))))"
)
_WINDOWS_1252 = {byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xA0)}
_SRCSET_GAP = re.compile(r"[ \t\n\f\r,]*")
_SRCSET_URL = re.compile(r"[^ \t\n\f\r]+")
_SRCSET_REST = re.compile(r"[^,(]*(?:\([^)]*\)?[^,(]*)*+")
_REFRESH = re.compile(
    r"""
    [ \t\n\f\r]* [0-9.]+ [ \t\n\f\r]* [;,]? [ \t\n\f\r]*
    (?: [uU][rR][lL] [ \t\n\f\r]* = [ \t\n\f\r]* )? (["']?)
    """,
    re.VERBOSE,
)
_UNQUOTED_SPECIAL = re.compile("[ \t\n\f\r\"'<>`]")
_BEYOND_LATIN_1 = re.compile("[\u0100-\U0010ffff]")


class Attribute(NamedTuple):
    """One attribute as it stands in a tag.

    Attributes:
        name: in lower case.
        value: raw, character references and all; empty when there is none.
        start: where the raw value begins in the text, inside its quotes.
        end: where it ends.
        quote: ``"``, ``'``, or empty for an unquoted or absent value.
        whole: where the attribute begins and ends, name and quotes included.
    """

    name: str
    value: str
    start: int
    end: int
    quote: str
    whole: tuple[int, int]


@dataclass(slots=True)  # not frozen: hundreds are made in a millisecond
class Tag:
    """A start or end tag; ``text[start:end]`` runs from ``<`` to ``>``."""

    text: str = field(repr=False)
    name: str
    start: int
    end: int
    closing: bool
    attributes_at: tuple[int, int]
    _attributes: list[Attribute] | None = field(default=None, repr=False, compare=False)

    @property
    def attributes(self) -> list[Attribute]:
        """The first thousand attributes in order; of a repeated name browsers heed the first."""
        if self._attributes is None:
            start, end = self.attributes_at
            self._attributes = [] if end - start < 2 else _read_attributes(self.text, start, end)
        return self._attributes

    @property
    def self_closing(self) -> bool:
        """Whether it ends in ``/>``, which matters in XML and SVG only."""
        return self.text[self.end - 2] == "/" and (
            not (last := self.attributes[-1:]) or last[0].whole[1] < self.end - 1
        )

    def get(self, name: str) -> str | None:
        """Give the value of an attribute with its character references undone; None if absent."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute_text(attribute.value)
        return None


@dataclass(slots=True)
class Raw:
    """What stands between the tags of an element whose inside is not markup, such as a script."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Comment:
    """A comment from ``<!--`` to ``-->``.

    Attributes:
        start: where it begins.
        end: where it ends, its own end mark included.
        inside: where its text begins and ends.
        markup: where the markup inside a conditional comment begins and ends; None for others.
    """

    start: int
    end: int
    inside: tuple[int, int]
    markup: tuple[int, int] | None


@dataclass(slots=True)
class Declaration:
    """A doctype, a processing instruction, a CDATA section, or what browsers take for a comment."""

    start: int
    end: int


Token = Tag | Raw | Comment | Declaration


class Edit(NamedTuple):
    """Put `new` in the place of ``text[start:end]``."""

    start: int
    end: int
    new: str


class Use(StrEnum):
    """What a page uses an address for."""

    LINK = "link"  # a reader may follow it
    CITE = "cite"  # a reader may, browsers offer no way
    IMAGE = "image"
    STYLE = "style"
    SCRIPT = "script"
    FRAME = "frame"
    MEDIA = "media"
    OBJECT = "object"
    FONT = "font"
    MANIFEST = "manifest"
    FORM = "form"
    REFRESH = "refresh"  # followed without being asked
    HINT = "hint"  # a connection opened beforehand
    PING = "ping"  # told that a link was followed
    BASE = "base"  # what the page's other addresses start from

    __hash__ = str.__hash__  # in C; each address of a page is looked up by its use


@dataclass(slots=True)  # not frozen, for the same reason as a tag
class Address:
    """One address in a page, and how to put another in its place.

    Attributes:
        url: as a browser reads it: references and escapes undone, trimmed.
        use: what the page uses it for.
        element: name of the element it stands in.
        attribute: name of the attribute, empty inside a style sheet.
        start: where it stands in the text, raw.
        end: where it ends.
    """

    url: str
    use: Use
    element: str
    attribute: str
    start: int
    end: int
    _edit: Callable[[str], Edit]

    def edit(self, new: str) -> Edit:
        """Give the edit that replaces the address; an ending both share is left as it is."""
        return self._edit(new)


@dataclass(frozen=True, slots=True)
class Source:
    """A page's text with the way back to bytes."""

    text: str
    encoding: str

    def encode(self, text: str) -> bytes:
        """Turn the text, edited or not, back into bytes; unedited it gives the very same bytes."""
        if self.encoding == "latin-1":
            return text.encode("latin-1", "xmlcharrefreplace")
        return text.encode(self.encoding, "surrogatepass")

    def offsets(self, indices: Iterable[int]) -> list[int]:
        """Say at which bytes the characters at these places begin; they come in rising order."""
        found: list[int] = []
        at = offset = 0
        for index in indices:
            offset += len(self.encode(self.text[at:index]))
            at = index
            found.append(offset)
        return found


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_source(body: bytes, charset: str | None = None) -> Source:
    """Decode a body so that it can be taken apart and put together again without loss.

    Args:
        body: the page without content coding.
        charset: what was declared; it matters only for UTF-16 and UTF-32. Anything else, UTF-8
            included, has ASCII where ASCII is meant, and is read byte by byte.
    """
    declared = (charset or "").strip().lower().replace("_", "-")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if body.startswith(mark)), None)
    if encoding is None and declared.startswith(("utf-16", "utf-32")):
        encoding = declared if declared.endswith(("le", "be")) else f"{declared[:6]}-le"
    if encoding is not None:
        try:
            text = body.decode(encoding, "surrogatepass")
            if text.encode(encoding, "surrogatepass") == body:
                return Source(text, encoding)
        except (LookupError, UnicodeError):  # half a character at the end, a name that is none
            pass
    return Source(body.decode("latin-1"), "latin-1")


def tokens(
    text: str,
    start: int = 0,
    end: int | None = None,
    *,
    xml: bool = False,
    inside: bool = True,
    plain: bool = True,
) -> Iterator[Token]:
    """Split a page into tags, raw text, comments and declarations; what lies between is text.

    Args:
        text: the page.
        start: where to begin.
        end: where to stop.
        xml: the page is XHTML or SVG: ``<script/>`` ends itself, CDATA sections are sections.
        inside: give the tags inside a conditional comment too, right after the comment.
        plain: give tags without attributes too. Most have none and hold no address, and a page
            is read faster without them. Those that change how others are read, such as ``form``
            and ``svg``, are given all the same.

    A tag that the end of the text cuts short is dropped, as browsers do. Never raises; time is
    linear in the length of the text.
    """
    end = len(text) if end is None else end
    foreign = 1 if xml else 0  # how deep in SVG or MathML
    at = start
    while True:
        if not plain and (skipped := _PLAIN_TAGS.match(text, at, end)):
            at = skipped.end()
        match = _TOKEN.search(text, at, end)
        if match is None:
            return
        begin, at = match.span()
        name = match["name"]
        if name is not None:
            if not match["closed"]:
                return
            name = name.lower()
            tag = Tag(text, name, begin, at, bool(match["slash"]), match.span("attributes"))
            yield tag
            if name in _RAW_ELEMENTS:
                if not tag.closing and not (foreign and tag.self_closing):
                    raw = Raw(name, at, _raw_end(name, text, at, end))
                    yield raw
                    at = raw.end
            elif name in ("svg", "math"):
                if tag.closing:
                    foreign = max(foreign - 1, 0)
                elif not tag.self_closing:
                    foreign += 1
        elif match["comment"]:
            comment = _comment(text, begin, end)
            yield comment
            at = comment.end
            if inside and comment.markup:
                yield from tokens(text, *comment.markup, xml=xml, inside=False, plain=plain)
        else:
            mark = "]]>" if foreign and text.startswith("<![CDATA[", begin, end) else ">"
            stop = text.find(mark, at, end)
            at = end if stop < 0 else stop + len(mark)
            yield Declaration(begin, at)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Splice edits, given in any order, into a text.

    An edit inside a longer one, or overlapping one that begins earlier, is left out: when a part
    of the page is cut, what was to be changed in it is gone.
    """
    parts: list[str] = []
    at = 0
    for start, stop, new in sorted(edits, key=_splicing_order):
        if start >= at:
            parts += (text[at:start], new)
            at = stop
    parts.append(text[at:])
    return "".join(parts)


def _splicing_order(edit: Edit) -> tuple[int, bool, int]:
    return edit.start, edit.end > edit.start, -edit.end  # insertions first, then the longest


def edits_inside(
    attribute: Attribute, edits_for: Callable[[str], Iterable[Edit]]
) -> Iterator[Edit]:
    """Edit a text that is an attribute's value, such as the page in a ``srcdoc``.

    Args:
        attribute: the attribute.
        edits_for: given the value with its references undone, says what to change in it.

    Yields:
        The same edits as they are to be made in the tag.
    """
    value = _unescaped(attribute.value)
    for start, end, new in edits_for(value.text):
        written = write_attribute(new, attribute.quote)
        yield _attribute_edit(attribute, value, Edit(start, end, written))


def attribute_text(raw: str) -> str:
    """Undo the character references in an attribute's value.

    >>> attribute_text("?a=1&amp;b=2&copy=3&#x2F;")
    '?a=1&b=2&copy=3/'

    Source: HTML Standard, clause 13.2.5.73: in an attribute a name without its semicolon is left
    alone where a letter, digit or ``=`` follows.
    """
    return _REFERENCE.sub(_undo_reference, raw) if "&" in raw else raw


def write_attribute(value: str, quote: str) -> str:
    """Write a value so that it can stand between `quote`, or unquoted where that is empty.

    >>> write_attribute('/a?b="c"&d', '"')
    '/a?b=&quot;c&quot;&amp;d'

    Characters beyond latin-1 become references, so that the text can always become bytes again.
    """
    value = value.replace("&", "&amp;")
    if quote == '"':
        value = value.replace('"', "&quot;")
    elif quote == "'":
        value = value.replace("'", "&#39;")
    else:
        value = _UNQUOTED_SPECIAL.sub(_reference, value)
    return _BEYOND_LATIN_1.sub(_reference, value)


def srcset_addresses(value: str) -> list[tuple[int, int]]:
    """Find the addresses in a ``srcset``: where each begins and ends.

    >>> value = "a,b.png 1x, data:image/gif;base64,AA== 2x"
    >>> [value[start:end] for start, end in srcset_addresses(value)]
    ['a,b.png', 'data:image/gif;base64,AA==']
    """
    found: list[tuple[int, int]] = []
    at = 0
    while match := _SRCSET_URL.search(value, _gap_end(value, at)):
        start, at = match.span()
        stop = start + len(match.group().rstrip(","))
        found.append((start, stop))
        if stop == at and (rest := _SRCSET_REST.match(value, at)):
            at = rest.end()
    return found


def refresh_address(value: str) -> tuple[int, int] | None:
    """Find the address in the content of a ``meta`` refresh; None if there is none.

    >>> value = "0; URL='/new.htm'"
    >>> start, end = refresh_address(value)
    >>> value[start:end]
    '/new.htm'
    """
    match = _REFRESH.match(value)
    if match is None or match.end() == len(value):
        return None
    quote = match[1]
    stop = value.find(quote, match.end()) if quote else -1
    return match.end(), len(value) if stop < 0 else stop


def relation_use(relations: str, destination: str = "") -> Use:
    """Tell what a page uses an address for by its relation to the page.

    >>> relation_use("alternate stylesheet"), relation_use("preload", "font")
    (<Use.STYLE: 'style'>, <Use.FONT: 'font'>)

    Args:
        relations: one or more, parted by blanks, in any letter case; as in a ``link`` element's rel
            and a Link header's.
        destination: what it is loaded ahead as, where it is; the ``as`` of either.
    """
    names = relations.lower().split()
    for relation, use in _LINK_RELATIONS:
        if relation in names:
            return use
    if "preload" in names:
        return _PRELOADED.get(destination.lower(), Use.OBJECT)
    return Use.LINK


def page_addresses(text: str, *, xml: bool = False) -> Iterator[Address]:
    """Find every address in a page, in order, those inside conditional comments too."""
    return _page_addresses(text, xml=xml, depth=0)


def _page_addresses(text: str, *, xml: bool, depth: int) -> Iterator[Address]:
    for token in tokens(text, xml=xml):
        if isinstance(token, Tag):
            yield from _tag_addresses(token, depth)
        elif isinstance(token, Raw) and token.name == "style":
            yield from style_addresses(text, token.start, token.end)


def tag_addresses(tag: Tag, *, inside: bool = True, longest: int | None = None) -> list[Address]:
    """Find the addresses in a start tag, in order.

    Args:
        tag: the tag.
        inside: give those of the page inside an ``iframe``'s srcdoc too.
        longest: how many characters an attribute's raw value may have to be looked into.

    What an attribute of another name says, ``data-`` attributes above all, only the page's scripts
    know: it is left alone.
    """
    return _tag_addresses(tag, 0 if inside else _DEEPEST, longest)


def _tag_addresses(tag: Tag, depth: int, longest: int | None = None) -> list[Address]:
    start, end = tag.attributes_at
    if tag.closing or end - start < 4:
        return []
    uses = _USES.get(tag.name)
    if uses is None:
        inside = tag.text[start:end].lower()
        if not ("style" in inside or "background" in inside or "xlink:href" in inside):
            return []
        uses = _USES_ANYWHERE
    found: list[Address] = []
    attributes, element = tag.attributes, tag.name
    for attribute in attributes:
        name, value, at, *_ = attribute
        use = uses.get(name)
        if use is None or not value or (longest is not None and len(value) > longest):
            continue
        if (
            name in _NOT_PLAIN
            or element in _NOT_PLAIN
            or "&" in value
            or value.strip(_URL_EDGES) != value
        ):
            found += _read_attribute(element, attribute, use, attributes, depth)
        else:  # as nearly all are: the value is the address
            end = len(value)
            edit = _plain_editor(attribute, Unescaped(value, ()), 0, end)
            found.append(Address(value, use, element, name, at, at + end, edit))
    return found


def style_addresses(text: str, start: int, end: int, element: str = "style") -> Iterator[Address]:
    """Find the addresses in a style sheet inside a page, or in one that is a file by itself."""
    for found in css_addresses(text, start, end):
        use = Use.STYLE if found.imported else Use.IMAGE
        yield Address(
            found.url.strip(_URL_EDGES),
            use,
            element,
            "",
            found.start,
            found.end,
            _css_editor(text, found),
        )


# What each attribute of each element holds. A value that is no plain address has a reader of its
# own, told by the name of the attribute. Sources: the HTML Standard's attribute index; HTML 4.01
# for what old pages have (applet, background, longdesc, profile); SVG 1.1; Internet Explorer for
# lowsrc and dynsrc.
_USES_ANYWHERE: Mapping[str, Use] = {
    "style": Use.IMAGE,
    "background": Use.IMAGE,
    "xlink:href": Use.LINK,
}
_USES: Mapping[str, Mapping[str, Use]] = {
    element: {**_USES_ANYWHERE, **uses}
    for elements, uses in {
        "a area": {"href": Use.LINK, "ping": Use.PING},
        "link": {"href": Use.LINK, "imagesrcset": Use.IMAGE},
        "base": {"href": Use.BASE},
        "img": {
            "src": Use.IMAGE,
            "srcset": Use.IMAGE,
            "lowsrc": Use.IMAGE,
            "dynsrc": Use.MEDIA,
            "longdesc": Use.CITE,
        },
        "input": {"src": Use.IMAGE, "formaction": Use.FORM},
        "button": {"formaction": Use.FORM},
        "form": {"action": Use.FORM},
        "script": {"src": Use.SCRIPT, "href": Use.SCRIPT, "xlink:href": Use.SCRIPT},
        "iframe": {"src": Use.FRAME, "longdesc": Use.CITE, "srcdoc": Use.FRAME},
        "frame": {"src": Use.FRAME, "longdesc": Use.CITE},
        "source": {"src": Use.MEDIA, "srcset": Use.IMAGE},
        "audio track": {"src": Use.MEDIA},
        "video": {"src": Use.MEDIA, "poster": Use.IMAGE},
        "bgsound": {"src": Use.MEDIA},
        "embed": {"src": Use.OBJECT, "pluginspage": Use.CITE},
        "object": {
            "data": Use.OBJECT,
            "codebase": Use.OBJECT,
            "archive": Use.OBJECT,
        },
        "applet": {"codebase": Use.OBJECT, "archive": Use.OBJECT},
        "param": {"value": Use.OBJECT},
        "meta": {"content": Use.REFRESH},
        "blockquote q ins del": {"cite": Use.CITE},
        "html": {"manifest": Use.MANIFEST},
        "head": {"profile": Use.CITE},
        "image": {
            "src": Use.IMAGE,
            "srcset": Use.IMAGE,
            "href": Use.IMAGE,
            "xlink:href": Use.IMAGE,
        },
        "feimage use mpath textpath tref lineargradient radialgradient pattern filter": {
            "href": Use.IMAGE,
            "xlink:href": Use.IMAGE,
        },
    }.items()
    for element in elements.split()
}
_LINK_RELATIONS = (
    ("stylesheet", Use.STYLE),
    ("icon", Use.IMAGE),
    ("apple-touch-icon", Use.IMAGE),
    ("apple-touch-icon-precomposed", Use.IMAGE),
    ("mask-icon", Use.IMAGE),
    ("apple-touch-startup-image", Use.IMAGE),
    ("image_src", Use.IMAGE),
    ("modulepreload", Use.SCRIPT),
    ("manifest", Use.MANIFEST),
    ("dns-prefetch", Use.HINT),
    ("preconnect", Use.HINT),
)
_PRELOADED = {
    "script": Use.SCRIPT,
    "worker": Use.SCRIPT,
    "style": Use.STYLE,
    "image": Use.IMAGE,
    "font": Use.FONT,
    "audio": Use.MEDIA,
    "video": Use.MEDIA,
    "track": Use.MEDIA,
    "document": Use.FRAME,
    "fetch": Use.OBJECT,
    "object": Use.OBJECT,
    "embed": Use.OBJECT,
}
_PARAMETERS = frozenset(("movie", "src", "url", "filename", "data", "href"))


# Attributes with a reader of their own, and elements whose other attributes say how they are read.
_NOT_PLAIN = frozenset(
    ("style", "srcdoc", "srcset", "imagesrcset", "ping", "archive", "link", "meta", "param")
)


def _read_attributes(text: str, start: int, end: int) -> list[Attribute]:
    found: list[Attribute] = []
    for match in islice(_ATTRIBUTE.finditer(text, start, end), _MOST_ATTRIBUTES):
        group = match.lastgroup or "name"
        begin, stop = match.span(group)
        if group == "name":
            found.append(Attribute(match[1].lower(), "", stop, stop, "", (begin, stop)))
        else:
            quote = _QUOTES[group]
            found.append(
                Attribute(match[1].lower(), match[group], begin, stop, quote, match.span())
            )
    return found


def _raw_end(name: str, text: str, at: int, end: int) -> int:
    if name == "plaintext":
        return end
    if name == "script":
        return _script_end(text, at, end)
    closing = _closing_tag(name).search(text, at, end)
    return closing.start() if closing else end


@cache
def _closing_tag(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)


def _script_end(text: str, at: int, end: int) -> int:
    # Inside <!-- a second <script> hides the next </script>: the standard's double escaped state.
    escaped = hidden = False
    while match := _SCRIPT_MARK.search(text, at, end):
        at = match.end()
        mark = match.group()
        if mark == "<!--":
            if not escaped:
                escaped, at = True, at - 2  # its own dashes may begin the end mark: <!-->
        elif mark == "-->":
            escaped = hidden = False
        elif not match[1]:
            hidden = escaped
        elif hidden:
            hidden = False
        else:
            return match.start()
    return end


def _comment(text: str, begin: int, end: int) -> Comment:
    start = begin + 4
    for short in (">", "->"):
        if text.startswith(short, start, end):
            return Comment(begin, start + len(short), (start, start), None)
    mark = _COMMENT_END.search(text, start, end)
    stop, after = mark.span() if mark else (end, end)
    condition = _CONDITION.match(text, start, stop)
    closing = text.rfind("<![", condition.end(), stop) if condition else -1
    markup = (condition.end(), closing) if condition and closing >= 0 else None
    return Comment(begin, after, (start, stop), markup)


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def _undo_reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return html5.get(name, match.group())
    digits = hexadecimal or decimal
    number = int(digits, 16 if hexadecimal else 10) if len(digits) < 12 else 0
    if number in _WINDOWS_1252:
        return _WINDOWS_1252[number]
    return "\ufffd" if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000 else chr(number)


def _gap_end(value: str, at: int) -> int:
    gap = _SRCSET_GAP.match(value, at)
    return gap.end() if gap else at


def _trimmed(value: str, start: int, end: int) -> tuple[int, int]:
    while start < end and value[start] in _URL_EDGES:
        start += 1
    while end > start and value[end - 1] in _URL_EDGES:
        end -= 1
    return start, end


def _read_attribute(
    element: str, attribute: Attribute, use: Use, attributes: list[Attribute], depth: int
) -> Iterator[Address]:
    name = attribute.name
    if element == "link" and name == "href":
        use = _link_use(attributes)
    elif element in _CONDITIONAL and not _CONDITIONAL[element](attributes):
        return
    value = _unescaped(attribute.value)
    if name == "style":
        inner = style_addresses(value.text, 0, len(value.text), element)
        yield from _moved(inner, attribute, value)
    elif name == "srcdoc":
        if depth < _DEEPEST:
            inner = _page_addresses(value.text, xml=False, depth=depth + 1)
            yield from _moved(inner, attribute, value)
    else:
        for span in _spans(name, use, value.text):
            start, end = _trimmed(value.text, *span)
            if start < end:
                yield Address(
                    value.text[start:end],
                    use,
                    element,
                    name,
                    attribute.start + value.source_index(start),
                    attribute.start + value.source_index(end),
                    _plain_editor(attribute, value, start, end),
                )


def _moved(inner: Iterable[Address], attribute: Attribute, value: Unescaped) -> Iterator[Address]:
    # What was found in an attribute's value, as places in the page.
    for found in inner:
        yield Address(
            found.url,
            found.use,
            found.element,
            found.attribute or attribute.name,
            attribute.start + value.source_index(found.start),
            attribute.start + value.source_index(found.end),
            _inner_editor(attribute, value, found.edit),
        )


def _spans(name: str, use: Use, value: str) -> list[tuple[int, int]]:
    if name in ("srcset", "imagesrcset"):
        return srcset_addresses(value)
    if use is Use.REFRESH:
        span = refresh_address(value)
        return [span] if span else []
    if name == "ping" or (name == "archive" and "," not in value):
        return [match.span() for match in _SRCSET_URL.finditer(value)]
    if name == "archive":
        return [match.span() for match in re.finditer("[^,]+", value)]
    return [(0, len(value))]


def _link_use(attributes: list[Attribute]) -> Use:
    return relation_use(_value("rel", attributes), _value("as", attributes))


def _refreshes(attributes: list[Attribute]) -> bool:
    return _value("http-equiv", attributes) == "refresh"


def _holds_address(attributes: list[Attribute]) -> bool:
    return _value("valuetype", attributes) == "ref" or _value("name", attributes) in _PARAMETERS


_CONDITIONAL: Mapping[str, Callable[[list[Attribute]], bool]] = {
    "meta": _refreshes,
    "param": _holds_address,
}


def _value(name: str, attributes: list[Attribute]) -> str:
    for attribute in attributes:
        if attribute.name == name:
            return attribute_text(attribute.value).strip(SPACE).lower()
    return ""


def _unescaped(raw: str) -> Unescaped:
    return unescape(raw, _REFERENCE, _undo_reference) if "&" in raw else Unescaped(raw, ())


def _plain_editor(
    attribute: Attribute, value: Unescaped, start: int, end: int
) -> Callable[[str], Edit]:
    def edit(new: str) -> Edit:
        kept = end - common_ending(value.text[start:end], new)
        written = write_attribute(new[: len(new) - (end - kept)], attribute.quote)
        return _attribute_edit(attribute, value, Edit(start, kept, written))

    return edit


def _inner_editor(
    attribute: Attribute, value: Unescaped, inner: Callable[[str], Edit]
) -> Callable[[str], Edit]:
    def edit(new: str) -> Edit:
        start, end, written = inner(new)
        written = write_attribute(written, attribute.quote)
        return _attribute_edit(attribute, value, Edit(start, end, written))

    return edit


def _attribute_edit(attribute: Attribute, value: Unescaped, edit: Edit) -> Edit:
    start, end, written = edit
    if not attribute.quote and not written and end - start == len(value.text):
        written = '""'  # an unquoted value may not be empty
    offset = attribute.start
    return Edit(offset + value.source_index(start), offset + value.source_index(end), written)


def _css_editor(text: str, found: CssAddress) -> Callable[[str], Edit]:
    return lambda new: Edit(*css_edit(text, found, new))
