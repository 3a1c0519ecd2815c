"""Names: who a line speaks of. A person, a role, a unit, an organisation, a partnership, a place.

Names are told apart by the words they are made of, not by lists of people. A line that fits
nothing is nobody, which costs a name but never invents one.
"""

import re
from functools import lru_cache

from extract.labels import field_of
from extract.reference.places import is_area, region_of

__all__ = [
    "is_address_line",
    "is_any_officer",
    "is_blank_value",
    "is_general_heading",
    "is_organisation",
    "is_partnership",
    "is_person",
    "is_role",
    "is_unit",
    "kind_of_name",
    "partnership_place",
    "without_article",
]

_WORD = re.compile(r"[^\W\d_][\w'\u2019.-]*|\d[\w/-]*|&", re.UNICODE)
_HONORIFIC = re.compile(
    r"^(?:the )?(?:(?:(?:mr|mrs|ms|miss|dr|prof|professor|rev['\u2019]d|rev|revd|right hon|sir"
    r"|dame|lord|lady|cllr|councillor|pc|"
    r"ps|dc|"
    r"ds|di|dci|sgt|sergeant|insp|inspector|ch|chief|supt|superintendent|det|detective|cc|acc|"
    r"constable|"
    r"cdr|commander|commissioner|assistant|deputy|acting|temporary|t)\b\.?(?:/|\s)?)+)(?=\S)",
    re.IGNORECASE,
)
_COLLAR_NUMBER = re.compile(r"\d{2,5}\s(?=[^\W\d_a-z])")  # PC 1142 Gail ...
_NAME_WORD = re.compile(
    r"(?:(?:de|du|da|le|la|ap|ab|van|von|der|den|al|el|bin)-){0,3}(?:(?:O|D|L)['\u2019])?(?:Ma?c)?[^\W\d_a-z][^\W\d_]*(?:[-'\u2019][^\W\d_]+)*\.?"
)
_PARTICLES_TEXT = "de del der van von den ap ab ferch le la y bin al"
_PARTICLES = frozenset(_PARTICLES_TEXT.split())

