"""Cells that a spreadsheet would take for formulas, kept from it by an apostrophe and given back.

A formula in a file of comma-separated values may run programs and send data away when the file is
opened. The apostrophe is what people type themselves to keep a text a text.
"""

__all__ = ["is_formula", "shielded", "unshielded"]

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SHIELDED = (*_BEGINS, "'")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might work a text out instead of showing it."""
    return text.startswith(_BEGINS)


def shielded(text: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula.

    >>> shielded("=1+1"), shielded("+442079460310"), shielded("Crime")
    ("'=1+1", "'+442079460310", 'Crime')
    """
    return "'" + text if text.startswith(_SHIELDED) else text


def unshielded(text: str) -> str:
    """Undo `shielded`: take one apostrophe off where it stands before one, or before a formula.

    >>> unshielded("'+442079460310"), unshielded("'tis")
    ('+442079460310', "'tis")
    """
    return text[1:] if text[:1] == "'" and text[1:].startswith(_SHIELDED) else text
