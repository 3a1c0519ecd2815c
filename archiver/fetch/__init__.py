"""Asking the web: which addresses may be connected to, one answer at a time, politely.

`client.Fetcher` asks one question and keeps the answer's exact bytes; `politeness.Visitor` asks
many without being a burden, at a `pace.Pace`. Both connect only to addresses that `guard.Guard`
has looked at.
"""
