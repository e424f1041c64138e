"""The pictures of the README, taken anew from the demonstration.

    ./dev demo --port 8001            (in another window, half a minute before: search is ready then)
    .venv/bin/python bench/pictures.py http://127.0.0.1:8001

Each is the first screen of a page in Chromium, 1280 by 974, made 760 wide and of 128 colours.
"""

import io
import pathlib
import shutil
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = pathlib.Path(__file__).parent.parent / "docs" / "pictures"
BANK = "/b/alder-row"
PASSWORD = "hours-are-hours"  # noqa: S105  (It is printed by the demonstration.)
PAGES = [
    ("front", "", "/"),
    ("home", "joan", "/"),
    ("activities", "joan", "/activities"),
    ("search", "joan", "/directory/search?q=my+kitchen+tap+is+dripping"),
    ("desk", "maggie", "/desk"),
    ("figures", "owen", "/reports"),
]


def main() -> None:
    site = sys.argv[1].rstrip("/")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, who, path in PAGES:
            page = browser.new_context(viewport={"width": 1280, "height": 974}).new_page()
            if who:
                page.goto(f"{site}/sign-in")
                page.fill("[name=name]", f"{who}@alder-row.example")
                page.fill("[name=password]", PASSWORD)
                page.click("main button[type=submit]")
            page.goto(f"{site}{BANK}{path}")
            page.wait_for_load_state("networkidle")
            taken = Image.open(io.BytesIO(page.screenshot()))
            small = taken.convert("RGB").resize((760, 578), Image.Resampling.LANCZOS)
            small.quantize(128).save(FOLDER / f"{name}.png", optimize=True)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
