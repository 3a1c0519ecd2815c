"""Which mentions mean the same partnership: a pure function of all there are, in any order.

Two names are one partnership when they differ only in what kind of body they speak of, when a page
gives one as the other's alias, or when they mean the same known area. They are two when one page
lists both, when one replaced the other, or when pages place them in different regions. Decisions of
people come before all of this.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from extract.entities.codes import code_of
from extract.entities.mentions import PartnershipMention
from extract.entities.names import area_named, name_key, slug_of
from extract.reference.places import area_key, is_area, region_of

__all__ = ["Decision", "Grouping", "Seen", "group_partnerships"]

Decision = tuple[str, str]
"""Two partnerships, each by its key or by any of its names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one reading lists, and where it was captured.

    Attributes:
        site: host of the pages, without ``www.``.
        pages: keys of their addresses.
        mentions: the partnerships listed.
    """

    site: str
    pages: frozenset[str]
    mentions: Sequence[PartnershipMention]


_MOST_APART = 20  # partnerships of one area that a further name is held against
_Atom = tuple[str, str]  # the key of a name, and the region that a page places it in, or ""


@dataclass(slots=True)
class _Known:
    pages: set[str] = field(default_factory=set)
    lists: set[int] = field(default_factory=set)  # numbers of the sets of atoms listed together
    areas: set[frozenset[str]] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)  # keys of names
    predecessors: set[str] = field(default_factory=set)
    codes: set[str | None] = field(default_factory=set)


class Grouping:
    """Keys of partnerships, found by what a page says of them.

    Attributes:
        codes: by the key of a partnership its code, where it has one.
        keys: every spelling's own key, and the key of the partnership it belongs to.
    """

    def __init__(
        self, keys: dict[_Atom, str], codes: dict[str, str], spellings: dict[str, str]
    ) -> None:
        self.codes = codes
        self.keys = spellings
        self._keys = keys
        self._by_name: dict[str, set[str]] = {}
        for (name, _), key in keys.items():
            self._by_name.setdefault(name, set()).add(key)

    def key_of(self, mention: PartnershipMention, site: str) -> str:
        """Give the key of a partnership that was among those grouped."""
        return self._keys[_atom(mention, site)]

    def key_of_name(self, name: str) -> str | None:
        """Give the key of the one partnership a name may mean; None for a name nobody lists."""
        keys = self._by_name.get(name_key(name), set())
        return next(iter(keys)) if len(keys) == 1 else None


def group_partnerships(
    seen: Iterable[Seen], joined: Sequence[Decision] = (), parted: Sequence[Decision] = ()
) -> Grouping:
    """Group all mentions of partnerships, and give each group a key.

    Args:
        seen: every reading that lists partnerships; read once, in any order.
        joined: pairs that people found to be one.
        parted: pairs that people found to be two; this weighs more.

    Memory grows with the number of different names and lists, not with that of captures.
    """
    known: dict[_Atom, _Known] = {}
    lists: dict[int, int] = {}  # by the hash of what is listed: two alike would count as one
    for reading in seen:
        atoms = [_atom(mention, reading.site) for mention in reading.mentions]
        number = lists.setdefault(hash(frozenset(atoms)), len(lists))
        for atom, mention in zip(atoms, reading.mentions, strict=True):
            about = known.setdefault(atom, _Known())
            about.pages |= reading.pages
            about.lists.add(number)
            _note(about, atom, mention)
    groups = _Groups(known, joined, parted)
    groups.join_decided()
    groups.join_regions()
    groups.join_aliases()
    groups.join_areas()
    return _keyed(groups, known)


def _atom(mention: PartnershipMention, site: str) -> _Atom:
    name = name_key(mention.name)
    if not name:  # "Community Safety Partnership" means that of whose site it is
        return f"{site}", ""
    region = mention.region or ""
    place = region_of(region) or region
    if not place and mention.country == "Wales":
        place = "Wales"
    return name, place


def _note(about: _Known, atom: _Atom, mention: PartnershipMention) -> None:
    about.aliases.update(filter(None, map(name_key, mention.aliases)))
    about.predecessors.update(filter(None, map(name_key, mention.predecessors)))
    about.aliases.discard(atom[0])
    about.predecessors.discard(atom[0])  # then only what kind of body it is has changed
    about.areas.add(_areas(mention))
    about.codes.add(code_of(mention.name, mention.areas, mention.region, mention.country))


def _areas(mention: PartnershipMention) -> frozenset[str]:
    if mention.areas and all(map(is_area, mention.areas)):
        return frozenset(map(area_key, mention.areas))
    named = area_named(mention.name)
    return frozenset((named,) if named and not mention.areas else ())


class _Groups:
    """Sets of atoms that grow by joining, as far as nothing speaks against it."""

    def __init__(
        self,
        known: dict[_Atom, _Known],
        joined: Sequence[Decision],
        parted: Sequence[Decision],
    ) -> None:
        self._known = known
        self._of: dict[_Atom, int] = {atom: place for place, atom in enumerate(sorted(known))}
        self._atoms: dict[int, set[_Atom]] = {place: {atom} for atom, place in self._of.items()}
        self._names: dict[str, list[_Atom]] = {}
        self._slugs: dict[str, list[_Atom]] = {}
        for atom in sorted(known):
            self._names.setdefault(atom[0], []).append(atom)
            for slug in _slugs(atom):
                self._slugs.setdefault(slug, []).append(atom)
        self._joined = sorted(tuple(sorted(pair)) for pair in joined)
        self._parted = [
            (frozenset(self._meant(one)), frozenset(self._meant(other))) for one, other in parted
        ]

    def all(self) -> list[set[_Atom]]:
        return [self._atoms[place] for place in sorted(self._atoms)]

    def join_decided(self) -> None:
        for one, other in self._joined:
            meant = [*self._meant(one), *self._meant(other)]
            for atom in meant[1:]:
                if not self._kept_apart(meant[0], atom):
                    self._unite(meant[0], atom)

    def join_regions(self) -> None:
        """One name that pages place in several regions is one where the same page did so."""
        for atoms in self._names.values():
            placed = [atom for atom in atoms if atom[1]]
            for atom in atoms:
                others = [other for other in placed if other != atom]
                for other in others:
                    alone = not atom[1] and len(placed) == 1
                    if alone or self._known[atom].pages & self._known[other].pages:
                        self._join(atom, other, together=False)

    def join_aliases(self) -> None:
        for atom in sorted(self._known):
            for alias in sorted(self._known[atom].aliases):
                meant = self._names.get(alias, [])
                if len({self._of[one] for one in meant}) == 1:
                    self._join(atom, meant[0], together=False)

    def join_areas(self) -> None:
        by_areas: dict[frozenset[str], list[_Atom]] = {}
        for atom in sorted(self._known):
            for areas in self._known[atom].areas:
                if areas:
                    by_areas.setdefault(areas, []).append(atom)
        for areas in sorted(by_areas, key=sorted):
            apart: list[_Atom] = []  # one of each group so far
            for atom in by_areas[areas]:
                for other in apart:
                    self._join(other, atom, together=True)
                if len(apart) < _MOST_APART and all(
                    self._of[atom] != self._of[other] for other in apart
                ):
                    apart.append(atom)

    def _join(self, one: _Atom, other: _Atom, *, together: bool) -> None:
        # `together`: that one page lists both speaks against it.
        ours, theirs = self._atoms[self._of[one]], self._atoms[self._of[other]]
        if ours is theirs or self._kept_apart(one, other):
            return
        if self._replaced(ours, theirs) or self._replaced(theirs, ours):
            return
        if together and (self._lists(ours) & self._lists(theirs) or not _near(ours, theirs)):
            return
        self._unite(one, other)

    def _unite(self, one: _Atom, other: _Atom) -> None:
        to, gone = sorted((self._of[one], self._of[other]))
        if to != gone:
            atoms = self._atoms.pop(gone)
            self._atoms[to] |= atoms
            for atom in atoms:
                self._of[atom] = to

    def _kept_apart(self, one: _Atom, other: _Atom) -> bool:
        ours, theirs = self._atoms[self._of[one]], self._atoms[self._of[other]]
        return any(
            (left & ours and right & theirs) or (left & theirs and right & ours)
            for left, right in self._parted
        )

    def _replaced(self, ours: set[_Atom], theirs: set[_Atom]) -> bool:
        names = {name for name, _ in theirs}
        return any(self._known[atom].predecessors & names for atom in ours)

    def _lists(self, atoms: set[_Atom]) -> set[int]:
        return {number for atom in atoms for number in self._known[atom].lists}

    def _meant(self, text: str) -> list[_Atom]:
        found = self._slugs.get(text) or self._names.get(name_key(text))
        return found or self._slugs.get(slug_of(text), [])


def _near(ours: set[_Atom], theirs: set[_Atom]) -> bool:
    # Names of areas are not unique: what pages place in different regions is not one.
    here, there = ({region for _, region in atoms if region} for atoms in (ours, theirs))
    return not here or not there or bool(here & there)


def _slugs(atom: _Atom) -> list[str]:
    name, region = atom
    own = slug_of(name)
    return [own, slug_of(name, region)] if region else [own]


def _keyed(groups: _Groups, known: dict[_Atom, _Known]) -> Grouping:
    keys: dict[_Atom, str] = {}
    codes: dict[str, str] = {}
    spellings: dict[str, str] = {}
    sets = sorted(groups.all(), key=lambda atoms: sorted(map(_preference, atoms)))
    wanted = [slug_of(min(atoms, key=_preference)[0]) or "partnership" for atoms in sets]
    shared = Counter(wanted)
    for atoms, slug in zip(sets, wanted, strict=True):
        regions = sorted({region for _, region in atoms if region})
        start = slug_of(slug, regions[0]) if shared[slug] > 1 and regions else slug
        tries = chain([start], (f"{start}-{number}" for number in count(2)))
        key = next(one for one in tries if one not in spellings)
        for atom in atoms:
            keys[atom] = key
        found = {code for atom in atoms for code in known[atom].codes if code}
        if len(found) == 1:
            codes[key] = found.pop()
        spellings[key] = key
    for atom in sorted(keys):
        for slug in _slugs(atom):
            spellings.setdefault(slug, keys[atom])
    return Grouping(keys, codes, spellings)


def _preference(atom: _Atom) -> tuple[bool, int, _Atom]:
    # The plain name of the area before a longer one; no date in it, so that keys stay as they are
    # when older captures are taken in.
    return (area_named(atom[0]) != atom[0], len(atom[0]), atom)
