"""The place in a page that an address names: leading the frame below the banner to it.

What stands behind ``#`` never reaches a server, so that only the browser can pass it on to the
frame that holds the archived page. Our one script does that; without it the page opens at its top.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Final

__all__ = ["SCRIPT", "SCRIPT_SOURCE"]

# The frame's window is of another origin: it can be led to an address, and nothing else. Once it is
# loaded that is a step within the page; before, it would race with the loading.
SCRIPT: Final = """
(() => {
  const frame = document.querySelector("iframe");
  const lead = () => {
    if (location.hash !== "#snapshot") {
      frame.contentWindow.location.replace(frame.src + location.hash);
    }
  };
  if (location.hash) frame.addEventListener("load", lead, { once: true });
  addEventListener("hashchange", lead);
})();
"""
SCRIPT_SOURCE: Final = f"'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}'"
"""What a Content-Security-Policy allows so that this script runs and no other."""
