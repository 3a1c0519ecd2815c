"""Sites without end: the bounds at which a crawl stops following what may be made for ever.

Every bound is a number that can be changed or taken away. What is known of a site is kept in a few
MB however long the crawl is: of directories, patterns and tokens the latest thousands. Where
something is forgotten, more is captured rather than less.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from archiver.capture.link import Hop
from archiver.capture.sameness import near
from archiver.capture.shape import (
    Shape,
    dates_in,
    is_calendar,
    shape_of,
    template_of,
    tokens_in,
    turned_pages,
    without,
)
from archiver.capture.tallies import Key, Recent, Tally, mark_of
from archiver.capture.verdict import Verdict

__all__ = ["Stopped", "TrapLimits", "Traps"]

_NO_TRAP = Verdict(True, "no trap")
_SEED = Verdict(True, "seed")
_MOST_NAMES = 4096  # directories, patterns, paths with queries, each
_MOST_RULES = 1024  # that the report tells apart
_MOST_VALUES = 32768
_MOST_FORMS = 16384
_MOST_TOKENS = 3  # of one address that are looked at
_KINDS_OF_PAGE = 4  # of one pattern, to which a page may be alike
_MOST_SESSIONS = 64  # names of session ids of one site
_SHOWN = 100  # characters of a path in a rule


@dataclass(frozen=True, slots=True)
class TrapLimits:
    """All numbers of the traps. 0 or None takes a bound away.

    Attributes:
        length: characters of an address.
        depth: segments of its path.
        repeats: how often a segment may come again in a path, wherever; numbers may always.
        hops: steps from a seed that are neither redirects nor requisites. A list of 2,000 pages
            that leads only to its next page needs as many, so this is the last resort.
        redirects: in a row.
        parameters: of one query.
        queries: of one path that only combine anew what its queries had before; turning the pages
            of a list is not counted.
        years_before: how far a calendar may lead back. Dates in addresses that are not named like
            a calendar's may be as old as they like: papers are.
        years_after: how far any date in an address may lie ahead.
        session_proofs: at how many places addresses that differed in a part drawn at random alone
            must have led to the same page for it to be a session id.
        alike: pages of one pattern, one after the other, that brought no new words.
        directory: addresses directly in one directory.
    """

    length: int | None = 4096
    depth: int | None = 25
    repeats: int | None = 2
    hops: int | None = 2500
    redirects: int | None = 20
    parameters: int | None = 32
    queries: int | None = 500
    years_before: int | None = 10
    years_after: int | None = 10
    session_proofs: int | None = 2
    alike: int | None = 30
    directory: int | None = 100_000


class Stopped(NamedTuple):
    """What a trap kept out: on which site, by which rule, how often, and the first address."""

    authority: str
    rule: str
    number: int
    example: str


@dataclass(slots=True)
class _Count:
    number: int = 0

    def to_text(self) -> str:
        return str(self.number)

    @classmethod
    def of(cls, text: str) -> "_Count":
        return cls(int(text))


@dataclass(slots=True)
class _Pattern:
    """The pages of one template: some that were new, the latest last, and how many came since."""

    kinds: list[int] = field(default_factory=list)
    alike: int = 0

    def to_text(self) -> str:
        return json.dumps([self.alike, *self.kinds])

    @classmethod
    def of(cls, text: str) -> "_Pattern":
        alike, *kinds = json.loads(text)
        return cls(kinds, alike)


@dataclass(slots=True)
class _Token:
    """What is known of a part drawn at random: where it made no difference, how often it did."""

    same: list[int] = field(default_factory=list)
    other: int = 0

    def to_text(self) -> str:
        return json.dumps([self.other, *self.same])

    @classmethod
    def of(cls, text: str) -> "_Token":
        other, *same = json.loads(text)
        return cls(same, other)


@dataclass(slots=True)
class _Seen:
    """What came for an address with one of its parts left out, and what the part was."""

    part: int = 0
    payload: int = 0
    fingerprint: int | None = None

    def to_text(self) -> str:
        return json.dumps([self.part, self.payload, self.fingerprint])

    @classmethod
    def of(cls, text: str) -> "_Seen":
        return cls(*json.loads(text))


@dataclass(slots=True)
class _Stop:
    count: int = 0
    example: str = ""

    def to_text(self) -> str:
        return json.dumps([self.count, self.example])

    @classmethod
    def of(cls, text: str) -> "_Stop":
        return cls(*json.loads(text))


class Traps:
    """What a crawl knows of traps: asked before an address is queued, told what came.

    The same questions and answers in the same order give the same verdicts. For one thread.
    """

    def __init__(
        self, limits: TrapLimits, today: date, rows: Mapping[Key, str] | None = None
    ) -> None:
        """Begin, or go on from what was saved.

        Args:
            limits: the bounds; they may differ from those of the run before.
            today: the date of the crawl, from which calendars are measured.
            rows: all rows that `changes` gave and that were not deleted since.
        """
        self._limits = limits
        self._first_year = today.year - (limits.years_before or 10_000)
        self._last_year = today.year + (limits.years_after or 1_000_000)
        self._directories = Tally("directory", _MOST_NAMES, _Count, _Count.of)
        self._patterns = Tally("pattern", _MOST_NAMES, _Pattern, _Pattern.of)
        self._queries = Tally("queries", _MOST_NAMES, _Count, _Count.of)
        self._tokens = Tally("token", _MOST_NAMES, _Token, _Token.of)
        self._seen = Tally("seen", _MOST_NAMES, _Seen, _Seen.of)
        self._stops = Tally("stopped", _MOST_RULES, _Stop, _Stop.of)
        self._values = Recent("values", _MOST_VALUES)
        self._forms = Recent("forms", _MOST_FORMS)
        # Which names are session ids, so that most addresses need not ask.
        self._sessions: dict[str, set[str]] = {}
        if rows:
            self._load(rows)

    def judge(self, url: str, path: str) -> Verdict:
        """Decide whether an address that is about to be queued leads into a trap.

        Args:
            url: absolute, without fragment, as it would be asked for.
            path: its hop path. Seeds, whose path is empty, and what manners ask for are always
                allowed.

        To be asked once for each address: what is allowed is counted. Costs about 10 microseconds.
        """
        if not path:
            return _SEED
        if path.endswith(Hop.PREREQUISITE):
            return _NO_TRAP
        shape = shape_of(url)
        rule = self._too_far(url, path) or self._misshapen(shape) or self._outside_time(shape)
        if rule is None:
            rule = self._endless(shape)
        if rule is None:
            return _NO_TRAP
        self._stop(shape.authority, rule, url)
        return Verdict(False, f"trap: {rule}")

    def saw(self, url: str, payload_digest: str, fingerprint: int | None) -> None:
        """Learn from an answer that is whole and has status 200.

        Args:
            url: what was asked for.
            payload_digest: of the payload without codings, in any writing.
            fingerprint: `sameness.fingerprint` of a page; None for what is no page, and for pages
                whose text is put in by scripts, for these all look alike.
        """
        shape = shape_of(url)
        _, possible = tokens_in(shape)
        for name in possible[:_MOST_TOKENS]:
            self._compare(shape, name, payload_digest, fingerprint)
        if fingerprint is None or not self._limits.alike:
            return
        template = template_of(self._lasting(shape))
        if template is None:
            return
        pattern = self._patterns.take(self._patterns.key(shape.authority, template))
        if any(near(fingerprint, kind) for kind in pattern.kinds):
            pattern.alike += 1
        else:
            pattern.alike = 0
            pattern.kinds = [*pattern.kinds, fingerprint][-_KINDS_OF_PAGE:]

    def report(self) -> tuple[Stopped, ...]:
        """Tell what was stopped, by site and the most frequent first."""
        told = (
            Stopped(authority, "trap: " + name.partition(" ")[2], stop.count, stop.example)
            for (authority, name), stop in self._stops.items()
        )
        return tuple(sorted(told, key=lambda stop: (stop.authority, -stop.number, stop.rule)))

    def changes(self) -> dict[Key, str | None]:
        """Give the rows that changed since this was last asked, to be saved with a commit.

        Returns:
            By authority (empty for what belongs to none) and name, the row's new text; None for a
            row to be deleted, if it was ever saved.
        """
        changed: dict[Key, str | None] = {}
        for kept in (*self._tallies, self._values, self._forms):
            changed.update(kept.changes())
        return changed

    @property
    def _tallies(
        self,
    ) -> tuple[
        Tally[_Count], Tally[_Pattern], Tally[_Count], Tally[_Token], Tally[_Seen], Tally[_Stop]
    ]:
        return (
            self._directories,
            self._patterns,
            self._queries,
            self._tokens,
            self._seen,
            self._stops,
        )

    def _load(self, rows: Mapping[Key, str]) -> None:
        kinds = {kept.kind: kept for kept in (*self._tallies, self._values, self._forms)}
        paged: list[tuple[int, Recent, Key]] = []
        for key in sorted(rows):
            kept = kinds.get(key[1].partition(" ")[0])
            if isinstance(kept, Recent):
                paged.append((kept.place(key), kept, key))
            elif kept is not None:
                kept.load(key, rows[key])
        for _, kept, key in sorted(paged, key=lambda row: row[0]):
            kept.load(key, rows[key])
        for (authority, name), token in self._tokens.items():
            self._learn(authority, name.partition(" ")[2], token)

    # ------------------------------------------------------------ what one address shows

    def _too_far(self, url: str, path: str) -> str | None:
        limits = self._limits
        if limits.length and len(url) > limits.length:
            return f"address longer than {limits.length} characters"
        steps = len(path) - path.count(Hop.REDIRECT) - path.count(Hop.EMBED)
        if limits.hops and steps > limits.hops:
            return f"more than {limits.hops} hops from a seed"
        if limits.redirects and len(path) - len(path.rstrip(Hop.REDIRECT)) > limits.redirects:
            return f"more than {limits.redirects} redirects in a row"
        return None

    def _misshapen(self, shape: Shape) -> str | None:
        limits = self._limits
        segments = shape.path.split("/")[1:]
        if limits.depth and len(segments) - (not segments[-1]) > limits.depth:
            return f"path deeper than {limits.depth} segments"
        if limits.repeats and _most_frequent(segments) > limits.repeats + 1:
            return "path segment repeated"
        if limits.parameters and len(shape.pairs) > limits.parameters:
            return f"more than {limits.parameters} parameters"
        if limits.repeats and _most_frequent(shape.pairs) > limits.repeats + 1:
            return "parameter repeated"
        return None

    def _outside_time(self, shape: Shape) -> str | None:
        years = dates_in(shape)
        if not years:
            return None
        # Of several dates, such as the ends of a period, the one nearest to today counts.
        if min(years) > self._last_year:
            return f"calendar more than {self._limits.years_after} years ahead"
        if max(years) < self._first_year and is_calendar(shape):
            return f"calendar more than {self._limits.years_before} years back"
        return None

    # ------------------------------------------------------------ what many addresses show

    def _endless(self, shape: Shape) -> str | None:
        lasting, rule = self._session_rule(shape)
        rule = rule or self._pattern_rule(lasting) or self._query_rule(lasting)
        return rule or self._directory_rule(lasting)

    def _session_rule(self, shape: Shape) -> tuple[Shape, str | None]:
        """Refuse what was asked for before with another session id; give the shape without it."""
        certain, possible = tokens_in(shape)
        if not certain and not possible:
            return shape, None
        learned = self._sessions.get(shape.authority, ())
        names = [*certain, *(name for name in possible if name in learned)]
        lasting = shape
        if names:
            lasting, taken = without(shape, names)
            form, part = _form(lasting), mark_of(taken)
            before = self._forms.get(form)
            if before is not None and before != part:
                return lasting, f"session id {names[0][:_SHOWN]}"
            self._forms.note(form, part)
        if self._limits.session_proofs:
            for name in [name for name in possible if name not in learned][:_MOST_TOKENS]:
                rest, taken = without(shape, [*names, name])
                self._forms.note(_form(rest), mark_of(taken))
        return lasting, None

    def _pattern_rule(self, shape: Shape) -> str | None:
        limit = self._limits.alike
        if not limit or (template := template_of(shape)) is None:
            return None
        pattern = self._patterns.get(self._patterns.key(shape.authority, template))
        if pattern is None or pattern.alike < limit:
            return None
        return f"{limit} pages alike of {_shown(template)}"

    def _query_rule(self, shape: Shape) -> str | None:
        limit = self._limits.queries
        if not limit or len(shape.pairs) < 2:
            return None
        kept = turned_pages(shape.pairs)
        if len(kept) < 2:
            return None
        written = [f"{name}={value}" for name, value in kept]
        whole = mark_of(shape.authority, shape.path, *written)
        if self._values.get(whole) is not None:
            return None
        fresh = False
        for value in written:
            mark = mark_of(shape.authority, shape.path, value)
            if self._values.get(mark) is None:
                self._values.note(mark)
                fresh = True
        if not fresh:
            key = self._queries.key(shape.authority, shape.path)
            known = self._queries.get(key)
            if known is not None and known.number >= limit:
                return f"more than {limit} queries of {_shown(shape.path)}"
            self._queries.take(key).number += 1
        self._values.note(whole)
        return None

    def _directory_rule(self, shape: Shape) -> str | None:
        limit = self._limits.directory
        if not limit:
            return None
        count = self._directories.take(self._directories.key(shape.authority, shape.directory))
        if count.number >= limit:
            return f"more than {limit} addresses in {_shown(shape.directory)}"
        count.number += 1
        return None

    def _stop(self, authority: str, rule: str, url: str) -> None:
        stop = self._stops.take(self._stops.key(authority, rule))
        stop.count += 1
        stop.example = stop.example or url[: self._limits.length or None]

    # ------------------------------------------------------------ learning session ids

    def _lasting(self, shape: Shape) -> Shape:
        """Give a shape without its session ids."""
        certain, possible = tokens_in(shape)
        learned = self._sessions.get(shape.authority, ())
        names = [*certain, *(name for name in possible if name in learned)]
        return without(shape, names)[0] if names else shape

    def _compare(
        self, shape: Shape, name: str, payload_digest: str, fingerprint: int | None
    ) -> None:
        if not self._limits.session_proofs or name in self._sessions.get(shape.authority, ()):
            return
        certain, _ = tokens_in(shape)
        rest, taken = without(shape, [*certain, name])
        form, part, payload = _form(rest), mark_of(taken), mark_of(payload_digest)
        key = self._seen.key(shape.authority, f"{form:016x}")
        before = self._seen.get(key)
        if before is None:
            seen = self._seen.take(key)
            seen.part, seen.payload, seen.fingerprint = part, payload, fingerprint
            return
        if before.part == part:
            return
        same = before.payload == payload or (
            fingerprint is not None
            and before.fingerprint is not None
            and near(before.fingerprint, fingerprint)
        )
        token = self._tokens.take(self._tokens.key(shape.authority, name))
        if not same:
            token.other += 1
        elif not token.other and form not in token.same:
            token.same.append(form)
            self._learn(shape.authority, name, token)

    def _learn(self, authority: str, name: str, token: _Token) -> None:
        proofs = self._limits.session_proofs
        if proofs and not token.other and len(token.same) >= proofs:
            names = self._sessions.setdefault(authority, set())
            if len(names) < _MOST_SESSIONS:
                names.add(name)


def _form(shape: Shape) -> int:
    return mark_of(shape.authority, shape.path, shape.query)


def _most_frequent(parts: Iterable[str | tuple[str, str]]) -> int:
    """Count what comes most often; numbers do not count, for these may well come again."""
    parts = list(parts)
    if len(set(parts)) == len(parts):
        return 1
    counts: dict[str | tuple[str, str], int] = {}
    for part in parts:
        if not (isinstance(part, str) and part.isdecimal()):
            counts[part] = counts.get(part, 0) + 1
    return max(counts.values(), default=1)


def _shown(path: str) -> str:
    return path if len(path) <= _SHOWN else path[: _SHOWN - 1] + "…"
