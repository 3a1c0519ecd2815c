"""Which part of a page a block belongs to: its message, or its furniture.

Furniture is known by what it says it is (elements, roles, ids and classes), by its words (skip
links, "You are here") and by its shape and place (nothing but links, before the first heading).
A box beside the text is not furniture; navigation, header, footer and an archive's frame are.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from extract.document import CONTENT, Cell, Links
from extract.hints import holds_any, places_of

__all__ = ["BlockDraft", "names_main", "region_of_element", "region_of_words", "settle"]


@dataclass(slots=True)
class BlockDraft:
    """A block while its region is still open to question; `extract.document.Block` when done."""

    kind: str
    level: int
    region: str
    text: str
    start: int
    links: Links = Links()  # noqa: RUF009 - it is never changed
    bold: tuple[tuple[int, int], ...] = ()
    cell: Cell | None = None
    list: int | None = None
    part: int | None = None
    frame: tuple[int, int] | None = None  # the layout table row, and the cell in it
    classes: str = ""
    language: str = ""

    @property
    def is_content(self) -> bool:
        """Whether it counts as part of the page's message so far."""
        return self.region in CONTENT


_BY_TAG = {"nav": "nav", "footer": "footer", "header": "header", "aside": "aside", "main": "main"}
_BY_ROLE = {
    "navigation": "nav",
    "menu": "nav",
    "menubar": "nav",
    "search": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
}
_ARCHIVE_NAME = re.compile(
    r"web-?archive|archive-?(?:banner|bar|frame|header|footer|info|notice)|ukgwa|wm-ipp|wayback",
    re.IGNORECASE,
)
_WORDS = {
    word: region
    for region, words in {
        "nav": "nav navigation navbar navigate menu menus submenu breadcrumb breadcrumbs crumb "
        "crumbs crumbtrail breadcrumbtrail topnav leftnav rightnav lhnav rhnav lhn sidenav "
        "subnav mainnav globalnav localnav primarynav secondarynav topmenu leftmenu "
        "mainmenu sidemenu skip skiplink skiplinks skipnav skiptocontent pagination pager "
        "share sharing social bookmarks searchbox searchform accesskeys llywio dewislen",
        "header": "header masthead banner branding globalheader siteheader pageheader topbar "
        "hdr brig",
        "footer": "footer globalfooter sitefooter pagefooter colophon siteinfo copyright bottom "
        "ftr "
        "foot troed troedyn gwaelod",
    }.items()
    for word in words.split()
}
# Yahoo's grid names: furniture as an id, the head of any small box as a class.
_IDS = {"hd": "header", "head": "header", "ft": "footer", "foot": "footer", "crumbs": "nav"}
# A notice about cookies is the site's own, whatever else an element is called.
_COOKIE_NAME = re.compile(
    r"cookies?[-_ ]?(?:bar|banner|notice|message|consent|warning|popup|law|info|alert|wrapper)",
    re.IGNORECASE,
)
_MAIN_TEXT = """
main content maincontent main-content main_content contents article pagecontent page-content
bodycontent body-content cynnwys prif mainbody primary
"""
_MAIN_NAMES = frozenset(_MAIN_TEXT.split())
_SPLIT = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_SKIPS = re.compile(
    r"skip(?: straight| directly)? (?:to|the|over|navigation|links?)\b|jump to (?:content|"
    r"navigation)"
    r"|you are (?:here|in)\b|rydych chi yma|neidio i|breadcrumb|(?:back )?to (?:the )?top(?: of "
    r"(?:the |this )?page)?$"
    r"|(?:return to |back to )?top(?: of (?:the |this )?page)?$|share(?: this(?: page)?)? ?\|?$"
    r"|(?:print|e-?mail|bookmark) this page$|printable version$|(?:text size|font size)\b",
    re.IGNORECASE,
)
_ARCHIVE_WORDS = re.compile(
    r"^this (?:snapshot|page|web ?site|site),? ?(?:was )?(?:taken|archived|captured) on\b"
    r"|\bweb content acquired for preservation\b"
    r"|\bthe uk government web archive does not use cookies\b"
    r"|^\[?archived content\]?(?:\s|$)"
    r"|\bfile archived on\b|\bthe wayback machine is an initiative of\b"
    r"|^this is an archived (?:page|website|web site)\b",
    re.IGNORECASE,
)
# What a text must hold, or begin with, to be worth a look by the expressions above.
_ARCHIVE_GATE = ("rchive", "ARCHIVE", "Wayback", "preservation", "snapshot")
_SKIPS_GATE_TEXT = "sk ju yo ry ne br ba to re sh pr e- em bo te fo"
_SKIPS_GATE = frozenset(_SKIPS_GATE_TEXT.split())
_FURNITURE = re.compile(
    r"(?:home|home ?page|hafan|site ?map|a ?(?:-|to) ?z(?: index)?|help|search|accessibility"
    r"(?: statement| help)?|privacy(?: policy| statement| notice)?|cookies(?: policy)?|disclaimer|"
    r"(?:crown )?copyright|terms(?: and conditions| of use)?|contact(?: us)?|cysylltu(?: â ni)?|"
    r"about(?: us| this site)?|feedback|freedom of information|log ?in|register|news|jobs|"
    r"careers|cymraeg|english|links|top|back to top|print|publications|faqs?|media centre|"
    r"press office|legal(?: notices?)?|text only|low graphics|complaints|vacancies)",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"^(?:©|\(c\)|copyright\b|crown copyright|hawlfraint)|^.{0,100}[|\xb7•]\s?(?:©|\(c\)"
    r"|copyright\b)",
    re.IGNORECASE,
)
_MADE_BY = re.compile(
    r"^.{0,60}\b(?:site|website|pages?|web site) (?:by|is (?:run|hosted|maintained|designed"
    r"|managed) "
    r"by|(?:design|designed|hosting|hosted|maintained|built|powered) by)\b"
    r"|^(?:powered|designed|hosted|maintained|built|developed) by\b|^.{0,60}\bis run by\b",
    re.IGNORECASE,
)
_NOT_A_PAGE = re.compile(
    r"^\s*(?:mailto|tel):|\.(?:pdf|docx?|rtf|xlsx?|csv|pptx?|od[tsp]|zip)(?:[?#]|$)", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\s|>»:/\\•·\-\u2013\u2014\[\]()]+")
