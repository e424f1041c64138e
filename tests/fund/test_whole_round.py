"""A round from idea to report, as people take it through: on the pages of a server, on the phone,
on paper; and its ballots counted again elsewhere to the same bytes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.browsers import Browser
from tests.fund import rounds
from tests.fund.rounds import TODAY, make_town
from tests.served import served
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.fund import papers, proof, queries, views
from timebank.fund.voting import Paper
from timebank.jobs.worker import Worker

DAYS = {
    name: str(TODAY + timedelta(days=n))
    for name, n in (
        *(("ideas_on", -20), ("checking_on", -19), ("talking_on", -18)),
        *(("voting_on", -17), ("closes_on", 0), ("reports_on", 60)),
    )
}


class Person:
    """Somebody at a browser of their own: what they send carries the token of the page before."""

    def __init__(self, site: str, at: str, cookie: str):
        self.at = at
        self.client = httpx.Client(base_url=site, timeout=120)
        self.client.cookies.set("session", cookie, domain=self.client.base_url.host)
        self.page = ""

    def open(self, path: str) -> str:
        self.page = self.client.get(f"{self.at}{path}").raise_for_status().text
        return self.page

    def send(self, path: str, **fields: Any) -> str:
        """Send what stands on the page that is open, and follow where it leads."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        assert token
        sent = {"csrf_token": token[1], **fields}
        answer = self.client.post(f"{self.at}{path}", data=sent, follow_redirects=True)
        assert answer.is_success, (path, answer.text)
        self.page = "" if "pdf" in answer.headers["Content-Type"] else answer.text
        return self.page

    def fill(self, page: str, path: str = "", **fields: Any) -> str:
        self.open(page)
        return self.send(path or page, **fields)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[Paper]:
    """What has come out of the printer."""
    printed: list[Paper] = []
    ballots = papers.ballots

    def print_them(*args: Any) -> bytes:
        printed.extend(args[3])
        return ballots(*args)

    monkeypatch.setattr(views.papers_of, "ballots", print_them)
    return printed


@pytest.fixture
def site(app: Flask) -> Generator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def sit_down(site: str, sign_in: Callable[..., Browser]) -> Generator[Callable[..., Person]]:
    """`sit_down(member id, at)`: that member at a browser."""
    with ExitStack() as there:

        def person(member_id: int, at: str) -> Person:
            cookie = sign_in(member_id).get_cookie("session")
            assert cookie is not None
            made = Person(site, at, cookie.value)
            there.enter_context(made.client)
            return made

        yield person


