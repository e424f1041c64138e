"""The examples on the page for those who write programs. They stand in an order in which they can
be called one after another, and tests do so, as curl and as Python."""

import json
import shlex
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

Key = Literal["GIVER", "RECEIVER", "BROKER", "COORDINATOR"]


@dataclass(frozen=True)
class Example:
    """A call: what it is for, by whose key it is made, and what it sends.

    `path` is what follows `/api/v1`, `json` the body, if there is one.
    """

    title: str
    words: str
    key: Key
    method: str
    path: str
    json: dict[str, Any] | None = None

    @property
    def curl(self) -> str:
        """The call on a command line."""
        words = [f'curl -s -X {self.method} "$SITE/api/v1{self.path}"']
        words.append(f'-H "Authorization: Bearer ${self.key}"')
        if self.json is not None:
            words.append('-H "Content-Type: application/json"')
            words.append(f"-d {shlex.quote(json.dumps(self.json, ensure_ascii=False))}")
        return " \\\n  ".join(words)

    @property
    def python(self) -> str:
        """The call in Python, with `call` from `PYTHON` above it."""
        key = f"os.environ[{self.key!r}]"
        if self.json is None:
            return f"call({self.method!r}, {self.path!r}, {key})"
        body = ",\n    ".join(f"{name!r}: {value!r}" for name, value in self.json.items())
        return f"call({self.method!r}, {self.path!r}, {key}, {{\n    {body},\n}})"


PYTHON = """
import json
import os
import urllib.request


def call(method, path, key, body=None):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["SITE"] + "/api/v1" + path
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")
""".strip()
"""What the examples in Python begin with; nothing has to be installed for it."""


_DIRECTORY = [
    Example(
        "Who am I?",
        "Whom the key acts as, and for whom they may act. Other calls name them by `party`.",
        "GIVER",
        "GET",
        "/me",
    ),
    Example(
        "Offer something",
        "It stands in the directory at once. Contact details are in none of it.",
        "GIVER",
        "POST",
        "/offers",
        {"title": "Shelves put up", "description": "I bring the drill."},
    ),
    Example(
        "Find help",
        "A word, or a sentence as one would say it. Each find says why it was found.",
        "RECEIVER",
        "GET",
        "/search?q=shelves",
    ),
]

_BOOKS = [
    Example(
        "Read the statement",
        "The newest lines first. Where `next` is not null, send it as `cursor` for more.",
        "GIVER",
        "GET",
        "/accounts/3/statement?limit=20",
    ),
    Example(
        "Give hours to the chest",
        "A gift needs nobody’s word but the giver’s.",
        "GIVER",
        "POST",
        "/gifts",
        {"from": "member:1", "to": "chest", "minutes": 30},
    ),
]


def examples(today: date) -> list[Example]:
    """Every example, with days that lie around `today`."""
    return [
        *_DIRECTORY,
        *_an_exchange(today),
        *_BOOKS,
        *_for_others(today),
        _figures(today),
    ]


def _an_exchange(today: date) -> list[Example]:
    return [
        Example(
            "Propose help",
            "Without a day and a length of time an exchange is proposed; the other side agrees.",
            "RECEIVER",
            "POST",
            "/exchanges",
            {"giver": "member:1", "receiver": "member:2", "title": "A shelf in the kitchen"},
        ),
        Example(
            "Agree",
            "A step with nothing more to say needs no body.",
            "GIVER",
            "POST",
            "/exchanges/1/agreement",
        ),
        Example(
            "Log the hours",
            "Lengths of time are minutes, or as people write them: `1:30`, `1 h 30`, `1.5`.",
            "GIVER",
            "POST",
            "/exchanges/1/log",
            {"occurred_on": today.isoformat(), "minutes": "1:30", "thanks": "A pleasure."},
        ),
        Example(
            "Confirm them",
            "The hours move now.",
            "RECEIVER",
            "POST",
            "/exchanges/1/confirmation",
        ),
    ]


def _for_others(today: date) -> list[Example]:
    """What brokers enter for people who are not there themselves."""
    return [
        Example(
            "Log for others, as a broker",
            "On whose word, and how it came, is kept in the books. `no:17` is the member with the"
            " number 17 in the bank’s own list.",
            "BROKER",
            "POST",
            "/exchanges",
            {
                "giver": "member:1",
                "receiver": "no:17",
                "title": "Lift to the surgery",
                "occurred_on": (today - timedelta(days=7)).isoformat(),
                "minutes": 45,
                "on_word_of": "member:1",
                "channel": "phone",
            },
        ),
        Example(
            "Enter a stack of paper slips",
            "Each for itself: one that is refused takes nothing from the others.",
            "BROKER",
            "POST",
            "/slips",
            {
                "slips": [
                    {
                        "slip": "1042",
                        "occurred_on": today.isoformat(),
                        "giver": "no:17",
                        "receiver": "member:1",
                        "minutes": 60,
                        "title": "Company on a walk",
                    }
                ]
            },
        ),
    ]


def _figures(today: date) -> Example:
    first = today.replace(day=1)
    return Example(
        "Read the figures",
        "Each figure says what it is, of how many people, and how far it may be off.",
        "COORDINATOR",
        "GET",
        f"/reports/reciprocity?from={first.isoformat()}&to={today.isoformat()}",
    )
