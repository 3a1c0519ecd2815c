"""Regular expressions of people, matched in time that grows only with the length of the text.

Python's own matcher goes back and tries again, so that a careless expression and a hostile address
can keep it busy for years. Here an expression becomes a machine that looks at each character once.
What such a machine cannot do (look ahead, refer back to a group) is refused when it is written.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from archiver.errors import PatternError

__all__ = ["Pattern"]

_LONGEST = 1000  # characters of an expression
_DEEPEST = 40  # groups within groups
_MOST_STEPS = 1000  # of a machine; what counted repeats come to is counted in full
_MOST_STATES = 2000  # kept for the next address; then they are made anew
_MOST_STEPS_SMALL, _MOST_STATES_SMALL = 200, 100

_MOST_CHARACTERS = 500  # remembered of what may follow a state; addresses are ASCII

_COUNTED = re.compile(r"\{(?!\})([0-9]*)(,?)([0-9]*)\}")
_FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")
_OPENING = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_SET = re.compile(r"\[\^?\]?(?:\\.|[^\\\]])*\]", re.DOTALL)

_ACCEPT, _START, _END = -1, -2, -3


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a machine: takes a character that fits, or is passed without one."""

    fits: Callable[[str], object] | None  # None: passed without a character
    ways: tuple[int, ...]  # the steps after it, or `_ACCEPT`
    where: int = 0  # passed only at the `_START` or at the `_END` of the text


@dataclass(slots=True)
class _State:
    """Where a machine can be after some characters: all the steps that may come next."""

    steps: frozenset[int]
    accepted: bool
    ends: bool  # whether it is accepted if the text ends here
    after: dict[str, "_State"] = field(default_factory=dict)


class Pattern:
    r"""A regular expression in Python's syntax, without lookaround, back references and ``\b``.

    >>> Pattern(r"/calendar/\d+").found_in("http://www.example.gov.uk/calendar/1999/")
    True

    Args:
        text: the expression.
        from_start: whether it must match from the first character on; otherwise it may match
            anywhere. Where a match ends is no matter, unless the expression says so with ``$``.
        small: whether it comes from a stranger, and may cost little time and memory.

    Raises:
        PatternError: when it is no valid expression, asks for what is not supported, or is too big.
    """

    __slots__ = (
        *("_begin", "_empty", "_first", "_from_start", "_known", "_most_states", "_steps"),
        "text",
    )

    def __init__(self, text: str, *, from_start: bool = False, small: bool = False) -> None:
        self.text = text
        self._from_start = from_start
        self._most_states = _MOST_STATES_SMALL if small else _MOST_STATES
        self._steps: list[_Step] = []
        self._known: dict[frozenset[int], _State] = {}
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            rest, flags = _checked(
                text
            )  # warns of what a later Python may understand in another way
            tree = _Reader(text, rest, flags).tree()
        self._first = (_build(text, tree, _ACCEPT, self._steps),)
        if small and len(self._steps) > _MOST_STEPS_SMALL:
            raise PatternError(text, f"it comes to more than {_MOST_STEPS_SMALL} steps")
        self._begin = self._reached(self._first, _START)
        self._empty = _ACCEPT in self._reached(self._first, _START, _END)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pattern):
            return NotImplemented
        return (self.text, self._from_start) == (other.text, other._from_start)

    def __hash__(self) -> int:
        return hash((self.text, self._from_start))

    def __repr__(self) -> str:
        return f"Pattern({self.text!r}, from_start={self._from_start})"

    def found_in(self, text: str) -> bool:
        """Tell whether the expression matches; costs about a tenth of a microsecond a character."""
        if not text:  # whose start is its end
            return self._empty
        state = self._state(self._begin)
        for character in text:
            if state.accepted:
                return True
            following = state.after.get(character)
            if following is None:
                following = self._follow(state, character)
                if len(state.after) < _MOST_CHARACTERS:
                    state.after[character] = following
            state = following
        return state.accepted or state.ends

    def _state(self, steps: frozenset[int]) -> _State:
        known = self._known.get(steps)
        if known is None:
            if len(self._known) >= self._most_states:
                self._known = {}  # the states let go of lead to each other, and to nothing new
            ends = _ACCEPT in self._reached(steps, _END)
            known = self._known[steps] = _State(steps, _ACCEPT in steps, ends)
        return known

    def _follow(self, state: _State, character: str) -> _State:
        ways: list[int] = [] if self._from_start else list(self._first)
        for number in state.steps:
            if number == _ACCEPT:
                continue
            step = self._steps[number]
            if step.fits is not None and step.fits(character):
                ways.extend(step.ways)
        return self._state(self._reached(ways))

    def _reached(self, ways: Iterable[int], *where: int) -> frozenset[int]:
        # The steps that can come next, beyond those that take no character. What waits for the
        # end of the text is kept, for nobody knows yet whether it is there.
        reached: set[int] = set()
        seen: set[int] = set()
        pending = list(ways)
        while pending:
            number = pending.pop()
            if number in seen:
                continue
            seen.add(number)
            step = None if number == _ACCEPT else self._steps[number]
            if step is None or step.fits is not None or step.where == _END:
                reached.add(number)
            if step is not None and step.fits is None and step.where in (0, *where):
                pending.extend(step.ways)
        return frozenset(reached)


@dataclass(frozen=True, slots=True)
class _One:
    fits: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class _At:
    where: int


@dataclass(frozen=True, slots=True)
class _Row:
    parts: "Sequence[_Tree]"


