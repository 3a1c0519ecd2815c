"""Which rewriting made a page: a name that is another one whenever what rewrites is changed."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

__all__ = ["rewriter_version"]

_MODULES = {"archiver": ("css.py", "markup.py", "urls.py"), "snapshots.replay": None}


@cache
def rewriter_version() -> str:
    """Give a digest of the code that rewrites pages, as 16 hexadecimal digits.

    Nobody has to remember to count it up. It is part of the entity tags of rewritten pages, so that
    no copy made by an older version is taken for the same.
    """
    digest = sha256()
    for package, names in _MODULES.items():
        for place in sorted(files(package).iterdir(), key=lambda place: place.name):
            if place.is_file() and (names is None or place.name in names):
                digest.update(place.name.encode() + b"\0" + place.read_bytes())
    return digest.hexdigest()[:16]
