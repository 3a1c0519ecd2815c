"""Blocks of a plain text rendering: a page saved as text, without marks for what is what."""

import re
from itertools import pairwise

from extract.regions import BlockDraft, region_of_words

__all__ = ["plain_drafts"]

_BULLET = re.compile(r"[ \t]*(?:[•·*‣◦▪\u2013-]|\(?\d{1,2}[.)]|o(?=\t))[ \t]+(?=\S)")
_HEADING_WORDS = 12
_HEADING_LENGTH = 90


def plain_drafts(text: str) -> list[BlockDraft]:
    """Part plain text at blank lines and bullets, and guess which lines are headings.

    A heading is a short single line with an upper-case first letter and no closing punctuation but
    a question mark, and something that is not its like follows. The first one ranks above the rest.
    """
    drafts: list[BlockDraft] = []
    offset = 0
    last_list = 0
    in_list = False
    for number, chunk in enumerate(_chunks(text)):
        bullet = _BULLET.match(chunk)
        body = chunk[bullet.end() :] if bullet else chunk
        lines = [" ".join(line.split()) for line in body.split("\n")]
        folded = _rejoin([line for line in lines if line])
        if not folded:
            continue
        if bullet and not in_list:
            last_list += 1
        in_list = bullet is not None
        drafts.append(
            BlockDraft(
                kind="item" if bullet else "paragraph",
                level=1 if bullet else 0,
                region="main",
                text=folded,
                start=offset,
                list=last_list if bullet else None,
                part=number if bullet else None,
            )
        )
        offset += len(folded) + 1
    _raise_headings(drafts)
    return drafts


def _chunks(text: str) -> list[str]:
    """Part text at blank lines and before bullets."""
    chunks: list[str] = []
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if not line.strip() or _BULLET.match(line):
            if lines:
                chunks.append("\n".join(lines))
            lines = []
        if line.strip():
            lines.append(line)
    return chunks


def _rejoin(lines: list[str]) -> str:
    """Join lines with breaks, but mend a sentence that was broken around an inserted value.

    A rendering puts the date of an archive's notice on a line of its own; the line after it then
    begins with the comma that followed.
    """
    text = "\n".join(lines)
    return re.sub(r"\n(?=[,;)])", "", text)


def _raise_headings(drafts: list[BlockDraft]) -> None:
    rank = 1
    for draft, following in pairwise(drafts):
        if (
            draft.kind == "paragraph"
            and _is_like_heading(draft.text)
            and region_of_words(draft.text) is None
            and following.kind in {"paragraph", "item"}
        ):
            draft.kind = "heading"
            draft.level = rank
            rank = 2


def _is_like_heading(text: str) -> bool:
    return (
        "\n" not in text
        and len(text) <= _HEADING_LENGTH
        and len(text.split()) <= _HEADING_WORDS
        and text[0].isupper()
        and not text.endswith((".", "!", ":", ";", ",", "|"))
        and "@" not in text
        and sum(character.isdigit() for character in text) <= 4
    )