@dataclass(frozen=True, slots=True)
class _Either:
    parts: "Sequence[_Tree]"


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: "_Tree"
    least: int
    most: int | None


_Tree = _One | _At | _Row | _Either | _Repeat


def _checked(text: str) -> tuple[str, int]:
    # What stands behind the flags at the beginning, and the flags.
    if len(text) > _LONGEST:
        raise PatternError(text, f"it has more than {_LONGEST} characters")
    try:
        flags = re.compile(text).flags & re.IGNORECASE
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(text, str(error)) from error
    written = _FLAGS.match(text)
    if written is None:
        return text, flags
    if set(written[1]) - set("iu"):
        raise PatternError(text, f"of the flags {written[1]} only i is supported")
    return text[written.end() :], flags


class _Reader:
    """Reads an expression that is known to be valid into a tree."""

    def __init__(self, whole: str, text: str, flags: int) -> None:
        self._whole = whole
        self._text = text
        self._flags = flags
        self._at = 0
        self._depth = 0

    def tree(self) -> _Tree:
        ways = [self._row()]
        while self._taken("|"):
            ways.append(self._row())
        return ways[0] if len(ways) == 1 else _Either(ways)

    def _row(self) -> _Tree:
        parts = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._part()))
        return _Row(parts)

    def _part(self) -> _Tree:
        character = self._text[self._at]
        if character == "(":
            return self._group()
        if character == "[":
            return _One(self._compiled(_SET))
        if character == "\\":
            return self._escape()
        self._at += 1
        if character == "^":
            return _At(_START)
        if character == "$":
            return _At(_END)
        if character == ".":
            return _One("\n".__ne__)
        if self._flags:
            return _One(re.compile(re.escape(character), self._flags).fullmatch)
        return _One(character.__eq__)

    def _group(self) -> _Tree:
        opening = _OPENING.match(self._text, self._at)
        if opening is None:
            start = self._text[self._at : self._at + 3]
            raise PatternError(self._whole, f"{start} is not supported: groups only group here")
        self._at = opening.end()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError(self._whole, f"more than {_DEEPEST} groups stand within each other")
        tree = self.tree()
        self._taken(")")
        self._depth -= 1
        return tree

    def _escape(self) -> _Tree:
        name = self._text[self._at + 1]
        if name in "AZ":
            self._at += 2
            return _At(_START if name == "A" else _END)
        if name in "bBN" or name.isdigit():
            raise PatternError(self._whole, f"\\{name} is not supported")
        return _One(self._compiled(_ESCAPE))

    def _compiled(self, shape: re.Pattern[str]) -> Callable[[str], object]:
        # What stands for one character is left to Python: there it has no choice to go back to.
        found = shape.match(self._text, self._at)
        if found is None:
            raise PatternError(self._whole, f"not understood from {self._text[self._at :]!r} on")
        self._at = found.end()
        return re.compile(found[0], self._flags).fullmatch

    def _repeated(self, part: _Tree) -> _Tree:
        counted = _COUNTED.match(self._text, self._at)
        if counted:
            self._at = counted.end()
            least = int(counted[1] or 0)
            most = int(counted[3]) if counted[3] else None if counted[2] else least
            repeated = _Repeat(part, least, most)
        elif self._taken("*"):
            repeated = _Repeat(part, 0, None)
        elif self._taken("+"):
            repeated = _Repeat(part, 1, None)
        elif self._taken("?"):
            repeated = _Repeat(part, 0, 1)
        else:
            return part
        if self._taken("+"):
            raise PatternError(self._whole, "repeats that give nothing back are not supported")
        self._taken("?")  # as few as possible: that there is a match does not hang on it
        return repeated

    def _taken(self, character: str) -> bool:
        taken = self._text.startswith(character, self._at)
        self._at += taken
        return taken


def _build(whole: str, tree: _Tree, following: int, steps: list[_Step]) -> int:
    # Adds the steps of a tree before the step that follows it; gives the first of them.
    if isinstance(tree, _Row):
        for part in reversed(tree.parts):
            following = _build(whole, part, following, steps)
        return following
    if isinstance(tree, _Repeat):
        return _build_repeat(whole, tree, following, steps)
    if isinstance(tree, _Either):
        ways = tuple(_build(whole, part, following, steps) for part in tree.parts)
        return _add(whole, _Step(None, ways), steps)
    if isinstance(tree, _At):
        return _add(whole, _Step(None, (following,), tree.where), steps)
    return _add(whole, _Step(tree.fits, (following,)), steps)


def _build_repeat(whole: str, tree: _Repeat, following: int, steps: list[_Step]) -> int:
    if tree.most is None:
        loop = _add(whole, _Step(None, ()), steps)
        body = _build(whole, tree.part, loop, steps)
        steps[loop] = _Step(None, (body, following))
        following = loop
    for _ in range((tree.most or 0) - tree.least):
        body = _build(whole, tree.part, following, steps)
        following = _add(whole, _Step(None, (body, following)), steps)
    for _ in range(tree.least):
        before = len(steps)
        following = _build(whole, tree.part, following, steps)
        if len(steps) == before:
            break  # nothing, however often, is nothing
    return following


def _add(whole: str, step: _Step, steps: list[_Step]) -> int:
    if len(steps) >= _MOST_STEPS:
        raise PatternError(whole, f"it comes to more than {_MOST_STEPS} steps; count less in {{}}")
    steps.append(step)
    return len(steps) - 1
