"""What words name a field: the labels of directories, in column heads, terms and before colons.

English labels and the Welsh ones that stand beside them on bilingual pages.
"""

import re
from functools import lru_cache

__all__ = ["POINT_FIELDS", "field_of"]

POINT_FIELDS = frozenset({"phone", "fax", "phone+fax", "textphone", "email", "website"})

_QUALIFIER = (
    r"(?:(?:main|direct|office|general|daytime|day|evening|public|contact|work|home|business|our|"
    r"your|the|by|partnership|enquiries|enquiry|team|postal|mailing|full|out of hours|"
    r"24 hour) ){0,3}"
)
_NUMBER = r"(?: (?:number|numbers|no|nos|line|lines|details|rhif))?"
_PHONE = (
    r"(?:(?:rhif )?(?:tele ?phones?|tel|t|phones?|ffôn|ffon|teleffon|teleffôn|mobiles?|mob|m|"
    r"direct line|direct dial|ddi|text(?: us| messages?)?|sms|switchboard|voice|cell|symudol"
    r"|numbers?|helpline|hotline))"
)
_FAX = r"(?:(?:rhif )?(?:fax|facsimile|telefax|ffacs|f))"
_ORGANISATIONS = (
    r"organi[sz]ation|agency|authority|employer|body|company|sefydliad|lead (?:agency|authority)|"
    r"host (?:organi[sz]ation|body|authority|council)|awdurdod"
)

# Field, then the labels that name it; the first that fits decides.
# "any" names no field: what follows it is read by what it looks like.
_FIELDS = tuple(
    (field, pattern)
    for field, pattern in (
        (
            "any",
            r"contact us(?: at)?|contact details|how to contact us|cysylltwch â ni|manylion "
            r"cyswllt|"
            r"(?:for )?(?:further|more) (?:information|details)|enquiries(?: to)?|queries(?: "
            r"to)?|based at",
        ),
        ("phone+fax", rf"{_QUALIFIER}{_PHONE}{_NUMBER} ?(?:/|&|and|a|or) ?{_FAX}{_NUMBER}"),
        (
            "textphone",
            rf"{_QUALIFIER}(?:text ?phone|ffôn testun|testun ffôn|testunffôn|mini ?com|type ?talk|"
            rf"text relay|tdd|tty){_NUMBER}",
        ),
        ("fax", rf"{_QUALIFIER}{_FAX}{_NUMBER}"),
        ("phone", rf"{_QUALIFIER}{_PHONE}{_NUMBER}"),
        ("pager", r"(?:pager|bleep)(?: number| no)?"),
        (
            "email",
            rf"{_QUALIFIER}(?:(?:cyfeiriad )?e ?bost|(?:e ?mails?|electronic mail|mail)(?: "
            rf"address(?:es)?)?|e)",
        ),
        (
            "website",
            rf"{_QUALIFIER}(?:web ?sites?|web|web ?pages?|internet|url|home ?page|website address|"
            r"web address|gwefan|gwe|www|w)",
        ),
        ("postcode", r"post ?codes?|post code|cod post|côd post"),
        (
            "address",
            rf"{_QUALIFIER}(?:address|addresses|cyfeiriad|location|write to us|write to|"
            r"by post|post to|in writing)",
        ),
        (
            "predecessors",
            r"replaces|replaced|formerly|former partnerships?|predecessors?|merged from|"
            r"previous(?:ly)?(?: partnerships?| names?)?|old partnerships?|merger of|formed from|"
            r"partnerships? (?:merged|replaced)|merged partnerships?|was|were",
        ),
        (
            "partnership",
            r"(?:(?:new|name of|the) )?(?:partnerships?|csps?|cdrps?|community safety "
            r"partnerships?|"
            r"crime (?:and|&) disorder (?:reduction )?partnerships?|partneriaeth|partneriaethau)"
            r"(?: names?)?|successor(?: partnership)?|enw'r bartneriaeth",
        ),
        (
            "area",
            r"areas?(?: covered| served)?|local authorit(?:y|ies)(?: areas?)?(?: covered| served| "
            r"involved)?|districts?|boroughs?|"
            r"councils?|covers|covering|local authority district|ardal|ardaloedd|lad|county|"
            r"districts? covered|areas? it covers|community",
        ),
        ("region", r"(?:english |government office )?regions?|government office|rhanbarth"),
        ("country", r"country|nation|gwlad"),
        (
            "police_force",
            r"police(?: forces?| area| force area| service| partner)?|forces?(?: areas?)?|heddlu|"
            r"policed by|local police|ardal heddlu|(?:the "
            r")?constabulary",
        ),
        ("organisation", _ORGANISATIONS),
        (
            "unit",
            r"subjects?|topics?|policy areas?|areas? of work|team|unit|desk|department|dept"
            r"|section|division|branch|office|service|directorate|"
            r"tîm|uned|adran",
        ),
        (
            "role",
            r"role|post|position|job title|title|job|post title|swydd|teitl swydd|designation",
        ),
        (
            "person",
            r"(?:(?:main|lead|key|first|name of|partnership|csp|cdrp|press|area|local|your|"
            r"chief) ){0,2}"
            r"(?:contacts?|contact (?:names?|person|officer|point)|names?|person|people|officers?|"
            r"point of contact|cyswllt|enw|enw cyswllt|lead)|attention|fao|for the attention of|"
            r"(?:(?:csp|cdrp|partnership|community safety|vice|deputy|area|local|press) ){0,2}"
            r"(?:chair|chairman|chairwoman|chairperson|chair person|co ordinator|coordinator|"
            r"manager|"
            r"lead officer|secretary|clerk|ysgrifennydd|ysgrifenyddes|trysorydd|is gadeirydd|clerc|"
            r"cadeirydd|cydlynydd|rheolwr|swyddog|director|adviser)",
        ),
        ("date", r"date|dates|when|merged on|date of merger|from|since|dyddiad"),
    )
)
_LABEL = re.compile("|".join(f"({pattern})" for _, pattern in _FIELDS))
_BRACKETED = re.compile(r"\([^()]{0,60}\)")
_LOOSE = re.compile(r"[\s.:;*_'\u2019\-\u2013\u2014]+")


@lru_cache(maxsize=4096)
def field_of(label: str) -> str | None:
    """Say which field a label names, or None.

    >>> field_of("Tel. No:"), field_of("E-mail address"), field_of("Tel/Fax"), field_of("Opening")
    ('phone', 'email', 'phone+fax', None)
    """
    if len(label) > 60:
        return None
    plain = _LOOSE.sub(" ", _BRACKETED.sub(" ", label)).strip().lower()
    if not plain:
        return None
    match = _LABEL.fullmatch(plain)
    return _FIELDS[match.lastindex - 1][0] if match and match.lastindex else None
