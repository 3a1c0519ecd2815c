"""Header fields of WARC records and HTTP heads, taken apart only when they are asked for.

A scan of millions of records looks at few of their fields; so the text is kept as it is, and the
way most writers put it (``Name: value`` and CRLF) is read in one step.
"""

import re

__all__ = ["Headers"]

_ODD = re.compile(r"[:\s]")  # in a name: where it ends is not where it seems to
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
        self._first: dict[str, str] | None = None  # the first value of each, names in lower case

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every field, in order."""
        if self._fields is None:
            self._fields = tuple(_fields(self._text))
        return self._fields

    def get(self, name: str) -> str | None:
        """Give the first value of a field whatever the case of its name, None without one."""
        if self._first is None:
            self._first = _usual(self._text)
            if self._first is None:
                self._first = {key.lower(): value for key, value in reversed(self.fields)}
        value = self._first.get(name.lower())
        return value and value.strip()

    def get_all(self, name: str) -> list[str]:
        """Give every value of a field, in order."""
        name = name.lower()
        if name not in self._text.lower():
            return []
        return [value for key, value in self.fields if key.lower() == name]


def _usual(text: str) -> dict[str, str] | None:
    # The fields of a header written as nearly all are; None for one that needs a closer look.
    lines = text.split("\r\n")
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines):
        return None  # other line ends as well
    if "\r\n " in text or "\r\n\t" in text or text[:1] in (" ", "\t"):
        return None  # a line that goes on
    try:
        first = {name.lower(): value for name, value in [line.split(": ", 1) for line in lines]}
    except ValueError:
        return None  # a line without a blank behind its colon
    return first if len(first) == len(lines) and not _ODD.search("".join(first)) else None


def _fields(text: str) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for line in _LINE_END.split(text):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(), value.strip()))
    return fields
