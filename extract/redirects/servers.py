"""Maps of redirects as web servers read them: Apache, nginx, IIS, and Netlify's file.

An address with a query that the map does not know is answered as its path without one. What has
moved is answered with 301, what leads to its snapshot with 302 (it may come back), and what is gone
with 410 (RFC 9110, clauses 15.4.2, 15.4.3 and 15.5.11).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from lxml import etree

from extract.redirects.checking import Outcome
from extract.redirects.mapping import Fate

__all__ = ["apache_files", "iis_files", "netlify_files", "nginx_files"]

_STATUS = {Fate.REDIRECT: 301, Fate.ARCHIVE: 302, Fate.GONE: 410}
_ABOUT = "Where old addresses lead: {number} of them."


def nginx_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give the two files nginx includes: maps (within ``http``) and answers (within ``server``).

    Strings of a map do not tell capitals from small letters, so addresses that differ in these
    alone are written as expressions, which do.
    """
    yield "marsham-redirects-http.conf", _nginx_maps(outcomes)
    yield "marsham-redirects-server.conf", _nginx_answers(outcomes)


def _nginx_maps(outcomes: Sequence[Outcome]) -> Iterator[str]:
    keys = [one.host + one.path for one in outcomes]
    alike: dict[str, int] = {}
    for key in keys:
        alike[key.lower()] = alike.get(key.lower(), 0) + 1
    longest = max((len(key.encode()) for key in keys), default=0)
    yield f"# {_ABOUT.format(number=len(outcomes))} To be included within http.\n"
    # A bucket holds a whole key, a pointer and its length; what lies in it is a multiple of 64.
    yield f"map_hash_bucket_size {max(128, (longest + 32 + 127) // 64 * 64)};\n"
    yield f"map_hash_max_size {max(2048, 4 * len(outcomes))};\n"
    yield 'geo $marsham_dollar { default "$"; }\n'
    yield "map $host $marsham_host {\n    default $host;\n"
    yield '    "~^www\\.(?<marsham_rest>.+)$" $marsham_rest;\n}\n'
    yield "map $request_uri $marsham_path {\n    default $request_uri;\n"
    yield '    "~^(?<marsham_bare>[^?]*)" $marsham_bare;\n}\n'
    for variable, place, default in (
        ("$marsham_by_path", "$marsham_host$marsham_path", '""'),
        ("$marsham_answer", "$marsham_host$request_uri", "$marsham_by_path"),
    ):
        yield f"map {place} {variable} {{\n    default {default};\n"
        for one, key in zip(outcomes, keys, strict=True):
            if variable == "$marsham_by_path" and "?" in one.path:
                continue
            told = f"~^{_expression(key)}$" if alike[key.lower()] > 1 else key
            answer = f"{_STATUS[one.fate]} {one.target}".replace("$", "${marsham_dollar}")
            yield f"    {_quoted(told)} {_quoted(answer.rstrip())};\n"
        yield "}\n"


def _nginx_answers(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"# {_ABOUT.format(number=len(outcomes))} To be included within server.\n"
    yield 'if ($marsham_answer ~ "^301 (.+)$") { return 301 $1; }\n'
    yield 'if ($marsham_answer ~ "^302 (.+)$") { return 302 $1; }\n'
    yield 'if ($marsham_answer = "410") { return 410; }\n'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _expression(text: str) -> str:
    # PCRE: everything but letters, digits and some signs that mean nothing is escaped.
    return "".join(
        sign if sign.isalnum() or sign in "/-_=&%:;,@!~'" else "\\" + sign for sign in text
    )


def apache_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give Apache's rules, to be included within a virtual host, and the map they look up."""
    yield "marsham-redirects.conf", _apache_rules(outcomes)
    yield "marsham-redirects.map", _apache_map(outcomes)


def _apache_rules(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"# {_ABOUT.format(number=len(outcomes))} To be included within <VirtualHost>.\n"
    yield "# Define MARSHAM_REDIRECTS as the folder of these files, before the Include.\n"
    yield "RewriteEngine On\n"
    yield "RewriteMap marsham_small int:tolower\n"
    yield 'RewriteMap marsham "txt:${MARSHAM_REDIRECTS}/marsham-redirects.map"\n'
    for request in (r"^[A-Z]+ (\S+)", r"^[A-Z]+ ([^\s?]+)"):
        for status, flags in ((301, "R=301,NE,L"), (302, "R=302,NE,L"), (410, "G,L")):
            # The host without www. and port, then the request as it came, nothing decoded.
            yield 'RewriteCond %{HTTP_HOST} "^(?:[wW]{3}\\.)?([^:]+)"\n'
            yield "RewriteRule ^ - [E=MARSHAM_HOST:${marsham_small:%1}]\n"
            yield f'RewriteCond %{{THE_REQUEST}} "{request}"\n'
            place = "${marsham:%{ENV:MARSHAM_HOST}%1}"
            yield f'RewriteCond "{place}" "^{status}:([^?]*)\\??(.*)$"\n'
            # Written out, as Apache refuses a question mark that comes out of a variable.
            target = "%1?%2" if status != 410 else "-"
            yield f'RewriteRule ^ "{target}" [{flags}]\n'


def _apache_map(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"# {_ABOUT.format(number=len(outcomes))}\n"
    for one in outcomes:
        yield f"{one.host}{one.path} {_STATUS[one.fate]}:{one.target}\n"


def iis_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give a ``web.config`` for IIS with its module URL Rewrite."""
    yield "web.config", _iis_config(outcomes)


def _iis_config(outcomes: Sequence[Outcome]) -> Iterator[str]:
    root = etree.Element("configuration")
    rewrite = etree.SubElement(etree.SubElement(root, "system.webServer"), "rewrite")
    maps = etree.SubElement(rewrite, "rewriteMaps")
    rules = etree.SubElement(rewrite, "rules")
    by_fate = {
        fate: etree.SubElement(maps, "rewriteMap", name=f"marsham-{fate}") for fate in _STATUS
    }
    for one in outcomes:
        key = one.host + one.path
        etree.SubElement(by_fate[one.fate], "add", key=key, value=one.target or "gone")
    for fate, status in _STATUS.items():
        rule = etree.SubElement(rules, "rule", name=f"marsham-{fate}", stopProcessing="true")
        etree.SubElement(rule, "match", url=".*")
        conditions = etree.SubElement(rule, "conditions")
        host = r"^(?:www\.)?(.+)$"
        etree.SubElement(conditions, "add", input="{HTTP_HOST}{UNENCODED_URL}", pattern=host)
        value = {"input": f"{{marsham-{fate}:{{C:1}}}}", "pattern": "(.+)"}
        etree.SubElement(conditions, "add", value)
        if fate is Fate.GONE:
            action = {"type": "CustomResponse", "statusCode": "410", "statusReason": "Gone"}
        else:
            kind = "Permanent" if status == 301 else "Found"
            action = {
                "type": "Redirect",
                "url": "{C:1}",
                "appendQueryString": "false",
                "redirectType": kind,
            }
        etree.SubElement(rule, "action", action)
    etree.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield etree.tostring(root, encoding="unicode") + "\n"


def netlify_files(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[str]]]:
    """Give a file ``_redirects`` for each host, as Netlify and hosts like it read it.

    An exclamation mark has the rule hold even where the new site has a page at that path.
    """
    for host, group in groupby(outcomes, key=lambda one: one.host):
        yield f"{host.replace(':', '_')}/_redirects", _netlify_lines(list(group))


def _netlify_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one in outcomes:
        yield f"{one.path} {one.target} {_STATUS[one.fate]}!\n"
