"""The journal of decisions: whole lines only, each chained to the one before."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.errors import NotWritableError
from snapshots import journal


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A journal of three decisions."""
    path = tmp_path / "decisions.jsonl"
    for number in (1, 2, 3):
        journal.append(path, {"type": "withdrawal", "number": number, "reason": "Gr\xfcnde"})
    return path


def codes(path: Path) -> list[str]:
    return [found.code for found in journal.problems(path)]


def test_decisions_are_given_back_in_their_order(place: Path) -> None:
    assert [entry["number"] for entry in journal.entries(place)] == [1, 2, 3]
    assert {entry["reason"] for entry in journal.entries(place)} == {"Gr\xfcnde"}
    assert codes(place) == []


def test_without_a_journal_nothing_was_decided(tmp_path: Path) -> None:
    assert list(journal.entries(tmp_path / "decisions.jsonl")) == []
    assert codes(tmp_path / "decisions.jsonl") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [lines[0].replace(b"nde", b"nd!"), *lines[1:]], ["journal-chain"]),
        (lambda lines: [lines[0], lines[2]], ["journal-chain"]),  # one taken out
        (lambda lines: lines[1:], ["journal-chain"]),  # the first taken out
        (lambda lines: [lines[1], lines[0], lines[2]], ["journal-chain"] * 3),
        (lambda lines: [lines[0], b"[]\n", *lines[1:]], ["journal-unreadable", "journal-chain"]),
        (lambda lines: [b"\xff\n", *lines], ["journal-unreadable", "journal-chain"]),
        (lambda lines: [*lines[:2], lines[2][:-1]], ["journal-cut-short"]),
    ],
    ids=["changed", "one out", "first out", "order", "slipped in", "no text", "cut"],
)
def test_a_journal_that_is_not_as_written_is_told(
    change: Callable[[list[bytes]], list[bytes]], said: list[str], place: Path
) -> None:
    lines = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(b"".join(change(lines)))
    assert codes(place) == said


def test_each_line_holds_the_hash_of_the_line_before(place: Path) -> None:
    first, second, _ = place.read_bytes().splitlines()
    assert json.loads(second)["before"] == hashlib.sha256(first).hexdigest()
    assert json.loads(first)["before"] == "0" * 64


def test_half_a_line_of_an_interrupted_run_is_set_aside_and_the_chain_goes_on(place: Path) -> None:
    whole = place.read_bytes()
    place.write_bytes(whole + b'{"type": "withdrawal", "num')
    journal.append(place, {"type": "lift", "withdrawal": 1})
    assert codes(place) == []
    assert place.read_bytes().startswith(whole)
    assert [entry["type"] for entry in journal.entries(place)][-1] == "lift"
    (kept,) = (place.parent / "quarantine").iterdir()
    assert kept.read_bytes() == b'{"type": "withdrawal", "num'


def test_a_broken_chain_does_not_keep_a_decision_from_being_written(place: Path) -> None:
    place.write_bytes(b"".join(place.read_bytes().splitlines(keepends=True)[1:]))
    journal.append(place, {"type": "lift", "withdrawal": 1})
    assert codes(place) == ["journal-chain"]  # told once, where it is


def test_a_journal_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").mkdir()
    with pytest.raises(NotWritableError):
        journal.append(tmp_path / "decisions.jsonl", {"type": "lift"})
