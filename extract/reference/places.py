"""Names of places that pages about partnerships use: regions, countries, areas."""

import csv
import re
from functools import cache, lru_cache
from importlib.resources import files

__all__ = [
    "REGIONS",
    "area_key",
    "country_of",
    "country_of_region",
    "english_area",
    "is_area",
    "reference_rows",
    "region_of",
]

REGIONS = (
    "North East",
    "North West",
    "Yorkshire and The Humber",
    "East Midlands",
    "West Midlands",
    "East of England",
    "London",
    "South East",
    "South West",
)
_VARIANTS = {
    "yorkshire and humber": "Yorkshire and The Humber",
    "yorkshire and humberside": "Yorkshire and The Humber",
    "yorkshire humber": "Yorkshire and The Humber",
    "yorkshire": "Yorkshire and The Humber",
    "eastern": "East of England",
    "eastern england": "East of England",
    "east england": "East of England",
    "greater london": "London",
}
_REGION_KEYS = {
    **{name.lower().replace(" the ", " "): name for name in REGIONS},
    **_VARIANTS,
}
_REGION_FRAME = re.compile(
    r"^(?:the )?(?:(?:go|government office) (?:for )?(?:the )?)?|(?:,? (?:of )?england)?(?: "
    r"region)?$"
)
_COUNTRIES = {
    "england": "England",
    "lloegr": "England",
    "wales": "Wales",
    "cymru": "Wales",
    "nghymru": "Wales",
    "england and wales": "England and Wales",
    "england wales": "England and Wales",
    "cymru a lloegr": "England and Wales",
}
_WELSH_AREAS = {  # as the councils write them; those with one name in both are not here
    "ynys môn": "Isle of Anglesey",
    "sir ddinbych": "Denbighshire",
    "sir y fflint": "Flintshire",
    "wrecsam": "Wrexham",
    "sir benfro": "Pembrokeshire",
    "sir gaerfyrddin": "Carmarthenshire",
    "sir gâr": "Carmarthenshire",
    "abertawe": "Swansea",
    "castell nedd port talbot": "Neath Port Talbot",
    "pen y bont ar ogwr": "Bridgend",
    "bro morgannwg": "Vale of Glamorgan",
    "caerdydd": "Cardiff",
    "caerffili": "Caerphilly",
    "sir fynwy": "Monmouthshire",
    "casnewydd": "Newport",
    "tor faen": "Torfaen",
    "merthyr tudful": "Merthyr Tydfil",
}
_TYPES = re.compile(
    r"\b(?:metropolitan|royal|london|borough|district|county|city|council|unitary|authority|of|"
    r"the)\b"
    r"|,"
)
_SPACES = re.compile(r"[\s\-\u2013\u2014]+")


def _plain(name: str) -> str:
    return _SPACES.sub(" ", name.replace("&", " and ").replace("\u2019", "'").lower()).strip(
        " .,:;"
    )


@lru_cache(maxsize=2048)
def region_of(text: str) -> str | None:
    """Name the English region that a whole text names, or None.

    >>> region_of("Government Office for the South West"), region_of("Yorkshire & the Humber")
    ('South West', 'Yorkshire and The Humber')
    """
    if len(text) > 80:
        return None
    plain = _plain(text)
    bare = _REGION_FRAME.sub("", plain).replace(" the ", " ").strip()
    return _REGION_KEYS.get(plain) or _REGION_KEYS.get(bare)


def country_of(text: str) -> str | None:
    """Name the country, or both, that a whole text names in English or Welsh, or None."""
    return _COUNTRIES.get(_plain(text)) if len(text) < 40 else None


def country_of_region(region: str) -> str | None:
    """Say in which country a region lies; Wales counts as its own region."""
    if region_of(region):
        return "England"
    return country_of(region)


@lru_cache(maxsize=8192)
def is_area(name: str) -> bool:
    """Tell whether a name is that of a district or partnership area of about 2021, or of before."""
    return len(name) <= 80 and area_key(name) in _areas()


def english_area(name: str) -> str:
    """The English name of an area in Wales that is named in Welsh; any other name as it is.

    >>> english_area("Sir Gaerfyrddin"), english_area("Gwynedd")
    ('Carmarthenshire', 'Gwynedd')
    """
    return _WELSH_AREAS.get(_plain(name), name)


def area_key(name: str) -> str:
    """Bring the name of an area into the form in which areas are compared.

    >>> area_key("Bristol, City of"), area_key("the London Borough of Camden")
    ('bristol', 'camden')
    """
    plain = _plain(name)
    return " ".join(_TYPES.sub(" ", plain).split()) or plain


@cache
def _areas() -> frozenset[str]:
    columns = ("csp_name", "lad_name", "authority_nice_name")
    return frozenset(
        area_key(row[column])
        for row in reference_rows("csp_codes.csv")
        for column in columns
        if row[column]
    ) | frozenset(area_key(row["name"]) for row in reference_rows("former_districts.csv"))


def reference_rows(name: str) -> list[dict[str, str]]:
    """Read one of the tables beside this module: a dictionary of its columns for each row."""
    text = files("extract.reference").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
