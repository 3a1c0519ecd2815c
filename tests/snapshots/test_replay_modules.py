# ruff: noqa: E501 - replay addresses are longer than lines
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.replay.addresses import AddressMap
from snapshots.replay.html import rewrite_html
from snapshots.replay.modules import imported, rewrite_import_map, rewrite_script

URL = "http://site.example/js/main.js"
MODULES = "/web/20110529000000jm_/"
ADDRESSES = AddressMap("20110529000000", scripts=True)


def change(address: str) -> str | None:
    return ADDRESSES.module(address, URL)


@pytest.mark.parametrize(
    "script",
    [
        'import "/a.js"',
        'import"/a.js"',
        'import a, {b as c} from "/a.js"',
        'import * as x from"/a.js"',
        'import def, * as ns from "/a.js"',
        'import {default as a} from\n\n"/a.js"',
        'import x from "/a.js" with {type: "json"}',
        'export * from "/a.js"',
        'export * as ns from "/a.js"',
        'export {a as from} from "/a.js"',
        'export{x as default}from"/a.js"',
        'import("/a.js").then(a => 1)',
        'import ( /* webpack */ "/a.js" )',
        "import(`/a.js`)",
        'import("/a.js" + name)',
        'a / b; import "/a.js"; c / d',
        '`${import("/a.js")}`',
        'x = {}; /"/.test(y); import("/a.js")',
        'if (x) /[/"]/.exec(y); import("/a.js"); /*',
        '// "\nimport "/a.js"',
        'x++ / 2; import("/a.js"); 3 / y',
        'import "/a\\u002ejs"',
    ],
)
def test_an_address_that_is_imported_is_found(script: str) -> None:
    assert [address for _, _, address in imported(script)] == ["/a.js"]
    assert rewrite_script(script.encode(), change) != script.encode()


@pytest.mark.parametrize(
    "script",
    [
        'export const from = "/a.js"',
        'export default "/a.js"',
        'export default {from: "/a.js"}',
        'export default function f() { return "/a" }',
        'export function f() { return from("/a.js") }',
        'let from = x; from\n"/a.js"',
        'x.import("/a.js")',
        'x?.import("/a.js")',
        'const s = "import \\"/a.js\\""',
        '// import "/a.js"',
        '/* import "/a.js" */',
        '/import "\\/a.js"/.test(x)',
        '`import "/a.js"`',
        'import.meta.url + "/a.js"',
        'import(x ? "/a" : "/b")',
        'importScripts; important("/a.js")',
        'import "lodash"; import x from "@scope/name"; import("node:fs")',
        'import "data:text/javascript,1"; import "blob:x"',
        "",
        'import "/a.js',
        "import(`/a.js${x}`)",
    ],
)
def test_what_only_looks_like_an_import_is_left_alone(script: str) -> None:
    body = script.encode()
    assert rewrite_script(body, change) is body


@pytest.mark.parametrize(
    ("script", "after"),
    [
        ("import './a.js'", f"import '{MODULES}http://site.example/js/a.js'"),
        ("import '../../../a.js'", f"import '{MODULES}http://site.example/a.js'"),
        ("import '//cdn.example/a.js'", f"import '{MODULES}http://cdn.example/a.js'"),
        ("import 'https://cdn.example/a.js'", f"import '{MODULES}https://cdn.example/a.js'"),
        ("import '/a$b`.js'", f"import '{MODULES}http://site.example/a\\u{{24}}b\\u{{60}}.js'"),
        ("import '/voil\u00e0.js'", f"import '{MODULES}http://site.example/voil\u00e0.js'"),
    ],
)
def test_an_import_keeps_the_time_of_the_page(script: str, after: str) -> None:
    assert rewrite_script(script.encode(), change).decode() == after


