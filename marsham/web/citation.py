"""Citing a snapshot or a comparison: as text, for reference managers, as a link that lasts."""

import json
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
    """What a citation of a snapshot, or of two compared, states.

    Attributes:
        title: of the page; its address where it has none.
        url: the original URL.
        address: where the archive shows the snapshot, with scheme and host.
        taken_at: when it was captured, in UTC; of two the newer one.
        archive: what the archive calls itself.
        institution: who keeps it.
        read_on: the day the citation is made.
        older_at: when the older of two snapshots was captured; None for one.
    """

    title: str
    url: str
    address: str
    taken_at: datetime
    archive: str
    institution: str
    read_on: date
    older_at: datetime | None = None

    @property
    def _named(self) -> str:
        if self.older_at is None:
            return self.title
        return f"{self.title}: {self.older_at:%Y-%m-%d} compared with {self.taken_at:%Y-%m-%d}"

    @property
    def _note(self) -> str:
        older = f"{self.older_at:%Y-%m-%dT%H:%M:%SZ} and " if self.older_at else ""
        return f"Archived {older}{self.taken_at:%Y-%m-%dT%H:%M:%SZ} from {self.url}"

    def text(self, words: Language) -> str:
        """Write it as a sentence."""
        if self.older_at is not None:
            return _line(
                words.say(
                    "compare_citation",
                    title=self.title,
                    old=words.day(self.older_at),
                    new=words.day(self.taken_at),
                    archive=self.archive,
                    institution=self.institution,
                    address=self.address,
                    url=self.url,
                )
            )
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
            ("TI", self._named),
            ("T2", self.archive),
            ("PB", self.institution),
            ("PY", f"{self.taken_at:%Y}"),
            ("DA", f"{self.taken_at:%Y/%m/%d}"),
            ("UR", self.address),
            ("Y2", f"{self.read_on:%Y/%m/%d}"),
            ("N1", self._note),
            ("ER", ""),
        )
        return "".join(f"{name}  - {_line(value)}\r\n" for name, value in fields)

    def bibtex(self) -> str:
        """Write it as a BibTeX entry; what TeX would take for a command is escaped."""
        key = re.sub(r"[^a-z0-9]+", "", self.url.partition("://")[2].lower())[:30]
        fields = (
            ("title", "{" + _tex(self._named) + "}"),
            ("howpublished", _tex(f"{self.archive}, {self.institution}")),
            ("year", f"{self.taken_at:%Y}"),
            ("month", f"{self.taken_at:%b}".lower()),
            ("url", _address(self.address)),
            ("urldate", f"{self.read_on:%Y-%m-%d}"),
            ("note", _tex(self._note)),
        )
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
        return f"@misc{{{key}{self.taken_at:%Y%m%d},\n{lines}\n}}\n"

    def csl_json(self) -> str:
        """Write it as CSL-JSON, which Zotero, pandoc and citation processors read.

        Source: the Citation Style Language's data schema, version 1.0.
        """
        item = {
            "id": f"{self.taken_at:%Y%m%d%H%M%S}/{self.url}",
            "type": "webpage",
            "title": _line(self._named),
            "container-title": _line(self.archive),
            "publisher": _line(self.institution),
            "issued": {"date-parts": [_date_parts(self.taken_at)]},
            "accessed": {"date-parts": [_date_parts(self.read_on)]},
            "URL": _line(self.address),
            "archive": _line(self.archive),
            "note": _line(self._note),
        }
        return json.dumps([item], ensure_ascii=False, indent=1) + "\n"

    def robust_link(self) -> str:
        """Write it as an HTML link that names the original, the snapshot and its date.

        Source: Robust Links 1.0 (``data-originalurl``, ``data-versionurl``, ``data-versiondate``).
        """
        return (
            f'<a href="{escape(self.address)}" data-originalurl="{escape(self.url)}" '
            f'data-versionurl="{escape(self.address)}" '
            f'data-versiondate="{self.taken_at:%Y-%m-%dT%H:%M:%SZ}">{escape(_line(self._named))}</a>'
        )


def _date_parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]


def _line(text: str) -> str:
    # Nothing of an archived page may end a line, or it would begin a field of its own.
    return _BREAKS.sub(" ", text).strip()


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in _line(text))


def _address(url: str) -> str:
    return re.sub(r"[\\{}\s%]", lambda found: f"\\{found[0]}" if found[0] == "%" else "", url)
