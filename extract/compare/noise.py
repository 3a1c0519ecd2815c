"""Noise: parts of a page that differ from capture to capture and say nothing new.

A part is noise by what it says; the name of its class only ever adds to that. A real notice may
stand in class="banner", and a real figure in class="counter". Noise is labelled and kept: what was
passed over is counted and can be looked at.
"""

import re
from collections.abc import Sequence

from archiver.urls import url_key
from extract.compare.units import Unit
from extract.compare.wording import MOMENT, meaning, reasons

__all__ = ["ARCHIVE", "MOST_READ", "is_tracking", "of_archives", "of_readers", "rule_of"]

ARCHIVE = "another archive's banner"
MOST_READ = "list of what others read"
_ARCHIVE_HINTS = ("rchive", "snapshot", "ayback", "copy", "reservation", "aken on", "aptured on")
_SHORT = 160  # characters of most such parts
_LONGEST = 400  # characters of a part that is noise as a whole
_ARCHIVE_WORDS = re.compile(
    r"\b(?:snapshot|web ?archive|wayback|internet archive|memento)\b"
    r"|\barchived? (?:on|copy|version|page|website|web site|content)\b|\bthe archive\b",
    re.IGNORECASE,
)
_ARCHIVE_ANYWHERE = re.compile(
    r"^this (?:snapshot|page|web ?site|copy|is an archived)[^.]{0,60}"
    r"\b(?:taken|archived|captured|collected|crawled) (?:on|at)\b[^.]{0,60}\d"
    r"|\bfile archived on\b|\bweb content acquired for preservation\b"
    r"|\bthe wayback machine is an initiative of\b"
    r"|\byou are (?:now )?(?:viewing|looking at|seeing) an? (?:archived|old|historical|saved) "
    r"(?:version|copy|(?:web ?)?page|(?:web ?)?site|snapshot)\b"
    r"(?:[^.]{0,80}\barchive\b|[^.]{0,80}\d)",
    re.IGNORECASE,
)
_WHOLE = (
    (
        "cookie notice",
        r"(?:this (?:web ?)?site|we|gov\.uk|our (?:web ?)?site)\b[^.]{0,40}\bcookies\b.{0,300}"
        r"|(?:accept|reject|hide|allow)(?: all| additional)? cookies|cookies? (?:settings|"
        r"preferences)",
    ),
    (
        "sharing",
        r"(?:share(?: this)?(?: page)?(?: (?:on|via|with|using) \w+)?|tweet(?: this)?|"
        r"like(?: \d+)?|"
        r"follow us(?: on \w+)?|bookmark(?: this)?(?: page)?|add to favourites|"
        r"(?:e-?mail|print|send|save)(?: this)?(?: page| to a friend)?|(?:on )?(?:facebook|twitter|"
        r"delicious|digg|stumbleupon|reddit|linkedin|google\+|pinterest|addthis|"
        r"rhannu(?: ar \w+)?)|\d+ (?:tweets?|likes?|shares?))(?:[ ,|]+(?:facebook|twitter|"
        r"delicious|digg|stumbleupon|reddit|linkedin|e-?mail|print|google\+|and|more))*",
    ),
    (
        "survey",
        r"(?:please )?help (?:us )?(?:to )?(?:improve|make) (?:this|our|the) (?:web ?)?"
        r"(?:site|pages?|service)\b.{0,80}"
        r"|(?:please )?(?:take|complete|fill in|answer) (?:part in )?(?:our|a|this|the) "
        r"(?:(?:short|quick|brief|online|visitor|web ?site|user|satisfaction|feedback|"
        r"\w+[ -]minute) )*"
        r"survey(?: (?:of|on|about) (?:this|our) (?:web ?)?(?:site|page))?"
        r"|(?:was|is) this page (?:useful|helpful)\b.{0,40}"
        r"|is there anything wrong with this page|did you find what you were looking for"
        r"|rate this page|tell us what you think (?:of|about) (?:this|our) (?:web ?)?(?:site|page)",
    ),
    (
        "advert",
        r"advert(?:isement|isements|s)?:?|sponsored(?: links?| by .{1,60}|: .{1,60})?|ads by \w+|"
        r"promoted|hysbyseb(?:ion)?",
    ),
    (
        "widget",
        r"loading ?(?:\.{2,3}|\u2026)?|please wait ?(?:\.{2,3}|\u2026)?|select (?:a )?language|"
        r"powered by google(?: translate)?|text size:?(?: a\W?){0,4}|a a a|a- a a\+|"
        r"(?:enable|turn on) (?:java)?scripts?.{0,80}|play video|you need flash.{0,80}|"
        r"(?:(?:today's |local |current )?weather|temperature)(?: today| now)?: ?.{0,30}"
        r"-?\d{1,2} ?(?:\u00b0|deg|[cf]\b).{0,40}",
    ),
    (
        "skip link",
        r"skip (?:straight |directly )?to .{1,40}|jump to .{1,40}|(?:back |return )?to (?:the )?top"
        r"(?: of (?:the |this )?page)?|(?:back to )?top|neidio i.{0,40}",
    ),
    (
        "stamp or counter",
        r"(?:(?:you are |we have had )?(?:visitors?|hits?|visits|page views?|page hits|"
        r"(?:hit |visitor )?counter|number of (?:visitors|hits|visits))"
        r"(?: ?(?:number|no\.?|count|counter|today|this (?:week|month|year)|to date|so far))?"
        r"(?: to (?:this|our) (?:web ?)?(?:site|page))?(?: since [\w ]{3,24})? ?[:#]? ?"
        r"[\d,. ]{1,14}(?: ?(?:visitors?|hits|times))?(?: to (?:this|our) (?:web ?)?(?:site|page))?"
        r"|0\d{4,9}"  # the wheels of a counter
        r"|(?:no|[\d,. ]{1,14}) ?(?:comments?|replies)(?: (?:yet|so far))?"
        r"|(?:comments?|replies) ?[:(\[] ?[\d,]{1,10}[)\]]?|be the first to comment.{0,40}"
        r"|(?:viewed|read|seen|visited|downloaded|shared) [\d,. ]{1,14} times"
        r"|(?:more than |over )?[\d,. ]{1,14} ?(?:people|visitors?|users?|readers?) (?:have |has )?"
        r"(?:visited|viewed|seen|read|been to) (?:this|our) (?:web ?)?(?:site|page)"
        r"(?: (?:so far|today|since [\w ]{3,24}))?"
        r"|[\d,. ]{1,14} ?(?:hits|page views?|users? online|guests?)"
        r"|[\d,. ]{1,14} ?(?:visitors?|hits|visits|views)"
        r" (?:so far|today|online|to date|(?:to (?:this|our) (?:web ?)?(?:site|page) ?)?"
        r"(?:since [\w ]{3,24})?))",
    ),
)
_CLOCK = re.compile(rf"(?:(?=[a-z]{{3,6}}day){MOMENT}|(?:time: ?)?\d{{1,2}}[:.]\d\d[^\n]{{0,12}})",
                    re.IGNORECASE)  # fmt: skip
