"""A site made of traps, on loopback, to crawl in tests.

`server.TrapSite` serves it and keeps a log, `manifest` says what a good crawl makes of each
resource, `limits` what the crawl has to be told, and `score` reads the WARC files and the log.

    python -m tests.capture.trap_site.serve            to try it by hand
    python -m tests.capture.trap_site.score --wget     what GNU Wget makes of it
"""