_LONGEST_END = 120  # characters of what stands at the end of a page behind its content
_SENTENCE = 8  # words that make a line of text more than a label


@lru_cache(maxsize=8192)
def region_of_element(tag: str, name: str, classes: str, role: str) -> str | None:
    """Say which region an element opens by its tag, id, classes and role, or None.

    The caller has to hold a region known only by name against what the element holds:
    "header-and-content" promises too much.
    """
    if (name or classes) and _ARCHIVE_NAME.search(f"{name} {classes}") and "main" not in name:
        return "archive"
    return _BY_ROLE.get(role.lower()) or _BY_TAG.get(tag) or _region_of_names(name, classes)


@lru_cache(maxsize=8192)
def names_main(tag: str, name: str, classes: str, role: str) -> bool:
    """Whether an element calls itself the page's content, by its tag, role, id or classes."""
    if tag == "main" or role.lower() == "main" or name.lower() in _MAIN_NAMES:
        return True
    return any(token.lower() in _MAIN_NAMES for token in classes.split())


def _region_of_names(name: str, classes: str) -> str | None:
    """Read the region from an element's id and classes."""
    if _COOKIE_NAME.match(name) or _COOKIE_NAME.match(classes):
        return "header"
    lowered = name.lower()
    if found := _IDS.get(lowered) or _WORDS.get(lowered):
        return found
    words = [word.lower() for word in _SPLIT.split(name) if word]
    if any(_WORDS.get(word) == "nav" for word in words):
        return "nav"
    if len(words) <= 2 and words and (found := _WORDS.get(words[-1]) or _WORDS.get(words[0])):
        return found
    for token in classes.split():
        lowered = token.lower()
        if found := _WORDS.get(lowered) or _WORDS.get(lowered.replace("-", "").replace("_", "")):
            return found
        if any(_WORDS.get(word.lower()) == "nav" for word in _SPLIT.split(token)):
            return "nav"
    return None


def region_of_words(text: str) -> str | None:
    """Know an archive's frame, a skip link or a trail by its own words, else None.

    >>> region_of_words("Skip to main content"), region_of_words("Skipton")
    ('nav', None)
    """
    if holds_any(text, _ARCHIVE_GATE) and _ARCHIVE_WORDS.search(text[:600]):
        return "archive"
    return "nav" if _is_skip(text) else None


def _is_skip(text: str) -> bool:
    """Whether a block is a link past the menus, a trail, or what a page offers to do with it."""
    return text[:2].casefold() in _SKIPS_GATE and len(text) < 300 and _SKIPS.match(text) is not None


def _is_only_links(draft: BlockDraft) -> bool:
    """Whether a block is hardly more than links to pages; a mailbox or a document is no page."""
    links = draft.links
    if not links or any(_is_no_page(link.href) for link in links):
        return False
    if len(links) == 1 and links[0].text == draft.text:
        return links[0].end > links[0].start
    linked = sum(link.end - link.start for link in links)
    visible = len(_BETWEEN.sub("", draft.text))
    inside = sum(len(_BETWEEN.sub("", link.text)) for link in links)
    return linked > 0 and inside >= 0.85 * visible


@lru_cache(maxsize=4096)
def _is_no_page(href: str) -> bool:
    return _NOT_A_PAGE.search(href) is not None


