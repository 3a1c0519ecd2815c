"""The banner above a snapshot: what a reader has to know, as statements and as HTML.

The banner stands in the archive's own page, above the frame that holds the snapshot: nothing in the
snapshot can reach it. It needs no script and sets no cookie. Where there is no frame, in a static
copy or an export, it stands in the page itself, with its style (`Banner.render_inline`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

from archiver.timestamps import parse_span
from snapshots.replay.language import Language, language_of

__all__ = ["BANNER_VERSION", "OPTIONAL_STATEMENTS", "Banner", "BannerSettings", "Parts"]

BANNER_VERSION: Final = "2"
"""One more whenever banners say something else, so that one found in a file can be recognised."""

OPTIONAL_STATEMENTS: Final = ("working", "contacts", "cookies", "parts")
"""The statements an institution may leave out; the others say what the reader is looking at."""

_DAY = 8  # digits of a timestamp that name the day
_STYLE = """\
#marsham-banner, #marsham-banner * { all: revert !important; }
#marsham-banner { display: block !important; box-sizing: border-box !important;
  margin: 0 !important; padding: 0.6rem 1rem !important; position: relative !important;
  background: #fff6d6 !important; color: #14171a !important;
  border-bottom: 3px solid #1d2f3f !important; text-align: left !important;
  font: 16px/1.4 "Helvetica Neue", Helvetica, Arial, sans-serif !important;
  overflow-wrap: anywhere !important; }
