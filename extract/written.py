"""Addresses that a page writes by script, to hide them from harvesters.

Only literal text and variables set to literal text are followed; nothing is ever run.
"""

import re

__all__ = ["written_address"]

_VARIABLE = re.compile(r"\b([A-Za-z_$][\w$]{0,40})\s*=\s*(\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')")
_PARTS = re.compile(r"\"([^\"\n]{0,400})\"|'([^'\n]{0,400})'|([A-Za-z_$][\w$]{0,40})")
_WRITES = re.compile(r"document\.write(?:ln)?\s*\(|\.(?:innerHTML|href)\s*=|location\s*=")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_LIMIT = 4000  # characters of one script that are looked at


def written_address(script: str) -> str | None:
    r"""Read the e-mail address that a script puts together from literal pieces, if it does.

    >>> written_address("var a='crime', b='office.example'; document.write(a + '@' + b);")
    'crime@office.example'
    """
    if "@" not in script and "%40" not in script and "&#64;" not in script:
        return None
    script = script[:_LIMIT].replace("&#64;", "@").replace("%40", "@")
    known = {name: literal[1:-1] for name, literal in _VARIABLE.findall(script)}
    for write in _WRITES.finditer(script):
        statement = script[write.end() : write.end() + 600].split(";\n")[0]
        joined = "".join(
            double or single or known.get(name, "")
            for double, single, name in _PARTS.findall(statement)
        )
        if match := _ADDRESS.search(joined.replace("\\", "")):
            return match.group()
    return None
