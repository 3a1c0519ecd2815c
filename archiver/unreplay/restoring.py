"""Turning the addresses of one archive's page back, and looking for what still leads into it."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from archiver.markup import (
    Address,
    Attribute,
    Comment,
    Edit,
    Raw,
    Tag,
    Use,
    style_addresses,
    tag_addresses,
    tokens,
)
from archiver.unreplay.additions import Addition, PageText
from archiver.unreplay.prefix import Prefix, address_host

__all__ = ["Restoring", "still_archived", "unwrapped"]

_SHAPE = re.compile(r"(?:\d{4}|[+*])(?:[a-z]{2,4}_)?\\?/https?:\\?/", re.IGNORECASE)
_FOLLOWED = frozenset((Use.LINK, Use.CITE))
_MARKUP_AS_TEXT = ("noframes", "noembed", "iframe")
# What replay wraps round a script, so that it sees the archive's own window and location.
_WRAPPER = re.compile(
    r"\s*(?:var |let )?_____WB\$wombat\$assign\$function_____\s*=.{0,1500}?\{\s*"
    r"(?:let \w+ = _____WB\$wombat\$assign\$function_____\(\"\w+\"\);\s*)+(?:let arguments;\s*)?",
    re.DOTALL,
)
_WRAPPED = (
    (re.compile(r"_____WB\$wombat\$check\$this\$function_____\(this\)"), "this"),
    (re.compile(r"\.__WB_pmw\((?:self|window)\)\."), "."),
    (re.compile(r"\bWB_wombat_(?:self_)?(?=\w)"), ""),
)


class Restoring:
    """The edits that turn a page's addresses back.

    Attributes:
        edits: what to change.
        count: how many addresses are turned back.
        kept: the page's own links into the archive, as they will stand.
    """

    def __init__(self, prefix: Prefix, cut: Iterable[Addition] = ()) -> None:
        self.edits: list[Edit] = []
        self.count = 0
        self.kept: list[str] = []
        self._prefix = prefix
        spans = sorted((part.start, part.end) for part in cut)
        self._cut_starts = [start for start, _ in spans]
        self._cut_ends = [end for _, end in spans]

    def addresses(self, addresses: Iterable[Address]) -> None:
        """Turn back every address of this archive, but for those that are the author's own."""
        for address in addresses:
            peeled = self._prefix.peel(address.url)
            if peeled is None or self._is_cut(address.start):
                continue
            if address.use in _FOLLOWED and self._prefix.elsewhere(peeled):
                self.kept.append(address.url)
                continue
            self.edits.append(address.edit(peeled.url))
            self.count += 1
            if address.use in _FOLLOWED and address_host(peeled.url) in self._prefix.hosts:
                self.kept.append(peeled.url)

    def everything_else(self, page: PageText, renamed: Mapping[str, str]) -> None:
        """Turn back what stands in scripts, in other attributes, and in comments.

        Args:
            page: the page.
            renamed: attributes that were given another name, and their own names.
        """
        for token in page.tokens:
            if self._is_cut(token.start):
                continue
            if isinstance(token, Tag):
                if renamed and not token.closing:
                    self._rename(token.attributes, renamed)
                if _SHAPE.search(page.text, token.start, token.end):
                    known = {address.attribute for address in tag_addresses(token)}
                    for attribute in token.attributes:
                        if attribute.name not in known:
                            self._replace(attribute.start, attribute.end, attribute.value)
            elif isinstance(token, Raw):
                inside = page.text[token.start : token.end]
                if token.name == "script":
                    self._replace(token.start, token.end, inside, unwrapped(inside))
                elif token.name in _MARKUP_AS_TEXT:
                    self._replace(token.start, token.end, inside)
            elif isinstance(token, Comment) and not token.markup:
                start, end = token.inside
                if _SHAPE.search(page.text, start, end):
                    self._replace(start, end, page.text[start:end], anywhere=False)

    def _rename(self, attributes: Iterable[Attribute], renamed: Mapping[str, str]) -> None:
        for attribute in attributes:
            if attribute.name in renamed:
                start = attribute.whole[0]
                end = start + len(attribute.name)
                self.edits.append(Edit(start, end, renamed[attribute.name]))

    def _replace(
        self, start: int, end: int, old: str, unwrapped: str | None = None, *, anywhere: bool = True
    ) -> None:
        new, count = self._prefix.peel_script(
            old if unwrapped is None else unwrapped, anywhere=anywhere
        )
        if new != old:
            self.edits.append(Edit(start, end, new))
            self.count += count

    def _is_cut(self, place: int) -> bool:
        at = bisect_right(self._cut_starts, place)
        return at > 0 and place < self._cut_ends[at - 1]


def unwrapped(script: str) -> str:
    """Take off what replay wraps round a script, and the names it gives to window and location."""
    if "WB" not in script:
        return script
    head = _WRAPPER.match(script)
    inside = script[head.end() :].rstrip() if head else ""
    if inside.endswith("}"):
        script = inside[:-1].rstrip()
    for pattern, own in _WRAPPED:
        script = pattern.sub(own, script)
    return script


def still_archived(text: str, prefix: Prefix, kept: Iterable[str], *, xml: bool) -> list[str]:
    """Say what in a restored page still leads into the archive, its own links left out."""
    lower = text.lower()
    if not (_SHAPE.search(text) or any(host in lower for host in prefix.hosts)):
        return []
    left: dict[str, None] = {}
    own = set(kept)
    for token in tokens(text, xml=xml):
        addresses: Iterable[Address] = ()
        if isinstance(token, Tag):
            addresses = tag_addresses(token)
        elif isinstance(token, Raw) and token.name == "style":
            addresses = style_addresses(text, token.start, token.end)
        elif isinstance(token, Raw) and token.name == "script":
            inside = text[token.start : token.end]
            left |= {
                f"a script still names {host}": None for host in prefix.hosts if host in inside
            }
        for address in addresses:
            if address.url not in own and (
                address_host(address.url) in prefix.hosts or prefix.peel(address.url)
            ):
                left[f"still leads to the archive: {address.url}"] = None
    return list(left)
