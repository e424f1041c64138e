"""What is there once is made once, and nobody meets an error, when eight ask for it at the same
moment: a double click, two coordinators, a program that does not wait.

Links, digits and passkeys used by eight: `tests/access/test_races.py`. A sponsor's last hours:
`tests/activities/test_races.py`. Answers to surveys: `tests/surveys/test_races.py`.
"""

import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from tests.surveys.waves import make_wave
from tests.test_access_rules import BODIES, WRITES, Stop, address, make_world, stops
from timebank.access import commissioners
from timebank.access.models import Commissioner, Token
from timebank.access.rules import NewCommissioner
from timebank.act import Act
from timebank.activities import signing
from timebank.activities.models import SignUp
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Refusal
from timebank.exchanges import gifts
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange, Gift
from timebank.exchanges.rules import NewGift
from timebank.imports import service as imports_service
from timebank.imports.rules import Confirmation, Files, How, Imported, NewUpload
from timebank.ledger import check
from timebank.matching import service as matching_service
from timebank.matching.rules import Answer, NewIntroduction, Says, Side
from timebank.members import partners
from timebank.members.models import Contact, Member
from timebank.members.rules import NewContact
from timebank.notices.models import Notice
from timebank.surveys import service as surveys_service
from timebank.surveys.models import Invitation
from timebank.surveys.rules import Asked

EIGHT = 8
BROKEN = {500, 502, 504}


def outcomes(engine: Engine, do: Callable[[Session, int], object]) -> Counter[str]:
    """What becomes of eight who do the same at once: `done`, the code of a refusal, or an error."""
    together = threading.Barrier(EIGHT)
    told: Counter[str] = Counter()

    def run(number: int) -> None:
        with Session(engine) as session:
            together.wait()
            try:
                session.connection(execution_options=WRITING)
                do(session, number)
                session.commit()
                told["done"] += 1
            except Refusal as refusal:
                told[refusal.code] += 1
            except Exception as error:
                told[repr(error)] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def count(engine: Engine, model: type) -> int:
    with Session(engine) as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.fixture
def bank(engine: Engine) -> int:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        made = make_bank(session)
        make_group(
            session,
            made,
            "Choir",
            [make_member(session, made, name) for name in ("Ana", "Ben", "Cy")],
        )
        session.commit()
        return made.id


