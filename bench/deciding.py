"""From a sheet of paper to a poster on the wall: the whole journey in a browser, and how long typing
and sorting take by the keystroke-level model.

    ./dev demo --port 8001                       (in another window)
    .venv/bin/python bench/deciding.py http://127.0.0.1:8001 [FOLDER FOR PICTURES]

Two of the demonstration's staff do it, with the keyboard alone where a stack is typed and sorted. The
model is that of Card, Moran & Newell (1980): a keystroke of somebody who types 40 words a minute 0.28
seconds, getting ready for each thing that is written or chosen 1.35; reading what stands on paper or
screen at four words a second; and each page takes half a second to come.
"""

import pathlib
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, sync_playwright

STAFF = ("owen", "maggie")
PASSWORD = "hours-are-hours"  # noqa: S105  (It is printed by the demonstration.)
KEY, READY, WORDS_A_SECOND, PAGE = 0.28, 1.35, 4.0, 0.5

SAID = (
    ("Somebody to talk to about what I owe", "Benches on Canal Street"),
    ("The last bus goes at half past six", "It is pitch dark along the canal"),
    ("A bench between the shop and the bridge", ""),
    ("Debt advice at the library, not in town", "Buses on Sunday"),
    ("Mend the street lights", "Help with letters from the landlord"),
    ("Nowhere to sit", "The bus to the hospital"),
)
THEMES = (("Debt", ("owe", "debt", "landlord")), ("Somewhere to sit", ("bench", "sit")),
          ("Buses", ("bus",)), ("Lights after dark", ("dark", "light")))  # fmt: skip
SHEETS = 32


@dataclass
class Hand:
    """Somebody at a keyboard, and the seconds that the model says they take."""

    page: Page
    seconds: float = 0.0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.seconds += KEY

    def write(self, text: str) -> None:
        """Read it on the paper, and type it."""
        self.seconds += READY + len(text.split()) / WORDS_A_SECOND + len(text) * KEY
        self.page.keyboard.type(text)

    def choose(self, sign: str) -> None:
        """Choose by a number, or by how the words begin."""
        self.seconds += READY + KEY
        self.page.keyboard.press(sign)

    def read(self, text: str) -> None:
        self.seconds += READY + len(text.split()) / WORDS_A_SECOND

    def send(self) -> None:
        with self.page.expect_navigation():
            self.press("Enter")
        self.seconds += PAGE
        self.ready()

    def ready(self) -> None:
        """Wait until the page has put the cursor where one begins, if there is such a place."""
        if self.page.locator("main [autofocus]").count():
            self.page.wait_for_selector("main [autofocus]:focus")


