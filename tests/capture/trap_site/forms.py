"""Forms: none is ever sent; their targets are links at most."""

from tests.capture.trap_site.bodies import page, reply
from tests.capture.trap_site.ground import Ground
from tests.capture.trap_site.resource import Need, Question, Reply

__all__ = ["lay"]

_FORMS = """<form action="/forms/search"><input name=q><input type=hidden name=in value=all>
<select name=sort><option value=date selected>date</option></select><button>Go</button></form>
<form action="/forms/send" method="post"><input name=name><textarea name=text></textarea>
<button formaction="/forms/draft" formmethod=get name=save value=1>Save</button></form>
<form method=get><input name=here value=1></form>
<form action="/forms/sorted?by=date" method=GET><input type=checkbox name=old checked></form>
<a href="/forms/linked?q=bins">x</a> <a href="/forms/after.html" ping="/forms/ping">x</a>
<isindex action="/forms/index">
"""


def lay(ground: Ground) -> None:
    """Lay out the area."""
    ground.area = "forms"
    ground.hub("/forms/", _FORMS, "forms")
    ground.leaf("/forms/search", "where a GET form leads", Need.SHOULD)
    ground.leaf("/forms/sorted?by=date", "where a GET form leads, with a query", Need.MAY)
    ground.leaf("/forms/sorted", "where a GET form leads, as it is sent", Need.MAY)
    ground.leaf("/forms/send", "where a POST form leads", Need.MAY)
    ground.leaf("/forms/draft", "where a button leads", Need.MAY)
    ground.leaf("/forms/index", "where an old search field leads", Need.MAY)
    ground.leaf("/forms/ping", "told when a link is followed", Need.MUST_NOT)
    ground.leaf("/forms/linked?q=bins", "a link with a query")
    ground.leaf("/forms/after.html", "a link beside forms")

    def filled(question: Question) -> Reply:
        return reply(page(question.target))

    ground.family("forms sent", r"/forms/(search|send|draft|sorted|index|)\?.+", 0, filled)
