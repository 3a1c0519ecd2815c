"""How well comparisons of the gold pairs and sites agree with the gold.

python -m tests.gold.comparisons tests/gold/compare/first

Each pair and each site of the folder is compared by ``marsham compare --json``. Rules: README.md.
"""

import contextlib
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import click

from marsham.cli import run
from tests.gold import forms

__all__ = ["SETS", "Score", "compared", "score_pair", "score_set", "score_site"]

Record = Mapping[str, Any]
_Likeness = Callable[[Any, Any], float]

SETS = Path(__file__).parent / "compare"
_ENOUGH = 0.85  # likeness from which two texts are one
_SITE_KINDS = ("added", "removed", "changed", "unchanged", "not_captured")


@dataclass(slots=True)
class Score:
    """What was found of the gold; what was told that is not so; what of it is noise."""

    found: float = 0.0
    wanted: int = 0
    false: int = 0
    noise: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    def add(self, other: "Score") -> None:
        self.found += other.found
        self.wanted += other.wanted
        self.false += other.false
        self.noise += other.noise
        self.wrong += other.wrong


def _likeness(one: str, other: str) -> float:
    first, second = (forms.plain(text) for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _text(gold: str, told: str) -> float:
    likeness = _likeness(gold, told)
    return likeness if likeness >= _ENOUGH else 0.0


def _change(gold: Record, told: Record) -> float:
    """Both texts must be those of the gold, each nearer to its own than to the other."""
    before, after = _text(gold["from"], told["from"]), _text(gold["to"], told["to"])
    crossed = _likeness(gold["to"], told["from"]), _likeness(gold["from"], told["to"])
    if not (before and after) or told["from"] == told["to"]:
        return 0.0
    return 0.0 if crossed[0] > before or crossed[1] > after else before + after


def _address(url: str) -> str:
    return forms.account(url).removeprefix("www.").lower()


def _link(gold: Record, told: Record) -> float:
    if _address(gold["href"]) != _address(told["href"]):
        return 0.0
    return 1.0 + _likeness(gold["text"], told["text"])


def _retargeted(gold: Record, told: Record) -> float:
    return float(all(_address(gold[key]) == _address(told[key]) for key in ("from", "to")))


def _value(kind: str, text: str) -> str:
    if kind == "phone":
        return forms.digits(text)
    return re.sub(r"[^a-z0-9@.]" if kind == "email" else r"\W", "", forms.plain(text))


def _contact(gold: Record, told: Record) -> float:
    kind = gold["field"]
    same = all(_value(kind, gold[key]) == _value(kind, told[key]) for key in ("from", "to"))
    return float(kind == told["field"] and same)


def _count(gold: Record, told: Record) -> float:
    if (gold["from"], gold["to"]) != (told["from"], told["to"]):
        return 0.0
    return min(1.0, 2 * forms.likeness(gold["what"], told["what"]))


_KINDS: Mapping[str, _Likeness] = {
    "added": _text,
    "removed": _text,
    "moved": _text,
    "changed": _change,
    "links_added": _link,
    "links_removed": _link,
    "links_retargeted": _retargeted,
    "contacts_changed": _contact,
    "counts_changed": _count,
}


def _matched(gold: list[Any], told: list[Any], alike: _Likeness) -> tuple[list[int], list[int]]:
    """Match each of the gold with the likest that is left; give what is left of either."""
    missed, left = [], list(range(len(told)))
    for number, wanted in enumerate(gold):
        likest = max(left, key=lambda at: alike(wanted, told[at]), default=None)
        if likest is None or not alike(wanted, told[likest]):
            missed.append(number)
        else:
            left.remove(likest)
    return missed, left


def _first(places: Collection[int], texts: list[str], text: str) -> int | None:
    return next((at for at in places if _text(text, texts[at])), None)


def score_pair(gold: Record, told: Record) -> Score:
    """Score what was told of a pair; a change told as removal and addition is half found."""
    score = Score()
    golds = {kind: list(gold[kind]) for kind in _KINDS}
    all_told = {kind: list(told.get(kind, ())) for kind in _KINDS}
    missed: dict[str, list[int]] = {}
    left: dict[str, list[int]] = {}
    for kind, alike in _KINDS.items():
        missed[kind], left[kind] = _matched(golds[kind], all_told[kind], alike)
        score.wanted += len(golds[kind])
        score.found += len(golds[kind]) - len(missed[kind])
    for number in list(missed["changed"]):
        change = golds["changed"][number]
        gone = _first(left["removed"], all_told["removed"], change["from"])
        come = _first(left["added"], all_told["added"], change["to"])
        if gone is not None and come is not None:
            left["removed"].remove(gone)
            left["added"].remove(come)
            missed["changed"].remove(number)
            score.found += 0.5
            score.wrong.append(f"{gold['case']}: in two {change}")
    for number in list(left["changed"]):
        change = all_told["changed"][number]
        gone = _first(missed["removed"], golds["removed"], change["from"])
        come = _first(missed["added"], golds["added"], change["to"])
        if gone is not None and come is not None:
            missed["removed"].remove(gone)
            missed["added"].remove(come)
            left["changed"].remove(number)
            score.found += 2
    for kind in _KINDS:
        score.wrong += [
            f"{gold['case']}: missed in {kind}: {golds[kind][number]}" for number in missed[kind]
        ]
        for number in left[kind]:
            _judge(score, gold, kind, all_told[kind][number])
    if wanted := gold.get("page_state"):
        right = told["page_state"]["new"] == wanted["new"]
        score.wanted += 1
        score.found += right
        score.wrong += [] if right else [f"{gold['case']}: state {told['page_state']['new']}"]
    return score


def _judge(score: Score, gold: Record, kind: str, told: Any) -> None:
    """Count what was told beside the gold: as noise, as false, or not at all."""
    values = told.values() if isinstance(told, dict) else [told]
    words = " | ".join(map(str, values)).casefold()
    is_noise = any(part.casefold() in words for part in gold["must_not"])
    if not is_noise and any(part.casefold() in words for part in gold["may"]):
        return
    if kind == "moved" and any(_text(text, told) for text in gold.get("may_moved", ())):
        return
    score.false += 1
    score.noise += is_noise
    score.wrong.append(f"{gold['case']}: {'noise' if is_noise else 'false'} in {kind}: {told}")


def score_site(gold: Record, told: Record) -> Score:
    """Score what was told of a site: what became of each address."""
    score = Score()
    moved = [{(each["from"], each["to"]) for each in side["moved"]} for side in (gold, told)]
    sets = [(kind, set(gold[kind]), set(told[kind])) for kind in _SITE_KINDS]
    for kind, wanted, found in [*sets, ("moved", *moved)]:
        score.found += len(wanted & found)
        score.wanted += len(wanted)
        score.false += len(found - wanted)
        score.wrong += [f"{gold['case']}: missed in {kind}: {each}" for each in wanted - found]
        score.wrong += [f"{gold['case']}: false in {kind}: {each}" for each in found - wanted]
    return score


def compared(case: Path, gold: Record) -> dict[str, Any]:
    """What the command says of a pair or a site."""
    arguments = ["compare", "--json"]
    if case.parent.name == "sites":
        arguments += ["--site", str(case / "old"), str(case / "new")]
    else:
        arguments += ["--url", gold["url"]]
        for side in ("old", "new"):
            arguments += [f"--{side}-date", gold[f"{side}_timestamp"]]
        arguments += [str(case / "old.html"), str(case / "new.html")]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = run(arguments)
    if status > 1:
        raise ValueError(f"{case} could not be compared")
    return dict(json.loads(output.getvalue()))


def _cases(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(folder.glob("*/gold.json")):
        yield file.parent, dict(json.loads(file.read_text(encoding="utf-8")))


def score_set(folder: Path) -> tuple[Score, Score]:
    """Score the pairs and the sites of a set."""
    pairs, sites = Score(), Score()
    for case, gold in _cases(folder / "pairs"):
        pairs.add(score_pair(gold, compared(case, gold)))
    for case, gold in _cases(folder / "sites"):
        sites.add(score_site(gold, compared(case, gold)))
    return pairs, sites


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    for name, score in zip(("pairs", "sites"), score_set(folder), strict=True):
        click.echo("\n".join(score.wrong))
        click.echo(
            f"{name}: recall {score.recall:.3f} ({score.found:g} of {score.wanted}), "
            f"false {score.false}, noise {score.noise}"
        )


if __name__ == "__main__":
    main()
