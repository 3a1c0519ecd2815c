"""What people call an input: its path as text that can be stored and shown."""

import os
from pathlib import Path

__all__ = ["shown"]


def shown(path: Path | str) -> str:
    """Give a path as text; bytes of a name that are not UTF-8 become replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")
