"""The banner above a snapshot: what a reader has to know, as statements and as HTML.

The banner stands in the archive's own page, above the frame that holds the snapshot: nothing in the
snapshot can reach it. It needs no script and sets no cookie.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape

__all__ = ["Banner", "BannerSettings"]


@dataclass(frozen=True, slots=True)
class BannerSettings:
    """What an institution says of itself in its banners.

    Attributes:
        archive: what the archive calls itself.
        institution: who keeps the content.
    """

    archive: str
    institution: str


@dataclass(frozen=True, slots=True)
class Banner:
    """The banner of one snapshot.

    Attributes:
        settings: the institution's words.
        url: the original URL, shown as text: it may lead nowhere today, or somewhere else.
        served_at: when the snapshot shown was captured, in UTC.
        asked_at: the time asked for; None when no other time was asked for.
        list_link: where all snapshots of the page are listed.
        previous: address of the snapshot before this one, if there is one, and its time.
        following: address of the snapshot after this one, if there is one, and its time.
        status: the HTTP status the old server gave.
        notices: further statements, such as that a contact has changed since.
        day_only: whether no more than the day of the capture is known.
    """

    settings: BannerSettings
    url: str
    served_at: datetime
    list_link: str
    asked_at: datetime | None = None
    previous: tuple[str, datetime] | None = None
    following: tuple[str, datetime] | None = None
    status: int = 200
    notices: tuple[str, ...] = ()
    day_only: bool = False

    def statements(self) -> dict[str, str]:
        """Give what the banner says, as plain sentences under stable names, in order."""
        archive, institution = self.settings.archive, self.settings.institution
        said = {
            "snapshot": f"This snapshot, taken on {_day(self.served_at)}, shows web content "
            f"kept for preservation by {institution}."
        }
        if self.asked_at is not None and self.asked_at.date() != self.served_at.date():
            said["asked"] = (
                f"You asked for {_day(self.asked_at)}. There is no snapshot of that day: this one "
                f"was taken {_distance(self.asked_at, self.served_at)}."
            )
        if self.status >= 400:
            said["status"] = f"The website answered with an error (status {self.status}) that day."
        said["working"] = "In archived websites external links, forms and search may not work."
        said["contacts"] = "Contact details are likely to be out of date."
        said["cookies"] = (
            f"{archive} sets no cookies, and passes on none that the archived website set."
        )
        for number, notice in enumerate(self.notices, 1):
            said[f"notice-{number}"] = notice
        return said

    def render(self) -> str:
        """Write the banner as an HTML fragment; every value is escaped."""
        said = "".join(
            f'  <p class="banner-{name}">{escape(sentence)}</p>\n'
            for name, sentence in self.statements().items()
        )
        if self.day_only:
            moment, taken = self.served_at.date().isoformat(), _day(self.served_at)
        else:
            moment, taken = self.served_at.isoformat(), _moment(self.served_at)
        return (
            '<section class="banner" aria-label="About this snapshot">\n'
            f"{said}"
            "  <dl>\n"
            f"    <dt>Original address</dt><dd>{escape(self.url)}</dd>\n"
            "    <dt>Taken</dt>"
            f'<dd><time datetime="{escape(moment)}">{escape(taken)}</time></dd>\n'
            "  </dl>\n"
            '  <nav aria-label="Snapshots of this page">\n    <ul>\n'
            f"{self._links()}"
            "    </ul>\n  </nav>\n"
            "</section>\n"
        )

    def _links(self) -> str:
        links: list[tuple[str, str, str]] = []
        if self.previous:
            address, moment = self.previous
            links.append(("prev", address, f"Previous: {_day(moment)}"))
        if self.following:
            address, moment = self.following
            links.append(("next", address, f"Next: {_day(moment)}"))
        links.append(("index", self.list_link, "All snapshots of this page"))
        return "".join(
            f'      <li><a rel="{relation}" href="{escape(address)}">{escape(words)}</a></li>\n'
            for relation, address, words in links
        )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M:%S} UTC"


def _distance(asked: datetime, served: datetime) -> str:
    days = abs((served.date() - asked.date()).days)
    return f"{days:,} day{'' if days == 1 else 's'} {'later' if served > asked else 'earlier'}"
