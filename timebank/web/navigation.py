"""The six links at the head of every page, by who is looking."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for

from timebank.say import Said, say

_HOME = (say("Home"), "home.bank")
_HELP = (say("How it works"), "home.help")
_ACTIVITIES = (say("Activities"), "activities.index")
_VISITOR = (
    _HOME,
    _HELP,
    (say("Join"), "members.join"),
    (say("Sign in"), "access.sign_in"),
)
_MEMBER = (
    _HOME,
    (say("Find help"), "directory.index"),
    (say("Log hours"), "exchanges.new"),
    _ACTIVITIES,
    (say("Statement"), "statement.show"),
    # Translators: the page about oneself.
    (say("Me"), "members.me"),
)
_STAFF = (
    # Translators: the broker's desk, with what there is to do today.
    (say("Desk"), "desk.today"),
    (say("Directory"), "directory.index"),
    (say("Members"), "members.index"),
    (say("Exchanges"), "exchanges.index"),
    _ACTIVITIES,
)
_BROKER = (*_STAFF, (say("Organisations"), "members.organisations"))
_COORDINATOR = (
    *_STAFF[:3],
    _ACTIVITIES,
    (say("Figures"), "reports.index"),
    (say("Settings"), "settings.show"),
)
_COMMISSIONER = ((say("Figures"), "reports.shared"), _HELP)


@dataclass(frozen=True)
class Link:
    """One link of the navigation. `current`: "page" on that page itself, "true" within its part of
    the site, else empty."""

    label: Said
    url: str
    current: str


def links() -> list[Link]:
    """Where this person can go from every page of the bank; nowhere when there is no bank yet."""
    if g.get("bank") is None:
        return []
    wanted = [(label, endpoint) for label, endpoint in _wanted() if there_is(endpoint)]
    urls = {endpoint: url_for(endpoint) for _, endpoint in wanted}
    here = _here(urls)
    return [
        Link(label, urls[endpoint], _current(urls[endpoint], here)) for label, endpoint in wanted
    ]


def _current(url: str, here: str | None) -> str:
    if url != here:
        return ""
    return "page" if url == request.path else "true"


def _here(urls: Mapping[str, str]) -> str | None:
    """The address of this page, or else of the part of the site that it lies under."""
    fitting = [
        url
        for url in urls.values()
        if request.path == url or request.path.startswith(f"{url.rstrip('/')}/")
    ]
    nearest = max(fitting, key=len, default=None)
    # Every page lies under the first one; that says nothing.
    return None if nearest == urls.get("home.bank") and request.path != nearest else nearest


def _wanted() -> tuple[tuple[Said, str], ...]:
    actor = g.get("actor")
    if g.get("reads_figures"):
        return _COMMISSIONER
    if actor is None:
        return _VISITOR
    if actor.is_coordinator:
        return _COORDINATOR
    return _BROKER if actor.is_broker else _MEMBER


def first_page() -> str:
    """Where the bank's name at the head of the page leads: staff to their desk, others to their
    bank."""
    if g.get("bank") is None:
        return url_for("home.front")
    actor = g.get("actor")
    if actor is not None and actor.is_commissioner:
        return url_for("reports.shared")
    if actor is not None and actor.is_broker and there_is("desk.today"):
        return url_for("desk.today")
    return url_for("home.bank")


def there_is(endpoint: str) -> bool:
    """Whether the application has that page."""
    return endpoint in current_app.view_functions


def install(app: Flask) -> None:
    """Let the layout ask."""
    app.add_template_global(links, "navigation")
    app.add_template_global(first_page)
    app.add_template_global(there_is)
