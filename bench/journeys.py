"""How many screens, taps and words stand between a resident and what they came for, on a phone.

    ./dev demo --port 8001                       (in another window)
    .venv/bin/python bench/journeys.py http://127.0.0.1:8001 > docs/journeys.md

Each journey is walked in Chromium at 360 by 740 without scripts, as Joan of the demonstration or as a
visitor. A screen is a page that is shown, the first and the last included; a tap is a link or a button
that leads from one to the next; what is chosen or written on a page is a field. Words are all that are
seen on the pages, without what stands there for those who hear them; heights are in screens of the
phone.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, sync_playwright

BANK = "/b/alder-row"
PASSWORD = "hours-are-hours"  # noqa: S105  (It is printed by the demonstration.)
HEIGHT = 740
# The words of the page that are seen: what is there to be heard alone is away while they are counted,
# and of a list that is closed only what is chosen is seen.
SEEN = """() => {
  const number = text => text.split(/\\s+/).filter(Boolean).length;
  const heard = [...document.querySelectorAll('.vh, .skip')];
  heard.forEach(part => part.style.display = 'none');
  const folded = [...document.querySelectorAll('option:not(:checked)')];
  const words = number(document.body.innerText);
  const unseen = folded.filter(part => part.closest('select').checkVisibility());
  heard.forEach(part => part.style.display = '');
  return words - unseen.reduce((sum, part) => sum + number(part.innerText), 0);
}"""


@dataclass
class Walk:
    """What has been seen on the way."""

    page: Page
    site: str
    fields: int = 0
    words: list[int] = field(default_factory=list[int])
    heights: list[float] = field(default_factory=list[float])

    def see(self) -> None:
        """Take down the page that is shown."""
        self.words.append(self.page.evaluate(SEEN))
        tall = self.page.evaluate("document.documentElement.scrollHeight")
        self.heights.append(round(tall / HEIGHT, 1))

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}{BANK}{path}")
        self.see()

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.see()

    def write(self, name: str, text: str) -> None:
        self.page.fill(f"[name={name}]", text)
        self.fields += 1

    def choose(self, selector: str) -> None:
        self.page.locator(selector).first.check(force=True)
        self.fields += 1

    @property
    def row(self) -> list[Any]:
        tall = "+".join(map(str, self.heights))
        words = "+".join(map(str, self.words))
        return [
            len(self.words),
            len(self.words) - 1,
            self.fields,
            f"{words} = {sum(self.words)}",
            tall,
        ]


def log(walk: Walk) -> None:
    walk.open("/")
    walk.tap("nav a[href$='/exchanges/new']")
    if walk.page.locator("[name=for_id]").count():
        walk.choose("[name=for_id]")
    walk.choose("[name=side][value=gave]")
    walk.choose("[name=who_id]")
    walk.choose("[name=long][value='60']")
    walk.choose("[name=day][value=yesterday]")
    walk.write("title", "A walk to the shops")
    walk.tap("main form button.button")
    if walk.page.locator("button[name=another]").count():
        walk.tap("button[name=another]")
    walk.tap("button[value=done]")


def same_again(walk: Walk) -> None:
    walk.open("/exchanges/new")
    walk.tap("a[href*='again=']")
    if walk.page.locator("[name=for_id]").count():
        walk.choose("[name=for_id]")
    walk.choose("[name=day][value=today]")
    walk.tap("main form button.button")
    if walk.page.locator("button[name=another]").count():
        walk.tap("button[name=another]")
    walk.tap("button[value=done]")


def ask(walk: Walk) -> None:
    walk.open("/")
    walk.write("q", "my kitchen tap is dripping")
    walk.tap("main form[action$='/search'] button")
    walk.tap("main .people a.button")
    if walk.page.locator("[name=for_id]").count():
        walk.choose("[name=for_id]")
    walk.choose("[name=when]")
    walk.tap("main form button.button")


def from_person(walk: Walk) -> None:
    walk.page.goto(f"{walk.site}{BANK}/neighbours")
    walk.page.locator("main .goes a").first.click()
    walk.see()
    walk.tap("main a[href*='exchanges/new']")
    if walk.page.locator("[name=for_id]").count():
        walk.choose("[name=for_id]")
    walk.choose("[name=side][value=got]")
    walk.choose("[name=long][value='60']")
    walk.choose("[name=day][value=today]")
    walk.write("title", "A cup of tea")
    walk.tap("main form button.button")
    if walk.page.locator("button[name=another]").count():
        walk.tap("button[name=another]")
    walk.tap("button[value=done]")


def offer(walk: Walk) -> None:
    walk.open("/")
    walk.tap("main a[href$='/offers/new']")
    walk.write("title", "Jam and marmalade")
    walk.tap("main form button.button")


def confirm(walk: Walk) -> None:
    walk.open("/")
    walk.tap("form[action$='/confirm'] button")


def join(walk: Walk) -> None:
    walk.open("/")
    walk.tap("main a[href$='/join']")
    walk.write("name", "Nan Price")
    walk.write("email", "nan@example.org")
    walk.tap("main form button.button")


JOURNEYS: list[tuple[str, Callable[[Walk], None], bool]] = [
    ("log an hour", log, True),
    ("log the same again", same_again, True),
    ("log hours from somebody’s page", from_person, True),
    ("confirm", confirm, True),
    ("find help and ask", ask, True),
    ("offer something", offer, True),
    ("join, until it is said what comes next", join, False),
]


def main() -> None:
    site = sys.argv[1].rstrip("/")
    print("# Journeys\n")
    print("Walked by `bench/journeys.py`, which says what is counted.\n")
    print("| journey | screens | taps | fields | words read | height in screens of the phone |")
    print("|---|---|---|---|---|---|")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, journey, signed_in in JOURNEYS:
            phone = browser.new_context(
                viewport={"width": 360, "height": HEIGHT}, java_script_enabled=False
            )
            page = phone.new_page()
            if signed_in:
                page.goto(f"{site}/sign-in")
                page.fill("[name=name]", "joan@alder-row.example")
                page.fill("[name=password]", PASSWORD)
                page.click("main button[type=submit]")
            walk = Walk(page, site)
            journey(walk)
            print("|", " | ".join(map(str, [name, *walk.row])), "|")
            phone.close()
        browser.close()


if __name__ == "__main__":
    main()
