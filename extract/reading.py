"""One payload read in a child process: what the catalogue keeps of it, as it travels back.

A payload that passes the limits, or ends the process that reads it, costs itself and nothing else.
"""

import gc
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from archiver.confined import Confined
from extract.compare.sketches import Sketch, sketch_of
from extract.page import read_page
from extract.recipes.recipe import Recipe

__all__ = ["Reading", "read_confined", "reading_as_json"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the catalogue keeps of a page that was read.

    `observations` are rows of an observation's fields in their order, `sketch` by what its captures
    are compared; None where nothing was read. The other names are those of the columns of the table
    ``extraction``.
    """

    text: str
    charset_declared: str
    charset_used: str
    problems: str
    observations: Sequence[Sequence[object]]
    sketch: Sketch | None = None


def read_confined(
    children: Confined, payload: bytes, url: str, content_type: str, recipe: Recipe | None = None
) -> Reading:
    """Read a page's bytes in a child.

    Args:
        children: who does it, and within which limits.
        payload: the body, transfer and content codings taken off.
        url: the page's original URL.
        content_type: the Content-Type header; may be empty.
        recipe: the site's recipe that is for this page.

    Raises:
        ConfinedError: when the page passed the limits or could not be read at all.
    """
    reply = children.call(reading_as_json, payload, url, content_type, recipe)
    told = json.loads(reply)
    sketch = told.pop("sketch")
    sketch["hashes"], sketch["packed"] = (b64decode(sketch[name]) for name in ("hashes", "packed"))
    return Reading(**told, sketch=Sketch(**sketch))


def reading_as_json(
    payload: bytes, url: str, content_type: str, recipe: Recipe | None = None
) -> bytes:
    """Read a page's bytes in this process, and write a `Reading` as it travels.

    The arguments are those of `read_confined`.
    """
    # A page is tens of thousands of small values that do not refer in circles. Looking for circles
    # among them again and again would take a seventh of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _reading_as_json(payload, url, content_type, recipe)
    finally:
        if collecting:
            gc.enable()


def _reading_as_json(payload: bytes, url: str, content_type: str, recipe: Recipe | None) -> bytes:
    page = read_page(payload, url=url, content_type=content_type, recipe=recipe)
    sketch = sketch_of(page.document, payload)
    fields = {
        "text": page.document.text,
        "charset_declared": page.declared_charset or "",
        "charset_used": page.used_charset,
        "problems": "\n".join(page.problems),
        "observations": page.observations,
        "sketch": {
            "state": sketch.state,
            "base": sketch.base,
            "hashes": b64encode(sketch.hashes).decode(),
            "packed": b64encode(sketch.packed).decode(),
        },
    }
    return json.dumps(fields, check_circular=False).encode()
