"""Eight at once with the same way in: it opens once, and nothing breaks. On both engines."""

import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.access.test_passkeys import HERE, Phone, ask, register
from tests.access.test_service import SENDING
from tests.factories import NOW, actor, make_member, system
from timebank.access import links, passkeys, sessions
from timebank.access.models import LinkRequest, SignInLink
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.errors import Refusal
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Addresses

EIGHT = 8


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()


def at_once(engine: Engine, step: Callable[[Session, int], object]) -> Counter[str]:
    """What becomes of eight who do the same at the same moment: what `step` gives back, in words,
    or the name of what it raised."""
    outcomes: list[str] = []
    start = threading.Barrier(EIGHT)

    def run(number: int) -> None:
        start.wait()
        try:
            with writing(engine) as session:
                outcome = str(step(session, number))
            outcomes.append(outcome)
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
        except Exception as error:
            outcomes.append(repr(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(EIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


@pytest.fixture
def joan(engine: Engine) -> int:
    with writing(engine) as session:
        return make_member(session, name="Joan", email="joan@example.org").id


def bank_of(session: Session) -> Bank:
    return session.execute(select(Bank)).scalar_one()


def test_a_link_signs_in_one_of_eight(engine: Engine, joan: int):
    with writing(engine) as session:
        bank = bank_of(session)
        code = links.make(session, bank, joan, Act(system(bank), NOW))
    found = at_once(
        engine,
        lambda session, number: (
            links.use(session, code, browser=f"browser {number}", now=NOW).member_id
        ),
    )
    assert found == {str(joan): 1, "LinkGone": 7}


def test_six_digits_are_tried_three_times_whoever_tries_at_once(engine: Engine, joan: int):
    with writing(engine) as session:
        links.ask(
            session, bank_of(session), "joan@example.org", browser="hers", wanted=None, now=NOW
        )
        request_id = session.execute(select(LinkRequest.id)).scalar_one()
        links.answer(session, request_id, SENDING, now=NOW)
        link_id = session.execute(select(SignInLink.id)).scalar_one()
        way = links.fill(session, f"link:{link_id}", SENDING, now=NOW)
    digits = str(way.short).split()[0]
    wrong = "000000" if digits != "000000" else "000001"
    found = at_once(
        engine,
        lambda session, number: links.guess(
            session, wrong, key=SENDING.key, browser="hers", member_id=None, now=NOW
        ),
    )
    assert found == {"None": EIGHT}
    with writing(engine) as session:
        assert session.get_one(SignInLink, link_id).guesses == 3


def test_a_passkeys_answer_signs_in_once(engine: Engine, joan: int):
    phone = Phone()
    with writing(engine) as session:
        register(session, bank_of(session), session.get_one(Member, joan), phone)
    with writing(engine) as session:
        answer = phone.sign(ask(session))
    found = at_once(
        engine,
        lambda session, number: passkeys.sign_in(session, answer, HERE, browser="hers", now=NOW).id,
    )
    assert found == {str(joan): 1, "PasskeyRefused": 7}


def test_an_address_is_changed_and_a_device_remembered_by_eight_without_a_fault(
    engine: Engine, joan: int
):
    def change(session: Session, number: int) -> str:
        act = Act(actor(session.get_one(Member, joan)), NOW)
        new = Addresses(f"new{number}@example.org", None)
        members_service.set_addresses(session, bank_of(session), new, act)
        sessions.remember_device(session, act.by, "one device", agent="", now=NOW)
        return "done"

    assert at_once(engine, change) == {"done": EIGHT}
