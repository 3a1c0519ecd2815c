"""Damaged ARC files, and what must hold of reading any of them."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from archiver.ingest.arc import read_arc
from archiver.ingest.sniff import Format, sniff
from archiver.records import Problem
from tests import builders
from tests.fuzz.cases import Case, Target, either, spoil, spoil_lines
from tests.fuzz.converted import Kept, check_converted

__all__ = ["TARGET"]

_TOKENS = (
    *(b"filedesc://x 0.0.0.0 20080430204825 text/plain 5\n1 0 x\n", b"http://", b" ", b"\n", b"\0"),
    *(b"\n\n", b"dns:x 192.0.2.1 20080430204825 text/dns 3\nabc\n", b"-", b"9" * 30, b"\xff"),
    *(b"\x1f\x8b\x08", builders.member(b""), builders.member(b"\n"), b"text/html; a b c 1 2 3 4 5"),
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Offset and block of each record that nothing was done to, and whether that is all."""

    intact: tuple[tuple[int, bytes], ...]
    pristine: bool
    plain: bool


def _make(random: Random) -> Case:
    plain = either(random, 0.5)
    version = random.choice((1, 2))
    pieces: list[tuple[bytes, bytes | None]] = []
    filed = builders.arc_record("filedesc://x.arc", b"1 0 x\nURL IP-address Archive-date\n")
    pieces.append((filed if plain else builders.member(filed), None))
    for number in range(random.randrange(1, 6)):
        url = f"http://www.homeoffice.example/{number}{random.choice(('', ' a', '?q=1'))}"
        body = b"<p>Crime</p>\n" * random.choice((0, 1, 50, 2000))
        if either(random, 0.2):
            body = random.randbytes(random.choice((1, 100, 16384)))
        block = builders.http_response(body) if either(random, 0.8) else body
        kind = random.choice(("text/html", "text/html; charset=utf-8", "no-type"))
        raw = builders.arc_record(url, block, version=version, media_type=kind)
        pieces.append((raw if plain else builders.member(raw), block))
    pristine = either(random, 0.1)
    for _ in range(0 if pristine else random.choice((1, 1, 2))):
        at = random.randrange(1, len(pieces))
        stored = pieces[at][0]
        match random.randrange(4):
            case 0:
                pieces.insert(at, (random.choice(_TOKENS), None))
            case 1:
                pieces.insert(at, (stored[: random.randrange(len(stored) + 1)], None))
            case 2 if plain:
                pieces[at] = (spoil_lines(random, stored), None)
            case _:
                pieces[at] = (spoil(random, stored, _TOKENS), None)
    data, intact = b"", []
    for stored, block in pieces:
        # In a plain file a record begins where a line does, or behind zeros.
        if block is not None and (not plain or data[-1:] in (b"\n", b"\0")):
            intact.append((len(data), block))
        data += stored
    return Case(data, _Facts(tuple(intact), pristine, plain))


def _check(case: Case, folder: Path) -> None:
    assert isinstance(case.facts, _Facts)
    path = folder / "file.arc"
    path.write_bytes(case.data)
    assert sniff(path) is Format.ARC
    found = check_converted(read_arc, path, folder / "new.warc.gz")
    assert found is not None
    kept = {
        int(each.listed("arc-offset") or 0): each.block for each in found if isinstance(each, Kept)
    }
    spans = [
        (each.offset, each.offset + (each.length or 0))
        for each in found
        if isinstance(each, Problem) and each.offset is not None
    ]
    assert all(end <= len(case.data) for _, end in spans)
    if case.facts.pristine:
        assert not spans
    for offset, block in case.facts.intact:
        if kept.get(offset) == block:
            continue
        # In a plain file it may rightly be taken for a part of the block of another.
        swallowed = any(
            at < offset and block in other for at, other in kept.items() if case.facts.plain
        )
        assert swallowed, f"the sound record at {offset} is lost"


TARGET = Target("arc", _make, _check)
