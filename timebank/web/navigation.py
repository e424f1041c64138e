"""The six links at the head of every page, by who is looking."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for

_VISITOR = (
    ("Home", "home.bank"),
    ("How it works", "home.help"),
    ("Join", "members.join"),
    ("Sign in", "access.sign_in"),
)
_MEMBER = (
    ("Home", "home.bank"),
    ("Find help", "directory.index"),
    ("Log hours", "exchanges.new"),
    ("Activities", "activities.index"),
    ("Statement", "statement.show"),
    ("Me", "members.me"),
)
_STAFF = (
    ("Desk", "desk.today"),
    ("Directory", "directory.index"),
    ("Members", "members.index"),
    ("Exchanges", "exchanges.index"),
    ("Activities", "activities.index"),
)
_BROKER = (*_STAFF, ("Organisations", "members.organisations"))
_COORDINATOR = (*_STAFF[:3], _STAFF[4], ("Figures", "reports.index"), ("Settings", "settings.show"))
_COMMISSIONER = (("Figures", "reports.shared"), ("How it works", "home.help"))


@dataclass(frozen=True)
class Link:
    """One link of the navigation. `current`: "page" on that page itself, "true" within its part of
    the site, else empty."""

    label: str
    url: str
    current: str


def links() -> list[Link]:
    """Where this person can go from every page of the bank; nowhere when there is no bank yet."""
    if g.get("bank") is None:
        return []
    urls = {label: url_for(endpoint) for label, endpoint in _wanted() if there_is(endpoint)}
    here = _here(urls)
    return [
        Link(label, url, ("page" if url == request.path else "true") if label == here else "")
        for label, url in urls.items()
    ]


def _here(urls: Mapping[str, str]) -> str | None:
    """The link to this page, or else to the part of the site that its address lies under."""
    fitting = [
        label
        for label, url in urls.items()
        if request.path == url or request.path.startswith(f"{url.rstrip('/')}/")
    ]
    nearest = max(fitting, key=lambda label: len(urls[label]), default=None)
    # Every page lies under the first one; that says nothing.
    return None if nearest == "Home" and request.path != urls["Home"] else nearest


def _wanted() -> tuple[tuple[str, str], ...]:
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