#marsham-banner a { color: #1a4f8b !important; }
#marsham-banner p, #marsham-banner dl { margin: 0 0 0.3rem !important; }
#marsham-banner dt { float: left !important; margin-right: 0.5rem !important; }
#marsham-banner dd { margin: 0 !important; }
#marsham-banner ul { margin: 0 !important; padding: 0 !important; list-style: none !important; }
#marsham-banner li { display: inline-block !important; margin-right: 1.2rem !important; }
#marsham-banner .banner-snapshot, #marsham-banner .banner-asked { font-weight: bold !important; }
"""


@dataclass(frozen=True, slots=True)
class BannerSettings:
    """What an institution says of itself in its banners, and how.

    Attributes:
        archive: what the archive calls itself.
        institution: who keeps the content.
        language: code of the language; one of `snapshots.replay.language.LANGUAGES`.
        without: statements that are left out; some of `OPTIONAL_STATEMENTS`.
    """

    archive: str
    institution: str
    language: str = "en"
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parts:
    """What became of the images, styles, scripts and frames that a page is made of.

    Attributes:
        held: how many are in the archive.
        missing: how many are not.
        first: when the earliest of those held was captured; None when none is.
        last: when the latest was.
        cut: whether it was stopped before all were looked for.
    """

    held: int
    missing: int
    first: datetime | None = None
    last: datetime | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """The banner of one snapshot.

    Attributes:
        settings: the institution's words.
        url: the original URL, shown as text: it may lead nowhere today, or somewhere else.
        served_at: when the snapshot shown was captured, in UTC.
        list_link: where all snapshots of the page are listed.
        asked: the time asked for, as 4 to 14 digits; empty when no other time was asked for.
        previous: address of the snapshot before this one, if there is one, and its time.
        following: address of the snapshot after this one, if there is one, and its time.
        changed: the same of the next snapshot that shows something else.
        changed_before: the same of the last one before that does.
        status: the HTTP status the old server gave.
        notices: further statements, such as that a contact has changed since.
        day_only: whether no more than the day of the capture is known.
        parts: what became of the parts of the page; None where that was not looked for.
        years: for each year with snapshots of the page the year, how many, and their address.
        links: further addresses by name: permanent, cite, about, changes,
            raw, report.
    """

    settings: BannerSettings
    url: str
    served_at: datetime
    list_link: str
    asked: str = ""
    previous: tuple[str, datetime] | None = None
    following: tuple[str, datetime] | None = None
    changed: tuple[str, datetime] | None = None
    changed_before: tuple[str, datetime] | None = None
    status: int = 200
    notices: tuple[str, ...] = ()
    day_only: bool = False
    parts: Parts | None = None
    years: tuple[tuple[int, int, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def language(self) -> Language:
        """The language it is in."""
        return language_of(self.settings.language)

    def statements(self) -> dict[str, str]:
        """Give what the banner says, as plain sentences under stable names, in order."""
        words = self.language
        archive, institution = self.settings.archive, self.settings.institution
        day = words.day(self.served_at)
        said = {"snapshot": words.say("snapshot", day=day, institution=institution)}
        distance = self._distance()
        if distance:
            asked = words.date(self.asked)
            said["asked"] = words.say("asked", asked=asked, distance=distance)
        if self.status >= 400:
            said["status"] = words.say("status", status=str(self.status))
        said["working"] = words.say("working")
        said["contacts"] = words.say("contacts")
        said["cookies"] = words.say("cookies", archive=archive)
        if self.parts and (self.parts.held or self.parts.missing):
            said["parts"] = _parts(words, self.parts)
        for name in self.settings.without & set(OPTIONAL_STATEMENTS):
            said.pop(name, None)
        for number, notice in enumerate(self.notices, 1):
            said[f"notice-{number}"] = notice
        return said

    def render(self) -> str:
        """Write the banner as an HTML fragment; every value is escaped."""
        return self._render('class="banner"', "".join(self._more()))

    def render_inline(self) -> str:
        """Write the banner so that it stands in the archived page itself, with its own style.

        For what has no frame: static copies, exports. Nothing of it comes from another file. The
        page's own style is kept off as far as style can; a script of the page could still change
        it, so such copies are best shown without scripts.
        """
        style = f'<style media="all">\n{_STYLE}</style>\n'
        return style + self._render('id="marsham-banner"', "")

    def _render(self, attribute: str, more: str) -> str:
        words = self.language
        said = "".join(
            f'  <p class="banner-{name}">{escape(sentence)}</p>\n'
            for name, sentence in self.statements().items()
        )
        if self.day_only:
            moment, taken = self.served_at.date().isoformat(), words.day(self.served_at)
        else:
            moment, taken = self.served_at.isoformat(), words.moment(self.served_at)
        return (
            f'<section {attribute} lang="{words.code}" data-banner-version="{BANNER_VERSION}" '
            f'aria-label="{escape(words.say("about"))}">\n'
            f"{said}"
            "  <dl>\n"
            f"    <div><dt>{escape(words.say('address'))}</dt><dd>{escape(self.url)}</dd></div>\n"
            f"    <div><dt>{escape(words.say('taken'))}</dt>"
            f'<dd><time datetime="{escape(moment)}">{escape(taken)}</time></dd></div>\n'
            "  </dl>\n"
            f'  <nav aria-label="{escape(words.say("around"))}">\n    <ul>\n'
            f"{''.join(self._around())}"
            "    </ul>\n  </nav>\n"
            f"{more}"
            "</section>\n"
        )

    def _around(self) -> Iterator[str]:
        words = self.language
        for name, relation, place in (
            ("changed_before", "", _apart(self.changed_before, self.previous)),
            ("previous", "prev", self.previous),
            ("following", "next", self.following),
            ("changed", "", _apart(self.changed, self.following)),
        ):
            if place:
                shown = words.say(name, day=words.day(place[1]))
                yield _link(place[0], shown, relation)
        yield _link(self.list_link, words.say("all"), "index")

    def _more(self) -> Iterator[str]:
        words = self.language
        if not self.years and not self.links:
            return
        yield f"  <details>\n    <summary>{escape(words.say('more'))}</summary>\n"
        if self.years:
            heading = escape(words.say("timeline"))
            yield f'    <p class="banner-timeline">{heading}</p>\n    <ol class="banner-years">\n'
            for year, number, address in self.years:
                yield _link(address, words.say("year", year=str(year), number=number))
            yield "    </ol>\n"
        if self.links:
            yield '    <ul class="banner-links">\n'
            for name, address in self.links:
                yield _link(address, words.say(f"link_{name}"), _RELATIONS.get(name, ""))
            yield "    </ul>\n"
        yield "  </details>\n"

    def _distance(self) -> str:
        # How far the snapshot is from what was asked for, as finely as that was said; empty where
        # it lies within.
        if not self.asked:
            return ""
        words, served = self.language, self.served_at
        span = parse_span(self.asked)
        if self.day_only and span.first.date() <= served.date() <= span.last.date():
            return ""
        if span.first <= served <= span.last:
            return ""
        edge = span.last if served > span.last else span.first
        if edge.date() != served.date() and (len(self.asked) <= _DAY or abs(served - edge) > _FAR):
            distance = words.say("days", number=abs((served.date() - edge.date()).days))
        else:
            distance = _short(words, abs(served - edge))
        return words.say("later" if served > edge else "earlier", distance=distance)


_RELATIONS = {"permanent": "bookmark"}
_FAR = timedelta(days=1)  # from here on days are counted, and not hours


def _apart(
    place: tuple[str, datetime] | None, neighbour: tuple[str, datetime] | None
) -> tuple[str, datetime] | None:
    # What is named already as the neighbour is not named twice.
    return None if place and neighbour and place[1] == neighbour[1] else place


def _parts(words: Language, parts: Parts) -> str:
    missing = words.say("missing", number=parts.missing)
    if parts.first is None or parts.last is None:
        return words.say("parts_none", missing=missing)
    return words.say(
        "parts_cut" if parts.cut else "parts",
        span=words.span(parts.first, parts.last),
        held=words.say("held", number=parts.held),
        missing=missing,
    )


def _short(words: Language, distance: timedelta) -> str:
    seconds = int(distance.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60
    if hours:
        return words.say("hours", number=hours)
    if minutes:
        return words.say("minutes", number=minutes)
    return words.say("seconds", number=seconds)


def _link(address: str, words: str, relation: str = "") -> str:
    rel = f' rel="{relation}"' if relation else ""
    return f'      <li><a{rel} href="{escape(address)}">{escape(words)}</a></li>\n'
