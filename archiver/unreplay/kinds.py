"""Kinds of archive replay, as data: what each adds to a page, and where it states dates.

One TOML file in ``kinds/`` describes one kind, so that a kind can be added without code:

=============  ====================================================================================
``name``       short stable name, kept in provenance
``about``      what it is, for people
``years``      first and last year in which pages were shown this way
``hosts``      names of the archive's replay hosts; none for software that many archives run
``with``       names of other kinds whose marks such pages carry too
``paths``      patterns for what stands between host and timestamp
``needles``    plain texts, one of which is in any page of this kind (a quick first look)
``marks``      parts to cut: ``begin`` and ``end`` patterns for two comments, or ``after`` a tag up
               to the ``end`` comment, or the ``id`` of an element; ``sure`` if the mark alone
               proves the kind
``comments``   patterns for single comments to cut
``scripts``    patterns for inline scripts to cut
``assets``     patterns for addresses of scripts and styles to cut
``wording``    sentences of the banner; an element that says the first, and beside these no more
               than the words of a link or two, is cut
``titles``     what was put before the page's title
``renamed``    attributes given another name, and their own names
``frames``     ids of the frame that holds the page, in a page that is only a frame
``dates``      ``source`` (banner or frame) and a ``pattern`` with groups ``timestamp``, or
               ``day``, ``month`` (number or short English name), ``year`` and ``time``
``urls``       patterns with a group ``url``: the page's original address
``prefixes``   patterns with a group ``prefix``: what stands before the timestamp in its links
=============  ====================================================================================

Patterns are regular expressions, letter case ignored. They are searched only in what is cut.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from archiver.records import DateSource

__all__ = ["DatePattern", "Kind", "Mark", "kinds", "patterns_found"]

_SOURCES = {"banner": DateSource.BANNER, "frame": DateSource.FRAME}


@dataclass(frozen=True, slots=True)
class Mark:
    """How one added part is told; see the module's table."""

    part: str
    begin: re.Pattern[str] | None
    end: re.Pattern[str] | None
    after: str
    id: str
    sure: bool


@dataclass(frozen=True, slots=True)
class DatePattern:
    """Where a date stands in what the archive added, and what kind of statement it is."""

    source: DateSource
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of replay; see the module's table."""

    name: str
    about: str
    years: tuple[int, int]
    hosts: frozenset[str]
    partners: tuple[str, ...]
    paths: tuple[str, ...]
    needles: tuple[str, ...]
    marks: tuple[Mark, ...]
    comments: tuple[re.Pattern[str], ...]
    scripts: tuple[re.Pattern[str], ...]
    assets: tuple[re.Pattern[str], ...]
    wording: tuple[re.Pattern[str], ...]
    titles: tuple[re.Pattern[str], ...]
    frames: tuple[str, ...]
    dates: tuple[DatePattern, ...]
    urls: tuple[re.Pattern[str], ...]
    prefixes: tuple[re.Pattern[str], ...]
    renamed: Mapping[str, str] = field(hash=False)


@cache
def kinds() -> tuple[Kind, ...]:
    """Read every kind there is, in the order of their names; the files are read once."""
    folder = files("archiver.unreplay") / "kinds"
    found = [
        _read_kind(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda kind: kind.name))


def patterns_found(patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    """Tell whether any of the patterns is in a text."""
    return any(pattern.search(text) for pattern in patterns)


def _read_kind(data: Mapping[str, object]) -> Kind:
    years = data.get("years")
    first, last = years if isinstance(years, list) else (0, 9999)
    renamed = data.get("renamed")
    return Kind(
        name=str(data["name"]),
        about=str(data["about"]),
        years=(int(first), int(last)),
        hosts=frozenset(_strings(data, "hosts")),
        partners=tuple(_strings(data, "with")),
        paths=tuple(_strings(data, "paths")),
        needles=tuple(_strings(data, "needles")),
        marks=tuple(_read_mark(table) for table in _tables(data, "marks")),
        comments=_patterns(data, "comments"),
        scripts=_patterns(data, "scripts"),
        assets=_patterns(data, "assets"),
        wording=_patterns(data, "wording"),
        titles=_patterns(data, "titles"),
        frames=tuple(_strings(data, "frames")),
        dates=tuple(
            DatePattern(_SOURCES[str(table["source"])], _pattern(str(table["pattern"])))
            for table in _tables(data, "dates")
        ),
        urls=_patterns(data, "urls"),
        prefixes=_patterns(data, "prefixes"),
        renamed=renamed if isinstance(renamed, dict) else {},
    )


def _read_mark(table: Mapping[str, object]) -> Mark:
    return Mark(
        part=str(table["part"]),
        begin=_pattern(str(table["begin"])) if "begin" in table else None,
        end=_pattern(str(table["end"])) if "end" in table else None,
        after=str(table.get("after", "")),
        id=str(table.get("id", "")),
        sure=bool(table.get("sure")),
    )


def _tables(data: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    tables = data.get(name)
    if isinstance(tables, list):
        yield from (table for table in tables if isinstance(table, dict))


def _strings(data: Mapping[str, object], name: str) -> Iterator[str]:
    values = data.get(name)
    if isinstance(values, list):
        yield from map(str, values)


def _patterns(data: Mapping[str, object], name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(_pattern, _strings(data, name)))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
