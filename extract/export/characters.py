"""Characters that a format cannot hold: U+FFFD stands for them, and each is counted."""

import re
from typing import BinaryIO

__all__ = ["TextOut", "storable", "xml_section", "xml_storable", "xml_text"]

_NOT_UNICODE = re.compile("[\x00\ud800-\udfff]")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_XML_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACED = "\ufffd"


def storable(text: str) -> tuple[str, int]:
    """Replace what a database or a file of text cannot hold: NUL and halves of surrogate pairs.

    Returns:
        The text, and how many characters were replaced.
    """
    if text.isascii() and "\0" not in text:
        return text, 0
    return _NOT_UNICODE.subn(_REPLACED, text)


def xml_storable(text: str) -> tuple[str, int]:
    """Replace what XML has no place for, control characters left alone: these can be escaped."""
    return (text, 0) if text.isascii() else _NOT_XML.subn(_REPLACED, text)


def xml_text(text: str) -> tuple[str, int]:
    """Replace what no document of XML 1.0 can hold, escaped or not: most control characters too.

    Source: Extensible Markup Language (XML) 1.0, fifth edition, production 2.
    """
    return _NOT_XML_TEXT.subn(_REPLACED, text)


def xml_section(text: str) -> str:
    """Write what stands between two tags: in a CDATA section where it needs one, as it is if not.

    The end of a section is parted between two; ends of lines are what parsers make of them.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not any(sign in text for sign in "<&>"):
        return text
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


class TextOut:
    """A binary file to which text is written as UTF-8.

    Attributes:
        replaced: how many characters were replaced, see `storable`.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.replaced = 0

    def write(self, text: str) -> None:
        """Write a text at the end."""
        if not text.isascii() or "\0" in text:
            text, number = _NOT_UNICODE.subn(_REPLACED, text)
            self.replaced += number
        self._out.write(text.encode())
