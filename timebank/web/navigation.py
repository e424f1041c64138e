"""The links at the head of every page, by who is looking: each room brings its own, in its
place."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for

from timebank.act import Role
from timebank.db import reading
from timebank.feature import Way, plugged_in
from timebank.say import Said


@dataclass(frozen=True)
class Link:
    """One link of the navigation. `current`: "page" on that page itself, "true" within its part of
    the site, else empty. `new`: how many things are new there. The rest is as `Way` has it."""

    label: Said
    url: str
    current: str
    in_bar: bool
    icon: str
    short: Said
    does: bool
    aside: bool
    new: int


def links() -> list[Link]:
    """Where this person can go from every page of the bank; nowhere when there is no bank yet."""
    if g.get("bank") is None:
        return []
    reader = _reader()
    ways = _ways(reader)
    urls = [url_for(way.endpoint) for way in ways]
    nearest = _nearest(urls)
    return [
        Link(
            label=way.label,
            url=url,
            current=("page" if url == request.path else "true") if url == nearest else "",
            in_bar=reader in way.bar,
            icon=way.icon,
            short=way.short or way.label,
            does=way.does,
            aside=way.aside,
            new=way.count(reading(), g.bank, g.actor) if way.count else 0,
        )
        for way, url in zip(ways, urls, strict=True)
    ]


def _ways(reader: Role | None) -> list[Way]:
    ways = [way for feature in plugged_in() for way in feature.navigation if reader in way.places]
    return sorted(ways, key=lambda way: way.places[reader])


def _nearest(urls: Sequence[str]) -> str | None:
    """The link to this page, or else to the part of the site that its address lies under."""
    fitting = [
        url for url in urls if request.path == url or request.path.startswith(f"{url.rstrip('/')}/")
    ]
    nearest = max(fitting, key=len, default=None)
    # Every page lies under the first one; that says nothing.
    return None if nearest == url_for("home.bank") and request.path != nearest else nearest


def _reader() -> Role | None:
    """As whom somebody looks; None for a visitor."""
    if g.get("reads_figures"):
        return Role.COMMISSIONER
    actor = g.get("actor")
    return None if actor is None else actor.role


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