_RULES = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _WHOLE)
_READERS = re.compile(
    r"(?:the |today's |this week's )?(?:most|top) (?:read|viewed|visited|popular|commented(?: on)?|"
    r"discussed|shared|e-?mailed|downloaded|searched(?: for)?)"
    r"(?: (?:stories|articles|news|pages|items|posts|searches|now|today|this week))*"
    r"|trending(?: (?:now|today|topics|stories))?|popular (?:now|today|searches)"
    r"|(?:people|readers|others) (?:(?:who read this )?also) (?:read|viewed|liked)"
    r"|(?:recent|latest|newest) (?:comments|replies|visitors)|who(?:'s| is) online"
    r"|you (?:may|might) also (?:like|be interested in)|recently viewed(?: (?:pages|items))?",
    re.IGNORECASE,
)
_TITLE = 60  # characters of the words above such a list
_MOST_LISTED = 25
_LISTED = 30  # words of one thing listed
_SELLING = re.compile(
    r"\b(?:buy|sale|offers?|half price|save|discount|deals?|shop|order (?:now|today)|click here|"
    r"free (?:delivery|quote)|subscribe|win|bargains?|cheap|from only|best prices?)\b"
    r"|[\u00a3$\u20ac]\d|!$",
    re.IGNORECASE,
)
_TRACKING = re.compile(
    r"doubleclick|adserv|/ads?/|adclick|googlesyndication|clickthru|banner(?:id|click)|[?&]ad(?:id)?=",
    re.IGNORECASE,
)
_SENTENCE = 6  # words


