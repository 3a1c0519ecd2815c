"""Addresses that a page writes by script, to hide them from harvesters.

Only literal text, variables set to literal text, and calls of the page's own functions with literal
text are followed; nothing is ever run.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["WritingFunction", "protected_address", "writing_functions", "written_address"]


class WritingFunction(NamedTuple):
    """A function that writes into the page: its parameters, and its body as text."""

    parameters: tuple[str, ...]
    body: str


_VARIABLE = re.compile(r"\b([A-Za-z_$][\w$]{0,40})\s*=\s*(\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')")
_PARTS = re.compile(r"\"([^\"\n]{0,400})\"|'([^'\n]{0,400})'|([A-Za-z_$][\w$]{0,40})")
_WRITES = re.compile(r"document\.write(?:ln)?\s*\(|\.(?:innerHTML|href)\s*=|location\s*=")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_LIMIT = 4000  # characters of one script that are looked at
_FUNCTION = re.compile(
    r"\bfunction\s{1,9}([A-Za-z_$][\w$]{0,40})\s{0,9}\(([\w$,\s]{0,200})\)\s{0,9}\{"
    r"([^{}]{0,1500})\}"
)
_CALL = re.compile(r"\b([A-Za-z_$][\w$]{0,40})\s{0,9}\(([^()]{3,400})\)")
_LITERAL = re.compile(r"\"([^\"\n]{0,200})\"|'([^'\n]{0,200})'")
_MAILING = re.compile(r"mail|addr|contact|protect|spam|crypt|encode", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{8,600}", re.IGNORECASE)


def writing_functions(script: str) -> dict[str, WritingFunction]:
    """Find the functions of a script that write into the page, by name."""
    if "function" not in script or not _WRITES.search(script):
        return {}
    return {
        name: WritingFunction(tuple(part.strip() for part in parameters.split(",")), body)
        for name, parameters, body in _FUNCTION.findall(script[:_LIMIT])
        if _WRITES.search(body)
    }


def protected_address(code: str) -> str | None:
    """Read an address that a network in front of the site has covered up; None for anything else.

    Its first two hexadecimal digits are the key that every other pair is combined with.

    >>> protected_address("2b4a6b49054e534a465b474e")
    'a@b.example'
    """
    if not _HEX.fullmatch(code) or len(code) % 2:
        return None
    key, *covered = bytes.fromhex(code)
    text = bytes(byte ^ key for byte in covered).decode("utf-8", "replace").split("?")[0]
    return text if _ADDRESS.fullmatch(text) else None


def written_address(
    script: str, functions: Mapping[str, WritingFunction] | None = None
) -> str | None:
    r"""Read the e-mail address that a script puts together from literal pieces, if it does.

    Args:
        script: the text of a script element.
        functions: those of `writing_functions` that the page has defined so far.

    >>> written_address("var a='crime', b='office.example'; document.write(a + '@' + b);")
    'crime@office.example'
    """
    script = script[:_LIMIT]
    for text in _calls_written_out(script, functions or {}):
        if address := written_address(text):
            return address
    if "@" not in script and "%40" not in script and "&#64;" not in script:
        return _called_with_address(script)
    script = script.replace("&#64;", "@").replace("%40", "@")
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


def _calls_written_out(script: str, functions: Mapping[str, WritingFunction]) -> Iterator[str]:
    """The body of each function that is called, with the literals it is called with before it."""
    if not any(name in script for name in functions):
        return
    for name, arguments in _CALL.findall(_FUNCTION.sub("", script)):
        if name in functions:
            given = [match.group() for match in _LITERAL.finditer(arguments)]
            parameters, body = functions[name]
            values = "".join(
                f"var {parameter}={literal};"
                for parameter, literal in zip(parameters, given, strict=False)
            )
            yield f"{values}{body}"


def _called_with_address(script: str) -> str | None:
    """The address whose two halves a function that is not in the page is called with."""
    for name, arguments in _CALL.findall(script):
        pieces = [double or single for double, single in _LITERAL.findall(arguments)]
        if _MAILING.search(name) and len(pieces) >= 2:
            match = _ADDRESS.fullmatch(f"{pieces[0]}@{pieces[1]}")
            if match:
                return match.group()
    return None