def signed_in(browser: Browser, site: str, name: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(90_000)  # The machine may be busy; the model does not wait for it.
    page.goto(f"{site}/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    return page


def press(page: Page, words: str) -> None:
    """Follow what is called so."""
    page.locator(f"main a:has-text('{words}'), main button:has-text('{words}')").first.click()
    page.wait_for_load_state()


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"main [name={name}]", value)


def plan(page: Page, at: str) -> str:
    """Plan to ask neighbours; the address of the audit."""
    page.goto(f"{at}/audits/new")
    today = datetime.now(UTC).date()
    fill(page, title="Door to door", opens_on=today.isoformat(), target="60",
         closes_on=(today + timedelta(days=30)).isoformat(),
         questions="Do you feel safe after dark?\nDo you rent? Yes / No",
         areas="Canal Street = 380\nMill Lane = 290")  # fmt: skip
    send(page, "main form button[type=submit]")
    return page.url


def type_in(hand: Hand, audit: str) -> float:
    """A stack of sheets by keyboard alone; how many an hour."""
    hand.page.goto(f"{audit}/sheets")
    hand.ready()
    for number in range(SHEETS):
        first, second = SAID[number % len(SAID)]
        # The code is asked first, and these sheets have none.
        hand.press("Tab")
        hand.write(first)
        hand.press("Tab")
        if second:
            hand.write(second)
        hand.press("Tab", "Tab")
        hand.choose("3")
        hand.press("Tab")
        hand.choose("12"[number % 2])
        hand.press("Tab")
        if number % 3 == 0:
            hand.write("Walk a dog")
        hand.press("Tab", "Tab", "Tab")
        hand.choose("4")
        hand.press("Tab")
        hand.choose("C")
        hand.press("Tab")
        hand.choose("L")
        hand.press("Tab")
        hand.send()
        # The sheet goes on the other pile, and the next is taken up.
        hand.seconds += READY
    return SHEETS / hand.seconds * 3600


def sort(hand: Hand, audit: str, most: int = 1000) -> int:
    """Sort until nothing is left for this sorter, or so many; how many answers."""
    hand.page.goto(f"{audit}/sort")
    hand.ready()
    answers = 0
    while answers < most and hand.page.locator("main blockquote").count():
        words = hand.page.locator("main blockquote").inner_text()
        number = next(
            place
            for place, (_, signs) in enumerate(THEMES, 1)
            if any(sign in words.casefold() for sign in signs)
        )
        hand.read(words)
        hand.choose(str(number))
        hand.send()
        answers += 1
    return answers


def decide(page: Page, at: str, audit: str) -> str:
    """Set what matters first from the count, talk about it, answer, promise, and do it; the address
    of the partnership."""
    page.goto(f"{at}/new")
    fill(
        page,
        name="Canal side",
        chair="Joan Whitlock",
        formed_on=datetime.now(UTC).date().isoformat(),
    )
    send(page, "main form button[type=submit]")
    place = page.url
    page.goto(f"{place}/priorities")
    fill(page, reason_1="We can begin on it this year.")
    send(page, "main form button[type=submit]")
    press(page, "Plan a conversation on it")
    soon = (datetime.now(UTC).date() + timedelta(days=21)).isoformat()
    fill(page, title="Where do we sit?", can_change="Where and what", fixed="The bridge stays",
         decides="The partnership", answers_on=soon, there_is="40 hours, £300",
         there_limit="No more before April", last_year="Paint")  # fmt: skip
    send(page, "main form button[type=submit]")
    talk = page.url
    press(page, "Add an option")
    fill(page, words="Two benches by the bridge", minutes="20 hours", pence="300")
    send(page, "main form button[type=submit]")
    send(page, "main button:has-text('Open it')")
    press(page, "Answer it")
    page.locator("main [name=answer][value=agreed]").check(force=True)
    fill(page, reason="It is within what there is.")
    send(page, "main form button[type=submit]")
    send(page, "main button:has-text('Close the conversation')")
    press(page, "Promise it")
    fill(page, due_on=soon)
    page.locator("main [name=member]").select_option(index=1)
    send(page, "main form button[type=submit]")
    page.goto(talk)
    return place


def send(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def main() -> None:
    """Walk it, and say what was counted."""
    site = sys.argv[1].rstrip("/")
    folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    at = f"{site}/b/alder-row/dialogue"
    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        owen, maggie = (signed_in(browser, site, f"{name}@alder-row.example") for name in STAFF)
        audit = plan(owen, at)
        typist = Hand(maggie)
        rate = type_in(typist, audit)
        print(f"{SHEETS} sheets in {typist.seconds / 60:.1f} minutes: {rate:.0f} an hour")
        owen.goto(f"{audit}/themes")
        fill(owen, words="\n".join(name for name, _ in THEMES))
        send(owen, "main form:has([name=words]) button[type=submit]")
        hands = Hand(maggie), Hand(owen)
        sorted_by = [sort(hands[0], audit, SHEETS), sort(hands[1], audit)]
        sorted_by[0] += sort(hands[0], audit)
        slower = max(hand.seconds for hand in hands) / 60
        print(f"{sorted_by[0]} and {sorted_by[1]} answers sorted by two in {slower:.1f} minutes")
        owen.goto(audit)
        send(owen, "main button:has-text('Close it, for good')")
        place = decide(owen, at, audit)
        visitor = browser.new_context(viewport={"width": 800, "height": 900}).new_page()
        for name, page in (("said", audit), ("said-done", f"{place}/said-done")):
            visitor.goto(page)
            if folder:
                visitor.screenshot(path=folder / f"{name}.png")
        poster = visitor.request.get(f"{place}/said-done.pdf")
        print(f"The poster: {len(poster.body()) // 1024} KB of PDF")
        browser.close()


if __name__ == "__main__":
    main()