_ROLE_WORDS_TEXT = """
officer officers manager managers co-ordinator co-ordinators coordinator coordinators chair
chairman chairwoman chairperson secretary director lead leader leads analyst administrator
adviser advisor assistant clerk inspector superintendent commander constable sergeant treasurer
convenor convener supervisor executive commissioner minister mayor specialist consultant editor
planner caseworker trainer researcher auditor lawyer technician controller instructor ranger
receptionist webmaster trustee nurse apprentice magistrate spokesperson spokesman spokeswoman
registrar warden worker head deputy vice-chair
principal solicitor accountant facilitator representative liaison champion coroner statistician
operator librarian archivist historian counsel marshal bursar pastor verger captain usher
organiser matron mentor buyer surveyor engineer planner negotiator ombudsman almoner
cydlynydd rheolwr rheolwraig swyddog cadeirydd ysgrifennydd ysgrifenyddes cyfarwyddwr pennaeth
arweinydd dadansoddwr gweinyddwr cynghorydd trysorydd llyfrgellydd archifydd gweithredwr
clerc cynorthwyydd hyrwyddwr llefarydd
"""
_ROLE_WORDS = frozenset(_ROLE_WORDS_TEXT.split())
_ANY_OFFICER = frozenset(
    ("lead", "officer", "main", "key", "named", "contact", "link", "name", "our", "your", "local")
)
_ROLE_STARTS_TEXT = """
head director chair leader manager swyddog rheolwr cydlynydd cyfarwyddwr pennaeth
"""
_ROLE_STARTS = frozenset(_ROLE_STARTS_TEXT.split())
_UNIT_WORDS_TEXT = """
unit team desk section branch division directorate group department dept helpdesk
enquiries secretariat bureau hub uned tîm adran programme project helpline switchboard reception
communications press
"""
_UNIT_WORDS = frozenset(_UNIT_WORDS_TEXT.split())
_WELSH_UNITS_TEXT = """
uned tîm dîm adran is-adran isadran cangen gangen desg ddesg grŵp
"""
_WELSH_UNITS = frozenset(_WELSH_UNITS_TEXT.split())
_UNIT_OFFICES = re.compile(
    r"\b(?:press|regional|support|programme|project|private|area|local|partnership|information|"
    r"media|"
    r"communications|community safety|public enquiry|contact|customer|drugs?|policy|enquiry"
    r"|lost property|records?|complaints) "
    r"(?:office|services?|centre|line|point|counter)$|\bcontrol room$|s?['\u2019]s? office$"
    r"|\bswyddfa'r wasg$",
    re.IGNORECASE,
)
_ORGANISATION_WORDS_TEXT = """
council cyngor police constabulary heddlu authority awdurdod trust board bwrdd agency ministry
association society federation commission inspectorate foundation charity ltd limited plc
university college institute archive archives parliament assembly government committee executive
partnership partneriaeth network alliance forum nhs corporation consortium institution
gwasanaeth llywodraeth
"""
_ORGANISATION_WORDS = frozenset(_ORGANISATION_WORDS_TEXT.split())
_WELSH_BODIES_TEXT = """
cyngor heddlu awdurdod bwrdd llywodraeth gwasanaeth swyddfa cymdeithas prifysgol coleg
ymddiriedolaeth asiantaeth comisiwn fforwm cynghrair ffederasiwn rhwydwaith
cydffederasiwn elusen
"""
_WELSH_BODIES = frozenset(_WELSH_BODIES_TEXT.split())
_ORGANISATION_PHRASES = re.compile(
    r"\b(?:home|cabinet|northern ireland|wales|welsh|scotland|foreign(?: and commonwealth)?|"
    r"national "
    r"audit|crown prosecution|information commissioner's|attorney general's|serious fraud|audit|"
    r"government|passport) (?:office|service)\b"
    r"|\bgovernment office for\b"
    r"|^go[ -](?:north|south|east|west|london|yorkshire|wales)[\w &-]{0,24}$"
    r"|^(?:the )?office (?:of|for) the\b|\bdepartment (?:of|for)\b"
    r"|\bswyddfa gartref\b"
    r"|\b(?:fire|rescue|fire (?:and|&) rescue|ambulance|probation|prison|health|youth offending|"
    r"court|"
    r"courts|tribunals|police|civil) service\b",
    re.IGNORECASE,
)
_STREET_WORDS_TEXT = """
street st road rd avenue ave lane ln drive dr close crescent way square sq terrace row hill park
gardens green parade walk place grove approach embankment mews circus croft rise fold parade
quay wharf yard gate bridge heol ffordd stryd lôn rhodfa sgwâr
"""
_STREET_WORDS = frozenset(_STREET_WORDS_TEXT.split())
_BUILDING_WORDS_TEXT = """
house building buildings hall centre court offices station headquarters hq floor suite block
exchange arcade library museum depot surgery clinic hospital mansion premises studios lodge
chambers tower towers annexe annex estate guildhall complex campus works mill barn cottage
villas flat room rooms pavilion castle abbey maltings stables portakabin wing tŷ ty canolfan
neuadd llawr
"""
_BUILDING_WORDS = frozenset(_BUILDING_WORDS_TEXT.split())
_WELSH_PLACES_TEXT = """
heol ffordd stryd lôn rhodfa neuadd canolfan tŷ tŷ'r llys plas adeilad adeiladau parc sgwâr llawr
maes
swyddfa'r swyddfeydd'r swyddfeydd
"""
_WELSH_PLACES = frozenset(_WELSH_PLACES_TEXT.split())
_BY_ITSELF = frozenset({"guildhall", "headquarters"})
_DAY = (  # 30 March 2009 is no address
    r"\d{1,2}(?:st|nd|rd|th)?\s(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?,?"
    r"\s(?:19|20)\d\d"
)
_ADDRESS_START = re.compile(
    rf"^(?:(?!{_DAY})\d{{1,5}}[a-z]?(?:\s?[-\u2013/&]\s?\d{{1,5}}[a-z]?)?[,\s]\s?[^\W\d]|(?:room|floor|suite|"
    r"unit|block|flat|"
    r"level|bay|uned(?= \d)|ystafell|(?:\d{1,2}(?:st|nd|rd|th)|ground|first|second|third|fourth"
    r"|fifth|top|lower|upper) "
    r"floor)\b[\s\w/.-]{0,12}|p\.?\s?o\.?\s?box\b|freepost\b|bfpo\b|c/o\b)",
    re.IGNORECASE,
)
_NOT_IN_PERSON_TEXT = """
the a an and or of for to in on at by from with your our their this that these all any no not
home office service services department community safety crime disorder reduction area county
city town borough district region regional national north south east west northern southern
eastern western central england wales scotland ireland britain london kingdom united european
contact contacts email e-mail mail tel telephone phone fax web website address write please page
pages site links link news latest more further information about how what who where when why
which new old last first next monday tuesday wednesday thursday friday saturday sunday january
february march april june july august september october november december press media policy
public local general open opening hours duty vacant post name names title details csp cdrp csps
cdrps strategy plan report annual guidance act order regulations schedule download view see back
top yes none tbc tba also drugs alcohol neighbourhood neighbourhoods safer safe places place
shop shops stop working together useful join events getting staying keeping reporting directory
index list table orders sales bookings downloads
map maps search help privacy copyright crown welcome introduction if we you it is are be was has
have can may will should for both each every many most some chief direct main centre fire rescue
health probation youth justice victim victims support frequently asked questions domestic abuse
violence anti-social antisocial behaviour pwy beth sut cysylltu partneriaethau diogelwch cymunedol
gymunedol trosedd anhrefn lleihau hafan newyddion cymru lloegr croeso dogfennau gwybodaeth
cymunedau cymuned diogel diogelach saffach gwasanaethau fforwm cynghrair rhwydwaith elusen
cyfeiriadur ardal ardaloedd amdanom canllawiau deddf strategaeth cynllun
"""
_ALSO_NAMES_TEXT = """
st dr mill hill park green lane lodge hall house close bridge wharf barn row may april june
august gate yard way grove court place quay drive flat ty north west walk head clerk constable
chambers tower towers wing block press mayor county town city network trust safe england
castle abbey
"""  # words of places and posts that people are called as well
_NOT_IN_PERSON = (
    _ROLE_WORDS
    | _UNIT_WORDS
    | _ORGANISATION_WORDS
    | _STREET_WORDS
    | _BUILDING_WORDS
    | frozenset(_NOT_IN_PERSON_TEXT.split())
) - frozenset(_ALSO_NAMES_TEXT.split())
_BLANK = re.compile(
    r"(?:vacant|vacancy|vacant post|(?:(?:this |the )?(?:post|position) (?:is )?)?(?:currently "
    r"|now |"
    r"presently )?vacant(?: post| position| at present)?|tba|tbc|tbd|to be (?:confirmed|advised"
    r"|appointed|"
    r"announced)|n/?a|none|nil|not (?:known|available|applicable)|unknown|-+|\u2013+|\u2014+|\.+|"
    r"\?+|x|see above|"
    r"as above|ditto|gwag)?",
    re.IGNORECASE,
)

