"""Citing a snapshot: as text, for reference managers (RIS, BibTeX), and as a link that lasts."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from snapshots.replay.language import Language

__all__ = ["Citation"]

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation of a snapshot states.

    Attributes:
        title: of the page; its address where it has none.
        url: the original URL.
        address: where the archive shows the snapshot, with scheme and host.
        taken_at: when it was captured, in UTC.
        archive: what the archive calls itself.
        institution: who keeps it.
        read_on: the day the citation is made.
    """

    title: str
    url: str
    address: str
    taken_at: datetime
    archive: str
    institution: str
    read_on: date

    def text(self, words: Language) -> str:
        """Write it as a sentence."""
        return _line(
            words.say(
                "citation",
                title=self.title,
                day=words.day(self.taken_at),
                archive=self.archive,
                institution=self.institution,
                address=self.address,
                url=self.url,
            )
        )

    def ris(self) -> str:
        """Write it as RIS, the tagged lines that reference managers import; lines end in CR LF."""
        fields = (
            ("TY", "ELEC"),
            ("TI", self.title),
            ("T2", self.archive),
            ("PB", self.institution),
            ("PY", f"{self.taken_at:%Y}"),
            ("DA", f"{self.taken_at:%Y/%m/%d}"),
            ("UR", self.address),
            ("Y2", f"{self.read_on:%Y/%m/%d}"),
            ("N1", f"Archived {self.taken_at:%Y-%m-%dT%H:%M:%SZ} from {self.url}"),
            ("ER", ""),
        )
        return "".join(f"{name}  - {_line(value)}\r\n" for name, value in fields)

    def bibtex(self) -> str:
        """Write it as a BibTeX entry; what TeX would take for a command is escaped."""
        key = re.sub(r"[^a-z0-9]+", "", self.url.partition("://")[2].lower())[:30]
        fields = (
            ("title", "{" + _tex(self.title) + "}"),
            ("howpublished", _tex(f"{self.archive}, {self.institution}")),
            ("year", f"{self.taken_at:%Y}"),
            ("month", f"{self.taken_at:%b}".lower()),
            ("url", _address(self.address)),
            ("urldate", f"{self.read_on:%Y-%m-%d}"),
            ("note", _tex(f"Archived {self.taken_at:%Y-%m-%d} from {self.url}")),
        )
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
        return f"@misc{{{key}{self.taken_at:%Y%m%d},\n{lines}\n}}\n"

    def robust_link(self) -> str:
        """Write it as an HTML link that names the original, the snapshot and its date.

        Source: Robust Links 1.0 (``data-originalurl``, ``data-versionurl``, ``data-versiondate``).
        """
        return (
            f'<a href="{escape(self.address)}" data-originalurl="{escape(self.url)}" '
            f'data-versionurl="{escape(self.address)}" '
            f'data-versiondate="{self.taken_at:%Y-%m-%dT%H:%M:%SZ}">{escape(_line(self.title))}</a>'
        )


def _line(text: str) -> str:
    # Nothing of an archived page may end a line, or it would begin a field of its own.
    return _BREAKS.sub(" ", text).strip()


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in _line(text))


def _address(url: str) -> str:
    return re.sub(r"[\\{}\s%]", lambda found: f"\\{found[0]}" if found[0] == "%" else "", url)
