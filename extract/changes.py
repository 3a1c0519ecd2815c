"""What a page says otherwise than when it was read before: values new, gone and changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from extract.facts.observations import Observation

__all__ = ["ReadingChanges", "ValueChange", "changed_values"]

_NEAR = 200  # values of one field among which that which changed is looked for
_MOST_KEPT = 10_000  # changes of a run that are listed; all are counted


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that another reading of the same bytes has otherwise.

    Attributes:
        url: the page.
        timestamp: of the capture at which the difference was met.
        kind: of the record.
        field: of the record.
        before: the value of the reading before; None when it is new.
        after: the value now; None when it is gone.
    """

    url: str
    timestamp: str
    kind: str
    field: str
    before: str | None
    after: str | None

    @property
    def what(self) -> str:
        """Whether it is new, gone or changed."""
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"


@dataclass(slots=True)
class ReadingChanges:
    """What the readings of a run say otherwise than those before them.

    Attributes:
        compared: payloads that had been read before, by other rules.
        pages: those of them that say something else now.
        tally: how many values, by kind, field and what became of them (new, gone, changed).
        values: the first of them, in the order of the archive.
    """

    compared: int = 0
    pages: int = 0
    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    values: list[ValueChange] = field(default_factory=list)

    def note(self, found: Sequence[ValueChange]) -> None:
        """Count what became of one payload's values."""
        self.compared += 1
        self.pages += bool(found)
        self.tally.update((each.kind, each.field, each.what) for each in found)
        self.values += found[: max(_MOST_KEPT - len(self.values), 0)]


def changed_values(
    before: Sequence[Observation], after: Sequence[Observation], url: str, timestamp: str
) -> list[ValueChange]:
    """Compare two readings of the same bytes, value by value, in the order of the newer.

    A value that stands in both, wherever and by whichever rule, is the same one. Of the others, one
    that is gone and one that is new make one that changed when both are of the same field and
    their quotations overlap, or when both are without a place and written alike.
    """
    ours, theirs = _left(before, after), _left(after, before)
    gone: dict[tuple[str, str], list[Observation]] = {}
    for each in ours:
        gone.setdefault((each.kind, each.field), []).append(each)
    found = []
    for each in theirs:
        others = gone.get((each.kind, each.field), [])
        twin = next(
            (number for number, one in enumerate(others[:_NEAR]) if _same_place(one, each)), None
        )
        was = others.pop(twin).value if twin is not None else None
        found.append(ValueChange(url, timestamp, each.kind, each.field, was, each.value))
    rest = (each for others in gone.values() for each in others)
    found += [ValueChange(url, timestamp, one.kind, one.field, one.value, None) for one in rest]
    return found


def _left(these: Iterable[Observation], without: Iterable[Observation]) -> list[Observation]:
    known = Counter((each.kind, each.field, each.value) for each in without)
    left = []
    for each in these:
        key = (each.kind, each.field, each.value)
        if known[key]:
            known[key] -= 1
        else:
            left.append(each)
    return left


def _same_place(one: Observation, other: Observation) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return one.start == other.start and one.raw == other.raw
    return one.start < other.end and other.start < one.end