def _is_internal(href: str) -> bool:
    return not href.lower().startswith(("http:", "https:", "//"))


def settle(drafts: Sequence[BlockDraft], text: str, main_end: int | None = None) -> None:
    """Set the regions that only the whole page shows, in place.

    Args:
        drafts: the blocks of a page.
        text: the canonical text that they make.
        main_end: where what the page calls its content ends in it, if it calls something so.

    1. Blocks that say in words what they are.
    2. A layout cell of nothing but links to the same site, beside a cell with the text.
    3. Links before the page's own first heading or sentence: two or more in one run.
    4. Links most of which are a site's standing ones (Home, Privacy, Contact us), anywhere.
    5. A copyright line, and what follows it.
    6. A line or two at the very end, behind what the page calls its content.
    """
    starts = [draft.start for draft in drafts]
    for number in {bisect_right(starts, at) - 1 for at in places_of(text, _ARCHIVE_GATE)}:
        draft = drafts[number]
        if draft.region in CONTENT and region_of_words(draft.text) == "archive":
            draft.region = "archive"
    for draft in drafts:
        if draft.region in CONTENT and _is_skip(draft.text):
            draft.region = "nav"
    _settle_cells(drafts)
    _settle_opening(drafts)
    _settle_standing_links(drafts)
    _settle_closing(drafts)
    if main_end is not None:
        _settle_end(drafts, main_end)


def _settle_end(drafts: Sequence[BlockDraft], main_end: int) -> None:
    tail = [draft for draft in drafts if draft.start >= main_end]
    if (
        tail
        and tail[-1] is drafts[-1]
        and all(draft.region == "main" and draft.kind != "heading" for draft in tail)
        and sum(len(draft.text) for draft in tail) <= _LONGEST_END
        and sum(len(draft.text) for draft in drafts if draft.is_content) > 4 * _LONGEST_END
    ):
        for draft in tail:
            draft.region = "footer"


def _settle_cells(drafts: Sequence[BlockDraft]) -> None:
    frames: dict[int, dict[int, list[BlockDraft]]] = {}
    for draft in drafts:
        if draft.frame is not None and draft.is_content:
            row, cell = draft.frame
            frames.setdefault(row, {}).setdefault(cell, []).append(draft)
    for cells in frames.values():
        sizes = {cell: sum(len(draft.text) for draft in blocks) for cell, blocks in cells.items()}
        row = sum(sizes.values())
        for cell, blocks in cells.items():
            links = [link for draft in blocks for link in draft.links]
            if (
                len(links) >= 2
                and row > 2 * sizes[cell]
                and sum(_is_internal(link.href) for link in links) > len(links) / 2
                and all(
                    draft.kind == "heading" or len(draft.text) < 30 or _is_only_links(draft)
                    for draft in blocks
                )
            ):
                for draft in blocks:
                    draft.region = "nav"


def _settle_opening(drafts: Sequence[BlockDraft]) -> None:
    opening: list[BlockDraft] = []
    for draft in drafts:
        if not draft.is_content:
            continue
        if draft.kind in {"heading", "cell", "term", "description"}:
            break
        if _is_only_links(draft):
            opening.append(draft)
        elif draft.links or len(draft.text.split()) >= _SENTENCE:
            break
    links = [link for draft in opening for link in draft.links]
    standing = links and all(_FURNITURE.fullmatch(link.text.strip()) for link in links)
    if (len(links) >= 2 or standing) and len(opening) < len(
        [draft for draft in drafts if draft.is_content]
    ):
        for draft in opening:
            draft.region = "nav"


def _settle_standing_links(drafts: Sequence[BlockDraft]) -> None:
    run: list[BlockDraft] = []
    for draft in [*drafts, None]:
        if (
            draft is not None
            and draft.links
            and draft.cell is None
            and draft.is_content
            and _is_only_links(draft)
        ):
            run.append(draft)
            continue
        if not run:
            continue
        texts = [link.text.strip() for each in run for link in each.links if link.text.strip()]
        if len(texts) >= 2:
            standing = sum(_FURNITURE.fullmatch(text) is not None for text in texts)
            if standing * 2 > len(texts) or (standing * 2 == len(texts) and len(texts) > 2):
                for each in run:
                    each.region = "nav"
        run = []


def _settle_closing(drafts: Sequence[BlockDraft]) -> None:
    tail = len(drafts)
    for index in range(len(drafts) - 1, max(len(drafts) - 6, -1), -1):
        draft = drafts[index]
        if not draft.is_content or len(draft.text) >= 200:
            continue
        last = index + 2 >= len(drafts) or not any(each.is_content for each in drafts[index + 1 :])
        if _COPYRIGHT.match(draft.text) or (last and _MADE_BY.match(draft.text)):
            tail = index
    for draft in drafts[tail:]:
        if draft.is_content:
            draft.region = "footer"
