"""Where a quote stands in a page, as an address tells a browser: a text fragment.

Source: the "URL Fragment Text Directives" report of the WICG: ``#:~:text=[prefix-,]start[,end]
[,-suffix]``, each part percent-encoded, with ``-`` and ``,`` besides.
"""

from urllib.parse import quote

__all__ = ["text_fragment"]

_LONGEST = 200  # characters of a quote given whole; of a longer one both ends are
_AROUND = 40  # characters before and behind, by which one of several is told
_ENDS = 5  # words of each end


def text_fragment(text: str, start: int, end: int) -> str:
    """Give the fragment that leads a browser to a quote.

    Args:
        text: the canonical text of the page.
        start: where the quote begins in it.
        end: where it ends.

    What stands before or behind goes along where the quote stands in the text more than once.

    >>> text_fragment("Tel: 020 7946 0441", 5, 18)
    ':~:text=020%207946%200441'
    """
    quoted = text[start:end]
    words = quoted.split()
    if not words:
        return ""
    lines = [" ".join(line.split()) for line in quoted.splitlines() if line.strip()]
    if len(lines) > 1 or len(lines[0]) > _LONGEST:
        parts = [" ".join(lines[0].split()[:_ENDS]), " ".join(lines[-1].split()[-_ENDS:])]
    else:
        parts = [lines[0]]
    directive = ",".join(map(_escaped, parts))
    if " ".join(text.split()).casefold().count(" ".join(words).casefold()) > 1:
        before, behind = _before(text[:start]), _behind(text[end:])
        directive = (f"{_escaped(before)}-," if before else "") + directive
        directive += f",-{_escaped(behind)}" if behind else ""
    return f":~:text={directive}"


def _before(text: str) -> str:
    # The words before, of one block: browsers look for them within one.
    line = next((line for line in reversed(text.splitlines()) if line.strip()), "")
    words: list[str] = []
    for word in reversed(line.split()):
        if sum(map(len, words)) + len(words) + len(word) > _AROUND and words:
            break
        words.insert(0, word)
    return " ".join(words)


def _behind(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    words: list[str] = []
    for word in line.split():
        if sum(map(len, words)) + len(words) + len(word) > _AROUND and words:
            break
        words.append(word)
    return " ".join(words)


def _escaped(text: str) -> str:
    return quote(text, safe="").replace("-", "%2D")
