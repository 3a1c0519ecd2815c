"""Header fields of WARC records and HTTP heads, taken apart only when they are asked for.

A scan of millions of records looks at few of their fields; so the text is kept as it is, and the
way most writers put it (``Name: value`` and CRLF) is read in one step.
"""

import re
from collections.abc import Iterable

__all__ = ["Headers"]

_LINE_END = re.compile(r"\r\n|\r|\n")  # and none of the others that `str.splitlines` knows


class Headers:
    """Header fields in their order, names as written; a name may come more than once.

    Args:
        text: the lines, without the one that stands before the first field (the version of a WARC
            record, the status of an HTTP response) and without the empty line behind the last. A
            line that begins with white space goes on with the one before; one without a colon is
            passed over.
    """

    __slots__ = ("_fields", "_first", "_text")

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._fields: tuple[tuple[str, str], ...] | None = None
        self._first: dict[str, str] | None = None  # where all is written as usual

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    @classmethod
    def of(cls, fields: Iterable[tuple[str, str]]) -> "Headers":
        """Make header fields of names and values, whatever these hold."""
        taken = tuple(fields)
        made = cls("\n".join(name for name, _ in taken))
        made._fields, made._first = taken, {}
        return made

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every field, in order."""
        if self._fields is None:
            self._fields = tuple(_fields(self._text))
        return self._fields

    def get(self, name: str) -> str | None:
        """Give the first value of a field, None without one.

        Letter case tells no fields apart; a name written in several ways is taken first as asked.
        """
        if self._first is None:
            self._first = _usual(self._text)
        value = self._first.get(name)
        if value is None and name.lower() in self._text.lower():
            asked = [value for key, value in self.fields if key == name]
            value = next(iter(asked or self.get_all(name)), None)
        return value and value.strip()

    @property
    def content_codings(self) -> tuple[str, ...]:
        """The content codings in the order in which they were applied (RFC 9110, clause 8.4)."""
        listed = ",".join(self.get_all("Content-Encoding")).lower().split(",")
        return tuple(coding.strip() for coding in listed if coding.strip() not in ("", "identity"))

    def get_all(self, name: str) -> list[str]:
        """Give every value of a field, in order."""
        name = name.lower()
        if name not in self._text.lower():
            return []
        return [value for key, value in self.fields if key.lower() == name]


def _usual(text: str) -> dict[str, str]:
    # The fields of a header written as nearly all are; none for one that needs a closer look.
    lines = text.split("\r\n")
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines):
        return {}  # other line ends as well
    try:
        first = dict([line.split(": ", 1) for line in reversed(lines)])
    except ValueError:
        return {}  # a line without a blank behind its colon
    names = "".join(first)  # a line that goes on seems to have a name that begins with a blank
    return {} if ":" in names or " " in names or "\t" in names else first


def _fields(text: str) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for line in _LINE_END.split(text):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(" \t"), value.strip()))
    return fields
