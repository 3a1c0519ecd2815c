"""Capturing live pages: the exact bytes of an exchange, what a page leads to, and manners.

`exchange.Exchange` is one question and all that came of it; `wire.Wire` asks. `finding` tells what
a page leads to, `scope`, `robots` and `traps` what may be asked for, `manners` when. Where scripts
make the page, `browser.Browser` loads it, and `proxy.Proxy` hands on what it asks for. Nothing here
knows of an archive: `snapshots.crawl` keeps what is captured and what is still to be done.
"""
