"""Names of partnerships and of those one can reach: which spellings mean the same, as keys."""

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256

from extract.reference.places import area_key, is_area

__all__ = ["area_named", "kind_named", "name_key", "slug_of"]

_LONGEST = 80  # characters of a slug
_REMEMBERED = 1 << 14  # names; the same ones come in capture after capture
_ACRONYM = re.compile(r"\(\s*[A-Z][A-Z.]{1,8}s?\s*\)")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,8}")
_WORDS = re.compile(r"[^\W_]+")
_CDRP = r"crime (?:and )?disorder (?:reduction )?partnerships?|crime reduction partnerships?|cdrps?"
_CSP = (
    r"community safety partnerships?|csps?|[pb]h?artneriaeth(?:au)? diogelwch cymunedol|"
    r"[pb]h?artneriaeth(?:au)? diogelwch y gymuned"
)
_KIND = re.compile(rf"\b(?:{_CDRP}|{_CSP})\b")
_IS_CDRP = re.compile(rf"\b(?:{_CDRP})\b")
_IS_CSP = re.compile(rf"\b(?:{_CSP})\b")
_LEADS = re.compile(r"^(?:(?:the|for|of|in|covering|serving|y|yr|ar gyfer) )+")
_ENDS = re.compile(r" ?\b(?:partnership|partneriaeth|area)$")
_BRAND = re.compile(r"^(?:safer|safe|saferstronger|secure) ")
_WELSH = {  # principal areas by their Welsh names
    "ynys môn": "isle of anglesey",
    "sir ddinbych": "denbighshire",
    "sir y fflint": "flintshire",
    "wrecsam": "wrexham",
    "sir benfro": "pembrokeshire",
    "sir gaerfyrddin": "carmarthenshire",
    "sir gâr": "carmarthenshire",
    "abertawe": "swansea",
    "castell nedd port talbot": "neath port talbot",
    "pen y bont ar ogwr": "bridgend",
    "bro morgannwg": "vale of glamorgan",
    "caerdydd": "cardiff",
    "caerffili": "caerphilly",
    "sir fynwy": "monmouthshire",
    "casnewydd": "newport",
    "merthyr tudful": "merthyr tydfil",
    "tor faen": "torfaen",
}


@lru_cache(maxsize=_REMEMBERED)
def name_key(name: str) -> str:
    """Fold a partnership's name to what tells it from others; what kind it is does not.

    >>> name_key("The Northshire & Dale C.D.R.P."), name_key("Northshire and Dale CSP (NDCSP)")
    ('northshire and dale', 'northshire and dale')

    Empty when the name says only what kind of body it is.
    """
    bare = _KIND.sub(" ", _plain(name))
    bare = _LEADS.sub("", " ".join(bare.split()))
    return _ENDS.sub("", bare).strip()


@lru_cache(maxsize=_REMEMBERED)
def kind_named(name: str) -> str | None:
    """Say which kind a name calls a partnership: CDRP or CSP, or None when it says neither.

    >>> kind_named("Partneriaeth Diogelwch Cymunedol Abertawe")
    'CSP'
    """
    plain = _plain(name)
    if _IS_CDRP.search(plain):
        return "CDRP"
    return "CSP" if _IS_CSP.search(plain) else None


@lru_cache(maxsize=_REMEMBERED)
def area_named(name: str) -> str | None:
    """Give the key of the known area that a name consists of, in English; None when there is none.

    >>> area_named("Safer Sunderland Partnership"), area_named("Abertawe"), area_named("Elsewhere")
    ('sunderland', 'swansea', None)
    """
    key = name_key(name)
    for tried in (key, _BRAND.sub("", key)):
        english = _WELSH.get(tried, tried)
        if english and is_area(english):
            return area_key(english)
    return None


def slug_of(*parts: str | None) -> str:
    """Write names as one part of an address; long ones are cut and told apart by a digest.

    >>> slug_of("Home Office", None, "Press & Media")
    'home-office-press-media'
    """
    words = [word for part in parts if part for word in _WORDS.findall(_unaccented(part))]
    slug = "-".join(words)
    if len(slug) <= _LONGEST:
        return slug
    return f"{slug[: _LONGEST - 9].rstrip('-')}-{sha256(slug.encode()).hexdigest()[:8]}"


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", _ACRONYM.sub(" ", name)).lower()
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    text = text.replace("&", " and ").replace("'", "").replace("\u2019", "")
    return " ".join(_WORDS.findall(text))


def _unaccented(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("'", "").replace("\u2019", "")).lower()
    return "".join(char for char in folded if not unicodedata.combining(char))