def rule_of(unit: Unit, *, advertised: bool = False, base: str = "") -> str | None:
    """Name the rule by which a unit is noise as a whole; None for what counts.

    Args:
        unit: the unit.
        advertised: whether it stands in something whose class or id speaks of adverts; that alone
            is not believed.
        base: the page's address.
    """
    text = unit.text
    if len(text) <= _LONGEST * 2:
        if unit.region == "archive" and _ARCHIVE_WORDS.search(text):
            return ARCHIVE
        if any(word in text for word in _ARCHIVE_HINTS) and _ARCHIVE_ANYWHERE.search(text):
            return ARCHIVE
    if len(text) > _LONGEST or not text:
        return None
    bare = text.strip(" .!?|\u00bb\u203a>")
    for name, pattern in _RULES if len(text) <= _SHORT else _RULES[:1]:
        if pattern.fullmatch(bare):
            if (
                name == "skip link"
                and unit.links
                and not all("#" in link.href for link in unit.links)
            ):
                continue
            return name
    if unit.kind in ("paragraph", "caption") and _CLOCK.fullmatch(text):
        return "stamp or counter"
    if len(unit.links) == 1 and is_tracking(unit.links[0].href):
        return "advert"
    if advertised and (_SELLING.search(text) or _leads_away(unit, base)):
        return "advert"
    if unit.weight > 2 * _SENTENCE or not any(map(str.isdigit, text)):
        return None
    return None if meaning(text).strip(" .!") else reasons(text, "")[0]


def of_archives(units: Sequence[Unit]) -> set[int]:
    """Say which units stand in another archive's frame: all of one that speaks of an archive.

    A name alone is not believed; but in a frame that says what it is, dates and counts of captures
    need not say it again.
    """
    found: set[int] = set()
    run: list[int] = []
    for at, unit in enumerate(units):
        if unit.region != "archive":
            run = []
            continue
        run.append(at)
        if len(unit.text) <= 2 * _LONGEST and _ARCHIVE_WORDS.search(unit.text):
            found.update(run)
        elif run[0] in found or at - 1 in found:
            found.add(at)
    return found


def of_readers(units: Sequence[Unit]) -> set[int]:
    """Say which units list what others read or wrote: such a title, and the links that follow it.

    What stands there depends on who came by, not on who wrote the page.
    """
    found: set[int] = set()
    title = -1
    for at, unit in enumerate(units):
        if len(unit.text) <= _TITLE and _READERS.fullmatch(unit.text.strip(" :.\u2026")):
            title = at
            found.add(at)
        elif title >= 0:
            if at - title <= _MOST_LISTED and unit.kind != "heading" and _is_link(unit):
                found.add(at)
            else:
                title = -1
    return found


def _is_link(unit: Unit) -> bool:
    linked = sum(len(link.text) for link in unit.links)
    return unit.weight <= _LISTED and 2 * linked >= len(unit.text) > 0


def is_tracking(href: str) -> bool:
    """Whether an address is one of those by which adverts count their readers."""
    return _TRACKING.search(href) is not None


def _leads_away(unit: Unit, base: str) -> bool:
    own = url_key(base).partition(")")[0] if base else ""
    return bool(unit.links) and all(
        link.href[:4].lower() == "http" and url_key(link.href).partition(")")[0] != own
        for link in unit.links
    )
