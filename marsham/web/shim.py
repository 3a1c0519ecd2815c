"""Our script inside archived pages: where it is, and its text.

It mends what rewriting cannot see, addresses made by scripts, and tells the page above the frame
where a reader went. It is no border: the policy sent with every answer is.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

__all__ = ["SHIM_ADDRESS", "SHIM_NAME", "shim"]

SHIM_NAME: Final = "marsham-replay.js"


@cache
def shim() -> bytes:
    """Give the script's text."""
    return (files("marsham.web") / "static" / SHIM_NAME).read_bytes()


def _address() -> str:
    return f"/static/{SHIM_NAME}?{sha256(shim()).hexdigest()[:12]}"


SHIM_ADDRESS: Final = _address()
"""Its address on every origin; another text has another."""
