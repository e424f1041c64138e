"""How long a broker is at the keyboard from the ringing of the telephone until a helper is asked.

    ./dev demo --port 8001                       (in another window)
    .venv/bin/python -m bench.calls http://127.0.0.1:8001

Walked in Chromium by the pages of the demonstration, as its broker, once by the end of the caller's
telephone number and once by a misspelt name. Counted are the screens on which something is done, keys
and clicks; seconds by the keystroke-level model (Card, Moran and Newell, 1980): 0.28 for a key (40
words a minute), 1.3 to point and click, 0.4 for each hand between mouse and keyboard, 1.35 for each
decision, and 6.8 for reading a shortlist of five. Talking is not counted.
"""

import shutil
import sys
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

BANK = "/b/alder-row"
PASSWORD = "hours-are-hours"  # noqa: S105  (It is printed by the demonstration.)
KEY, CLICK, HAND, DECISION, SHORTLIST = 0.28, 1.3, 0.4, 1.35, 6.8


@dataclass
class Broker:
    """Somebody at the pages, and what they have done so far."""

    page: Page
    screens: int = 1
    keys: int = 0
    clicks: int = 0
    seconds: float = 0.0
    at_mouse: bool = False

    def type(self, text: str) -> None:
        """Into the field that has the focus already."""
        self._hand(at_mouse=False)
        self.page.keyboard.type(text)
        self.keys += len(text)
        self.seconds += DECISION + KEY * len(text)

    def press_enter(self) -> None:
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
        self.keys += 1
        self.screens += 1
        self.seconds += KEY

    def click(self, selector: str) -> None:
        self._hand(at_mouse=True)
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state()
        self.clicks += 1
        self.screens += 1
        self.seconds += DECISION + CLICK

    def _hand(self, *, at_mouse: bool) -> None:
        self.seconds += HAND * (at_mouse != self.at_mouse)
        self.at_mouse = at_mouse


def call(broker: Broker, site: str, who: str) -> None:
    """From the desk, where the field has the focus, to the helper being asked."""
    page = broker.page
    page.goto(f"{site}{BANK}/desk")
    broker.type(who)
    page.locator("#met a").first.wait_for()
    broker.click("#met td.do a")
    assert page.evaluate("document.activeElement.id") == "title"
    broker.type("My kitchen tap drips")
    broker.press_enter()
    broker.seconds += SHORTLIST
    broker.click("a.button:has-text('Introduce them')")
    # What is shown after the last press is the answer, and nothing is done on it.
    broker.click("button:has-text('Ask ')")
    broker.screens -= 1


def main() -> None:
    site = sys.argv[1].rstrip("/")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for who in ("900208", "derrick cole"):
            page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.goto(f"{site}/sign-in")
            page.fill("[name=who]", "maggie@example.org")
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            broker = Broker(page)
            call(broker, site, who)
            print(
                f"{who}: {broker.screens} screens, {broker.keys} keys, {broker.clicks} clicks,"
                f" {broker.seconds:.0f} s"
            )
        chromium.close()


if __name__ == "__main__":
    main()
