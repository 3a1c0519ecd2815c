"""What inputs are called: their paths as text that can be stored and shown."""

import os
from pathlib import Path

__all__ = ["LISTING", "shown"]

LISTING = "pages.csv"  # the file that makes a folder a set of saved pages


def shown(path: Path | str) -> str:
    """Give a path as text; bytes of a name that are not UTF-8 become replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")