_PARTNERSHIP_KIND = (
    r"(?:community safety(?: and \w+)?(?: strategic)? partnership|crime (?:and|&) disorder(?: "
    r"reduction)? partnership|"
    r"crime reduction partnership|safer (?:communities|neighbourhoods|stronger communities) "
    r"partnership|cdrp|csp)"
)
_PARTNERSHIP_LAST = re.compile(
    rf"^(?P<place>[^\W\d_].{{0,100}}?)[\s,\u2013-]{{1,3}}{_PARTNERSHIP_KIND}(?:\s?\((?:cdrp|"
    rf"csp)\))?$",
    re.IGNORECASE,
)
_PARTNERSHIP_FIRST = re.compile(
    rf"^{_PARTNERSHIP_KIND}\s?(?:for|of|in|:|\u2013|-)\s?(?:the )?(?P<place>[^\W\d_].{{1,80}})$",
    re.IGNORECASE,
)
_SAFER = re.compile(
    r"^(?:[^\W\d_a-z][\w'\u2019&-]*(?:[ -](?:and|of|on|upon|the|&|"
    r"[^\W\d_a-z][\w'\u2019-]*)){0,5} )?"
    r"(?:(?:Safer|Safe|Stronger) [^\W\d_a-z][\w'\u2019-]*(?:[ -](?:and|of|on|upon|the|&|"
    r"[^\W\d_a-z][\w'\u2019-]*)){0,5}"
    r"|Safer)(?: Partnership| Communities| Together)?$"
)
_WELSH_PARTNERSHIP = re.compile(
    r"^Partneriaeth (?:Diogelwch Cymunedol|Diogelwch|Lleihau Trosedd ac Anhrefn) "
    r"(?P<place>[^\W\d_a-z].{1,60})$"
)
_INSTRUCTION = re.compile(
    r"(?:e-?mail|mail|contact(?! centre)|write|ring|call|phone|telephone|send|visit|ask|see"
    r"|meet|come|drop|pop|"
    r"about|"
    r"our|your|find|view|download|click|please|for|how|who|what|why|when|where|to|if|get|read|"
    r"join|use|"
    r"all|any|other|more|become|working|tell|speak|list|which|each|every|no|this|these|ebostiwch|"
    r"cysylltwch)\b",
    re.IGNORECASE,
)
_GENERAL_WORDS_TEXT = """
contact contacts us details information points numbers number list lists page form get in touch find
reach write more further additional help enquiry enquiries postal address addresses telephone phone
phones e-mail email emails e-mails link links website websites web site sites notes note editors
opening hours times location map feedback comments complaints emergency emergencies people staff
office offices about this resources downloads documents publications news latest introduction
overview background summary contents welcome home search faq faqs useful other main key local our
your general related internet external national regional important all reading mailing to for and
the on of an a out by with person post online visit visiting writing
cysylltu cysylltwch â ni manylion cyswllt rhagor wybodaeth
"""
_GENERAL_WORDS = frozenset(_GENERAL_WORDS_TEXT.split())
_NO_PLACE_TEXT = """
the your our local a an new what which find each every contact about this that latest my all
other no for to one of welcome how who why where when news guidance hallmarks effective
minutes report reports strategy review plan summary members membership role work history meeting
meetings terms duties list map agenda constitution aims notes successful national working council's
police is are
"""
_PLACE_JOINTS_TEXT = "and of on upon the in under le by with y yr a ar cum next super de la en er"
_PLACE_JOINTS = frozenset(_PLACE_JOINTS_TEXT.split())
_NO_PLACE = frozenset(_NO_PLACE_TEXT.split())
_GENERIC_SAFER = re.compile(
    r"^(?:safer|safe|stronger) (?:neighbourhoods?|communities|community|streets?|places?|"
    r"schools?|stronger|"
    r"together|cities|city|roads?|and|homes?|detention|internet|travel)\b(?! \w+ partnership)",
    re.IGNORECASE,
)