def test_eight_invite_one_reader(engine: Engine, bank: int) -> None:
    def invite(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        new = NewCommissioner("Jo", "jo@council.example", "Council")
        commissioners.invite(session, here, new, Act(system(here), NOW))

    assert outcomes(engine, invite) == {"done": 1, "conflict": 7}
    assert count(engine, Commissioner) == 1


def test_eight_send_out_one_survey(engine: Engine, bank: int) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        wave_id = make_wave(session, session.get_one(Bank, bank)).id
        for name in ("Dee", "Eve"):
            make_member(session, session.get_one(Bank, bank), name)
        session.commit()
    asked: list[int] = []

    def invite(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        asked.append(
            surveys_service.invite(session, here, wave_id, Asked(), Act(system(here), NOW))
        )

    assert outcomes(engine, invite) == {"done": 8}
    assert sorted(asked) == [0] * 7 + [2]
    assert count(engine, Invitation) == 5
    with Session(engine) as session:
        told = select(func.count()).where(Notice.cause == f"survey:{wave_id}:asked")
        assert session.execute(told).scalar_one() == 5


def test_eight_name_one_contact(engine: Engine, bank: int) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        here = session.get_one(Bank, bank)
        surgery = make_organisation(session, here).id
        dee = make_member(session, here, "Dee").id
        session.commit()

    def name(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        new = NewContact(None, None, None, dee)
        partners.add_contact(session, here, surgery, new, Act(system(here), NOW))

    assert outcomes(engine, name) == {"done": 1, "invalid": 7}
    assert count(engine, Contact) == 1


@pytest.fixture
def exchange(engine: Engine, bank: int) -> int:
    """Help that Ana has logged, and Ben is asked about."""
    with _writing(engine) as session:
        here = session.get_one(Bank, bank)
        ana, ben = (by_name(session, here, name) for name in ("Ana", "Ben"))
        return make_logged_exchange(session, here, ana, ben).id


@contextmanager
def _writing(engine: Engine) -> Generator[Session]:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()


def by_name(session: Session, bank: Bank, name: str) -> Member:
    found = select(Member).where(Member.bank_id == bank.id, Member.name == name)
    return session.execute(found).scalar_one()


def _postings(engine: Engine) -> int:
    with Session(engine) as session:
        assert check.check(session).faults == []
        return session.execute(text("SELECT count(*) FROM entry")).scalar_one()


def test_one_exchange_is_confirmed_once_by_eight(engine: Engine, bank: int, exchange: int) -> None:
    def confirm(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        ben = actor(by_name(session, here, "Ben"))
        exchanges_service.confirm(session, here, exchange, Act(ben, NOW))

    assert outcomes(engine, confirm) == {"done": 1, "wrong_moment": 7}
    assert _postings(engine) == 1


def test_an_exchange_confirmed_and_called_off_at_once_is_one_of_the_two(
    engine: Engine, bank: int, exchange: int
) -> None:
    def either(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        ana, ben = (actor(by_name(session, here, name)) for name in ("Ana", "Ben"))
        if number % 2:
            exchanges_service.confirm(session, here, exchange, Act(ben, NOW))
        else:
            exchanges_service.cancel(session, here, exchange, Act(ana, NOW))

    assert outcomes(engine, either) == {"done": 1, "wrong_moment": 7}
    with Session(engine) as session:
        status = session.get_one(Exchange, exchange).status
    assert (status, _postings(engine)) in {("confirmed", 1), ("cancelled", 0)}


def test_a_gift_is_taken_back_once_by_eight(engine: Engine, bank: int) -> None:
    with _writing(engine) as session:
        here = session.get_one(Bank, bank)
        ana, ben = (by_name(session, here, name) for name in ("Ana", "Ben"))
        new = NewGift(from_id=ana.account_id, to_id=ben.account_id, minutes=30)
        gift = gifts.give(session, here, new, Act(actor(ana), NOW)).id

    def take_back(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        ana = actor(by_name(session, here, "Ana"))
        gifts.take_back(session, here, gift, Act(ana, NOW), undo_minutes=10)

    assert outcomes(engine, take_back) == {"done": 1, "wrong_moment": 7}
    assert _postings(engine) == 2


def test_eight_sign_up_for_the_last_place(engine: Engine, bank: int) -> None:
    with _writing(engine) as session:
        here = session.get_one(Bank, bank)
        people = [make_member(session, here, f"Comer {n}").id for n in range(EIGHT)]
        activity = make_activity(session, here)
        then = NOW + timedelta(days=2)
        meeting = make_meeting(session, here, activity, starts_at=then, places=1).id

    def sign_up(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        member = actor(session.get_one(Member, people[number]))
        signing.sign_up(session, here, meeting, people[number], Act(member, NOW))

    assert outcomes(engine, sign_up) == {"done": 8}
    with Session(engine) as session:
        states = session.execute(select(SignUp.status)).scalars()
        assert Counter(map(str, states)) == {"coming": 1, "waiting": 7}


def test_an_introduction_is_answered_once_by_eight(engine: Engine, bank: int) -> None:
    with _writing(engine) as session:
        here = session.get_one(Bank, bank)
        ana, ben = (by_name(session, here, name) for name in ("Ana", "Ben"))
        asked = post_listing(
            session, here, "request", Act(actor(ana), NOW), holder_id=ana.account_id, title="Taps"
        )
        new = NewIntroduction(giver_id=ben.account_id)
        made = matching_service.introduce(session, here, asked.id, new, Act(system(here), NOW))
        introduction = made.id

    def answer(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        ben = actor(by_name(session, here, "Ben"))
        yes = Answer(Side.GIVER, Says.YES, phone=True)
        matching_service.answer(session, here, introduction, yes, Act(ben, NOW))

    before = count(engine, Notice)
    assert outcomes(engine, answer) == {"done": 8}
    # Ana is asked now, once.
    assert count(engine, Notice) == before + 1


def test_a_file_is_brought_in_once_though_eight_confirm_it(engine: Engine, bank: int) -> None:
    with _writing(engine) as session:
        here = session.get_one(Bank, bank)
        new = NewUpload(How(Imported.MEMBERS), Files("m.csv", b"number,name\n71,Tom Keane\n"))
        upload = imports_service.hand_in(session, here, new, Act(system(here), NOW)).id

    def confirm(session: Session, number: int) -> None:
        here = session.get_one(Bank, bank)
        imports_service.confirm(session, here, upload, Confirmation(), Act(system(here), NOW))

    assert outcomes(engine, confirm) == {"done": 1, "not_ready": 7}
    with Session(engine) as session:
        found = select(func.count()).where(Member.name == "Tom Keane")
        assert session.execute(found).scalar_one() == 1


def test_a_key_ended_while_it_is_used_did_what_it_was_told_it_did(
    app: Flask, engine: Engine, bank: int, bearer: Callable[..., dict[str, str]]
) -> None:
    with Session(engine) as session:
        here = session.get_one(Bank, bank)
        ana, ben = (by_name(session, here, name).id for name in ("Ana", "Ben"))
    headers = bearer(ana)
    with Session(engine) as session:
        key = session.execute(select(Token.id)).scalar_one()
    gift = {"from": f"member:{ana}", "to": f"member:{ben}", "minutes": 15}

    def call(number: int) -> int:
        client = app.test_client()
        if number % 2:
            return client.post("/api/v1/gifts", json=gift, headers=headers).status_code
        return client.delete(f"/api/v1/me/keys/{key}", headers=headers).status_code

    told = Counter(together(call))
    assert told.keys() <= {201, 204, 401}
    assert told[204] >= 1
    assert count(engine, Gift) == told[201]
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401


def together(call: Callable[[int], int]) -> list[int]:
    """What eight callers are answered who call at once."""
    start = threading.Barrier(EIGHT)
    answers: list[int] = []

    def run(number: int) -> None:
        start.wait()
        answers.append(call(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_no_call_that_names_something_breaks_when_eight_make_it(
    app: Flask, bearer: Callable[..., dict[str, str]]
) -> None:
    """Every operation that writes and has a row in its address, as a coordinator; what each comes
    to is tried above and in the rooms. (On a slow machine the last of eight who wait for each other
    may be told that it is busy just now.)"""
    world = make_world(app)
    headers = bearer(world.people["coordinator"])
    broken: list[str] = []
    for stop in stops(app, api=True):
        if stop.method not in WRITES or not stop.names_something:
            continue
        where, body = address(stop, world, world.slug), BODIES.get(stop.rule.endpoint, {})

        def call(number: int, stop: Stop = stop, where: str = where, body: object = body) -> int:
            client = app.test_client()
            return client.open(where, method=stop.method, json=body, headers=headers).status_code

        broken += [f"{stop} answers {status}" for status in together(call) if status in BROKEN]
    assert broken == []
