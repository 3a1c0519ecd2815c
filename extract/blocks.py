"""Text to blocks: a page's markup, or its plain rendering, as a `Document`.

One parse by lxml, one walk over the tree without recursion. White space is folded as a browser
folds it, line breaks are kept, hidden text is left out, data tables keep their grid and layout
tables dissolve.
"""

import re
from dataclasses import dataclass
from typing import Literal

from lxml import etree
from lxml.etree import _Element

from extract.document import CONTENT, Block, Cell, Document, Link, Links, Mark
from extract.plain import plain_drafts
from extract.regions import BlockDraft, names_main, region_of_element, settle
from extract.tableform import MOST_PLACES, is_data_table
from extract.written import (
    WritingFunction,
    protected_address,
    writing_functions,
    written_address,
)

__all__ = ["Block", "Document", "Link", "TextRuns", "html_blocks", "html_runs", "text_blocks"]

_CONTAINERS_TEXT = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main
menu nav ol p pre section summary table tbody td tfoot th thead tr ul xmp listing
"""
_CONTAINERS = frozenset(_CONTAINERS_TEXT.split())
_KINDS = {
    "li": "item",
    "dt": "term",
    "dd": "description",
    "address": "address",
    "caption": "caption",
    "figcaption": "caption",
    "legend": "caption",
    **{f"h{rank}": "heading" for rank in range(1, 7)},
}
_LISTS = frozenset({"ul", "ol", "dl", "dir", "menu"})
_PARTS = frozenset({"li", "dt", "dd"})
_CELLS = frozenset({"td", "th"})
_BOLD = frozenset({"b", "strong"})
_SPEAKING_INLINE = frozenset({"br", "b", "strong", "img", "area", "meta", "base"})
_SPEAKING = frozenset({"nav", "header", "footer", "aside", "main", "article"})
_NAMING = frozenset({"id", "class", "role"})  # attributes that may name a region
_HIDING = frozenset({"hidden", "style", "data-cfemail"})  # and those that may hide an element
# Containers that, without attributes, change nothing for what is inside them.
_TRANSPARENT_TEXT = "p div body center tbody thead tfoot section blockquote hr form"
_TRANSPARENT = frozenset(_TRANSPARENT_TEXT.split())
_DECLARING_TEXT = """
style script title noscript template select option textarea button svg math object embed iframe
canvas audio video applet noframes datalist colgroup col rp frame del s strike
"""
_STRUCK = frozenset({"del", "s", "strike"})
_MOST_STRUCK = 400  # characters; more is an element that nobody closed
_DECLARING = frozenset(_DECLARING_TEXT.split())
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|text-decoration[\w\s:-]*:[\w\s]*line-through"
    r"|(?<![\w-])(?:left|top)\s*:\s*-\d{3}",  # moved off the screen
    re.IGNORECASE,
)
_MEDIA = re.compile(r"@[^{};]{1,200}\{(?:[^{}]{0,500}\{[^{}]{0,2000}\}){0,300}[^{}]{0,500}\}")
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SIMPLE_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?[.#][\w-]+", re.IGNORECASE)
_ZERO_WIDTH = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_NEEDS_SCRIPT = re.compile(
    r"java ?script|browser|\b(?:enable|turn on|switch on|without|needs?) script(?:s|ing)?\b",
    re.IGNORECASE,
)
_END = re.compile(
    rb"</html\b[^>]{0,200}>(?:\s+|<!--.*?(?:-->|$)|</(?:html|body)\b[^>]{0,200}>)*",
    re.IGNORECASE | re.DOTALL,
)
_LAST_TAGS = re.compile(rb"</(?:html|body)\b[^>]{0,200}>", re.IGNORECASE)
_SAYS_WHETHER = re.compile(  # a picture of a tick or a cross
    r"yes|no|tick(?:ed)?|cross(?:ed)?|[✓✔✗✘]|ydy|nac ydy", re.IGNORECASE
)
_LOOKS_LIKE_ADDRESS = re.compile(r"@|[\[(]at[\])]|\bdot\b|\d{3}[ -]?\d{3}", re.IGNORECASE)
_TYPED_MARKUP = (b"vcard", b"h-card", b"itemprop", b"itemscope", b"typeof", b'property="dc')
_RDFA = frozenset({"property", "typeof", "rel", "about", "resource"})
_MOST_PREFIXES = 100
_PREFIX = re.compile(r"([\w.-]{1,40}):\s+(\S{1,200})")
# Local names of properties whose value is the address of a link, not its words.
_LINKED_TEXT = """
email mbox url homepage sameas tel telephone phone hasemail hastelephone hasurl hasvalue value
"""
_LINKED = frozenset(_LINKED_TEXT.split())
_CARD_CLASS = re.compile(
    r"^(?:vcard|h-card|fn|n|org|organization-name|organization-unit|title|role|adr|tel|email|url|"
    r"type|value|street-address|extended-address|locality|region|postal-code|country-name|"
    r"post-office-box|[pu]-[a-z-]+|dt-[a-z-]+)$"
)
_PROTECTED_LINK = "/cdn-cgi/l/email-protection#"
_NO_ATTRIBUTES: dict[str, str] = {}
_NO_LINKS = Links()
_VALUE_OF = {"a": "href", "link": "href", "area": "href", "time": "datetime", "abbr": "title"}
_Event = tuple[Literal["start", "end", "comment", "pi"], _Element]
_INLINE_TAGS = re.compile(
    rb"</?(?:font|b|i|u|em|strong|span|center|small|big|tt|nobr|abbr|acronym)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"<[^<>]{0,2000}>")
_BLOCK_TAG = re.compile(rb"</?(?:p|div|br|li|tr|td|th|h[1-6]|dt|dd|table)\b[^<>]{0,500}>", re.I)
_ODD_BREAK = re.compile(rb"</br\b|(?:</div>|</li>|</h[1-6]>|</b>|</strong>)\s{0,99}</p>", re.I)
_PARTING_TAG = re.compile(
    rb"<(/?(?:p|br|div|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|form|center|blockquote|pre|hr))"
    rb"(?=[\s/>])[^<>]{0,2000}>",
    re.IGNORECASE,
)
_COLUMN_GAP = re.compile(r" {3,}|\t+")
_MAX_SPAN = 1000


def html_blocks(text: str) -> Document:
    """Read markup, however broken, into blocks; never fails.

    What the parser gives up on is said in `Document.problems`: nesting beyond its limit costs first
    the inline markup, then all of it.
    """
    payload = text.replace("\x00", "").encode("utf-8", "replace")
    if _goes_on(payload):
        payload = _LAST_TAGS.sub(b"", payload)
    if _ODD_BREAK.search(payload):
        payload = _mend_breaks(payload)
    root, too_deep = _parse(payload)
    problems: tuple[str, ...] = ()
    if too_deep:
        problems = ("nested too deep; inline markup was left out",)
        root, too_deep = _parse(_INLINE_TAGS.sub(b"", payload))
    if too_deep:
        lines = _ANY_TAG.sub(b"", _BLOCK_TAG.sub(b"\n\n", payload)).decode("utf-8", "replace")
        flat = text_blocks(lines)
        return Document(
            flat.text, flat.blocks, problems=("nested too deep; read without its markup",)
        )
    if root is None:
        return Document("", ())
    walker = _Walker(marked=any(name in payload for name in _TYPED_MARKUP))
    walker.walk(root)
    if not walker.drafts and "<" in walker.title:  # a title nobody closed swallowed the page
        opened = re.sub(r"(?i)(<title[^>]*>[^<]*)", r"\1</title>", text, count=1)
        if opened != text and "</title><" not in text.lower():
            return html_blocks(opened)
    return walker.document(problems)


def text_blocks(text: str) -> Document:
    """Read a plain text rendering of a page: blank lines part blocks, headings bear no marks."""
    drafts = plain_drafts(text.translate(_ZERO_WIDTH))
    canonical = "\n".join([draft.text for draft in drafts])
    settle(drafts, canonical)
    title = next((draft.text for draft in drafts if draft.kind == "heading"), "")
    return Document(canonical, _finish(drafts), title=title)


@dataclass(frozen=True, slots=True)
class TextRuns:
    """Which elements of a page's tree its text is from.

    Attributes:
        root: the tree's root; None when the markup gave none.
        text: the canonical text as this tree gives it: that of `html_blocks`, but for white space,
            unless the markup had to be mended to be read whole.
        runs: start, end and element of each piece of it, in order; the element is the one that
            has the piece as its own text.
        links: place, raw address and element of each link, in order.
    """

    root: _Element | None
    text: str
    runs: list[tuple[int, int, _Element]]
    links: list[tuple[int, str, _Element]]


def html_runs(text: str) -> TextRuns:
    """Walk through markup as `html_blocks` does, and keep of each piece of text its element.

    Nothing is mended first: the tree is the one that the parser makes of `text` as it is. Costs
    about a half more than `html_blocks`, and the tree stays in memory.
    """
    payload = text.replace("\x00", "").encode("utf-8", "replace")
    root, _ = _parse(payload)
    if root is None:
        return TextRuns(None, "", [], [])
    walker = _FollowingWalker(marked=False)
    walker.walk(root)
    return TextRuns(root, walker.document(()).text, walker.runs, walker.anchors)


def _goes_on(payload: bytes) -> bool:
    """Whether anything that is no comment stands behind what should be the end of the page.

    Browsers show it as if it stood before; the parser leaves it out.
    """
    if b"</html" not in payload and b"</HTML" not in payload:
        return False
    end = _END.search(payload)
    return end is not None and end.end() < len(payload)


def _mend_breaks(payload: bytes) -> bytes:
    """Write out the breaks that browsers make of ``</br>`` and of a ``</p>`` that ends nothing."""
    pieces = []
    at = 0
    is_open = False  # whether a paragraph is; any other block ends it
    for match in _PARTING_TAG.finditer(payload):
        tag = match.group(1).lower()
        if tag == b"/br" or (tag == b"/p" and not is_open):
            pieces += [payload[at : match.start()], b"<br>" if tag == b"/br" else b"<p></p>"]
            at = match.end()
        is_open = tag == b"p" or (is_open and tag in {b"br", b"/br"})
    return b"".join([*pieces, payload[at:]])


def _parse(payload: bytes) -> tuple[_Element | None, bool]:
    """Parse markup; the second value tells that nesting beyond the limit cost part of it.

    Raises:
        MemoryError: when memory ran out; the parser itself would leave out the rest.
    """
    parser = etree.HTMLParser(
        recover=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(payload, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        root = None
    faults = {entry.type_name for entry in parser.error_log}
    if "ERR_NO_MEMORY" in faults:
        raise MemoryError
    return root, root is not None and "ERR_RESOURCE_LIMIT" in faults


def _finish(drafts: list[BlockDraft]) -> tuple[Block, ...]:
    """Number the blocks and give each the headings above it."""
    blocks = []
    above: list[tuple[int, int]] = []  # level and number of the headings above
    path: tuple[int, ...] = ()
    for number, draft in enumerate(drafts):
        is_content = draft.region in CONTENT
        opens = is_content and draft.kind == "heading"
        if opens:
            while above and above[-1][0] >= draft.level:
                above.pop()
            path = tuple(heading for _, heading in above)
        blocks.append(
            Block(
                number,
                draft.kind,
                draft.level,
                draft.region,
                draft.text,
                draft.start,
                draft.links,
                draft.bold,
                path if is_content else (),
                draft.cell,
                draft.list,
                draft.part,
                draft.classes,
                draft.language,
            )
        )
        if opens:
            above.append((draft.level, number))
            path = (*path, number)
    return tuple(blocks)


@dataclass(slots=True)
class _Grid:
    """Where the next cell of a data table goes, given the spans of the rows above."""

    number: int
    row: int = -1
    column: int = 0
    carried: dict[int, int] | None = None  # column: rows still covered from above
    spanned: int = 0  # places that spans have covered so far
    around: "_Context | None" = None  # of the last cell without attributes, and what was made of it
    inside: "_Context | None" = None

    def next_row(self) -> None:
        self.row += 1
        self.column = 0

    def place(self, rowspan: int, colspan: int) -> tuple[int, int]:
        if rowspan == colspan == 1 and not self.carried:
            self.column += 1
            return max(self.row, 0), self.column - 1
        carried = self.carried = self.carried or {}
        column = self.column
        while carried.get(self.column, 0) > self.row and self.spanned < MOST_PLACES:
            self.column += 1
        self.spanned += self.column - column + colspan - 1
        if self.spanned > MOST_PLACES:
            rowspan = colspan = 1
        column = self.column
        for covered in range(column, column + colspan):
            carried[covered] = self.row + rowspan
        self.column = column + colspan
        return max(self.row, 0), column


@dataclass(slots=True)
class _Context:
    """What a container sets for everything inside it."""

    kind: str = "paragraph"
    level: int = 0
    region: str = "main"
    in_article: bool = False
    in_main: bool = False  # inside what the page calls its content
    list: int | None = None
    depth: int = 0
    part: int | None = None
    frame: tuple[int, int] | None = None
    grid: _Grid | None = None
    cell: Cell | None = None
    row: int = 0
    classes: str = ""
    language: str = ""
    preformatted: bool = False

    def inner(self) -> "_Context":
        """A context to start from for a container directly inside this one."""
        return _Context(
            self.kind if self.kind != "heading" else "paragraph",
            self.level if self.kind != "heading" else 0,
            self.region,
            self.in_article,
            self.in_main,
            self.list,
            self.depth,
            self.part,
            self.frame,
            self.grid,
            self.cell,
            self.row,
            "",
            self.language,
            self.preformatted,
        )


@dataclass(slots=True)
class _OpenLink:
    href: str
    start: int | None = None
    first: int = 0  # number of its first piece of text in the block
    alternative: str = ""
    used: bool = False


@dataclass(slots=True)
class _OpenMark:
    number: int
    names: tuple[str, ...]
    types: tuple[str, ...]
    vocabulary: str
    value: str | None
    parent: int | None
    start: int | None = None
    end: int = 0
    subject: str = ""


class _Walker:
    """Collects blocks during one walk; a class because the walk's state is all of it."""

    def __init__(self, *, marked: bool) -> None:
        self.drafts: list[BlockDraft] = []
        self.title = ""
        self.language = ""
        self.base: str | None = None
        self.meta: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.marked = marked
        self.marks: list[_OpenMark] = []
        self.open_marks: list[tuple[_Element, _OpenMark]] = []
        self.prefixes: dict[str, str] = {}  # of RDFa: what short names stand for
        self.vocabulary = ""  # of RDFa: what names without a prefix belong to
        self.context = _Context()
        self.counter = 0  # numbers lists, tables, parts and frames
        self.late_links: dict[int, list[Link]] = {}  # of pictures, by the block they stand behind
        self.main_end: int | None = None  # where what the page calls its content ends
        self.wrote: _Element | None = None  # the last script that wrote an address
        self.functions: dict[str, WritingFunction] = {}  # that write addresses
        self.hiding: set[str] = set()
        self.hidden = 0  # characters of text that the page hides
        self.ordered: set[int] = set()  # numbers of the lists whose items are numbered
        self.offset = 0  # where the block being gathered starts in the canonical text
        self.link: _OpenLink | None = None
        self.bold_depth = 0
        # Of the block being gathered:
        self.pieces: list[str] = []
        self.size = 0
        self.space = False  # white space was seen and not yet written
        self.at_break = False
        self.links: list[Link] = []
        self.bold: list[tuple[int, int]] = []

    def document(self, problems: tuple[str, ...]) -> Document:
        """What the walk has found, its regions settled."""
        for number, late in self.late_links.items():
            draft = self.drafts[number]
            draft.links = Links((*draft.links, *late))
        text = "\n".join([draft.text for draft in self.drafts])
        settle(self.drafts, text, self.main_end)
        length = max(self.offset - 1, 0)
        marks = tuple(
            Mark(
                mark.vocabulary,
                mark.names,
                mark.types,
                min(mark.start if mark.start is not None else mark.end, length),
                min(mark.end, length),
                mark.value,
                mark.parent,
                mark.subject,
            )
            for mark in self.marks
        )
        return Document(
            text=text,
            blocks=_finish(self.drafts),
            title=" ".join(self.title.split()),
            language=self.language,
            meta=tuple(self.meta),
            base=self.base,
            marks=marks,
            scripts=tuple(self.scripts),
            problems=problems,
            hidden=self.hidden,
            ordered=frozenset(self.ordered),
        )

    # ------------------------------------------------------------ the walk

    def walk(self, root: _Element) -> None:
        """Go through the tree once, in document order."""
        # Every element of every page comes by here, so what most of them need stands in the loop.
        # A container that begins or ends starts a new block, or a new line inside a data cell.
        events = self._events(root)
        outer: list[_Context] = []
        open_marks = self.open_marks
        passed_over = None
        for event, element in events:
            tag: str = element.tag  # type: ignore[assignment] # comments were left out
            if event == "start":
                items = element.items()
                attributes = dict(items) if items else _NO_ATTRIBUTES
                if (
                    tag in _DECLARING
                    or (items and (self.hiding or not _HIDING.isdisjoint(attributes)))
                ) and self._passes_over(element, tag, attributes):
                    passed_over = element
                    events.skip_subtree()
                    continue
                if tag in _CONTAINERS:
                    context = self.context
                    if self.size:
                        if context.cell is None:
                            self._flush()
                        elif not self.at_break:
                            self._break_line()
                    elif self.links:
                        self._leave_links()
                    outer.append(context)
                    if context.grid and tag in _CELLS:
                        self._enter_cell(element, tag, context.grid, attributes)
                    elif items or tag not in _TRANSPARENT or context.kind == "heading":
                        self._enter(element, tag, attributes)
                elif tag == "a":
                    if self.link is not None:
                        self._close_link()
                    if "href" in attributes:
                        href = attributes["href"]
                        if _PROTECTED_LINK in href:
                            address = protected_address(href.rpartition("#")[2])
                            href = f"mailto:{address}" if address else href
                        self.link = _OpenLink(href)
                elif tag in _SPEAKING_INLINE:
                    self._enter_inline(tag, attributes)
                if items and self.marked:
                    self._open_mark(element, attributes)
                text = element.text
            else:
                if element is passed_over:
                    passed_over = None
                else:
                    if open_marks and open_marks[-1][0] is element:
                        self._close_mark()
                    if tag in _CONTAINERS:
                        if self.size:
                            if self.context.cell is None or tag in _CELLS:
                                self._flush()
                            elif not self.at_break:
                                self._break_line()
                        elif self.links:
                            self._leave_links()
                        around = outer.pop()
                        if self.context.in_main and not around.in_main:
                            self.main_end = self.offset
                        self.context = around
                    elif tag == "a":
                        if self.link is not None:
                            self._close_link()
                    elif tag in _BOLD:
                        self.bold_depth -= 1
                text = element.tail
            if text:
                if self.context.preformatted:
                    self._write_lines(text)
                elif text.isspace():  # most of what stands between tags
                    self.space = True
                else:
                    self._write(text)
        self._flush()

    def _events(self, root: _Element) -> "etree.iterwalk[_Event] | _Followed":
        return etree.iterwalk(root, events=("start", "end"))

    def _next(self) -> int:
        self.counter += 1
        return self.counter

    def _passes_over(self, element: _Element, tag: str, attributes: dict[str, str]) -> bool:
        """Take what an unseen element declares, and say that its inside is not text of the page."""
        if tag in _STRUCK:
            length = _visible_length(element)
            self.hidden += length if length <= _MOST_STRUCK else 0
            return length <= _MOST_STRUCK
        if tag in _DECLARING:
            if tag == "style":
                self.hiding |= _hidden_selectors("".join(element.itertext()))
            elif tag == "script":
                self._read_script(element)
            elif tag == "title":
                self.title = self.title or "".join(element.itertext())
            elif tag == "noscript":
                if self.wrote is not None and element.getprevious() is self.wrote:
                    return True  # it says what the script wrote
                return _NEEDS_SCRIPT.search("".join(element.itertext())) is not None
            return True
        if tag in {"html", "body"}:
            return False
        if "data-cfemail" in attributes:
            address = protected_address(attributes["data-cfemail"])
            if address:
                self._write_address(address)
            return bool(address)
        if "hidden" in attributes or (
            "style" in attributes and _INVISIBLE.search(attributes["style"])
        ):
            self.hidden += _visible_length(element)
            return True
        if self.hiding and self._is_hidden_by_sheet(tag, attributes):
            self.hidden += _visible_length(element)
            return True
        return False

    def _is_hidden_by_sheet(self, tag: str, attributes: dict[str, str]) -> bool:
        names = [f".{name}" for name in attributes.get("class", "").split()]
        if name := attributes.get("id"):
            names.append(f"#{name}")
        return any(name in self.hiding or tag + name in self.hiding for name in names)

    def _read_script(self, element: _Element) -> None:
        text = element.text or ""
        if "ld+json" in element.get("type", "").lower():
            self.scripts.append(text)
            return
        self.functions.update(writing_functions(text))
        if address := written_address(text, self.functions):
            self._write_address(address)
            self.wrote = element

    def _write_address(self, address: str) -> None:
        """Add an address that is shown to readers but not written in the page, as a link to it."""
        around, self.link = self.link, _OpenLink(f"mailto:{address}")
        self.space = True
        self._write(address)
        self._close_link()
        self.link = around
        self.space = True

    def _enter(self, element: _Element, tag: str, attributes: dict[str, str]) -> None:
        """Open a container: the context for what is inside."""
        context = self.context = self.context.inner()
        if tag in _KINDS and context.cell is None:
            context.kind = _KINDS[tag]
            context.level = int(tag[1]) if context.kind == "heading" else context.depth
        if tag in _PARTS:
            context.part = self._next()
        elif tag == "tr":
            if context.grid:
                context.grid.next_row()
            context.row = self._next()
        elif tag in _CELLS:  # of a layout table
            context.part = self._next()
            context.frame = (context.row, context.part)
        elif tag in _LISTS:
            context.list = self._next()
            context.depth += 1
            if tag == "ol":
                self.ordered.add(context.list)
        elif tag == "table":
            context.grid = _Grid(self._next()) if is_data_table(element) else None
            context.cell = None
        elif tag == "pre":
            context.preformatted = True
        if tag == "html":
            self.language = attributes.get("lang") or next(
                (value for name, value in attributes.items() if name.endswith("lang")), ""
            )
        elif attributes or tag in _SPEAKING:
            self._enter_region(element, tag, context, attributes)

    def _enter_cell(
        self, element: _Element, tag: str, grid: _Grid, attributes: dict[str, str]
    ) -> None:
        """Open a cell of a data table."""
        around = self.context
        rowspan = _span(attributes["rowspan"]) if "rowspan" in attributes else 1
        colspan = _span(attributes["colspan"]) if "colspan" in attributes else 1
        row, column = grid.place(rowspan, colspan)
        self.counter += 1
        cell = Cell(grid.number, row, column, rowspan, colspan, tag == "th")
        if not attributes and grid.inside is not None and grid.around is around:
            context = self.context = grid.inside  # as in the cell before, which is closed
            context.part = self.counter
            context.cell = cell
            return
        context = self.context = _Context(
            "cell",
            0,
            around.region,
            around.in_article,
            around.in_main,
            None,
            around.depth,
            self.counter,
            around.frame,
            grid,
            cell,
            around.row,
            "",
            around.language,
            around.preformatted,
        )
        if attributes:
            self._enter_region(element, tag, context, attributes)
        else:
            grid.around, grid.inside = around, context

    def _enter_region(
        self, element: _Element, tag: str, context: _Context, attributes: dict[str, str]
    ) -> None:
        if "lang" in attributes:
            context.language = attributes["lang"] or context.language
        if tag not in _SPEAKING and _NAMING.isdisjoint(attributes):
            return
        name, classes = attributes.get("id", ""), attributes.get("class", "")
        role = attributes.get("role", "")
        context.classes = f"{classes} {name}".strip()
        if tag == "body" or context.region == "archive":
            return
        if tag in {"main", "article"} or role == "main":
            context.in_article = True
        if not (name or classes or role or tag in _SPEAKING):
            return
        if names_main(tag, name, classes, role):
            context.in_main = True
        region = region_of_element(tag, name, classes, role)
        if region is None or (context.in_article and region in {"header", "footer"}):
            return  # an article's own header and footer are part of it
        if region not in {"nav", "header", "footer"} or not _holds_message(element):
            context.region = region

    def _enter_inline(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "br":
            self._break_line()
        elif tag in _BOLD:
            self.bold_depth += 1
        elif tag == "img":
            alternative = " ".join(attributes.get("alt", "").split())
            if alternative and (
                _LOOKS_LIKE_ADDRESS.search(alternative) or _SAYS_WHETHER.fullmatch(alternative)
            ):
                self._write(f" {alternative} ")
            elif alternative and self.link:
                self.link.alternative = alternative
        elif tag == "area" and attributes.get("href"):
            where = self.offset + self.size
            self.links.append(Link(attributes.get("alt", ""), attributes["href"], where, where))
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property")
            name = name or attributes.get("http-equiv")
            if name and (content := attributes.get("content")):
                self.meta.append((name.strip().lower(), " ".join(content.split())))
        elif tag == "base" and self.base is None:
            self.base = attributes.get("href")

    # ------------------------------------------------------------ typed markup

    def _open_mark(self, element: _Element, attributes: dict[str, str]) -> None:
        self._declare(attributes)
        if "itemprop" in attributes or "itemscope" in attributes:
            vocabulary = "microdata"
            names = tuple(attributes.get("itemprop", "").split())
            types = tuple(attributes.get("itemtype", "").split()) or ("Thing",)
            types = types if "itemscope" in attributes else ()
        else:
            vocabulary = "hcard"
            names = tuple(filter(_CARD_CLASS.match, attributes.get("class", "").split()))
            types = tuple(name for name in names if name in {"vcard", "h-card"})
        if not (names or types):
            self._open_rdfa(element, attributes)
            return
        value = attributes.get(
            _VALUE_OF.get(str(element.tag), "content"), attributes.get("content")
        )
        self._push_mark(element, names, types, vocabulary, value)

    def _declare(self, attributes: dict[str, str]) -> None:
        """Note the prefixes and the vocabulary that RDFa names after it use."""
        if "vocab" in attributes:
            self.vocabulary = attributes["vocab"].strip()
        found = _PREFIX.findall(attributes["prefix"]) if "prefix" in attributes else []
        found += [(name[6:], value) for name, value in attributes.items() if name[:6] == "xmlns:"]
        for name, value in found:
            if len(self.prefixes) < _MOST_PREFIXES:
                self.prefixes[name.lower()] = value.strip()

    def _open_rdfa(self, element: _Element, attributes: dict[str, str]) -> None:
        """Open a mark of RDFa; its names are written out as far as their prefixes are known."""
        if _RDFA.isdisjoint(attributes):
            return
        properties = attributes.get("property", "").split()
        relations = [name for name in attributes.get("rel", "").split() if ":" in name]
        names = tuple(self._written_out(name) for name in (*properties, *relations))
        opened = attributes.get("typeof")
        types = tuple(map(self._written_out, (opened or "").split()))
        if opened is not None and not types:
            types = ("Thing",)
        target = attributes.get("href") or attributes.get("src") or attributes.get("resource")
        value = attributes.get("content") or attributes.get("datetime")
        locals_ = {re.split(r"[:/#]", name)[-1].lower() for name in names}
        if value is None and target and not types and (relations or locals_ & _LINKED):
            value = target
        if value is None and not types and attributes.get("resource", "").startswith("#"):
            value = attributes["resource"]
        subject = attributes.get("about", "" if names else attributes.get("resource", ""))
        if types and not subject:
            subject = attributes.get("resource", "")
        if names or types or subject:
            self._push_mark(element, names, types, "rdfa", value, subject.strip())

    def _written_out(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            return self.vocabulary + name
        return self.prefixes.get(prefix.lower(), prefix + colon) + local

    def _push_mark(
        self,
        element: _Element,
        names: tuple[str, ...],
        types: tuple[str, ...],
        vocabulary: str,
        value: str | None,
        subject: str = "",
    ) -> None:
        parent = self.open_marks[-1][1].number if self.open_marks else None
        mark = _OpenMark(len(self.marks), names, types, vocabulary, value, parent)
        mark.end = self.offset + self.size
        mark.subject = subject
        self.marks.append(mark)
        self.open_marks.append((element, mark))

    def _close_mark(self) -> None:
        _, mark = self.open_marks.pop()
        if mark.start is not None:
            mark.end = self.offset + self.size if self.size else self.offset - 1

    # ------------------------------------------------------------ the text of one block

    def _clear(self) -> None:
        self.pieces = []
        self.size = 0
        self.space = False
        self.at_break = False
        if self.links:
            self.links = []
        if self.bold:
            self.bold = []

    def _write_lines(self, raw: str) -> None:
        """Add preformatted text, whose line feeds are line breaks."""
        for number, line in enumerate(raw.split("\n")):
            if number:
                self._break_line()
            for place, column in enumerate(_COLUMN_GAP.split(line)):
                if place and self.size and not self.at_break and column:
                    self.pieces.append("\t")
                    self.size += 1
                    self.space = False
                self._write(column.strip() if place else column)

    def _write(self, raw: str) -> None:
        """Add text, its white space folded to single blanks."""
        if not raw.isascii():
            raw = raw.translate(_ZERO_WIDTH)
        words = raw.split()
        if not words:
            self.space = self.space or bool(raw)
            return
        if self.size and (self.space or raw[0].isspace()) and not self.at_break:
            self.pieces.append(" ")
            self.size += 1
        start = self.offset + self.size
        link = self.link
        if link is not None and link.start is None:
            link.start, link.first = start, len(self.pieces)
        if self.open_marks:
            for _, mark in self.open_marks:
                if mark.start is None:
                    mark.start = start
        folded = " ".join(words)
        self.pieces.append(folded)
        self.size += len(folded)
        self.space = raw[-1].isspace()
        self.at_break = False
        if self.bold_depth > 0 or self.context.kind == "term":
            if self.bold and start - self.bold[-1][1] <= 1:
                start = self.bold.pop()[0]
            self.bold.append((start, self.offset + self.size))

    def _break_line(self) -> None:
        """A line break; the second in a row parts paragraphs, as it was used to."""
        if not self.size:
            return
        if not self.at_break:
            self.pieces.append("\n")
            self.size += 1
            self.at_break = True
            self.space = False
        elif self.context.cell is None:
            self._flush()

    def _close_link(self) -> None:
        link, self.link = self.link, None
        if link is None:
            return
        end = self.offset + self.size
        if link.start is not None and link.start < end:
            pieces = self.pieces
            last = link.first + 1 == len(pieces)
            text = pieces[-1] if last else "".join(pieces[link.first :])
            text = text.rstrip("\n")
            self.links.append(Link(text, link.href, link.start, link.start + len(text)))
        elif not link.used:
            self.links.append(Link(link.alternative, link.href, end, end))

    def _leave_links(self) -> None:
        """Give the links of pictures, in a block without text, to the block before it."""
        draft = self.drafts[-1] if self.drafts else None
        if draft is None or draft.region != self.context.region:
            return
        end = draft.start + len(draft.text)
        moved = [Link(link.text, link.href, end, end) for link in self.links]
        self.late_links.setdefault(len(self.drafts) - 1, []).extend(moved)
        self.links = []

    def _flush(self) -> None:
        """End the block being gathered; links and marks that are open go on in the next."""
        if not self.size:
            return
        pieces = self.pieces
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if self.link and self.link.start is not None:
            again = _OpenLink(self.link.href, used=True)
            self._close_link()
            self.link = again
        links = Links(self.links) if self.links else _NO_LINKS
        if self.at_break:
            text = text.rstrip("\n")
            end = self.offset + len(text)
            links = Links(
                link if link.end <= end else Link(link.text, link.href, end, end) for link in links
            )
        context = self.context
        self.drafts.append(
            BlockDraft(
                context.kind,
                context.level,
                context.region,
                text,
                self.offset,
                links,
                tuple(self.bold) if self.bold else (),
                context.cell,
                context.list,
                context.part,
                context.frame,
                context.classes,
                context.language,
            )
        )
        self.offset += len(text) + 1
        self._clear()


class _Followed:
    """The events of a walk, and the one that came last."""

    def __init__(self, root: _Element) -> None:
        self._events = etree.iterwalk(root, events=("start", "end"))
        self.last: tuple[str, _Element] = "start", root

    def __iter__(self) -> "_Followed":
        return self

    def __next__(self) -> tuple[str, _Element]:
        event, element = next(self._events)
        self.last = event, element
        return event, element

    def skip_subtree(self) -> None:
        self._events.skip_subtree()


class _FollowingWalker(_Walker):
    """A walker that notes from which element each piece of text is."""

    def __init__(self, *, marked: bool) -> None:
        super().__init__(marked=marked)
        self.runs: list[tuple[int, int, _Element]] = []
        self.anchors: list[tuple[int, str, _Element]] = []
        self._followed: _Followed | None = None

    def _events(self, root: _Element) -> _Followed:
        self._followed = _Followed(root)
        return self._followed

    def _write(self, raw: str) -> None:
        before = self.offset + self.size
        super()._write(raw)
        after = self.offset + self.size
        if after > before and self._followed is not None:
            event, element = self._followed.last
            parent = element.getparent() if event == "end" else None  # its tail is its parent's
            self.runs.append((before, after, element if parent is None else parent))

    def _close_link(self) -> None:
        super()._close_link()
        if self._followed is not None:
            event, element = self._followed.last
            if event == "end" and (href := element.get("href")):
                self.anchors.append((self.offset + self.size, href, element))


def _visible_length(element: _Element) -> int:
    """How many characters of text an element holds, white space folded."""
    texts = (
        each.text if event == "start" else each.tail
        for event, each in etree.iterwalk(element, events=("start", "end"))
        if (event == "start" and each.tag not in _DECLARING)
        or (event == "end" and each is not element)
    )
    return sum(len(" ".join(text.split())) for text in texts if text)


def _span(written: str) -> int:
    """Read a rowspan or colspan; nonsense means 1."""
    if written.strip().isdecimal():
        return min(max(int(written), 1), _MAX_SPAN)
    return 1


def _hidden_selectors(sheet: str) -> frozenset[str]:
    """Find the simple selectors that a style sheet hides on screen."""
    if not _INVISIBLE.search(sheet):
        return frozenset()
    return frozenset(
        selector.strip()
        for selectors, rules in _RULE.findall(_MEDIA.sub("", sheet))
        if _INVISIBLE.search(rules)
        for selector in selectors.split(",")
        if _SIMPLE_SELECTOR.fullmatch(selector.strip())
    )


def _holds_message(element: _Element) -> bool:
    """Whether an element named as furniture holds a main heading and text under it."""
    if element.tag in {"nav", "footer"} or element.get("role"):
        return False
    heading = element.find(".//h1")
    return heading is not None and len(element.findall(".//p")) > 1