_SMALL_WORDS = frozenset({"of", "for", "and", "the", "in", "on", "to", "a", "upon", "with", "our"})


def _words(text: str) -> list[str]:
    return [word.rstrip(".").lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def is_blank_value(text: str) -> bool:
    """Tell a cell that says there is nobody or nothing: "vacant", "TBC", a dash."""
    return _BLANK.fullmatch(text.strip(" .*()[]")) is not None


@lru_cache(maxsize=2048)
def is_general_heading(text: str) -> bool:
    """Tell whether a heading fits any contact: "Contact us", "Getting help", "How to reach us".

    >>> is_general_heading("Further information"), is_general_heading("Licensing")
    (True, False)
    """
    words = _words(text)
    return (
        all(word in _GENERAL_WORDS for word in words)
        or _INSTRUCTION.match(text) is not None
        or (len(words) > 1 and words[0].endswith("ing"))
    )


@lru_cache(maxsize=8192)
def is_person(text: str, *, expected: bool = False) -> bool:
    """Tell whether a whole text is a person's name, with or without title or rank.

    With `expected` (a column or label says that a person is named here) one word is enough.

    >>> is_person("Superintendent Vera Wetherlam"), is_person("Cannock Chase")
    (True, False)
    """
    honorific = _HONORIFIC.match(text)
    bare = text[honorific.end() :] if honorific else text
    if honorific and (collar := _COLLAR_NUMBER.match(bare)):
        bare = bare[collar.end() :]
    if len(text) > 60 or any(map(str.isdigit, bare)):
        return False
    words = (bare.replace(",", " ") if expected else bare).split()
    if not (1 if expected or honorific else 2) <= len(words) <= 5:
        return False
    if any(
        not (_NAME_WORD.fullmatch(word) or (number and word.lower() in _PARTICLES))
        for number, word in enumerate(words)
    ):
        return False
    lowered = [word.lower().rstrip(".") for word in words]
    if any(word in _NOT_IN_PERSON for word in lowered):
        return False
    if honorific or expected:
        return True
    if field_of(text) or lowered[-1] in _STREET_WORDS | _BUILDING_WORDS or len(lowered[-1]) < 2:
        return False
    return not (is_area(text) or region_of(text))


def is_any_officer(label: str) -> bool:
    """Tell whether a label names whoever is to be asked, whatever post that person has.

    >>> is_any_officer("Lead officer"), is_any_officer("Drugs officer")
    (True, False)
    """
    words = _words(label)
    return bool(words) and all(word in _ANY_OFFICER for word in words)


@lru_cache(maxsize=4096)
def is_role(text: str) -> bool:
    """Tell whether a whole text is the name of a post.

    >>> is_role("CDRP Co-ordinator"), is_role("Head of Drugs"), is_role("Safer Places Team")
    (True, True, False)
    """
    words = _words(text)
    if not 1 <= len(words) <= 10 or (text[:1].islower() and len(words) > 6):
        return False
    if words[:2] == ["the", "office"] or (words[0] == "office" and words[-1] not in _ROLE_WORDS):
        return False
    if words[:2] in (["office", "of"], ["office", "for"]):
        return False
    if any(character.isdigit() or character in "?!" for character in text) or text.endswith("."):
        return False
    if words[-1] in _ROLE_WORDS:
        return True
    if words[0] in _ROLE_STARTS and len(words) > 1:
        return words[0].startswith(("swyddog", "rheolwr", "cydlynydd", "cyf", "pennaeth")) or words[
            1
        ] in {"of", "for", "to"}
    return any(
        word in _ROLE_WORDS and words[number + 1] in {"for", "of", "to", "in"}
        for number, word in enumerate(words[:-1])
    ) or (len(words) > 2 and "chief executive" in text.lower())


@lru_cache(maxsize=4096)
def is_unit(text: str) -> bool:
    """Tell whether a whole text names a part of an organisation.

    >>> is_unit("Community Safety Unit"), is_unit("Home Office")
    (True, False)
    """
    words = _words(text)
    if not 1 <= len(words) <= 10 or not text[:1].isupper() or text.endswith((".", "?", "!", ":")):
        return False
    if _ORGANISATION_PHRASES.search(text):
        return False
    if len(words) > 2 and (
        words[-2] in _SMALL_WORDS or (words[0] in _ROLE_STARTS and words[1] in {"of", "for"})
    ):
        return False  # "Head of team", "Guidelines for press"
    first = words[1] if words[0] in {"y", "yr"} and len(words) > 2 else words[0]
    if words[-1] in _UNIT_WORDS or first in _WELSH_UNITS:
        return len(words) > 1
    return _UNIT_OFFICES.search(text) is not None


@lru_cache(maxsize=4096)
def is_organisation(text: str) -> bool:
    """Tell whether a whole text names an organisation."""
    words = _words(text)
    if not 1 <= len(words) <= 12 or text.endswith(("?", "!", ":", ".")):
        return False
    if not (text[0].isupper() or text.startswith("the ")) or words[-1] in _BUILDING_WORDS:
        return False
    if _ORGANISATION_PHRASES.search(text):
        return words[-1] not in _STREET_WORDS
    if words[-1] in _ORGANISATION_WORDS:
        return len(words) > 1 and not (words[-1] == "partneriaeth" and words[0] in {"y", "yr"})
    if words[0] in _WELSH_BODIES:
        return len(words) > 1
    joint = next((number for number, word in enumerate(words) if word in {"of", "for"}), 0)
    return any(word in _ORGANISATION_WORDS for word in words[:joint]) and _is_titled(text)


def _is_titled(text: str) -> bool:
    """Whether every word but the small ones is written large, as in names, unlike headlines."""
    return all(word in _SMALL_WORDS or not word[0].islower() for word in _WORD.findall(text))


@lru_cache(maxsize=4096)
def is_partnership(text: str) -> bool:
    """Tell whether a whole text names one partnership, not the kind of thing.

    >>> is_partnership("Safer Leeds"), is_partnership("Stafford CDRP"), is_partnership("Your CSP")
    (True, True, False)
    """
    text = without_article(" ".join(text.split()))
    if len(text) > 120 or text.endswith(("?", ".", ":", "!")):
        return False
    if (
        (opening := _words(text)[:2])
        and opening[0] in _ROLE_STARTS
        and opening[-1] in {"of", "for"}
    ):
        return False  # "Head of Safer Communities"
    named = _WELSH_PARTNERSHIP.match(text) or _PARTNERSHIP_LAST.match(text)
    named = named or _PARTNERSHIP_FIRST.match(text)
    if named:
        place = named["place"]
        words = _words(place)
        return (
            bool(words)
            and (words[0] not in _NO_PLACE or (words[0] == "one" and len(words) > 1))
            and place[0].isupper()
            and len(words) <= 10
            and all(word in _PLACE_JOINTS for word in _WORD.findall(place) if word[0].islower())
        )
    if not _SAFER.match(text) or _GENERIC_SAFER.match(text):
        return False
    words = _words(text)
    return words[-1] not in _UNIT_WORDS | _ROLE_WORDS | {"council", "scheme", "day", "week", "fund"}


def without_article(name: str) -> str:
    """A name without "The" before it: "The Vale CSP" is the Vale CSP."""
    return name[4:] if name.startswith("The ") and name[4:5].isupper() else name


def partnership_place(name: str) -> str | None:
    """The place in a partnership's name: "Stafford" of "Stafford CDRP", or None."""
    name = without_article(" ".join(name.split()))
    for pattern in (_WELSH_PARTNERSHIP, _PARTNERSHIP_LAST, _PARTNERSHIP_FIRST):
        if match := pattern.match(name):
            return re.sub(r"^(?:the|safer) ", "", match["place"], flags=re.IGNORECASE)
    if match := re.match(r"^Safer (.+?)(?: Partnership| Communities| Together)?$", name):
        return match.group(1)
    return None


def _starts_as_address(text: str) -> bool:
    """Whether a line opens with a house number, a floor or a box; "12 partnerships" does not."""
    match = _ADDRESS_START.match(text)
    if match is None:
        return False
    counted = text[0].isdigit() and match.group()[-1].islower() and "floor" not in match.group()
    return not counted or _words(text)[-1] in _STREET_WORDS | _BUILDING_WORDS


@lru_cache(maxsize=8192)
def is_address_line(text: str) -> bool:
    """Tell whether a line looks like part of a postal address: a number, a street, a building."""
    words = _words(text)
    if not 1 <= len(words) <= 12 or text.endswith(("?", "!", ":")):
        return False
    if _starts_as_address(text):
        return True
    if not text[0].isupper() or (text.endswith(".") and len(words) > 6):
        return False
    last = words[-1]
    if words[0] in _WELSH_PLACES and len(words) > 1:
        return True
    if len(words) == 1:
        return last in _BY_ITSELF
    if text.split()[-1][0].islower():  # "Fry building", but no headline that ends in "street"
        return last in _BUILDING_WORDS and len(words) <= 4
    return last in _STREET_WORDS | _BUILDING_WORDS


@lru_cache(maxsize=8192)
def kind_of_name(text: str) -> str | None:
    """Say what a whole line names: partnership, unit, organisation, role, person, address, or None.

    >>> [kind_of_name(line) for line in ("Home Office", "Fry Building", "Jane Farrow", "London")]
    ['organisation', 'address', 'person', None]
    """
    if not text or len(text) > 120 or _INSTRUCTION.match(text):
        return None
    if _starts_as_address(text):
        return "address"
    for kind, fits in (
        ("partnership", is_partnership),
        ("unit", is_unit),
        ("role", is_role),
        ("organisation", is_organisation),
        ("address", is_address_line),
        ("person", is_person),
    ):
        if fits(text):
            return kind
    return None