def test_an_import_map_is_led_into_the_archive() -> None:
    held = {
        "imports": {"a": "./a.js", "b/": "https://cdn.example/b/", "c": None, "/d.js": "bare"},
        "scopes": {"/x/": {"a": "/x/a.js"}},
        "integrity": {"./a.js": "sha256-x"},
        "other": [1],
    }
    made = rewrite_import_map(json.dumps(held), change)
    assert made is not None
    assert json.loads(made) == {
        "imports": {
            "a": f"{MODULES}http://site.example/js/a.js",
            "b/": f"{MODULES}https://cdn.example/b/",
            "c": None,
            f"{MODULES}http://site.example/d.js": "bare",
        },
        "scopes": {f"{MODULES}http://site.example/x/": {"a": f"{MODULES}http://site.example/x/a.js"}},
        "other": [1],
    }  # fmt: skip
    assert "<" not in (rewrite_import_map('{"imports": {"a": "/</script>"}}', change) or "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "1", '{"imports": 1}', "[" * 100_000, '{"a": "/"}']
)
def test_what_is_no_import_map_is_left_alone(text: str) -> None:
    assert rewrite_import_map(text, change) is None


PIECES = st.lists(
    st.sampled_from(
        ["import", "export", " from ", "(", ")", "{", "}", '"/a.js"', "'/b.js'", "`", "${", "/", "[",
         "*", "//", "/*", "*/", "\n", "\\", '"', "'", ";", ",", "x", ".", "=", "return ", "é", "\u2028"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(PIECES)
def test_only_addresses_are_changed_and_all_lie_where_they_are_said_to(script: str) -> None:
    at = 0
    for start, end, address in imported(script):
        assert at <= start <= end <= len(script)
        assert script[start - 1] in "\"'`"
        assert script[start:end] == address or "\\" in script[start:end]
        at = end
    body = script.encode()
    after = rewrite_script(body, change).decode()
    assert after.replace(f"{MODULES}http://site.example/", "/") == script


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    rewrite_script(b"import " + body, change)


@pytest.mark.parametrize(
    "piece",
    ["import(", "`${", "/[", 'import "a";', "{", "/*", "\\", "'", "a/b/", "import{", "/(?:"],
)
def test_time_is_in_proportion_to_length(piece: str) -> None:
    started = time.process_time()
    rewrite_script(b"import " + piece.encode() * 100_000, change)
    assert time.process_time() - started < 5


def page(markup: str) -> str:
    return rewrite_html(markup.encode(), "http://site.example/", ADDRESSES).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<script type=module src="/m.js"></script>', f'<script type=module src="{MODULES}http://site.example/m.js"></script>'),
        ('<link rel=modulepreload href="/m.js">', f'<link rel=modulepreload href="{MODULES}http://site.example/m.js">'),
        ('<script type="module">import "./m.js"</script>', f'<script type="module">import "{MODULES}http://site.example/m.js"</script>'),
        ('<script>import("/m.js")</script>', f'<script>import("{MODULES}http://site.example/m.js")</script>'),
        ('<script src="/m.js"></script>', '<script src="/web/20110529000000js_/http://site.example/m.js"></script>'),
        ('<script type="text/template">import "/m.js"</script>', '<script type="text/template">import "/m.js"</script>'),
        ('<script type="application/ld+json">{"import": "/m.js"}</script>', '<script type="application/ld+json">{"import": "/m.js"}</script>'),
        ('<script type=importmap>{"imports": {"a": "/a.js"}}</script>', f'<script type=importmap>{{"imports": {{"a": "{MODULES}http://site.example/a.js"}}}}</script>'),
    ],
)  # fmt: skip
def test_scripts_in_a_page_import_from_the_archive(before: str, after: str) -> None:
    assert page(before) == after
    assert page(f"<p>x<svg><path/></svg>{before}").endswith(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<a target=_blank href=#x>", '<a target="_self" href=#x>'),
        ("<base target='_top'>", '<base target="_self">'),
        ("<a target=content href='#x'>", "<a target=content href='#x'>"),
        ("<form target=_parent>", '<form target="_self">'),
    ],
)
def test_where_scripts_run_nothing_leads_out_of_the_frame(before: str, after: str) -> None:
    assert page(before) == after
    inside = rewrite_html(before.encode(), "http://site.example/", ADDRESSES, inner=True)
    assert inside.decode() == before  # a frame of the page: our script says where it leads


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<!doctype html><title>x</title><p>y", "<!doctype html>S<title>x</title><p>y"),
        ("<!-- c --><html><head><title>x", "<!-- c --><html><head>S<title>x"),
        ("<html lang=cy><body class=a>x", "<html lang=cy>S<body class=a>Nx"),
        ("<head><script>1</script></head><body>", "<head>S<script>1</script></head><body>N"),
        ("<html><frameset>", "<html>S<frameset>"),
        ("<p>x", "S<p>x"),
        ("x", "xS"),
        ("", "S"),
    ],
)
def test_what_is_added_stands_before_all_scripts_and_after_the_doctype(
    before: str, after: str
) -> None:
    url = "http://site.example/"
    made = rewrite_html(before.encode(), url, ADDRESSES, script="S", notice="N")
    assert made.decode() == after


def test_nothing_is_added_to_a_picture() -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><path/></svg>"
    url = "http://site.example/x.svg"
    assert rewrite_html(svg, url, ADDRESSES, xml=True, script="S", notice="N") == svg
