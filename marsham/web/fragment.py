"""Our script in the page above the frame: it leads the frame to a place, and follows the frame.

What stands behind ``#`` never reaches a server, so that only the browser can pass it on to the
frame that holds the archived page. And a link of the page leads the frame alone: no page in it may
lead the window, for a script could lead it anywhere. The page says where the reader goes; our
script sees to it that this is a page of the archive, and leads the window there. Without it a page
opens at its top, and its links lead the window by themselves where the archive runs no scripts.
"""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Final

__all__ = ["SCRIPT", "SCRIPT_SOURCE"]

SCRIPT: Final = (files("marsham.web") / "static" / "marsham-frame.js").read_text("utf-8")
SCRIPT_SOURCE: Final = f"'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}'"
"""What a Content-Security-Policy allows so that this script runs and no other."""