def test_a_round_on_screen_on_paper_and_on_the_phone(
    app: Flask,
    site: str,
    sit_down: Callable[..., Person],
    printed: list[Paper],
    tmp_path: Path,
) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        rounds.put_in(town, 1)
        names = ("owen", "pat", "rosa", "dr_lee", "kwame", "anne")
        ids = {name: getattr(town, name).id for name in names}
        voters = [one.id for one in town.voters]
        pats_account, slug = town.pat.account_id, town.bank.slug
    at = f"/b/{slug}/fund"
    owen, pat, rosa, dr_lee, kwame, anne = (sit_down(ids[name], at) for name in names)
    # An idea each: by whoever has it, and by the staff on somebody's word.
    owen.fill(
        "/new",
        title="The winter fund",
        purpose="Company in the dark months",
        unit="pence",
        **{"budget": "£1,000", "smallest": "£50", "largest": "£900", "method": "shares"},
        **DAYS,
    )
    owen.fill("/1", "/1/step", state="ideas")
    pat.fill("/1/propose", title="Tea and tools", what="A kettle", cost="£600")
    owen.fill("/1/propose", title="A pond", what="Frogs", cost="£700", party_id=pats_account)
    pat.fill("/1/propose", title="Welsh", what="Ten evenings", cost="£300")
    owen.fill("/1", "/1/step", state="checking")
    for idea in (1, 2, 3):
        for one in (rosa, dr_lee):
            one.fill(f"/proposals/{idea}", f"/proposals/{idea}/find", verdict="can")
    owen.fill("/1", "/1/step", state="talking")
    rosa.fill("/proposals/2", "/proposals/2/points", kind="question", words="Who mends the fence?")
    pat.fill("/proposals/2", "/points/1/answer", words="The school.")
    today = TODAY.isoformat()
    owen.fill("", "/money", organisation_id=1, pence="£999", occurred_on=today)
    owen.fill("/1/open", resident="Kwame", other="Anne")
    # On screen: read back, changed, read back again, cast.
    screen = sit_down(voters[0], at)
    asked = screen.fill("/1/vote", proposals=[1, 2])
    assert "Is this your vote?" in asked
    assert "It is not cast yet" in asked
    back = screen.send("/1/vote", proposals=[1, 2], step="change")
    assert len(re.findall(r"checked>", back)) == 2
    screen.send("/1/vote", proposals=[1])
    cast = screen.send("/1/vote", proposals=[1], step="cast")
    receipt = re.search(r'class="code"><b>([^<]+)<', cast)
    assert receipt
    # On the phone: read out, read back, cast.
    phone = owen.fill(f"/1/vote/{voters[1]}", proposals=[1, 3])
    assert "Read it back" in phone
    assert "Is this the vote of Voter 2?" in phone
    owen.send(f"/1/vote/{voters[1]}", proposals=[1, 3], step="cast")
    # On paper, in the hall: three printed, two given out, both in the box and typed by their codes.
    owen.open("/1/papers")
    owen.send("/1/papers", number=3)
    with app.app_context():
        bank = banks.by_slug(reading(), slug)
        round_ = queries.round_of(reading(), bank, 1)
        listed = [one.id for one in queries.on_ballot(reading(), bank, round_)]
    line = {idea: n for n, idea in enumerate(listed, 1)}
    for paper, ideas in zip(printed, ([3], [2, 3]), strict=False):
        lines = " ".join(str(line[idea]) for idea in ideas)
        assert "that paper is counted" in owen.fill("/1/typing", code=paper.code, lines=lines)
        again = owen.fill("/1/typing", code=paper.code, lines=lines, again="yes")
        assert "Both readings are the same" in again
    # Changed by the receipt: looked up, read back, changed.
    stands = screen.fill("/receipt", code=receipt[1])
    assert "Tea and tools" in stands
    code = {"code": receipt[1]}
    assert "Your vote is not changed yet" in screen.send("/receipt/change", **code, proposals=[3])
    assert "cast" in screen.send("/receipt/change", **code, proposals=[3], step="cast")
    # The papers are accounted for as it closes, and it is counted by the worker.
    owen.fill("/1", "/1/close", given_out=2, spoilt=0)
    Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    # Each of the two counts again, on a machine of their own.
    signs: set[str] = set()
    for n, one in enumerate((kwame, anne)):
        file = tmp_path / f"{n}.pb"
        file.write_text(one.client.get(f"{at}/1/ballots.pb").raise_for_status().text)
        again = _count_elsewhere(file, tmp_path, seed=n)
        signs.add(again["sha256"])
        assert (again["funded"], again["spent"]) == (["3", "1"], 90_000)
        assert again["sha256"][:16] in one.open("/1/result")
        one.send("/1/same")
    owen.fill("/1", "/1/announce")
    result = httpx.get(f"{site}{at}/1/result").raise_for_status().text
    (sign,) = signs
    assert sign[:16] in result
    assert "2 ideas are funded" in result
    assert "3 printed, 2 given out, 2 came back, 0 spoilt, 0 did not come back" in result
    assert re.search(r"Tea and tools</h3>\s*<p>\d+ pe\w+ ticked it", result)
    # What is funded is given, and what came of it stands for everybody.
    for award, idea in enumerate((3, 1), 1):
        owen.fill("/1/result", f"/proposals/{idea}/award")
        owen.fill("/1/result", f"/awards/{award}/pay")
        pat.fill(f"/awards/{award}/report", words=f"It came to be, number {award}.", spent="£100")
        owen.fill("/1/result", f"/awards/{award}/back")
    owen.fill("/1", "/1/finish")
    assert "It came to be, number 2." in httpx.get(f"{site}{at}/1/result").text
    with app.app_context():
        bank = banks.by_slug(reading(), slug)
        assert proof.faults(reading(), bank) == []
        (kept,) = queries.counts(reading(), bank, 1)
        assert kept.sha256 == sign


def _count_elsewhere(file: Path, folder: Path, *, seed: int) -> dict[str, Any]:
    """The count of a file by a program that knows nothing but it."""
    settings = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **{"PYTHONHASHSEED": str(seed), "TZ": ("Asia/Tokyo", "UTC")[seed % 2]},
        **{"TIMEBANK_DATABASE_URL": f"sqlite:///{folder}/none.sqlite3", "LANG": "C"},
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    words = ("-m", "timebank", "fund", "count", "--pb", str(file), "--json")
    made = subprocess.run([sys.executable, *words], env=settings, capture_output=True, check=True)
    return json.loads(made.stdout)
