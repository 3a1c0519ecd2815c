"""Pages that say in their own words that they are not there, whatever their status says."""

import re

__all__ = ["says_missing"]

_SHORT = 600  # characters; a longer text has something else to say
_TITLE = 1000  # characters of a title that are looked at

_PAGE = r"(?:page|file|document|resource)"
_TUDALEN = r"(?:[td]udalen|ffeil|dd?ogfen)"
_MISSING = re.compile(
    rf"""
    \b{_PAGE}\b [^.]{{0,30}} \b(?:
        not\ (?:be\ )?found | can(?:no|')t\ be\ found | could\ not\ be\ found
      | (?:does\ not|doesn.t|no\ longer)\ exists? | no\ longer\ available | not\ available
      | has\ (?:been\ )?(?:moved|removed)
      | (?:is|was)(?:\ not|n.t|\ no\ longer)\ (?:here|there)
      | (?<!temporarily\ )(?<!currently\ )unavailable )
  | ^not\ found
  | ^(?:this|the|that)\ {_PAGE}\ (?:has|is|was)\ (?:now\ )?(?:gone|deleted)\b
  | ^sorry[,.]?\ (?:we|the|this|that)\ [^.]{{0,40}} (?:find|found|missing)
  | \bwe\b [^.]{{0,12}} \b(?:can(?:no|.)t | could(?:\ not|n.t) | unable\ to | did(?:\ not|n.t))
      \ (?:seem\ to\ )?(?:find|locate)\ (?:what|anything|that\ page|the\ \w+|it)\b [^.]{{0,30}}
      \b(?:looking|searching|asked|requested|wanted)\b
  | \bthe\ (?:link|address|url)\ you\ (?:followed|clicked|typed|entered|requested|used)\b
      [^.]{{0,40}} \b(?:broken|out\ of\ date|wrong|incorrect|invalid|expired|no\ longer|not)\b
  | \b(?:nothing|no\ page)\ (?:(?:was|is|could\ be)\ )?(?:found\ )?at\ this\ (?:address|url)\b
  | \bmis-?typed\ (?:the|an)\ (?:web\ |page\ )?(?:address|url)\b
    # The number by itself is too common: regulations and forms have it.
  | ^\W*404\b | [|\u00bb:\u2013\u2014-]\s*404\s*$
  | \b(?:error|http|status|code|gwall)\W{{0,3}}404\b | \b404\W{{0,3}}(?:error|gwall|not|page)\b
    # Welsh
  | \b{_TUDALEN}\b [^.]{{0,40}} \b(?:
        heb\ ei\ [cg]h?anfod | ddim\ (?:yn\ bodoli|ar\ gael|i.w\ [cg]h?ael)
      | bodoli\ mwyach | wedi(?:.i)?\ (?:symud|dileu) )
  | \b(?:ni|heb|methu|methwyd)\b [^.]{{0,20}} \bo\ hyd\ i\b [^.]{{0,20}} \b{_TUDALEN}\b
  | \bni\ chafwyd\ hyd\ i\b [^.]{{0,20}} \b{_TUDALEN}\b
  | \bnid\ yw.r\ {_TUDALEN}\b [^.]{{0,60}} \b(?:bodoli|ar\ gael)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def says_missing(title: str, text: str) -> bool:
    """Tell whether a page says that there is no such page, in English or Welsh.

    >>> says_missing("Northshire Council: page not found", "")
    True

    Args:
        title: the page's title or main heading.
        text: the page's message as plain text, best without menus; a long one is not heeded, for
            a page that is not there has little to say.
    """
    if _MISSING.search(title[:_TITLE].strip()):
        return True
    return len(text) < _SHORT and _MISSING.search(text.strip()) is not None
