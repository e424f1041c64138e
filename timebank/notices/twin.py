"""The twin of a letter in HTML, made of its plain text, so that what is said is said once.

Nothing in it is fetched from anywhere, and nothing tells anybody that it was read. Only addresses
of our own become links: what somebody wrote cannot hide where it leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app

from timebank.notices.rules import Outgoing

_INDENT = "  "
_BULLET = "- "


@dataclass(frozen=True)
class Line:
    """A line, and where it leads, if anywhere."""

    words: str
    address: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list of lines."""

    lines: list[Line] = field(default_factory=list["Line"])
    is_list: bool = False


def blocks(body: str, site: str) -> list[Block]:
    """The paragraphs and lists of a text. An address of the site that stands indented beneath a
    line is where that line leads (see `rules.Item`); one that is a line of its own leads there."""
    blocks_so_far: list[Block] = []
    for paragraph in body.strip().split("\n\n"):
        block: Block | None = None
        for line in paragraph.split("\n"):
            address = line.strip()
            ours = address.startswith(f"{site}/") and " " not in address
            if ours and line.startswith(_INDENT) and block is not None:
                block.lines[-1] = Line(block.lines[-1].words, address)
                continue
            is_list = line.startswith(_BULLET)
            if block is None or block.is_list != is_list:
                block = Block(is_list=is_list)
                blocks_so_far.append(block)
            words = line.removeprefix(_BULLET)
            block.lines.append(Line(words, address if ours else ""))
    return blocks_so_far


def html(letter: Outgoing, site: str) -> str:
    """The letter as a page for mail programs: inline styles where they need them, dark where the
    reader has it dark, readable with all of it taken away."""
    template = current_app.jinja_env.get_template("notices/_letter.html")
    parts: Sequence[Block] = blocks(letter.body, site)
    return template.render(letter=letter, blocks=parts, site=site)
